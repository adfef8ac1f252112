//! The directory itself: who may read it, how much room it has, whether its configuration is one.

use std::path::Path;

use super::{CONFIGURATION, DIRECTORY, Examination, FREE_WARNING_FACTOR, Findings, SPACE, TRUST_LIST};
use crate::config::CONFIG_FORMAT;
use crate::error::HomeError;
use crate::home::Home;

/// What nobody but its owner may open, beside the directory itself and each entry of [`KEYS`].
const PRIVATE: [&str; 5] = ["boyin.toml", "tokens.toml", "clients.toml", "officers.toml", "webhooks"];
const KEYS: &str = "keys";
const MAKE_PRIVATE: &str =
    "chmod 700 the directories and 600 the files, and ask who has read the keys meanwhile";
const FREE_SPACE: &str = "free space on this disk before it is full: see docs/operations.md";
const MEND_FILE: &str = "mend the file, or put it back from a backup";
const MEND_VARIABLE: &str = "give the variable another value, or take it out of the environment";

pub(super) fn permissions(home: &Path, found: &mut Findings) {
    let before = found.count();
    let mut places = vec![home.to_owned(), home.join(KEYS)];
    places.extend(PRIVATE.iter().map(|name| home.join(name)).filter(|path| path.exists()));
    let entries = std::fs::read_dir(home.join(KEYS)).into_iter().flatten();
    let mut keys: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    keys.sort();
    places.extend(keys);
    for place in places {
        let name = place.strip_prefix(home).unwrap_or(&place).display();
        match open_to_others(&place) {
            Ok(false) => {}
            Ok(true) if place == home => {
                found.fail(DIRECTORY, "others than its owner may enter the data directory", MAKE_PRIVATE);
            }
            Ok(true) => found.fail(DIRECTORY, format!("others than its owner may open {name}"), MAKE_PRIVATE),
            Err(error) => found.fail(DIRECTORY, format!("{}: {error}", place.display()), MEND_FILE),
        }
    }
    if found.count() == before {
        found.ok(DIRECTORY, "its owner alone may open it and its keys");
    }
}

/// Whether the mode lets anybody in but the owner.
#[cfg(unix)]
fn open_to_others(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o077;
    Ok(std::fs::metadata(path)?.permissions().mode() & OTHERS != 0)
}

/// Where there are no modes, only whether it is there.
#[cfg(not(unix))]
fn open_to_others(path: &Path) -> std::io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}

pub(super) fn space(examination: &Examination<'_>, found: &mut Findings) {
    let min = examination.min_free_bytes;
    let mib = |bytes: u64| bytes >> 20;
    let Some(free) = examination.free_bytes else {
        return found.warn(SPACE, "how much is free is not known here", FREE_SPACE);
    };
    let detail = format!("{} MiB are free, at least {} should be", mib(free), mib(min));
    if free < min {
        found.fail(SPACE, detail, FREE_SPACE);
    } else if free < min.saturating_mul(FREE_WARNING_FACTOR) {
        found.warn(SPACE, detail, FREE_SPACE);
    } else {
        found.ok(SPACE, detail);
    }
}

/// Reads the configuration as every command does. Without one nothing in the directory can be looked at.
pub(super) fn configuration(examination: &Examination<'_>, found: &mut Findings) -> Option<Home> {
    let overrides = examination.overrides;
    let home = match Home::open_with(examination.home, examination.engines.clone(), overrides) {
        Ok(home) => home,
        Err(error) => {
            let (check, next) = if matches!(error, HomeError::NotAHome(_)) {
                (
                    DIRECTORY,
                    "name the data directory with --home or BOYIN_HOME, or make one with `boyin init`",
                )
            } else if matches!(error, HomeError::NewerFormat { .. }) {
                (DIRECTORY, "use the release that wrote it, or a newer one")
            } else if matches!(error, HomeError::Anchor(_)) {
                (TRUST_LIST, MEND_FILE)
            } else if matches!(error, HomeError::Override(_)) {
                (CONFIGURATION, MEND_VARIABLE)
            } else {
                (CONFIGURATION, MEND_FILE)
            };
            found.fail(check, format!("{error}. Nothing else in the directory was looked at"), next);
            return None;
        }
    };
    let before = found.count();
    if home.offices().is_empty() {
        found.fail(CONFIGURATION, "offices.toml names no office", "name the offices that issue");
    }
    let webhooks = home.webhooks();
    let mut told = webhooks.iter().flatten();
    // The names of officers and readers are people's: which file it is has to be enough.
    let others = [
        ("tokens.toml", home.tokens().is_ok()),
        ("officers.toml", home.officers().is_ok()),
        ("clients.toml", home.clients().is_ok()),
        ("webhooks/list.toml", webhooks.is_ok()),
        ("webhooks/state", told.all(|webhook| home.webhook_progress(&webhook.client).is_ok())),
    ];
    for (name, _) in others.iter().filter(|(_, good)| !good) {
        found.fail(CONFIGURATION, format!("{name} cannot be read"), MEND_FILE);
    }
    if found.count() == before {
        let (offices, given) = (home.offices().len(), overrides.names());
        let given = if given.is_empty() { String::new() } else { format!(", with {}", given.join(", ")) };
        found.ok(CONFIGURATION, format!("format {CONFIG_FORMAT}, {offices} offices{given}"));
    }
    Some(home)
}
