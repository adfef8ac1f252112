//! What a key may sign, how often and when; counted on the disk before each signature.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use boyin_model::alg::{PublicKey, SignError, Signer, VerifyAlg};
use boyin_model::b64;
use boyin_model::purpose::{KeyPurpose, ToBeSigned};
use boyin_model::time::UnixTime;
use boyin_suite::ES256;
use serde::{Deserialize, Serialize};

/// Bytes of one line of a count: twelve digits, a letter, a digest in base64url, two spaces, the end of the line.
const LINE_BYTES: u64 = 59;
/// In place of a line that was not written to its end.
const TORN: u8 = b'?';

/// The letter of a kind in a line of a count.
fn letter(purpose: KeyPurpose) -> char {
    match purpose {
        KeyPurpose::Licenses => 'L',
        KeyPurpose::StatusLists => 'S',
        KeyPurpose::TrustList => 'T',
        KeyPurpose::Decisions => 'D',
        KeyPurpose::Seals => 'E',
        KeyPurpose::Presentations => 'A',
        KeyPurpose::Webhooks => 'W',
        KeyPurpose::Ceremony => 'C',
        KeyPurpose::Probe => 'P',
    }
}

/// Limits of a key. An absent one does not limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyLimits {
    /// Most signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatures: Option<u64>,
    /// First instant that a document may bear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<UnixTime>,
    /// First instant that a document may no longer bear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<UnixTime>,
    /// What may be signed; everything if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<KeyPurpose>,
}

impl KeyLimits {
    /// Whether a document of that kind and instant may be signed.
    ///
    /// # Errors
    /// [`SignError::OtherPurpose`], [`SignError::OutOfTime`].
    pub fn allow(&self, purpose: KeyPurpose, at: Option<UnixTime>) -> Result<(), SignError> {
        match purpose {
            KeyPurpose::Probe => return Ok(()),
            KeyPurpose::Ceremony => {}
            KeyPurpose::Licenses
            | KeyPurpose::StatusLists
            | KeyPurpose::TrustList
            | KeyPurpose::Decisions
            | KeyPurpose::Seals
            | KeyPurpose::Presentations
            | KeyPurpose::Webhooks => {
                if !self.purposes.is_empty() && !self.purposes.contains(&purpose) {
                    return Err(SignError::OtherPurpose);
                }
            }
        }
        let early = |at: UnixTime| self.not_before.is_some_and(|first| at < first);
        let late = |at: UnixTime| self.not_after.is_some_and(|end| end <= at);
        // What bears no instant cannot be held to a time.
        let bounded = self.not_before.is_some() || self.not_after.is_some();
        match at {
            Some(at) if early(at) || late(at) => Err(SignError::OutOfTime),
            None if bounded => Err(SignError::OutOfTime),
            Some(_) | None => Ok(()),
        }
    }
}

/// The signatures that a key has made: one line in a file for each, so that its length is the count.
///
/// A line is written and synced before the signature is made. What ends between the two has counted a signature that
/// nobody has, never the other way around.
#[derive(Clone, Debug)]
pub(crate) struct UseCount {
    path: PathBuf,
}

impl UseCount {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Lines so far, a torn one included.
    pub(crate) fn read(&self) -> std::io::Result<u64> {
        Ok(std::fs::metadata(&self.path)?.len().div_ceil(LINE_BYTES))
    }

    /// Counts one signature over `message`, unless `limit` are counted already.
    fn spend(
        &self,
        purpose: KeyPurpose,
        at: u64,
        message: &[u8],
        limit: Option<u64>,
    ) -> Result<(), SignError> {
        let digest = b64::encode(&ES256.digest(&[message]));
        let line = format!("{at:>12} {} {digest}\n", letter(purpose));
        self.append(line.as_bytes(), limit).unwrap_or(Err(SignError::NotCounted))
    }

    fn append(&self, line: &[u8], limit: Option<u64>) -> std::io::Result<Result<(), SignError>> {
        // A count that is missing was not zero: it is made together with the key.
        let mut file = File::options().read(true).write(true).open(&self.path)?;
        file.lock()?;
        let length = file.seek(SeekFrom::End(0))?;
        let torn = length % LINE_BYTES;
        if torn > 0 {
            let missing = usize::try_from(LINE_BYTES - 1 - torn).unwrap_or_default();
            file.write_all(&[vec![TORN; missing], vec![b'\n']].concat())?;
        }
        if limit.is_some_and(|limit| limit <= length.div_ceil(LINE_BYTES)) {
            return Ok(Err(SignError::UsedUp));
        }
        file.write_all(line)?;
        file.sync_all()?;
        Ok(Ok(()))
    }

    #[cfg(test)]
    fn lines(&self) -> std::io::Result<String> {
        std::fs::read_to_string(&self.path)
    }
}

/// What a key may sign, and the count of what it has signed.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    limits: KeyLimits,
    count: UseCount,
}

impl Meter {
    pub(crate) fn new(limits: KeyLimits, count: &Path) -> Self {
        Self { limits, count: UseCount::at(count.to_owned()) }
    }

    /// Counts one signature over `message`, if it may be made.
    pub(crate) fn admit(&self, read: &ToBeSigned, message: &[u8]) -> Result<(), SignError> {
        self.limits.allow(read.purpose, read.at)?;
        if read.purpose == KeyPurpose::Probe {
            return Ok(());
        }
        let at = read.at.map_or(0, UnixTime::seconds);
        self.count.spend(read.purpose, at, message, self.limits.signatures)
    }
}

/// A signer that keeps to its limits and counts.
#[derive(Debug)]
pub(crate) struct Metered {
    inner: Arc<dyn Signer>,
    meter: Meter,
}

impl Metered {
    pub(crate) fn new(inner: Arc<dyn Signer>, meter: Meter) -> Self {
        Self { inner, meter }
    }
}

impl Signer for Metered {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.inner.alg()
    }

    fn public_key(&self) -> PublicKey<'_> {
        self.inner.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let read = ToBeSigned::read(message).ok_or(SignError::OtherPurpose)?;
        self.meter.admit(&read, message)?;
        self.inner.sign(message)
    }
}

#[cfg(test)]
mod tests;
