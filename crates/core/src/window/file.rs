//! One holder's file, as far as a matter names license types: licenses verified, records as they stand.

use std::collections::BTreeSet;
use std::fmt;

use boyin_archive::{CollectedId, CollectedRecord, CollectedState, Grade, MAX_PAGE};
use boyin_exempt::limits::MAX_FILE_ENTRIES;
use boyin_exempt::{CollectedEntry, CollectedStanding, Entry};
use boyin_model::alg::VerifyAlg as _;
use boyin_model::collected::CollectedLicense;
use boyin_model::id::{HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::time::{Date, UnixTime};
use boyin_suite::ES256;
use boyin_verify::{Held, Report};

use super::inputs::EntryInputs;
use crate::desk::Desk;
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
    /// The name that the first of them says which counts.
    pub(super) name: Option<String>,
}

/// Shows nothing: it holds a name.
impl fmt::Debug for FileRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileRead(..)")
    }
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

/// The name that a license says, if it counts and is the holder's.
fn name_on_license(grade: Grade, report: &Report, holder: &HolderCode) -> Option<String> {
    if !grade.may_exempt() {
        return None;
    }
    let proven = report.clone().into_verified().ok()?;
    if proven.held_by(holder) == Held::Yes { proven.claims().holder_name.clone() } else { None }
}

/// Whether a day is within the time that a record says.
fn in_its_time(license: &CollectedLicense, day: Date) -> bool {
    license.issue_date <= day
        && license.valid_from.is_none_or(|first| first <= day)
        && license.valid_until.is_none_or(|last| day <= last)
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
                if file.name.is_none() {
                    file.name = name_on_license(record.grade, &report, holder);
                }
                file.licenses.push(record.id.clone());
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
                let counts = record.can_be_signed() && in_its_time(&record.license, at.date());
                if file.name.is_none() && counts {
                    file.name = Some(record.license.holder_name.clone());
                }
                file.records.push(id);
                file.add(record_entry(id, record));
            }
            if !more || file.entries.len() > MAX_FILE_ENTRIES {
                return Ok(file);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use boyin_model::catalog::Catalog;
    use boyin_model::id::{DivisionCode, HolderCodeType};

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_record_says_a_name_only_in_its_time() {
        let license = CollectedLicense {
            license_type: Catalog::embedded().find("identity-card").unwrap().code,
            license_number: "第1号".to_owned(),
            holder: HolderCode::new(HolderCodeType::CitizenId, "11010519491231002X").unwrap(),
            holder_name: "某甲".to_owned(),
            division: DivisionCode::parse("652701").unwrap(),
            issue_date: day("2020-01-31"),
            valid_from: Some(day("2020-02-01")),
            valid_until: Some(day("2026-05-31")),
            fields: BTreeMap::new(),
        };
        for (at, counts) in
            [("2020-01-31", false), ("2020-02-01", true), ("2026-05-31", true), ("2026-06-01", false)]
        {
            assert_eq!(in_its_time(&license, day(at)), counts, "{at}");
        }
        let open = CollectedLicense { valid_from: None, valid_until: None, ..license };
        for (at, counts) in [("2020-01-30", false), ("2020-01-31", true), ("2099-01-01", true)] {
            assert_eq!(in_its_time(&open, day(at)), counts, "{at}");
        }
    }

    #[test]
    fn what_was_read_shows_no_name() {
        let file = FileRead { name: Some("某甲".to_owned()), ..FileRead::default() };
        assert!(!format!("{file:?}").contains("某甲"));
    }
}
