use std::io::Write;

use anyhow::{Context as _, bail};
use boyin::archive::{self, Cursor, StatusChange};
use boyin::model::credential::{Envelope, Term};
use boyin::model::id::LicenseId;
use boyin::model::json::{Reader, Value as Json};
use boyin::{Found, Home, Order, answers};
use serde_json::json;

use crate::args::{Change, License, List, Show};
use crate::context::{Session, now, random_text};
use crate::output::{self, Privacy, json_line};
use crate::verify::instant;
use crate::{Exit, address, event, files, issue, next, report};

/// `license …`
pub(crate) fn run(session: &Session, command: License, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        License::Issue(args) => issue::run(session, &args, out),
        License::Show(args) => show(session, &args, out),
        License::List(args) => list(session, args, out),
        License::Verify { id } => verify(session, &id, out),
        License::Revoke { change, retroactive } => {
            let to = StatusChange { retroactive, ..of(archive::Change::Revoke, &change) };
            self::change(session, change, &to, out)
        }
        License::Suspend(args) => {
            let to = of(archive::Change::Suspend, &args);
            change(session, args, &to, out)
        }
        License::Restore(args) => {
            let to = of(archive::Change::Restore, &args);
            change(session, args, &to, out)
        }
        License::Cancel(args) => {
            let to = of(archive::Change::Cancel, &args);
            change(session, args, &to, out)
        }
        License::Address(command) => address::run(session, command, out),
        License::Next(command) => next::run(session, command, out),
        License::Supersede { change, by } => {
            let to = StatusChange { successor: by, ..of(archive::Change::Supersede, &change) };
            self::change(session, change, &to, out)
        }
        License::Purge { change, second } => purge(session, change, &second, out),
        License::Status { id, at } => status(session, &id, at.as_deref(), out),
    }
}

pub(crate) fn on_file<T>(found: Option<T>, id: &LicenseId) -> anyhow::Result<T> {
    found.with_context(|| {
        format!("no license {id} is on file here: `boyin license list` shows those that are")
    })
}

fn show(session: &Session, args: &Show, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if let Some(path) = &args.out {
        files::check_free(path)?;
    }
    let reader = session.reader(&args.by)?;
    let reading = session.reading()?;
    let found = on_file(reading.lookup.license(&args.id, &reader, now()?)?, &args.id)?;
    let privacy = Privacy::new(args.full);
    let history = reading.lookup.history(&args.id)?;
    let versions = reading.lookup.versions(&args.id)?;
    let hidden = if args.disclosures { hidden_claims(&found, privacy)? } else { Vec::new() };
    if session.json() {
        let mut value = output::license_json(&found, privacy);
        value["history"] = history.iter().map(answers::event).collect();
        value["head"] = versions.first().map(|head| head.id.as_str()).into();
        value["versions"] = next::versions_json(&versions);
        if args.disclosures {
            let one = |(name, value): &(String, String)| json!({ "claim": name, "value": value });
            value["disclosures"] = hidden.iter().map(one).collect();
        }
        json_line(out, &value)?;
    } else {
        let home = reading.lookup.home();
        output::licenses(out, home, std::slice::from_ref(&found), privacy, true)?;
        writeln!(out)?;
        report::write(out, &found.report)?;
        if args.disclosures {
            writeln!(out, "\nHidden behind digests (可选择性披露):")?;
            for (name, value) in &hidden {
                writeln!(out, "  {name:<20} {value}  {}", label(home, &args.id, name))?;
            }
        }
        writeln!(out, "\nHistory (办理记录):")?;
        event::table(out, home, &history)?;
        if versions.len() > 1 {
            writeln!(out, "\nVersions (历次版本):")?;
            next::table(out, &versions, &args.id)?;
        }
    }
    if let Some(path) = &args.out {
        files::write_new(path, &found.record.credential)?;
    }
    Ok(Exit::Done)
}

