//! The algorithms of certificates beyond the two suites: signatures made by openssl.

use boyin_model::alg::{BadKey, PublicKey, VerifyAlg};
use boyin_suite::{
    ECDSA_P256_SHA384_DER, ECDSA_P384_SHA256_DER, ECDSA_P384_SHA384_DER, PS256, PS384, PS512, RS256, RS384,
    RS512, all_x509,
};

use crate::support::OpenSsl;

/// Bytes of the public key at the end of a SubjectPublicKeyInfo.
fn public(openssl: &OpenSsl, bytes: usize) -> Vec<u8> {
    openssl.run("pkey -in k.pem -pubout -outform DER -out p.der");
    let info = openssl.read("p.der");
    info[info.len() - bytes..].to_vec()
}

fn sign(openssl: &OpenSsl, digest: &str) -> Vec<u8> {
    openssl.write("m", b"a certificate");
    openssl.run(&format!("dgst -{digest} -sign k.pem -out s m"));
    openssl.read("s")
}

fn check(alg: &'static dyn VerifyAlg, public: &[u8], signature: &[u8], others: &[Vec<u8>]) {
    let key = alg.key(PublicKey(public)).unwrap();
    assert!(key.verify(b"a certificate", signature).is_ok(), "{alg:?}");
    assert!(key.verify(b"another", signature).is_err(), "{alg:?}");
    assert!(key.verify(b"a certificate", &[signature, &[0]].concat()).is_err(), "{alg:?}");
    for other in others {
        assert!(key.verify(b"a certificate", other).is_err(), "{alg:?} takes another digest");
    }
    assert!(matches!(alg.key(PublicKey(&public[1..])), Err(BadKey)));
    assert!(matches!(alg.key(PublicKey(&[])), Err(BadKey)));
}

#[test]
fn elliptic_curves() {
    let Some(openssl) = OpenSsl::new() else { return };
    openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k.pem");
    let key = public(&openssl, 65);
    let others = ["sha1", "sha256", "sha512"].map(|digest| sign(&openssl, digest));
    check(&ECDSA_P256_SHA384_DER, &key, &sign(&openssl, "sha384"), &others);
    openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out k.pem");
    let key = public(&openssl, 97);
    let [short, right] = ["sha256", "sha384"].map(|digest| sign(&openssl, digest));
    check(&ECDSA_P384_SHA384_DER, &key, &right, std::slice::from_ref(&short));
    check(&ECDSA_P384_SHA256_DER, &key, &short, &[right]);
    let mut off = key;
    off[96] ^= 1;
    let off = ECDSA_P384_SHA256_DER.key(PublicKey(&off));
    assert!(off.is_ok_and(|key| key.verify(b"a certificate", &short).is_err()), "a point beside the curve");
}

#[test]
fn rsa_with_each_digest() {
    let Some(openssl) = OpenSsl::new() else { return };
    openssl.run("genrsa -out k.pem 2048");
    openssl.run("rsa -in k.pem -RSAPublicKey_out -outform DER -out k.der");
    let key = openssl.read("k.der");
    let digests = ["sha256", "sha384", "sha512", "sha1"];
    let signatures = digests.map(|digest| sign(&openssl, digest));
    let algs: [&'static dyn VerifyAlg; 3] = [&RS256, &RS384, &RS512];
    for (place, alg) in algs.into_iter().enumerate() {
        let mut others = signatures.to_vec();
        let own = others.remove(place);
        check(alg, &key, &own, &others);
    }
}

#[test]
fn rsa_pss_with_each_digest() {
    let Some(openssl) = OpenSsl::new() else { return };
    openssl.run("genrsa -out k.pem 2048");
    openssl.run("rsa -in k.pem -RSAPublicKey_out -outform DER -out k.der");
    let key = openssl.read("k.der");
    let with_salt = |digest: &str, salt: u8| {
        openssl.write("m", b"a certificate");
        openssl.run(&format!(
            "dgst -{digest} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt} -sign k.pem -out s m"
        ));
        openssl.read("s")
    };
    let own = [("sha256", 32), ("sha384", 48), ("sha512", 64)];
    let signatures = own.map(|(digest, salt)| with_salt(digest, salt));
    let algs: [&'static dyn VerifyAlg; 3] = [&PS256, &PS384, &PS512];
    for (place, alg) in algs.into_iter().enumerate() {
        let mut others = signatures.to_vec();
        let right = others.remove(place);
        let (digest, salt) = own[place];
        others.extend([with_salt(digest, 20), with_salt(digest, salt + 1), sign(&openssl, digest)]);
        check(alg, &key, &right, &others);
    }
}

#[test]
fn names_are_unique_and_no_set_is_in_jws_by_accident() {
    let all = all_x509();
    for (place, alg) in all.iter().enumerate() {
        let same = |other: &&dyn VerifyAlg| other.id().name == alg.id().name;
        assert!(!all[..place].iter().any(same), "{alg:?}");
        assert!(alg.id().jws.is_none() || alg.id().name == "SM2-SM3", "{alg:?}");
    }
}

/// A trust list ends an algorithm by one name: in each encoding, and no other one with it.
#[test]
fn one_family_is_one_algorithm_in_any_encoding() {
    let others: [&dyn VerifyAlg; 4] = [
        &boyin_suite::ES256,
        &boyin_suite::ES256_ANY_S,
        &boyin_suite::ES256_P256,
        &boyin_suite::ECDSA_P256_SHA256_DER_P256,
    ];
    let all: Vec<_> = all_x509().into_iter().chain(others).collect();
    for one in &all {
        assert!(one.id().jws.is_none_or(|jws| jws == one.id().family), "{one:?}");
        for other in &all {
            let algorithm = |alg: &&dyn VerifyAlg| (alg.id().oid, alg.id().curve, alg.id().pss);
            let same = algorithm(one) == algorithm(other);
            assert_eq!(same, one.id().family == other.id().family, "{one:?} {other:?}");
        }
    }
}
