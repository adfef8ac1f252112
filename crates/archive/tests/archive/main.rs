//! Every test of the archive, in one binary: RocksDB is linked once.
//!
//! `acts`, `addresses`, `check`, `concurrent`, `copy`, `damage`, `decisions`, `golden`, `mass`, `meta`, `model`, `pages`, `seals`, `seam` and `versions` are the suite: they know no
//! engine but [`engine::fresh`], and the crates of other engines compile these files with an `engine` of their own.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it says")]

mod acts;
mod addresses;
mod backup;
mod check;
mod collected;
mod concurrent;
mod copy;
mod damage;
mod decisions;
mod delegations;
mod disk;
mod engine;
mod faults;
mod fixtures;
mod golden;
mod keys;
mod kill;
mod log;
mod mass;
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
mod versions;
