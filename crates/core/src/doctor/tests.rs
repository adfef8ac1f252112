use std::sync::Arc;

use boyin_archive::{Act, Archive, Batch, FORMAT_VERSION, MemoryStore, RootSecret, Store as _, Table};
use boyin_suite::SystemRandom;
use boyin_verify::CLOCK_TOLERANCE_SECONDS;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::desk::Desk;

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
        passphrase: &passphrase,
        now,
        scratch: scratch.path(),
        free_bytes: Some(MIN_FREE_BYTES * FREE_WARNING_FACTOR),
        min_free_bytes: MIN_FREE_BYTES,
    };
    let found = examine(&examination, &mut SystemRandom);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing is left");
    found
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
fn room_is_asked_for_twice() {
    let passphrase = passphrase();
    let examination = |free| Examination {
        home: Path::new("nowhere"),
        engines: Vec::new(),
        passphrase: &passphrase,
        now: now(),
        scratch: Path::new("nowhere"),
        free_bytes: free,
        min_free_bytes: 100,
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
    let store = Arc::new(MemoryStore::new());
    let secret = RootSecret::new(Zeroizing::new([7; 32]));
    let office = rehearsal::setup().unwrap().authority_code;
    let act = Act::new("doctor", office, "演练", now(), "archive", [0; 32]).unwrap();
    let archive = Archive::create_in(store.clone(), &secret, &act).unwrap();
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
