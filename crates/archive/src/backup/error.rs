//! Why a backup was not made, or not restored.

use std::fmt;
use std::path::PathBuf;

use crate::error::{ArchiveError, OpenError};

/// Why a backup was not made, opened or restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// Something is there already, perhaps from an attempt that was interrupted.
    #[error(
        "{0} exists: choose a new place; what ends in .partial was interrupted, is no backup and can be removed"
    )]
    Exists(PathBuf),
    /// The path is `.`, `..` or the root.
    #[error("{0} does not name a directory that could be made")]
    Unnamed(PathBuf),
    /// There is no manifest.
    #[error("{0} is not a finished backup: it has no backup.json")]
    NotABackup(PathBuf),
    /// The manifest cannot be read.
    #[error("{0} is damaged: use another backup")]
    Manifest(PathBuf),
    /// Written by a newer release.
    #[error("the backup has format {found}, this release reads up to {supported}: use a newer release")]
    NewerFormat {
        /// Format of the backup.
        found: u32,
        /// Newest format that can be read here.
        supported: u32,
    },
    /// Made with another root secret.
    #[error("this is not the root secret of the backup: use the one its archive was made with")]
    WrongSecret,
    /// The manifest is not the one that was written.
    #[error("{0} was changed after the backup was made: use another backup")]
    Changed(PathBuf),
    /// Files are missing, damaged or too many.
    #[error("the backup is damaged: {}", list(.0))]
    Damaged(Vec<FileFault>),
    /// The copy does not have all acts.
    #[error(
        "the copy ends at event {copied}, but there are events up to {acknowledged}: nothing was kept, try again"
    )]
    Behind {
        /// Last event of the copy.
        copied: u64,
        /// Last event that must be in it.
        acknowledged: u64,
    },
    /// The archive removed files faster than they were opened.
    #[error("the archive was opened or closed again and again meanwhile: try again")]
    Restless,
    /// The file that names the list of files is damaged.
    #[error("the file CURRENT of the archive is damaged: restore it from a backup")]
    Current,
    /// The archive cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The archive cannot be read.
    #[error(transparent)]
    Read(ArchiveError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl BackupError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists(_) => "backup_exists",
            Self::Unnamed(_) => "backup_unnamed",
            Self::NotABackup(_) => "backup_unfinished",
            Self::Manifest(_) => "backup_manifest",
            Self::NewerFormat { .. } => "backup_newer_format",
            Self::WrongSecret => "backup_wrong_secret",
            Self::Changed(_) => "backup_changed",
            Self::Damaged(_) => "backup_damaged",
            Self::Behind { .. } => "backup_behind",
            Self::Restless => "backup_restless",
            Self::Current => "archive_current",
            Self::Open(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::File { .. } => "backup_file",
        }
    }
}

/// What is wrong with a file of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFaultKind {
    /// It is not there.
    Missing,
    /// It is longer or shorter.
    Length,
    /// Its bytes are other ones.
    Digest,
    /// It cannot be read.
    Unreadable,
    /// It is there, but the manifest does not have it.
    Unexpected,
}

impl FileFaultKind {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Length => "length",
            Self::Digest => "digest",
            Self::Unreadable => "unreadable",
            Self::Unexpected => "unexpected",
        }
    }
}

impl fmt::Display for FileFaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::Length => "is longer or shorter than it was",
            Self::Digest => "has other bytes than it had",
            Self::Unreadable => "cannot be read",
            Self::Unexpected => "does not belong to the backup",
        })
    }
}

/// A file of a backup that is not as the manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// Its name in the backup.
    pub path: String,
    /// What is wrong.
    pub kind: FileFaultKind,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.kind)
    }
}

fn list(faults: &[FileFault]) -> String {
    faults.iter().map(FileFault::to_string).collect::<Vec<_>>().join("; ")
}
