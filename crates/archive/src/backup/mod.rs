//! Backups: a directory with the database as it was at one instant, files that belong to it, and a manifest of all of
//! them under a keyed digest.
//!
//! ```text
//! backup.json   the manifest              data/archive/db/…   the database
//! backup.mac    HMAC of the manifest      data/…              what else was asked for, under its own name
//! ```
//! The manifest comes last and the directory gets its name after it: what has no manifest is no backup.

mod capture;
mod copy;
mod error;
mod manifest;

pub use self::error::{BackupError, FileFault, FileFaultKind};
pub use self::manifest::{BACKUP_FORMAT, BackupFile, Manifest};

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use boyin_model::time::UnixTime;

use self::capture::Capture;
use self::copy::{copy_file, copy_reader, digest_file, file_error, make_dir, sync_dir};
use crate::archive::Archive;
use crate::error::OpenError;
use crate::store::StoreError;
use crate::vault::RootSecret;

/// Where the files of the data directory are in a backup.
const DATA: &str = "data";
/// Where the database is among them.
const DATABASE: &str = "archive/db";
/// How often a copy is begun anew when the archive removed a file, or closed, in the middle of it.
const ATTEMPTS: usize = 5;

/// What to back up.
#[derive(Clone, Copy, Debug)]
pub struct BackupOrder<'a> {
    /// The directory of the archive. It may be in use.
    pub archive: &'a Path,
    /// Where the backup will be. Nothing may be there.
    pub to: &'a Path,
    /// Other files that belong to it, each with its name in the backup: names of the data directory with `/`, none under
    /// `archive`. They are copied after the database.
    pub also: &'a [(PathBuf, String)],
    /// An earlier backup, whose files are shared where they are the same.
    pub previous: Option<&'a Path>,
    /// Now.
    pub at: UnixTime,
}

/// A finished backup: its manifest is whole and was made with this root secret. Its files are not looked at yet.
#[derive(Debug)]
pub struct Backup {
    dir: PathBuf,
    manifest: Manifest,
}

impl Backup {
    /// Copies an archive that may be in use, and what belongs to it. Every act that was acknowledged before the call is in
    /// the copy, as a whole; of those acknowledged meanwhile, all up to one of them. Interrupted, it leaves
    /// `<to>.partial`, which is no backup.
    ///
    /// `progress` is given the bytes written so far.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn make(
        order: &BackupOrder<'_>,
        secret: &RootSecret,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, BackupError> {
        let partial = partial_of(order.to)?;
        for taken in [order.to, &partial] {
            if taken.symlink_metadata().is_ok() {
                return Err(BackupError::Exists(taken.to_owned()));
            }
        }
        let previous = order.previous.map(|dir| Self::open(dir, secret)).transpose()?;
        make_dir(&partial)?;
        let acknowledged = {
            let archive = Archive::snapshot(order.archive, secret)?;
            archive.last_event().map_err(BackupError::Read)?
        };
        let mut writer =
            Writer { dir: &partial, previous: previous.as_ref(), files: Vec::new(), done: 0, progress };
        let (last_event, archive_format) = writer.database(order.archive, secret)?;
        if last_event < acknowledged {
            return Err(BackupError::Behind { copied: last_event, acknowledged });
        }
        for (source, name) in order.also {
            writer.file(source, name)?;
        }
        let mut files = writer.files;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = Manifest {
            format: BACKUP_FORMAT,
            made_at: order.at,
            key: manifest::key_of(secret),
            archive_format,
            last_event,
            files,
        };
        manifest.write(&partial, secret)?;
        sync_tree(&partial)?;
        fs::rename(&partial, order.to).map_err(file_error(order.to))?;
        sync_dir(
            order.to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")),
        )?;
        Ok(Self { dir: order.to.to_owned(), manifest })
    }

    /// Opens a backup.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`], [`BackupError::Manifest`], [`BackupError::NewerFormat`],
    /// [`BackupError::WrongSecret`], [`BackupError::Changed`], [`BackupError::File`].
    pub fn open(dir: &Path, secret: &RootSecret) -> Result<Self, BackupError> {
        Ok(Self { dir: dir.to_owned(), manifest: Manifest::read(dir, secret)? })
    }

