//! What put a license out of force: a change of many licenses, which may be undone, or something that stays.

use boyin_model::id::LicenseId;
use boyin_model::time::UnixTime;

use super::read::status_after;
use super::{Archive, MAX_EVENTS, malformed};
use crate::error::ArchiveError;
use crate::layout;
use crate::mass::MassRecord;
use crate::store::Table;

/// Looks up what licenses are out of force by.
pub(super) struct Ends<'a> {
    archive: &'a Archive,
    /// The change that was met last, by its number: licenses that are asked for together often went together.
    met: Option<(u64, MassRecord)>,
}

impl<'a> Ends<'a> {
    pub(super) fn new(archive: &'a Archive) -> Self {
        Self { archive, met: None }
    }

    /// The number of the change of many licenses that a license is out of force by, and up to when that can be undone. `None` if
    /// somebody has said it of this license alone. Changes that were undone do not count, unless undoing them left the license.
    pub(super) fn of(&mut self, id: &LicenseId) -> Result<Option<(u64, UnixTime)>, ArchiveError> {
        for event in self.archive.status_events(id)?.into_iter().rev() {
            match self.change_with(id, event)? {
                Some((_, record)) if record.undone.is_some() => {}
                Some((number, record)) => return Ok(Some((*number, record.undo_until))),
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The change of many licenses that an event of a license is part of.
    fn change_with(
        &mut self,
        id: &LicenseId,
        event: u64,
    ) -> Result<Option<&(u64, MassRecord)>, ArchiveError> {
        let has_it = |(number, record): &(u64, MassRecord)| {
            record.item_of(*number, event).is_some_and(|item| item.id == *id)
        };
        if !self.met.as_ref().is_some_and(has_it) {
            self.met = self.archive.mass_after(event)?;
        }
        Ok(self.met.as_ref().filter(|&met| has_it(met)))
    }
}

impl Archive {
    /// The events that changed the status of a license, or filed it, ascending.
    fn status_events(&self, id: &LicenseId) -> Result<Vec<u64>, ArchiveError> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let events = self.events_of(id, after, MAX_EVENTS)?;
            let changing = events.iter().filter(|event| status_after(event.what).is_some());
            found.extend(changing.map(|event| event.number));
            match events.last() {
                Some(last) if events.len() == MAX_EVENTS => after = Some(last.number),
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// The first change of many licenses after an event.
    fn mass_after(&self, event: u64) -> Result<Option<(u64, MassRecord)>, ArchiveError> {
        let table = Table::MassChange;
        let entries = self.store.scan(table, &[], Some(&layout::event(event)), 1)?;
        let Some((key, sealed)) = entries.first() else { return Ok(None) };
        let number = layout::number_of_key(key).map_err(malformed(table))?;
        let value = self.unseal(table, key, sealed)?;
        Ok(Some((number, layout::read_mass(&value).map_err(malformed(table))?)))
    }
}
