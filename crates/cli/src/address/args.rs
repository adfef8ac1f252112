use boyin::model::id::LicenseId;
use clap::{Args, Subcommand};

use crate::args::{Change, ReadBy, limit_1000};

#[derive(Debug, Subcommand)]
pub(crate) enum Address {
    /// Enter an address of a license; its next versions have it, too
    Add(At),
    /// Take an address of a license out
    Remove(At),
    /// List the addresses of a license
    List {
        /// License identifier (证照标识)
        id: LicenseId,
        #[command(flatten)]
        by: ReadBy,
    },
    /// List the licenses at an address, of every holder
    Find {
        /// The address; - reads it from standard input
        address: String,
        /// Begin after this license
        #[arg(long, value_name = "ID")]
        after: Option<LicenseId>,
        /// Licenses in one answer, 1 to 1000
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = limit_1000)]
        limit: usize,
        #[command(flatten)]
        by: ReadBy,
    },
}

#[derive(Debug, Args)]
pub(crate) struct At {
    #[command(flatten)]
    pub(crate) change: Change,
    /// The address; - reads it from standard input. Width of characters and spaces do not tell two addresses apart
    #[arg(long, value_name = "TEXT")]
    pub(crate) address: String,
}
