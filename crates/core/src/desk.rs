use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use boyin_archive::{
    Act, Archive, ArchiveError, Change, Filing, Grade, LicenseRecord, StatusChange, StatusSlot,
};
use boyin_issue::{Assignment, Draft, License, SigningKey};
use boyin_model::alg::{Digest32, Randomness, VerifyAlg as _};
use boyin_model::id::{CreditCode, LicenseId};
use boyin_model::json;
use boyin_model::purpose::PROBE;
use boyin_model::status::StatusReference;
use boyin_model::time::UnixTime;
use boyin_model::trust::{IssuerKey, TrustList, in_force};
use boyin_suite::{Algorithm, ES256, all_jws};
use boyin_verify::{Context, Outcome, Reason, Report, StatusSnapshot, TrustSnapshot, Verifier};

use crate::config::{Config, Office};
use crate::error::{DeskError, HomeError};
use crate::home::Home;
use crate::in_force::{Known, ListStamps};
use crate::items::KnownItems;
use crate::keyring::{Keyring, Passphrase};

/// Draws of a free identifier and place before giving up.
pub(crate) const DRAWS: usize = 64;
/// Draws of a free place on one list. If all are taken, the next list begins: of a list half full that happens once in
/// 65,000 licenses, of one three quarters full once in a hundred.
const DRAWS_ON_A_LIST: usize = 16;
/// Random characters in a serial, after the date: 36⁸ for each office, license type and day.
const SERIAL_RANDOM_CHARS: usize = 8;

/// Who asks for what, for which office, and what for.
#[derive(Clone)]
pub struct Order {
    /// The person who acts.
    pub who: String,
    /// The office that acts.
    pub office: CreditCode,
    /// What for; goes into the event log.
    pub purpose: String,
    /// The same key means the same act: a repetition changes nothing and gives the first result.
    pub idempotency_key: String,
    /// When.
    pub at: UnixTime,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Order(..)")
    }
}

/// What an act of issue led to.
#[derive(Clone)]
pub struct Receipt {
    /// Identifier of the license.
    pub license_id: LicenseId,
    /// Number of the event in the log.
    pub event: u64,
    /// When it was issued.
    pub at: UnixTime,
    /// Whether the act had been done before.
    pub replayed: bool,
    /// The license in the compact serialization, with all disclosures.
    pub credential: Vec<u8>,
}

/// Shows the identifier only.
impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Receipt({}, ..)", self.license_id)
    }
}

/// Where acts are done: holds the archive and, once used, the private keys of the offices.
///
/// Only one desk can have a data directory open.
#[derive(Debug)]
pub struct Desk {
    pub(crate) config: Config,
    /// The catalog in force, once used.
    pub(crate) known_catalog: Mutex<Option<Known>>,
    /// The item catalog, once used.
    pub(crate) known_items: Mutex<Option<KnownItems>>,
    /// What was published of catalog and sharing list when the log was told of it.
    pub(crate) told_lists: Mutex<Option<ListStamps>>,
    pub(crate) offices: HashMap<CreditCode, Office>,
    pub(crate) keyring: Keyring,
    pub(crate) passphrase: Passphrase,
    pub(crate) home: Home,
    pub(crate) archive: Archive,
    verifier: Verifier,
    pub(crate) trust: RwLock<Arc<TrustSnapshot>>,
    pub(crate) status: RwLock<StatusSnapshot>,
    /// Keys of offices and of the trust list by their IDs, once used.
    pub(crate) keys: Mutex<HashMap<String, SigningKey>>,
    /// Keys of seals, of their maker and their authority, once used.
    pub(crate) seal_keys: Mutex<HashMap<String, SigningKey>>,
    pub(crate) publishing: Mutex<()>,
    /// The list in which each office's licenses get their places, once used.
    pub(crate) newest_list: Mutex<HashMap<CreditCode, String>>,
    overdue: Vec<(CreditCode, DeskError)>,
    pub(crate) opened: UnixTime,
}

