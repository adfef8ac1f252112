//! Where the root secret of the archive is, and changes of it.

use std::path::Path;

use boyin::hsm::Pin;
use boyin::suite::SystemRandom;
use boyin::{Desk, HomeError, Passphrase, SecretSource};
use boyin_testkit::softhsm::{MODULE, PIN, TOKEN, with_softhsm};

use crate::office::{Prefecture, now, order, passphrase, police};

fn secrets() -> Passphrase {
    passphrase().with_pin(Pin::new(PIN.to_owned()))
}

#[test]
fn the_root_secret_is_wrapped_by_a_key_in_a_token() {
    with_softhsm("vault::the_root_secret_is_wrapped_by_a_key_in_a_token", |_| {
        let prefecture = Prefecture::new();
        let receipt = prefecture.issue();
        let source = SecretSource::Pkcs11 {
            module: Path::new(MODULE).to_owned(),
            token: TOKEN.to_owned(),
            pin_file: None,
        };
        let desk = Desk::open(&prefecture.home, &secrets(), now()).unwrap();
        desk.change_archive_secret(&source, &order(police(), "to the token"), &mut SystemRandom).unwrap();
        drop(desk);
        // The key file of before opens nothing anymore, and is not asked.
        std::fs::remove_file(prefecture.home.dir().join("keys/archive.pem")).unwrap();
        let desk = Desk::open(&prefecture.home, &secrets(), now()).unwrap();
        assert!(desk.archive().get(&receipt.license_id).unwrap().is_some());
        drop(desk);
        let without = Desk::open(&prefecture.home, &passphrase(), now()).unwrap_err();
        assert!(without.to_string().contains("PIN"), "{without}");
        // Another wrapped secret is not taken.
        let reference = prefecture.home.dir().join("keys/archive.toml");
        let text = std::fs::read_to_string(&reference).unwrap();
        let place = text.find("wrapped = \"").unwrap() + 30;
        let other = if text.as_bytes()[place] == b'A' { "B" } else { "A" };
        let mut changed = text.clone();
        changed.replace_range(place..=place, other);
        std::fs::write(&reference, changed).unwrap();
        let refused = Desk::open(&prefecture.home, &secrets(), now()).unwrap_err();
        assert!(refused.to_string().contains("does not open the wrapped secret"), "{refused}");
        std::fs::write(&reference, text).unwrap();
        Desk::open(&prefecture.home, &secrets(), now()).unwrap();
    });
}

/// Between the change of the archive and the note of it, and before the change.
#[test]
fn a_change_of_the_root_secret_that_was_interrupted_is_finished_or_forgotten() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let keys = prefecture.home.dir().join("keys");
    let (noted, next) = (keys.join("archive.toml"), keys.join("archive-next.toml"));
    let change = |key: &str| {
        let desk = prefecture.desk();
        desk.change_archive_secret(&SecretSource::File, &order(police(), key), &mut SystemRandom).unwrap();
    };
    change("one");
    std::fs::rename(&noted, &next).unwrap();
    assert!(
        prefecture.lookup().verify_on_file(&receipt.license_id, now()).unwrap().is_some(),
        "a follower, too"
    );
    assert!(next.exists(), "who only reads finishes nothing");
    drop(prefecture.desk());
    assert!(noted.exists() && !next.exists());
    // Prepared, but the archive was not changed.
    std::fs::copy(&noted, &next).unwrap();
    change("two");
    assert!(prefecture.desk().archive().get(&receipt.license_id).unwrap().is_some());
    std::fs::remove_file(keys.join("archive-3.pem")).unwrap();
    let lost = Desk::open(&prefecture.home, &passphrase(), now()).unwrap_err();
    assert!(matches!(lost, boyin::DeskError::Home(HomeError::File { .. })), "{lost}");
}
