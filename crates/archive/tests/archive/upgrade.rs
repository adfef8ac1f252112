//! Archives of formats 1 to 6, as their releases wrote them: `golden-1.txt` to `golden-6.txt` are what their golden tests froze.

use std::path::Path;
use std::sync::Arc;

use boyin_archive::{
    Archive, ArchiveError, Batch, Change, Entry, FORMAT_VERSION, Failure, HolderNote, MemoryStore, Note,
    OpenError, Resealing, Store, StoreError, Table,
};
use boyin_model::register::SealState;
use boyin_model::status::LicenseStatus;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use tempfile::tempdir;

use crate::fixtures::{act, change, filing, holder, id, secret};
use crate::seals::{application, seal_in};
use crate::{addresses, decisions, versions};

const GOLDEN_1: &str = include_str!("golden-1.txt");

const GOLDEN_2: &str = include_str!("golden-2.txt");

const GOLDEN_3: &str = include_str!("golden-3.txt");

const GOLDEN_4: &str = include_str!("golden-4.txt");

const GOLDEN_5: &str = include_str!("golden-5.txt");

const GOLDEN_6: &str = include_str!("golden-6.txt");

fn bytes(hex: &str) -> Vec<u8> {
    let digits = if hex == "-" { "" } else { hex };
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn entries(golden: &'static str) -> impl Iterator<Item = (&'static str, Vec<u8>, Vec<u8>)> {
    golden.lines().map(|line| {
        let [table, key, value] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        (table, bytes(key), bytes(value))
    })
}

/// The archive of release 1 on disk, with the column families that it had and no others.
fn first_release(path: &Path) {
    let mut options = rocksdb::Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    let tables = [
        "default",
        "meta",
        "license",
        "by_holder",
        "status",
        "status_list",
        "event",
        "event_by_license",
        "idempotency",
    ];
    std::fs::create_dir_all(path).unwrap();
    let database = rocksdb::DB::open_cf(&options, path.join("db"), tables).unwrap();
    for (table, key, value) in entries(GOLDEN_1) {
        database.put_cf(database.cf_handle(table).unwrap(), key, value).unwrap();
    }
}

fn in_store(store: &MemoryStore, golden: &'static str) {
    let batch = entries(golden).fold(Batch::new(), |batch, (name, key, value)| {
        let table = Table::ALL.into_iter().find(|table| table.name() == name).unwrap();
        batch.put(table, key, value)
    });
    store.commit(batch).unwrap();
}

fn tables(path: &Path) -> usize {
    rocksdb::DB::list_cf(&rocksdb::Options::default(), path.join("db")).unwrap().len()
}

fn as_it_was(archive: &Archive) {
    assert_eq!(archive.get(&id(1)).unwrap().unwrap(), filing(1).record);
    assert_eq!(archive.status_of(&id(1)).unwrap(), Some(LicenseStatus::Suspended));
    let events = archive.events(None, 100).unwrap();
    assert_eq!(events.len(), 6);
    assert!(events.iter().all(|event| event.seal.is_none() && event.second.is_none()));
    assert!(archive.recall(&act("suspend")).unwrap().unwrap().replayed);
    assert_eq!(archive.seals(None, 10).unwrap(), []);
}

#[test]
fn format_1_is_read_as_it_is() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    first_release(&path);
    let follower = Archive::follow(&path, &directory.path().join("scratch"), &secret()).unwrap();
    as_it_was(&follower);
    assert_eq!(tables(&path), 9, "reading adds nothing");
    // Once its writer has made the register, a follower must be opened again to see it, and says so.
    let archive = Archive::open(&path, &secret()).unwrap();
    seal_in(&archive, &application(), SealState::InUse);
    let told = follower.catch_up();
    assert!(matches!(told, Err(ArchiveError::Upgraded)), "{told:?}");
    assert_eq!(follower.get(&id(1)).unwrap().unwrap(), filing(1).record);
    let follower = Archive::follow(&path, &directory.path().join("second"), &secret()).unwrap();
    assert_eq!(follower.seals(None, 10).unwrap().len(), 1);
}

