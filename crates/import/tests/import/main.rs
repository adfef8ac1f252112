//! Rows of other systems: what is read, what is rejected and why, and that nothing is lost on the way.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod files;
mod fixtures;
mod mappings;
mod reasons;
mod rejects;
