//! The engines of this crate. The suite runs in memory; one test runs all of it again on disk.

use std::process::Command;
use std::sync::Arc;

use boyin_archive::{Batch, Durability, Failure, MemoryStore, RocksStore, Store, StoreError, Table};
use tempfile::{TempDir, tempdir};

use crate::stores::{Engine, TestStore};

/// Set for the run on disk.
const ON_DISK: &str = "BOYIN_ARCHIVE_TEST_ON_DISK";
/// Of each value every so many bytes are damaged.
pub(crate) const STRIDE: usize = 1;

struct Memory(Arc<MemoryStore>);

impl Engine for Memory {
    fn open(&self) -> Arc<dyn Store> {
        self.0.reopen();
        Arc::<MemoryStore>::clone(&self.0)
    }
}

struct Disk(TempDir, Durability);

impl Engine for Disk {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(RocksStore::create(&self.0.path().join("archive"), self.1).unwrap())
    }
}

fn memory() -> TestStore {
    TestStore::new(Memory(Arc::default()))
}

fn disk(durability: Durability) -> TestStore {
    TestStore::new(Disk(tempdir().unwrap(), durability))
}

fn on_disk() -> bool {
    std::env::var_os(ON_DISK).is_some()
}

/// The store that the suite runs on now, empty.
pub(crate) fn fresh() -> TestStore {
    if on_disk() { disk(Durability::Buffered) } else { memory() }
}

/// Every store, empty: for the contract of the seam.
pub(crate) fn every() -> Vec<TestStore> {
    vec![memory(), disk(Durability::Buffered), disk(Durability::Synced)]
}

/// How many cases a property is tried with, of those that it has in memory.
pub(crate) fn cases(in_memory: u32) -> u32 {
    if on_disk() { in_memory / 8 } else { in_memory }
}

#[test]
fn the_same_suite_holds_on_disk() {
    if on_disk() {
        return;
    }
    let suite = [
        "acts::",
        "addresses::",
        "check::",
        "concurrent::",
        "copy::",
        "damage::",
        "golden::",
        "mass::",
        "meta::",
        "model::",
        "pages::",
        "seals::",
        "versions::",
    ];
    let run = Command::new(std::env::current_exe().unwrap()).args(suite).env(ON_DISK, "1").output().unwrap();
    let out = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{out}");
    for module in suite {
        assert!(out.contains(&format!("test {module}")), "{module} did not run:\n{out}");
    }
}

#[test]
fn after_a_failed_write_only_reads_go_on() {
    for (failure, written) in [(Failure::Lost, false), (Failure::Unanswered, true)] {
        let store = Arc::new(MemoryStore::new());
        store.fail_after(1, failure);
        store.commit(Batch::new().put(Table::Meta, "a", "")).unwrap();
        assert!(matches!(store.commit(Batch::new().put(Table::Meta, "b", "")), Err(StoreError::Io(_))));
        assert!(matches!(store.commit(Batch::new().put(Table::Meta, "c", "")), Err(StoreError::Stopped)));
        assert_eq!(store.get(Table::Meta, b"b").unwrap().is_some(), written);
        store.reopen();
        store.commit(Batch::new().put(Table::Meta, "c", "")).unwrap();
    }
}
