use std::io::Write;

use boyin::model::id::CreditCode;
use serde_json::json;

use crate::Exit;
use crate::args::Status;
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
    let lists = registry.status_lists();
    let named = |code| home.offices().iter().find(|office| office.code == code);
    let rows: Vec<_> = lists
        .filter_map(|(code, uri)| Some((named(code)?, registry.status().fresh_until(code, uri))))
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
