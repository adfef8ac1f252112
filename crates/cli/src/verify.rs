use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use boyin::model::time::{Date, UnixTime};
use boyin::model::trust::Jwk;
use boyin::suite::all_jws;
use boyin::verify::{Context, Report, StatusSnapshot, TrustSnapshot, Verifier};

use crate::args::Verify;
use crate::context::{Session, now};
use crate::{Exit, files, report};

/// `verify`
pub(crate) fn run(session: &Session, args: &Verify, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let at = args.at.as_deref().map_or_else(now, instant)?;
    let bytes = files::read(&args.file)?;
    let report = match (&args.trust, &args.anchor) {
        (Some(trust), Some(anchor)) => offline(&bytes, trust, anchor, args, at)?,
        (None, _) | (_, None) => session.reading()?.lookup.verify(&bytes, at),
    };
    if session.json() {
        // The report and nothing else: the same bytes as on every other surface.
        out.write_all(&report.to_json())?;
    } else {
        report::write(out, &report)?;
        if bytes.ends_with(b"\n") {
            writeln!(out, "\nNote: the file ends with a line break, which is no part of a license.")?;
        }
    }
    Ok(report::exit(&report))
}

/// Without data directory: trust and status from files that somebody fetched.
fn offline(bytes: &[u8], trust: &Path, anchor: &Path, args: &Verify, at: UnixTime) -> anyhow::Result<Report> {
    let key: Jwk = serde_json::from_slice(&files::read(anchor)?)
        .with_context(|| format!("{} is not a public key such as trust/anchor.json", anchor.display()))?;
    let snapshot = TrustSnapshot::load(token(&files::read(trust)?), &key, &all_jws())
        .with_context(|| format!("the trust list {} is refused", trust.display()))?;
    let mut status = StatusSnapshot::default();
    for path in &args.status {
        status
            .add(token(&files::read(path)?), &snapshot)
            .with_context(|| format!("the status list {} is refused", path.display()))?;
    }
    let verifier = Verifier::new(&all_jws());
    Ok(verifier.check(bytes, &Context { now: at, trust: &snapshot, status: &status }))
}

/// Lists are pasted and fetched with a line break at the end; it carries no meaning there.
fn token(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_end()
}

/// Seconds since 1970, a date (its first second in China) or an RFC 3339 instant.
fn instant(text: &str) -> anyhow::Result<UnixTime> {
    let wrong = || anyhow!("--at {text}: write 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970");
    if let Ok(seconds) = text.parse() {
        return UnixTime::new(seconds).ok_or_else(wrong);
    }
    if let Ok(date) = text.parse::<Date>() {
        return Ok(date.begins());
    }
    rfc3339(text).ok_or_else(wrong)
}

/// Seconds between a day in China and the same day in Greenwich.
const CHINA_OFFSET_SECONDS: u64 = 8 * 3600;

fn rfc3339(text: &str) -> Option<UnixTime> {
    let (date, rest) = text.split_once('T')?;
    let date: Date = date.parse().ok()?;
    let (clock, zone) = rest.split_at_checked(8)?;
    let [hour, minute, second] = numbers(clock, [23, 59, 59])?;
    let local = date.begins().plus(hour * 3600 + minute * 60 + second);
    let utc = local.plus(CHINA_OFFSET_SECONDS);
    if zone == "Z" {
        return Some(utc);
    }
    let (sign, zone) = zone.split_at_checked(1)?;
    let [hours, minutes] = numbers(zone, [23, 59])?;
    let offset = hours * 3600 + minutes * 60;
    match sign {
        "+" => Some(utc.minus(offset)),
        "-" => Some(utc.plus(offset)),
        _ => None,
    }
}

/// Two-digit numbers between colons, each within its bound.
fn numbers<const N: usize>(text: &str, max: [u64; N]) -> Option<[u64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(':');
    for (number, max) in numbers.iter_mut().zip(max) {
        let part = parts.next().filter(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok().filter(|n| *n <= max)?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        let midnight = instant("2026-01-01").unwrap();
        assert_eq!(midnight.seconds(), 1_767_196_800);
        for same in
            ["1767196800", "2026-01-01T00:00:00+08:00", "2025-12-31T16:00:00Z", "2025-12-31T10:30:00-05:30"]
        {
            assert_eq!(instant(same).unwrap(), midnight, "{same}");
        }
        for bad in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T0:0:0Z",
            "2026-01-01T00:00:00.5Z",
            "2026-01-01T00:00:00+8:00",
            "-1",
            "2026-01-01T00:00:00+08:00:00",
        ] {
            assert!(instant(bad).is_err(), "{bad}");
        }
    }
}
