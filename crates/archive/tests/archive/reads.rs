//! Reads: on the disk before anything is shown, in the log exactly once.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use boyin_archive::{
    Archive, ArchiveError, EventKind, Failure, MAX_TOLD, Read, ReadOf, Reader, SpoolError, TakenReads,
};
use tempfile::{TempDir, tempdir};

use crate::fixtures::{act, filing, fresh, holder, id, office, secret, time};

fn read(archive: &Archive, of: ReadOf, seconds: u64) -> Read {
    let reader = Reader::new("窗口二", office(), "办理低保").unwrap();
    Read { reader, at: time(seconds), of, holder: archive.holder_key(&holder(0)) }
}

fn taken(reads: u64, cut: u64) -> TakenReads {
    TakenReads { reads, cut, damaged: 0 }
}

fn reads_in(archive: &Archive) -> usize {
    let read = [EventKind::LicenseRead, EventKind::HolderRead, EventKind::HolderLogRead];
    archive.events(None, 1000).unwrap().iter().filter(|event| read.contains(&event.what)).count()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// A closed spool of two reads, somewhere else.
fn closed() -> (TempDir, PathBuf) {
    let (archive, _) = fresh();
    let dir = tempdir().unwrap();
    let spool = archive.spool_reads(dir.path()).unwrap();
    spool.record(&[read(&archive, ReadOf::License(id(1)), 5), read(&archive, ReadOf::Holder(3), 6)]).unwrap();
    drop(spool);
    let path = files(dir.path()).remove(0);
    (dir, path)
}

#[test]
fn reads_are_taken_in_once_with_who_and_what_for() {
    let (archive, _) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    let dir = tempdir().unwrap();
    let place = dir.path().join("reads");
    assert_eq!(archive.take_reads(&place, &act("take")).unwrap(), taken(0, 0), "no directory, no reads");
    let spool = archive.spool_reads(&place).unwrap();
    spool.record(&[read(&archive, ReadOf::License(id(1)), 5)]).unwrap();
    assert_eq!(archive.take_reads(&place, &act("take")).unwrap(), taken(1, 0), "while its process runs");
    assert_eq!(archive.take_reads(&place, &act("take")).unwrap(), taken(0, 0));
    spool.record(&[read(&archive, ReadOf::Holder(1), 6), read(&archive, ReadOf::HolderLog(2), 7)]).unwrap();
    let told = "item-1 nothing given ".repeat(200);
    spool.record(&[read(&archive, ReadOf::NothingShared { told: told.clone() }, 8)]).unwrap();
    drop(spool);
    assert_eq!(archive.take_reads(&place, &act("take")).unwrap(), taken(3, 0));
    assert!(files(&place).is_empty(), "what has ended is removed");
    let of_holder = archive.events_of_holder(&holder(0), None, 100).unwrap();
    let seen: Vec<_> =
        of_holder.iter().map(|e| (e.what, e.who.as_str(), e.why.as_str(), e.at, e.detail.as_str())).collect();
    assert_eq!(
        seen,
        [
            (EventKind::LicenseIssued, "窗口一", "办理登记", time(0), "A"),
            (EventKind::LicenseRead, "窗口二", "办理低保", time(5), ""),
            (EventKind::HolderRead, "窗口二", "办理低保", time(6), "1"),
            (EventKind::HolderLogRead, "窗口二", "办理低保", time(7), "2"),
            (EventKind::LicenseShared, "窗口二", "办理低保", time(8), &told[..MAX_TOLD]),
        ]
    );
    assert_eq!(of_holder[1].license, Some(id(1)));
    assert_eq!(archive.events_of(&id(1), None, 10).unwrap().len(), 2);
    archive.check_log().unwrap();
    assert!(archive.check(&mut |_| {}).unwrap().sound());
}

#[test]
fn an_answer_that_was_lost_takes_nothing_in_twice() {
    for failure in [Failure::Lost, Failure::Unanswered] {
        for commits in 0..3 {
            let (archive, store) = fresh();
            let dir = tempdir().unwrap();
            for _ in 0..2 {
                let spool = archive.spool_reads(dir.path()).unwrap();
                spool.record(&[read(&archive, ReadOf::Holder(1), 6)]).unwrap();
            }
            store.fail_after(commits, failure);
            let interrupted = archive.take_reads(dir.path(), &act("take"));
            assert_eq!(interrupted.is_err(), commits < 2, "{interrupted:?}");
            store.reopen();
            let archive = Archive::with_store(store, &secret()).unwrap();
            archive.take_reads(dir.path(), &act("take")).unwrap();
            assert_eq!((reads_in(&archive), files(dir.path()).len()), (2, 0));
        }
    }
}

/// A spool that comes back from a backup is known.
#[test]
fn a_spool_that_is_put_back_is_not_taken_in_again() {
    let (archive, _) = fresh();
    let (dir, path) = closed();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(archive.take_reads(dir.path(), &act("take")).unwrap(), taken(2, 0));
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(archive.take_reads(dir.path(), &act("take")).unwrap(), taken(0, 0));
    assert!(files(dir.path()).is_empty());
}

#[test]
fn a_spool_that_was_cut_anywhere_says_so_and_gives_what_is_whole() {
    let (_dir, path) = closed();
    let bytes = std::fs::read(&path).unwrap();
    let mut given = [0; 3];
    for length in 0..bytes.len() {
        let (archive, _) = fresh();
        let dir = tempdir().unwrap();
        std::fs::write(dir.path().join(path.file_name().unwrap()), &bytes[..length]).unwrap();
        let found = archive.take_reads(dir.path(), &act("take")).unwrap();
        assert_eq!(found.cut, 1, "{length}");
        given[usize::try_from(found.reads).unwrap()] += 1;
        let last = archive.events(None, 100).unwrap().pop().unwrap();
        assert_eq!(last.what, EventKind::ReadsCut);
        assert_eq!(archive.take_reads(dir.path(), &act("take")).unwrap(), taken(0, 0), "said once");
        let left = files(dir.path());
        assert!(left.iter().all(|path| path.extension().unwrap() == "cut"), "{left:?}");
    }
    assert!(given.iter().all(|count| *count > 0), "{given:?}");
}

#[test]
fn a_spool_that_was_changed_anywhere_gives_no_other_read() {
    let (_dir, path) = closed();
    let bytes = std::fs::read(&path).unwrap();
    let (archive, _) = fresh();
    let all = {
        let dir = tempdir().unwrap();
        std::fs::write(dir.path().join(path.file_name().unwrap()), &bytes).unwrap();
        archive.take_reads(dir.path(), &act("take")).unwrap();
        archive
            .events(None, 100)
            .unwrap()
            .into_iter()
            .skip(1)
            .map(|e| (e.what, e.at, e.license))
            .collect::<Vec<_>>()
    };
    for place in 0..bytes.len() {
        let (archive, _) = fresh();
        let dir = tempdir().unwrap();
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (place % 8);
        std::fs::write(dir.path().join(path.file_name().unwrap()), damaged).unwrap();
        let found = archive.take_reads(dir.path(), &act("take")).unwrap();
        assert_eq!(found.cut, 1, "{place}");
        let events = archive.events(None, 100).unwrap();
        let reads = events.into_iter().skip(1).filter(|e| e.what != EventKind::ReadsCut);
        let reads: Vec<_> = reads.map(|e| (e.what, e.at, e.license)).collect();
        assert!(all.starts_with(&reads), "{place}");
    }
}

#[test]
fn a_frame_of_another_spool_or_place_is_not_taken() {
    let (archive, _) = fresh();
    let (_dir, path) = closed();
    let bytes = std::fs::read(&path).unwrap();
    let first = 4 + usize::try_from(u32::from_be_bytes(bytes[..4].try_into().unwrap())).unwrap();
    let dir = tempdir().unwrap();
    let name = path.file_name().unwrap();
    // The first frame is missing.
    std::fs::write(dir.path().join(name), &bytes[first..]).unwrap();
    assert_eq!(archive.take_reads(dir.path(), &act("take")).unwrap(), taken(0, 1));
    // Under another name.
    let dir = tempdir().unwrap();
    std::fs::write(dir.path().join(format!("{}.reads", "0".repeat(32))), &bytes).unwrap();
    assert_eq!(archive.take_reads(dir.path(), &act("take")).unwrap(), taken(0, 1));
}

#[test]
fn a_read_of_a_license_that_was_erased_meanwhile_does_not_lead_to_its_holder() {
    let (archive, _) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    let dir = tempdir().unwrap();
    let spool = archive.spool_reads(dir.path()).unwrap();
    spool.record(&[read(&archive, ReadOf::License(id(1)), 5)]).unwrap();
    archive.purge(&act("purge"), &id(1), "乙", "依法删除").unwrap();
    assert_eq!(archive.take_reads(dir.path(), &act("take")).unwrap(), taken(1, 0));
    assert_eq!(archive.events_of_holder(&holder(0), None, 10).unwrap(), []);
    assert_eq!(archive.events_of(&id(1), None, 10).unwrap().len(), 3);
}

#[test]
fn where_nothing_can_be_written_nothing_is_recorded() {
    let (archive, _) = fresh();
    let dir = tempdir().unwrap();
    let file = dir.path().join("reads");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(archive.spool_reads(&file), Err(SpoolError::File(_))));
    assert!(matches!(archive.take_reads(&file, &act("take")), Err(ArchiveError::Store(_))));
    for (who, purpose) in [("", "办理"), ("甲", " "), ("甲", "a\nb")] {
        assert!(Reader::new(who, office(), purpose).is_err());
    }
}

