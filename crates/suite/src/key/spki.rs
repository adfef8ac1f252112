//! Public keys as `SubjectPublicKeyInfo`, the form of certificates and of `openssl pkey -pubout`.

use boyin_model::alg::{BadKey, PublicKey};
use pkcs8::der::asn1::{AnyRef, BitStringRef};
use pkcs8::der::{Decode, Encode};
use pkcs8::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::{Algorithm, ID_EC_PUBLIC_KEY, KeyError, KeyPart};
use crate::encoding::{Point, uncompressed};

/// Reads a DER `SubjectPublicKeyInfo` (RFC 5480 §2) of either curve; gives the point `04 ‖ X ‖ Y`, checked.
///
/// # Errors
/// [`KeyError::WrongAlgorithm`] if it is not a key of `algorithm`; [`KeyError::InvalidKey`] if the point is compressed
/// or not on the curve; [`KeyError::Malformed`].
pub fn public_key_from_spki(algorithm: Algorithm, der: &[u8]) -> Result<[u8; 65], KeyError> {
    let malformed = KeyError::Malformed { part: KeyPart::SubjectPublicKeyInfo };
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| malformed)?;
    let curve = info.algorithm.parameters_oid().ok();
    if info.algorithm.oid != ID_EC_PUBLIC_KEY || curve != Some(algorithm.curve()) {
        return Err(KeyError::WrongAlgorithm { wanted: algorithm });
    }
    let key = PublicKey(info.subject_public_key.as_bytes().ok_or(malformed)?);
    check(algorithm, key).map_err(|BadKey| KeyError::InvalidKey)
}

/// Writes a point as a DER `SubjectPublicKeyInfo`.
///
/// # Errors
/// [`BadKey`] if `key` is no uncompressed point of the curve.
pub fn public_key_to_spki(algorithm: Algorithm, key: PublicKey<'_>) -> Result<Vec<u8>, BadKey> {
    let point = check(algorithm, key)?;
    let curve = algorithm.curve();
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid: ID_EC_PUBLIC_KEY, parameters: Some(AnyRef::from(&curve)) },
        subject_public_key: BitStringRef::from_bytes(&point).map_err(|_| BadKey)?,
    };
    info.to_der().map_err(|_| BadKey)
}

fn check(algorithm: Algorithm, key: PublicKey<'_>) -> Result<Point, BadKey> {
    let point = uncompressed(key)?;
    algorithm.verifier().key(key).map(|_| point)
}
