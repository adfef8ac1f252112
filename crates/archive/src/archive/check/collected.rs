//! What holds of collected records: each is among those of its holder, and no index names one that is not there.

use super::{Check, FaultKind};
use crate::layout;
use crate::store::Table;

impl Check<'_> {
    pub(super) fn collected(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::Collected;
        let Some(value) = self.unseal(table, key, sealed) else { return };
        // Of an erased one there is nothing to compare.
        if layout::read_erased(&value).is_ok() {
            return;
        }
        let Some(record) = self.well_formed(table, key, layout::read_collected(&value)) else { return };
        let holder = self.archive.vault.holder_key(&record.license.holder);
        let place = [holder.0.as_slice(), key].concat();
        if matches!(self.is_there(Table::CollectedByHolder, &place), Ok(false)) {
            self.fault(table, key, FaultKind::CollectedNotIndexed);
        }
    }

    pub(super) fn collected_index(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.empty(table, key, value);
        let Some(id) = self.well_formed(table, key, layout::collected_at_end(key)) else { return };
        if matches!(self.is_there(Table::Collected, &id.0), Ok(false)) {
            self.fault(table, key, FaultKind::CollectedDangling);
        }
    }

    pub(super) fn import_job(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::ImportJob;
        let Some(value) = self.unseal(table, key, sealed) else { return };
        let _ = self.well_formed(table, key, layout::read_import_job(&value));
    }
}
