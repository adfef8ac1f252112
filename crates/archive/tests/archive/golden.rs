//! Bytes on disk, frozen. A test that fails here says: old archives would no longer be read. If that is meant, raise
//! `FORMAT_VERSION`, write its history and keep reading what was written before. BOYIN_GOLDEN_OUT names a file for the
//! bytes as they are now.

use std::fmt::Write;

use boyin_archive::{Act, Archive, Change, EventKind, FORMAT_VERSION, Grade, Store, Table};
use boyin_model::register::{SealAct, UseLimits};
use boyin_model::status::LicenseStatus;

use crate::fixtures::{LIST, act, change, filing, fresh, id, office, time};
use crate::{addresses, collected, decisions, mass, seals, versions};

const GOLDEN: &str = include_str!("golden.txt");

/// Every key and value after one act of each kind, with a fixed secret: `table key value` in hexadecimal.
fn dump() -> String {
    let (archive, store) = fresh();
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
    register(&archive);
    collected::each_act(&archive);
    versions::each_act(&archive);
    mass::each_act(&archive);
    addresses::each_act(&archive);
    decisions::each_act(&archive);
    let mut text = String::new();
    for table in Table::ALL {
        for (key, value) in store.scan(table, &[], None, 100).unwrap() {
            writeln!(text, "{table} {} {}", hex(&key), hex(&value)).unwrap();
        }
    }
    text
}

/// Three seals: one applied for with every limit, one through its whole life, one refused.
fn register(archive: &Archive) {
    let mut application = seals::application();
    application.limits = UseLimits {
        count: Some(3),
        purposes: vec!["发证".to_owned()],
        from: Some(time(0)),
        until: Some(time(60)),
        offices: vec![office()],
    };
    archive.apply_seal(&act("apply 1"), &application).unwrap();
    let seal = archive.apply_seal(&act("apply 2"), &seals::application()).unwrap().seal.unwrap();
    let life = [
        SealAct::Approve,
        SealAct::Make,
        SealAct::TakeIntoUse,
        SealAct::Use,
        SealAct::Remake,
        SealAct::Suspend,
        SealAct::Restore,
        SealAct::Recall,
        SealAct::Destroy,
    ];
    for (second, deed) in (1..).zip(life) {
        let key = format!("seal {deed}");
        let act = Act::new("丙", office(), "办理登记", time(second), key, [1; 32]).unwrap();
        archive.change_seal(&act, seal, &seals::change(deed).unwrap()).unwrap();
    }
    let refused = archive.apply_seal(&act("apply 3"), &seals::application()).unwrap().seal.unwrap();
    let reject = Act::new("丙", office(), "办理登记", time(1), "seal reject", [1; 32]).unwrap();
    archive.change_seal(&reject, refused, &seals::change(SealAct::Reject).unwrap()).unwrap();
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
    if let Some(path) = std::env::var_os("BOYIN_GOLDEN_OUT") {
        std::fs::write(path, &dump).unwrap();
    }
    for (found, frozen) in dump.lines().zip(GOLDEN.lines()) {
        assert_eq!(found, frozen);
    }
    assert_eq!(dump, GOLDEN);
}

#[test]
fn codes_are_frozen() {
    assert_eq!(FORMAT_VERSION, 7);
    let events = [
        "archive_created",
        "license_issued",
        "license_revoked",
        "license_suspended",
        "license_restored",
        "license_superseded",
        "license_shared",
        "status_list_published",
        "seal_applied",
        "seal_approved",
        "seal_rejected",
        "seal_made",
        "seal_remade",
        "seal_in_use",
        "seal_used",
        "seal_suspended",
        "seal_restored",
        "seal_recalled",
        "seal_destroyed",
        "license_read",
        "holder_read",
        "holder_log_read",
        "reads_cut",
        "license_purged",
        "key_rotated",
        "key_retired",
        "secret_changed",
        "import_begun",
        "rows_imported",
        "collected_raised",
        "collected_resolved",
        "collected_erased",
        "license_canceled",
        "license_renewed",
        "license_changed",
        "license_reissued",
        "holder_closed",
        "licenses_changed",
        "changes_undone",
        "address_added",
        "address_removed",
        "list_published",
        "sharing_decided",
        "total_stated",
        "exemption_decided",
        "decision_inputs_erased",
        "delegation_granted",
        "delegation_used",
        "delegation_revoked",
        "signing_key_rotated",
    ];
    assert_eq!(EventKind::ALL.map(EventKind::code), events);
    assert_eq!(EventKind::ALL.map(|kind| EventKind::from_code(kind.code())), EventKind::ALL.map(Some));
    assert_eq!(LicenseStatus::ALL.map(LicenseStatus::value), [0, 1, 2, 3]);
    assert_eq!([Grade::A, Grade::B, Grade::C, Grade::D].map(Grade::letter), ['A', 'B', 'C', 'D']);
    assert_eq!(
        (Grade::from_letter('E'), LicenseStatus::from_value(4), EventKind::from_code("")),
        (None, None, None)
    );
}
