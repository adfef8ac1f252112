//! Data keys: changed without downtime, destroyed at the end; the root secret above them; erasure by destroying a key.

use std::path::Path;
use std::sync::Arc;

use boyin_archive::{
    Archive, ArchiveError, Batch, Change, EventKind, Failure, OpenError, Outcome, Resealing, RootSecret,
    Store, Table,
};
use boyin_model::register::SealState;
use boyin_model::status::LicenseStatus;
use tempfile::tempdir;

use crate::fixtures::{Counting, LIST, act, change, filing, fresh, holder, id, on_disk, secret, whole};
use crate::seals::{application, seal_in};
use crate::stores::TestStore;

fn other_secret() -> RootSecret {
    RootSecret::new([0x77; 32].into()).with_randomness(Counting(9, 9))
}

fn filled() -> (Archive, Arc<TestStore>) {
    let (archive, store) = fresh();
    for n in 1..4 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    archive.publish_status_list(&act("publish"), LIST, b"token").unwrap();
    seal_in(&archive, &application(), SealState::InUse);
    (archive, store)
}

/// How many sealed values are under the data key `id`, or as formats 1 and 2 sealed them with 0.
fn under(store: &dyn Store, id: u32) -> usize {
    let head = if id == 0 { vec![1] } else { [&[2], id.to_be_bytes().as_slice()].concat() };
    let tables = Table::ALL.into_iter().filter(|table| *table != Table::DataKey);
    let entries = tables.flat_map(|table| store.scan(table, &[], None, 1000).unwrap());
    // The heartbeat is one byte long.
    entries.filter(|(_, value)| value.len() > 1 && value.starts_with(&head)).count()
}

fn reseal_all(archive: &Archive, limit: usize) -> usize {
    let mut anew = 0;
    loop {
        match archive.reseal(limit).unwrap() {
            Resealing::UnderWay { sealed, seen } => {
                assert!(seen <= limit);
                anew += sealed;
            }
            Resealing::Done => return anew,
            Resealing::Nothing => panic!("a rotation is going on"),
        }
    }
}

#[test]
fn a_key_is_changed_step_by_step_over_restarts_while_acts_go_on() {
    let (archive, store) = filled();
    let before = whole(&archive);
    let all = under(store.as_ref(), 1);
    assert_eq!(archive.reseal(10).unwrap(), Resealing::Nothing);
    assert_eq!(archive.rotate_key(&act("rotate")).unwrap().what, EventKind::KeyRotated);
    assert!(archive.rotate_key(&act("rotate")).unwrap().replayed);
    // Its own event and outcome are the last ones under the old key.
    let all = all + 2;
    assert_eq!((archive.data_key(), under(store.as_ref(), 1), under(store.as_ref(), 2)), (2, all, 0));
    for refused in [archive.rotate_key(&act("again")), archive.retire_keys(&act("too early"))] {
        assert!(matches!(refused, Err(ArchiveError::Resealing)), "{refused:?}");
    }
    drop(archive);
    let mut anew = 0;
    for n in 10..400 {
        // Each step is another process, and something is done in between.
        let store: Arc<dyn Store> = Arc::<TestStore>::clone(&store);
        let archive = Archive::with_store(store, &secret()).unwrap();
        assert_eq!(archive.get(&id(1)).unwrap().unwrap(), filing(1).record);
        if n < 13 {
            archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
        }
        match archive.reseal(2).unwrap() {
            Resealing::UnderWay { sealed, .. } => anew += sealed,
            Resealing::Done => break,
            Resealing::Nothing => unreachable!(),
        }
    }
    assert_eq!((anew, under(store.as_ref(), 1)), (all, 0));
    let archive = Archive::with_store(Arc::<TestStore>::clone(&store), &secret()).unwrap();
    archive.retire_keys(&act("retire")).unwrap();
    assert!(archive.retire_keys(&act("retire")).unwrap().replayed);
    assert_eq!(store.scan(Table::DataKey, &[], None, 10).unwrap().len(), 2, "the base and the current key");
    // The end of the log is under another key now, and goes on.
    archive.change_status(&act("suspend"), &id(1), &change(Change::Suspend)).unwrap();
    archive.check_log().unwrap();
    let archive = Archive::with_store(Arc::<TestStore>::clone(&store), &secret()).unwrap();
    assert_eq!(whole(&archive).len(), before.len() + 3);
    assert_eq!(archive.status_of(&id(1)).unwrap(), Some(LicenseStatus::Suspended));
}

