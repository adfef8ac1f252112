//! The archive: whether it opens, takes a write, and reads. `boyin archive check` reads all of it.

use boyin_archive::{Archive, FORMAT_VERSION, MAX_EVENTS, MAX_PAGE, OpenError, RootSecret, StoreError};

use super::{Dated, EVENT_LOG, Findings, STORE};
use crate::error::HomeError;
use crate::home::Home;
use crate::keyring::Passphrase;

const RESTORE: &str = "boyin archive check; if that finds faults, restore a backup: see docs/operations.md";
const OPEN: &str = "give the passphrase that it was made with; if the files are damaged, restore a backup";

/// Opens the archive for reading, after it was asked whether it takes a write.
pub(super) fn open(home: &Home, passphrase: &Passphrase, found: &mut Findings) -> Option<Archive> {
    let opened = home.archive_place().and_then(|place| {
        let snapshot = |secret: &RootSecret| place.snapshot(secret);
        home.keyring().with_archive_secret(passphrase, snapshot)
    });
    let (archive, next_secret) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            found.fail(STORE, error.to_string(), OPEN);
            return None;
        }
    };
    let engine = home.engine_name();
    // Opening it for writing would bring it to this release's format, which is a desk's to do.
    if archive.format() < FORMAT_VERSION {
        let detail = format!(
            "{engine}, format {}: the next desk brings it to format {FORMAT_VERSION}; writing was not tried",
            archive.format()
        );
        found.warn(STORE, detail, "make a backup before the first desk of this release opens it");
    } else if next_secret {
        let detail = format!("{engine}: a change of its root secret was not finished; writing was not tried");
        found.warn(STORE, detail, "let a desk open it, with any act or `boyin status renew`");
    } else {
        write(home, passphrase, found);
    }
    Some(archive)
}

fn write(home: &Home, passphrase: &Passphrase, found: &mut Findings) {
    let engine = home.engine_name();
    let opened = home.archive_place().and_then(|place| {
        let open = |secret: &RootSecret| place.open(secret);
        home.keyring().with_archive_secret(passphrase, open)
    });
    match opened.map(|(archive, _)| archive.writable()) {
        Ok(Ok(())) => found.ok(STORE, format!("{engine}, format {FORMAT_VERSION}, takes writes")),
        Ok(Err(error)) => found.fail(STORE, error.to_string(), RESTORE),
        Err(HomeError::Archive(OpenError::Store(StoreError::Locked))) => {
            let detail =
                format!("{engine}, format {FORMAT_VERSION}; a desk has it, so that writing was not tried");
            found.warn(STORE, detail, "ask that desk: GET /v1/health of `boyin serve --desk`");
        }
        Err(error) => found.fail(STORE, error.to_string(), OPEN),
    }
}

/// Reads the end of the log with its links, and some licenses.
pub(super) fn log(archive: &Archive, dated: &mut Dated, found: &mut Findings) {
    let read = || {
        let last = archive.last_event()?;
        let span = u64::try_from(MAX_EVENTS).unwrap_or(u64::MAX);
        let events = archive.events(last.checked_sub(span).filter(|after| *after > 0), MAX_EVENTS)?;
        let licenses = archive.list(None, None, MAX_PAGE)?.items.len();
        Ok::<_, boyin_archive::ArchiveError>((last, events, licenses))
    };
    match read() {
        Ok((last, events, licenses)) => {
            if let Some(at) = events.iter().map(|event| event.at).max() {
                dated.saw("an event", at);
            }
            let read = events.len();
            found
                .ok(EVENT_LOG, format!("the last {read} of {last} events and {licenses} licenses were read"));
        }
        Err(error) => found.fail(EVENT_LOG, error.to_string(), RESTORE),
    }
}
