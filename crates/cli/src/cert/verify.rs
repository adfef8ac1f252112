use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use boyin::model::alg::VerifyAlg as _;
use boyin::model::hex;
use boyin::revocation::FetchedList;
use boyin::suite::{ES256, all_x509};
use boyin::verify::chain::{
    Certificate, CertificateCheck, CertificateError, CertificateQuery, CertificateReason, CertificateReport,
    CertificateStore, ChainFault, PolicyInputs, Profile, Revocation,
};
use serde_json::{Value, json};

use super::args::Verify;
use super::{fetch, pem};
use crate::context::{Session, now};
use crate::report::exit;
use crate::{Exit, files};

pub(super) const CERTIFICATE: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
const LIST: [&str; 1] = ["X509 CRL"];
const RESPONSE: [&str; 1] = ["OCSP RESPONSE"];

/// `cert verify`
pub(super) fn run(session: &Session, args: &Verify, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let query = query(args)?;
    let mut notes = Vec::new();
    let mut store = store(args, &mut notes)?;
    let leaves = pem::read(&args.leaf, &CERTIFICATE)?;
    let fetched = fetch::lists(args, leaves.first(), &mut store)?;
    let leaf = leaves.first().map(|der| Certificate::read(der)).context("no certificate")?;
    let report = match &leaf {
        Ok(leaf) => store.verify(leaf, &query),
        Err(error) => CertificateReport::unreadable(*error),
    };
    if session.json() {
        serde_json::to_writer(&mut *out, &to_json(&report, &query, &notes, &fetched))?;
        writeln!(out)?;
    } else {
        write(out, &report, &notes)?;
        fetch::write(out, &fetched)?;
    }
    Ok(exit(report.verdict()))
}

fn query(args: &Verify) -> anyhow::Result<CertificateQuery> {
    Ok(CertificateQuery {
        purpose: args.purpose,
        profile: args.profile,
        policies: PolicyInputs {
            acceptable: args.policy.clone(),
            explicit: args.explicit_policy,
            inhibit_mapping: args.inhibit_mapping,
            inhibit_any: args.inhibit_any_policy,
        },
        names: args.name.clone(),
        require_revocation: args.require_revocation
            || !args.crl.is_empty()
            || !args.ocsp.is_empty()
            || !args.fetch.is_empty(),
        max_intermediates: args.max_depth,
        ..CertificateQuery::new(args.at.as_deref().map_or_else(now, crate::verify::instant)?)
    })
}

/// What cannot be read is left out and noted: it could only have helped.
fn store(args: &Verify, notes: &mut Vec<String>) -> anyhow::Result<CertificateStore> {
    let mut store = CertificateStore::new(&all_x509());
    type Add = fn(&mut CertificateStore, &[u8]) -> Result<(), CertificateError>;
    let kinds: [(&[PathBuf], &[&str], &str, Add); 4] = [
        (&args.anchor, &CERTIFICATE, "anchor", CertificateStore::add_anchor),
        (&args.intermediate, &CERTIFICATE, "intermediate", CertificateStore::add_intermediate),
        (&args.crl, &LIST, "crl", CertificateStore::add_revocation_list),
        (&args.ocsp, &RESPONSE, "ocsp", CertificateStore::add_response),
    ];
    for (paths, labels, kind, add) in kinds {
        for path in paths {
            for der in pem::read(path, labels)? {
                if let Err(error) = add(&mut store, &der) {
                    notes.push(format!("{kind}_left_out: {}: {error}", files::name(path)));
                }
            }
        }
    }
    Ok(store)
}

fn verdict(report: &CertificateReport<'_>) -> (&'static str, Option<CertificateReason>) {
    let verdict = report.verdict();
    (verdict.code(), verdict.reason())
}

fn to_json(
    report: &CertificateReport<'_>,
    query: &CertificateQuery,
    notes: &[String],
    fetched: &[FetchedList],
) -> Value {
    let (verdict, reason) = verdict(report);
    let check = |(check, found): &(CertificateCheck, Option<Result<(), CertificateReason>>)| json!({ "check": check.code(), "result": result(*found), "reason": found.and_then(Result::err).map(|r| r.code()) });
    let deviation = |(place, found): &(usize, boyin::verify::chain::Deviation)| json!({ "place": place, "code": found.code() });
    json!({
        "verdict": verdict,
        "reason": reason.map(|reason| reason.code()),
        "message": reason.map(|reason| reason.info().en),
        "deviation": match report.fault {
            Some(ChainFault::Deviates(deviation)) => Some(deviation.code()),
            Some(_) | None => None,
        },
        "at": query.at.seconds(),
        "purpose": query.purpose.code(),
        "profile": profile(query.profile),
        "revocation_required": query.require_revocation,
        "checks": report.checks.iter().map(check).collect::<Vec<_>>(),
        "path": report.path.iter().map(|one| digest(one)).collect::<Vec<_>>(),
        "policies": report.policies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "revocation": report.revocations.iter().map(revocation).collect::<Vec<_>>(),
        "deviations": report.deviations.iter().map(deviation).collect::<Vec<_>>(),
        "notes": notes,
        "fetched": fetched.iter().map(fetch::shown).collect::<Vec<_>>(),
    })
}

fn result(found: Option<Result<(), CertificateReason>>) -> &'static str {
    match found {
        None => "not_run",
        Some(Ok(())) => "passed",
        Some(Err(reason)) if reason.is_indeterminate() => "indeterminate",
        Some(Err(_)) => "failed",
    }
}

fn revocation(found: &Revocation) -> Value {
    match found {
        Revocation::Good => json!({ "status": "good" }),
        Revocation::Unknown => json!({ "status": "unknown" }),
        Revocation::Revoked(at, why) => {
            json!({ "status": "revoked", "since": at.seconds(), "reason": why.code() })
        }
    }
}

pub(super) fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Rfc5280 => "rfc5280",
        Profile::Field => "field",
    }
}

/// SHA-256 of the certificate, hexadecimal.
pub(super) fn digest(certificate: &Certificate) -> String {
    hex::encode(&ES256.digest(&[certificate.der()]))
}

fn write(out: &mut dyn Write, report: &CertificateReport<'_>, notes: &[String]) -> std::io::Result<()> {
    let (verdict, reason) = verdict(report);
    writeln!(out, "{verdict}{}", reason.map(|reason| format!(": {}", reason.code())).unwrap_or_default())?;
    if let Some(reason) = reason {
        crate::report::explain(out, &reason.info())?;
    }
    for (check, found) in &report.checks {
        let reason = found.and_then(Result::err).map(|reason| format!(": {}", reason.code()));
        writeln!(out, "  {:<11} {}{}", check.code(), result(*found), reason.unwrap_or_default())?;
    }
    for certificate in &report.path {
        writeln!(out, "  {}  {}", &digest(certificate)[..16], certificate.subject_text())?;
    }
    for (place, deviation) in &report.deviations {
        writeln!(out, "  note: certificate {place}: {}", deviation.code())?;
    }
    for note in notes {
        writeln!(out, "  note: {note}")?;
    }
    Ok(())
}
