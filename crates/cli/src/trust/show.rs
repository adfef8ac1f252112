use std::io::Write;

use boyin::model::catalog::Catalog;
use boyin::model::id::LicenseTypeCode;
use boyin::model::json::canonical;
use boyin::model::time::SECONDS_PER_DAY;
use boyin::model::trust::{Issuer, Jwk, TrustList};
use serde_json::Value;

use super::args::Show;
use crate::context::{Session, now};
use crate::output::{self, json_line};
use crate::{Exit, files};

/// The list in place, or one in a file.
pub(super) fn run(session: &Session, args: &Show, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if let Some(fetched) = args.trust.load()? {
        if let Some(path) = &args.new_anchor {
            files::write_new(path, &canonical(&fetched.latest))?;
        }
        let list = fetched.snapshot.list();
        return if session.json() {
            program(list, out)
        } else {
            person(list, &fetched.signer, &Catalog::embedded(), out)
        };
    }
    let home = session.home()?;
    let (token, trust) = home.trust()?;
    let list = trust.list();
    if session.json() {
        return program(list, out);
    }
    if home.trust_in_place()?.1.list().sequence < list.sequence {
        writeln!(
            out,
            "OLDER LIST IN PLACE 信任列表被旧版本覆盖: put trust/history/{:08}.jwt back",
            list.sequence
        )?;
    }
    let anchors = home.anchors()?;
    person(list, anchors.signer_of(&token).unwrap_or(home.anchor()), home.catalog(), out)?;
    let draft = home.trust_draft()?.len();
    if draft > 0 {
        writeln!(
            out,
            "{draft} change(s) are prepared: `boyin trust diff` shows them, `boyin trust sign` publishes them"
        )?;
    }
    Ok(Exit::Done)
}

fn program(list: &TrustList, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let list: Value = serde_json::from_slice(&list.write())?;
    json_line(out, &list)?;
    Ok(Exit::Done)
}

fn person(list: &TrustList, signer: &Jwk, catalog: &Catalog, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let state =
        if now()? < list.next_update { "fresh 有效" } else { "STALE 已过期: run `boyin trust renew`" };
    writeln!(out, "信任列表 Trust list of {} ({})", list.authority, list.division)?;
    let age = now()?.seconds().saturating_sub(list.issued_at.seconds()) / SECONDS_PER_DAY;
    writeln!(out, "  sequence {}, made {}, {age} day(s) ago", list.sequence, list.issued_at)?;
    writeln!(out, "  next update {}: {state}", list.next_update)?;
    writeln!(out, "  anchor {} ({})", signer.kid, signer.alg)?;
    let header = ["颁发机构 Issuer", "代码 Code", "区划 Division", "密钥 Keys", "可签发 May issue"];
    let mut table = output::table(&header);
    for issuer in &list.issuers {
        table.add_row([
            issuer.name.clone(),
            issuer.code.as_str().to_owned(),
            issuer.division.as_str().to_owned(),
            keys(issuer),
            rights(catalog, issuer),
        ]);
    }
    writeln!(out, "{table}")?;
    others(list, out)?;
    Ok(Exit::Done)
}

/// What the list says beside issuers.
fn others(list: &TrustList, out: &mut dyn Write) -> std::io::Result<()> {
    for (number, what) in [
        (list.seals.len(), "seals 电子印章"),
        (list.certificates.len(), "anchors of certificates 信任根证书"),
        (list.makers.len(), "makers of seals 制章人证书"),
        (list.timestamp_authorities.len(), "timestamp authorities 时间戳机构"),
    ] {
        writeln!(out, "  {number} {what}")?;
    }
    for issuer in &list.issuers {
        for lists in &issuer.status_lists {
            let until = lists.until.map(|at| format!(", licenses until {at}")).unwrap_or_default();
            writeln!(out, "  status lists 状态列表 of {}: {}…{until}", issuer.code.as_str(), lists.prefix)?;
        }
    }
    for end in &list.algorithms {
        let broken = end.verify_until.map(|at| format!(", nothing counts from {at}")).unwrap_or_default();
        writeln!(out, "  {} 算法终止: nothing is signed from {}{broken}", end.alg, end.sign_until)?;
    }
    Ok(())
}

fn keys(issuer: &Issuer) -> String {
    // Eight characters tell the keys of one office apart.
    let short = |kid: &str| kid.chars().take(8).collect::<String>();
    let keys = issuer.keys.iter().map(|key| format!("{} {}…", key.alg, short(&key.kid)));
    keys.collect::<Vec<_>>().join("\n")
}

fn rights(catalog: &Catalog, issuer: &Issuer) -> String {
    let name = |code: LicenseTypeCode| {
        let known = catalog.types().find(|known| known.code == code);
        known.map_or_else(|| code.as_str().to_owned(), |known| known.name.clone())
    };
    let rights = issuer.entitlements.iter().map(|right| name(right.license_type));
    rights.collect::<Vec<_>>().join("、")
}
