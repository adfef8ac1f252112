//! Making, opening, following and refusing to.

use std::path::Path;

use boyin_archive::{
    Archive, ArchiveError, Durability, EventKind, FORMAT_VERSION, OpenError, RocksStore, StoreError,
};
use tempfile::tempdir;

use crate::fixtures::{CITIZEN, HOLDER_NAME, act, filing, holder, id, secret, time, whole};

#[test]
fn what_was_filed_is_there_after_opening_again() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("new/archive");
    let filed = {
        let archive = Archive::create(&path, &secret(), &act("create")).unwrap();
        archive.file(&act("file"), &filing(1)).unwrap();
        whole(&archive)
    };
    let archive = Archive::open(&path, &secret()).unwrap();
    assert_eq!(whole(&archive), filed);
    assert_eq!(archive.created(), time(0));
    assert_eq!(archive.events(None, 1).unwrap()[0].what, EventKind::ArchiveCreated);
    assert!(archive.file(&act("file"), &filing(1)).unwrap().replayed);
    assert_eq!(archive.counts().unwrap().licenses, 1);
    assert_eq!(archive.counts().unwrap().events, 2);
    drop(archive);
    let counts = Archive::open(&path, &secret()).unwrap().counts().unwrap();
    assert_eq!((counts.licenses, counts.events), (1, 2), "what stands in files only");
}

#[test]
fn an_archive_is_made_once_and_opened_only_where_one_is() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    let missing = Archive::open(&path, &secret()).unwrap_err();
    assert!(matches!(missing, OpenError::Store(StoreError::Missing)), "{missing}");
    let missing = Archive::follow(&path, &directory.path().join("scratch"), &secret()).unwrap_err();
    assert!(matches!(missing, OpenError::Store(StoreError::Missing)), "{missing}");
    assert!(!path.exists(), "opening makes nothing");
    drop(RocksStore::create(&path, Durability::Synced).unwrap());
    assert!(matches!(Archive::open(&path, &secret()), Err(OpenError::Empty)));
    drop(Archive::create(&path, &secret(), &act("create")).unwrap());
    assert!(matches!(Archive::create(&path, &secret(), &act("create")), Err(OpenError::Exists)));
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let newer = FORMAT_VERSION + 1;
    let directory = tempdir().unwrap();
    let path = directory.path();
    drop(Archive::create(path, &secret(), &act("create")).unwrap());
    {
        // A newer format may have more tables, too.
        let database = path.join("db");
        let options = rocksdb::Options::default();
        let names = rocksdb::DB::list_cf(&options, &database).unwrap();
        let mut raw = rocksdb::DB::open_cf(&options, &database, names).unwrap();
        raw.create_cf("by_future", &options).unwrap();
        raw.put_cf(raw.cf_handle("meta").unwrap(), "format", newer.to_be_bytes()).unwrap();
    }
    match Archive::open(path, &secret()) {
        Err(OpenError::NewerFormat { found, supported }) => {
            assert_eq!((found, supported), (newer, FORMAT_VERSION));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_second_handle_is_locked_out_and_let_in_afterwards() {
    let directory = tempdir().unwrap();
    let archive = Archive::create(directory.path(), &secret(), &act("create")).unwrap();
    for attempt in
        [Archive::open(directory.path(), &secret()), Archive::create(directory.path(), &secret(), &act("c"))]
    {
        assert!(matches!(attempt, Err(OpenError::Store(StoreError::Locked))), "{attempt:?}");
    }
    archive.writable().unwrap();
    drop(archive);
    Archive::open(directory.path(), &secret()).unwrap().writable().unwrap();
}

#[test]
fn a_follower_reads_what_the_writer_has_written() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    let archive = Archive::create(&path, &secret(), &act("create")).unwrap();
    archive.file(&act("1"), &filing(1)).unwrap();
    let follower = Archive::follow(&path, &directory.path().join("scratch"), &secret()).unwrap();
    assert_eq!(whole(&follower).len(), 1);
    archive.file(&act("2"), &filing(2)).unwrap();
    assert_eq!(follower.get(&id(2)).unwrap(), None, "a follower stands still until it catches up");
    follower.catch_up().unwrap();
    assert_eq!(whole(&follower), whole(&archive));
    let refused = follower.file(&act("3"), &filing(3));
    assert!(matches!(refused, Err(ArchiveError::Store(StoreError::ReadOnly))), "{refused:?}");
    assert!(matches!(follower.writable(), Err(ArchiveError::Store(StoreError::ReadOnly))));
    assert!(follower.file(&act("2"), &filing(2)).unwrap().replayed, "what is done can be recalled anywhere");
    archive.file(&act("3"), &filing(3)).unwrap();
}

#[test]
fn the_disk_tells_neither_number_nor_name() {
    let directory = tempdir().unwrap();
    for round in 0..2 {
        // The second opening rewrites the log of the first as a table.
        let archive = match round {
            0 => Archive::create(directory.path(), &secret(), &act("create")).unwrap(),
            _ => Archive::open(directory.path(), &secret()).unwrap(),
        };
        archive.file(&act(&format!("案件-{CITIZEN}-{round}")), &filing(round)).unwrap();
        archive.list_by_holder(&holder(0), None, 10).unwrap();
        drop(archive);
        let filing = filing(round);
        assert!(on_disk(directory.path(), filing.record.id.as_str()), "the search finds what is there");
        for hidden in
            [CITIZEN, HOLDER_NAME, &filing.record.number, "不动产权证书", "eyJhbGci", "窗口一", "办理登记"]
        {
            assert!(!on_disk(directory.path(), hidden), "{hidden}");
        }
    }
}

fn on_disk(directory: &Path, text: &str) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return on_disk(&path, text);
        }
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}
