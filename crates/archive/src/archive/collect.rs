//! Acts and reads of collected records. One step of an import is one batch with the state of its job: killed at any point, the
//! import goes on where the last batch ended.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::PoisonError;

use boyin_model::collected::{CollectedLicense, Evidence, Grade};
use boyin_model::id::{HolderCode, LicenseId};
use rayon::prelude::*;

use super::erase::second_person;
use super::write::Deed;
use super::{Archive, malformed};
use crate::act::{Act, EventKind, Outcome, is_words};
use crate::collected::{
    CollectedId, CollectedRecord, CollectedRow, CollectedRows, CollectedState, ImportId, ImportJob,
    ImportStep, MAX_ALIKE, MAX_STEP, Submission,
};
use crate::error::{ArchiveError, Damaged};
use crate::layout;
use crate::record::Filing;
use crate::store::{Batch, Expect, Table};
use crate::vault::HolderKey;

/// What a step has gathered so far: later rows of a batch see the earlier ones.
#[derive(Default)]
struct Gathered {
    records: BTreeMap<CollectedId, CollectedRecord>,
    by_key: HashMap<[u8; 32], Vec<CollectedId>>,
    /// Sealed values of records that are written anew, as they were read.
    before: BTreeMap<CollectedId, Vec<u8>>,
    /// Rows of the corrected import that are settled by this step.
    settled: HashSet<u64>,
    already: u64,
    accepted: u64,
    disputed: u64,
    corrected: u64,
    corrected_already: u64,
}

/// What the archive knows of a row before its step: for many rows at once.
struct Known {
    id: CollectedId,
    holder: HolderKey,
    source: [u8; 32],
    subject: [u8; 32],
    /// Whether the record is there, be it that only its name is left.
    there: bool,
    /// Others under the key of the source and under that of the subject.
    others: [Vec<CollectedId>; 2],
    /// Whether the row that it corrects has a record.
    settled: bool,
}

impl Archive {
    /// Begins an import, or gives the state of the one that was begun under this name.
    ///
    /// # Errors
    /// [`ArchiveError::ImportCorrects`] if it corrects an import that is not there, is not finished, or itself corrects another;
    /// [`ArchiveError::IdempotencyConflict`], [`ArchiveError::Store`].
    pub fn begin_import(&self, act: &Act, job: &ImportJob) -> Result<ImportJob, ArchiveError> {
        if let Some(begun) = self.import_job(job.id)? {
            return Ok(begun);
        }
        if let Some(corrects) = job.corrects {
            let corrected = self.import_job(corrects)?;
            corrected
                .filter(|job| job.finished && job.corrects.is_none())
                .ok_or(ArchiveError::ImportCorrects)?;
        }
        let deed = Deed::new(EventKind::ImportBegun, job.id.to_string());
        let key = layout::import_job(job.id);
        self.perform(act, &deed, || {
            let value = self.seal(Table::ImportJob, &key, &layout::import_job_value(job));
            let absent = Expect::Absent;
            Ok(Batch::new().expect(Table::ImportJob, key.as_slice(), absent).put(
                Table::ImportJob,
                key.as_slice(),
                value,
            ))
        })?;
        self.import_job(job.id)?.ok_or(ArchiveError::Damaged(Damaged { table: Table::ImportJob }))
    }

