//! Backups of an archive in use, and what is refused of them.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use boyin_archive::{
    Archive, Backup, BackupError, BackupOrder, Change, FileFaultKind, Manifest, OpenError, RootSecret,
    StoreError,
};
use tempfile::{TempDir, tempdir};

use crate::check::check_sound;
use crate::fixtures::{act, change, filing, id, secret, time};

struct Place(TempDir);

impl Place {
    /// An archive with some licenses.
    fn new(licenses: u32) -> Self {
        let place = Self(tempdir().unwrap());
        let archive = Archive::create(&place.at("archive"), &secret(), &act("create")).unwrap();
        for n in 0..licenses {
            archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
        }
        std::fs::write(place.at("boyin.toml"), "format = 1\n").unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn back_up(&self, to: &str) -> Result<Backup, BackupError> {
        self.back_up_after(to, None)
    }

    fn back_up_after(&self, to: &str, previous: Option<&str>) -> Result<Backup, BackupError> {
        let also = [(self.at("boyin.toml"), "boyin.toml".to_owned())];
        let previous = previous.map(|name| self.at(name));
        let order = BackupOrder {
            archive: &self.at("archive"),
            to: &self.at(to),
            also: &also,
            previous: previous.as_deref(),
            at: time(9),
        };
        Backup::make(&order, &secret(), &mut |_| {})
    }

    fn restore(&self, backup: &str, to: &str) -> Result<Archive, BackupError> {
        let backup = Backup::open(&self.at(backup), &secret())?;
        backup.restore(&self.at(to), &secret(), &mut |_| Ok(()), &mut |_| {})?;
        Ok(Archive::open(&self.at(to).join("archive"), &secret())?)
    }
}

fn faults(backup: &Backup) -> Vec<FileFaultKind> {
    backup.check_files(&mut |_| {}).unwrap().into_iter().map(|fault| fault.kind).collect()
}

#[test]
fn what_was_acknowledged_before_a_backup_under_load_is_in_it() {
    let place = Place::new(0);
    let archive = Archive::open(&place.at("archive"), &secret()).unwrap();
    let (end, filed) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for thread in 0..3_u32 {
            let (archive, end, filed) = (&archive, &end, &filed);
            scope.spawn(move || {
                for n in (thread..).step_by(3) {
                    archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
                    archive
                        .change_status(&act(&format!("suspend {n}")), &id(n), &change(Change::Suspend))
                        .unwrap();
                    filed.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(1));
                    if end.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
        }
        for round in 0..3 {
            while filed.load(Ordering::SeqCst) < 30 * (round + 1) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let acknowledged = archive.last_event().unwrap();
            let name = format!("backup {round}");
            let backup = place.back_up(&name).unwrap();
            assert!(backup.manifest().last_event >= acknowledged);
            assert_eq!(faults(&backup), []);
        }
        end.store(true, Ordering::SeqCst);
    });
    let last = archive.last_event().unwrap();
    drop(archive);
    std::fs::remove_dir_all(place.at("archive")).unwrap();
    for round in 0..3 {
        let restored = place.restore(&format!("backup {round}"), &format!("restored {round}")).unwrap();
        let report = check_sound(&restored);
        assert!(report.last_event <= last && report.licenses >= 30 * (round + 1), "{report:?}");
        // Numbers of events go on where the backup ends.
        let n = 1_000_000;
        assert_eq!(restored.file(&act("after"), &filing(n)).unwrap().event, report.last_event + 1);
        let _ = check_sound(&restored);
    }
}

#[test]
fn a_backup_is_whole_and_holds_no_more_than_asked_for() {
    let place = Place::new(5);
    let backup = place.back_up("backup").unwrap();
    assert!(backup.manifest().files.iter().any(|file| file.path == "boyin.toml"));
    assert!(!backup.manifest().files.iter().any(|file| file.path.ends_with(".lock")));
    assert_eq!(backup.manifest().made_at, time(9));
    assert!(!place.at("backup.partial").exists());
    let archive = backup.archive(&secret()).unwrap();
    assert_eq!(check_sound(&archive).licenses, 5);
    drop(archive);
    assert_eq!(faults(&backup), [], "looking at a backup changes nothing in it");
    // The original does not share its files with the backup: what happens to it does not happen to both.
    for file in &backup.manifest().files {
        let copy = std::fs::metadata(backup.data().join(&file.path)).unwrap();
        assert_eq!((copy.nlink(), copy.mode() & 0o077), (1, 0), "{}", file.path);
    }
    assert!(matches!(place.back_up("backup"), Err(BackupError::Exists(_))));
}

#[test]
fn the_next_backup_shares_what_is_the_same() {
    let place = Place::new(40);
    drop(Archive::open(&place.at("archive"), &secret()).unwrap());
    place.back_up("first").unwrap();
    let archive = Archive::open(&place.at("archive"), &secret()).unwrap();
    archive.file(&act("more"), &filing(100)).unwrap();
    drop(archive);
    let tables = |backup: &Backup| -> Vec<u64> {
        let files = backup.manifest().files.iter().filter(|file| file.path.ends_with(".sst"));
        files.map(|file| std::fs::metadata(backup.data().join(&file.path)).unwrap().nlink()).collect()
    };
    let second = place.back_up_after("second", Some("first")).unwrap();
    assert!(tables(&second).contains(&2), "{:?}", tables(&second));
    assert_eq!(faults(&second), []);
    // A table that was damaged in the first one is not shared.
    let first = Backup::open(&place.at("first"), &secret()).unwrap();
    for file in first.manifest().files.iter().filter(|file| file.path.ends_with(".sst")) {
        flip(&first.data().join(&file.path));
    }
    let third = place.back_up_after("third", Some("first")).unwrap();
    assert!(tables(&third).iter().all(|links| *links == 1), "{:?}", tables(&third));
    assert_eq!(faults(&third), []);
    drop(place.restore("third", "restored").unwrap());
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn code<T>(result: Result<T, BackupError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "ok")
}

/// Writes the manifest anew as someone who has the root secret could.
fn edit(dir: &Path, edit: impl FnOnce(&mut serde_json::Value)) {
    let mut manifest = serde_json::from_slice(&std::fs::read(dir.join("backup.json")).unwrap()).unwrap();
    edit(&mut manifest);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let prk = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, b"boyin-archive/1").extract(&[0x42; 32]);
    let mut key = [0; 32];
    prk.expand(&[b"backup"], ring::hkdf::HKDF_SHA256).unwrap().fill(&mut key).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    let tag = ring::hmac::sign(&key, &[b"manifest\0".as_slice(), &bytes].concat());
    let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(dir.join("backup.json"), bytes).unwrap();
    std::fs::write(dir.join("backup.mac"), tag).unwrap();
}

