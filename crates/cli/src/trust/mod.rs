//! `boyin trust …`

pub(crate) mod args;
mod show;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use boyin::model::b64;
use boyin::model::id::{CreditCode, LicenseTypeCode};
use boyin::model::time::UnixTime;
use boyin::model::trust::{CertificateRole, Change, Difference, Sunset, TrustList};
use boyin::suite::{all_jws, all_x509};
use boyin::verify::chain::Certificate;
use boyin::{DraftDigest, Home, Order};
use serde_json::json;

use self::args::{Add, By, Lists, Remove, Trust};
use crate::context::{Session, now};
use crate::fetched::public_key;
use crate::key::args::Words;
use crate::key::order_of;
use crate::listing::{self, Seen, agreed, differences_json, tell};
use crate::output::json_line;
use crate::verify::instant;
use crate::{Exit, files};

/// `trust …`
pub(crate) fn run(session: &Session, command: Trust, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Trust::Show(args) => show::run(session, &args, out),
        Trust::Handovers { out: file } => handovers(session, file.as_deref(), out),
        Trust::History => history(session, out),
        Trust::Diff { old, new } => diff(session, old.as_deref(), new.as_deref(), out),
        Trust::Add { by, what } => {
            let home = session.home()?;
            let change = added(&home, what)?;
            prepare(session, &home, &change, by, out)
        }
        Trust::Remove { by, what } => {
            let home = session.home()?;
            let change = removed(&home, what)?;
            prepare(session, &home, &change, by, out)
        }
        Trust::Sign { seen, words } => sign(session, &seen, &words, out),
        Trust::Discard(words) => {
            let home = session.home()?;
            home.discard_trust_draft(&order_of(home.config().authority_code, &words)?)?;
            writeln!(out, "✓ nothing is prepared any more (草稿已丢弃)")?;
            Ok(Exit::Done)
        }
        Trust::Renew(words) => {
            let home = session.home()?;
            let order = order_of(home.config().authority_code, &words)?;
            published(session, &home.renew_trust_list(&session.passphrase()?, &order)?, None, out)
        }
    }
}

/// The chain of hand-overs, for those who hold an earlier anchor.
fn handovers(session: &Session, file: Option<&Path>, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let lines = home.handovers()?;
    let Some(file) = file else {
        out.write_all(&lines)?;
        return Ok(Exit::Done);
    };
    if lines.is_empty() {
        anyhow::bail!(
            "the anchor has not been handed over: verifiers hold trust/anchor.json, and need nothing else"
        );
    }
    files::write_new(file, &lines)?;
    let anchors = home.anchors()?;
    writeln!(
        out,
        "✓ hand-overs to the anchor {} are in {} (信任锚交接)",
        anchors.latest().kid,
        file.display()
    )?;
    Ok(Exit::Done)
}

/// Signs the draft that was asked for, or that is shown now.
fn sign(session: &Session, seen: &Seen, words: &Words, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let found = home.trust_draft_digest()?;
    if home.trust_draft()?.is_empty() {
        anyhow::bail!("nothing is prepared: `boyin trust add` and `boyin trust remove` prepare changes");
    }
    let order = order_of(home.config().authority_code, words)?;
    let differences = home.trust()?.1.list().diff(&home.drafted_trust(order.at)?);
    let draft = agreed(session, "trust", (found, differences.as_slice()), seen, out)?;
    let list = home.sign_trust_draft(Some(&draft), &session.passphrase()?, &order)?;
    published(session, &list, Some((&draft, differences.as_slice())), out)
}

fn published(
    session: &Session,
    list: &TrustList,
    signed: Option<(&DraftDigest, &[Difference])>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    if session.json() {
        let mut value = json!({ "sequence": list.sequence, "next_update": list.next_update.seconds() });
        if let Some((draft, differences)) = signed {
            value["draft"] = draft.to_string().into();
            value["differences"] = differences_json(differences);
        }
        json_line(out, &value)?;
    } else {
        writeln!(out, "✓ trust list {} is published (信任列表已发布)", list.sequence)?;
        writeln!(out, "  fresh until {}", list.next_update)?;
    }
    Ok(Exit::Done)
}

/// The order to prepare a change.
pub(crate) fn order_by(home: &Home, by: By) -> anyhow::Result<Order> {
    let (Some(who), Some(purpose)) = (by.who, by.purpose) else {
        anyhow::bail!("say who prepares the change, and what for: --who NAME --purpose TEXT");
    };
    order_of(home.config().authority_code, &Words { who, purpose })
}

fn prepare(
    session: &Session,
    home: &Home,
    change: &Change,
    by: By,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let order = order_by(home, by)?;
    let before = home.drafted_trust(order.at)?;
    let after = home.draft_trust(change, &order)?;
    let draft = home.trust_draft_digest()?;
    // Not that of a draft to which somebody else has added something that is not shown here.
    let draft = Some(draft).filter(|_| home.drafted_trust(order.at).is_ok_and(|now| now == after));
    tell(session, &before.diff(&after), draft.as_ref(), out)?;
    if !session.json() {
        writeln!(out, "Prepared, not published (已拟定，未发布): `boyin trust sign` publishes it.")?;
    }
    Ok(Exit::Done)
}

