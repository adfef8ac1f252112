//! `boyin sharing …`

pub(crate) mod args;

use std::io::Write;

use boyin::model::id::LicenseTypeCode;
use boyin::model::sharing::{SharingChange, SharingEntry, SharingList, SharingScope};
use boyin::{Home, ShareDecision};
use serde_json::json;

use self::args::{Add, Check, Remove, Scope, Sharing};
use crate::context::{Session, now};
use crate::key::order_of;
use crate::output::{self, json_line};
use crate::trust::license_type;
use crate::verify::instant;
use crate::{Exit, listing};

type Kind = SharingEntry;

/// `sharing …`
pub(crate) fn run(session: &Session, command: Sharing, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Sharing::Show => show(session, out),
        Sharing::History => listing::history::<Kind>(session, out),
        Sharing::Diff { old, new } => listing::diff::<Kind>(session, old.as_deref(), new.as_deref(), out),
        Sharing::Add(args) => {
            let home = session.home()?;
            let change = added(&home, &args)?;
            listing::prepare::<Kind>(session, &home, &[change], args.by, out)
        }
        Sharing::Remove(Remove { by, which, at }) => {
            let home = session.home()?;
            let change = SharingChange::End {
                agency: which.agency,
                at: at.as_deref().map_or_else(now, instant)?,
                item: which.item,
                license_type: license_type(&home, &which.license_type)?,
            };
            listing::prepare::<Kind>(session, &home, &[change], by, out)
        }
        Sharing::Sign(args) => listing::sign::<Kind>(session, &args, out),
        Sharing::Discard(words) => listing::discard::<Kind>(session, &words, out),
        Sharing::Renew(args) => listing::renew::<Kind>(session, &args, out),
        Sharing::Verify(args) => listing::verify::<Kind>(session, &args, out),
        Sharing::Check(args) => check(session, &args, out),
    }
}

impl From<Scope> for SharingScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Internal => Self::Internal,
            Scope::Departments => Self::Departments,
            Scope::Levels => Self::Levels,
            Scope::ThirdParty => Self::ThirdParty,
        }
    }
}

fn added(home: &Home, args: &Add) -> anyhow::Result<SharingChange> {
    let mut fields = args.fields.clone();
    fields.sort_unstable();
    fields.dedup();
    let entry = SharingEntry {
        agency: args.which.agency,
        agency_name: args.agency_name.clone(),
        fields,
        from: args.from.as_deref().map_or_else(now, instant)?,
        item: args.which.item.clone(),
        item_name: args.item_name.clone(),
        license_type: license_type(home, &args.which.license_type)?,
        scope: args.scope.into(),
        until: args.until.as_deref().map(instant).transpose()?,
    };
    Ok(SharingChange::Share { entry: Box::new(entry) })
}

fn show(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let Some(list) = listing::show::<Kind>(session, &home, out)? else { return Ok(Exit::Done) };
    person(&home, &list, out)?;
    listing::tell_draft::<Kind>(&home, out)?;
    Ok(Exit::Done)
}

fn person(home: &Home, list: &SharingList, out: &mut dyn Write) -> anyhow::Result<()> {
    if list.entries.is_empty() {
        writeln!(out, "Nothing is shared with anybody (未共享任何证照).")?;
        return Ok(());
    }
    let at = now()?;
    let header =
        ["用证机构 Agency", "事项 Item", "证照类型 License type", "范围 Scope", "字段 Fields", "期限 Term"];
    let mut table = output::table(&header);
    for entry in &list.entries {
        let open = entry.until.map_or_else(|| "长期".to_owned(), |until| until.to_string());
        let state = if entry.in_force(at) { "" } else { " ✗" };
        table.add_row([
            format!("{}\n{}", entry.agency_name, entry.agency),
            format!("{}\n{}", entry.item_name, entry.item),
            type_name(home, entry.license_type),
            entry.scope.names().1.to_owned(),
            entry.fields.join("、"),
            format!("{} – {open}{state}", entry.from),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

fn type_name(home: &Home, code: LicenseTypeCode) -> String {
    home.catalog().get(code).map_or_else(|| code.as_str().to_owned(), |known| known.name.clone())
}

fn check(session: &Session, args: &Check, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let code = license_type(&home, &args.which.license_type)?;
    let fields: Vec<_> = args.fields.iter().map(String::as_str).collect();
    let order = order_of(args.which.agency, &args.words)?;
    let ShareDecision { answer, event } = desk.decide_sharing(&args.which.item, code, &fields, &order)?;
    let exit = if answer.is_ok() { Exit::Done } else { Exit::Failed };
    if session.json() {
        let value = match &answer {
            Ok(shared) => json!({
                "decision": "allowed", "fields": shared.fields, "withheld": shared.withheld,
                "sharing_list": shared.by.0, "catalog_list": shared.by.1, "event": event,
            }),
            Err(refusal) => {
                json!({ "decision": "refused", "reason": refusal.code(), "event": event })
            }
        };
        json_line(out, &value)?;
        return Ok(exit);
    }
    match answer {
        Ok(shared) => {
            writeln!(out, "✓ may be given 可共享: {}", shared.fields.join("、"))?;
            if shared.withheld > 0 {
                writeln!(out, "  {} further field(s) are withheld 不予共享", shared.withheld)?;
            }
        }
        Err(refusal) => {
            writeln!(out, "✗ refused 不予共享: {} ({}): {refusal}", refusal.words_zh(), refusal.code())?;
        }
    }
    writeln!(out, "  event {event}")?;
    Ok(exit)
}
