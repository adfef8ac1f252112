//! Backups of a data directory that may be in use.

use std::fs;
use std::path::{Path, PathBuf};

use boyin_archive::{
    Archive, ArchiveError, Backup, BackupError, BackupOrder, CheckProgress, CheckReport, Cursor, FileFault,
    LicenseRecord, MAX_PAGE, Manifest, RootSecret,
};
use boyin_model::credential::Envelope;
use boyin_model::id::LicenseId;
use boyin_model::json::Reader;
use boyin_model::time::UnixTime;
use boyin_suite::all_jws;
use boyin_verify::{Check, Context, Outcome, Reason, Report, StatusSnapshot, TrustSnapshot, Verifier};

use crate::engine::ArchivePlace;
use crate::error::{HomeBackupError, HomeError};
use crate::home::Home;
use crate::keyring::{Keyring, Passphrase, write_new_private};

/// What of a data directory goes into a backup, beside the archive. Keys do only if asked for; locks and passing files
/// never do. Whatever else lies there is left out, and the receipt says so: it may be a secret.
const BELONGING: [&str; 14] = [
    "boyin.toml",
    "clients.jsonl",
    "clients.toml",
    "catalog.toml",
    "catalog",
    "items.toml",
    "items",
    "sharing",
    "offices.toml",
    "officers.toml",
    "tokens.toml",
    "timestamps",
    "trust",
    "webhooks",
];
/// What is backed up in another way, kept elsewhere, on its way into the log, or held while something is done: no reason to say that it
/// is left out.
const ELSEWHERE: [&str; 4] = ["archive", "clients.lock", "keys", "reads"];
const KEYS: &str = "keys";
/// Below those directories: held while something is done, or written for a moment; the key of a ceremony that is not at its end.
const PASSING: [&str; 3] = ["lock", "scratch", "ceremony"];

/// Whether the key files go into the backup. They are encrypted under the passphrase; whoever has both has everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackupKeys {
    /// They are kept apart from it.
    #[default]
    LeaveOut,
    /// They go into it.
    Include,
}

/// A backup that was made.
#[must_use]
#[derive(Debug)]
pub struct BackupReceipt {
    /// What is in it.
    pub manifest: Manifest,
    /// Names in the data directory that are not in it and that this release does not know.
    pub left_out: Vec<String>,
}

/// Where a verification of a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupProgress {
    /// Bytes of files that were read.
    Files(u64),
    /// Entries of the archive.
    Entries(CheckProgress),
    /// Licenses that were verified.
    Licenses(u64),
}

/// A license in a backup that does not verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseFault {
    /// The license.
    pub id: LicenseId,
    /// The check that it does not pass.
    pub check: Check,
    /// Why.
    pub reason: Reason,
}

/// What the verification of a backup found.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupReport {
    /// Files that are not as the manifest says. If there are any, nothing else was looked at.
    pub files: Vec<FileFault>,
    /// The check of the archive.
    pub archive: CheckReport,
    /// Licenses whose signature was verified.
    pub verified: u64,
    /// Licenses of grades C and D that no issuer signed, so that there is nothing to verify.
    pub unsealed: u64,
    /// Licenses that do not verify with the trust list in the backup.
    pub licenses: Vec<LicenseFault>,
}

impl BackupReport {
    /// Whether the backup can be relied on.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.files.is_empty() && self.archive.sound() && self.licenses.is_empty()
    }
}

impl Home {
    /// Makes a backup in the new directory `to`. Desks and services may be at work: every act that was acknowledged
    /// before the call is in it. With `previous`, files that are the same are shared with that backup.
    ///
    /// # Errors
    /// [`HomeBackupError`].
    pub fn back_up(
        &self,
        to: &Path,
        previous: Option<&Path>,
        keys: BackupKeys,
        passphrase: &Passphrase,
        now: UnixTime,
        progress: &mut dyn FnMut(u64),
    ) -> Result<BackupReceipt, HomeBackupError> {
        let place = self.archive_place()?;
        let ArchivePlace::Directory(archive) = &place else {
            return Err(HomeBackupError::OtherEngine(self.engine_name().to_owned()));
        };
        let secret = self.keyring().secret_of_archive(&place, passphrase)?;
        let mut also = Vec::new();
        for name in BELONGING.into_iter().chain((keys == BackupKeys::Include).then_some(KEYS)) {
            collect(self.dir(), name, &mut also)?;
        }
        let order = BackupOrder { archive, to, also: &also, previous, at: now };
        let backup = Backup::make(&order, &secret, progress)?;
        Ok(BackupReceipt { manifest: backup.manifest().clone(), left_out: left_out(self.dir())? })
    }

