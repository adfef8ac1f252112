//! The whole archive, entry by entry: each is read, unsealed and held against those it belongs with.

mod addresses;
mod collected;
mod decisions;
mod events;
mod licenses;
mod mass;
mod seals;
mod versions;

use boyin_model::alg::Digest32;
use boyin_model::id::LicenseId;
use boyin_model::register::SealId;
use zeroize::Zeroizing;

use super::Archive;
use crate::check::{CheckProgress, CheckReport, Fault, FaultKind};
use crate::error::ArchiveError;
use crate::layout::{self, Malformed};
use crate::record::LicenseRecord;
use crate::store::{Entry, StoreError, Table};
use crate::vault::HolderKey;

/// Entries read at a time.
const PAGE: usize = 1000;

impl Archive {
    /// Reads and unseals every entry and compares what belongs together: license, holder's file, status, events,
    /// idempotency records, seals. The engine compares the checksum of each block of its files.
    ///
    /// Nothing may write meanwhile: give it a [snapshot](Archive::snapshot), which stands still while the archive is in
    /// use. Memory is one bit for each event.
    ///
    /// # Errors
    /// [`ArchiveError::Store`] if the store cannot be read at all. What is damaged is in the report.
    pub fn check(&self, progress: &mut dyn FnMut(CheckProgress)) -> Result<CheckReport, ArchiveError> {
        let tables = Table::ALL.into_iter().filter(|table| self.has(*table));
        let mut total = 0;
        for table in tables.clone() {
            total += self.store.len_estimate(table)?;
        }
        let mut check = Check {
            archive: self,
            report: CheckReport::default(),
            outcomes: Bits::default(),
            before: Some([0; 32]),
        };
        for table in tables {
            let mut after = None;
            while let Some(page) = check.page(table, &mut after) {
                for (key, value) in &page {
                    check.entry(table, key, value);
                }
                progress(CheckProgress { table, done: check.report.entries, total });
            }
        }
        check.events_have_outcomes();
        Ok(check.report)
    }

    /// An archive of an older version that is only followed has not all tables.
    fn has(&self, table: Table) -> bool {
        table.since() <= self.format
    }
}

struct Check<'a> {
    archive: &'a Archive,
    report: CheckReport,
    /// Events that an idempotency record leads to.
    outcomes: Bits,
    /// Hash of the event before, where it is known.
    before: Option<Digest32>,
}

/// What is under a key that another entry leads to.
enum Found<T> {
    Whole(T),
    Absent,
    /// It was erased: only its identifier is left.
    Erased,
    /// It cannot be read; the check of its own table says so.
    Damaged,
}

