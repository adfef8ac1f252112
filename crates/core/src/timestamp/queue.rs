use std::fs;
use std::path::{Path, PathBuf};

use boyin_model::alg::{Digest32, Randomness, VerifyAlg};
use boyin_model::hex;
use boyin_model::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::{StampError, TimestampClient};
use crate::error::HomeError;
use crate::home::make_private_dir;
use crate::keyring::{replace, sync_parent};
use crate::retry::retry_seconds;

/// Digests that can wait: a day of a prefecture. More means that nobody watches.
pub const MAX_QUEUED: usize = 100_000;
/// Seconds until the first retry.
const FIRST_RETRY_SECONDS: u64 = 60;
/// Most seconds between retries.
const MAX_RETRY_SECONDS: u64 = 6 * 3600;
const FORMAT: u32 = 1;
const WAITING: &str = "toml";
const TOKEN: &str = "tst";

/// Seconds to wait after so many attempts: doubled each time, at most six hours.
#[must_use]
pub fn backoff_seconds(attempts: u32) -> u64 {
    retry_seconds(attempts, FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS)
}

/// What waits for a timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The digest algorithm, by its name in this project.
    pub algorithm: String,
    /// The digest.
    pub digest: Digest32,
    /// Since when it waits.
    pub since: UnixTime,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next: UnixTime,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    format: u32,
    algorithm: String,
    digest: String,
    since: UnixTime,
    attempts: u32,
    next: UnixTime,
}

/// What waits, and which files of the queue cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By name of the file.
    pub waiting: Vec<Queued>,
    /// Files that are damaged.
    pub damaged: Vec<PathBuf>,
}

/// What a retry did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// How many were stamped.
    pub stamped: usize,
    /// How many were tried and still wait.
    pub failed: usize,
    /// How many still wait and were not tried: not due yet, or no authority answers.
    pub waiting: usize,
    /// Why the last one was not stamped.
    pub last: Option<StampError>,
}

/// Why the queue did not do what it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// A file.
    #[error(transparent)]
    File(#[from] HomeError),
    /// [`MAX_QUEUED`] digests wait.
    #[error("{MAX_QUEUED} digests wait for a timestamp already: see to the timestamp authority")]
    Full,
}

/// Digests that wait for a timestamp, one file each, and the tokens that came.
///
/// ```text
/// <algorithm>-<digest>.toml   waits          <algorithm>-<digest>.tst   its token
/// ```
/// The token is written before the entry is removed: what is interrupted between is removed at the next retry.
#[derive(Clone, Debug)]
pub struct TimestampQueue {
    dir: PathBuf,
}

impl TimestampQueue {
    /// The queue in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// [`QueueError::File`].
    pub fn open(dir: &Path) -> Result<Self, QueueError> {
        make_private_dir(dir)?;
        Ok(Self { dir: dir.to_owned() })
    }

    fn path(&self, algorithm: &str, digest: &Digest32, extension: &str) -> PathBuf {
        self.dir.join(format!("{algorithm}-{}.{extension}", hex::encode(digest)))
    }

