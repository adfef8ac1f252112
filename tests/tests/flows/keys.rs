//! Licenses under keys that stay in a token, and under keys with limits.

use std::collections::HashMap;
use std::path::Path;

use boyin::hsm::Pin;
use boyin::model::alg::SignError;
use boyin::suite::SystemRandom;
use boyin::verify::Verdict;
use boyin::{
    Desk, DeskError, Home, KeyLimits, KeyOwner, KeyPurpose, KeySource, KeyState, Lookup, Passphrase, Setup,
    SuiteName,
};
use boyin_testkit::softhsm::{MODULE, PIN, TOKEN, with_softhsm};

use crate::office::{Prefecture, identity_card, now, order, passphrase, police};

pub(crate) fn in_token() -> KeySource {
    KeySource::Pkcs11 { module: Path::new(MODULE).to_owned(), token: TOKEN.to_owned(), pin_file: None }
}

fn secrets() -> Passphrase {
    passphrase().with_pin(Pin::new(PIN.to_owned()))
}

#[test]
fn an_office_issues_with_a_key_in_a_token() {
    with_softhsm("keys::an_office_issues_with_a_key_in_a_token", |hsm| {
        let model = Prefecture::new();
        let config = model.home.config();
        let setup = Setup {
            authority: config.authority.clone(),
            authority_code: config.authority_code,
            division: config.division,
            public_url: config.public_url.clone(),
            suite: SuiteName::Sm2Sm3,
            offices: model.home.offices().to_vec(),
            catalog: None,
        };
        let keys = HashMap::from([(police(), in_token())]);
        let dir = hsm.dir().join("data");
        let home = Home::create_with_keys(&dir, &setup, &keys, &secrets(), now(), &mut SystemRandom).unwrap();
        assert!(!dir.join(format!("keys/{}.pem", police())).exists(), "there is no key file");
        let issue = |key: &str| {
            let desk = Desk::open(&home, &secrets(), now()).unwrap();
            desk.issue(&identity_card(), &order(police(), key), &mut SystemRandom)
        };
        let (first, second) = (issue("one").unwrap(), issue("two").unwrap());
        let scratch = tempfile::tempdir().unwrap();
        let lookup = Lookup::open(&home, scratch.path(), &passphrase()).unwrap();
        for receipt in [&first, &second] {
            assert_eq!(lookup.verify(&receipt.credential, now()).verdict(), Verdict::Passed);
        }
        // Without the device nothing is issued; with it the same order is one license.
        let desk = Desk::open(&home, &secrets(), now()).unwrap();
        let away = hsm.dir().join("away");
        desk.issue(&identity_card(), &order(police(), "three"), &mut SystemRandom).unwrap();
        std::fs::rename(hsm.tokens(), &away).unwrap();
        let gone = desk.issue(&identity_card(), &order(police(), "four"), &mut SystemRandom).unwrap_err();
        assert_eq!(gone.code(), "signing", "{gone}");
        std::fs::rename(&away, hsm.tokens()).unwrap();
        let back = desk.issue(&identity_card(), &order(police(), "four"), &mut SystemRandom).unwrap();
        let again = desk.issue(&identity_card(), &order(police(), "four"), &mut SystemRandom).unwrap();
        assert_eq!((back.replayed, again.replayed), (false, true));
        assert_eq!(back.credential, again.credential);
        assert_eq!(desk.archive().list(None, None, 10).unwrap().items.len(), 4);
        drop(desk);
        // The PIN was not handed in.
        let desk = Desk::open(&home, &passphrase(), now()).unwrap();
        let refused = desk.issue(&identity_card(), &order(police(), "five"), &mut SystemRandom).unwrap_err();
        assert!(refused.to_string().contains("BOYIN_PIN_FILE"), "{refused}");
    });
}

#[test]
fn a_limited_key_stops_at_its_limit_and_a_successor_goes_on() {
    let prefecture = Prefecture::new();
    let make = |limits: KeyLimits| {
        let source = KeySource::Software(SuiteName::Sm2Sm3);
        let owner = KeyOwner::Office(police());
        let words = order(police(), "key");
        let home = &prefecture.home;
        home.new_key(owner, &source, Some(&limits), &words, &passphrase(), &mut SystemRandom).unwrap().kid
    };
    let useless = make(KeyLimits { purposes: vec![KeyPurpose::Licenses], ..KeyLimits::default() });
    let desk = prefecture.desk();
    let refused = desk.rotate_key(police(), &useless, None, &order(police(), "r")).unwrap_err();
    assert!(refused.to_string().contains("limits"), "it could not sign status lists: {refused}");
    let limited = make(KeyLimits { signatures: Some(3), ..KeyLimits::default() });
    let rotation = desk.rotate_key(police(), &limited, None, &order(police(), "r")).unwrap();
    let later = |key: &str| {
        let mut order = order(police(), key);
        order.at = rotation.from;
        order
    };
    // The status list was the first signature.
    desk.issue(&identity_card(), &later("1"), &mut SystemRandom).unwrap();
    drop(desk);
    let desk = prefecture.desk();
    desk.issue(&identity_card(), &later("2"), &mut SystemRandom).unwrap();
    let DeskError::Signing(error) = desk.issue(&identity_card(), &later("3"), &mut SystemRandom).unwrap_err()
    else {
        panic!("another error")
    };
    assert_eq!(error, boyin::issue::SigningKeyError::Signer(SignError::UsedUp));
    let keys = prefecture.home.keys(rotation.from).unwrap();
    let view = keys.iter().find(|view| view.kid == limited).unwrap();
    assert_eq!((view.uses, view.state), (Some(3), KeyState::InForce));
    let next = make(KeyLimits::default());
    let second = desk.rotate_key(police(), &next, None, &later("r2")).unwrap();
    let mut order = later("3");
    order.at = second.from;
    desk.issue(&identity_card(), &order, &mut SystemRandom).unwrap();
}
