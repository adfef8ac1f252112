use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use boyin::model::json::Reader;
use boyin::model::jws::Compact;
use boyin::model::limits::{MAX_STATUS_TOKEN_BYTES, MAX_TRUST_LIST_BYTES};
use boyin::model::status::StatusListClaims;
use boyin::model::time::UnixTime;
use boyin::model::trust::{Jwk, TrustList};
use boyin::suite::all_jws;
use boyin_present::{Bundle, ListAge, OpenBundle};
use serde_json::{Value, json};

use super::args;
use super::check::age;
use crate::context::{Session, now};
use crate::fetched::public_key;
use crate::output::json_line;
use crate::verify::instant;
use crate::{Exit, files};

/// `bundle …`
pub(crate) fn run(session: &Session, command: &args::Bundle, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        args::Bundle::Make { out: file } => make(session, file, out),
        args::Bundle::Show { file } => {
            tell(session, &Contents::read(&read(file)?)?, now()?, None, out)?;
            Ok(Exit::Done)
        }
        args::Bundle::Verify { file, anchor, at } => {
            let anchor = match anchor {
                Some(path) => public_key(path)?,
                None => session.home()?.anchor().clone(),
            };
            let at = at.as_deref().map_or_else(now, instant)?;
            verify(session, &read(file)?, &anchor, at, out)
        }
    }
}

/// A bundle whose parts are verified, for verifications with it.
pub(super) fn open(file: &Path, anchor: &Path, at: UnixTime) -> anyhow::Result<OpenBundle> {
    let anchor = public_key(anchor)?;
    let opened = read(file)?.open(&anchor, &all_jws(), at);
    let opened = opened.with_context(|| format!("the bundle {} is refused", file.display()))?;
    if opened.latest != anchor {
        let (held, latest) = (&anchor.kid, &opened.latest.kid);
        eprintln!("Note: the anchor {held} has handed over to {latest}: hold that one.");
    }
    Ok(opened)
}

fn read(file: &Path) -> anyhow::Result<Bundle> {
    let bytes = files::read(file)?;
    Bundle::read(&bytes).with_context(|| format!("{} is refused", file.display()))
}

fn make(session: &Session, file: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    files::check_free(file)?;
    let registry = session.reading()?.lookup.registry();
    let (trust_list, status_lists) = registry.tokens();
    let handovers = session.home()?.handovers()?;
    let lines = handovers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let bundle = Bundle {
        trust_list: trust_list.to_vec(),
        status_lists: status_lists.map(<[u8]>::to_vec).collect(),
        handovers: lines.map(<[u8]>::to_vec).collect(),
    };
    let bytes = bundle.write();
    // What a verifier would refuse is found out here.
    Bundle::read(&bytes)?;
    files::write_new(file, &bytes)?;
    tell(session, &Contents::read(&bundle)?, now()?, None, out)?;
    Ok(Exit::Done)
}

fn verify(
    session: &Session,
    bundle: &Bundle,
    anchor: &Jwk,
    at: UnixTime,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (exit, verdict) = match bundle.open(anchor, &all_jws(), at) {
        Err(error) => {
            let reason = error.to_string();
            if session.json() {
                json_line(out, &json!({ "reason": reason, "verdict": "failed" }))?;
            } else {
                writeln!(out, "✗ failed 未通过: {reason}")?;
            }
            return Ok(Exit::Failed);
        }
        Ok(opened) => {
            let contents = Contents::read(bundle)?;
            let ages =
                || std::iter::once(contents.trust(at)).chain(contents.status_ages(at).map(|(_, age)| age));
            let stale = ages().any(|age| age.fresh_until <= at);
            if stale || !opened.refused.is_empty() {
                (Exit::Indeterminate, "indeterminate")
            } else {
                (Exit::Done, "passed")
            }
        }
    };
    tell(session, &Contents::read(bundle)?, at, Some(verdict), out)?;
    Ok(exit)
}

/// What the parts of a bundle say of themselves.
struct Contents {
    trust: TrustList,
    status: Vec<StatusListClaims>,
    handovers: usize,
}

impl Contents {
    fn read(bundle: &Bundle) -> anyhow::Result<Self> {
        let payload = Compact::open(&bundle.trust_list, MAX_TRUST_LIST_BYTES)?.payload;
        let status = bundle.status_lists.iter().map(|token| {
            let payload = Compact::open(token, MAX_STATUS_TOKEN_BYTES)?.payload;
            StatusListClaims::read(&payload, Reader::Ours)
        });
        let status: Result<_, _> = status.collect();
        Ok(Self {
            trust: TrustList::read(&payload, Reader::Ours)?,
            status: status?,
            handovers: bundle.handovers.len(),
        })
    }

    fn trust(&self, at: UnixTime) -> ListAge {
        ListAge::new(self.trust.issued_at, self.trust.next_update, at)
    }

    fn status_ages(&self, at: UnixTime) -> impl Iterator<Item = (&str, ListAge)> {
        self.status.iter().map(move |list| (list.sub.as_str(), ListAge::new(list.iat, list.exp, at)))
    }
}

fn tell(
    session: &Session,
    contents: &Contents,
    at: UnixTime,
    verdict: Option<&str>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if session.json() {
        let lists: Vec<Value> = contents
            .status_ages(at)
            .map(|(uri, age)| json!({ "age_seconds": age.seconds, "fresh_until": age.fresh_until.seconds(), "made_at": age.made_at.seconds(), "uri": uri }))
            .collect();
        let trust = contents.trust(at);
        let value = json!({
            "at": at.seconds(), "handovers": contents.handovers, "status_lists": lists,
            "trust_list": {
                "age_seconds": trust.seconds, "fresh_until": trust.fresh_until.seconds(),
                "made_at": trust.made_at.seconds(), "sequence": contents.trust.sequence,
            },
            "verdict": verdict,
        });
        return Ok(json_line(out, &value)?);
    }
    match verdict {
        Some("passed") => {
            writeln!(out, "✓ passed 通过: every part is signed by whom the anchor trusts, and fresh")?;
        }
        Some(_) => writeln!(out, "? indeterminate 无法判定: a list is stale, or refused")?,
        None => writeln!(out, "Not verified 未核验: `boyin bundle verify` does")?,
    }
    writeln!(
        out,
        "  of {} ({}), trust list {}",
        contents.trust.authority, contents.trust.division, contents.trust.sequence
    )?;
    age(out, "trust list 信任列表", Some(contents.trust(at)))?;
    for (uri, list) in contents.status_ages(at) {
        age(out, uri, Some(list))?;
    }
    Ok(writeln!(out, "  hand-overs of the anchor 信任锚交接: {}", contents.handovers)?)
}
