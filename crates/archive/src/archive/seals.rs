//! The seal register: acts on seals and reads of them.

use boyin_model::register::{SealAct, SealId};
use boyin_model::trust::TrustedSeal;

use super::read::check_limit;
use super::write::Deed;
use super::{Archive, MAX_EVENTS, MAX_PAGE, malformed};
use crate::act::{Act, Event, Outcome};
use crate::error::{ArchiveError, Damaged};
use crate::layout::{self, FORMAT_WITH_SEALS};
use crate::seal::{SealApplication, SealChange, SealRecord, check_change, event_of, seal_digest};
use crate::store::{Batch, Expect, Table};

impl Archive {
    /// Enters an application for a seal and gives it the next number of its division, which is in the outcome.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`], [`ArchiveError::SealLimits`], [`ArchiveError::SealNumbers`],
    /// [`ArchiveError::IdempotencyConflict`]; nothing has changed then. [`ArchiveError::Store`].
    pub fn apply_seal(&self, act: &Act, application: &SealApplication) -> Result<Outcome, ArchiveError> {
        let deed = Deed::new(event_of(SealAct::Apply), application.kind.code());
        self.perform_with(act, &deed, |deed| {
            application.check()?;
            let counter = layout::meta_seal_number(application.division);
            let old = self.store.get(Table::Meta, &counter)?;
            let last = match &old {
                Some(sealed) => {
                    let value = self.unseal(Table::Meta, &counter, sealed)?;
                    layout::read_number(&value).map_err(malformed(Table::Meta))?
                }
                None => 0,
            };
            let next = last.saturating_add(1);
            let id = SealId::new(application.division, next)
                .ok_or(ArchiveError::SealNumbers(application.division))?;
            deed.seal = Some(id);
            let number = self.seal(Table::Meta, &counter, &next.to_be_bytes());
            let key = layout::seal(id);
            let record = SealRecord::apply(id, application, act);
            let value = self.seal(Table::Seal, &key, &layout::seal_value(&record));
            Ok(Batch::new()
                .expect(Table::Meta, counter.as_slice(), old.map_or(Expect::Absent, Expect::Exactly))
                .expect(Table::Seal, key.as_slice(), Expect::Absent)
                .put(Table::Meta, counter, number)
                .put(Table::Seal, key, value))
        })
    }

