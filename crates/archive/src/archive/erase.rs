//! Erasure: what is personal in a license is sealed under a key of its own, and that key is destroyed.

use std::sync::PoisonError;

use boyin_model::id::LicenseId;
use boyin_model::register::same_person;

use super::write::Deed;
use super::{Archive, MAX_EVENTS, malformed};
use crate::act::{Act, EventKind, Outcome, is_words};
use crate::error::ArchiveError;
use crate::layout;
use crate::store::{Batch, Expect, Table};
use crate::vault::HolderKey;

impl Archive {
    /// Erases what is personal in a license: its content, its key, its place in the holder's file, and what leads from the
    /// holder to its events. The identifier stays, with its status and its events, and is never given again; reads say
    /// [`ArchiveError::Erased`]. It takes two people.
    ///
    /// On `Ok` no file of the archive holds the key any more. Backups from before do, and have to be destroyed by whoever
    /// keeps them.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`], [`ArchiveError::Erased`], [`ArchiveError::Reason`], [`ArchiveError::SealSecond`],
    /// [`ArchiveError::SealSamePerson`], [`ArchiveError::IdempotencyConflict`]; nothing has changed then.
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`]; the same act again finishes what was begun.
    pub fn purge(
        &self,
        act: &Act,
        id: &LicenseId,
        second: &str,
        reason: &str,
    ) -> Result<Outcome, ArchiveError> {
        let deed = Deed::on_license(EventKind::LicensePurged, id, reason);
        let deed = Deed { second: Some(second.to_owned()), ..deed };
        let key = layout::license(id);
        let outcome = {
            // No act on the license may be half done: its event would lead to the holder again.
            let _alone = self.acts.write().unwrap_or_else(PoisonError::into_inner);
            self.perform_alone(act, &deed, |_| {
                if !is_words(reason) {
                    return Err(ArchiveError::Reason);
                }
                if !is_words(second) {
                    return Err(ArchiveError::SealSecond);
                }
                if same_person(second, act.who()) {
                    return Err(ArchiveError::SealSamePerson);
                }
                let (record, holder) = self.license(id)?.ok_or(ArchiveError::NotFound)?;
                let sealed = self.store.get(Table::License, &key)?.ok_or(ArchiveError::NotFound)?;
                let batch = Batch::new()
                    .expect(Table::License, key.as_slice(), Expect::Exactly(sealed))
                    .delete(Table::RecordKey, key.as_slice())
                    .delete(Table::ByHolder, layout::by_holder(&holder, record.filed_at, id));
                self.forget_events(batch, id, &holder)
            })?
        };
        for table in [Table::RecordKey, Table::License] {
            self.store.scrub(table, &key)?;
        }
        Ok(outcome)
    }

    /// Takes out what leads from the holder to the events of a license.
    fn forget_events(
        &self,
        mut batch: Batch,
        id: &LicenseId,
        holder: &HolderKey,
    ) -> Result<Batch, ArchiveError> {
        let table = Table::EventByLicense;
        let mut after = None;
        loop {
            let page = self.store.scan(table, &layout::events_of(id), after.as_deref(), MAX_EVENTS)?;
            for (key, _) in &page {
                let number = layout::number_of_key(key).map_err(malformed(table))?;
                batch = batch.delete(Table::EventByHolder, layout::event_by_holder(holder, number));
            }
            match page.last() {
                Some((key, _)) if page.len() == MAX_EVENTS => after = Some(key.clone()),
                Some(_) | None => return Ok(batch),
            }
        }
    }
}