#[test]
fn reads_of_many_threads_are_all_kept() {
    let (archive, _) = fresh();
    let dir = tempdir().unwrap();
    let spool = archive.spool_reads(dir.path()).unwrap();
    std::thread::scope(|scope| {
        for seconds in 0..8 {
            let (spool, read) = (&spool, read(&archive, ReadOf::Holder(1), seconds));
            scope.spawn(move || (0..20).for_each(|_| spool.record(std::slice::from_ref(&read)).unwrap()));
        }
    });
    drop(spool);
    assert_eq!(archive.take_reads(dir.path(), &act("take")).unwrap(), taken(160, 0));
    assert_eq!(reads_in(&archive), 160);
}

/// Two threads of a desk may begin at once.
#[test]
fn reads_that_two_take_in_at_once_are_there_once() {
    for _ in 0..8 {
        let (archive, _) = fresh();
        let dir = tempdir().unwrap();
        let spool = archive.spool_reads(dir.path()).unwrap();
        let reads: Vec<_> = (0..600).map(|seconds| read(&archive, ReadOf::Holder(1), seconds)).collect();
        spool.record(&reads).unwrap();
        let (both, taken) = (Barrier::new(2), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    both.wait();
                    let found = archive.take_reads(dir.path(), &act("take")).unwrap();
                    taken.fetch_add(found.reads, Ordering::SeqCst);
                });
            }
        });
        assert_eq!((reads_in(&archive), taken.into_inner()), (600, 600));
    }
}

/// Such a length would be waited for as for a frame that is still being written.
#[test]
fn a_frame_longer_than_any_is_damage_at_once() {
    let (archive, _) = fresh();
    let dir = tempdir().unwrap();
    let spool = archive.spool_reads(dir.path()).unwrap();
    spool.record(&[read(&archive, ReadOf::Holder(1), 6)]).unwrap();
    let path = files(dir.path()).remove(0);
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(&u32::MAX.to_be_bytes()).unwrap();
    let found = archive.take_reads(dir.path(), &act("take")).unwrap();
    assert_eq!(found, TakenReads { reads: 1, cut: 0, damaged: 1 });
}
