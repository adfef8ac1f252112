//! What tests need that is no part of this repository: fonts, commands, a token, published vectors.

use std::fmt::Display;

/// What was looked for, or `None` where it is missing: the test says so and is skipped.
///
/// # Panics
/// If it is missing and `CI=true`: a check that did not run must not look like one that passed.
#[must_use]
pub fn needed<T, E: Display>(found: Result<T, E>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(missing) => {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{missing}");
            eprintln!("skipped: {missing}");
            None
        }
    }
}
