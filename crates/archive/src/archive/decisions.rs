//! Decisions on papers: filed with the reads that they took, kept under the number of their event.

use std::collections::BTreeMap;

use boyin_model::id::HolderCode;
use zeroize::Zeroizing;

use super::read::check_limit;
use super::write::{Deed, Kept};
use super::{Archive, MAX_EVENTS, MAX_PAGE, malformed};
use crate::act::{Act, EventKind, Outcome, is_words};
use crate::decision::{DecisionFiling, MAX_DECISION, MAX_SUMMARY, digest_in};
use crate::error::ArchiveError;
use crate::layout::{self, FORMAT_WITH_DECISIONS};
use crate::record::RecordField;
use crate::store::{Batch, Table, Write};
use crate::vault::{HolderKey, Vault};

/// Inputs that are scrubbed one by one; of more than these the whole table is.
const MAX_SINGLE_SCRUBS: usize = 16;

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

impl Archive {
    /// Files a decision on papers. In one batch: an event [`EventKind::HolderRead`] for each holder whose file was read, so that
    /// each of them sees it, and then one [`EventKind::ExemptionDecided`], whose number is that of the decision.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`], [`ArchiveError::IdempotencyConflict`]; nothing has changed then.
    /// [`ArchiveError::Store`].
    pub fn file_decision(&self, act: &Act, filing: &DecisionFiling<'_>) -> Result<Outcome, ArchiveError> {
        let detail = format!("{} {}", filing.summary, digest_in(filing.receipt));
        self.perform_with(act, &Deed::new(EventKind::ExemptionDecided, detail), |deed| {
            let bounded = |bytes: &[u8]| (1..=MAX_DECISION).contains(&bytes.len());
            let summary = is_words(filing.summary) && filing.summary.chars().count() <= MAX_SUMMARY;
            if !(bounded(filing.receipt) && bounded(filing.inputs) && summary) {
                return Err(RecordField::Decision.into());
            }
            let read = self.whose(filing.read);
            let mut batch = Batch::new();
            for (place, (holder, entries)) in read.iter().enumerate() {
                let told = Deed::new(EventKind::HolderRead, entries.to_string());
                batch = self.tell(batch, &act.part(place), Deed { holder: Some(*holder), ..told });
            }
            deed.kept = Some(Kept::Decision(DecisionWrite {
                receipt: filing.receipt.to_vec(),
                inputs: filing.inputs.to_vec().into(),
                holders: read.into_keys().collect(),
            }));
            Ok(batch)
        })
    }

    /// Leaves an event [`EventKind::HolderRead`] for each holder whose file was read for a decision that was refused. The act can
    /// still be done.
    ///
    /// # Errors
    /// [`ArchiveError::IdempotencyConflict`] if something else was read for the same act before; [`ArchiveError::Store`].
    pub fn read_in_vain(&self, act: &Act, read: &[(HolderCode, usize)]) -> Result<(), ArchiveError> {
        let read = self.whose(read);
        let act = act.with_key(&format!("{}\0in vain", act.idempotency_key()));
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

    /// What that decision was decided from; `None` if there is no such decision, or if something of one of its holders was
    /// erased since.
    ///
    /// # Errors
    /// As [`decision`](Archive::decision).
    pub fn decision_inputs(&self, number: u64) -> Result<Option<Zeroizing<Vec<u8>>>, ArchiveError> {
        self.with_decisions()?;
        self.read(Table::DecisionInput, &layout::event(number))
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

    /// Takes out what decisions that a holder took part in were decided from, and what leads from the holder to them; gives the
    /// keys to scrub.
    pub(super) fn forget_decisions(
        &self,
        mut batch: Batch,
        holder: &HolderKey,
    ) -> Result<(Batch, Vec<Vec<u8>>), ArchiveError> {
        let table = Table::DecisionByHolder;
        let (mut after, mut taken) = (None, Vec::new());
        loop {
            let page = self.store.scan(table, &holder.0, after.as_deref(), MAX_EVENTS)?;
            for (key, _) in &page {
                let number = layout::event(layout::number_of_key(key).map_err(malformed(table))?);
                batch = batch.delete(Table::DecisionInput, number.as_slice()).delete(table, key.as_slice());
                taken.push(number);
            }
            match page.last() {
                Some((key, _)) if page.len() == MAX_EVENTS => after = Some(key.clone()),
                Some(_) | None => return Ok((batch, taken)),
            }
        }
    }

    /// No file holds the inputs any more that an act took out.
    pub(super) fn scrub_decisions(&self, outcome: &Outcome, taken: &[Vec<u8>]) -> Result<(), ArchiveError> {
        // What was done before does not tell what it took out.
        if outcome.replayed || taken.len() > MAX_SINGLE_SCRUBS {
            return Ok(self.store.scrub(Table::DecisionInput, &[])?);
        }
        Ok(taken.iter().try_for_each(|key| self.store.scrub(Table::DecisionInput, key))?)
    }
}
