//! Many documents at once.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use boyin::CheckedDocument;
use boyin::verify::Verdict;
use serde_json::{Value, json};

use super::Judging;
use crate::context::Session;
use crate::output::{json_line, sign};
use crate::report::words;
use crate::{Exit, files};

/// Documents that are held at once, and their bytes: what is larger is read piece by piece.
const HELD: usize = 4096;
const HELD_BYTES: u64 = 64 << 20;
/// Bytes of a document that is held.
const SMALL_BYTES: u64 = 4 << 20;

/// How many ended how.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    open: usize,
}

/// Verifies them with all cores; a line for each, in order.
pub(super) fn run(
    session: &Session,
    judging: &Judging,
    named: &[PathBuf],
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let paths = expanded(named)?;
    let mut tally = Tally::default();
    let mut held: Vec<(&Path, Vec<u8>)> = Vec::new();
    let mut bytes = 0;
    for path in &paths {
        let size = std::fs::metadata(path).map_or(0, |file| file.len());
        if size > SMALL_BYTES || files::is_stdin(path) {
            settle(session, judging, &mut held, &mut tally, out)?;
            bytes = 0;
            match judging.of_file(path) {
                Ok(report) => told(session, path, &report, &mut tally, out)?,
                Err(error) => unread(session, path, &error, &mut tally, out)?,
            }
            continue;
        }
        match files::read(path) {
            Ok(bytes) => held.push((path, bytes)),
            Err(error) => {
                settle(session, judging, &mut held, &mut tally, out)?;
                bytes = 0;
                unread(session, path, &error, &mut tally, out)?;
                continue;
            }
        }
        bytes += size;
        if held.len() == HELD || bytes >= HELD_BYTES {
            settle(session, judging, &mut held, &mut tally, out)?;
            bytes = 0;
        }
    }
    settle(session, judging, &mut held, &mut tally, out)?;
    let Tally { passed, failed, open } = tally;
    if !session.json() {
        writeln!(out, "\n{passed} passed 通过, {failed} failed 不通过, {open} indeterminate 无法判定")?;
    }
    Ok(if failed > 0 {
        Exit::Failed
    } else if open > 0 {
        Exit::Indeterminate
    } else {
        Exit::Done
    })
}

/// What is held is verified together.
fn settle(
    session: &Session,
    judging: &Judging,
    held: &mut Vec<(&Path, Vec<u8>)>,
    tally: &mut Tally,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let documents: Vec<_> = held.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    let reports = judging.verifier.check_many(&documents, judging.trust(), judging.at);
    for ((path, _), report) in held.iter().zip(&reports) {
        told(session, path, report, tally, out)?;
    }
    held.clear();
    Ok(())
}

fn told(
    session: &Session,
    path: &Path,
    report: &CheckedDocument,
    tally: &mut Tally,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let verdict = report.verdict();
    *match verdict {
        Verdict::Passed => &mut tally.passed,
        Verdict::Failed(_) => &mut tally.failed,
        Verdict::Indeterminate(_) => &mut tally.open,
    } += 1;
    if session.json() {
        let report: Value = serde_json::from_slice(&report.to_json()).context("a report is JSON")?;
        return Ok(json_line(out, &json!({ "file": path.display().to_string(), "report": report }))?);
    }
    let code = verdict.reason().map(|cause| format!(": {}", cause.code())).unwrap_or_default();
    Ok(writeln!(out, "{} {}  {}{code}", sign(verdict), path.display(), words(verdict))?)
}

/// One that cannot be read is not decided; the others are.
fn unread(
    session: &Session,
    path: &Path,
    error: &anyhow::Error,
    tally: &mut Tally,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    tally.open += 1;
    if session.json() {
        return Ok(json_line(
            out,
            &json!({ "error": format!("{error:#}"), "file": path.display().to_string() }),
        )?);
    }
    Ok(writeln!(out, "? {}  {error:#}", path.display())?)
}

/// The files that are named, and those of the folders that are named, by name.
fn expanded(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for path in named {
        if !path.is_dir() {
            paths.push(path.clone());
            continue;
        }
        let cannot = || format!("{} cannot be read", path.display());
        let entries = std::fs::read_dir(path).with_context(cannot)?;
        let mut found = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()
            .with_context(cannot)?;
        found.retain(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ofd")));
        found.sort();
        paths.extend(found);
    }
    anyhow::ensure!(!paths.is_empty(), "there is no document in what was named");
    Ok(paths)
}
