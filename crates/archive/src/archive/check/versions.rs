//! Chains of versions: each version leads to its neighbors and they lead back, and the head is the one that nothing follows.

use boyin_model::id::LicenseId;

use super::{Check, Found};
use crate::act::Event;
use crate::check::FaultKind;
use crate::layout;
use crate::store::Table;
use crate::version::{Links, SuccessionKind};

const TABLE: Table = Table::Version;

impl Check<'_> {
    pub(super) fn version(&mut self, key: &[u8], sealed: &[u8]) {
        let Some(value) = self.unseal(TABLE, key, sealed) else { return };
        if let Some(first) = key.strip_suffix(&[0]) {
            return self.head(key, first, &value);
        }
        let Some(id) = self.well_formed(TABLE, key, layout::parse_license(key)) else { return };
        let Some(links) = self.well_formed(TABLE, key, layout::read_version(&value)) else { return };
        let before = match &links.before {
            Some(before) => self.leads(before, &links.first, |other| other.after.as_ref() == Some(&id)),
            None => links.first == id,
        };
        let after = match &links.after {
            Some(after) => self.leads(after, &links.first, |other| other.before.as_ref() == Some(&id)),
            None => links.before.is_some(),
        };
        let on_file = !matches!(self.is_there(Table::License, &layout::license(&id)), Ok(false));
        if !(before && after && on_file) {
            self.fault(TABLE, key, FaultKind::VersionsDiffer);
        }
        let head = match self.look_up(TABLE, &layout::version_head(&links.first), layout::parse_license) {
            Found::Whole(head) => links.after.is_some() || head == id,
            Found::Absent | Found::Erased => false,
            Found::Damaged => true,
        };
        if !head {
            self.fault(TABLE, key, FaultKind::HeadDiffers);
        }
    }

    fn head(&mut self, key: &[u8], first: &[u8], value: &[u8]) {
        let first = self.well_formed(TABLE, key, layout::parse_license(first));
        let head = self.well_formed(TABLE, key, layout::parse_license(value));
        let (Some(first), Some(head)) = (first, head) else { return };
        if !self.leads(&head, &first, |links| links.after.is_none()) {
            self.fault(TABLE, key, FaultKind::HeadDiffers);
        }
    }

    /// Whether the links of a version of the chain of `first` are as they must be.
    fn leads(&self, id: &LicenseId, first: &LicenseId, right: impl FnOnce(&Links) -> bool) -> bool {
        match self.look_up(TABLE, &layout::version(id), layout::read_version) {
            Found::Whole(links) => links.first == *first && right(&links),
            Found::Absent | Found::Erased => false,
            Found::Damaged => true,
        }
    }

    /// What the event log says of a succession must be in the links.
    pub(super) fn succession(&mut self, event: &Event) {
        let (Some(id), Some(successor)) = (&event.license, &event.successor) else { return };
        if !SuccessionKind::ALL.iter().any(|kind| kind.event() == event.what) {
            return;
        }
        let linked = match self.look_up(TABLE, &layout::version(id), layout::read_version) {
            Found::Whole(links) => links.after.as_ref() == Some(successor),
            Found::Absent | Found::Erased => false,
            Found::Damaged => true,
        };
        if !linked {
            self.fault(TABLE, &layout::version(id), FaultKind::VersionsDiffer);
        }
    }
}
