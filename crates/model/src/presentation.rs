//! What an office says when a holder shows a license (亮证): this very presentation was asked for now.
//!
//! `docs/presentation.md`. The statement is a JWS of type [`TYP_PRESENTATION`] by a key of the office that issued the license.

use std::borrow::Cow;

use crate::alg::Digest32;
use crate::b64;
use crate::json::{self, Object, Reader, Value};
use crate::jws::{JwsError, bytes_claim, instant_claim, text_claim};
use crate::time::UnixTime;

/// `typ` of a statement.
pub const TYP_PRESENTATION: &str = "license-presentation+jwt";
/// Bytes of a statement as a token; it has about 450.
pub const MAX_PRESENTATION_BYTES: usize = 2048;
/// How long a statement counts.
pub const PRESENTATION_SECONDS: u64 = 60;
/// Random bytes in a statement.
pub const NONCE_BYTES: usize = 16;
/// Characters of a purpose.
pub const MAX_PRESENTATION_PURPOSE_CHARS: usize = 40;

/// Random bytes that occur in one statement only.
pub type Nonce = [u8; NONCE_BYTES];

/// The claims of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presentation {
    /// Digest of the license with what is disclosed of it, in the compact serialization, by the suite of the key that signs.
    pub credential: Digest32,
    /// When it was asked for. It counts for [`PRESENTATION_SECONDS`].
    pub issued_at: UnixTime,
    /// Tells it from every other one.
    pub nonce: Nonce,
    /// What the holder shows the license for, 1 to [`MAX_PRESENTATION_PURPOSE_CHARS`] characters without control characters.
    pub purpose: String,
}

impl Presentation {
    /// The first instant at which it no longer counts.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.issued_at.plus(PRESENTATION_SECONDS)
    }

    /// Whether a text can be a purpose.
    #[must_use]
    pub fn is_purpose(text: &str) -> bool {
        let count = text.chars().take(MAX_PRESENTATION_PURPOSE_CHARS + 1).count();
        (1..=MAX_PRESENTATION_PURPOSE_CHARS).contains(&count) && !text.chars().any(char::is_control)
    }

    /// The canonical claims.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let instant = |at: UnixTime| Value::Int(i64::try_from(at.seconds()).unwrap_or(i64::MAX));
        let text = |bytes: &[u8]| Value::Text(Cow::Owned(b64::encode(bytes)));
        let mut object = Object::default();
        for (name, value) in [
            ("credential", text(&self.credential)),
            ("exp", instant(self.expires())),
            ("iat", instant(self.issued_at)),
            ("nonce", text(&self.nonce)),
            ("purpose", Value::Text(Cow::Borrowed(&self.purpose))),
        ] {
            let fresh = object.insert(Cow::Borrowed(name), value);
            debug_assert!(fresh, "five different names");
        }
        let mut out = Vec::with_capacity(256);
        json::write(&Value::Object(object), &mut out);
        out
    }

    /// Reads canonical claims: exactly those that [`write`](Self::write) writes.
    ///
    /// # Errors
    /// [`JwsError::Payload`], [`JwsError::Claim`] with the first claim at fault.
    pub fn read(payload: &[u8]) -> Result<Self, JwsError> {
        let parsed = json::parse(payload, Reader::Ours).map_err(JwsError::Payload)?;
        let object = parsed.value.as_object().filter(|object| object.len() == 5);
        let object = object.ok_or(JwsError::Claim("credential"))?;
        let read = Self {
            credential: bytes_claim(object, "credential")?,
            issued_at: instant_claim(object, "iat")?,
            nonce: bytes_claim(object, "nonce")?,
            purpose: text_claim(object, "purpose")?.to_owned(),
        };
        if instant_claim(object, "exp")? != read.expires() {
            return Err(JwsError::Claim("exp"));
        }
        if !Self::is_purpose(&read.purpose) {
            return Err(JwsError::Claim("purpose"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Presentation {
        Presentation {
            credential: [1; 32],
            issued_at: UnixTime::new(1_782_878_400).unwrap(),
            nonce: [2; NONCE_BYTES],
            purpose: "入住登记".to_owned(),
        }
    }

    #[test]
    fn claims_are_read_as_they_were_written() {
        let written = sample().write();
        assert_eq!(
            std::str::from_utf8(&written).unwrap(),
            r#"{"credential":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","exp":1782878460,"iat":1782878400,"nonce":"AgICAgICAgICAgICAgICAg","purpose":"入住登记"}"#
        );
        assert_eq!(Presentation::read(&written).unwrap(), sample());
    }

    #[test]
    fn claims_of_another_form_are_refused() {
        let good = String::from_utf8(sample().write()).unwrap();
        for (from, to, claim) in [
            ("\"credential\":\"AQ", "\"credential\":\"A", "credential"),
            ("1782878460", "1782878461", "exp"),
            ("1782878400", "-1", "iat"),
            ("\"nonce\":\"Ag", "\"nonce\":\"", "nonce"),
            ("入住登记", "", "purpose"),
            ("入住登记", "\\n", "purpose"),
            ("}", ",\"remark\":1}", "credential"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert_eq!(Presentation::read(bad.as_bytes()), Err(JwsError::Claim(claim)), "{bad}");
        }
        assert!(matches!(Presentation::read(b"{ }"), Err(JwsError::Payload(_))));
        let long = "入".repeat(MAX_PRESENTATION_PURPOSE_CHARS);
        assert!(Presentation::is_purpose(&long) && !Presentation::is_purpose(&(long + "入")));
    }
}
