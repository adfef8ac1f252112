//! base64url without padding, in its one spelling (RFC 4648 §5; unused bits of the last character are zero).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Writes base64url.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64url.
///
/// # Errors
/// [`NotBase64url`] for padding, other alphabets, white space and nonzero unused bits.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, NotBase64url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64url)
}

/// The text is not base64url without padding in its one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url without padding")]
pub struct NotBase64url;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_only() {
        assert_eq!(decode(b"-_8").unwrap(), [0xfb, 0xff]);
        for bad in ["-_8=", "-_9", "+/8", "-_8 ", "-"] {
            assert_eq!(decode(bad.as_bytes()), Err(NotBase64url), "{bad}");
        }
    }
}
