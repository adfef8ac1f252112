use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use boyin_issue::SigningKey;
use boyin_model::alg::{Randomness, RandomnessUnavailable, SignError, Signer};
use boyin_model::purpose::PROBE;
use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;
use boyin_suite::{Algorithm, KeyError, SoftwareKey};

use crate::error::HomeError;
use crate::keyring_limits::{KeyLimits, Meter, Metered, UseCount};
use crate::keyring_reference::{KEY_REFERENCE_FORMAT, KeyPlace, KeyReference, KeySource, RemotePlace};
pub use crate::keyring_secrets::Passphrase;
use crate::keyring_secrets::{make_in_token, open_in_token};
use crate::remote::RemoteKey;
use crate::signer::SignerRefusal;

/// The keys of a data directory: `keys/<name>.pem` is a private key or the archive's secret, encrypted under the
/// passphrase; `keys/<name>.toml` says of a key where it is; `keys/<name>.uses` counts what it signed.
///
/// A key of the first release has no reference. An owner's first key bears the owner's name, the next ones a number too.
#[derive(Clone, Debug)]
pub(crate) struct Keyring {
    dir: PathBuf,
}

/// Owner of the keys that sign the trust list.
pub(crate) const TRUST_KEY: &str = "trust-list";
/// Owner of the keys with which remote signers are asked.
pub(crate) const CLIENT_KEY: &str = "signer-client";
/// Keys of one owner. Each successor adds one.
const MAX_KEYS: usize = 1000;

impl Keyring {
    pub(crate) fn new(home: &Path) -> Self {
        Self { dir: home.join("keys") }
    }

    /// The keys in a directory of key files, wherever it is.
    pub(crate) fn of_directory(keys: &Path) -> Self {
        Self { dir: keys.to_owned() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.pem"))
    }

    pub(crate) fn reference_path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.toml"))
    }

