//! Many threads on one archive: each act exactly once, and of those that exclude each other exactly one.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use boyin_archive::{
    Archive, ArchiveError, Batch, Change, Committed, Entry, MAX_ADDRESSES, Outcome, Store, StoreError, Table,
};
use boyin_model::status::LicenseStatus;

use crate::addresses::{add, address};
use crate::check::check_sound;
use crate::fixtures::{act, change, filing, fresh, id, reopened, secret, whole};
use crate::stores::TestStore;
use crate::versions::succeed;

const THREADS: u32 = 8;
const ACTS: u32 = 40;

#[test]
fn every_act_is_done_exactly_once() {
    let (archive, store) = fresh();
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (archive, done) = (&archive, &done);
            scope.spawn(move || {
                // Two threads do the same acts, in step.
                for n in (thread / 2 * ACTS)..(thread / 2 + 1) * ACTS {
                    let outcome = archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
                    done.fetch_add(usize::from(!outcome.replayed), Ordering::SeqCst);
                    assert_eq!(archive.events_of(&id(n), None, 10).unwrap()[0].number, outcome.event);
                }
            });
        }
    });
    let expected = usize::try_from(THREADS / 2 * ACTS).unwrap();
    assert_eq!(done.into_inner(), expected);
    assert_eq!(whole(&archive).len(), expected);
    assert_eq!(whole(&reopened(archive, &store)).len(), expected);
}

#[test]
fn of_acts_that_exclude_each_other_one_is_done() {
    let (archive, _store) = fresh();
    for n in 0..20 {
        let done: usize = together(|thread| {
            let mut filing = filing(n);
            filing.record.credential.push(u8::try_from(thread).unwrap());
            match archive.file(&act(&format!("{n} by {thread}")), &filing) {
                Ok(outcome) => !outcome.replayed,
                Err(ArchiveError::Conflict) => false,
                Err(other) => panic!("{other:?}"),
            }
        });
        assert_eq!(done, 1, "one identifier");
        let done = together(|thread| {
            match archive.change_status(
                &act(&format!("suspend {n} by {thread}")),
                &id(n),
                &change(Change::Suspend),
            ) {
                Ok(_) => true,
                Err(ArchiveError::IllegalTransition { from: LicenseStatus::Suspended, .. }) => false,
                Err(other) => panic!("{other:?}"),
            }
        });
        assert_eq!(done, 1, "one suspension");
    }
    let done = together(|thread| {
        let mut filing = filing(1000 + thread);
        filing.record.slot.as_mut().unwrap().index = 77;
        match archive.file(&act(&format!("slot by {thread}")), &filing) {
            Ok(_) => true,
            Err(ArchiveError::SlotTaken { index: 77 }) => false,
            Err(other) => panic!("{other:?}"),
        }
    });
    assert_eq!(done, 1, "one place on the status list");
    assert_eq!(whole(&archive).len(), 21);
}

#[test]
fn of_addresses_at_once_no_more_than_the_limit_are_entered() {
    let (archive, store) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    for n in 1..MAX_ADDRESSES {
        add(&archive, &format!("{n}"), 1, &format!("北京路{n}号")).unwrap();
    }
    store.slow_scans(Table::LicenseAddress);
    let done = together(|thread| {
        let text = format!("南京路{thread}号");
        match add(&archive, &format!("by {thread}"), 1, &text) {
            Ok(_) => true,
            Err(ArchiveError::AddressTooMany) => false,
            Err(other) => panic!("{other:?}"),
        }
    });
    assert_eq!((done, archive.addresses(&id(1)).unwrap().len()), (1, MAX_ADDRESSES));
}

#[test]
fn an_address_that_is_entered_while_the_next_version_is_filed_is_not_lost() {
    let (archive, store) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    store.slow_scans(Table::LicenseAddress);
    let entered = std::thread::scope(|scope| {
        let entering = scope.spawn(|| add(&archive, "add", 1, "北京路1号"));
        succeed(&archive, "renew", 1, &id(1)).unwrap();
        entering.join().unwrap()
    });
    let expected = match entered {
        Ok(_) => vec![address("北京路1号")],
        Err(ArchiveError::NotHead { .. }) => vec![],
        Err(other) => panic!("{other:?}"),
    };
    for version in [id(1), id(1).next_version().unwrap()] {
        assert_eq!(archive.addresses(&version).unwrap(), expected);
    }
}

