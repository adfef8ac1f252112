//! Holders of licenses.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::{deserialize, mask};
use super::{CitizenId, CreditCode, IdError, IdErrorKind};

/// Which kind of number names a holder (持证主体代码类型).
///
/// Serde writes the code of three digits.
///
/// GB/T 36903-2018, annex A.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderCodeType {
    /// `001` unified social credit code.
    CreditCode,
    /// `099` another number of an organization.
    OtherOrganization,
    /// `111` citizen's number.
    CitizenId,
    /// `114` officer of the People's Liberation Army.
    ArmyOfficer,
    /// `115` officer of the People's Armed Police.
    ArmedPoliceOfficer,
    /// `118` soldier of the People's Liberation Army.
    ArmySoldier,
    /// `119` soldier of the People's Armed Police.
    ArmedPoliceSoldier,
    /// `120` civilian of the People's Liberation Army.
    ArmyCivilian,
    /// `122` civilian of the People's Armed Police.
    ArmedPoliceCivilian,
    /// `411` diplomatic passport.
    DiplomaticPassport,
    /// `412` service passport.
    ServicePassport,
    /// `413` passport for public affairs.
    PublicAffairsPassport,
    /// `414` ordinary passport.
    OrdinaryPassport,
    /// `511` travel permit of a resident of Taiwan.
    TaiwanPermit,
    /// `516` travel permit of a resident of Hong Kong or Macao.
    HongKongMacaoPermit,
    /// `999` another number of a person.
    OtherPerson,
}

impl HolderCodeType {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 16] = [
        Self::CreditCode,
        Self::OtherOrganization,
        Self::CitizenId,
        Self::ArmyOfficer,
        Self::ArmedPoliceOfficer,
        Self::ArmySoldier,
        Self::ArmedPoliceSoldier,
        Self::ArmyCivilian,
        Self::ArmedPoliceCivilian,
        Self::DiplomaticPassport,
        Self::ServicePassport,
        Self::PublicAffairsPassport,
        Self::OrdinaryPassport,
        Self::TaiwanPermit,
        Self::HongKongMacaoPermit,
        Self::OtherPerson,
    ];

    /// The three digits.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// The kind with these three digits.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its Chinese name.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        self.row().1
    }

    /// Its English name.
    #[must_use]
    pub fn name_en(self) -> &'static str {
        self.row().2
    }

    /// Whether such a number names a person. The others name organizations.
    #[must_use]
    pub fn is_natural_person(self) -> bool {
        !matches!(self, Self::CreditCode | Self::OtherOrganization)
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::CreditCode => ("001", "统一社会信用代码", "unified social credit code"),
            Self::OtherOrganization => ("099", "其他法人或其他组织有效证件代码", "other organization number"),
            Self::CitizenId => ("111", "公民身份号码", "citizen ID"),
            Self::ArmyOfficer => ("114", "中国人民解放军军官证编号", "PLA officer card"),
            Self::ArmedPoliceOfficer => {
                ("115", "中国人民武装警察部队警官证编号", "armed police officer card")
            }
            Self::ArmySoldier => ("118", "中国人民解放军士兵证编号", "PLA soldier card"),
            Self::ArmedPoliceSoldier => {
                ("119", "中国人民武装警察部队士兵证编号", "armed police soldier card")
            }
            Self::ArmyCivilian => ("120", "中国人民解放军文职人员证编号", "PLA civilian card"),
            Self::ArmedPoliceCivilian => {
                ("122", "中国人民武装警察部队文职人员证编号", "armed police civilian card")
            }
            Self::DiplomaticPassport => ("411", "外交护照号", "diplomatic passport"),
            Self::ServicePassport => ("412", "公务护照号", "service passport"),
            Self::PublicAffairsPassport => ("413", "公务普通护照号", "passport for public affairs"),
            Self::OrdinaryPassport => ("414", "普通护照号", "ordinary passport"),
            Self::TaiwanPermit => ("511", "台湾居民来往大陆通行证号码", "Taiwan resident travel permit"),
            Self::HongKongMacaoPermit => {
                ("516", "港澳居民来往内地通行证号码", "Hong Kong or Macao resident travel permit")
            }
            Self::OtherPerson => ("999", "其他自然人有效证件代码", "other personal number"),
        }
    }
}

/// The code of three digits.
impl fmt::Display for HolderCodeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl Serialize for HolderCodeType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for HolderCodeType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer, |code| Self::from_code(code).ok_or(IdErrorKind::HolderCodeType.at(0)))
    }
}