    fn count_path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.uses"))
    }

    /// The names under which an owner's keys can be, those that are taken first.
    fn names(owner: &str) -> impl Iterator<Item = String> {
        let numbered = (2..=MAX_KEYS).map(move |number| format!("{owner}-{number}"));
        std::iter::once(owner.to_owned()).chain(numbered)
    }

    /// The references of an owner's keys, oldest first, each with its name.
    pub(crate) fn references(&self, owner: &str) -> Result<Vec<(String, KeyReference)>, HomeError> {
        let mut found = Vec::new();
        for name in Self::names(owner) {
            let path = self.reference_path(&name);
            if path.exists() {
                found.push((name, read_reference(&path)?));
            } else if !self.has(&name) {
                break;
            }
        }
        Ok(found)
    }

    fn free_name(&self, owner: &str) -> Result<String, HomeError> {
        let free = |name: &String| !self.has(name) && !self.reference_path(name).exists();
        Self::names(owner).find(free).ok_or_else(|| HomeError::TooManyKeys(owner.to_owned()))
    }

    /// Takes in a key that was made under another directory. The reference, which is written last, makes it one of ours.
    pub(crate) fn take_over(
        &self,
        from: &Self,
        name: &str,
        reference: &KeyReference,
        owner: &str,
    ) -> Result<(), HomeError> {
        let new = self.free_name(owner)?;
        if reference.place == KeyPlace::Software {
            write_private(&self.path(&new), read_text(&from.path(name))?.as_bytes())?;
        }
        let path = self.reference_path(&new);
        write_private(&path, reference_text(reference).as_bytes())?;
        sync_parent(&path)
    }

    /// Removes key files without a reference that hold the same bytes as `file`: what ended while it was taken over.
    pub(crate) fn drop_copies(&self, file: &Path, owner: &str) -> Result<(), HomeError> {
        let Ok(bytes) = fs::read(file) else { return Ok(()) };
        for name in Self::names(owner).take_while(|name| self.has(name) || self.reference_path(name).exists())
        {
            let path = self.path(&name);
            if !self.reference_path(&name).exists() && fs::read(&path).is_ok_and(|copy| copy == bytes) {
                fs::remove_file(&path).map_err(|source| HomeError::File { path, source })?;
            }
        }
        Ok(())
    }

    /// Makes a key for an owner, with its reference and, if it has limits, its count.
    pub(crate) fn create(
        &self,
        owner: &str,
        source: &KeySource,
        limits: Option<&KeyLimits>,
        at: UnixTime,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<(KeyReference, SigningKey), HomeError> {
        let name = self.free_name(owner)?;
        let (place, suite, signer): (_, _, Arc<dyn Signer>) = match source {
            KeySource::Software(suite) => {
                let key = self.make_software(&name, (*suite).into(), passphrase, random)?;
                (KeyPlace::Software, *suite, Arc::new(key))
            }
            KeySource::Pkcs11 { module, token, pin_file } => {
                let (place, key) =
                    make_in_token(module, token, pin_file.as_deref(), &name, passphrase, random)?;
                (KeyPlace::Pkcs11(place), crate::config::SuiteName::Es256, Arc::new(key))
            }
            KeySource::Remote { url, signer, key } => {
                let suite = crate::config::SuiteName::of(key).ok_or_else(|| self.invalid(&name))?;
                let client = self.client_key()?.kid;
                let place = RemotePlace { url: url.clone(), signer: signer.clone(), client };
                let opened = self.open_remote(&place, key, passphrase)?;
                (KeyPlace::Remote(place), suite, Arc::new(opened))
            }
        };
        let bare = SigningKey::new(Arc::clone(&signer)).map_err(|_| self.invalid(&name))?;
        let reference = KeyReference {
            format: place.format(),
            kid: bare.reference().jwk().kid.clone(),
            suite,
            public: boyin_model::b64::encode(signer.public_key().0),
            made_at: at,
            retired_at: None,
            place,
            limits: limits.cloned(),
        };
        if limits.is_some() {
            write_private(&self.count_path(&name), b"")?;
        }
        let path = self.reference_path(&name);
        write_private(&path, reference_text(&reference).as_bytes())?;
        sync_parent(&path)?;
        let key = self.metered(&name, &reference, signer)?;
        Ok((reference, key))
    }

    /// The key of an owner with that ID, wherever it is.
    pub(crate) fn find(
        &self,
        owner: &str,
        kid: &str,
        algorithm: Algorithm,
        passphrase: &Passphrase,
    ) -> Result<SigningKey, HomeError> {
        let references = self.references(owner)?;
        if let Some((name, reference)) = references.iter().find(|(_, reference)| reference.kid == kid) {
            return self.open_reference(name, reference, passphrase);
        }
        // A key of the first release tells its ID only once it is open.
        if self.reference_path(owner).exists() {
            return Err(HomeError::KeyMissing(kid.to_owned()));
        }
        let key = self.open(owner, algorithm, passphrase)?;
        if key.reference().jwk().kid == kid { Ok(key) } else { Err(HomeError::KeyMissing(kid.to_owned())) }
    }

    pub(crate) fn open_reference(
        &self,
        name: &str,
        reference: &KeyReference,
        passphrase: &Passphrase,
    ) -> Result<SigningKey, HomeError> {
        let signer = self.open_bare(name, reference, passphrase)?;
        self.metered(name, reference, signer)
    }

    /// Opens a key without its limits: for whoever keeps to [`Keyring::meter`] itself.
    pub(crate) fn open_bare(
        &self,
        name: &str,
        reference: &KeyReference,
        passphrase: &Passphrase,
    ) -> Result<Arc<dyn Signer>, HomeError> {
        if reference.retired_at.is_some() {
            return Err(HomeError::Retired(reference.kid.clone()));
        }
        let signer: Arc<dyn Signer> = match &reference.place {
            KeyPlace::Software => {
                let path = self.path(name);
                let text = read_text(&path)?;
                let key = SoftwareKey::from_encrypted_pem(reference.algorithm(), &text, passphrase.bytes());
                Arc::new(key.map_err(|error| key_error(&path, error))?)
            }
            KeyPlace::Pkcs11(place) => Arc::new(open_in_token(place, passphrase)?),
            KeyPlace::Remote(place) => {
                let key = reference.jwk().ok_or_else(|| self.invalid(name))?;
                Arc::new(self.open_remote(place, &key, passphrase)?)
            }
        };
        let jwk = Jwk::from_point(signer.alg(), signer.public_key().0);
        if reference.point().as_deref() != Some(signer.public_key().0)
            || jwk.is_none_or(|jwk| jwk.kid != reference.kid)
        {
            return Err(HomeError::OtherKey(self.reference_path(name)));
        }
        Ok(signer)
    }

    /// As [`Keyring::open_bare`], with the check of each signature.
    pub(crate) fn open_unmetered(
        &self,
        name: &str,
        reference: &KeyReference,
        passphrase: &Passphrase,
    ) -> Result<SigningKey, HomeError> {
        let signer = self.open_bare(name, reference, passphrase)?;
        SigningKey::new(signer).map_err(|_| self.invalid(name))
    }

    /// The limits of a key, with its count; `None` if it has none.
    pub(crate) fn meter(&self, name: &str, reference: &KeyReference) -> Option<Meter> {
        reference.limits.as_ref().map(|limits| Meter::new(limits.clone(), &self.count_path(name)))
    }

    /// The reference of the key of that name.
    pub(crate) fn reference(&self, name: &str) -> Result<KeyReference, HomeError> {
        read_reference(&self.reference_path(name))
    }

    /// The key with which this directory asks remote signers: the newest that is not retired.
    pub(crate) fn client_key(&self) -> Result<KeyReference, HomeError> {
        let known = self.references(CLIENT_KEY)?.into_iter().rev();
        let mut in_use = known.map(|(_, reference)| reference).filter(|known| known.retired_at.is_none());
        in_use.next().ok_or(HomeError::NoClientKey)
    }

    fn open_remote(
        &self,
        place: &RemotePlace,
        key: &Jwk,
        passphrase: &Passphrase,
    ) -> Result<RemoteKey, HomeError> {
        let access = passphrase.remote()?;
        let known = self.references(CLIENT_KEY)?.into_iter().find(|(_, known)| known.kid == place.client);
        let (name, client) = known.ok_or_else(|| HomeError::KeyMissing(place.client.clone()))?;
        let client = self.open_reference(&name, &client, passphrase)?;
        RemoteKey::new(access, place, key, client).ok_or_else(|| self.invalid(&key.kid))
    }

    fn metered(
        &self,
        name: &str,
        reference: &KeyReference,
        signer: Arc<dyn Signer>,
    ) -> Result<SigningKey, HomeError> {
        let signer = match self.meter(name, reference) {
            Some(meter) => Arc::new(Metered::new(signer, meter)),
            None => signer,
        };
        SigningKey::new(signer).map_err(|_| self.invalid(name))
    }

    /// What a key has signed; `None` if it is not counted.
    pub(crate) fn uses(&self, name: &str, reference: &KeyReference) -> Result<Option<u64>, HomeError> {
        if reference.limits.is_none() {
            return Ok(None);
        }
        let path = self.count_path(name);
        let read = UseCount::at(path.clone()).read();
        read.map(Some).map_err(|source| HomeError::File { path, source })
    }

    /// Destroys the private half of a key, for good, and notes it in the reference.
    pub(crate) fn destroy(
        &self,
        name: &str,
        reference: &KeyReference,
        passphrase: &Passphrase,
        at: UnixTime,
    ) -> Result<(), HomeError> {
        match &reference.place {
            KeyPlace::Software => {
                let path = self.path(name);
                match fs::remove_file(&path) {
                    // Destroyed before, but not noted.
                    Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                        return Err(HomeError::File { path, source });
                    }
                    Ok(()) | Err(_) => sync_parent(&path)?,
                }
            }
            KeyPlace::Pkcs11(place) => {
                match open_in_token(place, passphrase).map(boyin_hsm::TokenKey::destroy) {
                    Ok(done) => done?,
                    Err(HomeError::Hardware(boyin_hsm::HsmError::NoKey(_))) => {}
                    Err(error) => return Err(error),
                }
            }
            KeyPlace::Remote(_) => {
                let key = self.open_bare(name, reference, passphrase)?;
                match key.sign(PROBE) {
                    Ok(_) => return Err(HomeError::StillSigns(reference.kid.clone())),
                    // Its signer is there and does not sign with it for us any more.
                    Err(SignError::RefusedRemotely { code }) if says_gone(code) => {}
                    Err(error) => return Err(boyin_issue::SigningKeyError::from(error).into()),
                }
            }
        }
        let noted = KeyReference { retired_at: Some(at), ..reference.clone() };
        replace(&self.reference_path(name), reference_text(&noted).as_bytes())
    }

    /// Writes the reference that a key of the first release lacks.
    pub(crate) fn refer(
        &self,
        name: &str,
        key: &SigningKey,
        at: UnixTime,
    ) -> Result<KeyReference, HomeError> {
        let jwk = key.reference().jwk();
        let algorithm =
            Algorithm::ALL.into_iter().find(|known| known.verifier().id() == key.reference().alg().id());
        let suite = match algorithm {
            Some(Algorithm::Sm2) => crate::config::SuiteName::Sm2Sm3,
            Some(Algorithm::Es256) | None => crate::config::SuiteName::Es256,
        };
        let reference = KeyReference {
            format: KeyPlace::Software.format(),
            kid: jwk.kid.clone(),
            suite,
            public: boyin_model::b64::encode(&key.reference().point()),
            made_at: at,
            retired_at: None,
            place: KeyPlace::Software,
            limits: None,
        };
        write_private(&self.reference_path(name), reference_text(&reference).as_bytes())?;
        Ok(reference)
    }

    fn invalid(&self, name: &str) -> HomeError {
        key_error(&self.path(name), KeyError::InvalidKey)
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
        signing_key(&self.path(name), self.make_software(name, algorithm, passphrase, random)?)
    }

    fn make_software(
        &self,
        name: &str,
        algorithm: Algorithm,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<SoftwareKey, HomeError> {
        let path = self.path(name);
        let key = SoftwareKey::generate(algorithm, random).map_err(|error| key_error(&path, error))?;
        let pem = key.to_encrypted_pem(passphrase.bytes(), random).map_err(|e| key_error(&path, e))?;
        write_private(&path, pem.as_bytes())?;
        Ok(key)
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

pub(crate) fn key_error(path: &Path, source: KeyError) -> HomeError {
    if source == KeyError::NoRandomness {
        return RandomnessUnavailable.into();
    }
    HomeError::Key { path: path.to_owned(), source }
}

/// Whether a remote signer that answers so will not sign with the key again by itself.
fn says_gone(code: &str) -> bool {
    [SignerRefusal::KeyNotAllowed, SignerRefusal::KeyRetired].iter().any(|gone| gone.code() == code)
}

/// Looks at the format first: a newer reference may have members that this release does not know.
fn read_reference(path: &Path) -> Result<KeyReference, HomeError> {
    #[derive(serde::Deserialize)]
    struct FormatOnly {
        format: u32,
    }
    let text = read_text(path)?;
    let wrong = |source| HomeError::Toml { path: path.to_owned(), source: Box::new(source) };
    let FormatOnly { format: found } = toml::from_str(&text).map_err(wrong)?;
    if found > KEY_REFERENCE_FORMAT {
        return Err(HomeError::NewerFormat { found, supported: KEY_REFERENCE_FORMAT });
    }
    toml::from_str(&text).map_err(wrong)
}

fn reference_text(reference: &KeyReference) -> String {
    toml::to_string(reference).expect("a reference has a TOML form")
}

/// Reads a text file of the data directory.
pub(crate) fn read_text(path: &Path) -> Result<String, HomeError> {
    fs::read_to_string(path).map_err(|source| HomeError::File { path: path.to_owned(), source })
}

/// Writes a file that only its owner may read, whole or not at all, and not over another one.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    write_new_private(path, bytes).map_err(|source| HomeError::File { path: path.to_owned(), source })
}

pub(crate) fn write_new_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Adds a line to a journal, and syncs it.
pub(crate) fn append(path: &Path, line: &[u8]) -> Result<(), HomeError> {
    let fail = |source| HomeError::File { path: path.to_owned(), source };
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(fail)?;
    file.write_all(&[line, b"\n"].concat()).and_then(|()| file.sync_all()).map_err(fail)
}

/// Replaces a file whole or not at all, by one that only its owner may read. A link in its place is replaced, not followed.
///
/// # Errors
/// [`HomeError::File`]
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // A left-over of an interrupted replacement holds nothing that counts.
    let _ = fs::remove_file(&beside);
    write_private(&beside, bytes)?;
    fs::rename(&beside, path).map_err(|source| HomeError::File { path: path.to_owned(), source })?;
    sync_parent(path)
}

/// Makes a new name in a directory survive power loss.
pub(crate) fn sync_parent(path: &Path) -> Result<(), HomeError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let opened = fs::File::open(parent).and_then(|dir| dir.sync_all());
    opened.map_err(|source| HomeError::File { path: parent.to_owned(), source })
}
