use boyin_issue::{CompleteError, PrepareError, Prepared, PreparedError};
use boyin_model::alg::{BadSignature, Signer};
use boyin_model::b64;
use boyin_suite::{Algorithm, SoftwareKey};
use boyin_testkit::key::FixedKey;
use boyin_testkit::prefecture::Prefecture;
use boyin_testkit::random::{FixedRandom, NoRandom};
use boyin_verify::Verdict;

fn prepared(prefecture: &Prefecture, license_type: &str) -> Prepared {
    let license = prefecture.license(&prefecture.draft(license_type));
    let assignment = prefecture.assignment(license.license_type().code);
    license.prepare(&assignment, prefecture.key().reference(), &mut FixedRandom::new(5)).unwrap()
}

#[test]
fn every_type_is_issued_and_verified_in_both_suites() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let world = prefecture.world();
        for draft in prefecture.drafts() {
            let license = prefecture.issue(&draft);
            let report = Prefecture::verifier().check(&license, &world.context());
            assert_eq!(report.verdict(), Verdict::Passed, "{draft:?}");
        }
    }
}

/// Prepared here, signed there by a key that only sees the bytes, completed here again.
#[test]
fn three_steps_on_three_machines() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let file = prepared(&prefecture, "identity-card").to_json();
        let there = Prepared::from_json(&file).unwrap();
        assert_eq!(there.to_json(), file);
        let signature = prefecture.key().sign(there.to_be_signed()).unwrap();
        let here = Prepared::from_json(&file).unwrap();
        let license = here.complete(&signature, prefecture.key().reference()).unwrap();
        let report = Prefecture::verifier().check(&license, &prefecture.world().context());
        assert_eq!(report.verdict(), Verdict::Passed);
    }
}

#[test]
fn a_wrong_signature_gives_nothing() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let prepared = prepared(&prefecture, "identity-card");
        let key = prefecture.key();
        let good = key.sign(prepared.to_be_signed()).unwrap();
        let other = prefecture.other.key(algorithm).sign(prepared.to_be_signed()).unwrap();
        let of_other_bytes = key.sign(b"other bytes").unwrap();
        for bad in [other, of_other_bytes, Vec::new(), good[..63].to_vec(), vec![0; 64]] {
            let result = prepared.complete(&bad, key.reference());
            assert_eq!(result, Err(CompleteError::Signature(BadSignature)));
        }
        let wrong_key = prefecture.other.key(algorithm).reference();
        assert_eq!(prepared.complete(&good, wrong_key), Err(CompleteError::OtherKey));
    }
}

/// A license whose header or digest names another key or suite would be refused by every verifier, however well signed.
#[test]
fn a_license_prepared_for_another_key_is_not_completed() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let key = prefecture.key();
    let original = prepared(&prefecture, "identity-card");
    let file: serde_json::Value = serde_json::from_slice(&original.to_json()).unwrap();
    let other = &prefecture.other.key(Algorithm::Es256).reference().jwk().kid;
    for (part, from, to) in [
        ("protected", key.reference().jwk().kid.as_str(), other.as_str()),
        ("protected", "\"ES256\"", "\"SM2-SM3\""),
        ("payload", "\"_sd_alg\":\"sha-256\"", "\"_sd_alg\":\"sm3\""),
        ("payload", "\"_sd_alg\":\"sha-256\",", ""),
    ] {
        let text = String::from_utf8(b64::decode(file[part].as_str().unwrap().as_bytes()).unwrap()).unwrap();
        assert!(text.contains(from), "{from}");
        let mut changed = file.clone();
        changed[part] = b64::encode(text.replacen(from, to, 1).as_bytes()).into();
        let changed = Prepared::from_json(&boyin_model::json::canonical(&changed)).unwrap();
        let signature = key.sign(changed.to_be_signed()).unwrap();
        assert_eq!(changed.complete(&signature, key.reference()), Err(CompleteError::OtherKey), "{to}");
    }
}

