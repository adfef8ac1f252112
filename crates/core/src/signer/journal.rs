//! The journal of a signer, and what is known from it: how much each client has had, and which requests were sent before.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;

use boyin_model::alg::{Digest32, VerifyAlg as _};
use boyin_model::purpose::KeyPurpose;
use boyin_model::time::UnixTime;
use boyin_suite::ES256;
use serde::{Deserialize, Serialize};

use super::{FRESH_SECONDS, SignerRefusal};
use crate::chain::{Chain, ChainFault};

/// Requests that are remembered: some hundred in each second of their time.
pub const MAX_REMEMBERED: usize = 1 << 17;
/// Seconds for which they are, after their instant. Twice the window: the clock may go back by one.
const REMEMBERED_SECONDS: u64 = 2 * FRESH_SECONDS;

/// What a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// The key is used next.
    Signing,
    /// It then gave no signature.
    Failed,
}

/// A line of the journal, without its links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) at: UnixTime,
    pub(crate) client: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dated: Option<UnixTime>,
    pub(crate) digest: String,
    pub(crate) iat: UnixTime,
    pub(crate) jti: String,
    pub(crate) kid: String,
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) purpose: KeyPurpose,
}

/// Why a journal is not gone on with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file.
    #[error("journal.jsonl: {0}")]
    File(#[from] std::io::Error),
    /// A line that does not belong there.
    #[error("journal.jsonl, line {line}: {fault}; put the file back from where it is kept")]
    Line {
        /// From 1.
        line: u64,
        /// What is wrong.
        fault: ChainFault,
    },
}

/// What the journal tells, and the requests since.
#[derive(Debug)]
pub(crate) struct Ledger {
    chain: Chain,
    /// The latest instant at which the signer did something.
    newest: Option<UnixTime>,
    /// Signatures by client and key.
    had: HashMap<(String, String), u64>,
    /// Client and ID of requests in one digest, also in the order of their instants.
    seen: HashSet<Digest32>,
    by_instant: BTreeSet<(UnixTime, Digest32)>,
}

impl Ledger {
    /// Reads the whole journal, and gives the bytes of its whole lines too. A line without an end is not looked at: its
    /// signature was never made, because the key is used only after the line is synced.
    pub(crate) fn read(
        mut reader: impl BufRead,
        id: &str,
        now: UnixTime,
    ) -> Result<(Self, u64), JournalError> {
        let mut ledger = Self {
            chain: Chain::begin(id.as_bytes()),
            newest: None,
            had: HashMap::new(),
            seen: HashSet::new(),
            by_instant: BTreeSet::new(),
        };
        let (mut line, mut whole) = (Vec::new(), 0);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if line.pop() != Some(b'\n') {
                return Ok((ledger, whole));
            }
            let number = ledger.chain.number() + 1;
            let read = ledger.chain.read(&line);
            let read: Line = read.map_err(|fault| JournalError::Line { line: number, fault })?;
            whole += length_of(length);
            ledger.count(&read);
            if now <= read.iat.plus(REMEMBERED_SECONDS) {
                ledger.keep(read.iat, request_name(&read.client, &read.jti));
            }
        }
    }

    /// Lines so far, and the digest of the last.
    pub(crate) fn head(&self) -> (u64, &str) {
        (self.chain.number(), self.chain.head())
    }

    fn keep(&mut self, iat: UnixTime, name: Digest32) {
        self.by_instant.insert((iat, name));
        self.seen.insert(name);
    }

    fn count(&mut self, line: &Line) {
        self.newest = self.newest.max(Some(line.at));
        if line.outcome == Outcome::Signing {
            *self.had.entry((line.client.clone(), line.kid.clone())).or_default() += 1;
        }
    }
}

/// The journal, open for writing.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    length: u64,
    ledger: Ledger,
}

impl Journal {
    /// Reads the whole journal, takes off a line without an end, and goes on behind it.
    pub(crate) fn open(path: &Path, id: &str, now: UnixTime) -> Result<Self, JournalError> {
        let file = OpenOptions::new().read(true).append(true).open(path)?;
        let (ledger, length) = Ledger::read(BufReader::new(&file), id, now)?;
        let journal = Self { file, length, ledger };
        journal.tidy()?;
        Ok(journal)
    }

    /// Whether the clock is where the journal can be gone on with.
    pub(crate) fn check_clock(&self, now: UnixTime) -> Result<(), SignerRefusal> {
        match self.ledger.newest {
            Some(newest) if now.plus(FRESH_SECONDS) < newest => Err(SignerRefusal::ClockBehind),
            Some(_) | None => Ok(()),
        }
    }

    /// Remembers a request, unless it was sent before.
    pub(crate) fn remember(
        &mut self,
        client: &str,
        jti: &str,
        iat: UnixTime,
        now: UnixTime,
    ) -> Result<(), SignerRefusal> {
        let ledger = &mut self.ledger;
        while let Some((oldest, name)) = ledger.by_instant.first().copied()
            && oldest.plus(REMEMBERED_SECONDS) < now
        {
            ledger.by_instant.pop_first();
            ledger.seen.remove(&name);
        }
        let name = request_name(client, jti);
        if ledger.seen.contains(&name) {
            return Err(SignerRefusal::Replayed);
        }
        if ledger.seen.len() >= MAX_REMEMBERED {
            return Err(SignerRefusal::Busy);
        }
        ledger.newest = ledger.newest.max(Some(now));
        ledger.keep(iat, name);
        Ok(())
    }

    /// Signatures that a client has had by a key.
    pub(crate) fn had(&self, client: &str, kid: &str) -> u64 {
        self.ledger.had.get(&(client.to_owned(), kid.to_owned())).copied().unwrap_or_default()
    }

    /// Writes a line and syncs it.
    pub(crate) fn append(&mut self, line: &Line) -> Result<(), SignerRefusal> {
        let (mut bytes, chain) = self.ledger.chain.line(line);
        bytes.push(b'\n');
        let written = self.tidy().and_then(|()| self.file.write_all(&bytes));
        written.and_then(|()| self.file.sync_data()).map_err(|_| SignerRefusal::NotJournaled)?;
        self.length += length_of(bytes.len());
        self.ledger.chain = chain;
        self.ledger.count(line);
        Ok(())
    }

    /// Takes off what a failed write has left.
    fn tidy(&self) -> std::io::Result<()> {
        match self.file.metadata()?.len().cmp(&self.length) {
            Ordering::Equal => Ok(()),
            Ordering::Greater => {
                self.file.set_len(self.length)?;
                self.file.sync_all()
            }
            Ordering::Less => Err(std::io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn length_of(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn request_name(client: &str, jti: &str) -> Digest32 {
    ES256.digest(&[client.as_bytes(), b".", jti.as_bytes()])
}

#[cfg(test)]
mod tests;
