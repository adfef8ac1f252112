//! The built command, run as people run it. One binary: RocksDB is linked once.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod archive;
mod catalog;
mod ceremony;
mod certificates;
mod clients;
mod collect;
mod delegation;
mod doctor;
mod drill;
mod edges;
mod flow;
mod keys;
mod life;
mod ofd;
mod ofd_license;
mod present;
mod records;
mod refusals;
mod seals;
mod served;
mod service;
mod settings;
#[cfg(feature = "postgres")]
mod storage;
mod support;
mod timestamps;
mod trust;
mod vault;
mod webhooks;
mod window;

#[cfg(feature = "postgres")]
#[path = "../../../postgres/tests/postgres/server.rs"]
#[allow(dead_code, reason = "the tests of the engine use more of it")]
mod database;

#[path = "../../examples/make_forms/main.rs"]
#[allow(dead_code, reason = "the example's `main` is not called here")]
mod make_forms;

#[path = "../../examples/make_stock/main.rs"]
#[allow(dead_code, reason = "the example's `main` is not called here")]
mod make_stock;

#[test]
fn the_checked_in_forms_are_those_that_the_example_makes() {
    let same = make_forms::generate() == support::FORMS;
    assert!(same, "run: cargo run -p boyin-cli --example make_forms > crates/cli/demo/forms.jsonl");
}
