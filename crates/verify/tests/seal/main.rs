//! Seals and seal signatures, verified.
#![allow(clippy::unwrap_used, reason = "tests")]

mod field;
mod first;
mod passing;
mod refusals;
