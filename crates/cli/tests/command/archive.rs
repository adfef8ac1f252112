//! `boyin archive`: what an operator does when a disk breaks.

use std::path::{Path, PathBuf};

use boyin::model::time::UnixTime;
use boyin::{Desk, Home, Passphrase};

use crate::support::{MARKET, PASSPHRASE, POLICE, Place, Ran, forms};

/// A data directory with some licenses of two offices, one of them revoked.
fn filled() -> (Place, String) {
    let place = Place::new();
    let cards = place.write_forms("cards", &forms("identity-card")[..4]);
    place.issue(POLICE, &cards, &[]).ends(0);
    let businesses = place.write_forms("business", &forms("business-license")[..1]);
    place.issue(MARKET, &businesses, &[]).ends(0);
    let revoked = place.issue_one(POLICE, "identity-card");
    (place, revoked)
}

/// The command on another data directory.
fn at(place: &Place, home: &str, args: &[&str]) -> Ran {
    Ran::of(place.command(args).env("BOYIN_HOME", place.path(home)).output().unwrap())
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_backed_up_is_there_after_the_disk_broke() {
    let (place, revoked) = filled();
    place.boyin(&["license", "revoke", &revoked, "--reason", "测试", "--who", "甲"]).ends(0);
    let backup = place.path("backup");
    // A desk is at work meanwhile.
    let home = Home::open(&place.home()).unwrap();
    let issued = home.trust().unwrap().1.list().issued_at.seconds();
    let passphrase = Passphrase::new(PASSPHRASE.to_owned());
    let desk = Desk::open(&home, &passphrase, UnixTime::new(issued + 60).unwrap()).unwrap();
    let sound = place.boyin(&["archive", "check", "--json"]).ends(0).json();
    assert_eq!((sound["sound"].as_bool(), sound["licenses"].as_u64()), (Some(true), Some(6)));
    let made = place.boyin(&["archive", "backup", &backup, "--json"]).ends(0).json();
    assert_eq!(made["last_event"], sound["last_event"]);
    drop(desk);
    let report = place.boyin(&["archive", "backup", "verify", &backup, "--json"]).ends(0).json();
    assert_eq!((report["sound"].as_bool(), report["verified"].as_u64()), (Some(true), Some(6)));

    // No private half of any key, nor the secret of the archive, is in it.
    for file in files(Path::new(&backup)) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"PRIVATE KEY"), "{file:?}");
        assert!(!file.to_string_lossy().ends_with(".pem"), "{file:?}");
    }
    let before = place.boyin(&["license", "list", "--limit", "100", "--json"]).ends(0).json();
    std::fs::rename(place.home().join("keys"), place.path("keys")).unwrap();
    std::fs::remove_dir_all(place.home()).unwrap();

    let restore = ["archive", "restore", &backup, "--keys", &place.path("keys")];
    let said = place.boyin(&restore).ends(0);
    let next = made["last_event"].as_u64().unwrap() + 1;
    assert!(said.out.contains(&format!("the next act is event {next}")), "{}", said.out);
    let after = place.boyin(&["license", "list", "--limit", "100", "--json"]).ends(0).json();
    let ids = |page: &serde_json::Value| -> Vec<(String, String)> {
        let licenses = page["licenses"].as_array().unwrap().iter();
        licenses.map(|l| (l["license_id"].to_string(), l["report"]["verdict"].to_string())).collect()
    };
    assert_eq!(ids(&before), ids(&after));
    place.boyin(&["license", "verify", &revoked]).ends(1);
    // It goes on: the next act has the next number.
    place.issue_one(POLICE, "identity-card");
    let card = place.write_forms("another", &forms("identity-card")[7..8]);
    let receipt = place.issue(POLICE, &card, &["--json"]).ends(0).json();
    assert!(receipt["event"].as_u64().unwrap() >= next, "{receipt}");
    place.boyin(&["archive", "check"]).ends(0);
}

#[test]
fn a_damaged_archive_is_named_and_a_damaged_backup_refused() {
    let (place, _) = filled();
    let backup = place.path("backup");
    place.boyin(&["archive", "backup", &backup, "--with-keys"]).ends(0);
    // Where nothing was given, the keys in the backup are used.
    place.boyin(&["archive", "backup", "verify", &backup]).ends(0);
    at(&place, "elsewhere", &["archive", "restore", &backup]).ends(0);
    at(&place, "elsewhere", &["archive", "check"]).ends(0);
    at(&place, "elsewhere", &["archive", "restore", &backup]).complains(&["exists: choose a new place"]);
    place.boyin(&["archive", "restore", &backup]).complains(&["exists"]);

    let config = Path::new(&backup).join("data/boyin.toml");
    flip(&config);
    let report = place.boyin(&["archive", "backup", "verify", &backup, "--json"]).ends(1).json();
    assert_eq!(report["files"][0]["path"], "boyin.toml");
    assert_eq!(report["files"][0]["code"], "digest");
    at(&place, "third", &["archive", "restore", &backup]).complains(&["boyin.toml has other bytes"]);
    flip(&config);
    std::fs::remove_file(Path::new(&backup).join("backup.json")).unwrap();
    for args in [["archive", "restore", &backup].as_slice(), &["archive", "backup", "verify", &backup]] {
        at(&place, "third", args).complains(&["is not a finished backup"]);
    }
    assert!(!Path::new(&place.path("third")).exists());
}

