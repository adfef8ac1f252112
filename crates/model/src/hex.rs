//! Hexadecimal text.

/// Two lower-case digits for each byte.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes of a text that [`encode`] wrote; `None` for anything else, capital digits included: bytes have one spelling.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let half = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    pairs.iter().map(|[high, low]| Some((half(*high)? << 4) | half(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(super::encode(&[]), "");
        let all: Vec<_> = (0..=u8::MAX).collect();
        let expected: String = all.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(super::encode(&all), expected);
        assert_eq!(super::decode(&expected), Some(all));
    }

    #[test]
    fn bytes_have_one_spelling() {
        assert_eq!(super::decode(""), Some(Vec::new()));
        assert_eq!(super::decode("0a"), Some(vec![10]));
        for text in ["0", "0A", "+a", " a", "0g", "0x", "博", "0a0"] {
            assert_eq!(super::decode(text), None, "{text}");
        }
    }
}
