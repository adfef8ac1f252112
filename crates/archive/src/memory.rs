//! A store in memory: the model that tests compare the disk with, and a place to make writes fail.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::{Batch, Cause, Committed, Entry, Numbered, Store, StoreError, Table, Write};

/// What a failing write leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was written.
    Lost,
    /// The batch was written, only the answer was lost. An idempotency key is what makes this harmless.
    Unanswered,
}

/// Keeps everything in memory and forgets it when dropped. Takes the place of the disk in tests.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tables: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
    fail: Option<(u64, Failure)>,
    stopped: bool,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `commits` more batches through; the next one fails as `failure` says and the store stops.
    pub fn fail_after(&self, commits: u64, failure: Failure) {
        self.lock().fail = Some((commits, failure));
    }

    /// What opening the store again does: forgets failures, keeps the data.
    pub fn reopen(&self) {
        let mut state = self.lock();
        state.fail = None;
        state.stopped = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave a half-done batch: `commit` decides everything before it writes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore(..)")
    }
}

impl Store for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().tables.get(&(table, key.to_vec())).cloned())
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let state = self.lock();
        let from = (table, after.map_or(prefix, |a| a.max(prefix)).to_vec());
        let entries =
            state.tables.range(from..).take_while(|((t, k), _)| *t == table && k.starts_with(prefix));
        let rest = entries.filter(|((_, k), _)| after.is_none_or(|a| k.as_slice() > a));
        Ok(rest.take(limit).map(|((_, k), v)| (k.clone(), v.clone())).collect())
    }

    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let mut state = self.lock();
        if state.stopped {
            return Err(StoreError::Stopped);
        }
        for (condition, c) in batch.conditions.iter().enumerate() {
            let found = state.tables.get(&(c.table, c.key.clone()));
            if !c.expect.holds(found.map(Vec::as_slice)) {
                return Err(StoreError::Conflict { table: c.table, condition });
            }
        }
        let mut writes = batch.writes;
        let mut number = None;
        for append in batch.appends {
            let (last, previous) = state.last(append.table, &writes);
            let next = last + 1;
            let Numbered { value, also } = (append.build)(next, previous.as_deref())?;
            writes.push(Write { table: append.table, key: next.to_be_bytes().to_vec(), value: Some(value) });
            writes.extend(also);
            number = Some(next);
        }
        let failure = state.count_down();
        if failure != Some(Failure::Lost) {
            state.apply(writes);
        }
        match failure {
            Some(_) => Err(StoreError::Io(Cause::new("the write was made to fail"))),
            None => Ok(Committed { number }),
        }
    }

    /// Nothing to do: what was replaced is gone.
    fn scrub(&self, _: Table, _: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn len_estimate(&self, table: Table) -> Result<u64, StoreError> {
        let count = self.lock().tables.keys().filter(|(t, _)| *t == table).count();
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

impl State {
    /// The last number of a table and its value, after `writes`.
    fn last(&self, table: Table, writes: &[Write]) -> (u64, Option<Vec<u8>>) {
        let all = (table, Vec::new())..=(table, u64::MAX.to_be_bytes().to_vec());
        let mut last = self.tables.range(all).next_back().map(|((_, key), value)| (key, Some(value)));
        for write in writes.iter().filter(|write| write.table == table) {
            if last.is_none_or(|(key, _)| write.key >= *key) {
                last = Some((&write.key, write.value.as_ref()));
            }
        }
        let Some((key, value)) = last else { return (0, None) };
        (<[u8; 8]>::try_from(key.as_slice()).map_or(0, u64::from_be_bytes), value.cloned())
    }

    fn count_down(&mut self) -> Option<Failure> {
        match self.fail {
            Some((0, failure)) => {
                self.stopped = true;
                Some(failure)
            }
            Some((left, failure)) => {
                self.fail = Some((left - 1, failure));
                None
            }
            None => None,
        }
    }

    fn apply(&mut self, writes: Vec<Write>) {
        for write in writes {
            match write.value {
                Some(value) => self.tables.insert((write.table, write.key), value),
                None => self.tables.remove(&(write.table, write.key)),
            };
        }
    }
}
