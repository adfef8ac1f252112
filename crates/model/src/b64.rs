//! base64url without padding, in its one spelling (RFC 4648 §5; unused bits of the last character are zero); and base64 as formats
//! of others have it (§4).

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use self::engine::ENGINE;

/// Several times as fast as the portable engine on parts of some hundred characters.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod engine {
    use std::sync::LazyLock;

    use base64::engine::Simd;
    use base64::engine::general_purpose::NO_PAD;

    pub(super) static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod engine {
    use base64::engine::GeneralPurpose;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    pub(super) static ENGINE: GeneralPurpose = URL_SAFE_NO_PAD;
}

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
    ENGINE.decode(text).map_err(|_| NotBase64url)
}

/// Writes base64 with padding, for formats of others.
#[must_use]
pub fn encode_padded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64 or base64url of formats of others, with its padding or without.
///
/// # Errors
/// [`NotBase64url`] for other characters, white space and nonzero unused bits.
pub fn decode_of_others(text: &[u8]) -> Result<Vec<u8>, NotBase64url> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 0 && (padding > 2 || !text.len().is_multiple_of(4)) {
        return Err(NotBase64url);
    }
    let letter = |byte: &u8| match byte {
        b'+' => b'-',
        b'/' => b'_',
        byte => *byte,
    };
    decode(&text[..text.len() - padding].iter().map(letter).collect::<Vec<_>>())
}

/// Reads base64url that stands for exactly `N` bytes.
///
/// # Errors
/// As [`decode`], and for any other number of bytes.
pub fn decode_exact<const N: usize>(text: &[u8]) -> Result<[u8; N], NotBase64url> {
    if text.len() != (N * 4).div_ceil(3) {
        return Err(NotBase64url);
    }
    let mut bytes = [0; N];
    let (threes, end) = bytes.as_chunks_mut();
    let (fours, rest) = text.as_chunks();
    let mut outside = 0;
    for (three, four) in threes.iter_mut().zip(fours) {
        (*three, outside) = join(*four, outside);
    }
    let mut last = [b'A'; 4];
    last[..rest.len()].copy_from_slice(rest);
    let (last, outside) = join(last, outside);
    let (used, unused) = last.split_at(end.len());
    end.copy_from_slice(used);
    if outside < u32::from(OUTSIDE) && unused.iter().all(|byte| *byte == 0) {
        Ok(bytes)
    } else {
        Err(NotBase64url)
    }
}

/// Three bytes from four characters, and [`OUTSIDE`] if one is not in the alphabet.
fn join(characters: [u8; 4], outside: u32) -> ([u8; 3], u32) {
    let [a, b, c, d] = characters.map(|character| u32::from(VALUES[usize::from(character)]));
    let [_, joined @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
    (joined, outside | a | b | c | d)
}

/// Marks the bytes that are not in the alphabet.
const OUTSIDE: u8 = 1 << 7;

/// Place of each byte in the alphabet.
static VALUES: [u8; 256] = {
    let mut values = [OUTSIDE; 256];
    let mut byte: u8 = 0;
    let mut rest = values.as_mut_slice();
    while let [value, others @ ..] = rest {
        *value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => OUTSIDE,
        };
        byte = byte.wrapping_add(1);
        rest = others;
    }
    values
};

/// Reads several texts into one buffer.
pub(crate) struct Decoder {
    bytes: Vec<u8>,
    end: usize,
}

impl Decoder {
    /// For texts of so many characters together.
    pub(crate) fn new(characters: usize) -> Self {
        Self { bytes: vec![0; characters.div_ceil(4) * 3], end: 0 }
    }

    /// Reads the next text and says where its bytes are.
    pub(crate) fn push(&mut self, text: &[u8]) -> Result<Range<usize>, NotBase64url> {
        let start = self.end;
        let count = ENGINE.decode_slice(text, &mut self.bytes[start..]).map_err(|_| NotBase64url)?;
        self.end += count;
        Ok(start..self.end)
    }

    /// The buffer; what was not filled is zero.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The text is not base64url without padding in its one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url without padding")]
pub struct NotBase64url;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_readers_agree() {
        fn compare<const N: usize>(text: &[u8]) {
            let expected = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
            assert_eq!(decode_exact::<N>(text).ok(), expected, "{text:?}");
        }
        for byte in 0..=u8::MAX {
            for place in 0..4 {
                let mut text = *b"-_8A";
                text[place] = byte;
                compare::<3>(&text);
                compare::<2>(&text[..3]);
                compare::<1>(&text[..2]);
                compare::<6>(&[*b"AZaz", text].concat());
                compare::<5>(&[*b"Az09", text].concat()[..7]);
            }
        }
        for length in 0..12 {
            compare::<5>(&[b'A'; 12][..length]);
        }
    }

    #[test]
    fn texts_of_one_buffer_stand_side_by_side() {
        let mut decoder = Decoder::new(9);
        assert_eq!(decoder.push(b"AQI"), Ok(0..2));
        assert_eq!(decoder.push(b"AQ="), Err(NotBase64url));
        assert_eq!(decoder.push(b""), Ok(2..2));
        assert_eq!(decoder.push(b"AwQF"), Ok(2..5));
        assert_eq!(decoder.into_bytes()[..5], [1, 2, 3, 4, 5]);
    }

    #[test]
    fn base64_of_others_is_read_and_written() {
        for (bytes, text) in
            [(&b""[..], ""), (b"\xfb\xff", "+/8="), (b"\xfb\xff\xfe", "+//+"), (b"a", "YQ==")]
        {
            assert_eq!(encode_padded(bytes), text);
            assert_eq!(decode_of_others(text.as_bytes()).as_deref(), Ok(bytes));
            assert_eq!(decode_of_others(encode(bytes).as_bytes()).as_deref(), Ok(bytes));
        }
        for bad in ["YQ=\n", "YQ=", "YQ===", "=", "====", "YR==", "Y Q=", "Y=Q="] {
            assert_eq!(decode_of_others(bad.as_bytes()), Err(NotBase64url), "{bad}");
        }
    }

    #[test]
    fn one_spelling_only() {
        assert_eq!(decode(b"-_8").unwrap(), [0xfb, 0xff]);
        for bad in ["-_8=", "-_9", "+/8", "-_8 ", "-"] {
            assert_eq!(decode(bad.as_bytes()), Err(NotBase64url), "{bad}");
        }
    }
}
