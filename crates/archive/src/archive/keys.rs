//! Data keys: a new one becomes current at once, old values are sealed anew step by step, then the old keys are destroyed.
//! Reads and acts go on throughout.

use std::sync::PoisonError;

use super::write::Deed;
use super::{Archive, MAX_DATA_KEYS, malformed};
use crate::act::{Act, EventKind, Outcome};
use crate::error::{ArchiveError, Damaged};
use crate::layout::{self, Position};
use crate::store::{Batch, Entry, Expect, Protection, StoreError, Table};
use crate::vault::{BASE, KeyId, RootSecret, Vault, Wrapped};

/// How often a step that loses races is tried again.
const ROUNDS: usize = 100;

/// How far values are sealed anew under the current data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resealing {
    /// There is nothing to do: the current key is the only one.
    Nothing,
    /// Values remain to be looked at.
    UnderWay {
        /// Values looked at in this step.
        seen: usize,
        /// Values sealed anew in this step.
        sealed: usize,
    },
    /// A whole pass has found every value under the current key: the older ones [can go](Archive::retire_keys).
    Done,
}

impl Archive {
    /// Makes a new data key, with which everything is sealed from now on. Older values are read as before.
    ///
    /// # Errors
    /// [`ArchiveError::Resealing`] if values are still being sealed anew from the last time,
    /// [`ArchiveError::IdempotencyConflict`], [`ArchiveError::Randomness`]; nothing has changed then.
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn rotate_key(&self, act: &Act) -> Result<Outcome, ArchiveError> {
        let next = self.vault.current().saturating_add(1);
        let deed = Deed::new(EventKind::KeyRotated, "");
        let outcome = self.perform_with(act, &deed, |deed| {
            if self.store.get(Table::Meta, layout::META_RESEAL)?.is_some() {
                return Err(ArchiveError::Resealing);
            }
            deed.detail = next.to_string();
            let wrapped = Wrapped { key: self.vault.new_key()?, reads_old_values: false };
            Ok(Batch::new()
                .expect(Table::Meta, layout::META_RESEAL, Expect::Absent)
                .expect(Table::DataKey, layout::data_key(next), Expect::Absent)
                .put(Table::DataKey, layout::data_key(next), self.vault.wrap(next, &wrapped)?)
                .put(Table::Meta, layout::META_RESEAL, layout::reseal_value(&Position::START)))
        })?;
        // Whatever was sealed under the key before is written before this; what comes later is under the new one.
        let _alone = self.acts.write().unwrap_or_else(PoisonError::into_inner);
        if outcome.replayed || self.learn(next) {
            Ok(outcome)
        } else {
            Err(Damaged { table: Table::DataKey }.into())
        }
    }

