//! The one who writes: checks the batches of a group in order and syncs them with one write.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use rocksdb::{DB, IteratorMode, WriteBatch, WriteOptions};

use super::{engine, family};
use crate::group_commit::WriteGroup;
use crate::store::{Batch, Cause, Committed, Durability, Numbered, StoreError, Table, Write};

type Answer = Result<Committed, StoreError>;

pub(super) struct Worker {
    db: Arc<DB>,
    durability: Durability,
    /// The last numbered entry of each table, as far as a write has succeeded.
    last: HashMap<Table, Last>,
    stopped: bool,
}

/// What the batches accepted so far in this group will leave behind.
#[derive(Default)]
struct Group {
    overlay: HashMap<(Table, Vec<u8>), Option<Vec<u8>>>,
    last: HashMap<Table, Last>,
    batch: WriteBatch,
}

/// The last entry of a numbered table. Kept, so that the next one can be bound to it without a read.
#[derive(Clone, Default)]
struct Last {
    /// 0 if there is none.
    number: u64,
    value: Option<Vec<u8>>,
}

impl WriteGroup for Worker {
    fn write_group(&mut self, batches: Vec<Batch>) -> Vec<Answer> {
        if self.stopped {
            return batches.iter().map(|_| Err(StoreError::Stopped)).collect();
        }
        let mut group = Group { last: self.last.clone(), ..Group::default() };
        let mut answers: Vec<_> = batches.into_iter().map(|batch| self.admit(&mut group, batch)).collect();
        match self.write(mem::take(&mut group.batch)) {
            Ok(()) => self.last = group.last,
            Err(error) => {
                self.stopped = true;
                // A conflict inside the group may have been with a batch that now failed.
                answers.fill(Err(error));
            }
        }
        answers
    }
}

impl Worker {
    pub(super) fn new(db: Arc<DB>, durability: Durability) -> Self {
        Self { db, durability, last: HashMap::new(), stopped: false }
    }

    fn write(&self, batch: WriteBatch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut options = WriteOptions::default();
        options.set_sync(self.durability == Durability::Synced);
        self.db.write_opt(batch, &options).map_err(engine)
    }

    fn admit(&self, group: &mut Group, batch: Batch) -> Answer {
        for (condition, c) in batch.conditions.iter().enumerate() {
            let holds = match group.overlay.get(&(c.table, c.key.clone())) {
                Some(pending) => c.expect.holds(pending.as_deref()),
                None => {
                    let found = self.db.get_pinned_cf(family(&self.db, c.table)?, &c.key).map_err(engine)?;
                    c.expect.holds(found.as_deref())
                }
            };
            if !holds {
                return Err(StoreError::Conflict { table: c.table, condition });
            }
        }
        let mut writes = batch.writes;
        let mut last: HashMap<Table, Last> = HashMap::new();
        let mut given = None;
        for append in batch.appends {
            let Last { number, value: previous } = match last.remove(&append.table) {
                Some(last) => last,
                None => self.last(group, append.table)?,
            };
            let number = number.checked_add(1).ok_or_else(|| bad_number(append.table))?;
            let Numbered { value, also } = (append.build)(number, previous.as_deref())?;
            last.insert(append.table, Last { number, value: Some(value.clone()) });
            let key = number.to_be_bytes().to_vec();
            writes.push(Write { table: append.table, key, value: Some(value) });
            writes.extend(also);
            given = Some(number);
        }
        // Every table is looked up before the first write is taken: a batch is in the group as a whole or not at all.
        for write in &writes {
            family(&self.db, write.table)?;
        }
        group.last.extend(last);
        for write in writes {
            group.take(&self.db, write)?;
        }
        Ok(Committed { number: given })
    }

    fn last(&self, group: &Group, table: Table) -> Result<Last, StoreError> {
        if let Some(last) = group.last.get(&table) {
            return Ok(last.clone());
        }
        let Some(last) = self.db.iterator_cf(family(&self.db, table)?, IteratorMode::End).next() else {
            return Ok(Last::default());
        };
        let (key, value) = last.map_err(engine)?;
        let number = <[u8; 8]>::try_from(key.as_ref()).map_err(|_| bad_number(table))?;
        let value = match group.overlay.get(&(table, key.into_vec())) {
            Some(replaced) => replaced.clone(),
            None => Some(value.into_vec()),
        };
        Ok(Last { number: u64::from_be_bytes(number), value })
    }
}

impl Group {
    fn take(&mut self, db: &DB, write: Write) -> Result<(), StoreError> {
        let family = family(db, write.table)?;
        match &write.value {
            Some(value) => self.batch.put_cf(family, &write.key, value),
            None => self.batch.delete_cf(family, &write.key),
        }
        if let Some(last) = self.last.get_mut(&write.table)
            && write.key == last.number.to_be_bytes()
        {
            last.value.clone_from(&write.value);
        }
        self.overlay.insert((write.table, write.key), write.value);
        Ok(())
    }
}

fn bad_number(table: Table) -> StoreError {
    StoreError::Corrupt(Cause::new(BadNumber(table)))
}

/// The last key of a numbered table is not a number that has a successor.
#[derive(Debug, thiserror::Error)]
#[error("the last number of table {0} is damaged")]
struct BadNumber(Table);
