//! Copies of a whole archive from one store into another, whatever the engines.
//!
//! The entry that says what the archive's format is comes last, in one batch with the end of the note of how far the copy
//! is: until then the target opens as nothing but a copy that was not finished.

use ring::digest::{Context, SHA256};

use super::Archive;
use crate::error::{ArchiveError, Damaged};
use crate::layout::{self, META_CHECK, META_COPY, META_FORMAT};
use crate::store::{Batch, Entry, Expect, Store, StoreError, Table};

/// Most entries of one batch.
const PAGE: usize = 2_000;
/// Bytes that one batch is held to, as far as the entries before it let foresee.
const PAGE_BYTES: usize = 8 << 20;
/// What a value is taken to have before one was seen: that of the largest kind.
const FIRST_VALUE: usize = 64 << 10;

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Entries of all tables.
    pub entries: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// SHA-256 over every table's name, key and value in order, each after its length in eight bytes.
    pub digest: [u8; 32],
    /// Number of the last event.
    pub last_event: u64,
}

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyProgress {
    /// What is being done.
    pub step: CopyStep,
    /// The table.
    pub table: Table,
    /// Entries of this step so far, of all tables.
    pub entries: u64,
    /// Entries that there are, as the source's engine estimates.
    pub total: u64,
}

/// What a copy is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyStep {
    /// Takes away what a copy of another state has left.
    Clear,
    /// Writes.
    Write,
    /// Reads both and compares them.
    Compare,
}

/// Why an archive was not copied. The target is no archive then.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The archive that is copied cannot be read.
    #[error("the archive that is copied: {0}")]
    Source(StoreError),
    /// The archive that is copied is damaged.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The target cannot be written.
    #[error("the target of the copy: {0}")]
    Target(StoreError),
    /// The target is not empty.
    #[error("the target holds an archive, or entries that no copy has left: copy into an empty place")]
    Occupied,
    /// The target is not what was copied.
    #[error("table {table} of the copy is not as it was written: the target is no archive, copy again")]
    Differs {
        /// The first table that differs.
        table: Table,
    },
}

impl CopyError {
    /// Stable code for logs and callers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source(error) | Self::Target(error) => error.code(),
            Self::Archive(error) => error.code(),
            Self::Occupied => "copy_target_occupied",
            Self::Differs { .. } => "copy_differs",
        }
    }
}

impl Archive {
    /// Copies every entry into `target`, an empty store that nobody else writes, compares both, and only then makes the
    /// target an archive. Interrupted, it goes on where it was if this archive has not changed, and begins again
    /// otherwise. Nobody may act on this archive meanwhile: open it for writing, or give it a snapshot.
    ///
    /// # Errors
    /// [`CopyError`].
    pub fn copy_to(
        &self,
        target: &dyn Store,
        progress: &mut dyn FnMut(CopyProgress),
    ) -> Result<Copied, CopyError> {
        let last_event = self.last_event()?;
        let state = self.state_to_copy(last_event)?;
        let mut total = 0;
        for table in Table::ALL {
            total += self.store.len_estimate(table).map_err(CopyError::Source)?;
        }
        let mut copy =
            Copy { from: self.store.as_ref(), to: target, state, total, note: Vec::new(), progress };
        let resumed = copy.begin()?;
        let done = match copy.run() {
            // What was written of another state of the archive under the same events.
            Err(CopyError::Differs { .. }) if resumed => {
                copy.clear()?;
                copy.begin()?;
                copy.run()?
            }
            other => other?,
        };
        copy.finish()?;
        Ok(Copied { last_event, ..done })
    }

    /// What tells one state of this archive from another: its key check and its last event, as they are stored.
    fn state_to_copy(&self, last_event: u64) -> Result<[u8; 32], CopyError> {
        let source = CopyError::Source;
        let key = layout::event(last_event);
        let event = self.store.get(Table::Event, &key).map_err(source)?.unwrap_or_default();
        let check = self.store.get(Table::Meta, META_CHECK).map_err(source)?;
        let check = check.ok_or(ArchiveError::Damaged(Damaged { table: Table::Meta }))?;
        let mut digest = Digest::new();
        for part in [&key[..], &event, &check] {
            digest.add(part);
        }
        Ok(digest.finish())
    }
}

struct Copy<'c> {
    from: &'c dyn Store,
    to: &'c dyn Store,
    state: [u8; 32],
    total: u64,
    /// What the target says of how far the copy is: `state ‖ name of the table ‖ 0 ‖ last key`.
    note: Vec<u8>,
    progress: &'c mut dyn FnMut(CopyProgress),
}