/// Each check of a backup has one that only it refuses.
#[test]
fn what_is_no_whole_backup_is_refused() {
    type Spoil = fn(&Path);
    let data = |name: &'static str| move |dir: &Path| dir.join("data").join(name);
    let config = data("boyin.toml");
    let cases: [(&str, &str, Spoil); 12] = [
        ("interrupted", "backup_unfinished", |dir| std::fs::remove_file(dir.join("backup.json")).unwrap()),
        ("not JSON", "backup_manifest", |dir| std::fs::write(dir.join("backup.json"), "{").unwrap()),
        ("newer", "backup_newer_format", |dir| edit(dir, |m| m["format"] = 2.into())),
        ("another secret", "backup_wrong_secret", |dir| edit(dir, |m| m["key"] = "00".into())),
        ("manifest changed", "backup_changed", |dir| {
            let text = std::fs::read_to_string(dir.join("backup.json")).unwrap();
            std::fs::write(
                dir.join("backup.json"),
                text.replacen("\"last_event\": 6", "\"last_event\": 5", 1),
            )
            .unwrap();
        }),
        ("no digest", "backup_changed", |dir| std::fs::remove_file(dir.join("backup.mac")).unwrap()),
        ("a way out", "backup_changed", |dir| edit(dir, |m| m["files"][0]["path"] = "../evil".into())),
        ("flipped byte", "backup_damaged", |dir| flip(&dir.join("data/boyin.toml"))),
        ("cut off", "backup_damaged", |dir| std::fs::write(dir.join("data/boyin.toml"), "f").unwrap()),
        ("file missing", "backup_file", |dir| std::fs::remove_file(dir.join("data/boyin.toml")).unwrap()),
        ("too few events", "backup_behind", |dir| edit(dir, |m| m["last_event"] = 7.into())),
        ("database left out", "store_missing", |dir| {
            edit(dir, |m| m["files"].as_array_mut().unwrap().retain(|file| file["path"] == "boyin.toml"));
        }),
    ];
    let place = Place::new(5);
    assert!(config(&place.at("x")).ends_with("data/boyin.toml"));
    for (place_of_case, (what, refusal, spoil)) in cases.into_iter().enumerate() {
        let name = format!("backup {place_of_case}");
        place.back_up(&name).unwrap();
        spoil(&place.at(&name));
        let to = format!("restored {place_of_case}");
        assert_eq!(code(place.restore(&name, &to)), refusal, "{what}");
        assert!(!place.at(&to).exists(), "{what}: nothing that passes as a data directory");
    }
}

