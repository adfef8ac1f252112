use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use boyin::CheckedDocument;
use boyin::verify::Verdict;
use boyin_ofd::package::{Container, Source};
use boyin_ofd::{
    OfdNote, OfdReport, OfdVerdict, SignatureReport, UnverifiedContents, ValueReport, extract_from,
};
use serde_json::{Value, json};

use super::args::Extract;
use crate::context::Session;
use crate::output::{json_line, printable};
use crate::{Exit, files, report};

const METADATA: &str = "metadata.json";
/// Letters that are kept of the name of a file.
const MAX_NAME_CHARS: usize = 64;

/// `ofd extract`
pub(super) fn run(session: &Session, args: &Extract, out: &mut dyn Write) -> anyhow::Result<Exit> {
    files::check_free(&args.out)?;
    let mut source = super::opened(&args.file)?;
    let mut vouching = None;
    if !args.unverified {
        let judging = super::Judging::new(session, args.at.as_deref(), None, &args.trusted)?;
        let checked = judging.of_source(&mut *source)?;
        let Some(found) = Vouching::of(&checked) else { return refused(session, &checked, out) };
        vouching = Some(found);
    }
    let container = super::container(&mut *source)?;
    let mut container = container.context("this is no OFD document that is read")?;
    let documents = extract_from(&mut container)?;
    std::fs::create_dir(&args.out).with_context(|| format!("{} cannot be made", args.out.display()))?;
    let (written, told) =
        fill(&args.out, &mut container, &documents, vouching.as_ref()).inspect_err(|_| {
            // Half of it is worse than none, and would be in the way of the next attempt.
            let _ = std::fs::remove_dir_all(&args.out);
        })?;
    if session.json() {
        json_line(out, &told)?;
        return Ok(Exit::Done);
    }
    let verified = if args.unverified { "NOT verified 未核验" } else { "verified 已核验" };
    writeln!(out, "{verified}: {METADATA} and {} attachments in {}", written.len(), args.out.display())?;
    if let Some(vouching) = &vouching {
        vouching.write(out)?;
    }
    for name in written {
        writeln!(out, "  {name}")?;
    }
    Ok(Exit::Done)
}

/// Writes into the folder; the names of the attachments, and what is told of all.
fn fill<S: Source>(
    dir: &Path,
    container: &mut Container<S>,
    documents: &[UnverifiedContents],
    vouching: Option<&Vouching>,
) -> anyhow::Result<(Vec<String>, Value)> {
    let written = write_attachments(container, documents, dir)?;
    let said: Vec<_> = documents.iter().map(of_document).collect();
    let mut told = json!({ "attachments": written, "documents": said, "verified": vouching.is_some() });
    vouching.unwrap_or(&NOBODY).put_into(&mut told);
    files::write_new(&dir.join(METADATA), &serde_json::to_vec_pretty(&told)?)?;
    Ok((written, told))
}

/// The names of the files; an attachment that is named more than once is written once.
fn write_attachments<S: Source>(
    container: &mut Container<S>,
    documents: &[UnverifiedContents],
    dir: &Path,
) -> anyhow::Result<Vec<String>> {
    let mut written = BTreeSet::new();
    let mut names = Vec::new();
    for (document, contents) in documents.iter().enumerate() {
        for (nth, attachment) in contents.attachments.iter().enumerate() {
            if !written.insert(attachment.place) {
                continue;
            }
            let name = file_name(document, nth, &attachment.entry);
            files::write_new_with(&dir.join(&name), |file| copy(container, attachment.place, file))?;
            names.push(name);
        }
    }
    Ok(names)
}

/// Piece by piece: an attachment can be larger than memory should hold.
fn copy<S: Source>(container: &mut Container<S>, place: usize, file: &mut File) -> anyhow::Result<()> {
    let mut done = Ok(());
    container.read(place, &mut |piece| {
        if done.is_ok() {
            done = file.write_all(piece);
        }
    })?;
    Ok(done?)
}

/// Says why nothing is taken out.
fn refused(session: &Session, checked: &CheckedDocument, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if session.json() {
        out.write_all(&checked.to_json())?;
    } else {
        report::headline(out, checked.verdict())?;
        writeln!(out, "\nNothing was taken out: --unverified takes out what anybody can have written.")?;
    }
    Ok(report::exit(checked.verdict()))
}

/// Who vouches for what is taken out.
struct Vouching {
    /// Identifiers and names of the seals that passed.
    seals: Vec<(Option<String>, Option<String>)>,
    /// Of some document no seal does.
    no_seal: bool,
}

/// Of what was not verified.
const NOBODY: Vouching = Vouching { seals: Vec::new(), no_seal: true };

impl Vouching {
    /// `None` of a document that does not pass with its license.
    fn of(checked: &CheckedDocument) -> Option<Self> {
        if checked.verdict() != Verdict::Passed {
            return None;
        }
        let documents = checked.ofd().documents();
        let no_seal = documents.iter().any(|document| document.notes().contains(&OfdNote::NoSeal));
        Some(Self { seals: seals(checked.ofd()), no_seal })
    }

    fn put_into(&self, told: &mut Value) {
        told["seals"] = self.seals.iter().filter_map(|(id, _)| id.as_deref()).collect();
        told["seal_names"] = self.seals.iter().filter_map(|(_, name)| name.as_deref()).collect();
        told["no_seal"] = self.no_seal.into();
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for (id, name) in &self.seals {
            let [id, name] = [id, name].map(|text| printable(text.as_deref().unwrap_or("?")));
            writeln!(out, "  {:<9} {id} {name}", "seal")?;
        }
        if self.no_seal {
            let words = if self.seals.is_empty() { "no seal" } else { "a document has no seal" };
            writeln!(out, "  {words}: not asked whose certificate it is 未核对证书属于何人")?;
        }
        Ok(())
    }
}

fn seals(report: &OfdReport) -> Vec<(Option<String>, Option<String>)> {
    let passed = report.signatures().filter(|signature| signature.verdict() == OfdVerdict::Passed);
    passed.filter_map(seal).collect()
}

fn seal(signature: &SignatureReport) -> Option<(Option<String>, Option<String>)> {
    match signature.value()? {
        ValueReport::Seal(seal) => {
            Some((seal.subject().id.clone(), signature.face().map(|face| face.name.clone())))
        }
        ValueReport::SignedData(_) => None,
    }
}

fn of_document(document: &UnverifiedContents) -> Value {
    let custom: Vec<_> =
        document.custom.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({ "id": document.id, "title": document.title, "metadata": custom })
}

/// A name of our own: numbers, and what is harmless of the entry's last step.
fn file_name(document: usize, nth: usize, entry: &str) -> String {
    let last = entry.rsplit('/').next().unwrap_or_default();
    let plain = last.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c));
    let plain: String = plain.take(MAX_NAME_CHARS).collect();
    format!("{}-{}-{plain}", document + 1, nth + 1)
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_of_files_are_ours() {
        assert_eq!(file_name(0, 0, "Doc_0/Attachs/credential.jwt"), "1-1-credential.jwt");
        assert_eq!(file_name(0, 1, "证照.ofd"), "1-2-.ofd");
        assert_eq!(file_name(1, 0, "a b;c"), "2-1-abc");
    }
}