    /// The token over a digest, if it came.
    ///
    /// # Errors
    /// [`QueueError::File`].
    pub fn token(&self, algorithm: &str, digest: &Digest32) -> Result<Option<Vec<u8>>, QueueError> {
        let path = self.path(algorithm, digest, TOKEN);
        match fs::read(&path) {
            Ok(token) => Ok(Some(token)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(file(&path, source)),
        }
    }

    /// Lets a digest wait; one that waits already goes on waiting.
    ///
    /// # Errors
    /// [`QueueError`].
    pub fn add(
        &self,
        alg: &'static dyn VerifyAlg,
        digest: Digest32,
        now: UnixTime,
    ) -> Result<(), QueueError> {
        let algorithm = alg.id().digest;
        if self.path(algorithm, &digest, WAITING).exists() {
            return Ok(());
        }
        if self.files()?.len() >= MAX_QUEUED {
            return Err(QueueError::Full);
        }
        let next = now.plus(backoff_seconds(1));
        self.write(&Queued { algorithm: algorithm.to_owned(), digest, since: now, attempts: 1, next })
    }

    fn write(&self, queued: &Queued) -> Result<(), QueueError> {
        let Queued { algorithm, digest, since, attempts, next } = queued.clone();
        let path = self.path(&algorithm, &digest, WAITING);
        let entry = Entry { format: FORMAT, algorithm, digest: hex::encode(&digest), since, attempts, next };
        let text = toml::to_string(&entry).expect("numbers and plain text have a TOML form");
        Ok(replace(&path, text.as_bytes())?)
    }

    /// What waits.
    ///
    /// # Errors
    /// [`QueueError::File`] if the directory cannot be read.
    pub fn list(&self) -> Result<Listing, QueueError> {
        let mut listing = Listing::default();
        for path in self.files()? {
            match read(&path) {
                // A name that is not that of its content was put there by somebody else.
                Some(queued) if self.path(&queued.algorithm, &queued.digest, WAITING) == path => {
                    listing.waiting.push(queued);
                }
                Some(_) | None => listing.damaged.push(path),
            }
        }
        Ok(listing)
    }

    fn files(&self) -> Result<Vec<PathBuf>, QueueError> {
        let entries = fs::read_dir(&self.dir).map_err(|source| file(&self.dir, source))?;
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|source| file(&self.dir, source))?.path();
            if path.extension().is_some_and(|extension| extension == WAITING) {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// A token at once, or else a place in the queue; the error then says why.
    ///
    /// # Errors
    /// [`QueueError`] if neither was possible.
    pub fn stamp_or_queue(
        &self,
        client: &TimestampClient<'_>,
        alg: &'static dyn VerifyAlg,
        digest: Digest32,
        now: UnixTime,
        randomness: &mut dyn Randomness,
    ) -> Result<Result<Vec<u8>, StampError>, QueueError> {
        let stamped = client.stamp(alg, digest, now, randomness);
        match &stamped {
            Ok(token) => self.keep(alg.id().digest, &digest, token)?,
            Err(_) => self.add(alg, digest, now)?,
        }
        Ok(stamped)
    }

    fn keep(&self, algorithm: &str, digest: &Digest32, token: &[u8]) -> Result<(), QueueError> {
        replace(&self.path(algorithm, digest, TOKEN), token)?;
        self.remove(algorithm, digest)
    }

    fn remove(&self, algorithm: &str, digest: &Digest32) -> Result<(), QueueError> {
        let path = self.path(algorithm, digest, WAITING);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(file(&path, source)),
            _ => Ok(sync_parent(&path)?),
        }
    }

    /// Tries what is due, or, if `all`, everything; stops where no authority answers at all.
    ///
    /// # Errors
    /// [`QueueError::File`].
    pub fn retry(
        &self,
        client: &TimestampClient<'_>,
        algs: &[&'static dyn VerifyAlg],
        all: bool,
        now: UnixTime,
        randomness: &mut dyn Randomness,
    ) -> Result<Retried, QueueError> {
        let mut done = Retried::default();
        let mut outage = false;
        for queued in self.list()?.waiting {
            if self.token(&queued.algorithm, &queued.digest)?.is_some() {
                self.remove(&queued.algorithm, &queued.digest)?;
                continue;
            }
            let alg = algs.iter().find(|alg| alg.id().digest == queued.algorithm);
            let Some(alg) = alg.filter(|_| !outage && (all || queued.next <= now)) else {
                done.waiting += 1;
                continue;
            };
            match client.stamp(*alg, queued.digest, now, randomness) {
                Ok(token) => {
                    self.keep(&queued.algorithm, &queued.digest, &token)?;
                    done.stamped += 1;
                }
                Err(error) => {
                    outage = error.is_outage();
                    let attempts = queued.attempts.saturating_add(1);
                    let next = now.plus(backoff_seconds(attempts));
                    self.write(&Queued { attempts, next, ..queued })?;
                    done.failed += 1;
                    done.last = Some(error);
                }
            }
        }
        Ok(done)
    }
}

fn file(path: &Path, source: std::io::Error) -> QueueError {
    HomeError::File { path: path.to_owned(), source }.into()
}

fn read(path: &Path) -> Option<Queued> {
    let entry: Entry = toml::from_str(&fs::read_to_string(path).ok()?).ok()?;
    let Entry { format, algorithm, digest, since, attempts, next } = entry;
    let known = format == FORMAT && ["sm3", "sha-256"].contains(&algorithm.as_str());
    let digest = hex::decode(&digest).filter(|_| known)?.try_into().ok()?;
    Some(Queued { algorithm, digest, since, attempts, next })
}
