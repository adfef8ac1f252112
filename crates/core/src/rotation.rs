//! From one key of an office to the next: made, announced in the trust list, used from its first instant, and at last
//! destroyed. The trust list alone says which key signs when; every step can be repeated after an interruption.

use std::sync::{Arc, PoisonError};

use boyin_archive::Note;
use boyin_issue::SigningKey;
use boyin_model::alg::{Randomness, VerifyAlg as _};
use boyin_model::id::CreditCode;
use boyin_model::json;
use boyin_model::purpose::{KeyPurpose, PROBE};
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};
use boyin_model::trust::{IssuerKey, in_force};
use boyin_suite::ES256;
use boyin_verify::{CLOCK_TOLERANCE_SECONDS, TrustSnapshot};

use crate::desk::{Desk, Order, act, algorithm_of, entries};
use crate::error::{DeskError, HomeError};
use crate::home::Home;
use crate::keyring::{CLIENT_KEY, Passphrase, TRUST_KEY, append, read_text};
use crate::keyring_limits::KeyLimits;
use crate::keyring_reference::{KeyReference, KeySource};

/// Most days by which a successor is announced ahead: beyond it a slip of the pen is likelier than a plan.
const MAX_LEAD_DAYS: u64 = 90;

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// An office: its keys sign licenses and status lists.
    Office(CreditCode),
    /// The trust list: its key is the anchor.
    TrustList,
}

impl KeyOwner {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Office(code) => code.as_str(),
            Self::TrustList => TRUST_KEY,
        }
    }

    fn purposes(self) -> &'static [KeyPurpose] {
        match self {
            Self::Office(_) => &[KeyPurpose::Licenses, KeyPurpose::StatusLists],
            Self::TrustList => &[KeyPurpose::TrustList],
        }
    }
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Made, but no trust list names it.
    Prepared,
    /// The trust list names it for a time to come.
    Announced,
    /// It signs.
    InForce,
    /// It signs no more; what it signed stays valid.
    Ended,
    /// Its private half was destroyed; what it signed stays valid.
    Retired,
}

impl KeyState {
    /// In one word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Announced => "announced",
            Self::InForce => "in-force",
            Self::Ended => "ended",
            Self::Retired => "retired",
        }
    }
}

/// What is known of a key.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// Whose it is.
    pub owner: KeyOwner,
    /// Key ID.
    pub kid: String,
    /// `alg` of its suite.
    pub alg: String,
    /// Where its private half is: `software`, `pkcs11`, `remote`.
    pub kind: &'static str,
    /// Where it is in its life.
    pub state: KeyState,
    /// First instant of use, of an office's key that the trust list names.
    pub from: Option<UnixTime>,
    /// First instant after use.
    pub until: Option<UnixTime>,
    /// What it may sign, if it is limited.
    pub limits: Option<KeyLimits>,
    /// Signatures so far, if they are counted.
    pub uses: Option<u64>,
}

/// What a rotation led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The new key.
    pub kid: String,
    /// Its first instant; the one before it ends there.
    pub from: UnixTime,
    /// Sequence of the trust list that says so.
    pub sequence: u64,
    /// Whether it had been done before.
    pub replayed: bool,
}

/// Why a key cannot be put in the place of another, or be retired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotationFault {
    /// No such office.
    #[error("no office with code {0} in this data directory: see offices.toml")]
    UnknownOffice(CreditCode),
    /// No such key.
    #[error("no key {0} of this owner is known here: make one with `boyin key new`, or see `boyin key list`")]
    UnknownKey(String),
    /// The key had its time.
    #[error("the key {0} has had its time: make a new one with `boyin key new`")]
    Over(String),
    /// A successor is announced already.
    #[error("the key {kid} is announced from {from} already: wait until then")]
    Pending {
        /// The successor.
        kid: String,
        /// Its first instant.
        from: UnixTime,
    },
    /// The instant of the change is too far away.
    #[error("{0} is more than 90 days ahead: choose an earlier instant")]
    TooFar(UnixTime),
    /// The key could not do its work.
    #[error("the limits of the key {0} do not let it do the work of its owner: make one with other limits")]
    Limits(String),
    /// The key is needed.
    #[error("the key {0} is in use or announced: give it a successor with `boyin key rotate` first")]
    Needed(String),
}