#[test]
fn every_kind_of_fault_of_a_file_is_found() {
    let place = Place::new(5);
    let spoiled = |name: &str, spoil: fn(&Path)| {
        let backup = place.back_up(name).unwrap();
        spoil(&backup.data());
        faults(&backup)
    };
    assert_eq!(spoiled("1", |data| flip(&data.join("boyin.toml"))), [FileFaultKind::Digest]);
    assert_eq!(
        spoiled("2", |data| std::fs::write(data.join("boyin.toml"), "").unwrap()),
        [FileFaultKind::Length]
    );
    assert_eq!(
        spoiled("3", |data| std::fs::remove_file(data.join("boyin.toml")).unwrap()),
        [FileFaultKind::Missing]
    );
    // A log that is added would be taken in by the engine.
    let added = spoiled("4", |data| std::fs::write(data.join("archive/db/000999.log"), "").unwrap());
    assert_eq!(added, [FileFaultKind::Unexpected]);
    let directory = spoiled("5", |data| {
        std::fs::remove_file(data.join("boyin.toml")).unwrap();
        std::fs::create_dir(data.join("boyin.toml")).unwrap();
    });
    assert_eq!(directory, [FileFaultKind::Unreadable]);
}

#[test]
fn each_file_of_a_backup_is_under_its_digest() {
    let place = Place::new(20);
    drop(Archive::open(&place.at("archive"), &secret()).unwrap());
    let backup = place.back_up("backup").unwrap();
    let kinds: BTreeSet<String> = backup
        .manifest()
        .files
        .iter()
        .map(|file| file.path.rsplit(['.', '/']).next().unwrap().split('-').next().unwrap().to_owned())
        .collect();
    for kind in ["sst", "log", "MANIFEST", "CURRENT", "toml"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
    for file in backup.manifest().files.iter().filter(|file| file.bytes > 0) {
        let path = backup.data().join(&file.path);
        flip(&path);
        assert_eq!(faults(&backup), [FileFaultKind::Digest], "{}", file.path);
        assert_eq!(code(place.restore("backup", "restored")), "backup_damaged", "{}", file.path);
        std::fs::remove_dir_all(place.at("restored.partial")).unwrap();
        flip(&path);
    }
}

#[test]
fn nothing_is_restored_over_anything() {
    let place = Place::new(1);
    place.back_up("backup").unwrap();
    for taken in ["archive", "boyin.toml"] {
        assert_eq!(code(place.restore("backup", taken)), "backup_exists");
    }
    std::fs::create_dir(place.at("new.partial")).unwrap();
    assert_eq!(code(place.restore("backup", "new")), "backup_exists");
    let other = RootSecret::new([1; 32].into());
    assert_eq!(code(Backup::open(&place.at("backup"), &other)), "backup_wrong_secret");
    let order = BackupOrder {
        archive: &place.at("archive"),
        to: &place.at("other"),
        also: &[],
        previous: None,
        at: time(0),
    };
    let made = Backup::make(&order, &other, &mut |_| {});
    assert!(matches!(made, Err(BackupError::Open(OpenError::WrongSecret))), "{made:?}");
    assert!(!place.at("other").exists());
}

/// A backup that is interrupted at any file leaves nothing that opens as one.
#[test]
fn an_interrupted_backup_is_none() {
    let place = Place::new(3);
    let also = [(place.at("absent"), "absent".to_owned())];
    let order = BackupOrder {
        archive: &place.at("archive"),
        to: &place.at("backup"),
        also: &also,
        previous: None,
        at: time(0),
    };
    assert_eq!(code(Backup::make(&order, &secret(), &mut |_| {})), "backup_file");
    assert!(!place.at("backup").exists());
    for name in ["backup", "backup.partial"] {
        assert_eq!(code(Backup::open(&place.at(name), &secret())), "backup_unfinished");
    }
    assert_eq!(code(place.back_up("backup")), "backup_exists", "the left-over is not removed by itself");
}

#[test]
fn an_archive_that_cannot_be_opened_gives_no_backup() {
    let place = Place::new(3);
    drop(Archive::open(&place.at("archive"), &secret()).unwrap());
    let files = std::fs::read_dir(place.at("archive/db")).unwrap().map(|entry| entry.unwrap().path());
    let table = files.filter(|path| path.extension().is_some_and(|end| end == "sst")).min().unwrap();
    std::fs::remove_file(table).unwrap();
    assert!(matches!(
        place.back_up("backup"),
        Err(BackupError::Open(OpenError::Store(StoreError::Corrupt(_) | StoreError::Io(_))))
    ));
    assert!(!place.at("backup").exists());
}

#[test]
fn a_manifest_says_what_is_in_it() {
    let place = Place::new(3);
    let backup = place.back_up("backup").unwrap();
    let Manifest { format, archive_format, last_event, files, .. } = backup.manifest().clone();
    assert_eq!(
        (format, archive_format, last_event),
        (boyin_archive::BACKUP_FORMAT, boyin_archive::FORMAT_VERSION, 4)
    );
    assert!(files.is_sorted_by_key(|file| &file.path));
}
