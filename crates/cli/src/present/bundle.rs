use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use boyin::model::json::Reader;
use boyin::model::jws::Compact;
use boyin::model::limits::{MAX_STATUS_TOKEN_BYTES, MAX_TRUST_LIST_BYTES};
use boyin::model::status::PackedStatusList;
use boyin::model::time::UnixTime;
use boyin::model::trust::{Jwk, TrustList};
use boyin::suite::all_jws;
use boyin::verify::{Reason, StatusError};
use boyin_present::{Bundle, BundleError, ListAge, OpenBundle};
use serde_json::{Value, json};

use super::args;
use super::check::age;
use crate::context::{Session, now};
use crate::fetched::public_key;
use crate::output::{json_line, printable};
use crate::verify::instant;
use crate::{Exit, files};

/// `bundle …`
pub(crate) fn run(session: &Session, command: &args::Bundle, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        args::Bundle::Make { out: file } => make(session, file, out),
        args::Bundle::Show { file } => {
            let bundle = read(file)?;
            let at = now()?;
            tell(session, &Contents::read(&bundle, at)?, at, None, out)?;
            Ok(Exit::Done)
        }
        args::Bundle::Verify { file, anchor, least_sequence, at } => {
            let at = at.as_deref().map(instant).transpose()?;
            let anchor = match anchor {
                Some(path) => public_key(path)?,
                None => session.home()?.anchor().clone(),
            };
            let bundle = read(file)?;
            let opened = open_with(&bundle, &anchor, *least_sequence, now()?);
            verify(session, opened, bundle.handovers.len(), at.map_or_else(now, Ok)?, out)
        }
    }
}

/// A bundle whose parts are verified, for verifications with it.
pub(super) fn open(file: &Path, anchor: &Path, least_sequence: u64) -> anyhow::Result<OpenBundle> {
    let anchor = public_key(anchor)?;
    let opened = open_with(&read(file)?, &anchor, least_sequence, now()?);
    let opened = opened.with_context(|| format!("the bundle {} is refused", file.display()))?;
    if opened.latest != anchor {
        let (held, latest) = (&anchor.kid, &opened.latest.kid);
        eprintln!("Note: the anchor {held} has handed over to {latest}: hold that one.");
    }
    Ok(opened)
}

/// `now` is the present instant, whatever instant the question is about: the anchor to hold is that of now.
fn open_with(
    bundle: &Bundle,
    anchor: &Jwk,
    least_sequence: u64,
    now: UnixTime,
) -> Result<OpenBundle, BundleError> {
    bundle.open(anchor, &all_jws(), now)?.at_least(least_sequence)
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
    let at = now()?;
    tell(session, &Contents::read(&bundle, at)?, at, None, out)?;
    Ok(Exit::Done)
}

fn verify(
    session: &Session,
    opened: Result<OpenBundle, BundleError>,
    handovers: usize,
    at: UnixTime,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let reason = error.to_string();
            if session.json() {
                json_line(out, &json!({ "reason": reason, "verdict": "failed" }))?;
            } else {
                writeln!(out, "✗ failed 未通过: {reason}")?;
            }
            return Ok(Exit::Failed);
        }
    };
    let (exit, verdict) = if opened.counts_at(at).is_ok() && opened.refused.is_empty() {
        (Exit::Done, "passed")
    } else {
        (Exit::Indeterminate, "indeterminate")
    };
    tell(session, &Contents::of(opened, handovers, at), at, Some(verdict), out)?;
    Ok(exit)
}

/// A list of a bundle.
struct Listed {
    uri: String,
    age: ListAge,
    /// Why it does not count, if it was verified and does not.
    fault: Option<Reason>,
}

/// What is told of a bundle.
struct Contents {
    trust: TrustList,
    trust_fault: Option<Reason>,
    status: Vec<Listed>,
    refused: Vec<(usize, StatusError)>,
    handovers: usize,
}

