use std::path::PathBuf;

use boyin::model::id::{CreditCode, DivisionCode};
use boyin::model::time::Date;
use clap::{Args, Subcommand};

use crate::key::args::Words;
use crate::listing::{Sign, SignDraft, VerifyFile};
use crate::trust::args::By;

#[derive(Debug, Subcommand)]
pub(crate) enum Catalog {
    /// Show the license types that may be issued
    Show,
    /// List the catalogs that were published (历次清单)
    History,
    /// Show what two catalogs say otherwise: the one in place and the draft, or two that were published
    Diff {
        /// The older one: its number, or a file
        #[arg(value_name = "OLD")]
        old: Option<String>,
        /// The newer one [default: the one in place]
        #[arg(value_name = "NEW", requires = "old")]
        new: Option<String>,
    },
    /// Prepare license types: new ones, or other definitions of known ones; nothing is published before `sign`
    Add(Add),
    /// Prepare the end of a license type: none is issued any more, and what was issued stays
    Remove(Remove),
    /// Sign what is prepared, and publish it as the next catalog (签发)
    Sign(SignDraft),
    /// Throw away what is prepared
    Discard(Words),
    /// Publish the next catalog, with the same types; or the first one
    Renew(Sign),
    /// Verify a signed catalog in a file
    Verify(VerifyFile),
    /// How much of what sources state was collected or issued (归集覆盖率)
    Coverage,
    /// Enter how many licenses a source says that it has (应归集总数)
    Total(Total),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    #[command(flatten)]
    pub(crate) by: By,
    /// Types in TOML, as docs/catalog.md has them
    #[arg(value_name = "FILE.toml")]
    pub(crate) file: PathBuf,
    /// Only this type of the file, by key, code or name; may be repeated [default: all]
    #[arg(long = "license-type", value_name = "TYPE")]
    pub(crate) license_types: Vec<String>,
    /// From when they may be issued [default: as it was, of a new type now]
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Until when
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    pub(crate) by: By,
    /// The type, by key, code or name
    #[arg(value_name = "TYPE")]
    pub(crate) license_type: String,
    /// From when it may no longer be issued [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Total {
    #[command(flatten)]
    pub(crate) words: Words,
    /// The license type, by key, code or name
    #[arg(long, value_name = "TYPE")]
    pub(crate) license_type: String,
    /// Division in which the licenses were issued
    #[arg(long, value_name = "CODE")]
    pub(crate) division: DivisionCode,
    /// Credit code of the agency that keeps the source, or issues
    #[arg(long, value_name = "CODE")]
    pub(crate) department: CreditCode,
    /// How many there are
    #[arg(long, value_name = "NUMBER")]
    pub(crate) total: u64,
    /// Where the number comes from
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: String,
    /// The day of the number
    #[arg(long, value_name = "DATE")]
    pub(crate) dated: Date,
}
