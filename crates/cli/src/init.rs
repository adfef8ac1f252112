use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use boyin::suite::SystemRandom;
use boyin::{Home, Office, Setup};
use serde::Deserialize;
use serde_json::json;

use crate::Exit;
use crate::args::{DEFAULT_LISTEN, Init};
use crate::context::{Session, now};
use crate::demo::sample;
use crate::files;
use crate::output::json_line;

/// A file of offices, as `offices.toml` in a data directory.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offices {
    office: Vec<Office>,
}

/// `init`
pub(crate) fn run(session: &Session, args: Init, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let setup = setup(args)?;
    let dir = &session.global.home;
    let home = Home::create(dir, &setup, &session.new_passphrase()?, now()?, &mut SystemRandom)?;
    if session.json() {
        let value = json!({
            "home": dir.display().to_string(), "offices": home.offices().len(), "anchor": home.anchor().kid,
        });
        json_line(out, &value)?;
        return Ok(Exit::Done);
    }
    writeln!(out, "✓ {} is ready (数据目录已建立): {} offices", dir.display(), home.offices().len())?;
    writeln!(out, "  anchor {}: give trust/anchor.json to everybody who verifies", home.anchor().kid)?;
    writeln!(
        out,
        "  Keep the passphrase and a backup of keys/ apart from the data: without them nothing opens."
    )?;
    writeln!(out, "  Next: boyin license issue --office CODE --who NAME --purpose TEXT FORM.json")?;
    Ok(Exit::Done)
}

/// The arguments are complete: the parser requires them unless the sample is wanted.
fn setup(args: Init) -> anyhow::Result<Setup> {
    let Init { authority, authority_code, division, offices, catalog, public_url, suite, .. } = args;
    match (authority, authority_code, division, offices, &public_url) {
        (Some(authority), Some(authority_code), Some(division), Some(offices), Some(public_url)) => {
            let offices = read_offices(&offices)?;
            let catalog = catalog.as_deref().map(read_text).transpose()?;
            Ok(Setup {
                authority,
                authority_code,
                division,
                public_url: public_url.clone(),
                suite,
                offices,
                catalog,
            })
        }
        _ => Ok(sample::setup(public_url.unwrap_or_else(|| format!("http://{DEFAULT_LISTEN}")), suite)),
    }
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(files::read(path)?).with_context(|| format!("{} is not text", files::name(path)))
}

fn read_offices(path: &Path) -> anyhow::Result<Vec<Office>> {
    offices(&read_text(path)?).with_context(|| files::name(path))
}

/// Reads the text of a file of offices.
pub(crate) fn offices(text: &str) -> Result<Vec<Office>, toml::de::Error> {
    Ok(toml::from_str::<Offices>(text)?.office)
}
