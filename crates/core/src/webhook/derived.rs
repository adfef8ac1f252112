//! What a client is told because of an event: derived from the log each time, so that nothing can be lost beside it.

use boyin_archive::{Archive, ArchiveError, Event, EventKind, MAX_EVENTS};
use boyin_model::id::LicenseId;
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};
use boyin_model::webhook::{WebhookChange, WebhookKind};

use super::Webhook;
use crate::access::Client;
use crate::in_force::TRUST_NAME;

/// The claim by which a notice names a license.
pub(crate) const IDENTIFIER: &str = "license_id";

/// A client with its webhook.
#[derive(Clone, Debug)]
pub(super) struct Subscriber {
    pub(super) webhook: Webhook,
    pub(super) client: Client,
}

impl Subscriber {
    pub(super) fn wants(&self, kind: WebhookKind) -> bool {
        self.webhook.kinds.contains(&kind)
    }

    /// What the client is told because of an event, if anything.
    pub(super) fn change_of(
        &self,
        archive: &Archive,
        event: &Event,
    ) -> Result<Option<WebhookChange>, ArchiveError> {
        if event.at < self.webhook.since {
            return Ok(None);
        }
        if event.what == EventKind::ListPublished {
            return Ok(list_of(&event.detail).filter(|change| self.wants(change.kind())));
        }
        let (Some(status), Some(license)) = (event.what.changes_status_to(), &event.license) else {
            return Ok(None);
        };
        if !self.wants(WebhookKind::Status) || !self.was_given(archive, license, event.at)? {
            return Ok(None);
        }
        let status_list = match archive.get(license) {
            Ok(record) => record.and_then(|record| record.slot).map(|slot| slot.list),
            Err(ArchiveError::Erased { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(Some(WebhookChange::Status { license_id: license.clone(), status, status_list }))
    }

    /// Whether the client was given the license within the term before `at`.
    fn was_given(&self, archive: &Archive, license: &LicenseId, at: UnixTime) -> Result<bool, ArchiveError> {
        let earliest = at.minus(u64::from(self.webhook.term_days) * SECONDS_PER_DAY);
        let mut after = None;
        loop {
            let events = archive.events_of(license, after, MAX_EVENTS)?;
            if events.iter().any(|read| (earliest..=at).contains(&read.at) && self.read_it(read)) {
                return Ok(true);
            }
            match events.last() {
                Some(last) if events.len() == MAX_EVENTS => after = Some(last.number),
                Some(_) | None => return Ok(false),
            }
        }
    }

    /// Whether an event says that the client was given the identifier of the license.
    fn read_it(&self, event: &Event) -> bool {
        event.what == EventKind::LicenseShared
            && event.office == self.client.agency
            && event.who == self.client.who()
            && gives_identifier(&event.detail)
    }
}

/// Whether the detail of a read says that the identifier was given: as a field, with the signed license, or on its face. A notice tells nobody
/// an identifier that the sharing list did not give.
fn gives_identifier(detail: &str) -> bool {
    let Some((head, fields)) = detail.split_once("; ") else { return false };
    // The item has no spaces.
    match head.split_once(' ').map(|(_, deed)| deed) {
        Some("given with file" | "copy given") => true,
        Some("given") => {
            // By whose authorization stands before the fields.
            let fields = fields.rsplit("; ").next().unwrap_or_default();
            fields.split(',').any(|name| name == IDENTIFIER)
        }
        Some(_) | None => false,
    }
}

/// The list that an event of its publication names.
fn list_of(detail: &str) -> Option<WebhookChange> {
    let mut words = detail.split(' ');
    let (name, number) = (words.next()?, words.next()?.parse().ok().filter(|number| *number > 0)?);
    match name {
        TRUST_NAME => Some(WebhookChange::TrustList(number)),
        "catalog" => Some(WebhookChange::Catalog(number)),
        "sharing" => Some(WebhookChange::SharingList(number)),
        _ => None,
    }
}

/// Number of the last event before `since` that somebody's act left. Reads and lists are entered later than they were.
pub(super) fn place_before(archive: &Archive, since: UnixTime) -> Result<u64, ArchiveError> {
    let is_late = |what: EventKind| {
        matches!(
            what,
            EventKind::LicenseRead
                | EventKind::LicenseShared
                | EventKind::HolderRead
                | EventKind::HolderLogRead
                | EventKind::ReadsCut
                | EventKind::ListPublished
        )
    };
    let page = u64::try_from(MAX_EVENTS).unwrap_or(1);
    let mut end = archive.last_event()?;
    while end > 0 {
        let begin = end.saturating_sub(page);
        let events = archive.events(Some(begin), MAX_EVENTS)?;
        let before = |event: &&Event| event.number <= end && event.at < since && !is_late(event.what);
        if let Some(event) = events.iter().rev().find(before) {
            return Ok(event.number);
        }
        end = begin;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_read_that_gave_the_identifier_counts() {
        for (detail, gives) in [
            ("item-1 given; address,license_id", true),
            ("item-1 given; authorized by 一号窗口; holder_name,license_id", true),
            ("item-1 given with file; address", true),
            ("item-1 copy given; copy until 2026-06-01T09:01:00+08:00; address", true),
            ("item-1 copy withheld; copy until 2026-06-01T09:01:00+08:00; license_id", false),
            ("item-1 copy promised; copy until 2026-06-01T09:01:00+08:00; license_id", false),
            ("item-1 given; address", false),
            ("item-1 given; license_identifier", false),
            ("item-1 given; authorized by license_id; address", false),
            ("item-1 compared; license_id", false),
            ("item-1 file withheld; license_id", false),
            ("item-1 file promised; license_id", false),
            ("item-1 marks given; grade,status,successor", false),
            ("item-1 given; copy until 2026-06-01T09:01:00+08:00; authorized by 一号窗口; license_id", true),
            ("item-1 given with file; copy until 2026-06-01T09:01:00+08:00; address", true),
            ("file verified, in_force", false),
            ("item-1 nothing given, 111; license_id", false),
            ("given; license_id", false),
            ("license_id", false),
            ("", false),
        ] {
            assert_eq!(gives_identifier(detail), gives, "{detail}");
        }
    }

    #[test]
    fn a_list_is_named_by_its_kind_and_number() {
        assert_eq!(list_of("catalog 3 sha-256:00"), Some(WebhookChange::Catalog(3)));
        assert_eq!(list_of("sharing 4 sha-256:00"), Some(WebhookChange::SharingList(4)));
        assert_eq!(list_of("trust 5 sha-256:00"), Some(WebhookChange::TrustList(5)));
        for other in ["", "catalog", "catalog x", "catalog 0", "items 1 sha-256:00"] {
            assert_eq!(list_of(other), None, "{other}");
        }
    }
}
