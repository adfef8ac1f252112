//! The suite of the archive's storage seam, compiled again for this engine, and what holds of this engine alone. One binary:
//! the tests share a server, which they start themselves.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it says")]

#[path = "../../../archive/tests/archive/acts.rs"]
mod acts;
#[path = "../../../archive/tests/archive/addresses.rs"]
mod addresses;
#[path = "../../../archive/tests/archive/check.rs"]
mod check;
#[path = "../../../archive/tests/archive/collected.rs"]
mod collected;
#[path = "../../../archive/tests/archive/concurrent.rs"]
mod concurrent;
#[path = "../../../archive/tests/archive/copy.rs"]
mod copy;
#[path = "../../../archive/tests/archive/damage.rs"]
mod damage;
#[path = "../../../archive/tests/archive/decisions.rs"]
mod decisions;
#[path = "../../../archive/tests/archive/fixtures.rs"]
mod fixtures;
#[path = "../../../archive/tests/archive/golden.rs"]
mod golden;
#[path = "../../../archive/tests/archive/mass.rs"]
mod mass;
#[path = "../../../archive/tests/archive/meta.rs"]
mod meta;
#[path = "../../../archive/tests/archive/model.rs"]
mod model;
#[path = "../../../archive/tests/archive/pages.rs"]
mod pages;
#[path = "../../../archive/tests/archive/seals.rs"]
mod seals;
#[path = "../../../archive/tests/archive/seam.rs"]
mod seam;
#[path = "../../../archive/tests/archive/stores.rs"]
mod stores;
#[path = "../../../archive/tests/archive/versions.rs"]
mod versions;

mod address;
mod engine;
mod faults;
mod kill;
mod proxy;
mod server;
mod store;
mod writers;