    /// Takes in the next rows of an import: records, their indexes and the state of the job in one batch; of a correction the
    /// state of the corrected import too.
    ///
    /// A record that its source delivered before with the same content is there already, also if it was erased since. One that
    /// says something else than another record of the same source key, or of the same license number and holder, is kept with
    /// it, and both are disputed.
    ///
    /// # Errors
    /// [`ArchiveError::ImportStep`] if the job is not where the step begins, or the step does not count each row once;
    /// [`ArchiveError::TooManyAlike`] if [`MAX_ALIKE`] records are under one key; nothing has changed then.
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn import_rows(&self, act: &Act, id: ImportId, step: &ImportStep) -> Result<ImportJob, ArchiveError> {
        let _one = self.collecting.lock().unwrap_or_else(PoisonError::into_inner);
        let deed = Deed::new(EventKind::RowsImported, format!("{id} {}", step.rows));
        self.perform(act, &deed, || {
            let (mut job, sealed) = self.import_job_sealed(id)?.ok_or(ArchiveError::ImportStep)?;
            let rows =
                step.rows.checked_sub(job.rows).filter(|_| !job.finished).ok_or(ArchiveError::ImportStep)?;
            let rejected: u64 = step.rejected.values().sum();
            let submitted = u64::try_from(step.submissions.len()).unwrap_or(u64::MAX);
            if rows != rejected + submitted || step.submissions.len() > MAX_STEP {
                return Err(ArchiveError::ImportStep);
            }
            let known: Result<Vec<_>, _> =
                step.submissions.par_iter().map(|submission| self.known(&job, submission)).collect();
            let mut gathered = Gathered::default();
            let mut batch = Batch::new();
            for (submission, known) in step.submissions.iter().zip(known?) {
                batch = self.gather(&job, submission, known, &mut gathered, batch)?;
            }
            job.rows = step.rows;
            job.rejected += rejected;
            job.accepted += gathered.accepted;
            job.already += gathered.already;
            job.disputed += gathered.disputed;
            for (code, count) in &step.rejected {
                *job.reasons.entry(code.clone()).or_default() += count;
            }
            job.finished = step.finished;
            batch = self.put_job(batch, &job, sealed);
            if let Some(corrects) = job.corrects {
                let table = Table::ImportJob;
                let (mut first, sealed) = self.import_job_sealed(corrects)?.ok_or(Damaged { table })?;
                first.corrected += gathered.corrected;
                first.corrected_already += gathered.corrected_already;
                batch = self.put_job(batch, &first, sealed);
            }
            Ok(self.put_records(batch, gathered))
        })?;
        self.import_job(id)?.ok_or(ArchiveError::ImportStep)
    }

    fn import_job_sealed(&self, id: ImportId) -> Result<Option<(ImportJob, Vec<u8>)>, ArchiveError> {
        let (table, key) = (Table::ImportJob, layout::import_job(id));
        let Some(sealed) = self.store.get(table, &key)? else { return Ok(None) };
        let value = self.unseal(table, &key, &sealed)?;
        Ok(Some((layout::read_import_job(&value).map_err(malformed(table))?, sealed)))
    }

    fn put_job(&self, batch: Batch, job: &ImportJob, before: Vec<u8>) -> Batch {
        let (table, key) = (Table::ImportJob, layout::import_job(job.id));
        let value = self.seal(table, &key, &layout::import_job_value(job));
        batch.expect(table, key.as_slice(), Expect::Exactly(before)).put(table, key, value)
    }

    fn known(&self, job: &ImportJob, submission: &Submission) -> Result<Known, ArchiveError> {
        let license = &submission.license;
        let source = self.source_key(job, &submission.key);
        let subject = self.subject_key(license);
        let id = self.collected_id(&source, license);
        let there = self.store.get(Table::Collected, &id.0)?.is_some();
        let others =
            if there { [Vec::new(), Vec::new()] } else { [self.alike(&source)?, self.alike(&subject)?] };
        let settled = match job.corrects.zip(submission.corrects) {
            Some((first, row)) => self.is_settled(first, row)?,
            None => false,
        };
        let holder = self.vault.holder_key(&license.holder);
        Ok(Known { id, holder, source, subject, there, others, settled })
    }

    /// Whether a row of an import has a record.
    fn is_settled(&self, import: ImportId, row: u64) -> Result<bool, ArchiveError> {
        let prefix = layout::collected_by_row(import, row);
        Ok(!self.store.scan(Table::CollectedByImport, &prefix, None, 1)?.is_empty())
    }

    fn gather(
        &self,
        job: &ImportJob,
        submission: &Submission,
        known: Known,
        gathered: &mut Gathered,
        batch: Batch,
    ) -> Result<Batch, ArchiveError> {
        let Known { id, holder, source, subject, there, others, settled } = known;
        let there = there || gathered.records.contains_key(&id);
        let mut batch =
            batch.put(Table::CollectedByImport, layout::collected_by_import(job.id, submission.row, id), []);
        // A row of the first file is settled by the first record that it becomes; further ones are records of their own.
        if let Some((first, row)) = job.corrects.zip(submission.corrects).filter(|_| !settled)
            && gathered.settled.insert(row)
        {
            batch = batch.put(Table::CollectedByImport, layout::collected_by_import(first, row, id), []);
            let count = if there { &mut gathered.corrected_already } else { &mut gathered.corrected };
            *count += 1;
        }
        if there {
            gathered.already += 1;
            return Ok(batch);
        }
        let license = &submission.license;
        let mut state = CollectedState::Kept;
        for (key, stored) in [source, subject].iter().zip(others) {
            let here = gathered.by_key.get(key).cloned().unwrap_or_default();
            if stored.len() + here.len() >= MAX_ALIKE {
                return Err(ArchiveError::TooManyAlike { row: submission.row });
            }
            for other in stored.into_iter().chain(here) {
                if self.contradict(other, license, gathered)? {
                    state = CollectedState::Disputed;
                }
            }
        }
        batch = batch.put(Table::CollectedByHolder, [holder.0.as_slice(), &id.0].concat(), []);
        for key in [source, subject] {
            batch = batch.put(Table::CollectedByKey, [key, id.0].concat(), []);
            gathered.by_key.entry(key).or_default().push(id);
        }
        let record = CollectedRecord {
            agency: job.agency,
            key: submission.key.clone(),
            import: job.id,
            row: submission.row,
            license: license.clone(),
            grade: submission.grade,
            evidence: job.evidence.clone(),
            state,
            issued: None,
        };
        gathered.records.insert(id, record);
        gathered.accepted += 1;
        gathered.disputed += u64::from(state == CollectedState::Disputed);
        Ok(batch)
    }

