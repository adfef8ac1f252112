/// Whose seal it is, which decides the diameter.
///
/// 国发〔1999〕25号, with its numbers where they are certain:
///
/// | rank | mm | center | clause |
/// |---|---|---|---|
/// | [`StateCouncil`](Self::StateCouncil) | 60 | emblem | 二, as published |
/// | [`Province`](Self::Province) | 50 | emblem | 三, as published |
/// | [`PrefectureOrCounty`](Self::PrefectureOrCounty) | 45 | emblem | 九, as published |
/// | [`PrefecturalOffice`](Self::PrefecturalOffice) | 45 | star | 十, as published |
/// | [`Township`](Self::Township) | 42 | star | as published |
/// | [`Unit`](Self::Unit) | at most 45 | star | as published |
///
/// Oval seals for one purpose and seals of persons have no size there; the clause on special seals (二十二) asks only
/// that their name and form differ from the main seal. The letters are simplified Chinese in Song style.
///
/// ```
/// use boyin_picture::Rank;
/// assert_eq!(Rank::Township.diameter_mm(), 42);
/// assert!(Rank::PrefectureOrCounty.has_emblem());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// 国务院.
    StateCouncil,
    /// Governments of provinces, regions and cities under the State Council; its ministries and general office.
    Province,
    /// Governments of autonomous prefectures, cities, counties and districts of cities.
    PrefectureOrCounty,
    /// 地区 (盟) 行政公署.
    PrefecturalOffice,
    /// Governments of townships and towns.
    Township,
    /// Units within organs or under them, enterprises, institutions, associations; the diameter is a maximum.
    Unit,
}

impl Rank {
    /// The diameter in millimeters; for [`Rank::Unit`] the largest allowed.
    ///
    /// ```
    /// assert_eq!(boyin_picture::Rank::StateCouncil.diameter_mm(), 60);
    /// ```
    pub fn diameter_mm(self) -> u8 {
        match self {
            Self::StateCouncil => 60,
            Self::Province => 50,
            Self::PrefectureOrCounty | Self::PrefecturalOffice | Self::Unit => 45,
            Self::Township => 42,
        }
    }

    /// Whether the center is the national emblem, which this crate does not draw.
    ///
    /// ```
    /// assert!(!boyin_picture::Rank::Unit.has_emblem());
    /// ```
    pub fn has_emblem(self) -> bool {
        match self {
            Self::StateCouncil | Self::Province | Self::PrefectureOrCounty => true,
            Self::PrefecturalOffice | Self::Township | Self::Unit => false,
        }
    }
}
