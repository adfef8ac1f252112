use std::io::Write;

use boyin::model::json::Reader;
use boyin::suite::all_x509;
use boyin::verify::chain::CertificateStore;
use boyin::verify::seal::SealContext;
use boyin_ofd::{
    Cause, CheckMethod, DocumentReport, EntryList, OfdCheck, OfdNote, OfdOutcome, OfdReason, OfdReport,
    OfdVerdict, OfdVerifier, Protection, SignatureReport, millimeters,
};
use serde_json::{Value, json};

use super::args::Inspect;
use super::{line, lists};
use crate::context::{Session, now};
use crate::output::{json_line, printable};
use crate::{Exit, report};

/// `ofd inspect`
pub(super) fn run(session: &Session, args: &Inspect, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut source = super::opened(&args.file)?;
    // Nobody is trusted here: what is shown of signatures is what they say.
    let store = CertificateStore::new(&all_x509());
    let context = SealContext { now: now()?, certificates: &store, register: None };
    let report = OfdVerifier::new(Reader::Field).check_source(&mut *source, &context)?;
    // What is no container has no files; the report says what is wrong with it.
    let container = super::container(&mut *source)?.ok();
    let files = container.iter().flat_map(|container| container.files());
    let seen = Seen { report: &report, files: files.map(|(name, size)| (name.to_owned(), size)).collect() };
    if session.json() {
        json_line(out, &seen.to_json()?)?;
    } else {
        seen.write(out)?;
    }
    Ok(seen.exit())
}

/// Whether a check is not passed because something cannot be read; not for what a signature covers, or whose it is.
fn is_reading(check: OfdCheck) -> bool {
    match check {
        OfdCheck::Container
        | OfdCheck::Structure
        | OfdCheck::Content
        | OfdCheck::Signatures
        | OfdCheck::Format => true,
        OfdCheck::References | OfdCheck::Coverage | OfdCheck::SealFile | OfdCheck::Value => false,
    }
}

/// What is shown of a document.
struct Seen<'r> {
    report: &'r OfdReport,
    /// Names and sizes, in the order of the container.
    files: Vec<(String, u64)>,
}

