//! What was on file when a decision was made, and was not looked at. The log tells, and no clock: by its numbers each act came
//! before the files were read, or not.

use std::collections::BTreeSet;

use boyin_archive::{
    ArchiveError, CollectedRecord, Damaged, EventKind, ImportId, MAX_EVENTS, MAX_PAGE, Table,
};
use boyin_exempt::Role;
use boyin_model::id::{HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::time::UnixTime;

use super::inputs::PartyInputs;
use super::replay::Difference;
use crate::error::LookupError;
use crate::lookup::Lookup;

/// Seconds by which clocks may differ: from so long before the begin of an import on the log is looked through.
const CLOCKS: u64 = 24 * 3600;

impl Lookup {
    /// What of these types the log up to the event `log` tells of, and the decision does not.
    pub(super) fn left_out(
        &self,
        role: Role,
        holder: &HolderCode,
        types: &BTreeSet<LicenseTypeCode>,
        party: &PartyInputs,
        log: u64,
    ) -> Result<Vec<Difference>, LookupError> {
        let mut left_out = Vec::new();
        if types.is_empty() {
            return Ok(left_out);
        }
        let looked_at = |id: &str| party.file.iter().any(|entry| entry.id == id);
        let mut cursor = None;
        loop {
            let page = self.archive.list_by_holder(holder, cursor.as_ref(), MAX_PAGE)?;
            for id in page.items.into_iter().map(|record| record.id) {
                let asked = types.contains(&id.license_type()) && !looked_at(id.as_str());
                if asked && self.was_issued(&id, log)? {
                    left_out.push(Difference::LicenseLeftOut { role, id: id.as_str().to_owned() });
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let mut after = None;
        loop {
            let page = self.archive.collected_by_holder(holder, after)?;
            let more = page.len() == MAX_PAGE;
            after = page.last().map(|(id, _)| *id);
            for (id, record) in page {
                let id = id.to_string();
                let asked = types.contains(&record.license.license_type) && !looked_at(&id);
                if asked && self.was_taken_in(&record, log)? {
                    left_out.push(Difference::RecordLeftOut { role, id });
                }
            }
            if !more {
                return Ok(left_out);
            }
        }
    }

    fn was_issued(&self, id: &LicenseId, log: u64) -> Result<bool, LookupError> {
        Ok(self.archive.events_of(id, None, 1)?.first().is_some_and(|event| event.number <= log))
    }

    /// Whether the row of a record was taken in by then. Records are not entered in the log one by one, so it is looked through
    /// from the begin of the import on.
    fn was_taken_in(&self, record: &CollectedRecord, log: u64) -> Result<bool, LookupError> {
        let damaged = ArchiveError::Damaged(Damaged { table: Table::ImportJob });
        let job = self.archive.import_job(record.import)?.ok_or(damaged)?;
        let mut after = self.last_before(job.begun_at.minus(CLOCKS), log)?;
        loop {
            let events = self.archive.events(Some(after), MAX_EVENTS)?;
            let Some(last) = events.last() else { return Ok(false) };
            after = last.number;
            let mut until = events.iter().take_while(|event| event.number <= log);
            if until.any(|event| event.what == EventKind::RowsImported && covers(&event.detail, record)) {
                return Ok(true);
            }
            if after > log {
                return Ok(false);
            }
        }
    }

    /// The last event up to `log` that is dated before `at`, as far as clocks went on; 0 if there is none.
    fn last_before(&self, at: UnixTime, log: u64) -> Result<u64, LookupError> {
        let (mut low, mut high) = (0, log.saturating_add(1));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let event = self.archive.events(Some(middle - 1), 1)?;
            if event.first().is_some_and(|event| event.at < at) {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

/// Whether rows that were taken in, as their event has it (name of the import, last row), are those of a record.
fn covers(detail: &str, record: &CollectedRecord) -> bool {
    let told = detail.split_once(' ').and_then(|(import, rows)| {
        let rows: u64 = rows.parse().ok()?;
        Some((ImportId::parse(import)?, rows))
    });
    told.is_some_and(|(import, rows)| import == record.import && record.row <= rows)
}
