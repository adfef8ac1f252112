//! Copies into another store: whole and equal, or no archive.

use std::sync::Arc;

use boyin_archive::{
    Archive, ArchiveError, Batch, Copied, CopyError, CopyStep, Entry, Failure, MemoryStore, OpenError, Store,
    StoreError, Table,
};

use crate::check::{check_sound, fill};
use crate::collected;
use crate::engine;
use crate::fixtures::{act, filing, fresh, id, secret};
use crate::stores::TestStore;

/// An archive with something in every table.
fn filled() -> (Archive, Arc<TestStore>) {
    let (archive, store) = fresh();
    fill(&archive);
    collected::each_act(&archive);
    (archive, store)
}

fn copy(archive: &Archive, to: &dyn Store) -> Result<Copied, CopyError> {
    archive.copy_to(to, &mut |_| {})
}

fn entries(store: &dyn Store) -> Vec<(Table, Vec<Entry>)> {
    Table::ALL.into_iter().map(|table| (table, store.scan(table, &[], None, 100_000).unwrap())).collect()
}

#[test]
fn a_copy_is_the_archive_entry_by_entry() {
    let (archive, store) = filled();
    for n in 100..400 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    let target = Arc::new(engine::fresh());
    let mut steps = Vec::new();
    let copied = archive
        .copy_to(target.as_ref(), &mut |at| {
            steps.push(at.step);
            assert!(at.entries > 0 || at.step == CopyStep::Compare);
        })
        .unwrap();
    assert_eq!(entries(target.as_ref()), entries(store.as_ref()));
    let all: usize = entries(store.as_ref()).iter().map(|(_, of)| of.len()).sum();
    assert_eq!(copied.entries, u64::try_from(all).unwrap());
    assert_eq!(copied.last_event, archive.last_event().unwrap());
    steps.dedup();
    assert_eq!(steps, [CopyStep::Write, CopyStep::Compare]);
    // The numbers go on, and it is an archive of its own from now on.
    target.reopen();
    let other = Archive::with_store(Arc::<TestStore>::clone(&target), &secret()).unwrap();
    assert_eq!(check_sound(&other), check_sound(&archive));
    let outcome = other.file(&act("file 9"), &filing(9)).unwrap();
    assert_eq!((outcome.event, outcome.replayed), (copied.last_event + 1, false));
    assert_eq!(archive.get(&id(9)).unwrap(), None);
    let again = Arc::new(MemoryStore::new());
    assert_eq!(copy(&archive, again.as_ref()).unwrap(), copied, "the same content has the same digest");
    let third = copy(&other, &MemoryStore::new()).unwrap();
    assert_ne!(third.digest, copied.digest);
}

/// Wherever it is interrupted, whether the last batch got through or not: until it is whole, what is there opens as
/// nothing, and the next attempt ends the same.
#[test]
fn a_copy_that_was_interrupted_is_no_archive_and_goes_on() {
    let (archive, store) = filled();
    let whole = entries(store.as_ref());
    for failure in [Failure::Lost, Failure::Unanswered] {
        let mut commits = 0;
        loop {
            let target = Arc::new(engine::fresh());
            target.fail_after(commits, failure);
            let done = copy(&archive, target.as_ref());
            target.reopen();
            if done.is_ok() {
                break;
            }
            assert!(matches!(done, Err(CopyError::Target(StoreError::Io(_)))), "{done:?}");
            let opened = Archive::with_store(Arc::<TestStore>::clone(&target), &secret());
            let made = Archive::create_in(Arc::<TestStore>::clone(&target), &secret(), &act("create"));
            match opened {
                Err(OpenError::HalfCopied) => assert!(matches!(made, Err(OpenError::HalfCopied)), "{made:?}"),
                Err(OpenError::Empty) => {
                    assert!(commits == 0 && failure == Failure::Lost);
                    commits += 1;
                    continue;
                }
                // The batch that makes it an archive got through, and only its answer was lost.
                Ok(_) => {
                    assert_eq!(failure, Failure::Unanswered);
                    assert_eq!(entries(target.as_ref()), whole);
                    commits += 1;
                    continue;
                }
                Err(other) => panic!("{other:?}"),
            }
            let mut written = false;
            archive.copy_to(target.as_ref(), &mut |at| written |= at.step == CopyStep::Clear).unwrap();
            assert!(!written, "it goes on where it was");
            assert_eq!(entries(target.as_ref()), whole, "after {commits}");
            commits += 1;
        }
        assert!(commits > 12, "only {commits} commits");
    }
}

