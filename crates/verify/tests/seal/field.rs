//! Files of other makers, with the verdicts that an independent analysis gave them.

use boyin_model::seal::Seal;
use boyin_suite::all_x509;
use boyin_testkit::vectors;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{
    Document, GBT38540_2020, Profile, SealCheck, SealContext, SealNote, SealOutcome, SealReason, SealVerdict,
    SealVerifier,
};
use boyin_verify::{Reader, UnixTime};

fn vector(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(vectors::path(&format!("seals/{name}"))?).unwrap())
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

/// 2021-01-01 and 2026-11-23, UTC.
const WITHIN: u64 = 1_609_459_200;
const TODAY: u64 = 1_795_392_000;

/// Trusts the maker's certificate as it is.
fn store(pinned: &[&[u8]]) -> CertificateStore {
    let mut store = CertificateStore::new(&all_x509());
    for certificate in pinned {
        store.add_anchor(certificate).unwrap();
        store.add_maker(certificate).unwrap();
    }
    store
}

#[test]
fn signatures_of_the_field_verify_in_every_version() {
    for (name, now) in [
        ("ofdrw_UserV1.esl", WITHIN),
        ("ofdrw_UserV4.esl", WITHIN),
        ("ofdrw_UserV5.esl", TODAY),
        ("ofdrw_UserV5_ts.esl", TODAY),
    ] {
        let Some(bytes) = vector(name) else { return };
        let seal = Seal::read(&bytes, Reader::Field).unwrap();
        let store = store(&[seal.maker]);
        let report = SealVerifier::new(Reader::Field)
            .check_seal(&bytes, &SealContext { now: at(now), certificates: &store, register: None });
        println!("{name} {}", String::from_utf8_lossy(&report.to_json()));
        assert_eq!(report.outcome(SealCheck::MakerSignature), SealOutcome::Passed, "{name}");
    }
}
