use std::path::PathBuf;

use clap::{Args, Subcommand};

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