impl Check<'_> {
    /// The next entries; `None` after the last. Where the store cannot be read, that is noted and passed over.
    fn page(&mut self, table: Table, after: &mut Option<Vec<u8>>) -> Option<Vec<Entry>> {
        loop {
            let store = &self.archive.store;
            let page = match store.scan(table, &[], after.as_deref(), PAGE) {
                // Up to the damage each entry can be read alone.
                Err(_) => store.scan(table, &[], after.as_deref(), 1),
                page => page,
            };
            match page {
                Ok(page) => {
                    *after = Some(page.last()?.0.clone());
                    return Some(page);
                }
                Err(_) => {
                    let from = after.clone().unwrap_or_default();
                    self.fault(table, &from, FaultKind::Unreadable);
                    *after = Some(self.archive.store.beyond_damage(table, &from)?);
                }
            }
        }
    }

    fn entry(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.report.entries += 1;
        match table {
            Table::Meta => self.meta(key, value),
            Table::License => self.license(key, value),
            Table::ByHolder => self.by_holder(key, value),
            Table::Status => self.status(key, value),
            Table::StatusList => self.status_list(key, value),
            Table::Event => self.event(key, value),
            Table::EventByLicense => self.event_by_license(key, value),
            Table::Idempotency => self.idempotency(key, value),
            Table::Seal => self.seal(key, value),
            Table::SealVersion => self.seal_version(key, value),
            Table::EventBySeal => self.event_by_seal(key, value),
            Table::DataKey => self.data_key(key, value),
            Table::RecordKey => self.record_key(key, value),
            Table::EventByHolder => self.event_by_holder(key, value),
            Table::ReadSpool => self.read_spool(key, value),
            Table::Collected => self.collected(key, value),
            Table::CollectedByHolder | Table::CollectedByKey | Table::CollectedByImport => {
                self.collected_index(table, key, value);
            }
            Table::ImportJob => self.import_job(key, value),
            Table::Version => self.version(key, value),
            Table::MassChange => self.mass_change(key, value),
            Table::LicenseAddress => self.license_address(key, value),
            Table::LicenseByAddress => self.license_by_address(key, value),
            Table::Decision => self.decision(key, value),
            Table::DecisionInput => self.decision_input(key, value),
            Table::DecisionByHolder => self.decision_by_holder(key, value),
        }
    }

    fn fault(&mut self, table: Table, key: &[u8], kind: FaultKind) {
        self.report.add(Fault::new(table, key, kind));
    }

    /// Unseals a value; one that cannot be is a fault.
    fn unseal(&mut self, table: Table, key: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let value = self.archive.unseal(table, key, sealed);
        if value.is_err() {
            self.fault(table, key, FaultKind::Unsealed);
        }
        value.ok()
    }

    /// What a layout function read; what it refused is a fault.
    fn well_formed<T>(&mut self, table: Table, key: &[u8], read: Result<T, Malformed>) -> Option<T> {
        if read.is_err() {
            self.fault(table, key, FaultKind::Malformed);
        }
        read.ok()
    }

    /// Values of indexes are empty.
    fn empty(&mut self, table: Table, key: &[u8], value: &[u8]) {
        if !value.is_empty() {
            self.fault(table, key, FaultKind::Malformed);
        }
    }

    fn meta(&mut self, key: &[u8], value: &[u8]) {
        let table = Table::Meta;
        let division = key.strip_prefix(layout::META_SEAL_NUMBER);
        if let Some(division) = division {
            return self.seal_number(key, division, value);
        }
        let marks = key.strip_prefix(layout::META_UNPUBLISHED).is_some_and(|list| !list.is_empty());
        let allowed = match key {
            layout::META_FORMAT => value.len() == 4,
            layout::META_CHECK => value.len() == 32,
            layout::META_HEARTBEAT => value == [1],
            // The archive was opened with them.
            layout::META_CREATED | layout::META_CHAIN => true,
            layout::META_RESEAL => layout::read_reseal(value).is_ok(),
            _ => marks && value.len() == 32,
        };
        if !allowed {
            self.fault(table, key, FaultKind::Malformed);
        }
    }

    /// A license that another entry leads to.
    fn license_of(&self, id: &LicenseId) -> Found<(LicenseRecord, HolderKey)> {
        match self.archive.license_as_stored(id) {
            Ok(Some(found)) => Found::Whole(found),
            Ok(None) => Found::Absent,
            Err(ArchiveError::Erased { .. }) => Found::Erased,
            Err(_) => Found::Damaged,
        }
    }

    fn data_key(&mut self, key: &[u8], value: &[u8]) {
        let table = Table::DataKey;
        let Some(id) = self.well_formed(table, key, layout::id_of_data_key(key)) else { return };
        if self.archive.vault.unwrap(id, value).is_none() {
            self.fault(table, key, FaultKind::Unsealed);
        }
    }

    fn record_key(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::RecordKey;
        let Some(value) = self.unseal(table, key, sealed) else { return };
        if self.well_formed(table, key, layout::record_key_in(&value)).is_none() {
            return;
        }
        if matches!(self.is_there(Table::License, key), Ok(false)) {
            self.fault(table, key, FaultKind::RecordKeyDangling);
        }
    }

    fn read_spool(&mut self, key: &[u8], sealed: &[u8]) {
        let table = Table::ReadSpool;
        let Some(value) = self.unseal(table, key, sealed) else { return };
        let _ = self.well_formed(table, key, layout::read_spool_place(&value));
    }

    /// Reads an entry that another one leads to.
    fn look_up<T>(
        &self,
        table: Table,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T, Malformed>,
    ) -> Found<T> {
        match self.archive.read(table, key) {
            Ok(Some(value)) => read(&value).map_or(Found::Damaged, Found::Whole),
            Ok(None) => Found::Absent,
            Err(_) => Found::Damaged,
        }
    }

    /// Whether a key is there, as far as can be told.
    fn is_there(&self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.archive.store.get(table, key)?.is_some())
    }
}

/// One bit for each number.
#[derive(Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn place(number: u64) -> Option<(usize, u64)> {
        Some((usize::try_from(number / 64).ok()?, 1 << (number % 64)))
    }

    /// Sets the bit and tells whether it was set before.
    fn set(&mut self, number: u64) -> bool {
        let Some((word, bit)) = Self::place(number) else { return false };
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let before = self.0.get(word).is_some_and(|bits| bits & bit != 0);
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= bit;
        }
        before
    }

    fn has(&self, number: u64) -> bool {
        let found = Self::place(number).and_then(|(word, bit)| self.0.get(word).map(|bits| bits & bit));
        found.is_some_and(|bits| bits != 0)
    }
}

/// The seal at the beginning of a key: 14 digits.
fn seal_of_key(key: &[u8]) -> Result<(SealId, &[u8]), Malformed> {
    let (seal, rest) = key.split_at_checked(14).ok_or(Malformed)?;
    Ok((layout::parse_seal(seal)?, rest))
}
