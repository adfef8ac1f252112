//! What the identifier types share: storage, reading character by character, masking, serde through the text.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};

use super::{IdError, IdErrorKind};

/// Exactly `N` ASCII characters. Made from characters that were checked, nowhere else but here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Ascii<const N: usize>([u8; N]);

impl<const N: usize> Ascii<N> {
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("every byte was checked to be ASCII")
    }

    pub(super) fn bytes(&self) -> &[u8; N] {
        &self.0
    }

    /// The `M` characters from `start` on.
    pub(super) fn part<const M: usize>(&self, start: usize) -> [u8; M] {
        std::array::from_fn(|place| self.0[start + place])
    }

    /// The first `M` characters.
    pub(super) fn head<const M: usize>(&self) -> Ascii<M> {
        Ascii(self.part(0))
    }

    /// The first `kept` characters, then zeros.
    pub(super) fn zeros_from(self, kept: usize) -> Self {
        Self(std::array::from_fn(|place| if place < kept { self.0[place] } else { b'0' }))
    }
}

/// Reads exactly `N` characters; `rule` says what may stand at each place. Stops at the first fault.
pub(super) fn fixed<const N: usize>(
    characters: impl Iterator<Item = char>,
    rule: impl Fn(usize, u8) -> Result<(), IdErrorKind>,
) -> Result<Ascii<N>, IdError> {
    let mut bytes = [0; N];
    let mut count = 0;
    for character in characters {
        let slot = bytes.get_mut(count).ok_or(IdErrorKind::TooLong { max: N }.at(count))?;
        *slot = ascii(character).ok_or(IdErrorKind::Character.at(count))?;
        rule(count, *slot).map_err(|kind| kind.at(count))?;
        count += 1;
    }
    if count < N { Err(IdErrorKind::TooShort { need: N }.at(count)) } else { Ok(Ascii(bytes)) }
}

/// As [`fixed`] for a text that is to stand as it is.
pub(super) fn exact<const N: usize>(
    text: &str,
    rule: impl Fn(usize, u8) -> Result<(), IdErrorKind>,
) -> Result<Ascii<N>, IdError> {
    // Most texts have no fault that must be found character by character.
    match text.as_bytes().try_into() {
        Ok(bytes) if text.is_ascii() && text.bytes().enumerate().all(|(at, b)| rule(at, b).is_ok()) => {
            Ok(Ascii(bytes))
        }
        Ok(_) | Err(_) => fixed(text.chars(), rule),
    }
}

fn ascii(character: char) -> Option<u8> {
    u8::try_from(character).ok().filter(u8::is_ascii)
}

/// Both the credit code and the citizen's number are 17 characters and a check character.
pub(super) fn with_check(first: [u8; 17], check: u8) -> Ascii<18> {
    debug_assert!(first.is_ascii() && check.is_ascii());
    Ascii(std::array::from_fn(|place| first.get(place).copied().unwrap_or(check)))
}

pub(super) fn digit(byte: u8) -> Result<(), IdErrorKind> {
    if byte.is_ascii_digit() { Ok(()) } else { Err(IdErrorKind::NotDigit) }
}

/// A digit or an upper-case letter.
pub(super) fn alphanumeric(byte: u8) -> Result<(), IdErrorKind> {
    if byte.is_ascii_digit() || byte.is_ascii_uppercase() {
        Ok(())
    } else if byte.is_ascii_lowercase() {
        Err(IdErrorKind::LowerCase)
    } else {
        Err(IdErrorKind::Character)
    }
}

/// The first three and the last two characters; stars only, where fewer than ten leave too little hidden.
pub(super) fn mask(text: &str) -> String {
    let count = text.chars().count();
    let shown = |place| count >= 10 && (place < 3 || place + 2 >= count);
    text.chars().enumerate().map(|(place, c)| if shown(place) { c } else { '*' }).collect()
}

/// Reads a text and parses it. A value of another type is refused without repeating it.
pub(super) fn deserialize<'de, D, T, P>(deserializer: D, parse: P) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    P: Fn(&str) -> Result<T, IdError>,
{
    // Asked for a string, serde_json quotes a number in its message: that could be a person's number. Asked for
    // anything, it calls the visitor, which does not.
    deserializer.deserialize_any(TextVisitor(parse))
}

struct TextVisitor<P>(P);

impl<T, P: Fn(&str) -> Result<T, IdError>> Visitor<'_> for TextVisitor<P> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier as a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<T, E> {
        Err(number())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<T, E> {
        Err(number())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<T, E> {
        Err(number())
    }
}

fn number<E: de::Error>() -> E {
    E::custom("a number, expected an identifier as a string")
}

/// `FromStr`, `Serialize` and `Deserialize` through `parse` and `as_str`.
macro_rules! through_text {
    ($($name:ident),+) => {$(
        impl std::str::FromStr for $name {
            type Err = $crate::id::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::id::text::deserialize(deserializer, Self::parse)
            }
        }
    )+};
}

/// `Display` and `Debug` with the text, for identifiers that are public.
macro_rules! printed {
    ($($name:ident),+) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }
    )+};
}

/// `Debug` without the text, for numbers of people.
macro_rules! hidden {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

pub(super) use {hidden, printed, through_text};
