//! Finds the published vectors that are not part of this repository, and reads them.

use std::path::PathBuf;

use serde_json::Value;

use crate::needed::needed;

/// The file or folder `relative` of the vector set, or `None` where the set is absent.
///
/// The set is looked for in `BOYIN_VECTORS`, else beside the checkout in `../shared/vectors`. Callers skip on `None`.
///
/// # Panics
/// If `CI=true` and the set is absent: a check that did not run must not look like one that passed.
#[must_use]
pub fn path(relative: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BOYIN_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let path = root.join(relative);
    let missing = format!("vectors are missing: {} (set BOYIN_VECTORS)", path.display());
    needed(path.exists().then_some(path).ok_or(missing))
}

/// The JSON file `relative` of the vector set; `None` as [`path`].
///
/// # Panics
/// As [`path`], and if it is not JSON.
#[must_use]
pub fn json(relative: &str) -> Option<Value> {
    let bytes = std::fs::read(path(relative)?).expect("a file that can be read");
    Some(serde_json::from_slice(&bytes).expect("JSON"))
}

/// Bytes of a hexadecimal string.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd number of hexadecimal digits");
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(byte).collect()
}

/// The text member `name`.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is missing in {value}"))
}

/// The bytes of the hexadecimal member `name`.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn bytes(value: &Value, name: &str) -> Vec<u8> {
    hex(text(value, name))
}

/// The array member `name`.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("{name} is missing"))
}