    /// Looks at the next `limit` values and seals those anew that are not under the current data key. Where it stopped
    /// is kept, so that it goes on there after a restart. After the last table it begins again, until a whole pass has found
    /// nothing to do.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`]; what was sealed anew before stays so.
    pub fn reseal(&self, limit: usize) -> Result<Resealing, ArchiveError> {
        for _ in 0..ROUNDS {
            let Some(stored) = self.store.get(Table::Meta, layout::META_RESEAL)? else {
                return Ok(Resealing::Nothing);
            };
            let position = layout::read_reseal(&stored).map_err(malformed(Table::Meta))?;
            let Some(table) = position.table else {
                return Ok(Resealing::Done);
            };
            let _shared = self.acts.read().unwrap_or_else(PoisonError::into_inner);
            let (batch, sealed, seen) = self.reseal_in(table, &position, limit.max(1))?;
            let changed = position.changed || sealed > 0;
            let next = match seen.last() {
                Some((key, _)) if seen.len() == limit.max(1) => {
                    Position { changed, table: Some(table), after: key.clone() }
                }
                Some(_) | None => after_table(table, changed),
            };
            let batch = batch.expect(Table::Meta, layout::META_RESEAL, Expect::Exactly(stored)).put(
                Table::Meta,
                layout::META_RESEAL,
                layout::reseal_value(&next),
            );
            match self.store.commit(batch) {
                Ok(_) => return Ok(Resealing::UnderWay { seen: seen.len(), sealed }),
                // Somebody changed a value meanwhile.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ArchiveError::Busy)
    }

    fn reseal_in(
        &self,
        table: Table,
        position: &Position,
        limit: usize,
    ) -> Result<(Batch, usize, Vec<Entry>), ArchiveError> {
        let after = Some(position.after.as_slice()).filter(|after| !after.is_empty());
        let entries = self.store.scan(table, &[], after, limit)?;
        let (mut batch, mut sealed) = (Batch::new(), 0);
        for (key, value) in &entries {
            let mixed = table.protection() == Protection::Mixed;
            if mixed && !layout::meta_is_sealed(key) || self.vault.is_current(value) {
                continue;
            }
            let plain = self.unseal(table, key, value)?;
            batch = batch.expect(table, key.as_slice(), Expect::Exactly(value.clone()));
            batch = if table == Table::License && Vault::is_by_base(value) {
                let record = self.vault.new_key()?;
                let own = self.seal(Table::RecordKey, key, record.as_slice());
                batch
                    .expect(Table::RecordKey, key.as_slice(), Expect::Absent)
                    .put(Table::RecordKey, key.as_slice(), own)
                    .put(table, key.as_slice(), self.vault.seal_record(&record, table, key, &plain))
            } else {
                batch.put(table, key.as_slice(), self.seal(table, key, &plain))
            };
            sealed += 1;
        }
        Ok((batch, sealed, entries))
    }

    /// Destroys the data keys before the current one, once [`reseal`](Archive::reseal) has found that nothing needs
    /// them, and no longer reads what formats 1 and 2 sealed.
    ///
    /// # Errors
    /// [`ArchiveError::Resealing`] if values may still need them, [`ArchiveError::IdempotencyConflict`]; nothing has changed
    /// then. [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn retire_keys(&self, act: &Act) -> Result<Outcome, ArchiveError> {
        let current = self.vault.current();
        let deed = Deed::new(EventKind::KeyRetired, current.to_string());
        let outcome = self.perform(act, &deed, || {
            let done = layout::reseal_value(&Position::DONE);
            if self.store.get(Table::Meta, layout::META_RESEAL)?.as_ref() != Some(&done) {
                return Err(ArchiveError::Resealing);
            }
            let mut batch = Batch::new()
                .expect(Table::Meta, layout::META_RESEAL, Expect::Exactly(done))
                .delete(Table::Meta, layout::META_RESEAL);
            for (id, stored, wrapped) in self.data_keys()? {
                let key = layout::data_key(id);
                batch = batch.expect(Table::DataKey, key.as_slice(), Expect::Exactly(stored));
                if id == BASE {
                    let base = Wrapped { reads_old_values: false, ..wrapped };
                    batch = batch.put(Table::DataKey, key, self.vault.wrap(BASE, &base)?);
                } else if id < current {
                    batch = batch.delete(Table::DataKey, key);
                }
            }
            Ok(batch)
        })?;
        self.vault.retire();
        self.scrub_keys()?;
        Ok(outcome)
    }

    /// Wraps the keys of the archive under another root secret, in one step. Values are not touched. Whoever follows the
    /// archive has to open it again with the new secret.
    ///
    /// # Errors
    /// [`ArchiveError::IdempotencyConflict`], [`ArchiveError::Randomness`]; nothing has changed then.
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn change_secret(&self, act: &Act, secret: &RootSecret) -> Result<Outcome, ArchiveError> {
        let deed = Deed::new(EventKind::SecretChanged, "");
        let outcome = self.perform(act, &deed, || {
            let mut batch = Batch::new()
                .expect(Table::Meta, layout::META_CHECK, Expect::Exactly(self.vault.check().to_vec()))
                .put(Table::Meta, layout::META_CHECK, Vault::key_check(secret));
            for (id, stored, wrapped) in self.data_keys()? {
                let key = layout::data_key(id);
                batch = batch.expect(Table::DataKey, key.as_slice(), Expect::Exactly(stored)).put(
                    Table::DataKey,
                    key,
                    self.vault.wrap_for(secret, id, &wrapped)?,
                );
            }
            Ok(batch)
        })?;
        if !outcome.replayed {
            self.vault.rewrap_with(secret);
        }
        self.scrub_keys()?;
        Ok(outcome)
    }

    /// Number of the data key that seals now.
    #[must_use]
    pub fn data_key(&self) -> u32 {
        self.vault.current()
    }

    fn data_keys(&self) -> Result<Vec<(KeyId, Vec<u8>, Wrapped)>, ArchiveError> {
        let table = Table::DataKey;
        let entries = self.store.scan(table, &[], None, MAX_DATA_KEYS + 1)?;
        let keys = entries.into_iter().map(|(key, stored)| {
            let id = layout::id_of_data_key(&key).map_err(malformed(table))?;
            let wrapped = self.vault.unwrap(id, &stored).ok_or(Damaged { table })?;
            Ok((id, stored, wrapped))
        });
        keys.collect()
    }

    /// What was wrapped before must not be found in a file.
    fn scrub_keys(&self) -> Result<(), ArchiveError> {
        for id in BASE..=self.vault.current() {
            self.store.scrub(Table::DataKey, &layout::data_key(id))?;
        }
        Ok(())
    }
}

/// Where to go on after the end of a table: in the next one that has sealed values, or from the beginning if this pass has
/// sealed anything anew, because what it has passed may be of the old key again.
fn after_table(table: Table, changed: bool) -> Position {
    let place = Table::ALL.into_iter().position(|t| t == table).unwrap_or_default();
    let next = Table::ALL.into_iter().skip(place + 1).find(|t| is_resealed(*t));
    match (next, changed) {
        (Some(next), changed) => Position { changed, table: Some(next), after: Vec::new() },
        (None, true) => Position::START,
        (None, false) => Position::DONE,
    }
}

fn is_resealed(table: Table) -> bool {
    match table.protection() {
        Protection::Sealed | Protection::Mixed => true,
        Protection::Empty | Protection::Wrapped => false,
    }
}
