use std::path::PathBuf;

use boyin::archive::{HolderEnd, PlanDigest};
use boyin::model::id::{CreditCode, DivisionCode};
use clap::{Args, Subcommand, ValueEnum};

use crate::args::{ReadBy, Whose};

#[derive(Debug, Subcommand)]
pub(crate) enum Bulk {
    /// Put many licenses out of force for good (吊销); first with --dry-run
    Revoke(Change),
    /// Put many licenses out of force for good because they lapsed or were given up (注销); first with --dry-run
    Cancel(Change),
    /// Show what a change of many licenses, or a holder's end, changed, and whether it was undone
    Show {
        /// Number of its event
        #[arg(value_name = "EVENT")]
        event: u64,
    },
}

/// What is done: nothing but a look, or the act that a second person signed off.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// Only list exactly what would change, with the digest to sign off
    #[arg(long, required_unless_present = "sign_off")]
    pub(crate) dry_run: bool,
    /// Do it, if it is still what the dry run with this digest showed
    #[arg(long, value_name = "DIGEST", conflicts_with = "dry_run", requires = "second", value_parser = digest)]
    pub(crate) sign_off: Option<PlanDigest>,
    /// The second person, who looked at the dry run and signs it off
    #[arg(long, value_name = "NAME", conflicts_with = "dry_run")]
    pub(crate) second: Option<String>,
    /// The same key means the same act, done once [default: a new one]
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) by: ReadBy,
}

#[derive(Debug, Args)]
pub(crate) struct Close {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// What happened to the holder
    #[arg(long, value_name = "END")]
    pub(crate) reason: End,
    /// The clause of the law that it rests on (法律依据) [default: 行政许可法第七十条, 第二项 or 第三项]
    #[arg(long, value_name = "TEXT")]
    pub(crate) basis: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum End {
    Death,
    Deregistered,
}

impl From<End> for HolderEnd {
    fn from(end: End) -> Self {
        match end {
            End::Death => Self::Death,
            End::Deregistered => Self::Deregistration,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Change {
    /// File with license identifiers, one on each line; - reads standard input
    #[arg(
        long, value_name = "FILE",
        conflicts_with_all = ["license_type", "division", "issuer", "from", "until"],
        required_unless_present_any = ["license_type", "division", "issuer"]
    )]
    pub(crate) ids: Option<PathBuf>,
    /// Those of this license type: key, code or Chinese name
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) license_type: Option<String>,
    /// Those issued in this division
    #[arg(long, value_name = "CODE")]
    pub(crate) division: Option<DivisionCode>,
    /// Those issued by this office
    #[arg(long, value_name = "CODE")]
    pub(crate) issuer: Option<CreditCode>,
    /// Those filed at this time or later: 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Those filed before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Why; goes into the event log
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The clause of the law that it rests on (法律依据)
    #[arg(long, value_name = "TEXT")]
    pub(crate) basis: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// Number of the event of the whole, as it was told when it was done
    #[arg(value_name = "EVENT")]
    pub(crate) event: u64,
    /// Why; goes into the event log
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The second person
    #[arg(long, value_name = "NAME")]
    pub(crate) second: String,
    /// The same key means the same act, done once [default: a new one]
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) by: ReadBy,
}

fn digest(text: &str) -> Result<PlanDigest, &'static str> {
    PlanDigest::parse(text).ok_or("a digest is the 64 hexadecimal digits that the dry run shows")
}