fn hidden_claims(found: &Found, privacy: Privacy) -> anyhow::Result<Vec<(String, String)>> {
    let envelope = Envelope::open(&found.record.credential, Reader::Ours)?;
    let credential = envelope.read()?;
    let shown = credential.disclosures.iter().map(|disclosure| {
        let value = match &disclosure.value {
            Json::Text(text) => text.to_string(),
            Json::Int(number) => number.to_string(),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => String::new(),
        };
        (disclosure.name.to_string(), privacy.value(&value))
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    Ok(shown)
}

/// The Chinese name of a claim or a field.
fn label(home: &Home, id: &LicenseId, name: &str) -> String {
    if let Some(term) = Term::of_claim(name) {
        return term.chinese.to_owned();
    }
    let license_type = home.catalog().types().find(|known| known.code == id.license_type());
    let field = license_type.and_then(|license_type| license_type.field(name));
    field.map(|field| field.label.clone()).unwrap_or_default()
}

fn list(session: &Session, args: List, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let reader = session.reader(&args.by)?;
    let reading = session.reading()?;
    let home = reading.lookup.home();
    let license_type = args.license_type.as_deref().map(|name| match home.catalog().find(name) {
        Some(found) => Ok(found.code),
        None => {
            let known: Vec<_> = home.catalog().types().map(|t| format!("{} {}", t.key, t.name)).collect();
            bail!("the catalog has no license type `{name}`; it has: {}", known.join(", "));
        }
    });
    let license_type = license_type.transpose()?;
    let cursor = args.cursor.map(Cursor::new);
    let page =
        reading.lookup.licenses(license_type.as_ref(), &reader, cursor.as_ref(), args.limit, now()?)?;
    let privacy = Privacy::new(args.full);
    let next = page.next.as_ref().map(Cursor::as_str);
    if session.json() {
        let licenses: Vec<_> = page.licenses.iter().map(|l| output::license_json(l, privacy)).collect();
        json_line(out, &json!({ "licenses": licenses, "next": next }))?;
        return Ok(Exit::Done);
    }
    output::licenses(out, home, &page.licenses, privacy, true)?;
    if let Some(next) = next {
        writeln!(out, "\nMore (下一页): --cursor {next}")?;
    }
    Ok(Exit::Done)
}

fn verify(session: &Session, id: &LicenseId, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let reading = session.reading()?;
    let found = on_file(reading.lookup.verify_on_file(id, now()?)?, id)?;
    if session.json() {
        out.write_all(&found.to_json())?;
    } else {
        report::write(out, &found)?;
        let head = reading.lookup.versions(id)?.into_iter().next().map(|head| head.id);
        if let Some(head) = head.filter(|head| head != id) {
            writeln!(out, "Current version (现行版本): {head}")?;
        }
    }
    Ok(report::exit(found.verdict()))
}

fn of(change: archive::Change, args: &Change) -> StatusChange {
    StatusChange { basis: args.basis.clone(), ..StatusChange::new(change, args.reason.clone()) }
}

/// What the event log tells of an instant.
fn status(session: &Session, id: &LicenseId, at: Option<&str>, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let at = at.map_or_else(now, instant)?;
    let reading = session.reading()?;
    let found = reading.lookup.status_at(id, at)?;
    if session.json() {
        let value = match &found {
            Some((status, event)) => {
                json!({ "at": at.seconds(), "status": status.code(), "event": answers::event(event) })
            }
            None => json!({ "at": at.seconds(), "status": null }),
        };
        json_line(out, &value)?;
        return Ok(Exit::Done);
    }
    match found {
        Some((status, led)) => {
            writeln!(out, "{id} at {at}: {status}")?;
            event::table(out, reading.lookup.home(), &[led])?;
        }
        None => writeln!(out, "{id} was not on file at {at} (当时未入库)")?,
    }
    Ok(Exit::Done)
}

fn purge(session: &Session, args: Change, second: &str, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (_, desk) = session.desk()?;
    let (id, reason) = (args.id.clone(), args.reason.clone());
    let outcome = desk.purge(&id, second, &reason, &order_of(args)?)?;
    if session.json() {
        let value = json!({
            "license_id": id.as_str(), "event": outcome.event, "at": outcome.at.seconds(), "replayed": outcome.replayed,
        });
        json_line(out, &value)?;
        return Ok(Exit::Done);
    }
    writeln!(
        out,
        "✓ What was personal in {id} is erased (已清除个人信息), event {}, {}",
        outcome.event, outcome.at
    )?;
    writeln!(out, "  Backups from before still hold it: destroy them when they have had their time.")?;
    Ok(Exit::Done)
}

pub(crate) fn order_of(args: Change) -> anyhow::Result<Order> {
    Ok(Order {
        who: args.who,
        office: args.office.unwrap_or_else(|| args.id.issuer()),
        purpose: args.reason,
        // A key made from the request would take the second suspension of a license for the first one.
        idempotency_key: match args.idempotency_key {
            Some(key) => key,
            None => format!("change-{}", random_text::<16>()?),
        },
        at: now()?,
    })
}

fn change(
    session: &Session,
    args: Change,
    change: &StatusChange,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (_, desk) = session.desk()?;
    let id = args.id.clone();
    let order = order_of(args)?;
    let outcome = desk.change_status(&id, change, &order)?;
    let status = change.change.to();
    if session.json() {
        json_line(
            out,
            &json!({
                "license_id": id.as_str(), "status": status.to_string(), "event": outcome.event,
                "at": outcome.at.seconds(), "replayed": outcome.replayed,
            }),
        )?;
        return Ok(Exit::Done);
    }
    let zh = match change.change {
        archive::Change::Revoke => "已吊销",
        archive::Change::Suspend => "已暂停",
        archive::Change::Restore => "已恢复",
        archive::Change::Supersede => "已换发",
        archive::Change::Cancel => "已注销",
    };
    let before = if outcome.replayed { " (done before 此前已办理)" } else { "" };
    writeln!(out, "✓ {} is {status} {zh}, event {}, {}{before}", id, outcome.event, outcome.at)?;
    writeln!(out, "  The office's status list is published (状态列表已发布).")?;
    Ok(Exit::Done)
}
