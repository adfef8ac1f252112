//! What was on file when a decision was filed, how it stood, and what was not looked at. The log tells, and no clock: by its numbers each act came
//! before the decision, or not.

use std::collections::BTreeSet;

use boyin_archive::{
    ArchiveError, CollectedRecord, CollectedState, Damaged, Event, EventKind, Grade, ImportId, MAX_EVENTS,
    Table,
};
use boyin_exempt::Role;
use boyin_model::id::{HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::time::UnixTime;

use super::file::{each_license, each_record};
use super::inputs::{EntryInputs, Inputs, PartyInputs};
use super::replay::Difference;
use crate::error::LookupError;
use crate::lookup::Lookup;

impl Lookup {
    /// What of these types was put on file before the event `decision`, and is not among what the decision says that it looked at.
    pub(super) fn left_out(
        &self,
        role: Role,
        holder: &HolderCode,
        types: &BTreeSet<LicenseTypeCode>,
        party: &PartyInputs,
        decision: u64,
    ) -> Result<Vec<Difference>, LookupError> {
        let mut left_out = Vec::new();
        let looked_at = |id: &str| party.file.iter().any(|entry| entry.id == id);
        each_license(&self.archive, holder, types, |record| {
            let id = record.id;
            if !looked_at(id.as_str()) && self.was_issued(&id, decision)? {
                left_out.push(Difference::LicenseLeftOut { role, id: id.as_str().to_owned() });
            }
            Ok::<_, LookupError>(true)
        })?;
        each_record(&self.archive, holder, types, |id, record| {
            let id = id.to_string();
            if !looked_at(&id) && self.was_taken_in(&record, decision)? {
                left_out.push(Difference::RecordLeftOut { role, id });
            }
            Ok::<_, LookupError>(true)
        })?;
        Ok(left_out)
    }

    /// Whether a license was put on file before an event.
    pub(super) fn was_issued(&self, id: &LicenseId, before: u64) -> Result<bool, LookupError> {
        Ok(self.archive.events_of(id, None, 1)?.first().is_some_and(|event| event.number < before))
    }

    /// Whether a record can have stood as a decision says that it did, before the event of the decision, as far as that can be told.
    pub(super) fn can_have_stood(
        &self,
        entry: &EntryInputs,
        state: CollectedState,
        record: &CollectedRecord,
        decision: u64,
    ) -> Result<bool, LookupError> {
        let issued = match &record.issued {
            Some(id) if self.was_issued(id, decision)? => Some(id),
            Some(_) | None => None,
        };
        // What was decided against stays so.
        let state = state != CollectedState::Dismissed || record.state == CollectedState::Dismissed;
        Ok(state && entry.issued.as_ref() == issued && self.was_of_grade(entry, record, decision)?)
    }

    /// Whether a record was of the grade of an entry before an event: of the one from which it was raised first since, or the one
    /// that it has.
    fn was_of_grade(
        &self,
        entry: &EntryInputs,
        record: &CollectedRecord,
        before: u64,
    ) -> Result<bool, LookupError> {
        let is_its = entry.grade == record.grade;
        // Whoever raises a grade has other evidence than the import had.
        let job = self.archive.import_job(record.import)?;
        if is_its && job.is_some_and(|job| job.evidence == record.evidence) {
            return Ok(true);
        }
        let mut after = before;
        loop {
            let events = self.archive.events(Some(after), MAX_EVENTS)?;
            let mut raised = events.iter().filter(|event| event.what == EventKind::CollectedRaised);
            if let Some(from) = raised.find_map(|event| raised_from(&event.detail, &entry.id)) {
                return Ok(from == entry.grade);
            }
            match events.last() {
                Some(last) if events.len() == MAX_EVENTS => after = last.number,
                Some(_) | None => return Ok(is_its),
            }
        }
    }

    /// Whether the row of a record was taken in before an event. Records are not entered in the log one by one, so it is looked through
    /// from the begin of the import on.
    fn was_taken_in(&self, record: &CollectedRecord, before: u64) -> Result<bool, LookupError> {
        let damaged = ArchiveError::Damaged(Damaged { table: Table::ImportJob });
        let job = self.archive.import_job(record.import)?.ok_or(damaged)?;
        let mut after = self.begin_of(record.import, job.begun_at)?;
        while after < before {
            let events = self.archive.events(Some(after), MAX_EVENTS)?;
            let Some(last) = events.last() else { break };
            after = last.number;
            let mut earlier = events.iter().take_while(|event| event.number < before);
            if earlier.any(|event| event.what == EventKind::RowsImported && covers(&event.detail, record)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The event with which an import began. Its date tells where to look first, and nothing else: from there the log is looked through
    /// in both directions.
    fn begin_of(&self, import: ImportId, dated: UnixTime) -> Result<u64, LookupError> {
        let end = self.archive.last_event()?;
        let name = import.to_string();
        let begun = |events: &[Event]| -> Option<u64> {
            let mut found = events.iter().filter(|event| event.what == EventKind::ImportBegun);
            found.find(|event| event.detail == name).map(|event| event.number)
        };
        // Looked through is what comes after `low`, up to `high`.
        let mut low = self.last_before(dated, end)?;
        let mut high = low;
        while low > 0 || high < end {
            if high < end {
                let events = self.archive.events(Some(high), MAX_EVENTS)?;
                if let Some(found) = begun(&events) {
                    return Ok(found);
                }
                high = events.last().map_or(end, |event| event.number);
            }
            if low > 0 {
                let events = self.page_before(low + 1)?;
                if let Some(found) = begun(&events) {
                    return Ok(found);
                }
                low = events.first().map_or(0, |event| event.number.saturating_sub(1));
            }
        }
        Err(ArchiveError::Damaged(Damaged { table: Table::ImportJob }).into())
    }

    /// The [`MAX_EVENTS`] events before the event `before`, or as many as there are: none only before the first one.
    fn page_before(&self, before: u64) -> Result<Vec<Event>, LookupError> {
        let last = before.saturating_sub(1);
        let limit = usize::try_from(last).unwrap_or(MAX_EVENTS).min(MAX_EVENTS);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let after = last.saturating_sub(u64::try_from(limit).unwrap_or(last));
        Ok(self.archive.events(Some(after), limit)?)
    }

    /// The last event up to `end` that is dated before `at`, as far as clocks went on; 0 if there is none.
    fn last_before(&self, at: UnixTime, end: u64) -> Result<u64, LookupError> {
        let (mut low, mut high) = (0, end.saturating_add(1));
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

    /// The status lists that had been replaced, by the log, before the event `decision` by later ones than it says that it used.
    pub(super) fn old_lists(&self, inputs: &Inputs, decision: u64) -> Result<Vec<Difference>, LookupError> {
        let mut open = inputs.status_lists.clone();
        let (mut old, mut before) = (Vec::new(), decision);
        while !open.is_empty() {
            let events = self.page_before(before)?;
            let Some(first) = events.first() else { break };
            before = first.number;
            // Only the last publication of each counts.
            for event in events.iter().rev().filter(|event| event.what == EventKind::StatusListPublished) {
                // A list is never dated before it is published.
                if open.remove(&event.detail).is_some_and(|made| made < event.at) {
                    old.push(Difference::StatusList { uri: event.detail.clone() });
                }
            }
        }
        Ok(old)
    }
}

/// From which grade a record was raised, as the event has it (name of the record, grade before), if it was this one.
fn raised_from(detail: &str, id: &str) -> Option<Grade> {
    let (_, grades) = detail.split_once(' ').filter(|(record, _)| *record == id)?;
    Grade::from_letter(grades.chars().next()?)
}

/// Whether rows that were taken in, as their event has it (name of the import, last row), are those of a record.
fn covers(detail: &str, record: &CollectedRecord) -> bool {
    let told = detail.split_once(' ').and_then(|(import, rows)| {
        let rows: u64 = rows.parse().ok()?;
        Some((ImportId::parse(import)?, rows))
    });
    told.is_some_and(|(import, rows)| import == record.import && record.row <= rows)
}
