//! Keys of the archive and its root secret.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use boyin::SecretSource;
use boyin::archive::Resealing;
use boyin::suite::SystemRandom;
use serde_json::json;

use crate::Exit;
use crate::args::{ReadBy, SecretIn};
use crate::context::{Session, order_by};
use crate::issue;
use crate::output::json_line;

/// `archive secret`
pub(super) fn secret(
    session: &Session,
    (place, module, token, pin_file): (SecretIn, Option<PathBuf>, Option<String>, Option<PathBuf>),
    by: &ReadBy,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let source = match (place, module, token) {
        (SecretIn::File, ..) => SecretSource::File,
        (SecretIn::Environment, ..) => SecretSource::Environment,
        (SecretIn::Pkcs11, Some(module), Some(token)) => SecretSource::Pkcs11 { module, token, pin_file },
        (SecretIn::Pkcs11, ..) => bail!("name the device with --module and its token with --token"),
    };
    change_secret(session, &source, by, out)
}

fn change_secret(
    session: &Session,
    source: &SecretSource,
    by: &ReadBy,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let order = order_by(&home, by.clone(), None, "root secret")?;
    let outcome = desk.change_archive_secret(source, &order, &mut SystemRandom)?;
    if session.json() {
        json_line(out, &json!({ "event": outcome.event }))?;
        return Ok(Exit::Done);
    }
    writeln!(out, "✓ The archive is under a new root secret. Start services again.")?;
    writeln!(out, "  Backups from before open with the old one: keep it as long as them, and no longer.")?;
    Ok(Exit::Done)
}

pub(super) fn rotate(session: &Session, by: &ReadBy, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let order = order_by(&home, by.clone(), None, "data key")?;
    desk.rotate_data_key(&order)?;
    let bar = issue::progress(0);
    let mut anew = 0_u64;
    while let Resealing::UnderWay { seen, sealed } = desk.reseal_step()? {
        bar.inc(u64::try_from(seen).unwrap_or(u64::MAX));
        anew = anew.saturating_add(u64::try_from(sealed).unwrap_or(u64::MAX));
    }
    bar.finish_and_clear();
    let outcome = desk.retire_data_keys(&order).context("the old data key is still there")?;
    let key = desk.archive().data_key();
    if session.json() {
        json_line(out, &json!({ "data_key": key, "sealed_anew": anew, "event": outcome.event }))?;
        return Ok(Exit::Done);
    }
    writeln!(
        out,
        "✓ Data key {key} is current; {anew} values are sealed anew, and the key before is destroyed."
    )?;
    writeln!(
        out,
        "  Backups from before open with the key before: destroy them when they have had their time."
    )?;
    Ok(Exit::Done)
}
