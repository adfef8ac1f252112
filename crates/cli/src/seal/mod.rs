//! `boyin seal …`

pub(crate) mod args;
mod picture;
mod verify;

use std::io::Write;

use anyhow::Context as _;
use boyin::archive::{Outcome, SealApplication, SealChange, SealRecord};
use boyin::model::register::{SealId, UseLimits};
use boyin::model::seal::Picture;
use boyin::model::time::Date;
use boyin::suite::SystemRandom;
use boyin::{Desk, Officer, Order, SealMaking, answers};
use serde_json::{Value, json};

use self::args::{Actor, Apply, List, Look, Make, OfficerCommand, Seal, Use};
use crate::context::{Session, now, random_text};
use crate::output::{self, json_line};
use crate::{Exit, event, files};

pub(crate) use picture::of as picture_of;
pub(crate) use verify::write as write_report;

/// `seal …`
pub(crate) fn run(session: &Session, command: Seal, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Seal::Officer(command) => officer(session, command, out),
        Seal::Apply(args) => apply(session, args, out),
        Seal::Approve(args) => change(session, args.id, &SealChange::Approve, &args.actor, out),
        Seal::Start(args) => change(session, args.id, &SealChange::TakeIntoUse, &args.actor, out),
        Seal::Reject(args) => {
            change(session, args.id, &SealChange::Reject { reason: &args.reason }, &args.actor, out)
        }
        Seal::Suspend(args) => {
            change(session, args.id, &SealChange::Suspend { reason: &args.reason }, &args.actor, out)
        }
        Seal::Restore(args) => {
            change(session, args.id, &SealChange::Restore { reason: &args.reason }, &args.actor, out)
        }
        Seal::Recall(args) => {
            change(session, args.id, &SealChange::Recall { reason: &args.reason }, &args.actor, out)
        }
        Seal::Destroy(args) => {
            let (second, reason) = (args.second.as_str(), args.reasoned.reason.as_str());
            let change_to = SealChange::Destroy { second, reason };
            change(session, args.reasoned.id, &change_to, &args.reasoned.actor, out)
        }
        Seal::Make(args) => make(session, &args, out),
        Seal::Use(args) => use_seal(session, &args, out),
        Seal::Show(args) => show(session, &args, out),
        Seal::List(args) => list(session, &args, out),
        Seal::Verify(args) => verify::run(session, &args, out),
        Seal::Picture(args) => picture::run(&args, out),
    }
}

