//! The event log as a chain: read page by page, exported, checked as a whole.

use boyin_model::alg::Digest32;
use zeroize::Zeroizing;

use super::read::check_limit;
use super::{Archive, MAX_EVENTS, malformed};
use crate::act::Event;
use crate::chain;
use crate::error::ArchiveError;
use crate::layout;
use crate::store::Table;

/// A place in the log: an event and its hash. Whoever keeps one somewhere else can tell later that the log up to there is
/// the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Number of the event; 0 before the first one.
    pub number: u64,
    /// Its hash; 32 zero bytes before the first one.
    pub hash: Digest32,
}

impl LogHead {
    /// Before the first event.
    pub const START: Self = Self { number: 0, hash: [0; 32] };
}

/// One event as the log holds it.
#[derive(Clone)]
pub struct LogLine {
    /// Number and hash.
    pub head: LogHead,
    /// Hash of the event before it.
    pub previous: Digest32,
    /// The event in JSON, as hashed.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Prints place and hash only.
impl std::fmt::Debug for LogLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogLine").field("head", &self.head).finish_non_exhaustive()
    }
}

impl Archive {
    /// The event log from its beginning or after the event `after`, in order, `1..=`[`MAX_EVENTS`] at a time. None may be
    /// missing, and each must hold the hash of the one before it. Of a log that began in format 1 or 2, the hash over those
    /// events is come to only from the beginning.
    ///
    /// # Errors
    /// [`ArchiveError::BrokenLink`], [`ArchiveError::BadLimit`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn events(&self, after: Option<u64>, limit: usize) -> Result<Vec<Event>, ArchiveError> {
        check_limit(limit, MAX_EVENTS)?;
        let after = after.unwrap_or(0);
        let mut before = if after == 0 { Some(LogHead::START.hash) } else { None };
        let entries = self.store.scan(Table::Event, &[], Some(&layout::event(after)), limit)?;
        if before.is_none() && !entries.is_empty() {
            before = self.hash_of(after)?;
        }
        let mut events = Vec::with_capacity(entries.len());
        for ((key, sealed), number) in entries.into_iter().zip(after.saturating_add(1)..) {
            let (event, bytes) = self.event_at(number, &key, &sealed)?;
            before = self.link(before, &event, &bytes)?;
            events.push(event);
        }
        Ok(events)
    }

    /// The log after a place in it, as it is exported: in order, `1..=`[`MAX_EVENTS`] at a time.
    ///
    /// # Errors
    /// As [`events`](Archive::events); [`ArchiveError::BrokenLink`] also if the place is not in this log.
    pub fn log(&self, after: LogHead, limit: usize) -> Result<Vec<LogLine>, ArchiveError> {
        check_limit(limit, MAX_EVENTS)?;
        let entries = self.store.scan(Table::Event, &[], Some(&layout::event(after.number)), limit)?;
        let mut lines = Vec::with_capacity(entries.len());
        let mut previous = after.hash;
        for ((key, sealed), number) in entries.into_iter().zip(after.number.saturating_add(1)..) {
            let (event, bytes) = self.event_at(number, &key, &sealed)?;
            let hash = self.link(Some(previous), &event, &bytes)?;
            let head = LogHead { number, hash: hash.ok_or(ArchiveError::BrokenLink { event: number })? };
            lines.push(LogLine { head, previous, bytes });
            previous = head.hash;
        }
        Ok(lines)
    }

    /// Reads the whole log and gives its end.
    ///
    /// # Errors
    /// As [`events`](Archive::events).
    pub fn check_log(&self) -> Result<LogHead, ArchiveError> {
        let mut head = LogHead::START;
        loop {
            let lines = self.log(head, MAX_EVENTS)?;
            head = lines.last().map_or(head, |line| line.head);
            if lines.len() < MAX_EVENTS {
                break;
            }
        }
        // Where links begin, events must have been.
        if self.has_links() && head.number < self.chain.number {
            return Err(ArchiveError::BrokenLink { event: head.number + 1 });
        }
        Ok(head)
    }

    pub(super) fn event_at(
        &self,
        number: u64,
        key: &[u8],
        sealed: &[u8],
    ) -> Result<(Event, Zeroizing<Vec<u8>>), ArchiveError> {
        let table = Table::Event;
        if layout::number_of_key(key).map_err(malformed(table))? != number {
            return Err(ArchiveError::BrokenLink { event: number });
        }
        let bytes = self.unseal(table, key, sealed)?;
        Ok((layout::read_event(number, &bytes).map_err(malformed(table))?, bytes))
    }

    /// Checks that an event follows on the hash `before`, where that is known, and gives its own.
    pub(super) fn link(
        &self,
        before: Option<Digest32>,
        event: &Event,
        bytes: &[u8],
    ) -> Result<Option<Digest32>, ArchiveError> {
        let number = event.number;
        let broken = Err(ArchiveError::BrokenLink { event: number });
        if number > self.chain.number {
            return match event.previous {
                Some(link) if before.is_none_or(|before| before == link) => {
                    Ok(Some(chain::hash(number, &link, bytes)))
                }
                Some(_) | None => broken,
            };
        }
        if event.previous.is_some() {
            return broken;
        }
        let hash = before.map(|before| chain::hash(number, &before, bytes));
        if number < self.chain.number {
            return Ok(hash);
        }
        if hash.is_some_and(|hash| hash != self.chain.hash) { broken } else { Ok(Some(self.chain.hash)) }
    }

    /// The hash of an event; `None` if it is an old one that holds no link.
    fn hash_of(&self, number: u64) -> Result<Option<Digest32>, ArchiveError> {
        if number <= self.chain.number {
            return Ok((number == self.chain.number).then_some(self.chain.hash));
        }
        let key = layout::event(number);
        let sealed = self.store.get(Table::Event, &key)?.ok_or(ArchiveError::BrokenLink { event: number })?;
        let (event, bytes) = self.event_at(number, &key, &sealed)?;
        self.link(None, &event, &bytes)
    }

    fn has_links(&self) -> bool {
        self.format >= layout::FORMAT_WITH_KEYS
    }
}
