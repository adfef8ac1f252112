//! The disk fails at every point of a run: writes, short writes, syncs, reads, and the power. After an error nothing is
//! acknowledged that is not there, nothing acknowledged is lost, nothing more is written, and reads go on.
//!
//! `faults.c` stands between the child and the C library. The normal run takes some of the points, `BOYIN_FAULTS=all` all.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use boyin_archive::{Archive, ArchiveError, Change, OpenError, Outcome, StoreError};
use tempfile::{TempDir, tempdir};

use crate::check::check_sound;
use crate::fixtures::{LIST, act, change, filing, id, secret};
use crate::process::{child, directory};
use crate::versions::succeed;

/// Every so many points of a run are taken in the normal run.
const STRIDE: usize = 9;
const KIND: &str = "FAULT_KIND";
/// Licenses in the archive before the run, and those filed in it.
const BEFORE: u32 = 6;
const FILED: std::ops::Range<u32> = 10..16;
/// What the child ends with where the power failed.
const POWER: i32 = 77;

fn perform(archive: &Archive, what: &str, n: u32) -> Result<Outcome, ArchiveError> {
    let act = act(&format!("{what} {n}"));
    match what {
        "file" => archive.file(&act, &filing(n)),
        "renew" => succeed(archive, &format!("{what} {n}"), n, &id(n)),
        "suspend" => archive.change_status(&act, &id(n).next_version().unwrap(), &change(Change::Suspend)),
        "publish" => archive.publish_status_list(&act, LIST, &n.to_be_bytes()),
        other => panic!("{other}"),
    }
}

fn acts() -> impl Iterator<Item = (&'static str, u32)> {
    FILED.flat_map(|n| ["file", "renew", "suspend", "publish"].map(|what| (what, n)))
}