    /// Reads and unseals every entry of the archive and compares what belongs together, beside desks and services.
    ///
    /// # Errors
    /// [`HomeBackupError`].
    pub fn check_archive(
        &self,
        passphrase: &Passphrase,
        progress: &mut dyn FnMut(CheckProgress),
    ) -> Result<CheckReport, HomeBackupError> {
        let place = self.archive_place()?;
        let secret = self.keyring().secret_of_archive(&place, passphrase)?;
        let archive = place.snapshot(&secret).map_err(HomeError::from)?;
        Ok(archive.check(progress)?)
    }
}

/// A finished backup of a data directory.
#[derive(Debug)]
pub struct HomeBackup {
    backup: Backup,
    secret: RootSecret,
    /// Where its keys are: `None` if they are in the backup.
    keys: Option<PathBuf>,
}

impl HomeBackup {
    /// Opens a backup with the archive's secret from the directory `keys`, or from the backup itself.
    ///
    /// # Errors
    /// [`HomeBackupError::NoKeys`] if neither has it; [`HomeBackupError`].
    pub fn open(dir: &Path, keys: Option<&Path>, passphrase: &Passphrase) -> Result<Self, HomeBackupError> {
        let inside = dir.join("data").join(KEYS);
        let keyring = Keyring::of_directory(keys.unwrap_or(&inside));
        let Some(secret) = keyring.kept_archive_secret(passphrase)? else {
            // What is no backup at all has no keys either, and is to be called so.
            if !dir.join("backup.json").exists() {
                return Err(BackupError::NotABackup(dir.to_owned()).into());
            }
            return Err(HomeBackupError::NoKeys);
        };
        Ok(Self { backup: Backup::open(dir, &secret)?, secret, keys: keys.map(Path::to_owned) })
    }

    /// What is in it.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.backup.manifest()
    }

    /// Compares every file with the manifest, checks every entry of the archive, and verifies every license that its
    /// issuer signed with the trust list in the backup, on all cores.
    ///
    /// # Errors
    /// [`HomeBackupError`] if it cannot be verified at all.
    pub fn verify(&self, progress: &mut dyn FnMut(BackupProgress)) -> Result<BackupReport, HomeBackupError> {
        let files = self.backup.check_files(&mut |bytes| progress(BackupProgress::Files(bytes)))?;
        let mut report = BackupReport { files, ..BackupReport::default() };
        if !report.files.is_empty() {
            return Ok(report);
        }
        let archive = self.backup.archive(&self.secret).map_err(HomeError::from)?;
        report.archive = archive.check(&mut |at| progress(BackupProgress::Entries(at)))?;
        let (_, trust) = Home::open(&self.backup.data())?.trust()?;
        let context = Verification::new(trust, self.manifest().made_at);
        let mut cursor = None;
        loop {
            let (page, next) = licenses(&archive, cursor, &mut report)?;
            context.add(&page, &mut report);
            progress(BackupProgress::Licenses(report.verified + report.unsealed));
            cursor = next;
            if cursor.is_none() {
                return Ok(report);
            }
        }
    }

    /// Makes the data directory `to` from the backup, whole or not at all, with the keys that it was opened with. Gives
    /// the number of the last event: the next act gets the one after it.
    ///
    /// # Errors
    /// [`HomeBackupError`]; what was begun stays in `<to>.partial`.
    pub fn restore(&self, to: &Path, progress: &mut dyn FnMut(u64)) -> Result<u64, HomeBackupError> {
        if fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_none()) {
            fs::remove_dir(to).map_err(|source| HomeError::File { path: to.to_owned(), source })?;
        }
        let faults = self.backup.check_files(&mut |_| {})?;
        if !faults.is_empty() {
            return Err(BackupError::Damaged(faults).into());
        }
        let mut add_keys = |partial: &Path| match &self.keys {
            Some(keys) => copy_keys(keys, &partial.join(KEYS)),
            None => Ok(()),
        };
        self.backup.restore(to, &self.secret, &mut add_keys, progress)?;
        Home::open(to)?;
        Ok(self.manifest().last_event)
    }
}

/// What licenses are verified with.
struct Verification {
    verifier: Verifier,
    trust: TrustSnapshot,
    status: StatusSnapshot,
    at: UnixTime,
}

