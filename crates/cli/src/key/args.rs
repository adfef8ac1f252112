use std::path::PathBuf;

use boyin::model::id::CreditCode;
use clap::{ArgAction, Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key; it signs nothing until `rotate` puts it in its place
    New(Box<New>),
    /// Make the key with which this data directory asks remote signers; give its public half to them
    Client(ClientKey),
    /// List the keys: whose, where, since when and until when
    List,
    /// Let a new key take the place of the one that signs (密钥轮换)
    Rotate(Rotate),
    /// Destroy the private half of a key that signs no more; what it signed stays valid (密钥销毁)
    Retire(Retire),
    /// Make a key by a script, in front of people who confirm each step, with a signed transcript (密钥仪式)
    #[command(subcommand)]
    Ceremony(super::ceremony::Command),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Owner {
    /// The key of this office: it signs licenses and status lists
    #[arg(long, value_name = "CODE")]
    pub(crate) office: Option<CreditCode>,
    /// The key that signs the trust list: the anchor
    #[arg(long)]
    pub(crate) trust_list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Words {
    /// The person who acts; goes into the journal
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME")]
    pub(crate) who: String,
    /// What for; goes into the journal
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: String,
}

/// Where a new key is made.
#[derive(Debug, Args)]
pub(crate) struct Material {
    /// Suite of a key in a file: SM2-SM3 or ES256
    #[arg(long, value_name = "SUITE", value_parser = ["SM2-SM3", "ES256"], conflicts_with = "module")]
    pub(crate) suite: Option<String>,
    /// Make the key (P-256) in a PKCS#11 token: the shared library of the device
    #[arg(long, value_name = "MODULE.so", requires = "token")]
    pub(crate) module: Option<PathBuf>,
    /// Label of the token
    #[arg(long, value_name = "LABEL", requires = "module")]
    pub(crate) token: Option<String>,
    /// File with the PIN of the token, read at each use [default: BOYIN_PIN_FILE, then BOYIN_PIN]
    #[arg(long, value_name = "FILE", requires = "module")]
    pub(crate) pin_file: Option<PathBuf>,
}

/// What a new key may sign.
#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// Most signatures that it makes
    #[arg(long, value_name = "NUMBER")]
    pub(crate) signatures: Option<u64>,
    /// It signs nothing dated before
    #[arg(long, value_name = "TIME")]
    pub(crate) not_before: Option<String>,
    /// It signs nothing dated from then on
    #[arg(long, value_name = "TIME")]
    pub(crate) not_after: Option<String>,
    /// It signs this kind only; may be repeated
    #[arg(
        long, value_name = "KIND", action = ArgAction::Append,
        value_parser = ["licenses", "status-lists", "trust-list", "decisions", "presentations", "webhooks"]
    )]
    pub(crate) only: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    #[command(flatten)]
    pub(crate) owner: Owner,
    #[command(flatten)]
    pub(crate) words: Words,
    #[command(flatten)]
    pub(crate) material: Material,
    /// Use a key that a remote signer holds: what `boyin signer key export` wrote there
    #[arg(long, value_name = "KEY.json", requires = "url", conflicts_with_all = ["suite", "module"])]
    pub(crate) remote: Option<PathBuf>,
    /// With --remote: where the signer is reached (a URL)
    #[arg(long, value_name = "URL", requires = "remote", value_parser = crate::args::public_url)]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

#[derive(Debug, Args)]
pub(crate) struct ClientKey {
    #[command(flatten)]
    pub(crate) words: Words,
    #[command(flatten)]
    pub(crate) material: Material,
    /// Write the public half to a new file: for `boyin signer client add`
    #[arg(long, value_name = "FILE.json")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    pub(crate) owner: Owner,
    #[command(flatten)]
    pub(crate) words: Words,
    /// Key ID of the new key
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    pub(crate) kid: String,
    /// With --office: when it begins, announced by the trust list until then [default: at once]
    #[arg(long, value_name = "TIME", conflicts_with = "trust_list")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Retire {
    #[command(flatten)]
    pub(crate) owner: Owner,
    #[command(flatten)]
    pub(crate) words: Words,
    /// Key ID
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    pub(crate) kid: String,
}
