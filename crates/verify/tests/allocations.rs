//! How often a verification asks for memory. The numbers are exact: whoever changes them should know why.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::hint::black_box;

use allocation_counter::measure;
use boyin_model::credential::Envelope;
use boyin_model::json::Reader;
use boyin_suite::Algorithm;
use boyin_testkit::{mutate, prefecture::Prefecture};

/// Allocations of one check without those of the signature, and how many of them the report keeps.
fn counted(algorithm: Algorithm, license: &str, as_json: bool) -> (u64, i64) {
    let prefecture = Prefecture::new(algorithm);
    let (world, verifier) = (prefecture.world(), Prefecture::verifier());
    let compact = prefecture.issue(&prefecture.draft(license));
    let document = if as_json { mutate::to_json(&compact).unwrap() } else { compact };
    let envelope = Envelope::open(&document, Reader::Ours).unwrap();
    let key = prefecture.key().verify_key();
    let signature = || key.verify(envelope.signing_input(), envelope.signature());
    // What is made once in a process is not counted, nor are the tables of keys: these are built on the second use.
    for _ in 0..2 {
        let report = verifier.check(&document, &world.context());
        assert!(report.into_verified().is_ok() && signature().is_ok());
    }
    let alone = measure(|| assert!(black_box(signature()).is_ok()));
    let mut report = None;
    let whole = measure(|| report = Some(verifier.check(black_box(&document), &world.context())));
    assert!(report.unwrap().into_verified().is_ok());
    (whole.count_total - alone.count_total, whole.count_current - alone.count_current)
}

#[test]
fn a_check_allocates_as_often_as_it_did() {
    for algorithm in Algorithm::ALL {
        let licenses = ["identity-card", "business-license"];
        let all = licenses.map(|license| [false, true].map(|as_json| counted(algorithm, license, as_json)));
        // SM2 has a list of the disclosures that are hashed side by side, if there are any.
        let lanes = u64::from(algorithm == Algorithm::Sm2);
        assert_eq!(all, [[(35 + lanes, 19), (40 + lanes, 19)], [(30, 23), (33, 23)]], "{algorithm}");
    }
}

#[test]
fn what_is_no_license_is_refused_at_the_cost_of_its_report() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let (world, verifier) = (prefecture.world(), Prefecture::verifier());
    for document in [&b""[..], b"~", b"{", b"no license", &[b'~'; 4096]] {
        let report = measure(|| {
            let _ = black_box(verifier.check(black_box(document), &world.context()));
        });
        assert_eq!(report.count_total, 1, "{} bytes", document.len());
    }
}
