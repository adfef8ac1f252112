//! `boyin window …`

pub(crate) mod args;
mod follow_ups;
mod items;
mod meter;
mod show;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use boyin::answers;
use boyin::archive::Outcome;
use boyin::delegation::DelegationError;
use boyin::exempt::{Channel, CommitmentStanding, Role};
use boyin::meter::Decided;
use boyin::model::catalog::HolderKind;
use boyin::model::id::{HolderCode, HolderCodeType};
use boyin::window::{
    ExemptionAnswer, ReplayOutcome, WindowParty, WindowQuestion, receipt_payload, verify_receipt,
};
use boyin::{DeskError, Order};
use serde_json::{Value, json};

use self::args::{Decide, Window};
use crate::args::{ActBy, ReadBy};
use crate::context::{Session, now, order_by, random_text};
use crate::delegation::args::Agent;
use crate::fetched::{Files, pasted};
use crate::holder::holder;
use crate::output::json_line;
use crate::{Exit, delegation, files};

const NO_RECEIPT: &str = "this is no receipt of a decision on papers";

/// `window …`
pub(crate) fn run(session: &Session, command: Window, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Window::Items { item } => items::run(session, item.as_deref(), out),
        Window::Decide(args) => decide(session, &args, out),
        Window::Show { event, out: file, by } => show(session, event, file.as_deref(), &by, out),
        Window::Replay { event, by } => replay(session, event, &by, out),
        Window::Verify { file, trust } => verify(session, &file, &trust, out),
        Window::Forget { whose, second, reason, act } => {
            forget(session, &holder(whose)?, (&second, &reason), act, out)
        }
        Window::FollowUps(args) => follow_ups::run(session, args, out),
        Window::Meter(args) => meter::run(session, *args, out),
    }
}

fn forget(
    session: &Session,
    holder: &HolderCode,
    (second, reason): (&str, &str),
    act: ActBy,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let order = order_by(&home, act.by, act.idempotency_key, "forget")?;
    let outcome = desk.erase_decision_inputs(holder, second, reason, &order)?;
    let told = tell_erasure(session, &outcome, out).and_then(|()| out.flush());
    told.map_err(|error| anyhow!("it is erased, and event {} is kept: {error}", outcome.event))?;
    Ok(Exit::Done)
}

fn tell_erasure(session: &Session, outcome: &Outcome, out: &mut dyn Write) -> std::io::Result<()> {
    let (event, at) = (outcome.event, outcome.at);
    if session.json() {
        let value = json!({ "at": at.seconds(), "event": event, "replayed": outcome.replayed });
        return json_line(out, &value);
    }
    let before = if outcome.replayed { ", as it was before" } else { "" };
    writeln!(
        out,
        "✓ What decisions of this holder were decided from is erased (已清除), event {event}, {at}{before}"
    )?;
    writeln!(out, "  Backups from before still hold it: destroy them when they have had their time.")
}

fn decide(session: &Session, args: &Decide, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if let Some(path) = &args.out {
        files::check_free(path)?;
    }
    let question = question(args)?;
    let (_, desk) = session.desk()?;
    // Opening the desk may publish lists: what they say counts from then on.
    let order = Order {
        who: args.who.clone(),
        office: args.office,
        purpose: args.purpose.clone(),
        idempotency_key: args.idempotency_key.clone().map_or_else(random_text::<16>, Ok)?,
        at: now()?,
    };
    let asked = match agent(args)? {
        Some((agent, delegation)) => desk.decide_exemption_for_agent(&question, &agent, delegation, &order),
        None => desk.decide_exemption(&question, &order).map_err(DelegationError::from),
    };
    let answer = match asked {
        Err(DelegationError::Desk(DeskError::Question(refusal))) => {
            let faults: Vec<_> =
                refusal.0.iter().map(|fault| format!("\n  ✗ {fault} ({})", fault.code())).collect();
            bail!("nothing was decided 未作判定:{}", faults.concat());
        }
        answer => answer?,
    };
    // It is decided, whatever becomes of telling it and of the file: each is tried.
    let told = tell(session, &answer, out).and_then(|()| Ok(out.flush()?));
    let written = args.out.as_deref().map_or(Ok(()), |path| files::write_new(path, &answer.receipt));
    let ended = told.and(written).and_then(|()| decided(answer.event, &answer.receipt));
    let event = answer.event;
    // Not as its context: who reads no more from a pipe is told nothing of that, but has to be told this.
    let decided = ended.map_err(|error| {
        anyhow!(
            "it is decided, and event {event} is kept; get it with `boyin window show {event} --out FILE --who NAME --purpose TEXT`: {error:#}"
        )
    })?;
    Ok(show::exit(decided.answer()))
}

