//! Both directions against the openssl command, an independent implementation of both suites.

use boyin_model::alg::{PublicKey, SignatureEncoding, Signer, VerifyAlg};
use boyin_suite::{
    Algorithm, DEFAULT_USER_ID, ECDSA_P256_SHA256_DER, KeyError, SM2_SM3_DER, Sm2Sm3, SoftwareKey,
    SystemRandom, public_key_from_spki, public_key_to_spki, raw_to_der,
};

use crate::support::OpenSsl;

const MESSAGE: &[u8] = "电子证照 message".as_bytes();
const OTHER_ID: &str = "ALICE123@YAHOO.COM";

fn genpkey(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        Algorithm::Sm2 => "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2",
    }
}

/// Options of `openssl dgst`: it has no default user ID.
fn dgst(algorithm: Algorithm, user_id: &str) -> String {
    match algorithm {
        Algorithm::Es256 => "dgst -sha256".to_owned(),
        Algorithm::Sm2 => format!("dgst -sm3 -sigopt distid:{user_id}"),
    }
}

fn der_verifier(algorithm: Algorithm, user_id: &str) -> &'static dyn VerifyAlg {
    match algorithm {
        Algorithm::Es256 => &ECDSA_P256_SHA256_DER,
        Algorithm::Sm2 => Sm2Sm3::with_user_id(user_id.as_bytes(), SignatureEncoding::Der).unwrap(),
    }
}

fn default_id() -> &'static str {
    std::str::from_utf8(DEFAULT_USER_ID).unwrap()
}

fn der_signature(key: &SoftwareKey) -> Vec<u8> {
    raw_to_der(&key.sign(MESSAGE).unwrap().try_into().unwrap())
}

/// Our key, plain and encrypted, is read by openssl; openssl and we verify each other's signatures under it.
fn our_key(algorithm: Algorithm) {
    let Some(openssl) = OpenSsl::new() else { return };
    let key = SoftwareKey::generate(algorithm, &mut SystemRandom).unwrap();
    let options = dgst(algorithm, default_id());
    openssl.write("m", MESSAGE);
    openssl.write("k.der", key.to_pkcs8_der());
    openssl.write("k.pem", key.to_encrypted_pem("口令".as_bytes(), &mut SystemRandom).unwrap());
    openssl.write("p.der", public_key_to_spki(algorithm, key.public_key()).unwrap());
    openssl.run("pkey -inform DER -in k.der -check -noout");
    openssl.run("pkey -inform DER -in k.der -pubout -outform DER -out p1.der");
    openssl.run("pkey -in k.pem -passin pass:口令 -pubout -outform DER -out p2.der");
    assert_eq!(openssl.read("p1.der"), openssl.read("p.der"));
    assert_eq!(openssl.read("p2.der"), openssl.read("p.der"));
    openssl.run("pkcs8 -in k.pem -passin pass:口令 -topk8 -nocrypt -outform DER -out k2.der");
    let again = SoftwareKey::from_pkcs8_der(algorithm, &openssl.read("k2.der")).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    assert!(!openssl.try_run("pkey -in k.pem -passin pass:wrong -noout").status.success());

    openssl.run("pkey -pubin -inform DER -in p.der -out p.pem");
    openssl.write("s", der_signature(&key));
    openssl.run(&format!("{options} -verify p.pem -signature s m"));
    openssl.write("m2", b"another message");
    assert!(!openssl.try_run(&format!("{options} -verify p.pem -signature s m2")).status.success());

    openssl.run(&format!("{options} -sign k.pem -passin pass:口令 -out s2 m"));
    let verifier = der_verifier(algorithm, default_id()).key(key.public_key()).unwrap();
    assert_eq!(verifier.verify(MESSAGE, &openssl.read("s2")), Ok(()));
    assert!(verifier.verify(b"another message", &openssl.read("s2")).is_err());
}

#[test]
fn our_es256_key() {
    our_key(Algorithm::Es256);
}

#[test]
fn our_sm2_key() {
    our_key(Algorithm::Sm2);
}

