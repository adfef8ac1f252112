//! RSA keys and signatures made by openssl.

use boyin_model::alg::{BadKey, PublicKey, VerifyAlg};
use boyin_suite::RS256;

use crate::support::OpenSsl;

fn make(openssl: &OpenSsl, bits: u32) -> (Vec<u8>, Vec<u8>) {
    openssl.run(&format!("genrsa -out k.pem {bits}"));
    openssl.run("rsa -in k.pem -RSAPublicKey_out -outform DER -out k.der");
    openssl.write("m", b"a certificate");
    openssl.run("dgst -sha256 -sign k.pem -out s m");
    (openssl.read("k.der"), openssl.read("s"))
}

#[test]
fn verifies_and_refuses() {
    let Some(openssl) = OpenSsl::new() else { return };
    let (public, signature) = make(&openssl, 2048);
    let key = RS256.key(PublicKey(&public)).unwrap();
    assert_eq!(key.alg().id().jws, None);
    assert!(key.verify(b"a certificate", &signature).is_ok());
    assert!(key.verify(b"another certificate", &signature).is_err());
    assert!(key.verify(b"a certificate", &signature[1..]).is_err());
    openssl.run("dgst -sha1 -sign k.pem -out s1 m");
    assert!(key.verify(b"a certificate", &openssl.read("s1")).is_err());
    openssl.run("dgst -sha256 -sigopt rsa_padding_mode:pss -sign k.pem -out s2 m");
    assert!(key.verify(b"a certificate", &openssl.read("s2")).is_err());

    assert!(matches!(RS256.key(PublicKey(&public[..public.len() - 1])), Err(BadKey)));
    assert!(matches!(RS256.key(PublicKey(&[&public[..], &[0]].concat())), Err(BadKey)));
    assert!(matches!(RS256.key(PublicKey(&[])), Err(BadKey)));
}

#[test]
fn short_and_degenerate_keys_are_refused() {
    let Some(openssl) = OpenSsl::new() else { return };
    let (short, _) = make(&openssl, 1024);
    assert!(matches!(RS256.key(PublicKey(&short)), Err(BadKey)));

    // 65537 is the last INTEGER: 02 03 01 00 01. 1 and even exponents, and an even modulus, are no RSA keys.
    let (good, _) = make(&openssl, 2048);
    let at = good.len() - 1;
    for (position, value) in [(at, 0), (at - 5, good[at - 5] ^ 1)] {
        let mut bad = good.clone();
        bad[position] = value;
        assert!(matches!(RS256.key(PublicKey(&bad)), Err(BadKey)), "byte {position}");
    }
}
