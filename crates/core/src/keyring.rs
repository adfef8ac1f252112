use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use boyin_archive::RootSecret;
use boyin_issue::SigningKey;
use boyin_model::alg::{Randomness, RandomnessUnavailable};
use boyin_model::id::CreditCode;
use boyin_suite::{Algorithm, KeyError, SoftwareKey, open_secret, seal_secret};
use zeroize::Zeroizing;

use crate::error::HomeError;

/// What opens the key files. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes over the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// The key files of a data directory: `keys/<name>.pem`, each encrypted under the passphrase.
#[derive(Clone, Debug)]
pub(crate) struct Keyring {
    dir: PathBuf,
}

const TRUST_KEY: &str = "trust-list";
const ARCHIVE_SECRET: &str = "archive";

impl Keyring {
    pub(crate) fn new(home: &Path) -> Self {
        Self { dir: home.join("keys") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.pem"))
    }

    pub(crate) fn make_trust_key(
        &self,
        algorithm: Algorithm,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<SigningKey, HomeError> {
        self.make(TRUST_KEY, algorithm, passphrase, random)
    }

    pub(crate) fn make_office_key(
        &self,
        office: CreditCode,
        algorithm: Algorithm,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<SigningKey, HomeError> {
        self.make(office.as_str(), algorithm, passphrase, random)
    }

    pub(crate) fn trust_key(
        &self,
        algorithm: Algorithm,
        passphrase: &Passphrase,
    ) -> Result<SigningKey, HomeError> {
        self.open(TRUST_KEY, algorithm, passphrase)
    }

    pub(crate) fn office_key(
        &self,
        office: CreditCode,
        algorithm: Algorithm,
        passphrase: &Passphrase,
    ) -> Result<SigningKey, HomeError> {
        self.open(office.as_str(), algorithm, passphrase)
    }

    pub(crate) fn make_archive_secret(
        &self,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<RootSecret, HomeError> {
        let path = self.path(ARCHIVE_SECRET);
        let mut secret = Zeroizing::new([0; 32]);
        random.fill(secret.as_mut())?;
        let pem = seal_secret(&secret, passphrase.bytes(), random).map_err(|e| key_error(&path, e))?;
        write_private(&path, pem.as_bytes())?;
        Ok(RootSecret::new(secret))
    }

    pub(crate) fn archive_secret(&self, passphrase: &Passphrase) -> Result<RootSecret, HomeError> {
        let path = self.path(ARCHIVE_SECRET);
        let secret = open_secret(&read_text(&path)?, passphrase.bytes());
        secret.map(RootSecret::new).map_err(|error| key_error(&path, error))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub(crate) fn make(
        &self,
        name: &str,
        algorithm: Algorithm,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<SigningKey, HomeError> {
        let path = self.path(name);
        let key = SoftwareKey::generate(algorithm, random).map_err(|error| key_error(&path, error))?;
        let pem = key.to_encrypted_pem(passphrase.bytes(), random).map_err(|e| key_error(&path, e))?;
        write_private(&path, pem.as_bytes())?;
        signing_key(&path, key)
    }

    pub(crate) fn open(
        &self,
        name: &str,
        algorithm: Algorithm,
        passphrase: &Passphrase,
    ) -> Result<SigningKey, HomeError> {
        let path = self.path(name);
        let key = SoftwareKey::from_encrypted_pem(algorithm, &read_text(&path)?, passphrase.bytes());
        signing_key(&path, key.map_err(|error| key_error(&path, error))?)
    }
}

fn signing_key(path: &Path, key: SoftwareKey) -> Result<SigningKey, HomeError> {
    SigningKey::new(Arc::new(key)).map_err(|_| key_error(path, KeyError::InvalidKey))
}

fn key_error(path: &Path, source: KeyError) -> HomeError {
    if source == KeyError::NoRandomness {
        return RandomnessUnavailable.into();
    }
    HomeError::Key { path: path.to_owned(), source }
}

/// Reads a text file of the data directory.
pub(crate) fn read_text(path: &Path) -> Result<String, HomeError> {
    fs::read_to_string(path).map_err(|source| HomeError::File { path: path.to_owned(), source })
}

/// Writes a file that only its owner may read, whole or not at all, and not over another one.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let fail = |source| HomeError::File { path: path.to_owned(), source };
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)
}

/// Replaces a file whole or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let beside = path.with_extension("new");
    // A left-over of an interrupted replacement holds nothing that counts.
    let _ = fs::remove_file(&beside);
    write_private(&beside, bytes)?;
    fs::rename(&beside, path).map_err(|source| HomeError::File { path: path.to_owned(), source })?;
    sync_parent(path)
}

/// Makes a new name in a directory survive power loss.
pub(crate) fn sync_parent(path: &Path) -> Result<(), HomeError> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return Ok(()) };
    let opened = fs::File::open(parent).and_then(|dir| dir.sync_all());
    opened.map_err(|source| HomeError::File { path: parent.to_owned(), source })
}
