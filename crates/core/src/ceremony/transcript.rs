use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use boyin_issue::{SigningKey, ceremony_closing};
use boyin_model::ceremony::{CEREMONY_FORMAT, Closing, Event, Line, NO_LINE};
use boyin_model::time::UnixTime;

use super::digest;
use crate::error::HomeError;
use crate::keyring::sync_parent;

/// A transcript in the making: each line is on the disk before anything else happens.
pub(super) struct Transcript {
    path: PathBuf,
    file: File,
    bytes: Vec<u8>,
    prev: String,
    lines: u64,
}

impl Transcript {
    /// A new file, which only its owner may read.
    pub(super) fn create(path: &Path) -> Result<Self, HomeError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(path);
        let file = opened.map_err(|source| HomeError::File { path: path.to_owned(), source })?;
        sync_parent(path)?;
        Ok(Self { path: path.to_owned(), file, bytes: Vec::new(), prev: NO_LINE.to_owned(), lines: 0 })
    }

    pub(super) fn write(&mut self, at: UnixTime, event: &Event) -> Result<(), HomeError> {
        let line = Line { at, event: event.clone(), no: self.lines, prev: self.prev.clone() }.write();
        self.append(&line)?;
        (self.prev, self.lines) = (digest(&line), self.lines + 1);
        Ok(())
    }

    /// Adds the signature of a key over everything so far.
    pub(super) fn sign(&mut self, key: &SigningKey, at: UnixTime) -> Result<(), HomeError> {
        let closing = Closing { at, format: CEREMONY_FORMAT, transcript: digest(&self.bytes) };
        let token = key.sign_jws(&ceremony_closing(&closing, key.reference()))?;
        self.append(&token)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn append(&mut self, line: &[u8]) -> Result<(), HomeError> {
        let line = [line, b"\n"].concat();
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_all());
        written.map_err(|source| HomeError::File { path: self.path.clone(), source })?;
        self.bytes.extend(line);
        Ok(())
    }
}