    /// The records under a key: all of them, also where an earlier release took in more than [`MAX_ALIKE`].
    fn others(&self, key: &[u8; 32]) -> Result<Vec<CollectedId>, ArchiveError> {
        let mut found: Vec<CollectedId> = Vec::new();
        loop {
            let page = self.alike_after(key, found.last())?;
            let last = page.len() < MAX_ALIKE;
            found.extend(page);
            if last {
                return Ok(found);
            }
        }
    }

    /// The first records under a key, at most [`MAX_ALIKE`].
    fn alike(&self, key: &[u8; 32]) -> Result<Vec<CollectedId>, ArchiveError> {
        self.alike_after(key, None)
    }

    fn alike_after(
        &self,
        key: &[u8; 32],
        after: Option<&CollectedId>,
    ) -> Result<Vec<CollectedId>, ArchiveError> {
        let table = Table::CollectedByKey;
        let after = after.map(|id| [*key, id.0].concat());
        let entries = self.store.scan(table, key, after.as_deref(), MAX_ALIKE)?;
        let alike =
            entries.iter().map(|(entry, _)| Ok(layout::collected_at_end(entry).map_err(malformed(table))?));
        alike.collect()
    }

    /// Whether a record says something else; it is disputed from then on.
    fn contradict(
        &self,
        other: CollectedId,
        license: &CollectedLicense,
        gathered: &mut Gathered,
    ) -> Result<bool, ArchiveError> {
        if !gathered.records.contains_key(&other) {
            let (record, sealed) =
                self.collected_sealed(other)?.ok_or(Damaged { table: Table::Collected })?;
            if record.license == *license {
                return Ok(false);
            }
            gathered.before.insert(other, sealed);
            gathered.records.insert(other, record);
        }
        let Some(record) = gathered.records.get_mut(&other).filter(|record| record.license != *license)
        else {
            return Ok(false);
        };
        // What was decided against stays so; a license that was issued stays issued, but its record is in doubt again.
        if record.state == CollectedState::Kept {
            record.state = CollectedState::Disputed;
        }
        Ok(record.state == CollectedState::Disputed)
    }

    fn put_records(&self, mut batch: Batch, gathered: Gathered) -> Batch {
        let Gathered { records, mut before, .. } = gathered;
        let sealed = records
            .into_par_iter()
            .map(|(id, record)| (id, self.seal(Table::Collected, &id.0, &layout::collected_value(&record))));
        for (id, value) in sealed.collect::<Vec<_>>() {
            let expect = before.remove(&id).map_or(Expect::Absent, Expect::Exactly);
            batch = batch.expect(Table::Collected, id.0, expect).put(Table::Collected, id.0, value);
        }
        batch
    }

    /// What a record is compared by.
    pub(super) fn keys_of(&self, record: &CollectedRecord) -> [[u8; 32]; 2] {
        let license = &record.license;
        let source = self.source_of(record.agency.as_str(), license.license_type.as_str(), &record.key);
        [source, self.subject_key(license)]
    }

    fn source_key(&self, job: &ImportJob, key: &[String]) -> [u8; 32] {
        self.source_of(job.agency.as_str(), job.license_type.as_str(), key)
    }

    fn source_of(&self, agency: &str, license_type: &str, key: &[String]) -> [u8; 32] {
        let fixed = ["source", agency, license_type].into_iter();
        let parts: Vec<_> = fixed.chain(key.iter().map(String::as_str)).map(str::as_bytes).collect();
        self.vault.collected(&parts)
    }

