//! `boyin holder delegate`, `delegations`, `revoke-delegation`

pub(crate) mod args;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use boyin::delegation::{Delegation, DelegationWish};
use boyin::model::id::HolderCode;
use boyin::model::time::{SECONDS_PER_DAY, UnixTime};
use boyin::{Home, Order};
use serde_json::{Value, json};

use self::args::{Agent, Delegate, Delegations, Revoke};
use crate::Exit;
use crate::args::{ActBy, ReadBy};
use crate::context::{Session, acting_office, now, order_by};
use crate::files;
use crate::holder::{holder, holder_code};
use crate::output::{self, json_line};

/// The number of who acts, as given or from a file. Its value is in no message.
pub(crate) fn agent(agent: &Agent) -> anyhow::Result<HolderCode> {
    let code = match agent.agent.strip_prefix('@') {
        Some(file) => {
            let path = Path::new(file);
            let text = String::from_utf8(files::read(path)?).ok();
            text.with_context(|| format!("{}: no number", files::name(path)))?.trim().to_owned()
        }
        None => agent.agent.clone(),
    };
    holder_code(&agent.agent_type, code).context("--agent")
}

fn order(act: ActBy, home: &Home) -> anyhow::Result<Order> {
    let ActBy { by, idempotency_key } = act;
    let office = acting_office(home, by.office)?;
    order_by(home, ReadBy { office: Some(office), ..by }, idempotency_key, "delegation")
}

/// `holder delegate`
pub(crate) fn delegate(session: &Session, args: Delegate, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Delegate { whose, agent: named, license_type, item, days, uses, act } = args;
    let (holder, agent) = (holder(whose)?, agent(&named)?);
    let (home, desk) = session.desk()?;
    let types = license_type.iter().map(|name| {
        let found = home.catalog().find(name).map(|found| found.code);
        found.with_context(|| format!("no license type {name:?}: see `boyin catalog show`"))
    });
    let license_types = types.collect::<anyhow::Result<BTreeSet<_>>>()?;
    let order = order(act, &home)?;
    let until = order.at.plus(u64::from(days) * SECONDS_PER_DAY);
    let wish =
        DelegationWish { holder, agent, license_types, items: item.into_iter().collect(), until, uses };
    let done = desk.grant_delegation(&wish, &order)?;
    // Of an act that was done before, the end is that of then.
    let until = desk.delegation_end(done.event)?.unwrap_or(until);
    if session.json() {
        let value = json!({ "delegation": done.event, "replayed": done.replayed, "until": until.seconds() });
        json_line(out, &value)?;
    } else {
        writeln!(out, "✓ delegation {} is made 已授权委托, good until {until} and {uses} times", done.event)?;
        writeln!(out, "  It is used for the purpose {:?}, word by word.", order.purpose.trim())?;
    }
    Ok(Exit::Done)
}

fn shown(delegation: &Delegation, at: UnixTime) -> Value {
    let types: Vec<_> = delegation.license_types.iter().map(|code| code.as_str()).collect();
    json!({
        "delegation": delegation.number, "at": delegation.at.seconds(), "office": delegation.office.as_str(),
        "purpose": delegation.purpose, "license_types": types, "items": delegation.items,
        "until": delegation.until.seconds(), "uses": delegation.uses, "used": delegation.used,
        "revoked_at": delegation.revoked_at.map(|at| at.seconds()), "open": delegation.is_open(at),
    })
}

/// `holder delegations`
pub(crate) fn list(session: &Session, args: Delegations, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (holder, reader, at) = (holder(args.whose)?, session.reader(&args.by)?, now()?);
    let reading = session.reading()?;
    let found = reading.lookup.delegations(&holder, &reader, at)?;
    if session.json() {
        let lines: Vec<_> = found.iter().map(|delegation| shown(delegation, at)).collect();
        json_line(out, &json!({ "delegations": lines }))?;
        return Ok(Exit::Done);
    }
    let header = ["委托 Number", "用途 Purpose", "事项 Items", "至 Until", "次数 Used", "状态 State"];
    let mut table = output::table(&header);
    for delegation in found {
        let state = match (delegation.revoked_at, delegation.is_open(at)) {
            (Some(_), _) => "已撤销 revoked",
            (None, true) => "有效 open",
            (None, false) => "已结束 ended",
        };
        let items = delegation.items.iter().cloned().collect::<Vec<_>>().join(", ");
        let used = format!("{} of {}", delegation.used, delegation.uses);
        let number = delegation.number.to_string();
        let until = delegation.until.to_string();
        table.add_row([number, delegation.purpose, items, until, used, state.to_owned()]);
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

/// `holder revoke-delegation`
pub(crate) fn revoke(session: &Session, args: Revoke, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let holder = holder(args.whose)?;
    let (home, desk) = session.desk()?;
    let done = desk.revoke_delegation(&holder, args.delegation, &order(args.act, &home)?)?;
    if session.json() {
        json_line(out, &json!({ "delegation": args.delegation, "event": done.event }))?;
    } else {
        writeln!(out, "✓ delegation {} is revoked 已撤销委托, event {}", args.delegation, done.event)?;
    }
    Ok(Exit::Done)
}