#[test]
fn a_backup_opens_with_its_own_secret_only() {
    let (place, _) = filled();
    let backup = place.path("backup");
    place.boyin(&["archive", "backup", &backup]).ends(0);
    let other = Place::new();
    let keys = other.home().join("keys");
    let keys = keys.to_str().unwrap();
    place
        .boyin(&["archive", "backup", "verify", &backup, "--keys", keys])
        .complains(&["not the root secret"]);
    at(&place, "new", &["archive", "restore", &backup, "--keys", keys]).complains(&["not the root secret"]);
    at(&place, "new", &["archive", "restore", &backup]).complains(&["holds no keys", "--keys"]);
    let wrong =
        place.command(&["archive", "backup", "verify", &backup]).env("BOYIN_PASSPHRASE", "wrong").output();
    Ran::of(wrong.unwrap()).complains(&["passphrase is wrong"]);
}

/// The trust list in the backup is another prefecture's: every file is as it was backed up, and no license passes.
#[test]
fn licenses_are_verified_with_the_trust_list_in_the_backup() {
    let (place, _) = filled();
    let other = Place::new();
    std::fs::remove_dir_all(place.home().join("trust")).unwrap();
    copy_tree(&other.home().join("trust"), &place.home().join("trust"));
    let backup = place.path("backup");
    place.boyin(&["archive", "backup", &backup]).ends(0);
    let report = place.boyin(&["archive", "backup", "verify", &backup, "--json"]).ends(1).json();
    assert_eq!(
        (report["files"].as_array().unwrap().len(), report["archive"]["sound"].as_bool()),
        (0, Some(true))
    );
    let licenses = report["licenses"].as_array().unwrap();
    assert_eq!(licenses.len(), 6);
    assert_eq!((&licenses[0]["check"], &licenses[0]["reason"]), (&"issuer".into(), &"key_unknown".into()));
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name())
        };
        if path.is_dir() {
            copy_tree(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

#[test]
fn a_backup_says_what_it_does_not_know() {
    let (place, _) = filled();
    std::fs::write(place.home().join("passphrase"), PASSPHRASE).unwrap();
    let made = place.boyin(&["archive", "backup", &place.path("1"), "--json"]).ends(0).json();
    assert_eq!(made["left_out"], serde_json::json!(["passphrase"]));
    assert!(!Path::new(&place.path("1/data/passphrase")).exists());
    let said = place.boyin(&["archive", "backup", &place.path("2"), "--previous", &place.path("1")]).ends(0);
    assert!(said.out.contains("Not in it, because unknown: passphrase"), "{}", said.out);
    place.boyin(&["archive", "backup", "verify", &place.path("2")]).ends(0);
    place.boyin(&["archive", "backup"]).complains(&["<DIR>"]);
}

#[test]
fn each_way_to_break_an_archive_has_clear_words() {
    let (place, _) = filled();
    let backup = place.path("backup");
    place.boyin(&["archive", "check"]).ends(0);
    // The log becomes tables.
    place.issue_one(POLICE, "identity-card");
    place.boyin(&["archive", "backup", &backup, "--with-keys"]).ends(0);
    let database = |home: &str| PathBuf::from(place.path(home)).join("archive/db");
    let named = |home: &str, is: fn(&str) -> bool| -> PathBuf {
        let found = files(&database(home)).into_iter().filter(|path| {
            is(path.file_name().unwrap().to_str().unwrap()) && std::fs::metadata(path).unwrap().len() > 0
        });
        found.max_by_key(|path| std::fs::metadata(path).unwrap().len()).unwrap()
    };
    type Break = fn(&Path);
    type Case = (&'static str, fn(&str) -> bool, Break);
    let cases: [Case; 5] = [
        ("missing table", |name| name.ends_with(".sst"), |path| std::fs::remove_file(path).unwrap()),
        ("no CURRENT", |name| name == "CURRENT", |path| std::fs::remove_file(path).unwrap()),
        ("CURRENT", |name| name == "CURRENT", |path| std::fs::write(path, "MANIFEST-000000\n").unwrap()),
        ("list of files", |name| name.starts_with("MANIFEST"), flip),
        ("table", |name| name.ends_with(".sst"), flip),
    ];
    for (number, (what, is, spoil)) in cases.into_iter().enumerate() {
        let home = format!("broken {number}");
        at(&place, &home, &["archive", "restore", &backup]).ends(0);
        spoil(&named(&home, is));
        let ran = at(&place, &home, &["archive", "check", "--json"]);
        // What cannot be opened is an error, what can be is a list of faults; none is taken for sound.
        match ran.code {
            Some(1) => assert_eq!(ran.json()["sound"], false, "{what}"),
            Some(3) => assert!(
                ["restore it from a backup", "there is no archive", "refused"]
                    .iter()
                    .any(|words| ran.err.contains(words)),
                "{what}: {}",
                ran.err
            ),
            code => panic!("{what}: {code:?} {} {}", ran.out, ran.err),
        }
        let other = at(&place, &home, &["archive", "backup", &place.path(&format!("of broken {number}"))]);
        assert!(what == "table" || other.code == Some(3), "{what}: {}", other.out);
    }
}
