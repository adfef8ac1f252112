//! A process that writes with several threads is killed at random instants, again and again. After each kill: everything
//! that it acknowledged is there, nothing is there by half, and every act can be done again.
//!
//! `BOYIN_KILLS` says how many kills; the normal run has few, the long one 10,000.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use boyin_archive::{Archive, Change, Outcome, SuccessionKind};
use tempfile::tempdir;

use crate::check::check_sound;
use crate::fixtures::{LIST, act, change, filing, id, secret};
use crate::process::{child, directory};
use crate::versions::succession;

const KILLS: u32 = 24;
/// Kills of one archive; then the next one begins, so that looking through it does not take longer and longer.
const KILLS_OF_ONE: u32 = 20;
const THREADS: u32 = 4;
/// Licenses that one child files at most.
const MOST: u32 = 1500;
/// One child in so many is killed at most this long after it was started: in the middle of opening the archive, which
/// writes the log of the one before as tables.
const EARLY: u64 = 5;
const EARLY_MICROSECONDS: u64 = 100_000;
/// The others after at most so many acts that they acknowledge, and at most this long after that.
const ACTS: u64 = 40;
const WRITING_MICROSECONDS: u64 = 3_000;
/// A child that does not come to write is a failure.
const PATIENCE: Duration = Duration::from_secs(60);
const FIRST: &str = "BOYIN_ARCHIVE_TEST_FIRST";

/// An act of license `n`, by name. The name is its idempotency key too.
fn perform(archive: &Archive, what: &str, n: u32) -> Outcome {
    let act = act(&format!("{what} {n}"));
    let done = match what {
        "file" => archive.file(&act, &filing(n)),
        "suspend" => archive.change_status(&act, &id(n), &change(Change::Suspend)),
        "restore" => archive.change_status(&act, &id(n), &change(Change::Restore)),
        "revoke" => archive.change_status(&act, &id(n), &change(Change::Revoke)),
        "renew" => {
            let mut next = filing(n);
            next.record.id = id(n).next_version().unwrap();
            // A place that no other license of the run has.
            next.record.slot.as_mut().unwrap().index += 1 << 24;
            archive.succeed(&act, &next, &succession(SuccessionKind::Renewal, &id(n)))
        }
        "share" => archive.record_share(&act, &id(n), "银行"),
        "publish" => archive.publish_status_list(&act, LIST, &n.to_be_bytes()),
        other => panic!("{other}"),
    };
    done.unwrap()
}

/// What is done to license `n`, in order.
fn acts_of(n: u32) -> impl Iterator<Item = &'static str> {
    let when = [("suspend", 3), ("restore", 6), ("revoke", 5), ("renew", 4), ("share", 7), ("publish", 10)];
    // What is revoked is not renewed.
    let due = move |(what, every): &(&str, u32)| {
        n.is_multiple_of(*every) && !(*what == "renew" && n.is_multiple_of(5))
    };
    std::iter::once("file").chain(when.into_iter().filter(due).map(|(what, _)| what))
}

#[test]
#[ignore = "started by killed_again_and_again"]
fn child_that_is_killed() {
    let (Some(directory), Ok(first)) = (directory(), std::env::var(FIRST)) else { return };
    let first: u32 = first.parse().unwrap();
    let archive = Archive::open(&directory.join("archive"), &secret()).unwrap();
    let told = OpenOptions::new().append(true).create(true).open(directory.join("told")).unwrap();
    let told = Mutex::new(told);
    File::create(directory.join(format!("open {first}"))).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (archive, told) = (&archive, &told);
            scope.spawn(move || write(archive, told, (first + thread..first + MOST).step_by(4)));
        }
    });
    std::thread::sleep(Duration::from_secs(5));
}

fn write(archive: &Archive, told: &Mutex<File>, numbers: impl Iterator<Item = u32>) {
    for n in numbers {
        for what in acts_of(n) {
            let event = perform(archive, what, n).event;
            // One write: a line is there as a whole, or cut off at its end.
            told.lock().unwrap().write_all(format!("{what} {n} {event}\n").as_bytes()).unwrap();
        }
    }
}