/// Keys that openssl made, in the clear and encrypted in the three ways it offers, are ours to use.
fn their_key(algorithm: Algorithm) {
    let Some(openssl) = OpenSsl::new() else { return };
    openssl.write("m", MESSAGE);
    openssl.run(&format!("{} -outform DER -out k.der", genpkey(algorithm)));
    openssl.run("pkcs8 -topk8 -inform DER -in k.der -passout pass:secret -out pbkdf2.pem");
    openssl.run("pkcs8 -topk8 -inform DER -in k.der -passout pass:secret -scrypt -out scrypt.pem");
    openssl.run("pkcs8 -topk8 -inform DER -in k.der -passout pass:secret -v2 aes-128-cbc -out aes128.pem");
    openssl.run("pkcs8 -topk8 -inform DER -in k.der -outform DER -nocrypt -out pkcs8.der");
    openssl.run("pkey -inform DER -in k.der -pubout -outform DER -out p.der");
    openssl.run("pkey -inform DER -in k.der -pubout -out p.pem");
    let public = public_key_from_spki(algorithm, &openssl.read("p.der")).unwrap();
    assert_eq!(public_key_to_spki(algorithm, PublicKey(&public)).unwrap(), openssl.read("p.der"));

    let mut keys = vec![SoftwareKey::from_pkcs8_der(algorithm, &openssl.read("pkcs8.der")).unwrap()];
    for name in ["pbkdf2.pem", "scrypt.pem", "aes128.pem"] {
        keys.push(SoftwareKey::from_encrypted_pem(algorithm, &openssl.read_text(name), b"secret").unwrap());
    }
    for key in keys {
        assert_eq!(key.public_key(), PublicKey(&public));
        openssl.write("s", der_signature(&key));
        openssl.run(&format!("{} -verify p.pem -signature s m", dgst(algorithm, default_id())));
    }
}

#[test]
fn their_es256_key() {
    their_key(Algorithm::Es256);
}

#[test]
fn their_sm2_key() {
    their_key(Algorithm::Sm2);
}

#[test]
fn another_user_id() {
    let Some(openssl) = OpenSsl::new() else { return };
    let alg = Sm2Sm3::with_user_id(OTHER_ID.as_bytes(), SignatureEncoding::Der).unwrap();
    let key = SoftwareKey::generate(Algorithm::Sm2, &mut SystemRandom).unwrap().with_sm2(alg).unwrap();
    assert_eq!(key.alg().id(), alg.id());
    openssl.write("m", MESSAGE);
    openssl.write("k.der", key.to_pkcs8_der());
    openssl.run("pkey -inform DER -in k.der -pubout -out p.pem");
    openssl.run("pkey -inform DER -in k.der -out k.pem");

    openssl.write("s", key.sign(MESSAGE).unwrap());
    let (other, default) = (dgst(Algorithm::Sm2, OTHER_ID), dgst(Algorithm::Sm2, default_id()));
    openssl.run(&format!("{other} -verify p.pem -signature s m"));
    assert!(!openssl.try_run(&format!("{default} -verify p.pem -signature s m")).status.success());

    openssl.run(&format!("{other} -sign k.pem -out s2 m"));
    let signature = openssl.read("s2");
    assert_eq!(alg.key(key.public_key()).unwrap().verify(MESSAGE, &signature), Ok(()));
    assert!(SM2_SM3_DER.key(key.public_key()).unwrap().verify(MESSAGE, &signature).is_err());
}

/// PBES1, SHA-1 and keys in the clear are refused by name, not taken for a wrong passphrase.
#[test]
fn old_encryption_is_refused() {
    let Some(openssl) = OpenSsl::new() else { return };
    openssl.run(&format!("{} -out k.pem", genpkey(Algorithm::Sm2)));
    openssl.run("pkcs8 -topk8 -in k.pem -passout pass:secret -v2 aes256 -v2prf hmacWithSHA1 -out sha1.pem");
    openssl.run("pkcs8 -topk8 -in k.pem -passout pass:secret -v1 PBE-SHA1-3DES -out pbes1.pem");
    let open =
        |name: &str| SoftwareKey::from_encrypted_pem(Algorithm::Sm2, &openssl.read_text(name), b"secret");
    assert_eq!(open("sha1.pem").unwrap_err(), KeyError::UnsupportedEncryption);
    assert_eq!(open("pbes1.pem").unwrap_err(), KeyError::UnsupportedEncryption);
    assert_eq!(open("k.pem").unwrap_err(), KeyError::NotEncrypted);
}
