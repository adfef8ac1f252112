//! Other processes: out of space, locked out. The child is this test binary again.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use boyin_archive::{
    Archive, ArchiveError, EngineMemory, Filing, OpenError, StoreError, engine_memory, set_engine_memory,
};
use tempfile::{TempDir, tempdir};

use crate::check::check_sound;
use crate::fixtures::{act, filing, id, secret, whole};

/// Where the child works; the children do nothing without it.
const DIRECTORY: &str = "BOYIN_ARCHIVE_TEST_DIRECTORY";
/// Stops a child whose parent is gone.
const MOST: u32 = 20_000;

pub(crate) fn child(test: &str, directory: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command.env(DIRECTORY, directory);
    command
}

pub(crate) fn directory() -> Option<std::path::PathBuf> {
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
    for (_, n) in &acknowledged {
        assert_eq!(archive.get(&id(*n)).unwrap().unwrap().id, id(*n), "license {n} was acknowledged");
    }
    assert!(whole(archive).len() >= acknowledged.iter().filter(|(what, _)| what == "filed").count());
    acknowledged.len()
}

#[test]
#[ignore = "started by out_of_space"]
fn child_that_fills_the_disk() {
    let Some(directory) = directory() else { return };
    let archive = Archive::open(&directory.join("archive"), &secret()).unwrap();
    let mut file = acknowledgments(&directory);
    for n in 0..MOST {
        match archive.file(&act(&format!("file {n}")), &large_filing(n)) {
            Ok(_) => file.write_all(format!("filed {n}\n").as_bytes()).unwrap(),
            Err(ArchiveError::Store(StoreError::Full(_))) => {
                let next = archive.file(&act(&format!("file {n}")), &large_filing(n));
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
    let child = child("process::child_that_fills_the_disk", directory.path());
    let mut limited = Command::new("sh");
    // Files end at 4096 blocks of 512 bytes; without the signal a longer one is an error of the write.
    limited.args(["-c", r#"trap '' XFSZ; ulimit -f 4096; exec "$0" "$@""#]);
    limited.arg(child.get_program()).args(child.get_args()).env(DIRECTORY, directory.path());
    let status: ExitStatus = limited.status().unwrap();
    assert!(status.success(), "{status}");
    let told = acknowledged(directory.path());
    assert_eq!(told.last().unwrap().0, "full");
    assert!(told.len() > 20, "only {} before the disk was full", told.len());
    let archive = Archive::open(&path, &secret()).unwrap();
    check_acknowledged(&archive, directory.path());
    let next = u32::try_from(told.len()).unwrap() - 1;
    archive.file(&act(&format!("file {next}")), &large_filing(next)).unwrap();
    assert_eq!(whole(&archive).len(), told.len(), "the act that failed is done once when it is done again");
}

/// A small file system of its own. Only root can make one; elsewhere the test above stands alone.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let place = tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=48m", "none"]).arg(place.path()).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(place))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn large_filing(n: u32) -> Filing {
    let mut filing = filing(n);
    filing.record.credential = vec![b'a'; 20_000];
    filing
}

#[test]
fn a_full_disk_is_mended_by_room_and_opening_again() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: a file system can be mounted by root only");
        return;
    };
    let elsewhere = tempdir().unwrap();
    let path = disk.0.path().join("archive");
    let ballast = disk.0.path().join("ballast");
    std::fs::write(&ballast, vec![0; 40 << 20]).unwrap();
    let archive = Archive::create(&path, &secret(), &act("create")).unwrap();
    let follower = Archive::follow(&path, &elsewhere.path().join("1"), &secret()).unwrap();
    let refused = (0..MOST).find_map(|n| {
        archive.file(&act(&format!("file {n}")), &large_filing(n)).err().map(|error| (n, error))
    });
    let (filed, error) = refused.unwrap();
    assert!(filed > 20, "only {filed} before the disk was full");
    assert!(matches!(error, ArchiveError::Store(StoreError::Full(_))), "{error:?}");
    assert!(
        error.to_string().contains("free space on the disk of the archive, then open it again"),
        "{error}"
    );
    // Readers go on, those that are there and those that come.
    let late = Archive::follow(&path, &elsewhere.path().join("2"), &secret()).unwrap();
    follower.catch_up().unwrap();
    for reader in [&archive, &follower, &late] {
        for n in 0..filed {
            assert_eq!(reader.get(&id(n)).unwrap(), Some(large_filing(n).record));
        }
    }
    let next = archive.file(&act(&format!("file {filed}")), &large_filing(filed));
    assert!(matches!(next, Err(ArchiveError::Store(StoreError::Stopped))), "{next:?}");
    drop(archive);
    // Without room it is refused again, in the same words, or opens and refuses the first act.
    if let Ok(archive) = Archive::open(&path, &secret()) {
        let next = archive.file(&act(&format!("file {filed}")), &large_filing(filed));
        assert!(matches!(next, Err(ArchiveError::Store(StoreError::Full(_)))), "{next:?}");
    }
    // Opening writes the log as tables: it takes as much room again.
    std::fs::remove_file(&ballast).unwrap();
    let archive = Archive::open(&path, &secret()).unwrap();
    let report = check_sound(&archive);
    assert!((u64::from(filed)..=u64::from(filed) + 1).contains(&report.licenses), "{report:?} of {filed}");
    for n in filed..filed + 5 {
        archive.file(&act(&format!("file {n}")), &large_filing(n)).unwrap();
    }
    assert_eq!(check_sound(&archive).licenses, u64::from(filed) + 5, "what failed is done once");
}

#[test]
#[ignore = "started by the_cache_is_made_in_the_size_that_is_set"]
fn child_that_sets_the_memory() {
    let Some(directory) = directory() else { return };
    let cache = std::fs::read_to_string(directory.join("cache")).unwrap().parse().unwrap();
    set_engine_memory(EngineMemory { cache, ..EngineMemory::DEFAULT });
    std::fs::write(directory.join("use"), engine_memory().cache.to_string()).unwrap();
}

/// A larger cache has more parts, of which each takes some memory before anything is in it.
#[test]
fn the_cache_is_made_in_the_size_that_is_set() {
    let empty = |cache: usize| -> usize {
        let directory = tempdir().unwrap();
        std::fs::write(directory.path().join("cache"), cache.to_string()).unwrap();
        let status = child("process::child_that_sets_the_memory", directory.path()).status().unwrap();
        assert!(status.success());
        std::fs::read_to_string(directory.path().join("use")).unwrap().parse().unwrap()
    };
    let (small, default, large) = (128 << 20, EngineMemory::DEFAULT.cache, 2 << 30);
    assert!(empty(small) < empty(default) && empty(default) < empty(large));
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
    let status = child("process::child_that_is_locked_out", directory.path()).status().unwrap();
    assert!(status.success());
    assert_eq!(acknowledged(directory.path()).len(), 1, "the child has really tried");
}
