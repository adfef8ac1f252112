use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{DivisionCode, IdError};

const DIVISION: usize = 6;
const LENGTH: usize = 14;
const LAST_NUMBER: u32 = 99_999_999;

/// The number of a seal: the division in six digits, then a number within the division in eight, from 1.
///
/// ```
/// use boyin_model::register::SealId;
/// let id = SealId::parse("65270100000007")?;
/// assert_eq!((id.division().as_str(), id.number()), ("652701", 7));
/// assert!(SealId::parse("65270100000000").is_err()); // numbers begin at 1
/// # Ok::<(), boyin_model::register::SealIdError>(())
/// ```
///
/// National practice of seal codes (印章编码): division, then a running number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SealId {
    division: DivisionCode,
    number: u32,
}

/// Why a text is not the number of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealIdError {
    /// Not 14 digits.
    #[error("a seal has a number of 14 digits")]
    Digits,
    /// The first six digits are no division.
    #[error("the first six digits: {0}")]
    Division(IdError),
    /// The last eight digits are zeros.
    #[error("the number within the division begins at 1")]
    Zero,
}

impl SealId {
    /// Seal `number`, `1..=99999999`, of a division; `None` for another number.
    #[must_use]
    pub fn new(division: DivisionCode, number: u32) -> Option<Self> {
        (1..=LAST_NUMBER).contains(&number).then_some(Self { division, number })
    }

    /// Reads 14 digits.
    ///
    /// # Errors
    /// [`SealIdError`].
    pub fn parse(text: &str) -> Result<Self, SealIdError> {
        if text.len() != LENGTH || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SealIdError::Digits);
        }
        let (division, number) = text.split_at(DIVISION);
        let division = DivisionCode::parse(division).map_err(SealIdError::Division)?;
        let number = number.parse().map_err(|_| SealIdError::Digits)?;
        Self::new(division, number).ok_or(SealIdError::Zero)
    }

    /// The division that gave the number.
    #[must_use]
    pub fn division(self) -> DivisionCode {
        self.division
    }

    /// The number within the division.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }
}

impl fmt::Display for SealId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}{:08}", self.division.as_str(), self.number))
    }
}

impl fmt::Debug for SealId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealId({self})")
    }
}

impl FromStr for SealId {
    type Err = SealIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for SealId {
    type Error = SealIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<SealId> for String {
    fn from(id: SealId) -> Self {
        id.to_string()
    }
}
