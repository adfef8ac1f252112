//! Versions of licenses: renew, change, issue again, list.

pub(crate) mod args;

use std::io::Write;

use anyhow::{Context as _, anyhow, bail};
use boyin::archive::Version;
use boyin::model::catalog::{FieldKind, LicenseType};
use boyin::model::credential::FieldValue;
use boyin::model::id::LicenseId;
use boyin::suite::SystemRandom;
use boyin::{DeskError, NextVersion, NextVersionOrder, answers};
use serde_json::{Value, json};

use self::args::{Next, To};
use crate::args::Change;
use crate::context::Session;
use crate::license::{on_file, order_of};
use crate::output::json_line;
use crate::{Exit, files, output};

/// `license renew`, `license change`, `license reissue`, `license versions`
pub(crate) fn run(session: &Session, command: Next, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Next::Renew { change, valid_from, valid_until, long_term: _, to } => {
            issue(session, change, &NextVersion::Renewal { valid_from, valid_until }, &to, out)
        }
        Next::Alter { change, fields, holder_name, to } => {
            let home = session.home()?;
            let license_type = home.catalog().get(change.id.license_type());
            let license_type = license_type.context("the catalog does not have the type of this license")?;
            let fields =
                fields.iter().map(|text| field(license_type, text)).collect::<anyhow::Result<_>>()?;
            let holder_name = holder_name.map(files::typed).transpose()?;
            issue(session, change, &NextVersion::Change { fields, holder_name }, &to, out)
        }
        Next::Reissue { change, to } => issue(session, change, &NextVersion::Reissue, &to, out),
        Next::Versions { id } => versions(session, &id, out),
    }
}

/// A field and its value as the catalog wants it; the value is in no message.
fn field(license_type: &LicenseType, text: &str) -> anyhow::Result<(String, Option<FieldValue>)> {
    let (name, value) = text.split_once('=').context("write --set FIELD=VALUE")?;
    let Some(spec) = license_type.field(name) else {
        let known: Vec<_> = license_type.fields.iter().map(|f| format!("{} {}", f.name, f.label)).collect();
        bail!("{} has no field `{name}`; it has: {}", license_type.name, known.join(", "));
    };
    let value = match (value, spec.kind) {
        ("", _) => None,
        (value, FieldKind::Integer) => {
            let number = value.parse().map_err(|_| anyhow!("{name} takes a whole number"))?;
            Some(FieldValue::Integer(number))
        }
        (value, _) => Some(FieldValue::Text(value.to_owned())),
    };
    Ok((name.to_owned(), value))
}

fn issue(
    session: &Session,
    args: Change,
    next: &NextVersion,
    to: &To,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    if let Some(path) = &to.out {
        files::check_free(path)?;
    }
    let (_, desk) = session.desk()?;
    let (of, reason, basis) = (args.id.clone(), args.reason.clone(), args.basis.clone());
    let order = order_of(args)?;
    let asked = NextVersionOrder { of: &of, next, reason: &reason, basis: basis.as_deref() };
    let receipt = desk.issue_next(&asked, &order, &mut SystemRandom).map_err(described)?;
    let id = &receipt.license_id;
    if session.json() {
        let value = json!({
            "license_id": id.as_str(), "supersedes": of.as_str(), "event": receipt.event,
            "at": receipt.at.seconds(), "replayed": receipt.replayed,
        });
        json_line(out, &value)?;
    } else {
        let (event, at) = (receipt.event, receipt.at);
        let what = next.kind().event().name_zh();
        let before = if receipt.replayed { " (done before 此前已办理)" } else { "" };
        writeln!(out, "✓ {id}  issued 已签发 ({what}), event {event}, {at}{before}")?;
        writeln!(
            out,
            "  It takes the place of {of}; the office's status list is published (状态列表已发布)."
        )?;
    }
    out.flush()?;
    if let Some(path) = &to.out {
        files::write_new(path, &receipt.credential).with_context(|| {
            format!("the license is issued; get it with `boyin license show {id} --out FILE`")
        })?;
    }
    Ok(Exit::Done)
}

/// All defects of a form, as they are told when a license is issued.
fn described(error: DeskError) -> anyhow::Error {
    if let DeskError::Defects(defects) = &error {
        let lines: Vec<_> = defects.iter().map(ToString::to_string).collect();
        return anyhow!("the next version would have {} defect(s): {}", defects.len(), lines.join("; "));
    }
    error.into()
}

fn versions(session: &Session, id: &LicenseId, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let reading = session.reading()?;
    let found = reading.lookup.versions(id)?;
    let head = on_file(found.first(), id)?.id.clone();
    if session.json() {
        let value = json!({ "head": head.as_str(), "versions": versions_json(&found) });
        json_line(out, &value)?;
    } else {
        table(out, &found, id)?;
    }
    Ok(Exit::Done)
}

/// Versions as JSON, the current one first.
pub(crate) fn versions_json(versions: &[Version]) -> Value {
    let one = |version: &Version| {
        json!({
            "license_id": version.id.as_str(),
            "status": version.status.map(|status| status.code()),
            "succeeded": version.succeeded.as_ref().map(answers::event),
        })
    };
    versions.iter().map(one).collect()
}

/// Versions as a table; an arrow shows the one that was asked for.
pub(crate) fn table(out: &mut dyn Write, versions: &[Version], asked: &LicenseId) -> std::io::Result<()> {
    let header = ["", "证照标识 Identifier", "版本 Version", "状态 Status", "被取代 Succeeded"];
    let mut table = output::table(&header);
    for (place, version) in versions.iter().enumerate() {
        let current = if place == 0 { "现行 current" } else { "" };
        let mark = if version.id == *asked { "→" } else { "" };
        let status = version.status.map_or_else(|| "–".to_owned(), |status| status.to_string());
        let succeeded = version.succeeded.as_ref().map(|event| {
            format!("{} {}, event {}, {}", event.what.name_zh(), event.at, event.number, event.detail)
        });
        table.add_row([
            format!("{mark}{current}"),
            version.id.to_string(),
            version.id.version().to_string(),
            status,
            succeeded.unwrap_or_default(),
        ]);
    }
    writeln!(out, "{table}")
}
