use std::path::PathBuf;

use boyin::model::id::LicenseId;
use boyin::model::register::SealId;
use boyin::verify::seal::Profile;
use clap::{ArgAction, Args, Subcommand};

use crate::seal::args::Actor;
use crate::trusted::Trusted;

#[derive(Debug, Subcommand)]
pub(crate) enum Ofd {
    /// Verify every seal and signature of a document, and what they cover (核验)
    Verify(Verify),
    /// Show what is in a document and what its signatures cover, without a verdict on certificates; needs no data directory (查看)
    Inspect(Inspect),
    /// Make a license on file into a document sealed by its issuer, or into an annotated copy (制作)
    Make(Make),
    /// Take the metadata and the attachments out of a document that passes (提取)
    Extract(Extract),
}

#[derive(Debug, Args)]
#[command(
    override_usage = "boyin ofd verify FILE\n       boyin ofd verify FILE|FOLDER...   (many at once, a line for each)\n       boyin ofd verify FILE --anchor CERT.der --maker CERT.der --crl LIST.crl   (no data directory, no passphrase)"
)]
pub(crate) struct Verify {
    /// OFD documents up to 1 GiB, and folders whose files that end with `.ofd` are meant
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
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
    /// OFD document up to 1 GiB
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "boyin ofd make ID --who NAME --office CODE --purpose TEXT --out FILE.ofd\n       boyin ofd make ID … --copy-until TIME --out FILE.ofd   (an annotated copy for that purpose, 加注件)\n       boyin ofd make ID … --seal NUMBER --out FILE.ofd   (with another seal of the office)"
)]
pub(crate) struct Make {
    /// License identifier
    pub(crate) id: LicenseId,
    #[command(flatten)]
    pub(crate) actor: Actor,
    /// Where the document goes; a new file
    #[arg(long, value_name = "FILE.ofd")]
    pub(crate) out: PathBuf,
    /// Make an annotated copy for the purpose, which may be used until then: 2026-12-31 (that day included) or
    /// 2026-12-31T18:00:00+08:00
    #[arg(long, value_name = "TIME")]
    pub(crate) copy_until: Option<String>,
    /// The seal of the office to seal with [default: of its seals in use, personal ones aside, the one with the lowest number]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seal: Option<SealId>,
    /// Write the same face as PDF, a copy whose proof is the credential in it; a new file
    #[arg(long, value_name = "FILE.pdf")]
    pub(crate) pdf: Option<PathBuf>,
    /// Write a picture of the first page; a new file
    #[arg(long, value_name = "FILE.png")]
    pub(crate) png: Option<PathBuf>,
    /// A template of the office before the built-in ones; can be repeated
    #[arg(long, value_name = "FILE.toml", action = ArgAction::Append)]
    pub(crate) template: Vec<PathBuf>,
    /// The emblem, for templates with a place for one
    #[arg(long, value_name = "FILE.png")]
    pub(crate) emblem: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Extract {
    /// OFD document up to 1 GiB
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where metadata.json and the attachments go; a new directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Take out what anybody can have written: do not verify
    #[arg(long, conflicts_with_all = ["at", "anchor"])]
    pub(crate) unverified: bool,
    /// Verify for this instant instead of now
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
}
