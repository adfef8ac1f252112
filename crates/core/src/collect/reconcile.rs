//! What became of the rows of a source, against what it says it has (对账).

use std::collections::BTreeMap;

use boyin_archive::ImportJob;
use boyin_model::id::{CreditCode, LicenseTypeCode};
use boyin_model::time::UnixTime;

/// A source and its rows: `rows = accepted + already + rejected`, each counted once. A corrected row is counted as what it
/// became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// Name of the source.
    pub source: String,
    /// The agency that keeps it.
    pub agency: CreditCode,
    /// License type of its records.
    pub license_type: LicenseTypeCode,
    /// How many records it says it has, as its last file said.
    pub stated_total: Option<u64>,
    /// Files that were begun, without corrections.
    pub files: u64,
    /// Corrections of rejected rows that were begun.
    pub corrections: u64,
    /// Files and corrections that were not taken in to their end.
    pub unfinished: u64,
    /// Rows of the files.
    pub rows: u64,
    /// Rows that became records.
    pub accepted: u64,
    /// Rows that were records already (重复).
    pub already: u64,
    /// Rows that are rejected and not corrected yet.
    pub rejected: u64,
    /// Of the accepted, those that contradicted another record when they came.
    pub disputed: u64,
    /// Records of corrections that stand for no rejected row: a further version of one that was corrected before.
    pub beyond: u64,
    /// All rows that were ever rejected, by the code of their first reason.
    pub reasons: BTreeMap<String, u64>,
}

impl Reconciliation {
    /// Rows that the source says it has and that did not come; negative if more came. `None` if it does not say.
    #[must_use]
    pub fn difference(&self) -> Option<i64> {
        let signed = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.stated_total.map(|total| signed(total).saturating_sub(signed(self.rows)))
    }

    /// Whether every row that the source says it has came, to the end, and is accounted for: accepted, there already, or
    /// rejected. `None` if the source does not say how many it has.
    #[must_use]
    pub fn balances(&self) -> Option<bool> {
        let counted = self.rows == self.accepted + self.already + self.rejected;
        self.difference().map(|difference| difference == 0 && counted && self.unfinished == 0)
    }

    /// Accounts for all sources, in the order of their agencies, names and license types.
    pub(super) fn of(jobs: &[ImportJob]) -> Vec<Self> {
        let mut sources: BTreeMap<_, Vec<&ImportJob>> = BTreeMap::new();
        for job in jobs {
            let key = (job.agency.as_str(), job.source.as_str(), job.license_type.as_str());
            sources.entry(key).or_default().push(job);
        }
        sources.into_values().filter_map(|jobs| Self::of_source(&jobs)).collect()
    }

    fn of_source(jobs: &[&ImportJob]) -> Option<Self> {
        let some = jobs.first()?;
        let stated = jobs.iter().filter_map(|job| Some((job.begun_at, job.stated_total?)));
        let mut sum = Self {
            source: some.source.clone(),
            agency: some.agency,
            license_type: some.license_type,
            stated_total: stated.max_by_key(|(at, _): &(UnixTime, u64)| *at).map(|(_, total)| total),
            files: 0,
            corrections: 0,
            unfinished: 0,
            rows: 0,
            accepted: 0,
            already: 0,
            rejected: 0,
            disputed: 0,
            beyond: 0,
            reasons: BTreeMap::new(),
        };
        for job in jobs {
            sum.add(job);
        }
        let brought: u64 = jobs.iter().filter(|job| job.corrects.is_some()).map(|job| job.accepted).sum();
        let settled: u64 = jobs.iter().map(|job| job.corrected).sum();
        sum.beyond = brought.saturating_sub(settled);
        Some(sum)
    }

    fn add(&mut self, job: &ImportJob) {
        self.unfinished += u64::from(!job.finished);
        self.disputed += job.disputed;
        if job.corrects.is_some() {
            // What it accepted is counted by the import that it corrects, as far as it settled a row of that one.
            self.corrections += 1;
            return;
        }
        self.files += 1;
        self.rows += job.rows;
        self.accepted += job.accepted + job.corrected;
        self.already += job.already + job.corrected_already;
        self.rejected += job.still_rejected();
        for (code, count) in &job.reasons {
            *self.reasons.entry(code.clone()).or_default() += count;
        }
    }
}
