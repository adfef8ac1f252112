use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};

/// Timestamps of authorities (RFC 3161, GB/T 20520).
#[derive(Debug, Subcommand)]
pub(crate) enum Timestamp {
    /// Write a request over a file, to be sent by other means
    Request(Request),
    /// Have a file stamped; what no authority stamps now waits in the data directory
    Stamp(Stamp),
    /// Verify a token, or the answer of an authority
    Verify(Verify),
    /// What waits for a timestamp
    #[command(subcommand)]
    Queue(Queue),
}

#[derive(Debug, Args)]
pub(crate) struct Request {
    /// What is to be stamped
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Where the request goes, a new file
    #[arg(long, value_name = "FILE.tsq")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Digest: sm3 or sha-256
    #[arg(long, value_name = "NAME", default_value = "sm3", value_parser = ["sm3", "sha-256"])]
    pub(crate) digest_algorithm: String,
    /// Policy of the authority to ask for, as 1.2.3
    #[arg(long, value_name = "OID")]
    pub(crate) policy: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Stamp {
    /// What is to be stamped
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// FILE is a seal signature (SES_Signature): stamp its signature value, and put the token into it
    #[arg(long)]
    pub(crate) seal_signature: bool,
    #[command(flatten)]
    pub(crate) asked: Asked,
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Where the token, or the stamped seal signature, goes; a new file [default: FILE.tst, or FILE.stamped]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Authorities {
    /// Address of an authority; repeated: asked in this order
    #[arg(long, value_name = "URL", required = true, action = ArgAction::Append)]
    pub(crate) authority: Vec<String>,
}

/// What tokens have to pass.
#[derive(Debug, Args)]
pub(crate) struct Trust {
    /// Certificate of an authority or of one above it, PEM or DER, trusted for timestamps; can be repeated
    #[arg(long, value_name = "CERT", action = ArgAction::Append)]
    pub(crate) anchor: Vec<PathBuf>,
    /// Revocation list, PEM or DER; can be repeated
    #[arg(long, value_name = "LIST", requires = "anchor", action = ArgAction::Append)]
    pub(crate) crl: Vec<PathBuf>,
    /// Take authorities for not revoked where no list says anything
    #[arg(long, requires = "anchor")]
    pub(crate) without_revocation: bool,
    /// Accept only tokens of this policy; can be repeated
    #[arg(long, value_name = "OID", requires = "anchor", action = ArgAction::Append)]
    pub(crate) accept_policy: Vec<String>,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "boyin timestamp verify TOKEN (--file FILE | --digest HEX) --anchor CERT [--crl LIST]"
)]
pub(crate) struct Verify {
    /// Token (TimeStampToken) or answer (TimeStampResp), DER
    #[arg(value_name = "TOKEN")]
    pub(crate) token: PathBuf,
    /// What was stamped
    #[arg(long, value_name = "FILE", required_unless_present = "digest")]
    pub(crate) file: Option<PathBuf>,
    /// Or its digest
    #[arg(long, value_name = "HEX", conflicts_with = "file")]
    pub(crate) digest: Option<String>,
    /// With --digest: sm3 or sha-256
    #[arg(long, value_name = "NAME", default_value = "sm3", value_parser = ["sm3", "sha-256"])]
    pub(crate) digest_algorithm: String,
    /// Inclusion proof of a batch: --file or --digest is one of its documents
    #[arg(long, value_name = "PROOF.json")]
    pub(crate) proof: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Verify for this instant instead of now: 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// What waits, since when, and when it is tried next
    List,
    /// Try again what is due
    Retry(Retry),
}

#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// Try everything, due or not
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    #[command(flatten)]
    pub(crate) trust: Trust,
}
