use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use boyin::collect::{Actor, SignedRow, SigningCounts, SigningOutcome};
use boyin::suite::SystemRandom;
use serde_json::json;

use super::account;
use super::args::Sign;
use crate::Exit;
use crate::context::{Session, now};
use crate::files;
use crate::issue::progress;
use crate::output::json_line;

/// `import sign`
pub(super) fn run(session: &Session, args: &Sign, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if let Some(path) = &args.refused {
        files::check_free(path)?;
    }
    let (_, desk) = session.desk()?;
    let job = desk.archive().import_job(args.import)?.with_context(|| account::no_import(args.import))?;
    let office = args.office.unwrap_or(job.agency);
    let actor = Actor { who: args.who.clone(), office, purpose: args.purpose.clone() };
    let start = now()?;
    let clock = || now().unwrap_or(start);
    let records = job.accepted + job.already + job.corrected + job.corrected_already;
    let bar = progress(usize::try_from(records).unwrap_or(usize::MAX));
    let mut refused = Vec::new();
    let counts = desk.sign_collected(args.import, &actor, &clock, &SystemRandom, &mut |rows| {
        bar.inc(u64::try_from(rows.len()).unwrap_or(0));
        if args.refused.is_some() {
            refused.extend(rows.iter().filter_map(line));
        }
    });
    bar.finish_and_clear();
    let counts = counts.context("what was signed is on file; run the same again to go on")?;
    if let Some(path) = &args.refused {
        files::write_new(path, refused.concat().as_bytes())?;
    }
    tell(session, &counts, args.refused.as_deref(), out)?;
    Ok(Exit::Done)
}

fn line(row: &SignedRow) -> Option<String> {
    let SigningOutcome::Refused { code, detail } = &row.outcome else { return None };
    let value = json!({ "row": row.row, "record": row.id.to_string(), "code": code, "detail": detail });
    Some(format!("{value}\n"))
}

fn tell(
    session: &Session,
    counts: &SigningCounts,
    refused: Option<&Path>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let SigningCounts { signed, before, refused: reasons } = counts;
    if session.json() {
        return json_line(out, &json!({ "signed": signed, "before": before, "refused": reasons }));
    }
    let total: u64 = reasons.values().sum();
    writeln!(
        out,
        "✓ {signed} signed 新签发, {before} signed before 此前已签发, {total} stay as they are 未签发"
    )?;
    for (code, count) in reasons {
        writeln!(out, "  {count:>9}  {code}")?;
    }
    if let Some(path) = refused {
        writeln!(out, "  Each of them with its reason: {}", path.display())?;
    }
    Ok(())
}