/// Whatever byte of the file is changed on its way: refused when read, or nothing comes out in the end.
#[test]
fn a_changed_file_is_refused_or_not_completed() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let original = prepared(&prefecture, "fiscal-receipt");
    let signature = prefecture.key().sign(original.to_be_signed()).unwrap();
    let file = original.to_json();
    for place in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[place] ^= 1 << bit;
            let Ok(read) = Prepared::from_json(&changed) else {
                continue;
            };
            let result = read.complete(&signature, prefecture.key().reference());
            assert!(result.is_err(), "byte {place}, bit {bit}");
        }
    }
}

/// The signer never sees the disclosures, so that they are checked when the license is completed.
#[test]
fn disclosures_of_another_license_are_not_completed() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let original = prepared(&prefecture, "identity-card");
    let signature = prefecture.key().sign(original.to_be_signed()).unwrap();
    let read = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    let mut file = read(&original.to_json());
    file["disclosures"][0] =
        read(&prepared(&prefecture, "marriage-certificate").to_json())["disclosures"][0].clone();
    let changed = Prepared::from_json(&boyin_model::json::canonical(&file)).unwrap();
    let result = changed.complete(&signature, prefecture.key().reference());
    assert_eq!(result, Err(CompleteError::Altered));
}

#[test]
fn only_what_was_written_is_read() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let file = String::from_utf8(prepared(&prefecture, "identity-card").to_json()).unwrap();
    let protected = boyin_model::b64::encode(br#"{"alg":"ES256","kid":"k","typ":"trust-list+jwt"}"#);
    let start = file.find("\"protected\":\"").unwrap() + 13;
    let other_type = format!("{}{protected}\"}}", &file[..start]);
    for bad in [
        format!(" {file}"),
        file.replacen('{', "{\"a\":1,", 1),
        file.replacen("\"payload\"", "\"p\"", 1),
        file.replacen("\"payload\":\"", "\"payload\":\"$", 1),
        other_type,
        "{}".into(),
        String::new(),
        "x".repeat(boyin_model::limits::MAX_CREDENTIAL_BYTES + 1),
    ] {
        assert_eq!(Prepared::from_json(bad.as_bytes()), Err(PreparedError));
    }
}

#[test]
fn an_identifier_of_another_type_or_issuer_is_refused() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let license = prefecture.license(&prefecture.draft("identity-card"));
    let mut assignment = prefecture.assignment(license.license_type().code);
    let right = assignment.license_id.clone();
    let other_type = prefecture.catalog.find("marriage-certificate").unwrap().code;
    for (license_type, issuer) in
        [(other_type, right.issuer()), (right.license_type(), prefecture.other.code)]
    {
        assignment.license_id = boyin_model::id::LicenseId::new(license_type, issuer, "1", 1).unwrap();
        let result = license.prepare(&assignment, prefecture.key().reference(), &mut FixedRandom::new(1));
        assert_eq!(result.err(), Some(PrepareError::Identifier));
    }
}

#[test]
fn without_randomness_nothing_personal_is_prepared() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let license = prefecture.license(&prefecture.draft("identity-card"));
    let assignment = prefecture.assignment(license.license_type().code);
    let result = license.prepare(&assignment, prefecture.key().reference(), &mut NoRandom);
    assert!(matches!(result, Err(PrepareError::Randomness(_))));
}

/// Keys of the product and keys of the tests sign for each other's verifier.
#[test]
fn software_keys_sign_as_fixed_keys_do() {
    for algorithm in Algorithm::ALL {
        let product = SoftwareKey::generate(algorithm, &mut FixedRandom::new(77)).unwrap();
        let fixed = FixedKey::new(algorithm, 77);
        assert_eq!(product.public_key(), fixed.public_key());
        let key = product.alg().key(product.public_key()).unwrap();
        for signature in [product.sign(b"m").unwrap(), fixed.sign(b"m").unwrap()] {
            assert_eq!(key.verify(b"m", &signature), Ok(()));
        }
    }
}