/// A holder: the kind of number and the number.
///
/// Credit codes and citizens' numbers are checked and in their one spelling, so that equal holders compare equal.
/// `Debug` shows the kind only.
///
/// ```
/// use boyin_model::id::{HolderCode, HolderCodeType};
/// let holder = HolderCode::new(HolderCodeType::CitizenId, "11010519491231002x")?;
/// assert_eq!(holder.as_str(), "11010519491231002X");
/// assert_eq!(format!("{holder:?}"), "HolderCode(111, ..)");
/// # Ok::<(), boyin_model::id::IdError>(())
/// ```
///
/// GB/T 36903-2018, 持证主体代码.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderCode(Number);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Number {
    Credit(CreditCode),
    Citizen(CitizenId),
    Other(HolderCodeType, Box<str>),
}

impl HolderCode {
    /// Characters of the longest number that has no type of its own. Ours: annex A sets none.
    pub const MAX_LEN: usize = 64;

    /// Checks a number as its kind demands: `001` as [`CreditCode::parse`], `111` as [`CitizenId::parse`], all others
    /// 1 to [`HolderCode::MAX_LEN`] characters without control characters, invisible ones, or white space around.
    ///
    /// # Errors
    /// Those of the two types; else [`IdErrorKind::TooShort`], [`IdErrorKind::TooLong`], [`IdErrorKind::OuterSpace`],
    /// [`IdErrorKind::Character`].
    pub fn new(code_type: HolderCodeType, text: &str) -> Result<Self, IdError> {
        let number = match code_type {
            HolderCodeType::CreditCode => Number::Credit(CreditCode::parse(text)?),
            HolderCodeType::CitizenId => Number::Citizen(CitizenId::parse(text)?),
            HolderCodeType::OtherOrganization
            | HolderCodeType::ArmyOfficer
            | HolderCodeType::ArmedPoliceOfficer
            | HolderCodeType::ArmySoldier
            | HolderCodeType::ArmedPoliceSoldier
            | HolderCodeType::ArmyCivilian
            | HolderCodeType::ArmedPoliceCivilian
            | HolderCodeType::DiplomaticPassport
            | HolderCodeType::ServicePassport
            | HolderCodeType::PublicAffairsPassport
            | HolderCodeType::OrdinaryPassport
            | HolderCodeType::TaiwanPermit
            | HolderCodeType::HongKongMacaoPermit
            | HolderCodeType::OtherPerson => {
                check_other(text)?;
                Number::Other(code_type, text.into())
            }
        };
        Ok(Self(number))
    }

    /// The kind of number.
    #[must_use]
    pub fn code_type(&self) -> HolderCodeType {
        match &self.0 {
            Number::Credit(_) => HolderCodeType::CreditCode,
            Number::Citizen(_) => HolderCodeType::CitizenId,
            Number::Other(code_type, _) => *code_type,
        }
    }

    /// The number: personal data unless it is a credit code, not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Number::Credit(code) => code.as_str(),
            Number::Citizen(id) => id.as_str(),
            Number::Other(_, text) => text,
        }
    }

    /// The number for screens: credit codes are public and shown, everything else is masked.
    #[must_use]
    pub fn masked(&self) -> String {
        match &self.0 {
            Number::Credit(code) => code.as_str().to_owned(),
            Number::Citizen(id) => id.masked(),
            Number::Other(_, text) => mask(text),
        }
    }

    /// The citizen's number, if it is one.
    #[must_use]
    pub fn citizen_id(&self) -> Option<&CitizenId> {
        match &self.0 {
            Number::Citizen(id) => Some(id),
            Number::Credit(_) | Number::Other(..) => None,
        }
    }

    /// The credit code, if it is one.
    #[must_use]
    pub fn credit_code(&self) -> Option<CreditCode> {
        match &self.0 {
            Number::Credit(code) => Some(*code),
            Number::Citizen(_) | Number::Other(..) => None,
        }
    }
}

impl From<CreditCode> for HolderCode {
    fn from(code: CreditCode) -> Self {
        Self(Number::Credit(code))
    }
}

impl From<CitizenId> for HolderCode {
    fn from(id: CitizenId) -> Self {
        Self(Number::Citizen(id))
    }
}

impl fmt::Debug for HolderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HolderCode({}, ..)", self.code_type())
    }
}

fn check_other(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdErrorKind::TooShort { need: 1 }.at(0));
    }
    let mut last = 0;
    for (place, character) in text.chars().enumerate() {
        if place == HolderCode::MAX_LEN {
            return Err(IdErrorKind::TooLong { max: HolderCode::MAX_LEN }.at(place));
        }
        if character.is_control() || is_invisible(character) {
            return Err(IdErrorKind::Character.at(place));
        }
        last = place;
    }
    if text.starts_with(char::is_whitespace) {
        return Err(IdErrorKind::OuterSpace.at(0));
    }
    if text.ends_with(char::is_whitespace) {
        return Err(IdErrorKind::OuterSpace.at(last));
    }
    Ok(())
}

/// Zero-width and direction marks: two numbers that look the same would be two holders.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
