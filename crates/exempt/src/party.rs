use std::fmt;

use boyin_model::collected::{CollectedLicense, Grade};
use boyin_model::id::{HolderCode, LicenseId, LicenseTypeCode};
use boyin_verify::{Note, Report, UnixTime, Verified};

/// A holder in a matter, with the file.
#[derive(Clone)]
pub struct Party {
    /// Who.
    pub holder: HolderCode,
    /// The name. A license that says another one does not count, and no field is held against a name that no license of
    /// this file confirms.
    pub name: String,
    /// What is on file of this holder, in any order; only entries of license types that the matter names are looked at.
    pub file: Vec<Entry>,
}

/// Shows how much is on file: the rest is personal.
impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Party({} entries, ..)", self.file.len())
    }
}

/// One entry of a holder's file.
#[derive(Clone)]
pub struct Entry(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    /// A license that passed every check.
    Proven(Grade, Box<Verified>),
    /// A license that did not.
    NotProven(Grade, Box<Report>),
    /// A record that is not signed by its issuer.
    Collected(Box<CollectedEntry>),
}

/// A record collected from another system, not signed (归集数据).
#[derive(Clone)]
pub struct CollectedEntry {
    /// Its name in the archive; public, at most [`MAX_RECORD_ID_CHARS`](crate::limits::MAX_RECORD_ID_CHARS) characters.
    pub id: String,
    /// What it says.
    pub license: CollectedLicense,
    /// How far it can be relied on.
    pub grade: Grade,
    /// How it stands to other records.
    pub standing: CollectedStanding,
    /// The license that was issued from it, if it was signed again: then the license is what counts, and the record is not.
    pub issued: Option<LicenseId>,
}

/// How a collected record stands to the others of its number and holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectedStanding {
    /// Nothing contradicts it, or it was decided for.
    Kept,
    /// Another record says something else.
    Disputed,
    /// It was decided against.
    Dismissed,
}

impl Entry {
    /// A signed license as it was verified. It counts only if every check passed with fresh lists: a verdict that a policy
    /// let stand does not exempt.
    #[must_use]
    pub fn signed(grade: Grade, report: Report) -> Self {
        if stale(&report).is_some() {
            return Self(Kind::NotProven(grade, Box::new(report)));
        }
        Self(match report.into_verified() {
            Ok(verified) => Kind::Proven(grade, Box::new(verified)),
            Err(report) => Kind::NotProven(grade, report),
        })
    }

    /// A collected record.
    #[must_use]
    pub fn collected(record: CollectedEntry) -> Self {
        Self(Kind::Collected(Box::new(record)))
    }

    /// Its license type; `None` if what is on file does not even say that.
    pub(crate) fn license_type(&self) -> Option<LicenseTypeCode> {
        match &self.0 {
            Kind::Proven(_, verified) => Some(verified.claims().license_type()),
            Kind::NotProven(_, report) => report.subject().license_id.as_ref().map(|id| id.license_type()),
            Kind::Collected(record) => Some(record.license.license_type),
        }
    }

    /// The instant for which it was verified.
    pub(crate) fn verified_at(&self) -> Option<UnixTime> {
        match &self.0 {
            Kind::Proven(_, verified) => Some(verified.at()),
            Kind::NotProven(_, report) => Some(report.at()),
            Kind::Collected(_) => None,
        }
    }

    pub(crate) fn grade(&self) -> Grade {
        match &self.0 {
            Kind::Proven(grade, _) | Kind::NotProven(grade, _) => *grade,
            Kind::Collected(record) => record.grade,
        }
    }
}

/// What the verifier would say, had the policy not accepted a list that is past its time.
pub(crate) fn stale(report: &Report) -> Option<boyin_verify::Reason> {
    report.notes().iter().find_map(|note| match note {
        Note::NotCanonical => None,
        Note::StaleTrustAccepted => Some(boyin_verify::Reason::TrustListStale),
        Note::StaleStatusAccepted => Some(boyin_verify::Reason::StatusListStale),
    })
}

/// Shows the grade only.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}, ..)", self.grade())
    }
}

/// Shows grade and standing only: the rest is personal.
impl fmt::Debug for CollectedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CollectedEntry({}, {:?}, ..)", self.grade, self.standing)
    }
}
