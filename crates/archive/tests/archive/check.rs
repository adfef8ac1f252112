//! The check of a whole archive: each kind of fault has an archive with this fault and no other.

use std::collections::BTreeSet;
use std::sync::Arc;

use boyin_archive::{Archive, Batch, Change, CheckReport, Entry, FaultKind, MAX_FAULTS, Store, Table};
use boyin_model::register::{SealAct, SealState};

use crate::collected::{one_step, submission};
use crate::fixtures::{LIST, act, change, filing, fresh, holder, id};
use crate::seals::{self, application, by, seal_in};
use crate::stores::TestStore;
use crate::{addresses, decisions, mass, versions};

/// Checks every entry of an archive: nothing is wrong with any.
pub(crate) fn check_sound(archive: &Archive) -> CheckReport {
    let report = archive.check(&mut |_| {}).unwrap();
    assert!(report.sound(), "{report:?}");
    report
}

/// Two licenses, one of them suspended and shared, a published list, a seal in use.
fn filled() -> (Archive, Arc<TestStore>) {
    let (archive, store) = fresh();
    fill(&archive);
    (archive, store)
}

pub(crate) fn fill(archive: &Archive) {
    for n in [1, 2] {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    archive.change_status(&act("suspend"), &id(2), &change(Change::Suspend)).unwrap();
    archive.record_share(&act("share"), &id(2), "银行").unwrap();
    archive.publish_status_list(&act("publish"), LIST, b"token").unwrap();
    seal_in(archive, &application(), SealState::InUse);
}

pub(crate) fn report(archive: &Archive) -> CheckReport {
    archive.check(&mut |_| {}).unwrap()
}

fn entries(store: &TestStore, table: Table) -> Vec<Entry> {
    store.scan(table, &[], None, 1000).unwrap()
}

fn put(store: &TestStore, table: Table, key: &[u8], value: &[u8]) {
    store.commit(Batch::new().put(table, key, value)).unwrap();
}

fn delete(store: &TestStore, table: Table, key: &[u8]) {
    store.commit(Batch::new().delete(table, key)).unwrap();
}

/// What every table held.
type Before = Vec<(Table, Vec<Entry>)>;

fn before(store: &TestStore) -> Before {
    Table::ALL.into_iter().map(|table| (table, entries(store, table))).collect()
}

/// Sets tables back to what they held.
fn set_back(store: &TestStore, before: &Before, tables: &[Table]) {
    for (table, held) in before.iter().filter(|(table, _)| tables.contains(table)) {
        for (key, _) in entries(store, *table) {
            delete(store, *table, &key);
        }
        for (key, value) in held {
            put(store, *table, key, value);
        }
    }
    // An engine may remember the last number that it gave.
    store.reopen();
}

/// The entries of a table that were not there before.
fn added(store: &TestStore, before: &Before, table: Table) -> Vec<Entry> {
    let (_, held) = before.iter().find(|(of, _)| *of == table).unwrap();
    entries(store, table).into_iter().filter(|(key, _)| !held.iter().any(|(old, _)| old == key)).collect()
}

fn key_of(store: &TestStore, table: Table, place: usize) -> Vec<u8> {
    entries(store, table).swap_remove(place).0
}

/// Number of the last event as a key.
fn last_event(archive: &Archive) -> Vec<u8> {
    archive.last_event().unwrap().to_be_bytes().to_vec()
}

type Spoil = fn(&Archive, &TestStore);

/// Each kind of fault, and what makes an archive have it and nothing else.
const CASES: [(FaultKind, Spoil); 43] = [
    (FaultKind::Unsealed, |_, store| {
        let (key, mut value) = entries(store, Table::StatusList).remove(0);
        value[20] ^= 1;
        put(store, Table::StatusList, &key, &value);
    }),
    (FaultKind::Malformed, |_, store| put(store, Table::Meta, b"unknown", b"")),
    (FaultKind::Malformed, |_, store| {
        let key = key_of(store, Table::ByHolder, 0);
        put(store, Table::ByHolder, &key, b"not empty");
    }),
    (FaultKind::NotInHoldersFile, |_, store| {
        delete(store, Table::ByHolder, &key_of(store, Table::ByHolder, 0));
    }),
    (FaultKind::HolderEntryDangling, |_, store| {
        let mut key = key_of(store, Table::ByHolder, 0);
        key[39] ^= 1;
        put(store, Table::ByHolder, &key, b"");
    }),
    (FaultKind::SlotMissing, |_, store| delete(store, Table::Status, &key_of(store, Table::Status, 0))),
    (FaultKind::SlotDangling, |archive, store| {
        let before = before(store);
        archive.file(&act("file 9"), &filing(9)).unwrap();
        let slots = added(store, &before, Table::Status);
        set_back(store, &before, &Table::ALL);
        put(store, Table::Status, &slots[0].0, &slots[0].1);
    }),
    (FaultKind::StatusDiffers, |archive, store| {
        let before = before(store);
        archive.change_status(&act("suspend 1"), &id(1), &change(Change::Suspend)).unwrap();
        set_back(store, &before, &[Table::Status]);
    }),
    (FaultKind::NotIssuedOnce, |archive, store| {
        let before = before(store);
        archive.file(&act("file 9"), &filing(9)).unwrap();
        set_back(
            store,
            &before,
            &[Table::Event, Table::EventByLicense, Table::EventByHolder, Table::Idempotency],
        );
    }),
    (FaultKind::LicenseLost, |_, store| {
        for table in [Table::License, Table::ByHolder, Table::Status, Table::RecordKey] {
            delete(store, table, &key_of(store, table, 0));
        }
    }),
    (FaultKind::EventGap, |archive, store| {
        let before = before(store);
        archive.publish_status_list(&act("publish 2"), LIST, b"token").unwrap();
        let (event, outcome) = (last_event(archive), added(store, &before, Table::Idempotency).remove(0).0);
        archive.record_share(&act("share 2"), &id(1), "银行").unwrap();
        delete(store, Table::Event, &event);
        delete(store, Table::Idempotency, &outcome);
    }),
    (FaultKind::EventUnlinked, |archive, store| {
        let before = before(store);
        archive.record_share(&act("share 2"), &id(1), "银行").unwrap();
        let other = added(store, &before, Table::Event).remove(0);
        set_back(store, &before, &Table::ALL);
        archive.record_share(&act("share 3"), &id(1), "学校").unwrap();
        archive.publish_status_list(&act("publish 2"), LIST, b"token").unwrap();
        put(store, Table::Event, &other.0, &other.1);
    }),
    (FaultKind::RecordKeyDangling, |archive, store| {
        let before = before(store);
        archive.file(&act("file 9"), &filing(9)).unwrap();
        let key = added(store, &before, Table::RecordKey).remove(0);
        set_back(store, &before, &Table::ALL);
        put(store, Table::RecordKey, &key.0, &key.1);
    }),
    (FaultKind::EventIndexDangling, |_, store| {
        let (key, _) = entries(store, Table::EventByHolder).remove(0);
        put(store, Table::EventByHolder, &[&key[..32], &1_u64.to_be_bytes()].concat(), b"");
        let other = [[7; 32].as_slice(), &key[32..]].concat();
        put(store, Table::EventByHolder, &other, b"");
    }),
    (FaultKind::EventNotIndexed, |archive, store| {
        archive.record_share(&act("share 2"), &id(1), "银行").unwrap();
        let number = last_event(archive);
        let index = entries(store, Table::EventByLicense).into_iter().find(|(key, _)| key.ends_with(&number));
        delete(store, Table::EventByLicense, &index.unwrap().0);
    }),
    (FaultKind::EventIndexDangling, |_, store| {
        let (key, _) = entries(store, Table::EventBySeal).remove(0);
        put(store, Table::EventBySeal, &[&key[..14], &1_u64.to_be_bytes()].concat(), b"");
    }),
    (FaultKind::OutcomeMissing, |archive, store| {
        let before = before(store);
        archive.publish_status_list(&act("publish 2"), LIST, b"token").unwrap();
        set_back(store, &before, &[Table::Idempotency]);
    }),
    (FaultKind::OutcomeDiffers, |archive, store| {
        let before = before(store);
        archive.record_share(&act("share 2"), &id(1), "银行").unwrap();
        set_back(store, &before, &[Table::Event, Table::EventByLicense, Table::EventByHolder]);
    }),
    (FaultKind::OutcomeDiffers, |archive, store| {
        let before = before(store);
        archive.record_share(&act("share 2"), &id(1), "银行").unwrap();
        set_back(store, &before, &[Table::Event, Table::EventByLicense, Table::EventByHolder]);
        archive.publish_status_list(&act("publish 2"), LIST, b"token").unwrap();
    }),
    (FaultKind::OutcomeDiffers, |archive, store| {
        let before = before(store);
        archive.record_share(&act("share 2"), &id(1), "银行").unwrap();
        set_back(store, &before, &[Table::Event, Table::EventByLicense, Table::EventByHolder]);
        archive.record_share(&act("share 3"), &id(1), "银行").unwrap();
    }),
    (FaultKind::ListMissing, |_, store| delete(store, Table::StatusList, LIST.as_bytes())),
    (FaultKind::SealBytesMissing, |_, store| {
        delete(store, Table::SealVersion, &key_of(store, Table::SealVersion, 0));
    }),
    (FaultKind::SealBytesDiffer, |archive, store| {
        let before = before(store);
        remake(archive);
        set_back(store, &before, &[Table::Seal]);
    }),
    (FaultKind::SealUsesDiffer, |archive, store| {
        let before = before(store);
        let seal = archive.seals(None, 1).unwrap()[0].id;
        archive.change_seal(&by("丙", 50), seal, &seals::change(SealAct::Use).unwrap()).unwrap();
        set_back(store, &before, &[Table::Seal]);
    }),
    (FaultKind::SealLost, |archive, store| {
        seal_in(archive, &application(), SealState::InUse);
        for table in [Table::Seal, Table::SealVersion] {
            delete(store, table, &key_of(store, table, 0));
        }
    }),
    (FaultKind::SealNumberDiffers, |archive, store| {
        let before = before(store);
        seal_in(archive, &application(), SealState::InUse);
        set_back(store, &before, &[Table::Meta]);
    }),
    (FaultKind::SealNumberDiffers, |archive, store| {
        let before = before(store);
        seal_in(archive, &application(), SealState::InUse);
        let tables = [Table::Seal, Table::SealVersion, Table::Event, Table::EventBySeal, Table::Idempotency];
        set_back(store, &before, &tables);
    }),
    (FaultKind::CollectedNotIndexed, |archive, store| {
        one_step(archive, 1, vec![submission(1, "a", "第1号", "某甲")]);
        delete(store, Table::CollectedByHolder, &key_of(store, Table::CollectedByHolder, 0));
    }),
    (FaultKind::CollectedDangling, |archive, store| {
        one_step(archive, 1, vec![submission(1, "a", "第1号", "某甲")]);
        delete(store, Table::Collected, &key_of(store, Table::Collected, 0));
    }),
    (FaultKind::VersionsDiffer, |archive, store| {
        let before = before(store);
        versions::succeed(archive, "renew", 1, &id(1)).unwrap();
        set_back(store, &before, &[Table::Version]);
    }),
    (FaultKind::HeadDiffers, |archive, store| {
        let second = versions::succeed(archive, "renew", 1, &id(1)).unwrap().license.unwrap();
        let head = [id(1).as_str().as_bytes(), &[0]].concat();
        let earlier = store.get(Table::Version, &head).unwrap().unwrap();
        versions::succeed(archive, "renew again", 2, &second).unwrap();
        put(store, Table::Version, &head, &earlier);
    }),
    (FaultKind::MassDiffers, |archive, store| {
        let before = before(store);
        mass::close(archive, "close", 0).unwrap();
        set_back(store, &before, &[Table::MassChange]);
    }),
    (FaultKind::AddressNotIndexed, |archive, store| {
        addresses::add(archive, "address", 1, "北京路1号").unwrap();
        delete(store, Table::LicenseByAddress, &key_of(store, Table::LicenseByAddress, 0));
    }),
    (FaultKind::AddressDangling, |archive, store| {
        addresses::add(archive, "address", 1, "北京路1号").unwrap();
        delete(store, Table::LicenseAddress, &key_of(store, Table::LicenseAddress, 0));
    }),
    (FaultKind::DecisionDiffers, |archive, store| {
        let before = before(store);
        decisions::decide(archive, "decide").unwrap();
        set_back(store, &before, &[Table::Decision, Table::DecisionInput, Table::DecisionByHolder]);
    }),
    (FaultKind::DecisionDiffers, |archive, store| {
        // The receipt of another archive, which has done the same but for one word.
        let (other, others) = fresh();
        fill(&other);
        decisions::decide(&other, "decided").unwrap();
        decisions::decide(archive, "decide").unwrap();
        let (key, value) = entries(&others, Table::Decision).remove(0);
        put(store, Table::Decision, &key, &value);
    }),
    (FaultKind::DecisionDiffers, |archive, store| {
        // A receipt under the number of an event that is of something else.
        decisions::decide(archive, "decide").unwrap();
        let (other, others) = fresh();
        decisions::decide(&other, "decide").unwrap();
        let (key, value) = entries(&others, Table::Decision).remove(0);
        assert_ne!(key, key_of(store, Table::Decision, 0));
        put(store, Table::Decision, &key, &value);
    }),
    (FaultKind::DecisionInputsLost, |archive, store| {
        decisions::decide(archive, "decide").unwrap();
        delete(store, Table::DecisionInput, &key_of(store, Table::DecisionInput, 0));
    }),
    (FaultKind::DecisionInputsLost, |archive, store| {
        // What is left of an erasure that was never done here.
        let (other, others) = fresh();
        fill(&other);
        decisions::decide(&other, "decide").unwrap();
        other.erase_decision_inputs(&act("erase"), &holder(0), "窗口二", "依申请").unwrap();
        decisions::decide(archive, "decide").unwrap();
        let (key, value) = entries(&others, Table::DecisionInput).remove(0);
        assert_eq!(key, key_of(store, Table::DecisionInput, 0));
        put(store, Table::DecisionInput, &key, &value);
    }),
    (FaultKind::DecisionDangling, |archive, store| {
        decisions::decide(archive, "decide").unwrap();
        let mut key = key_of(store, Table::DecisionByHolder, 0);
        key[39] ^= 1;
        put(store, Table::DecisionByHolder, &key, b"");
    }),
    (FaultKind::DecisionDangling, |archive, store| {
        // A holder who had no part in it.
        decisions::decide(archive, "decide").unwrap();
        let key = [[7_u8; 32].as_slice(), &last_event(archive)].concat();
        put(store, Table::DecisionByHolder, &key, b"");
    }),
    (FaultKind::DecisionNotIndexed, |archive, store| {
        decisions::decide(archive, "decide").unwrap();
        delete(store, Table::DecisionByHolder, &key_of(store, Table::DecisionByHolder, 1));
    }),
    (FaultKind::DecisionDangling, |archive, store| {
        let (other, others) = fresh();
        decisions::decide(&other, "decide").unwrap();
        let (key, value) = entries(&others, Table::DecisionInput).remove(0);
        decisions::decide(archive, "decide").unwrap();
        put(store, Table::DecisionInput, &key, &value);
    }),
];

fn remake(archive: &Archive) {
    let seal = archive.seals(None, 1).unwrap()[0].id;
    archive.change_seal(&by("丙", 50), seal, &seals::change(SealAct::Remake).unwrap()).unwrap();
}

#[test]
fn an_archive_without_faults_is_sound() {
    let (archive, store) = filled();
    let report = check_sound(&archive);
    let entries: usize = Table::ALL.into_iter().map(|table| entries(&store, table).len()).sum();
    assert_eq!((report.entries, report.licenses), (u64::try_from(entries).unwrap(), 2));
    assert_eq!(report.last_event, archive.last_event().unwrap());
}

#[test]
fn each_fault_is_found_by_its_own_check_only() {
    let mut found = BTreeSet::new();
    for (place, (kind, spoil)) in CASES.into_iter().enumerate() {
        let (archive, store) = filled();
        spoil(&archive, &store);
        let report = report(&archive);
        let kinds: BTreeSet<FaultKind> = report.faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, BTreeSet::from([kind]), "case {place}: {report:?}");
        found.insert(kind);
    }
    let all: BTreeSet<FaultKind> = FaultKind::ALL.iter().copied().collect();
    let elsewhere = BTreeSet::from([FaultKind::Unreadable]);
    assert_eq!(&found | &elsewhere, all, "every kind of fault has a case");
    let codes: BTreeSet<&str> = FaultKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), FaultKind::ALL.len());
}

#[test]
fn a_report_counts_what_it_does_not_show() {
    let (archive, store) = filled();
    for n in 0..MAX_FAULTS + 7 {
        put(&store, Table::Meta, format!("unknown {n}").as_bytes(), b"");
    }
    let report = report(&archive);
    assert_eq!((report.faults.len(), report.more_faults), (MAX_FAULTS, 7));
}