    fn subject_key(&self, license: &CollectedLicense) -> [u8; 32] {
        let holder = &license.holder;
        let parts = [
            "subject",
            license.license_type.as_str(),
            holder.code_type().code(),
            holder.as_str(),
            &license.license_number,
        ];
        self.vault.collected(&parts.map(str::as_bytes))
    }

    fn collected_id(&self, source: &[u8; 32], license: &CollectedLicense) -> CollectedId {
        let content = layout::collected_content(license);
        CollectedId(self.vault.collected(&[b"record", source, &content]))
    }

    /// Raises the grade of a record. It takes evidence that carries the new grade, and a second person.
    ///
    /// # Errors
    /// [`ArchiveError::CollectedNotFound`], [`ArchiveError::NotRaised`] if the grade is no better than the one it has,
    /// [`ArchiveError::Evidence`], [`ArchiveError::SealSecond`], [`ArchiveError::SealSamePerson`],
    /// [`ArchiveError::IdempotencyConflict`], [`ArchiveError::Store`].
    pub fn raise_grade(
        &self,
        act: &Act,
        id: CollectedId,
        to: Grade,
        evidence: &Evidence,
        second: &str,
    ) -> Result<Outcome, ArchiveError> {
        let _one = self.collecting.lock().unwrap_or_else(PoisonError::into_inner);
        let deed = Deed::new(EventKind::CollectedRaised, "");
        let deed = Deed { second: Some(second.to_owned()), ..deed };
        self.perform_with(act, &deed, |deed| {
            second_person(act, second)?;
            evidence.carries(to)?;
            let (mut record, sealed) = self.collected_sealed(id)?.ok_or(ArchiveError::CollectedNotFound)?;
            if !to.is_above(record.grade) {
                return Err(ArchiveError::NotRaised);
            }
            let digest = evidence.digest.as_deref().unwrap_or_default();
            deed.detail = format!("{id} {} {to} {} {digest}", record.grade, evidence.kind.code());
            record.grade = to;
            record.evidence = evidence.clone();
            Ok(self.put_record(id, sealed, &record))
        })
    }

    /// Decides a dispute for this record: it is kept, and the disputed ones that it contradicts are dismissed. All stay on
    /// file.
    ///
    /// # Errors
    /// [`ArchiveError::CollectedNotFound`], [`ArchiveError::NotDisputed`], [`ArchiveError::Reason`],
    /// [`ArchiveError::IdempotencyConflict`], [`ArchiveError::Store`].
    pub fn resolve_dispute(&self, act: &Act, id: CollectedId, reason: &str) -> Result<Outcome, ArchiveError> {
        let _one = self.collecting.lock().unwrap_or_else(PoisonError::into_inner);
        let deed = Deed::new(EventKind::CollectedResolved, format!("{id} {reason}"));
        self.perform(act, &deed, || {
            if !is_words(reason) {
                return Err(ArchiveError::Reason);
            }
            let (mut record, sealed) = self.collected_sealed(id)?.ok_or(ArchiveError::CollectedNotFound)?;
            if record.state != CollectedState::Disputed {
                return Err(ArchiveError::NotDisputed);
            }
            record.state = CollectedState::Kept;
            let mut gathered = Gathered::default();
            for key in self.keys_of(&record) {
                for other in self.others(&key)? {
                    let (mut found, before) =
                        self.collected_sealed(other)?.ok_or(Damaged { table: Table::Collected })?;
                    if found.license != record.license && found.state == CollectedState::Disputed {
                        found.state = CollectedState::Dismissed;
                        gathered.before.insert(other, before);
                        gathered.records.insert(other, found);
                    }
                }
            }
            gathered.before.insert(id, sealed);
            gathered.records.insert(id, record);
            Ok(self.put_records(Batch::new(), gathered))
        })
    }

