//! What the suites accept and, above all, what they refuse.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests; counts are part of the outcome"
)]

mod edge;
mod keys;
mod openssl;
mod properties;
mod rsa;
mod standard;
mod support;
mod wycheproof;
mod x509;
