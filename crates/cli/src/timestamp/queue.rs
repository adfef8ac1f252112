use std::io::Write;

use anyhow::Context as _;
use boyin::model::hex;
use boyin::suite::{SystemRandom, all_x509};
use boyin::timestamp::TimestampQueue;
use boyin::transport::Http;
use serde_json::json;

use super::args::Retry;
use super::{Trusted, authorities, client, warn};
use crate::context::{Session, now};
use crate::{Exit, output};

fn open(session: &Session) -> anyhow::Result<TimestampQueue> {
    let home = session.global.home.display();
    super::queue(session).with_context(|| format!("there is no data directory {home}"))?
}

pub(super) fn list(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let listing = open(session)?.list()?;
    for damaged in &listing.damaged {
        warn(&format!("{} is damaged: see what it was, and remove it", damaged.display()))?;
    }
    for queued in &listing.waiting {
        let digest = hex::encode(&queued.digest);
        if session.json() {
            let line = json!({
                "algorithm": queued.algorithm,
                "attempts": queued.attempts,
                "digest": digest,
                "next": queued.next,
                "since": queued.since,
            });
            output::json_line(out, &line)?;
        } else {
            let (algorithm, attempts) = (&queued.algorithm, queued.attempts);
            let (since, next) = (queued.since, queued.next);
            writeln!(out, "{algorithm}:{digest}  since {since}, tried {attempts} times, next {next}")?;
        }
    }
    if !session.json() {
        writeln!(out, "{} waiting", listing.waiting.len())?;
    }
    Ok(Exit::Done)
}

pub(super) fn retry(session: &Session, args: &Retry, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let queue = open(session)?;
    let (authorities, trusted) = (authorities(&args.authorities, None), Trusted::new(&args.trust)?);
    let http = Http::default();
    let client = client(&http, &authorities, trusted.as_ref());
    let done = queue.retry(&client, &all_x509(), args.all, now()?, &mut SystemRandom)?;
    if let Some(error) = &done.last {
        warn(&error.to_string())?;
    }
    writeln!(out, "{} stamped, {} failed, {} waiting", done.stamped, done.failed, done.waiting)?;
    Ok(if done.failed == 0 { Exit::Done } else { Exit::Indeterminate })
}
