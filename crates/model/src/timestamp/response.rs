//! `TimeStampResp`.

use super::read::document;
use super::reading::{At as _, Reading};
use super::{Fault, TimestampError, Token};
use crate::json::Reader;
use crate::limits::{MAX_TEXT_CHARS, MAX_TOKEN_ITEMS};
use crate::tlv::{BIT_STRING, Cursor, INTEGER, SEQUENCE, UTF8_STRING};

/// What an authority answered, read but not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<'b> {
    /// `PKIStatus`: 0 is granted, 1 granted with changes, all others are refusals.
    pub status: u32,
    /// What the authority says to a person.
    pub text: Vec<&'b str>,
    /// Number of the first `PKIFailureInfo` bit that is set: 0 `badAlg`, 2 `badRequest`, 5 `badDataFormat`,
    /// 14 `timeNotAvailable`, 15 `unacceptedPolicy`, 16 `unacceptedExtension`, 17 `addInfoNotAvailable`,
    /// 25 `systemFailure`.
    pub failure: Option<u32>,
    /// The token, if it was granted.
    pub token: Option<Token<'b>>,
}

/// A response that holds a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted<'b> {
    /// The token.
    pub token: Token<'b>,
    /// The authority changed something of the request.
    pub changed: bool,
}

impl<'b> Response<'b> {
    /// Reads `TimeStampResp`, which must fill `bytes`. A refusal is a response too.
    ///
    /// # Errors
    /// [`TimestampError`]; [`Fault::Count`] also if there is a token and a refusal, or neither.
    pub fn read(bytes: &'b [u8], reader: Reader) -> Result<Self, TimestampError> {
        let whole = document(bytes, "TimeStampResp")?;
        let mut parts = whole.inside();
        let mut info = parts.expect(SEQUENCE, "PKIStatusInfo")?.inside();
        let status = info.expect(INTEGER, "PKIStatus")?.integer("PKIStatus")?;
        let text = match info.maybe(SEQUENCE, "statusString")? {
            Some(list) => texts(&mut list.inside())?,
            None => Vec::new(),
        };
        let failure = match info.maybe(BIT_STRING, "failInfo")? {
            Some(bits) => first_bit(bits.content),
            None => None,
        };
        info.end("PKIStatusInfo")?;
        let token = match parts.maybe(SEQUENCE, "timeStampToken")? {
            Some(token) => Some(Token::of(&token, &mut Reading::new(reader))?),
            None => None,
        };
        parts.end("TimeStampResp")?;
        if token.is_some() != (status <= 1) {
            return Err(whole.fault("timeStampToken", Fault::Count));
        }
        Ok(Self { status, text, failure, token })
    }

    /// The token, if the authority granted it.
    #[must_use]
    pub fn granted(self) -> Option<Granted<'b>> {
        let changed = self.status == 1;
        self.token.map(|token| Granted { token, changed })
    }
}

fn texts<'b>(items: &mut Cursor<'b>) -> Result<Vec<&'b str>, TimestampError> {
    let mut found = Vec::new();
    while !items.is_empty() {
        let one = items.expect(UTF8_STRING, "statusString")?;
        if found.len() == MAX_TOKEN_ITEMS || one.content.len() > MAX_TEXT_CHARS {
            return Err(one.fault("statusString", Fault::TooMany));
        }
        found.push(one.text("statusString")?);
    }
    Ok(found)
}

/// Number of the first bit that is set; the first byte counts those that are not used.
fn first_bit(content: &[u8]) -> Option<u32> {
    let (place, byte) = content.iter().skip(1).enumerate().find(|(_, byte)| **byte != 0)?;
    u32::try_from(place).ok().map(|place| place.saturating_mul(8).saturating_add(byte.leading_zeros()))
}