/// The one that writes was opened before the rotation and wrote the last event before it.
#[test]
fn on_disk_the_log_goes_on_after_its_end_was_sealed_anew() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    let archive = Archive::create(&path, &secret(), &act("create")).unwrap();
    let follower = Archive::follow(&path, &directory.path().join("scratch"), &secret()).unwrap();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    archive.rotate_key(&act("rotate")).unwrap();
    archive.file(&act("file 2"), &filing(2)).unwrap();
    follower.catch_up().unwrap();
    assert_eq!(follower.get(&id(2)).unwrap().unwrap(), filing(2).record, "under a key that it did not know");
    assert!(reseal_all(&archive, 3) > 0);
    archive.retire_keys(&act("retire")).unwrap();
    assert_eq!(follower.get(&id(1)).unwrap().unwrap(), filing(1).record, "as of its last look");
    follower.catch_up().unwrap();
    archive.file(&act("file 3"), &filing(3)).unwrap();
    assert_eq!(archive.check_log().unwrap().number, 6);
    assert_eq!(follower.get(&id(1)).unwrap().unwrap(), filing(1).record);
}

#[test]
fn an_old_key_is_in_no_file_once_it_is_retired() {
    let directory = tempdir().unwrap();
    let archive = Archive::create(directory.path(), &secret(), &act("create")).unwrap();
    let wrapped = wrapped_key(directory.path(), &archive);
    archive.rotate_key(&act("rotate")).unwrap();
    reseal_all(&archive, 100);
    assert!(on_disk(directory.path(), &wrapped));
    archive.retire_keys(&act("retire")).unwrap();
    assert!(!on_disk(directory.path(), &wrapped));
}

/// Data key 1 as it is wrapped: random bytes that can be found in a file.
fn wrapped_key(directory: &Path, archive: &Archive) -> Vec<u8> {
    archive.writable().unwrap();
    let scratch = tempdir().unwrap();
    let store = boyin_archive::RocksStore::follow(directory, scratch.path()).unwrap();
    store.get(Table::DataKey, &[0, 0, 0, 1]).unwrap().unwrap()[13..].to_vec()
}

#[test]
fn a_retired_key_that_is_put_back_opens_nothing() {
    let (archive, store) = filled();
    let (key, event) = store.scan(Table::Event, &[], None, 1).unwrap().remove(0);
    archive.rotate_key(&act("rotate")).unwrap();
    reseal_all(&archive, 100);
    archive.retire_keys(&act("retire")).unwrap();
    store.commit(Batch::new().put(Table::Event, key, event)).unwrap();
    let archive = Archive::with_store(store, &secret()).unwrap();
    assert!(matches!(archive.check_log(), Err(ArchiveError::Damaged(_))));
}

#[test]
fn the_root_secret_is_changed_in_one_step() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    let archive = Archive::create(&path, &secret(), &act("create")).unwrap();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    let follower = Archive::follow(&path, &directory.path().join("scratch"), &secret()).unwrap();
    let wrapped = wrapped_key(&path, &archive);
    assert!(on_disk(&path, &wrapped));
    archive.change_secret(&act("change"), &other_secret()).unwrap();
    assert!(!on_disk(&path, &wrapped), "what the old secret opens is in no file");
    archive.file(&act("file 2"), &filing(2)).unwrap();
    let told = follower.catch_up();
    assert!(matches!(told, Err(ArchiveError::Upgraded)), "{told:?}");
    drop(archive);
    assert!(matches!(Archive::open(&path, &secret()), Err(OpenError::WrongSecret)));
    let archive = Archive::open(&path, &other_secret()).unwrap();
    assert_eq!(whole(&archive).len(), 2);
    assert_eq!(archive.list_by_holder(&holder(0), None, 10).unwrap().items.len(), 2);
    // A change that fails changes nothing.
    let (archive, store) = filled();
    store.fail_after(0, Failure::Lost);
    assert!(archive.change_secret(&act("change"), &other_secret()).is_err());
    store.reopen();
    archive.rotate_key(&act("rotate")).unwrap();
    assert_eq!(whole(&Archive::with_store(store, &secret()).unwrap()).len(), 3);
}

#[test]
fn every_flipped_byte_of_a_wrapped_key_is_found() {
    let (_, store) = filled();
    for (key, value) in store.scan(Table::DataKey, &[], None, 10).unwrap() {
        for place in 0..value.len() {
            let mut damaged = value.clone();
            damaged[place] ^= 1 << (place % 8);
            store.commit(Batch::new().put(Table::DataKey, key.as_slice(), damaged)).unwrap();
            let opened = Archive::with_store(Arc::<TestStore>::clone(&store), &secret());
            assert!(matches!(opened, Err(OpenError::Damaged(_))), "{place}");
        }
        store.commit(Batch::new().delete(Table::DataKey, key.as_slice())).unwrap();
        let opened = Archive::with_store(Arc::<TestStore>::clone(&store), &secret());
        assert!(matches!(opened, Err(OpenError::Damaged(_))));
        store.commit(Batch::new().put(Table::DataKey, key, value)).unwrap();
    }
    Archive::with_store(store, &secret()).unwrap();
}

