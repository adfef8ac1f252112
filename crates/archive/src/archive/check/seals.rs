//! The seal register.

use boyin_model::id::DivisionCode;
use boyin_model::register::SealId;

use super::{Check, Found};
use crate::act::EventKind;
use crate::archive::MAX_EVENTS;
use crate::check::FaultKind;
use crate::layout::{self, Malformed};
use crate::seal::seal_digest;
use crate::store::Table;

impl Check<'_> {
    pub(super) fn seal(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::Seal;
        let Some(id) = self.well_formed(table, key, layout::parse_seal(key)) else { return };
        let Some(value) = self.unseal(table, key, sealed) else { return };
        let Some(record) = self.well_formed(table, key, layout::read_seal(id, &value)) else { return };
        for version in (0..).take(record.versions.len()) {
            let bytes = layout::seal_version(id, version);
            if matches!(self.is_there(Table::SealVersion, &bytes), Ok(false)) {
                self.fault(table, key, FaultKind::SealBytesMissing);
            }
        }
        if self.uses_of(id).is_some_and(|uses| uses != record.used) {
            self.fault(table, key, FaultKind::SealUsesDiffer);
        }
        let last = match self.last_number_of(id.division()) {
            Found::Whole(last) => last,
            Found::Absent | Found::Erased => 0,
            Found::Damaged => return,
        };
        if last < id.number() {
            self.fault(table, key, FaultKind::SealNumberDiffers);
        }
    }

    /// How often the event log says that the seal was used; `None` if it cannot be read.
    fn uses_of(&self, id: SealId) -> Option<u32> {
        let (mut uses, mut after) = (0_u32, None);
        loop {
            let events = self.archive.events_of_seal(id, after, MAX_EVENTS).ok()?;
            let used = events.iter().filter(|event| event.what == EventKind::SealUsed).count();
            uses = uses.checked_add(u32::try_from(used).ok()?)?;
            after = events.last().map(|event| event.number);
            if events.len() < MAX_EVENTS {
                return Some(uses);
            }
        }
    }

    fn last_number_of(&self, division: DivisionCode) -> Found<u32> {
        self.look_up(Table::Meta, &layout::meta_seal_number(division), layout::read_number)
    }

    pub(super) fn seal_version(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::SealVersion;
        let parsed = super::seal_of_key(key).and_then(|(id, rest)| Ok((id, layout::read_number(rest)?)));
        let Some((id, version)) = self.well_formed(table, key, parsed) else { return };
        let Some(bytes) = self.unseal(table, key, sealed) else { return };
        let known = match self.look_up(Table::Seal, &layout::seal(id), |value| layout::read_seal(id, value)) {
            Found::Whole(record) => {
                let entry = usize::try_from(version).ok().and_then(|place| record.versions.get(place));
                entry.is_some_and(|entry| entry.digest == seal_digest(&bytes))
            }
            Found::Absent | Found::Erased => false,
            Found::Damaged => true,
        };
        if !known {
            self.fault(table, key, FaultKind::SealBytesDiffer);
        }
    }

    /// `seal_number` of a division: its last seal must be there, and none after it.
    pub(super) fn seal_number(&mut self, key: &[u8], division: &[u8], sealed: &[u8]) {
        let table = Table::Meta;
        let division = std::str::from_utf8(division).ok().and_then(|code| DivisionCode::parse(code).ok());
        let Some(division) = self.well_formed(table, key, division.ok_or(Malformed)) else { return };
        let Some(value) = self.unseal(table, key, sealed) else { return };
        let Some(last) = self.well_formed(table, key, layout::read_number(&value)) else { return };
        let seal = SealId::new(division, last).map(|id| self.is_there(Table::Seal, &layout::seal(id)));
        if !matches!(seal, Some(Ok(true) | Err(_))) {
            self.fault(table, key, FaultKind::SealNumberDiffers);
        }
    }
}