/// Whole lines only.
fn told(directory: &Path) -> Vec<(String, u32, u64)> {
    let text = std::fs::read_to_string(directory.join("told")).unwrap_or_default();
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines
        .map(|line| {
            let [what, n, event] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
            (what.to_owned(), n.parse().unwrap(), event.parse().unwrap())
        })
        .collect()
}

/// A small generator: where a run is killed is up to the scheduler anyway.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[test]
fn killed_again_and_again() {
    let kills = std::env::var("BOYIN_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut dice = Dice(u64::from(std::process::id()) << 20 | 0x9E37_79B9);
    let (mut done, mut acts, mut idle) = (0, 0, 0);
    while done < kills {
        let place = tempdir().unwrap();
        let path = place.path().join("archive");
        drop(Archive::create(&path, &secret(), &act("create")).unwrap());
        let mut before = 0;
        for round in 0..KILLS_OF_ONE.min(kills - done) {
            kill_one(place.path(), round * MOST, before, &mut dice);
            let told = told(place.path());
            after_kill(&path, &told, before, round * MOST);
            idle += u32::from(told.len() == before);
            acts += told.len() - before;
            before = told.len();
            done += 1;
            if done % 100 == 0 {
                eprintln!("{done} kills, {acts} acts acknowledged, {idle} kills before the first act");
            }
        }
    }
    eprintln!(
        "{done} kills, {acts} acts acknowledged, {idle} kills before the first act: nothing lost, nothing by half"
    );
    assert!(acts > usize::try_from(kills).unwrap(), "only {acts} acts in {kills} rounds");
}

fn kill_one(directory: &Path, first: u32, before: usize, dice: &mut Dice) {
    let before = u64::try_from(before).unwrap();
    let mut child = child("kill::child_that_is_killed", directory);
    child.env(FIRST, first.to_string()).stdout(std::process::Stdio::null());
    let mut child = child.spawn().unwrap();
    if dice.below(EARLY) == 0 {
        std::thread::sleep(Duration::from_micros(dice.below(EARLY_MICROSECONDS)));
    } else {
        let begun = Instant::now();
        let (opened, enough) = (directory.join(format!("open {first}")), before + dice.below(ACTS));
        let lines = || {
            std::fs::read(directory.join("told"))
                .map_or(0, |told| told.iter().filter(|b| **b == b'\n').count())
        };
        while !opened.exists() || u64::try_from(lines()).unwrap() < enough {
            assert!(begun.elapsed() < PATIENCE, "the child does not come to write");
            std::thread::sleep(Duration::from_micros(700));
        }
        std::thread::sleep(Duration::from_micros(dice.below(WRITING_MICROSECONDS)));
    }
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None, "it did not end by itself");
}

fn after_kill(path: &Path, told: &[(String, u32, u64)], before: usize, first: u32) {
    let archive = Archive::open(path, &secret()).unwrap();
    // Those told before are looked at again too: a kill while the archive is opened must not lose them.
    let sample = told.len().saturating_sub(before + 200)..;
    for (what, n, event) in told.iter().skip(sample.start) {
        let recalled = archive.recall(&act(&format!("{what} {n}"))).unwrap();
        assert_eq!(recalled.map(|outcome| outcome.event), Some(*event), "{what} {n} was acknowledged");
    }
    let last = told.iter().map(|(.., event)| *event).max().unwrap_or(1);
    assert!(archive.last_event().unwrap() >= last);
    let report = check_sound(&archive);
    let events = report.last_event;
    for (what, n, event) in told.iter().rev().take(10) {
        let again = perform(&archive, what, *n);
        assert!(again.replayed && again.event == *event, "{what} {n} again");
    }
    assert_eq!(archive.last_event().unwrap(), events, "what was done is not done twice");
    // What the threads were at when they were killed: done as a whole, or not at all.
    for thread in 0..THREADS {
        let unfinished = (first + thread..first + MOST).step_by(4).find(|n| {
            !told.iter().rev().any(|(what, of, _)| of == n && Some(what.as_str()) == acts_of(*n).last())
        });
        if let Some(n) = unfinished {
            let outcomes: Vec<Outcome> = acts_of(n).map(|what| perform(&archive, what, n)).collect();
            assert!(
                outcomes.is_sorted_by_key(|outcome| !outcome.replayed),
                "a later act without an earlier one"
            );
        }
    }
    let _ = check_sound(&archive);
}
