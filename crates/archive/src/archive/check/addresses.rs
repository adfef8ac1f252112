//! Addresses of licenses, and the index of them.

use super::Check;
use crate::check::FaultKind;
use crate::error::ArchiveError;
use crate::layout::{self, Malformed};
use crate::store::Table;

const TABLE: Table = Table::LicenseAddress;

impl Check<'_> {
    pub(super) fn license_address(&mut self, key: &[u8], sealed: &[u8]) {
        let parsed = layout::parse_license(key.split(|byte| *byte == 0).next().unwrap_or_default());
        let parsed = parsed.and_then(|id| {
            let digest = layout::address_at_end(key)?;
            let canonical = layout::license_address(&id, &digest) == key;
            canonical.then_some((id, digest)).ok_or(Malformed)
        });
        let Some((id, digest)) = self.well_formed(TABLE, key, parsed) else { return };
        if matches!(self.is_there(Table::RecordKey, &layout::license(&id)), Ok(false))
            && matches!(self.license_of(&id), super::Found::Absent | super::Found::Erased)
        {
            return self.fault(TABLE, key, FaultKind::AddressDangling);
        }
        if let Err(ArchiveError::Damaged(_)) = self.archive.address_in(&id, key, sealed) {
            return self.fault(TABLE, key, FaultKind::Unsealed);
        }
        let index = layout::license_by_address(&digest, &id);
        if matches!(self.is_there(Table::LicenseByAddress, &index), Ok(false)) {
            self.fault(TABLE, key, FaultKind::AddressNotIndexed);
        }
    }

    pub(super) fn license_by_address(&mut self, key: &[u8], value: &[u8]) {
        let table = Table::LicenseByAddress;
        self.empty(table, key, value);
        let parsed = key.first_chunk().ok_or(Malformed);
        let parsed = parsed.and_then(|digest| Ok((*digest, layout::license_of_address_key(key)?)));
        let Some((digest, id)) = self.well_formed(table, key, parsed) else { return };
        if matches!(self.is_there(TABLE, &layout::license_address(&id, &digest)), Ok(false)) {
            self.fault(table, key, FaultKind::AddressDangling);
        }
    }
}