#[test]
fn format_1_is_brought_to_this_format_when_it_is_opened() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    first_release(path);
    for round in 0..2 {
        let archive = Archive::open(path, &secret()).unwrap();
        if round == 0 {
            as_it_was(&archive);
        }
        seal_in(&archive, &application(), SealState::Suspended);
        assert_eq!(archive.seals(None, 10).unwrap().len(), round + 1);
    }
    let archive = Archive::open(path, &secret()).unwrap();
    archive.change_status(&act("restore"), &id(1), &change(Change::Restore)).unwrap();
    assert_eq!(archive.events_of(&id(1), None, 100).unwrap().len(), 4);
    drop(archive);
    assert_eq!(tables(path), Table::ALL.len() + 1);
    let options = rocksdb::Options::default();
    let names = rocksdb::DB::list_cf(&options, path.join("db")).unwrap();
    let raw = rocksdb::DB::open_cf(&options, path.join("db"), names).unwrap();
    let format = raw.get_cf(raw.cf_handle("meta").unwrap(), "format").unwrap().unwrap();
    assert_eq!(format, FORMAT_VERSION.to_be_bytes());
}

#[test]
fn an_upgrade_that_was_interrupted_is_finished() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    first_release(path);
    {
        // One of the tables was made, the version not yet written.
        let options = rocksdb::Options::default();
        let names = rocksdb::DB::list_cf(&options, path.join("db")).unwrap();
        let mut raw = rocksdb::DB::open_cf(&options, path.join("db"), names).unwrap();
        raw.create_cf("seal", &options).unwrap();
    }
    let archive = Archive::open(path, &secret()).unwrap();
    as_it_was(&archive);
    seal_in(&archive, &application(), SealState::InUse);
}

#[test]
fn a_table_that_was_lost_is_not_made_anew() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    drop(Archive::create(path, &secret(), &act("create")).unwrap());
    {
        let options = rocksdb::Options::default();
        let names = rocksdb::DB::list_cf(&options, path.join("db")).unwrap();
        let mut raw = rocksdb::DB::open_cf(&options, path.join("db"), names).unwrap();
        raw.drop_cf("seal").unwrap();
    }
    let archive = Archive::open(path, &secret()).unwrap();
    let lost = archive.seals(None, 10);
    assert!(matches!(lost, Err(ArchiveError::Store(StoreError::Corrupt(_)))), "{lost:?}");
}

#[test]
fn a_wrong_secret_upgrades_nothing() {
    let store = Arc::new(MemoryStore::new());
    in_store(&store, GOLDEN_1);
    let wrong = boyin_archive::RootSecret::new([0x43; 32].into());
    let refused = Archive::with_store(Arc::<MemoryStore>::clone(&store), &wrong);
    assert!(matches!(refused, Err(OpenError::WrongSecret)));
    assert_eq!(store.get(Table::Meta, b"format").unwrap().unwrap(), [0, 0, 0, 1]);
    as_it_was(&Archive::with_store(Arc::<MemoryStore>::clone(&store), &secret()).unwrap());
    assert_eq!(store.get(Table::Meta, b"format").unwrap().unwrap(), FORMAT_VERSION.to_be_bytes());
}

fn second_release() -> (Archive, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    in_store(&store, GOLDEN_2);
    (Archive::with_store(Arc::<MemoryStore>::clone(&store), &secret()).unwrap(), store)
}

#[test]
fn format_2_is_brought_to_this_format_with_its_log_bound_in() {
    let (archive, store) = second_release();
    assert_eq!(store.get(Table::Meta, b"format").unwrap().unwrap(), FORMAT_VERSION.to_be_bytes());
    let old = archive.check_log().unwrap();
    assert_eq!(old.number, 19);
    assert_eq!(archive.events_of_holder(&holder(0), None, 100).unwrap().len(), 4, "old events, too");
    archive.change_status(&act("restore"), &id(1), &change(Change::Restore)).unwrap();
    archive.file(&act("file 3"), &filing(3)).unwrap();
    let events = archive.events(Some(17), 100).unwrap();
    assert_eq!(
        events.iter().map(|event| event.previous.is_some()).collect::<Vec<_>>(),
        [false, false, true, true]
    );
    assert_eq!(events[2].previous, Some(old.hash), "the first new event holds the hash over all old ones");
    // It is the same after opening again.
    let archive = Archive::with_store(Arc::<MemoryStore>::clone(&store), &secret()).unwrap();
    assert_eq!(archive.check_log().unwrap().number, 21);
    assert_eq!(archive.get(&id(1)).unwrap().unwrap(), filing(1).record);
    assert_eq!(archive.get(&id(3)).unwrap().unwrap(), filing(3).record);
}

