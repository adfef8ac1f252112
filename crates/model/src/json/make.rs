//! Values made one by one.

use std::borrow::Cow;

use super::{Object, Value};
use crate::time::UnixTime;

/// An object of members whose names differ. Two with one name are a fault of the caller: the first stays, debug builds panic.
pub fn object<'n: 'v, 'v>(members: impl IntoIterator<Item = (&'n str, Value<'v>)>) -> Value<'v> {
    let mut object = Object::default();
    for (name, value) in members {
        let fresh = object.insert(Cow::Borrowed(name), value);
        debug_assert!(fresh, "member names differ");
    }
    Value::Object(object)
}

/// Text, borrowed.
#[must_use]
pub fn text(text: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(text))
}

/// A count or a place; the greatest `i64` where it is more.
#[must_use]
pub fn number(number: usize) -> Value<'static> {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// An instant in seconds; the greatest `i64` where it is later.
#[must_use]
pub fn instant(at: UnixTime) -> Value<'static> {
    Value::Int(i64::try_from(at.seconds()).unwrap_or(i64::MAX))
}
