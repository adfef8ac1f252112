//! A signer: a directory of keys that others have documents signed with, and what answers them (`docs/remote-signing.md`).

mod answer;
mod clients;
mod journal;
mod refusal;

use std::fs;
use std::path::{Path, PathBuf};

use boyin_model::alg::{Randomness, RandomnessUnavailable};
use boyin_model::b64;
use boyin_model::signing_request::REQUEST_ID_BYTES;
use boyin_model::time::UnixTime;
use serde::{Deserialize, Serialize};

pub use self::answer::SignerService;
pub use self::clients::{
    ClientFault, MAX_CLIENT_NAME_CHARS, MAX_CLIENTS, MAX_GRANTS, SignerClient, SignerGrant,
};
use self::journal::Ledger;
pub use self::journal::{JournalError, MAX_REMEMBERED};
pub use self::refusal::SignerRefusal;
use crate::error::HomeError;
use crate::home::make_private_dir;
use crate::keyring::{Keyring, Passphrase, read_text, sync_parent, write_private};
use crate::keyring_limits::KeyLimits;
use crate::keyring_reference::{KeyReference, KeySource};

/// The `format` of a signer's directory that this release reads and writes.
pub const SIGNER_FORMAT: u32 = 1;
/// Seconds by which a request may be older or newer than the signer's clock.
pub const FRESH_SECONDS: u64 = 120;
/// Seconds by which a document may be dated before or after the signer's clock: what verifiers forgive too.
pub const DATED_SECONDS: u64 = boyin_verify::CLOCK_TOLERANCE_SECONDS;

/// Owner of a signer's keys.
const OWNER: &str = "signer";

/// Why a signer's directory cannot be made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// Keys or files.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The directory is none of a signer.
    #[error("{0} is no directory of a signer: make one with `boyin signer init`")]
    NotASigner(PathBuf),
    /// Another process serves it.
    #[error("another process signs with {0} already")]
    Running(PathBuf),
    /// A client.
    #[error("client {name:?}: {fault}")]
    Client {
        /// Its name.
        name: String,
        /// What is wrong.
        fault: ClientFault,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// No such key.
    #[error("the signer has no key {0}: see `boyin signer key list`")]
    UnknownKey(String),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    format: u32,
    id: String,
}

/// A key of a signer.
#[derive(Clone, Debug)]
pub struct SignerKeyView {
    /// What is known of it.
    pub reference: KeyReference,
    /// Signatures so far, if they are counted.
    pub uses: Option<u64>,
}

/// A directory of a signer: keys, clients, journal.
#[derive(Clone, Debug)]
pub struct SignerHome {
    dir: PathBuf,
    id: String,
}

