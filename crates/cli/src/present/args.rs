use std::path::PathBuf;

use boyin::model::id::LicenseId;
use clap::{Args, Subcommand};

use crate::args::ReadBy;

#[derive(Debug, Subcommand)]
pub(crate) enum Present {
    /// Make the code of a license with chosen fields; with --dynamic one that counts for 60 seconds and once (亮证码)
    Make(Make),
    /// Verify a code: its text, or a picture of it (PNG)
    Check(Check),
}

#[derive(Debug, Args)]
pub(crate) struct Make {
    /// License identifier (证照标识)
    #[arg(long, value_name = "ID")]
    pub(crate) license: LicenseId,
    /// Names of hidden claims and fields to show, separated by commas; without it, none of them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,
    /// With the office's statement that it was asked for now: counts for 60 seconds, once at each verifier (动态码)
    #[arg(long)]
    pub(crate) dynamic: bool,
    /// A new file: .png, .svg or .txt. Without it, the text goes to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Of a PNG: pixels of each module
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) pixels: u8,
    #[command(flatten)]
    pub(crate) by: ReadBy,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "boyin present check FILE\n       boyin present check FILE --bundle BUNDLE --anchor ANCHOR.json   (offline: no data directory, no passphrase)"
)]
pub(crate) struct Check {
    /// A text that begins with BY1:, or a PNG; - reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) lists: Lists,
    /// Where this verifier remembers the dynamic codes that passed; made if it is not there. Without it no dynamic code passes,
    /// with it no static one does
    #[arg(long, value_name = "FILE")]
    pub(crate) seen: Option<PathBuf>,
    /// No static code is enough (要求动态码); --seen says so too
    #[arg(long)]
    pub(crate) dynamic: bool,
    /// Verify for this instant instead of now: 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970. Not with --seen: what
    /// was seen is remembered by the clock
    #[arg(long, value_name = "TIME", conflicts_with = "seen")]
    pub(crate) at: Option<String>,
    /// Show personal data in the clear
    #[arg(long)]
    pub(crate) full: bool,
}

/// What is verified with; the data directory if nothing is named.
#[derive(Debug, Args)]
pub(crate) struct Lists {
    /// Offline: the lists to verify with
    #[arg(long, value_name = "BUNDLE", requires = "anchor")]
    pub(crate) bundle: Option<PathBuf>,
    /// With --bundle: the public key that signs the trust list, as trust/anchor.json has it
    #[arg(long, value_name = "ANCHOR.json", requires = "bundle")]
    pub(crate) anchor: Option<PathBuf>,
    /// With --bundle: refuse one with a trust list before this number (不接受更早的信任列表)
    #[arg(long, value_name = "N", requires = "bundle", default_value_t = 0, hide_default_value = true)]
    pub(crate) least_sequence: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bundle {
    /// Write the lists as they are published now: trust list, status lists, hand-overs of the anchor
    Make {
        /// A new file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show what a bundle says of itself and how old it is; nothing is verified
    Show {
        /// The bundle
        #[arg(value_name = "BUNDLE")]
        file: PathBuf,
    },
    /// Verify every part of a bundle with the anchor, and show how old it is
    Verify {
        /// The bundle
        #[arg(value_name = "BUNDLE")]
        file: PathBuf,
        /// The public key that signs the trust list [default: the one of the data directory]
        #[arg(long, value_name = "ANCHOR.json")]
        anchor: Option<PathBuf>,
        /// Refuse a bundle with a trust list before this number (不接受更早的信任列表)
        #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
        least_sequence: u64,
        /// For this instant instead of now
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
}
