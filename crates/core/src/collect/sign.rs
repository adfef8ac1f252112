//! Collected records become licenses of our own: through the desk, with the key of the agency whose records they are.

use std::collections::BTreeMap;

use boyin_archive::{
    ArchiveError, CollectedId, CollectedRecord, CollectedRow, CollectedState, Filing, ImportId,
};
use boyin_issue::{DefectFault, Draft, DraftHolder};
use boyin_model::alg::{Randomness, VerifyAlg as _};
use boyin_model::collected::CollectedLicense;
use boyin_model::id::LicenseId;
use boyin_model::time::{Date, UnixTime};
use boyin_suite::ES256;
use boyin_verify::Verdict;
use rayon::prelude::*;

use super::Actor;
use crate::desk::{Desk, Order};
use crate::error::DeskError;

/// Records that are signed at a time. Far more than cores, because each waits for the disk, and those that wait together share a
/// sync.
const SIGNERS: usize = 64;
/// Records that are read at a time.
const PAGE: usize = 2_048;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SigningOutcome {
    /// This license was issued from it.
    Signed(LicenseId),
    /// This license was issued from it before.
    Before(LicenseId),
    /// It stays as it is.
    Refused {
        /// Why: `grade`, `disputed`, `dismissed`, `other_agency`, `unknown_type`, `form`, `verification`, `changed`, or what the
        /// catalog in force says against the type.
        code: &'static str,
        /// More of it; tells nothing personal.
        detail: String,
    },
}

/// A row of an import and what became of its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRow {
    /// Number of the row.
    pub row: u64,
    /// The record.
    pub id: CollectedId,
    /// What became of it.
    pub outcome: SigningOutcome,
}

/// How many records became licenses, and why others did not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SigningCounts {
    /// Licenses issued now.
    pub signed: u64,
    /// Licenses issued before.
    pub before: u64,
    /// Records that stay as they are, by code.
    pub refused: BTreeMap<&'static str, u64>,
}

impl SigningCounts {
    fn add(&mut self, outcome: &SigningOutcome) {
        match outcome {
            SigningOutcome::Signed(_) => self.signed += 1,
            SigningOutcome::Before(_) => self.before += 1,
            SigningOutcome::Refused { code, .. } => *self.refused.entry(code).or_default() += 1,
        }
    }
}

impl Desk {
    /// Issues a license from every record of an import that can be signed, with all cores: as [`issue`](Self::issue) does, with the
    /// grade of the record. Killed at any point it goes on when it is asked again; no record is signed twice. `each` is told of
    /// what is done, in the order of the rows.
    ///
    /// # Errors
    /// [`DeskError`] if it cannot go on: a record that cannot be signed is none.
    pub fn sign_collected<R: Randomness + Clone + Sync>(
        &self,
        import: ImportId,
        actor: &Actor,
        clock: &(dyn Fn() -> UnixTime + Sync),
        random: &R,
        each: &mut dyn FnMut(&[SignedRow]),
    ) -> Result<SigningCounts, DeskError> {
        self.office(actor.office)?;
        // Opened once, and a missing key is found before anything is done.
        self.key(actor.office, clock())?;
        // Without threads of its own it signs with those that everybody shares: slower, but it signs.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(SIGNERS).build().ok();
        let mut counts = SigningCounts::default();
        let mut after: Option<CollectedRow> = None;
        loop {
            let page = self.archive.collected_by_import(import, after.as_ref(), PAGE)?;
            let sign = || -> Result<Vec<SignedRow>, DeskError> {
                let one = |(at, record): &(CollectedRow, CollectedRecord)| {
                    let outcome = self.sign_one(at.id, record, actor, clock(), &mut random.clone())?;
                    Ok(SignedRow { row: at.row, id: at.id, outcome })
                };
                page.rows.par_iter().map(one).collect()
            };
            let rows = match &pool {
                Some(pool) => pool.install(sign)?,
                None => sign()?,
            };
            rows.iter().for_each(|row| counts.add(&row.outcome));
            each(&rows);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(counts),
            }
        }
    }

    fn sign_one(
        &self,
        id: CollectedId,
        record: &CollectedRecord,
        actor: &Actor,
        at: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<SigningOutcome, DeskError> {
        if let Some(license) = &record.issued {
            return Ok(SigningOutcome::Before(license.clone()));
        }
        if let Some(code) = unsignable(record, actor) {
            return Ok(SigningOutcome::Refused { code, detail: String::new() });
        }
        match self.issue_collected(id, record, actor, at, random) {
            Ok(license) => Ok(SigningOutcome::Signed(license)),
            Err(error) => refusal(error),
        }
    }

    fn issue_collected(
        &self,
        id: CollectedId,
        record: &CollectedRecord,
        actor: &Actor,
        at: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<LicenseId, DeskError> {
        let office = self.office(actor.office)?;
        let draft = draft_of(&record.license);
        let key = format!("collected {id}");
        let act = actor.act(at, &key, ES256.digest(&[key.as_bytes()]))?;
        let (license, act) = self.check_form(&draft, office, act)?;
        let order = Order {
            who: actor.who.clone(),
            office: actor.office,
            purpose: actor.purpose.clone(),
            idempotency_key: key,
            at,
        };
        let file = |filing: &Filing| self.archive.file_collected(&act, filing, id);
        let (outcome, _) = self.issue_checked(&license, record.grade, &order, random, &file)?;
        Ok(outcome.license.ok_or(ArchiveError::NotFound)?)
    }
}

/// What keeps a record from being signed before anything is looked at.
fn unsignable(record: &CollectedRecord, actor: &Actor) -> Option<&'static str> {
    match record.state {
        CollectedState::Disputed => Some("disputed"),
        CollectedState::Dismissed => Some("dismissed"),
        CollectedState::Kept if !record.grade.may_exempt() => Some("grade"),
        CollectedState::Kept if record.agency != actor.office => Some("other_agency"),
        CollectedState::Kept => None,
    }
}

/// What is wrong with the record is told; what is wrong with the desk ends the run.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a new error of the desk ends the run until it is known to be the record's"
)]
fn refusal(error: DeskError) -> Result<SigningOutcome, DeskError> {
    let (code, detail) = match error {
        DeskError::Defects(defects) => {
            let unknown = defects.iter().any(|defect| defect.fault == DefectFault::UnknownType);
            let words: Vec<_> = defects.iter().map(ToString::to_string).collect();
            (if unknown { "unknown_type" } else { "form" }, words.join("; "))
        }
        DeskError::SelfCheck(report) => {
            let detail = match report.verdict() {
                Verdict::Failed(reason) | Verdict::Indeterminate(reason) => reason.code(),
                Verdict::Passed => "passed",
            };
            ("verification", detail.to_owned())
        }
        DeskError::Catalog(refusal) => (refusal.code(), refusal.to_string()),
        DeskError::Archive(ArchiveError::NotSignable) => ("changed", String::new()),
        other => return Err(other),
    };
    Ok(SigningOutcome::Refused { code, detail })
}

/// The record as a form.
fn draft_of(license: &CollectedLicense) -> Draft {
    Draft {
        license_type: license.license_type.as_str().to_owned(),
        license_number: license.license_number.clone(),
        holder: DraftHolder {
            code_type: license.holder.code_type().code().to_owned(),
            code: license.holder.as_str().to_owned(),
            name: license.holder_name.clone(),
        },
        division: license.division.as_str().to_owned(),
        issue_date: license.issue_date.to_string(),
        valid_from: license.valid_from.as_ref().map(Date::to_string),
        valid_until: license.valid_until.as_ref().map(Date::to_string),
        fields: license.fields.clone(),
    }
}
