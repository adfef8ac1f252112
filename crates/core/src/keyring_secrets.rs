//! What opens keys: the passphrase of the key files and the PIN of a token.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use boyin_hsm::{KeyName, Pin, Token, TokenIdentity, TokenKey, WRAP_NONCE_BYTES, WrappingKey};
use boyin_model::alg::Randomness;
use boyin_model::hex;
use zeroize::Zeroizing;

use crate::error::HomeError;
use crate::keyring::read_text;
use crate::keyring_reference::Pkcs11Place;
use crate::remote::RemoteAccess;

/// Bytes of CKA_ID: as good as unique.
const KEY_ID_BYTES: usize = 16;

/// What opens the keys: a passphrase for the files and, if it is given, a PIN for the tokens. Wiped when dropped, never
/// printed.
#[derive(Clone)]
pub struct Passphrase {
    text: Zeroizing<String>,
    pin: Option<Pin>,
    archive: Option<Zeroizing<[u8; 32]>>,
    next_archive: Option<Zeroizing<[u8; 32]>>,
    /// Tokens in use. One that has refused its PIN is not asked again by any copy.
    tokens: Arc<Mutex<HashMap<TokenName, Token>>>,
    /// The way to remote signers.
    remote: Option<RemoteAccess>,
}

type TokenName = (PathBuf, String, Option<PathBuf>);

impl Passphrase {
    /// Takes over the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self {
            text: Zeroizing::new(text),
            pin: None,
            archive: None,
            next_archive: None,
            tokens: Arc::default(),
            remote: None,
        }
    }

    /// With the PIN of the tokens that name no file with one of their own.
    #[must_use]
    pub fn with_pin(self, pin: Pin) -> Self {
        Self { pin: Some(pin), tokens: Arc::default(), ..self }
    }

    /// With the root secret of the archive, where it is handed in at each start.
    #[must_use]
    pub fn with_archive_secret(self, secret: Zeroizing<[u8; 32]>) -> Self {
        Self { archive: Some(secret), ..self }
    }

    /// With the root secret that the archive is to be changed to.
    #[must_use]
    pub fn with_next_archive_secret(self, secret: Zeroizing<[u8; 32]>) -> Self {
        Self { next_archive: Some(secret), ..self }
    }

    pub(crate) fn archive_secret(&self) -> Option<Zeroizing<[u8; 32]>> {
        self.archive.clone()
    }

    pub(crate) fn next_archive_secret(&self) -> Option<Zeroizing<[u8; 32]>> {
        self.next_archive.clone()
    }

    /// With the way to the signers that hold remote keys.
    #[must_use]
    pub fn with_remote(self, access: RemoteAccess) -> Self {
        Self { remote: Some(access), ..self }
    }

    pub(crate) fn remote(&self) -> Result<RemoteAccess, HomeError> {
        self.remote.clone().ok_or(HomeError::NoRemoteAccess)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    fn token(&self, module: &Path, label: &str, pin_file: Option<&Path>) -> Result<Token, HomeError> {
        let name = (module.to_owned(), label.to_owned(), pin_file.map(Path::to_owned));
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = tokens.get(&name) {
            return Ok(token.clone());
        }
        let pin = match pin_file {
            Some(path) => pin_of(path)?,
            None => self.pin.clone().ok_or_else(|| HomeError::NoPin(label.to_owned()))?,
        };
        let token = Token::new(module, label, pin)?;
        tokens.insert(name, token.clone());
        Ok(token)
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// The first line of the file.
fn pin_of(path: &Path) -> Result<Pin, HomeError> {
    let text = Zeroizing::new(read_text(path)?);
    Ok(Pin::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// Where a new key in a token is.
fn new_place(
    module: &Path,
    token: &str,
    pin_file: Option<&Path>,
    label: &str,
    random: &mut dyn Randomness,
) -> Result<(Pkcs11Place, KeyName), HomeError> {
    let mut id = [0; KEY_ID_BYTES];
    random.fill(&mut id)?;
    let place = Pkcs11Place {
        module: module.to_owned(),
        token: token.to_owned(),
        label: label.to_owned(),
        id: hex::encode(&id),
        pin_file: pin_file.map(Path::to_owned),
    };
    Ok((place, KeyName { label: label.to_owned(), id: Some(id.to_vec()) }))
}

pub(crate) fn make_in_token(
    module: &Path,
    token: &str,
    pin_file: Option<&Path>,
    label: &str,
    passphrase: &Passphrase,
    random: &mut dyn Randomness,
) -> Result<(Pkcs11Place, TokenKey), HomeError> {
    let (place, name) = new_place(module, token, pin_file, label, random)?;
    let token = passphrase.token(module, token, pin_file)?;
    let key = TokenKey::generate(&token, name)?;
    Ok((place, key))
}

/// Makes an AES key in a token and wraps a secret with it.
pub(crate) fn make_wrapping_key(
    module: &Path,
    token: &str,
    pin_file: Option<&Path>,
    secret: &[u8; 32],
    passphrase: &Passphrase,
    random: &mut dyn Randomness,
) -> Result<(Pkcs11Place, Vec<u8>), HomeError> {
    let (place, name) = new_place(module, token, pin_file, "archive", random)?;
    let token = passphrase.token(module, token, pin_file)?;
    let mut nonce = [0; WRAP_NONCE_BYTES];
    random.fill(&mut nonce)?;
    let wrapped = WrappingKey::generate(&token, name)?.wrap(secret, nonce)?;
    Ok((place, wrapped))
}

/// Opens what an AES key in a token has wrapped.
pub(crate) fn unwrap_in_token(
    place: &Pkcs11Place,
    wrapped: &[u8],
    passphrase: &Passphrase,
) -> Result<Zeroizing<Vec<u8>>, HomeError> {
    let (token, name) = named(place, passphrase)?;
    Ok(WrappingKey::open(&token, name)?.unwrap(wrapped)?)
}

pub(crate) fn open_in_token(place: &Pkcs11Place, passphrase: &Passphrase) -> Result<TokenKey, HomeError> {
    let (token, name) = named(place, passphrase)?;
    Ok(TokenKey::open(&token, name)?)
}

/// Who the token of a key says that it is.
pub(crate) fn token_identity(
    place: &Pkcs11Place,
    passphrase: &Passphrase,
) -> Result<TokenIdentity, HomeError> {
    let (token, _) = named(place, passphrase)?;
    Ok(token.identity()?)
}

fn named(place: &Pkcs11Place, passphrase: &Passphrase) -> Result<(Token, KeyName), HomeError> {
    let Pkcs11Place { module, token, label, id, pin_file } = place;
    let id = hex::decode(&id.to_ascii_lowercase()).ok_or_else(|| HomeError::KeyId(id.clone()))?;
    let token = passphrase.token(module, token, pin_file.as_deref())?;
    Ok((token, KeyName { label: label.clone(), id: Some(id) }))
}
