//! Key ceremonies: a key is made by a script, in front of people who confirm each step, and taken into the keyring only when
//! the transcript of it is whole.
//!
//! Until then the key is under `keys/ceremony`, which no act looks into. What was interrupted leaves a transcript without
//! an end there where the operator wanted it, and is cleared away by the next ceremony, the key in a token included.

mod transcript;

use std::fs;
use std::path::{Path, PathBuf};

use boyin_issue::SigningKey;
use boyin_model::alg::Randomness;
use boyin_model::ceremony::{
    CEREMONY_FORMAT, Event, MadePlace, Owner, Participant, Place, Script, ScriptError, Step, Task,
};
use boyin_model::time::UnixTime;
use boyin_model::trust::{Jwk, in_force};
use boyin_suite::all_jws;
use boyin_verify::{Ceremony, CeremonyContext, CeremonyError, Countersigner, hex_digest, key_fingerprint};

use self::transcript::Transcript;
use crate::config::SuiteName;
use crate::desk::{Order, algorithm_of, entries};
use crate::error::{DeskError, HomeError};
use crate::home::{Home, make_private_dir};
use crate::keyring::{Keyring, Passphrase, write_private};
use crate::keyring_reference::{KeyPlace, KeyReference, KeySource};
use crate::keyring_secrets::token_identity;
use crate::rotation::{KeyOwner, check_words};

/// Below `keys/`: the key of a ceremony that is not at its end.
const STAGING: &str = "ceremony";
/// Below `keys/`: the transcripts of keys that were taken in, by key ID.
const KEPT: &str = "ceremonies";
/// Below `keys/`: held while a ceremony is held.
const LOCK: &str = "lock";

/// The people, as far as a program can ask them.
pub trait Attendance {
    /// What time it is.
    fn now(&mut self) -> UnixTime;

    /// Shows what was written down.
    fn tell(&mut self, event: &Event);

    /// Asks one participant to confirm one step. Everything but a plain yes of that person is a no.
    fn confirm(&mut self, question: &Question<'_>) -> bool;

    /// The file whose digest is taken down in this step: its name and its bytes; `None` if there is none.
    fn file(&mut self, number: usize, step: &Step) -> Option<(String, Vec<u8>)>;
}

/// What a participant is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// Index of the step, from 0.
    pub number: usize,
    /// The step.
    pub step: &'q Step,
    /// Who is asked.
    pub participant: &'q Participant,
    /// What is to be confirmed: the text of the step, the fingerprint of the key, or the digest of the file.
    pub shown: &'q str,
}

/// What is to be held.
#[derive(Clone, Copy, Debug)]
pub struct CeremonyOrder<'o> {
    /// What is to be followed.
    pub script: &'o Script,
    /// Where the transcript is written: a new file.
    pub transcript: &'o Path,
}

/// Why there is no key. What was written down so far stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyStop {
    /// The script breaks a rule.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// Another ceremony is held with this data directory.
    #[error("another key ceremony is held with this data directory: wait for its end")]
    UnderWay,
    /// An office of the script has no key in use here.
    #[error("{0} has no key in use that could countersign")]
    NoCountersigner(Owner),
    /// Somebody did not confirm.
    #[error("{name} did not confirm step {}: the ceremony is broken off, and its key is none", step + 1)]
    NotConfirmed {
        /// Index of the step, from 0.
        step: usize,
        /// Who.
        name: String,
    },
    /// There is no file to take down.
    #[error("there is no file for step {}: the ceremony is broken off, and its key is none", .0 + 1)]
    NoFile(usize),
    /// The transcript does not verify.
    #[error("the transcript does not verify, so its key is none: {0}")]
    Transcript(#[from] CeremonyError),
}

