//! The text in a code: a prefix, and the compact form in base45 (RFC 9285), all of it of the alphanumeric alphabet of QR codes.

use crate::error::PresentError;
use crate::limits::{MAX_COMPACT_BYTES, MAX_TEXT_CHARS};

/// What the text of a code begins with. The digit is the version of what follows.
pub const PREFIX: &str = "BY1:";

/// The text for the compact form.
#[must_use]
pub fn to_text(compact: &[u8]) -> String {
    [PREFIX, &base45::encode(compact)].concat()
}

/// The compact form in a text. Nothing of it is understood yet.
///
/// # Errors
/// [`PresentError::Text`], [`PresentError::TooLarge`], [`PresentError::NotCanonical`] for another spelling.
pub fn from_text(text: &str) -> Result<Vec<u8>, PresentError> {
    let encoded = text.strip_prefix(PREFIX).ok_or(PresentError::Text)?;
    if text.len() > MAX_TEXT_CHARS {
        return Err(PresentError::TooLarge);
    }
    let bytes = base45::decode(encoded).map_err(|_| PresentError::Text)?;
    if bytes.len() > MAX_COMPACT_BYTES {
        return Err(PresentError::TooLarge);
    }
    if to_text(&bytes) == text { Ok(bytes) } else { Err(PresentError::NotCanonical) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_base45_of_the_rfc() {
        for (bytes, text) in
            [(&b"AB"[..], "BY1:BB8"), (b"Hello!!", "BY1:%69 VD92EX0"), (b"ietf!", "BY1:QED8WEX0")]
        {
            assert_eq!(to_text(bytes), text);
            assert_eq!(from_text(text).unwrap(), bytes);
        }
        // Lower case, another prefix, a number beyond two bytes, one character left over.
        for bad in ["", "BY1", "by1:BB8", "BY2:BB8", "BY1:bb8", "BY1:GGW", "BY1:BB8A", "BY1:BB8\n", "BY1:博"]
        {
            let fault = from_text(bad).unwrap_err();
            assert!(matches!(fault, PresentError::Text | PresentError::NotCanonical), "{bad:?}: {fault}");
        }
    }

    #[test]
    fn text_has_a_bound() {
        let most = to_text(&[7; MAX_COMPACT_BYTES]);
        assert_eq!(most.len(), MAX_TEXT_CHARS);
        assert!(from_text(&most).is_ok());
        assert_eq!(from_text(&to_text(&[7; MAX_COMPACT_BYTES + 1])), Err(PresentError::TooLarge));
    }
}
