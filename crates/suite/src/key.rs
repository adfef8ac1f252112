//! Keys held in this process: made, signed with, and kept in files that `openssl pkey` reads.

mod envelope;
mod error;
mod secret;
mod spki;

use std::fmt;

use boyin_model::alg::{PublicKey, Randomness, SignError, SignatureEncoding, Signer, VerifyAlg};
use pkcs8::der::Decode;
use pkcs8::{EncodePrivateKey, ObjectIdentifier, PrivateKeyInfoRef};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use zeroize::Zeroizing;

pub use self::error::{KeyError, KeyPart};
pub use self::secret::{open_secret, seal_secret};
pub use self::spki::{public_key_from_spki, public_key_to_spki};
use crate::encoding::{Point, raw_to_der};
use crate::random::SystemRandom;
use crate::sm2::{Sm2Sm3, sign};
use crate::{ES256, SM2_SM3};

/// `id-ecPublicKey` (RFC 5480 §2.1.1): both curves use it, the curve is its parameter.
const ID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp256r1` (RFC 5480 §2.1.1.1).
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// The SM2 curve (GB/T 33560-2017 table A.1).
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// Draws of a private key: one fails with probability 2⁻³², so that a second failure means a broken source.
const KEY_TRIES: usize = 8;

/// A kind of key that this process can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// P-256 with SHA-256.
    Es256,
    /// SM2 with SM3.
    Sm2,
}

impl Algorithm {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Es256, Self::Sm2];

    /// The object that verifies what a new key of this kind signs: [`ES256`] or [`SM2_SM3`].
    #[must_use]
    pub fn verifier(self) -> &'static dyn VerifyAlg {
        match self {
            Self::Es256 => &ES256,
            Self::Sm2 => &SM2_SM3,
        }
    }

    fn curve(self) -> ObjectIdentifier {
        match self {
            Self::Es256 => SECP256R1,
            Self::Sm2 => SM2_CURVE,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verifier().id())
    }
}

/// A private key in the memory of this process, wiped when dropped.
///
/// ES256 signatures are `r ‖ s` with low s; SM2 signatures are `r ‖ s` under the default user ID unless
/// [`SoftwareKey::with_sm2`] says otherwise. Nonces take their randomness from the operating system.
pub struct SoftwareKey {
    secret: Secret,
    public: Point,
}

enum Secret {
    Es256(p256::SecretKey),
    Sm2(::sm2::SecretKey, &'static Sm2Sm3),
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareKey({}, ..)", self.alg().id())
    }
}

impl SoftwareKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`] if `random` fails or gives no usable key.
    pub fn generate(algorithm: Algorithm, random: &mut dyn Randomness) -> Result<Self, KeyError> {
        let mut scalar = Zeroizing::new([0; 32]);
        for _ in 0..KEY_TRIES {
            random.fill(scalar.as_mut()).map_err(|_| KeyError::NoRandomness)?;
            if let Ok(key) = Self::from_scalar(algorithm, &scalar) {
                return Ok(key);
            }
        }
        Err(KeyError::NoRandomness)
    }

    fn from_scalar(algorithm: Algorithm, scalar: &[u8; 32]) -> Result<Self, KeyError> {
        match algorithm {
            Algorithm::Es256 => {
                let key = p256::SecretKey::from_slice(scalar).map_err(|_| KeyError::InvalidKey)?;
                Ok(Self::es256(key))
            }
            Algorithm::Sm2 => {
                let key = ::sm2::SecretKey::from_slice(scalar).map_err(|_| KeyError::InvalidKey)?;
                Self::sm2(key)
            }
        }
    }

    fn es256(key: p256::SecretKey) -> Self {
        let public =
            key.public_key().to_sec1_bytes().as_ref().try_into().expect("P-256 points have 65 bytes");
        Self { secret: Secret::Es256(key), public }
    }

    fn sm2(key: ::sm2::SecretKey) -> Result<Self, KeyError> {
        // d = n − 1 has no signatures, since 1 + d is 0 (GB/T 32918.1: d is in 1 ..= n − 2).
        if *key.to_nonzero_scalar() == -::sm2::Scalar::ONE {
            return Err(KeyError::InvalidKey);
        }
        let public = key.public_key().to_sec1_bytes().as_ref().try_into().expect("SM2 points have 65 bytes");
        Ok(Self { secret: Secret::Sm2(key, &SM2_SM3), public })
    }

    /// The same SM2 key signing under another user ID or in another encoding.
    ///
    /// # Errors
    /// [`KeyError::WrongAlgorithm`] if this is not an SM2 key.
    pub fn with_sm2(self, alg: &'static Sm2Sm3) -> Result<Self, KeyError> {
        match self.secret {
            Secret::Sm2(key, _) => Ok(Self { secret: Secret::Sm2(key, alg), public: self.public }),
            Secret::Es256(_) => Err(KeyError::WrongAlgorithm { wanted: Algorithm::Sm2 }),
        }
    }

    /// Which kind of key this is.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.secret {
            Secret::Es256(_) => Algorithm::Es256,
            Secret::Sm2(..) => Algorithm::Sm2,
        }
    }

    /// Reads an unencrypted PKCS#8 `PrivateKeyInfo` (RFC 5958 §2) that holds an `ECPrivateKey` (RFC 5915 §3).
    ///
    /// # Errors
    /// [`KeyError::WrongAlgorithm`] if it is not a key of `algorithm`; [`KeyError::InvalidKey`] if the scalar is out of
    /// range or the public key beside it is another one; [`KeyError::Malformed`].
    pub fn from_pkcs8_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(der)
            .map_err(|_| KeyError::Malformed { part: KeyPart::PrivateKeyInfo })?;
        let curve = info.algorithm.parameters_oid().ok();
        if info.algorithm.oid != ID_EC_PUBLIC_KEY || curve != Some(algorithm.curve()) {
            return Err(KeyError::WrongAlgorithm { wanted: algorithm });
        }
        match algorithm {
            Algorithm::Es256 => {
                let key = p256::SecretKey::try_from(info).map_err(|_| KeyError::InvalidKey)?;
                Ok(Self::es256(key))
            }
            Algorithm::Sm2 => {
                let key = ::sm2::SecretKey::try_from(info).map_err(|_| KeyError::InvalidKey)?;
                Self::sm2(key)
            }
        }
    }

    /// Writes the key as an unencrypted PKCS#8 `PrivateKeyInfo` with the public key inside.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        let document = match &self.secret {
            Secret::Es256(key) => key.to_pkcs8_der(),
            Secret::Sm2(key, _) => key.to_pkcs8_der(),
        };
        document.expect("a key has a DER form").to_bytes()
    }

    /// Writes the key as `-----BEGIN ENCRYPTED PRIVATE KEY-----`: PBES2 (RFC 8018 §6.2) with scrypt and AES-256-CBC.
    ///
    /// # Errors
    /// [`KeyError::EmptyPassphrase`]; [`KeyError::NoRandomness`] if there is none for salt and IV.
    pub fn to_encrypted_pem(
        &self,
        passphrase: &[u8],
        random: &mut dyn Randomness,
    ) -> Result<String, KeyError> {
        envelope::seal(&self.to_pkcs8_der(), passphrase, random)
    }

    /// Reads `-----BEGIN ENCRYPTED PRIVATE KEY-----` in PBES2 with scrypt or PBKDF2 (SHA-2) and AES-CBC.
    ///
    /// # Errors
    /// [`KeyError::WrongPassphrase`] if decryption gives no private key; the others as in
    /// [`SoftwareKey::from_pkcs8_der`] and for the envelope.
    pub fn from_encrypted_pem(algorithm: Algorithm, pem: &str, passphrase: &[u8]) -> Result<Self, KeyError> {
        Self::from_pkcs8_der(algorithm, envelope::open(pem, passphrase)?.as_bytes())
    }

    fn sign_es256(&self, key: &p256::SecretKey, message: &[u8]) -> Result<Vec<u8>, SignError> {
        // ring never wipes its key pair, so that one is made for each signature and does not outlive it.
        let random = ring::rand::SystemRandom::new();
        let scalar = Zeroizing::new(key.to_bytes());
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &scalar,
            &self.public,
            &random,
        );
        let signature = pair
            .map_err(|_| SignError::NoRandomness)?
            .sign(&random, message)
            .map_err(|_| SignError::NoRandomness)?;
        let signature =
            p256::ecdsa::Signature::from_slice(signature.as_ref()).expect("ring's signatures are in range");
        Ok(signature.normalize_s().to_bytes().to_vec())
    }

    fn sign_sm2(&self, key: &::sm2::SecretKey, alg: &Sm2Sm3, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let e = crate::sm2::sm3(&[&alg.z_of(&self.public), message]);
        let raw = sign(key, &e, &mut SystemRandom)?;
        Ok(match alg.id().encoding {
            SignatureEncoding::Der => raw_to_der(&raw),
            SignatureEncoding::Raw | SignatureEncoding::Pkcs1 => raw.to_vec(),
        })
    }
}

impl Signer for SoftwareKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        match self.secret {
            Secret::Es256(_) => &ES256,
            Secret::Sm2(_, alg) => alg,
        }
    }

    fn public_key(&self) -> PublicKey<'_> {
        PublicKey(&self.public)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.secret {
            Secret::Es256(key) => self.sign_es256(key, message),
            Secret::Sm2(key, alg) => self.sign_sm2(key, alg, message),
        }
    }
}
