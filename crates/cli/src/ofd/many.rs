//! Many documents at once.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use boyin::verify::Verdict;
use boyin::{CheckedDocument, DocumentVerdict};
use serde_json::{Value, json};

use super::Judging;
use crate::context::Session;
use crate::output::{json_line, sign};
use crate::report::words;
use crate::{Exit, files};

/// Documents that are held at once, and their bytes: what is larger is read piece by piece.
const HELD: usize = 4096;
const HELD_BYTES: usize = 64 << 20;
/// Bytes of a document that is held.
const SMALL_BYTES: u64 = 4 << 20;
/// Bytes of the reports of these documents that are held until it is their turn.
const REPORT_BYTES: usize = 64 << 20;

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
    let tally = Tally::default();
    let mut many = Many { judging, json: session.json(), room: REPORT_BYTES, tally, out: &mut *out };
    let mut held = Held::default();
    for path in &paths {
        match small(path) {
            Ok(Some(document)) => held.add(path, document),
            Ok(None) => {
                many.settle(&mut held)?;
                many.alone(path)?;
            }
            Err(error) => {
                many.settle(&mut held)?;
                many.unread(path, &error)?;
            }
        }
        if held.is_full() {
            many.settle(&mut held)?;
        }
    }
    many.settle(&mut held)?;
    let Tally { passed, failed, open } = many.tally;
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

/// A document that is held; `None` of one that is read piece by piece.
fn small(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    if size > SMALL_BYTES || files::is_stdin(path) {
        return Ok(None);
    }
    files::read(path).map(Some)
}

/// Documents that are verified together.
#[derive(Default)]
struct Held<'p> {
    documents: Vec<(&'p Path, Vec<u8>)>,
    /// Of the documents as they were read: what is no file does not say how many it has.
    bytes: usize,
}

impl<'p> Held<'p> {
    fn add(&mut self, path: &'p Path, document: Vec<u8>) {
        self.bytes += document.len();
        self.documents.push((path, document));
    }

    fn is_full(&self) -> bool {
        self.documents.len() >= HELD || self.bytes >= HELD_BYTES
    }
}

/// Room for the reports of documents that are verified together.
struct Room(Mutex<usize>);

impl Room {
    /// The report, if there is room for it.
    fn keep(&self, mut report: Vec<u8>) -> Option<Vec<u8>> {
        report.shrink_to_fit();
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.checked_sub(report.len())?;
        Some(report)
    }
}

/// What is told of many documents.
struct Many<'m> {
    judging: &'m Judging,
    json: bool,
    /// Bytes of reports that are held.
    room: usize,
    tally: Tally,
    out: &'m mut dyn Write,
}

impl Many<'_> {
    /// What is held is verified together.
    fn settle(&mut self, held: &mut Held<'_>) -> anyhow::Result<()> {
        let Held { documents, .. } = std::mem::take(held);
        let bytes: Vec<_> = documents.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        let (judging, json, room) = (self.judging, self.json, Room(Mutex::new(self.room)));
        let each = |checked: CheckedDocument| {
            let report = json.then(|| checked.to_json());
            (checked.verdict(), report.and_then(|report| room.keep(report)))
        };
        let answers = judging.verifier.check_many_with(&bytes, judging.trust(), judging.at, each);
        for ((path, bytes), (verdict, report)) in documents.iter().zip(answers) {
            let report = match report {
                // Those for which there was no room are made once more, one at a time.
                None if json => Some(judging.of_source(bytes.as_slice())?.to_json()),
                kept => kept,
            };
            self.told(path, verdict, report)?;
        }
        Ok(())
    }

    fn alone(&mut self, path: &Path) -> anyhow::Result<()> {
        match self.judging.of_file(path) {
            Ok(checked) => {
                let report = self.json.then(|| checked.to_json());
                self.told(path, checked.verdict(), report)
            }
            Err(error) => self.unread(path, &error),
        }
    }

    fn told(&mut self, path: &Path, verdict: DocumentVerdict, report: Option<Vec<u8>>) -> anyhow::Result<()> {
        *match verdict {
            Verdict::Passed => &mut self.tally.passed,
            Verdict::Failed(_) => &mut self.tally.failed,
            Verdict::Indeterminate(_) => &mut self.tally.open,
        } += 1;
        if let Some(report) = report {
            let report: Value = serde_json::from_slice(&report).context("a report is JSON")?;
            let line = json!({ "file": path.display().to_string(), "report": report });
            return Ok(json_line(self.out, &line)?);
        }
        let code = verdict.reason().map(|cause| format!(": {}", cause.code())).unwrap_or_default();
        Ok(writeln!(self.out, "{} {}  {}{code}", sign(verdict), path.display(), words(verdict))?)
    }

    /// One that cannot be read is not decided; the others are.
    fn unread(&mut self, path: &Path, error: &anyhow::Error) -> anyhow::Result<()> {
        self.tally.open += 1;
        if self.json {
            let line = json!({ "error": format!("{error:#}"), "file": path.display().to_string() });
            return Ok(json_line(self.out, &line)?);
        }
        Ok(writeln!(self.out, "? {}  {error:#}", path.display())?)
    }
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