#[test]
fn a_purge_erases_and_says_so() {
    let (archive, _) = filled();
    archive.record_share(&act("share"), &id(1), "住建局").unwrap();
    let events = archive.events_of(&id(1), None, 100).unwrap().len();
    assert_eq!(archive.events_of_holder(&holder(0), None, 100).unwrap().len(), 4);
    for spelling in ["窗口一", " 窗口一", "窗口・一"] {
        let alone = archive.purge(&act("purge"), &id(1), spelling, "依法删除");
        assert!(matches!(alone, Err(ArchiveError::SealSamePerson)), "{spelling}: {alone:?}");
    }
    assert!(matches!(archive.purge(&act("purge"), &id(1), " ", "依法删除"), Err(ArchiveError::SealSecond)));
    assert!(matches!(archive.purge(&act("purge"), &id(1), "乙", ""), Err(ArchiveError::Reason)));
    assert!(matches!(archive.purge(&act("purge"), &id(9), "乙", "依法删除"), Err(ArchiveError::NotFound)));
    assert_eq!(archive.get(&id(1)).unwrap().unwrap(), filing(1).record, "nothing was done so far");
    let done = archive.purge(&act("purge"), &id(1), "乙", "依法删除").unwrap();
    assert!(archive.purge(&act("purge"), &id(1), "乙", "依法删除").unwrap().replayed);
    for refused in [
        archive.get(&id(1)).map(drop),
        archive.status_of(&id(1)).map(drop),
        archive.record_share(&act("late"), &id(1), "住建局").map(drop),
    ] {
        assert!(
            matches!(refused, Err(ArchiveError::Erased { event, .. }) if event == done.event),
            "{refused:?}"
        );
    }
    // Somebody else's act finishes it, if it has to be, and is told which one did it.
    let again = archive.purge(&act("purge again"), &id(1), "乙", "依法删除").unwrap();
    assert_eq!(again, Outcome { replayed: true, ..done.clone() });
    let alone = archive.purge(&act("purge alone"), &id(1), "", "依法删除");
    assert!(matches!(alone, Err(ArchiveError::SealSecond)), "it still takes two: {alone:?}");
    let refused = archive.file(&act("file again"), &filing(1));
    assert!(matches!(refused, Err(ArchiveError::Conflict)), "the identifier is not given again: {refused:?}");
    assert_eq!(archive.list(None, None, 100).unwrap().items.len(), 2);
    assert_eq!(archive.list_by_holder(&holder(0), None, 100).unwrap().items.len(), 2);
    let of_license = archive.events_of(&id(1), None, 100).unwrap();
    assert_eq!(of_license.len(), events + 1);
    let last = of_license.last().unwrap();
    assert_eq!(
        (last.what, last.second.as_deref(), last.detail.as_str()),
        (EventKind::LicensePurged, Some("乙"), "依法删除")
    );
    let of_holder = archive.events_of_holder(&holder(0), None, 100).unwrap();
    assert!(of_holder.iter().all(|event| event.license != Some(id(1))) && of_holder.len() == 2);
    assert_eq!(archive.slots(LIST, None, 10).unwrap().len(), 3, "its place is not given again either");
    archive.check_log().unwrap();
}

#[test]
fn an_erased_license_is_in_no_file() {
    let directory = tempdir().unwrap();
    let archive = Archive::create(directory.path(), &secret(), &act("create")).unwrap();
    for n in 1..4 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    let key = id(2).as_str().as_bytes().to_vec();
    let stored = |table| {
        let scratch = tempdir().unwrap();
        let store = boyin_archive::RocksStore::follow(directory.path(), scratch.path()).unwrap();
        store.get(table, &key).unwrap().unwrap()
    };
    let (of_key, of_license) =
        (stored(Table::RecordKey)[17..].to_vec(), stored(Table::License)[13..].to_vec());
    assert!(on_disk(directory.path(), &of_key) && on_disk(directory.path(), &of_license));
    archive.purge(&act("purge"), &id(2), "乙", "依法删除").unwrap();
    assert!(!on_disk(directory.path(), &of_key), "the key");
    assert!(!on_disk(directory.path(), &of_license), "and what it sealed");
    assert!(matches!(archive.get(&id(2)), Err(ArchiveError::Erased { .. })));
    assert_eq!(archive.get(&id(3)).unwrap().unwrap(), filing(3).record);
}
