//! C2SP Wycheproof, ECDSA P-256 with SHA-256 in DER, through both implementations.

use boyin_model::alg::{PublicKey, VerifyAlg};
use boyin_suite::{
    ECDSA_P256_SHA256_DER, ECDSA_P256_SHA256_DER_P256, ES256, ES256_ANY_S, ES256_P256, der_to_raw,
};

use crate::support::{bytes, json, list, text};

const TESTS: usize = 484;

fn run(alg: &dyn VerifyAlg) {
    let Some(file) = json("ecdsa/wycheproof_ecdsa_secp256r1_sha256.json") else {
        return;
    };
    let mut agreed = 0;
    for group in list(&file, "testGroups") {
        let key = alg.key(PublicKey(&bytes(&group["publicKey"], "uncompressed"))).unwrap();
        for test in list(group, "tests") {
            let verdict = key.verify(&bytes(test, "msg"), &bytes(test, "sig"));
            assert_eq!(verdict.is_ok(), text(test, "result") == "valid", "{alg:?}: {test}");
            agreed += 1;
        }
    }
    println!("{alg:?}: {agreed}/{TESTS}");
    assert_eq!(agreed, TESTS);
}

#[test]
fn ring_der() {
    run(&ECDSA_P256_SHA256_DER);
}

#[test]
fn p256_der() {
    run(&ECDSA_P256_SHA256_DER_P256);
}

/// Whatever is DER at all gets the same verdict as `r ‖ s`, from both implementations.
#[test]
fn raw_after_transcoding() {
    let Some(file) = json("ecdsa/wycheproof_ecdsa_secp256r1_sha256.json") else {
        return;
    };
    let mut transcoded = 0;
    for group in list(&file, "testGroups") {
        let public = bytes(&group["publicKey"], "uncompressed");
        let any = ES256_ANY_S.key(PublicKey(&public)).unwrap();
        let low = ES256.key(PublicKey(&public)).unwrap();
        let second = ES256_P256.key(PublicKey(&public)).unwrap();
        for test in list(group, "tests") {
            let Ok(raw) = der_to_raw(&bytes(test, "sig")) else {
                assert_eq!(text(test, "result"), "invalid", "{test}");
                continue;
            };
            let message = bytes(test, "msg");
            assert_eq!(any.verify(&message, &raw).is_ok(), text(test, "result") == "valid", "{test}");
            assert_eq!(low.verify(&message, &raw), second.verify(&message, &raw), "{test}");
            transcoded += 1;
        }
    }
    println!("{transcoded} of {TESTS} are DER");
    assert!(transcoded > 174, "fewer than the valid ones");
}