/// The archive of release 3 in memory.
fn third_release() -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    in_store(&store, GOLDEN_3);
    store
}

fn opened(store: &Arc<MemoryStore>) -> Result<Archive, OpenError> {
    Archive::with_store(Arc::<MemoryStore>::clone(store), &secret())
}

fn all_entries(store: &MemoryStore) -> Vec<Vec<Entry>> {
    Table::ALL.map(|table| store.scan(table, &[], None, 1000).unwrap()).into()
}

#[track_caller]
fn only_the_format_is_another_one(store: &MemoryStore, before: &[Vec<Entry>]) {
    assert_eq!(store.get(Table::Meta, b"format").unwrap().unwrap(), FORMAT_VERSION.to_be_bytes());
    for (table, (before, now)) in Table::ALL.into_iter().zip(before.iter().zip(all_entries(store))) {
        let other = before.iter().zip(&now).filter(|(before, now)| before != now).count();
        assert_eq!((now.len(), other), (before.len(), usize::from(table == Table::Meta)), "{table}");
    }
}

#[test]
fn format_3_is_brought_to_this_format_as_it_is() {
    let store = third_release();
    let before = all_entries(&store);
    let follower = Archive::follow_in(Arc::<MemoryStore>::clone(&store), &secret()).unwrap();
    assert_eq!(follower.head_of(&id(1)).unwrap(), id(1));
    assert_eq!(follower.versions(&id(1)).unwrap().len(), 1);
    let head = follower.check_log().unwrap();
    let archive = opened(&store).unwrap();
    only_the_format_is_another_one(&store, &before);
    assert_eq!(archive.check_log().unwrap(), head);
    assert!(archive.check(&mut |_| {}).unwrap().sound());
    archive.change_status(&act("restore"), &id(1), &change(Change::Restore)).unwrap();
    let next = versions::succeed(&archive, "renew", 1, &id(1)).unwrap().license.unwrap();
    let archive = opened(&store).unwrap();
    assert_eq!(archive.head_of(&id(1)).unwrap(), next);
    assert!(archive.check(&mut |_| {}).unwrap().sound());
}

#[test]
fn format_4_is_brought_to_this_format_as_it_is() {
    let store = Arc::new(MemoryStore::new());
    in_store(&store, GOLDEN_4);
    let before = all_entries(&store);
    let follower = Archive::follow_in(Arc::<MemoryStore>::clone(&store), &secret()).unwrap();
    assert!(follower.check(&mut |_| {}).unwrap().sound());
    assert!(matches!(follower.decision(1), Err(ArchiveError::OldFormat)));
    assert!(matches!(follower.decisions(None, 1), Err(ArchiveError::OldFormat)));
    assert!(matches!(follower.decision_inputs(1), Err(ArchiveError::OldFormat)));
    let head = follower.check_log().unwrap();
    let archive = opened(&store).unwrap();
    only_the_format_is_another_one(&store, &before);
    assert_eq!(archive.check_log().unwrap(), head);
    let decided = decisions::decide(&archive, "decide").unwrap();
    let archive = opened(&store).unwrap();
    assert!(archive.decision(decided.event).unwrap().is_some());
    assert!(archive.check(&mut |_| {}).unwrap().sound());
}

#[test]
fn format_5_is_brought_to_this_format_as_it_is() {
    let store = Arc::new(MemoryStore::new());
    in_store(&store, GOLDEN_5);
    let before = all_entries(&store);
    let follower = Archive::follow_in(Arc::<MemoryStore>::clone(&store), &secret()).unwrap();
    assert!(follower.check(&mut |_| {}).unwrap().sound());
    let note = HolderNote::DelegationGranted("terms".to_owned());
    let told = follower.note_on_holder::<ArchiveError>(&act("grant"), note, &holder(1), || Ok(()));
    assert!(matches!(told, Err(ArchiveError::OldFormat)), "{told:?}");
    let head = follower.check_log().unwrap();
    let archive = opened(&store).unwrap();
    only_the_format_is_another_one(&store, &before);
    assert_eq!(archive.check_log().unwrap(), head);
    assert!(archive.check(&mut |_| {}).unwrap().sound());
}

