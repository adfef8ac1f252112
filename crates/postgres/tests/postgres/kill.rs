//! A process that writes with several threads, and its server, are killed in the middle of acts, again and again; or the
//! server ends the connection. After each time: everything that was acknowledged is there, nothing is there by half, and
//! every act can be done again.
//!
//! `BOYIN_KILLS` says how many kills; the normal run has few.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use boyin_archive::ArchiveError;
use boyin_archive::{Archive, Change, Durability, Outcome};
use boyin_postgres::{Address, PostgresStore};
use tempfile::tempdir;

use crate::check::check_sound;
use crate::fixtures::{act, change, filing, id, secret};
use crate::server::{Server, psql};
use crate::writers::{child, of_child};

const KILLS: u32 = 9;
const THREADS: u32 = 4;
/// Licenses that one child files at most.
const MOST: u32 = 1500;
const PATIENCE: Duration = Duration::from_secs(60);
const FIRST: &str = "BOYIN_POSTGRES_TEST_FIRST";

fn perform(archive: &Archive, what: &str, n: u32) -> Result<Outcome, ArchiveError> {
    let act = act(&format!("{what} {n}"));
    match what {
        "file" => archive.file(&act, &filing(n)),
        "suspend" => archive.change_status(&act, &id(n), &change(Change::Suspend)),
        "share" => archive.record_share(&act, &id(n), "银行"),
        other => panic!("{other}"),
    }
}

/// What is done to license `n`, in order.
fn acts_of(n: u32) -> &'static [&'static str] {
    if n.is_multiple_of(3) { &["file", "suspend", "share"] } else { &["file"] }
}

/// Opens the archive once whoever had it before is gone.
fn open(address: &Address) -> Archive {
    let begun = Instant::now();
    loop {
        match PostgresStore::open(address, Durability::Synced) {
            Ok(store) => return Archive::with_store(Arc::new(store), &secret()).unwrap(),
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
        }
    }
}

#[test]
#[ignore = "started by killed_again_and_again"]
fn child_that_is_killed() {
    let (Some((address, told)), Ok(first)) = (of_child(), std::env::var(FIRST)) else { return };
    let first: u32 = first.parse().unwrap();
    let archive = open(&address);
    let told = Mutex::new(OpenOptions::new().append(true).create(true).open(told).unwrap());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (archive, told) = (&archive, &told);
            scope.spawn(move || write(archive, told, (first + thread..first + MOST).step_by(4)));
        }
    });
}

fn write(archive: &Archive, told: &Mutex<File>, numbers: impl Iterator<Item = u32>) {
    for n in numbers {
        for what in acts_of(n) {
            match perform(archive, what, n) {
                // One write: a line is there as a whole, or cut off at its end.
                Ok(done) => {
                    let line = format!("{what} {n} {}\n", done.event);
                    told.lock().unwrap().write_all(line.as_bytes()).unwrap();
                }
                Err(ArchiveError::Store(_)) => return,
                Err(error) => panic!("{what} {n}: {error:?}"),
            }
        }
    }
}

/// Whole lines only.
fn told(path: &Path) -> Vec<(String, u32, u64)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines
        .map(|line| {
            let [what, n, event] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
            (what.to_owned(), n.parse().unwrap(), event.parse().unwrap())
        })
        .collect()
}

#[test]
fn killed_again_and_again() {
    let kills = std::env::var("BOYIN_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut server = Server::start(&[]);
    let schema = "killed";
    let address = server.address(schema);
    let store = PostgresStore::create(&address, Durability::Synced).unwrap();
    drop(Archive::create_in(Arc::new(store), &secret(), &act("create")).unwrap());
    let directory = tempdir().unwrap();
    let path = directory.path().join("told");
    for kill in 0..kills {
        let before = told(&path).len();
        let first = kill * MOST;
        let mut writer = child("kill::child_that_is_killed", server.directory(), schema, &path)
            .env(FIRST, first.to_string())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let enough = before + 20 + usize::try_from(kill * 7 % 40).unwrap();
        while told(&path).len() < enough {
            assert!(begun.elapsed() < PATIENCE, "the child does not come to write");
            std::thread::sleep(Duration::from_micros(700));
        }
        std::thread::sleep(Duration::from_micros(u64::from(kill) * 911 % 4000));
        match kill % 3 {
            0 => {
                writer.kill().unwrap();
                assert_eq!(writer.wait().unwrap().code(), None, "it did not end by itself");
            }
            1 => {
                let ended =
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'boyin'";
                // In between two transactions the child connects again and goes on.
                while writer.try_wait().unwrap().is_none() {
                    assert!(
                        begun.elapsed() < PATIENCE,
                        "no connection was ended in the middle of a transaction"
                    );
                    psql(server.directory(), ended);
                }
                assert!(writer.wait().unwrap().success());
            }
            _ => {
                server.kill();
                assert!(writer.wait().unwrap().success());
                server.run();
            }
        }
        after_kill(&address, &told(&path), before, first);
    }
}

fn after_kill(address: &Address, told: &[(String, u32, u64)], before: usize, first: u32) {
    let archive = open(address);
    assert!(told.len() > before);
    for (what, n, event) in told {
        let recalled = archive.recall(&act(&format!("{what} {n}"))).unwrap();
        assert_eq!(recalled.map(|outcome| outcome.event), Some(*event), "{what} {n} was acknowledged");
    }
    let last = told.iter().map(|(.., event)| *event).max().unwrap();
    assert!(archive.last_event().unwrap() >= last);
    let events = check_sound(&archive).last_event;
    for (what, n, event) in told.iter().rev().take(10) {
        let again = perform(&archive, what, *n).unwrap();
        assert!(again.replayed && again.event == *event, "{what} {n} again");
    }
    assert_eq!(archive.last_event().unwrap(), events, "what was done is not done twice");
    // What the threads were at when they were killed: done as a whole, or not at all.
    for thread in 0..THREADS {
        let unfinished = (first + thread..first + MOST).step_by(4).find(|n| {
            !told
                .iter()
                .rev()
                .any(|(what, of, _)| of == n && Some(what.as_str()) == acts_of(*n).last().copied())
        });
        let n = unfinished.unwrap();
        let outcomes: Vec<Outcome> =
            acts_of(n).iter().map(|what| perform(&archive, what, n).unwrap()).collect();
        assert!(outcomes.is_sorted_by_key(|outcome| !outcome.replayed), "a later act without an earlier one");
    }
    let _ = check_sound(&archive);
}
