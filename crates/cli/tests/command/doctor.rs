//! `boyin doctor`: a data directory that is fit for work, and each way in which one is not.

use std::collections::BTreeSet;
use std::path::Path;

use boyin::{Desk, Font, Home, Passphrase};
use boyin_service::unix_now;

use crate::support::{MARKET, PASSPHRASE, POLICE, Place, Ran, office};

/// A data directory with a license.
fn at_work() -> Place {
    let place = Place::new();
    place.issue_one(POLICE, "identity-card");
    place
}

/// Whatever the disk of the tests has.
fn doctor(place: &Place) -> Ran {
    doctor_asking_for(place, "1")
}

fn doctor_asking_for(place: &Place, mib: &str) -> Ran {
    place.boyin(&["--json", "doctor", "--min-free", mib, "--min-temporary", "1"])
}

/// Where the tests run there may be no font, which is told.
fn has_font() -> bool {
    Font::find_for_pages().is_ok()
}

/// How a directory ends in which nothing is amiss.
fn sound() -> &'static str {
    if has_font() { "ok" } else { "warn" }
}

/// The checks that ended so, beside that of the font where there is none.
fn checks(ran: &Ran, level: &str) -> BTreeSet<String> {
    let found = ran.json();
    let found = found["findings"].as_array().unwrap().iter();
    let of_level = found.filter(|finding| finding["level"] == level);
    let of_level = of_level.filter(|finding| finding["check"] != "font" || has_font());
    of_level
        .map(|finding| {
            let told = level == "ok" || finding["next_step"].as_str().is_some_and(|step| !step.is_empty());
            assert!(told, "{finding}");
            finding["check"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[track_caller]
fn fails_alone(ran: Ran, check: &str) -> Ran {
    let ran = ran.ends(1);
    assert_eq!(checks(&ran, "fail"), BTreeSet::from([check.to_owned()]), "{}", ran.out);
    assert_eq!(ran.json()["level"], "fail");
    ran
}

fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_directory_that_is_fit_for_work_is_left_as_it_is() {
    let place = at_work();
    let scratch = place.path("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let last_event = |place: &Place| {
        place.boyin(&["archive", "check", "--json"]).ends(0).json()["last_event"].as_u64().unwrap()
    };
    let before = last_event(&place);
    let least = ["doctor", "--min-free", "1", "--min-temporary", "1"];
    let mut command = place.command(&[&["--json"][..], &least[..]].concat());
    let ran = Ran::of(command.env("TMPDIR", &scratch).output().unwrap()).ends(0);
    assert_eq!(ran.json()["level"], sound(), "{}", ran.out);
    assert_eq!(checks(&ran, "ok").len(), 14 + usize::from(has_font()), "{}", ran.out);
    assert_eq!(last_event(&place), before);
    assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0, "everything is removed");
    // Nobody's name and number are in it.
    let said = place.boyin(&least).ends(0);
    assert!(said.out.contains("✓ rehearsal") && said.out.contains("fit for work"), "{}", said.out);
    let form = &crate::support::forms("identity-card")[0];
    for personal in [&form.holder.name, &form.holder.code] {
        assert!(!said.out.contains(personal) && !ran.out.contains(personal));
    }
}

#[test]
#[cfg(unix)]
fn who_may_open_keys_is_looked_at() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = at_work();
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let key = place.home().join(format!("keys/{}.pem", office(POLICE).code));
    for (path, open, closed) in [(place.home(), 0o755, 0o700), (key, 0o640, 0o600)] {
        set(&path, open);
        let ran = fails_alone(doctor(&place), "directory");
        assert!(ran.out.contains("chmod"), "{}", ran.out);
        set(&path, closed);
        doctor(&place).ends(0);
    }
}

#[test]
#[cfg(unix)]
fn what_tells_clients_of_changes_is_looked_at() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = at_work();
    let dir = place.home().join("webhooks");
    let set = |mode| std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::create_dir_all(dir.join("state")).unwrap();
    set(0o755);
    fails_alone(doctor(&place), "directory");
    set(0o700);
    let list = |client: &str| {
        let office = office(POLICE).code;
        format!(
            "[[webhook]]\nclient = \"{client}\"\nagency = \"{office}\"\nurl = \"https://agency.example/\"\nkinds = [\"status\"]\noffice = \"{office}\"\nterm_days = 1\nsince = 1\n"
        )
    };
    std::fs::write(dir.join("list.toml"), list("market-1")).unwrap();
    doctor(&place).ends(0);
    std::fs::write(dir.join("state/market-1.toml"), "position = 7").unwrap();
    let ran = fails_alone(doctor(&place), "configuration");
    assert!(ran.out.contains("webhooks/state cannot be read"), "{}", ran.out);
    std::fs::write(dir.join("list.toml"), "surprise = 1").unwrap();
    let ran = fails_alone(doctor(&place), "configuration");
    assert!(ran.out.contains("webhooks/list.toml cannot be read"), "{}", ran.out);
}

#[test]
fn a_disk_without_room_is_told() {
    let place = at_work();
    fails_alone(doctor_asking_for(&place, "1000000000000"), "free_space");
    // For large documents: everything else goes on.
    let folder = place.path("temporary");
    std::fs::create_dir(&folder).unwrap();
    let asked = ["--json", "doctor", "--min-free", "1", "--min-temporary", "1000000000000"];
    let ran = Ran::of(place.command(&asked).env("TMPDIR", &folder).output().unwrap()).ends(0);
    assert_eq!(checks(&ran, "warn"), BTreeSet::from(["temp_space".to_owned()]), "{}", ran.out);
    assert!(ran.out.contains(&folder), "{}", ran.out);
}

#[test]
fn a_configuration_that_is_none_ends_the_looking() {
    let place = at_work();
    let path = place.home().join("boyin.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("surprise = 1\n{good}")).unwrap();
    let ran = fails_alone(doctor(&place), "configuration");
    assert!(ran.out.contains("Nothing else"), "{}", ran.out);
    assert!(checks(&ran, "ok").contains("rehearsal"), "{}", ran.out);
    std::fs::write(&path, good.replace("format = 1", "format = 99")).unwrap();
    fails_alone(doctor(&place), "directory");
    std::fs::write(&path, good).unwrap();
    // Names of people are in this file, so that its text is not shown. A copy is as private as its original.
    let officers = place.home().join("officers.toml");
    std::fs::copy(&path, &officers).unwrap();
    std::fs::write(&officers, "person = 窗口甲").unwrap();
    let ran = fails_alone(doctor(&place), "configuration");
    assert!(!ran.out.contains("窗口甲"), "{}", ran.out);
}

#[test]
fn each_list_is_verified() {
    let place = at_work();
    for (list, check) in
        [("trust/list.jwt", "trust_list"), ("catalog/list.jwt", "catalog"), ("sharing/list.jwt", "sharing")]
    {
        let path = place.home().join(list);
        let good = std::fs::read(&path).unwrap();
        damage(&path);
        fails_alone(doctor(&place), check);
        std::fs::write(&path, good).unwrap();
    }
    doctor(&place).ends(0);
    // An older list in the place of a newer one is good, and is none all the same.
    place.boyin(&["trust", "renew", "--who", "甲", "--purpose", "测试"]).ends(0);
    doctor(&place).ends(0);
    let first = place.home().join("trust/history/00000001.jwt");
    std::fs::copy(first, place.home().join("trust/list.jwt")).unwrap();
    fails_alone(doctor(&place), "trust_list");
}

#[test]
fn an_issuer_without_named_status_lists_is_told() {
    let (place, other) = (at_work(), Place::new());
    let key = other.home().join("trust/anchor.json");
    let (code, since) = ("11652700DEMX00102Y", "2026-01-02T00:00:00Z");
    let words = ["--who", "管理员", "--purpose", "测试"];
    let trust = |args: &[&str]| place.boyin(&[&["trust"], args, &words[..]].concat());
    let issuer = ["--code", code, "--name", "邻州测试局", "--division", "652800", "--from", since];
    trust(&[&["add", "issuer"], &issuer[..], &["--key", key.to_str().unwrap()]].concat()).ends(0);
    trust(&["sign"]).ends(0);
    let ran = doctor(&place).ends(0);
    assert_eq!(checks(&ran, "warn"), BTreeSet::from(["trust_list".to_owned()]), "{}", ran.out);
    assert!(ran.out.contains(code), "{}", ran.out);

    let lists = ["add", "status-lists", "--issuer", code, "--prefix", "https://neighbor.example/lists/"];
    let late = trust(&[&lists[..], &["--from", "2026-01-03T00:00:00Z"]].concat());
    late.complains(&["from the beginning of its first key"]);
    let named = trust(&lists).ends(0);
    assert!(named.out.contains("from 2026-01-02T08:00:00+08:00"), "{}", named.out);
    trust(&["sign"]).ends(0);
    assert_eq!(doctor(&place).ends(0).json()["level"], sound());
}

#[test]
fn an_item_catalog_of_ones_own_has_to_be_one() {
    let place = at_work();
    std::fs::write(place.home().join("items.toml"), "nonsense").unwrap();
    fails_alone(doctor(&place), "items");
}

#[test]
fn offices_without_status_list_or_key_are_told() {
    let place = Place::new();
    fails_alone(doctor(&place), "status_lists");
    place.boyin(&["status", "renew"]).ends(0);
    doctor(&place).ends(0);
    let keys = place.home().join("keys");
    let key = keys.join(format!("{}.pem", office(MARKET).code));
    std::fs::rename(&key, place.path("key")).unwrap();
    let ran = fails_alone(doctor(&place), "signers");
    assert!(ran.out.contains(office(MARKET).code.as_str()), "{}", ran.out);
    std::fs::rename(place.path("key"), &key).unwrap();
    // The key of the trust list may be elsewhere until a list has to be made.
    std::fs::rename(keys.join("trust-list.pem"), place.path("anchor")).unwrap();
    let ran = doctor(&place).ends(0);
    assert_eq!(checks(&ran, "warn"), BTreeSet::from(["signers".to_owned()]), "{}", ran.out);
}

#[test]
fn an_archive_that_does_not_open_and_one_that_is_in_use() {
    let place = at_work();
    let home = Home::open(&place.home()).unwrap();
    let desk = Desk::open(&home, &Passphrase::new(PASSPHRASE.to_owned()), unix_now()).unwrap();
    let ran = doctor(&place).ends(0);
    assert_eq!(checks(&ran, "warn"), BTreeSet::from(["store".to_owned()]), "{}", ran.out);
    drop(desk);
    doctor(&place).ends(0);
    std::fs::remove_file(place.home().join("archive/db/CURRENT")).unwrap();
    fails_alone(doctor(&place), "store");
}

#[test]
fn a_place_without_data_is_no_data_directory() {
    let place = Place::empty();
    let ran = doctor(&place).ends(1);
    assert!(checks(&ran, "fail").contains("directory"), "{}", ran.out);
    assert!(checks(&ran, "ok").contains("rehearsal"), "{}", ran.out);
}

#[test]
fn a_font_that_is_not_there_is_told() {
    let place = at_work();
    let mut command = place.command(&["--json", "doctor", "--min-free", "1"]);
    let ran = Ran::of(command.env("BOYIN_PAGE_FONT", "/nonexistent.ttc").output().unwrap()).ends(0);
    let told = ran.json();
    let mut found = told["findings"].as_array().unwrap().iter();
    let font = found.find(|finding| finding["check"] == "font").unwrap();
    assert_eq!(font["level"], "warn", "{font}");
    let detail = font["detail"].as_str().unwrap();
    assert!(
        detail.contains("no face of a license is drawn") && detail.contains("/nonexistent.ttc"),
        "{font}"
    );
}
