//! Reads. Nothing here is verified: it is what was filed.

use boyin_model::status::LicenseStatus;
use std::ops::RangeInclusive;

use boyin_model::id::{HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::time::UnixTime;

use super::{Archive, malformed};
use crate::act::{Change, Event, EventKind};
use crate::cursor::{Cursor, Page};
use crate::error::{ArchiveError, Damaged};
use crate::layout::{self, FORMAT_WITH_KEYS, Malformed};
use crate::record::{LicenseRecord, StatusSlot, check_list};
use crate::store::Table;
use crate::vault::HolderKey;
use crate::version::SuccessionKind;

/// Most licenses of a page. At 1 MiB each a page stays within what a process can hold.
pub const MAX_PAGE: usize = 100;
/// Most events of a page.
pub const MAX_EVENTS: usize = 1000;
/// Most slots of a page.
pub const MAX_SLOTS: usize = 10_000;

impl Archive {
    /// The license under this identifier.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn get(&self, id: &LicenseId) -> Result<Option<LicenseRecord>, ArchiveError> {
        Ok(self.license(id)?.map(|(record, _)| record))
    }

    /// Status of a license; `None` if it is not on file or its issuer keeps the status elsewhere.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn status_of(&self, id: &LicenseId) -> Result<Option<LicenseStatus>, ArchiveError> {
        let Some(slot) = self.get(id)?.and_then(|record| record.slot) else {
            return Ok(None);
        };
        let key = layout::status(&slot);
        let sealed = self.store.get(Table::Status, &key)?.ok_or(Damaged { table: Table::Status })?;
        Ok(Some(self.status_in(&key, &sealed, id)?))
    }

    /// A holder's file, newest filing first (those of one second by identifier), `1..=`[`MAX_PAGE`] at a time.
    ///
    /// # Errors
    /// [`ArchiveError::BadCursor`], [`ArchiveError::BadLimit`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn list_by_holder(
        &self,
        holder: &HolderCode,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<LicenseRecord>, ArchiveError> {
        let holder = self.vault.holder_key(holder);
        let scope = [b"holder".as_slice(), &holder.0].concat();
        let table = Table::ByHolder;
        let page = self.page(table, &holder.0, &scope, cursor, limit, layout::license_of_holder_key)?;
        if page.items.iter().any(|(_, whose)| *whose != holder) {
            return Err(Damaged { table }.into());
        }
        Ok(records_of(page))
    }

    /// All licenses but the erased ones, or those of one type, by identifier, `1..=`[`MAX_PAGE`] at a time.
    ///
    /// # Errors
    /// As [`list_by_holder`](Archive::list_by_holder).
    pub fn list(
        &self,
        license_type: Option<&LicenseTypeCode>,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<LicenseRecord>, ArchiveError> {
        let prefix = license_type.map(layout::licenses_of_type).unwrap_or_default();
        let scope = [b"license".as_slice(), &prefix].concat();
        let page = self.page(Table::License, &prefix, &scope, cursor, limit, layout::parse_license)?;
        Ok(records_of(page))
    }

    /// What happened to one license, as [`events`](Archive::events).
    ///
    /// # Errors
    /// As [`events`](Archive::events).
    pub fn events_of(
        &self,
        id: &LicenseId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Event>, ArchiveError> {
        check_limit(limit, MAX_EVENTS)?;
        let table = Table::EventByLicense;
        let after = after.map(|number| layout::event_by_license(id, number));
        let entries = self.store.scan(table, &layout::events_of(id), after.as_deref(), limit)?;
        let events = entries.iter().map(|(key, _)| {
            match self.event(layout::number_of_key(key).map_err(malformed(table))?)? {
                Some(event) if event.license.as_ref() == Some(id) => Ok(event),
                Some(_) | None => Err(Damaged { table }.into()),
            }
        });
        events.collect()
    }

    /// What was done to one holder's file and who looked at it, as [`events`](Archive::events). Events of a license that was
    /// erased are not among them.
    ///
    /// # Errors
    /// As [`events`](Archive::events); [`ArchiveError::OldFormat`] if this handle follows an archive of format 1 or 2.
    pub fn events_of_holder(
        &self,
        holder: &HolderCode,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Event>, ArchiveError> {
        check_limit(limit, MAX_EVENTS)?;
        if self.format < FORMAT_WITH_KEYS {
            return Err(ArchiveError::OldFormat);
        }
        let table = Table::EventByHolder;
        let holder = self.vault.holder_key(holder);
        let subject = self.vault.subject(&holder);
        let after = after.map(|number| layout::event_by_holder(&holder, number));
        let entries = self.store.scan(table, &holder.0, after.as_deref(), limit)?;
        let events = entries.iter().map(|(key, _)| {
            let number = layout::number_of_key(key).map_err(malformed(table))?;
            let event = self.event(number)?.ok_or(Damaged { table })?;
            // An event of format 1 or 2 names no subject, but its license does.
            let known = match (&event.subject, &event.license) {
                (Some(named), _) => *named == subject,
                (None, Some(id)) => self.license(id)?.is_some_and(|(_, whose)| whose == holder),
                (None, None) => false,
            };
            if known { Ok(event) } else { Err(Damaged { table }.into()) }
        });
        events.collect()
    }

    /// Number of the last event, found by looking at some numbers: there are no gaps.
    ///
    /// # Errors
    /// [`ArchiveError::Store`].
    pub fn last_event(&self) -> Result<u64, ArchiveError> {
        // `low` is known to be there, `high` not to be.
        let (mut low, mut high) = (0, 1);
        let is_there =
            |number| Ok::<_, ArchiveError>(self.store.get(Table::Event, &layout::event(number))?.is_some());
        while is_there(high)? {
            (low, high) = (high, high.saturating_mul(2));
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_there(middle)? {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    pub(super) fn event(&self, number: u64) -> Result<Option<Event>, ArchiveError> {
        let key = layout::event(number);
        let sealed = self.store.get(Table::Event, &key)?;
        Ok(sealed.map(|sealed| self.event_in(&key, &sealed)).transpose()?)
    }

    /// The token last published for a status list.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn status_list(&self, list: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        check_list(list)?;
        let token = self.read(Table::StatusList, &layout::status_list(list))?;
        Ok(token.map(|token| token.to_vec()))
    }

    /// The token that was the last one published for a status list at `at`.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn status_list_at(&self, list: &str, at: UnixTime) -> Result<Option<Vec<u8>>, ArchiveError> {
        check_list(list)?;
        let table = Table::StatusList;
        // What is found comes after the key of a second later.
        let after = layout::status_list_of(list, at.plus(1));
        let found = self.store.scan(table, &layout::slots_of(list), Some(&after), 1)?;
        let token = found.first().map(|(key, sealed)| self.unseal(table, key, sealed)).transpose()?;
        Ok(token.map(|token| token.to_vec()))
    }

    /// The status of a license at `at`, as the event log tells it, and the event that led to it; `None` if it was not on
    /// file then. One that was revoked later as never issued was not in force then either.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn status_at(
        &self,
        id: &LicenseId,
        at: UnixTime,
    ) -> Result<Option<(LicenseStatus, Event)>, ArchiveError> {
        let (mut found, mut after) = (None, None);
        loop {
            let events = self.events_of(id, after, MAX_EVENTS)?;
            after = events.last().map(|event| event.number);
            let page = events.len();
            for event in events {
                match status_after(event.what) {
                    Some(status) if event.at <= at || event.retroactive && found.is_some() => {
                        found = Some((status, event));
                    }
                    Some(_) | None => {}
                }
            }
            if page < MAX_EVENTS {
                return Ok(found);
            }
        }
    }

    /// The taken places of a status list from its beginning or after the place `after`, ascending,
    /// `1..=`[`MAX_SLOTS`] at a time. Every place that is not among them is free.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`], [`ArchiveError::BadLimit`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn slots(
        &self,
        list: &str,
        after: Option<u32>,
        limit: usize,
    ) -> Result<Vec<(u32, LicenseStatus)>, ArchiveError> {
        check_list(list)?;
        check_limit(limit, MAX_SLOTS)?;
        let table = Table::Status;
        let after = after.map(|index| layout::status(&StatusSlot { list: list.to_owned(), index }));
        let entries = self.store.scan(table, &layout::slots_of(list), after.as_deref(), limit)?;
        let slots = entries.iter().map(|(key, sealed)| {
            let index = layout::index_of_status_key(key).map_err(malformed(table))?;
            let value = self.unseal(table, key, sealed)?;
            let (status, _) = layout::read_status(&value).map_err(malformed(table))?;
            Ok((index, status))
        });
        slots.collect()
    }

    /// Whether a place on a status list is free.
    ///
    /// # Errors
    /// [`ArchiveError::InvalidRecord`], [`ArchiveError::Store`].
    pub fn slot_is_free(&self, list: &str, index: u32) -> Result<bool, ArchiveError> {
        check_list(list)?;
        let key = layout::status(&StatusSlot { list: list.to_owned(), index });
        Ok(self.store.get(Table::Status, &key)?.is_none())
    }

    pub(super) fn status_in(
        &self,
        key: &[u8],
        sealed: &[u8],
        id: &LicenseId,
    ) -> Result<LicenseStatus, Damaged> {
        let table = Table::Status;
        let value = self.unseal(table, key, sealed)?;
        match layout::read_status(&value).map_err(malformed(table))? {
            (status, whose) if whose == *id => Ok(status),
            (_, _) => Err(Damaged { table }),
        }
    }

    fn event_in(&self, key: &[u8], sealed: &[u8]) -> Result<Event, Damaged> {
        let table = Table::Event;
        let number = layout::number_of_key(key).map_err(malformed(table))?;
        let value = self.unseal(table, key, sealed)?;
        layout::read_event(number, &value).map_err(malformed(table))
    }

    /// A page of the licenses that the keys of `table` under `prefix` lead to. Those that were erased are passed over: a page
    /// can have fewer than `limit` records and yet a next one.
    fn page(
        &self,
        table: Table,
        prefix: &[u8],
        scope: &[u8],
        cursor: Option<&Cursor>,
        limit: usize,
        leads_to: impl Fn(&[u8]) -> Result<LicenseId, Malformed>,
    ) -> Result<Page<(LicenseRecord, HolderKey)>, ArchiveError> {
        check_limit(limit, MAX_PAGE)?;
        let after = match cursor {
            Some(cursor) => {
                let position = cursor.open(&self.vault, scope).ok_or(ArchiveError::BadCursor)?;
                Some([prefix, &position].concat())
            }
            None => None,
        };
        // One more than asked for tells whether there is another page.
        let mut entries = self.store.scan(table, prefix, after.as_deref(), limit + 1)?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let last = entries.last().filter(|_| more).and_then(|(key, _)| key.strip_prefix(prefix));
        let next = last.map(|position| Cursor::seal(&self.vault, scope, position));
        let ids = entries.iter().map(|(key, _)| leads_to(key)).collect::<Result<Vec<_>, _>>();
        let found = self.licenses(&ids.map_err(malformed(table))?)?;
        let items = found.into_iter().filter_map(|found| match found {
            Err(ArchiveError::Erased { .. }) => None,
            Ok(None) => Some(Err(Damaged { table }.into())),
            Ok(Some(found)) => Some(Ok(found)),
            Err(error) => Some(Err(error)),
        });
        Ok(Page { items: items.collect::<Result<_, _>>()?, next })
    }
}

fn records_of(page: Page<(LicenseRecord, HolderKey)>) -> Page<LicenseRecord> {
    Page { items: page.items.into_iter().map(|(record, _)| record).collect(), next: page.next }
}

/// What an act made of the status of its license.
pub(super) fn status_after(what: EventKind) -> Option<LicenseStatus> {
    if what == EventKind::LicenseIssued {
        return Some(LicenseStatus::Valid);
    }
    if SuccessionKind::ALL.iter().any(|kind| kind.event() == what) {
        return Some(LicenseStatus::Superseded);
    }
    Change::ALL.into_iter().find(|change| change.event() == what).map(Change::to)
}

impl EventKind {
    /// The status that an event of this kind gave a license that was on file before.
    #[must_use]
    pub fn changes_status_to(self) -> Option<LicenseStatus> {
        if self == Self::LicenseIssued { None } else { status_after(self) }
    }
}

pub(super) fn check_limit(limit: usize, max: usize) -> Result<(), ArchiveError> {
    let offered: RangeInclusive<usize> = 1..=max;
    if offered.contains(&limit) { Ok(()) } else { Err(ArchiveError::BadLimit { max }) }
}
