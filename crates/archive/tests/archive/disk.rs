//! What holds of the files of RocksDB: their names, and bytes changed in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use boyin_archive::{
    Archive, ArchiveError, Batch, Durability, OpenError, RocksStore, Store, StoreError, Table,
};
use tempfile::tempdir;

use crate::damage::assert_damaged;
use crate::fixtures::{LIST, act, filing, holder, id, on_disk, secret, whole};

#[test]
fn the_column_families_are_frozen() {
    let directory = tempdir().unwrap();
    drop(Archive::create(directory.path(), &secret(), &act("create")).unwrap());
    let mut names = rocksdb::DB::list_cf(&rocksdb::Options::default(), directory.path().join("db")).unwrap();
    names.sort();
    let frozen = [
        "by_holder",
        "collected",
        "collected_by_holder",
        "collected_by_import",
        "collected_by_key",
        "data_key",
        "decision",
        "decision_by_holder",
        "decision_input",
        "default",
        "event",
        "event_by_holder",
        "event_by_license",
        "event_by_seal",
        "idempotency",
        "import_job",
        "license",
        "license_address",
        "license_by_address",
        "mass_change",
        "meta",
        "read_spool",
        "record_key",
        "seal",
        "seal_version",
        "status",
        "status_list",
        "version",
    ];
    assert_eq!(names, frozen);
}

/// The sections `[CFOptions "…"]` that the engine writes beside its files, by name.
fn options_of_tables(database: &Path) -> BTreeMap<String, String> {
    let names = std::fs::read_dir(database).unwrap().map(|entry| entry.unwrap().path());
    let last = names.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("OPTIONS-")).max();
    let text = std::fs::read_to_string(last.unwrap()).unwrap();
    let sections = text.split("[CFOptions \"").skip(1).map(|section| section.split_once('"').unwrap());
    sections.map(|(name, options)| (name.to_owned(), options.to_owned())).collect()
}

#[test]
fn filters_are_passed_over_only_where_nobody_asks_for_what_is_not_there() {
    let directory = tempdir().unwrap();
    drop(Archive::create(directory.path(), &secret(), &act("create")).unwrap());
    let options = options_of_tables(&directory.path().join("db"));
    for table in Table::ALL {
        let passed_over = options[table.name()].contains("optimize_filters_for_hits=true");
        assert_eq!(passed_over, [Table::RecordKey, Table::Event].contains(&table), "{table}");
    }
}

#[test]
fn garbage_in_the_database_is_an_error() {
    let directory = tempdir().unwrap();
    let archive = Archive::create(directory.path(), &secret(), &act("create")).unwrap();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    drop(archive);
    {
        let names: Vec<&str> = Table::ALL.iter().map(|table| table.name()).chain(["default"]).collect();
        let raw =
            rocksdb::DB::open_cf(&rocksdb::Options::default(), directory.path().join("db"), names).unwrap();
        raw.put_cf(raw.cf_handle("license").unwrap(), id(1).as_str(), b"garbage").unwrap();
    }
    let archive = Archive::open(directory.path(), &secret()).unwrap();
    assert_damaged(&archive, Table::License, "garbage");
    archive.file(&act("file 2"), &filing(2)).unwrap();
}

/// Flips one byte in a file of the database: opening or reading must fail, or everything acknowledged is still there.
#[test]
fn a_flipped_byte_in_a_file_of_the_database_loses_nothing_silently() {
    let origin = tempdir().unwrap();
    {
        let archive = Archive::create(origin.path(), &secret(), &act("create")).unwrap();
        for n in 0..30 {
            archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
        }
    }
    let mut refused = 0;
    for opened_before in [false, true] {
        if opened_before {
            // Opening rewrites the log as tables.
            drop(Archive::open(origin.path(), &secret()).unwrap());
        }
        for file in database_files(origin.path()) {
            let length = std::fs::metadata(&file).unwrap().len();
            for part in 0..=8_u64 {
                let place = (length - 1) * part / 8;
                refused += u32::from(flip_and_read(origin.path(), &file, place));
            }
        }
    }
    assert!(refused > 16, "only {refused} flipped bytes were noticed");
}

fn database_files(directory: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(directory.join("db")).unwrap().map(|entry| entry.unwrap().path());
    let data = |path: &PathBuf| path.extension().is_some_and(|e| e == "log" || e == "sst");
    files.filter(data).filter(|path| std::fs::metadata(path).unwrap().len() > 0).collect()
}

