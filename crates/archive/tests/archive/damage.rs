//! Damaged bytes are an error at the place where they are, never a panic and never another value.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use boyin_archive::{Act, Archive, ArchiveError, Batch, Change, Damaged, Entry, SealChange, Store, Table};
use boyin_model::register::{SealAct, SealId};

use crate::fixtures::{LIST, act, change, filing, fresh, holder, id, office, time};
use crate::seals::{self, application};
use crate::stores::TestStore;
use crate::{collected, engine};

const TWO: [u32; 2] = [1, 2];

fn filled() -> (Archive, Arc<TestStore>) {
    let (archive, store) = fresh();
    for n in TWO {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    archive.change_status(&act("suspend"), &id(2), &change(Change::Suspend)).unwrap();
    archive.publish_status_list(&act("publish"), LIST, b"token").unwrap();
    archive.publish_status_list(&act("publish 2"), "2", b"token").unwrap();
    for n in TWO {
        let seal = archive.apply_seal(&act(&format!("apply {n}")), &application()).unwrap().seal.unwrap();
        assert_eq!(seal, seal_id(n));
        for (step, change) in
            [("approve", SealChange::Approve), ("make", seals::change(SealAct::Make).unwrap())]
        {
            archive.change_seal(&by_another(&format!("{step} {n}")), seal, &change).unwrap();
        }
    }
    collected::each_act(&archive);
    archive.begin_import(&act("import begin 2"), &collected::job(2)).unwrap();
    // What is kept in memory is not damaged with the disk.
    (archive.with_record_key_memory(0), store)
}

fn seal_id(n: u32) -> SealId {
    SealId::new(application().division, n).unwrap()
}

/// Whoever applies does not approve.
fn by_another(key: &str) -> Act {
    Act::new("丙", office(), "办理登记", time(0), key, [1; 32]).unwrap()
}

/// Reads everything that the archive can read from `table`, until the first error.
fn read_all(archive: &Archive, table: Table) -> Result<(), ArchiveError> {
    for n in TWO {
        match table {
            Table::License | Table::RecordKey => drop(archive.get(&id(n))?),
            Table::Status => drop(archive.status_of(&id(n))?),
            Table::EventByLicense => drop(archive.events_of(&id(n), None, 100)?),
            Table::Idempotency => drop(archive.recall(&act(&format!("file {n}")))?),
            Table::Seal => drop(archive.seal_record(seal_id(n))?),
            Table::SealVersion => drop(archive.seal_bytes(seal_id(n), 0)?),
            Table::EventBySeal => drop(archive.events_of_seal(seal_id(n), None, 100)?),
            Table::Meta
            | Table::ByHolder
            | Table::StatusList
            | Table::Event
            | Table::DataKey
            | Table::EventByHolder
            | Table::ReadSpool
            | Table::Collected
            | Table::CollectedByHolder
            | Table::CollectedByKey
            | Table::CollectedByImport
            | Table::ImportJob
            | Table::Version
            | Table::MassChange
            | Table::LicenseAddress
            | Table::LicenseByAddress
            | Table::Decision
            | Table::DecisionInput
            | Table::DecisionByHolder => {}
        }
    }
    match table {
        Table::ByHolder => drop(archive.list_by_holder(&holder(0), None, 100)?),
        Table::Status => drop(archive.slots(LIST, None, 100)?),
        Table::License => drop(archive.list(None, None, 100)?),
        Table::Event => drop(archive.events(None, 100)?),
        Table::StatusList => {
            archive.status_list(LIST)?;
            archive.status_list("2")?;
            archive.status_list_at(LIST, time(1_000_000))?;
            archive.status_list_at("2", time(1_000_000))?;
        }
        Table::Idempotency => {
            let seals = ["apply 1", "approve 1", "make 1", "apply 2", "approve 2", "make 2"];
            let imports = ["import begin", "import rows", "import begin 2"];
            let others = ["create", "suspend", "publish", "publish 2"].into_iter();
            for key in others.chain(seals).chain(imports) {
                archive.recall(&act(key))?;
            }
            archive.recall(&collected::raising())?;
            archive.recall(&collected::deciding())?;
        }
        Table::Seal => drop(archive.seals(None, 100)?),
        Table::Collected | Table::CollectedByImport => {
            drop(archive.collected_by_import(collected::job(1).id, None, 100)?);
        }
        Table::ImportJob => drop(archive.import_jobs()?),
        Table::EventByHolder => drop(archive.events_of_holder(&holder(0), None, 100)?),
        Table::Meta
        | Table::EventByLicense
        | Table::SealVersion
        | Table::EventBySeal
        | Table::DataKey
        | Table::RecordKey
        | Table::ReadSpool
        | Table::CollectedByHolder
        | Table::CollectedByKey
        | Table::Version
        | Table::MassChange
        | Table::LicenseAddress
        | Table::LicenseByAddress
        | Table::Decision
        | Table::DecisionInput
        | Table::DecisionByHolder => {}
    }
    Ok(())
}

pub(crate) fn assert_damaged(archive: &Archive, table: Table, what: &str) {
    match catch_unwind(AssertUnwindSafe(|| read_all(archive, table))) {
        Ok(Err(ArchiveError::Damaged(Damaged { table: found }))) => assert_eq!(found, table, "{what}"),
        Ok(other) => panic!("{table} {what}: {other:?}"),
        Err(_) => panic!("{table} {what}: panicked"),
    }
}

/// The ways to damage one value that the tests try: bytes flipped, a byte less, a byte more, nothing.
fn damages(value: &[u8]) -> Vec<Vec<u8>> {
    let flipped = (0..value.len()).step_by(engine::STRIDE).map(|place| {
        let mut bytes = value.to_vec();
        bytes[place] ^= 1 << (place % 8);
        bytes
    });
    let lengths = [value[..value.len() - 1].to_vec(), [value, &[0]].concat(), Vec::new()];
    flipped.chain(lengths).collect()
}

/// Damages each value of a table and lets `read` read it.
pub(crate) fn every_damage_is_found(
    store: &TestStore,
    table: Table,
    read: impl Fn() -> Result<(), ArchiveError>,
) {
    let entries = entries(store, table);
    assert!(entries.len() > 1, "values could be swapped");
    for (place, (key, value)) in entries.iter().enumerate() {
        let other = &entries[(place + 1) % entries.len()].1;
        for damaged in damages(value).iter().chain([other]) {
            store.commit(Batch::new().put(table, key.as_slice(), damaged.as_slice())).unwrap();
            let found = read();
            let right = matches!(&found, Err(ArchiveError::Damaged(Damaged { table: at })) if *at == table);
            assert!(right, "{found:?}: {damaged:?}");
        }
        store.commit(Batch::new().put(table, key.as_slice(), value.as_slice())).unwrap();
    }
    read().unwrap();
}

/// What has a test of its own: `version`, `mass_change`, `license_address`, `decision`, `decision_input`.
const SEALED: [Table; 10] = [
    Table::License,
    Table::RecordKey,
    Table::Status,
    Table::StatusList,
    Table::Event,
    Table::Idempotency,
    Table::Seal,
    Table::SealVersion,
    Table::Collected,
    Table::ImportJob,
];

fn entries(store: &TestStore, table: Table) -> Vec<Entry> {
    store.scan(table, &[], None, 100).unwrap()
}

#[test]
fn every_flipped_byte_of_every_sealed_value_is_found() {
    let (archive, store) = filled();
    for table in SEALED {
        read_all(&archive, table).unwrap();
        for (key, value) in entries(&store, table) {
            for damaged in damages(&value) {
                store.commit(Batch::new().put(table, key.as_slice(), damaged.as_slice())).unwrap();
                assert_damaged(&archive, table, &format!("{damaged:?}"));
            }
            store.commit(Batch::new().put(table, key, value)).unwrap();
        }
    }
}

#[test]
fn a_value_moved_to_another_key_is_found() {
    let (archive, store) = filled();
    for table in SEALED {
        let entries = entries(&store, table);
        let [(a, of_a), (b, of_b)] = entries.get(..2).unwrap() else { unreachable!() };
        assert_ne!(of_a, of_b);
        store
            .commit(Batch::new().put(table, a.as_slice(), of_b.as_slice()).put(
                table,
                b.as_slice(),
                of_a.as_slice(),
            ))
            .unwrap();
        assert_damaged(&archive, table, "swapped");
        store
            .commit(Batch::new().put(table, a.as_slice(), of_a.as_slice()).put(
                table,
                b.as_slice(),
                of_b.as_slice(),
            ))
            .unwrap();
    }
}

#[test]
fn index_entries_that_point_nowhere_are_found() {
    let keys = |table, edit: fn(Vec<u8>) -> Vec<u8>| {
        let (archive, store) = filled();
        let (key, _) = entries(&store, table).remove(0);
        store.commit(Batch::new().put(table, edit(key), [])).unwrap();
        assert_damaged(&archive, table, "pointing nowhere");
    };
    keys(Table::ByHolder, |mut key| {
        key.truncate(32);
        key
    });
    keys(Table::ByHolder, |key| [&key[..40], id(9).as_str().as_bytes()].concat());
    keys(Table::ByHolder, |key| [&key[..40], b"\xff"].concat());
    keys(Table::EventByLicense, |key| [key.as_slice(), &[9; 8]].concat());
    keys(Table::EventByLicense, |key| [&key[..key.len() - 8], &1_u64.to_be_bytes()].concat());
    keys(Table::EventBySeal, |key| [&key[..14], &[9; 8]].concat());
    keys(Table::EventBySeal, |key| [&key[..14], &1_u64.to_be_bytes()].concat());
    keys(Table::EventBySeal, |key| key[..14].to_vec());
    keys(Table::Seal, |_| b"6527010000000".to_vec());
    keys(Table::License, |_| b"not a license".to_vec());
    keys(Table::Event, |_| b"short".to_vec());
    keys(Table::Status, |_| [LIST.as_bytes(), &[0]].concat());
}

#[test]
fn a_license_in_another_holders_file_is_found() {
    let (archive, store) = filled();
    let (mut key, _) = entries(&store, Table::ByHolder).remove(0);
    archive.file(&act("other"), &crate::fixtures::filing_for(1, 3, 0)).unwrap();
    // The identifier of the other holder's license behind the first holder's digest.
    key.truncate(40);
    key.extend_from_slice(id(3).as_str().as_bytes());
    store.commit(Batch::new().put(Table::ByHolder, key, [])).unwrap();
    assert_damaged(&archive, Table::ByHolder, "another holder's");
}

/// Two archives of one secret: a status entry of the one, copied into the other, is whole but of another license.
#[test]
fn the_status_of_another_license_is_found() {
    let (archive, store) = filled();
    let (other, of_other) = fresh();
    let mut filing = filing(9);
    filing.record.slot.as_mut().unwrap().index = 1;
    other.file(&act("file 9"), &filing).unwrap();
    let (key, value) = entries(&of_other, Table::Status).remove(0);
    store.commit(Batch::new().put(Table::Status, key, value)).unwrap();
    assert_damaged(&archive, Table::Status, "another license's");
    let revoked = archive.change_status(&act("revoke"), &id(1), &change(Change::Revoke));
    assert!(matches!(revoked, Err(ArchiveError::Damaged(_))), "{revoked:?}");
}