/// Trust and status as they are in use at one moment: no status list takes the place of another one while it is held. Whoever holds it
/// publishes nothing and takes no second one.
pub(crate) struct InUse<'d> {
    verifier: &'d Verifier,
    trust: Arc<TrustSnapshot>,
    status: RwLockReadGuard<'d, StatusSnapshot>,
}

impl InUse<'_> {
    /// Verifies a license under the strictest policy.
    pub(crate) fn check(&self, credential: &[u8], at: UnixTime) -> Report {
        self.verifier.check(credential, &Context { now: at, trust: &self.trust, status: &self.status })
    }

    /// Number of the trust list.
    pub(crate) fn trust_list(&self) -> u64 {
        self.trust.list().sequence
    }

    /// When the status list of an office was made, if there is one.
    pub(crate) fn made_at(&self, office: CreditCode, uri: &str) -> Option<UnixTime> {
        self.status.made_at(office, uri)
    }
}

impl Desk {
    /// Opens the archive for writing and publishes the status lists and the trust list that need it.
    ///
    /// # Errors
    /// [`DeskError`]; another process that has the archive open is [`boyin_archive::StoreError::Locked`] within.
    pub fn open(home: &Home, passphrase: &Passphrase, now: UnixTime) -> Result<Self, DeskError> {
        let (_, trust) = home.trust()?;
        let (archive, _) = home.open_archive(passphrase)?;
        let archive = archive.with_record_key_memory(home.config().memory.of_record_keys());
        let offices = home.offices().iter().map(|office| (office.code, office.clone()));
        let mut desk = Self {
            config: home.config().clone(),
            known_catalog: Mutex::new(None),
            known_items: Mutex::new(None),
            told_lists: Mutex::new(None),
            offices: offices.collect(),
            keyring: home.keyring(),
            passphrase: passphrase.clone(),
            home: home.clone(),
            archive,
            verifier: Verifier::new(&all_jws()),
            trust: RwLock::new(Arc::new(trust)),
            status: RwLock::new(StatusSnapshot::default()),
            keys: Mutex::default(),
            seal_keys: Mutex::default(),
            publishing: Mutex::new(()),
            newest_list: Mutex::default(),
            overdue: Vec::new(),
            opened: now,
        };
        desk.load_status()?;
        desk.take_reads(now)?;
        desk.overdue = desk.renew_status_lists(now);
        Ok(desk)
    }

    /// The offices whose status lists could not be published when the desk was opened, and why; for the trust list, the
    /// office that keeps it. The others can act.
    #[must_use]
    pub fn overdue(&self) -> &[(CreditCode, DeskError)] {
        &self.overdue
    }

    /// The archive, for reading.
    #[must_use]
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    pub(crate) fn office(&self, code: CreditCode) -> Result<&Office, DeskError> {
        self.offices.get(&code).ok_or(DeskError::UnknownOffice(code))
    }

    /// The key with which the office signs what bears the instant `at`: the trust list says which one that is, the
    /// keyring where it is.
    pub(crate) fn key(&self, code: CreditCode, at: UnixTime) -> Result<SigningKey, DeskError> {
        self.office(code)?;
        let trust = self.trust();
        let entry = signing_entry(trust.list(), code, at);
        let entry = entry.ok_or(DeskError::NoKeyInForce { office: code, at })?;
        self.opened_key(code.as_str(), &entry.kid, &entry.alg)
    }

    /// Opening a key takes a deliberately slow derivation, or a login, so each is opened once, when first needed.
    pub(crate) fn opened_key(&self, owner: &str, kid: &str, alg: &str) -> Result<SigningKey, DeskError> {
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(kid).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let key = self.keyring.find(owner, kid, algorithm_of(alg)?, &self.passphrase)?;
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(kid.to_owned(), key.clone());
        Ok(key)
    }

