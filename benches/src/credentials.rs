//! Many different credentials of one office.

use boyin::issue::Assignment;
use boyin::model::id::LicenseId;
use boyin::model::status::StatusReference;
use boyin_testkit::prefecture::{Prefecture, World, now};
use boyin_testkit::random::FixedRandom;

/// Entries of the sample status list.
const STATUS_ENTRIES: u32 = 64;

/// Issues so many licenses of a type, each with its own number and salts.
///
/// # Panics
/// If the catalog has no such type.
#[must_use]
pub fn credentials(prefecture: &Prefecture, license_type: &str, count: u32) -> Vec<Vec<u8>> {
    let license = prefecture.license(&prefecture.draft(license_type));
    let (office, key) = (&prefecture.office, prefecture.key());
    let issue = |number: u32| {
        let serial = format!("2026{number:07}");
        let code = license.license_type().code;
        let assignment = Assignment {
            seal: None,
            license_id: LicenseId::new(code, office.code, &serial, 1).expect("digits"),
            status: StatusReference { uri: office.status_uri(), index: number % STATUS_ENTRIES },
            issued_at: now().minus(3600),
        };
        let mut random = FixedRandom::new(u64::from(number));
        let prepared = license.prepare(&assignment, key.reference(), &mut random).expect("it fits");
        let signature = key.sign(prepared.to_be_signed()).expect("a fixed key signs");
        prepared.complete(&signature, key.reference()).expect("signed by the right key")
    };
    (0..count).map(issue).collect()
}

/// The world of a prefecture, with a table for each key of its trust list.
#[must_use]
pub fn ready_world(prefecture: &Prefecture) -> World {
    let world = prefecture.world();
    world.trust.prepare_keys(boyin::suite::DEFAULT_TABLE_MEMORY);
    world
}
