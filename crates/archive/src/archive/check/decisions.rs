//! Decisions on papers: each is kept under the number of its event, which holds its digest, with what it was decided from or what
//! is left of that.

use std::ops::Range;

use super::{Check, Found};
use crate::act::{Event, EventKind};
use crate::check::FaultKind;
use crate::decision::{ERASING, digest_in, read_detail};
use crate::layout::{self, Malformed};
use crate::store::Table;
use crate::vault::HolderKey;

impl Check<'_> {
    pub(super) fn decision(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::Decision;
        let Some(receipt) = self.unseal(table, key, sealed) else { return };
        let Some(number) = self.well_formed(table, key, number_of(key)) else { return };
        let is_its = |event: &Event| {
            let digest = read_detail(&event.detail).map(|(digest, _)| digest);
            event.what == EventKind::ExemptionDecided && digest == Some(digest_in(&receipt).as_str())
        };
        let right = match self.event_numbered(number) {
            Found::Whole(event) => is_its(&event),
            Found::Absent | Found::Erased => false,
            Found::Damaged => true,
        };
        if !right {
            self.fault(table, key, FaultKind::DecisionDiffers);
        } else if matches!(self.is_there(Table::DecisionInput, key), Ok(false)) {
            self.fault(table, key, FaultKind::DecisionInputsLost);
        } else {
            self.decisions.set(number);
        }
    }

    /// The event of a decision has its receipt.
    pub(super) fn decision_event(&mut self, key: &[u8], event: &Event) {
        let decided = event.what == EventKind::ExemptionDecided;
        if decided && matches!(self.is_there(Table::Decision, key), Ok(false)) {
            self.fault(Table::Event, key, FaultKind::DecisionDiffers);
        }
    }

    pub(super) fn decision_input(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::DecisionInput;
        let Some(inputs) = self.unseal(table, key, sealed) else { return };
        if self.well_formed(table, key, number_of(key)).is_none() {
            return;
        }
        self.of_a_decision(table, key, key);
        let Ok((number, at)) = layout::read_erased(&inputs) else { return };
        let told = match self.event_numbered(number) {
            Found::Whole(event) => event.at == at && ERASING.contains(&event.what),
            Found::Absent | Found::Erased => false,
            Found::Damaged => true,
        };
        if !told {
            self.fault(table, key, FaultKind::DecisionInputsLost);
        }
    }

    pub(super) fn decision_by_holder(&mut self, key: &[u8], value: &[u8]) {
        let table = Table::DecisionByHolder;
        self.empty(table, key, value);
        let parsed = key.split_first_chunk::<32>().ok_or(Malformed);
        let parsed = parsed.and_then(|(holder, rest)| Ok((HolderKey(*holder), rest, number_of(rest)?)));
        let Some((holder, rest, number)) = self.well_formed(table, key, parsed) else { return };
        self.of_a_decision(table, key, rest);
        let Some(looks) = self.looks_for(number) else { return };
        let subject = self.archive.vault.subject(&holder);
        let mut all_known = true;
        for look in looks {
            match self.event_numbered(look) {
                Found::Whole(event) if event.subject == Some(subject) => {
                    self.places.set(look);
                    return;
                }
                Found::Whole(_) => {}
                Found::Absent | Found::Erased | Found::Damaged => all_known = false,
            }
        }
        if all_known {
            self.fault(table, key, FaultKind::DecisionDangling);
        }
    }

    /// After all places of holders: each holder of a decision leads to it as long as its inputs are there, or an erasure would not find
    /// them.
    pub(super) fn decisions_have_places(&mut self) {
        for number in 1..=self.report.last_event {
            let key = layout::event(number);
            if !self.decisions.has(number) || !matches!(self.is_erased(&key), Found::Whole(false)) {
                continue;
            }
            let Some(mut looks) = self.looks_for(number) else { continue };
            let lost = |look| !self.places.has(look) && matches!(self.event_numbered(look), Found::Whole(_));
            if looks.any(lost) {
                self.fault(Table::Decision, &key, FaultKind::DecisionNotIndexed);
            }
        }
    }

    /// Whether only what an erasure has left is there of the inputs of a decision.
    fn is_erased(&self, key: &[u8]) -> Found<bool> {
        self.look_up(Table::DecisionInput, key, |inputs| Ok(layout::read_erased(inputs).is_ok()))
    }

    /// The looks at files that a decision took: one for each of its holders, just before it.
    fn looks_for(&self, number: u64) -> Option<Range<u64>> {
        let Found::Whole(event) = self.event_numbered(number) else { return None };
        let decided = event.what == EventKind::ExemptionDecided;
        let (_, holders) = read_detail(&event.detail).filter(|_| decided)?;
        Some(number.saturating_sub(holders?)..number)
    }

    fn of_a_decision(&mut self, table: Table, key: &[u8], number: &[u8]) {
        if matches!(self.is_there(Table::Decision, number), Ok(false)) {
            self.fault(table, key, FaultKind::DecisionDangling);
        }
    }
}

fn number_of(key: &[u8]) -> Result<u64, Malformed> {
    <[u8; 8]>::try_from(key).map(u64::from_be_bytes).map_err(|_| Malformed)
}
