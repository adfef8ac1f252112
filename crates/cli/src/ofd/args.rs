use std::path::PathBuf;

use boyin::verify::seal::Profile;
use clap::{Args, Subcommand};

use crate::trusted::Trusted;

#[derive(Debug, Subcommand)]
pub(crate) enum Ofd {
    /// Verify every seal and signature of a document, and what they cover (核验)
    Verify(Verify),
    /// Show what is in a document, without a verdict on certificates; needs no data directory (查看)
    Inspect(Inspect),
}

#[derive(Debug, Args)]
#[command(
    override_usage = "boyin ofd verify FILE\n       boyin ofd verify FILE --anchor CERT.der --maker CERT.der --crl LIST.crl   (no data directory, no passphrase)"
)]
pub(crate) struct Verify {
    /// OFD document
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Verify for this instant instead of now: 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// gmt0031-2014, gbt38540-2020 or gmt0031-2025 [default: the standard of each seal's own version]
    #[arg(long, value_name = "NAME", value_parser = crate::seal::args::profile)]
    pub(crate) profile: Option<&'static Profile>,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// OFD document
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}
