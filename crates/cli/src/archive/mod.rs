//! `boyin archive …`

pub(crate) mod args;
mod copy;
mod keys;

use std::io::Write;
use std::path::{Path, PathBuf};

use boyin::archive::{CheckProgress, CheckReport};
use boyin::{BackupKeys, BackupProgress, BackupReport, HomeBackup};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use self::args::{Backup, BackupKeyFiles, Verify};
use crate::Exit;
use crate::args::{Archive, ArchiveKey};
use crate::context::{Session, now};
use crate::output::{self, json_line};

/// Faults that a person is shown; programs get all that the report has.
const SHOWN: usize = 50;

/// `archive …`
pub(crate) fn run(session: &Session, command: Archive, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Archive::Check => check(session, out),
        Archive::Backup(Backup { verify: Some(Verify::Verify { backup, keys }), .. }) => {
            verify(session, &backup, &keys, out)
        }
        Archive::Backup(Backup { verify: None, dir, previous, with_keys }) => {
            let keys = if with_keys { BackupKeys::Include } else { BackupKeys::LeaveOut };
            let dir = dir.ok_or_else(|| anyhow::anyhow!("name the new directory for the backup"))?;
            back_up(session, &dir, previous.as_deref(), keys, out)
        }
        Archive::Key(ArchiveKey::Rotate { by }) => keys::rotate(session, &by, out),
        Archive::Secret { place, module, token, pin_file, by } => {
            keys::secret(session, (place, module, token, pin_file), &by, out)
        }
        Archive::Restore { backup, keys } => restore(session, &backup, &keys, out),
        Archive::Copy(args) => copy::run(session, &args, out),
    }
}

fn check(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let bar = bar("{wide_bar} {pos}/{len} {per_sec} {eta} {msg}");
    let report = home.check_archive(&session.passphrase()?, &mut |at| entries(&bar, at))?;
    bar.finish_and_clear();
    if session.json() {
        json_line(out, &check_json(&report))?;
    } else {
        print_check(out, &report)?;
    }
    Ok(verdict(report.sound()))
}

fn verdict(sound: bool) -> Exit {
    if sound { Exit::Done } else { Exit::Failed }
}

fn check_json(report: &CheckReport) -> Value {
    let faults = report.faults.iter().map(|fault| {
        json!({
            "table": fault.table.name(),
            "key": fault.key,
            "code": fault.kind.code(),
            "meaning": fault.kind.meaning(),
        })
    });
    json!({
        "sound": report.sound(),
        "entries": report.entries,
        "licenses": report.licenses,
        "last_event": report.last_event,
        "faults": faults.collect::<Vec<_>>(),
        "more_faults": report.more_faults,
    })
}

fn print_check(out: &mut dyn Write, report: &CheckReport) -> std::io::Result<()> {
    let CheckReport { entries, licenses, last_event, .. } = report;
    if report.sound() {
        return writeln!(
            out,
            "✓ {entries} entries are whole: {licenses} licenses, events up to {last_event} (档案完整)"
        );
    }
    let mut table = output::table(&["表 Table", "键 Key", "缺陷 Fault", "含义 Meaning"]);
    for fault in report.faults.iter().take(SHOWN) {
        table.add_row([fault.table.name(), &fault.key, fault.kind.code(), fault.kind.meaning()]);
    }
    writeln!(out, "{table}")?;
    let shown = report.faults.len().min(SHOWN);
    let count = u64::try_from(report.faults.len()).unwrap_or(u64::MAX).saturating_add(report.more_faults);
    writeln!(
        out,
        "✗ {count} fault(s) among {entries} entries, {shown} shown (档案有损): restore a backup, see docs/operations.md"
    )
}

fn back_up(
    session: &Session,
    dir: &Path,
    previous: Option<&Path>,
    keys: BackupKeys,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let bar = bar("{spinner} {binary_bytes} {binary_bytes_per_sec}");
    let passphrase = session.passphrase()?;
    let receipt =
        home.back_up(dir, previous, keys, &passphrase, now()?, &mut |bytes| bar.set_position(bytes))?;
    bar.finish_and_clear();
    let (manifest, dir) = (&receipt.manifest, dir.display());
    let (files, bytes, last_event) = (manifest.files.len(), manifest.bytes(), manifest.last_event);
    if session.json() {
        let made = json!({
            "backup": dir.to_string(),
            "made_at": manifest.made_at.seconds(),
            "last_event": last_event,
            "files": files,
            "bytes": bytes,
            "with_keys": keys == BackupKeys::Include,
            "left_out": receipt.left_out,
        });
        json_line(out, &made)?;
        return Ok(Exit::Done);
    }
    writeln!(out, "✓ {dir}: {files} files, {bytes} bytes, events up to {last_event} (备份完成)")?;
    if !receipt.left_out.is_empty() {
        writeln!(out, "Not in it, because unknown: {}", receipt.left_out.join(", "))?;
    }
    let about_keys = match keys {
        BackupKeys::LeaveOut => {
            "Keep the directory keys/ and the passphrase elsewhere: without them it opens nothing."
        }
        BackupKeys::Include => "The key files are in it: whoever has it and the passphrase has everything.",
    };
    writeln!(out, "{about_keys}")?;
    writeln!(out, "Next: boyin archive backup verify {dir}")?;
    Ok(Exit::Done)
}