impl Home {
    /// Holds a ceremony: follows the script, closes the transcript with the signatures of the new key and of those who countersign,
    /// verifies it, keeps it, and only then takes the key into the keyring. After that the key signs nothing
    /// until [`Desk::rotate_key`](crate::Desk::rotate_key) or [`Home::rotate_anchor`] puts it in its place.
    ///
    /// # Errors
    /// [`CeremonyStop`] within, [`RotationFault::UnknownOffice`](crate::RotationFault::UnknownOffice) within; [`DeskError`].
    /// The key is destroyed then, by the next ceremony at the latest, unless it was taken in and only the journal could not be
    /// written or what was left over not be cleared away.
    pub fn hold_ceremony(
        &self,
        order: CeremonyOrder<'_>,
        people: &mut dyn Attendance,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<Ceremony, DeskError> {
        let CeremonyOrder { script, transcript } = order;
        script.check().map_err(stop)?;
        let owner = KeyOwner::from(script.owner);
        self.check_owner(owner)?;
        let words = self.words(script, people.now());
        check_words(&words)?;
        let _alone = self.lock_ceremony()?;
        self.clear_ceremony(owner, passphrase)?;
        let countersigners = self.countersigners(script, people.now(), passphrase)?;
        let mut held = Held {
            home: self,
            script,
            transcript: Transcript::create(transcript)?,
            people,
            staging: Keyring::of_directory(&self.keys_dir(STAGING)),
            made: None,
        };
        let done = held.follow(&countersigners, passphrase, random);
        let done = done.and_then(|ceremony| {
            self.take_in(&ceremony, &held)?;
            self.journal("ceremony", owner.name(), &ceremony.key().kid, &words)?;
            Ok(ceremony)
        });
        let cleared = self.clear_ceremony(owner, passphrase);
        let ceremony = done?;
        // What cannot be destroyed after an error is cleared away by the next ceremony.
        cleared?;
        Ok(ceremony)
    }

    fn words(&self, script: &Script, at: UnixTime) -> Order {
        let operator = script.participants.iter().find(|one| one.role.code() == "operator");
        let office = match script.owner {
            Owner::Office(code) => code,
            Owner::TrustList => self.config().authority_code,
        };
        Order {
            who: operator.map(|one| one.name.clone()).unwrap_or_default(),
            office,
            purpose: script.purpose.clone(),
            idempotency_key: format!("ceremony-{}", at.seconds()),
            at,
        }
    }

    fn keys_dir(&self, name: &str) -> PathBuf {
        self.dir().join("keys").join(name)
    }

    fn lock_ceremony(&self) -> Result<fs::File, HomeError> {
        let path = self.keys_dir(LOCK);
        let fail = |source| HomeError::File { path: path.clone(), source };
        let file =
            fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(CeremonyStop::UnderWay.into()),
            Err(fs::TryLockError::Error(source)) => Err(fail(source)),
        }
    }

    /// Destroys what a ceremony left that was not brought to its end.
    fn clear_ceremony(&self, owner: KeyOwner, passphrase: &Passphrase) -> Result<(), HomeError> {
        let dir = self.keys_dir(STAGING);
        if !dir.exists() {
            return Ok(());
        }
        let (staging, keyring) = (Keyring::of_directory(&dir), self.keyring());
        for owner in self
            .offices()
            .iter()
            .map(|office| KeyOwner::Office(office.code))
            .chain([KeyOwner::TrustList, owner])
        {
            for (name, reference) in staging.references(owner.name())? {
                // One that was taken in is ours, wherever this stopped.
                let known = keyring.references(owner.name())?;
                if known.iter().any(|(_, known)| known.kid == reference.kid) || reference.retired_at.is_some()
                {
                    continue;
                }
                keyring.drop_copies(&staging.path(&name), owner.name())?;
                staging.destroy(&name, &reference, passphrase, reference.made_at)?;
            }
        }
        fs::remove_dir_all(&dir).map_err(|source| HomeError::File { path: dir, source })
    }

    /// The keys in use of those who are to countersign.
    fn countersigners(
        &self,
        script: &Script,
        now: UnixTime,
        passphrase: &Passphrase,
    ) -> Result<Vec<SigningKey>, HomeError> {
        let mut keys = Vec::new();
        for owner in &script.countersigned_by {
            keys.push(match owner {
                Owner::TrustList => self.trust_key(passphrase)?,
                Owner::Office(code) => {
                    let (_, trust) = self.trust()?;
                    let entry =
                        entries(trust.list(), *code).find(|entry| in_force(entry.from, entry.until, now));
                    let entry = entry.ok_or(CeremonyStop::NoCountersigner(*owner))?;
                    self.keyring().find(code.as_str(), &entry.kid, algorithm_of(&entry.alg)?, passphrase)?
                }
            });
        }
        Ok(keys)
    }

    /// Keeps the transcript and takes the key into the keyring, in this order: there is no key without its transcript.
    fn take_in(&self, ceremony: &Ceremony, held: &Held<'_>) -> Result<(), HomeError> {
        let kid = &ceremony.key().kid;
        let (name, reference) = held.made.as_ref().ok_or_else(|| HomeError::KeyMissing(kid.clone()))?;
        if reference.kid != *kid {
            return Err(HomeError::OtherKey(held.staging.reference_path(name)));
        }
        let dir = self.keys_dir(KEPT);
        make_private_dir(&dir)?;
        // Those that were verified: the operator's file may be another one by now.
        write_private(&dir.join(format!("{kid}.jsonl")), held.transcript.bytes())?;
        let owner = KeyOwner::from(ceremony.script().owner);
        self.keyring().take_over(&held.staging, name, reference, owner.name())
    }
}

impl From<Owner> for KeyOwner {
    fn from(owner: Owner) -> Self {
        match owner {
            Owner::TrustList => Self::TrustList,
            Owner::Office(code) => Self::Office(code),
        }
    }
}

/// A ceremony that is being held.
struct Held<'h> {
    home: &'h Home,
    script: &'h Script,
    transcript: Transcript,
    people: &'h mut dyn Attendance,
    staging: Keyring,
    made: Option<(String, KeyReference)>,
}

