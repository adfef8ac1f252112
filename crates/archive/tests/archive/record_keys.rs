//! Keys of records that are kept in memory: what they save, their bound, and that none outlives its destruction.
//!
//! That a key is gone shows when the sealed value of an erased license is put back: whoever can write to the disk can do
//! that, and it must stay closed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use boyin_archive::{
    Archive, ArchiveError, Batch, Committed, DEFAULT_RECORD_KEY_MEMORY, Damaged, Durability, Entry,
    FaultKind, RocksStore, Store, StoreError, Table,
};
use tempfile::tempdir;

use crate::check::report;
use crate::fixtures::{act, change, filing, fresh, holder, id, secret};
use crate::stores::TestStore;

/// More events than a follower reads to learn what was erased.
const MANY: u32 = 4_001;

fn key(n: u32) -> Vec<u8> {
    id(n).as_str().as_bytes().to_vec()
}

fn stored(store: &dyn Store, n: u32) -> Vec<u8> {
    store.get(Table::License, &key(n)).unwrap().unwrap()
}

fn put_back(store: &dyn Store, n: u32, sealed: &[u8]) {
    store.commit(Batch::new().put(Table::License, key(n), sealed)).unwrap();
}

fn assert_closed(archive: &Archive, n: u32, when: &str) {
    let read = archive.get(&id(n));
    let closed = matches!(read, Err(ArchiveError::Damaged(Damaged { table: Table::RecordKey })));
    assert!(closed, "{when}: {read:?}");
    let list = archive.list(None, None, 100);
    assert!(matches!(list, Err(ArchiveError::Damaged(_))), "{when}: {list:?}");
}

#[test]
fn an_erased_license_is_closed_at_once() {
    let (archive, store) = fresh();
    for n in 1..4 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
        archive.get(&id(n)).unwrap();
    }
    assert_eq!(archive.record_keys().keys, 3);
    let sealed = stored(store.as_ref(), 2);
    archive.purge(&act("purge"), &id(2), "乙", "依法删除").unwrap();
    assert_eq!(archive.record_keys().keys, 2);
    put_back(store.as_ref(), 2, &sealed);
    assert_closed(&archive, 2, "after the erasure");
}

/// A writer with three licenses, and a follower that has read all of them.
struct Followed {
    _directory: tempfile::TempDir,
    store: Arc<RocksStore>,
    writer: Archive,
    follower: Archive,
    sealed: Vec<u8>,
}

