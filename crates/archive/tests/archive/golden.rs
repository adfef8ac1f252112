//! Bytes on disk, frozen. A test that fails here says: old archives would no longer be read. If that is meant, raise
//! `FORMAT_VERSION`, write its history and keep reading what was written before.

use std::fmt::Write;

use boyin_archive::{Archive, Change, EventKind, FORMAT_VERSION, Grade, Store, Table};
use boyin_model::status::LicenseStatus;
use tempfile::tempdir;

use crate::fixtures::{LIST, act, change, filing, id, in_memory, secret};

const GOLDEN: &str = include_str!("golden.txt");

/// Every key and value after one act of each kind, with a fixed secret: `table key value` in hexadecimal.
fn dump() -> String {
    let (archive, store) = in_memory();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    let mut bare = filing(2);
    bare.record.slot = None;
    bare.record.valid_until = None;
    bare.record.grade = Grade::D;
    archive.file(&act("file 2"), &bare).unwrap();
    archive.change_status(&act("suspend"), &id(1), &change(Change::Suspend)).unwrap();
    archive.publish_status_list(&act("publish"), LIST, b"token").unwrap();
    archive.record_share(&act("share"), &id(1), "住建局").unwrap();
    archive.writable().unwrap();
    let mut text = String::new();
    for table in Table::ALL {
        for (key, value) in store.scan(table, &[], None, 100).unwrap() {
            writeln!(text, "{table} {} {}", hex(&key), hex(&value)).unwrap();
        }
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_key_and_every_value_is_frozen() {
    let dump = dump();
    for (found, frozen) in dump.lines().zip(GOLDEN.lines()) {
        assert_eq!(found, frozen);
    }
    assert_eq!(dump, GOLDEN);
}

#[test]
fn the_column_families_are_frozen() {
    let directory = tempdir().unwrap();
    drop(Archive::create(directory.path(), &secret(), &act("create")).unwrap());
    let mut names = rocksdb::DB::list_cf(&rocksdb::Options::default(), directory.path().join("db")).unwrap();
    names.sort();
    let frozen = [
        "by_holder",
        "default",
        "event",
        "event_by_license",
        "idempotency",
        "license",
        "meta",
        "status",
        "status_list",
    ];
    assert_eq!(names, frozen);
}

#[test]
fn codes_are_frozen() {
    assert_eq!(FORMAT_VERSION, 1);
    let events = [
        "archive_created",
        "license_issued",
        "license_revoked",
        "license_suspended",
        "license_restored",
        "license_shared",
        "status_list_published",
    ];
    assert_eq!(EventKind::ALL.map(EventKind::code), events);
    assert_eq!(EventKind::ALL.map(|kind| EventKind::from_code(kind.code())), EventKind::ALL.map(Some));
    assert_eq!(
        [LicenseStatus::Valid, LicenseStatus::Revoked, LicenseStatus::Suspended].map(LicenseStatus::value),
        [0, 1, 2]
    );
    assert_eq!([Grade::A, Grade::B, Grade::C, Grade::D].map(Grade::letter), ['A', 'B', 'C', 'D']);
    assert_eq!(
        (Grade::from_letter('E'), LicenseStatus::from_value(3), EventKind::from_code("")),
        (None, None, None)
    );
}