impl Seen<'_> {
    /// What cannot be read ends as with `ofd verify`. That nobody signed or a file is missing is seen, and no fault of the reading.
    fn exit(&self) -> Exit {
        let documents = self.report.documents().iter().flat_map(DocumentReport::checks);
        let signatures = self.report.signatures().flat_map(SignatureReport::checks);
        let read = self.report.checks().chain(documents).chain(signatures);
        let causes = read.filter(|(check, _)| is_reading(*check)).filter_map(|(_, outcome)| match outcome {
            OfdOutcome::NotPassed(cause, _) => Some(*cause),
            OfdOutcome::Passed | OfdOutcome::Skipped => None,
        });
        let seen = [OfdReason::NotSigned, OfdReason::ContentMissing].map(Cause::Ofd);
        let causes = causes.filter(|cause| !seen.contains(cause));
        report::exit(OfdVerdict::first_of(causes.map(OfdVerdict::of_reason)))
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for (name, size) in &self.files {
            writeln!(out, "{size:>10}  {}", printable(name))?;
        }
        writeln!(out)?;
        self.report.checks().try_for_each(|(check, outcome)| line(out, *check, outcome))?;
        for document in self.report.documents() {
            let (pages, versions) = (document.pages(), document.versions());
            writeln!(out, "\n文档 document: {pages} pages, {versions} versions")?;
            document.checks().try_for_each(|(check, outcome)| line(out, *check, outcome))?;
            report::notes(out, noted(document).map(OfdNote::code))?;
            document.signatures().iter().try_for_each(|signature| self.write_signature(out, signature))?;
        }
        writeln!(out, "\nNothing was decided about certificates: boyin ofd verify does that.")
    }

    fn write_signature(&self, out: &mut dyn Write, signature: &SignatureReport) -> std::io::Result<()> {
        let method = signature.method().map_or("?", CheckMethod::code);
        let protection = signature.protection().map_or("?", Protection::code);
        let kind = signature.kind().code();
        let id = printable(signature.id());
        writeln!(out, "\n  签名 signature {id}: {kind}, {method}, {protection}")?;
        if let Some(at) = signature.signed_at() {
            writeln!(out, "    {:<9} {at}", "signed")?;
        }
        for stamp in signature.stamps() {
            let [left, top, width, height] = stamp.boundary.map(millimeters);
            let page = printable(&stamp.page);
            writeln!(out, "    {:<9} page {page}: {left}, {top}, {width} × {height} mm", "stamp")?;
        }
        let more = signature.stamp_count() - signature.stamps().len();
        if more > 0 {
            writeln!(out, "    {:<9} {more} more", "stamp")?;
        }
        for id in signature.covers() {
            writeln!(out, "    {:<9} signature {}", "covers", printable(id))?;
        }
        let mut checks = signature.checks().filter(|(check, _)| *check != OfdCheck::Value);
        checks.try_for_each(|(check, outcome)| line(out, *check, outcome))?;
        for (_, title, list) in lists(signature).into_iter().filter(|(_, _, list)| list.count() > 0) {
            writeln!(out, "    {title}: {}", list.count())?;
            self.names(list).try_for_each(|name| writeln!(out, "      {}", printable(name)))?;
            let more = list.count() - list.entries().len();
            if more > 0 {
                writeln!(out, "      {more} more")?;
            }
        }
        report::notes(out, signature.notes().iter().map(|note| note.code()))
    }

    /// The names as they are: reports leave out those that may be personal.
    fn names(&self, list: &EntryList) -> impl Iterator<Item = &str> {
        let names = list.entries().iter().filter_map(move |entry| self.files.get(entry.place));
        names.map(|(name, _)| name.as_str())
    }

    fn to_json(&self) -> anyhow::Result<Value> {
        let told: Value = serde_json::from_slice(&self.report.to_json())?;
        let files: Vec<_> =
            self.files.iter().map(|(name, size)| json!({ "name": name, "size": size })).collect();
        let (mut documents, mut signatures) = (Vec::new(), Vec::new());
        for (document, of_document) in self.report.documents().iter().zip(array(&told["documents"])) {
            documents.push(json!({
                "checks": of_document["checks"],
                "notes": noted(document).map(OfdNote::code).collect::<Vec<_>>(),
                "pages": document.pages(),
                "versions": document.versions(),
            }));
            for (signature, told) in document.signatures().iter().zip(array(&of_document["signatures"])) {
                signatures.push(self.signature_json(signature, told));
            }
        }
        Ok(json!({
            "checks": told["checks"],
            "documents": documents,
            "entries": files,
            "signatures": signatures,
        }))
    }

    fn signature_json(&self, signature: &SignatureReport, told: &Value) -> Value {
        let checks = array(&told["checks"]).iter().filter(|one| one["check"] != OfdCheck::Value.code());
        let stamps = signature.stamps().iter();
        let stamps: Vec<_> = stamps
            .map(|stamp| json!({ "page": stamp.page, "boundary_um": stamp.boundary, "clip_um": stamp.clip }))
            .collect();
        let mut all = json!({
            "id": signature.id(),
            "kind": signature.kind().code(),
            "digest": signature.method().map(CheckMethod::code),
            "protection": signature.protection().map(Protection::code),
            "signed_at": signature.signed_at().map(|at| at.seconds()),
            "checks": checks.collect::<Vec<_>>(),
            "covers": signature.covers(),
            "notes": signature.notes().iter().map(|note| note.code()).collect::<Vec<_>>(),
            "stamp_count": signature.stamp_count(),
            "stamps": stamps,
        });
        for (name, _, list) in lists(signature) {
            let names: Vec<_> = self.names(list).collect();
            all[name] = json!({ "count": list.count(), "entries": names });
        }
        all
    }
}

/// That no seal passed is so of every document where nobody is trusted.
fn noted(document: &DocumentReport) -> impl Iterator<Item = OfdNote> {
    document.notes().iter().copied().filter(|note| *note != OfdNote::NoSeal)
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
