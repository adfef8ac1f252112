use boyin::model::id::CreditCode;
use clap::{Args, Subcommand, ValueEnum};

use crate::key::args::Words;
use crate::listing::{Sign, SignDraft, VerifyFile};
use crate::trust::args::By;

#[derive(Debug, Subcommand)]
pub(crate) enum Sharing {
    /// Show which agency is given what, for which item, until when
    Show,
    /// List the sharing lists that were published (历次目录)
    History,
    /// Show what two sharing lists say otherwise; what gives more away is marked
    Diff {
        /// The older one: its number, or a file
        #[arg(value_name = "OLD")]
        old: Option<String>,
        /// The newer one [default: the one in place]
        #[arg(value_name = "NEW", requires = "old")]
        new: Option<String>,
    },
    /// Prepare what an agency is given of a license type for an item, in place of what it was given before
    Add(Add),
    /// Prepare the end of what an agency is given
    Remove(Remove),
    /// Sign what is prepared, and publish it as the next sharing list (签发)
    Sign(SignDraft),
    /// Throw away what is prepared
    Discard(Words),
    /// Publish the next sharing list, with the same entries; or the first one
    Renew(Sign),
    /// Verify a signed sharing list in a file
    Verify(VerifyFile),
    /// Decide whether an agency is given fields, and leave an event
    Check(Check),
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Credit code of the agency
    #[arg(long, value_name = "CODE")]
    pub(crate) agency: CreditCode,
    /// Code of the service item (事项编码)
    #[arg(long, value_name = "CODE")]
    pub(crate) item: String,
    /// The license type, by key, code or name
    #[arg(long, value_name = "TYPE")]
    pub(crate) license_type: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Scope {
    /// Within one department (部门内部)
    Internal,
    /// Between departments (部门之间)
    Departments,
    /// Between levels (上下级)
    Levels,
    /// With third parties of society (社会第三方)
    ThirdParty,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Name of the agency
    #[arg(long, value_name = "NAME")]
    pub(crate) agency_name: String,
    /// Name of the item
    #[arg(long, value_name = "NAME")]
    pub(crate) item_name: String,
    /// Between whom it is shared
    #[arg(long, value_enum)]
    pub(crate) scope: Scope,
    /// Fields that are given, separated by commas; may be repeated
    #[arg(long = "field", value_name = "NAME", value_delimiter = ',', required = true)]
    pub(crate) fields: Vec<String>,
    /// From when [default: now]
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
    #[command(flatten)]
    pub(crate) which: Which,
    /// From when it is given nothing [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Fields that are asked for, separated by commas; may be repeated
    #[arg(long = "field", value_name = "NAME", value_delimiter = ',', required = true)]
    pub(crate) fields: Vec<String>,
    #[command(flatten)]
    pub(crate) words: Words,
}
