//! Licenses, holders' files, status.

use boyin_model::id::LicenseId;
use boyin_model::status::LicenseStatus;

use super::{Check, Found};
use crate::act::EventKind;
use crate::archive::MAX_EVENTS;
use crate::archive::read::status_after;
use crate::check::FaultKind;
use crate::layout;
use crate::record::StatusSlot;
use crate::store::Table;

/// Bytes of a by-holder key before the identifier.
const HOLDER_AND_TIME: usize = 40;
/// Bytes of the instant at the end of a key in the history of a status list, after a zero byte.
const INSTANT: usize = 8;

impl Check<'_> {
    pub(super) fn license(&mut self, key: &[u8], _sealed: &[u8]) {
        let table = Table::License;
        self.report.licenses += 1;
        let Some(id) = self.well_formed(table, key, layout::parse_license(key)) else { return };
        let (record, holder) = match self.license_of(&id) {
            Found::Whole(found) => found,
            Found::Erased => return,
            // Without the key of its record it cannot be opened either.
            Found::Absent | Found::Damaged => return self.fault(table, key, FaultKind::Unsealed),
        };
        let in_file = layout::by_holder(&holder, record.filed_at, &id);
        if matches!(self.is_there(Table::ByHolder, &in_file), Ok(false)) {
            self.fault(table, key, FaultKind::NotInHoldersFile);
        }
        let told = self.told_of(&id);
        if told.is_some_and(|(issued, _)| issued != 1) {
            self.fault(table, key, FaultKind::NotIssuedOnce);
        }
        let Some(slot) = record.slot else { return };
        let slot = layout::status(&slot);
        match self.look_up(Table::Status, &slot, layout::read_status) {
            Found::Absent => self.fault(table, key, FaultKind::SlotMissing),
            Found::Whole((_, whose)) if whose != id => self.fault(table, key, FaultKind::SlotMissing),
            Found::Whole((status, _))
                if told.is_some_and(|(_, last)| last.is_some_and(|last| last != status)) =>
            {
                self.fault(Table::Status, &slot, FaultKind::StatusDiffers);
            }
            Found::Whole(_) | Found::Damaged | Found::Erased => {}
        }
    }

    /// How often the event log says that the license was issued, and the status it leads to. `None` if it cannot be read,
    /// which the checks of its tables say.
    fn told_of(&self, id: &LicenseId) -> Option<(usize, Option<LicenseStatus>)> {
        let (mut issued, mut status, mut after) = (0, None, None);
        loop {
            let events = self.archive.events_of(id, after, MAX_EVENTS).ok()?;
            issued += events.iter().filter(|event| event.what == EventKind::LicenseIssued).count();
            status = events.iter().rev().find_map(|event| status_after(event.what)).or(status);
            after = events.last().map(|event| event.number);
            if events.len() < MAX_EVENTS {
                return Some((issued, status));
            }
        }
    }

    pub(super) fn by_holder(&mut self, key: &[u8], value: &[u8]) {
        let table = Table::ByHolder;
        self.empty(table, key, value);
        let id = layout::license_of_holder_key(key);
        let Some(id) = self.well_formed(table, key, id) else { return };
        let leads = match self.license_of(&id) {
            Found::Whole((record, holder)) => layout::by_holder(&holder, record.filed_at, &id) == key,
            Found::Absent | Found::Erased => false,
            Found::Damaged => true,
        };
        debug_assert!(key.len() > HOLDER_AND_TIME, "there is an identifier after them");
        if !leads {
            self.fault(table, key, FaultKind::HolderEntryDangling);
        }
    }

    pub(super) fn status(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::Status;
        let Some(value) = self.unseal(table, key, sealed) else { return };
        let Some((_, id)) = self.well_formed(table, key, layout::read_status(&value)) else { return };
        let leads = match self.license_of(&id) {
            Found::Whole((record, _)) => {
                record.slot.is_some_and(|slot: StatusSlot| layout::status(&slot) == key)
            }
            Found::Absent => false,
            // What place an erased license had is not known any more.
            Found::Damaged | Found::Erased => true,
        };
        if !leads {
            self.fault(table, key, FaultKind::SlotDangling);
        }
    }

    pub(super) fn status_list(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::StatusList;
        if self.unseal(table, key, sealed).is_none() {
            return;
        }
        // The list itself, or `list ‖ 00 ‖ instant`; names hold no zero byte.
        let Some(end) = key.iter().position(|byte| *byte == 0) else { return };
        let (list, instant) = key.split_at(end);
        if instant.len() != 1 + INSTANT {
            self.fault(table, key, FaultKind::Malformed);
        } else if matches!(self.is_there(table, list), Ok(false)) {
            self.fault(table, key, FaultKind::ListMissing);
        }
    }
}
