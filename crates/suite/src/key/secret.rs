//! A raw 32-byte secret in the same kind of file as a private key.

use boyin_model::alg::Randomness;
use pkcs8::der::Decode;
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfo, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use super::{KeyError, KeyPart, envelope};
use crate::ecdsa::sha256;

/// `id-hmacWithSHA256` (RFC 8018 B.1.2): names a secret for keyed digests.
const HMAC_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");

/// Separates the check value from every other digest of the secret.
const CHECK_LABEL: &[u8] = b"boyin sealed secret, check value\0";

/// Encrypts a 32-byte secret under a passphrase, as `-----BEGIN ENCRYPTED PRIVATE KEY-----`.
///
/// ```text
/// OneAsymmetricKey {                        -- RFC 5958 §2
///   version    v2,
///   algorithm  { hmacWithSHA256, NULL },
///   privateKey OCTET STRING (SIZE (32)),    -- the secret itself
///   publicKey  [1] BIT STRING }             -- SHA-256("boyin sealed secret, check value" ‖ 00 ‖ secret)
/// ```
///
/// CBC does not notice altered ciphertext; the check value, a one-way image of the secret inside the encryption, does.
///
/// # Errors
/// [`KeyError::EmptyPassphrase`]; [`KeyError::NoRandomness`] if there is none for salt and IV.
pub fn seal_secret(
    secret: &[u8; 32],
    passphrase: &[u8],
    random: &mut dyn Randomness,
) -> Result<String, KeyError> {
    let check = check_value(secret);
    let info = PrivateKeyInfo {
        algorithm: AlgorithmIdentifierRef { oid: HMAC_WITH_SHA256, parameters: Some(AnyRef::NULL) },
        private_key: OctetStringRef::new(secret).expect("32 bytes are an OCTET STRING"),
        public_key: Some(BitStringRef::from_bytes(&check).expect("32 bytes are a BIT STRING")),
    };
    let document = SecretDocument::encode_msg(&info).expect("the structure has a DER form");
    envelope::seal(document.as_bytes(), passphrase, random)
}

/// Decrypts what [`seal_secret`] wrote.
///
/// # Errors
/// [`KeyError::WrongPassphrase`]; [`KeyError::NotASecret`] if the file holds a key of another kind;
/// [`KeyError::InvalidKey`] if the secret was altered; [`KeyError::Malformed`].
pub fn open_secret(pem: &str, passphrase: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let opened = envelope::open(pem, passphrase)?;
    let info = PrivateKeyInfoRef::from_der(opened.as_bytes())
        .map_err(|_| KeyError::Malformed { part: KeyPart::PrivateKeyInfo })?;
    if info.algorithm.oid != HMAC_WITH_SHA256 {
        return Err(KeyError::NotASecret);
    }
    let bytes = <&[u8; 32]>::try_from(info.private_key.as_bytes()).map_err(|_| KeyError::NotASecret)?;
    let secret = Zeroizing::new(*bytes);
    let check = info.public_key.and_then(|bits| bits.as_bytes()).ok_or(KeyError::NotASecret)?;
    if check == check_value(&secret) { Ok(secret) } else { Err(KeyError::InvalidKey) }
}

fn check_value(secret: &[u8; 32]) -> [u8; 32] {
    sha256(&[CHECK_LABEL, secret])
}