    /// Issues a license: checks the form against the catalog in force, assigns identifier and status place, signs, verifies the result, files it.
    ///
    /// The same order again gives the first license back.
    ///
    /// # Errors
    /// [`DeskError::Catalog`] if the catalog in force does not let the type be issued; [`DeskError`]; the archive is then as
    /// it was.
    pub fn issue(
        &self,
        draft: &Draft,
        order: &Order,
        random: &mut dyn Randomness,
    ) -> Result<Receipt, DeskError> {
        let office = self.office(order.office)?;
        let act = act(order, request_digest(draft))?;
        if let Some(done) = self.archive.recall(&act)? {
            return self.receipt(&done);
        }
        let (license, act) = self.check_form(draft, office, act)?;
        let file = |filing: &Filing| self.archive.file(&act, filing);
        match self.issue_checked(&license, Grade::A, order, random, &file)? {
            // A twin may have finished first, with another license.
            (done, _) if done.replayed => self.receipt(&done),
            (done, record) => Ok(receipt(&done, record)),
        }
    }

    /// The rest of [`issue`](Self::issue), for a form without defect; `file` files what came of it, which is given back.
    pub(crate) fn issue_checked(
        &self,
        license: &License,
        grade: Grade,
        order: &Order,
        random: &mut dyn Randomness,
        file: &dyn Fn(&Filing) -> Result<boyin_archive::Outcome, ArchiveError>,
    ) -> Result<(boyin_archive::Outcome, LicenseRecord), DeskError> {
        for _ in 0..DRAWS {
            let assignment = self.assign(license, order, random)?;
            let credential = self.sign_and_check(license, &assignment, order, random)?;
            let filing = filing(license, &assignment, credential, grade, order.at);
            match file(&filing) {
                // Somebody else drew the same number or place: draw again.
                Err(ArchiveError::Conflict | ArchiveError::SlotTaken { .. }) => {}
                other => return Ok((other?, filing.record)),
            }
        }
        Err(DeskError::StatusListFull)
    }

    fn assign(
        &self,
        license: &License,
        order: &Order,
        random: &mut dyn Randomness,
    ) -> Result<Assignment, DeskError> {
        let serial = format!("{}{}", order.at.date().compact(), random_serial(random)?);
        let license_id = LicenseId::new(license.license_type().code, order.office, &serial, 1)
            .expect("digits and upper-case letters within the bound");
        self.assignment(license_id, order, random)
    }

    /// What the office assigns to a license besides its identifier.
    pub(crate) fn assignment(
        &self,
        license_id: LicenseId,
        order: &Order,
        random: &mut dyn Randomness,
    ) -> Result<Assignment, DeskError> {
        let status = self.draw_place(order.office, order.at, random)?;
        let seal = self.issuing_seal(order.office, order.at)?;
        Ok(Assignment { license_id, status, issued_at: order.at, seal })
    }

    /// A free place on the office's newest status list, at random, so that neighbors tell nothing.
    fn draw_place(
        &self,
        office: CreditCode,
        at: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<StatusReference, DeskError> {
        let mut uri = self.open_list(office)?;
        // Of an empty list every place is free.
        for _ in 0..2 {
            for _ in 0..DRAWS_ON_A_LIST {
                let mut bytes = [0; 4];
                random.fill(&mut bytes)?;
                // A power of two: every entry is equally likely.
                let index = u32::from_be_bytes(bytes) % self.config.status_list_entries;
                if self.archive.slot_is_free(&uri, index)? {
                    return Ok(StatusReference { uri, index });
                }
            }
            uri = self.next_list_after(office, &uri, at)?;
        }
        Err(DeskError::StatusListFull)
    }

    pub(crate) fn sign_and_check(
        &self,
        license: &License,
        assignment: &Assignment,
        order: &Order,
        random: &mut dyn Randomness,
    ) -> Result<Vec<u8>, DeskError> {
        self.catalog_at(order.at)?.list.admits(license.license_type(), order.at)?;
        let key = self.key(order.office, order.at)?;
        let prepared = license.prepare(assignment, key.reference(), random)?;
        let credential = prepared.sign(&key)?;
        match self.check(&credential, order.at).into_verified() {
            Ok(_) => Ok(credential),
            // A license for later days is issued today; nothing else may be wrong with it.
            Err(report) if only_too_early(&report) => Ok(credential),
            Err(report) => Err(DeskError::SelfCheck(report)),
        }
    }

    /// Verifies a license under the strictest policy, with what is in use at this desk.
    pub(crate) fn check(&self, credential: &[u8], at: UnixTime) -> Report {
        self.in_use().check(credential, at)
    }

    /// What is in use at this desk now.
    pub(crate) fn in_use(&self) -> InUse<'_> {
        let status = self.status.read().unwrap_or_else(PoisonError::into_inner);
        InUse { verifier: &self.verifier, trust: self.trust(), status }
    }