/// Who acts for the holder, by which delegation, if somebody does.
fn agent(args: &Decide) -> anyhow::Result<Option<(HolderCode, u64)>> {
    let Some((agent, delegation)) = args.agent.clone().zip(args.delegation) else { return Ok(None) };
    let agent = Agent { agent_type: args.agent_type.clone(), agent };
    Ok(Some((delegation::agent(&agent)?, delegation)))
}

fn question(args: &Decide) -> anyhow::Result<WindowQuestion> {
    let channel = Channel::from_code(&args.channel).with_context(|| {
        let known = Channel::ALL.map(|channel| format!("{channel} {}", channel.name_zh()));
        format!("no such channel; there are: {}", known.join(", "))
    })?;
    let mut parties = BTreeMap::new();
    let from = args.holders_from.as_deref().map(files::read).transpose()?.unwrap_or_default();
    let Ok(from) = String::from_utf8(from) else { bail!("the holders are not text") };
    let lines = from.lines().map(str::trim).filter(|line| !line.is_empty());
    for text in args.holders.iter().map(String::as_str).chain(lines) {
        let (role, party) = party(text)?;
        if parties.insert(role, party).is_some() {
            bail!("--holder: {} is there twice", role.code());
        }
    }
    Ok(WindowQuestion {
        matter: args.item.clone(),
        division: args.division,
        situation: pairs("--answer", &args.answers)?,
        parties,
        form: pairs("--form", &args.form)?,
        commitment: if args.no_commitment { CommitmentStanding::Barred } else { CommitmentStanding::Open },
        channel,
    })
}

/// `key=value`, each key once. Values are in no message.
fn pairs(option: &str, texts: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut pairs = BTreeMap::new();
    for text in texts {
        let (key, value) = text.split_once('=').with_context(|| format!("{option}: write KEY=VALUE"))?;
        if pairs.insert(key.to_owned(), value.to_owned()).is_some() {
            bail!("{option}: {key} is there twice");
        }
    }
    Ok(pairs)
}

/// `role=code`, `role=code:name` or `role=kind/code:name`. Numbers and names are in no message.
fn party(text: &str) -> anyhow::Result<(Role, WindowParty)> {
    let (role, rest) = text.split_once('=').context("--holder: write ROLE=CODE or ROLE=CODE:NAME")?;
    let role = Role::from_code(role).with_context(|| {
        let known = Role::ALL.map(|role| format!("{role} {}", role.name_zh()));
        format!("--holder: no role {role}; there are: {}", known.join(", "))
    })?;
    let (code, name) =
        rest.split_once(':').map_or((rest, None), |(code, name)| (code, Some(name.to_owned())));
    let holder = match code.split_once('/') {
        Some((kind, code)) => {
            HolderCodeType::from_code(kind).and_then(|kind| HolderCode::new(kind, code).ok())
        }
        None => {
            let kinds: &[HolderCodeType] = match role.kind() {
                HolderKind::NaturalPerson => &[HolderCodeType::CitizenId],
                HolderKind::Organization => &[HolderCodeType::CreditCode],
                HolderKind::Any => &[HolderCodeType::CitizenId, HolderCodeType::CreditCode],
            };
            kinds.iter().find_map(|kind| HolderCode::new(*kind, code).ok())
        }
    };
    let holder = holder.with_context(|| {
        format!("--holder: the number of the {role} ({}) is none: check it digit by digit", role.name_zh())
    })?;
    Ok((role, WindowParty { holder, name }))
}

fn decided(event: u64, receipt: &[u8]) -> anyhow::Result<Decided> {
    Decided::of_receipt(event, receipt).context("the receipt that is kept cannot be read")
}

