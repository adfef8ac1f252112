//! Collected records: lists without anything personal, one in full, and what is done to one.

use std::io::Write;

use boyin::archive::{
    CollectedId, CollectedRecord, CollectedRow, CollectedState, ImportId, MAX_STEP, Outcome,
};
use boyin::model::alg::VerifyAlg as _;
use boyin::model::collected::Evidence;
use boyin::model::hex;
use boyin::suite::ES256;
use boyin::{Home, Order};
use serde_json::{Value, json};

use super::args::{Raise, Records};
use crate::Exit;
use crate::args::{ActBy, ReadBy};
use crate::context::{Reading, Session, now, order_by};
use crate::files;
use crate::output::{self, Privacy, json_line};

/// The name that no record's is below.
const LAST: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

type Listed = (CollectedRow, CollectedRecord);

/// `import records`
pub(super) fn list(session: &Session, args: &Records, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let reading = session.reading()?;
    let mut found = Vec::new();
    let wanted = |record: &CollectedRecord| args.grade.is_none_or(|grade| record.grade == grade);
    each_row(&reading, args.import, args.after, &mut |row| {
        if wanted(&row.1) {
            found.push(row);
        }
        found.len() < args.limit
    })?;
    show_rows(session, &found, out)
}

/// `import disputes`
pub(super) fn disputes(
    session: &Session,
    import: Option<ImportId>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let reading = session.reading()?;
    let imports = match import {
        Some(import) => vec![import],
        None => reading.lookup.imports()?.iter().map(|job| job.id).collect(),
    };
    let mut found = Vec::new();
    for import in imports {
        each_row(&reading, import, 0, &mut |row| {
            // Not under every import in which it stood.
            if row.1.state == CollectedState::Disputed && row.1.import == import {
                found.push(row);
            }
            true
        })?;
    }
    show_rows(session, &found, out)
}

/// Every row of an import after `after` until `take` has enough.
fn each_row(
    reading: &Reading,
    import: ImportId,
    after: u64,
    take: &mut dyn FnMut(Listed) -> bool,
) -> anyhow::Result<()> {
    let last = CollectedId::parse(LAST).filter(|_| after > 0);
    let mut at = last.map(|id| CollectedRow { row: after, id });
    loop {
        let page = reading.lookup.import_rows(import, at.as_ref(), MAX_STEP)?;
        for row in page.rows {
            if !take(row) {
                return Ok(());
            }
        }
        match page.next {
            Some(next) => at = Some(next),
            None => return Ok(()),
        }
    }
}

