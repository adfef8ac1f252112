use std::io::Write;

use anyhow::Context as _;
use boyin::model::json::Reader;
use boyin::model::timestamp::Response;
use boyin::model::timestamp::batch::Proof;
use boyin::verify::Weight;
use boyin::verify::timestamp::{
    Stamped, TimestampContext, TimestampDetail, TimestampPolicy, TimestampReport, check_token,
};

use super::args::Verify;
use super::{Trusted, alg};
use crate::context::{Session, now};
use crate::report::{LONG_CODE_WIDTH, exit, headline, line, notes};
use crate::{Exit, files};

pub(super) fn run(session: &Session, args: &Verify, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let at = args.at.as_deref().map_or_else(now, crate::verify::instant)?;
    let bytes = files::read(&args.token)?;
    // An answer that grants a token is as good as the token.
    let granted = Response::read(&bytes, Reader::Field).ok().and_then(Response::granted);
    let token = granted.as_ref().map_or(&bytes[..], |granted| granted.token.bytes);
    let file = args.file.as_deref().map(files::read).transpose()?;
    let proof = args.proof.as_deref().map(files::read).transpose()?;
    let proof = proof.map(|proof| Proof::read(&proof)).transpose()?;
    let given = args.digest.as_deref().map(digest).transpose()?;
    let trusted = Trusted::new(&args.trust)?.context("give --anchor: whose timestamps are trusted")?;
    let stamped = match (&proof, &file, given) {
        (Some(proof), Some(file), _) => Stamped::Batched(proof, alg(proof.algorithm)?.digest(&[file])),
        (Some(proof), None, Some(digest)) => Stamped::Batched(proof, digest),
        (None, Some(file), _) => Stamped::Bytes(file),
        (None, None, Some(digest)) => Stamped::Digest(&args.digest_algorithm, digest),
        (_, None, None) => anyhow::bail!("give --file or --digest: what was stamped"),
    };
    let policy: &TimestampPolicy = &trusted.policy;
    let context =
        TimestampContext { now: at, certificates: &trusted.store, policy, nonce: None, claimed: None };
    let report = check_token(token, Reader::Field, stamped, &context);
    if session.json() {
        out.write_all(&report.to_json())?;
    } else {
        write(out, &report)?;
    }
    Ok(exit(report.verdict()))
}

fn digest(text: &str) -> anyhow::Result<[u8; 32]> {
    let wrong = || format!("--digest {text}: 64 hexadecimal digits are needed");
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes: Option<Vec<_>> = text.as_bytes().chunks(2).map(pair).collect();
    bytes.filter(|_| is_hex).and_then(|bytes| bytes.try_into().ok()).with_context(wrong)
}

/// A report for people: verdict, reason, next step, then each check and what is worth knowing.
fn write(out: &mut dyn Write, report: &TimestampReport) -> std::io::Result<()> {
    headline(out, report.verdict())?;
    let subject = report.subject();
    if let Some(time) = subject.time {
        writeln!(out, "  {:<9} {time}", "time")?;
    }
    if let Some(policy) = &subject.policy {
        writeln!(out, "  {:<9} {policy}\n", "policy")?;
    }
    for (check, outcome) in report.checks() {
        let named = (check.code(), check.name_zh());
        line(out, named, LONG_CODE_WIDTH, &outcome, Weight::Fail, place)?;
    }
    notes(out, report.notes().iter().map(|note| note.code()))
}

fn place(detail: &TimestampDetail) -> String {
    match detail {
        TimestampDetail::Field(error) => format!(": {error}"),
        TimestampDetail::Instants { limit, .. } => format!(", limit {limit}"),
    }
}