#[test]
fn format_6_is_brought_to_this_format_as_it_is() {
    let store = Arc::new(MemoryStore::new());
    in_store(&store, GOLDEN_6);
    let before = all_entries(&store);
    let follower = Archive::follow_in(Arc::<MemoryStore>::clone(&store), &secret()).unwrap();
    assert!(follower.check(&mut |_| {}).unwrap().sound());
    let head = follower.check_log().unwrap();
    let archive = opened(&store).unwrap();
    only_the_format_is_another_one(&store, &before);
    assert_eq!(archive.check_log().unwrap(), head);
    let done = archive.note(&act("signing key"), Note::SigningKeyRotated("key".to_owned())).unwrap();
    let archive = opened(&store).unwrap();
    assert_eq!(archive.check_log().unwrap().number, done.event);
    assert!(archive.check(&mut |_| {}).unwrap().sound());
}

#[test]
fn an_upgrade_of_format_3_that_fails_is_finished_by_the_next_opening() {
    for failure in [Failure::Lost, Failure::Unanswered] {
        let store = third_release();
        store.fail_after(0, failure);
        assert!(opened(&store).is_err());
        store.reopen();
        assert_eq!(opened(&store).unwrap().get(&id(1)).unwrap().unwrap(), filing(1).record);
    }
}

#[test]
fn an_old_event_that_was_changed_after_the_upgrade_is_found() {
    let (archive, store) = second_release();
    let key = |number: u64| number.to_be_bytes();
    store.commit(Batch::new().delete(Table::Event, key(3))).unwrap();
    let broken = archive.check_log();
    assert!(matches!(broken, Err(ArchiveError::BrokenLink { event: 3 })), "{broken:?}");
    let (archive, store) = second_release();
    archive.change_status(&act("restore"), &id(1), &change(Change::Restore)).unwrap();
    // A new event without its link, and an old one with one.
    let old = store.get(Table::Event, &key(19)).unwrap().unwrap();
    store.commit(Batch::new().delete(Table::Event, key(20)).delete(Table::Event, key(19))).unwrap();
    let broken = archive.check_log();
    assert!(matches!(broken, Err(ArchiveError::BrokenLink { event: 19 })), "{broken:?}");
    store.commit(Batch::new().put(Table::Event, key(19), old)).unwrap();
    assert_eq!(archive.check_log().unwrap().number, 19);
}

/// The key that sealed events in formats 1 and 2, derived as the format page says.
fn old_event_key() -> LessSafeKey {
    let root = Salt::new(HKDF_SHA256, b"boyin-archive/1").extract(&[0x42; 32]);
    let key = root.expand(&[b"value event"], &AES_256_GCM).unwrap();
    LessSafeKey::new(UnboundKey::from(key))
}

/// The old event at `number` as somebody who knew the root secret would rewrite it.
fn rewritten(store: &MemoryStore, number: u64, rewrite: impl Fn(&str) -> String) -> Batch {
    let at = number.to_be_bytes();
    let place = || Aad::from([b"event\0".as_slice(), &at].concat());
    let sealed = store.get(Table::Event, &at).unwrap().unwrap();
    let nonce: [u8; 12] = sealed[1..13].try_into().unwrap();
    let mut opened = sealed[13..].to_vec();
    let key = old_event_key();
    let event = key.open_in_place(Nonce::assume_unique_for_key(nonce), place(), &mut opened).unwrap();
    let mut event = rewrite(std::str::from_utf8(event).unwrap()).into_bytes();
    let nonce = [7; 12];
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), place(), &mut event).unwrap();
    Batch::new().put(Table::Event, at, [&[1], nonce.as_slice(), &event].concat())
}

#[test]
fn an_old_event_that_was_rewritten_with_its_key_is_found() {
    let (archive, store) = second_release();
    store.commit(rewritten(&store, 3, str::to_owned)).unwrap();
    assert_eq!(archive.check_log().unwrap().number, 19, "the same event, sealed anew");
    let words = |event: &str| {
        assert!(event.contains("窗口一"), "{event}");
        event.replace("窗口一", "窗口九")
    };
    store.commit(rewritten(&store, 3, words)).unwrap();
    let broken = archive.check_log();
    assert!(matches!(broken, Err(ArchiveError::BrokenLink { event: 19 })), "{broken:?}");
    // A link that no event of these formats has: nobody would compare it with the one before.
    let (archive, store) = second_release();
    let linked = |event: &str| event.replace('}', &format!(",\"prev\":\"{}\"}}", "0".repeat(64)));
    store.commit(rewritten(&store, 3, linked)).unwrap();
    let broken = archive.check_log();
    assert!(matches!(broken, Err(ArchiveError::BrokenLink { event: 3 })), "{broken:?}");
}