/// An answer for programs or for people.
fn tell(session: &Session, answer: &ExemptionAnswer, out: &mut dyn Write) -> anyhow::Result<()> {
    if session.json() {
        json_line(out, &answers::decision(answer).context(NO_RECEIPT)?)?;
        return Ok(());
    }
    show::write(out, &payload(&answer.receipt)?)?;
    let again = if answer.replayed { "（此前已作判定 decided before）" } else { "" };
    writeln!(out, "  event {}{again}", answer.event)?;
    Ok(())
}

fn payload(receipt: &[u8]) -> anyhow::Result<Value> {
    let payload = receipt_payload(receipt).context(NO_RECEIPT)?;
    Ok(serde_json::from_slice(&payload)?)
}

fn show(
    session: &Session,
    event: u64,
    file: Option<&Path>,
    by: &ReadBy,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    if let Some(path) = file {
        files::check_free(path)?;
    }
    let reader = session.reader(by)?;
    let receipt = session.reading()?.lookup.decision(event, &reader, now()?)?;
    let receipt = receipt.with_context(|| format!("event {event} is no decision on papers"))?;
    if let Some(path) = file {
        files::write_new(path, &receipt)?;
    }
    tell(session, &ExemptionAnswer { event, replayed: true, receipt }, out)?;
    Ok(Exit::Done)
}

fn replay(session: &Session, event: u64, by: &ReadBy, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let reader = session.reader(by)?;
    let replay = session.reading()?.lookup.replay_decision(event, &reader, now()?)?;
    let replay = replay.with_context(|| format!("event {event} is no decision on papers"))?;
    let (code, exit, words) = match &replay.outcome {
        ReplayOutcome::Holds => ("holds", Exit::Done, "✓ 复核一致 the same bytes"),
        ReplayOutcome::Differs(_) => ("differs", Exit::Failed, "✗ 复核不一致 not the same"),
        ReplayOutcome::Erased => (
            "erased",
            Exit::Indeterminate,
            "? 当事人信息已清除，无法复核 something of a holder was erased since",
        ),
    };
    let differences: Vec<_> = match &replay.outcome {
        ReplayOutcome::Differs(all) => all.iter().map(ToString::to_string).collect(),
        ReplayOutcome::Holds | ReplayOutcome::Erased => Vec::new(),
    };
    if session.json() {
        let at = replay.at.seconds();
        json_line(out, &json!({ "at": at, "differences": differences, "event": event, "outcome": code }))?;
        return Ok(exit);
    }
    writeln!(out, "{words}\n  event {event}, {}", replay.at)?;
    for difference in differences {
        writeln!(out, "  · {difference}")?;
    }
    Ok(exit)
}

fn verify(session: &Session, file: &Path, trust: &Files, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let bytes = files::read(file)?;
    let token = pasted(&bytes);
    let at = now()?;
    let verified = match trust.load()? {
        Some(fetched) => verify_receipt(token, &fetched.snapshot, at),
        None => verify_receipt(token, &session.home()?.trust()?.1, at),
    };
    let exit = match &verified {
        Ok(_) => Exit::Done,
        Err(fault) if fault.is_indeterminate() => Exit::Indeterminate,
        Err(_) => Exit::Failed,
    };
    if session.json() {
        json_line(out, &answers::receipt(&verified))?;
        return Ok(exit);
    }
    let payload = verified.as_ref().ok().map(|receipt| receipt.payload());
    let payload: Option<Value> = payload.map(serde_json::from_slice).transpose()?;
    match verified {
        Ok(_) => writeln!(out, "✓ 回执核验通过 the receipt is genuine\n")?,
        Err(fault) if fault.is_indeterminate() => {
            writeln!(out, "? 暂时无法判定：{} ({})\n  indeterminate: {fault}", fault.zh(), fault.code())?;
        }
        Err(fault) => {
            writeln!(out, "✗ 回执核验不通过：{} ({})\n  not genuine: {fault}", fault.zh(), fault.code())?;
        }
    }
    payload.map_or(Ok(()), |payload| show::write(out, &payload))?;
    Ok(exit)
}

/// Not one of the matters.
fn no_matter(name: &str) -> anyhow::Error {
    anyhow!("no item and no package is called {name}: `boyin window items` lists them")
}
