//! Seals and seal signatures, verified.
#![allow(clippy::unwrap_used, reason = "tests")]

mod chains;
mod field;
mod first;
mod mutations;
mod passing;
mod reading;
mod refusals;
