//! What can be tried with the service that the demo runs: one command for each part. Tokens and numbers stand in files, not on command lines.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use boyin::issue::Draft;
use boyin::model::id::LicenseId;
use serde_json::{Value, json};

use super::{PURPOSE_SHOWN, WHO, client, home_of, passphrase_file};
use crate::files;

/// A form, and the license that was issued from it and is in force.
pub(super) struct Shown<'d> {
    pub(super) draft: &'d Draft,
    pub(super) license: &'d LicenseId,
}

/// Writes what the commands send, and prints the commands.
pub(super) fn invite(
    dir: &Path,
    address: SocketAddr,
    [clerk, client]: [&str; 2],
    shown: &Shown<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    write_files(dir, [clerk, client], shown)?;
    let (home, passphrase, license) = (home_of(dir), passphrase_file(dir), shown.license);
    let program = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.display().to_string()));
    let url = format!("http://{address}");
    writeln!(out, "\nOpen (打开) {url}/")?;
    writeln!(out, "Access token (访问令牌) {clerk}")?;
    writeln!(out, "In another terminal (在另一终端试试):")?;
    writeln!(out, "  cd '{}'; export PATH=\"$PATH:{}\"", dir.display(), program.unwrap_or_default())?;
    writeln!(
        out,
        "  export BOYIN_HOME='{}' BOYIN_PASSPHRASE_FILE='{}'",
        home.display(),
        passphrase.display()
    )?;
    let mut line = |what: &str, command: String| writeln!(out, "  {command}   # {what}");
    let decide = format!("curl -H @clerk.header -H 'Idempotency-Key: 1' -d @window.json {url}/v1/decisions");
    line("window 免证办", decide)?;
    line("meter 免提交率", format!("curl -H @clerk.header '{url}/v1/meter?by=item'"))?;
    line(
        "a holder's file 一人一档",
        format!("curl -H @clerk.header -d @file.json {url}/v1/holders/licenses"),
    )?;
    line(
        "share 共享, for ten minutes",
        format!("curl -H @client.header -d @share.json {url}/v1/shared/licenses"),
    )?;
    line(
        "a license 证照",
        format!("boyin license show {license} --disclosures --who {WHO} --purpose {PURPOSE_SHOWN}"),
    )?;
    writeln!(out, "Ctrl-C ends it (按 Ctrl-C 结束).")?;
    out.flush()?;
    Ok(())
}

fn write_files(dir: &Path, [clerk, client]: [&str; 2], shown: &Shown<'_>) -> anyhow::Result<()> {
    let Shown { draft, license } = shown;
    let holder = json!({ "holder_code_type": draft.holder.code_type, "holder_code": draft.holder.code });
    let window = json!({
        "item": "unemployment-registration", "division": draft.division, "purpose": PURPOSE_SHOWN,
        "parties": { "applicant": holder },
    });
    let mut file = holder;
    file.as_object_mut().context("it is an object")?.insert("purpose".to_owned(), json!(PURPOSE_SHOWN));
    let share = json!({ "license_id": license.as_str(), "item": client::ITEM, "purpose": PURPOSE_SHOWN });
    for (name, token) in [("clerk.header", clerk), ("client.header", client)] {
        files::write_new(&dir.join(name), format!("Authorization: Bearer {token}\n").as_bytes())?;
    }
    let bodies: [(&str, &Value); 3] =
        [("window.json", &window), ("file.json", &file), ("share.json", &share)];
    for (name, body) in bodies {
        files::write_new(&dir.join(name), body.to_string().as_bytes())?;
    }
    Ok(())
}
