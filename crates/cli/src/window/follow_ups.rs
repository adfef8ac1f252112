//! `window follow-ups`: what was declared and is to be checked afterwards.

use std::io::Write;

use boyin::answers;

use super::args::FollowUps;
use crate::Exit;
use crate::context::Session;
use crate::output::json_line;

pub(super) fn run(session: &Session, args: FollowUps, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let FollowUps { from, until, office, after, limit } = args;
    let wanted = boyin::meter::FollowUps { from, until, office };
    let reading = session.reading()?;
    let (mut listed, mut last, mut more) = (0, None, false);
    for decided in reading.lookup.decisions_after(after) {
        let decided = decided?;
        let found = wanted.of(&decided);
        if found.is_empty() {
            continue;
        }
        if listed == limit {
            more = true;
            break;
        }
        (listed, last) = (listed + 1, Some(decided.event));
        for (material, declared) in found {
            if session.json() {
                json_line(out, &answers::follow_up(&decided, material, declared))?;
                continue;
            }
            writeln!(
                out,
                "{}  event {:<8} {}  {}  核查 {}  首问 {}",
                declared.until,
                decided.event,
                material.key,
                declared.zh,
                declared.checked_by,
                decided.office.1,
            )?;
        }
    }
    if session.json() {
        return Ok(Exit::Done);
    }
    writeln!(out, "Of {listed} decisions 共 {listed} 次判定")?;
    if let (true, Some(event)) = (more, last) {
        writeln!(out, "More follow 还有: --after {event}")?;
    }
    Ok(Exit::Done)
}
