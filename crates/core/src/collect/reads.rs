//! Collected records and imports on the reading side.

use boyin_archive::{
    ArchiveError, CollectedId, CollectedPage, CollectedRecord, CollectedRow, CollectedRows, ImportId,
    ImportJob, ReadOf, Reader,
};
use boyin_model::id::{HolderCode, LicenseId};
use boyin_model::time::UnixTime;

use super::Reconciliation;
use crate::error::LookupError;
use crate::lookup::{Lookup, read_of};

impl Lookup {
    /// All imports, by name.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn imports(&self) -> Result<Vec<ImportJob>, LookupError> {
        Ok(self.archive.import_jobs()?)
    }

    /// Every source with what became of its rows.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn reconcile(&self) -> Result<Vec<Reconciliation>, LookupError> {
        Ok(Reconciliation::of(&self.archive.import_jobs()?))
    }

    /// The rows of an import, for whoever shows nothing personal of them.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn import_rows(
        &self,
        import: ImportId,
        after: Option<&CollectedRow>,
        limit: usize,
    ) -> Result<CollectedRows, LookupError> {
        Ok(self.archive.collected_by_import(import, after, limit)?)
    }

    /// One collected record and those that it is in dispute with, for somebody who says what for: a read of its holder's file.
    ///
    /// # Errors
    /// [`LookupError`]; [`ArchiveError::Erased`] within.
    pub fn collected(
        &self,
        id: CollectedId,
        reader: &Reader,
        now: UnixTime,
    ) -> Result<Vec<(CollectedId, CollectedRecord)>, LookupError> {
        let record = self.archive.collected(id)?.ok_or(ArchiveError::CollectedNotFound)?;
        let mut found = vec![(id, record)];
        found.extend(self.archive.contradicting(id)?);
        let read = |(_, record): &(CollectedId, CollectedRecord)| {
            let holder = self.archive.holder_key(&record.license.holder);
            read_of(reader, now, ReadOf::Holder(1), holder)
        };
        self.keep(&found.iter().map(read).collect::<Vec<_>>())?;
        Ok(found)
    }

    /// The collected record that a license was issued from, if it was.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn collected_of(&self, license: &LicenseId) -> Result<Option<CollectedId>, LookupError> {
        Ok(self.archive.collected_of(license)?)
    }

    /// What was collected of a holder after `after`: what did not fit the first part of the holder's file.
    ///
    /// # Errors
    /// As [`holder`](Self::holder).
    pub fn holder_collected(
        &self,
        holder: &HolderCode,
        reader: &Reader,
        after: CollectedId,
        now: UnixTime,
    ) -> Result<CollectedPage, LookupError> {
        let page = self.archive.collected_by_holder(holder, Some(after))?;
        let of = ReadOf::Holder(page.records.len());
        self.keep(&[read_of(reader, now, of, self.archive.holder_key(holder))])?;
        Ok(page)
    }
}
