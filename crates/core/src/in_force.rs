//! By which lists a desk acts: the ones in force at the instant of the act, never older ones than it has acted by before, and
//! each told to the log before anything is done by it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use boyin_archive::{Act, Archive, ArchiveError, Note};
use boyin_issue::{Draft, License};
use boyin_model::alg::VerifyAlg as _;
use boyin_model::catalog::{Catalog, CatalogEntry, CatalogList};
use boyin_model::hex;
use boyin_model::id::{CreditCode, LicenseTypeCode};
use boyin_model::json;
use boyin_model::sharing::{ShareRefusal, ShareRequest, Shared, SharingEntry, sharing_decision};
use boyin_model::time::UnixTime;
use boyin_suite::ES256;
use boyin_verify::TrustError;
use serde_json::Value;

use crate::config::Office;
use crate::desk::{Desk, Order, act};
use crate::error::{DeskError, HomeError};
use crate::home::Home;
use crate::lists::{Counting, Held, ListKind};
use crate::rotation::check_words;

/// What events call the trust list.
pub(crate) const TRUST_NAME: &str = "trust";

/// The catalog by which a desk issues.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) list: CatalogList,
    /// Its types, as forms are checked against them.
    pub(crate) catalog: Catalog,
    /// What events say of it.
    pub(crate) named: String,
}

/// What a desk knows of the catalog, for as long as its file stays the same.
#[derive(Debug)]
pub(crate) struct Known {
    stamp: Stamp,
    in_force: Arc<InForce>,
    /// When a later one comes into force that is published already.
    until: Option<UnixTime>,
}

/// Tells whether a file is another one, or was written into.
#[derive(Clone, Copy, Debug)]
pub enum Stamp {
    /// There is no such file.
    Absent,
    /// When it was written last, its length, and what tells it from others of the same.
    File(SystemTime, u64, Node),
    /// It cannot be told: such a stamp is like no other one, not even another one of these.
    Unknown,
}

/// Number of a file, and when it was put there in seconds and nanoseconds: another file can be given length and time of the one
/// before.
type Node = (u64, i64, i64);

impl Stamp {
    /// Of the file that is there now.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(data) => data.modified().map_or(Self::Unknown, |at| Self::File(at, data.len(), node(&data))),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::Absent,
            Err(_) => Self::Unknown,
        }
    }
}

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) => true,
            (Self::File(at, length, node), Self::File(other_at, other_length, other_node)) => {
                (at, length, node) == (other_at, other_length, other_node)
            }
            (Self::Absent | Self::File(..) | Self::Unknown, _) => false,
        }
    }
}

#[cfg(unix)]
fn node(data: &fs::Metadata) -> Node {
    use std::os::unix::fs::MetadataExt as _;
    (data.ino(), data.ctime(), data.ctime_nsec())
}

#[cfg(not(unix))]
fn node(_: &fs::Metadata) -> Node {
    (0, 0, 0)
}

/// Stamps of what is published and kept of the catalog and of the sharing list.
pub(crate) type ListStamps = [Stamp; 4];

impl Home {
    pub(crate) fn list_stamps(&self) -> ListStamps {
        let (catalog, sharing) = (self.shelf::<CatalogEntry>(), self.shelf::<SharingEntry>());
        [catalog.list(), catalog.history(), sharing.list(), sharing.history()].map(|path| Stamp::of(&path))
    }
}

/// What was decided about a request to be given fields of licenses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareDecision {
    /// What may be given, or why nothing is.
    pub answer: Result<Shared, ShareRefusal>,
    /// Number of the event.
    pub event: u64,
}

