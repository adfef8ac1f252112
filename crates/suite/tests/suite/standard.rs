//! Samples printed in the standards.

use boyin_model::alg::{PublicKey, SignatureEncoding, VerifyAlg};
use boyin_model::trust::Jwk;
use boyin_suite::{ES256, SM2_SM3, SM2_SM3_DER, Sm2Sm3, UserIdError, all_jws, raw_to_der, sm3_many};

use crate::support::hex;

/// GB/T 32918.5 annex A.2, default user ID.
const PUBLIC: &str = "04\
    09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020\
    CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
const Z: &str = "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3";
const E: &str = "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640";
const SIGNATURE: &str = "\
    F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3\
    B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA";

#[test]
fn sm2_sample_of_gb_t_32918() {
    let public = hex(PUBLIC);
    assert_eq!(SM2_SM3.z(PublicKey(&public)).unwrap()[..], hex(Z));
    let key = SM2_SM3.prepare(PublicKey(&public)).unwrap();
    let e = key.message_digest(b"message digest");
    assert_eq!(e[..], hex(E));
    let signature: [u8; 64] = hex(SIGNATURE).try_into().unwrap();
    assert_eq!(key.verify_prehashed(&e, &signature), Ok(()));
    let der = SM2_SM3_DER.key(PublicKey(&public)).unwrap();
    assert_eq!(der.verify(b"message digest", &raw_to_der(&signature)), Ok(()));
    assert!(der.verify(b"message digesT", &raw_to_der(&signature)).is_err());
    let other = Sm2Sm3::with_user_id(b"ALICE123@YAHOO.COM", SignatureEncoding::Der).unwrap();
    let other = other.key(PublicKey(&public)).unwrap();
    assert!(other.verify(b"message digest", &raw_to_der(&signature)).is_err());
}

/// GB/T 32905-2016 annex A: "abc" and 16 times "abcd", alone and at once.
#[test]
fn sm3_samples_of_gb_t_32905() {
    let long = b"abcd".repeat(16);
    let abc = hex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    let abcd = hex("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
    assert_eq!(SM2_SM3.digest(&[b"a", b"bc"])[..], abc);
    assert_eq!(SM2_SM3.digest(&[&long])[..], abcd);
    for count in 0..40 {
        let messages: Vec<[&[u8]; 2]> = (0..count)
            .map(|at| if at % 3 == 0 { [&b"ab"[..], b"c"] } else { [&long[..at], &long[at..]] })
            .collect();
        let digests = sm3_many(&messages);
        assert_eq!(digests.len(), count);
        for (at, digest) in digests.iter().enumerate() {
            assert_eq!(digest[..], if at % 3 == 0 { &abc } else { &abcd }[..], "message {at} of {count}");
        }
    }
}

#[test]
fn sm3_vectors() {
    let Some(path) = boyin_testkit::vectors::path("sm2/tongsuo_evpmd_sm3.txt") else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let mut all = Vec::new();
    for block in text.split("\n\n") {
        let member = |name: &str| {
            block
                .lines()
                .find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('=').map(str::trim))
        };
        if member("Digest") != Some("SM3") {
            continue;
        }
        let (input, output) = (hex(member("Input").unwrap()), hex(member("Output").unwrap()));
        assert_eq!(SM2_SM3.digest(&[&input])[..], output, "{block}");
        let (left, right) = input.split_at(input.len() / 3);
        assert_eq!(SM2_SM3.digest(&[left, &[], right])[..], output, "in parts: {block}");
        all.push((input, output));
    }
    assert_eq!(all.len(), text.matches("Digest = SM3").count());
    println!("SM3: {} entries", all.len());
    assert_eq!(all.len(), 8);
    let at_once: Vec<[&[u8]; 1]> = all.iter().map(|(input, _)| [input.as_slice()]).collect();
    assert!(sm3_many(&at_once).iter().zip(&all).all(|(digest, (_, output))| digest[..] == output[..]));
}

/// FIPS 180-4 sample "abc", in parts.
#[test]
fn sha256_in_parts() {
    let wanted = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(ES256.digest(&[b"a", b"", b"bc"])[..], wanted);
    assert_eq!(boyin_suite::ES256_P256.digest(&[b"ab", b"c"])[..], wanted);
}

/// RFC 9449 §4.1 prints the key, §6.1 its thumbprint.
#[test]
fn key_id_is_the_jwk_thumbprint() {
    use base64::Engine as _;
    let decode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap();
    let point = [
        vec![4],
        decode("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"),
        decode("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"),
    ]
    .concat();
    assert_eq!(Jwk::from_point(&ES256, &point).unwrap().kid, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(Jwk::from_point(&SM2_SM3, &hex(PUBLIC)).unwrap().kid.len(), 43);
    assert!(Jwk::from_point(&ES256, &point[1..]).is_none());
    assert!(Jwk::from_point(&ES256, &[&[6], &point[1..]].concat()).is_none());
    assert!(Jwk::from_point(&boyin_suite::RS256, &point).is_none());
}

#[test]
fn a_license_verifier_knows_two_algorithms() {
    let names: Vec<_> = all_jws().iter().map(|alg| (alg.id().name, alg.id().jws)).collect();
    assert_eq!(names, [("ES256", Some("ES256")), ("SM2-SM3", Some("SM2-SM3"))]);
    let others: [&dyn VerifyAlg; 4] =
        [&boyin_suite::ES256_ANY_S, &boyin_suite::ECDSA_P256_SHA256_DER, &SM2_SM3_DER, &boyin_suite::RS256];
    assert!(others.iter().all(|alg| alg.id().jws.is_none()));
}

#[test]
fn user_ids_are_bounded_and_interned() {
    let raw = |id: &[u8]| Sm2Sm3::with_user_id(id, SignatureEncoding::Raw);
    assert!(std::ptr::eq(raw(boyin_suite::DEFAULT_USER_ID).unwrap(), &SM2_SM3));
    assert!(std::ptr::eq(raw(b"x").unwrap(), raw(b"x").unwrap()));
    assert_ne!(raw(b"x").unwrap().id(), raw(b"y").unwrap().id());
    assert_eq!(raw(b"x").unwrap().id().jws, None);
    assert!(raw(&[0xff; 8191]).is_ok());
    assert_eq!(raw(&[0xff; 8192]).unwrap_err(), UserIdError::TooLong { bytes: 8192 });
    assert_eq!(
        Sm2Sm3::with_user_id(b"x", SignatureEncoding::Pkcs1).unwrap_err(),
        UserIdError::NoSuchEncoding
    );
}
