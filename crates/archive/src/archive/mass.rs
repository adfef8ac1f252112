//! Acts on many licenses: planned, signed off, done in one batch, and undone.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use boyin_model::id::LicenseId;
use boyin_model::status::LicenseStatus;
use boyin_model::time::UnixTime;

use super::ends::Ends;
use super::erase::second_person;
use super::write::{Deed, Kept};
use super::{Archive, MAX_PAGE, malformed};
use crate::act::{Act, Change, Event, EventKind, Outcome, StatusChange, is_words};
use crate::error::{ArchiveError, Damaged};
use crate::layout::{self, FORMAT_WITH_VERSIONS};
use crate::mass::{
    HolderEnd, LeftReason, MAX_MASS, MassItem, MassLeft, MassPlan, MassRecord, MassScope, PlanDigest,
    SignOff, Undone,
};
use crate::record::LicenseRecord;
use crate::store::{Batch, Expect, Table};
use crate::vault::HolderKey;

const TABLE: Table = Table::MassChange;

/// A license as it is when many are looked at; its credential is not kept.
struct Seen {
    record: LicenseRecord,
    holder: HolderKey,
    from: LicenseStatus,
    /// Number of the event that its status is from.
    event: u64,
}

/// What is found when a plan is made.
struct Look<'a> {
    ends: Ends<'a>,
    at: UnixTime,
    /// Whose file is closed.
    closing: Option<HolderKey>,
    seen: Vec<Seen>,
    left: Vec<MassLeft>,
}

