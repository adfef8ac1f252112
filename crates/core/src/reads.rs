use boyin_archive::{Cursor, LicenseRecord, Page, ReadOf, Reader};
use boyin_model::id::{HolderCode, LicenseId};
use boyin_model::time::UnixTime;
use boyin_verify::Verifier;
use boyin_verify::seal::Document;

use crate::error::LookupError;
use crate::lookup::{Found, HolderPage, Lookup, read_of};
use crate::registry::Checked;

/// The reads of a [`Lookup`] under one policy; see [`Lookup::under`].
#[derive(Debug)]
pub struct Reads<'l> {
    pub(crate) lookup: &'l Lookup,
    pub(crate) verifier: Verifier,
}

impl Reads<'_> {
    /// Verifies what somebody presents; see [`Lookup::verify_any`]. Seals have profiles, not policies.
    pub fn verify_any(&self, bytes: &[u8], document: Document<'_>, now: UnixTime) -> Checked {
        self.lookup.registry().check_any(&self.verifier, bytes, document, now)
    }

    /// One license, verified, for somebody who says what for; see [`Lookup::license`].
    ///
    /// # Errors
    /// [`LookupError`]; [`LookupError::Spool`] if the read could not be recorded.
    pub fn license(
        &self,
        id: &LicenseId,
        reader: &Reader,
        now: UnixTime,
    ) -> Result<Option<Found>, LookupError> {
        let Some((record, holder)) = self.lookup.archive.get_with_holder(id)? else { return Ok(None) };
        // Verified while the disk is at work.
        let keeping =
            self.lookup.begin_to_keep(&[read_of(reader, now, ReadOf::License(id.clone()), holder)])?;
        let report = self.lookup.registry().check(&self.verifier, &record.credential, now);
        keeping.kept()?;
        Ok(Some(Found { report, record }))
    }

    /// A part of one holder's file; see [`Lookup::holder`].
    ///
    /// # Errors
    /// As [`Self::license`].
    pub fn holder(
        &self,
        holder: &HolderCode,
        reader: &Reader,
        cursor: Option<&Cursor>,
        limit: usize,
        now: UnixTime,
    ) -> Result<HolderPage, LookupError> {
        let archive = &self.lookup.archive;
        let page = archive.list_by_holder(holder, cursor, limit)?;
        let (collected, collected_next) = if cursor.is_none() {
            let collected = archive.collected_by_holder(holder, None)?;
            (collected.records, collected.next)
        } else {
            (Vec::new(), None)
        };
        let of = ReadOf::Holder(page.items.len() + collected.len());
        let keeping = self.lookup.begin_to_keep(&[read_of(reader, now, of, archive.holder_key(holder))])?;
        let page = HolderPage { collected, collected_next, ..self.page(page, now) };
        keeping.kept()?;
        Ok(page)
    }

    pub(crate) fn page(&self, page: Page<LicenseRecord>, now: UnixTime) -> HolderPage {
        let credentials: Vec<_> = page.items.iter().map(|record| record.credential.as_slice()).collect();
        let reports = self.lookup.registry().check_bulk(&self.verifier, &credentials, now);
        let found = page.items.into_iter().zip(reports);
        HolderPage {
            licenses: found.map(|(record, report)| Found { record, report }).collect(),
            next: page.next,
            collected: Vec::new(),
            collected_next: None,
        }
    }
}
