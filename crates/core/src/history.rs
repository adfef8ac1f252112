//! Every trust list that was published, by number: to look back, and so that an older one put in place of a newer one
//! changes nothing.

use std::fs;
use std::path::PathBuf;

use boyin_model::time::UnixTime;
use boyin_suite::all_jws;
use boyin_verify::TrustSnapshot;

use crate::error::HomeError;
use crate::home::Home;
use crate::keyring::{read_text, replace};

/// Digits of a number in a file name, so that names sort as numbers do.
const DIGITS: usize = 8;

impl Home {
    fn history(&self) -> PathBuf {
        self.dir().join("trust/history")
    }

    fn kept(&self, sequence: u64) -> PathBuf {
        self.history().join(kept_name(sequence))
    }

    /// Keeps a list that is published under its number, unless it is kept already.
    pub(crate) fn keep_trust_list(&self, sequence: u64, token: &[u8]) -> Result<(), HomeError> {
        let (dir, path) = (self.history(), self.kept(sequence));
        if path.exists() {
            return Ok(());
        }
        fs::create_dir_all(&dir).map_err(|source| HomeError::File { path: dir, source })?;
        replace(&path, token)
    }

    /// Numbers of the trust lists that are kept, ascending.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn trust_history(&self) -> Result<Vec<u64>, HomeError> {
        let dir = self.history();
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(HomeError::File { path: dir, source }),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry.map_err(|source| HomeError::File { path: dir.clone(), source })?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".jwt"));
            let number = number.and_then(|number| number.parse::<u64>().ok());
            numbers.extend(number.filter(|number| *kept_name(*number) == name));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A trust list that is kept, verified with the anchors that this data directory has had.
    ///
    /// # Errors
    /// [`HomeError::KeptUnder`] if it is another list than its name says: under a greater number an older list would count
    /// as the newest; [`HomeError`].
    pub fn trust_numbered(&self, sequence: u64) -> Result<(Vec<u8>, TrustSnapshot), HomeError> {
        let token = read_text(&self.kept(sequence))?.into_bytes();
        let snapshot = self.anchors()?.load(&token, &all_jws())?;
        let found = snapshot.list().sequence;
        if found != sequence {
            return Err(HomeError::KeptUnder { path: self.kept(sequence), found });
        }
        Ok((token, snapshot))
    }

    /// The trust list that was the last one published at `at`.
    ///
    /// # Errors
    /// [`HomeError::NoTrustList`] if none is kept that is so old; [`HomeError`].
    pub fn trust_at(&self, at: UnixTime) -> Result<(Vec<u8>, TrustSnapshot), HomeError> {
        let (token, current) = self.trust()?;
        if current.list().issued_at <= at {
            return Ok((token, current));
        }
        for number in self.trust_history()?.into_iter().rev() {
            let (token, snapshot) = self.trust_numbered(number)?;
            if snapshot.list().issued_at <= at {
                return Ok((token, snapshot));
            }
        }
        Err(HomeError::NoTrustList(at))
    }
}

fn kept_name(sequence: u64) -> String {
    format!("{sequence:0DIGITS$}.jwt")
}
