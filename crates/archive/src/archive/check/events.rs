//! The event log, its indexes, and the outcomes of acts.

use super::{Check, Found};
use crate::act::{Event, EventKind};
use crate::check::FaultKind;
use crate::layout::{self, Malformed};
use crate::store::Table;
use crate::vault::HolderKey;

impl Check<'_> {
    pub(super) fn event(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::Event;
        let number = <[u8; 8]>::try_from(key).map(u64::from_be_bytes).map_err(|_| Malformed);
        let Some(number) = self.well_formed(table, key, number) else { return };
        if self.report.last_event.checked_add(1) != Some(number) {
            self.fault(table, key, FaultKind::EventGap);
            self.before = None;
        }
        self.report.last_event = number;
        let before = self.before.take();
        let Some(value) = self.unseal(table, key, sealed) else { return };
        let Some(event) = self.well_formed(table, key, layout::read_event(number, &value)) else { return };
        match self.archive.link(before, &event, &value) {
            Ok(hash) => self.before = hash,
            Err(_) => self.fault(table, key, FaultKind::EventUnlinked),
        }
        if let Some(id) = &event.license {
            self.indexed(key, Table::EventByLicense, &layout::event_by_license(id, number));
            let license = layout::license(id);
            if matches!(self.is_there(Table::License, &license), Ok(false)) {
                self.fault(Table::License, &license, FaultKind::LicenseLost);
            }
        }
        self.succession(&event);
        self.mass_event(key, &event);
        self.decision_event(key, &event);
        if let Some(id) = event.seal {
            self.indexed(key, Table::EventBySeal, &layout::event_by_seal(id, number));
            if matches!(self.is_there(Table::Seal, &layout::seal(id)), Ok(false)) {
                self.fault(Table::Seal, &layout::seal(id), FaultKind::SealLost);
            }
        }
    }

    fn indexed(&mut self, event: &[u8], index: Table, key: &[u8]) {
        if matches!(self.is_there(index, key), Ok(false)) {
            self.fault(Table::Event, event, FaultKind::EventNotIndexed);
        }
    }

    pub(super) fn event_by_license(&mut self, key: &[u8], value: &[u8]) {
        let id = key.split(|byte| *byte == 0).next().unwrap_or_default();
        let parsed = layout::parse_license(id).and_then(|id| Ok((id, layout::number_of_key(key)?)));
        let parsed = parsed.and_then(|(id, number)| {
            let canonical = layout::event_by_license(&id, number) == key;
            canonical.then_some((id, number)).ok_or(Malformed)
        });
        let table = Table::EventByLicense;
        let Some((id, number)) = self.well_formed(table, key, parsed) else { return };
        self.index_entry(table, key, value, number, |event| event.license.as_ref() == Some(&id));
    }

    pub(super) fn event_by_seal(&mut self, key: &[u8], value: &[u8]) {
        let parsed = super::seal_of_key(key).and_then(|(id, rest)| {
            let number = <[u8; 8]>::try_from(rest).map_err(|_| Malformed)?;
            Ok((id, u64::from_be_bytes(number)))
        });
        let table = Table::EventBySeal;
        let Some((id, number)) = self.well_formed(table, key, parsed) else { return };
        self.index_entry(table, key, value, number, |event| event.seal == Some(id));
    }

    pub(super) fn event_by_holder(&mut self, key: &[u8], value: &[u8]) {
        let table = Table::EventByHolder;
        let parsed = key.split_first_chunk::<32>().ok_or(Malformed).and_then(|(holder, rest)| {
            let number = <[u8; 8]>::try_from(rest).map_err(|_| Malformed)?;
            Ok((HolderKey(*holder), u64::from_be_bytes(number)))
        });
        let Some((holder, number)) = self.well_formed(table, key, parsed) else { return };
        let subject = self.archive.vault.subject(&holder);
        // An event of format 1 or 2 names no subject.
        let is_of = |event: &Event| event.subject.is_none_or(|named| named == subject);
        self.index_entry(table, key, value, number, is_of);
    }

    fn index_entry(
        &mut self,
        table: Table,
        key: &[u8],
        value: &[u8],
        number: u64,
        is_of: impl FnOnce(&Event) -> bool,
    ) {
        self.empty(table, key, value);
        let leads = match self.event_numbered(number) {
            Found::Whole(event) => is_of(&event),
            Found::Absent | Found::Erased => false,
            Found::Damaged => true,
        };
        if !leads {
            self.fault(table, key, FaultKind::EventIndexDangling);
        }
    }

    pub(super) fn event_numbered(&self, number: u64) -> Found<Event> {
        let read = |value: &[u8]| layout::read_event(number, value);
        self.look_up(Table::Event, &layout::event(number), read)
    }

    pub(super) fn idempotency(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::Idempotency;
        let Some(value) = self.unseal(table, key, sealed) else { return };
        let Some((_, outcome)) = self.well_formed(table, key, layout::read_outcome(&value)) else { return };
        let is_that_of = |event: &Event| {
            (event.what, event.at, &event.license, event.seal)
                == (outcome.what, outcome.at, &outcome.license, outcome.seal)
        };
        let right = match self.event_numbered(outcome.event) {
            Found::Whole(event) => is_that_of(&event) && !self.outcomes.set(event.number),
            Found::Absent | Found::Erased => false,
            Found::Damaged => {
                self.outcomes.set(outcome.event);
                true
            }
        };
        if !right {
            self.fault(table, key, FaultKind::OutcomeDiffers);
        }
    }

    /// After all outcomes: each event must have been led to.
    pub(super) fn events_have_outcomes(&mut self) {
        for number in 1..=self.report.last_event {
            if self.outcomes.has(number) {
                continue;
            }
            if matches!(self.event_numbered(number), Found::Whole(event) if !is_read(event.what)) {
                self.fault(Table::Event, &layout::event(number), FaultKind::OutcomeMissing);
            }
        }
    }
}

/// Reads are entered from a spool, not by acts that could be done again.
fn is_read(what: EventKind) -> bool {
    [EventKind::LicenseRead, EventKind::LicenseShared, EventKind::HolderRead, EventKind::HolderLogRead]
        .contains(&what)
}
