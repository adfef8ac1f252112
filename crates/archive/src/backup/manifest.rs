//! The list of what is in a backup.

use std::fs;
use std::path::{Component, Path};

use boyin_model::hex;
use boyin_model::time::UnixTime;
use ring::hmac;
use serde::{Deserialize, Serialize};

use super::copy::{file_error, write_file};
use super::error::BackupError;
use crate::vault::{RootSecret, backup_key};

/// Version of the form of a backup. A newer one is refused.
pub const BACKUP_FORMAT: u32 = 1;
const MANIFEST: &str = "backup.json";
const MAC: &str = "backup.mac";
/// Most bytes of a manifest: some ten thousand files, far more than the largest archive has.
const MAX_MANIFEST: u64 = 16 << 20;
/// What is authenticated to tell root secrets apart.
const KEY_LABEL: &[u8] = b"key";
/// Begins what is authenticated of a manifest.
const MANIFEST_LABEL: &[u8] = b"manifest\0";

/// What is in a backup: `backup.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`BACKUP_FORMAT`].
    pub format: u32,
    /// When it was made.
    pub made_at: UnixTime,
    /// Tells root secrets apart, in hexadecimal.
    pub key: String,
    /// Version of the disk format of the archive.
    pub archive_format: u32,
    /// Number of the last event.
    pub last_event: u64,
    /// Every file, by path.
    pub files: Vec<BackupFile>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupFile {
    /// Its name in the data directory, with `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Writes the digest and then the manifest.
    pub(super) fn write(&self, dir: &Path, secret: &RootSecret) -> Result<(), BackupError> {
        let bytes = serde_json::to_vec_pretty(self).expect("text and numbers can always be written as JSON");
        let tag = hmac::sign(&backup_key(secret), &authenticated(&bytes));
        write_file(&dir.join(MAC), hex::encode(tag.as_ref()).as_bytes())?;
        write_file(&dir.join(MANIFEST), &bytes)
    }

    pub(super) fn read(dir: &Path, secret: &RootSecret) -> Result<Self, BackupError> {
        let path = dir.join(MANIFEST);
        let length = fs::metadata(&path).map(|found| found.len());
        if length.is_ok_and(|length| length > MAX_MANIFEST) {
            return Err(BackupError::Manifest(path));
        }
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(BackupError::NotABackup(dir.to_owned()));
            }
            Err(error) => return Err(file_error(&path)(error)),
        };
        let manifest = parse(&bytes).ok_or_else(|| BackupError::Manifest(path.clone()))??;
        if manifest.key != key_of(secret) {
            return Err(BackupError::WrongSecret);
        }
        let mac = fs::read(dir.join(MAC)).ok().and_then(|text| hex::decode(std::str::from_utf8(&text).ok()?));
        let right =
            mac.is_some_and(|mac| hmac::verify(&backup_key(secret), &authenticated(&bytes), &mac).is_ok());
        // What is authentic was written by this program; the paths are looked at all the same.
        if !right || !manifest.files.iter().all(|file| is_below(&file.path)) {
            return Err(BackupError::Changed(path));
        }
        Ok(manifest)
    }
}

/// Looks at the format first: a newer manifest may have members that this release does not know.
fn parse(bytes: &[u8]) -> Option<Result<Manifest, BackupError>> {
    #[derive(Deserialize)]
    struct FormatOnly {
        format: u32,
    }
    let FormatOnly { format: found } = serde_json::from_slice(bytes).ok()?;
    if found > BACKUP_FORMAT {
        return Some(Err(BackupError::NewerFormat { found, supported: BACKUP_FORMAT }));
    }
    serde_json::from_slice(bytes).ok().map(Ok)
}

/// Shows which root secret a backup belongs to, and nothing about it.
pub(super) fn key_of(secret: &RootSecret) -> String {
    hex::encode(hmac::sign(&backup_key(secret), KEY_LABEL).as_ref())
}

fn authenticated(manifest: &[u8]) -> Vec<u8> {
    [MANIFEST_LABEL, manifest].concat()
}

fn is_below(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}
