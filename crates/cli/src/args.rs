use std::net::SocketAddr;
use std::path::PathBuf;

use crate::archive::args::{Backup, BackupKeyFiles, CopyArchive};
use crate::seal::args::Seal;
use crate::timestamp::args::Timestamp;
use boyin::SuiteName;
use boyin::model::id::{CreditCode, DivisionCode, LicenseId};
use boyin::revocation::AllowedHost;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// Where the service listens unless told otherwise.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:8650";
/// Over the options that every command has.
const HEADING: &str = "Everywhere";

/// Issue, file, look up and verify electronic licenses (电子证照) of a prefecture.
///
/// Everything lives in one data directory: `boyin init` makes it, every other command works on it. To see it all run,
/// with invented people and enterprises: `boyin demo`.
#[derive(Debug, Parser)]
#[command(name = "boyin", version, max_term_width = 110, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done or passed, 1 failed, 2 indeterminate (verifications), 3 any error."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Data directory
    #[arg(long, global = true, env = "BOYIN_HOME", value_name = "DIR", default_value = "./boyin-data", help_heading = HEADING)]
    pub(crate) home: PathBuf,
    /// File with the passphrase of the keys; otherwise BOYIN_PASSPHRASE, otherwise you are asked
    #[arg(long, global = true, env = "BOYIN_PASSPHRASE_FILE", value_name = "FILE", help_heading = HEADING)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Print results as JSON, for programs
    #[arg(long, global = true, help_heading = HEADING)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a data directory: keys, trust list, empty archive (建立数据目录)
    Init(Init),
    /// Issue, show, verify and change licenses (证照)
    #[command(subcommand)]
    License(License),
    /// One person's or one enterprise's file (一人一档、一企一档)
    #[command(subcommand)]
    Holder(Holder),
    /// Change many licenses at once, signed off by a second person (批量处置)
    #[command(subcommand)]
    Bulk(Box<crate::bulk::args::Bulk>),
    /// Undo a change of many licenses, or what a holder's end made of them, while there is time (撤回)
    Undo(crate::bulk::args::Undo),
    /// Electronic seals: from the application to the destruction, and their use (电子印章)
    #[command(subcommand)]
    Seal(Box<Seal>),
    /// OFD documents: verify their seals and signatures, look at them (版式文档)
    #[command(subcommand)]
    Ofd(Box<crate::ofd::args::Ofd>),
    /// Certificates of anyone: look at them, verify them (数字证书)
    #[command(subcommand)]
    Cert(Box<crate::cert::args::Cert>),
    /// Verify a license that somebody presents (核验)
    Verify(Verify),
    /// Show a license as a QR code, and verify what somebody shows (亮证)
    #[command(subcommand)]
    Present(Box<crate::present::args::Present>),
    /// The lists to verify with offline, in one file (离线核验包)
    #[command(subcommand)]
    Bundle(crate::present::args::Bundle),
    /// Come to a recorded verdict again (复核)
    Replay(Replay),
    /// Status lists: which licenses are revoked or suspended (状态列表)
    #[command(subcommand)]
    Status(Status),
    /// The trust list: who may issue what (信任列表)
    #[command(subcommand)]
    Trust(crate::trust::args::Trust),
    /// The signed catalog of license types, and how much of them is covered (证照类型清单、归集覆盖率)
    #[command(subcommand)]
    Catalog(crate::catalog::args::Catalog),
    /// The signed sharing list: which agency is given what of a license (共享证照目录)
    #[command(subcommand)]
    Sharing(Box<crate::sharing::args::Sharing>),
    /// The window: which papers a matter may ask for, receipts, and the exemption meter (免证办)
    #[command(subcommand)]
    Window(Box<crate::window::args::Window>),
    /// Keys of offices and of the trust list: make, list, rotate, retire (密钥)
    #[command(subcommand)]
    Key(crate::key::args::Key),
    /// A signer: keys of its own, which sign for clients over HTTP (远程签名)
    Signer(Box<crate::signer::args::Signer>),
    /// Timestamps of authorities: have files stamped, verify tokens (时间戳)
    #[command(subcommand)]
    Timestamp(Box<Timestamp>),
    /// Access tokens for readers of the service (访问令牌)
    #[command(subcommand)]
    Token(Token),
    /// Systems of agencies that are given fields by the sharing list: keys and what they may ask (用证系统)
    #[command(subcommand)]
    Client(Box<crate::client::args::Client>),
    /// Notices to systems of agencies that have a webhook (变更通知)
    #[command(subcommand)]
    Webhook(crate::client::args::Notices),
    /// The event log: who did what, and what for (事件日志)
    #[command(subcommand)]
    Event(Event),
    /// Historical collection: files of other systems become records, records become licenses (历史证照数据归集)
    #[command(subcommand)]
    Import(Box<crate::import::args::Import>),
    /// The archive itself: its keys (档案库)
    #[command(subcommand)]
    Archive(Archive),
    /// Answer lookups and verifications over HTTP; read-only unless --desk (查询核验服务)
    Serve(Serve),
    /// Prove that a data directory is fit for work: clock, signers, store, lists, and the way of a license from issue to restore
    /// (自检)
    Doctor(crate::doctor::args::Doctor),
    /// Make a sample prefecture, issue and verify hundreds of licenses, then serve them (演示)
    Demo(Demo),
    /// Print the completion script of a shell
    #[command(
        after_help = "For bash: boyin completions bash > ~/.local/share/bash-completion/completions/boyin"
    )]
    Completions {
        /// Shell
        shell: Shell,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "boyin init --authority NAME --authority-code USCC --division CODE --public-url URL --offices FILE.toml\n       boyin init --sample"
)]
pub(crate) struct Init {
    /// Use the offices and names of the demo instead of your own
    #[arg(long, conflicts_with_all = ["authority", "authority_code", "division", "offices"])]
    pub(crate) sample: bool,
    /// Name of the office that keeps the trust list
    #[arg(long, value_name = "NAME", required_unless_present = "sample")]
    pub(crate) authority: Option<String>,
    /// Its unified social credit code (统一社会信用代码)
    #[arg(long, value_name = "USCC", required_unless_present = "sample")]
    pub(crate) authority_code: Option<CreditCode>,
    /// Division of the prefecture (行政区划代码), such as 652700
    #[arg(long, value_name = "CODE", required_unless_present = "sample")]
    pub(crate) division: Option<DivisionCode>,
    /// The offices that issue, as offices.toml has them
    #[arg(long, value_name = "FILE.toml", required_unless_present = "sample")]
    pub(crate) offices: Option<PathBuf>,
    /// The license types, in place of the built-in catalog (see docs/catalog.md)
    #[arg(long, value_name = "FILE.toml", conflicts_with = "sample")]
    pub(crate) catalog: Option<PathBuf>,
    /// Where the service will be reached; it becomes part of every license [default with --sample: http://127.0.0.1:8650]
    #[arg(long, value_name = "URL", required_unless_present = "sample", value_parser = public_url)]
    pub(crate) public_url: Option<String>,
    /// Suite of the key that signs the trust list
    #[arg(long, value_name = "SUITE", default_value = "SM2-SM3", value_parser = suite)]
    pub(crate) suite: SuiteName,
}

