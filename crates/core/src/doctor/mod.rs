//! Proves a data directory: what has to be right for an office to work tomorrow, looked at now, and the whole way of a license
//! gone once in a place of its own.
//!
//! Nothing is mended. Of the archive one entry that means nothing is written, as health does; keys sign what health has them sign.

mod directory;
mod lists;
mod rehearsal;
mod signers;
mod store;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use boyin_archive::Archive;
use boyin_model::alg::Randomness;
use boyin_model::catalog::CatalogEntry;
use boyin_model::sharing::SharingEntry;
use boyin_model::time::UnixTime;

use crate::config_overrides::Overrides;
use crate::engine::Engine;
use crate::home::Home;
use crate::keyring::Passphrase;

/// Bytes that have to be free where the data are: what opening an archive takes after its disk was full, and a day's work.
pub const MIN_FREE_BYTES: u64 = 1 << 30;
/// So many times [`MIN_FREE_BYTES`], or of what is asked for instead, should be free.
pub const FREE_WARNING_FACTOR: u64 = 4;
/// Days before its end by which a trust list should have been renewed; of a list that lasts less than four times as long, a
/// quarter of its time.
pub const TRUST_DAYS_LEFT: u64 = 7;

pub(crate) const DIRECTORY: &str = "directory";
pub(crate) const SPACE: &str = "free_space";
pub(crate) const CONFIGURATION: &str = "configuration";
pub(crate) const CLOCK: &str = "clock";
pub(crate) const TRUST_LIST: &str = "trust_list";
pub(crate) const CATALOG: &str = "catalog";
pub(crate) const SHARING: &str = "sharing";
pub(crate) const ITEMS: &str = "items";
pub(crate) const STORE: &str = "store";
pub(crate) const EVENT_LOG: &str = "event_log";
pub(crate) const STATUS_LISTS: &str = "status_lists";
pub(crate) const SIGNERS: &str = "signers";
pub(crate) const FONT: &str = "font";
pub(crate) const REHEARSAL: &str = "rehearsal";

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Work goes on, but not for long, or something was not looked at.
    Warn,
    /// Something does not work.
    Fail,
}

impl Level {
    /// In one word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check: `directory`, `free_space`, `configuration`, `clock`, `trust_list`, `catalog`, `sharing`, `items`, `store`,
    /// `event_log`, `status_lists`, `signers`, `font`, `rehearsal`. One that finds several things is there several times.
    pub check: &'static str,
    /// How it ended.
    pub level: Level,
    /// What was found. Nothing of a holder's stands in it.
    pub detail: String,
    /// What to do about it; `None` if nothing.
    pub next_step: Option<&'static str>,
}

/// What is looked at, and with what.
#[derive(Debug)]
pub struct Examination<'e> {
    /// The data directory.
    pub home: &'e Path,
    /// Engines that the archive may be in, beside RocksDB.
    pub engines: Vec<Arc<dyn Engine>>,
    /// Settings that count in place of the file's; their names are told.
    pub overrides: &'e Overrides,
    /// Opens its keys.
    pub passphrase: &'e Passphrase,
    /// The instant.
    pub now: UnixTime,
    /// A private, empty directory. What is left in it belongs to nobody: remove it.
    pub scratch: &'e Path,
    /// Bytes that are free where the data directory is; `None` if that is not known.
    pub free_bytes: Option<u64>,
    /// Fewest that have to be, such as [`MIN_FREE_BYTES`].
    pub min_free_bytes: u64,
    /// Why faces of licenses cannot be drawn here, as [`Font::find_for_pages`](crate::Font::find_for_pages) says it; `None` if they can.
    pub font_fault: Option<String>,
}

/// Makes every check, in a fixed order. What cannot be looked at because of something before it is named there.
#[must_use]
pub fn examine(examination: &Examination<'_>, random: &mut dyn Randomness) -> Vec<Finding> {
    let mut found = Findings::default();
    directory::permissions(examination.home, &mut found);
    directory::space(examination, &mut found);
    if let Some(home) = directory::configuration(examination, &mut found) {
        inside(&home, examination, &mut found);
    }
    match &examination.font_fault {
        None => found.ok(FONT, "faces of licenses can be drawn"),
        Some(fault) => found.warn(FONT, format!("no face of a license is drawn: {fault}"), FIND_FONT),
    }
    // Last: it opens archives with memory of its own.
    rehearsal::check(&examination.scratch.join("rehearsal"), examination.now, random, &mut found);
    found.0
}

fn inside(home: &Home, examination: &Examination<'_>, found: &mut Findings) {
    let (passphrase, now) = (examination.passphrase, examination.now);
    let mut dated = Dated::default();
    let trust = lists::trust(home, now, &mut dated, found);
    let archive = store::open(home, passphrase, found);
    let archive = archive.as_ref();
    if let Some(archive) = archive {
        store::log(archive, &mut dated, found);
    }
    lists::signed::<CatalogEntry>(home, archive, now, &mut dated, found);
    lists::signed::<SharingEntry>(home, archive, now, &mut dated, found);
    lists::items(home, found);
    match (trust, archive) {
        (Some((token, trust)), Some(archive)) => {
            signers::check(home, trust.list(), passphrase, now, found);
            lists::status(home, archive, (token, trust), now, &mut dated, found);
        }
        (Some((_, trust)), None) => {
            signers::check(home, trust.list(), passphrase, now, found);
            found.warn(STATUS_LISTS, "not looked at: the archive is not open", MEND_FIRST);
        }
        (None, _) => {
            found.warn(SIGNERS, "not looked at: there is no trust list to say who signs", MEND_FIRST);
            found.warn(STATUS_LISTS, "not looked at: there is no trust list", MEND_FIRST);
        }
    }
    lists::clock(&dated, now, found);
}

const FIND_FONT: &str =
    "install the package, or name a font file with BOYIN_PAGE_FONT where the service runs";
const MEND_FIRST: &str = "mend what failed above, and run `boyin doctor` again";

#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: &'static str, level: Level, detail: String, next_step: Option<&'static str>) {
        self.0.push(Finding { check, level, detail, next_step });
    }

    pub(crate) fn ok(&mut self, check: &'static str, detail: impl Into<String>) {
        self.add(check, Level::Ok, detail.into(), None);
    }

    pub(crate) fn warn(&mut self, check: &'static str, detail: impl Into<String>, next: &'static str) {
        self.add(check, Level::Warn, detail.into(), Some(next));
    }

    pub(crate) fn fail(&mut self, check: &'static str, detail: impl Into<String>, next: &'static str) {
        self.add(check, Level::Fail, detail.into(), Some(next));
    }

    /// How many there are, to see later whether something was found meanwhile.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// What bears an instant, with the latest of each kind: none may be later than now.
#[derive(Debug, Default)]
pub(crate) struct Dated(Vec<(&'static str, UnixTime)>);

impl Dated {
    pub(crate) fn saw(&mut self, what: &'static str, at: UnixTime) {
        self.0.push((what, at));
    }

    /// The latest of all.
    pub(crate) fn latest(&self) -> Option<(&'static str, UnixTime)> {
        self.0.iter().copied().max_by_key(|(_, at)| *at)
    }
}

/// The archive, if it opened.
pub(crate) type Opened<'a> = Option<&'a Archive>;
