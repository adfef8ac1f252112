//! RSA with SHA-256 in PKCS#1 v1.5 form, to verify certificates only.

use std::fmt;

use boyin_model::alg::{
    AlgId, BadKey, BadSignature, Digest32, PublicKey, SignatureEncoding, VerifyAlg, VerifyKey,
};
use pkcs8::ObjectIdentifier;
use ring::signature::UnparsedPublicKey;

use crate::ecdsa::sha256;
use crate::encoding::read_two_integers;

/// Bits of the modulus: the bounds of *ring*'s verifier, whose lower end is that of SP 800-131A §3.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Largest public exponent that *ring* accepts: 33 bits.
const MAX_EXPONENT: u64 = (1 << 33) - 1;

static RS256_ID: AlgId = AlgId {
    name: "RS256",
    // Only certificate chains use it: a license under RSA is never accepted, so no `alg` in a JWS may choose it.
    jws: None,
    digest: "sha-256",
    curve: None,
    oid: Some(ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11")),
    encoding: SignatureEncoding::Pkcs1,
};

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2), moduli of 2048 to 8192 bits; verify only, for certificate chains.
pub static RS256: Rs256 = Rs256;

/// The type of [`RS256`].
#[derive(Debug)]
pub struct Rs256;

impl VerifyAlg for Rs256 {
    fn id(&self) -> &'static AlgId {
        &RS256_ID
    }

    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        // RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
        let (modulus, exponent) = read_two_integers(public.0).map_err(|_| BadKey)?;
        check_modulus(modulus.as_bytes())?;
        check_exponent(exponent.as_bytes())?;
        Ok(Box::new(RsaKey(UnparsedPublicKey::new(
            &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            public.0.to_vec(),
        ))))
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        sha256(parts)
    }
}

fn check_modulus(bytes: &[u8]) -> Result<(), BadKey> {
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return Err(BadKey);
    };
    let leading = usize::try_from(first.leading_zeros()).map_err(|_| BadKey)?;
    let bits = bytes.len().saturating_mul(8).saturating_sub(leading);
    if MODULUS_BITS.contains(&bits) && is_odd(*last) { Ok(()) } else { Err(BadKey) }
}

fn check_exponent(bytes: &[u8]) -> Result<(), BadKey> {
    let mut padded = [0; 8];
    let start = padded.len().checked_sub(bytes.len()).ok_or(BadKey)?;
    padded[start..].copy_from_slice(bytes);
    let exponent = u64::from_be_bytes(padded);
    if (3..=MAX_EXPONENT).contains(&exponent) && is_odd(padded[7]) { Ok(()) } else { Err(BadKey) }
}

fn is_odd(last: u8) -> bool {
    last & 1 == 1
}

struct RsaKey(UnparsedPublicKey<Vec<u8>>);

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({RS256_ID})")
    }
}

impl VerifyKey for RsaKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        &RS256
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.0.verify(message, signature).map_err(|_| BadSignature)
    }
}
