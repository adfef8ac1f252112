//! Every test of the archive, in one binary: RocksDB is linked once.

mod acts;
mod concurrent;
mod damage;
mod fixtures;
mod golden;
mod model;
mod opening;
mod pages;
mod process;
mod seam;
