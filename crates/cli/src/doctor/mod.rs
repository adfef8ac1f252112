//! `boyin doctor`

pub(crate) mod args;

use std::io::Write;

use anyhow::Context as _;
use boyin::Font;
use boyin::doctor::{Examination, Finding, Level, examine};
use boyin::suite::SystemRandom;
use serde_json::json;

use self::args::Doctor;
use crate::Exit;
use crate::context::{Session, now};
use crate::engine;
use crate::output::json_line;
use crate::space;

/// `doctor`
pub(crate) fn run(session: &Session, args: &Doctor, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let passphrase = session.passphrase()?;
    let home = &session.global.home;
    let scratch = tempfile::Builder::new().prefix("boyin-doctor-").tempdir();
    let scratch = scratch.context("no temporary directory could be made")?;
    let examination = Examination {
        home,
        engines: engine::all(),
        overrides: &session.overrides,
        passphrase: &passphrase,
        now: now()?,
        scratch: scratch.path(),
        free_bytes: space::free_bytes(home),
        min_free_bytes: args.min_free.saturating_mul(1 << 20),
        font_fault: Font::find_for_pages().err().map(|error| error.to_string()),
    };
    let mut found = examine(&examination, &mut SystemRandom);
    scratch.close().context("the temporary directory could not be removed")?;
    found.push(space::temporary(args.min_temporary));
    let worst = found.iter().map(|finding| finding.level).max().unwrap_or(Level::Fail);
    if session.json() {
        let findings = found.iter().map(|finding| {
            json!({
                "check": finding.check,
                "level": finding.level.code(),
                "detail": finding.detail,
                "next_step": finding.next_step,
            })
        });
        let findings: Vec<_> = findings.collect();
        json_line(out, &json!({ "level": worst.code(), "findings": findings }))?;
    } else {
        print(out, &found, worst)?;
    }
    Ok(if worst == Level::Fail { Exit::Failed } else { Exit::Done })
}

fn print(out: &mut dyn Write, found: &[Finding], worst: Level) -> std::io::Result<()> {
    for Finding { check, level, detail, next_step } in found {
        let sign = match level {
            Level::Ok => '✓',
            Level::Warn => '!',
            Level::Fail => '✗',
        };
        writeln!(out, "{sign} {check:13} {detail}")?;
        if let Some(next_step) = next_step {
            writeln!(out, "  {:13} → {next_step}", "")?;
        }
    }
    let words = match worst {
        Level::Ok => "✓ fit for work (一切正常)",
        Level::Warn => "! fit for work, but see above (可以工作，但须留意)",
        Level::Fail => "✗ not fit for work: mend what failed above (不可工作)",
    };
    writeln!(out, "{words}")
}
