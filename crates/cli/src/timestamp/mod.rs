//! `boyin timestamp`: requests, stamping, verification, and what waits.

pub(crate) mod args;
mod queue;
mod verify;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use boyin::issue::timestamp::{attach_timestamp, prepare_timestamp, signature_digest};
use boyin::model::alg::{Randomness as _, VerifyAlg};
use boyin::model::b64;
use boyin::suite::{SystemRandom, all_x509};
use boyin::timestamp::{TimestampAuthority, TimestampClient, TimestampQueue, TimestampTrust};
use boyin::transport::Http;
use boyin::verify::chain::CertificateStore;
use boyin::verify::timestamp::{TimestampPolicy, WhenUnknown};

use self::args::{Authorities, Request, Stamp, Timestamp, Trust};
use crate::context::{Session, now};
use crate::{Exit, files};

/// Where digests wait, in the data directory.
const QUEUE: &str = "timestamps";

pub(crate) fn run(session: &Session, command: Timestamp, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Timestamp::Request(args) => request(&args, out),
        Timestamp::Stamp(args) => stamp(session, &args, out),
        Timestamp::Verify(args) => verify::run(session, &args, out),
        Timestamp::Queue(args::Queue::List) => queue::list(session, out),
        Timestamp::Queue(args::Queue::Retry(args)) => queue::retry(session, &args, out),
    }
}

fn request(args: &Request, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let alg = alg(&args.asked.digest_algorithm)?;
    files::check_free(&args.out)?;
    let digest = alg.digest(&[&files::read(&args.file)?]);
    let mut nonce = [0; 16];
    SystemRandom.fill(&mut nonce)?;
    let prepared = prepare_timestamp(alg, digest, args.asked.policy.as_deref(), nonce)?;
    files::write_new(&args.out, prepared.request())?;
    writeln!(out, "request written to {}", args.out.display())?;
    Ok(Exit::Done)
}

fn stamp(session: &Session, args: &Stamp, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let alg = alg(&args.asked.digest_algorithm)?;
    let target = target(args);
    files::check_free(&target)?;
    let bytes = files::read(&args.file)?;
    let digest = match args.seal_signature {
        true => signature_digest(alg, &bytes)?,
        false => alg.digest(&[&bytes]),
    };
    let (authorities, trust) =
        (authorities(&args.authorities, args.asked.policy.as_deref()), Trusted::new(&args.trust)?);
    let http = Http::default();
    let client = client(&http, &authorities, trust.as_ref());
    // Somebody who verifies nothing should know.
    if trust.is_none() {
        warn("no --anchor: the token is not verified")?;
    }
    let stamped = match queue(session) {
        Some(queue) => match queue?.stamp_or_queue(&client, alg, digest, now()?, &mut SystemRandom)? {
            Ok(token) => token,
            Err(error) => {
                warn(&format!("{error}"))?;
                writeln!(
                    out,
                    "not stamped: it waits in the queue; `boyin timestamp queue retry` tries again"
                )?;
                return Ok(Exit::Indeterminate);
            }
        },
        None => client.stamp(alg, digest, now()?, &mut SystemRandom)?,
    };
    let result = match args.seal_signature {
        true => attach_timestamp(alg, &bytes, &stamped)?,
        false => stamped,
    };
    files::write_new(&target, &result)?;
    writeln!(out, "stamped: {}", target.display())?;
    Ok(Exit::Done)
}

fn target(args: &Stamp) -> PathBuf {
    let extension = if args.seal_signature { ".stamped" } else { ".tst" };
    let beside = || {
        let mut name = args.file.clone().into_os_string();
        name.push(extension);
        PathBuf::from(name)
    };
    args.out.clone().unwrap_or_else(beside)
}

fn warn(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "warning: {text}")
}

/// The queue, if there is a data directory.
fn queue(session: &Session) -> Option<anyhow::Result<TimestampQueue>> {
    let home = &session.global.home;
    home.is_dir().then(|| Ok(TimestampQueue::open(&home.join(QUEUE))?))
}

fn alg(name: &str) -> anyhow::Result<&'static dyn VerifyAlg> {
    all_x509().into_iter().find(|alg| alg.id().digest == name).context("the digests are sm3 and sha-256")
}

fn authorities(args: &Authorities, policy: Option<&str>) -> Vec<TimestampAuthority> {
    let one = |url: &String| TimestampAuthority { url: url.clone(), policy: policy.map(str::to_owned) };
    args.authority.iter().map(one).collect()
}

/// What `--anchor` and its companions say.
struct Trusted {
    store: CertificateStore,
    policy: TimestampPolicy,
}

impl Trusted {
    /// `None` if nobody is trusted.
    fn new(args: &Trust) -> anyhow::Result<Option<Self>> {
        if args.anchor.is_empty() {
            return Ok(None);
        }
        let mut store = CertificateStore::new(&all_x509());
        for path in &args.anchor {
            let added = store.add_timestamp_authority(&der(path)?);
            added.with_context(|| format!("{} is refused", path.display()))?;
        }
        for path in &args.crl {
            let added = store.add_revocation_list(&der(path)?);
            added.with_context(|| format!("{} is refused", path.display()))?;
        }
        let when_unknown =
            if args.without_revocation { WhenUnknown::Accept } else { WhenUnknown::Indeterminate };
        let policies = args.accept_policy.clone();
        let policy = TimestampPolicy { policies, when_unknown, ..TimestampPolicy::default() };
        Ok(Some(Self { store, policy }))
    }
}

fn client<'t>(
    http: &'t Http,
    authorities: &'t [TimestampAuthority],
    trusted: Option<&'t Trusted>,
) -> TimestampClient<'t> {
    let trust = trusted.map(|Trusted { store, policy }| TimestampTrust { certificates: store, policy });
    TimestampClient { transport: http, authorities, trust }
}

/// A file in DER, or the one block of a PEM file.
fn der(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = files::read(path)?;
    let Some(text) =
        std::str::from_utf8(&bytes).ok().filter(|text| text.trim_start().starts_with("-----BEGIN "))
    else {
        return Ok(bytes);
    };
    let lines: Vec<_> = text.trim().lines().map(str::trim).collect();
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        bail!("{} is empty", path.display())
    };
    let within = lines.get(1..lines.len() - 1).unwrap_or_default();
    if !first.ends_with("-----")
        || !last.starts_with("-----END ")
        || within.iter().any(|line| line.starts_with('-'))
    {
        bail!("{} is not one PEM block: split it", path.display());
    }
    let body = within.concat();
    b64::decode_of_others(body.as_bytes()).ok().with_context(|| format!("{} is no PEM", path.display()))
}
