//! An AES key in a token, under which a secret is kept that has to be handed in at a start.

use std::fmt;

use cryptoki::error::Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use zeroize::Zeroizing;

use crate::error::HsmError;
use crate::key::{KeyName, check_stays};
use crate::session::Token;

/// Bytes of the key: AES-256.
const KEY_BYTES: u64 = 32;
/// Bytes of the nonce of AES-GCM.
pub const WRAP_NONCE_BYTES: usize = 12;
/// Bits of the tag.
const TAG_BITS: u64 = 128;
/// What is authenticated beside the secret: a wrapped secret of another use is not one of these.
const ASSOCIATED: &[u8] = b"boyin wrapped secret/1";

/// An AES-256 key that was made in a token and stays there. It wraps secrets with AES-GCM.
pub struct WrappingKey {
    token: Token,
    name: KeyName,
}

impl fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappingKey({} in {:?}, ..)", self.name, self.token.label())
    }
}

impl WrappingKey {
    /// Opens a key and asks the token whether it was made inside and cannot leave.
    ///
    /// # Errors
    /// [`HsmError`].
    pub fn open(token: &Token, name: KeyName) -> Result<Self, HsmError> {
        let key = Self { token: token.clone(), name };
        key.with(|_, _| Ok(()))?;
        Ok(key)
    }

    /// Makes a key in the token, never to leave it.
    ///
    /// # Errors
    /// [`HsmError::KeyExists`] if there is one of this name; [`HsmError::Exportable`] if the token made one that can be
    /// exported, which is destroyed then; [`HsmError`].
    pub fn generate(token: &Token, name: KeyName) -> Result<Self, HsmError> {
        {
            let running = token.module().running();
            let session = token.login(&running, true)?;
            if !session.find_objects(&name.template(ObjectClass::SECRET_KEY))?.is_empty() {
                return Err(HsmError::KeyExists(name.to_string()));
            }
            let template = [
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::KeyType(KeyType::AES),
                Attribute::ValueLen(KEY_BYTES.into()),
                Attribute::Encrypt(true),
                Attribute::Decrypt(true),
                Attribute::Wrap(false),
                Attribute::Unwrap(false),
                Attribute::Label(name.label.as_bytes().to_vec()),
                Attribute::Id(name.id.clone().unwrap_or_default()),
            ];
            let key = session.generate_key(&Mechanism::AesKeyGen, &template)?;
            if let Err(error) = check_stays(&session, key) {
                let _ = session.destroy_object(key);
                return Err(error);
            }
        }
        Self::open(token, name)
    }

    /// `nonce (12) ‖ AES-256-GCM ciphertext ‖ tag (16)`. The nonce must never have been used with this key before.
    ///
    /// # Errors
    /// [`HsmError`].
    pub fn wrap(&self, secret: &[u8], mut nonce: [u8; WRAP_NONCE_BYTES]) -> Result<Vec<u8>, HsmError> {
        let mut wrapped = nonce.to_vec();
        let sealed = self.with(|session, key| {
            let parameters = GcmParams::new(&mut nonce, ASSOCIATED, TAG_BITS.into())?;
            Ok(session.encrypt(&Mechanism::AesGcm(parameters), key, secret)?)
        })?;
        wrapped.extend_from_slice(&sealed);
        Ok(wrapped)
    }

    /// Gives back what [`wrap`](WrappingKey::wrap) was given.
    ///
    /// # Errors
    /// [`HsmError::NotWrapped`] if the key does not open it; [`HsmError`].
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, HsmError> {
        let (nonce, sealed) = wrapped.split_first_chunk::<WRAP_NONCE_BYTES>().ok_or(HsmError::NotWrapped)?;
        let mut nonce = *nonce;
        self.with(|session, key| {
            let parameters = GcmParams::new(&mut nonce, ASSOCIATED, TAG_BITS.into())?;
            let opened = session.decrypt(&Mechanism::AesGcm(parameters), key, sealed);
            opened.map(Zeroizing::new).map_err(|error| {
                let error = HsmError::from(error);
                // What the device says of bytes that it does not open differs from one to the next.
                if matches!(error, HsmError::Device(Error::Pkcs11(..))) {
                    HsmError::NotWrapped
                } else {
                    error
                }
            })
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Session, ObjectHandle) -> Result<T, HsmError>,
    ) -> Result<T, HsmError> {
        let running = self.token.module().running();
        let session = self.token.login(&running, false)?;
        let key = match session.find_objects(&self.name.template(ObjectClass::SECRET_KEY))?[..] {
            [key] => key,
            [] => return Err(HsmError::NoWrappingKey(self.name.to_string())),
            [..] => return Err(HsmError::TwoKeys(self.name.to_string())),
        };
        check_stays(&session, key)?;
        work(&session, key)
    }
}
