//! Every test of the archive, in one binary: RocksDB is linked once.
//!
//! `acts`, `check`, `concurrent`, `damage`, `golden`, `meta`, `model`, `pages`, `seals` and `seam` are the suite: they know no engine
//! but [`engine::fresh`], and the crates of other engines compile these files with an `engine` of their own.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it says")]

mod acts;
mod backup;
mod check;
mod collected;
mod concurrent;
mod damage;
mod disk;
mod engine;
mod faults;
mod fixtures;
mod golden;
mod keys;
mod kill;
mod log;
mod meta;
mod model;
mod opening;
mod pages;
mod process;
mod reads;
mod record_keys;
mod seals;
mod seam;
mod snapshot;
mod stores;
mod upgrade;
