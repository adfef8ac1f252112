use boyin::doctor::MIN_FREE_BYTES;
use clap::Args;

use crate::space::temporary_mib;

/// Unless told otherwise.
const MIN_FREE_MIB: u64 = MIN_FREE_BYTES >> 20;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// MiB that have to be free on the disk of the data directory; four times as many should be
    #[arg(long, value_name = "MIB", default_value_t = MIN_FREE_MIB)]
    pub(crate) min_free: u64,
    /// MiB that should be free in the folder for temporary files (TMPDIR), where the service puts large documents
    #[arg(long, value_name = "MIB", default_value_t = temporary_mib())]
    pub(crate) min_temporary: u64,
}
