use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use boyin::suite::SystemRandom;
use boyin::{Desk, DeskError, Order, Receipt};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::Exit;
use crate::args::Issue;
use crate::context::{Session, now};
use crate::files;
use crate::forms::Forms;
use crate::output::json_line;

/// `license issue`
pub(crate) fn run(session: &Session, args: &Issue, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let office = home.offices().iter().find(|office| office.code == args.office);
    let office = office.ok_or(DeskError::UnknownOffice(args.office))?;
    let forms = Forms::read(&args.form)?;
    forms.check(home.catalog(), office)?;
    let many = forms.forms.len() > 1;
    if let Some(path) = &args.out {
        prepare_out(path, many)?;
    }
    let desk = Desk::open(&home, &session.passphrase()?, now()?)?;
    let bar = if many { progress(forms.forms.len()) } else { ProgressBar::hidden() };
    let mut fresh = 0_usize;
    for form in &forms.forms {
        let order = Order {
            who: args.who.clone(),
            office: args.office,
            purpose: args.purpose.clone(),
            idempotency_key: forms.key(form, args.idempotency_key.as_deref()),
            at: now()?,
        };
        let receipt = desk.issue(&form.draft, &order, &mut SystemRandom);
        let receipt = receipt.with_context(|| stopped(many, form.line))?;
        fresh += usize::from(!receipt.replayed);
        bar.suspend(|| print(session, out, many.then_some(form.line), &receipt))?;
        if let Some(path) = &args.out {
            deliver(path, many, &receipt)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if many && !session.json() {
        let before = forms.forms.len() - fresh;
        writeln!(out, "{fresh} issued 新签发, {before} issued before 此前已签发")?;
    }
    Ok(Exit::Done)
}

fn stopped(many: bool, line: usize) -> String {
    if many {
        format!("stopped at line {line}; what was printed is issued and filed, run the same command to go on")
    } else {
        "not known to be issued; once mended, run the same command on the same file: nothing is issued twice"
            .to_owned()
    }
}

fn prepare_out(path: &Path, many: bool) -> anyhow::Result<()> {
    if !many {
        if path.is_dir() {
            bail!("{} is a directory: give the name of a new file", path.display());
        }
        return Ok(());
    }
    std::fs::create_dir_all(path).with_context(|| {
        format!("{} cannot be made: with several forms --out is a directory", path.display())
    })
}

fn deliver(path: &Path, many: bool, receipt: &Receipt) -> anyhow::Result<()> {
    let written = if many {
        files::write_new(&path.join(format!("{}.license", receipt.license_id)), &receipt.credential)
    } else {
        files::write_new(path, &receipt.credential)
    };
    let id = &receipt.license_id;
    written
        .with_context(|| format!("the license is issued; get it with `boyin license show {id} --out FILE`"))
}

fn print(
    session: &Session,
    out: &mut dyn Write,
    line: Option<usize>,
    receipt: &Receipt,
) -> std::io::Result<()> {
    let Receipt { license_id, event, at, replayed, .. } = receipt;
    if session.json() {
        let receipt = json!({
            "license_id": license_id.as_str(), "event": event, "at": at.seconds(),
            "replayed": replayed, "line": line,
        });
        json_line(out, &receipt)?;
    } else {
        let words = if *replayed { "issued before 此前已签发" } else { "issued 已签发" };
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        writeln!(out, "✓ {line}{license_id}  {words}, event {event}, {at}")?;
    }
    // An acknowledged act is told at once, whatever happens to the next one.
    out.flush()
}

/// A bar on standard error; hidden when that is not a terminal.
pub(crate) fn progress(length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}");
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
