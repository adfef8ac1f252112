use std::path::PathBuf;

use boyin::archive::{CollectedId, ImportId};
use boyin::model::collected::{EvidenceKind, Grade};
use clap::{Args, Subcommand};

use crate::args::{ActBy, ReadBy, limit_1000};

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Take in a file of another system. If interrupted, run the same again: it goes on where it was, and the same file is
    /// never taken in twice (归集)
    Run(Run),
    /// Show every import and how far it is
    Status {
        /// One import in full
        #[arg(value_name = "IMPORT", value_parser = import_id)]
        import: Option<ImportId>,
    },
    /// Account for each source: its stated total = accepted + there already + rejected (对账). Ends with 0 if all balance, 1 if one
    /// does not, 2 if a source does not say how many records it has
    Reconcile {
        /// One source by its name
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
    },
    /// List the records that the rows of an import are, without anything personal
    Records(Records),
    /// List the records that contradict others (数据冲突)
    Disputes {
        /// Of one import [default: of all]
        #[arg(value_name = "IMPORT", value_parser = import_id)]
        import: Option<ImportId>,
    },
    /// Show a record, and those that it is in dispute with
    Show {
        /// Name of the record
        #[arg(value_name = "RECORD", value_parser = collected_id)]
        record: CollectedId,
        /// Show personal data in the clear
        #[arg(long)]
        full: bool,
        #[command(flatten)]
        by: ReadBy,
    },
    /// Raise the grade of a record on evidence (提升数据等级). It takes two people
    Raise(Raise),
    /// Decide a dispute for this record; those that it contradicts are dismissed, and stay on file (裁定)
    Decide {
        /// Name of the record
        #[arg(value_name = "RECORD", value_parser = collected_id)]
        record: CollectedId,
        /// Why; goes into the event log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        act: ActBy,
    },
    /// Erase what a record says, for good (清除个人信息). Its name, its row and its events stay. It takes two people
    Erase {
        /// Name of the record
        #[arg(value_name = "RECORD", value_parser = collected_id)]
        record: CollectedId,
        /// Why; goes into the event log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The second person
        #[arg(long, value_name = "NAME")]
        second: String,
        #[command(flatten)]
        act: ActBy,
    },
    /// Issue a license from every record of an import that is of grade A or B and undisputed (重新签章). If interrupted, run the same
    /// again
    Sign(Sign),
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The file: CSV, JSON lines or XLSX, as the mapping says
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How it is read (docs/import.md)
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) mapping: PathBuf,
    /// The name that the mapping must have for the source: guards against the mapping of another one
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// These are corrected rows that this import, or a correction of it, had rejected
    #[arg(long, value_name = "IMPORT", value_parser = import_id)]
    pub(crate) corrects: Option<ImportId>,
    /// Where rejected rows go [default: beside the file, with .rejects in its name]
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// Begin though another file of the source was not taken in to its end
    #[arg(long)]
    pub(crate) beside_unfinished: bool,
    /// Begin though the records of the source were named by other columns before: each of them that comes again is another record
    #[arg(long)]
    pub(crate) new_keys: bool,
    #[command(flatten)]
    pub(crate) by: ReadBy,
}

#[derive(Debug, Args)]
pub(crate) struct Records {
    /// Name of the import
    #[arg(value_name = "IMPORT", value_parser = import_id)]
    pub(crate) import: ImportId,
    /// Only those of this grade
    #[arg(long, value_name = "A|B|C|D", value_parser = grade)]
    pub(crate) grade: Option<Grade>,
    /// Begin after this row
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) after: u64,
    /// Records in one answer, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = limit_1000)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Raise {
    /// Name of the record
    #[arg(value_name = "RECORD", value_parser = collected_id)]
    pub(crate) record: CollectedId,
    /// The new grade
    #[arg(long, value_name = "A|B|C", value_parser = grade)]
    pub(crate) to: Grade,
    /// What it rests on: issuer-seal, window-check or upload
    #[arg(long, value_name = "KIND", value_parser = evidence)]
    pub(crate) evidence: EvidenceKind,
    /// The document that shows it: its digest goes into the record and the event log
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
    /// The second person
    #[arg(long, value_name = "NAME")]
    pub(crate) second: String,
    #[command(flatten)]
    pub(crate) act: ActBy,
}

#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// Name of the import
    #[arg(value_name = "IMPORT", value_parser = import_id)]
    pub(crate) import: ImportId,
    /// Write each record that stays as it is, and why, into a new file
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) refused: Option<PathBuf>,
    /// The person who acts; goes into the event log
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME")]
    pub(crate) who: String,
    /// What for; goes into the event log
    #[arg(long, env = "BOYIN_PURPOSE", value_name = "TEXT")]
    pub(crate) purpose: String,
    /// Credit code of the office that signs; only records of its own sources are signed [default: the agency of the import]
    #[arg(long, env = "BOYIN_OFFICE", value_name = "CODE")]
    pub(crate) office: Option<boyin::model::id::CreditCode>,
}

fn import_id(text: &str) -> Result<ImportId, &'static str> {
    ImportId::parse(text)
        .ok_or("the name of an import has 32 hexadecimal digits: `boyin import status` lists them")
}

fn collected_id(text: &str) -> Result<CollectedId, &'static str> {
    CollectedId::parse(text)
        .ok_or("the name of a record has 64 hexadecimal digits: `boyin import records` lists them")
}

fn grade(text: &str) -> Result<Grade, &'static str> {
    let mut letters = text.chars();
    let grade = letters.next().and_then(Grade::from_letter).filter(|_| letters.next().is_none());
    grade.ok_or("the grades are A, B, C and D")
}

fn evidence(text: &str) -> Result<EvidenceKind, &'static str> {
    EvidenceKind::from_code(text).ok_or("evidence is issuer-seal, window-check, upload or declaration")
}
