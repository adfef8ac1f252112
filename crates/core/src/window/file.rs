//! One holder's file, as far as a matter names license types: licenses verified, records as they stand.

use std::collections::BTreeSet;
use std::fmt;

use boyin_archive::{
    Archive, ArchiveError, CollectedId, CollectedRecord, CollectedState, Grade, LicenseRecord, MAX_PAGE,
};
use boyin_exempt::limits::MAX_FILE_ENTRIES;
use boyin_exempt::{CollectedEntry, CollectedStanding, Entry};
use boyin_model::alg::VerifyAlg as _;
use boyin_model::hex;
use boyin_model::id::{CreditCode, HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::time::{Date, UnixTime};
use boyin_suite::ES256;
use boyin_verify::Report;

use super::inputs::EntryInputs;
use crate::desk::{Desk, InUse};
use crate::error::DeskError;

/// What was read of a holder.
#[derive(Default)]
pub(super) struct FileRead {
    /// What is decided from.
    pub(super) entries: Vec<Entry>,
    /// What is kept of each of them.
    pub(super) inputs: Vec<EntryInputs>,
    /// The licenses among them.
    pub(super) licenses: Vec<LicenseId>,
    /// The collected records among them.
    pub(super) records: Vec<CollectedId>,
    /// The status lists to which the licenses point, each with its office.
    pub(super) lists: BTreeSet<(CreditCode, String)>,
    /// The name that the first of them says which counts.
    pub(super) name: Option<String>,
}

/// Shows nothing: it holds a name.
impl fmt::Debug for FileRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileRead(..)")
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
    format!("sha-256:{}", hex::encode(&ES256.digest(&[&report.to_json()])))
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

/// Goes through the licenses of these types on file of a holder, the newest first, for as long as `each` says so.
pub(super) fn each_license<E: From<ArchiveError>>(
    archive: &Archive,
    holder: &HolderCode,
    types: &BTreeSet<LicenseTypeCode>,
    mut each: impl FnMut(LicenseRecord) -> Result<bool, E>,
) -> Result<(), E> {
    let mut cursor = None;
    while !types.is_empty() {
        let page = archive.list_by_holder(holder, cursor.as_ref(), MAX_PAGE)?;
        for record in page.items.into_iter().filter(|record| types.contains(&record.id.license_type())) {
            if !each(record)? {
                return Ok(());
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(())
}

/// Goes through what was collected of a holder, of these types, for as long as `each` says so.
pub(super) fn each_record<E: From<ArchiveError>>(
    archive: &Archive,
    holder: &HolderCode,
    types: &BTreeSet<LicenseTypeCode>,
    mut each: impl FnMut(CollectedId, CollectedRecord) -> Result<bool, E>,
) -> Result<(), E> {
    let mut after = None;
    while !types.is_empty() {
        let page = archive.collected_by_holder(holder, after)?;
        let asked = page.records.into_iter().filter(|(_, one)| types.contains(&one.license.license_type));
        for (id, record) in asked {
            if !each(id, record)? {
                return Ok(());
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

impl FileRead {
    /// Takes in an entry of this holder's file, and whether there may be more.
    fn add(&mut self, (entry, inputs): (Entry, EntryInputs), holder: &HolderCode, day: Date) -> bool {
        if self.name.is_none() {
            self.name = entry.name_of(holder, day).map(str::to_owned);
        }
        self.entries.push(entry);
        self.inputs.push(inputs);
        self.entries.len() <= MAX_FILE_ENTRIES
    }
}

impl Desk {
    /// Reads a holder's file, verified with what is in use. Reading ends where there is more than a decision can rest on.
    pub(super) fn read_file(
        &self,
        holder: &HolderCode,
        types: &BTreeSet<LicenseTypeCode>,
        in_use: &InUse<'_>,
        at: UnixTime,
    ) -> Result<FileRead, DeskError> {
        let mut file = FileRead::default();
        each_license(&self.archive, holder, types, |record| {
            let report = in_use.check(&record.credential, at);
            let issuer = record.id.issuer();
            file.lists.extend(report.status_list().map(|uri| (issuer, uri.to_owned())));
            let entry = license_entry(&record.id, record.grade, report);
            file.licenses.push(record.id);
            Ok::<_, DeskError>(file.add(entry, holder, at.date()))
        })?;
        each_record(&self.archive, holder, types, |id, record| {
            file.records.push(id);
            Ok::<_, DeskError>(file.add(record_entry(id, record), holder, at.date()))
        })?;
        Ok(file)
    }

    /// Whether a holder's file holds nothing else than was read of it. What was erased of it refuses the filing.
    pub(super) fn file_is_as_read(
        &self,
        holder: &HolderCode,
        types: &BTreeSet<LicenseTypeCode>,
        read: &[EntryInputs],
    ) -> Result<bool, DeskError> {
        let mut as_read = true;
        each_license(&self.archive, holder, types, |record| {
            as_read = read.iter().any(|entry| entry.id == record.id.as_str());
            Ok::<_, DeskError>(as_read)
        })?;
        if as_read {
            each_record(&self.archive, holder, types, |id, record| {
                as_read = read.contains(&record_entry(id, record).1);
                Ok::<_, DeskError>(as_read)
            })?;
        }
        Ok(as_read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_shows_no_name() {
        let file = FileRead { name: Some("某甲".to_owned()), ..FileRead::default() };
        assert!(!format!("{file:?}").contains("某甲"));
    }
}