    /// Does something to a seal. A use is counted in the same batch as its event: on `Ok` it is counted for good, and
    /// of two that compete for the last one exactly one is done.
    ///
    /// # Errors
    /// [`ArchiveError::SealNotFound`], [`ArchiveError::SealTransition`], [`ArchiveError::SealBackdated`],
    /// [`ArchiveError::SealSamePerson`], [`ArchiveError::SealSecond`], [`ArchiveError::SealLimit`],
    /// [`ArchiveError::Reason`], [`ArchiveError::InvalidRecord`], [`ArchiveError::IdempotencyConflict`]; nothing has
    /// changed then. [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn change_seal(
        &self,
        act: &Act,
        id: SealId,
        change: &SealChange<'_>,
    ) -> Result<Outcome, ArchiveError> {
        let detail = match change.bytes() {
            Some(bytes) => seal_digest(bytes),
            None => change.words().unwrap_or_default().to_owned(),
        };
        let deed = Deed {
            seal: Some(id),
            second: change.second().map(str::to_owned),
            ..Deed::new(event_of(change.act()), detail)
        };
        self.perform_with(act, &deed, |_| {
            check_change(act, change)?;
            let key = layout::seal(id);
            let old = self.store.get(Table::Seal, &key)?.ok_or(ArchiveError::SealNotFound)?;
            let record = self.seal_in(&key, &old)?;
            let next = record.after(act, change)?;
            let value = self.seal(Table::Seal, &key, &layout::seal_value(&next));
            let mut batch = Batch::new().expect(Table::Seal, key.as_slice(), Expect::Exactly(old)).put(
                Table::Seal,
                key,
                value,
            );
            if let Some(bytes) = change.bytes() {
                let key = layout::seal_version(id, version_number(record.versions.len())?);
                let value = self.seal(Table::SealVersion, &key, bytes);
                batch = batch.expect(Table::SealVersion, key.as_slice(), Expect::Absent).put(
                    Table::SealVersion,
                    key,
                    value,
                );
            }
            Ok(batch)
        })
    }

    /// A seal of the register.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn seal_record(&self, id: SealId) -> Result<Option<SealRecord>, ArchiveError> {
        if !self.has_register() {
            return Ok(None);
        }
        let key = layout::seal(id);
        let sealed = self.store.get(Table::Seal, &key)?;
        Ok(sealed.map(|sealed| self.seal_in(&key, &sealed)).transpose()?)
    }

    /// The seals from the beginning or after the number `after`, by number, `1..=`[`MAX_PAGE`] at a time.
    ///
    /// # Errors
    /// [`ArchiveError::BadLimit`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn seals(&self, after: Option<SealId>, limit: usize) -> Result<Vec<SealRecord>, ArchiveError> {
        check_limit(limit, MAX_PAGE)?;
        if !self.has_register() {
            return Ok(Vec::new());
        }
        let after = after.map(layout::seal);
        let entries = self.store.scan(Table::Seal, &[], after.as_deref(), limit)?;
        entries.iter().map(|(key, sealed)| Ok(self.seal_in(key, sealed)?)).collect()
    }

    /// What the trust list has to say of all seals, by number.
    ///
    /// # Errors
    /// As [`seals`](Archive::seals).
    pub fn trusted_seals(&self) -> Result<Vec<TrustedSeal>, ArchiveError> {
        let mut trusted = Vec::new();
        let mut after = None;
        loop {
            let page = self.seals(after, MAX_PAGE)?;
            trusted.extend(page.iter().filter_map(SealRecord::trusted));
            match page.last() {
                Some(last) if page.len() == MAX_PAGE => after = Some(last.id),
                Some(_) | None => return Ok(trusted),
            }
        }
    }

    /// The bytes of one version of a seal: its place, from 0, in [`SealRecord::versions`].
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn seal_bytes(&self, id: SealId, version: usize) -> Result<Option<Vec<u8>>, ArchiveError> {
        if !self.has_register() {
            return Ok(None);
        }
        let key = layout::seal_version(id, version_number(version)?);
        Ok(self.read(Table::SealVersion, &key)?.map(|bytes| bytes.to_vec()))
    }

    /// What happened to one seal, as [`events`](Archive::events).
    ///
    /// # Errors
    /// As [`events`](Archive::events).
    pub fn events_of_seal(
        &self,
        id: SealId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Event>, ArchiveError> {
        check_limit(limit, MAX_EVENTS)?;
        if !self.has_register() {
            return Ok(Vec::new());
        }
        let after = after.map(|number| layout::event_by_seal(id, number));
        let entries = self.store.scan(Table::EventBySeal, &layout::seal(id), after.as_deref(), limit)?;
        let events = entries.iter().map(|(key, _)| {
            let table = Table::EventBySeal;
            let number = layout::number_of_key(key).map_err(malformed(table))?;
            match self.event(number)? {
                Some(event) if event.seal == Some(id) => Ok(event),
                Some(_) | None => Err(Damaged { table }.into()),
            }
        });
        events.collect()
    }

    fn seal_in(&self, key: &[u8], sealed: &[u8]) -> Result<SealRecord, Damaged> {
        let table = Table::Seal;
        let value = self.unseal(table, key, sealed)?;
        let id = layout::parse_seal(key).map_err(malformed(table))?;
        layout::read_seal(id, &value).map_err(malformed(table))
    }

    /// An archive of version 1 that is only followed has no seal register, and not the tables for one.
    fn has_register(&self) -> bool {
        self.format >= FORMAT_WITH_SEALS
    }
}

/// Version numbers are four bytes on disk.
fn version_number(version: usize) -> Result<u32, ArchiveError> {
    u32::try_from(version).map_err(|_| ArchiveError::SealNotFound)
}
