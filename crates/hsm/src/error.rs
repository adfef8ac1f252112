use std::path::PathBuf;

use boyin_model::alg::SignError;
use cryptoki::error::{Error, RvError};

/// Why a key in a token cannot be made, opened or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HsmError {
    /// The module cannot be loaded or started.
    #[error(
        "the PKCS#11 module {path} cannot be used ({source}): see its path, its configuration and its rights"
    )]
    Module {
        /// The shared library.
        path: PathBuf,
        /// What was found.
        source: Error,
    },
    /// No token has this label.
    #[error("no token is labeled {0:?}: connect the device, or correct the label")]
    NoToken(String),
    /// Two tokens have this label.
    #[error("two tokens are labeled {0:?}: disconnect one, nobody could say which is meant")]
    TwoTokens(String),
    /// The PIN is wrong.
    #[error("the token refused the PIN: it is not tried again, because devices lock after few wrong ones")]
    WrongPin,
    /// The token is locked.
    #[error("the token is locked after too many wrong PINs: its security officer can unlock it")]
    Locked,
    /// No such key.
    #[error("the token holds no private key {0} that can sign")]
    NoKey(String),
    /// Two keys of this name.
    #[error("the token holds two private keys {0}: name the key by its id")]
    TwoKeys(String),
    /// A new key would share its name.
    #[error("the token holds a key {0} already: choose another name")]
    KeyExists(String),
    /// The public half is missing, which says what signatures are verified with.
    #[error("the token holds no public key {0} beside the private one")]
    NoPublicKey(String),
    /// A key on the SM2 curve.
    #[error(
        "the key is on the SM2 curve, and PKCS#11 signs plain ECDSA with it, which is not SM2: use a P-256 key, or a \
         device that speaks GM/T 0018 once that is supported"
    )]
    Sm2Curve,
    /// A key of another kind.
    #[error("the key is not on P-256: only ES256 is signed through PKCS#11")]
    NotP256,
    /// The private key could leave the token, or came from outside.
    #[error(
        "the private key does not stay in its token ({attribute}): have it made inside, not to be exported"
    )]
    Exportable {
        /// The attribute that says so.
        attribute: &'static str,
    },
    /// No such AES key.
    #[error("the token holds no AES key {0}")]
    NoWrappingKey(String),
    /// The bytes were not wrapped with this key.
    #[error(
        "the AES key in the token does not open the wrapped secret: it is another key, or the bytes were changed"
    )]
    NotWrapped,
    /// A signature that does not verify.
    #[error("the token gave a signature that its public key does not verify: nothing was signed")]
    WrongSignature,
    /// Everything else that a device says.
    #[error("the device failed ({0}): see whether it is connected and powered")]
    Device(Error),
}

impl HsmError {
    /// Whether another session, or a restart of the module, could help.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Device(_) | Self::NoToken(_) | Self::NoKey(_) | Self::Module { .. })
    }
}

impl From<Error> for HsmError {
    fn from(error: Error) -> Self {
        let Error::Pkcs11(said, _) = &error else { return Self::Device(error) };
        if matches!(said, RvError::PinLocked) {
            Self::Locked
        } else if matches!(
            said,
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange | RvError::PinExpired
        ) {
            Self::WrongPin
        } else {
            Self::Device(error)
        }
    }
}

impl From<&HsmError> for SignError {
    fn from(error: &HsmError) -> Self {
        if error.may_pass() {
            Self::Unavailable
        } else if matches!(error, HsmError::WrongSignature) {
            Self::WrongSignature
        } else {
            Self::Refused
        }
    }
}
