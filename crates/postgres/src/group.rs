//! Batches that are decided together: in order, each on what those before it leave behind, and on what the transaction
//! has read and locked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use boyin_archive::{Committed, Entry, Numbered, Parts, StoreError, Table, Write};

use crate::error::Fault;
use crate::layout::MAX_KEY;

/// The last entry of a numbered table. Kept, so that the next one can be bound to it without a read.
#[derive(Clone, Default)]
pub(crate) struct Last {
    /// 0 if there is none.
    number: u64,
    value: Option<Vec<u8>>,
}

/// What a group has to know before it can be decided.
#[derive(Default)]
pub(crate) struct Wanted {
    /// Keys whose values conditions are about.
    pub(crate) keys: BTreeMap<Table, BTreeSet<Vec<u8>>>,
    /// Tables whose last entry is not known yet.
    pub(crate) last: BTreeSet<Table>,
}

impl Wanted {
    pub(crate) fn of(batches: &[Parts], known: &HashMap<Table, Last>) -> Self {
        let mut wanted = Self::default();
        for batch in batches {
            for condition in &batch.conditions {
                wanted.keys.entry(condition.table).or_default().insert(condition.key.clone());
            }
            let tables = batch.appends.iter().map(|append| append.table);
            wanted.last.extend(tables.filter(|table| !known.contains_key(table)));
        }
        wanted
    }
}

/// What the transaction has read.
#[derive(Default)]
pub(crate) struct Base {
    pub(crate) found: HashMap<(Table, Vec<u8>), Vec<u8>>,
    pub(crate) last: HashMap<Table, Option<Entry>>,
}

/// What the batches accepted so far will leave behind.
pub(crate) struct Group {
    base: Base,
    overlay: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>,
    /// Keys that are known not to be there yet.
    absent: BTreeSet<(Table, Vec<u8>)>,
    last: HashMap<Table, Last>,
}

/// A key and its value.
pub(crate) type Borrowed<'g> = (&'g [u8], &'g [u8]);

/// What is to be written, by table.
#[derive(Default)]
pub(crate) struct Changes<'g> {
    pub(crate) remove: BTreeMap<Table, Vec<&'g [u8]>>,
    pub(crate) add: BTreeMap<Table, Vec<Borrowed<'g>>>,
}

impl Group {
    pub(crate) fn new(wanted: Wanted, base: Base, last: HashMap<Table, Last>) -> Self {
        let asked = wanted.keys.into_iter().flat_map(|(t, keys)| keys.into_iter().map(move |key| (t, key)));
        let absent = asked.filter(|place| !base.found.contains_key(place)).collect();
        Self { base, overlay: BTreeMap::new(), absent, last }
    }

    pub(crate) fn admit(&mut self, batch: Parts) -> Result<Committed, StoreError> {
        for (condition, c) in batch.conditions.into_iter().enumerate() {
            let place = (c.table, c.key);
            let found = match self.overlay.get(&place) {
                Some(pending) => pending.as_deref(),
                None => self.base.found.get(&place).map(Vec::as_slice),
            };
            if !c.expect.holds(found) {
                return Err(StoreError::Conflict { table: place.0, condition });
            }
        }
        let mut writes = batch.writes;
        let mut last: HashMap<Table, Last> = HashMap::new();
        let mut given = None;
        let mut numbered = Vec::new();
        for append in batch.appends {
            let table = append.table;
            let Last { number, value: previous } = match last.remove(&table) {
                Some(last) => last,
                None => self.last(table)?,
            };
            let number = number.checked_add(1).ok_or(Fault::BadNumber(table.name()))?;
            let Numbered { value, also } = (append.build)(number, previous.as_deref())?;
            last.insert(table, Last { number, value: Some(value.clone()) });
            let key = number.to_be_bytes().to_vec();
            numbered.push((table, key.clone()));
            writes.push(Write { table, key, value: Some(value) });
            writes.extend(also);
            given = Some(number);
        }
        // A batch is in the group as a whole or not at all.
        if let Some(long) = writes.iter().map(|write| write.key.len()).find(|bytes| *bytes > MAX_KEY) {
            return Err(Fault::KeyTooLong { bytes: long, max: MAX_KEY }.into());
        }
        self.last.extend(last);
        self.absent.extend(numbered);
        for write in writes {
            self.take(write);
        }
        Ok(Committed { number: given })
    }

    fn last(&self, table: Table) -> Result<Last, StoreError> {
        if let Some(last) = self.last.get(&table) {
            return Ok(last.clone());
        }
        let Some((key, value)) = self.base.last.get(&table).and_then(Option::as_ref) else {
            return Ok(Last::default());
        };
        let number = <[u8; 8]>::try_from(key.as_slice()).map_err(|_| Fault::BadNumber(table.name()))?;
        let value = match self.overlay.get(&(table, key.clone())) {
            Some(replaced) => replaced.clone(),
            None => Some(value.clone()),
        };
        Ok(Last { number: u64::from_be_bytes(number), value })
    }

    fn take(&mut self, write: Write) {
        if let Some(last) = self.last.get_mut(&write.table)
            && write.key == last.number.to_be_bytes()
        {
            last.value.clone_from(&write.value);
        }
        self.overlay.insert((write.table, write.key), write.value);
    }

    /// Of several writes of one key, the last one; what is replaced is removed first.
    pub(crate) fn changes(&self) -> Changes<'_> {
        let mut changes = Changes::default();
        for (place, value) in &self.overlay {
            let (table, key) = place;
            if !self.absent.contains(place) {
                changes.remove.entry(*table).or_default().push(key);
            }
            if let Some(value) = value {
                changes.add.entry(*table).or_default().push((key, value));
            }
        }
        changes
    }

    /// The last entries, once the changes are written.
    pub(crate) fn into_last(self) -> HashMap<Table, Last> {
        self.last
    }
}

impl Changes<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.add.is_empty()
    }
}
