use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::limits::MAX_KEY_CHARS;

/// A lower-case ASCII letter, then lower-case letters, digits and hyphens.
pub(crate) fn is_key(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= MAX_KEY_CHARS
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(good)
}

/// 1 to `max` characters, no control characters, no white space around them.
pub(crate) fn is_tidy(text: &str, max: usize) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !text.chars().any(char::is_control)
        && text.chars().nth(max).is_none()
}

/// `sha-256:<hex>`
pub(crate) fn sha256(bytes: &[u8]) -> String {
    tagged("sha-256:", &Sha256::digest(bytes))
}

/// `hmac-sha-256:<hex>`
pub(crate) fn hmac_sha256(key: &[u8], bytes: &[u8]) -> String {
    tagged("hmac-sha-256:", &hmac_of(key, bytes))
}

pub(crate) fn hmac_of(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

fn tagged(tag: &str, digest: &[u8]) -> String {
    let mut text = String::with_capacity(tag.len() + 2 * digest.len());
    text.push_str(tag);
    for byte in digest {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).expect("half a byte is one digit"));
        }
    }
    text
}
