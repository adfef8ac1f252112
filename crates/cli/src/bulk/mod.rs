//! Changes of many licenses: a dry run, the act that was signed off, the way back.

pub(crate) mod args;

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use boyin::archive::{
    Change as Kind, HolderEnd, LeftReason, MAX_MASS, MassPlan, MassRecord, Outcome, SignOff, StatusChange,
};
use boyin::model::id::LicenseId;
use boyin::{Home, Many, Selection};
use serde_json::{Value, json};

use self::args::{Bulk, Change, Close, How, Undo};
use crate::context::{Session, now, order_by};
use crate::holder::holder;
use crate::output::{json_line, table};
use crate::verify::instant;
use crate::{Exit, files};

/// `bulk …`
pub(crate) fn run(session: &Session, command: Bulk, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Bulk::Revoke(args) => change(session, args, Kind::Revoke, out),
        Bulk::Cancel(args) => change(session, args, Kind::Cancel, out),
        Bulk::Show { event } => show(session, event, out),
    }
}

/// `holder close`
pub(crate) fn close(session: &Session, args: Close, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let holder = holder(args.whose)?;
    let (reason, basis) = match args.reason.into() {
        HolderEnd::Death => ("持证主体死亡", "行政许可法第七十条第二项"),
        HolderEnd::Deregistration => ("持证主体终止", "行政许可法第七十条第三项"),
    };
    let basis = args.basis.unwrap_or_else(|| basis.to_owned());
    let to = StatusChange { basis: Some(basis), ..StatusChange::new(Kind::Cancel, reason) };
    plan_or_do(session, &Many::Holder(holder, args.reason.into()), &to, args.how, out)
}

fn change(session: &Session, args: Change, kind: Kind, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let many = match &args.ids {
        Some(path) => Many::Licenses(identifiers(path)?),
        None => Many::Selected(selection(&session.home()?, &args)?),
    };
    let to = StatusChange { basis: args.basis, ..StatusChange::new(kind, args.reason) };
    plan_or_do(session, &many, &to, args.how, out)
}

/// One identifier on each line; blank lines are passed over.
fn identifiers(path: &Path) -> anyhow::Result<Vec<LicenseId>> {
    let name = files::name(path);
    let text = String::from_utf8(files::read(path)?).map_err(|_| anyhow!("{name} is not UTF-8 text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut ids = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let id = LicenseId::parse(text.trim()).with_context(|| format!("{name}, line {line}"))?;
        if ids.len() == MAX_MASS {
            bail!("{name} has more than {MAX_MASS} identifiers: split it");
        }
        ids.push(id);
    }
    if ids.is_empty() {
        bail!("{name} has no identifier");
    }
    Ok(ids)
}

fn selection(home: &Home, args: &Change) -> anyhow::Result<Selection> {
    let license_type = args.license_type.as_deref().map(|name| {
        let found = home.catalog().find(name).map(|found| found.code);
        found.with_context(|| format!("the catalog has no license type `{name}`"))
    });
    Ok(Selection {
        license_type: license_type.transpose()?,
        division: args.division,
        issuer: args.issuer,
        from: args.from.as_deref().map(instant).transpose()?,
        until: args.until.as_deref().map(instant).transpose()?,
    })
}

fn plan_or_do(
    session: &Session,
    many: &Many,
    to: &StatusChange,
    how: How,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (Some(digest), Some(second)) = (how.sign_off, how.second) else {
        let reader = session.reader(&how.by)?;
        let reading = session.reading()?;
        let plan = reading.lookup.plan_many(many, to, &reader, now()?)?;
        return dry_run(session.json(), reading.lookup.home(), to, &plan, out);
    };
    let (home, desk) = session.desk()?;
    let order = order_by(&home, how.by, how.idempotency_key, "bulk")?;
    let outcome = desk.change_many(many, to, &SignOff { digest, second }, &order)?;
    let record = desk.archive().mass_record(outcome.event)?.context("the change is not kept")?;
    done(session.json(), "changed", &outcome, &record, out)
}

fn dry_run(
    json: bool,
    home: &Home,
    to: &StatusChange,
    plan: &MassPlan,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let status = to.change.to();
    if json {
        let item = |id: &LicenseId, from: &str| json!({ "license_id": id.as_str(), "from": from, "to": status.code() });
        let items: Vec<_> = plan.items.iter().map(|one| item(&one.id, one.from.code())).collect();
        let left = |id: &LicenseId, why: LeftReason| json!({ "license_id": id.as_str(), "why": why.code() });
        let left: Vec<_> = plan.left.iter().map(|one| left(&one.id, one.why)).collect();
        json_line(out, &json!({ "changes": items, "left": left, "digest": plan.digest.to_string() }))?;
        return Ok(Exit::Done);
    }
    let mut rows = table(&["证照 License", "证照标识 Identifier", "现状态 Now", "处置 Then"]);
    for item in &plan.items {
        rows.add_row([
            type_name(home, &item.id),
            item.id.to_string(),
            item.from.to_string(),
            status.to_string(),
        ]);
    }
    for left in &plan.left {
        let then = format!("– {}", why(left.why));
        rows.add_row([type_name(home, &left.id), left.id.to_string(), String::new(), then]);
    }
    writeln!(out, "{rows}")?;
    writeln!(
        out,
        "Dry run (预演): {} would change, {} stay. Nothing is done.",
        plan.items.len(),
        plan.left.len()
    )?;
    writeln!(out, "Digest (待签署摘要): {}", plan.digest)?;
    writeln!(out, "To do exactly this: the same command with --sign-off {} --second NAME", plan.digest)?;
    Ok(Exit::Done)
}

fn type_name(home: &Home, id: &LicenseId) -> String {
    home.catalog().get(id.license_type()).map(|license_type| license_type.name.clone()).unwrap_or_default()
}

fn why(reason: LeftReason) -> &'static str {
    match reason {
        LeftReason::Ended => "out of force already 已失效",
        LeftReason::OutlivesHolder => "outlives its holder 不随主体终止",
        LeftReason::StatusElsewhere => "status kept by its issuer 状态由颁发机构管理",
        LeftReason::Erased => "erased 已清除",
        LeftReason::NotOnFile => "not on file 未入库",
    }
}

