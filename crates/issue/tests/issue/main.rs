//! From a form to a license: what is refused, what is fixed, what stays hidden.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod drafts;
mod hiding;
mod makers;
mod round_trip;
mod signers;
mod timestamps;