    pub(crate) fn receipt(&self, outcome: &boyin_archive::Outcome) -> Result<Receipt, DeskError> {
        let license_id = outcome.license.as_ref().ok_or(ArchiveError::NotFound)?;
        let record = self.archive.get(license_id)?.ok_or(ArchiveError::NotFound)?;
        Ok(receipt(outcome, record))
    }

    /// Revokes, suspends, restores, supersedes or cancels a license and publishes the office's status list.
    ///
    /// # Errors
    /// [`DeskError::ForeignLicense`] if another office issued it or its successor; [`ArchiveError::IllegalTransition`] within if its
    /// status does not allow it; [`DeskError::NotPublished`] if the change is filed but no list shows it yet; the others
    /// as they occur.
    pub fn change_status(
        &self,
        id: &LicenseId,
        change: &StatusChange,
        order: &Order,
    ) -> Result<boyin_archive::Outcome, DeskError> {
        self.office(order.office)?;
        issued_by(order.office, id, change)?;
        let StatusChange { change: what, reason, basis, retroactive, successor } = change;
        let successor = successor.as_ref().map_or("", LicenseId::as_str);
        let basis = basis.as_deref().unwrap_or_default();
        // What was asked for before there was another way to this status keeps its digest.
        let what = if *what == Change::Cancel { "canceled" } else { what.to().code() };
        let words = format!("{id}\0{what}\0{reason}\0{basis}\0{retroactive}\0{successor}");
        let request = ES256.digest(&[words.as_bytes()]);
        let outcome = self.archive.change_status(&act(order, request)?, id, change)?;
        match self.publish_changes(order.office, order.at) {
            Ok(()) => Ok(outcome),
            Err(source) => Err(DeskError::NotPublished { event: outcome.event, source: Box::new(source) }),
        }
    }

    /// Opens the keys of all offices, so that a later act does not wait and a missing key is found now.
    ///
    /// # Errors
    /// The first key that cannot be opened.
    pub fn unlock(&self) -> Result<(), DeskError> {
        let trust = self.trust();
        for code in self.offices.keys() {
            self.key(*code, self.opened)?;
            // A successor that is announced already must be there when its time comes.
            for entry in entries(trust.list(), *code).filter(|entry| entry.from > self.opened) {
                self.opened_key(code.as_str(), &entry.kid, &entry.alg)?;
            }
        }
        Ok(())
    }

    /// Whether the archive takes a write.
    ///
    /// # Errors
    /// What the archive says.
    pub fn probe_store(&self) -> Result<(), DeskError> {
        Ok(self.archive.writable()?)
    }

    /// Whether every opened key signs, and rightly.
    ///
    /// # Errors
    /// What the first failing signer says.
    pub fn probe_signers(&self) -> Result<(), DeskError> {
        let keys: Vec<_> = {
            let opened = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            opened.values().cloned().collect()
        };
        for key in keys {
            key.sign(PROBE)?;
        }
        Ok(())
    }
}

/// The keys of an office in the trust list.
pub(crate) fn entries(list: &TrustList, office: CreditCode) -> impl Iterator<Item = &IssuerKey> {
    list.issuers.iter().filter(move |issuer| issuer.code == office).flat_map(|issuer| &issuer.keys)
}

/// The key with which an office signs at an instant: of those in force the one that came last.
pub(crate) fn signing_entry(list: &TrustList, office: CreditCode, at: UnixTime) -> Option<&IssuerKey> {
    entries(list, office).filter(|key| in_force(key.from, key.until, at)).max_by_key(|key| key.from)
}

