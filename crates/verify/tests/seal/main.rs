//! Seals and seal signatures, verified.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests are tests; the ban on files is for the verifier"
)]

mod bulk;
mod chains;
mod field;
mod first;
mod mutations;
mod openssl;
mod passing;
mod reading;
mod refusals;
mod reports;
