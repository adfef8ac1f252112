//! What an item catalog may say, what a decision answers, and the laws that hold of every decision.
//!
//! The licenses are signed and verified as anywhere else: the files of the tests hold reports of the verifier.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests are tests; the ban on files is for the decision"
)]

mod answers;
mod demo;
mod falls;
mod laws;
mod packages;
mod reading;
mod receipts;
mod requests;
mod world;
