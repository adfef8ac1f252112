//! What opens keys: the passphrase of the key files and the PIN of a token.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use boyin_hsm::{KeyName, Pin, Token, TokenKey};
use boyin_model::alg::Randomness;
use zeroize::Zeroizing;

use crate::error::HomeError;
use crate::keyring::read_text;
use crate::keyring_reference::{Pkcs11Place, hex, unhex};

/// Bytes of CKA_ID: as good as unique.
const KEY_ID_BYTES: usize = 16;

/// What opens the keys: a passphrase for the files and, if it is given, a PIN for the tokens. Wiped when dropped, never
/// printed.
#[derive(Clone)]
pub struct Passphrase {
    text: Zeroizing<String>,
    pin: Option<Pin>,
    /// Tokens in use. One that has refused its PIN is not asked again by any copy.
    tokens: Arc<Mutex<HashMap<TokenName, Token>>>,
}

type TokenName = (PathBuf, String, Option<PathBuf>);

impl Passphrase {
    /// Takes over the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self { text: Zeroizing::new(text), pin: None, tokens: Arc::default() }
    }

    /// With the PIN of the tokens that name no file with one of their own.
    #[must_use]
    pub fn with_pin(self, pin: Pin) -> Self {
        Self { pin: Some(pin), tokens: Arc::default(), ..self }
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

pub(crate) fn make_in_token(
    module: &Path,
    token: &str,
    pin_file: Option<&Path>,
    label: &str,
    passphrase: &Passphrase,
    random: &mut dyn Randomness,
) -> Result<(Pkcs11Place, TokenKey), HomeError> {
    let mut id = [0; KEY_ID_BYTES];
    random.fill(&mut id)?;
    let place = Pkcs11Place {
        module: module.to_owned(),
        token: token.to_owned(),
        label: label.to_owned(),
        id: hex(&id),
        pin_file: pin_file.map(Path::to_owned),
    };
    let token = passphrase.token(module, token, pin_file)?;
    let key = TokenKey::generate(&token, KeyName { label: label.to_owned(), id: Some(id.to_vec()) })?;
    Ok((place, key))
}

pub(crate) fn open_in_token(place: &Pkcs11Place, passphrase: &Passphrase) -> Result<TokenKey, HomeError> {
    let Pkcs11Place { module, token, label, id, pin_file } = place;
    let id = unhex(id).ok_or_else(|| HomeError::KeyId(id.clone()))?;
    let token = passphrase.token(module, token, pin_file.as_deref())?;
    Ok(TokenKey::open(&token, KeyName { label: label.clone(), id: Some(id) })?)
}