/// An archive whose log was not written as tables yet: opening it does that.
fn template() -> TempDir {
    let place = tempdir().unwrap();
    let archive = Archive::create(&place.path().join("archive"), &secret(), &act("create")).unwrap();
    for n in 0..BEFORE {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    place
}

fn copy(from: &Path) -> TempDir {
    let place = tempdir().unwrap();
    std::fs::create_dir_all(place.path().join("archive/db")).unwrap();
    for entry in std::fs::read_dir(from.join("archive/db")).unwrap() {
        let file = entry.unwrap().path();
        std::fs::copy(&file, place.path().join("archive/db").join(file.file_name().unwrap())).unwrap();
    }
    place
}

fn is_refusal_of_the_disk(error: &StoreError) -> bool {
    matches!(error, StoreError::Io(_) | StoreError::Full(_) | StoreError::Corrupt(_))
}

#[test]
#[ignore = "started by a_disk_that_fails_at_any_point_loses_nothing"]
fn child_that_meets_a_fault() {
    let (Some(directory), Ok(kind)) = (directory(), std::env::var(KIND)) else { return };
    let mut told = OpenOptions::new().append(true).create(true).open(directory.join("told")).unwrap();
    let archive = match Archive::open(&directory.join("archive"), &secret()) {
        Ok(archive) => archive,
        Err(OpenError::Store(error)) if is_refusal_of_the_disk(&error) => return,
        Err(other) => panic!("{other:?}"),
    };
    let mut acknowledged = 0;
    for (what, n) in acts() {
        match perform(&archive, what, n) {
            Ok(_) => {
                told.write_all(format!("{what} {n}\n").as_bytes()).unwrap();
                acknowledged = n;
            }
            Err(ArchiveError::Store(error)) if is_refusal_of_the_disk(&error) => {
                assert_eq!(
                    matches!(error, StoreError::Full(_)),
                    matches!(kind.as_str(), "enospc" | "short"),
                    "{error:?}"
                );
                if kind != "read" {
                    only_reads_go_on(&archive, what, n, acknowledged);
                }
                return;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    for n in 0..BEFORE {
        match archive.get(&id(n)) {
            Ok(found) => assert_eq!(found, Some(filing(n).record)),
            Err(ArchiveError::Store(error)) => assert!(is_refusal_of_the_disk(&error) && kind == "read"),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn only_reads_go_on(archive: &Archive, what: &str, n: u32, acknowledged: u32) {
    let stopped =
        |result: Result<(), ArchiveError>| matches!(result, Err(ArchiveError::Store(StoreError::Stopped)));
    let again = perform(archive, what, n);
    assert!(stopped(again.map(drop)), "the act was refused, and now it is done");
    assert!(stopped(archive.writable()));
    for n in (0..BEFORE).chain(FILED.start..acknowledged) {
        assert_eq!(archive.get(&id(n)).unwrap(), Some(filing(n).record));
    }
    // What was refused is not shown as done.
    assert!(archive.recall(&act(&format!("{what} {n}"))).unwrap().is_none());
}

/// The library, compiled for this run. `None` without a C compiler.
fn library(place: &Path) -> Option<PathBuf> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/archive/faults.c");
    let library = place.join("faults.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).args(["-ldl", "-lpthread"]);
    if compiler.status().is_ok_and(|status| status.success()) {
        return Some(library);
    }
    assert!(std::env::var_os("CI").is_none(), "no C compiler: the disk cannot be made to fail");
    eprintln!("skipped: there is no C compiler");
    None
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_fails_at_any_point_loses_nothing() {
    let place = tempdir().unwrap();
    let Some(library) = library(place.path()) else { return };
    let template = template();
    let stride = if std::env::var("BOYIN_FAULTS").is_ok_and(|points| points == "all") { 1 } else { STRIDE };
    for (start, kind) in ["enospc", "eio", "short", "fsync", "read", "cut"].into_iter().enumerate() {
        let (mut points, mut told) = (0, 0);
        for at in (1 + start % stride..).step_by(stride) {
            let Some(acknowledged) = run(template.path(), &library, kind, at) else { break };
            points += 1;
            told += acknowledged;
        }
        eprintln!("{kind}: {points} points, {told} acts acknowledged before them, none lost");
        assert!(points >= 20 / stride, "{kind} has only {points} points");
    }
}

/// One run whose call number `at` fails, and a look at what is left. Gives the acts that were acknowledged; `None` if the run
/// has fewer calls.
fn run(template: &Path, library: &Path, kind: &str, at: usize) -> Option<usize> {
    let place = copy(template);
    let path = place.path().join("archive");
    let mark = place.path().join("mark");
    let mut child = child("faults::child_that_meets_a_fault", place.path());
    child.env("LD_PRELOAD", library).env("FAULT_DIR", &path).env(KIND, kind);
    child.env("FAULT_AT", at.to_string()).env("FAULT_MARK", &mark);
    let output = child.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let come = mark.exists();
    let words = String::from_utf8_lossy(&output.stdout);
    let expected = if come && kind == "cut" { POWER } else { 0 };
    assert_eq!(output.status.code(), Some(expected), "{kind} {at}: {words}");
    let told = std::fs::read_to_string(place.path().join("told")).unwrap_or_default();
    let told: Vec<&str> = told.lines().collect();
    let archive = Archive::open(&path, &secret()).unwrap_or_else(|error| panic!("{kind} {at}: {error:?}"));
    for line in &told {
        assert!(archive.recall(&act(line)).unwrap().is_some(), "{kind} {at}: {line} was acknowledged");
    }
    let _ = check_sound(&archive);
    let is_done = |(what, n): &(&str, u32)| archive.recall(&act(&format!("{what} {n}"))).unwrap().is_some();
    let done = acts().take_while(is_done).count();
    // A renewal leaves two events, and is done with both or with none.
    let events: u64 = acts().take(done).map(|(what, _)| if what == "renew" { 2 } else { 1 }).sum();
    assert_eq!(archive.last_event().unwrap(), 1 + u64::from(BEFORE) + events, "{kind} {at}");
    // The act that met the fault is there as a whole or not at all.
    assert!(
        done == told.len() || done == told.len() + 1,
        "{kind} {at}: {done} done, {} acknowledged",
        told.len()
    );
    for (place, (what, n)) in acts().enumerate() {
        assert_eq!(perform(&archive, what, n).unwrap().replayed, place < done, "{kind} {at}: {what} {n}");
    }
    let _ = check_sound(&archive);
    if !come {
        assert_eq!(told.len(), acts().count(), "{kind} {at}: nothing failed");
    }
    come.then_some(told.len())
}
