//! New versions of licenses: renewed (延续), changed (变更), issued again (补证). The new version is made from what the old one
//! says, once the old one was verified again.

use std::collections::BTreeMap;

use boyin_archive::{Act, ArchiveError, Change, Grade, Succession, SuccessionKind};
use boyin_issue::{Draft, License};
use boyin_model::alg::{Digest32, Randomness, VerifyAlg as _};
use boyin_model::credential::{Envelope, FieldValue, LicenseClaims};
use boyin_model::id::LicenseId;
use boyin_model::json::{self, Reader};
use boyin_model::status::LicenseStatus;
use boyin_model::time::Date;
use boyin_suite::{Algorithm, ES256};
use boyin_verify::{Outcome, Reason, Report};
use serde::Serialize;

use crate::desk::{DRAWS, Desk, Order, Receipt, act, algorithm_of, filing};
use crate::error::DeskError;

/// What the next version of a license has that the current one has not.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NextVersion {
    /// Another validity (延续).
    Renewal {
        /// First valid day, not after the day of the act; that day unless given.
        valid_from: Option<Date>,
        /// Last valid day, later than before; `None` for long-term.
        valid_until: Option<Date>,
    },
    /// Other content (变更); dates of validity stay.
    Change {
        /// Fields of the license type with their new values; `None` takes a field out.
        fields: BTreeMap<String, Option<FieldValue>>,
        /// The holder's new name. The holder stays the same.
        holder_name: Option<String>,
    },
    /// Nothing (补证).
    Reissue,
}

impl NextVersion {
    /// Which kind of succession it is.
    #[must_use]
    pub fn kind(&self) -> SuccessionKind {
        match self {
            Self::Renewal { .. } => SuccessionKind::Renewal,
            Self::Change { .. } => SuccessionKind::Change,
            Self::Reissue => SuccessionKind::Reissue,
        }
    }
}

/// Shows the kind only: names and fields may be personal.
impl std::fmt::Debug for NextVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NextVersion({:?}, ..)", self.kind())
    }
}

/// Why no next version was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SuccessionFault {
    /// It is expired, and what was asked for is not to be had then.
    #[error(
        "the license is expired: only a type with `renew_expired` in the catalog is renewed after its end, and nothing else is done to it"
    )]
    Expired,
    /// It has no end.
    #[error("the license is long-term: there is nothing to renew")]
    LongTerm,
    /// The new end is not later than the old one.
    #[error("a renewed license ends later than before")]
    NotLater,
    /// The holder would be without a license until then.
    #[error("a renewed license is in force at once: its first day is not after the day of the act")]
    Gap,
    /// The change asked for is none.
    #[error("nothing is changed: name a field or the holder's name, with another value than now")]
    Nothing,
    /// The current version does not pass its verification.
    #[error("the license on file does not pass its verification ({0}): nothing is made from it")]
    Unsound(Reason),
    /// The current version was not issued here in full.
    #[error("the license on file lacks disclosures: nothing can be made from it")]
    Undisclosed,
    /// The identifier has no further version.
    #[error("the identifier has no version after 999: issue a new license and supersede this one by it")]
    LastVersion,
}

impl SuccessionFault {
    /// Stable code for callers.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "succession_expired",
            Self::LongTerm => "succession_long_term",
            Self::NotLater => "succession_not_later",
            Self::Gap => "succession_gap",
            Self::Nothing => "succession_nothing",
            Self::Unsound(_) => "succession_unsound",
            Self::Undisclosed => "succession_undisclosed",
            Self::LastVersion => "succession_last_version",
        }
    }
}

/// A next version that is asked for.
#[derive(Clone, Debug)]
pub struct NextVersionOrder<'o> {
    /// The current version.
    pub of: &'o LicenseId,
    /// What is to be other.
    pub next: &'o NextVersion,
    /// Why; goes into the event log.
    pub reason: &'o str,
    /// The clause of the law that it rests on (法律依据).
    pub basis: Option<&'o str>,
}

impl Desk {
    /// Issues the next version of a license: it takes the place of the current one, which is superseded in the same act, and the
    /// office's status list is published.
    ///
    /// The same order again gives the first result back.
    ///
    /// # Errors
    /// [`DeskError::ForeignLicense`] if another office issued it; [`ArchiveError::NotHead`] within, with the current version, if it
    /// is not that; [`ArchiveError::IllegalTransition`] within unless it is in force: a suspended license has to be restored
    /// first; [`DeskError::Succession`]; [`DeskError::NotPublished`] if all is filed but no list shows it yet; and as
    /// [`issue`](Self::issue).
    pub fn issue_next(
        &self,
        asked: &NextVersionOrder<'_>,
        order: &Order,
        random: &mut dyn Randomness,
    ) -> Result<Receipt, DeskError> {
        self.office(order.office)?;
        let NextVersionOrder { of, next, reason, basis } = asked;
        if of.issuer() != order.office {
            return Err(DeskError::ForeignLicense(of.issuer()));
        }
        let act = act(order, request_digest(asked))?;
        if let Some(done) = self.archive.recall(&act)? {
            return self.receipt(&done);
        }
        let (license, grade, act) = self.next_content(of, next, order, act)?;
        let new = of.next_version().map_err(|_| SuccessionFault::LastVersion)?;
        let succession = Succession {
            of: (*of).clone(),
            kind: next.kind(),
            reason: (*reason).to_owned(),
            basis: basis.map(str::to_owned),
        };
        for _ in 0..DRAWS {
            let assignment = self.assignment(new.clone(), order, random)?;
            let credential = self.sign_and_check(&license, &assignment, order, random)?;
            let filing = filing(&license, &assignment, credential, grade, order.at);
            let outcome = match self.archive.succeed(&act, &filing, &succession) {
                // Somebody else drew the same place: draw again.
                Err(ArchiveError::SlotTaken { .. }) => continue,
                other => other?,
            };
            let event = outcome.event;
            let receipt = self.receipt(&outcome)?;
            return match self.publish_changes(order.office, order.at) {
                Ok(()) => Ok(receipt),
                Err(source) => Err(DeskError::NotPublished { event, source: Box::new(source) }),
            };
        }
        Err(DeskError::StatusListFull)
    }

