//! Paths of certificates and their revocation.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests are tests; the ban on files is for the verifier"
)]

mod bounds;
mod deviations;
mod ends;
mod identity;
mod judge;
mod listed;
mod openssl;
mod others;
mod paths;
mod pss;
mod revocation;
mod subject;