impl Desk {
    /// The catalog that counts at `at`.
    ///
    /// # Errors
    /// [`HomeError::ListRollback`] within if an older list was put in the place of one that the log knows,
    /// [`HomeError::ListReplaced`] if another one, [`HomeError::File`] if one before the last is not kept; [`DeskError`].
    pub(crate) fn catalog_at(&self, at: UnixTime) -> Result<Arc<InForce>, DeskError> {
        let stamp = Stamp::of(&self.home.shelf::<CatalogEntry>().list());
        let mut known = self.known_catalog.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| known.stamp == stamp) {
            let in_time = boyin_model::trust::in_force(known.in_force.list.valid_from, known.until, at);
            if in_time {
                return Ok(Arc::clone(&known.in_force));
            }
        }
        let Counting { token, list, until } = self.counting::<CatalogEntry>(at)?;
        let (catalog, named) = (list.catalog(), named::<CatalogEntry>(list.sequence, &token));
        let in_force = Arc::new(InForce { list, catalog, named });
        *known = Some(Known { stamp, in_force: Arc::clone(&in_force), until });
        Ok(in_force)
    }

    /// Checks a form against the catalog in force, and says under which one the act is done.
    pub(crate) fn check_form(
        &self,
        draft: &Draft,
        office: &Office,
        act: Act,
    ) -> Result<(License, Act), DeskError> {
        let in_force = self.catalog_at(act.at())?;
        let checked = draft.check(&in_force.catalog, office.code, &office.name);
        Ok((checked.map_err(DeskError::Defects)?, act.under(&in_force.named)))
    }

    /// The list that counts at `at`, which the log has, as it has each that is announced for later.
    fn counting<E: ListKind>(&self, at: UnixTime) -> Result<Counting<E>, DeskError> {
        let newest = self.published::<E>(at)?;
        self.home.counting(newest, at, |sequence, token| -> Result<(), DeskError> {
            if self.is_logged::<E>(sequence, token)? == Some(true) {
                return Ok(());
            }
            let path = self.home.shelf::<E>().list();
            Err(HomeError::ListReplaced { path, sequence }.into())
        })
    }

    /// The list published last, once the log has it and all before it.
    fn published<E: ListKind>(&self, now: UnixTime) -> Result<Held<E>, DeskError> {
        let held = self.home.list::<E>()?;
        let newest = held.list.sequence;
        // The log knows what the directory no longer has.
        if self.is_logged::<E>(newest + 1, &[])?.is_some() {
            let path = self.home.shelf::<E>().list();
            return Err(HomeError::ListRollback { path, found: newest, kept: newest + 1 }.into());
        }
        if self.is_logged::<E>(newest, &held.token)? == Some(true) {
            return Ok(held);
        }
        let mut missing = vec![(newest, held.token.clone(), held.list.clone())];
        let mut before = None;
        // None is left out: what the log does not know could be taken away again, with all that came after it.
        for number in (1..newest).rev() {
            let (token, list) = self.home.list_numbered::<E>(number)?;
            if self.is_logged::<E>(number, &token)? == Some(true) {
                before = Some(list);
                break;
            }
            missing.push((number, token, list));
        }
        let journal = self.home.list_journal::<E>()?;
        for (number, token, list) in missing.into_iter().rev() {
            // An anchor that has handed over signs no list after those of its successor.
            if before.as_ref().is_some_and(|before| !list.may_replace(before)) {
                let path = self.home.shelf::<E>().list();
                return Err(HomeError::List { path, source: TrustError::NotByAnchor }.into());
            }
            let order = self.list_order::<E>(number, now, &journal);
            let note = Note::ListPublished(named::<E>(number, &token));
            self.archive.note(&act(&order, ES256.digest(&[&token]))?, note)?;
            before = Some(list);
        }
        Ok(held)
    }

    /// Tells the log the catalog and the sharing list that were published last, and those before them that it does not have yet:
    /// [`Lookup`](crate::Lookup) gives nothing by a list that the log does not have. Of a kind of which there is none nothing is told.
    /// While their files stay as they were when all of that was done, nothing is read again.
    ///
    /// # Errors
    /// [`HomeError::ListRollback`], [`HomeError::ListReplaced`] or [`HomeError::List`] within if one is not that which the log
    /// knows, or may not follow it; [`DeskError`].
    pub fn log_lists(&self, now: UnixTime) -> Result<(), DeskError> {
        // Before they are read: what changes meanwhile is read the next time.
        let stamps = self.home.list_stamps();
        let mut told = self.told_lists.lock().unwrap_or_else(PoisonError::into_inner);
        if *told == Some(stamps) {
            return Ok(());
        }
        self.log_list::<CatalogEntry>(now)?;
        self.log_list::<SharingEntry>(now)?;
        *told = Some(stamps);
        Ok(())
    }

    /// Tells the log the trust list that was published last, and when, so that clients can be told of it. Verifiers ask for the list
    /// itself.
    ///
    /// # Errors
    /// [`ArchiveError::IdempotencyConflict`] within if the log knows another list under its number; [`DeskError`].
    pub(crate) fn log_trust_list(&self) -> Result<(), DeskError> {
        let (token, trust) = self.home.trust()?;
        let (number, at) = (trust.list().sequence, trust.list().issued_at);
        let (office, key) = (self.config.authority_code, format!("{TRUST_NAME}-list-{number}"));
        let act = Act::new("desk", office, "启用清单", at, key, ES256.digest(&[&token]))?;
        self.archive.note(&act, Note::ListPublished(named_list(TRUST_NAME, number, &token)))?;
        Ok(())
    }

    fn log_list<E: ListKind>(&self, now: UnixTime) -> Result<(), DeskError> {
        match self.published::<E>(now) {
            Ok(_) | Err(DeskError::Home(HomeError::NoList(_))) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether the log has a list of this number, and whether it is this one.
    fn is_logged<E: ListKind>(&self, number: u64, token: &[u8]) -> Result<Option<bool>, DeskError> {
        match logged::<E>(&self.archive, self.config.authority_code, number, token)? {
            Some(false) if !token.is_empty() => {
                let path = self.home.shelf::<E>().list();
                Err(HomeError::ListReplaced { path, sequence: number }.into())
            }
            known => Ok(known),
        }
    }

    /// Who signed the list, and what for, as the journal has it.
    fn list_order<E: ListKind>(&self, number: u64, now: UnixTime, journal: &str) -> Order {
        let lines = journal.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let signed = lines.into_iter().find(|line| line["deed"] == "sign" && line["sequence"] == number);
        let word = |name: &str, instead: &str| {
            let found = signed.as_ref().and_then(|line| line[name].as_str());
            found.unwrap_or(instead).to_owned()
        };
        Order {
            who: word("who", "desk"),
            office: self.config.authority_code,
            purpose: word("purpose", "启用清单"),
            idempotency_key: list_key::<E>(number),
            at: now,
        }
    }

    /// Decides whether the office of the order is given these fields of a license type for a service item, and tells the log
    /// before it answers. Nothing of anybody's is read. A repetition is the same question at the same instant under the same
    /// lists, so that it has the answer that is in the log.
    ///
    /// # Errors
    /// [`HomeError::NoList`] within if there is no sharing list or catalog yet; [`ArchiveError::IdempotencyConflict`] within if
    /// the key is that of another question; who or what for is missing; [`DeskError`]. Nothing is given then.
    pub fn decide_sharing(
        &self,
        item: &str,
        license_type: LicenseTypeCode,
        fields: &[&str],
        order: &Order,
    ) -> Result<ShareDecision, DeskError> {
        let (agency, at) = (order.office, order.at);
        let request = ShareRequest { agency, item, license_type, fields, at, purpose: &order.purpose };
        check_words(order)?;
        let Counting { token, list, .. } = self.counting::<SharingEntry>(at)?;
        let catalog = self.catalog_at(at)?;
        // All that the answer depends on.
        let lists = [named::<SharingEntry>(list.sequence, &token), catalog.named.clone()];
        let asked = json::canonical(&(at.seconds(), fields, item, license_type.as_str(), lists));
        let act = act(order, ES256.digest(&[&asked]))?;
        let answer = sharing_decision(&list, &catalog.list, &request);
        // What the requester wrote is told only as far as the lists know it.
        let shown = if list.entries.iter().any(|entry| entry.item == item) { item } else { "?" };
        let told = match &answer {
            Ok(Shared { fields, withheld, .. }) => {
                format!("allowed {shown} {license_type} {}; {withheld} withheld", fields.join(","))
            }
            Err(refusal) => format!("refused {shown} {license_type} {}", refusal.code()),
        };
        let note = Note::SharingDecided(format!("{told} by sharing {}", list.sequence));
        Ok(ShareDecision { answer, event: self.archive.note(&act, note)?.event })
    }
}

fn list_key<E: ListKind>(number: u64) -> String {
    format!("{}-list-{number}", E::NAME)
}

/// Whether the log has a list of this number of the office that keeps the trust list, and whether it is this one.
pub(crate) fn logged<E: ListKind>(
    archive: &Archive,
    office: CreditCode,
    number: u64,
    token: &[u8],
) -> Result<Option<bool>, ArchiveError> {
    let request = ES256.digest(&[token]);
    let act = Act::new("desk", office, "启用清单", UnixTime::MAX, list_key::<E>(number), request);
    match archive.recall(&act.expect("these words are words")) {
        Ok(found) => Ok(found.map(|_| true)),
        Err(ArchiveError::IdempotencyConflict { .. }) => Ok(Some(false)),
        Err(error) => Err(error),
    }
}

/// A list as events name it: kind, number, digest.
fn named<E: ListKind>(sequence: u64, token: &[u8]) -> String {
    named_list(E::NAME, sequence, token)
}

fn named_list(name: &str, sequence: u64, token: &[u8]) -> String {
    format!("{name} {sequence} sha-256:{}", hex::encode(&ES256.digest(&[token])))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn another_file_of_the_same_length_and_time_has_another_stamp() {
        let dir = tempfile::tempdir().unwrap();
        let (place, other) = (dir.path().join("list.jwt"), dir.path().join("other"));
        fs::write(&place, "one").unwrap();
        let (stamp, time) = (Stamp::of(&place), fs::metadata(&place).unwrap().modified().unwrap());
        assert_eq!(Stamp::of(&place), stamp);
        fs::write(&other, "two").unwrap();
        fs::File::options().write(true).open(&other).unwrap().set_modified(time).unwrap();
        fs::rename(&other, &place).unwrap();
        assert_eq!(fs::metadata(&place).unwrap().modified().unwrap(), time);
        assert_ne!(Stamp::of(&place), stamp);
    }

    #[test]
    fn a_stamp_that_cannot_be_told_is_like_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let absent = || Stamp::of(&dir.path().join("list.jwt"));
        assert_eq!(absent(), absent());
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        std::os::unix::fs::symlink(&other, &one).unwrap();
        std::os::unix::fs::symlink(&one, &other).unwrap();
        assert_ne!(Stamp::of(&one), Stamp::of(&one));
        assert_ne!(Stamp::of(&one), absent());
    }
}