fn followed() -> Followed {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    let store = Arc::new(RocksStore::create(&path, Durability::Buffered).unwrap());
    let writer = Archive::create_in(Arc::<RocksStore>::clone(&store), &secret(), &act("create")).unwrap();
    for n in 1..4 {
        writer.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    let follower = Archive::follow(&path, &directory.path().join("scratch"), &secret()).unwrap();
    let sealed = stored(store.as_ref(), 2);
    Followed { _directory: directory, store, writer, follower, sealed }
}

impl Followed {
    fn read_all(&self) {
        for n in 1..4 {
            self.follower.get(&id(n)).unwrap().unwrap();
        }
        assert_eq!(self.follower.record_keys().keys, 3);
    }

    fn erase_and_put_back(&self) {
        self.writer.purge(&act("purge"), &id(2), "乙", "依法删除").unwrap();
        put_back(self.store.as_ref(), 2, &self.sealed);
    }
}

#[test]
fn a_follower_that_has_seen_the_erasure_has_no_key() {
    let followed = followed();
    followed.follower.catch_up().unwrap();
    followed.read_all();
    followed.erase_and_put_back();
    assert!(followed.follower.get(&id(2)).unwrap().is_some(), "it stands still until it catches up");
    followed.follower.catch_up().unwrap();
    assert_closed(&followed.follower, 2, "the event says so");
    assert_eq!(followed.follower.record_keys().keys, 2, "the others are kept");
    assert_eq!(followed.follower.get(&id(1)).unwrap().unwrap(), filing(1).record);
}

#[test]
fn a_follower_that_looks_for_the_first_time_has_no_key() {
    let followed = followed();
    followed.read_all();
    followed.erase_and_put_back();
    followed.follower.catch_up().unwrap();
    assert_closed(&followed.follower, 2, "at the first look");
}

#[test]
fn a_follower_far_behind_has_no_key() {
    let followed = followed();
    followed.follower.catch_up().unwrap();
    followed.read_all();
    followed.erase_and_put_back();
    for n in 0..MANY {
        followed.writer.publish_status_list(&act(&format!("publish {n}")), "list", b"token").unwrap();
    }
    followed.follower.catch_up().unwrap();
    assert_closed(&followed.follower, 2, "too many events to read");
    followed.read_again();
}

impl Followed {
    /// After it has forgotten everything it goes on where it was.
    fn read_again(&self) {
        self.follower.get(&id(1)).unwrap().unwrap();
        let sealed = stored(self.store.as_ref(), 1);
        self.writer.purge(&act("purge 1"), &id(1), "乙", "依法删除").unwrap();
        put_back(self.store.as_ref(), 1, &sealed);
        self.follower.catch_up().unwrap();
        assert_closed(&self.follower, 1, "after it forgot everything");
    }
}

/// What runs once, just before or after the key of license 2 is read.
type Meanwhile = Mutex<Option<Box<dyn FnOnce() + Send>>>;

/// Counts reads, and lets something happen around one.
struct Watched {
    inner: Arc<TestStore>,
    reads: Mutex<HashMap<Table, usize>>,
    before: Meanwhile,
    after: Meanwhile,
}

impl Watched {
    fn around(&self, table: Table, of: &[u8], when: &Meanwhile) {
        if (table, of) != (Table::RecordKey, &key(2)) {
            return;
        }
        // Let go before it happens: it reads the same key.
        let happens = when.lock().unwrap().take();
        if let Some(happens) = happens {
            happens();
        }
    }

    fn reads(&self, table: Table) -> usize {
        self.reads.lock().unwrap().get(&table).copied().unwrap_or(0)
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched(..)")
    }
}

impl Store for Watched {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        *self.reads.lock().unwrap().entry(table).or_default() += 1;
        self.around(table, key, &self.before);
        let found = self.inner.get(table, key);
        self.around(table, key, &self.after);
        found
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.inner.scan(table, prefix, after, limit)
    }

    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.inner.commit(batch)
    }

    fn scrub(&self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.inner.scrub(table, key)
    }

    fn len_estimate(&self, table: Table) -> Result<u64, StoreError> {
        self.inner.len_estimate(table)
    }
}

