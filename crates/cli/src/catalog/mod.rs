//! `boyin catalog …`

pub(crate) mod args;
mod coverage;

use std::io::Write;

use anyhow::Context as _;
use boyin::Home;
use boyin::model::catalog::{Catalog as Types, CatalogChange, CatalogEntry, CatalogList};
use boyin::model::coverage::{CoveragePlace, StatedTotal};
use serde_json::json;

use self::args::{Add, Catalog, Remove, Total};
use crate::context::{Session, now};
use crate::key::order_of;
use crate::output::{self, json_line};
use crate::trust::license_type;
use crate::verify::instant;
use crate::{Exit, files, listing};

type Kind = CatalogEntry;

/// `catalog …`
pub(crate) fn run(session: &Session, command: Catalog, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Catalog::Show => show(session, out),
        Catalog::History => listing::history::<Kind>(session, out),
        Catalog::Diff { old, new } => listing::diff::<Kind>(session, old.as_deref(), new.as_deref(), out),
        Catalog::Add(args) => {
            let home = session.home()?;
            let changes = added(&home, &args)?;
            listing::prepare::<Kind>(session, &home, &changes, args.by, out)
        }
        Catalog::Remove(Remove { by, license_type: name, at }) => {
            let home = session.home()?;
            // A type that is only prepared can be taken back too.
            let drafted = home.drafted_list::<Kind>(now()?)?.catalog();
            let found = drafted.find(&name).map(|found| found.code);
            let license_type = found.with_context(|| format!("the catalog has no license type `{name}`"))?;
            let at = at.as_deref().map_or_else(now, instant)?;
            let change = CatalogChange::End { license_type, at };
            listing::prepare::<Kind>(session, &home, &[change], by, out)
        }
        Catalog::Sign(args) => listing::sign::<Kind>(session, &args, out),
        Catalog::Discard(words) => listing::discard::<Kind>(session, &words, out),
        Catalog::Renew(args) => listing::renew::<Kind>(session, &args, out),
        Catalog::Verify(args) => listing::verify::<Kind>(session, &args, out),
        Catalog::Coverage => coverage::run(session, out),
        Catalog::Total(args) => total(session, args, out),
    }
}

fn show(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let Some(list) = listing::show::<Kind>(session, &home, out)? else { return Ok(Exit::Done) };
    person(&list, out)?;
    listing::tell_draft::<Kind>(&home, out)?;
    Ok(Exit::Done)
}

fn person(list: &CatalogList, out: &mut dyn Write) -> anyhow::Result<()> {
    let at = now()?;
    let header =
        ["证照类型 License type", "代码 Code", "有效期限 Terms", "字段 Fields", "签发期间 May be issued"];
    let mut table = output::table(&header);
    for entry in &list.entries {
        let license_type = &entry.license_type;
        let terms: Vec<_> = license_type.validity.iter().map(ToString::to_string).collect();
        let open = entry.until.map_or_else(|| "长期".to_owned(), |until| until.to_string());
        let state = if entry.in_force(at) { "" } else { " ✗" };
        table.add_row([
            format!("{}\n{}", license_type.name, license_type.key),
            license_type.code.as_str().to_owned(),
            terms.join("、"),
            license_type.fields.len().to_string(),
            format!("{} – {open}{state}", entry.from),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

fn added(home: &Home, args: &Add) -> anyhow::Result<Vec<CatalogChange>> {
    let text = String::from_utf8(files::read(&args.file)?);
    let text = text.with_context(|| format!("{} is not text", files::name(&args.file)))?;
    let types: Types = text.parse().with_context(|| files::name(&args.file))?;
    let known = home.drafted_list::<Kind>(now()?)?;
    let from = args.from.as_deref().map(instant).transpose()?;
    let until = args.until.as_deref().map(instant).transpose()?;
    let wanted = match args.license_types.as_slice() {
        [] => types.types().collect(),
        names => {
            let find = |name: &String| {
                let found = types.find(name);
                found.with_context(|| format!("{} has no license type `{name}`", files::name(&args.file)))
            };
            names.iter().map(find).collect::<anyhow::Result<Vec<_>>>()?
        }
    };
    let mut changes = Vec::new();
    for license_type in wanted {
        let before = known.entry(license_type.code);
        let from = match (from, before) {
            (Some(from), _) => from,
            (None, Some(before)) => before.from,
            (None, None) => now()?,
        };
        let until = until.or_else(|| before.and_then(|before| before.until));
        let same = before.is_some_and(|before| {
            before.license_type == *license_type && before.from == from && before.until == until
        });
        // A whole file is put in the place of the catalog: what it leaves as it is needs no change.
        if !same {
            changes.push(CatalogChange::Put { from, license_type: Box::new(license_type.clone()), until });
        }
    }
    if changes.is_empty() {
        anyhow::bail!("the catalog says all of this already");
    }
    Ok(changes)
}

fn total(session: &Session, args: Total, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let place = CoveragePlace {
        license_type: license_type(&home, &args.license_type)?,
        division: args.division,
        department: args.department,
    };
    let stated = StatedTotal { place, total: args.total, source: args.source, dated: args.dated };
    let done = desk.state_total(&stated, &order_of(home.config().authority_code, &args.words)?)?;
    if session.json() {
        json_line(out, &json!({ "event": done.event, "total": stated.total }))?;
    } else {
        writeln!(out, "✓ {} is entered (应归集总数已登记), event {}", stated.total, done.event)?;
    }
    Ok(Exit::Done)
}