impl Held<'_> {
    fn follow(
        &mut self,
        countersigners: &[SigningKey],
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<Ceremony, DeskError> {
        let authority = self.home.config().authority.clone();
        self.write(&Event::Begun { authority, format: CEREMONY_FORMAT, script: self.script.clone() })?;
        let mut key = None;
        for (number, step) in self.script.steps.iter().enumerate() {
            let found = self.step(number, step, &mut key, passphrase, random);
            if let Err(error) = found {
                // If the disk is full, the transcript without an end says so too.
                let _ = self.write(&Event::BrokenOff { step: number, why: error.to_string() });
                return Err(error.into());
            }
        }
        let key = key.ok_or(HomeError::KeyMissing("-".to_owned()))?;
        let signing: Vec<&SigningKey> = std::iter::once(&key).chain(countersigners).collect();
        let signers = signing.iter().map(|key| jwk(key).kid).collect();
        self.write(&Event::Closed { signers })?;
        for signer in signing {
            let at = self.people.now();
            self.transcript.sign(signer, at)?;
        }
        // What nobody else would take is not taken here either.
        let algs = all_jws();
        let (now, new) = (self.people.now(), jwk(&key));
        let owners = self.script.countersigned_by.iter();
        let known: Vec<_> = owners
            .zip(countersigners)
            .map(|(owner, key)| Countersigner { owner: *owner, key: jwk(key) })
            .collect();
        let context = CeremonyContext {
            now,
            algs: &algs,
            countersigners: &known,
            script: Some(self.script),
            key: Some(&new),
        };
        Ok(context.verify(self.transcript.bytes()).map_err(stop)?)
    }

    fn write(&mut self, event: &Event) -> Result<(), HomeError> {
        let at = self.people.now();
        self.transcript.write(at, event)?;
        self.people.tell(event);
        Ok(())
    }

    fn step(
        &mut self,
        number: usize,
        step: &Step,
        key: &mut Option<SigningKey>,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<(), HomeError> {
        let shown = match step.task {
            Task::Confirm => step.text.clone(),
            Task::MakeKey => {
                let (fingerprint, made) = self.make(number, passphrase, random)?;
                *key = Some(made);
                fingerprint
            }
            Task::Record => {
                let (file, bytes) = self.people.file(number, step).ok_or(CeremonyStop::NoFile(number))?;
                let digest = digest(&bytes);
                self.write(&Event::Recorded { digest: digest.clone(), file, step: number })?;
                digest
            }
        };
        for participant in self.script.confirm(step) {
            let question = Question { number, step, participant, shown: &shown };
            let (name, role) = (participant.name.clone(), participant.role);
            if !self.people.confirm(&question) {
                return Err(CeremonyStop::NotConfirmed { step: number, name }.into());
            }
            self.write(&Event::Confirmed { name, role, shown: shown.clone(), step: number })?;
        }
        Ok(())
    }

    fn make(
        &mut self,
        step: usize,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<(String, SigningKey), HomeError> {
        let source = match &self.script.place {
            Place::Software if self.script.alg == "ES256" => KeySource::Software(SuiteName::Es256),
            Place::Software => KeySource::Software(SuiteName::Sm2Sm3),
            Place::Pkcs11 { module, token } => {
                KeySource::Pkcs11 { module: PathBuf::from(module), token: token.clone(), pin_file: None }
            }
        };
        make_private_dir(&self.home.keys_dir(STAGING))?;
        let owner = KeyOwner::from(self.script.owner);
        let at = self.people.now();
        let (reference, key) = self.staging.create(owner.name(), &source, None, at, passphrase, random)?;
        let place = self.place(&reference, passphrase)?;
        let new = jwk(&key);
        let fingerprint =
            key_fingerprint(&new, &all_jws()).ok_or_else(|| HomeError::KeyMissing(new.kid.clone()))?;
        self.made = Some((owner.name().to_owned(), reference));
        self.write(&Event::Made { fingerprint: fingerprint.clone(), key: new, place, step })?;
        Ok((fingerprint, key))
    }

    fn place(&self, reference: &KeyReference, passphrase: &Passphrase) -> Result<MadePlace, HomeError> {
        let (KeyPlace::Pkcs11(place), Place::Pkcs11 { module, token }) =
            (&reference.place, &self.script.place)
        else {
            return Ok(MadePlace::Software);
        };
        let identity = token_identity(place, passphrase)?;
        Ok(MadePlace::Pkcs11 {
            device: identity.device,
            id: place.id.clone(),
            label: place.label.clone(),
            library: identity.library,
            module: module.clone(),
            token: token.clone(),
        })
    }
}

fn stop(error: impl Into<CeremonyStop>) -> HomeError {
    HomeError::Ceremony(error.into())
}

fn jwk(key: &SigningKey) -> Jwk {
    key.reference().jwk().clone()
}

fn digest(bytes: &[u8]) -> String {
    hex_digest(&all_jws(), bytes).expect("one of the suites has SHA-256")
}
