use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use boyin::face::{Emblem, Templates};
use boyin::model::time::{Date, UnixTime};
use boyin::{DocumentKind, DocumentMaking, Font};
use serde_json::json;

use super::args::Make;
use crate::context::Session;
use crate::output::json_line;
use crate::{Exit, files, seal};

/// Dots to the inch of the picture.
const DPI: u16 = 150;

/// `ofd make`
pub(super) fn run(session: &Session, args: &Make, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let outputs = [Some(args.out.as_path()), args.pdf.as_deref(), args.png.as_deref()];
    let outputs: Vec<_> = outputs.into_iter().flatten().collect();
    let inputs: Vec<_> = args.template.iter().chain(&args.emblem).map(PathBuf::as_path).collect();
    // Found out before the seal is used.
    files::check_outputs(&outputs, &inputs)?;
    let kind = match &args.copy_until {
        None => DocumentKind::Original,
        Some(until) => DocumentKind::Copy { until: last_instant(until)? },
    };
    let font = Font::find_for_pages().context("a license is drawn with a font")?;
    let templates = templates(&args.template)?;
    let emblem = args.emblem.as_deref().map(emblem).transpose()?;
    let making = DocumentMaking { font: &font, templates: &templates, emblem: emblem.as_ref() };
    let (_, desk) = session.desk()?;
    let made = desk.license_document(&args.id, kind, &making, args.seal, &seal::order(&args.actor)?)?;
    // The document first: it is the one that was sealed.
    files::write_new(&args.out, &made.bytes)?;
    if let Some(path) = &args.pdf {
        files::write_new(path, &made.pdf()?)?;
    }
    if let Some(path) = &args.png {
        files::write_new(path, &made.png(0, DPI)?)?;
    }
    if session.json() {
        let value = json!({
            "at": made.at.seconds(), "bytes": made.bytes.len(), "event": made.event,
            "out": args.out.display().to_string(), "replayed": made.replayed, "seal": made.seal.to_string(),
        });
        json_line(out, &value)?;
    } else {
        let what = if kind == DocumentKind::Original {
            "Sealed (已用印)"
        } else {
            "Annotated copy (加注件), sealed"
        };
        writeln!(out, "{what}: {}, {} bytes", args.out.display(), made.bytes.len())?;
        writeln!(out, "  {:<9} {}, event {}, {}", "seal", made.seal, made.event, made.at)?;
    }
    Ok(Exit::Done)
}

/// The last instant of a copy: that of a day is its end.
fn last_instant(text: &str) -> anyhow::Result<UnixTime> {
    match text.parse::<Date>() {
        Ok(day) => Ok(day.ends().minus(1)),
        Err(_) => crate::verify::instant(text)
            .map_err(|_| anyhow!("--copy-until {text}: write 2026-12-31 or 2026-12-31T18:00:00+08:00")),
    }
}

fn templates(paths: &[PathBuf]) -> anyhow::Result<Templates> {
    let mut templates = Templates::built_in();
    for path in paths {
        let refused = || format!("the template {} is refused", path.display());
        let text = String::from_utf8(files::read(path)?).with_context(refused)?;
        templates.add(&text).with_context(refused)?;
    }
    Ok(templates)
}

fn emblem(path: &Path) -> anyhow::Result<Emblem> {
    Emblem::new(files::read(path)?).with_context(|| format!("the emblem {} is refused", path.display()))
}

#[cfg(test)]
mod tests {
    use super::last_instant;

    #[test]
    fn a_copy_may_be_used_until_the_end_of_its_day() {
        let told = |text| last_instant(text).unwrap().to_string();
        assert_eq!(told("2026-12-31"), "2026-12-31T23:59:59+08:00");
        assert_eq!(told("2026-12-31T18:00:00+08:00"), "2026-12-31T18:00:00+08:00");
        assert!(last_instant("soon").unwrap_err().to_string().contains("--copy-until soon"));
    }
}
