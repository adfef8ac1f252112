//! What the suite runs on here: a schema of its own for each store.

use std::sync::Arc;

use boyin_archive::{Durability, Store};
use boyin_postgres::PostgresStore;

use crate::server::{fresh_schema, psql, shared};
use crate::stores::{Engine, TestStore};

/// Of each value every so many bytes are damaged: each time the whole store is asked over a socket.
pub(crate) const STRIDE: usize = 23;

struct Schema(String, Durability);

impl Engine for Schema {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(PostgresStore::create(&shared().address(&self.0), self.1).unwrap())
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        psql(
            shared().directory(),
            &format!("SET client_min_messages = warning; DROP SCHEMA IF EXISTS {} CASCADE", self.0),
        );
    }
}

fn store(durability: Durability) -> TestStore {
    TestStore::new(Schema(fresh_schema(), durability))
}

/// The store that the suite runs on, empty.
pub(crate) fn fresh() -> TestStore {
    store(Durability::Buffered)
}

/// Every store, empty: for the contract of the seam.
pub(crate) fn every() -> Vec<TestStore> {
    vec![store(Durability::Buffered), store(Durability::Synced)]
}

/// How many cases a property is tried with, of those that it has in memory.
pub(crate) fn cases(in_memory: u32) -> u32 {
    in_memory / 8
}
