use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use boyin::archive::{Event as Entry, LogHead, MAX_EVENTS};
use boyin::model::hex;
use boyin::{Home, answers};
use serde_json::json;

use crate::args::Event;
use crate::context::{Session, now};
use crate::output::{self, json_line};
use crate::{Exit, files};

/// `event …`
pub(crate) fn run(session: &Session, command: &Event, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Event::List { after, limit } => {
            let reading = session.reading()?;
            let events = reading.lookup.events(*after, *limit)?;
            show(session.json(), out, reading.lookup.home(), &events, *limit)?;
        }
        Event::Check => check(session, out)?,
        Event::Export { out: path } => export(session, path, out)?,
    }
    Ok(Exit::Done)
}

/// Events, and where to go on.
pub(crate) fn show(
    json: bool,
    out: &mut dyn Write,
    home: &Home,
    events: &[Entry],
    limit: usize,
) -> anyhow::Result<()> {
    if json {
        for event in events {
            json_line(out, &answers::event(event))?;
        }
        return Ok(());
    }
    table(out, home, events)?;
    if let Some(last) = events.last().filter(|_| events.len() == limit) {
        writeln!(out, "\nMore (下一页): --after {}", last.number)?;
    }
    Ok(())
}

fn check(session: &Session, out: &mut dyn Write) -> anyhow::Result<()> {
    let (_, desk) = session.desk()?;
    let head = desk.archive().check_log()?;
    if session.json() {
        return Ok(json_line(out, &json!({ "events": head.number, "hash": hex::encode(&head.hash) }))?);
    }
    writeln!(out, "✓ {} events, none is missing and each holds the hash of the one before it.", head.number)?;
    writeln!(out, "  {}", hex::encode(&head.hash))?;
    Ok(())
}

/// `{"number":…,"prev":…,"hash":…,"event":"…"}` for each event, then `{"head":"…"}`.
fn export(session: &Session, path: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let (_, desk) = session.desk()?;
    let (end, signed) = desk.signed_head(now()?)?;
    let mut text = Vec::new();
    let mut head = LogHead::START;
    while head.number < end.number {
        for line in desk.archive().log(head, MAX_EVENTS)? {
            let event = std::str::from_utf8(&line.bytes).context("an event is text")?;
            let value = json!({
                "number": line.head.number, "prev": hex::encode(&line.previous), "hash": hex::encode(&line.head.hash), "event": event,
            });
            writeln!(text, "{value}")?;
            head = line.head;
        }
    }
    writeln!(text, "{}", json!({ "head": String::from_utf8(signed).context("a JWS is text")? }))?;
    files::write_new(path, &text)?;
    writeln!(out, "✓ {} events and a signed head are in {}.", end.number, path.display())?;
    writeln!(
        out,
        "  Check them with: python3 tools/check-events.py --anchor ANCHOR.json {}",
        path.display()
    )?;
    Ok(())
}

/// Events as a table.
pub(crate) fn table(out: &mut dyn Write, home: &Home, events: &[Entry]) -> std::io::Result<()> {
    let header = [
        "#",
        "时间 When",
        "机构 Office",
        "人员 Who",
        "事项 What",
        "目的 Purpose",
        "证照、印章 Of",
        "备注 Detail",
    ];
    let mut table = output::table(&header);
    for event in events {
        table.add_row([
            event.number.to_string(),
            event.at.to_string(),
            output::office_name(home, event.office),
            event.who.clone(),
            format!("{} {}", event.what.name_zh(), event.what.code()),
            event.why.clone(),
            subject(event),
            event.detail.clone(),
        ]);
    }
    writeln!(out, "{table}")
}

/// The license or the seal that something was done to.
fn subject(event: &Entry) -> String {
    let license = event.license.as_ref().map(ToString::to_string);
    license.or(event.seal.map(|id| id.to_string())).unwrap_or_default()
}
