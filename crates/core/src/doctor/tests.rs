use std::sync::Arc;

use boyin_archive::{
    Act, Archive, Batch, Change, FORMAT_VERSION, MemoryStore, Note, RootSecret, StatusChange, Store as _,
    Table,
};
use boyin_model::alg::{Digest32, VerifyAlg as _};
use boyin_suite::{ES256, SystemRandom};
use boyin_verify::CLOCK_TOLERANCE_SECONDS;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::desk::{Desk, Order};
use crate::lists::ListKind;

const DAY: u64 = 86_400;

fn now() -> UnixTime {
    UnixTime::new(1_782_878_400).unwrap()
}

fn passphrase() -> Passphrase {
    Passphrase::new("doctor".to_owned())
}

/// A data directory that a desk has had open.
fn place() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let setup = rehearsal::setup().unwrap();
    let home = Home::create(&dir.path().join("home"), &setup, &passphrase(), now(), &mut SystemRandom);
    let desk = Desk::open(&home.unwrap(), &passphrase(), now()).unwrap();
    assert!(desk.overdue().is_empty());
    dir
}

fn examined(dir: &TempDir, now: UnixTime) -> Vec<Finding> {
    let scratch = tempfile::tempdir_in(dir.path()).unwrap();
    let (home, passphrase) = (dir.path().join("home"), passphrase());
    let examination = Examination {
        home: &home,
        engines: Vec::new(),
        overrides: &Overrides::default(),
        passphrase: &passphrase,
        now,
        scratch: scratch.path(),
        free_bytes: Some(MIN_FREE_BYTES * FREE_WARNING_FACTOR),
        min_free_bytes: MIN_FREE_BYTES,
        font_fault: None,
    };
    let found = examine(&examination, &mut SystemRandom);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing is left");
    found
}

fn home_in(dir: &TempDir) -> Home {
    Home::open(&dir.path().join("home")).unwrap()
}

/// An act of the office that keeps the trust list.
fn act(key: &str, request: Digest32) -> Act {
    let office = rehearsal::setup().unwrap().authority_code;
    Act::new("doctor", office, "演练", now(), key, request).unwrap()
}

fn in_memory() -> (Archive, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    let secret = RootSecret::new(Zeroizing::new([7; 32]));
    let archive = Archive::create_in(store.clone(), &secret, &act("archive", [0; 32])).unwrap();
    (archive, store)
}

/// The only thing that was found, and how bad it is.
fn only(found: Findings) -> (Level, String) {
    let [finding] = <[Finding; 1]>::try_from(found.0).unwrap();
    (finding.level, finding.detail)
}

/// The checks that did not end well, with how they ended.
fn amiss(found: &[Finding]) -> Vec<(&'static str, Level)> {
    let amiss = found.iter().filter(|finding| finding.level != Level::Ok);
    amiss.map(|finding| (finding.check, finding.level)).collect()
}

#[test]
fn every_check_is_made_and_time_alone_breaks_lists() {
    let dir = place();
    let found = examined(&dir, now());
    assert!(amiss(&found).is_empty(), "{found:?}");
    let checks: Vec<_> = found.iter().map(|finding| finding.check).collect();
    assert_eq!(
        checks,
        [
            DIRECTORY,
            SPACE,
            CONFIGURATION,
            TRUST_LIST,
            STORE,
            EVENT_LOG,
            CATALOG,
            SHARING,
            ITEMS,
            SIGNERS,
            STATUS_LISTS,
            CLOCK,
            FONT,
            REHEARSAL
        ]
    );
    // A status list lasts a day, a trust list thirty, the other lists a year.
    let late = |hours: u64| amiss(&examined(&dir, now().plus(hours * 3600)));
    assert!(late(17).is_empty());
    assert_eq!(late(19), [(STATUS_LISTS, Level::Warn); 2]);
    let stale = [(STATUS_LISTS, Level::Fail); 2];
    assert_eq!(late(25), stale);
    assert_eq!(late(24 * 24), [&[(TRUST_LIST, Level::Warn)][..], &stale].concat());
    assert_eq!(late(24 * 30), [&[(TRUST_LIST, Level::Fail)][..], &stale].concat());
    let lists = [(TRUST_LIST, Level::Fail), (CATALOG, Level::Fail), (SHARING, Level::Fail)];
    assert_eq!(late(24 * 366), [&lists[..], &stale].concat());
}

