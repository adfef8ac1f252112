use std::io::Write;

use anyhow::{Context as _, bail};
use boyin::suite::all_jws;
use boyin::verify::Record;

use crate::args::Replay;
use crate::context::Session;
use crate::{Exit, fetched, files, verify};

/// `replay`
pub(crate) fn run(session: &Session, args: &Replay, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let name = args.file.display();
    let record =
        Record::read(&files::read(&args.file)?).with_context(|| format!("{name} cannot be replayed"))?;
    match &args.anchor {
        Some(path) if fetched::public_key(path)? != record.anchor => {
            bail!("{name}: its trust list was verified with another key than {}", path.display());
        }
        Some(_) => {}
        None => {
            eprintln!("Note: the trust list is verified with the key in the record; --anchor compares it.");
        }
    }
    let report =
        record.replay(&all_jws()).with_context(|| format!("the lists in {name} cannot be replayed"))?;
    if report.to_json() != record.report {
        bail!("{name}: its inputs give another report than the one in it");
    }
    verify::tell(session, &report, out)
}
