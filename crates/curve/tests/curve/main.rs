//! Every way to verify, against vectors and arithmetic that are not ours.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests; counts are part of the outcome"
)]

mod abscissa;
mod bulk;
mod edge;
mod exceptional;
mod keys;
mod layout;
mod paths;
mod range;
mod support;
mod wycheproof;
