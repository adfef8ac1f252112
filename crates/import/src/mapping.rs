//! The mapping file: which column of a source becomes what, and how far the source can be relied on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use boyin_model::catalog::{Catalog, LicenseType};
use boyin_model::collected::{Evidence, EvidenceFault, EvidenceKind, Grade};
use boyin_model::id::CreditCode;
use serde::Deserialize;

use crate::date::DateForm;
use crate::encoding::Encoding;
use crate::limits::{MAX_MAPPING_BYTES, MAX_TEXT_CHARS};
use crate::rejects::{REJECT_COLUMNS, REJECT_PREFIX};

/// What a column or constant becomes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// `license_number`
    LicenseNumber,
    /// `holder.code_type`: three digits
    HolderCodeType,
    /// `holder.code`
    HolderCode,
    /// `holder.name`
    HolderName,
    /// `division`: six digits
    Division,
    /// `issue_date`
    IssueDate,
    /// `valid_from`
    ValidFrom,
    /// `valid_until`; empty is long-term
    ValidUntil,
    /// `grade`: a letter, no better than that of the source
    Grade,
    /// `fields.<name>`: a field of the license type
    Field(String),
}

impl Target {
    /// Those that every record needs.
    const REQUIRED: [Self; 6] = [
        Self::LicenseNumber,
        Self::HolderCodeType,
        Self::HolderCode,
        Self::HolderName,
        Self::Division,
        Self::IssueDate,
    ];
    const OPTIONAL: [Self; 3] = [Self::ValidFrom, Self::ValidUntil, Self::Grade];

    fn from_name(name: &str, license_type: &LicenseType) -> Option<Self> {
        if let Some(field) = name.strip_prefix("fields.") {
            return license_type.field(field).map(|spec| Self::Field(spec.name.clone()));
        }
        Self::REQUIRED.into_iter().chain(Self::OPTIONAL).find(|target| target.to_string() == name)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LicenseNumber => "license_number",
            Self::HolderCodeType => "holder.code_type",
            Self::HolderCode => "holder.code",
            Self::HolderName => "holder.name",
            Self::Division => "division",
            Self::IssueDate => "issue_date",
            Self::ValidFrom => "valid_from",
            Self::ValidUntil => "valid_until",
            Self::Grade => "grade",
            Self::Field(name) => return write!(f, "fields.{name}"),
        })
    }
}

/// The form of a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated values with a header (RFC 4180; other separators by declaration).
    Csv,
    /// JSON lines: one object on each line.
    Jsonl,
    /// A sheet of an XLSX workbook with a header.
    Xlsx,
}

/// What separates the cells of a CSV file. None of these bytes is part of a character in GB 18030.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Delimiter {
    /// `,`
    #[default]
    #[serde(rename = ",")]
    Comma,
    /// `;`
    #[serde(rename = ";")]
    Semicolon,
    /// The tabulator.
    #[serde(rename = "\t")]
    Tab,
}