impl SignerHome {
    /// Makes the directory of a signer, without keys and clients.
    ///
    /// # Errors
    /// [`HomeError::NotEmpty`] within if `dir` holds anything.
    pub fn create(dir: &Path, random: &mut dyn Randomness) -> Result<Self, SignerError> {
        if dir.is_file() || fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(HomeError::NotEmpty(dir.to_owned()).into());
        }
        let mut id = [0; REQUEST_ID_BYTES];
        random.fill(&mut id)?;
        make_private_dir(&dir.join("keys"))?;
        write_private(&dir.join("clients.toml"), b"")?;
        write_private(&dir.join("journal.jsonl"), b"")?;
        write_private(&dir.join("lock"), b"")?;
        // Last: without it the directory is none of a signer.
        let config = Config { format: SIGNER_FORMAT, id: b64::encode(&id) };
        let text = toml::to_string(&config).expect("the configuration has a TOML form");
        write_private(&dir.join("signer.toml"), text.as_bytes())?;
        sync_parent(&dir.join("signer.toml"))?;
        sync_parent(dir)?;
        Self::open(dir)
    }

    /// Reads the configuration. Opens no key.
    ///
    /// # Errors
    /// [`SignerError`].
    pub fn open(dir: &Path) -> Result<Self, SignerError> {
        let path = dir.join("signer.toml");
        if !path.is_file() {
            return Err(SignerError::NotASigner(dir.to_owned()));
        }
        let config: Config = toml::from_str(&read_text(&path)?)
            .map_err(|source| HomeError::Toml { path, source: Box::new(source) })?;
        if config.format > SIGNER_FORMAT {
            let (found, supported) = (config.format, SIGNER_FORMAT);
            return Err(HomeError::NewerFormat { found, supported }.into());
        }
        Ok(Self { dir: dir.to_owned(), id: config.id })
    }

    /// Where it is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The ID that requests name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    fn keyring(&self) -> Keyring {
        Keyring::new(&self.dir)
    }

    fn clients_path(&self) -> PathBuf {
        self.dir.join("clients.toml")
    }

    /// Makes a key. No client may use it yet.
    ///
    /// # Errors
    /// [`SignerError`].
    pub fn new_key(
        &self,
        source: &KeySource,
        limits: Option<&KeyLimits>,
        at: UnixTime,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<KeyReference, SignerError> {
        let keyring = self.keyring();
        let known = keyring.references(OWNER)?;
        if let Some((name, known)) = known.iter().find(|(_, known)| known.retired_at.is_none()) {
            // All keys open with one passphrase: a mistyped one is found now.
            keyring.open_bare(name, known, passphrase)?;
        }
        Ok(keyring.create(OWNER, source, limits, at, passphrase, random)?.0)
    }

    /// Every key.
    ///
    /// # Errors
    /// [`SignerError`].
    pub fn keys(&self) -> Result<Vec<SignerKeyView>, SignerError> {
        let keyring = self.keyring();
        let mut found = Vec::new();
        for (name, reference) in keyring.references(OWNER)? {
            let uses = keyring.uses(&name, &reference)?;
            found.push(SignerKeyView { reference, uses });
        }
        Ok(found)
    }

    /// Destroys the private half of a key. A signer that runs stops using it at once.
    ///
    /// # Errors
    /// [`SignerError::UnknownKey`]; [`SignerError`].
    pub fn retire_key(&self, kid: &str, at: UnixTime, passphrase: &Passphrase) -> Result<(), SignerError> {
        let keyring = self.keyring();
        let (name, reference) = self.find_key(kid)?;
        if reference.retired_at.is_some() {
            return Ok(());
        }
        Ok(keyring.destroy(&name, &reference, passphrase, at)?)
    }

    fn find_key(&self, kid: &str) -> Result<(String, KeyReference), SignerError> {
        let known = self.keyring().references(OWNER)?.into_iter().find(|(_, known)| known.kid == kid);
        known.ok_or_else(|| SignerError::UnknownKey(kid.to_owned()))
    }

    /// Who may have what signed.
    ///
    /// # Errors
    /// [`SignerError`].
    pub fn clients(&self) -> Result<Vec<SignerClient>, SignerError> {
        Ok(clients::read(&self.clients_path())?)
    }

    /// Adds a client. A signer that runs knows it from its next request on.
    ///
    /// # Errors
    /// [`SignerError::Client`]; [`SignerError`].
    pub fn add_client(&self, client: SignerClient) -> Result<(), SignerError> {
        let refuse = |fault| SignerError::Client { name: client.name.clone(), fault };
        let mut known = self.clients()?;
        clients::check(&client, &known).map_err(refuse)?;
        for grant in &client.grants {
            let key = self.find_key(&grant.kid).map_err(|_| refuse(ClientFault::UnknownKey))?;
            if key.1.retired_at.is_some() {
                return Err(refuse(ClientFault::UnknownKey));
            }
        }
        known.push(client);
        Ok(clients::write(&self.clients_path(), known)?)
    }

    /// Removes a client. A signer that runs signs nothing more for it.
    ///
    /// # Errors
    /// [`SignerError::Client`]; [`SignerError`].
    pub fn remove_client(&self, name: &str) -> Result<(), SignerError> {
        let mut known = self.clients()?;
        let before = known.len();
        known.retain(|client| client.name != name);
        if known.len() == before {
            return Err(SignerError::Client { name: name.to_owned(), fault: ClientFault::Unknown });
        }
        Ok(clients::write(&self.clients_path(), known)?)
    }

    /// Reads the journal from its beginning, and gives the number of its last line and the digest of that.
    ///
    /// # Errors
    /// [`SignerError::Journal`] at the first line that does not belong there.
    pub fn check_journal(&self, now: UnixTime) -> Result<(u64, String), SignerError> {
        let bytes = fs::read(self.journal_path()).map_err(JournalError::from)?;
        let (ledger, _) = Ledger::read(&bytes[..], &self.id, now)?;
        let (number, head) = ledger.head();
        Ok((number, head.to_owned()))
    }

    fn journal_path(&self) -> PathBuf {
        self.dir.join("journal.jsonl")
    }
}
