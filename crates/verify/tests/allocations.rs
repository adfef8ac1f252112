//! How often a verification asks for memory. The numbers are exact: whoever changes them should know why.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::hint::black_box;

use allocation_counter::measure;
use boyin_model::credential::Envelope;
use boyin_model::json::Reader;
use boyin_suite::Algorithm;
use boyin_testkit::chains::{Chain, ListParts};
use boyin_testkit::mutate;
use boyin_testkit::prefecture::{Prefecture, now};
use boyin_verify::chain::{Certificate, CertificateStore, Revocation};

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

/// Entries of the longest revocation list that is read.
const MANY: u64 = 1_000_000;

#[test]
fn a_list_of_a_million_entries_is_indexed_once_in_bounded_memory() {
    let mut chain = Chain::new(Algorithm::Es256);
    let der = ListParts::of("middle", 901, 1).of_many(MANY).write(chain.algorithm);
    let mut store = CertificateStore::new(&boyin_suite::all_x509());
    store.add_anchor(&chain.root.write(chain.algorithm)).unwrap();
    store.add_intermediate(&chain.middle[0].write(chain.algorithm)).unwrap();
    let root_list = ListParts::of("root", 900, 1).write(chain.algorithm);
    store.add_revocation_list(&root_list).unwrap();
    let reading = measure(|| store.add_revocation_list(black_box(&der)).unwrap());
    assert_eq!(store.revoked_entries(), usize::try_from(MANY).unwrap());
    let (list, index) = (u64::try_from(der.len()).unwrap(), 16 * MANY);
    // What stays is the list and sixteen bytes for each entry; while it grows, the index is there twice at most.
    let kept = u64::try_from(reading.bytes_current).unwrap();
    assert!(kept < list + index + (64 << 10), "{kept} of {list} and {index}");
    assert!(reading.bytes_max < list + 3 * index, "{} of {list} and {index}", reading.bytes_max);
    assert!(reading.count_total < 200, "not one for each entry: {}", reading.count_total);
    // Asking makes no other index, the first time, when the signature is verified, or later.
    let good = Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap();
    chain.leaf.serial = ListParts::of("middle", 901, 1).of_many(MANY).revoked.pop().unwrap().0;
    let revoked = Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap();
    for _ in 0..3 {
        let asking = measure(|| {
            assert_eq!(store.status(&good, now(), now()), Ok(Revocation::Good));
            assert!(matches!(store.status(&revoked, now(), now()), Ok(Revocation::Revoked(..))));
        });
        assert!(asking.bytes_max < 64 << 10, "{}", asking.bytes_max);
    }
}