impl Archive {
    /// What [`mass_change`](Archive::mass_change) would do at `at`. Nothing is changed.
    ///
    /// What is out of force by another change of many licenses that can still be undone changes, too: it stays out of force then if
    /// the other one is undone. Closing a holder takes in nothing again that closing the same one took.
    ///
    /// # Errors
    /// [`ArchiveError::Reason`] if the words are none, or the change is neither [`Change::Revoke`] nor [`Change::Cancel`], or is
    /// retroactive; [`ArchiveError::HolderEnd`] if it cannot happen to such a holder; [`ArchiveError::MassTooMany`];
    /// [`ArchiveError::OldFormat`]; [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn mass_plan(
        &self,
        scope: &MassScope,
        change: &StatusChange,
        at: UnixTime,
    ) -> Result<MassPlan, ArchiveError> {
        Ok(self.look_at_many(scope, change, at)?.1)
    }

    /// Changes many licenses in one batch, if what would be done is still exactly what the second person signed off. Each license
    /// has its event, and the whole has one, whose number names it.
    ///
    /// # Errors
    /// As [`mass_plan`](Archive::mass_plan); [`ArchiveError::SealSecond`], [`ArchiveError::SealSamePerson`] for the second person;
    /// [`ArchiveError::PlanChanged`]; [`ArchiveError::MassNothing`]; [`ArchiveError::IdempotencyConflict`]; nothing has changed
    /// then.
    pub fn mass_change(
        &self,
        act: &Act,
        scope: &MassScope,
        change: &StatusChange,
        sign_off: &SignOff,
        undo_until: UnixTime,
    ) -> Result<Outcome, ArchiveError> {
        let second = Some(sign_off.second.clone());
        let deed = Deed { second: second.clone(), ..Deed::new(scope.event(), "") };
        // Nothing may be filed or changed between the look and the batch.
        let _alone = self.acts.write().unwrap_or_else(PoisonError::into_inner);
        self.perform_alone(act, &deed, |deed| {
            second_person(act, &sign_off.second)?;
            let (look, plan) = self.look_at_many(scope, change, act.at())?;
            if plan.digest != sign_off.digest {
                return Err(ArchiveError::PlanChanged);
            }
            if plan.items.is_empty() {
                return Err(ArchiveError::MassNothing);
            }
            let mut batch = Batch::new();
            for (place, seen) in look.seen.iter().enumerate() {
                (batch, _) = self.status_batch(batch, act, &seen.record, change.change.to())?;
                let told = Deed {
                    second: second.clone(),
                    status: Some(change.clone()),
                    holder: Some(seen.holder),
                    ..Deed::on_license(change.change.event(), &seen.record.id, change.reason.as_str())
                };
                batch = self.tell(batch, &act.part(place), told);
            }
            let count = plan.items.len();
            deed.detail = match scope {
                MassScope::Holder { end, .. } => format!("{} {count} {}", end.code(), plan.digest),
                MassScope::Licenses(_) => format!("{} {count} {}", change.change.event().code(), plan.digest),
            };
            deed.status = Some(change.clone());
            if let MassScope::Holder { holder, .. } = scope {
                deed.holder = Some(self.vault.holder_key(holder));
            }
            let record = MassRecord { at: act.at(), undo_until, items: plan.items, undone: None };
            deed.kept = Some(Kept::Done(record));
            Ok(batch)
        })
    }

    fn look_at_many(
        &self,
        scope: &MassScope,
        change: &StatusChange,
        at: UnixTime,
    ) -> Result<(Look<'_>, MassPlan), ArchiveError> {
        if self.format < FORMAT_WITH_VERSIONS {
            return Err(ArchiveError::OldFormat);
        }
        let words = is_words(&change.reason) && change.basis.as_deref().is_none_or(is_words);
        let ends = matches!(change.change, Change::Revoke | Change::Cancel);
        // What was never issued cannot come back: that is decided one by one.
        if !words || !ends || change.retroactive || change.successor.is_some() {
            return Err(ArchiveError::Reason);
        }
        let mut look = Look { ends: Ends::new(self), at, closing: None, seen: Vec::new(), left: Vec::new() };
        let mut of_holder: Option<(_, HolderEnd)> = None;
        match scope {
            MassScope::Holder { holder, end, keeps } => {
                if !end.befalls(holder) {
                    return Err(ArchiveError::HolderEnd);
                }
                let whose = self.vault.holder_key(holder);
                look.closing = Some(whose);
                let mut cursor = None;
                loop {
                    let page = self.list_by_holder(holder, cursor.as_ref(), MAX_PAGE)?;
                    for record in page.items {
                        let kept = keeps.contains(&record.id.license_type());
                        self.look_at(&record.id, kept, &mut look)?;
                    }
                    cursor = page.next;
                    if cursor.is_none() {
                        break;
                    }
                }
                of_holder = Some((self.vault.subject(&whose), *end));
            }
            MassScope::Licenses(ids) => {
                let ids: BTreeSet<_> = ids.iter().collect();
                if ids.len() > MAX_MASS {
                    return Err(ArchiveError::MassTooMany);
                }
                for id in ids {
                    self.look_at(id, false, &mut look)?;
                }
            }
        }
        look.seen.sort_by(|a, b| a.record.id.cmp(&b.record.id));
        look.left.sort_by(|a, b| a.id.cmp(&b.id));
        let items: Vec<_> =
            look.seen.iter().map(|seen| MassItem { id: seen.record.id.clone(), from: seen.from }).collect();
        let left = look.left.clone();
        let of_holder = of_holder.as_ref().map(|(subject, end)| (subject, *end));
        let with_events: Vec<_> = items.iter().zip(look.seen.iter().map(|seen| seen.event)).collect();
        let digest = PlanDigest::of(of_holder, change, &with_events, &left);
        Ok((look, MassPlan { items, left, digest }))
    }

    fn look_at(&self, id: &LicenseId, kept: bool, look: &mut Look<'_>) -> Result<(), ArchiveError> {
        let (mut record, holder) = match self.license(id) {
            Ok(Some(found)) => found,
            Ok(None) => return look.leave(id, LeftReason::NotOnFile),
            Err(ArchiveError::Erased { .. }) => return look.leave(id, LeftReason::Erased),
            Err(error) => return Err(error),
        };
        record.credential = Vec::new();
        if record.slot.is_none() {
            return look.leave(id, LeftReason::StatusElsewhere);
        }
        let (_, _, from) = self.status_sealed(&record)?;
        if !Change::Cancel.allowed(from) && !self.may_come_back(&record, from, look)? {
            return look.leave(id, LeftReason::Ended);
        }
        if kept {
            return look.leave(id, LeftReason::OutlivesHolder);
        }
        if look.seen.len() == MAX_MASS {
            return Err(ArchiveError::MassTooMany);
        }
        let last = self.status_at(id, UnixTime::MAX)?;
        let (_, Event { number: event, .. }) = last.ok_or(Damaged { table: Table::EventByLicense })?;
        look.seen.push(Seen { record, holder, from, event });
        Ok(())
    }

    /// Whether a license is out of force only by a change of many licenses that can still be undone, and not by the one that is done
    /// once more.
    fn may_come_back(
        &self,
        record: &LicenseRecord,
        from: LicenseStatus,
        look: &mut Look<'_>,
    ) -> Result<bool, ArchiveError> {
        if from != LicenseStatus::Revoked {
            return Ok(false);
        }
        let Some((number, until)) = look.ends.of(&record.id)? else { return Ok(false) };
        let Some(whose) = &look.closing else { return Ok(look.at <= until) };
        let done = self.event(number)?.ok_or(Damaged { table: Table::Event })?;
        let again = done.what == EventKind::HolderClosed && done.subject == Some(self.vault.subject(whose));
        Ok(look.at <= until && !again)
    }

    /// Undoes a change of many licenses: each gets the status back that it had, unless something was done to it since that still
    /// stands, by whomever; what was out of force before stays so. It takes two people, and is possible until the instant that was set
    /// when it was done. Changes of the same licenses come undone in the reverse order.
    ///
    /// # Errors
    /// [`ArchiveError::MassNotFound`], [`ArchiveError::MassUndone`], [`ArchiveError::UndoOver`], [`ArchiveError::MassNothing`] if
    /// every license was changed since; [`ArchiveError::Reason`], [`ArchiveError::SealSecond`], [`ArchiveError::SealSamePerson`],
    /// [`ArchiveError::IdempotencyConflict`]; nothing has changed then.
    pub fn undo_mass_change(
        &self,
        act: &Act,
        number: u64,
        second: &str,
        reason: &str,
    ) -> Result<Outcome, ArchiveError> {
        let detail = format!("event {number}: {reason}");
        let deed = Deed::new(EventKind::ChangesUndone, detail.as_str());
        let deed = Deed { second: Some(second.to_owned()), ..deed };
        let _alone = self.acts.write().unwrap_or_else(PoisonError::into_inner);
        self.perform_alone(act, &deed, |deed| {
            if !is_words(reason) {
                return Err(ArchiveError::Reason);
            }
            second_person(act, second)?;
            let key = layout::event(number);
            let sealed = self.store.get(TABLE, &key)?.ok_or(ArchiveError::MassNotFound)?;
            let value = self.unseal(TABLE, &key, &sealed)?;
            let mut record = layout::read_mass(&value).map_err(malformed(TABLE))?;
            if let Some(undone) = &record.undone {
                return Err(ArchiveError::MassUndone { event: undone.event });
            }
            if act.at() > record.undo_until {
                return Err(ArchiveError::UndoOver { until: record.undo_until });
            }
            let mut batch = Batch::new().expect(TABLE, key.as_slice(), Expect::Exactly(sealed));
            let mut ends = Ends::new(self);
            let (mut left, mut back, mut withdrawn) = (Vec::new(), 0, false);
            for item in &record.items {
                let found = self.ended_by(number, &item.id, &mut ends)?;
                if found.is_some() && item.from == LicenseStatus::Revoked {
                    // It was out of force before, by what this one does not undo.
                    withdrawn = true;
                    left.push(item.id.clone());
                    continue;
                }
                let Some((license, holder)) = found else {
                    left.push(item.id.clone());
                    continue;
                };
                (batch, _) = self.status_batch(batch, act, &license, item.from)?;
                let what = match item.from {
                    LicenseStatus::Suspended => EventKind::LicenseSuspended,
                    LicenseStatus::Valid | LicenseStatus::Revoked | LicenseStatus::Superseded => {
                        EventKind::LicenseRestored
                    }
                };
                let told = Deed::on_license(what, &item.id, detail.as_str());
                let told = Deed { second: Some(second.to_owned()), holder: Some(holder), ..told };
                batch = self.tell(batch, &act.part(back), told);
                back += 1;
            }
            if back == 0 && !withdrawn {
                return Err(ArchiveError::MassNothing);
            }
            record.undone = Some(Undone { event: 0, left });
            deed.kept = Some(Kept::Undone { of: number, record });
            Ok(batch)
        })
    }

    /// A license that is out of force by the change with this number, and whose it is.
    fn ended_by(
        &self,
        number: u64,
        id: &LicenseId,
        ends: &mut Ends<'_>,
    ) -> Result<Option<(LicenseRecord, HolderKey)>, ArchiveError> {
        let (mut record, holder) = match self.license(id) {
            Ok(Some(found)) => found,
            Ok(None) => return Err(Damaged { table: Table::License }.into()),
            Err(ArchiveError::Erased { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        record.credential = Vec::new();
        let (_, _, status) = self.status_sealed(&record)?;
        let by = ends.of(id)?.filter(|_| status == LicenseStatus::Revoked);
        Ok(by.is_some_and(|(by, _)| by == number).then_some((record, holder)))
    }

    /// The change of many licenses whose event has this number.
    ///
    /// # Errors
    /// [`ArchiveError::OldFormat`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn mass_record(&self, number: u64) -> Result<Option<MassRecord>, ArchiveError> {
        if self.format < FORMAT_WITH_VERSIONS {
            return Err(ArchiveError::OldFormat);
        }
        let value = self.read(TABLE, &layout::event(number))?;
        Ok(value.map(|value| layout::read_mass(&value)).transpose().map_err(malformed(TABLE))?)
    }
}

impl Look<'_> {
    fn leave(&mut self, id: &LicenseId, why: LeftReason) -> Result<(), ArchiveError> {
        self.left.push(MassLeft { id: id.clone(), why });
        Ok(())
    }
}

impl MassRecord {
    /// The license that an event is of, if it is one of this change and `number` is that of the whole.
    pub(crate) fn item_of(&self, number: u64, event: u64) -> Option<&MassItem> {
        let first = number.checked_sub(u64::try_from(self.items.len()).ok()?)?;
        self.items.get(usize::try_from(event.checked_sub(first)?).ok()?)
    }

    /// Each license with the number of its event, if `number` is that of the whole.
    pub(crate) fn numbered(&self, number: u64) -> impl Iterator<Item = (u64, &MassItem)> {
        let count = u64::try_from(self.items.len()).unwrap_or(u64::MAX);
        (number.saturating_sub(count)..).zip(&self.items)
    }
}
