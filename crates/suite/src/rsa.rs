//! RSA with SHA-256, SHA-384 and SHA-512, in PKCS#1 v1.5 form and as PSS, to verify certificates only.

use std::fmt;

use boyin_model::alg::{
    AlgId, BadKey, BadSignature, Digest32, Hasher, PublicKey, SignatureEncoding, VerifyAlg, VerifyKey,
};
use pkcs8::ObjectIdentifier;
use ring::signature::{RsaParameters, UnparsedPublicKey};

use crate::ecdsa::{sha256, sha256_hasher};
use crate::encoding::read_two_integers;

/// Bits of the modulus: the bounds of *ring*'s verifier, whose lower end is that of SP 800-131A §3.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Largest public exponent that *ring* accepts: 33 bits.
const MAX_EXPONENT: u64 = (1 << 33) - 1;

const fn id(
    name: &'static str,
    oid: &'static str,
    signed_digest: &'static str,
    pss: Option<ObjectIdentifier>,
) -> AlgId {
    AlgId {
        name,
        family: name,
        // Only certificate chains use it: a license under RSA is never accepted, so no `alg` in a JWS may choose it.
        jws: None,
        // The suite's digest has 256 bits: it is for fingerprints, and not always the digest of the signature.
        digest: "sha-256",
        signed_digest,
        curve: None,
        oid: Some(ObjectIdentifier::new_unwrap(oid)),
        pss,
        encoding: SignatureEncoding::Pkcs1,
    }
}

const fn pss_id(name: &'static str, signed_digest: &'static str, digest: &'static str) -> AlgId {
    let digest = ObjectIdentifier::new_unwrap(digest);
    id(name, "1.2.840.113549.1.1.10", signed_digest, Some(digest))
}

static RS256_ID: AlgId = id("RS256", "1.2.840.113549.1.1.11", "sha-256", None);
static RS384_ID: AlgId = id("RS384", "1.2.840.113549.1.1.12", "sha-384", None);
static RS512_ID: AlgId = id("RS512", "1.2.840.113549.1.1.13", "sha-512", None);

static PS256_ID: AlgId = pss_id("PS256", "sha-256", "2.16.840.1.101.3.4.2.1");
static PS384_ID: AlgId = pss_id("PS384", "sha-384", "2.16.840.1.101.3.4.2.2");
static PS512_ID: AlgId = pss_id("PS512", "sha-512", "2.16.840.1.101.3.4.2.3");

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2), moduli of 2048 to 8192 bits; verify only, for certificate chains.
pub static RS256: Rsa =
    Rsa { id: &RS256_ID, ring: &ring::signature::RSA_PKCS1_2048_8192_SHA256, this: &RS256 };

/// As [`RS256`], with SHA-384.
pub static RS384: Rsa =
    Rsa { id: &RS384_ID, ring: &ring::signature::RSA_PKCS1_2048_8192_SHA384, this: &RS384 };

/// As [`RS256`], with SHA-512.
pub static RS512: Rsa =
    Rsa { id: &RS512_ID, ring: &ring::signature::RSA_PKCS1_2048_8192_SHA512, this: &RS512 };

/// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017 §8.1), moduli of 2048 to 8192 bits; verify
/// only, for certificate chains.
pub static PS256: Rsa = Rsa { id: &PS256_ID, ring: &ring::signature::RSA_PSS_2048_8192_SHA256, this: &PS256 };

/// As [`PS256`], with SHA-384 and a salt of 48 bytes.
pub static PS384: Rsa = Rsa { id: &PS384_ID, ring: &ring::signature::RSA_PSS_2048_8192_SHA384, this: &PS384 };

/// As [`PS256`], with SHA-512 and a salt of 64 bytes.
pub static PS512: Rsa = Rsa { id: &PS512_ID, ring: &ring::signature::RSA_PSS_2048_8192_SHA512, this: &PS512 };

/// The type of [`RS256`], [`PS256`] and their like.
pub struct Rsa {
    id: &'static AlgId,
    ring: &'static RsaParameters,
    this: &'static Self,
}

impl fmt::Debug for Rsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rsa({})", self.id)
    }
}

impl VerifyAlg for Rsa {
    fn id(&self) -> &'static AlgId {
        self.id
    }

    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        // RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
        let (modulus, exponent) = read_two_integers(public.0).map_err(|_| BadKey)?;
        check_modulus(modulus.as_bytes())?;
        check_exponent(exponent.as_bytes())?;
        let key = UnparsedPublicKey::new(self.ring, public.0.to_vec());
        Ok(Box::new(RsaKey { alg: self.this, key }))
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        sha256(parts)
    }

    fn hasher(&self) -> Box<dyn Hasher> {
        sha256_hasher()
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

struct RsaKey {
    alg: &'static Rsa,
    key: UnparsedPublicKey<Vec<u8>>,
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({})", self.alg.id)
    }
}

impl VerifyKey for RsaKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.alg
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.key.verify(message, signature).map_err(|_| BadSignature)
    }
}
