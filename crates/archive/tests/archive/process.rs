//! Other processes: killed in the middle of writing, out of space, locked out. The child is this test binary again.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::Mutex;
use std::time::Duration;

use boyin_archive::{Archive, ArchiveError, Change, OpenError, StoreError};
use boyin_model::status::LicenseStatus;
use tempfile::tempdir;

use crate::fixtures::{act, change, filing, id, secret, whole};

/// Where the child works; the children do nothing without it.
const DIRECTORY: &str = "BOYIN_ARCHIVE_TEST_DIRECTORY";
/// The first license that the child files.
const FIRST: &str = "BOYIN_ARCHIVE_TEST_FIRST";
/// Stops a child whose parent is gone.
const MOST: u32 = 20_000;

fn child(test: &str, directory: &Path, first: u32) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command.env(DIRECTORY, directory).env(FIRST, first.to_string());
    command
}

fn directory() -> Option<std::path::PathBuf> {
    std::env::var_os(DIRECTORY).map(Into::into)
}

fn acknowledgments(directory: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(directory.join("acknowledged")).unwrap()
}

/// Whole lines only: the last one may be cut off.
fn acknowledged(directory: &Path) -> Vec<(String, u32)> {
    let text = std::fs::read_to_string(directory.join("acknowledged")).unwrap_or_default();
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(what, n)| (what.to_owned(), n.parse().unwrap()))
        .collect()
}

fn check_acknowledged(archive: &Archive, directory: &Path) -> usize {
    let acknowledged = acknowledged(directory);
    for (what, n) in &acknowledged {
        assert_eq!(archive.get(&id(*n)).unwrap().unwrap().id, id(*n), "license {n} was acknowledged");
        if what == "suspended" {
            assert_eq!(
                archive.status_of(&id(*n)).unwrap(),
                Some(LicenseStatus::Suspended),
                "of {n} was acknowledged"
            );
        }
    }
    assert!(whole(archive).len() >= acknowledged.iter().filter(|(what, _)| what == "filed").count());
    acknowledged.len()
}

#[test]
#[ignore = "started by killed_in_the_middle_of_writing"]
fn child_that_writes() {
    let (Some(directory), Ok(first)) = (directory(), std::env::var(FIRST)) else {
        return;
    };
    let first: u32 = first.parse().unwrap();
    let archive = Archive::open(&directory.join("archive"), &secret()).unwrap();
    let file = Mutex::new(acknowledgments(&directory));
    let tell = |what: &str, n: u32| {
        file.lock().unwrap().write_all(format!("{what} {n}\n").as_bytes()).unwrap();
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (archive, tell) = (&archive, &tell);
            scope.spawn(move || {
                for n in (first + thread..first + MOST).step_by(4) {
                    archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
                    tell("filed", n);
                    if n % 3 == 0 {
                        archive
                            .change_status(&act(&format!("suspend {n}")), &id(n), &change(Change::Suspend))
                            .unwrap();
                        tell("suspended", n);
                    }
                }
            });
        }
    });
}

#[test]
fn killed_in_the_middle_of_writing() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    drop(Archive::create(&path, &secret(), &act("create")).unwrap());
    let mut before = 0;
    for round in 0..5_u32 {
        let mut child = child("process::child_that_writes", directory.path(), round * MOST).spawn().unwrap();
        let enough = before + 40 + usize::try_from(round * 17).unwrap();
        wait_for(&mut child, || acknowledged(directory.path()).len() >= enough);
        child.kill().unwrap();
        child.wait().unwrap();
        let archive = Archive::open(&path, &secret()).unwrap();
        before = check_acknowledged(&archive, directory.path());
        assert!(before >= enough);
    }
}

/// Polls until `done`; a child that ends by itself is a failure.
fn wait_for(child: &mut Child, done: impl Fn() -> bool) {
    while !done() {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("the child ended with {status}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
#[ignore = "started by out_of_space"]
fn child_that_fills_the_disk() {
    let Some(directory) = directory() else { return };
    let archive = Archive::open(&directory.join("archive"), &secret()).unwrap();
    let mut file = acknowledgments(&directory);
    for n in 0..MOST {
        let mut filing = filing(n);
        filing.record.credential = vec![b'a'; 20_000];
        match archive.file(&act(&format!("file {n}")), &filing) {
            Ok(_) => file.write_all(format!("filed {n}\n").as_bytes()).unwrap(),
            Err(ArchiveError::Store(StoreError::Full(_))) => {
                let next = archive.file(&act(&format!("file {n}")), &filing);
                assert!(matches!(next, Err(ArchiveError::Store(StoreError::Stopped))), "{next:?}");
                assert!(matches!(archive.writable(), Err(ArchiveError::Store(StoreError::Stopped))));
                assert_eq!(archive.get(&id(0)).unwrap().unwrap().id, id(0), "reads go on");
                file.write_all(b"full 0\n").unwrap();
                return;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("the disk was never full");
}

#[test]
fn out_of_space() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("archive");
    drop(Archive::create(&path, &secret(), &act("create")).unwrap());
    let child = child("process::child_that_fills_the_disk", directory.path(), 0);
    let mut limited = Command::new("sh");
    // Files end at 4096 blocks of 512 bytes; without the signal a longer one is an error of the write.
    limited.args(["-c", r#"trap '' XFSZ; ulimit -f 4096; exec "$0" "$@""#]);
    limited.arg(child.get_program()).args(child.get_args()).env(DIRECTORY, directory.path()).env(FIRST, "0");
    let status: ExitStatus = limited.status().unwrap();
    assert!(status.success(), "{status}");
    let told = acknowledged(directory.path());
    assert_eq!(told.last().unwrap().0, "full");
    assert!(told.len() > 20, "only {} before the disk was full", told.len());
    let archive = Archive::open(&path, &secret()).unwrap();
    check_acknowledged(&archive, directory.path());
    let next = u32::try_from(told.len()).unwrap() - 1;
    let mut filing = filing(next);
    filing.record.credential = vec![b'a'; 20_000];
    archive.file(&act(&format!("file {next}")), &filing).unwrap();
    assert_eq!(whole(&archive).len(), told.len(), "the act that failed is done once when it is done again");
}

#[test]
#[ignore = "started by another_process_is_locked_out"]
fn child_that_is_locked_out() {
    let Some(directory) = directory() else { return };
    let opened = Archive::open(&directory.join("archive"), &secret());
    assert!(matches!(opened, Err(OpenError::Store(StoreError::Locked))), "{opened:?}");
    let follower =
        Archive::follow(&directory.join("archive"), &directory.join("scratch"), &secret()).unwrap();
    assert_eq!(whole(&follower).len(), 1);
    acknowledgments(&directory).write_all(b"locked 0\n").unwrap();
}

#[test]
fn another_process_is_locked_out_but_may_follow() {
    let directory = tempdir().unwrap();
    let archive = Archive::create(&directory.path().join("archive"), &secret(), &act("create")).unwrap();
    archive.file(&act("file"), &filing(1)).unwrap();
    let status = child("process::child_that_is_locked_out", directory.path(), 0).status().unwrap();
    assert!(status.success());
    assert_eq!(acknowledged(directory.path()).len(), 1, "the child has really tried");
}
