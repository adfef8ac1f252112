//! Every test of the archive, in one binary: RocksDB is linked once.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it says")]

mod acts;
mod concurrent;
mod damage;
mod fixtures;
mod golden;
mod model;
mod opening;
mod pages;
mod process;
mod seals;
mod seam;
mod upgrade;
