use std::io::Write;

use boyin::Home;
use boyin::model::id::{CreditCode, LicenseTypeCode};
use boyin::model::trust::Issuer;
use serde_json::{Value, json};

use crate::Exit;
use crate::args::{Status, Trust};
use crate::context::{Session, now};
use crate::output::{self, json_line};

/// `status …`
pub(crate) fn status(session: &Session, command: &Status, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Status::Renew { start_over } => renew_status(session, *start_over, out),
    }
}

/// Opening the desk renews what is due; reading back tells until when everything is fresh.
fn renew_status(
    session: &Session,
    start_over: Option<CreditCode>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let passphrase = session.passphrase()?;
    let home = session.home()?;
    let desk = crate::context::open_desk(&home, &passphrase)?;
    if let Some(office) = start_over {
        desk.start_status_list_over(office, now()?)?;
    }
    let left = desk.overdue().iter().filter(|(office, _)| start_over != Some(*office)).count();
    drop(desk);
    if left > 0 {
        anyhow::bail!("{left} status list(s) are not published: see above");
    }
    let reading = crate::context::reading(&home, &passphrase)?;
    let registry = reading.lookup.registry();
    let offices = home.offices().iter();
    let rows: Vec<_> = offices
        .map(|office| {
            (office, registry.status().fresh_until(office.code, &home.config().status_list_uri(office.code)))
        })
        .collect();
    if session.json() {
        let lists = rows.iter().map(|(office, until)| {
            json!({ "office": office.code.as_str(), "fresh_until": until.map(|until| until.seconds()) })
        });
        json_line(out, &json!({ "status_lists": lists.collect::<Vec<_>>() }))?;
        return Ok(Exit::Done);
    }
    let mut table = output::table(&["颁发机构 Office", "状态列表有效至 Fresh until"]);
    for (office, until) in rows {
        let until = until.map_or_else(|| "—".to_owned(), |until| until.to_string());
        table.add_row([office.name.clone(), until]);
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

/// `trust …`
pub(crate) fn trust(session: &Session, command: &Trust, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Trust::Show => show_trust(session, out),
        Trust::Renew => renew_trust(session, out),
    }
}

fn renew_trust(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let list = home.renew_trust_list(&session.passphrase()?, now()?)?;
    if session.json() {
        json_line(out, &json!({ "sequence": list.sequence, "next_update": list.next_update.seconds() }))?;
    } else {
        writeln!(out, "✓ trust list {} is published (信任列表已发布)", list.sequence)?;
        writeln!(out, "  fresh until {}", list.next_update)?;
    }
    Ok(Exit::Done)
}

fn show_trust(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let (_, trust) = home.trust()?;
    let list = trust.list();
    if session.json() {
        let list: Value = serde_json::from_slice(&list.write())?;
        json_line(out, &list)?;
        return Ok(Exit::Done);
    }
    let state =
        if now()? < list.next_update { "fresh 有效" } else { "STALE 已过期: run `boyin trust renew`" };
    writeln!(out, "信任列表 Trust list of {} ({})", list.authority, list.division)?;
    writeln!(out, "  sequence {}, made {}", list.sequence, list.issued_at)?;
    writeln!(out, "  next update {}: {state}", list.next_update)?;
    writeln!(out, "  anchor {} ({})", home.anchor().kid, home.anchor().alg)?;
    let header = ["颁发机构 Issuer", "代码 Code", "区划 Division", "密钥 Keys", "可签发 May issue"];
    let mut table = output::table(&header);
    for issuer in &list.issuers {
        table.add_row([
            issuer.name.clone(),
            issuer.code.as_str().to_owned(),
            issuer.division.as_str().to_owned(),
            keys(issuer),
            rights(&home, issuer),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

fn keys(issuer: &Issuer) -> String {
    // Eight characters tell the keys of one office apart.
    let short = |kid: &str| kid.chars().take(8).collect::<String>();
    let keys = issuer.keys.iter().map(|key| format!("{} {}…", key.alg, short(&key.kid)));
    keys.collect::<Vec<_>>().join("\n")
}

fn rights(home: &Home, issuer: &Issuer) -> String {
    let name = |code: LicenseTypeCode| {
        let known = home.catalog().types().find(|known| known.code == code);
        known.map_or_else(|| code.as_str().to_owned(), |known| known.name.clone())
    };
    let rights = issuer.entitlements.iter().map(|right| name(right.license_type));
    rights.collect::<Vec<_>>().join("、")
}