    /// What is in it.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The files of the data directory in it.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.dir.join(DATA)
    }

    /// Compares every file with the manifest; `progress` is given the bytes read so far. A file that the manifest does not
    /// have is a fault too: the engine would take it in.
    ///
    /// # Errors
    /// [`BackupError::File`] if the directory itself cannot be read.
    pub fn check_files(&self, progress: &mut dyn FnMut(u64)) -> Result<Vec<FileFault>, BackupError> {
        let mut faults = Vec::new();
        let mut done = 0;
        for file in &self.manifest.files {
            let path = self.data().join(&file.path);
            let kind = match digest_file(&path, &mut |bytes| progress(done + bytes)) {
                Ok(found) if found == (file.bytes, file.sha256.clone()) => None,
                Ok((bytes, _)) if bytes != file.bytes => Some(FileFaultKind::Length),
                Ok(_) => Some(FileFaultKind::Digest),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(FileFaultKind::Missing),
                Err(_) => Some(FileFaultKind::Unreadable),
            };
            faults.extend(kind.map(|kind| FileFault { path: file.path.clone(), kind }));
            done += file.bytes;
        }
        for path in files_below(&self.data())? {
            if !self.manifest.files.iter().any(|file| file.path == path) {
                faults.push(FileFault { path, kind: FileFaultKind::Unexpected });
            }
        }
        Ok(faults)
    }

    /// The archive in the backup, for reading.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn archive(&self, secret: &RootSecret) -> Result<Archive, OpenError> {
        Archive::snapshot(&self.data().join("archive"), secret)
    }

    /// Copies the files of the data directory into `to`, which must not exist, and opens the archive there: it must go as
    /// far as the manifest says. Before that, `complete` may add to the directory it is given. What was begun stays in `<to>.partial` if anything is wrong.
    ///
    /// # Errors
    /// [`BackupError::Exists`], [`BackupError::Damaged`], [`BackupError::Behind`], [`BackupError::Open`],
    /// [`BackupError::File`].
    pub fn restore(
        &self,
        to: &Path,
        secret: &RootSecret,
        complete: &mut dyn FnMut(&Path) -> std::io::Result<()>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), BackupError> {
        let partial = partial_of(to)?;
        for taken in [to, &partial] {
            if taken.symlink_metadata().is_ok() {
                return Err(BackupError::Exists(taken.to_owned()));
            }
        }
        make_dir(&partial)?;
        let mut done = 0;
        for file in &self.manifest.files {
            let target = partial.join(&file.path);
            make_dir(target.parent().unwrap_or(&partial))?;
            let copied =
                copy_file(&self.data().join(&file.path), &target, &mut |bytes| progress(done + bytes))?;
            if copied != (file.bytes, file.sha256.clone()) {
                let fault = FileFault { path: file.path.clone(), kind: FileFaultKind::Digest };
                return Err(BackupError::Damaged(vec![fault]));
            }
            done += file.bytes;
        }
        complete(&partial).map_err(file_error(&partial))?;
        let last =
            Archive::open(&partial.join("archive"), secret)?.last_event().map_err(BackupError::Read)?;
        if last != self.manifest.last_event {
            return Err(BackupError::Behind { copied: last, acknowledged: self.manifest.last_event });
        }
        sync_tree(&partial)?;
        fs::rename(&partial, to).map_err(file_error(to))?;
        sync_dir(to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
    }
}

struct Writer<'a> {
    dir: &'a Path,
    previous: Option<&'a Backup>,
    files: Vec<BackupFile>,
    done: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl Writer<'_> {
    /// Copies the database and looks whether the copy can be opened. Gives its last event and its format.
    fn database(&mut self, archive: &Path, secret: &RootSecret) -> Result<(u64, u32), BackupError> {
        let to = self.dir.join(DATA).join(DATABASE);
        let mut last = BackupError::Restless;
        for _ in 0..ATTEMPTS {
            if to.exists() {
                fs::remove_dir_all(&to).map_err(file_error(&to))?;
            }
            make_dir(&to)?;
            self.files.clear();
            self.done = 0;
            let Some(capture) = Capture::take(&archive.join("db"))? else { continue };
            for (name, file) in capture.files {
                let path = format!("{DATABASE}/{name}");
                self.add(path, file)?;
            }
            for (name, bytes) in capture.small {
                self.add(format!("{DATABASE}/{name}"), bytes.as_slice())?;
            }
            match Archive::snapshot(&self.dir.join(DATA).join("archive"), secret) {
                Ok(copy) => return Ok((copy.last_event().map_err(BackupError::Read)?, copy.format())),
                // A file went away while it was copied.
                Err(OpenError::Store(StoreError::Corrupt(cause))) => {
                    last = BackupError::Open(StoreError::Corrupt(cause).into());
                }
                Err(OpenError::Store(StoreError::Io(cause))) => {
                    last = BackupError::Open(StoreError::Io(cause).into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(last)
    }

    fn file(&mut self, source: &Path, name: &str) -> Result<(), BackupError> {
        let file = fs::File::open(source).map_err(file_error(source))?;
        self.add(name.to_owned(), file)
    }

    fn add(&mut self, path: String, from: impl std::io::Read) -> Result<(), BackupError> {
        let target = self.dir.join(DATA).join(&path);
        make_dir(target.parent().unwrap_or(self.dir))?;
        let done = self.done;
        let (bytes, sha256) = copy_reader(from, &target, &mut |bytes| (self.progress)(done + bytes))?;
        self.share(&path, &target, bytes, &sha256);
        self.done += bytes;
        self.files.push(BackupFile { path, bytes, sha256 });
        Ok(())
    }

    /// Takes the file of the previous backup in place of a copy that is the same. Where that cannot be, the copy stays.
    fn share(&self, path: &str, copy: &Path, bytes: u64, sha256: &str) {
        let Some(previous) = self.previous else { return };
        let same = |file: &&BackupFile| file.path == path && file.bytes == bytes && file.sha256 == sha256;
        if !path.ends_with(".sst") || previous.manifest.files.iter().find(same).is_none() {
            return;
        }
        let older = previous.data().join(path);
        // What was damaged since must not be shared.
        if digest_file(&older, &mut |_| {}).is_ok_and(|found| found == (bytes, sha256.to_owned())) {
            let beside = copy.with_extension("shared");
            if fs::hard_link(&older, &beside).is_ok() && fs::rename(&beside, copy).is_err() {
                let _ = fs::remove_file(&beside);
            }
        }
    }
}

/// The whole name with `.partial` after it.
fn partial_of(dir: &Path) -> Result<PathBuf, BackupError> {
    let name = dir.file_name().ok_or_else(|| BackupError::Unnamed(dir.to_owned()))?;
    let mut name: OsString = name.to_owned();
    name.push(".partial");
    Ok(dir.with_file_name(name))
}

/// Names of all files below a directory, with `/`.
fn files_below(dir: &Path) -> Result<Vec<String>, BackupError> {
    let mut found = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).map_err(file_error(&next))? {
            let path = entry.map_err(file_error(&next))?.path();
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap_or(&path);
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Makes the names of all files below survive power loss; the files are synced as they are written.
fn sync_tree(dir: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(dir).map_err(file_error(dir))? {
        let path = entry.map_err(file_error(dir))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        }
    }
    sync_dir(dir)
}