#[test]
fn without_a_font_it_is_said_and_nothing_else_is_amiss() {
    let dir = place();
    let scratch = tempfile::tempdir_in(dir.path()).unwrap();
    let (home, passphrase) = (dir.path().join("home"), passphrase());
    let examination = Examination {
        home: &home,
        engines: Vec::new(),
        overrides: &Overrides::default(),
        passphrase: &passphrase,
        now: now(),
        scratch: scratch.path(),
        free_bytes: Some(u64::MAX),
        min_free_bytes: 1,
        font_fault: Some("no font".to_owned()),
    };
    let found = examine(&examination, &mut SystemRandom);
    assert_eq!(amiss(&found), [(FONT, Level::Warn)]);
}

#[test]
fn room_is_asked_for_twice() {
    let (passphrase, overrides) = (passphrase(), Overrides::default());
    let examination = |free| Examination {
        home: Path::new("nowhere"),
        engines: Vec::new(),
        overrides: &overrides,
        passphrase: &passphrase,
        now: now(),
        scratch: Path::new("nowhere"),
        free_bytes: free,
        min_free_bytes: 100,
        font_fault: None,
    };
    let level = |free: Option<u64>| {
        let mut found = Findings::default();
        directory::space(&examination(free), &mut found);
        found.0[0].level
    };
    let levels = [None, Some(99), Some(100), Some(399), Some(400)].map(level);
    assert_eq!(levels, [Level::Warn, Level::Fail, Level::Warn, Level::Warn, Level::Ok]);
}

#[test]
fn what_is_on_file_is_not_of_the_future() {
    let level = |at: Option<UnixTime>| {
        let (mut dated, mut found) = (Dated::default(), Findings::default());
        dated.saw("another", now().minus(DAY));
        at.into_iter().for_each(|at| dated.saw("an event", at));
        lists::clock(&dated, now(), &mut found);
        found.0[0].level
    };
    assert_eq!(level(None), Level::Ok);
    assert_eq!(level(Some(now().plus(CLOCK_TOLERANCE_SECONDS))), Level::Ok);
    assert_eq!(level(Some(now().plus(CLOCK_TOLERANCE_SECONDS + 1))), Level::Fail);
    let mut found = Findings::default();
    lists::clock(&Dated::default(), now(), &mut found);
    assert_eq!(found.0[0].level, Level::Warn);
}

#[test]
fn an_event_that_cannot_be_unsealed_is_found() {
    let (archive, store) = in_memory();
    assert_eq!(archive.format(), FORMAT_VERSION);
    let looked = |archive: &Archive| {
        let (mut dated, mut found) = (Dated::default(), Findings::default());
        store::log(archive, &mut dated, &mut found);
        (dated.latest(), found.0.pop().unwrap().level)
    };
    assert_eq!(looked(&archive), (Some(("an event", now())), Level::Ok));
    let (key, mut value) = store.scan(Table::Event, &[], None, 1).unwrap().pop().unwrap();
    *value.last_mut().unwrap() ^= 1;
    store.commit(Batch::new().put(Table::Event, key, value)).unwrap();
    assert_eq!(looked(&archive), (None, Level::Fail));
}

#[test]
fn a_rehearsal_that_cannot_be_held_is_no_rehearsal() {
    let dir = tempfile::tempdir().unwrap();
    let occupied = dir.path().join("rehearsal");
    std::fs::create_dir_all(occupied.join("first/somebody")).unwrap();
    let mut found = Findings::default();
    rehearsal::check(&occupied, now(), &mut SystemRandom, &mut found);
    assert_eq!(amiss(&found.0), [(REHEARSAL, Level::Fail)]);
}

#[test]
fn a_list_that_the_log_does_not_have_so_is_found() {
    fn looked<E: ListKind>(home: &Home, logged: &[(u64, &[u8])]) -> (Level, String) {
        let (archive, _store) = in_memory();
        for &(number, token) in logged {
            let act = act(&format!("{}-list-{number}", E::NAME), ES256.digest(&[token]));
            archive.note(&act, Note::ListPublished(format!("{} {number}", E::NAME))).unwrap();
        }
        let (mut dated, mut found) = (Dated::default(), Findings::default());
        lists::signed::<E>(home, Some(&archive), now(), &mut dated, &mut found);
        only(found)
    }
    fn each_is_found<E: ListKind>(home: &Home) {
        let token = home.list::<E>().unwrap().token;
        let (level, detail) = looked::<E>(home, &[(1, token.as_slice())]);
        assert_eq!(level, Level::Ok, "{detail}");
        let (level, detail) = looked::<E>(home, &[(1, token.as_slice()), (2, b"later".as_slice())]);
        assert_eq!(level, Level::Fail, "{detail}");
        assert!(detail.contains("the log knows a later one"), "{detail}");
        let (level, detail) = looked::<E>(home, &[(1, b"other".as_slice())]);
        assert_eq!(level, Level::Fail, "{detail}");
        assert!(detail.contains("another one than the log has"), "{detail}");
    }
    let dir = place();
    each_is_found::<CatalogEntry>(&home_in(&dir));
    each_is_found::<SharingEntry>(&home_in(&dir));
}