impl Delimiter {
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// A checked mapping.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Name of the source (数据来源), for reports.
    pub source: String,
    /// Credit code of the agency that keeps the source.
    pub agency: CreditCode,
    /// How many records the source says it has.
    pub stated_total: Option<u64>,
    /// Form of the file.
    pub format: Format,
    /// Encoding of a CSV file; otherwise it is detected.
    pub encoding: Option<Encoding>,
    /// What separates its cells.
    pub delimiter: Delimiter,
    /// Sheet of a workbook; otherwise the first.
    pub sheet: Option<String>,
    /// License type of all records.
    pub license_type: LicenseType,
    /// Grade of the records unless a column says a lower one.
    pub grade: Grade,
    /// What the grade rests on.
    pub evidence: Evidence,
    /// Columns whose values name a record within its source.
    pub key: Vec<String>,
    /// Of a file that [corrects](Self::correcting) rejected rows: how many rows the first file has.
    pub(crate) corrects: Option<u64>,
    pub(crate) dates: Vec<DateForm>,
    pub(crate) columns: BTreeMap<Target, String>,
    pub(crate) constants: BTreeMap<Target, String>,
    pub(crate) values: BTreeMap<Target, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    source: SourceWire,
    file: FileWire,
    license: LicenseWire,
    grade: GradeWire,
    #[serde(default)]
    dates: DatesWire,
    columns: BTreeMap<String, String>,
    #[serde(default)]
    constants: BTreeMap<String, String>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceWire {
    name: String,
    agency: CreditCode,
    total: Option<u64>,
    key: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileWire {
    format: Format,
    encoding: Option<Encoding>,
    delimiter: Option<Delimiter>,
    sheet: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LicenseWire {
    r#type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GradeWire {
    grade: Grade,
    evidence: EvidenceKind,
    digest: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatesWire {
    forms: Option<Vec<DateForm>>,
}

/// Why a mapping was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MappingError {
    /// Longer than [`MAX_MAPPING_BYTES`].
    #[error("the mapping is longer than {MAX_MAPPING_BYTES} bytes")]
    TooLong,
    /// Not the TOML that a mapping is; the source says where.
    #[error("the mapping cannot be read: {0}")]
    Toml(#[from] Box<toml::de::Error>),
    /// The name of the source is no name.
    #[error("source.name: must be 1 to {MAX_TEXT_CHARS} characters without control characters")]
    Name,
    /// The catalog has no such license type.
    #[error("license.type: the catalog has no such license type")]
    UnknownType,
    /// Nothing that a license has.
    #[error("[{table}], entry {place}: neither a part of a license nor a field of this license type")]
    UnknownTarget {
        /// `columns`, `constants` or `values`.
        table: &'static str,
        /// Place in the table in the order of the names, from 1.
        place: usize,
    },
    /// From a column and a constant at once.
    #[error("{0}: comes from a column and from a constant; remove one")]
    Twice(Target),
    /// Nothing says where it comes from.
    #[error("{0}: every license has it; name its column or a constant")]
    Missing(Target),
    /// Nothing names a record.
    #[error("source.key: name one to eight columns whose values name a record within its source")]
    Key,
    /// No form of dates.
    #[error("dates.forms: allow at least one form")]
    NoDateForm,
    /// The evidence does not carry the grade.
    #[error("grade: {0}")]
    Evidence(#[from] EvidenceFault),
    /// A column of a rejects file.
    #[error("columns that begin with {REJECT_PREFIX} are the import's own")]
    Reserved,
    /// A setting of another form of file.
    #[error("file: encoding and delimiter belong to csv, sheet to xlsx")]
    Setting,
}

impl MappingError {
    /// Stable code for callers.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "mapping_too_long",
            Self::Toml(_) => "mapping_toml",
            Self::Name => "mapping_name",
            Self::UnknownType => "mapping_unknown_type",
            Self::UnknownTarget { .. } => "mapping_unknown_target",
            Self::Twice(_) => "mapping_twice",
            Self::Missing(_) => "mapping_missing",
            Self::Key => "mapping_key",
            Self::NoDateForm => "mapping_no_date_form",
            Self::Evidence(fault) => fault.code(),
            Self::Reserved => "mapping_reserved",
            Self::Setting => "mapping_setting",
        }
    }
}

/// Most columns of a key.
const MAX_KEY: usize = 8;

impl Mapping {
    /// Reads and checks a mapping against the catalog.
    ///
    /// # Errors
    /// [`MappingError`].
    pub fn read(text: &str, catalog: &Catalog) -> Result<Self, MappingError> {
        if text.len() > MAX_MAPPING_BYTES {
            return Err(MappingError::TooLong);
        }
        let wire: Wire = toml::from_str(text).map_err(Box::new)?;
        let Wire { source, file, license, grade: GradeWire { grade, evidence, digest }, dates, .. } = wire;
        let license_type = catalog.find(&license.r#type).ok_or(MappingError::UnknownType)?.clone();
        let evidence = Evidence { kind: evidence, digest };
        evidence.carries(grade)?;
        let columns = targets("columns", wire.columns, &license_type)?;
        let mapping = Self {
            source: source.name,
            agency: source.agency,
            stated_total: source.total,
            format: file.format,
            encoding: file.encoding,
            delimiter: file.delimiter.unwrap_or_default(),
            sheet: file.sheet,
            grade,
            evidence,
            key: source.key,
            corrects: None,
            dates: dates.forms.unwrap_or_else(|| vec![DateForm::Iso]),
            constants: targets("constants", wire.constants, &license_type)?,
            values: targets("values", wire.values, &license_type)?,
            columns,
            license_type,
        };
        let csv = mapping.format == Format::Csv;
        let of_csv = mapping.encoding.is_some() || file.delimiter.is_some();
        if (of_csv && !csv) || (mapping.sheet.is_some() && mapping.format != Format::Xlsx) {
            return Err(MappingError::Setting);
        }
        mapping.check()
    }

    fn check(self) -> Result<Self, MappingError> {
        let name = self.source.trim();
        if name.is_empty() || name.chars().count() > MAX_TEXT_CHARS || name.chars().any(char::is_control) {
            return Err(MappingError::Name);
        }
        if let Some(twice) = self.columns.keys().find(|target| self.constants.contains_key(target)) {
            return Err(MappingError::Twice(twice.clone()));
        }
        let fields = self.license_type.fields.iter().filter(|field| field.required);
        let required = fields.map(|field| Target::Field(field.name.clone())).chain(Target::REQUIRED);
        for target in required {
            if !self.columns.contains_key(&target) && !self.constants.contains_key(&target) {
                return Err(MappingError::Missing(target));
            }
        }
        let different: BTreeSet<_> = self.key.iter().collect();
        if !(1..=MAX_KEY).contains(&self.key.len()) || different.len() != self.key.len() {
            return Err(MappingError::Key);
        }
        if self.dates.is_empty() {
            return Err(MappingError::NoDateForm);
        }
        if self.columns.values().chain(&self.key).any(|column| column.starts_with(REJECT_PREFIX)) {
            return Err(MappingError::Reserved);
        }
        Ok(self)
    }

    /// The same mapping for rejected rows that were corrected: each names in `reject_row` its number in the first file, which has
    /// `rows` rows.
    #[must_use]
    pub fn correcting(self, rows: u64) -> Self {
        Self { corrects: Some(rows), ..self }
    }

    /// The columns that it reads, each once: those of its targets and those of the key, and of a correction the number of the
    /// row.
    #[must_use]
    pub fn column_names(&self) -> Vec<&str> {
        let of_correction = self.corrects.map(|_| REJECT_COLUMNS[0]);
        let names = self.columns.values().chain(&self.key).map(String::as_str).chain(of_correction);
        let names: BTreeSet<_> = names.collect();
        names.into_iter().collect()
    }
}

fn targets<V>(
    table: &'static str,
    wire: BTreeMap<String, V>,
    license_type: &LicenseType,
) -> Result<BTreeMap<Target, V>, MappingError> {
    let read = (1..).zip(wire).map(|(place, (name, value))| {
        let target = Target::from_name(&name, license_type);
        Ok((target.ok_or(MappingError::UnknownTarget { table, place })?, value))
    });
    read.collect()
}
