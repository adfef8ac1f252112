use std::io::Write;

use anyhow::Context as _;
use boyin::model::json::Reader;
use boyin::model::seal::{Kind, detect};
use boyin::verify::Weight;
use boyin::verify::seal::{Document, SealContext, SealDetail, SealReport, SealVerifier};

use super::args::Verify;
use crate::context::{Session, now};
use crate::report::{LONG_CODE_WIDTH, exit, headline, line, notes};
use crate::{Exit, files};

/// `seal verify`
pub(crate) fn run(session: &Session, args: &Verify, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let at = args.at.as_deref().map_or_else(now, crate::verify::instant)?;
    let bytes = files::read(&args.file)?;
    let document = args.document.as_deref().map(files::read).transpose()?;
    let document = document.as_deref().map_or(Document::NotGiven, Document::Bytes);
    let kind = detect(&bytes).context(
        "this is neither a seal (SESeal) nor a seal signature (SES_Signature): `boyin verify` is for licenses",
    )?;
    let mut verifier = SealVerifier::new(Reader::Field);
    if let Some(profile) = args.profile {
        verifier = verifier.with_profile(profile);
    }
    let report = match args.trusted.store()? {
        Some(store) => {
            let context = SealContext { now: at, certificates: &store, register: None };
            check(&verifier, kind, &bytes, document, &context)
        }
        None => {
            let reading = session.reading()?;
            let registry = reading.lookup.registry();
            check(&verifier, kind, &bytes, document, &registry.seal_context(at))
        }
    };
    if session.json() {
        out.write_all(&report.to_json())?;
    } else {
        write(out, &report)?;
    }
    Ok(exit(report.verdict()))
}

fn check(
    verifier: &SealVerifier,
    kind: Kind,
    bytes: &[u8],
    document: Document<'_>,
    context: &SealContext<'_>,
) -> SealReport {
    match kind {
        Kind::Seal => verifier.check_seal(bytes, context),
        Kind::Signature => verifier.check_signature(bytes, document, context),
    }
}

/// A report for people: verdict, reason, next step, then each check and what is worth knowing.
pub(crate) fn write(out: &mut dyn Write, report: &SealReport) -> std::io::Result<()> {
    headline(out, report.verdict())?;
    let subject = report.subject();
    if let Some(id) = &subject.id {
        writeln!(out, "  {:<9} {id}", "seal")?;
    }
    if let Some(at) = subject.signed_at {
        writeln!(out, "  {:<9} {at}", "signed")?;
    }
    writeln!(out, "  {:<9} {}", "at", report.at())?;
    writeln!(out, "  {:<9} {}\n", "profile", report.profile().name)?;
    for (check, outcome) in report.checks() {
        let named = (check.code(), check.name_zh());
        line(out, named, LONG_CODE_WIDTH, &outcome, Weight::Fail, place)?;
    }
    notes(out, report.notes().iter().map(|note| note.code()))
}

fn place(detail: &SealDetail) -> String {
    match detail {
        SealDetail::Field(error) => format!(": {error}"),
        SealDetail::Instants { limit, .. } => format!(", limit {limit}"),
        SealDetail::Timestamp(reason) => format!(": {}", reason.info().en),
    }
}