#[cfg(test)]
mod tests {
    use boyin::DocumentVerifier;
    use boyin::suite::Algorithm;
    use boyin_testkit::ofd::{Draft, Signing};
    use boyin_testkit::prefecture::now;
    use boyin_testkit::seals::SealWorld;

    use super::*;

    #[test]
    fn what_is_held_has_a_bound_for_its_count_and_one_for_its_bytes() {
        let mut held = Held::default();
        let path = Path::new("a.ofd");
        (1..HELD).for_each(|_| held.add(path, Vec::new()));
        assert!(!held.is_full());
        held.add(path, Vec::new());
        assert!(held.is_full());
        let mut held = Held::default();
        held.add(path, vec![0; HELD_BYTES - 1]);
        assert!(!held.is_full());
        held.add(path, vec![0]);
        assert!(held.is_full());
    }

    #[test]
    fn reports_have_their_room_together() {
        let room = Room(Mutex::new(10));
        let kept = [6, 5, 4, 1].map(|length| room.keep(vec![0; length]).map(|report| report.len()));
        assert_eq!(kept, [Some(6), None, Some(4), None]);
    }

    /// Whether there was room for all reports, for some or for none: each document has its line.
    #[test]
    fn a_report_without_room_is_made_once_more() {
        let world = SealWorld::new(Algorithm::Sm2);
        let mut draft = Draft::new(&world);
        draft.sign(&Signing::default());
        let passes = draft.write();
        draft.put("smuggled.exe", "MZ");
        let documents = [("a", passes), ("b", draft.write()), ("c", b"no document".to_vec())];
        let judging =
            Judging { verifier: DocumentVerifier::default(), at: now(), trusted: Ok(world.store()) };
        let told = |json, room| {
            let (mut out, mut held) = (Vec::new(), Held::default());
            documents.iter().for_each(|(name, bytes)| held.add(Path::new(name), bytes.clone()));
            let mut many = Many { judging: &judging, json, room, tally: Tally::default(), out: &mut out };
            many.settle(&mut held).unwrap();
            let Tally { passed, failed, open } = many.tally;
            assert_eq!((passed, failed, open, held.documents.len()), (1, 2, 0, 0));
            String::from_utf8(out).unwrap()
        };
        let whole = told(true, REPORT_BYTES);
        let lines: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let verdicts: Vec<_> = lines.iter().map(|line| line["report"]["verdict"].as_str()).collect();
        assert_eq!(verdicts, [Some("passed"), Some("failed"), Some("failed")]);
        for room in [0, whole.len() / 2] {
            assert_eq!(told(true, room), whole, "{room}");
            assert_eq!(told(false, room).lines().count(), documents.len());
        }
    }
}