impl Verification {
    fn new(trust: TrustSnapshot, at: UnixTime) -> Self {
        Self { verifier: Verifier::new(&all_jws()), trust, status: StatusSnapshot::default(), at }
    }

    fn add(&self, page: &[LicenseRecord], report: &mut BackupReport) {
        let (sealed, unsealed): (Vec<_>, Vec<_>) = page.iter().partition(|record| is_signed(record));
        let context = Context { now: self.at, trust: &self.trust, status: &self.status };
        let credentials: Vec<&[u8]> = sealed.iter().map(|record| record.credential.as_slice()).collect();
        let reports = self.verifier.check_bulk(&credentials, &context);
        for (record, verdict) in sealed.into_iter().zip(reports) {
            let fault =
                fault(&verdict).map(|(check, reason)| LicenseFault { id: record.id.clone(), check, reason });
            report.licenses.extend(fault);
            report.verified += 1;
        }
        report.unsealed += u64::try_from(unsealed.len()).unwrap_or(u64::MAX);
    }
}

/// Whether a license on file has a signature to be verified: one of a grade that can be signed, whatever damage has made of it, and
/// whatever has the form of a signed license.
fn is_signed(record: &LicenseRecord) -> bool {
    record.grade.may_exempt() || Envelope::open(&record.credential, Reader::Ours).is_ok()
}

/// The first check that a license does not pass, of those that say whether it is what its issuer sealed. That it has ended
/// or was revoked since is no fault of the backup, nor how fresh the lists in it are.
fn fault(report: &Report) -> Option<(Check, Reason)> {
    report.checks().find_map(|(check, outcome)| {
        let sealed = match check {
            Check::Format
            | Check::Issuer
            | Check::Algorithm
            | Check::Signature
            | Check::Disclosures
            | Check::Content
            | Check::Entitlement
            | Check::Seal => true,
            Check::TrustList | Check::Validity | Check::Status => false,
        };
        match outcome {
            Outcome::NotPassed(reason, _) if sealed => Some((check, reason)),
            Outcome::NotPassed(..) | Outcome::Passed | Outcome::Skipped => None,
        }
    })
}

type Licenses = (Vec<LicenseRecord>, Option<Cursor>);

/// Some hundred licenses: enough for all cores. What cannot be read ends it; the check of the archive has said so.
fn licenses(
    archive: &Archive,
    mut cursor: Option<Cursor>,
    report: &mut BackupReport,
) -> Result<Licenses, HomeBackupError> {
    let mut found = Vec::new();
    while found.len() < 10 * MAX_PAGE {
        let page = match archive.list(None, cursor.as_ref(), MAX_PAGE) {
            Ok(page) => page,
            Err(ArchiveError::Damaged(_)) if !report.archive.sound() => return Ok((found, None)),
            Err(error) => return Err(error.into()),
        };
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok((found, cursor))
}

/// Adds a file, or the files below a directory, with their names in the data directory.
fn collect(home: &Path, name: &str, found: &mut Vec<(PathBuf, String)>) -> Result<(), HomeError> {
    let path = home.join(name);
    if path.is_file() {
        let passing = path.extension().is_some_and(|end| end == "new" || end == "lock");
        if !passing {
            found.push((path, name.to_owned()));
        }
        return Ok(());
    }
    for entry in names_in(&path)? {
        if !PASSING.contains(&entry.as_str()) {
            collect(home, &format!("{name}/{entry}"), found)?;
        }
    }
    Ok(())
}

/// Names in a directory, ascending; none if there is no directory.
fn names_in(dir: &Path) -> Result<Vec<String>, HomeError> {
    let fail = |source| HomeError::File { path: dir.to_owned(), source };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(fail(source)),
    };
    let names = entries.map(|entry| Ok(entry.map_err(fail)?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<Result<Vec<_>, HomeError>>()?;
    names.sort();
    Ok(names)
}

fn left_out(home: &Path) -> Result<Vec<String>, HomeError> {
    let known = |name: &str| BELONGING.contains(&name) || ELSEWHERE.contains(&name);
    Ok(names_in(home)?.into_iter().filter(|name| !known(name)).collect())
}

/// Copies key files as private ones.
fn copy_keys(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.is_file() {
            let copy = to.join(path.file_name().unwrap_or_default());
            write_new_private(&copy, &fs::read(&path)?)?;
        }
    }
    Ok(())
}
