//! `boyin import …`

mod account;
pub(crate) mod args;
mod progress;
pub(crate) mod records;
mod sign;

use std::io::Write;
use std::path::{Path, PathBuf};

use boyin::Home;
use boyin::collect::{Actor, Collected, Collection};
use serde_json::json;

use self::args::{Import, Run};
use self::progress::Meter;
use crate::Exit;
use crate::args::ReadBy;
use crate::context::{Session, acting_office, now};
use crate::output::json_line;

/// `import …`
pub(crate) fn run(session: &Session, command: Import, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Import::Run(args) => take_in(session, &args, out),
        Import::Status { import } => account::status(session, import, out),
        Import::Reconcile { source } => account::reconcile(session, source.as_deref(), out),
        Import::Records(args) => records::list(session, &args, out),
        Import::Disputes { import } => records::disputes(session, import, out),
        Import::Show { record, full, by } => records::show(session, record, full, &by, out),
        Import::Raise(args) => records::raise(session, args, out),
        Import::Decide { record, reason, act } => records::decide(session, record, &reason, act, out),
        Import::Erase { record, reason, second, act } => {
            records::erase(session, record, (&second, &reason), act, out)
        }
        Import::Sign(args) => sign::run(session, &args, out),
    }
}

fn take_in(session: &Session, args: &Run, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let rejects = args.rejects.clone().unwrap_or_else(|| rejects_beside(&args.file));
    let (home, desk) = session.desk()?;
    let collection = Collection {
        file: &args.file,
        mapping: &args.mapping,
        source: args.source.as_deref(),
        corrects: args.corrects,
        rejects: &rejects,
        beside_unfinished: args.beside_unfinished,
        new_keys: args.new_keys,
    };
    let actor = actor(&args.by, &home)?;
    let start = now()?;
    // A clock that fails once it ran stands still: the acts of this run then have the time of its begin.
    let clock = || now().unwrap_or(start);
    let meter = Meter::new();
    let done = desk.collect(&collection, &actor, &clock, &mut |at| meter.show(at));
    meter.end();
    tell(session, &done?, out)?;
    Ok(Exit::Done)
}

fn actor(by: &ReadBy, home: &Home) -> anyhow::Result<Actor> {
    let office = acting_office(home, by.office)?;
    Ok(Actor { who: by.who.clone(), office, purpose: by.purpose.clone() })
}

/// `stock.csv` → `stock.rejects.csv`.
fn rejects_beside(file: &Path) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(".rejects");
    if let Some(extension) = file.extension() {
        name.push(".");
        name.push(extension);
    }
    file.with_file_name(name)
}

fn tell(session: &Session, done: &Collected, out: &mut dyn Write) -> std::io::Result<()> {
    let Collected { job, before, rejects } = done;
    let rejects = rejects.as_ref().map(|path| path.display().to_string());
    if session.json() {
        let mut value = account::job_json(job);
        value["before"] = json!(before);
        value["rejects"] = json!(rejects);
        return json_line(out, &value);
    }
    let words = if *before { "was taken in before 此前已归集" } else { "is taken in 归集完成" };
    writeln!(out, "✓ Import {} {words}", job.id)?;
    account::counts(out, job)?;
    if let Some(rejects) = rejects {
        let first = job.corrects.unwrap_or(job.id);
        writeln!(out, "  Rejected rows: {rejects}")?;
        writeln!(
            out,
            "  Correct them there and feed that file with the same mapping and --corrects {first}"
        )?;
    }
    Ok(())
}
