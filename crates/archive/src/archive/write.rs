//! Acts: each is one batch that is there as a whole or not at all.

use boyin_model::status::LicenseStatus;
use std::sync::{Arc, PoisonError};

use boyin_model::alg::Digest32;
use boyin_model::id::{CreditCode, LicenseId};
use boyin_model::register::SealId;

use super::decisions::{DecisionWrite, Forgotten};
use super::ends::Ends;
use super::{Archive, malformed};
use crate::act::{Act, Change, Event, EventKind, Note, Outcome, StatusChange, is_words};
use crate::collected::CollectedId;
use crate::error::{ArchiveError, Damaged};
use crate::layout;
use crate::mass::{MassRecord, Undone};
use crate::record::{Filing, LicenseRecord, MAX_TOKEN, RecordField, StatusSlot, check_list};
use crate::store::{Batch, Expect, Numbered, StoreError, Table, Write};
use crate::vault::{HolderKey, Secret, Vault};
use zeroize::Zeroizing;

/// How often an act that loses races looks again. Each loss means that another act on the same license was done meanwhile.
const ROUNDS: usize = 100;

/// What an event says beyond who, where, when and what for.
#[derive(Clone)]
pub(super) struct Deed {
    pub(super) what: EventKind,
    pub(super) license: Option<LicenseId>,
    /// `None` where the act gives the number itself.
    pub(super) seal: Option<SealId>,
    pub(super) second: Option<String>,
    pub(super) detail: String,
    /// What is to be said of a change of status.
    pub(super) status: Option<StatusChange>,
    /// Whose file it is done to, once that is known.
    pub(super) holder: Option<HolderKey>,
    /// What is kept under the number of the event.
    pub(super) kept: Option<Kept>,
}

/// What is kept under the number of an event.
#[derive(Clone)]
pub(super) enum Kept {
    /// A change of many licenses that is done, under the number of this event.
    Done(MassRecord),
    /// That it was undone by this event.
    Undone { of: u64, record: MassRecord },
    /// A decision on papers, under the number of this event.
    Decision(DecisionWrite),
    /// What decisions were decided from is erased by this event.
    Forgotten(Forgotten),
}

impl Kept {
    /// The writes, once the number of the event is known.
    fn at(self, number: u64, vault: &Vault) -> Vec<Write> {
        let (of, record) = match self {
            Self::Done(record) => (number, record),
            Self::Undone { of, mut record } => {
                record.undone = record.undone.map(|undone| Undone { event: number, ..undone });
                (of, record)
            }
            Self::Decision(decision) => return decision.at(number, vault),
            Self::Forgotten(forgotten) => return forgotten.at(number, vault),
        };
        let (table, key) = (Table::MassChange, layout::event(of));
        let value = vault.seal(table, &key, &layout::mass_value(&record));
        vec![Write { table, key, value: Some(value) }]
    }
}

impl Deed {
    /// Something done to no license and no seal in particular.
    pub(super) fn new(what: EventKind, detail: impl Into<String>) -> Self {
        Self {
            what,
            license: None,
            seal: None,
            second: None,
            detail: detail.into(),
            status: None,
            holder: None,
            kept: None,
        }
    }

    pub(super) fn of_filing(filing: &Filing) -> Self {
        let record = &filing.record;
        Self::on_license(EventKind::LicenseIssued, &record.id, record.grade.letter().to_string())
    }

    /// What the act leads to; the number of the event is not known yet.
    fn outcome(&self, act: &Act) -> Outcome {
        Outcome {
            event: 0,
            what: self.what,
            at: act.at(),
            license: self.license.clone(),
            seal: self.seal,
            replayed: false,
        }
    }

    /// A number that the act gave itself is not known before it is done.
    fn is_that_of(&self, outcome: &Outcome) -> bool {
        let seal = self.seal.is_none() || outcome.seal == self.seal;
        outcome.what == self.what && outcome.license == self.license && seal
    }

    pub(super) fn on_license(what: EventKind, id: &LicenseId, detail: impl Into<String>) -> Self {
        Self { license: Some(id.clone()), ..Self::new(what, detail) }
    }
}

/// The mark of a change of status that is not published yet; see [`Archive::unpublished`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpublished(Vec<u8>);

