//! Where the root secret of the archive is: `keys/archive.toml`, or without it the key file `keys/archive.pem`.

use std::path::Path;

use boyin_archive::{OpenError, RootSecret};
use boyin_model::alg::Randomness;
use boyin_model::b64;
use boyin_suite::{open_secret, seal_secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::engine::ArchivePlace;
use crate::error::HomeError;
use crate::keyring::{Keyring, Passphrase, key_error, read_text, replace, sync_parent, write_private};
use crate::keyring_reference::Pkcs11Place;
use crate::keyring_secrets::{make_wrapping_key, unwrap_in_token};

/// The `format` of a reference that this release reads and writes.
const REFERENCE_FORMAT: u32 = 1;
/// Name of the reference, and of the first key file.
const CURRENT: &str = "archive";
/// Name of the reference to the secret that is to be the next one. There while the secret is changed.
const NEXT: &str = "archive-next";
/// Key files that one archive can have had.
const MAX_FILES: usize = 1000;

/// What the root secret of an archive is to be kept in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A new secret in a new key file under the passphrase.
    File,
    /// The secret that was [handed in](Passphrase::with_next_archive_secret), and will be at every start.
    Environment,
    /// A new secret, wrapped by a new AES key in a PKCS#11 token.
    Pkcs11 {
        /// The shared library of the device.
        module: std::path::PathBuf,
        /// Label of the token.
        token: String,
        /// File with the PIN, where it is not the one that was handed in.
        pin_file: Option<std::path::PathBuf>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretReference {
    format: u32,
    place: SecretPlace,
}

/// Where the root secret is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum SecretPlace {
    /// In `keys/<name>.pem`, encrypted under the passphrase.
    File {
        /// Name of the file.
        name: String,
    },
    /// Handed in at each start.
    Environment,
    /// Wrapped by an AES key in a PKCS#11 token.
    Pkcs11 {
        /// base64url of what the key has wrapped.
        wrapped: String,
        /// The key.
        key: Pkcs11Place,
    },
}

impl Keyring {
    /// Opens the archive with its root secret; after a change that was interrupted, with the one that it was changed to.
    /// Gives with it whether that was so.
    pub(crate) fn with_archive_secret<T>(
        &self,
        passphrase: &Passphrase,
        open: impl Fn(&RootSecret) -> Result<T, OpenError>,
    ) -> Result<(T, bool), HomeError> {
        match open(&self.secret_in(CURRENT, passphrase)?) {
            Err(OpenError::WrongSecret) if self.secret_reference(NEXT).exists() => {
                Ok((open(&self.secret_in(NEXT, passphrase)?)?, true))
            }
            other => Ok((other?, false)),
        }
    }

    /// The root secret that the archive there is under.
    pub(crate) fn secret_of_archive(
        &self,
        archive: &ArchivePlace,
        passphrase: &Passphrase,
    ) -> Result<RootSecret, HomeError> {
        let open = |secret: &RootSecret| archive.snapshot(secret);
        let (_, changed) = self.with_archive_secret(passphrase, open)?;
        self.secret_in(if changed { NEXT } else { CURRENT }, passphrase)
    }

    /// The root secret that these keys open archives with, if it is among them.
    pub(crate) fn kept_archive_secret(
        &self,
        passphrase: &Passphrase,
    ) -> Result<Option<RootSecret>, HomeError> {
        let kept = self.secret_reference(CURRENT).exists() || self.has(CURRENT);
        kept.then(|| self.secret_in(CURRENT, passphrase)).transpose()
    }

    /// Makes the first root secret, in a key file.
    pub(crate) fn make_archive_secret(
        &self,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<RootSecret, HomeError> {
        self.make_secret_file(CURRENT, passphrase, random)
    }

    /// Prepares the next root secret and notes where it is.
    pub(crate) fn prepare_archive_secret(
        &self,
        source: &SecretSource,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<RootSecret, HomeError> {
        let (secret, place) = match source {
            SecretSource::File => {
                let mut names = (2..=MAX_FILES).map(|number| format!("{CURRENT}-{number}"));
                let name = names.find(|name| !self.has(name));
                let name = name.ok_or_else(|| HomeError::TooManyKeys(CURRENT.to_owned()))?;
                (self.make_secret_file(&name, passphrase, random)?, SecretPlace::File { name })
            }
            SecretSource::Environment => {
                let secret = passphrase.next_archive_secret().ok_or(HomeError::NoArchiveSecret)?;
                (RootSecret::new(secret), SecretPlace::Environment)
            }
            SecretSource::Pkcs11 { module, token, pin_file } => {
                let mut secret = Zeroizing::new([0; 32]);
                random.fill(secret.as_mut_slice())?;
                let pin_file = pin_file.as_deref();
                let (key, wrapped) = make_wrapping_key(module, token, pin_file, &secret, passphrase, random)?;
                (RootSecret::new(secret), SecretPlace::Pkcs11 { wrapped: b64::encode(&wrapped), key })
            }
        };
        let reference = SecretReference { format: REFERENCE_FORMAT, place };
        let text = toml::to_string(&reference).expect("a reference has a TOML form");
        replace(&self.secret_reference(NEXT), text.as_bytes())?;
        Ok(secret)
    }

    /// The archive is under the secret that was prepared.
    pub(crate) fn adopt_archive_secret(&self) -> Result<(), HomeError> {
        let (next, current) = (self.secret_reference(NEXT), self.secret_reference(CURRENT));
        std::fs::rename(&next, &current).map_err(|source| HomeError::File { path: next, source })?;
        sync_parent(&current)
    }

    fn make_secret_file(
        &self,
        name: &str,
        passphrase: &Passphrase,
        random: &mut dyn Randomness,
    ) -> Result<RootSecret, HomeError> {
        let path = self.path(name);
        let mut secret = Zeroizing::new([0; 32]);
        random.fill(secret.as_mut_slice())?;
        let pem = seal_secret(&secret, passphrase.bytes(), random).map_err(|e| key_error(&path, e))?;
        write_private(&path, pem.as_bytes())?;
        Ok(RootSecret::new(secret))
    }

    fn secret_in(&self, reference: &str, passphrase: &Passphrase) -> Result<RootSecret, HomeError> {
        let path = self.secret_reference(reference);
        if !path.exists() {
            return self.secret_file(CURRENT, passphrase);
        }
        match read_secret_reference(&path)?.place {
            SecretPlace::File { name } => self.secret_file(&name, passphrase),
            SecretPlace::Environment => {
                // While the secret is changed, the next one is handed in beside it.
                let next = passphrase.next_archive_secret().filter(|_| reference == NEXT);
                let secret = next.or_else(|| passphrase.archive_secret());
                secret.map(RootSecret::new).ok_or(HomeError::NoArchiveSecret)
            }
            SecretPlace::Pkcs11 { wrapped, key } => {
                let wrapped = b64::decode(wrapped.as_bytes()).map_err(|_| HomeError::KeyId(wrapped))?;
                let opened = unwrap_in_token(&key, &wrapped, passphrase)?;
                let secret = <[u8; 32]>::try_from(opened.as_slice());
                let secret = secret.map_err(|_| HomeError::Hardware(boyin_hsm::HsmError::NotWrapped))?;
                Ok(RootSecret::new(Zeroizing::new(secret)))
            }
        }
    }

    fn secret_file(&self, name: &str, passphrase: &Passphrase) -> Result<RootSecret, HomeError> {
        let path = self.path(name);
        let secret = open_secret(&read_text(&path)?, passphrase.bytes());
        secret.map(RootSecret::new).map_err(|error| key_error(&path, error))
    }

    fn secret_reference(&self, name: &str) -> std::path::PathBuf {
        self.reference_path(name)
    }
}

fn read_secret_reference(path: &Path) -> Result<SecretReference, HomeError> {
    let wrong = |source| HomeError::Toml { path: path.to_owned(), source: Box::new(source) };
    let reference: SecretReference = toml::from_str(&read_text(path)?).map_err(wrong)?;
    if reference.format > REFERENCE_FORMAT {
        return Err(HomeError::NewerFormat { found: reference.format, supported: REFERENCE_FORMAT });
    }
    Ok(reference)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the failure, with its place")]
mod tests {
    use super::*;

    /// Whatever is in the file of a reference: it is refused, or says one thing that is written and read the same.
    #[test]
    fn a_reference_that_was_changed_anywhere_is_refused_or_says_one_thing() {
        let key = Pkcs11Place {
            module: "/m.so".into(),
            token: "t".to_owned(),
            label: "archive".to_owned(),
            id: "00ff".to_owned(),
            pin_file: Some("/pin".into()),
        };
        let places = [
            SecretPlace::File { name: "archive-2".to_owned() },
            SecretPlace::Environment,
            SecretPlace::Pkcs11 { wrapped: b64::encode(&[7; 60]), key },
        ];
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("archive.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_secret_reference(&path)
        };
        for place in places {
            let reference = SecretReference { format: REFERENCE_FORMAT, place };
            let text = toml::to_string(&reference).unwrap();
            assert_eq!(read(&text).unwrap(), reference);
            for at in 0..text.len() {
                for with in ["", "x", "9", "\"", "\n", "[", "=", "\u{0}"] {
                    let changed = [&text[..at], with, &text[at + 1..]].concat();
                    let Ok(found) = read(&changed) else { continue };
                    assert_eq!(read(&toml::to_string(&found).unwrap()).unwrap(), found, "{changed}");
                }
            }
            let newer = text.replacen("format = 1", "format = 2", 1);
            assert!(matches!(read(&newer), Err(HomeError::NewerFormat { found: 2, supported: 1 })));
        }
    }
}
