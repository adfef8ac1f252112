//! Addresses of licenses.

pub(crate) mod args;

use std::io::Write;

use boyin::model::address::Address as Place;
use boyin::model::id::LicenseId;
use serde_json::json;

use self::args::{Address, At};
use crate::context::{Session, now};
use crate::files::typed;
use crate::license::{on_file, order_of};
use crate::output::json_line;
use crate::{Exit, output};

/// `license address …`
pub(crate) fn run(session: &Session, command: Address, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Address::Add(at) => change(session, at, true, out),
        Address::Remove(at) => change(session, at, false, out),
        Address::List { id, by } => {
            let reader = session.reader(&by)?;
            let reading = session.reading()?;
            let addresses = on_file(reading.lookup.addresses(&id, &reader, now()?)?, &id)?;
            let addresses: Vec<_> = addresses.iter().map(Place::as_str).collect();
            if session.json() {
                json_line(out, &json!({ "license_id": id.as_str(), "addresses": addresses }))?;
            } else {
                for address in addresses {
                    writeln!(out, "{address}")?;
                }
            }
            Ok(Exit::Done)
        }
        Address::Find { address, after, limit, by } => {
            let address = Place::parse(&typed(address)?)?;
            let reader = session.reader(&by)?;
            let reading = session.reading()?;
            let ids = reading.lookup.licenses_at(&address, &reader, after.as_ref(), limit, now()?)?;
            if session.json() {
                let ids: Vec<_> = ids.iter().map(LicenseId::as_str).collect();
                json_line(out, &json!({ "licenses": ids }))?;
                return Ok(Exit::Done);
            }
            let mut rows = output::table(&["证照 License", "证照标识 Identifier", "状态 Status"]);
            for id in &ids {
                let name = reading.lookup.home().catalog().get(id.license_type());
                let versions = reading.lookup.versions(id)?;
                let status = versions.iter().find(|version| version.id == *id).and_then(|found| found.status);
                rows.add_row([
                    name.map(|license_type| license_type.name.clone()).unwrap_or_default(),
                    id.to_string(),
                    status.map(|status| status.to_string()).unwrap_or_default(),
                ]);
            }
            writeln!(out, "{rows}")?;
            Ok(Exit::Done)
        }
    }
}

fn change(session: &Session, at: At, add: bool, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let address = Place::parse(&typed(at.address)?)?;
    let (_, desk) = session.desk()?;
    let (id, reason) = (at.change.id.clone(), at.change.reason.clone());
    let order = order_of(at.change)?;
    let outcome = if add {
        desk.add_address(&id, &address, &reason, &order)?
    } else {
        desk.remove_address(&id, &address, &reason, &order)?
    };
    if session.json() {
        let value = json!({
            "license_id": id.as_str(), "event": outcome.event, "at": outcome.at.seconds(), "replayed": outcome.replayed,
        });
        json_line(out, &value)?;
        return Ok(Exit::Done);
    }
    let what = if add { "entered 已登记" } else { "taken out 已取消" };
    let before = if outcome.replayed { " (done before 此前已办理)" } else { "" };
    writeln!(out, "✓ The address of {id} is {what}, event {}, {}{before}", outcome.event, outcome.at)?;
    Ok(Exit::Done)
}
