//! Administrative divisions.

use super::text::{Ascii, digit, exact, printed, through_text};
use super::{IdError, IdErrorKind};

/// The code of an administrative division: two digits each for province, prefecture and county, `00` where the
/// division is larger.
///
/// Only the structure is checked: a province between 11 and 91, no county without a prefecture. The table of GB/T 2260
/// changes every year and is not part of the program.
///
/// ```
/// use boyin_model::id::DivisionCode;
/// let prefecture = DivisionCode::parse("652700")?;
/// assert!(prefecture.contains(DivisionCode::parse("652701")?));
/// assert!(!prefecture.contains(DivisionCode::parse("659007")?)); // Shuanghe belongs to XPCC
/// # Ok::<(), boyin_model::id::IdError>(())
/// ```
///
/// GB/T 2260.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionCode(Ascii<6>);

impl DivisionCode {
    /// Reads six digits.
    ///
    /// # Errors
    /// [`IdErrorKind::TooShort`], [`IdErrorKind::TooLong`], [`IdErrorKind::NotDigit`]; [`IdErrorKind::Division`] for
    /// what cannot be a code, as 000000 or 650001.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let code: Ascii<6> = exact(text, |_, byte| digit(byte))?;
        province_exists(code.bytes())?;
        let [_, _, prefecture @ .., c, d] = code.bytes();
        if prefecture == b"00" && [*c, *d] != *b"00" {
            return Err(IdErrorKind::Division.at(2));
        }
        Ok(Self(code))
    }

    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The province that it lies in: the last four digits are zeros.
    #[must_use]
    pub fn province(self) -> Self {
        Self(self.0.zeros_from(2))
    }

    /// The prefecture that it lies in: the last two digits are zeros. A province is its own.
    #[must_use]
    pub fn prefecture(self) -> Self {
        Self(self.0.zeros_from(4))
    }

    /// Whether `other` is this division or lies within it, by the digits.
    #[must_use]
    pub fn contains(&self, other: Self) -> bool {
        *self == other || *self == other.prefecture() || *self == other.province()
    }

    /// Its Chinese name, for the divisions that the program knows.
    #[must_use]
    pub fn name_zh(&self) -> Option<&'static str> {
        match self.as_str() {
            "650000" => Some("新疆维吾尔自治区"),
            "652700" => Some("博尔塔拉蒙古自治州"),
            "652701" => Some("博乐市"),
            "652702" => Some("阿拉山口市"),
            "652722" => Some("精河县"),
            "652723" => Some("温泉县"),
            "659007" => Some("双河市"),
            _ => None,
        }
    }
}

/// Provinces are numbered from 11 to 91.
pub(super) fn province_exists(code: &[u8]) -> Result<(), IdError> {
    match code.first_chunk() {
        Some(province) if (b"11"..=b"91").contains(&province) => Ok(()),
        Some(_) | None => Err(IdErrorKind::Division.at(0)),
    }
}

through_text!(DivisionCode);
printed!(DivisionCode);
