//! Where a key is: `keys/<name>.toml`, beside the software key `keys/<name>.pem` or in its place.

use std::path::PathBuf;

use boyin_model::b64;
use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;
use boyin_suite::Algorithm;
use serde::{Deserialize, Serialize};

use crate::config::SuiteName;
use crate::keyring_limits::KeyLimits;

/// The newest `format` of a key reference that this release reads. Written is 2 for remote keys, 1 for all others, which
/// older releases read too.
pub const KEY_REFERENCE_FORMAT: u32 = 2;

/// One key: which one it is, where, and what it may sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyReference {
    /// At most [`KEY_REFERENCE_FORMAT`].
    pub format: u32,
    /// Key ID, as in the trust list.
    pub kid: String,
    /// Its suite.
    pub suite: SuiteName,
    /// The public key `04 ‖ X ‖ Y`, base64url.
    pub public: String,
    /// When it was made, or first known here.
    pub made_at: UnixTime,
    /// When its private half was destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<UnixTime>,
    /// Where its private half is.
    pub place: KeyPlace,
    /// What it may sign. A key with limits is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<KeyLimits>,
}

/// Where a private key is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum KeyPlace {
    /// In `keys/<name>.pem`, encrypted under the passphrase.
    Software,
    /// In a PKCS#11 token.
    Pkcs11(Pkcs11Place),
    /// At a remote signer.
    Remote(RemotePlace),
}

/// A key in a PKCS#11 token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs11Place {
    /// The shared library of the device.
    pub module: PathBuf,
    /// Label of the token.
    pub token: String,
    /// CKA_LABEL of the key.
    pub label: String,
    /// CKA_ID of the key, hexadecimal.
    pub id: String,
    /// File with the PIN, where it is not the one that was handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin_file: Option<PathBuf>,
}

/// A key at a remote signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemotePlace {
    /// Where the signer is reached: http or https, no slash at the end.
    pub url: String,
    /// ID of the signer.
    pub signer: String,
    /// ID of the key under `keys/` that signs the requests.
    pub client: String,
}

/// What a new key is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A key file under the passphrase.
    Software(SuiteName),
    /// A P-256 key made in a PKCS#11 token.
    Pkcs11 {
        /// The shared library of the device.
        module: PathBuf,
        /// Label of the token.
        token: String,
        /// File with the PIN, where it is not the one that was handed in.
        pin_file: Option<PathBuf>,
    },
    /// A key that a remote signer holds already.
    Remote {
        /// Where the signer is reached: http or https, no slash at the end.
        url: String,
        /// ID of the signer.
        signer: String,
        /// Its public half.
        key: Jwk,
    },
}

impl KeyPlace {
    /// In one word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Pkcs11(_) => "pkcs11",
            Self::Remote(_) => "remote",
        }
    }

    /// The oldest format of a reference that has this place.
    pub(crate) fn format(&self) -> u32 {
        match self {
            Self::Software | Self::Pkcs11(_) => 1,
            Self::Remote(_) => 2,
        }
    }
}

impl KeyReference {
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.suite.into()
    }

    /// The public key with its ID; `None` if it is not one of the suite.
    #[must_use]
    pub fn jwk(&self) -> Option<Jwk> {
        Jwk::from_point(self.algorithm().verifier(), &self.point()?)
    }

    /// The public key; `None` if it is not base64url.
    pub(crate) fn point(&self) -> Option<Vec<u8>> {
        b64::decode(self.public.as_bytes()).ok()
    }
}
