use std::fmt;
use std::str::FromStr;

use boyin_model::id::{CreditCode, IdError};
use serde::{Deserialize, Deserializer};

/// Characters of the implementing body's credit code.
const BODY: usize = 18;

/// The code of an item as one body carries it out (实施编码), 31 characters.
///
/// | places | what |
/// |---|---|
/// | 0–17 | credit code of the body that carries it out (GB 32100), both check characters |
/// | 18 | level of government, a digit |
/// | 19–30 | basic code of the item in the national directory (基本编码), 12 digits |
///
/// The layout is that of codes in public use; the text of GB/T 39554.1-2020, which defines them, was not at hand: what the
/// single digits of level and basic code mean is not checked.
///
/// ```
/// use boyin_exempt::ItemCode;
/// let code: ItemCode = "11652700DEMX00073K3990000001000".parse()?;
/// assert_eq!((code.body().as_str(), code.basic()), ("11652700DEMX00073K", "990000001000"));
/// # Ok::<(), boyin_exempt::ItemCodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemCode {
    text: Box<str>,
    body: CreditCode,
}

/// Why text is not the code of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemCodeError {
    /// Not 31 ASCII characters.
    #[error("the code of an item has 31 characters: a credit code, a level, twelve digits")]
    Length,
    /// The first 18 are no credit code.
    #[error("the first 18 characters are no credit code: {0}")]
    Body(#[from] IdError),
    /// Not a digit after the credit code.
    #[error("the last 13 characters of the code of an item are digits")]
    Digits,
}

impl ItemCode {
    /// Characters of a code.
    pub const LEN: usize = 31;

    /// The 31 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The body that carries the item out (实施主体).
    #[must_use]
    pub fn body(&self) -> CreditCode {
        self.body
    }

    /// The basic code, 12 digits.
    #[must_use]
    pub fn basic(&self) -> &str {
        &self.text[BODY + 1..]
    }
}

impl FromStr for ItemCode {
    type Err = ItemCodeError;

    fn from_str(text: &str) -> Result<Self, ItemCodeError> {
        if text.len() != Self::LEN || !text.is_ascii() {
            return Err(ItemCodeError::Length);
        }
        let (body, rest) = text.split_at(BODY);
        let body = CreditCode::parse(body)?;
        if !rest.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ItemCodeError::Digits);
        }
        Ok(Self { text: text.into(), body })
    }
}

impl<'de> Deserialize<'de> for ItemCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for ItemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ItemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ItemCode").field(&self.as_str()).finish()
    }
}