#[test]
fn an_upgrade_that_fails_anywhere_is_finished_by_the_next_opening() {
    for failure in [Failure::Lost, Failure::Unanswered] {
        for commits in 0..2 {
            let store = Arc::new(MemoryStore::new());
            in_store(&store, GOLDEN_2);
            store.fail_after(commits, failure);
            assert!(Archive::with_store(Arc::<MemoryStore>::clone(&store), &secret()).is_err());
            store.reopen();
            let archive = Archive::with_store(Arc::<MemoryStore>::clone(&store), &secret()).unwrap();
            assert_eq!(archive.check_log().unwrap().number, 19);
            assert_eq!(archive.events_of_holder(&holder(0), None, 100).unwrap().len(), 4);
            archive.file(&act("file 3"), &filing(3)).unwrap();
        }
    }
}

#[test]
fn old_values_are_sealed_anew_and_then_no_longer_read() {
    let (archive, store) = second_release();
    let old = |store: &MemoryStore| {
        let tables = [
            Table::License,
            Table::Status,
            Table::Event,
            Table::Idempotency,
            Table::Seal,
            Table::SealVersion,
        ];
        let entries = tables.into_iter().flat_map(|table| store.scan(table, &[], None, 100).unwrap());
        entries.filter(|(_, value)| value.first() == Some(&1)).count()
    };
    assert!(old(&store) > 10);
    let (key, first) = store.scan(Table::Event, &[], None, 1).unwrap().remove(0);
    archive.rotate_key(&act("rotate")).unwrap();
    while archive.reseal(5).unwrap() != Resealing::Done {}
    assert_eq!(old(&store), 0);
    archive.retire_keys(&act("retire")).unwrap();
    let archive = Archive::with_store(Arc::<MemoryStore>::clone(&store), &secret()).unwrap();
    archive.check_log().unwrap();
    assert_eq!(archive.get(&id(1)).unwrap().unwrap(), filing(1).record);
    assert_eq!(
        store.scan(Table::RecordKey, &[], None, 10).unwrap().len(),
        2,
        "each license has a key of its own"
    );
    archive.purge(&act("purge"), &id(2), "乙", "依法删除").unwrap();
    store.commit(Batch::new().put(Table::Event, key, first)).unwrap();
    let archive = Archive::with_store(store, &secret()).unwrap();
    assert!(matches!(archive.events(None, 1), Err(ArchiveError::Damaged(_))), "it would be read before");
}

#[test]
fn a_license_of_an_old_format_is_erased_too() {
    let (archive, _) = second_release();
    archive.purge(&act("purge"), &id(1), "乙", "依法删除").unwrap();
    assert!(matches!(archive.get(&id(1)), Err(ArchiveError::Erased { .. })));
    assert_eq!(archive.events_of_holder(&holder(0), None, 100).unwrap().len(), 1, "of the other license");
}

#[test]
fn an_address_of_a_license_of_an_old_format_is_kept_and_erased_with_it() {
    let (archive, store) = second_release();
    addresses::add(&archive, "address", 1, "北京路1号").unwrap();
    assert_eq!(archive.addresses(&id(1)).unwrap().len(), 1, "the license has no key of its own yet");
    archive.rotate_key(&act("rotate")).unwrap();
    while archive.reseal(5).unwrap() != Resealing::Done {}
    archive.retire_keys(&act("retire")).unwrap();
    assert_eq!(archive.addresses(&id(1)).unwrap().len(), 1);
    addresses::add(&archive, "address 2", 1, "北京路2号").unwrap();
    assert_eq!(archive.addresses(&id(1)).unwrap().len(), 2);
    assert!(archive.check(&mut |_| {}).unwrap().sound());
    archive.purge(&act("purge"), &id(1), "乙", "依法删除").unwrap();
    assert!(store.scan(Table::LicenseAddress, &[], None, 10).unwrap().is_empty());
    assert!(store.scan(Table::LicenseByAddress, &[], None, 10).unwrap().is_empty());
}
