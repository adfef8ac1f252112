//! The store that the suite runs on: any engine, whose writes can be made to fail and which can be opened again.

use std::fmt;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use boyin_archive::{Batch, Cause, Committed, Entry, Failure, Store, StoreError, Table};

/// Longer than the other threads of a test take to come to the same place.
const MOMENT: Duration = Duration::from_millis(50);

/// A place that keeps what was written when the store there is dropped.
pub(crate) trait Engine: Send + Sync {
    /// Opens the store for writing, and makes it where it is missing.
    fn open(&self) -> Arc<dyn Store>;
}

pub(crate) struct TestStore {
    engine: Box<dyn Engine>,
    opened: RwLock<Option<Arc<dyn Store>>>,
    failing: Mutex<Failing>,
    scrubbed: Mutex<Vec<Table>>,
    slow: Mutex<Option<Table>>,
}

#[derive(Default)]
struct Failing {
    after: Option<(u64, Failure)>,
    stopped: bool,
    scrub: bool,
}

impl TestStore {
    pub(crate) fn new(engine: impl Engine + 'static) -> Self {
        let opened = RwLock::new(Some(engine.open()));
        Self {
            engine: Box::new(engine),
            opened,
            failing: Mutex::default(),
            scrubbed: Mutex::default(),
            slow: Mutex::default(),
        }
    }

    /// Lets `commits` more batches through; the next one fails as `failure` says and the store stops.
    pub(crate) fn fail_after(&self, commits: u64, failure: Failure) {
        self.failing.lock().unwrap().after = Some((commits, failure));
    }

    /// Lets the next scrub fail.
    pub(crate) fn fail_scrub(&self) {
        self.failing.lock().unwrap().scrub = true;
    }

    /// Lets whoever scans this table get what is there now a moment later.
    pub(crate) fn slow_scans(&self, table: Table) {
        *self.slow.lock().unwrap() = Some(table);
    }

    /// The tables that were scrubbed since this was asked last, in order.
    pub(crate) fn scrubbed(&self) -> Vec<Table> {
        std::mem::take(&mut *self.scrubbed.lock().unwrap())
    }

    /// Closes the store and opens it again: failures are forgotten, what was written is there.
    pub(crate) fn reopen(&self) {
        let mut opened = self.opened.write().unwrap();
        // One writer at a time: the old handle goes before the new one comes.
        *opened = None;
        *opened = Some(self.engine.open());
        *self.failing.lock().unwrap() = Failing::default();
    }

    fn inner(&self) -> Arc<dyn Store> {
        Arc::clone(self.opened.read().unwrap().as_ref().unwrap())
    }

    fn count_down(&self) -> Result<Option<Failure>, StoreError> {
        let mut failing = self.failing.lock().unwrap();
        if failing.stopped {
            return Err(StoreError::Stopped);
        }
        match failing.after {
            Some((0, failure)) => {
                failing.stopped = true;
                Ok(Some(failure))
            }
            Some((left, failure)) => {
                failing.after = Some((left - 1, failure));
                Ok(None)
            }
            None => Ok(None),
        }
    }
}

impl fmt::Debug for TestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestStore").field(&self.inner()).finish()
    }
}

impl Store for TestStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner().get(table, key)
    }

    fn get_many(&self, table: Table, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.inner().get_many(table, keys)
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let found = self.inner().scan(table, prefix, after, limit);
        let slow = *self.slow.lock().unwrap() == Some(table);
        if slow {
            std::thread::sleep(MOMENT);
        }
        found
    }

    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        match self.count_down()? {
            None => return self.inner().commit(batch),
            Some(Failure::Lost) => {}
            Some(Failure::Unanswered) => drop(self.inner().commit(batch)?),
        }
        Err(StoreError::Io(Cause::new("the write was made to fail")))
    }

    fn scrub(&self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        if std::mem::take(&mut self.failing.lock().unwrap().scrub) {
            return Err(StoreError::Io(Cause::new("the scrub was made to fail")));
        }
        self.scrubbed.lock().unwrap().push(table);
        self.inner().scrub(table, key)
    }

    fn len_estimate(&self, table: Table) -> Result<u64, StoreError> {
        self.inner().len_estimate(table)
    }

    fn catch_up(&self) -> Result<(), StoreError> {
        self.inner().catch_up()
    }
}
