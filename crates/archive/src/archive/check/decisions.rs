//! Decisions on papers: each is kept under the number of its event, which holds its digest, with what it was decided from or what
//! is left of that.

use super::{Check, Found};
use crate::act::{Event, EventKind};
use crate::check::FaultKind;
use crate::decision::digest_in;
use crate::layout::{self, Malformed};
use crate::store::Table;

/// The events that erase what decisions were decided from.
const ERASING: [EventKind; 3] =
    [EventKind::LicensePurged, EventKind::CollectedErased, EventKind::DecisionInputsErased];

impl Check<'_> {
    pub(super) fn decision(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::Decision;
        let Some(receipt) = self.unseal(table, key, sealed) else { return };
        let Some(number) = self.well_formed(table, key, number_of(key)) else { return };
        let is_its = |event: &Event| {
            event.what == EventKind::ExemptionDecided && event.detail.ends_with(&digest_in(&receipt))
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
        let number = key.get(32..).ok_or(Malformed).and_then(|rest| number_of(rest).map(|_| rest));
        let Some(number) = self.well_formed(table, key, number) else { return };
        self.of_a_decision(table, key, number);
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
