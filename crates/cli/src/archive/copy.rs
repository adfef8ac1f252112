//! `boyin archive copy`

use std::io::Write;

use boyin::AfterCopy;
use boyin::archive::{Copied, CopyStep};
use boyin::model::hex;
use serde_json::json;

use super::args::CopyArchive;
use super::bar;
use crate::Exit;
use crate::context::Session;
use crate::output::json_line;

pub(super) fn run(session: &Session, args: &CopyArchive, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let setting = args.setting();
    let (from, to) = (home.engine_name(), setting.as_ref().map_or("rocksdb", |setting| &setting.engine));
    let after = if args.switch { AfterCopy::Switch } else { AfterCopy::Stay };
    let bar = bar("{wide_bar} {pos}/{len} {per_sec} {eta} {msg}");
    let copied = home.copy_archive(setting.as_ref(), after, &session.passphrase()?, &mut |at| {
        let step = match at.step {
            CopyStep::Clear => "clears",
            CopyStep::Write => "writes",
            CopyStep::Compare => "compares",
        };
        bar.set_message(format!("{step} {}", at.table));
        bar.set_length(at.total.max(at.entries));
        bar.set_position(at.entries);
    })?;
    bar.finish_and_clear();
    let Copied { entries, bytes, digest, last_event } = copied;
    let digest = hex::encode(&digest);
    if session.json() {
        let done = json!({
            "from": from, "to": to, "entries": entries, "bytes": bytes, "sha256": digest, "last_event": last_event,
            "switched": args.switch,
        });
        json_line(out, &done)?;
        return Ok(Exit::Done);
    }
    writeln!(
        out,
        "✓ {entries} entries ({bytes} bytes) are in {to}, compared one by one with {from}: events up to {last_event} \
         (档案已复制)\n  SHA-256 over all keys and values: {digest}"
    )?;
    if args.switch {
        writeln!(
            out,
            "  boyin.toml names {to} now: start services again. What is in {from} is not used any more."
        )?;
    } else {
        writeln!(
            out,
            "  The data directory still uses {from}. What is done from now on is not in the copy; to move, run this with \
             --switch into an empty place."
        )?;
    }
    Ok(Exit::Done)
}