#[derive(Debug, Subcommand)]
pub(crate) enum License {
    /// Issue one license, or one for each form of a file (签发)
    Issue(Issue),
    /// Show a license with its verification and its history
    Show(Show),
    /// List licenses
    List(List),
    /// Verify a license on file
    Verify {
        /// License identifier (证照标识)
        id: LicenseId,
    },
    /// Put a license out of force for good (吊销、撤销)
    Revoke {
        #[command(flatten)]
        change: Change,
        /// It counts as never issued (撤销，自始无效); otherwise what was done with it before stays (吊销)
        #[arg(long)]
        retroactive: bool,
    },
    /// Put a license out of force for now (暂停)
    Suspend(Change),
    /// Put a suspended license in force again (恢复)
    Restore(Change),
    /// Put a license out of force for good because it lapsed or was given up (注销)
    Cancel(Change),
    #[command(flatten)]
    Next(crate::next::args::Next),
    /// Addresses of licenses: one license at several, several at one (一照多址、一址多照)
    #[command(subcommand)]
    Address(crate::address::args::Address),
    /// Put a license out of force because another one took its place (换发)
    Supersede {
        #[command(flatten)]
        change: Change,
        /// The license on file that took its place: it becomes the current version
        #[arg(long, value_name = "ID")]
        by: Option<LicenseId>,
    },
    /// Erase what is personal in a license, for good: content, name, and the way from its holder to it (清除个人信息). The
    /// identifier, its status and its events stay. It takes two people
    Purge {
        #[command(flatten)]
        change: Change,
        /// The second person
        #[arg(long, value_name = "NAME")]
        second: String,
    },
    /// The status of a license now or at an instant, and the act that led to it
    Status {
        /// License identifier (证照标识)
        id: LicenseId,
        /// 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970 [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Issue {
    /// Credit code of the office that issues
    #[arg(long, env = "BOYIN_OFFICE", value_name = "CODE")]
    pub(crate) office: CreditCode,
    /// The person who acts; goes into the event log
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME")]
    pub(crate) who: String,
    /// What for; goes into the event log
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: String,
    /// The same key means the same act, done once [default: made from the content of the file and the line]
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Write the license to a new file; with several forms, into this directory, one file for each
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// One form in JSON, or many in JSON Lines; - reads standard input. If interrupted, run the same again: what was
    /// issued is not issued twice
    #[arg(value_name = "FORM.json")]
    pub(crate) form: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// License identifier (证照标识)
    pub(crate) id: LicenseId,
    /// Also list what the license hides behind digests
    #[arg(long)]
    pub(crate) disclosures: bool,
    /// Show personal data in the clear
    #[arg(long)]
    pub(crate) full: bool,
    /// Write the license, with all disclosures, to a new file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) by: ReadBy,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) by: ReadBy,
    /// License type: key, code or Chinese name
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) license_type: Option<String>,
    /// Licenses in one answer, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = limit_100)]
    pub(crate) limit: usize,
    /// Where to go on, as the last answer said
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// Show personal data in the clear
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Change {
    /// License identifier (证照标识)
    pub(crate) id: LicenseId,
    /// Why; goes into the event log
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The clause of the law that it rests on (法律依据)
    #[arg(long, value_name = "TEXT")]
    pub(crate) basis: Option<String>,
    /// The person who acts; goes into the event log
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME")]
    pub(crate) who: String,
    /// Credit code of the office that acts [default: the issuer of the license]
    #[arg(long, value_name = "CODE")]
    pub(crate) office: Option<CreditCode>,
    /// The same key means the same act, done once [default: a new one]
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

/// Who reads, and what for: every read of personal data goes into the event log.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReadBy {
    /// The person who reads; goes into the event log
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME")]
    pub(crate) who: String,
    /// What for; goes into the event log
    #[arg(long, env = "BOYIN_PURPOSE", value_name = "TEXT")]
    pub(crate) purpose: String,
    /// Credit code of the office that reads or acts [default: the office that keeps the trust list; an act of an issuing office has to
    /// name one if that is not in offices.toml]
    #[arg(long, env = "BOYIN_OFFICE", value_name = "CODE")]
    pub(crate) office: Option<CreditCode>,
}

/// Who acts, and what for.
#[derive(Debug, Args)]
pub(crate) struct ActBy {
    #[command(flatten)]
    pub(crate) by: ReadBy,
    /// The same key means the same act, done once [default: a new one]
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

/// Whose file.
#[derive(Debug, Args)]
pub(crate) struct Whose {
    /// Kind of number (持证主体代码类型): 111 citizen ID, 001 unified credit code, others as in GB/T 36903
    #[arg(long = "type", value_name = "NNN", default_value = "111")]
    pub(crate) code_type: String,
    /// The number; - reads it from standard input, so that it stays out of the shell history
    pub(crate) code: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Holder {
    /// Cancel what a holder held who died or was deregistered (死亡、注销登记); first with --dry-run
    Close(crate::bulk::args::Close),
    /// Let somebody act for a holder who is there: license types, items, a purpose, a term, a number of uses (委托代办)
    Delegate(Box<crate::delegation::args::Delegate>),
    /// List what a holder lets others do, and how often it was done
    Delegations(crate::delegation::args::Delegations),
    /// Take a delegation back, for a holder who is there (撤销委托)
    RevokeDelegation(crate::delegation::args::Revoke),
    /// Show who looked at a holder's file or changed it, and what for (访问记录)
    Log {
        #[command(flatten)]
        whose: Whose,
        /// Begin after this event
        #[arg(long, value_name = "N")]
        after: Option<u64>,
        /// Events in one answer, 1 to 1000
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = limit_1000)]
        limit: usize,
        #[command(flatten)]
        by: ReadBy,
    },
    /// Show every license of one holder, verified now
    Show {
        #[command(flatten)]
        whose: Whose,
        /// Show personal data in the clear
        #[arg(long)]
        full: bool,
        #[command(flatten)]
        by: ReadBy,
    },
}

#[derive(Debug, Args)]
#[command(
    override_usage = "boyin verify FILE\n       boyin verify FILE --trust LIST.jwt --anchor ANCHOR.json --status LIST.jwt   (no data directory, no passphrase)"
)]
pub(crate) struct Verify {
    /// The license; - reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Verify for this instant instead of now: 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// As a verifier did then: for this instant, with the lists that were published by then
    #[arg(long, value_name = "TIME", conflicts_with_all = ["at", "trust"])]
    pub(crate) as_of: Option<String>,
    #[command(flatten)]
    pub(crate) trust: crate::fetched::Files,
    /// With --trust: status lists
    #[arg(long, value_name = "LIST.jwt", requires = "trust", action = ArgAction::Append)]
    pub(crate) status: Vec<PathBuf>,
    /// How strictly: strict, outage, file, or a file with a policy (docs/format.md, section 8.1)
    #[arg(long, value_name = "POLICY", default_value = "strict")]
    pub(crate) policy: String,
    /// Keep everything that the verdict rests on in this file, for `boyin replay`
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// What `boyin verify --record` kept
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The public key that must have signed the trust list; otherwise the one in the record is taken at its word
    #[arg(long, value_name = "ANCHOR.json")]
    pub(crate) anchor: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Status {
    /// Publish again the status lists that are past half of their time (run it daily)
    Renew {
        /// Publish this office's list as if none had been published before: only after a list was made under a clock
        /// that ran ahead
        #[arg(long, value_name = "CODE")]
        start_over: Option<CreditCode>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token; it is shown once
    New {
        /// Who uses it; goes into the event log with every read
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Credit code of the office that its bearer reads for [default: the office that keeps the trust list]
        #[arg(long, value_name = "CODE")]
        office: Option<CreditCode>,
        /// What it is good for: license:read, holder:read, holder:authorize, window:decide, meter:read; can be repeated
        #[arg(long, value_name = "SCOPE", required = true, action = ArgAction::Append, value_parser = scope)]
        scope: Vec<boyin::Scope>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Event {
    /// Show the event log, oldest first
    List {
        /// Begin after this event
        #[arg(long, value_name = "N")]
        after: Option<u64>,
        /// Events in one answer, 1 to 1000
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = limit_1000)]
        limit: usize,
    },
    /// Read the whole log and check that each event holds the hash of the one before it; no other process may act
    /// meanwhile. Takes in what was read since
    Check,
    /// Write the whole log as JSON lines with hashes, and a signed head, for tools/check-events.py; no other process may
    /// act meanwhile
    Export {
        /// A new file
        #[arg(value_name = "FILE.jsonl")]
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Archive {
    /// Read and unseal every entry and compare what belongs together; the archive may be in use (完整性检查)
    Check,
    /// Back up the archive and what belongs to it; the archive may be in use (备份)
    Backup(Backup),
    /// Make a data directory from a backup, in an empty place: --home (恢复)
    Restore {
        /// The backup
        #[arg(value_name = "BACKUP")]
        backup: PathBuf,
        #[command(flatten)]
        keys: BackupKeyFiles,
    },
    /// Copy the archive into another engine, compare every entry, and use the copy from then on if asked to; no desk may be
    /// open, and if interrupted, run the same again (更换存储引擎)
    Copy(CopyArchive),
    /// Keys that protect what is stored (数据密钥)
    #[command(subcommand)]
    Key(ArchiveKey),
    /// Put the archive under a new root secret, and keep that elsewhere; services have to be started again (根密钥)
    Secret {
        /// Where: file, a new key file under the passphrase; environment, given by you in BOYIN_ARCHIVE_SECRET_NEXT (64
        /// hexadecimal digits), from then on in BOYIN_ARCHIVE_SECRET; pkcs11, wrapped by a new AES key in a token
        #[arg(long = "in", value_name = "PLACE")]
        place: SecretIn,
        /// With pkcs11: the shared library of the device
        #[arg(long, value_name = "FILE", required_if_eq("place", "pkcs11"))]
        module: Option<PathBuf>,
        /// With pkcs11: label of the token
        #[arg(long, value_name = "LABEL", required_if_eq("place", "pkcs11"))]
        token: Option<String>,
        /// With pkcs11: file with the PIN, where it is not BOYIN_PIN
        #[arg(long, value_name = "FILE")]
        pin_file: Option<PathBuf>,
        #[command(flatten)]
        by: ReadBy,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SecretIn {
    File,
    Environment,
    Pkcs11,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ArchiveKey {
    /// Make a new data key, seal everything anew under it, destroy the old one. Readers go on; if interrupted, run the same
    /// again
    Rotate {
        #[command(flatten)]
        by: ReadBy,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen
    #[arg(long, env = "BOYIN_LISTEN", value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    pub(crate) listen: SocketAddr,
    /// Listen on an address that other machines reach, without TLS: put a reverse proxy in front
    #[arg(long, env = "BOYIN_ALLOW_REMOTE")]
    pub(crate) allow_remote: bool,
    #[command(flatten)]
    pub(crate) tls: crate::tls::TlsArgs,
    /// Tell Prometheus counts and times on this address, at /metrics: for the operator, not for callers
    #[arg(long, env = "BOYIN_METRICS", value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Be the desk too: keep the archive for this process, renew status lists, and let health ask signers and store.
    /// No other process can act meanwhile
    #[arg(long, env = "BOYIN_DESK")]
    pub(crate) desk: bool,
    /// With --desk: a host that notices to clients may go to, agency.example or agency.example:8443; may be repeated, or be
    /// several with commas between them. Without one nobody is told of anything
    #[arg(
        long = "webhook-host", env = "BOYIN_WEBHOOK_HOSTS", value_name = "HOST", value_delimiter = ',',
        requires = "desk", action = ArgAction::Append
    )]
    pub(crate) webhook_hosts: Vec<AllowedHost>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to make it; must be new or empty [default: a temporary directory, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Where to serve; loopback only
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    pub(crate) listen: SocketAddr,
    /// Do not serve at the end
    #[arg(long)]
    pub(crate) no_serve: bool,
    /// Licenses to issue, at most as many as there are forms [default: all]
    #[arg(long, value_name = "N")]
    pub(crate) licenses: Option<usize>,
}

fn suite(text: &str) -> Result<SuiteName, &'static str> {
    match text {
        "SM2-SM3" => Ok(SuiteName::Sm2Sm3),
        "ES256" => Ok(SuiteName::Es256),
        _ => Err("the suites are SM2-SM3 and ES256"),
    }
}

fn scope(text: &str) -> Result<boyin::Scope, &'static str> {
    boyin::Scope::from_code(text)
        .ok_or("the scopes are license:read, holder:read, holder:authorize, window:decide and meter:read")
}

/// A status list's URI is stored in at most 255 bytes; the path after this URL takes 41.
const MAX_PUBLIC_URL: usize = 200;

pub(crate) fn public_url(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let good = |rest: &str| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\".contains(&byte))
    };
    if text.len() > MAX_PUBLIC_URL || !rest.is_some_and(good) {
        return Err("a URL that begins with https:// or http://, without ? and #, at most 200 characters");
    }
    Ok(text.to_owned())
}

fn limit(text: &str, max: usize) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| format!("ask for 1 to {max}"))
}

pub(crate) fn limit_100(text: &str) -> Result<usize, String> {
    limit(text, boyin::archive::MAX_PAGE)
}

pub(crate) fn limit_1000(text: &str) -> Result<usize, String> {
    limit(text, boyin::archive::MAX_EVENTS)
}
