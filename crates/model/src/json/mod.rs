//! Canonical JSON: one spelling for each value, read without copying and with the place of every fault.
//!
//! The general-purpose readers accept many spellings of one value and keep the last of two equal names. Under a
//! signature both are dangerous: two programs then read two values out of one document. This reader refuses repeated
//! names always and, as [`Reader::Ours`], every spelling but the canonical one (`docs/format.md` §1), in one pass.

mod make;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::borrow::Cow;

pub use make::{instant, number, object, text};
pub use read::{parse, parse_array};
pub use write::{canonical, write};

/// Whose bytes are being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reader {
    /// Ours: everything that is not canonical is refused.
    #[default]
    Ours,
    /// Another writer's: white space, member order and escapes are free; [`Parsed::canonical`] tells.
    Field,
}

/// The result of [`parse`] and [`parse_array`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The value.
    pub value: T,
    /// Whether the bytes were the canonical spelling; always true for [`Reader::Ours`].
    pub canonical: bool,
}

/// A JSON value. Numbers are integers in ±(2⁵³−1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'b> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Text; borrowed from the input unless it held escapes.
    Text(Cow<'b, str>),
    /// `[…]`
    Array(Vec<Value<'b>>),
    /// `{…}`
    Object(Object<'b>),
}

/// The members of a JSON object, in ascending order of their names, no name twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object<'b>(Vec<(Cow<'b, str>, Value<'b>)>);

impl<'b> Object<'b> {
    /// The member `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'b>> {
        self.place(name).ok().map(|at| &self.0[at].1)
    }

    /// Where the member `name` is, or where it belongs.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(key, _)| key.as_ref().cmp(name))
    }

    /// All members, in order.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value<'b>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Adds a member and says whether its name was free; if not, nothing changes.
    #[must_use]
    pub fn insert(&mut self, name: Cow<'b, str>, value: Value<'b>) -> bool {
        match self.place(&name) {
            Ok(_) => false,
            Err(at) => {
                self.0.insert(at, (name, value));
                true
            }
        }
    }

    /// Takes the member `name` out.
    pub fn remove(&mut self, name: &str) -> Option<Value<'b>> {
        let at = self.place(name).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'b> Value<'b> {
    /// The text, if this is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The integer, if this is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The object, if this is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object<'b>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The elements, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value<'b>]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }
}

/// What is wrong with the bytes, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Byte position of the fault, counted from 0.
    pub offset: usize,
}

/// See [`JsonError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// The text ends inside a value.
    #[error("the text ends inside a value")]
    Truncated,
    /// Bytes follow the value.
    #[error("bytes follow the value")]
    Trailing,
    /// A character that cannot stand here.
    #[error("a character that cannot stand here")]
    Unexpected,
    /// The bytes are not UTF-8.
    #[error("the bytes are not UTF-8")]
    NotUtf8,
    /// Unknown escape, or half of a surrogate pair.
    #[error("an escape that means nothing")]
    BadEscape,
    /// A number that is no integer in ±(2⁵³−1).
    #[error("a number that is not an integer within 2^53")]
    BadNumber,
    /// A name occurs twice in an object.
    #[error("a member name that occurred before")]
    DuplicateMember,
    /// Nested deeper than [`crate::limits::MAX_JSON_DEPTH`].
    #[error("nested too deeply")]
    TooDeep,
    /// More members in one object than [`crate::limits::MAX_JSON_MEMBERS`].
    #[error("too many members in one object")]
    TooManyMembers,
    /// Correct JSON, but not its one canonical spelling.
    #[error("not the canonical spelling")]
    NotCanonical,
}