/// An archive with licenses 1 to 3 on a watched store.
fn watched() -> (Arc<Archive>, Arc<Watched>) {
    let (plain, inner) = fresh();
    for n in 1..4 {
        plain.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    let (reads, before, after) = (Mutex::default(), Mutex::default(), Mutex::default());
    let store = Arc::new(Watched { inner, reads, before, after });
    let archive = Archive::with_store(Arc::<Watched>::clone(&store), &secret()).unwrap();
    (Arc::new(archive), store)
}

/// Erases license 2 when it is called.
fn erasure(archive: &Arc<Archive>) -> Box<dyn FnOnce() + Send> {
    let archive = Arc::clone(archive);
    Box::new(move || drop(archive.purge(&act("purge"), &id(2), "乙", "依法删除").unwrap()))
}

#[test]
fn a_key_that_was_read_before_the_erasure_is_not_kept_after_it() {
    for list in [false, true] {
        let (archive, store) = watched();
        let sealed = stored(store.inner.as_ref(), 2);
        *store.after.lock().unwrap() = Some(erasure(&archive));
        if list {
            archive.list(None, None, 100).unwrap();
        } else {
            assert_eq!(
                archive.get(&id(2)).unwrap().unwrap(),
                filing(2).record,
                "it was there when it was read"
            );
        }
        put_back(store.inner.as_ref(), 2, &sealed);
        assert_closed(&archive, 2, if list { "listed" } else { "read" });
    }
}

#[test]
fn an_erasure_between_value_and_key_is_an_erasure() {
    let (archive, store) = watched();
    *store.before.lock().unwrap() = Some(erasure(&archive));
    let read = archive.get(&id(2));
    assert!(matches!(read, Err(ArchiveError::Erased { .. })), "{read:?}");
}

#[test]
fn a_key_is_asked_for_once() {
    let (archive, store) = watched();
    for _ in 0..3 {
        for n in 1..4 {
            assert_eq!(archive.get(&id(n)).unwrap().unwrap(), filing(n).record);
        }
        assert_eq!(archive.list_by_holder(&holder(0), None, 100).unwrap().items.len(), 3);
    }
    assert_eq!((store.reads(Table::RecordKey), store.reads(Table::License)), (3, 18));
    // The status is read under a license that is kept, and changed as before.
    archive.change_status(&act("suspend"), &id(1), &change(boyin_archive::Change::Suspend)).unwrap();
    assert_eq!(store.reads(Table::RecordKey), 3);
}

/// Everything that is stored.
fn everything(store: &dyn Store) -> Vec<(Table, Entry)> {
    let of =
        |table| store.scan(table, &[], None, 1_000).unwrap().into_iter().map(move |entry| (table, entry));
    Table::ALL.into_iter().flat_map(of).collect()
}

/// A kept key that is not that of the license, as it would be if two identifiers had one digest: the license is filed again
/// under another key, behind the back of the archive that read it.
#[test]
fn a_kept_key_that_opens_nothing_is_asked_for_again() {
    let (archive, store) = fresh();
    let before = everything(store.as_ref());
    archive.file(&act("file 1"), &filing(1)).unwrap();
    archive.get(&id(1)).unwrap();
    let sealed = stored(store.as_ref(), 1);
    let after = everything(store.as_ref());
    let gone = after.into_iter().fold(Batch::new(), |batch, (table, (key, _))| batch.delete(table, key));
    let put = |batch: Batch, (table, (key, value)): (Table, Entry)| batch.put(table, key, value);
    store.commit(gone).unwrap();
    store.commit(before.into_iter().fold(Batch::new(), put)).unwrap();
    let again = Archive::with_store(Arc::<TestStore>::clone(&store), &secret()).unwrap();
    again.file(&act("file 1"), &filing(1)).unwrap();
    assert_ne!(stored(store.as_ref(), 1), sealed, "under another key");
    let listed = archive.list(None, None, 100).unwrap();
    assert!(listed.items == [filing(1).record]);
    assert!(archive.get(&id(1)).unwrap() == Some(filing(1).record));
    // What is damaged is told as that.
    put_back(store.as_ref(), 1, &sealed);
    let read = archive.get(&id(1));
    assert!(matches!(read, Err(ArchiveError::Damaged(Damaged { table: Table::License }))), "{read:?}");
}

#[test]
fn no_more_keys_are_kept_than_fit() {
    let (archive, _) = fresh();
    for n in 1..500 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    let read = |archive: &Archive| {
        for n in (1..500).chain(1..500) {
            assert_eq!(archive.get(&id(n)).unwrap().unwrap(), filing(n).record);
        }
        archive.record_keys()
    };
    let all = read(&archive);
    assert!(all.keys == 499 && all.bytes <= DEFAULT_RECORD_KEY_MEMORY, "{all:?}");
    for bound in [4 << 10, 12 << 10] {
        let archive = archive_again(&archive, bound);
        let kept = read(&archive);
        assert!((1..499).contains(&kept.keys) && kept.bytes <= bound, "{kept:?}");
    }
    assert_eq!(read(&archive_again(&archive, 0)).keys, 0);
}

/// As the documentation of the memory says: of as many licenses as five eighths of the places nearly all are kept.
#[test]
fn the_keys_of_nearly_as_many_licenses_as_are_told_are_kept() {
    const PLACE: u64 = 41;
    let (archive, _) = fresh();
    for n in 1..500 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    let archive = archive.with_record_key_memory(499 * 8 / 5 * PLACE);
    for n in 1..500 {
        archive.get(&id(n)).unwrap();
    }
    let kept = archive.record_keys();
    assert!(kept.keys > 499 * 9 / 10 && kept.bytes <= 499 * 8 / 5 * PLACE, "{kept:?}");
}

/// The licenses of an archive in another one, which keeps keys in so many bytes.
fn archive_again(archive: &Archive, bound: u64) -> Archive {
    let (again, _) = fresh();
    for n in 1..500 {
        assert!(archive.get(&id(n)).unwrap().is_some());
        again.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    again.with_record_key_memory(bound)
}

#[test]
fn a_check_reads_keys_from_the_disk() {
    let (archive, store) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    archive.get(&id(1)).unwrap();
    store.commit(Batch::new().delete(Table::RecordKey, key(1))).unwrap();
    assert!(archive.get(&id(1)).unwrap().is_some(), "it is kept");
    let report = report(&archive);
    let found =
        report.faults.iter().any(|fault| fault.table == Table::License && fault.kind == FaultKind::Unsealed);
    assert!(found, "{report:?}");
}
