//! What the verifier refuses, and why; what it passes; what it tells.
//!
//! The documents come from `boyin_testkit::cases`.

mod bytes;
mod policy;
mod presentations;
mod reports;
mod second_opinion;
mod status;
mod table;
mod trust;
