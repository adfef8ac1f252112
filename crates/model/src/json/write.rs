use std::borrow::Cow;
use std::io::Write as _;

use serde::Serialize;

use super::{Object, Value};

/// Appends the canonical spelling of `value`.
pub fn write(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(number) => write!(out, "{number}").expect("a vector takes every byte"),
        Value::Text(text) => write_text(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Object(object) => {
            out.push(b'{');
            for (index, (name, member)) in object.members().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(name, out);
                out.push(b':');
                write(member, out);
            }
            out.push(b'}');
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[plain_from..at]);
        plain_from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            control => write!(out, "\\u{control:04x}").expect("a vector takes every byte"),
        }
    }
    out.extend_from_slice(&bytes[plain_from..]);
    out.push(b'"');
}

/// The canonical bytes of a value of ours.
///
/// Every `i64` is written as it is, a larger integer as [`i64::MAX`]. Readers refuse what lies beyond ±(2⁵³−1), so that
/// such a document is of no use, but making it is no reason to end the process.
///
/// # Panics
/// If the value holds a fraction or a map with other keys than text: no type of ours does.
#[must_use]
pub fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    let tree = serde_json::to_value(value).expect("types of ours serialize to JSON");
    let mut out = Vec::new();
    write(&sorted(tree), &mut out);
    out
}

/// Sorts here rather than trust the map: its order is a feature switch of `serde_json` that another crate may flip.
fn sorted(tree: serde_json::Value) -> Value<'static> {
    match tree {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Bool(flag),
        serde_json::Value::Number(number) => {
            let integer = number.as_i64().or_else(|| number.is_u64().then_some(i64::MAX));
            Value::Int(integer.expect("numbers of ours are integers"))
        }
        serde_json::Value::String(text) => Value::Text(Cow::Owned(text)),
        serde_json::Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        serde_json::Value::Object(map) => {
            let mut object = Object::default();
            for (name, member) in map {
                let fresh = object.insert(Cow::Owned(name), sorted(member));
                debug_assert!(fresh, "a map holds each name once");
            }
            Value::Object(object)
        }
    }
}