    /// What the next version says, checked against the catalog in force, its grade, which is that of the current one, and the
    /// act that names that catalog.
    fn next_content(
        &self,
        of: &LicenseId,
        next: &NextVersion,
        order: &Order,
        act: Act,
    ) -> Result<(License, Grade, Act), DeskError> {
        let record = self.archive.get(of)?.ok_or(ArchiveError::NotFound)?;
        let head = self.archive.head_of(of)?;
        if head != *of {
            return Err(ArchiveError::NotHead { head: Box::new(head) }.into());
        }
        match self.archive.status_of(of)? {
            Some(LicenseStatus::Valid) => {}
            Some(from) => {
                let to = Change::Supersede.to();
                return Err(ArchiveError::IllegalTransition { from, to }.into());
            }
            None => return Err(ArchiveError::NoSlot.into()),
        }
        let report = self.check(&record.credential, order.at);
        let in_force = self.catalog_at(order.at)?;
        let license_type = in_force.catalog.get(of.license_type());
        let may_be_expired = license_type.is_some_and(|license_type| license_type.renew_expired)
            && next.kind() == SuccessionKind::Renewal;
        sound(&report, may_be_expired)?;
        let claims = claims_of(&record.credential).ok_or(SuccessionFault::Undisclosed)?;
        let draft = edited(&claims, next, order.at.date())?;
        let office = self.office(order.office)?;
        let (license, act) = self.check_form(&draft, office, act)?;
        Ok((license, record.grade, act))
    }
}

/// Refuses an old version that is not what it should be. One for later days is.
fn sound(report: &Report, may_be_expired: bool) -> Result<(), SuccessionFault> {
    let fault = report.checks().find_map(|(_, outcome)| match outcome {
        Outcome::Passed | Outcome::NotPassed(Reason::NotYetValid, _) => None,
        Outcome::NotPassed(Reason::Expired, _) if may_be_expired => None,
        Outcome::NotPassed(Reason::Expired, _) => Some(SuccessionFault::Expired),
        Outcome::NotPassed(reason, _) => Some(SuccessionFault::Unsound(reason)),
        // After a check that was not passed.
        Outcome::Skipped => Some(SuccessionFault::Unsound(Reason::Malformed)),
    });
    fault.map_or(Ok(()), Err)
}

/// The claims of a license of ours whose signature was verified.
fn claims_of(credential: &[u8]) -> Option<LicenseClaims> {
    let envelope = Envelope::open(credential, Reader::Ours).ok()?;
    let credential = envelope.read().ok()?;
    let algorithm: Algorithm = algorithm_of(&credential.header.alg).ok()?;
    let revealed = credential.reveal(algorithm.verifier()).ok()?;
    LicenseClaims::read(&revealed).ok()
}

/// The form of the next version.
fn edited(claims: &LicenseClaims, next: &NextVersion, today: Date) -> Result<Draft, SuccessionFault> {
    let mut draft = Draft::of(claims).ok_or(SuccessionFault::Undisclosed)?;
    match next {
        NextVersion::Renewal { valid_from, valid_until } => {
            let until_now = claims.valid_until.ok_or(SuccessionFault::LongTerm)?;
            if valid_until.is_some_and(|until| until <= until_now) {
                return Err(SuccessionFault::NotLater);
            }
            let first = valid_from.unwrap_or(today);
            if first > today {
                return Err(SuccessionFault::Gap);
            }
            draft.valid_from = Some(first.to_string());
            draft.valid_until = valid_until.map(|until| until.to_string());
            draft.issue_date = today.to_string();
        }
        NextVersion::Change { fields, holder_name } => {
            let before = (draft.fields.clone(), draft.holder.name.clone());
            for (name, value) in fields {
                match value {
                    Some(value) => draft.fields.insert(name.clone(), value.clone()),
                    None => draft.fields.remove(name),
                };
            }
            draft.holder.name = holder_name.clone().unwrap_or(draft.holder.name);
            if before == (draft.fields.clone(), draft.holder.name.clone()) {
                return Err(SuccessionFault::Nothing);
            }
            draft.issue_date = today.to_string();
        }
        NextVersion::Reissue => {}
    }
    Ok(draft)
}

#[derive(Serialize)]
struct Request<'r> {
    of: &'r str,
    next: &'r NextVersion,
    reason: &'r str,
    basis: Option<&'r str>,
}

fn request_digest(asked: &NextVersionOrder<'_>) -> Digest32 {
    let NextVersionOrder { of, next, reason, basis } = asked;
    let request = Request { of: of.as_str(), next, reason, basis: *basis };
    ES256.digest(&[b"next version\0", &json::canonical(&request)])
}