fn officer(session: &Session, command: OfficerCommand, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    match command {
        OfficerCommand::Appoint { name, office, power } => home.appoint(Officer { name, office, power })?,
        OfficerCommand::Dismiss { name } => home.dismiss(&name)?,
        OfficerCommand::List => {}
    }
    let officers = home.officers()?;
    if session.json() {
        let officers = officers.all().iter().map(|officer| {
            json!({ "name": officer.name, "office": officer.office.as_str(), "power": officer.power.code() })
        });
        json_line(out, &json!({ "officers": officers.collect::<Vec<_>>() }))?;
        return Ok(Exit::Done);
    }
    let mut table = output::table(&["人员 Name", "机构 Office", "权限 Power"]);
    for officer in officers.all() {
        let power = format!("{} {}", officer.power.name_zh(), officer.power.code());
        table.add_row([officer.name.clone(), output::office_name(&home, officer.office), power]);
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

pub(crate) fn order(actor: &Actor) -> anyhow::Result<Order> {
    let idempotency_key = match &actor.idempotency_key {
        Some(key) => key.clone(),
        None => random_text::<24>()?,
    };
    let Actor { who, office, purpose, .. } = actor;
    Ok(Order { who: who.clone(), office: *office, purpose: purpose.clone(), idempotency_key, at: now()? })
}

fn apply(session: &Session, args: Apply, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (_, desk) = session.desk()?;
    let order = order(&args.actor)?;
    let application = SealApplication {
        owner: args.owner.unwrap_or(args.actor.office),
        division: args.division,
        kind: args.kind,
        name: args.name,
        limits: UseLimits {
            count: args.count,
            purposes: args.purposes,
            from: args.from.map(Date::begins),
            until: args.until.map(Date::ends),
            offices: args.offices,
        },
    };
    let outcome = desk.apply_seal(&application, &order)?;
    done(session, &outcome, out)
}

fn change(
    session: &Session,
    id: SealId,
    change: &SealChange<'_>,
    actor: &Actor,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (_, desk) = session.desk()?;
    let outcome = desk.change_seal(id, change, &order(actor)?)?;
    done(session, &outcome, out)
}

fn make(session: &Session, args: &Make, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (_, desk) = session.desk()?;
    let order = order(&args.actor)?;
    let (data, width, height) = match (&args.picture, args.size) {
        (Some(path), Some((width, height))) => (files::read(path)?, width, height),
        _ => drawn(&desk.seal(args.id, &order.who)?)?,
    };
    let making = SealMaking {
        picture: Picture { format: "PNG", data: &data, width_mm: width.into(), height_mm: height.into() },
        valid_until: order.at.date().plus_years(args.years).ends().minus(1),
        version: args.structure,
        second: &args.second,
    };
    let outcome = desk.make_seal(args.id, &making, &order, &mut SystemRandom)?;
    done(session, &outcome, out)
}

/// The picture of a seal as PNG, with its size in millimeters.
pub(crate) fn drawn(record: &SealRecord) -> anyhow::Result<(Vec<u8>, u8, u8)> {
    let picture = picture_of(record)?;
    let png = picture.png(boyin_picture::SealPicture::DPI)?;
    Ok((png, picture.width_mm(), picture.height_mm()))
}

fn use_seal(session: &Session, args: &Use, out: &mut dyn Write) -> anyhow::Result<Exit> {
    files::check_free(&args.out)?;
    let document = files::read(&args.document)?;
    let (_, desk) = session.desk()?;
    let sealed = desk.seal_document(args.id, &document, &args.property, &order(&args.actor)?)?;
    files::write_new(&args.out, &sealed.signature)?;
    if session.json() {
        let value = json!({
            "event": sealed.event, "at": sealed.at.seconds(), "replayed": sealed.replayed,
            "out": args.out.display().to_string(),
        });
        json_line(out, &value)?;
    } else {
        writeln!(out, "Sealed (已用印), event {}, {}: {}", sealed.event, sealed.at, args.out.display())?;
    }
    Ok(Exit::Done)
}

fn done(session: &Session, outcome: &Outcome, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let seal = outcome.seal.map(|id| id.to_string());
    if session.json() {
        let value = json!({
            "seal": seal, "event": outcome.event, "what": outcome.what.code(), "at": outcome.at.seconds(),
            "replayed": outcome.replayed,
        });
        json_line(out, &value)?;
    } else {
        let what = outcome.what.code();
        let again = if outcome.replayed { ", done before (先前已办)" } else { "" };
        writeln!(out, "Seal (印章) {}: {what}, event {}{again}", seal.unwrap_or_default(), outcome.event)?;
    }
    Ok(Exit::Done)
}

fn show(session: &Session, args: &Look, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let record = desk.seal(args.id, &args.who)?;
    if let Some(path) = &args.out {
        files::check_free(path)?;
        let last = record.versions.len().checked_sub(1).context("the seal is not made yet")?;
        files::write_new(path, &desk.seal_bytes(args.id, last, &args.who)?)?;
    }
    let events = history(&desk, &record, &args.who)?;
    if session.json() {
        let mut value = record_json(&record);
        value["events"] = events.iter().map(answers::event).collect();
        json_line(out, &value)?;
        return Ok(Exit::Done);
    }
    let mut table = output::table(&["印章 Seal", ""]);
    let limit = record.limits.count.map_or_else(|| "—".to_owned(), |count| count.to_string());
    for (name, value) in [
        ("编码 Number", record.id.to_string()),
        ("名称 Name", record.name.clone()),
        ("类型 Kind", format!("{} {}", record.kind.name_zh(), record.kind)),
        ("所属机构 Owner", output::office_name(&home, record.owner)),
        ("状态 State", format!("{} {}", record.state.name_zh(), record.state)),
        ("用印次数 Uses", format!("{} / {limit}", record.used)),
        ("版本 Versions", record.versions.len().to_string()),
    ] {
        table.add_row([name.to_owned(), value]);
    }
    writeln!(out, "{table}\n")?;
    event::table(out, &home, &events)?;
    Ok(Exit::Done)
}

fn history(desk: &Desk, record: &SealRecord, who: &str) -> anyhow::Result<Vec<boyin::archive::Event>> {
    let mut events = Vec::new();
    loop {
        let after = events.last().map(|event: &boyin::archive::Event| event.number);
        let page = desk.seal_history(record.id, after, who)?;
        if page.is_empty() {
            return Ok(events);
        }
        events.extend(page);
    }
}

fn list(session: &Session, args: &List, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let seals = desk.seals(args.after, args.limit, &args.who)?;
    if session.json() {
        for record in &seals {
            json_line(out, &record_json(record))?;
        }
        return Ok(Exit::Done);
    }
    let mut table = output::table(&[
        "编码 Number",
        "名称 Name",
        "类型 Kind",
        "所属机构 Owner",
        "状态 State",
        "次数 Uses",
    ]);
    for record in &seals {
        table.add_row([
            record.id.to_string(),
            record.name.clone(),
            record.kind.name_zh().to_owned(),
            output::office_name(&home, record.owner),
            format!("{} {}", record.state.name_zh(), record.state),
            record.used.to_string(),
        ]);
    }
    writeln!(out, "{table}")?;
    if let Some(last) = seals.last().filter(|_| seals.len() == args.limit) {
        writeln!(out, "\nMore (下一页): --after {}", last.id)?;
    }
    Ok(Exit::Done)
}

fn record_json(record: &SealRecord) -> Value {
    serde_json::to_value(record).expect("a record has a JSON form")
}
