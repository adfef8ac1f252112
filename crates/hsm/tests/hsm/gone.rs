//! The device goes away and comes back.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use boyin_hsm::{HsmError, TokenKey};
use boyin_model::alg::{SignError, Signer as _};
use boyin_testkit::softhsm::{MODULE, with_softhsm};
use cryptoki::context::Pkcs11;

use crate::support::{name, session, token};

#[test]
fn a_device_that_is_gone_is_named_and_used_again_when_it_is_back() {
    with_softhsm("gone::a_device_that_is_gone_is_named_and_used_again_when_it_is_back", |hsm| {
        let key = TokenKey::generate(&token(), name("one")).unwrap();
        key.sign(b"before").unwrap();
        let away = hsm.dir().join("away");
        for _ in 0..2 {
            std::fs::rename(hsm.tokens(), &away).unwrap();
            for _ in 0..3 {
                assert_eq!(key.sign(b"without device"), Err(SignError::Unavailable));
            }
            // An empty reader.
            std::fs::create_dir(hsm.tokens()).unwrap();
            assert!(matches!(key.sign_or_say_why(b"without token"), Err(HsmError::NoToken(_))));
            std::fs::remove_dir(hsm.tokens()).unwrap();
            std::fs::rename(&away, hsm.tokens()).unwrap();
            key.sign(b"back").unwrap();
        }
    });
}

#[test]
fn a_module_that_was_ended_is_started_again() {
    with_softhsm("gone::a_module_that_was_ended_is_started_again", |_| {
        let key = TokenKey::generate(&token(), name("one")).unwrap();
        for _ in 0..3 {
            Pkcs11::new(MODULE).unwrap().finalize().unwrap();
            key.sign(b"message").unwrap();
        }
    });
}

#[test]
fn who_was_logged_out_logs_in_again() {
    with_softhsm("gone::who_was_logged_out_logs_in_again", |_| {
        let key = TokenKey::generate(&token(), name("one")).unwrap();
        for _ in 0..3 {
            // Logs every session of the process out.
            session().logout().unwrap();
            key.sign(b"message").unwrap();
        }
    });
}

#[test]
fn a_device_that_comes_and_goes_while_many_sign_gives_signatures_or_says_that_it_is_gone() {
    let test = "gone::a_device_that_comes_and_goes_while_many_sign_gives_signatures_or_says_that_it_is_gone";
    with_softhsm(test, |hsm| {
        let key = TokenKey::generate(&token(), name("one")).unwrap();
        let away = hsm.dir().join("away");
        let ended = AtomicBool::new(false);
        let refused = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        match key.sign(b"message") {
                            Ok(_) => {}
                            Err(error) => {
                                assert_eq!(error, SignError::Unavailable);
                                refused.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
            for _ in 0..5 {
                std::fs::rename(hsm.tokens(), &away).unwrap();
                while key.sign(b"message").is_ok() {}
                std::fs::rename(&away, hsm.tokens()).unwrap();
                while key.sign(b"message").is_err() {}
            }
            ended.store(true, Ordering::Relaxed);
        });
        assert!(refused.load(Ordering::Relaxed) > 0);
        key.sign(b"message").unwrap();
    });
}

#[test]
fn a_refused_pin_is_not_tried_again() {
    with_softhsm("gone::a_refused_pin_is_not_tried_again", |hsm| {
        let pin = boyin_hsm::Pin::new("000000".to_owned());
        let wrong = boyin_hsm::Token::new(std::path::Path::new(MODULE), "boyin-test", pin).unwrap();
        assert!(matches!(TokenKey::open(&wrong, name("one")), Err(HsmError::WrongPin)));
        // The token is not even looked for.
        std::fs::rename(hsm.tokens(), hsm.dir().join("away")).unwrap();
        assert!(matches!(TokenKey::open(&wrong.clone(), name("one")), Err(HsmError::WrongPin)));
    });
}
