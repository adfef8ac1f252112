use std::io::Write;

use anyhow::Context as _;
use boyin::model::json::Reader;
use boyin::model::seal::{Kind, detect};
use boyin::verify::seal::{Document, SealContext, SealDetail, SealOutcome, SealReport, SealVerifier};

use super::args::Verify;
use crate::context::{Session, now};
use crate::report::{exit, headline};
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
        let (mark, words) = match outcome {
            SealOutcome::Passed => ('✓', String::new()),
            SealOutcome::Skipped => ('·', "not reached 未进行".to_owned()),
            SealOutcome::NotPassed(reason, detail) => {
                let mark = if reason.is_indeterminate() { '?' } else { '✗' };
                (mark, format!("{}{}", reason.code(), detail.map(place).unwrap_or_default()))
            }
        };
        let line = format!("  {mark} {:<18} {}  {words}", check.code(), check.name_zh());
        writeln!(out, "{}", line.trim_end())?;
    }
    let notes: Vec<_> = report.notes().iter().map(|note| note.code()).collect();
    if !notes.is_empty() {
        writeln!(out, "  notes (提示): {}", notes.join(", "))?;
    }
    Ok(())
}

fn place(detail: SealDetail) -> String {
    match detail {
        SealDetail::Field(error) => format!(": {error}"),
        SealDetail::Instants { limit, .. } => format!(", limit {limit}"),
        SealDetail::Timestamp(reason) => format!(": {}", reason.info().en),
    }
}