impl Contents {
    /// What the parts of a bundle say of themselves. Nothing is verified, so nothing is inflated.
    fn read(bundle: &Bundle, at: UnixTime) -> anyhow::Result<Self> {
        let payload = Compact::open(&bundle.trust_list, MAX_TRUST_LIST_BYTES)?.payload;
        let status = bundle.status_lists.iter().map(|token| {
            let payload = Compact::open(token, MAX_STATUS_TOKEN_BYTES)?.payload;
            let PackedStatusList { sub, iat, exp, .. } = PackedStatusList::read(&payload, Reader::Ours)?;
            anyhow::Ok(Listed { uri: sub, age: ListAge::new(iat, exp, at), fault: None })
        });
        Ok(Self {
            status: status.collect::<Result<_, _>>()?,
            trust: TrustList::read(&payload, Reader::Ours)?,
            trust_fault: None,
            refused: Vec::new(),
            handovers: bundle.handovers.len(),
        })
    }

    /// What was verified.
    fn of(opened: OpenBundle, handovers: usize, at: UnixTime) -> Self {
        let status = opened.status_lists().into_iter().map(|list| Listed {
            uri: list.uri().to_owned(),
            age: ListAge::new(list.made_at(), list.fresh_until(), at),
            fault: list.counts_at(&opened.trust, at).err(),
        });
        Self {
            status: status.collect(),
            trust: opened.trust.list().clone(),
            trust_fault: opened.trust.counts_at(at).err(),
            refused: opened.refused,
            handovers,
        }
    }

    fn trust_age(&self, at: UnixTime) -> ListAge {
        ListAge::new(self.trust.issued_at, self.trust.next_update, at)
    }

    fn to_json(&self, at: UnixTime, verdict: Option<&str>) -> Value {
        let status = self.status.iter().map(|Listed { uri, age, fault }| {
            let mut list = age.to_json();
            (list["uri"], list["reason"]) = (json!(uri), json!(fault.map(Reason::code)));
            list
        });
        let mut trust = self.trust_age(at).to_json();
        (trust["sequence"], trust["reason"]) =
            (json!(self.trust.sequence), json!(self.trust_fault.map(Reason::code)));
        let refused = self.refused.iter();
        let refused = refused.map(|(place, error)| json!({ "place": place, "reason": error.to_string() }));
        json!({
            "at": at.seconds(), "handovers": self.handovers, "refused": refused.collect::<Vec<_>>(),
            "status_lists": status.collect::<Vec<_>>(), "trust_list": trust, "verdict": verdict,
        })
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
        return Ok(json_line(out, &contents.to_json(at, verdict))?);
    }
    match verdict {
        Some("passed") => {
            writeln!(out, "✓ passed 通过: every part is signed by whom the anchor trusts, and counts")?;
        }
        Some(_) => writeln!(out, "? indeterminate 无法判定: a list does not count, or is refused")?,
        None => writeln!(out, "Not verified 未核验: `boyin bundle verify` does")?,
    }
    let Contents { trust, trust_fault, status, refused, handovers } = contents;
    writeln!(
        out,
        "  of {} ({}), trust list {}",
        printable(&trust.authority),
        trust.division,
        trust.sequence
    )?;
    listed(out, "trust list 信任列表", contents.trust_age(at), *trust_fault)?;
    for Listed { uri, age, fault } in status {
        listed(out, uri, *age, *fault)?;
    }
    for (place, error) in refused {
        writeln!(out, "  status list {} is refused 拒绝: {error}", place + 1)?;
    }
    Ok(writeln!(out, "  hand-overs of the anchor 信任锚交接: {handovers}")?)
}

fn listed(out: &mut dyn Write, name: &str, list: ListAge, fault: Option<Reason>) -> std::io::Result<()> {
    age(out, name, Some(list))?;
    match fault {
        Some(reason) => writeln!(out, "    does not count 不采信: {}", reason.code()),
        None => Ok(()),
    }
}