impl Home {
    /// Makes a key for an owner. It signs nothing until [`Desk::rotate_key`] or [`Home::rotate_anchor`] puts it in its
    /// place.
    ///
    /// # Errors
    /// [`RotationFault::UnknownOffice`] within; who or what for is missing; [`DeskError`].
    pub fn new_key(
        &self,
        owner: KeyOwner,
        source: &KeySource,
        limits: Option<&KeyLimits>,
        order: &Order,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<KeyReference, DeskError> {
        self.check_owner(owner)?;
        check_words(order)?;
        let made = self.keyring().create(owner.name(), source, limits, order.at, passphrase, random);
        let (reference, _) = made?;
        self.journal("new", owner.name(), &reference.kid, order)?;
        Ok(reference)
    }

    /// Makes the key with which this data directory asks remote signers.
    ///
    /// # Errors
    /// Who or what for is missing; [`DeskError`].
    pub fn new_client_key(
        &self,
        source: &KeySource,
        order: &Order,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<KeyReference, DeskError> {
        check_words(order)?;
        let (made, _) = self.keyring().create(CLIENT_KEY, source, None, order.at, passphrase, random)?;
        self.journal("new", CLIENT_KEY, &made.kid, order)?;
        Ok(made)
    }

    /// Every key that is known, by owner.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn keys(&self, now: UnixTime) -> Result<Vec<KeyView>, HomeError> {
        let (_, trust) = self.trust()?;
        let mut found = self.views(KeyOwner::TrustList, &self.anchor_entries()?, now)?;
        for office in self.offices() {
            let of_office: Vec<_> = entries(trust.list(), office.code).map(Entry::from).collect();
            found.extend(self.views(KeyOwner::Office(office.code), &of_office, now)?);
        }
        Ok(found)
    }

    fn views(&self, owner: KeyOwner, listed: &[Entry], now: UnixTime) -> Result<Vec<KeyView>, HomeError> {
        let references = self.keyring().references(owner.name())?;
        let mut found = Vec::new();
        for (name, reference) in &references {
            let entry = listed.iter().find(|entry| entry.kid == reference.kid);
            let state = match entry {
                _ if reference.retired_at.is_some() => KeyState::Retired,
                Some(entry) => entry.state(now),
                None => KeyState::Prepared,
            };
            found.push(KeyView {
                owner,
                kid: reference.kid.clone(),
                alg: reference.algorithm().to_string(),
                kind: reference.place.kind(),
                state,
                from: entry.and_then(|entry| entry.from),
                until: entry.and_then(|entry| entry.until),
                limits: reference.limits.clone(),
                uses: self.keyring().uses(name, reference)?,
            });
        }
        // Keys of the first release have no reference.
        let unknown = listed.iter().filter(|entry| found.iter().all(|known| known.kid != entry.kid));
        let old: Vec<_> = unknown.map(|entry| entry.view(owner, now)).collect();
        Ok(old.into_iter().chain(found).collect())
    }

    /// Destroys the private half of a key that signs no more, or never did. What it signed stays valid.
    ///
    /// # Errors
    /// [`RotationFault`] within if the key is unknown or needed; [`DeskError`].
    pub fn retire_key(
        &self,
        owner: KeyOwner,
        kid: &str,
        order: &Order,
        passphrase: &Passphrase,
    ) -> Result<(), DeskError> {
        self.check_owner(owner)?;
        check_words(order)?;
        let _alone = self.lock_trust()?;
        let keys = self.keys(order.at)?;
        let view = keys.iter().find(|view| view.owner == owner && view.kid == kid);
        let view = view.ok_or_else(|| fault(RotationFault::UnknownKey(kid.to_owned())))?;
        match view.state {
            KeyState::Retired => return Ok(()),
            KeyState::InForce | KeyState::Announced => {
                return Err(fault(RotationFault::Needed(kid.to_owned())).into());
            }
            KeyState::Prepared | KeyState::Ended => {}
        }
        let keyring = self.keyring();
        let known = keyring.references(owner.name())?.into_iter().find(|(_, known)| known.kid == kid);
        let (name, reference) = match known {
            Some(known) => known,
            None => {
                let key = keyring.find(owner.name(), kid, algorithm_of(&view.alg)?, passphrase)?;
                (owner.name().to_owned(), keyring.refer(owner.name(), &key, order.at)?)
            }
        };
        keyring.destroy(&name, &reference, passphrase, order.at)?;
        Ok(self.journal("retire", owner.name(), kid, order)?)
    }

    pub(crate) fn check_owner(&self, owner: KeyOwner) -> Result<(), HomeError> {
        match owner {
            KeyOwner::Office(code) if self.offices().iter().all(|office| office.code != code) => {
                Err(fault(RotationFault::UnknownOffice(code)))
            }
            KeyOwner::Office(_) | KeyOwner::TrustList => Ok(()),
        }
    }

    /// Opens a prepared key, lets it sign, and asks whether it may do the work of its owner.
    pub(crate) fn successor(
        &self,
        owner: KeyOwner,
        kid: &str,
        from: UnixTime,
        passphrase: &Passphrase,
    ) -> Result<SigningKey, DeskError> {
        let references = self.keyring().references(owner.name())?;
        let known = references.iter().find(|(_, reference)| reference.kid == kid);
        let (name, reference) = known.ok_or_else(|| fault(RotationFault::UnknownKey(kid.to_owned())))?;
        let limits = reference.limits.clone().unwrap_or_default();
        let used_up = limits.signatures.zip(self.keyring().uses(name, reference)?);
        if owner.purposes().iter().any(|purpose| limits.allow(*purpose, Some(from)).is_err())
            || used_up.is_some_and(|(limit, uses)| limit <= uses)
        {
            return Err(fault(RotationFault::Limits(kid.to_owned())).into());
        }
        let key = self.keyring().open_reference(name, reference, passphrase)?;
        key.sign(PROBE)?;
        Ok(key)
    }

    /// One line for each deed: who, for which office, what for, when.
    pub(crate) fn journal(&self, deed: &str, owner: &str, kid: &str, order: &Order) -> Result<(), HomeError> {
        let line = json::canonical(&serde_json::json!({
            "at": order.at.seconds(), "deed": deed, "kid": kid, "office": order.office.as_str(),
            "owner": owner, "purpose": order.purpose, "who": order.who,
        }));
        append(&self.dir().join("keys/journal.jsonl"), &line)
    }

    /// What was done to keys, oldest first: one JSON object in each line.
    ///
    /// # Errors
    /// [`HomeError`]; nothing was done yet if the file is missing.
    pub fn key_journal(&self) -> Result<String, HomeError> {
        read_text(&self.dir().join("keys/journal.jsonl"))
    }
}

impl Desk {
    /// Puts a prepared key in the place of the office's key, from an instant on: the next second, or `switch` if that is
    /// later. The trust list says so at once, and the event log who ordered it; the status list is signed anew as soon as the new
    /// key signs.
    ///
    /// Repeating it changes nothing more, and finishes what was interrupted.
    ///
    /// # Errors
    /// [`RotationFault`] within; [`DeskError::RotatedNotPublished`] if the trust list names the new key but the status list
    /// is not signed by it yet; [`DeskError`].
    pub fn rotate_key(
        &self,
        office: CreditCode,
        kid: &str,
        switch: Option<UnixTime>,
        order: &Order,
    ) -> Result<Rotation, DeskError> {
        check_words(order)?;
        // No list is signed between choosing the instant and publishing it: by which key would be a matter of luck.
        let _no_other_list = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let (rotation, snapshot) = self.publish_successor(office, kid, switch, order)?;
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        if !rotation.replayed {
            self.home.journal("rotate", office.as_str(), kid, order)?;
        }
        self.tell_rotation(office, &rotation, order)?;
        if rotation.from <= order.at.plus(CLOCK_TOLERANCE_SECONDS) {
            let made = rotation.from.max(order.at);
            let mut lists = self.lists_of(office)?.into_iter();
            let done = lists.try_for_each(|uri| self.publish_alone(office, &uri, made));
            done.map_err(|source| DeskError::RotatedNotPublished {
                from: rotation.from,
                source: Box::new(source),
            })?;
        }
        Ok(rotation)
    }

