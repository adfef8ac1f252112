use std::path::PathBuf;

use boyin::model::id::{CreditCode, DivisionCode};
use boyin::model::time::Date;
use clap::{Args, Subcommand, ValueEnum};

use crate::args::{ActBy, ReadBy, Whose};
use crate::fetched::Files;

#[derive(Debug, Subcommand)]
pub(crate) enum Window {
    /// List the items and packages that can be asked about, or show one with its questions and materials (事项目录)
    Items {
        /// An item or a package by key, code or Chinese name
        #[arg(long, value_name = "KEY")]
        item: Option<String>,
    },
    /// Decide which papers a matter may ask for, sign the answer and keep it (免证办判定)
    #[command(
        after_help = "Exit codes: 0 nothing has to be submitted, 1 something has to be, 2 something has to be cleared up first, 3 any error; a decision that was made is told even if --out cannot be written."
    )]
    Decide(Box<Decide>),
    /// Show a decision that is kept; each of its holders sees that, by whom and what for
    Show {
        /// Number of its event
        event: u64,
        /// Write the signed receipt to a new file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        by: ReadBy,
    },
    /// Come to a decision again, from the files as of then, and compare the bytes (复核)
    #[command(
        after_help = "Exit codes: 0 the same bytes, 1 they differ, 2 something of a holder was erased since, 3 any error."
    )]
    Replay {
        /// Number of its event
        event: u64,
        #[command(flatten)]
        by: ReadBy,
    },
    /// Verify the receipt of a decision that somebody presents (回执核验)
    #[command(
        override_usage = "boyin window verify FILE\n       boyin window verify FILE --trust LIST.jwt --anchor ANCHOR.json   (no data directory, no passphrase)"
    )]
    Verify {
        /// The receipt; - reads standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        trust: Files,
    },
    /// Erase what decisions that a holder took part in were decided from: number, name, form (清除判定依据). The receipts stay; they hold
    /// nothing personal, and can be verified but not come to again. It takes two people of the office that keeps the trust list
    Forget {
        #[command(flatten)]
        whose: Whose,
        /// The second person
        #[arg(long, value_name = "NAME")]
        second: String,
        /// Why; goes into the event log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        act: ActBy,
    },
    /// What was declared in place of a paper and is to be checked afterwards: by whom, until when (告知承诺事后核查). That a check was done is
    /// kept in the register of the office that checks, not here
    FollowUps(FollowUps),
    /// The exemption meter: how much did not have to be submitted, over types, materials and transactions (免提交率)
    Meter(Box<Meter>),
}

#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// What is applied for: an item or a package by key, code or Chinese name
    #[arg(long, value_name = "KEY")]
    pub(crate) item: String,
    /// Where: division code, such as 652701
    #[arg(long, value_name = "CODE")]
    pub(crate) division: DivisionCode,
    /// An answer about the situation, by keys; can be repeated
    #[arg(long = "answer", value_name = "QUESTION=ANSWER")]
    pub(crate) answers: Vec<String>,
    /// Who takes part: role and number, and the name unless the file says it; can be repeated. Another kind of number than citizen ID
    /// or credit code is given before it, as in applicant=414/E12345678:NAME
    #[arg(long = "holder", value_name = "ROLE=CODE[:NAME]")]
    pub(crate) holders: Vec<String>,
    /// The same, one in each line of a file; - reads standard input, so that numbers stay out of the shell history
    #[arg(long, value_name = "FILE")]
    pub(crate) holders_from: Option<PathBuf>,
    /// What stands on the form; can be repeated
    #[arg(long = "form", value_name = "FIELD=VALUE")]
    pub(crate) form: Vec<String>,
    /// Number of who acts for the applicant or the enterprise (代办人); @FILE reads it from a file
    #[arg(long, value_name = "CODE", requires = "delegation")]
    pub(crate) agent: Option<String>,
    /// With --agent: kind of that number, 111 citizen ID or 001 unified credit code
    #[arg(long, value_name = "NNN", default_value = "111", requires = "agent")]
    pub(crate) agent_type: String,
    /// With --agent: the holder's delegation. --purpose is then its purpose, word by word
    #[arg(long, value_name = "N", requires = "agent")]
    pub(crate) delegation: Option<u64>,
    /// Through which channel: website, mobile, window, terminal, portal, third-party
    #[arg(long, value_name = "CHANNEL", default_value = "window")]
    pub(crate) channel: String,
    /// The applicant has a false commitment on record that is not cleared (不适用告知承诺)
    #[arg(long)]
    pub(crate) no_commitment: bool,
    /// Credit code of the office that was asked first; it signs
    #[arg(long, env = "BOYIN_OFFICE", value_name = "CODE")]
    pub(crate) office: CreditCode,
    /// The person who asks; goes into the event log
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME")]
    pub(crate) who: String,
    /// What for; goes into the event log
    #[arg(long, env = "BOYIN_PURPOSE", value_name = "TEXT")]
    pub(crate) purpose: String,
    /// The same key and the same question give the first answer back [default: a new one]
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Write the signed receipt to a new file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FollowUps {
    /// Only what is due on this day or later
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// Only what is due on this day or before
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<Date>,
    /// Only what this office was asked for first, by its credit code
    #[arg(long, value_name = "CODE")]
    pub(crate) office: Option<String>,
    /// Only of decisions after this event
    #[arg(long, value_name = "EVENT")]
    pub(crate) after: Option<u64>,
    /// At most so many decisions
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Meter {
    /// Told apart by county, office, item or month
    #[arg(long, value_enum, default_value_t = ByArg::County)]
    pub(crate) by: ByArg,
    /// Only what was applied for in this county; with --office, --item and --month, all of them at once
    #[arg(long, value_name = "CODE")]
    pub(crate) county: Option<String>,
    /// Only what this office was asked for first, by its credit code
    #[arg(long, value_name = "CODE")]
    pub(crate) office: Option<String>,
    /// Only what this item needs, by its key
    #[arg(long, value_name = "KEY")]
    pub(crate) item: Option<String>,
    /// Only decisions of this month, in China
    #[arg(long, value_name = "YYYY-MM")]
    pub(crate) month: Option<String>,
    /// List the decisions behind a figure, with --by as it was shown: that of a row with the code of the row, that of all without
    #[arg(long, value_enum, value_name = "FIGURE")]
    pub(crate) behind: Option<FigureArg>,
    /// With --behind: only what came to this
    #[arg(long, value_enum, requires = "behind")]
    pub(crate) outcome: Option<OutcomeArg>,
    /// With --behind: only what is for this license type, or would have been freed by it, by its Chinese name
    #[arg(long = "type", value_name = "NAME", requires = "behind")]
    pub(crate) license_type: Option<String>,
    /// Which license types, if collected next, raise the rate most
    #[arg(long, conflicts_with_all = ["by", "behind"])]
    pub(crate) next: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FigureArg {
    /// Decisions; by item, one for each item of a package
    Transactions,
    /// Materials of decisions
    Materials,
    /// License types
    Types,
    /// Of --next: transactions that one license type would have freed
    TransactionsFreed,
    /// Of --next: materials that one license type would have freed
    MaterialsFreed,
    /// Of --next: the materials among them whose license type is to be cataloged first
    NotCataloged,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ByArg {
    County,
    Office,
    Item,
    Month,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OutcomeArg {
    Exempt,
    Pending,
    Submit,
}