impl Copy<'_> {
    /// Notes in the target that a copy has begun. Gives whether it goes on with one.
    fn begin(&mut self) -> Result<bool, CopyError> {
        let get = |key: &[u8]| self.to.get(Table::Meta, key).map_err(CopyError::Target);
        if get(META_FORMAT)?.is_some() {
            return Err(CopyError::Occupied);
        }
        if let Some(note) = get(META_COPY)? {
            if note.starts_with(&self.state) {
                self.note = note;
                return Ok(true);
            }
            self.note = note;
            self.clear()?;
        }
        for table in Table::ALL {
            if !self.to.scan(table, &[], None, 1).map_err(CopyError::Target)?.is_empty() {
                return Err(CopyError::Occupied);
            }
        }
        let note = self.state.to_vec();
        let batch = Batch::new()
            .expect(Table::Meta, META_COPY, Expect::Absent)
            .expect(Table::Meta, META_FORMAT, Expect::Absent)
            .put(Table::Meta, META_COPY, note.as_slice());
        self.to.commit(batch).map_err(CopyError::Target)?;
        self.note = note;
        Ok(false)
    }

    /// Takes away everything that a copy has left, the note last.
    fn clear(&mut self) -> Result<(), CopyError> {
        // From here on nothing goes on where this note says.
        self.commit(Batch::new(), Vec::new())?;
        let mut entries = 0;
        for table in Table::ALL {
            let (mut limit, mut after) = (PAGE_BYTES / FIRST_VALUE, None::<Vec<u8>>);
            loop {
                let page = self.to.scan(table, &[], after.as_deref(), limit).map_err(CopyError::Target)?;
                let Some((last, _)) = page.last() else { break };
                let (last, next) = (last.clone(), next_limit(&page));
                let mut batch = Batch::new();
                for (key, _) in page {
                    entries += 1;
                    if table != Table::Meta || key != META_COPY {
                        batch = batch.delete(table, key);
                    }
                }
                self.commit(batch, Vec::new())?;
                (self.progress)(CopyProgress { step: CopyStep::Clear, table, entries, total: self.total });
                (limit, after) = (next, Some(last));
            }
        }
        let end = Batch::new()
            .expect(Table::Meta, META_COPY, Expect::Exactly(Vec::new()))
            .delete(Table::Meta, META_COPY);
        self.to.commit(end).map_err(CopyError::Target)?;
        Ok(())
    }

    /// Writes what is missing and compares everything.
    fn run(&mut self) -> Result<Copied, CopyError> {
        let begun = self.note.get(self.state.len()..).unwrap_or_default().to_vec();
        let mut parts = begun.splitn(2, |byte| *byte == 0);
        let name = parts.next().filter(|name| !name.is_empty());
        let last = parts.next().unwrap_or_default().to_vec();
        let at = name.and_then(|name| Table::ALL.into_iter().position(|t| t.name().as_bytes() == name));
        let mut entries = 0;
        for (place, table) in Table::ALL.into_iter().enumerate().skip(at.unwrap_or(0)) {
            let after = (Some(place) == at).then(|| last.clone());
            self.write(table, after, &mut entries)?;
        }
        self.compare()
    }

    fn write(
        &mut self,
        table: Table,
        mut after: Option<Vec<u8>>,
        entries: &mut u64,
    ) -> Result<(), CopyError> {
        let mut limit = PAGE_BYTES / FIRST_VALUE;
        loop {
            let page = self.from.scan(table, &[], after.as_deref(), limit).map_err(CopyError::Source)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            let (last, full, next) = (last.clone(), page.len() == limit, next_limit(&page));
            let mut batch = Batch::new();
            for (key, value) in page {
                *entries += 1;
                if belongs(table, &key) {
                    batch = batch.put(table, key, value);
                }
            }
            let note = [&self.state, table.name().as_bytes(), &[0], last.as_slice()].concat();
            self.commit(batch, note)?;
            (self.progress)(CopyProgress {
                step: CopyStep::Write,
                table,
                entries: *entries,
                total: self.total,
            });
            if !full {
                return Ok(());
            }
            (after, limit) = (Some(last), next);
        }
    }

    /// Commits on condition that the note is still ours.
    fn commit(&mut self, batch: Batch, note: Vec<u8>) -> Result<(), CopyError> {
        let batch = batch.expect(Table::Meta, META_COPY, Expect::Exactly(self.note.clone())).put(
            Table::Meta,
            META_COPY,
            note.as_slice(),
        );
        self.to.commit(batch).map_err(CopyError::Target)?;
        self.note = note;
        Ok(())
    }

    /// Reads both stores side by side.
    fn compare(&mut self) -> Result<Copied, CopyError> {
        let (mut digest, mut entries, mut bytes) = (Digest::new(), 0, 0_u64);
        for table in Table::ALL {
            let differs = Err(CopyError::Differs { table });
            let (mut theirs, mut after) = (Pages::new(self.to, table), None::<Vec<u8>>);
            let mut limit = PAGE_BYTES / FIRST_VALUE;
            loop {
                let page = self.from.scan(table, &[], after.as_deref(), limit).map_err(CopyError::Source)?;
                for (key, value) in &page {
                    entries += 1;
                    bytes = bytes.saturating_add(size(key) + size(value));
                    for part in [table.name().as_bytes(), key, value] {
                        digest.add(part);
                    }
                    if belongs(table, key) {
                        match theirs.next()? {
                            Some((k, v)) if k == *key && v == *value => {}
                            Some(_) | None => return differs,
                        }
                    }
                }
                (self.progress)(CopyProgress { step: CopyStep::Compare, table, entries, total: self.total });
                let full = page.len() == limit;
                limit = next_limit(&page);
                match page.into_iter().next_back() {
                    Some((last, _)) if full => after = Some(last),
                    Some(_) | None => break,
                }
            }
            if theirs.next()?.is_some() {
                return differs;
            }
        }
        Ok(Copied { entries, bytes, digest: digest.finish(), last_event: 0 })
    }

    /// Makes the target an archive.
    fn finish(&mut self) -> Result<(), CopyError> {
        let damaged = ArchiveError::Damaged(Damaged { table: Table::Meta });
        let format = self.from.get(Table::Meta, META_FORMAT).map_err(CopyError::Source)?.ok_or(damaged)?;
        let batch = Batch::new()
            .expect(Table::Meta, META_COPY, Expect::Exactly(self.note.clone()))
            .expect(Table::Meta, META_FORMAT, Expect::Absent)
            .delete(Table::Meta, META_COPY)
            .put(Table::Meta, META_FORMAT, format.as_slice());
        self.to.commit(batch).map_err(CopyError::Target)?;
        if self.to.get(Table::Meta, META_FORMAT).map_err(CopyError::Target)? != Some(format) {
            return Err(CopyError::Differs { table: Table::Meta });
        }
        Ok(())
    }
}

