use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};

/// Where a signer listens unless told otherwise.
const DEFAULT_LISTEN: &str = "127.0.0.1:8651";

#[derive(Debug, Args)]
pub(crate) struct Signer {
    /// Directory of the signer
    #[arg(long, global = true, env = "BOYIN_SIGNER", value_name = "DIR", default_value = "./boyin-signer")]
    pub(crate) dir: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the directory of a signer
    Init,
    /// Sign for clients over HTTP (远程签名服务)
    Serve(Serve),
    /// The keys that sign here
    #[command(subcommand)]
    Key(Box<Key>),
    /// Who may have what signed
    #[command(subcommand)]
    Client(Client),
    /// Read the journal from its beginning and see whether every line belongs where it stands
    Journal,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    pub(crate) listen: SocketAddr,
    /// Listen on an address that other machines reach. The signer has no TLS: put a reverse proxy in front
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key; no client may use it until it is granted
    New(NewKey),
    /// List the keys
    List,
    /// Write the public half of a key, and the signer's ID, to a new file: for `boyin key new --remote`
    Export {
        /// Key ID
        #[arg(value_name = "KID", allow_hyphen_values = true)]
        kid: String,
        /// The file
        #[arg(long, value_name = "FILE.json")]
        out: PathBuf,
    },
    /// Destroy the private half of a key; a signer that runs stops using it at once
    Retire {
        /// Key ID
        #[arg(value_name = "KID", allow_hyphen_values = true)]
        kid: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NewKey {
    #[command(flatten)]
    pub(crate) material: crate::key::args::Material,
    #[command(flatten)]
    pub(crate) limits: crate::key::args::Limits,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Let a client have documents signed by one key. For several keys, edit clients.toml
    Add(AddClient),
    /// List the clients
    List,
    /// Remove a client; a signer that runs signs nothing more for it
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddClient {
    /// Its name, for the journal
    pub(crate) name: String,
    /// Its public key, as `boyin key client` gave it
    #[arg(long, value_name = "CLIENT.json")]
    pub(crate) key: PathBuf,
    /// The key that may sign for it
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    pub(crate) kid: String,
    /// What it may have signed; may be repeated
    #[arg(
        long, value_name = "KIND", action = ArgAction::Append, required = true,
        value_parser = [
            "licenses", "status-lists", "trust-list", "decisions", "seals", "presentations", "webhooks",
            "ceremony",
        ]
    )]
    pub(crate) only: Vec<String>,
    /// Most signatures that it gets by this key
    #[arg(long, value_name = "NUMBER")]
    pub(crate) signatures: Option<u64>,
}
