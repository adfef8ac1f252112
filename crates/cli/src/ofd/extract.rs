use std::io::Write;

use anyhow::Context as _;
use boyin_ofd::package::Package;
use boyin_ofd::{OfdReport, OfdVerdict, UnverifiedContents, extract};
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
    let bytes = files::read(&args.file)?;
    let mut seals = Vec::new();
    if !args.unverified {
        let judging = super::Judging::new(session, args.at.as_deref(), None, &args.trusted)?;
        let checked = judging.verifier.check(&bytes, &judging.context());
        if checked.verdict() != OfdVerdict::Passed {
            return refused(session, &checked, out);
        }
        seals = seals_of(&checked);
    }
    let package = Package::read(&bytes).context("this is no OFD document that is read")?;
    let documents = extract(&package)?;
    std::fs::create_dir(&args.out).with_context(|| format!("{} cannot be made", args.out.display()))?;
    let mut written = Vec::new();
    for (place, document) in documents.iter().enumerate() {
        for (nth, attachment) in document.attachments.iter().enumerate() {
            let name = file_name(place, nth, attachment.entry);
            files::write_new(&args.out.join(&name), attachment.bytes)?;
            written.push(name);
        }
    }
    let said: Vec<_> = documents.iter().map(of_document).collect();
    let told = json!({
        "attachments": written, "documents": said, "seals": seals, "verified": !args.unverified,
    });
    files::write_new(&args.out.join(METADATA), &serde_json::to_vec_pretty(&told)?)?;
    if session.json() {
        json_line(out, &told)?;
        return Ok(Exit::Done);
    }
    let verified = if args.unverified { "NOT verified 未核验" } else { "verified 已核验" };
    writeln!(out, "{verified}: {METADATA} and {} attachments in {}", written.len(), args.out.display())?;
    for id in &seals {
        writeln!(out, "  {:<9} {}", "seal", printable(id))?;
    }
    if seals.is_empty() && !args.unverified {
        writeln!(out, "  no seal: not asked whose certificate it is 未核对证书属于何人")?;
    }
    for name in written {
        writeln!(out, "  {name}")?;
    }
    Ok(Exit::Done)
}

/// Says why nothing is taken out.
fn refused(session: &Session, report: &OfdReport, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if session.json() {
        out.write_all(&report.to_json())?;
    } else {
        report::headline(out, report.verdict())?;
        writeln!(out, "\nNothing was taken out: --unverified takes out what anybody can have written.")?;
    }
    Ok(report::exit(report.verdict()))
}

/// Identifiers of the seals that passed: a document with digital signatures only has none.
fn seals_of(report: &OfdReport) -> Vec<String> {
    let seals = report.documents().iter().flat_map(|document| document.seals());
    seals.filter_map(|seal| seal.subject().id.clone()).collect()
}

fn of_document(document: &UnverifiedContents<'_>) -> Value {
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