fn show_rows(session: &Session, rows: &[Listed], out: &mut dyn Write) -> anyhow::Result<Exit> {
    if session.json() {
        let records = rows.iter().map(|(at, record)| {
            let mut value = state_json(at.id, record);
            value["row"] = json!(at.row);
            value
        });
        json_line(out, &json!({ "records": records.collect::<Vec<_>>() }))?;
        return Ok(Exit::Done);
    }
    let mut table = output::table(&["行 Row", "等级 Grade", "状态 State", "证照 License", "数据 Record"]);
    for (at, record) in rows {
        let issued = record.issued.as_ref().map_or_else(String::new, ToString::to_string);
        table.add_row([
            at.row.to_string(),
            record.grade.to_string(),
            state_words(record.state).to_owned(),
            issued,
            at.id.to_string(),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

fn state_words(state: CollectedState) -> &'static str {
    match state {
        CollectedState::Kept => "无冲突 kept",
        CollectedState::Disputed => "有冲突 disputed",
        CollectedState::Dismissed => "未采信 dismissed",
    }
}

/// What is known of a record without anything personal.
fn state_json(id: CollectedId, record: &CollectedRecord) -> Value {
    json!({
        "record": id.to_string(),
        "import": record.import.to_string(),
        "license_type": record.license.license_type.as_str(),
        "grade": record.grade.to_string(),
        "evidence": record.evidence.kind.code(),
        "state": record.state.code(),
        "may_exempt": record.may_exempt(),
        "issued": record.issued.as_ref().map(ToString::to_string),
    })
}

/// A collected record as JSON. It is not signed by anybody.
pub(crate) fn record_json(id: CollectedId, record: &CollectedRecord, privacy: Privacy) -> Value {
    let license = &record.license;
    let (number, name) = shown(record, privacy);
    let mut value = state_json(id, record);
    value["signed"] = json!(false);
    value["agency"] = json!(record.agency.as_str());
    value["license_number"] = json!(number);
    value["holder_code_type"] = json!(license.holder.code_type().code());
    value["holder_name"] = json!(name);
    value["division"] = json!(license.division.as_str());
    value["issue_date"] = json!(license.issue_date.to_string());
    value["valid_from"] = json!(license.valid_from.map(|date| date.to_string()));
    value["valid_until"] = json!(license.valid_until.map(|date| date.to_string()));
    value
}

/// Number and holder as this privacy allows; those of organizations are public.
fn shown(record: &CollectedRecord, privacy: Privacy) -> (String, String) {
    let license = &record.license;
    if license.holder.code_type().is_natural_person() {
        (privacy.number(&license.license_number), privacy.name(&license.holder_name))
    } else {
        (license.license_number.clone(), license.holder_name.clone())
    }
}

/// Collected records as a table.
pub(crate) fn table(
    out: &mut dyn Write,
    home: &Home,
    records: &[(CollectedId, CollectedRecord)],
    privacy: Privacy,
) -> std::io::Result<()> {
    let header = ["证照 License", "编号 Number", "持证主体 Holder", "来源机构 Agency", "颁发日期 Issued"];
    let more = ["有效期至 Until", "等级 Grade", "冲突 State", "免交 Exempts"];
    let mut table = output::table(&[header.as_slice(), &more].concat());
    for (_, record) in records {
        let license = &record.license;
        let known = home.catalog().types().find(|known| known.code == license.license_type);
        let title =
            known.map_or_else(|| license.license_type.as_str().to_owned(), |known| known.name.clone());
        let (number, name) = shown(record, privacy);
        table.add_row([
            title,
            number,
            name,
            output::office_name(home, record.agency),
            license.issue_date.to_string(),
            license.valid_until.map_or_else(|| "长期".to_owned(), |date| date.to_string()),
            record.grade.to_string(),
            state_words(record.state).to_owned(),
            if record.may_exempt() { "可 may" } else { "否 no" }.to_owned(),
        ]);
    }
    writeln!(out, "{table}")?;
    for (id, record) in records {
        let issued = record.issued.as_ref().map(|license| format!("  signed as 已签发 {license}"));
        writeln!(out, "  {id}{}", issued.unwrap_or_default())?;
    }
    Ok(())
}

/// `import show`
pub(super) fn show(
    session: &Session,
    id: CollectedId,
    full: bool,
    by: &ReadBy,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let reader = session.reader(by)?;
    let reading = session.reading()?;
    let found = reading.lookup.collected(id, &reader, now()?)?;
    let privacy = Privacy::new(full);
    if session.json() {
        let mut records = found.iter().map(|(id, record)| record_json(*id, record, privacy));
        let record = records.next().unwrap_or_default();
        let contradicts: Vec<_> = records.collect();
        json_line(out, &json!({ "record": record, "contradicts": contradicts }))?;
        return Ok(Exit::Done);
    }
    let (first, others) = found.split_at(1);
    table(out, reading.lookup.home(), first, privacy)?;
    if !others.is_empty() {
        writeln!(out, "Contradicts (与之冲突):")?;
        table(out, reading.lookup.home(), others, privacy)?;
    }
    Ok(Exit::Done)
}

/// `import raise`
pub(super) fn raise(session: &Session, args: Raise, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let digest = args
        .document
        .as_deref()
        .map(files::read)
        .transpose()?
        .map(|document| format!("sha-256:{}", hex::encode(&ES256.digest(&[&document]))));
    let evidence = Evidence { kind: args.evidence, digest };
    let (home, desk) = session.desk()?;
    let order = order(args.act, &home)?;
    let outcome = desk.raise_grade(args.record, args.to, &evidence, &args.second, &order)?;
    told(session, out, args.record, &outcome, &format!("is of grade {} now (已提升)", args.to))
}

/// `import decide`
pub(super) fn decide(
    session: &Session,
    id: CollectedId,
    reason: &str,
    act: ActBy,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let outcome = desk.resolve_dispute(id, reason, &order(act, &home)?)?;
    told(session, out, id, &outcome, "is kept, those that it contradicts are dismissed (已裁定)")
}

/// `import erase`
pub(super) fn erase(
    session: &Session,
    id: CollectedId,
    (second, reason): (&str, &str),
    act: ActBy,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let issued = desk.archive().collected(id).ok().flatten().and_then(|record| record.issued);
    let outcome = desk.erase_collected(id, second, reason, &order(act, &home)?)?;
    told(session, out, id, &outcome, "is erased (已清除)")?;
    if !session.json() {
        if let Some(license) = issued {
            writeln!(out, "  A license was issued from it, which stays: boyin license purge {license}")?;
        }
        writeln!(out, "  Backups from before still hold it: destroy them when they have had their time.")?;
    }
    Ok(Exit::Done)
}

fn order(act: ActBy, home: &Home) -> anyhow::Result<Order> {
    order_by(home, act.by, act.idempotency_key, "collected")
}

fn told(
    session: &Session,
    out: &mut dyn Write,
    id: CollectedId,
    outcome: &Outcome,
    words: &str,
) -> anyhow::Result<Exit> {
    if session.json() {
        let value = json!({
            "record": id.to_string(), "event": outcome.event, "at": outcome.at.seconds(), "replayed": outcome.replayed,
        });
        json_line(out, &value)?;
    } else {
        let before = if outcome.replayed { " (done before 此前已办理)" } else { "" };
        writeln!(out, "✓ {id} {words}, event {}, {}{before}", outcome.event, outcome.at)?;
    }
    Ok(Exit::Done)
}