pub(crate) fn algorithm_of(alg: &str) -> Result<Algorithm, HomeError> {
    let known = Algorithm::ALL.into_iter().find(|known| known.verifier().id().jws == Some(alg));
    known.ok_or_else(|| HomeError::KeyMissing(alg.to_owned()))
}

pub(crate) fn act(order: &Order, request: Digest32) -> Result<Act, DeskError> {
    let Order { who, office, purpose, idempotency_key, at } = order.clone();
    Ok(Act::new(who, office, purpose, at, idempotency_key, request)?)
}

/// Refuses what another office issued, be it the license or the one that takes its place.
fn issued_by(office: CreditCode, id: &LicenseId, change: &StatusChange) -> Result<(), DeskError> {
    let foreign = std::iter::once(id).chain(&change.successor).find(|id| id.issuer() != office);
    foreign.map_or(Ok(()), |id| Err(DeskError::ForeignLicense(id.issuer())))
}

fn receipt(outcome: &boyin_archive::Outcome, record: LicenseRecord) -> Receipt {
    Receipt {
        license_id: record.id,
        event: outcome.event,
        at: outcome.at,
        replayed: outcome.replayed,
        credential: record.credential,
    }
}

fn only_too_early(report: &Report) -> bool {
    report
        .checks()
        .all(|(_, outcome)| matches!(outcome, Outcome::Passed | Outcome::NotPassed(Reason::NotYetValid, _)))
}

pub(crate) fn request_digest(draft: &Draft) -> Digest32 {
    ES256.digest(&[&json::canonical(draft)])
}

pub(crate) fn filing(
    license: &License,
    assignment: &Assignment,
    credential: Vec<u8>,
    grade: Grade,
    at: UnixTime,
) -> Filing {
    let StatusReference { uri, index } = assignment.status.clone();
    Filing {
        record: LicenseRecord {
            id: assignment.license_id.clone(),
            credential,
            holder_code_type: license.holder().code_type(),
            holder_name: license.holder_name().to_owned(),
            title: license.license_type().name.clone(),
            number: license.license_number().to_owned(),
            valid_until: license.valid_until(),
            grade,
            filed_at: at,
            slot: Some(StatusSlot { list: uri, index }),
        },
        holder: license.holder().clone(),
    }
}

fn random_serial(random: &mut dyn Randomness) -> Result<String, DeskError> {
    const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut serial = String::with_capacity(SERIAL_RANDOM_CHARS);
    while serial.len() < SERIAL_RANDOM_CHARS {
        let mut bytes = [0; 16];
        random.fill(&mut bytes)?;
        // 252 is the largest multiple of 36 in a byte: no character is likelier than another.
        let fair = bytes.into_iter().filter(|byte| *byte < 252).map(|byte| ALPHABET[usize::from(byte % 36)]);
        serial.extend(fair.map(char::from).take(SERIAL_RANDOM_CHARS - serial.len()));
    }
    Ok(serial)
}

#[cfg(test)]
mod tests {
    use boyin_model::id::LicenseTypeCode;

    use super::*;

    #[test]
    fn neither_a_license_nor_its_successor_is_another_offices() {
        let [own, other] =
            ["11100000000013338W", "11430000006122244L"].map(|code| CreditCode::parse(code).unwrap());
        let id = |office, serial| {
            let license_type = LicenseTypeCode::parse("11100000MB03271699001").unwrap();
            LicenseId::new(license_type, office, serial, 1).unwrap()
        };
        let by = |successor| StatusChange { successor, ..StatusChange::new(Change::Supersede, "换发") };
        assert!(issued_by(own, &id(own, "1"), &by(None)).is_ok());
        assert!(issued_by(own, &id(own, "1"), &by(Some(id(own, "2")))).is_ok());
        for (of, successor) in [(other, None), (other, Some(own)), (own, Some(other))] {
            let change = by(successor.map(|office| id(office, "2")));
            let refused = issued_by(own, &id(of, "1"), &change);
            assert!(matches!(refused, Err(DeskError::ForeignLicense(code)) if code == other), "{refused:?}");
        }
    }
}
