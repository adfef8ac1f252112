//! Decisions on papers: filed with the reads that they took, kept under the number of their event.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use boyin_model::hex;
use boyin_model::id::HolderCode;
use boyin_model::time::UnixTime;
use zeroize::Zeroizing;

use super::erase::two_people;
use super::read::check_limit;
use super::write::{Deed, Kept};
use super::{Archive, MAX_EVENTS, MAX_PAGE, malformed};
use crate::act::{Act, Event, EventKind, Outcome, is_words};
use crate::decision::{self, DecisionFiling, ERASING, MAX_DECISION, MAX_SUMMARY};
use crate::error::{ArchiveError, Damaged};
use crate::layout::{self, FORMAT_WITH_DECISIONS};
use crate::record::RecordField;
use crate::store::{Batch, Table, Write};
use crate::vault::{HolderKey, Vault};

/// Most decisions whose inputs one batch takes out. Of a holder with more, the first go in acts of their own before it.
const MAX_FORGOTTEN: usize = 200;

/// What is kept of a decision.
#[derive(Clone)]
pub(super) struct DecisionWrite {
    receipt: Vec<u8>,
    inputs: Zeroizing<Vec<u8>>,
    holders: Vec<HolderKey>,
}

impl DecisionWrite {
    /// The writes, once the number of the event is known.
    pub(super) fn at(self, number: u64, vault: &Vault) -> Vec<Write> {
        let key = layout::event(number);
        let sealed = |table: Table, plaintext: &[u8]| Write {
            table,
            key: key.clone(),
            value: Some(vault.seal(table, &key, plaintext)),
        };
        let mut writes =
            vec![sealed(Table::Decision, &self.receipt), sealed(Table::DecisionInput, &self.inputs)];
        writes.extend(self.holders.iter().map(|holder| Write {
            table: Table::DecisionByHolder,
            key: layout::decision_by_holder(holder, number),
            value: Some(Vec::new()),
        }));
        writes
    }
}

/// The inputs that an event takes out, by the keys of their decisions.
#[derive(Clone)]
pub(super) struct Forgotten {
    inputs: Vec<Vec<u8>>,
    at: UnixTime,
}

impl Forgotten {
    /// What takes their place, once the number of the event is known.
    pub(super) fn at(self, number: u64, vault: &Vault) -> Vec<Write> {
        let (table, left) = (Table::DecisionInput, layout::erased_value(number, self.at));
        let erased = self.inputs.into_iter().map(|key| {
            let value = Some(vault.seal(table, &key, &left));
            Write { table, key, value }
        });
        erased.collect()
    }
}

impl Archive {
    /// Files a decision on papers. In one batch: an event [`EventKind::HolderRead`] for each holder whose file was read, so that
    /// each of them sees it, and then one [`EventKind::ExemptionDecided`], whose number is that of the decision.
    ///
    /// What was erased since it was read is not kept under another name: such a decision is refused, also if only something of the
    /// holder was erased that the inputs do not name. Of an erased license or record nobody knows any more whose it was, so one of
    /// anybody's refuses it.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`], [`ArchiveError::IdempotencyConflict`]; [`ArchiveError::NotFound`],
    /// [`ArchiveError::CollectedNotFound`] for what the inputs name; [`ArchiveError::Erased`] with the event; nothing has changed
    /// then. [`ArchiveError::Store`].
    pub fn file_decision(&self, act: &Act, filing: &DecisionFiling<'_>) -> Result<Outcome, ArchiveError> {
        let read = self.whose(filing.read);
        let detail = decision::detail(filing.summary, filing.receipt, read.len());
        self.perform_with(act, &Deed::new(EventKind::ExemptionDecided, detail), |deed| {
            let bounded = |bytes: &[u8]| (1..=MAX_DECISION).contains(&bytes.len());
            let summary = is_words(filing.summary) && filing.summary.chars().count() <= MAX_SUMMARY;
            let told_apart = layout::read_erased(filing.inputs).is_err();
            if !(bounded(filing.receipt) && bounded(filing.inputs) && told_apart && summary) {
                return Err(RecordField::Decision.into());
            }
            // Erasures wait for this act to end.
            for id in filing.licenses {
                self.license(id)?.ok_or(ArchiveError::NotFound)?;
            }
            for id in filing.records {
                self.collected(*id)?.ok_or(ArchiveError::CollectedNotFound)?;
            }
            self.none_erased_since(filing.log, &read)?;
            let mut batch = Batch::new();
            for (place, (holder, entries)) in read.iter().enumerate() {
                let told = Deed::new(EventKind::HolderRead, entries.to_string());
                batch = self.tell(batch, &act.part(place), Deed { holder: Some(*holder), ..told });
            }
            deed.kept = Some(Kept::Decision(DecisionWrite {
                receipt: filing.receipt.to_vec(),
                inputs: filing.inputs.to_vec().into(),
                holders: read.keys().copied().collect(),
            }));
            Ok(batch)
        })
    }

