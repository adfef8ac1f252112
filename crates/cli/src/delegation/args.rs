use clap::{ArgAction, Args};

use crate::args::{ActBy, ReadBy, Whose};

/// Days for which a delegation is good unless told otherwise.
const DAYS: u16 = 30;

/// Who acts for somebody.
#[derive(Debug, Args)]
pub(crate) struct Agent {
    /// Kind of number of who acts: 111 citizen ID, 001 unified credit code
    #[arg(long, value_name = "NNN", default_value = "111")]
    pub(crate) agent_type: String,
    /// Number of who acts; @FILE reads it from a file, so that it stays out of the shell history. Only a keyed digest of it is kept
    #[arg(long, value_name = "CODE")]
    pub(crate) agent: String,
}

#[derive(Debug, Args)]
pub(crate) struct Delegate {
    #[command(flatten)]
    pub(crate) whose: Whose,
    #[command(flatten)]
    pub(crate) agent: Agent,
    /// A license type that may be used, by key or Chinese name; can be repeated
    #[arg(long, value_name = "KEY", required = true, action = ArgAction::Append)]
    pub(crate) license_type: Vec<String>,
    /// An item that it may be used for, by key or code; can be repeated
    #[arg(long, value_name = "KEY", required = true, action = ArgAction::Append)]
    pub(crate) item: Vec<String>,
    /// Days for which it is good, 1 to 366
    #[arg(long, value_name = "N", default_value_t = DAYS)]
    pub(crate) days: u16,
    /// How often it may be used, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) uses: u32,
    #[command(flatten)]
    pub(crate) act: ActBy,
}

#[derive(Debug, Args)]
pub(crate) struct Delegations {
    #[command(flatten)]
    pub(crate) whose: Whose,
    #[command(flatten)]
    pub(crate) by: ReadBy,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Number of the delegation
    #[arg(long, value_name = "N")]
    pub(crate) delegation: u64,
    #[command(flatten)]
    pub(crate) act: ActBy,
}
