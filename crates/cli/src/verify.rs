use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use boyin::Checked;
use boyin::model::seal::detect;
use boyin::model::time::{Date, UnixTime};
use boyin::suite::all_jws;
use boyin::verify::seal::Document;
use boyin::verify::{Context, MAX_RECORD_STATUS_LISTS, Policy, Record, Report, StatusSnapshot, Verifier};

use crate::args::Verify;
use crate::context::{Session, now};
use crate::fetched::{Fetched, pasted};
use crate::{Exit, files, report};

/// `verify`
pub(crate) fn run(session: &Session, args: &Verify, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let at = args.at.as_deref().map_or_else(now, instant)?;
    let read = files::read(&args.file)?;
    if args.trust.trust.is_none() && args.as_of.is_none() && detect(&read).is_some() {
        return seal(session, &read, at, out);
    }
    let bytes = pasted(&read);
    let policy = policy(&args.policy)?;
    let kept = match args.trust.load()? {
        Some(fetched) => offline(bytes, fetched, args, policy, at)?,
        None => {
            let lookup = session.reading()?.lookup;
            match args.as_of.as_deref() {
                Some(then) => lookup.record_as_of(policy, bytes, instant(then)?)?,
                None => lookup.record(policy, bytes, at),
            }
        }
    };
    if let Some(path) = &args.record {
        if kept.status_lists.len() > MAX_RECORD_STATUS_LISTS {
            anyhow::bail!(
                "a record holds {MAX_RECORD_STATUS_LISTS} status lists: give the one of the license"
            );
        }
        files::write_new(path, &kept.write())?;
    }
    tell(session, &kept.replay(&all_jws())?, out)
}

/// The report for programs or for people.
pub(crate) fn tell(session: &Session, report: &Report, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if session.json() {
        // The report and nothing else: the same bytes as on every other surface.
        out.write_all(&report.to_json())?;
    } else {
        report::write(out, report)?;
    }
    Ok(report::exit(report.verdict()))
}

/// A built-in policy, or one in a file.
fn policy(name: &str) -> anyhow::Result<Policy> {
    if let Some(policy) = Policy::named(name) {
        return Ok(policy);
    }
    let names = Policy::built_in().map(|policy| policy.name().to_owned()).join(", ");
    let path = Path::new(name);
    if !path.is_file() {
        anyhow::bail!("--policy {name}: neither one of {names} nor a file");
    }
    Policy::read(&files::read(path)?).with_context(|| format!("{name} is no policy"))
}

/// A seal, or a seal signature without its document.
fn seal(session: &Session, bytes: &[u8], at: UnixTime, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let checked = session.reading()?.lookup.verify_any(bytes, Document::NotGiven, at);
    let Checked::Seal(report) = checked else { anyhow::bail!("this is no seal") };
    if session.json() {
        out.write_all(&report.to_json())?;
    } else {
        crate::seal::write_report(out, &report)?;
    }
    Ok(report::exit(report.verdict()))
}

/// Without data directory: trust and status from files that somebody fetched.
fn offline(
    bytes: &[u8],
    fetched: Fetched,
    args: &Verify,
    policy: Policy,
    at: UnixTime,
) -> anyhow::Result<Record> {
    let Fetched { token: trust_list, snapshot, signer: anchor, .. } = fetched;
    let (mut status, mut status_lists) = (StatusSnapshot::default(), Vec::new());
    for path in &args.status {
        let token = pasted(&files::read(path)?).to_vec();
        status
            .add(&token, &snapshot)
            .with_context(|| format!("the status list {} is refused", path.display()))?;
        status_lists.push(token);
    }
    let verifier = Verifier::new(&all_jws()).with_policy(policy.clone());
    let report = verifier.check(bytes, &Context { now: at, trust: &snapshot, status: &status }).to_json();
    Ok(Record { document: bytes.to_vec(), at, policy, anchor, trust_list, status_lists, report })
}

/// Seconds since 1970, a date (its first second in China) or an RFC 3339 instant.
pub(crate) fn instant(text: &str) -> anyhow::Result<UnixTime> {
    let wrong = || anyhow!("--at {text}: write 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970");
    if let Ok(seconds) = text.parse() {
        return UnixTime::new(seconds).ok_or_else(wrong);
    }
    if let Ok(date) = text.parse::<Date>() {
        return Ok(date.begins());
    }
    let instant: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
    u64::try_from(instant.as_second()).ok().and_then(UnixTime::new).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        let midnight = instant("2026-01-01").unwrap();
        assert_eq!(midnight.seconds(), 1_767_196_800);
        for same in [
            "1767196800",
            "2026-01-01T00:00:00+08:00",
            "2025-12-31T16:00:00Z",
            "2025-12-31T16:00:00.5Z",
            "2025-12-31T10:30:00-05:30",
        ] {
            assert_eq!(instant(same).unwrap(), midnight, "{same}");
        }
        for bad in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T0:0:0Z",
            "2026-01-01T00:00:00+8:00",
            "-1",
        ] {
            assert!(instant(bad).is_err(), "{bad}");
        }
    }
}
