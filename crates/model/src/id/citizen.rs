//! Citizens' numbers.

use super::division::province_exists;
use super::text::{Ascii, digit, fixed, hidden, mask, through_text, with_check};
use super::{IdError, IdErrorKind, check};
use crate::time::Date;

const LENGTH: usize = 18;
const LEGACY_LENGTH: usize = 15;
const BIRTH: usize = 6;
const CHECK: usize = 17;

/// A citizen's number (公民身份号码): division (6), day of birth (8), sequence (3, odd for men), check character.
///
/// The check character is ISO 7064 MOD 11-2: with the weights 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1,
/// that is `2^(18−i) mod 11`, the sum over all 18 places is 1 mod 11; 10 is written X. 11 is prime, no weight is 0 and
/// no two neighboring weights are equal: every wrong character and every swap of two different neighbors is caught.
///
/// Does not print: no `Display`, and `Debug` is `CitizenId(..)`. [`CitizenId::masked`] is for screens. Serde writes the
/// whole number, because it is a claim of a license.
///
/// ```
/// use boyin_model::id::CitizenId;
/// let id = CitizenId::parse(" １１０１０５１９４９１２３１００２ｘ")?; // full width, as forms send it
/// assert_eq!(id.as_str(), "11010519491231002X");
/// assert_eq!(id.masked(), "110*************2X");
/// assert_eq!(id.birth_date().to_string(), "1949-12-31");
/// # Ok::<(), boyin_model::id::IdError>(())
/// ```
///
/// GB 11643-1999.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CitizenId {
    number: Ascii<18>,
    birth: Date,
}

impl CitizenId {
    /// Reads a number of 18 places. Full-width digits and letters, x for X and surrounding white space (ASCII and
    /// ideographic) are corrected; nothing else is.
    ///
    /// # Errors
    /// [`IdErrorKind::LegacyForm`] for 15 digits; [`IdErrorKind::TooShort`], [`IdErrorKind::TooLong`],
    /// [`IdErrorKind::NotDigit`] or [`IdErrorKind::Character`] at the character; [`IdErrorKind::Division`] if no
    /// province has the first two digits; [`IdErrorKind::NoSuchDay`], [`IdErrorKind::TooEarly`] at the day of birth;
    /// [`IdErrorKind::CheckCharacter`]. Offsets count the given text, white space included.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (lead, inner) = trim(text);
        if is_legacy(inner) {
            return Err(IdErrorKind::LegacyForm.at(lead));
        }
        Self::parse_trimmed(inner).map_err(|error| error.shifted(lead))
    }

    fn parse_trimmed(inner: &str) -> Result<Self, IdError> {
        let number = fixed(inner.chars().map(narrow), |place, byte| {
            if place == CHECK && byte == b'X' { Ok(()) } else { digit(byte) }
        })?;
        let birth = check_meaning(number.as_str())?;
        if check::citizen(number.part(0)) != number.bytes()[CHECK] {
            return Err(IdErrorKind::CheckCharacter.at(CHECK));
        }
        Ok(Self { number, birth })
    }

    /// Completes the first 17 digits.
    ///
    /// # Errors
    /// As [`CitizenId::parse`], without [`IdErrorKind::CheckCharacter`] and [`IdErrorKind::LegacyForm`]; nothing is
    /// corrected.
    pub fn compute(first17: &str) -> Result<Self, IdError> {
        let first: Ascii<17> = fixed(first17.chars(), |_, byte| digit(byte))?;
        let birth = check_meaning(first.as_str())?;
        Ok(Self { number: with_check(*first.bytes(), check::citizen(*first.bytes())), birth })
    }

    /// The 18 characters: personal data, not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.number.as_str()
    }

    /// The first three and the last two characters, stars between.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(self.as_str())
    }

    /// The day of birth.
    #[must_use]
    pub fn birth_date(&self) -> Date {
        self.birth
    }

    /// The division where the number was given out, six digits. It may have been renamed or dissolved since.
    #[must_use]
    pub fn division_str(&self) -> &str {
        &self.as_str()[..BIRTH]
    }
}

