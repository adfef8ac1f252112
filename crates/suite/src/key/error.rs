//! Why a key could not be made, read or written.

use super::Algorithm;

/// Why a key could not be made, read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A structure is not what it should be.
    #[error("the key file is malformed in its {part}")]
    Malformed {
        /// Which structure.
        part: KeyPart,
    },
    /// The PEM block is a key in the clear, where an encrypted one is wanted.
    #[error("the key file is not encrypted")]
    NotEncrypted,
    /// Decryption gave no private key. CBC cannot tell a wrong passphrase from altered ciphertext.
    #[error("the passphrase is wrong, or the encrypted part was altered")]
    WrongPassphrase,
    /// An empty passphrase protects nothing.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// The key derivation or cipher of the file is not supported (PBES1, SHA-1, DES).
    #[error("the encryption of the key file is not supported")]
    UnsupportedEncryption,
    /// Opening the file would cost more time or memory than a key file needs.
    #[error("the key derivation of the key file is too costly")]
    TooCostly,
    /// The key is of another kind.
    #[error("the key is not a key for {wanted}")]
    WrongAlgorithm {
        /// What the caller wanted.
        wanted: Algorithm,
    },
    /// The file holds no 32-byte secret but something else.
    #[error("the file holds no 32-byte secret")]
    NotASecret,
    /// The scalar is out of range, the point is not on the curve, or two parts of the key do not belong together.
    #[error("the key is not valid")]
    InvalidKey,
    /// No randomness for a key, a salt or an IV.
    #[error("no randomness for the key")]
    NoRandomness,
}

impl KeyError {
    /// Stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "key_malformed",
            Self::NotEncrypted => "key_not_encrypted",
            Self::WrongPassphrase => "key_wrong_passphrase",
            Self::EmptyPassphrase => "key_empty_passphrase",
            Self::UnsupportedEncryption => "key_unsupported_encryption",
            Self::TooCostly => "key_too_costly",
            Self::WrongAlgorithm { .. } => "key_wrong_algorithm",
            Self::NotASecret => "key_not_a_secret",
            Self::InvalidKey => "key_invalid",
            Self::NoRandomness => "key_no_randomness",
        }
    }
}

/// A structure in a key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPart {
    /// The PEM armor.
    Pem,
    /// `EncryptedPrivateKeyInfo` (RFC 5958 §3).
    EncryptedPrivateKeyInfo,
    /// `PrivateKeyInfo` (RFC 5958 §2).
    PrivateKeyInfo,
    /// `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
    SubjectPublicKeyInfo,
}

impl std::fmt::Display for KeyPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pem => "PEM armor",
            Self::EncryptedPrivateKeyInfo => "EncryptedPrivateKeyInfo",
            Self::PrivateKeyInfo => "PrivateKeyInfo",
            Self::SubjectPublicKeyInfo => "SubjectPublicKeyInfo",
        })
    }
}
