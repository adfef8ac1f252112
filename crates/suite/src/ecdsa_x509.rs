//! ECDSA of certificates beyond P-256 with SHA-256, through *ring*: verify only.

use std::fmt;

use boyin_model::alg::{
    AlgId, BadKey, BadSignature, Digest32, Hasher, PublicKey, SignatureEncoding, VerifyAlg, VerifyKey,
};
use pkcs8::ObjectIdentifier;
use ring::signature::{EcdsaVerificationAlgorithm, UnparsedPublicKey};

use crate::ecdsa::{sha256, sha256_hasher};

const fn id(
    (name, family): (&'static str, &'static str),
    curve: &'static str,
    (oid, signed_digest): (&'static str, &'static str),
) -> AlgId {
    AlgId {
        name,
        family,
        jws: None,
        // The suite's digest has 256 bits: it is for fingerprints, and not always the digest of the signature.
        digest: "sha-256",
        signed_digest,
        curve: Some(curve),
        oid: Some(ObjectIdentifier::new_unwrap(oid)),
        pss: None,
        encoding: SignatureEncoding::Der,
    }
}

/// Signature algorithms, each with the digest that is signed.
const SHA256: (&str, &str) = ("1.2.840.10045.4.3.2", "sha-256");
const SHA384: (&str, &str) = ("1.2.840.10045.4.3.3", "sha-384");

static P256_SHA384: AlgId = id(("ECDSA-P256-SHA384-DER", "ECDSA-P256-SHA384"), "P-256", SHA384);
static P384_SHA256: AlgId = id(("ECDSA-P384-SHA256-DER", "ECDSA-P384-SHA256"), "P-384", SHA256);
static P384_SHA384: AlgId = id(("ECDSA-P384-SHA384-DER", "ES384"), "P-384", SHA384);

/// ECDSA-with-SHA384 over P-256 (RFC 5758 §3.2).
pub static ECDSA_P256_SHA384_DER: EcdsaX509 = EcdsaX509 {
    id: &P256_SHA384,
    ring: &ring::signature::ECDSA_P256_SHA384_ASN1,
    point_bytes: 65,
    this: &ECDSA_P256_SHA384_DER,
};

/// ECDSA-with-SHA256 over P-384.
pub static ECDSA_P384_SHA256_DER: EcdsaX509 = EcdsaX509 {
    id: &P384_SHA256,
    ring: &ring::signature::ECDSA_P384_SHA256_ASN1,
    point_bytes: 97,
    this: &ECDSA_P384_SHA256_DER,
};

/// ECDSA-with-SHA384 over P-384.
pub static ECDSA_P384_SHA384_DER: EcdsaX509 = EcdsaX509 {
    id: &P384_SHA384,
    ring: &ring::signature::ECDSA_P384_SHA384_ASN1,
    point_bytes: 97,
    this: &ECDSA_P384_SHA384_DER,
};

/// The type of [`ECDSA_P384_SHA384_DER`] and its like.
pub struct EcdsaX509 {
    id: &'static AlgId,
    ring: &'static EcdsaVerificationAlgorithm,
    point_bytes: usize,
    this: &'static Self,
}

impl fmt::Debug for EcdsaX509 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcdsaX509({})", self.id)
    }
}

impl VerifyAlg for EcdsaX509 {
    fn id(&self) -> &'static AlgId {
        self.id
    }

    /// The form of the point only: *ring* finds out with the first signature whether it is on the curve.
    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        if public.0.len() != self.point_bytes || public.0[0] != 4 {
            return Err(BadKey);
        }
        let key = UnparsedPublicKey::new(self.ring, public.0.to_vec());
        Ok(Box::new(EcdsaX509Key { alg: self.this, key }))
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        sha256(parts)
    }

    fn hasher(&self) -> Box<dyn Hasher> {
        sha256_hasher()
    }
}

struct EcdsaX509Key {
    alg: &'static EcdsaX509,
    key: UnparsedPublicKey<Vec<u8>>,
}

impl fmt::Debug for EcdsaX509Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcdsaX509Key({})", self.alg.id)
    }
}

impl VerifyKey for EcdsaX509Key {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.alg
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.key.verify(message, signature).map_err(|_| BadSignature)
    }
}