/// Whether the damage was refused.
fn flip_and_read(origin: &Path, file: &Path, place: u64) -> bool {
    let copy = tempdir().unwrap();
    std::fs::create_dir(copy.path().join("db")).unwrap();
    for entry in std::fs::read_dir(origin.join("db")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        if path == file {
            bytes[usize::try_from(place).unwrap()] ^= 0x10;
        }
        std::fs::write(copy.path().join("db").join(path.file_name().unwrap()), bytes).unwrap();
    }
    let archive = match Archive::open(copy.path(), &secret()) {
        Ok(archive) => archive,
        Err(OpenError::Store(StoreError::Corrupt(_)) | OpenError::Damaged(_)) => return true,
        Err(other) => panic!("{file:?} {place}: {other:?}"),
    };
    for n in 0..30 {
        match archive.get(&id(n)) {
            Ok(found) => assert!(
                found == Some(filing(n).record),
                "{file:?} {place}: license {n} is gone without a word"
            ),
            Err(error) => return is_damage(&error),
        }
    }
    match read_everything(&archive) {
        Ok(()) => {
            assert_eq!(whole(&archive).len(), 30);
            false
        }
        Err(error) => is_damage(&error),
    }
}

fn is_damage(error: &ArchiveError) -> bool {
    assert!(
        matches!(
            error,
            ArchiveError::Store(StoreError::Corrupt(_))
                | ArchiveError::Damaged(_)
                | ArchiveError::BrokenLink { .. }
        ),
        "{error:?}"
    );
    true
}

fn read_everything(archive: &Archive) -> Result<(), ArchiveError> {
    archive.list(None, None, 100)?;
    archive.list_by_holder(&holder(0), None, 100)?;
    archive.events(None, 100)?;
    archive.slots(LIST, None, 100)?;
    for n in 0..30 {
        archive.status_of(&id(n))?;
        archive.events_of(&id(n), None, 100)?;
        archive.recall(&act(&format!("file {n}")))?;
    }
    Ok(())
}

#[test]
fn what_was_deleted_and_scrubbed_is_in_no_file() {
    // Whether the entry was still in the log or in a table file when it was deleted.
    for (flushed, under) in [(false, "key"), (true, "key"), (true, "k")] {
        let directory = tempdir().unwrap();
        let store = RocksStore::create(directory.path(), Durability::Synced).unwrap();
        let value: Vec<u8> = (0..32_u8).map(|n| n.wrapping_mul(151) ^ 0x5a).collect();
        for key in ["a", "key", "z"] {
            store
                .commit(Batch::new().put(
                    Table::License,
                    key,
                    if key == "key" { value.as_slice() } else { b"v" },
                ))
                .unwrap();
        }
        if flushed {
            store.scrub(Table::License, under.as_bytes()).unwrap();
        }
        assert!(on_disk(directory.path(), &value));
        store.commit(Batch::new().delete(Table::License, "key")).unwrap();
        assert!(on_disk(directory.path(), &value), "deleting alone leaves it in the files");
        store.scrub(Table::License, under.as_bytes()).unwrap();
        assert!(!on_disk(directory.path(), &value));
        assert_eq!(store.get(Table::License, b"a").unwrap().as_deref(), Some(b"v".as_slice()));
    }
    let directory = tempdir().unwrap();
    let writer = RocksStore::create(&directory.path().join("a"), Durability::Synced).unwrap();
    let follower = RocksStore::follow(&directory.path().join("a"), &directory.path().join("s")).unwrap();
    assert!(matches!(follower.scrub(Table::License, b"k"), Err(StoreError::ReadOnly)));
    drop(writer);
}

/// Each command is a desk of its own: what it wrote may stand in files, and its log be gone, before a follower looks again.
#[test]
fn a_follower_sees_what_left_the_log_between_two_looks() {
    let directory = tempdir().unwrap();
    let (path, scratch) = (directory.path().join("archive"), directory.path().join("scratch"));
    let write = |value: &str| {
        let writer = RocksStore::create(&path, Durability::Synced).unwrap();
        writer.commit(Batch::new().put(Table::Status, "k", value).put(Table::Meta, value, "")).unwrap();
    };
    write("old");
    let follower = RocksStore::follow(&path, &scratch).unwrap();
    assert_eq!(follower.get(Table::Status, b"k").unwrap().unwrap(), b"old");
    for value in ["new", "newest"] {
        write(value);
        // Opening moves what is in the log into files.
        drop(RocksStore::open(&path, Durability::Synced).unwrap());
        follower.catch_up().unwrap();
        assert_eq!(follower.get(Table::Status, b"k").unwrap().unwrap(), value.as_bytes());
        assert_eq!(follower.scan(Table::Status, b"", None, 9).unwrap().len(), 1);
        assert!(follower.get(Table::Meta, value.as_bytes()).unwrap().is_some());
    }
}
