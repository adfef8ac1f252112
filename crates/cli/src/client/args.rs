use std::path::PathBuf;

use boyin::access::ClientScope;
use boyin::model::id::CreditCode;
use boyin::model::webhook::WebhookKind;
use boyin::revocation::AllowedHost;
use boyin::webhook::DEFAULT_WEBHOOK_TERM_DAYS;
use clap::{ArgAction, Args, Subcommand};

use crate::key::args::Words;
use crate::sharing::args::Scope;

/// Days for which a key is good unless told otherwise.
const KEY_DAYS: u16 = 365;
/// Hours for which the keys before a new one are good beside it.
const OVERLAP_HOURS: u16 = 24;

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Add a system of an agency; a service that runs knows it at once
    Add(Add),
    /// List the clients and their keys
    List,
    /// Give a client its next key (换发密钥)
    Rotate(Rotate),
    /// Name the certificates that a client connects with, or none any more (双向 TLS)
    #[command(subcommand)]
    Certificate(Certificate),
    /// Remove a client; its access tokens are good for nothing at once
    Remove(Remove),
    /// Where clients are told of changes by themselves (变更通知)
    #[command(subcommand)]
    Webhook(Webhook),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// Set where a client is told of what, in place of what was set before
    Set(SetWebhook),
    /// Remove the webhook of a client
    Remove(Remove),
    /// List the webhooks, how far each is, and since when something waits
    List,
}

#[derive(Debug, Args)]
pub(crate) struct SetWebhook {
    /// ID of the client
    pub(crate) id: String,
    /// Where notices are posted: https; http for an address of this machine only
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// Of what: status (of licenses that it was given), trust-list, catalog, sharing-list; can be repeated
    #[arg(long, value_name = "KIND", required = true, action = ArgAction::Append, value_parser = kind)]
    pub(crate) on: Vec<WebhookKind>,
    /// Credit code of the office whose key signs the notices
    #[arg(long, env = "BOYIN_OFFICE", value_name = "CODE")]
    pub(crate) office: CreditCode,
    /// Days after a read for which the client is told of the license, 1 to 400
    #[arg(long, value_name = "N", default_value_t = DEFAULT_WEBHOOK_TERM_DAYS)]
    pub(crate) term_days: u16,
    #[command(flatten)]
    pub(crate) words: Words,
}

/// `boyin webhook …`
#[derive(Debug, Subcommand)]
pub(crate) enum Notices {
    /// Give every client what waits for it, once; for cron, where no service runs as the desk
    Deliver {
        /// A host that notices may go to: agency.example, or agency.example:8443; may be repeated
        #[arg(long = "host", value_name = "HOST", required = true, action = ArgAction::Append)]
        hosts: Vec<AllowedHost>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PublicKey {
    /// Its public key: a JSON Web Key, or PEM as `openssl ec -pubout` writes it; P-256 or SM2
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Days for which the key is good, 1 to 400
    #[arg(long, value_name = "N", default_value_t = KEY_DAYS)]
    pub(crate) days: u16,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its ID: lower-case letters, digits and `-`
    pub(crate) id: String,
    /// Its name; with the ID it stands in the log beside every read
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// Credit code of the agency, as the sharing list names it
    #[arg(long, value_name = "CODE")]
    pub(crate) agency: CreditCode,
    #[command(flatten)]
    pub(crate) key: PublicKey,
    /// What it may ask: share:license, share:holder, share:check, share:file; can be repeated
    #[arg(long, value_name = "SCOPE", required = true, action = ArgAction::Append, value_parser = scope)]
    pub(crate) scope: Vec<ClientScope>,
    /// Under which kinds of sharing; can be repeated
    #[arg(long, value_enum, required = true, action = ArgAction::Append)]
    pub(crate) sharing: Vec<Scope>,
    /// Its certificate, PEM or DER: it is given nothing over connections without it; a second one is the next one
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) certificate: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) words: Words,
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// Its ID
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) key: PublicKey,
    /// Hours for which the keys that it has are good beside the new one; 0 ends them at once
    #[arg(long, value_name = "N", default_value_t = OVERLAP_HOURS)]
    pub(crate) overlap_hours: u16,
    #[command(flatten)]
    pub(crate) words: Words,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Certificate {
    /// Give it nothing over connections without one of these certificates, in place of those named before
    Set(SetCertificate),
    /// Let it connect with any certificate, or without where the service asks for none
    Remove(Remove),
}

#[derive(Debug, Args)]
pub(crate) struct SetCertificate {
    /// Its ID
    pub(crate) id: String,
    /// Its certificate, PEM or DER; a second one is the next one
    #[arg(long, value_name = "FILE", required = true, action = ArgAction::Append)]
    pub(crate) certificate: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) words: Words,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// Its ID
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) words: Words,
}

fn kind(text: &str) -> Result<WebhookKind, String> {
    let known = WebhookKind::ALL.map(WebhookKind::code).join(", ");
    WebhookKind::from_code(text).ok_or_else(|| format!("the kinds are {known}"))
}

fn scope(text: &str) -> Result<ClientScope, String> {
    let known = ClientScope::ALL.map(ClientScope::code).join(", ");
    ClientScope::from_code(text).ok_or_else(|| format!("the scopes are {known}"))
}
