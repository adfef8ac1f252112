//! Keys from a seed.

use std::fmt;
use std::sync::Arc;

use boyin_issue::SigningKey;
use boyin_model::alg::{PublicKey, Randomness as _, SignError, Signer, VerifyAlg};
use boyin_suite::Algorithm;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use sha2::{Digest as _, Sha384};

use crate::random::FixedRandom;

/// User ID of every SM2 signer (GM/T 0009-2012 §10).
const USER_ID: &str = "1234567812345678";

/// A private key that anyone can compute and that signs without randomness (RFC 6979).
///
/// Made without the code of `boyin-suite`: it checks that crate from outside.
pub struct FixedKey {
    secret: Secret,
    point: [u8; 65],
}

enum Secret {
    Es256(p256::ecdsa::SigningKey),
    Sm2(Box<sm2::dsa::SigningKey>),
}

impl fmt::Debug for FixedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FixedKey({})", self.alg().id())
    }
}

impl FixedKey {
    /// The key of a seed.
    ///
    /// # Panics
    /// If the seed gives no scalar of the group: choose another one.
    #[must_use]
    pub fn new(algorithm: Algorithm, seed: u64) -> Self {
        let mut scalar = [0; 32];
        FixedRandom::new(seed).fill(&mut scalar).expect("it never fails");
        let (secret, point) = match algorithm {
            Algorithm::Es256 => {
                let key = p256::SecretKey::from_slice(&scalar).expect("below the order");
                let point = key.public_key().to_sec1_bytes().to_vec();
                (Secret::Es256(key.into()), point)
            }
            Algorithm::Sm2 => {
                let key = sm2::SecretKey::from_slice(&scalar).expect("below the order");
                let point = key.public_key().to_sec1_bytes().to_vec();
                let key = sm2::dsa::SigningKey::new(USER_ID, &key).expect("the user ID is short");
                (Secret::Sm2(Box::new(key)), point)
            }
        };
        Self { secret, point: point.try_into().expect("an uncompressed point") }
    }

    /// The key of a seed, ready to sign.
    ///
    /// # Panics
    /// As [`FixedKey::new`].
    #[must_use]
    pub fn signing(algorithm: Algorithm, seed: u64) -> SigningKey {
        SigningKey::new(Arc::new(Self::new(algorithm, seed))).expect("a point of the curve")
    }
}

/// A signature in DER of the P-256 key of a seed, over SHA-384 in place of SHA-256 (RFC 5758 §3.2).
///
/// # Panics
/// As [`FixedKey::new`].
#[must_use]
pub fn signature_over_sha384(seed: u64, message: &[u8]) -> Vec<u8> {
    let mut scalar = [0; 32];
    FixedRandom::new(seed).fill(&mut scalar).expect("it never fails");
    let key = p256::ecdsa::SigningKey::from_slice(&scalar).expect("below the order");
    let signature: p256::ecdsa::Signature =
        key.sign_prehash(&Sha384::digest(message)).expect("a digest of full length");
    signature.to_der().as_bytes().to_vec()
}

impl Signer for FixedKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        match self.secret {
            Secret::Es256(_) => Algorithm::Es256.verifier(),
            Secret::Sm2(_) => Algorithm::Sm2.verifier(),
        }
    }

    fn public_key(&self) -> PublicKey<'_> {
        PublicKey(&self.point)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(match &self.secret {
            Secret::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.normalize_s().to_bytes().to_vec()
            }
            Secret::Sm2(key) => key.sign(message).to_bytes().to_vec(),
        })
    }
}