impl Archive {
    /// What this act led to, if it was done before.
    ///
    /// # Errors
    /// [`ArchiveError::IdempotencyConflict`] if the office used the key for another request.
    pub fn recall(&self, act: &Act) -> Result<Option<Outcome>, ArchiveError> {
        match self.kept_outcome(act.office(), act.idempotency_key())? {
            Some((request, outcome)) if request != *act.request() => {
                Err(ArchiveError::IdempotencyConflict { event: outcome.event, what: outcome.what })
            }
            kept => Ok(kept.map(|(_, outcome)| outcome)),
        }
    }

    /// What an office did under an idempotency key, whatever it had asked for: for acts whose request depends on the instant
    /// at which they were done first. [`Self::recall`] compares the request too.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn done_under(
        &self,
        office: CreditCode,
        idempotency_key: &str,
    ) -> Result<Option<Outcome>, ArchiveError> {
        Ok(self.kept_outcome(&office, idempotency_key)?.map(|(_, outcome)| outcome))
    }

    /// The digest of the request that an office made under the key, and what it led to.
    fn kept_outcome(
        &self,
        office: &CreditCode,
        idempotency_key: &str,
    ) -> Result<Option<(Digest32, Outcome)>, ArchiveError> {
        let key = self.vault.act_key(office, idempotency_key);
        let Some(value) = self.read(Table::Idempotency, &key)? else { return Ok(None) };
        Ok(Some(layout::read_outcome(&value).map_err(malformed(Table::Idempotency))?))
    }

    /// Files a license into its holder's file, in force.
    ///
    /// On `Ok` the license, its place in the holder's file, its status slot and the event are on the disk. The same act
    /// again gives the recorded outcome and changes nothing. An identifier is used once: another act under it is a
    /// conflict even with the same bytes, because an act that leaves no event of its own must not look done.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`], [`ArchiveError::Conflict`], [`ArchiveError::SlotTaken`],
    /// [`ArchiveError::IdempotencyConflict`]; nothing has changed then. [`ArchiveError::Store`].
    pub fn file(&self, act: &Act, filing: &Filing) -> Result<Outcome, ArchiveError> {
        self.perform_with(act, &Deed::of_filing(filing), |deed| {
            Ok(self.filing_batch(Batch::new(), act, filing, deed)?.0)
        })
    }

    /// Files a license; gives the key of its record, too.
    pub(super) fn filing_batch(
        &self,
        batch: Batch,
        act: &Act,
        filing: &Filing,
        deed: &mut Deed,
    ) -> Result<(Batch, Secret), ArchiveError> {
        let record = &filing.record;
        filing.check(act.at())?;
        let slot = record.slot.as_ref().map(layout::status);
        // The slot is looked at first: whoever took it under this identifier is then seen below.
        let taken = match &slot {
            Some(key) => self.store.get(Table::Status, key)?.is_some(),
            None => false,
        };
        let license = layout::license(&record.id);
        if self.store.get(Table::License, &license)?.is_some() {
            return Err(ArchiveError::Conflict);
        }
        if let Some(slot) = record.slot.as_ref().filter(|_| taken) {
            return Err(ArchiveError::SlotTaken { index: slot.index });
        }
        let holder = self.vault.holder_key(&filing.holder);
        deed.holder = Some(holder);
        let record_key = self.vault.new_key()?;
        let value = Zeroizing::new(layout::license_value(record, &holder));
        let value = self.vault.seal_record(&record_key, Table::License, &license, &value);
        let sealed_key = self.seal(Table::RecordKey, &license, record_key.as_slice());
        let mut batch = batch
            .expect(Table::License, license.as_slice(), Expect::Absent)
            .put(Table::RecordKey, license.as_slice(), sealed_key)
            .put(Table::License, license, value)
            .put(Table::ByHolder, layout::by_holder(&holder, record.filed_at, &record.id), []);
        if let Some(key) = slot {
            let value =
                self.seal(Table::Status, &key, &layout::status_value(LicenseStatus::Valid, &record.id));
            batch =
                batch.expect(Table::Status, key.as_slice(), Expect::Absent).put(Table::Status, key, value);
        }
        Ok((batch, record_key))
    }

    /// Tells the log something that changes nothing else in the archive.
    ///
    /// # Errors
    /// [`ArchiveError::IdempotencyConflict`], [`ArchiveError::Store`].
    pub fn note(&self, act: &Act, note: Note) -> Result<Outcome, ArchiveError> {
        let (what, detail) = note.parts();
        self.perform(act, &Deed::new(what, detail), || Ok(Batch::new()))
    }

    /// Revokes, suspends, restores, supersedes or cancels a license. A successor that is named, of the same holder, becomes the
    /// next version of its chain.
    ///
    /// A license that is out of force by a change of many licenses can be revoked or canceled once more while that can be undone: it
    /// then stays so, whatever becomes of the other ones.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`], [`ArchiveError::NoSlot`], [`ArchiveError::IllegalTransition`],
    /// [`ArchiveError::NotHead`], [`ArchiveError::NotSuccessor`], [`ArchiveError::Reason`],
    /// [`ArchiveError::IdempotencyConflict`]; nothing has changed then.
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn change_status(
        &self,
        act: &Act,
        id: &LicenseId,
        change: &StatusChange,
    ) -> Result<Outcome, ArchiveError> {
        let to = change.change.to();
        let deed = Deed::on_license(change.change.event(), id, change.reason.as_str());
        let deed = Deed { status: Some(change.clone()), ..deed };
        self.perform_with(act, &deed, |deed| {
            if !change.is_sound(id) {
                return Err(ArchiveError::Reason);
            }
            let (record, holder) = self.license(id)?.ok_or(ArchiveError::NotFound)?;
            deed.holder = Some(holder);
            let (batch, from) = self.status_batch(Batch::new(), act, &record, to)?;
            // Asked after the status: a succession that was seen there is seen here, too.
            self.expect_head(id)?;
            if !change.change.allowed(from) && !self.ends_for_good(act, id, change.change, from)? {
                return Err(ArchiveError::IllegalTransition { from, to });
            }
            match &change.successor {
                Some(successor) => self.succeeded_by(batch, id, successor, &holder),
                None => Ok(batch),
            }
        })
    }

    /// Whether a change says of a license alone what a change of many licenses made of it, which can still be undone.
    fn ends_for_good(
        &self,
        act: &Act,
        id: &LicenseId,
        change: Change,
        from: LicenseStatus,
    ) -> Result<bool, ArchiveError> {
        if from != LicenseStatus::Revoked || !matches!(change, Change::Revoke | Change::Cancel) {
            return Ok(false);
        }
        Ok(Ends::new(self).of(id)?.is_some_and(|(_, until)| act.at() <= until))
    }

    /// Puts the status of a license, and that no published list shows it yet; and gives the status that it has.
    pub(super) fn status_batch(
        &self,
        batch: Batch,
        act: &Act,
        record: &LicenseRecord,
        to: LicenseStatus,
    ) -> Result<(Batch, LicenseStatus), ArchiveError> {
        let (slot, old, from) = self.status_sealed(record)?;
        let key = layout::status(slot);
        let new = self.seal(Table::Status, &key, &layout::status_value(to, &record.id));
        let mark = self.vault.act_key(act.office(), act.idempotency_key());
        let batch = batch
            .expect(Table::Status, key.as_slice(), Expect::Exactly(old))
            .put(Table::Status, key, new)
            .put(Table::Meta, layout::meta_unpublished(&slot.list), mark);
        Ok((batch, from))
    }

    /// The place of a license on its status list, what is stored there, and the status that it says.
    pub(super) fn status_sealed<'r>(
        &self,
        record: &'r LicenseRecord,
    ) -> Result<(&'r StatusSlot, Vec<u8>, LicenseStatus), ArchiveError> {
        let slot = record.slot.as_ref().ok_or(ArchiveError::NoSlot)?;
        let key = layout::status(slot);
        let sealed = self.store.get(Table::Status, &key)?.ok_or(Damaged { table: Table::Status })?;
        let status = self.status_in(&key, &sealed, &record.id)?;
        Ok((slot, sealed, status))
    }

    /// Whether a status on the list was changed since the list was last published and [marked so][Self::mark_published].
    ///
    /// Ask *before* reading the slots that are published.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`] for the name, [`ArchiveError::Store`].
    pub fn unpublished(&self, list: &str) -> Result<Option<Unpublished>, ArchiveError> {
        check_list(list)?;
        Ok(self.store.get(Table::Meta, &layout::meta_unpublished(list))?.map(Unpublished))
    }

    /// Takes back the mark, unless another status was changed since it was read.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`] for the name, [`ArchiveError::Store`].
    pub fn mark_published(&self, list: &str, mark: &Unpublished) -> Result<(), ArchiveError> {
        check_list(list)?;
        let key = layout::meta_unpublished(list);
        let batch = Batch::new()
            .expect(Table::Meta, key.as_slice(), Expect::Exactly(mark.0.clone()))
            .delete(Table::Meta, key);
        match self.store.commit(batch) {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the token of a status list for everybody to fetch, in place of the one before, which stays in the
    /// [history][Self::status_list_at].
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`], [`ArchiveError::IdempotencyConflict`], [`ArchiveError::Store`].
    pub fn publish_status_list(&self, act: &Act, list: &str, token: &[u8]) -> Result<Outcome, ArchiveError> {
        let deed = Deed::new(EventKind::StatusListPublished, list);
        self.perform(act, &deed, || {
            check_list(list)?;
            if !(1..=MAX_TOKEN).contains(&token.len()) {
                return Err(RecordField::Token.into());
            }
            let mut batch = Batch::new();
            for key in [layout::status_list(list), layout::status_list_of(list, act.at())] {
                let value = self.seal(Table::StatusList, &key, token);
                batch = batch.put(Table::StatusList, key, value);
            }
            Ok(batch)
        })
    }

    /// Leaves the event that a license was given or shown to `recipient`. Call it before handing the license out.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`], [`ArchiveError::Reason`] if the recipient is not 1 to 200 characters,
    /// [`ArchiveError::IdempotencyConflict`], [`ArchiveError::Store`].
    pub fn record_share(&self, act: &Act, id: &LicenseId, recipient: &str) -> Result<Outcome, ArchiveError> {
        let deed = Deed::on_license(EventKind::LicenseShared, id, recipient);
        self.perform_with(act, &deed, |deed| {
            if !is_words(recipient) {
                return Err(ArchiveError::Reason);
            }
            let (_, holder) = self.license(id)?.ok_or(ArchiveError::NotFound)?;
            deed.holder = Some(holder);
            Ok(Batch::new())
        })
    }

    /// Recalls the act, or lets `attempt` read, judge and make the batch, and commits it with event and idempotency
    /// record. What `attempt` read is made a condition of its batch; if the condition is lost to a race, all is done
    /// again and the reads find the reason.
    pub(super) fn perform(
        &self,
        act: &Act,
        deed: &Deed,
        attempt: impl Fn() -> Result<Batch, ArchiveError>,
    ) -> Result<Outcome, ArchiveError> {
        self.perform_with(act, deed, |_| attempt())
    }

    /// As [`perform`](Archive::perform), for an act that knows only in the attempt what its event says.
    pub(super) fn perform_with(
        &self,
        act: &Act,
        deed: &Deed,
        attempt: impl Fn(&mut Deed) -> Result<Batch, ArchiveError>,
    ) -> Result<Outcome, ArchiveError> {
        let _shared = self.acts.read().unwrap_or_else(PoisonError::into_inner);
        self.perform_alone(act, deed, attempt)
    }

    /// As [`perform_with`](Archive::perform_with), for whoever holds `acts`.
    pub(super) fn perform_alone(
        &self,
        act: &Act,
        deed: &Deed,
        attempt: impl Fn(&mut Deed) -> Result<Batch, ArchiveError>,
    ) -> Result<Outcome, ArchiveError> {
        for _ in 0..ROUNDS {
            if let Some(outcome) = self.done_before(act, deed)? {
                return Ok(outcome);
            }
            let mut told = deed.clone();
            let batch = match attempt(&mut told) {
                Ok(batch) => batch,
                // The state that refuses it may be its own: a twin can have finished since the look above.
                Err(refusal) => return self.done_before(act, deed)?.ok_or(refusal),
            };
            match self.commit(act, told, batch) {
                Ok(outcome) => return Ok(outcome),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ArchiveError::Busy)
    }

    /// The outcome of this very act, if it was done before.
    fn done_before(&self, act: &Act, deed: &Deed) -> Result<Option<Outcome>, ArchiveError> {
        match self.recall(act)? {
            Some(outcome) if !deed.is_that_of(&outcome) => {
                Err(ArchiveError::IdempotencyConflict { event: outcome.event, what: outcome.what })
            }
            recalled => Ok(recalled),
        }
    }

    /// Adds event and idempotency record to `batch` and commits it.
    pub(super) fn commit(&self, act: &Act, deed: Deed, batch: Batch) -> Result<Outcome, StoreError> {
        let outcome = deed.outcome(act);
        let number = self.store.commit(self.tell(batch, act, deed))?.number;
        Ok(Outcome { event: number.expect("the batch has a numbered entry"), ..outcome })
    }

    /// Adds the event of an act to `batch`, and the idempotency record that leads to it.
    pub(super) fn tell(&self, batch: Batch, act: &Act, deed: Deed) -> Batch {
        let act_key = self.vault.act_key(act.office(), act.idempotency_key());
        let (vault, chain) = (Arc::clone(&self.vault), self.chain);
        let (act, recorded) = (act.clone(), deed.outcome(act));
        let mut deed = deed;
        let kept = deed.kept.take();
        let numbered = move |number, previous: Option<&[u8]>| {
            let link = chain.hash_before(&vault, number, previous)?;
            let holder = deed.holder;
            let event = Event {
                subject: holder.map(|holder| vault.subject(&holder)),
                previous: Some(link),
                ..event(number, &act, deed)
            };
            let key = layout::event(number);
            let value = vault.seal(Table::Event, &key, &layout::event_value(&event));
            let done = layout::outcome_value(act.request(), &Outcome { event: number, ..recorded });
            let done = vault.seal(Table::Idempotency, &act_key, &done);
            let mut also =
                vec![Write { table: Table::Idempotency, key: act_key.to_vec(), value: Some(done) }];
            also.extend(entered(&event, holder.as_ref()));
            also.extend(left_of_erased(&vault, &event));
            also.extend(kept.into_iter().flat_map(|kept| kept.at(number, &vault)));
            Ok(Numbered { value, also })
        };
        batch.expect(Table::Idempotency, act_key, Expect::Absent).append(Table::Event, numbered)
    }
}

/// Where an event is entered besides the log.
pub(super) fn entered(event: &Event, holder: Option<&HolderKey>) -> Vec<Write> {
    let number = event.number;
    let license =
        event.license.as_ref().map(|id| (Table::EventByLicense, layout::event_by_license(id, number)));
    let seal = event.seal.map(|id| (Table::EventBySeal, layout::event_by_seal(id, number)));
    let holder = holder.map(|holder| (Table::EventByHolder, layout::event_by_holder(holder, number)));
    let places = [license, seal, holder].into_iter().flatten();
    places.map(|(table, key)| Write { table, key, value: Some(Vec::new()) }).collect()
}

/// What takes the place of an erased license or collected record.
fn left_of_erased(vault: &Vault, event: &Event) -> Option<Write> {
    let (table, key) = match (event.what, &event.license) {
        (EventKind::LicensePurged, Some(id)) => (Table::License, layout::license(id)),
        (EventKind::CollectedErased, _) => {
            (Table::Collected, CollectedId::in_detail(&event.detail)?.0.to_vec())
        }
        _ => return None,
    };
    let value = vault.seal(table, &key, &layout::erased_value(event.number, event.at));
    Some(Write { table, key, value: Some(value) })
}

/// Without subject and link: those take the archive's keys and the event before it.
fn event(number: u64, act: &Act, deed: Deed) -> Event {
    Event {
        number,
        at: act.at(),
        who: act.who().to_owned(),
        office: *act.office(),
        what: deed.what,
        why: act.purpose().to_owned(),
        license: deed.license,
        seal: deed.seal,
        second: deed.second,
        basis: deed.status.as_ref().and_then(|change| change.basis.clone()),
        retroactive: deed.status.as_ref().is_some_and(|change| change.retroactive),
        successor: deed.status.and_then(|change| change.successor),
        detail: match act.rules().filter(|_| deed.what == EventKind::LicenseIssued) {
            Some(rules) => format!("{} {rules}", deed.detail),
            None => deed.detail,
        },
        subject: None,
        previous: None,
    }
}
