//! Keys in a SoftHSM token. Each test runs in a process with a token of its own.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure, with its place")]

mod gone;
mod refused;
mod sign;
mod support;
mod wrap;