    /// Refuses what was begun before something of one of these holders was erased.
    fn none_erased_since(&self, log: u64, read: &BTreeMap<HolderKey, usize>) -> Result<(), ArchiveError> {
        if self.store.get(Table::Event, &layout::event(log))?.is_none() {
            return Err(RecordField::Decision.into());
        }
        let subjects: Vec<_> = read.keys().map(|holder| self.vault.subject(holder)).collect();
        let concerns = |event: &&Event| {
            ERASING.contains(&event.what) && event.subject.is_none_or(|named| subjects.contains(&named))
        };
        let mut after = log;
        loop {
            let events = self.events(Some(after), MAX_EVENTS)?;
            if let Some(Event { number, at, .. }) = events.iter().find(concerns) {
                return Err(ArchiveError::Erased { event: *number, at: *at });
            }
            match events.last() {
                Some(last) if events.len() == MAX_EVENTS => after = last.number,
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Leaves an event [`EventKind::HolderRead`] for each holder whose file was read for a decision that was refused: each time, for
    /// each look is one. The act can still be done.
    ///
    /// # Errors
    /// [`ArchiveError::Randomness`], [`ArchiveError::Store`].
    pub fn read_in_vain(&self, act: &Act, read: &[(HolderCode, usize)]) -> Result<(), ArchiveError> {
        let read = self.whose(read);
        let look = hex::encode(self.vault.new_key()?.as_slice());
        let act = act.with_key(&format!("{}\0in vain {look}", act.idempotency_key()));
        let mut read: Vec<_> = read.into_iter().collect();
        let Some((last, entries)) = read.pop() else { return Ok(()) };
        let told = |holder, entries: usize| Deed {
            holder: Some(holder),
            ..Deed::new(EventKind::HolderRead, entries.to_string())
        };
        self.perform(&act, &told(last, entries), || {
            Ok(read.iter().enumerate().fold(Batch::new(), |batch, (place, (holder, entries))| {
                self.tell(batch, &act.part(place), told(*holder, *entries))
            }))
        })?;
        Ok(())
    }

    /// Each holder once.
    fn whose(&self, read: &[(HolderCode, usize)]) -> BTreeMap<HolderKey, usize> {
        let mut whose = BTreeMap::<HolderKey, usize>::new();
        for (holder, entries) in read {
            *whose.entry(self.vault.holder_key(holder)).or_default() += entries;
        }
        whose
    }

    /// The signed receipt of the decision whose event has this number. As everything that the archive gives back it is not verified.
    ///
    /// # Errors
    /// [`ArchiveError::OldFormat`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn decision(&self, number: u64) -> Result<Option<Vec<u8>>, ArchiveError> {
        self.with_decisions()?;
        Ok(self.read(Table::Decision, &layout::event(number))?.map(|receipt| receipt.to_vec()))
    }

    /// What that decision was decided from; `None` if there is no such decision.
    ///
    /// # Errors
    /// [`ArchiveError::Erased`] with the event if something of one of its holders was erased since; as
    /// [`decision`](Archive::decision).
    pub fn decision_inputs(&self, number: u64) -> Result<Option<Zeroizing<Vec<u8>>>, ArchiveError> {
        self.with_decisions()?;
        let (table, key) = (Table::DecisionInput, layout::event(number));
        if self.store.get(Table::Decision, &key)?.is_none() {
            return Ok(None);
        }
        let inputs = self.read(table, &key)?.ok_or(Damaged { table })?;
        match layout::read_erased(&inputs) {
            Ok((event, at)) => Err(ArchiveError::Erased { event, at }),
            Err(_) => Ok(Some(inputs)),
        }
    }

    /// The signed receipts of decisions by the numbers of their events, from the first or after `after`, `1..=`[`MAX_PAGE`] at a
    /// time.
    ///
    /// # Errors
    /// [`ArchiveError::BadLimit`]; as [`decision`](Archive::decision).
    pub fn decisions(&self, after: Option<u64>, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, ArchiveError> {
        check_limit(limit, MAX_PAGE)?;
        self.with_decisions()?;
        let table = Table::Decision;
        let after = layout::event(after.unwrap_or(0));
        let entries = self.store.scan(table, &[], Some(&after), limit)?;
        let receipts = entries.iter().map(|(key, sealed)| {
            let number = layout::number_of_key(key).map_err(malformed(table))?;
            Ok((number, self.unseal(table, key, sealed)?.to_vec()))
        });
        receipts.collect()
    }

    /// The key under which decisions digest what they were decided from: the same for as long as the archive lives, whatever
    /// secret it is under.
    #[must_use]
    pub fn decision_key(&self) -> Zeroizing<[u8; 32]> {
        self.vault.decision_key()
    }

    fn with_decisions(&self) -> Result<(), ArchiveError> {
        if self.format < FORMAT_WITH_DECISIONS { Err(ArchiveError::OldFormat) } else { Ok(()) }
    }

    /// Erases what decisions on papers that a holder took part in were decided from, also of a holder who has nothing on file.
    /// The receipts stay; they hold nothing personal. It takes two people.
    ///
    /// Where nothing leads from the holder to inputs any more, the erasure that took them is given back: an act that could not be
    /// finished is finished by any other one, too.
    ///
    /// On `Ok` no file of the archive holds the inputs any more. Backups from before do.
    ///
    /// # Errors
    /// [`ArchiveError::NoDecisionInputs`] if there never were any, or only such as went with a license or record: the files do not hold
    /// those any more, either. [``ArchiveError::Reason`], [`ArchiveError::SealSecond`],
    /// [`ArchiveError::SealSamePerson`], [`ArchiveError::IdempotencyConflict`]; nothing has changed then.
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`]; the same act again finishes what was begun.
    pub fn erase_decision_inputs(
        &self,
        act: &Act,
        holder: &HolderCode,
        second: &str,
        reason: &str,
    ) -> Result<Outcome, ArchiveError> {
        let whose = self.vault.holder_key(holder);
        let deed = Deed::new(EventKind::DecisionInputsErased, reason);
        let deed = Deed { second: Some(second.to_owned()), holder: Some(whose), ..deed };
        let outcome = {
            // No decision may be half done: it would be found by nobody who erases.
            let _alone = self.acts.write().unwrap_or_else(PoisonError::into_inner);
            self.perform_alone(act, &deed, |deed| {
                two_people(act, second, reason)?;
                let batch = self.forget_decisions(Batch::new(), act, deed, &whose)?;
                if deed.kept.is_none() {
                    return Err(ArchiveError::NoDecisionInputs);
                }
                Ok(batch)
            })
        };
        let outcome = match outcome {
            Err(ArchiveError::NoDecisionInputs) => self.forgotten_before(holder)?,
            outcome => Some(outcome?),
        };
        self.store.scrub(Table::DecisionInput, &[])?;
        outcome.ok_or(ArchiveError::NoDecisionInputs)
    }

    /// The last erasure of what decisions of a holder were decided from.
    fn forgotten_before(&self, holder: &HolderCode) -> Result<Option<Outcome>, ArchiveError> {
        let (mut found, mut after) = (None, None);
        loop {
            let events = self.events_of_holder(holder, after, MAX_EVENTS)?;
            let (last, page) = (events.last().map(|event| event.number), events.len());
            let erasing = |event: &Event| event.what == EventKind::DecisionInputsErased;
            found = events.into_iter().rev().find(erasing).or(found);
            if page < MAX_EVENTS {
                break;
            }
            after = last;
        }
        Ok(found.map(|Event { number, what, at, .. }| Outcome {
            event: number,
            what,
            at,
            license: None,
            seal: None,
            replayed: true,
        }))
    }

    /// Takes out what leads from a holder to decisions, and lets the event of `deed` erase what these were decided from. Only whoever
    /// holds `acts` alone may ask for it, once nothing else can refuse the act: of very many decisions the first are erased at once,
    /// by acts of their own.
    pub(super) fn forget_decisions(
        &self,
        mut batch: Batch,
        act: &Act,
        deed: &mut Deed,
        holder: &HolderKey,
    ) -> Result<Batch, ArchiveError> {
        let table = Table::DecisionByHolder;
        let mut page = self.store.scan(table, &holder.0, None, MAX_FORGOTTEN + 1)?;
        while page.len() > MAX_FORGOTTEN {
            page.truncate(MAX_FORGOTTEN);
            let keys = page.iter().map(|(key, _)| key.as_slice());
            self.forget_some(act, deed, &keys.collect::<Vec<_>>())?;
            page = self.store.scan(table, &holder.0, None, MAX_FORGOTTEN + 1)?;
        }
        let mut inputs = Vec::new();
        for (key, _) in &page {
            inputs.extend(self.kept_inputs(key)?);
            batch = batch.delete(table, key.as_slice());
        }
        if !page.is_empty() {
            deed.kept = Some(Kept::Forgotten(Forgotten { inputs, at: act.at() }));
        }
        Ok(batch)
    }

    /// Erases the first of many inputs, with an event of their own.
    fn forget_some(&self, act: &Act, of: &Deed, keys: &[&[u8]]) -> Result<(), ArchiveError> {
        let table = Table::DecisionByHolder;
        let first = keys.first().map_or(Ok(0), |key| layout::number_of_key(key)).map_err(malformed(table))?;
        let act = act.with_key(&format!("{}\0inputs {first}", act.idempotency_key()));
        let deed = Deed::new(EventKind::DecisionInputsErased, of.detail.as_str());
        let deed = Deed { second: of.second.clone(), holder: of.holder, ..deed };
        self.perform_alone(&act, &deed, |deed| {
            let (mut batch, mut inputs) = (Batch::new(), Vec::new());
            for key in keys {
                inputs.extend(self.kept_inputs(key)?);
                batch = batch.delete(table, *key);
            }
            deed.kept = Some(Kept::Forgotten(Forgotten { inputs, at: act.at() }));
            Ok(batch)
        })?;
        Ok(())
    }

    /// The key of the inputs to which a key of a holder leads, if they are there: that they are missing is not to look like an
    /// erasure, and what an erasure has left says which one it was.
    fn kept_inputs(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ArchiveError> {
        let (table, number) = (Table::DecisionInput, layout::number_of_key(key));
        let key = layout::event(number.map_err(malformed(Table::DecisionByHolder))?);
        let Some(sealed) = self.store.get(table, &key)? else { return Ok(None) };
        // What cannot be read is erased all the same.
        let opened = self.unseal(table, &key, &sealed);
        let erased = opened.is_ok_and(|inputs| layout::read_erased(&inputs).is_ok());
        Ok(Some(key).filter(|_| !erased))
    }

    /// No file holds the inputs any more that an act took out.
    pub(super) fn scrub_decisions(&self, outcome: &Outcome, forgotten: bool) -> Result<(), ArchiveError> {
        // What was done before does not tell what it took out.
        if outcome.replayed || forgotten {
            self.store.scrub(Table::DecisionInput, &[])?;
        }
        Ok(())
    }
}