    /// Tells the log who gave the key its successor, and from when on. The same rotation again leaves no second event, and one
    /// that was cut short before it was told leaves it now.
    fn tell_rotation(&self, office: CreditCode, rotation: &Rotation, order: &Order) -> Result<(), DeskError> {
        let Rotation { kid, from, sequence, .. } = rotation;
        let request = json::canonical(&serde_json::json!([office.as_str(), kid, from.seconds()]));
        let order = Order { idempotency_key: format!("key-{kid}"), ..order.clone() };
        let told = format!("{office} {kid} from {from} by trust {sequence}");
        self.archive.note(&act(&order, ES256.digest(&[&request]))?, Note::SigningKeyRotated(told))?;
        Ok(())
    }

    fn publish_successor(
        &self,
        office: CreditCode,
        kid: &str,
        switch: Option<UnixTime>,
        order: &Order,
    ) -> Result<(Rotation, TrustSnapshot), DeskError> {
        let now = order.at;
        let _one_at_a_time = self.home.lock_trust()?;
        let (_, current) = self.home.trust()?;
        let listed: Vec<_> = entries(current.list(), office).cloned().collect();
        let same = listed.iter().find(|entry| entry.kid == kid).map(|entry| (entry.from, entry.until));
        if let Some((from, until)) = same {
            if until.is_some() {
                return Err(fault(RotationFault::Over(kid.to_owned())).into());
            }
            let sequence = current.list().sequence;
            return Ok((Rotation { kid: kid.to_owned(), from, sequence, replayed: true }, current));
        }
        if let Some(next) = listed.iter().find(|entry| now < entry.from) {
            return Err(fault(RotationFault::Pending { kid: next.kid.clone(), from: next.from }).into());
        }
        // An order of this very second may be under way with the old key; and a status list of the old key must not lie
        // in the time of the new one, or nobody would take it any more.
        let mut after_lists = now;
        for uri in self.lists_of(office)? {
            after_lists = after_lists.max(self.next_instant(office, &uri, now)?);
        }
        let newest = listed.iter().map(|entry| entry.from.plus(1)).max().unwrap_or(now);
        let from = [now.plus(1), after_lists, newest].into_iter().chain(switch).max().unwrap_or(now);
        if now.plus(MAX_LEAD_DAYS * SECONDS_PER_DAY) < from {
            return Err(fault(RotationFault::TooFar(from)).into());
        }
        let key = self.home.successor(KeyOwner::Office(office), kid, from, &self.passphrase)?;
        let mut list = self.home.next_list(current.list(), now);
        list.seals = self.archive.trusted_seals()?;
        let issuer = list.issuers.iter_mut().find(|issuer| issuer.code == office);
        let issuer = issuer.ok_or_else(|| fault(RotationFault::UnknownOffice(office)))?;
        for old in issuer.keys.iter_mut().filter(|old| old.until.is_none_or(|end| from < end)) {
            old.until = Some(from);
        }
        issuer.keys.push(IssuerKey::new(key.reference().jwk().clone(), from, None));
        let snapshot = self.home.put_trust_list(&self.trust_key()?, &list)?;
        let sequence = list.sequence;
        Ok((Rotation { kid: kid.to_owned(), from, sequence, replayed: false }, snapshot))
    }
}

/// A key as the trust list or the hand-overs name it.
pub(crate) struct Entry {
    pub(crate) kid: String,
    pub(crate) alg: String,
    pub(crate) from: Option<UnixTime>,
    pub(crate) until: Option<UnixTime>,
    pub(crate) ended: bool,
}

impl From<&IssuerKey> for Entry {
    fn from(key: &IssuerKey) -> Self {
        let (from, until) = (Some(key.from), key.until);
        Self { kid: key.kid.clone(), alg: key.alg.clone(), from, until, ended: false }
    }
}

impl Entry {
    fn state(&self, now: UnixTime) -> KeyState {
        match self.from {
            _ if self.ended => KeyState::Ended,
            Some(from) if now < from => KeyState::Announced,
            Some(from) if !in_force(from, self.until, now) => KeyState::Ended,
            Some(_) | None => KeyState::InForce,
        }
    }

    fn view(&self, owner: KeyOwner, now: UnixTime) -> KeyView {
        KeyView {
            owner,
            kid: self.kid.clone(),
            alg: self.alg.clone(),
            kind: "software",
            state: self.state(now),
            from: self.from,
            until: self.until,
            limits: None,
            uses: None,
        }
    }
}

pub(crate) fn fault(fault: RotationFault) -> HomeError {
    HomeError::Rotation(fault)
}

/// Nothing is done to a key anonymously.
pub(crate) fn check_words(order: &Order) -> Result<(), DeskError> {
    act(order, ES256.digest(&[b"key"])).map(drop)
}
