use std::io::Write;

use anyhow::Context as _;
use boyin::archive::Reader;
use boyin::model::id::{HolderCode, HolderCodeType};
use serde_json::json;

use crate::args::{Holder, Whose};
use crate::context::{Reading, Session, now};
use crate::import::records::{record_json, table};
use crate::output::{self, Privacy, json_line};
use crate::{Exit, bulk, delegation, event, files};

/// Licenses in one read of the archive.
const PAGE: usize = boyin::archive::MAX_PAGE;

/// `holder …`
pub(crate) fn run(session: &Session, command: Holder, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Holder::Close(args) => return bulk::close(session, args, out),
        Holder::Delegate(args) => return delegation::delegate(session, *args, out),
        Holder::Delegations(args) => return delegation::list(session, args, out),
        Holder::RevokeDelegation(args) => return delegation::revoke(session, args, out),
        Holder::Show { whose, full, by } => {
            let holder = holder(whose)?;
            let reader = session.reader(&by)?;
            show(session.json(), &session.reading()?, &holder, &reader, Privacy::new(full), out)?;
        }
        Holder::Log { whose, after, limit, by } => {
            let holder = holder(whose)?;
            let reader = session.reader(&by)?;
            let reading = session.reading()?;
            let events = reading.lookup.holder_log(&holder, &reader, after, limit, now()?)?;
            event::show(session.json(), out, reading.lookup.home(), &events, limit)?;
        }
    }
    Ok(Exit::Done)
}

/// Whose file is meant.
pub(crate) fn holder(whose: Whose) -> anyhow::Result<HolderCode> {
    holder_code(&whose.code_type, whose.code)
}

/// The number as given or from standard input. Its value is in no message.
pub(crate) fn holder_code(code_type: &str, code: String) -> anyhow::Result<HolderCode> {
    let code_type = HolderCodeType::from_code(code_type).with_context(|| {
        let known = HolderCodeType::ALL.map(|kind| format!("{kind} {}", kind.name_zh()));
        format!("no such kind of holder number; there are: {}", known.join(", "))
    })?;
    let code = files::typed(code)?;
    HolderCode::new(code_type, &code)
        .with_context(|| format!("this is not a {} ({})", code_type.name_en(), code_type.name_zh()))
}

/// A holder's whole file.
pub(crate) fn show(
    json: bool,
    reading: &Reading,
    holder: &HolderCode,
    reader: &Reader,
    privacy: Privacy,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let at = now()?;
    let (mut licenses, mut collected, mut collected_after) = (Vec::new(), Vec::new(), None);
    let mut cursor = None;
    loop {
        let page = reading.lookup.holder(holder, reader, cursor.as_ref(), PAGE, at)?;
        licenses.extend(page.licenses);
        if cursor.is_none() {
            (collected, collected_after) = (page.collected, page.collected_next);
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    while let Some(after) = collected_after {
        let page = reading.lookup.holder_collected(holder, reader, after, at)?;
        collected.extend(page.records);
        collected_after = page.next;
    }
    let number = match privacy {
        Privacy::Masked => holder.masked(),
        Privacy::Full => holder.as_str().to_owned(),
    };
    let kind = holder.code_type();
    if json {
        let licenses: Vec<_> = licenses.iter().map(|l| output::license_json(l, privacy)).collect();
        let collected: Vec<_> =
            collected.iter().map(|(id, record)| record_json(*id, record, privacy)).collect();
        let value = json!({
            "holder_code_type": kind.code(), "holder_code": number, "at": at.seconds(), "licenses": licenses,
            "collected": collected,
        });
        json_line(out, &value)?;
        return Ok(());
    }
    let title = if kind.is_natural_person() { "一人一档" } else { "一企一档" };
    let name = licenses.first().map(|first| {
        if kind.is_natural_person() {
            privacy.name(&first.record.holder_name)
        } else {
            first.record.holder_name.clone()
        }
    });
    writeln!(out, "{title}: {} {} {number}", name.unwrap_or_default(), kind.name_zh())?;
    if licenses.is_empty() {
        writeln!(out, "No license is on file for this holder (无在档证照).")?;
    } else {
        output::licenses(out, reading.lookup.home(), &licenses, privacy, false)?;
    }
    if !collected.is_empty() {
        writeln!(out, "\nCollected from other systems, NOT signed licenses (归集数据，未签章):")?;
        table(out, reading.lookup.home(), &collected, privacy)?;
    }
    Ok(())
}
