//! One entry of a list.

use boyin_model::time::UnixTime;

use super::reason::RevocationReason;
use crate::chain::der::{Cursor, only, tag};
use crate::chain::general::GeneralName;
use crate::chain::name::Name;
use crate::chain::time::instant;

/// One entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chain) struct Entry {
    /// The instant of revocation, or that since which the key is suspect if that is earlier.
    pub(in crate::chain) since: UnixTime,
    pub(in crate::chain) reason: RevocationReason,
}

impl Entry {
    /// Two sources revoke one certificate: since the earlier instant, and for the reason that spoils more.
    pub(in crate::chain) fn with(self, other: Self) -> Self {
        let reason = if self.reason.spares_the_past() { other.reason } else { self.reason };
        Self { since: self.since.min(other.since), reason }
    }
}

pub(super) struct EntryParts<'b> {
    pub(super) serial: &'b [u8],
    pub(super) entry: Entry,
    pub(super) issuer: Option<Name>,
    /// Something critical is not understood.
    pub(super) unknown: bool,
}

impl<'b> EntryParts<'b> {
    pub(super) fn read(mut items: Cursor<'b>) -> Option<Self> {
        let serial = items.take(tag::INTEGER)?.content;
        let since = instant(items.next()?)?;
        let entry = Entry { since, reason: RevocationReason::default() };
        let mut parts = Self { serial, entry, issuer: None, unknown: false };
        if let Some(extensions) = items.option(tag::SEQUENCE)? {
            let mut extensions = Cursor::new(extensions.content);
            while !extensions.is_empty() {
                parts.take(extension(&mut extensions)?)?;
            }
        }
        items.end()?;
        Some(parts)
    }

    fn take(&mut self, (oid, critical, value): (&[u8], bool, &[u8])) -> Option<()> {
        match oid {
            [0x55, 0x1d, 21] => {
                let reason = Cursor::new(value).take(tag::ENUMERATED)?;
                let number = *reason.content.first().filter(|_| reason.content.len() == 1)?;
                self.entry.reason = RevocationReason::from_number(number)?;
            }
            [0x55, 0x1d, 24] => {
                let suspect = instant(Cursor::new(value).next()?)?;
                self.entry.since = self.entry.since.min(suspect);
            }
            [0x55, 0x1d, 29] => {
                let names = GeneralName::read_all(only(value, tag::SEQUENCE)?)?;
                self.issuer = names.into_iter().find_map(GeneralName::directory);
                self.issuer.as_ref()?;
            }
            _ => self.unknown |= critical,
        }
        Some(())
    }
}

/// OID, critical or not, value.
pub(in crate::chain) fn extension<'b>(items: &mut Cursor<'b>) -> Option<(&'b [u8], bool, &'b [u8])> {
    let mut extension = items.inside(tag::SEQUENCE)?;
    let oid = extension.take(tag::OID)?.content;
    let critical = extension.option(tag::BOOLEAN)?.is_some_and(|critical| critical.content != [0]);
    let value = extension.take(tag::OCTET_STRING)?.content;
    extension.end()?;
    Some((oid, critical, value))
}
