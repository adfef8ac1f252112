//! One holder's file, as far as a matter names license types: licenses verified, records as they stand.

use std::collections::BTreeSet;

use boyin_archive::{CollectedId, CollectedRecord, CollectedState, Grade, MAX_PAGE};
use boyin_exempt::limits::MAX_FILE_ENTRIES;
use boyin_exempt::{CollectedEntry, CollectedStanding, Entry};
use boyin_model::alg::VerifyAlg as _;
use boyin_model::id::{HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::time::UnixTime;
use boyin_suite::ES256;
use boyin_verify::Report;

use super::inputs::EntryInputs;
use crate::desk::Desk;
use crate::error::DeskError;

/// What was read of a holder.
#[derive(Debug, Default)]
pub(super) struct FileRead {
    /// What is decided from.
    pub(super) entries: Vec<Entry>,
    /// What is kept of each of them.
    pub(super) inputs: Vec<EntryInputs>,
    /// The name that the first of them says which counts.
    pub(super) name: Option<String>,
}

impl FileRead {
    fn add(&mut self, (entry, inputs): (Entry, EntryInputs)) {
        self.entries.push(entry);
        self.inputs.push(inputs);
    }
}

/// A license with its verification.
pub(super) fn license_entry(id: &LicenseId, grade: Grade, report: Report) -> (Entry, EntryInputs) {
    let digest = Some(report_digest(&report));
    let inputs = EntryInputs { digest, grade, id: id.as_str().to_owned(), issued: None, standing: None };
    (Entry::signed(grade, report), inputs)
}

/// `sha-256:<hex>` of a report.
fn report_digest(report: &Report) -> String {
    let digest = ES256.digest(&[&report.to_json()]);
    digest.iter().fold("sha-256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// A collected record.
pub(super) fn record_entry(id: CollectedId, record: CollectedRecord) -> (Entry, EntryInputs) {
    let standing = match record.state {
        CollectedState::Kept => CollectedStanding::Kept,
        CollectedState::Disputed => CollectedStanding::Disputed,
        CollectedState::Dismissed => CollectedStanding::Dismissed,
    };
    let inputs = EntryInputs {
        digest: None,
        grade: record.grade,
        id: id.to_string(),
        issued: record.issued.clone(),
        standing: Some(record.state),
    };
    let CollectedRecord { license, grade, issued, .. } = record;
    (Entry::collected(CollectedEntry { id: id.to_string(), license, grade, standing, issued }), inputs)
}

impl Desk {
    /// Reads a holder's file: the newest licenses first, then what was collected. Reading ends where there is more than a
    /// decision can rest on.
    pub(super) fn read_file(
        &self,
        holder: &HolderCode,
        types: &BTreeSet<LicenseTypeCode>,
        at: UnixTime,
    ) -> Result<FileRead, DeskError> {
        let mut file = FileRead::default();
        if types.is_empty() {
            return Ok(file);
        }
        let mut cursor = None;
        loop {
            let page = self.archive.list_by_holder(holder, cursor.as_ref(), MAX_PAGE)?;
            for record in page.items.into_iter().filter(|record| types.contains(&record.id.license_type())) {
                let report = self.check(&record.credential, at);
                if file.name.is_none() && record.grade.may_exempt() {
                    let proven = report.clone().into_verified().ok();
                    file.name = proven.and_then(|proven| proven.claims().holder_name.clone());
                }
                file.add(license_entry(&record.id, record.grade, report));
            }
            cursor = page.next;
            if cursor.is_none() || file.entries.len() > MAX_FILE_ENTRIES {
                break;
            }
        }
        let mut after = None;
        loop {
            let page = self.archive.collected_by_holder(holder, after)?;
            let more = page.len() == MAX_PAGE;
            after = page.last().map(|(id, _)| *id);
            for (id, record) in page.into_iter().filter(|(_, one)| types.contains(&one.license.license_type))
            {
                if file.name.is_none() && record.can_be_signed() {
                    file.name = Some(record.license.holder_name.clone());
                }
                file.add(record_entry(id, record));
            }
            if !more || file.entries.len() > MAX_FILE_ENTRIES {
                return Ok(file);
            }
        }
    }
}
