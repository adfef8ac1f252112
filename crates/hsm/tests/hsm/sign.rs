use std::process::Command;

use boyin_hsm::{HsmError, TokenKey};
use boyin_model::alg::{Signer as _, VerifyAlg as _};
use boyin_suite::{Algorithm, ES256, public_key_to_spki, raw_to_der};
use boyin_testkit::softhsm::{PIN, with_softhsm};

use crate::support::{name, token};

#[test]
fn a_key_made_inside_signs_and_openssl_verifies() {
    with_softhsm("sign::a_key_made_inside_signs_and_openssl_verifies", |hsm| {
        let key = TokenKey::generate(&token(), name("one")).unwrap();
        let path = |file: &str| hsm.dir().join(file);
        std::fs::write(path("p.der"), public_key_to_spki(Algorithm::Es256, key.public_key()).unwrap())
            .unwrap();
        // Half of all unadjusted signatures have a high s: twelve low ones are no accident (ES256 refuses a high one).
        for number in 0..12 {
            let message = format!("message {number}");
            let signature = key.sign(message.as_bytes()).unwrap();
            let known = ES256.key(key.public_key()).unwrap();
            known.verify(message.as_bytes(), &signature).unwrap();
            assert!(known.verify(b"another message", &signature).is_err());
            let raw: &[u8; 64] = signature.as_slice().try_into().unwrap();
            std::fs::write(path("m"), &message).unwrap();
            std::fs::write(path("s"), raw_to_der(raw)).unwrap();
            let mut openssl = Command::new("openssl");
            openssl.current_dir(hsm.dir()).args(["dgst", "-sha256", "-verify", "p.der", "-keyform", "DER"]);
            let judged = openssl.args(["-signature", "s", "m"]).output().expect("openssl is installed");
            assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
        }
    });
}

#[test]
fn the_same_key_is_found_again_and_only_one_has_its_name() {
    with_softhsm("sign::the_same_key_is_found_again_and_only_one_has_its_name", |_| {
        let made = TokenKey::generate(&token(), name("one")).unwrap();
        let found = TokenKey::open(&token(), name("one")).unwrap();
        assert_eq!(made.public_key(), found.public_key());
        let again = TokenKey::generate(&token(), name("one")).unwrap_err();
        assert!(matches!(again, HsmError::KeyExists(_)), "{again}");
        let mut other = name("one");
        other.id = Some(vec![9]);
        assert!(matches!(TokenKey::open(&token(), other.clone()), Err(HsmError::NoKey(_))));
        TokenKey::generate(&token(), other.clone()).unwrap();
        other.id = None;
        assert!(matches!(TokenKey::open(&token(), other), Err(HsmError::TwoKeys(_))));
        found.destroy().unwrap();
        assert!(matches!(TokenKey::open(&token(), name("one")), Err(HsmError::NoKey(_))));
        assert!(matches!(made.sign_or_say_why(b"m"), Err(HsmError::NoKey(_))));
    });
}

#[test]
fn many_threads_sign_with_one_key() {
    with_softhsm("sign::many_threads_sign_with_one_key", |_| {
        let key = TokenKey::generate(&token(), name("one")).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8_u8 {
                let key = &key;
                scope.spawn(move || (0..25_u8).for_each(|number| drop(key.sign(&[thread, number]).unwrap())));
            }
        });
    });
}

#[test]
fn nothing_secret_is_printed() {
    with_softhsm("sign::nothing_secret_is_printed", |_| {
        let key = TokenKey::generate(&token(), name("one")).unwrap();
        for text in [format!("{:?}", token()), format!("{key:?}")] {
            assert!(!text.contains(PIN), "{text}");
        }
    });
}
