//! C2SP Wycheproof, ECDSA P-256 with SHA-256, through every path.

use boyin_curve::{Backend, P256};
use boyin_testkit::arithmetic::Signed;

use crate::paths::{Cases, Counts, Path, narrow, wide};
use crate::support::{bytes, der_to_raw, json, list, sha256, text};

const TESTS: usize = 484;

#[test]
fn every_test_by_every_path() {
    every_test_by(&narrow().into_iter().chain([10, 11, 12].map(Path::Prepared)).collect::<Vec<_>>());
}

/// For emulated processors, which are slow: one signature in eight lanes, and eight in each of their orders.
#[test]
#[ignore = "needs AVX512-IFMA"]
fn every_test_in_lanes() {
    assert_ne!(Backend::best(), Backend::Scalar, "this processor has no vector instructions to test");
    let rotated = (0..8).map(|turn| Path::Bulk(8, turn));
    every_test_by(
        &[Path::Prepared(8), Path::Prepared(5), Path::MixedWindows]
            .into_iter()
            .chain(rotated)
            .collect::<Vec<_>>(),
    );
}

fn every_test_by(paths: &[Path]) {
    let Some(file) = json("ecdsa/wycheproof_ecdsa_secp256r1_sha256.json") else {
        return;
    };
    let (mut counts, mut by_reader, mut bad, mut run) = (Counts::default(), 0, 0, 0);
    for groups in list(&file, "testGroups").chunks(40) {
        let mut cases = Cases::<P256>::new();
        for group in groups {
            let key = cases.key(&bytes(&group["publicKey"], "uncompressed").try_into().unwrap());
            for test in list(group, "tests") {
                let valid = text(test, "result") == "valid";
                let Some(signature) = der_to_raw(&bytes(test, "sig")) else {
                    assert!(!valid, "refused by the reader in front: {test}");
                    by_reader += 1;
                    continue;
                };
                let signed = Signed { digest: sha256(&bytes(test, "msg")), signature };
                cases.push(key, signed, valid, test.to_string());
                run += 1;
                bad += usize::from(!valid);
            }
        }
        cases.run(paths, &mut counts);
    }
    counts.assert(paths, run, bad);
    println!("Wycheproof: {by_reader} refused by the reader of DER + {run} by every path = {TESTS}");
    assert_eq!((by_reader, run, bad), (235, TESTS - 235, 75));
}

/// Keys are many here and their wide tables dear: every twelfth group.
#[test]
fn some_with_wide_tables() {
    let Some(file) = json("ecdsa/wycheproof_ecdsa_secp256r1_sha256.json") else {
        return;
    };
    let mut counts = Counts::default();
    let mut cases = Cases::<P256>::new();
    for group in list(&file, "testGroups").iter().step_by(12) {
        let key = cases.key(&bytes(&group["publicKey"], "uncompressed").try_into().unwrap());
        for test in list(group, "tests") {
            if let Some(signature) = der_to_raw(&bytes(test, "sig")) {
                let signed = Signed { digest: sha256(&bytes(test, "msg")), signature };
                cases.push(key, signed, text(test, "result") == "valid", test.to_string());
            }
        }
    }
    for window in [13, 14, 15, 16] {
        cases.run(&wide(window), &mut counts);
        counts.assert(&wide(window), cases.cases.len(), 0);
    }
    assert!(cases.cases.len() > 10);
}
