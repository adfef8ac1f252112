//! Edge cases of both curves: exceptional additions, special keys, ranges, encodings, high s.
//!
//! *ring* takes no digest, so that groups which give one are run through `p256` alone. Compressed keys (class
//! "acceptable") are refused by decision: the vectors allow that.

use boyin_model::alg::{
    BadKey, BadSignature, BulkJob, Digest32, PublicKey, SignatureEncoding, VerifyAlg, VerifyKey as _,
};
use boyin_suite::{
    ECDSA_P256_SHA256_DER, ECDSA_P256_SHA256_DER_P256, ES256, ES256_ANY_S, ES256_P256, SM2_SM3, SM2_SM3_DER,
    Sm2Sm3, UserIdError, der_to_raw, raw_to_der,
};
use serde_json::Value;

use crate::support::{bytes, json, list, text};

const P256_TESTS: usize = 1778;
const SM2_TESTS: usize = 1845;

/// Enough for a table of the narrowest kind.
const TABLE_BYTES: usize = 40 << 10;

fn expects_valid(test: &Value) -> bool {
    match text(test, "expected") {
        "valid" => true,
        "invalid" => false,
        other => panic!("unknown expectation {other}"),
    }
}

fn expects_valid_raw(test: &Value) -> Option<bool> {
    test.get("expectedIfRaw").map(|value| value == "valid")
}

fn digest(test: &Value) -> Digest32 {
    bytes(test, "digest").try_into().unwrap()
}

/// Counts a group whose key must be refused (or, being compressed, is refused by decision).
fn refused_key(group: &Value, algs: &[&dyn VerifyAlg]) -> Option<usize> {
    let public = bytes(&group["publicKey"], "uncompressed");
    let wanted = match text(group, "keyExpected") {
        "valid" => true,
        "invalid" => false,
        "acceptable" => {
            assert!(matches!(public[0], 2 | 3), "only compressed keys are optional");
            false
        }
        other => panic!("unknown expectation {other}"),
    };
    for alg in algs {
        let result = alg.key(PublicKey(&public));
        assert_eq!(result.is_ok(), wanted, "{alg:?}: {group}");
        assert!(wanted || matches!(result, Err(BadKey)));
    }
    (!wanted).then(|| list(group, "tests").len())
}

#[test]
fn p256_every_case() {
    let Some(file) = json("ecdsa/p256_edge.json") else {
        return;
    };
    let algs: [&dyn VerifyAlg; 5] =
        [&ES256, &ES256_ANY_S, &ES256_P256, &ECDSA_P256_SHA256_DER, &ECDSA_P256_SHA256_DER_P256];
    let (mut run, mut by_ring, mut high) = (0, 0, 0);
    for group in list(&file, "testGroups") {
        if let Some(tests) = refused_key(group, &algs) {
            run += tests;
            continue;
        }
        for test in list(group, "tests") {
            if group["prehashed"] == true {
                p256_digest_case(group, test);
            } else {
                p256_message_case(group, test);
                by_ring += 1;
            }
            high += usize::from(test["highS"] == true);
            run += 1;
        }
    }
    println!(
        "P-256: {run}/{P256_TESTS} as expected; {by_ring} of them also through ring; {high} with high s"
    );
    assert_eq!(run, P256_TESTS);
    assert_eq!(high, 391);
}

/// The verdict on a message, which has to be the same by a new key, a prepared one, and in bulk.
fn verdict(alg: &dyn VerifyAlg, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = alg.key(PublicKey(public)).unwrap();
    let once = key.verify(message, signature);
    let job = BulkJob { key: &*key, message, signature };
    // A second use would build the wide table: this one is quicker to build.
    key.prepare(TABLE_BYTES);
    assert_eq!(key.verify(message, signature), once);
    let other = BulkJob { signature: b"", ..job };
    assert_eq!(alg.verify_bulk(&[job, other, job]), [once, Err(BadSignature), once]);
    once.is_ok()
}

fn p256_message_case(group: &Value, test: &Value) {
    let public = bytes(&group["publicKey"], "uncompressed");
    let verify =
        |alg: &dyn VerifyAlg, signature: &[u8]| verdict(alg, &public, &bytes(test, "msg"), signature);
    let (signature, valid, high) = (bytes(test, "sig"), expects_valid(test), test["highS"] == true);
    assert_eq!(verify(&ECDSA_P256_SHA256_DER, &signature), valid, "{test}");
    assert_eq!(verify(&ECDSA_P256_SHA256_DER_P256, &signature), valid, "{test}");
    let valid_raw = expects_valid_raw(test);
    assert_eq!(verify(&ES256_ANY_S, &signature), valid_raw.unwrap_or(false), "DER taken as raw: {test}");
    if let Ok(raw) = der_to_raw(&signature) {
        assert_eq!(verify(&ES256_ANY_S, &raw), valid, "{test}");
        assert_eq!(verify(&ES256, &raw), valid && !high, "{test}");
        assert_eq!(verify(&ES256_P256, &raw), valid && !high, "{test}");
    } else {
        assert!(!valid, "a valid signature is DER: {test}");
    }
}