/// Entries of one table of the target, but those that come last.
struct Pages<'p> {
    store: &'p dyn Store,
    table: Table,
    page: std::vec::IntoIter<Entry>,
    after: Option<Vec<u8>>,
    limit: usize,
    ended: bool,
}

impl<'p> Pages<'p> {
    fn new(store: &'p dyn Store, table: Table) -> Self {
        let limit = PAGE_BYTES / FIRST_VALUE;
        Self { store, table, page: Vec::new().into_iter(), after: None, limit, ended: false }
    }

    fn next(&mut self) -> Result<Option<Entry>, CopyError> {
        loop {
            match self.page.next() {
                Some((key, _)) if !belongs(self.table, &key) => {}
                Some(entry) => return Ok(Some(entry)),
                None if self.ended => return Ok(None),
                None => {
                    let page = self.store.scan(self.table, &[], self.after.as_deref(), self.limit);
                    let page = page.map_err(CopyError::Target)?;
                    self.ended = page.len() < self.limit;
                    self.limit = next_limit(&page);
                    self.after = page.last().map(|(key, _)| key.clone()).or(self.after.take());
                    self.page = page.into_iter();
                }
            }
        }
    }
}

/// Whether an entry is copied before the end.
fn belongs(table: Table, key: &[u8]) -> bool {
    table != Table::Meta || (key != META_FORMAT && key != META_COPY)
}

/// How many entries to ask for after this page, so that they fit if they are like its largest one.
fn next_limit(page: &[Entry]) -> usize {
    let largest = page.iter().map(|(key, value)| key.len() + value.len()).max();
    (PAGE_BYTES / largest.unwrap_or(FIRST_VALUE).max(1)).clamp(1, PAGE)
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

struct Digest(Context);

impl Digest {
    fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    fn add(&mut self, part: &[u8]) {
        self.0.update(&size(part).to_be_bytes());
        self.0.update(part);
    }

    fn finish(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.finish().as_ref());
        bytes
    }
}
