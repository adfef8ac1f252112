use std::path::PathBuf;

use boyin::model::id::LicenseId;
use boyin::model::time::Date;
use clap::{ArgAction, Args, Subcommand};

use crate::args::Change;

#[derive(Debug, Subcommand)]
pub(crate) enum Next {
    /// Issue the next version of a license with another validity (延续); the current one is superseded
    Renew {
        #[command(flatten)]
        change: Change,
        /// First valid day, not after today [default: today]
        #[arg(long, value_name = "YYYY-MM-DD")]
        valid_from: Option<Date>,
        /// Last valid day, later than before
        #[arg(long, value_name = "YYYY-MM-DD", required_unless_present = "long_term")]
        valid_until: Option<Date>,
        /// It does not end (长期)
        #[arg(long, conflicts_with = "valid_until")]
        long_term: bool,
        #[command(flatten)]
        to: To,
    },
    /// Issue the next version of a license with other content (变更); the current one is superseded
    // Not `Change`: that is the name of the arguments within.
    #[command(name = "change")]
    Alter {
        #[command(flatten)]
        change: Change,
        /// A field of the license type with its new value, nothing to take it out; can be repeated. See catalog.toml
        #[arg(long = "set", value_name = "FIELD=VALUE", action = ArgAction::Append)]
        fields: Vec<String>,
        /// The holder's new name; - reads it from standard input
        #[arg(long, value_name = "NAME")]
        holder_name: Option<String>,
        #[command(flatten)]
        to: To,
    },
    /// Issue a license again as it is, because it was lost or damaged (补证); the current version is superseded
    Reissue {
        #[command(flatten)]
        change: Change,
        #[command(flatten)]
        to: To,
    },
    /// List the versions of a license, the current one first (历次版本)
    Versions {
        /// License identifier (证照标识), of any version
        id: LicenseId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct To {
    /// Write the new version, with all disclosures, to a new file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