fn p256_digest_case(group: &Value, test: &Value) {
    let public = bytes(&group["publicKey"], "uncompressed");
    let (signature, valid, high) = (bytes(test, "sig"), expects_valid(test), test["highS"] == true);
    let der = ECDSA_P256_SHA256_DER_P256.prepare(PublicKey(&public)).unwrap();
    assert_eq!(der.verify_prehashed(&digest(test), &signature).is_ok(), valid, "{test}");
    let der = ECDSA_P256_SHA256_DER.prepare(PublicKey(&public)).unwrap();
    assert_eq!(der.verify_prehashed(&digest(test), &signature).is_ok(), valid, "{test}");
    der.prepare(TABLE_BYTES);
    assert_eq!(der.verify_prehashed(&digest(test), &signature).is_ok(), valid, "{test}");
    if let Ok(raw) = der_to_raw(&signature) {
        let low = ES256_P256.prepare(PublicKey(&public)).unwrap();
        assert_eq!(low.verify_prehashed(&digest(test), &raw).is_ok(), valid && !high, "{test}");
    }
}

#[test]
fn sm2_every_case() {
    let Some(file) = json("sm2/sm2_edge.json") else {
        return;
    };
    let mut run = 0;
    for group in list(&file, "testGroups") {
        if let Some(tests) = refused_key(group, &[&SM2_SM3, &SM2_SM3_DER]) {
            run += tests;
            continue;
        }
        for test in list(group, "tests") {
            if group["prehashed"] == true {
                sm2_digest_case(group, test);
            } else {
                sm2_message_case(group, test);
            }
            run += 1;
        }
    }
    println!("SM2: {run}/{SM2_TESTS} as expected");
    assert_eq!(run, SM2_TESTS);
}

fn sm2_message_case(group: &Value, test: &Value) {
    let public = bytes(&group["publicKey"], "uncompressed");
    let (user_id, message, signature) = (bytes(test, "uid"), bytes(test, "msg"), bytes(test, "sig"));
    let valid = expects_valid(test);
    let der = match Sm2Sm3::with_user_id(&user_id, SignatureEncoding::Der) {
        Ok(alg) => alg,
        Err(error) => {
            assert_eq!(error, UserIdError::TooLong { bytes: user_id.len() });
            assert!(user_id.len() > 8191 && !valid, "{test}");
            return;
        }
    };
    let raw = Sm2Sm3::with_user_id(&user_id, SignatureEncoding::Raw).unwrap();
    assert_eq!(verdict(der, &public, &message, &signature), valid, "{test}");
    let valid_raw = expects_valid_raw(test).unwrap_or(false);
    assert_eq!(verdict(raw, &public, &message, &signature), valid_raw, "DER taken as raw: {test}");
    if let Ok(transcoded) = der_to_raw(&signature) {
        assert_eq!(verdict(raw, &public, &message, &transcoded), valid, "{test}");
    }
}

fn sm2_digest_case(group: &Value, test: &Value) {
    let public = bytes(&group["publicKey"], "uncompressed");
    let (signature, valid) = (bytes(test, "sig"), expects_valid(test));
    let der = SM2_SM3_DER.prepare(PublicKey(&public)).unwrap();
    assert_eq!(der.verify_prehashed(&digest(test), &signature).is_ok(), valid, "{test}");
    der.prepare(TABLE_BYTES);
    assert_eq!(der.verify_prehashed(&digest(test), &signature).is_ok(), valid, "{test}");
    if let Ok(transcoded) = der_to_raw(&signature) {
        let raw = SM2_SM3.prepare(PublicKey(&public)).unwrap();
        assert_eq!(raw.verify_prehashed(&digest(test), &transcoded).is_ok(), valid, "{test}");
    }
}

/// What the strict reader accepts has no second spelling.
#[test]
fn accepted_der_is_the_only_spelling() {
    let mut spellings = 0;
    for name in ["ecdsa/p256_edge.json", "sm2/sm2_edge.json"] {
        let Some(file) = json(name) else { return };
        for test in list(&file, "testGroups").iter().flat_map(|group| list(group, "tests")) {
            let signature = bytes(test, "sig");
            match der_to_raw(&signature) {
                Ok(raw) => assert_eq!(raw_to_der(&raw), signature, "{test}"),
                Err(BadSignature) => spellings += 1,
            }
        }
    }
    assert!(spellings >= 2 * 100, "only {spellings} were refused");
}