#[test]
fn a_status_list_shows_what_is_filed_and_verifies() {
    let dir = place();
    let home = home_in(&dir);
    let desk = Desk::open(&home, &passphrase(), now()).unwrap();
    let office = home.offices()[0].code;
    let archive = desk.archive();
    let looked = || {
        let (mut dated, mut found) = (Dated::default(), Findings::default());
        lists::status(&home, archive, home.trust_in_place().unwrap(), now(), &mut dated, &mut found);
        only(found)
    };
    let order = Order {
        who: "演练".to_owned(),
        office,
        purpose: "演练".to_owned(),
        idempotency_key: "issue".to_owned(),
        at: now(),
    };
    let issued = desk.issue(&rehearsal::draft(now()).unwrap(), &order, &mut SystemRandom).unwrap();
    let (level, detail) = looked();
    assert_eq!(level, Level::Ok, "{detail}");
    // Filed without the desk, which would publish the list at once.
    let suspended = StatusChange::new(Change::Suspend, "演练");
    archive.change_status(&act("suspend", [0; 32]), &issued.license_id, &suspended).unwrap();
    let (level, detail) = looked();
    assert_eq!(level, Level::Fail, "{detail}");
    assert!(detail.contains("no list shows yet"), "{detail}");
    let uri = home.config().status_list_uri(office, 1);
    archive.publish_status_list(&act("publish", [0; 32]), &uri, b"no status list").unwrap();
    let (level, detail) = looked();
    assert_eq!(level, Level::Fail, "{detail}");
    assert!(detail.contains("does not verify with the trust list"), "{detail}");
}

#[test]
fn each_file_of_the_configuration_is_read() {
    let dir = place();
    let (home, passphrase) = (dir.path().join("home"), passphrase());
    let looked = || {
        let examination = Examination {
            home: &home,
            engines: Vec::new(),
            overrides: &Overrides::default(),
            passphrase: &passphrase,
            now: now(),
            scratch: dir.path(),
            free_bytes: None,
            min_free_bytes: 0,
            font_fault: None,
        };
        let mut found = Findings::default();
        assert!(directory::configuration(&examination, &mut found).is_some());
        only(found)
    };
    assert_eq!(looked().0, Level::Ok);
    for name in ["tokens.toml", "clients.toml", "officers.toml"] {
        std::fs::write(home.join(name), "nonsense").unwrap();
        assert_eq!(looked(), (Level::Fail, format!("{name} cannot be read")));
        std::fs::remove_file(home.join(name)).unwrap();
    }
    std::fs::write(home.join("offices.toml"), "office = []\n").unwrap();
    assert_eq!(looked(), (Level::Fail, "offices.toml names no office".to_owned()));
}

#[test]
#[cfg(unix)]
fn each_private_file_is_looked_at() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let set = |name: &str, mode| {
        std::fs::set_permissions(dir.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let looked = || {
        let mut found = Findings::default();
        directory::permissions(dir.path(), &mut found);
        only(found)
    };
    let folders = ["", "keys", "webhooks"];
    let files = ["boyin.toml", "tokens.toml", "clients.toml", "officers.toml", "keys/archive.pem"];
    for name in folders {
        std::fs::create_dir_all(dir.path().join(name)).unwrap();
        set(name, 0o700);
    }
    for name in files {
        std::fs::write(dir.path().join(name), "").unwrap();
        set(name, 0o600);
    }
    assert_eq!(looked().0, Level::Ok);
    for (name, open, closed) in
        folders.map(|name| (name, 0o710, 0o700)).into_iter().chain(files.map(|name| (name, 0o604, 0o600)))
    {
        set(name, open);
        let (level, detail) = looked();
        assert_eq!(level, Level::Fail, "{name}");
        assert!(detail.ends_with(if name.is_empty() { "data directory" } else { name }), "{detail}");
        set(name, closed);
    }
}
