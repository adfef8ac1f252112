//! `boyin present …` and `boyin bundle …`

pub(crate) mod args;
pub(crate) mod bundle;
mod check;
mod memory;

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use boyin::model::time::UnixTime;
use boyin::show_fields;
use boyin::suite::SystemRandom;
use boyin_picture::Code;
use boyin_present::limits::{QR_BUDGET_BYTES, QR_MAX_VERSION};
use boyin_present::{Presented, to_text};
use serde_json::json;

use self::args::{Make, Present};
use crate::context::{Session, now};
use crate::license::on_file;
use crate::output::json_line;
use crate::{Exit, files};

/// `present …`
pub(crate) fn run(session: &Session, command: Present, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Present::Make(args) => make(session, &args, out),
        Present::Check(args) => check::run(session, &args, out),
    }
}

/// How a code is written into a file.
#[derive(Clone, Copy)]
enum Kind {
    Png,
    Svg,
    Text,
}

impl Kind {
    fn of(path: &Path) -> anyhow::Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("png") => Ok(Self::Png),
            Some("svg") => Ok(Self::Svg),
            Some("txt") => Ok(Self::Text),
            Some(_) | None => bail!("{}: a name that ends in .png, .svg or .txt", path.display()),
        }
    }
}

fn make(session: &Session, args: &Make, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let file = match &args.out {
        Some(path) => {
            files::check_free(path)?;
            Some((path, Kind::of(path)?))
        }
        None => None,
    };
    let (shown, expires) = shown(session, args)?;
    let compact = shown.encode(QR_BUDGET_BYTES)?;
    let text = to_text(&compact);
    let code = Code::draw(&text, QR_MAX_VERSION)?;
    if let Some((path, kind)) = file {
        let bytes = match kind {
            Kind::Png => code.png(args.pixels)?,
            Kind::Svg => code.svg().into_bytes(),
            Kind::Text => format!("{text}\n").into_bytes(),
        };
        files::write_new(path, &bytes)?;
    }
    if session.json() {
        let text = file.is_none().then_some(&text);
        let value = json!({
            "bytes": compact.len(), "expires": expires.map(UnixTime::seconds), "modules": code.modules(),
            "text": text, "version": code.version(),
        });
        json_line(out, &value)?;
    } else if let Some((path, _)) = file {
        writeln!(out, "✓ {} (亮证码已生成)", path.display())?;
        let (bytes, version, modules) = (compact.len(), code.version(), code.modules());
        writeln!(
            out,
            "  {bytes} bytes of {QR_BUDGET_BYTES}: QR code of version {version}, {modules} modules on a side"
        )?;
        if let Some(expires) = expires {
            writeln!(out, "  counts until {expires} (有效至)")?;
        }
    } else {
        writeln!(out, "{text}")?;
    }
    Ok(Exit::Done)
}

/// What is shown, and until when it counts.
fn shown(session: &Session, args: &Make) -> anyhow::Result<(Presented, Option<UnixTime>)> {
    let fields: Vec<_> = args.fields.iter().map(String::as_str).collect();
    let reader = session.reader(&args.by)?;
    if args.dynamic {
        let (_, desk) = session.desk()?;
        // Its minute begins when the passphrase is there.
        let at = now()?;
        let made = desk.present(&args.license, &fields, &args.by.purpose, &reader, at, &mut SystemRandom)?;
        let shown = Presented { license: made.license, statement: Some(made.statement) };
        return Ok((shown, Some(made.expires)));
    }
    let reading = session.reading()?;
    let found = on_file(reading.lookup.license(&args.license, &reader, now()?)?, &args.license)?;
    if let Err(report) = found.report.into_verified() {
        let code = report.verdict().reason().map(boyin::verify::Reason::code).unwrap_or_default();
        bail!("the license does not pass now ({code}): `boyin license verify` tells why");
    }
    let license = show_fields(&found.record.credential, &fields).context("nothing was made")?;
    Ok((Presented { license, statement: None }, None))
}