/// The keys that were named, otherwise those of the data directory unless the backup has its own.
fn keys_of(session: &Session, backup: &Path, keys: &BackupKeyFiles) -> Option<PathBuf> {
    let inside = backup.join("data/keys").is_dir();
    keys.keys.clone().or_else(|| (!inside).then(|| session.global.home.join("keys")))
}

fn verify(session: &Session, dir: &Path, keys: &BackupKeyFiles, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let backup = HomeBackup::open(dir, keys_of(session, dir, keys).as_deref(), &session.passphrase()?)?;
    let bar = bar("{wide_bar} {pos}/{len} {per_sec} {eta} {msg}");
    let bytes = backup.manifest().bytes();
    let report = backup.verify(&mut |at| match at {
        BackupProgress::Files(read) => {
            bar.set_message("bytes");
            bar.set_length(bytes);
            bar.set_position(read);
        }
        BackupProgress::Entries(at) => entries(&bar, at),
        BackupProgress::Licenses(verified) => {
            bar.set_message("licenses");
            bar.set_position(verified);
        }
    })?;
    bar.finish_and_clear();
    if session.json() {
        json_line(out, &report_json(&report))?;
    } else {
        print_report(out, &report)?;
    }
    Ok(verdict(report.sound()))
}

fn report_json(report: &BackupReport) -> Value {
    let files = report.files.iter().map(|fault| json!({ "path": fault.path, "code": fault.kind.code() }));
    let licenses = report.licenses.iter().map(|fault| {
        json!({
            "license_id": fault.id.as_str(),
            "check": fault.check.code(),
            "reason": fault.reason.code(),
        })
    });
    json!({
        "sound": report.sound(),
        "files": files.collect::<Vec<_>>(),
        "archive": check_json(&report.archive),
        "verified": report.verified,
        "not_sealed": report.unsealed,
        "licenses": licenses.collect::<Vec<_>>(),
    })
}

fn print_report(out: &mut dyn Write, report: &BackupReport) -> std::io::Result<()> {
    for fault in report.files.iter().take(SHOWN) {
        writeln!(out, "✗ {fault}")?;
    }
    if !report.files.is_empty() {
        let count = report.files.len();
        return writeln!(out, "✗ {count} file(s) are damaged: use another backup (备份有损)");
    }
    print_check(out, &report.archive)?;
    for fault in report.licenses.iter().take(SHOWN) {
        writeln!(out, "✗ {} {}: {}", fault.id, fault.check.code(), fault.reason.code())?;
    }
    let (verified, wrong, unsealed) = (report.verified, report.licenses.len(), report.unsealed);
    let sign = if wrong == 0 { '✓' } else { '✗' };
    writeln!(
        out,
        "{sign} {verified} licenses verified with the trust list in the backup, {wrong} of them do not pass; \
         {unsealed} without a seal of their issuer (证照核验)"
    )
}

fn restore(
    session: &Session,
    dir: &Path,
    keys: &BackupKeyFiles,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let to = &session.global.home;
    let backup = HomeBackup::open(dir, keys_of(session, dir, keys).as_deref(), &session.passphrase()?)?;
    let bar = bar("{wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}");
    bar.set_length(backup.manifest().bytes());
    let last_event = backup.restore(to, &mut |bytes| bar.set_position(bytes))?;
    bar.finish_and_clear();
    let next_event = last_event.saturating_add(1);
    if session.json() {
        let made = json!({
            "home": to.display().to_string(),
            "made_at": backup.manifest().made_at.seconds(),
            "last_event": last_event,
            "next_event": next_event,
        });
        json_line(out, &made)?;
        return Ok(Exit::Done);
    }
    writeln!(
        out,
        "✓ {} holds the state of {}: events up to {last_event}, the next act is event {next_event} (恢复完成)\n\
         What was done after that is not in it. See docs/operations.md before an office works with it.",
        to.display(),
        backup.manifest().made_at,
    )?;
    Ok(Exit::Done)
}

fn entries(bar: &ProgressBar, at: CheckProgress) {
    bar.set_message(at.table.name());
    bar.set_length(at.total.max(at.done));
    bar.set_position(at.done);
}

/// On standard error; hidden when that is not a terminal.
fn bar(template: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    ProgressStyle::with_template(template).map_or(bar.clone(), |style| bar.with_style(style))
}