/// What a copy of an older state has left is taken away first.
#[test]
fn a_copy_that_goes_on_after_the_archive_changed_begins_again() {
    let (archive, store) = filled();
    let target = Arc::new(engine::fresh());
    target.fail_after(9, Failure::Lost);
    assert!(copy(&archive, target.as_ref()).is_err());
    target.reopen();
    archive.file(&act("file 50"), &filing(50)).unwrap();
    // Interrupted again, in the middle of taking it away.
    for commits in [1, 3] {
        target.fail_after(commits, Failure::Lost);
        assert!(copy(&archive, target.as_ref()).is_err());
        target.reopen();
        let opened = Archive::with_store(Arc::<TestStore>::clone(&target), &secret());
        assert!(matches!(opened, Err(OpenError::HalfCopied)), "{opened:?}");
    }
    copy(&archive, target.as_ref()).unwrap();
    assert_eq!(entries(target.as_ref()), entries(store.as_ref()));
}

/// Values can change without an event: the comparison tells, and the copy begins again by itself.
#[test]
fn what_changed_without_an_event_is_found_by_comparing() {
    let (archive, store) = filled();
    let target = Arc::new(engine::fresh());
    target.fail_after(12, Failure::Lost);
    assert!(copy(&archive, target.as_ref()).is_err());
    target.reopen();
    archive.writable().unwrap();
    copy(&archive, target.as_ref()).unwrap();
    assert_eq!(entries(target.as_ref()), entries(store.as_ref()));
}

/// A store that does not keep what it is given.
#[derive(Debug)]
struct Forgetful(MemoryStore, Table);

impl Store for Forgetful {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(table, key)
    }
    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut page = self.0.scan(table, prefix, after, limit)?;
        if table == self.1
            && let Some((_, value)) = page.last_mut()
        {
            value.push(0);
        }
        Ok(page)
    }
    fn scrub(&self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.0.scrub(table, key)
    }
    fn len_estimate(&self, table: Table) -> Result<u64, StoreError> {
        self.0.len_estimate(table)
    }
    fn commit(&self, batch: Batch) -> Result<boyin_archive::Committed, StoreError> {
        self.0.commit(batch)
    }
}

#[test]
fn a_copy_that_is_not_the_same_is_no_archive() {
    let (archive, _store) = filled();
    for spoiled in [Table::License, Table::Event, Table::ByHolder] {
        let target = Arc::new(Forgetful(MemoryStore::new(), spoiled));
        let refused = copy(&archive, target.as_ref());
        assert!(matches!(refused, Err(CopyError::Differs { table }) if table == spoiled), "{refused:?}");
        let opened = Archive::with_store(target, &secret());
        assert!(matches!(opened, Err(OpenError::HalfCopied)), "{opened:?}");
    }
}

#[test]
fn only_an_empty_place_is_copied_into() {
    let (archive, _store) = filled();
    let (_other, occupied) = fresh();
    let before = entries(occupied.as_ref());
    assert!(matches!(copy(&archive, occupied.as_ref()), Err(CopyError::Occupied)));
    assert_eq!(entries(occupied.as_ref()), before);
    let strange = engine::fresh();
    strange.commit(Batch::new().put(Table::Event, "k", "v")).unwrap();
    let before = entries(&strange);
    assert!(matches!(copy(&archive, &strange), Err(CopyError::Occupied)));
    assert_eq!(entries(&strange), before);
}

#[test]
fn an_archive_that_cannot_be_read_is_not_copied() {
    let (archive, store) = fresh();
    store.commit(Batch::new().delete(Table::Meta, "check")).unwrap();
    let refused = copy(&archive, &MemoryStore::new());
    assert!(matches!(refused, Err(CopyError::Archive(ArchiveError::Damaged(_)))), "{refused:?}");
}
