//! The check of an archive on disk: in use, and with damaged files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use boyin_archive::{Archive, Change, FaultKind, OpenError, StoreError, Table};
use tempfile::tempdir;

use crate::check::{check_sound, fill, report};
use crate::fixtures::{act, change, filing, id, secret};

/// Bytes that a compressor makes nothing smaller of.
fn noise(n: u32) -> Vec<u8> {
    let mut state = n.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..8000).map(|_| next()).collect()
}

fn on_disk(directory: &Path, licenses: u32) -> PathBuf {
    let path = directory.join("archive");
    let archive = Archive::create(&path, &secret(), &act("create")).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let archive = &archive;
            scope.spawn(move || {
                for n in (thread..licenses).step_by(4) {
                    let mut filing = filing(n);
                    filing.record.credential = noise(n);
                    archive.file(&act(&format!("file {n}")), &filing).unwrap();
                }
            });
        }
    });
    drop(archive);
    // Opening writes the log as tables.
    drop(Archive::open(&path, &secret()).unwrap());
    path
}

#[test]
fn a_damaged_block_is_named_and_the_rest_is_read() {
    let directory = tempdir().unwrap();
    let path = on_disk(directory.path(), 200);
    let largest = tables(&path).remove(0);
    let mut bytes = std::fs::read(&largest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&largest, bytes).unwrap();
    let report = report(&Archive::snapshot(&path, &secret()).unwrap());
    let unreadable: Vec<_> = report.faults.iter().filter(|f| f.kind == FaultKind::Unreadable).collect();
    assert_eq!(unreadable.len(), 1, "{report:?}");
    assert_eq!(unreadable[0].table, Table::License);
    assert!(unreadable[0].key.starts_with("1.2.156.3005.2."), "{report:?}");
    // The file is in the middle of the table: those before it are read, and all other tables.
    assert!((1..200).contains(&report.licenses) && report.entries > 1000, "{report:?}");
}

#[test]
fn an_archive_in_use_is_checked_as_of_one_instant() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    let archive = Archive::create(&path, &secret(), &act("create")).unwrap();
    fill(&archive);
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 10.. {
                archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
                std::thread::sleep(Duration::from_millis(1));
                archive
                    .change_status(&act(&format!("suspend {n}")), &id(n), &change(Change::Suspend))
                    .unwrap();
                if end.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        let mut licenses = 0;
        for _ in 0..4 {
            let snapshot = Archive::snapshot(&path, &secret()).unwrap();
            let mut steps = 0;
            let report = snapshot.check(&mut |progress| steps += u32::from(progress.done > 0)).unwrap();
            assert!(report.sound(), "{report:?}");
            assert!(report.licenses >= licenses && steps > 0);
            licenses = report.licenses;
        }
        end.store(true, Ordering::SeqCst);
        assert!(licenses > 2, "it was written meanwhile");
    });
}

/// The tables of an archive on disk, the largest first.
fn tables(path: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(path.join("db")).unwrap().map(|entry| entry.unwrap().path());
    let mut tables: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "sst")).collect();
    tables.sort_by_key(|file| std::cmp::Reverse(std::fs::metadata(file).unwrap().len()));
    tables
}

/// The engine's own follower would show an older state without a word.
#[test]
fn a_missing_table_is_refused_by_everybody() {
    let directory = tempdir().unwrap();
    let path = on_disk(directory.path(), 20);
    for (number, table) in tables(&path).into_iter().enumerate() {
        let kept = std::fs::read(&table).unwrap();
        std::fs::remove_file(&table).unwrap();
        let scratch = directory.path().join(format!("scratch {number}"));
        for opened in [
            Archive::open(&path, &secret()),
            Archive::follow(&path, &scratch, &secret()),
            Archive::snapshot(&path, &secret()),
        ] {
            assert!(
                matches!(opened, Err(OpenError::Store(StoreError::Corrupt(_) | StoreError::Io(_)))),
                "{table:?}: {opened:?}"
            );
        }
        std::fs::write(&table, kept).unwrap();
    }
    let _ = check_sound(&Archive::open(&path, &secret()).unwrap());
}

/// A copy by hand of an archive in use is an archive as of some instant, or is refused. Nothing else can come of it.
#[test]
fn a_copy_made_by_hand_is_whole_or_refused() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    let archive = Archive::create(&path, &secret(), &act("create")).unwrap();
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
                std::thread::sleep(Duration::from_millis(1));
                if end.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        for round in 0..4 {
            let copy = directory.path().join(format!("copy {round}"));
            std::fs::create_dir_all(copy.join("db")).unwrap();
            for entry in std::fs::read_dir(path.join("db")).unwrap() {
                let file = entry.unwrap().path();
                let _ = std::fs::copy(&file, copy.join("db").join(file.file_name().unwrap()));
            }
            match Archive::open(&copy, &secret()) {
                Ok(archive) => drop(check_sound(&archive)),
                Err(OpenError::Store(StoreError::Corrupt(_) | StoreError::Io(_)) | OpenError::Empty) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        end.store(true, Ordering::SeqCst);
    });
}