/// A citizen's number of the old form: division (6), day of birth without the century (6), sequence (3); 15 digits, no
/// check character. Given out until 1999; it can only be in old files.
///
/// Without a check character every mistyped digit passes. Does not print, as [`CitizenId`].
///
/// GB 11643-1989.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegacyCitizenId {
    number: Ascii<15>,
    birth: Date,
}

impl LegacyCitizenId {
    /// Reads 15 digits, corrected as in [`CitizenId::parse`]. The year of birth is 19YY.
    ///
    /// # Errors
    /// [`IdErrorKind::TooShort`], [`IdErrorKind::TooLong`], [`IdErrorKind::NotDigit`], [`IdErrorKind::Character`],
    /// [`IdErrorKind::Division`], [`IdErrorKind::NoSuchDay`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (lead, inner) = trim(text);
        let read = || {
            let number: Ascii<LEGACY_LENGTH> = fixed(inner.chars().map(narrow), |_, byte| digit(byte))?;
            province_exists(number.bytes())?;
            let birth = birth_date(&format!("19{}", &number.as_str()[BIRTH..12]))?;
            Ok(Self { number, birth })
        };
        read().map_err(|error: IdError| error.shifted(lead))
    }

    /// The 15 digits: personal data, not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.number.as_str()
    }

    /// The first three and the last two characters, stars between.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(self.as_str())
    }

    /// The day of birth.
    #[must_use]
    pub fn birth_date(&self) -> Date {
        self.birth
    }

    /// The number of 18 places that replaced it: the century inserted, the check character computed.
    #[must_use]
    pub fn upgrade(&self) -> CitizenId {
        let old = self.number.bytes();
        let first = std::array::from_fn(|place| match place {
            0..BIRTH => old[place],
            BIRTH => b'1',
            7 => b'9',
            _ => old[place - 2],
        });
        CitizenId { number: with_check(first, check::citizen(first)), birth: self.birth }
    }
}

/// A citizen's number of either form, for reading old files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CitizenNumber {
    /// 18 places.
    Current(CitizenId),
    /// 15 digits.
    Legacy(LegacyCitizenId),
}

impl CitizenNumber {
    /// Reads a number of either form, told apart by the length.
    ///
    /// # Errors
    /// As [`LegacyCitizenId::parse`] for 15 digits, else as [`CitizenId::parse`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if is_legacy(trim(text).1) {
            LegacyCitizenId::parse(text).map(Self::Legacy)
        } else {
            CitizenId::parse(text).map(Self::Current)
        }
    }

    /// The form with 18 places, [`LegacyCitizenId::upgrade`]d where it was the old one.
    #[must_use]
    pub fn into_current(self) -> CitizenId {
        match self {
            Self::Current(id) => id,
            Self::Legacy(id) => id.upgrade(),
        }
    }
}

/// The text without surrounding white space, and how many characters were in front of it.
fn trim(text: &str) -> (usize, &str) {
    let space = |c: char| c.is_ascii_whitespace() || c == '\u{3000}';
    let inner = text.trim_start_matches(space);
    let lead = text.len() - inner.len();
    (text[..lead].chars().count(), inner.trim_end_matches(space))
}

fn is_legacy(inner: &str) -> bool {
    let digits = inner.chars().take(LENGTH).filter(|&c| narrow(c).is_ascii_digit()).count();
    digits == LEGACY_LENGTH && inner.chars().nth(LEGACY_LENGTH).is_none()
}

/// Full-width digits and X, and small x, as what they stand for.
fn narrow(character: char) -> char {
    match character {
        'x' | 'Ｘ' | 'ｘ' => 'X',
        '０'..='９' => {
            char::from_u32(u32::from(character) - u32::from('０') + u32::from('0')).unwrap_or(character)
        }
        other => other,
    }
}

/// Division and day of birth of a number whose first 17 places are digits.
fn check_meaning(number: &str) -> Result<Date, IdError> {
    province_exists(number.as_bytes())?;
    let day = &number[BIRTH..14];
    if day < "1800" {
        return Err(IdErrorKind::TooEarly.at(BIRTH));
    }
    birth_date(day)
}

fn birth_date(day: &str) -> Result<Date, IdError> {
    Date::from_compact(day).map_err(|_| IdErrorKind::NoSuchDay.at(BIRTH))
}

through_text!(CitizenId, LegacyCitizenId);
hidden!(CitizenId, LegacyCitizenId);