fn added(home: &Home, addition: Add) -> anyhow::Result<Change> {
    Ok(match addition {
        Add::Issuer { code, name, division, key, from } => {
            Change::AddIssuer { code, name, division, key: public_key(&key)?, from: or_now(from.as_deref())? }
        }
        Add::Entitlement { right, division, from, until } => Change::Entitle {
            issuer: right.issuer,
            license_type: license_type(home, &right.license_type)?,
            divisions: division,
            from: or_now(from.as_deref())?,
            until: until.as_deref().map(instant).transpose()?,
        },
        Add::StatusLists { lists, from } => {
            let Lists { issuer, prefix } = lists;
            let from = match (from, first_lists_from(home, issuer)?) {
                (Some(from), _) => instant(&from)?,
                (None, Some(first)) => first,
                (None, None) => now()?,
            };
            Change::AddStatusLists { issuer, prefix, from }
        }
        Add::Anchor(args) => with(CertificateRole::Anchor, &args.file)?,
        Add::Maker(args) => with(CertificateRole::Maker, &args.file)?,
        Add::TimestampAuthority(args) => with(CertificateRole::TimestampAuthority, &args.file)?,
        Add::Sunset { alg, sign_until, verify_until } => {
            let known: BTreeSet<_> = all_x509().iter().map(|alg| alg.id().family).collect();
            if !known.contains(&alg.as_str()) {
                anyhow::bail!("--alg {alg}: one of {}", known.into_iter().collect::<Vec<_>>().join(", "));
            }
            let verify_until = verify_until.as_deref().map(instant).transpose()?;
            Change::EndAlgorithm(Sunset { alg, sign_until: instant(&sign_until)?, verify_until })
        }
    })
}

/// From when the first status lists of an issuer have to be named: what it signed before would count no more. `None` if it has some.
fn first_lists_from(home: &Home, code: CreditCode) -> anyhow::Result<Option<UnixTime>> {
    let list = home.drafted_trust(now()?)?;
    let issuer = list.issuers.iter().find(|issuer| issuer.code == code);
    let without = issuer.filter(|issuer| issuer.status_lists.is_empty());
    Ok(without.and_then(|issuer| issuer.keys.iter().map(|key| key.from).min()))
}

fn removed(home: &Home, end: Remove) -> anyhow::Result<Change> {
    let without =
        |role, path: &Path| anyhow::Ok(Change::RemoveCertificate { role, certificate: certificate(path)? });
    Ok(match end {
        Remove::Entitlement { right, at } => Change::EndEntitlement {
            issuer: right.issuer,
            license_type: license_type(home, &right.license_type)?,
            at: or_now(at.as_deref())?,
        },
        Remove::StatusLists { lists, at } => {
            let Lists { issuer, prefix } = lists;
            Change::EndStatusLists { issuer, prefix, at: or_now(at.as_deref())? }
        }
        Remove::Key { issuer, kid, at } => Change::EndKey { issuer, kid, at: or_now(at.as_deref())? },
        Remove::Anchor(args) => without(CertificateRole::Anchor, &args.file)?,
        Remove::Maker(args) => without(CertificateRole::Maker, &args.file)?,
        Remove::TimestampAuthority(args) => without(CertificateRole::TimestampAuthority, &args.file)?,
    })
}

fn with(role: CertificateRole, path: &Path) -> anyhow::Result<Change> {
    Ok(Change::AddCertificate { role, certificate: certificate(path)? })
}

/// A certificate as the trust list holds it.
fn certificate(path: &Path) -> anyhow::Result<String> {
    let der = crate::cert::one_certificate(path)?;
    Certificate::read(&der).with_context(|| format!("{} is no certificate", path.display()))?;
    Ok(b64::encode(&der))
}

fn or_now(text: Option<&str>) -> anyhow::Result<UnixTime> {
    text.map_or_else(now, instant)
}

/// The code of a license type of the catalog, by its key, code or name.
pub(crate) fn license_type(home: &Home, name: &str) -> anyhow::Result<LicenseTypeCode> {
    let found = home.catalog().find(name).map(|found| found.code);
    found.with_context(|| format!("the catalog has no license type `{name}`: see docs/catalog.md"))
}

fn history(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let mut lists = Vec::new();
    for number in home.trust_history()? {
        // One that does not verify any more is named all the same.
        lists.push((number, home.trust_numbered(number)));
    }
    let lists = lists.into_iter().map(|(number, list)| {
        (number, list.map(|(_, list)| list.list().clone()).map_err(anyhow::Error::from))
    });
    let made = |list: &TrustList| list.issued_at;
    let differences = |older: &TrustList, newer: &TrustList| older.diff(newer).len();
    listing::history_of(session, "trust_lists", lists.collect(), made, differences, out)
}

fn diff(
    session: &Session,
    old: Option<&str>,
    new: Option<&str>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let home = session.home()?;
    // Looked up first: a draft that is changed meanwhile is then not the one of this digest.
    let draft = old.is_none().then(|| home.trust_draft_digest()).transpose()?;
    let (_, current) = home.trust()?;
    let (before, after) = match (old, new) {
        (None, _) => (current.list().clone(), home.drafted_trust(now()?)?),
        (Some(old), None) => (named(&home, old)?, current.list().clone()),
        (Some(old), Some(new)) => (named(&home, old)?, named(&home, new)?),
    };
    tell(session, &before.diff(&after), draft.as_ref(), out)?;
    Ok(Exit::Done)
}

/// A list that was published, by its number; or one in a file, signed with an anchor of this data directory.
fn named(home: &Home, name: &str) -> anyhow::Result<TrustList> {
    if let Ok(number) = name.parse() {
        let kept = home.trust_numbered(number);
        return kept
            .map(|(_, list)| list.list().clone())
            .map_err(|error| anyhow!("trust list {number}: {error}; `boyin trust history` lists them"));
    }
    let token = files::read(Path::new(name))?;
    let list = home.anchors()?.load(token.trim_ascii_end(), &all_jws());
    Ok(list.with_context(|| format!("{name} is refused"))?.list().clone())
}
