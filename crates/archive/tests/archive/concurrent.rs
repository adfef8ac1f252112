//! Many threads on one archive: each act exactly once, and of those that exclude each other exactly one.

use std::sync::atomic::{AtomicUsize, Ordering};

use boyin_archive::{Archive, ArchiveError, Change, Status};
use tempfile::tempdir;

use crate::fixtures::{act, change, filing, id, secret, whole};

const THREADS: u32 = 8;
const ACTS: u32 = 40;

#[test]
fn every_act_is_done_exactly_once() {
    let directory = tempdir().unwrap();
    let archive = Archive::create(directory.path(), &secret(), &act("create")).unwrap();
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (archive, done) = (&archive, &done);
            scope.spawn(move || {
                // Two threads do the same acts, in step.
                for n in (thread / 2 * ACTS)..(thread / 2 + 1) * ACTS {
                    let outcome = archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
                    done.fetch_add(usize::from(!outcome.replayed), Ordering::SeqCst);
                    assert_eq!(
                        archive.events_of(&id(n), None, 10).unwrap()[0].number,
                        outcome.event
                    );
                }
            });
        }
    });
    let expected = usize::try_from(THREADS / 2 * ACTS).unwrap();
    assert_eq!(done.into_inner(), expected);
    assert_eq!(whole(&archive).len(), expected);
    drop(archive);
    assert_eq!(
        whole(&Archive::open(directory.path(), &secret()).unwrap()).len(),
        expected
    );
}

#[test]
fn of_acts_that_exclude_each_other_one_is_done() {
    let directory = tempdir().unwrap();
    let archive = Archive::create(directory.path(), &secret(), &act("create")).unwrap();
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
                Err(ArchiveError::IllegalTransition {
                    from: Status::Suspended,
                    ..
                }) => false,
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
