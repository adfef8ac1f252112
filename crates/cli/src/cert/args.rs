use std::path::PathBuf;

use boyin::revocation::AllowedHost;
use boyin::verify::chain::{ExpectedName, Oid, Profile, Purpose};
use clap::{ArgAction, Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Cert {
    /// Show what a certificate says; verifies nothing
    Inspect(Inspect),
    /// Verify a certificate: path, purpose, names, policies, revocation (no data directory, no passphrase)
    Verify(Box<Verify>),
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Certificates, DER or PEM; - reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Which attribute or extension of which authority's certificates holds name and numbers
    #[arg(long, value_name = "TABLE.toml")]
    pub(crate) subjects: Option<PathBuf>,
}

/// Files are DER or PEM; a PEM file may hold several.
#[derive(Debug, Args)]
#[command(override_usage = "boyin cert verify --leaf FILE --anchor FILE [--intermediate FILE] [--crl FILE]")]
pub(crate) struct Verify {
    /// The certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) leaf: PathBuf,
    /// Certificates that a path may lead over; can be repeated
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) intermediate: Vec<PathBuf>,
    /// Certificates that are trusted; can be repeated
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) anchor: Vec<PathBuf>,
    /// Revocation lists, full, delta or indirect; can be repeated
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) crl: Vec<PathBuf>,
    /// Fetch revocation lists from where the certificates say, at these hosts only: ca.example or ca.example:8080; can be
    /// repeated
    #[arg(long, value_name = "HOST", action = ArgAction::Append, requires = "cache")]
    pub(crate) fetch: Vec<AllowedHost>,
    /// With --fetch: a further address of a revocation list; can be repeated
    #[arg(long, value_name = "URL", action = ArgAction::Append, requires = "fetch")]
    pub(crate) list_address: Vec<String>,
    /// With --fetch: the directory where the last good lists are kept
    #[arg(long, value_name = "DIR", requires = "fetch")]
    pub(crate) cache: Option<PathBuf>,
    /// Responders' answers (OCSP), DER; can be repeated
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) ocsp: Vec<PathBuf>,
    /// Verify for this instant instead of now: 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// any, server-auth, client-auth, code-signing, email, time-stamping, ocsp-signing or document-signing
    #[arg(long, value_name = "PURPOSE", default_value = "any", value_parser = purpose)]
    pub(crate) purpose: Purpose,
    /// An acceptable policy; can be repeated [default: any]
    #[arg(long, value_name = "OID", action = ArgAction::Append)]
    pub(crate) policy: Vec<Oid>,
    /// The path must be valid for an acceptable policy (initial-explicit-policy)
    #[arg(long)]
    pub(crate) explicit_policy: bool,
    /// No policy mappings (initial-policy-mapping-inhibit)
    #[arg(long)]
    pub(crate) inhibit_mapping: bool,
    /// anyPolicy counts for nothing (initial-any-policy-inhibit)
    #[arg(long)]
    pub(crate) inhibit_any_policy: bool,
    /// A host, address or mailbox that the certificate must bear; can be repeated
    #[arg(long, value_name = "NAME", action = ArgAction::Append, value_parser = name)]
    pub(crate) name: Vec<ExpectedName>,
    /// Not passed unless nothing of the path is revoked; always so with --crl or --ocsp
    #[arg(long)]
    pub(crate) require_revocation: bool,
    /// What is held against certificates: rfc5280 or field
    #[arg(long, value_name = "NAME", default_value = "rfc5280", value_parser = profile)]
    pub(crate) profile: Profile,
    /// Certificates between leaf and anchor, at most
    #[arg(long, value_name = "N", default_value_t = boyin::verify::chain::MAX_PATH - 2)]
    pub(crate) max_depth: usize,
}

fn purpose(text: &str) -> Result<Purpose, &'static str> {
    Purpose::ALL.into_iter().find(|purpose| purpose.code() == text).ok_or(
        "the purposes are any, server-auth, client-auth, code-signing, email, time-stamping, ocsp-signing and \
         document-signing",
    )
}

fn profile(text: &str) -> Result<Profile, &'static str> {
    match text {
        "rfc5280" => Ok(Profile::Rfc5280),
        "field" => Ok(Profile::Field),
        _ => Err("the profiles are rfc5280 and field"),
    }
}

fn name(text: &str) -> Result<ExpectedName, &'static str> {
    ExpectedName::parse(text).ok_or("a host, an address or a mailbox")
}
