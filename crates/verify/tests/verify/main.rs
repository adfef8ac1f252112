//! What the verifier refuses, and why; what it passes; what it tells.
//!
//! The documents come from `boyin_testkit::cases`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests are tests; the ban on files is for the verifier"
)]

mod anchor;
mod bulk;
mod bytes;
mod lists;
mod observed;
mod policy;
mod presentations;
mod record;
mod reports;
mod second_opinion;
mod status;
mod status_draft;
mod table;
mod trust;
mod webhooks;
