//! What is known of a license that does not stand in it (GB/T 36906, getCertRemarkInfo).

use boyin_archive::{ArchiveError, EventKind, Grade, LicenseRecord, ReadOf, Reader};
use boyin_model::id::LicenseId;
use boyin_model::status::LicenseStatus;
use boyin_model::time::UnixTime;
use boyin_verify::Report;

use super::{Answer, CertCheck, FileWish, Given, ShareQuery, terms};
use crate::access::Used;
use crate::error::LookupError;
use crate::lookup::{Lookup, read_of};
use crate::webhook::IDENTIFIER;

/// What events name of marks, in the place of fields.
const MARKS: &str = "grade,status,successor";

/// Marks of a license. None of them is personal, and none is somebody's words.
#[derive(Clone, Debug)]
pub struct LicenseMarks {
    /// How it stands; `None` if its issuer keeps the status elsewhere.
    pub status: Option<StatusMark>,
    /// How much it can be relied on.
    pub grade: Grade,
    /// Its verification.
    pub report: Report,
    /// Whether another license took its place.
    pub replaced: bool,
    /// Which one, for whoever is given identifiers of such licenses.
    pub successor: Option<LicenseId>,
}

/// How a license stands, as the event log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusMark {
    /// The status.
    pub status: LicenseStatus,
    /// What led to it: of a revoked license whether it was revoked or canceled, of one that was replaced why.
    pub what: EventKind,
    /// Since when.
    pub since: UnixTime,
    /// Whether it counts as never issued.
    pub retroactive: bool,
}

impl Lookup {
    /// Marks of one license, for whoever may be given fields of it.
    ///
    /// # Errors
    /// As [`share_license`](Self::share_license).
    pub fn share_marks(&self, id: &LicenseId, query: &ShareQuery<'_>, now: UnixTime) -> Answer<LicenseMarks> {
        let query = ShareQuery { file: FileWish::No, ..*query };
        self.of_license(id, &query, now, |given, code| self.marks_of(id, given, code, now))
    }

    fn marks_of(
        &self,
        id: &LicenseId,
        given: &Given<'_>,
        code: Option<&Used>,
        now: UnixTime,
    ) -> Answer<LicenseMarks> {
        let (record, holder) = match self.found(id, given, code, now)? {
            Ok(found) => found,
            Err(fault) => return Ok(Err(fault)),
        };
        let marks = self.marks(&record, given, now)?;
        let told =
            format!("{} marks given; {}{MARKS}", given.query.item, terms(given.query.copy_until, code));
        self.keep(&[read_of(&given.reader, now, ReadOf::Shared { license: id.clone(), told }, holder)])?;
        Ok(Ok(marks))
    }

    fn marks(
        &self,
        record: &LicenseRecord,
        given: &Given<'_>,
        now: UnixTime,
    ) -> Result<LicenseMarks, LookupError> {
        let id = &record.id;
        let (mut status, mut successor) = (None, None);
        if record.slot.is_some()
            && let Some((found, event)) = self.archive.status_at(id, now)?
        {
            status = Some(StatusMark {
                status: found,
                what: event.what,
                since: event.at,
                retroactive: event.retroactive,
            });
            successor = event.successor;
        }
        let versions = self.archive.versions(id)?;
        let place = versions.iter().position(|version| version.id == *id);
        let next = place.and_then(|place| versions.get(place.checked_sub(1)?));
        let successor = successor.or_else(|| next.map(|version| version.id.clone()));
        let named = given.fields.iter().any(|name| name == IDENTIFIER);
        Ok(LicenseMarks {
            status,
            grade: record.grade,
            report: self.verify(&record.credential, now),
            replaced: successor.is_some(),
            successor: successor.filter(|_| named),
        })
    }

    /// Records that a client, `reader`, had a file verified that names a license on file, and what came of it: also of a file that is not
    /// genuine. Whether there is such a license.
    ///
    /// # Errors
    /// [`LookupError`]; [`LookupError::Spool`] if the read could not be recorded: tell nothing.
    pub fn file_checked(
        &self,
        id: &LicenseId,
        reader: &Reader,
        check: CertCheck,
        now: UnixTime,
    ) -> Result<bool, LookupError> {
        let holder = match self.archive.get_with_holder(id) {
            Ok(Some((_, holder))) => holder,
            Ok(None) | Err(ArchiveError::Erased { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let told = format!("file verified, {}", check.code());
        self.keep(&[read_of(reader, now, ReadOf::Shared { license: id.clone(), told }, holder)])?;
        Ok(true)
    }
}
