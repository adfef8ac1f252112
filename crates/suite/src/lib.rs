//! Algorithm suites behind the traits of [`boyin_model::alg`]: SM2-SM3 and ES256, with software keys; RSA to verify.
//!
//! Every parameter set is one static object, chosen by the key and never by the message:
//!
//! | object | key | signature | what it is for |
//! |---|---|---|---|
//! | [`ES256`] | P-256 | `r ‖ s`, low s only | what this project issues (JWS) |
//! | [`ES256_ANY_S`] | P-256 | `r ‖ s` | JWS made by others |
//! | [`ECDSA_P256_SHA256_DER`] | P-256 | DER | X.509, CMS |
//! | [`ES256_P256`], [`ECDSA_P256_SHA256_DER_P256`] | P-256 | as above | the same two through a second, independent implementation |
//! | [`SM2_SM3`] | SM2 | `r ‖ s`, default user ID | what this project issues (JWS) |
//! | [`SM2_SM3_DER`] | SM2 | DER, default user ID | X.509, seals (GM/T 0009) |
//! | [`Sm2Sm3::with_user_id`] | SM2 | either | other user IDs |
//! | [`RS256`], [`RS384`], [`RS512`] | RSA 2048 to 8192 bits | PKCS#1 v1.5 | certificate chains, verify only |
//! | [`PS256`], [`PS384`], [`PS512`] | RSA 2048 to 8192 bits | PSS | certificate chains, verify only |
//! | [`ECDSA_P256_SHA384_DER`] | P-256 | DER | certificate chains, verify only |
//! | [`ECDSA_P384_SHA384_DER`], [`ECDSA_P384_SHA256_DER`] | P-384 | DER | certificate chains, verify only |
//!
//! A license verifier accepts [`all_jws`] and nothing else.
//!
//! ```
//! use boyin_model::alg::Signer as _;
//! use boyin_suite::{Algorithm, SoftwareKey, SystemRandom};
//!
//! let key = SoftwareKey::generate(Algorithm::Sm2, &mut SystemRandom)?;
//! let signature = key.sign(b"message")?;
//! let prepared = key.alg().key(key.public_key())?;
//! assert!(prepared.verify(b"message", &signature).is_ok());
//! assert!(prepared.verify(b"massage", &signature).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bulk;
mod ecdsa;
mod ecdsa_x509;
mod encoding;
mod key;
mod random;
mod rsa;
mod sm2;
mod sm3;
mod tables;

use boyin_model::alg::VerifyAlg;

pub use crate::ecdsa::{
    ECDSA_P256_SHA256_DER, ECDSA_P256_SHA256_DER_P256, ES256, ES256_ANY_S, ES256_P256, Ecdsa, EcdsaKey,
    P256Ecdsa, P256Key,
};
pub use crate::ecdsa_x509::{ECDSA_P256_SHA384_DER, ECDSA_P384_SHA256_DER, ECDSA_P384_SHA384_DER, EcdsaX509};
pub use crate::encoding::{der_to_raw, raw_to_der};
pub use crate::key::{
    Algorithm, KeyError, KeyPart, SoftwareKey, open_secret, public_key_from_spki, public_key_to_spki,
    seal_secret,
};
pub use crate::random::SystemRandom;
pub use crate::rsa::{PS256, PS384, PS512, RS256, RS384, RS512, Rsa};
pub use crate::sm2::{DEFAULT_USER_ID, MAX_USER_ID_BYTES, SM2_SM3, SM2_SM3_DER, Sm2Key, Sm2Sm3, UserIdError};
pub use crate::sm3::sm3_many;
pub use crate::tables::{DEFAULT_TABLE_MEMORY, TableMemory, set_table_memory, table_memory};

/// What a license verifier accepts in a JWS: [`ES256`] and [`SM2_SM3`].
#[must_use]
pub fn all_jws() -> [&'static dyn VerifyAlg; 2] {
    [&ES256, &SM2_SM3]
}

/// What a verifier of certificates and seals accepts: [`SM2_SM3_DER`], and [`SM2_SM3`] for seals that hold `r ‖ s`,
/// ECDSA over P-256 and P-384 with SHA-256 and SHA-384, RSA with SHA-256, SHA-384 and SHA-512, as PSS too. SHA-1 is refused.
#[must_use]
pub fn all_x509() -> [&'static dyn VerifyAlg; 12] {
    [
        &SM2_SM3_DER,
        &SM2_SM3,
        &ECDSA_P256_SHA256_DER,
        &RS256,
        &ECDSA_P256_SHA384_DER,
        &ECDSA_P384_SHA256_DER,
        &ECDSA_P384_SHA384_DER,
        &RS384,
        &RS512,
        &PS256,
        &PS384,
        &PS512,
    ]
}