fn record_json(record: &MassRecord) -> Value {
    let item = |id: &LicenseId, from: &str| json!({ "license_id": id.as_str(), "from": from });
    let items: Vec<_> = record.items.iter().map(|one| item(&one.id, one.from.code())).collect();
    let undone = record.undone.as_ref().map(|undone| {
        let left: Vec<_> = undone.left.iter().map(LicenseId::as_str).collect();
        json!({ "event": undone.event, "left": left })
    });
    json!({
        "at": record.at.seconds(), "undo_until": record.undo_until.seconds(), "licenses": items, "undone": undone,
    })
}

fn done(
    json: bool,
    what: &str,
    outcome: &Outcome,
    record: &MassRecord,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    if json {
        let mut value = record_json(record);
        value["event"] = outcome.event.into();
        value["replayed"] = outcome.replayed.into();
        json_line(out, &value)?;
        return Ok(Exit::Done);
    }
    let before = if outcome.replayed { " (done before 此前已办理)" } else { "" };
    let count = record.items.len() - record.undone.as_ref().map_or(0, |undone| undone.left.len());
    writeln!(out, "✓ {count} licenses {what}, event {}, {}{before}", outcome.event, outcome.at)?;
    match &record.undone {
        Some(undone) if !undone.left.is_empty() => {
            writeln!(
                out,
                "  Left as they are, because something was done to them since (此后另有变动，未撤回):"
            )?;
            for id in &undone.left {
                writeln!(out, "  {id}")?;
            }
        }
        Some(_) => {}
        None => writeln!(
            out,
            "  Until {} it can be undone (撤回期限): boyin undo {} --second NAME --reason TEXT",
            record.undo_until, outcome.event
        )?,
    }
    writeln!(out, "  The status lists are published (状态列表已发布).")?;
    Ok(Exit::Done)
}

fn show(session: &Session, event: u64, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let reading = session.reading()?;
    let record = reading.lookup.mass_record(event)?;
    let record = record.with_context(|| format!("event {event} is no change of many licenses"))?;
    if session.json() {
        json_line(out, &record_json(&record))?;
        return Ok(Exit::Done);
    }
    let mut rows = table(&["证照 License", "证照标识 Identifier", "原状态 Before"]);
    for item in &record.items {
        let name = type_name(reading.lookup.home(), &item.id);
        rows.add_row([name, item.id.to_string(), item.from.to_string()]);
    }
    writeln!(out, "{rows}")?;
    match &record.undone {
        Some(undone) => writeln!(out, "Undone (已撤回): event {}, {} left", undone.event, undone.left.len())?,
        None => writeln!(out, "Can be undone until (撤回期限) {}", record.undo_until)?,
    }
    Ok(Exit::Done)
}

/// `undo`
pub(crate) fn undo(session: &Session, args: Undo, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let order = order_by(&home, args.by, args.idempotency_key, "undo")?;
    let outcome = desk.undo_many(args.event, &args.second, &args.reason, &order)?;
    let record = desk.archive().mass_record(args.event)?.context("the change is not kept")?;
    done(session.json(), "as before", &outcome, &record, out)
}
