use super::{Drawing, Rim, Text, check_side};
use crate::geometry::Point;
use crate::layout::columns;
use crate::text::{PERSON, characters};
use crate::{Font, Part, PictureError};

// Shares of the side.
const RIM: f64 = 0.05;
const GAP: f64 = 0.025;

/// What follows the name on the seal of a person.
///
/// ```
/// assert_eq!(boyin_picture::Ending::default(), boyin_picture::Ending::Nothing);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// The name alone.
    #[default]
    Nothing,
    /// 印, usual with names of three characters.
    Yin,
    /// 之印, usual with names of two.
    ZhiYin,
}

/// The square seal of a person (个人名章), usually of 20 mm: right column first, each column read downward.
///
/// Names have 2 to 4 characters; up to 16 are drawn, for names that are longer in Chinese (买买提·吐尔逊).
///
/// ```
/// use boyin_picture::{Ending, Font, NameSeal, SealPicture};
/// let Ok(font) = Font::find() else { return Ok(()) };
/// let picture = SealPicture::draw(NameSeal::new(20, "王建国").ending(Ending::Yin), &font)?;
/// assert_eq!(picture.height_mm(), 20);
/// # Ok::<(), boyin_picture::PictureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct NameSeal {
    side_mm: u8,
    name: String,
    ending: Ending,
}

impl NameSeal {
    /// A seal of `10..=60` mm; size and name are checked when it is drawn.
    ///
    /// ```
    /// let seal = boyin_picture::NameSeal::new(20, "欧阳建国");
    /// ```
    pub fn new(side_mm: u8, name: impl Into<String>) -> Self {
        Self { side_mm, name: name.into(), ending: Ending::Nothing }
    }

    /// With 印 or 之印 after the name.
    ///
    /// ```
    /// use boyin_picture::{Ending, NameSeal};
    /// let seal = NameSeal::new(20, "王明").ending(Ending::ZhiYin);
    /// ```
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    pub(crate) fn draw(&self, font: &Font) -> Result<Drawing, PictureError> {
        check_side(self.side_mm)?;
        let mut shown = characters(Part::Name, &self.name, &PERSON)?;
        shown.extend(match self.ending {
            Ending::Nothing => "".chars(),
            Ending::Yin => "印".chars(),
            Ending::ZhiYin => "之印".chars(),
        });
        let side = f64::from(self.side_mm);
        let face = font.face();
        let title = shown.iter().collect();
        let name = Text::new(Part::Name, shown, &face);
        let margin = (RIM + GAP) * side;
        let cells = columns(name.count(), Point { x: margin, y: margin }, side - 2.0 * margin);
        let middle = RIM * side / 2.0;
        Ok(Drawing {
            width_mm: self.side_mm,
            height_mm: self.side_mm,
            title,
            rim: Rim::Square(Point { x: middle, y: middle }, side - 2.0 * middle),
            rim_width: RIM * side,
            star: None,
            image: None,
            letters: name.letters(Some(cells))?,
        })
    }
}
