//! Erasure: what is personal in a license is sealed under a key of its own, and that key is destroyed.

use std::cell::Cell;
use std::sync::PoisonError;

use boyin_model::id::LicenseId;
use boyin_model::register::same_person;

use super::write::Deed;
use super::{Archive, MAX_EVENTS, malformed};
use crate::act::{Act, EventKind, Outcome, is_words};
use crate::collected::CollectedId;
use crate::error::ArchiveError;
use crate::layout;
use crate::store::{Batch, Expect, Table};
use crate::vault::HolderKey;

/// Events that a follower reads to learn what was erased between two looks; if there are more, it forgets all keys that it
/// keeps.
const FOLLOWED: usize = 4 * MAX_EVENTS;

impl Archive {
    /// Erases what is personal in a license: its content, its key, its addresses, its place in the holder's file, and what leads from
    /// the holder to its events; and what decisions on papers that the holder took part in were decided from. The identifier stays, with its status and its events, and is never given again; reads say
    /// [`ArchiveError::Erased`]. It takes two people.
    ///
    /// Of an erased license the erasure is given back: an act that could not be finished is finished by any other one, too.
    ///
    /// On `Ok` no file of the archive holds the key any more. Backups from before do, and have to be destroyed by whoever
    /// keeps them.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`], [`ArchiveError::Reason`], [`ArchiveError::SealSecond`], [`ArchiveError::SealSamePerson`],
    /// [`ArchiveError::IdempotencyConflict`]; nothing has changed then.
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
        let unprotected = Cell::new(false);
        let forgotten = Cell::new(false);
        let outcome = {
            // No act on the license may be half done: its event would lead to the holder again.
            let _alone = self.acts.write().unwrap_or_else(PoisonError::into_inner);
            self.perform_alone(act, &deed, |deed| {
                two_people(act, second, reason)?;
                let (record, holder) = self.license(id)?.ok_or(ArchiveError::NotFound)?;
                let sealed = self.store.get(Table::License, &key)?.ok_or(ArchiveError::NotFound)?;
                let batch = Batch::new()
                    .expect(Table::License, key.as_slice(), Expect::Exactly(sealed))
                    .delete(Table::RecordKey, key.as_slice())
                    .delete(Table::ByHolder, layout::by_holder(&holder, record.filed_at, id));
                let (batch, bare) = self.forget_addresses(batch, id)?;
                unprotected.set(bare);
                let batch = self.forget_events(batch, id, &holder)?;
                let batch = self.forget_decisions(batch, act, deed, &holder)?;
                forgotten.set(deed.kept.is_some());
                Ok(batch)
            })
        };
        // After a failure as well: nobody knows then whether the batch is there.
        self.record_keys.forget(&key);
        let outcome = erased_before(outcome, EventKind::LicensePurged, Some(id))?;
        for table in [Table::RecordKey, Table::License] {
            self.store.scrub(table, &key)?;
        }
        // What was done before does not tell what it took out.
        if outcome.replayed || unprotected.get() {
            self.store.scrub(Table::LicenseAddress, &layout::addresses_of(id))?;
        }
        self.scrub_decisions(&outcome, forgotten.get())?;
        Ok(outcome)
    }

    /// Erases what a collected record says: its content, its place in the holder's file, and what it is compared by; and what
    /// decisions on papers that the holder took part in were decided from. Its name
    /// stays, with the row that it was and its events, so that imports still add up and the same row does not bring it back;
    /// reads say [`ArchiveError::Erased`]. A license that was issued from it is erased by itself. It takes two people.
    ///
    /// Of an erased record the erasure is given back: an act that could not be finished is finished by any other one, too.
    ///
    /// Collected records have no keys of their own: on `Ok` no file of the archive holds the record any more, under no key.
    /// Backups from before do.
    ///
    /// # Errors
    /// [`ArchiveError::CollectedNotFound`], [`ArchiveError::Reason`], [`ArchiveError::SealSecond`],
    /// [`ArchiveError::SealSamePerson`], [`ArchiveError::IdempotencyConflict`]; nothing has changed then.
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`]; the same act again finishes what was begun.
    pub fn erase_collected(
        &self,
        act: &Act,
        id: CollectedId,
        second: &str,
        reason: &str,
    ) -> Result<Outcome, ArchiveError> {
        let deed = Deed::new(EventKind::CollectedErased, format!("{id} {reason}"));
        let deed = Deed { second: Some(second.to_owned()), ..deed };
        let forgotten = Cell::new(false);
        let outcome = {
            let _one = self.collecting.lock().unwrap_or_else(PoisonError::into_inner);
            // No decision may be half done: it would be found by nobody who erases.
            let _alone = self.acts.write().unwrap_or_else(PoisonError::into_inner);
            self.perform_alone(act, &deed, |deed| {
                two_people(act, second, reason)?;
                let (record, sealed) = self.collected_sealed(id)?.ok_or(ArchiveError::CollectedNotFound)?;
                let holder = self.vault.holder_key(&record.license.holder);
                let mut batch = Batch::new()
                    .expect(Table::Collected, id.0, Expect::Exactly(sealed))
                    .delete(Table::CollectedByHolder, [holder.0.as_slice(), &id.0].concat());
                for key in self.keys_of(&record) {
                    batch = batch.delete(Table::CollectedByKey, [key, id.0].concat());
                }
                let batch = self.forget_decisions(batch, act, deed, &holder)?;
                forgotten.set(deed.kept.is_some());
                Ok(batch)
            })
        };
        let outcome = erased_before(outcome, EventKind::CollectedErased, None)?;
        self.store.scrub(Table::Collected, &id.0)?;
        self.scrub_decisions(&outcome, forgotten.get())?;
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
    /// Forgets the keys of the licenses that were erased since the last look: all keys, if that cannot be told.
    pub(super) fn forget_erased(&self) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = followed.take();
        let erased = seen.and_then(|after| self.erased_after(after).ok().flatten());
        if let Some((erased, last)) = erased {
            erased.iter().for_each(|id| self.record_keys.forget(id.as_str().as_bytes()));
            *followed = Some(last);
        } else {
            // Asked first: what is erased after it is found the next time.
            let last = self.last_event().ok();
            self.record_keys.forget_all();
            *followed = last;
        }
    }

    /// The licenses that were erased after an event, and the last event that there is; `None` if it is too far away.
    fn erased_after(&self, after: u64) -> Result<Option<(Vec<LicenseId>, u64)>, ArchiveError> {
        let (mut erased, mut last) = (Vec::new(), after);
        for _ in 0..FOLLOWED / MAX_EVENTS {
            let events = self.events(Some(last), MAX_EVENTS)?;
            let more = events.len() == MAX_EVENTS;
            last = events.last().map_or(last, |event| event.number);
            let purged = events.into_iter().filter(|event| event.what == EventKind::LicensePurged);
            erased.extend(purged.filter_map(|event| event.license));
            if !more {
                return Ok(Some((erased, last)));
            }
        }
        Ok(None)
    }
}

/// The erasure that was done before, in place of the refusal that it leads to: whether its files were scrubbed nobody knows.
fn erased_before(
    outcome: Result<Outcome, ArchiveError>,
    what: EventKind,
    license: Option<&LicenseId>,
) -> Result<Outcome, ArchiveError> {
    match outcome {
        Err(ArchiveError::Erased { event, at }) => {
            Ok(Outcome { event, what, at, license: license.cloned(), seal: None, replayed: true })
        }
        outcome => outcome,
    }
}

/// What an erasure takes: a reason, and two different people.
pub(super) fn two_people(act: &Act, second: &str, reason: &str) -> Result<(), ArchiveError> {
    if !is_words(reason) {
        return Err(ArchiveError::Reason);
    }
    second_person(act, second)
}

/// Whether somebody else than who acts stands by it.
pub(super) fn second_person(act: &Act, second: &str) -> Result<(), ArchiveError> {
    if !is_words(second) {
        return Err(ArchiveError::SealSecond);
    }
    if same_person(second, act.who()) {
        return Err(ArchiveError::SealSamePerson);
    }
    Ok(())
}
