use std::path::PathBuf;

use boyin::StoreSetting;
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Backup {
    #[command(subcommand)]
    pub(crate) verify: Option<Verify>,
    /// New directory for the backup
    #[arg(value_name = "DIR", required = true)]
    pub(crate) dir: Option<PathBuf>,
    /// An earlier backup on the same disk: files that are the same are shared with it (增量)
    #[arg(long, value_name = "DIR")]
    pub(crate) previous: Option<PathBuf>,
    /// Put the key files in too, encrypted as they are. Better keep them apart from the backup
    #[arg(long)]
    pub(crate) with_keys: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verify {
    /// Compare every file, check every entry, verify every license with the trust list in the backup (核验备份)
    Verify {
        /// The backup
        #[arg(value_name = "BACKUP")]
        backup: PathBuf,
        #[command(flatten)]
        keys: BackupKeyFiles,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BackupKeyFiles {
    /// Directory of the key files [default: those in the backup, otherwise those of --home]
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CopyArchive {
    /// The engine to copy into: rocksdb, in the data directory itself, or postgres
    #[arg(long, value_name = "ENGINE")]
    pub(crate) to: EngineName,
    /// With postgres: the database, such as "host=/run/postgresql dbname=boyin user=boyin"; a password goes into
    /// BOYIN_STORE_PASSWORD
    #[arg(long, value_name = "ADDRESS", required_if_eq("to", "postgres"))]
    pub(crate) address: Option<String>,
    /// With postgres: the schema [default: boyin]
    #[arg(long, value_name = "NAME")]
    pub(crate) schema: Option<String>,
    /// With postgres: file with the password, relative to the data directory, where it is not BOYIN_STORE_PASSWORD
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// With postgres: the server is another machine, and the network between is trusted: nothing encrypts the connection
    #[arg(long)]
    pub(crate) trusted_network: bool,
    /// Use the copy from then on: the section `store` of boyin.toml, which is written anew
    #[arg(long)]
    pub(crate) switch: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    Rocksdb,
    Postgres,
}

impl CopyArchive {
    /// `[store]` for the copy; `None` for the engine in the data directory.
    pub(crate) fn setting(&self) -> Option<StoreSetting> {
        (self.to == EngineName::Postgres).then(|| StoreSetting {
            engine: "postgres".to_owned(),
            address: self.address.clone().unwrap_or_default(),
            schema: self.schema.clone(),
            password_file: self.password_file.clone(),
            trusted_network: self.trusted_network,
        })
    }
}
