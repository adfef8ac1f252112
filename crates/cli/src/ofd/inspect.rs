use std::io::Write;

use anyhow::Context as _;
use boyin::model::json::Reader;
use boyin::suite::all_x509;
use boyin::verify::chain::CertificateStore;
use boyin::verify::seal::SealContext;
use boyin_ofd::package::Package;
use boyin_ofd::{CheckMethod, OfdVerifier, Protection, SignatureReport, millimeters};
use serde_json::{Value, json};

use super::args::Inspect;
use crate::context::{Session, now};
use crate::output::{json_line, printable};
use crate::{Exit, files};

/// `ofd inspect`
pub(super) fn run(session: &Session, args: &Inspect, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let bytes = files::read(&args.file)?;
    let package = Package::read(&bytes).context("this is no OFD document that is read")?;
    // Nobody is trusted here: what is shown of signatures is what they say.
    let store = CertificateStore::new(&all_x509());
    let context = SealContext { now: now()?, certificates: &store, register: None };
    let report = OfdVerifier::new(Reader::Field).check(&bytes, &context);
    let entries: Vec<_> = package.entries().iter().map(|entry| (entry.name(), entry.bytes().len())).collect();
    if session.json() {
        let entries: Vec<_> =
            entries.iter().map(|(name, size)| json!({ "name": name, "size": size })).collect();
        let signatures: Vec<_> = report.signatures().map(of_signature).collect();
        let documents = report.documents().iter();
        let documents: Vec<_> = documents
            .map(|document| json!({ "pages": document.pages(), "versions": document.versions() }))
            .collect();
        json_line(out, &json!({ "entries": entries, "documents": documents, "signatures": signatures }))?;
        return Ok(Exit::Done);
    }
    for (name, size) in entries {
        writeln!(out, "{size:>10}  {}", printable(name))?;
    }
    for document in report.documents() {
        writeln!(out, "\n文档 document: {} pages, {} versions", document.pages(), document.versions())?;
        for signature in document.signatures() {
            write(out, signature)?;
        }
    }
    writeln!(out, "\nNothing was decided about certificates: boyin ofd verify does that.")?;
    Ok(Exit::Done)
}

fn write(out: &mut dyn Write, signature: &SignatureReport) -> std::io::Result<()> {
    let method = signature.method().map_or("?", CheckMethod::code);
    let protection = signature.protection().map_or("?", Protection::code);
    let kind = signature.kind().code();
    writeln!(out, "  签名 signature {}: {kind}, {method}, {protection}", printable(signature.id()))?;
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
    Ok(())
}

fn of_signature(signature: &SignatureReport) -> Value {
    let stamps = signature.stamps().iter();
    let stamps: Vec<_> = stamps
        .map(|stamp| json!({ "page": stamp.page, "boundary_um": stamp.boundary, "clip_um": stamp.clip }))
        .collect();
    json!({
        "id": signature.id(),
        "kind": signature.kind().code(),
        "digest": signature.method().map(CheckMethod::code),
        "protection": signature.protection().map(Protection::code),
        "signed_at": signature.signed_at().map(|at| at.seconds()),
        "covers": signature.covers(),
        "stamp_count": signature.stamp_count(),
        "stamps": stamps,
    })
}