    /// The records that a record is in dispute with: at most [`MAX_ALIKE`] by its key and as many by its subject, unless an earlier
    /// release took in more.
    ///
    /// # Errors
    /// [`ArchiveError::CollectedNotFound`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn contradicting(
        &self,
        id: CollectedId,
    ) -> Result<Vec<(CollectedId, CollectedRecord)>, ArchiveError> {
        let record = self.collected(id)?.ok_or(ArchiveError::CollectedNotFound)?;
        let mut found = BTreeMap::new();
        for key in self.keys_of(&record) {
            for other in self.others(&key)? {
                let other_record = self.unless_erased(Table::Collected, other)?;
                found
                    .extend(other_record.filter(|found| found.license != record.license).map(|r| (other, r)));
            }
        }
        Ok(found.into_iter().collect())
    }

    /// As [`file`](Archive::file), for a license that is issued from a collected record: the record names it from then on, and
    /// its event names the record, in the same batch.
    ///
    /// # Errors
    /// As [`file`](Archive::file); [`ArchiveError::CollectedNotFound`]; [`ArchiveError::NotSignable`], also if another office than
    /// the record's agency acts, or a license was issued from another record that says the same.
    pub fn file_collected(
        &self,
        act: &Act,
        filing: &Filing,
        id: CollectedId,
    ) -> Result<Outcome, ArchiveError> {
        let deed = Deed::of_filing(filing);
        let deed = Deed { detail: format!("{} {id}", deed.detail), ..deed };
        self.perform_with(act, &deed, |deed| {
            let (batch, _) = self.filing_batch(Batch::new(), act, filing, deed)?;
            let (mut record, sealed) = self.collected_sealed(id)?.ok_or(ArchiveError::CollectedNotFound)?;
            let signable = record.can_be_signed() && record.agency == *act.office();
            if !signable || record.grade != filing.record.grade {
                return Err(ArchiveError::NotSignable);
            }
            let batch = self.expect_unissued(batch, id, &record)?;
            record.issued = Some(filing.record.id.clone());
            let value = self.seal(Table::Collected, &id.0, &layout::collected_value(&record));
            Ok(batch.expect(Table::Collected, id.0, Expect::Exactly(sealed)).put(
                Table::Collected,
                id.0,
                value,
            ))
        })
    }

    /// Refuses a record if a license was issued from another one that says the same, and adds to `batch` that none is meanwhile.
    fn expect_unissued(
        &self,
        mut batch: Batch,
        id: CollectedId,
        record: &CollectedRecord,
    ) -> Result<Batch, ArchiveError> {
        let table = Table::Collected;
        let others = self.others(&self.subject_key(&record.license))?;
        for other in others.into_iter().filter(|other| *other != id) {
            let (same, sealed) = match self.collected_sealed(other) {
                Err(ArchiveError::Erased { .. }) => continue,
                found => found?.ok_or(Damaged { table })?,
            };
            if same.license != record.license {
                continue;
            }
            if same.issued.is_some() {
                return Err(ArchiveError::NotSignable);
            }
            batch = batch.expect(table, other.0, Expect::Exactly(sealed));
        }
        Ok(batch)
    }

    /// The collected record that a license was issued from, if it was.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn collected_of(&self, license: &LicenseId) -> Result<Option<CollectedId>, ArchiveError> {
        let issued = self.events_of(license, None, 1)?.into_iter().next();
        let issued = issued.filter(|event| event.what == EventKind::LicenseIssued);
        Ok(issued.and_then(|event| CollectedId::parse(event.detail.split(' ').nth(1)?)))
    }

    fn put_record(&self, id: CollectedId, sealed: Vec<u8>, record: &CollectedRecord) -> Batch {
        let value = self.seal(Table::Collected, &id.0, &layout::collected_value(record));
        let batch = Batch::new().expect(Table::Collected, id.0, Expect::Exactly(sealed));
        batch.put(Table::Collected, id.0, value)
    }

    /// A collected record.
    ///
    /// # Errors
    /// [`ArchiveError::Erased`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn collected(&self, id: CollectedId) -> Result<Option<CollectedRecord>, ArchiveError> {
        Ok(self.collected_sealed(id)?.map(|(record, _)| record))
    }

    pub(super) fn collected_sealed(
        &self,
        id: CollectedId,
    ) -> Result<Option<(CollectedRecord, Vec<u8>)>, ArchiveError> {
        let table = Table::Collected;
        let Some(sealed) = self.store.get(table, &id.0)? else { return Ok(None) };
        let value = self.unseal(table, &id.0, &sealed)?;
        if let Ok((event, at)) = layout::read_erased(&value) {
            return Err(ArchiveError::Erased { event, at });
        }
        Ok(Some((layout::read_collected(&value).map_err(malformed(table))?, sealed)))
    }

    /// What was collected of a holder, in no order, at most [`MAX_PAGE`](super::MAX_PAGE) after `after`.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn collected_by_holder(
        &self,
        holder: &HolderCode,
        after: Option<CollectedId>,
    ) -> Result<Vec<(CollectedId, CollectedRecord)>, ArchiveError> {
        let table = Table::CollectedByHolder;
        // A follower of an archive that was not brought to this format yet.
        if self.format < table.since() {
            return Ok(Vec::new());
        }
        let holder = self.vault.holder_key(holder).0;
        let after = after.map(|id| [holder, id.0].concat());
        let mut found = Vec::new();
        for (key, _) in self.store.scan(table, &holder, after.as_deref(), super::MAX_PAGE)? {
            let id = layout::collected_at_end(&key).map_err(malformed(table))?;
            found.extend(self.unless_erased(table, id)?.map(|record| (id, record)));
        }
        Ok(found)
    }

    /// What the rows of an import are, by row, at most `limit` entries after `after`: records that it brought, that were there
    /// already, or that a correction brought later; without those that were erased.
    ///
    /// # Errors
    /// [`ArchiveError::BadLimit`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn collected_by_import(
        &self,
        import: ImportId,
        after: Option<&CollectedRow>,
        limit: usize,
    ) -> Result<CollectedRows, ArchiveError> {
        if !(1..=MAX_STEP).contains(&limit) {
            return Err(ArchiveError::BadLimit { max: MAX_STEP });
        }
        let table = Table::CollectedByImport;
        let after = after.map(|CollectedRow { row, id }| layout::collected_by_import(import, *row, *id));
        let entries = self.store.scan(table, &import.0, after.as_deref(), limit)?;
        let rows = entries.par_iter().map(|(key, _)| {
            let (row, id) = layout::read_collected_by_import(key).map_err(malformed(table))?;
            Ok(self.unless_erased(table, id)?.map(|record| (CollectedRow { row, id }, record)))
        });
        let rows = rows.filter_map(Result::transpose).collect::<Result<Vec<_>, ArchiveError>>()?;
        let last = entries.last().filter(|_| entries.len() == limit);
        let last = last.map(|(key, _)| layout::read_collected_by_import(key).map_err(malformed(table)));
        let next = last.transpose()?.map(|(row, id)| CollectedRow { row, id });
        Ok(CollectedRows { rows, next })
    }

    /// A record that an index names.
    fn unless_erased(&self, table: Table, id: CollectedId) -> Result<Option<CollectedRecord>, ArchiveError> {
        match self.collected(id) {
            Ok(Some(record)) => Ok(Some(record)),
            Ok(None) => Err(Damaged { table }.into()),
            Err(ArchiveError::Erased { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The state of an import.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn import_job(&self, id: ImportId) -> Result<Option<ImportJob>, ArchiveError> {
        Ok(self.import_job_sealed(id)?.map(|(job, _)| job))
    }

    /// All imports, by name.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn import_jobs(&self) -> Result<Vec<ImportJob>, ArchiveError> {
        let mut jobs = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.scan(Table::ImportJob, &[], after.as_deref(), MAX_STEP)?;
            for (key, sealed) in &page {
                let value = self.unseal(Table::ImportJob, key, sealed)?;
                jobs.push(layout::read_import_job(&value).map_err(malformed(Table::ImportJob))?);
            }
            match page.last() {
                Some((key, _)) if page.len() == MAX_STEP => after = Some(key.clone()),
                Some(_) | None => return Ok(jobs),
            }
        }
    }

    /// A digest over everything collected: all records with their indexes, and all imports but the times at which they began.
    /// Two archives under one root secret that took in the same files have the same one, however often they were
    /// interrupted.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn collected_digest(&self) -> Result<[u8; 32], ArchiveError> {
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        let mut add = |part: &[u8]| {
            hash.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        };
        for mut job in self.import_jobs()? {
            job.begun_at = self.created;
            add(&layout::import_job_value(&job));
        }
        for table in
            [Table::Collected, Table::CollectedByHolder, Table::CollectedByKey, Table::CollectedByImport]
        {
            let mut after = None;
            loop {
                let page = self.store.scan(table, &[], after.as_deref(), MAX_STEP)?;
                for (key, value) in &page {
                    add(key);
                    if table == Table::Collected {
                        add(&self.unseal(table, key, value)?);
                    }
                }
                match page.last() {
                    Some((key, _)) if page.len() == MAX_STEP => after = Some(key.clone()),
                    Some(_) | None => break,
                }
            }
        }
        Ok(*hash.finish().as_ref().first_chunk().expect("SHA-256 gives 32 bytes"))
    }
}
