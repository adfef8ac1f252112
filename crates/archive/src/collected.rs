//! Records collected from other systems (历史证照归集), and the jobs that bring them.

use std::collections::BTreeMap;
use std::fmt;

use boyin_model::collected::{CollectedLicense, Evidence, Grade};
use boyin_model::hex;
use boyin_model::id::{CreditCode, LicenseId, LicenseTypeCode};
use boyin_model::time::UnixTime;
use serde::{Deserialize, Serialize};

use crate::layout::read_hex;

/// Most rows of one step of an import: what is held in memory until it is synced.
pub const MAX_STEP: usize = 10_000;
/// Most records under one key of a source, and under one number of one holder: more than a handful of sources never have the same
/// license, and each row is compared with those before it.
pub const MAX_ALIKE: usize = 64;

/// Names a collected record: a keyed digest of its source, its key there and its content. The same record of the same source
/// has the same name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectedId(pub(crate) [u8; 32]);

/// Names an import: 32 hexadecimal digits. The same file under the same mapping is the same import.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportId(pub(crate) [u8; 16]);

impl CollectedId {
    /// Reads 64 hexadecimal digits in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read_hex(text).ok().map(Self)
    }
}

impl CollectedId {
    /// The name that the detail of an event begins with.
    pub(crate) fn in_detail(detail: &str) -> Option<Self> {
        Self::parse(detail.split(' ').next()?)
    }
}

impl ImportId {
    /// The first half of a digest over what the import reads.
    #[must_use]
    pub fn new(digest: &[u8; 32]) -> Self {
        Self(*digest.first_chunk().expect("32 bytes are more than 16"))
    }

    /// Reads 32 hexadecimal digits in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let doubled: [u8; 32] = read_hex(&text.repeat(2)).ok()?;
        Some(Self::new(&doubled))
    }
}

impl fmt::Display for CollectedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for CollectedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CollectedId({self})")
    }
}

impl fmt::Debug for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImportId({self})")
    }
}

macro_rules! in_hex {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not hexadecimal digits"))
            }
        }
    };
}

in_hex!(CollectedId);
in_hex!(ImportId);

/// How a collected record stands to the others of its number and holder, and of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectedState {
    /// Nothing contradicts it, or it was decided for.
    Kept,
    /// Another record says something else (数据冲突). Neither exempts until somebody decides.
    Disputed,
    /// It was decided against. It stays on file.
    Dismissed,
}

impl CollectedState {
    /// Stable code, also on disk.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Disputed => "disputed",
            Self::Dismissed => "dismissed",
        }
    }
}

/// A record as it was collected.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectedRecord {
    /// The agency that keeps the source.
    pub agency: CreditCode,
    /// What names the record within its source.
    pub key: Vec<String>,
    /// The import that brought it.
    pub import: ImportId,
    /// Number of its row in the file.
    pub row: u64,
    /// What it says.
    pub license: CollectedLicense,
    /// How far it can be relied on.
    pub grade: Grade,
    /// What the grade rests on.
    pub evidence: Evidence,
    /// How it stands to others.
    pub state: CollectedState,
    /// The license that was issued from it, if it was signed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<LicenseId>,
}

impl CollectedRecord {
    /// Whether it can free its holder from bringing the paper: [of a grade that can](Grade::may_exempt), and not in dispute.
    #[must_use]
    pub fn may_exempt(&self) -> bool {
        self.grade.may_exempt() && self.state == CollectedState::Kept
    }

    /// Whether a license may be issued from it: it may exempt, and none was issued yet.
    #[must_use]
    pub fn can_be_signed(&self) -> bool {
        self.may_exempt() && self.issued.is_none()
    }
}

/// Shows grade and state only: the rest is personal.
impl fmt::Debug for CollectedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CollectedRecord({}, {}, ..)", self.grade, self.state.code())
    }
}

/// An import: what it reads and how far it is. Counts hold for the rows up to [`ImportJob::rows`], which are on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportJob {
    /// Its name.
    pub id: ImportId,
    /// Name of the source.
    pub source: String,
    /// The agency that keeps the source.
    pub agency: CreditCode,
    /// License type of all records.
    pub license_type: LicenseTypeCode,
    /// The columns whose values name a record within the source, in the order in which they do. Empty if the import was begun by a
    /// release that did not keep them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// What the grades rest on.
    pub evidence: Evidence,
    /// How many records the source says it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_total: Option<u64>,
    /// The import whose rejected rows were corrected here; not one that itself corrects another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<ImportId>,
    /// When it was begun; its date is the day that the rows are checked by.
    pub begun_at: UnixTime,
    /// Rows done.
    pub rows: u64,
    /// New records.
    pub accepted: u64,
    /// Records that were there already.
    pub already: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Of the accepted, those that contradicted another record when they came.
    pub disputed: u64,
    /// The rejected rows by the code of their first reason.
    pub reasons: BTreeMap<String, u64>,
    /// Of the rejected, those that a correction brought as new records.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub corrected: u64,
    /// Of the rejected, those that a correction showed to be there already.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub corrected_already: u64,
    /// Whether the file was read to its end.
    pub finished: bool,
}

impl ImportJob {
    /// Whether every row was counted once.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.rows == self.accepted + self.already + self.rejected
            && self.reasons.values().sum::<u64>() == self.rejected
            && self.disputed <= self.accepted
            && self.corrected + self.corrected_already <= self.rejected
    }

    /// Rows that are rejected and not corrected yet.
    #[must_use]
    pub fn still_rejected(&self) -> u64 {
        self.rejected.saturating_sub(self.corrected + self.corrected_already)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A row that was accepted by the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Number of the row.
    pub row: u64,
    /// What names the record within its source.
    pub key: Vec<String>,
    /// What it says.
    pub license: CollectedLicense,
    /// Its grade, within what the evidence of the import carries.
    pub grade: Grade,
    /// In an import that corrects another one: the row of that one that this is.
    pub corrects: Option<u64>,
}

/// A row of an import and the record that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectedRow {
    /// Number of the row.
    pub row: u64,
    /// The record.
    pub id: CollectedId,
}

/// A part of the rows of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedRows {
    /// Rows that have a record.
    pub rows: Vec<(CollectedRow, CollectedRecord)>,
    /// After which row the next part begins, if there may be one.
    pub next: Option<CollectedRow>,
}

/// Part of what was collected of a holder.
#[derive(Clone, Debug)]
pub struct CollectedPage {
    /// Records, unsigned, in no order.
    pub records: Vec<(CollectedId, CollectedRecord)>,
    /// After which record the next part begins, if there may be one.
    pub next: Option<CollectedId>,
}

/// What one synced batch takes in: the rows after those that are done, up to `rows`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportStep {
    /// Number of the last row of the step.
    pub rows: u64,
    /// The accepted ones among them, at most [`MAX_STEP`].
    pub submissions: Vec<Submission>,
    /// The rejected ones among them by the code of their first reason.
    pub rejected: BTreeMap<String, u64>,
    /// Whether the file ends here.
    pub finished: bool,
}
