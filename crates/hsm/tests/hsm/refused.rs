//! Keys that are not what they should be.

use std::process::Command;

use boyin_hsm::{HsmError, TokenKey};
use boyin_model::alg::{SignError, Signer as _};
use boyin_testkit::softhsm::{MODULE, PIN, TOKEN, with_softhsm};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};

use crate::support::{name, session, token};

/// DER of the object identifiers of curves.
const SM2: &[u8] = &[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

fn make(curve: &[u8], extractable: bool, sensitive: bool) {
    let named = [Attribute::Token(true), Attribute::Label(b"one".to_vec()), Attribute::Id(vec![1, 2])];
    let public = [&named[..], &[Attribute::Verify(true), Attribute::EcParams(curve.to_vec())]].concat();
    let private =
        [Attribute::Sign(true), Attribute::Extractable(extractable), Attribute::Sensitive(sensitive)];
    let private = [&named[..], &private].concat();
    session().generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).unwrap();
}

fn open() -> Result<TokenKey, HsmError> {
    TokenKey::open(&token(), name("one"))
}

#[test]
fn a_key_on_the_sm2_curve_is_never_taken_for_sm2() {
    with_softhsm("refused::a_key_on_the_sm2_curve_is_never_taken_for_sm2", |_| {
        token();
        make(SM2, false, true);
        let refused = open().unwrap_err();
        assert!(matches!(refused, HsmError::Sm2Curve), "{refused}");
    });
}

#[test]
fn other_curves_are_refused() {
    with_softhsm("refused::other_curves_are_refused", |_| {
        token();
        make(P384, false, true);
        assert!(matches!(open(), Err(HsmError::NotP256)));
    });
}

#[test]
fn a_key_that_can_leave_is_refused() {
    with_softhsm("refused::a_key_that_can_leave_is_refused", |_| {
        token();
        make(P256, true, true);
        let refused = open().unwrap_err();
        assert!(
            matches!(refused, HsmError::Exportable { attribute: "CKA_EXTRACTABLE is true" }),
            "{refused}"
        );
    });
}

#[test]
fn a_key_that_shows_itself_is_refused() {
    with_softhsm("refused::a_key_that_shows_itself_is_refused", |_| {
        token();
        make(P256, false, false);
        let refused = open().unwrap_err();
        assert!(matches!(refused, HsmError::Exportable { attribute: "CKA_SENSITIVE is false" }), "{refused}");
    });
}

#[test]
fn a_key_from_outside_is_refused() {
    with_softhsm("refused::a_key_from_outside_is_refused", |hsm| {
        let pem = hsm.dir().join("k.pem");
        let mut openssl = Command::new("openssl");
        openssl
            .args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"])
            .arg(&pem);
        assert!(openssl.status().expect("openssl is installed").success());
        let mut import = hsm.command("softhsm2-util");
        import
            .args(["--import"])
            .arg(&pem)
            .args(["--token", TOKEN, "--label", "one", "--id", "0102", "--pin", PIN]);
        assert!(import.output().unwrap().status.success());
        let refused = open().unwrap_err();
        assert!(matches!(refused, HsmError::Exportable { .. }), "{refused}");
    });
}

#[test]
fn the_private_key_cannot_be_taken_out() {
    with_softhsm("refused::the_private_key_cannot_be_taken_out", |hsm| {
        let _key = TokenKey::generate(&token(), name("one")).unwrap();
        let session = session();
        let private = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).unwrap()[0];
        let read = session.get_attributes(private, &[AttributeType::Value]);
        let told = read.is_ok_and(|found| found.iter().any(|one| matches!(one, Attribute::Value(_))));
        assert!(!told, "its value is not told");
        for change in [Attribute::Extractable(true), Attribute::Sensitive(false)] {
            assert!(session.update_attributes(private, &[change]).is_err(), "it stays as it is");
        }
        let wrapping = [Attribute::Wrap(true), Attribute::Encrypt(true), Attribute::ValueLen(32.into())];
        let wrapper = session.generate_key(&Mechanism::AesKeyGen, &wrapping).unwrap();
        let loose = [Attribute::Extractable(true), Attribute::Sign(true)];
        let public = [Attribute::EcParams(P256.to_vec())];
        let (_, loose) = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &loose).unwrap();
        let wrap = |key| session.wrap_key(&Mechanism::AesKeyWrapPad, wrapper, key);
        assert!(wrap(loose).is_ok(), "a key that may leave is wrapped");
        let refused = wrap(private).unwrap_err();
        assert!(matches!(refused, Error::Pkcs11(RvError::KeyUnextractable, _)), "{refused}");
        // Another tool does not get it either. It says so and ends as if all were well.
        let out = hsm.dir().join("key.der");
        let mut tool = hsm.command("pkcs11-tool");
        tool.args(["--module", MODULE, "--token-label", TOKEN, "--login", "--pin", PIN, "--output-file"]);
        tool.arg(&out).args(["--read-object", "--label", "one", "--type"]);
        if tool.arg("pubkey").output().is_ok() {
            assert!(std::fs::read(&out).is_ok_and(|read| !read.is_empty()), "it reads what may be read");
            std::fs::remove_file(&out).unwrap();
            tool.arg("--type").arg("privkey").output().unwrap();
            assert!(!std::fs::read(&out).is_ok_and(|read| !read.is_empty()));
        }
    });
}

#[test]
fn a_key_put_in_the_place_of_another_signs_nothing() {
    with_softhsm("refused::a_key_put_in_the_place_of_another_signs_nothing", |_| {
        let key = TokenKey::generate(&token(), name("one")).unwrap();
        TokenKey::open(&token(), name("one")).unwrap().destroy().unwrap();
        TokenKey::generate(&token(), name("one")).unwrap();
        assert!(matches!(key.sign_or_say_why(b"m"), Err(HsmError::WrongSignature)));
        assert_eq!(key.sign(b"m"), Err(SignError::WrongSignature));
    });
}
