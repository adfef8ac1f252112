use std::fmt;
use std::str::FromStr;

/// Bytes of an object identifier: private arcs of the field have up to 20.
const MAX_OID_BYTES: usize = 64;

/// An object identifier of any arc: the content of its DER.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Vec<u8>);

impl Oid {
    /// From the content of its DER; `None` if that is none, or longer than 64 bytes.
    #[must_use]
    pub fn from_der_content(bytes: &[u8]) -> Option<Self> {
        let ends = bytes.last().is_some_and(|last| last & 0x80 == 0);
        // X.690 §8.19.2: no arc begins with a digit of zero.
        let starts = bytes.iter().scan(true, |start, byte| {
            let here = *start && *byte == 0x80;
            *start = byte & 0x80 == 0;
            Some(here)
        });
        let padded = starts.into_iter().any(|padded| padded);
        (ends && !padded && bytes.len() <= MAX_OID_BYTES).then(|| Self(bytes.to_vec()))
    }

    /// The content of its DER.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// `1.2.156.10197.1.501`; an arc beyond 128 bits is written as `?`.
impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for digits in self.0.split_inclusive(|byte| byte & 0x80 == 0) {
            let arc = digits
                .iter()
                .try_fold(0_u128, |arc, digit| Some(arc.checked_mul(128)? + u128::from(digit & 0x7f)));
            match (first, arc) {
                (true, Some(arc)) => {
                    let top = (arc / 40).min(2);
                    write!(f, "{top}.{}", arc - top * 40)?;
                }
                (true, None) => f.write_str("2.?")?,
                (false, Some(arc)) => write!(f, ".{arc}")?,
                (false, None) => f.write_str(".?")?,
            }
            first = false;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

/// The text is no object identifier in dotted form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no object identifier such as 1.2.156.10197.1.501")]
pub struct OidError;

impl FromStr for Oid {
    type Err = OidError;

    fn from_str(text: &str) -> Result<Self, OidError> {
        let arc = |text: &str| {
            let plain =
                text.bytes().all(|digit| digit.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
            text.parse::<u128>().ok().filter(|_| plain).ok_or(OidError)
        };
        let mut arcs = text.split('.').map(arc);
        let (Some(top), Some(second)) = (arcs.next(), arcs.next()) else { return Err(OidError) };
        let (top, second) = (top?, second?);
        if top > 2 || (top < 2 && second > 39) {
            return Err(OidError);
        }
        let mut bytes = Vec::new();
        push(&mut bytes, (top * 40).checked_add(second).ok_or(OidError)?);
        for arc in arcs {
            push(&mut bytes, arc?);
        }
        Self::from_der_content(&bytes).ok_or(OidError)
    }
}

fn push(bytes: &mut Vec<u8>, arc: u128) {
    let digits = (1..=18).find(|digits| arc >> (7 * digits) == 0).unwrap_or(19);
    for place in (0..digits).rev() {
        let digit = u8::try_from(arc >> (7 * place) & 0x7f).expect("seven bits");
        bytes.push(if place == 0 { digit } else { digit + 0x80 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_and_der_are_one() {
        for text in
            ["0.0", "1.39", "1.2.156.10197.1.501", "2.999.3", "2.5.29.37.0", "1.3.6.1.5.5.7.3.8", "2.128"]
        {
            let oid: Oid = text.parse().unwrap();
            assert_eq!(oid.to_string(), text);
            assert_eq!(Oid::from_der_content(oid.as_bytes()), Some(oid));
        }
        assert_eq!("1.3.6.1".parse::<Oid>().unwrap().as_bytes(), [0x2b, 6, 1]);
        for bad in ["", "1", "1.", "3.1", "1.40", "1.2.x", "1.02", "1.+2", "1..2"] {
            assert_eq!(bad.parse::<Oid>(), Err(OidError), "{bad}");
        }
        for bad in [&[][..], &[0x80, 1], &[0x2b, 0x80, 1], &[0x2b, 0x81], &[1; 65]] {
            assert_eq!(Oid::from_der_content(bad), None, "{bad:?}");
        }
    }
}
