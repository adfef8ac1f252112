//! Changes of many licenses: each is kept under the number of its event, and each of its licenses has one before that.

use super::{Check, Found};
use crate::act::{Event, EventKind};
use crate::check::FaultKind;
use crate::layout::{self, Malformed};
use crate::store::Table;

const TABLE: Table = Table::MassChange;

/// Leaves a record under its number.
fn is_mass(what: EventKind) -> bool {
    [EventKind::HolderClosed, EventKind::LicensesChanged].contains(&what)
}

impl Check<'_> {
    pub(super) fn mass_change(&mut self, key: &[u8], sealed: &[u8]) {
        let Some(value) = self.unseal(TABLE, key, sealed) else { return };
        let number = <[u8; 8]>::try_from(key).map(u64::from_be_bytes).map_err(|_| Malformed);
        let Some(number) = self.well_formed(TABLE, key, number) else { return };
        let Some(record) = self.well_formed(TABLE, key, layout::read_mass(&value)) else { return };
        let is = |number: u64, right: &dyn Fn(&Event) -> bool| match self.event_numbered(number) {
            Found::Whole(event) => right(&event),
            Found::Absent | Found::Erased => false,
            Found::Damaged => true,
        };
        let whole = is(number, &|event| is_mass(event.what) && event.at == record.at);
        let each = record
            .numbered(number)
            .all(|(number, item)| is(number, &|event| event.license.as_ref() == Some(&item.id)));
        let undone = record
            .undone
            .as_ref()
            .is_none_or(|undone| is(undone.event, &|event| event.what == EventKind::ChangesUndone));
        if !(whole && each && undone) {
            self.fault(TABLE, key, FaultKind::MassDiffers);
        }
    }

    /// The event of such a change has its record.
    pub(super) fn mass_event(&mut self, key: &[u8], event: &Event) {
        if is_mass(event.what) && matches!(self.is_there(TABLE, key), Ok(false)) {
            self.fault(Table::Event, key, FaultKind::MassDiffers);
        }
    }
}