fn together(work: impl Fn(u32) -> bool + Sync) -> usize {
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (work, done) = (&work, &done);
            scope.spawn(move || done.fetch_add(usize::from(work(thread)), Ordering::SeqCst));
        }
    });
    done.into_inner()
}

/// Lets a twin of the act run once, just before `table` is read.
struct Interleaved {
    inner: Arc<TestStore>,
    table: Table,
    twin: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Interleaved {
    fn meanwhile(&self, table: Table) {
        if table == self.table
            && let Some(twin) = self.twin.lock().unwrap().take()
        {
            twin();
        }
    }
}

impl fmt::Debug for Interleaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interleaved(..)")
    }
}

impl Store for Interleaved {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.meanwhile(table);
        self.inner.get(table, key)
    }
    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.meanwhile(table);
        self.inner.scan(table, prefix, after, limit)
    }
    fn scrub(&self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.inner.scrub(table, key)
    }
    fn len_estimate(&self, table: Table) -> Result<u64, StoreError> {
        self.inner.len_estimate(table)
    }
    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.inner.commit(batch)
    }
}

/// An archive and its store in memory, with license 1 filed; `twin` runs on it in the middle of the next act.
fn interleaved(table: Table, twin: impl FnOnce(&Archive) + Send + 'static) -> (Archive, Archive) {
    let (plain, inner) = fresh();
    plain.file(&act("file 1"), &filing(1)).unwrap();
    let of_twin = Archive::with_store(Arc::<TestStore>::clone(&inner), &secret()).unwrap();
    let twin: Box<dyn FnOnce() + Send> = Box::new(move || twin(&of_twin));
    let store = Interleaved { inner, table, twin: Mutex::new(Some(twin)) };
    (Archive::with_store(Arc::new(store), &secret()).unwrap(), plain)
}

#[test]
fn a_twin_in_the_middle_of_an_act_makes_it_a_replay() {
    for table in [Table::Status, Table::License] {
        let (archive, plain) = interleaved(table, |twin| {
            assert!(!twin.file(&act("file 2"), &filing(2)).unwrap().replayed);
        });
        assert!(archive.file(&act("file 2"), &filing(2)).unwrap().replayed, "{table}");
        assert_eq!(whole(&plain).len(), 2);
        let (archive, plain) = interleaved(table, |twin| {
            twin.change_status(&act("suspend"), &id(1), &change(Change::Suspend)).unwrap();
        });
        let outcome = archive.change_status(&act("suspend"), &id(1), &change(Change::Suspend)).unwrap();
        assert!(outcome.replayed, "{table}");
        assert_eq!(plain.status_of(&id(1)).unwrap(), Some(LicenseStatus::Suspended));
    }
}

#[test]
fn another_act_in_the_middle_is_judged_by_what_it_left() {
    for table in [Table::Status, Table::License] {
        let (archive, _) = interleaved(table, |other| {
            other.file(&act("other"), &filing(2)).unwrap();
        });
        let refused = archive.file(&act("file 2"), &filing(2));
        assert!(matches!(refused, Err(ArchiveError::Conflict)), "{table}: {refused:?}");
    }
}

#[test]
fn an_address_of_a_version_that_is_succeeded_meanwhile_is_refused() {
    type Deed = fn(&Archive) -> Result<Outcome, ArchiveError>;
    let deeds: [Deed; 2] = [
        |archive| add(archive, "meanwhile", 1, "北京路2号"),
        |archive| archive.remove_address(&act("meanwhile"), &id(1), &address("北京路1号"), "迁出"),
    ];
    for (place, deed) in deeds.into_iter().enumerate() {
        let (archive, plain) = interleaved(Table::LicenseAddress, |other| {
            succeed(other, "renew", 1, &id(1)).unwrap();
        });
        add(&plain, "before", 1, "北京路1号").unwrap();
        let next = id(1).next_version().unwrap();
        let refused = deed(&archive);
        assert!(
            matches!(&refused, Err(ArchiveError::NotHead { head }) if **head == next),
            "{place}: {refused:?}"
        );
        for version in [id(1), next] {
            assert_eq!(plain.addresses(&version).unwrap(), [address("北京路1号")], "{place}");
        }
        let _ = check_sound(&plain);
    }
}
