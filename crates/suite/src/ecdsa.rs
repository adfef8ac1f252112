//! ECDSA over P-256 with SHA-256 (FIPS 186-5), through *ring* and, as a second opinion, through the crate `p256`.
//!
//! For every valid `(r, s)` the pair `(r, n − s)` verifies too. What this project issues has one spelling only: the
//! lower of the two.

use std::fmt;

use boyin_model::alg::{
    AlgId, BadKey, BadSignature, Digest32, PublicKey, SignatureEncoding, VerifyAlg, VerifyKey,
};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use ring::signature::UnparsedPublicKey;
use sha2::{Digest as _, Sha256};

use crate::encoding::{FIELD_BYTES, Point, to_raw, uncompressed};

/// `⌊n / 2⌋` for the order `n` of P-256 (SP 800-186 §3.2.1.3), big-endian: the largest low s.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde,
    0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// Which of the two values of s is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SRange {
    /// `1 ..= ⌊n / 2⌋`.
    Low,
    /// `1 ..= n − 1`.
    Any,
}

impl SRange {
    fn check(self, raw: &[u8; 64]) -> Result<(), BadSignature> {
        match self {
            Self::Any => Ok(()),
            Self::Low if raw[FIELD_BYTES..] <= HALF_ORDER[..] => Ok(()),
            Self::Low => Err(BadSignature),
        }
    }
}

const fn p256_id(name: &'static str, jws: Option<&'static str>, encoding: SignatureEncoding) -> AlgId {
    AlgId { name, jws, digest: "sha-256", curve: Some("P-256"), encoding }
}

static ES256_ID: AlgId = p256_id("ES256", Some("ES256"), SignatureEncoding::Raw);
static ES256_ANY_S_ID: AlgId = p256_id("ES256-ANY-S", None, SignatureEncoding::Raw);
static DER_ID: AlgId = p256_id("ECDSA-P256-SHA256-DER", None, SignatureEncoding::Der);

/// ES256 of RFC 7518 §3.4, low s only: what this project issues.
pub static ES256: RingEcdsa = RingEcdsa {
    id: &ES256_ID,
    s: SRange::Low,
    ring: &ring::signature::ECDSA_P256_SHA256_FIXED,
    this: &ES256,
};

/// ES256 of RFC 7518 §3.4 with any s: JWS made by others. Not listed in [`crate::all_jws`].
pub static ES256_ANY_S: RingEcdsa = RingEcdsa {
    id: &ES256_ANY_S_ID,
    s: SRange::Any,
    ring: &ring::signature::ECDSA_P256_SHA256_FIXED,
    this: &ES256_ANY_S,
};

/// ECDSA-with-SHA256 in strict DER with any s: X.509 and CMS (RFC 5758 §3.2).
pub static ECDSA_P256_SHA256_DER: RingEcdsa = RingEcdsa {
    id: &DER_ID,
    s: SRange::Any,
    ring: &ring::signature::ECDSA_P256_SHA256_ASN1,
    this: &ECDSA_P256_SHA256_DER,
};

/// The parameter set of [`ES256`] through the crate `p256`, for comparison and for platforms without *ring*.
pub static ES256_P256: P256Ecdsa = P256Ecdsa { id: &ES256_ID, s: SRange::Low, this: &ES256_P256 };

/// The parameter set of [`ECDSA_P256_SHA256_DER`] through the crate `p256`.
pub static ECDSA_P256_SHA256_DER_P256: P256Ecdsa =
    P256Ecdsa { id: &DER_ID, s: SRange::Any, this: &ECDSA_P256_SHA256_DER_P256 };

/// SHA-256 of the concatenation of `parts`.
pub(crate) fn sha256(parts: &[&[u8]]) -> Digest32 {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        context.update(part);
    }
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// One ECDSA parameter set through *ring*: [`ES256`], [`ES256_ANY_S`], [`ECDSA_P256_SHA256_DER`].
pub struct RingEcdsa {
    id: &'static AlgId,
    s: SRange,
    ring: &'static ring::signature::EcdsaVerificationAlgorithm,
    this: &'static Self,
}

impl fmt::Debug for RingEcdsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RingEcdsa({})", self.id)
    }
}

impl VerifyAlg for RingEcdsa {
    fn id(&self) -> &'static AlgId {
        self.id
    }

    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        // ring looks at a key only when it verifies; a bad key must be found when the trust list is loaded.
        let point = uncompressed(public)?;
        p256::PublicKey::from_sec1_bytes(&point).map_err(|_| BadKey)?;
        Ok(Box::new(RingKey { alg: self.this, key: UnparsedPublicKey::new(self.ring, point) }))
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        sha256(parts)
    }
}

struct RingKey {
    alg: &'static RingEcdsa,
    key: UnparsedPublicKey<Point>,
}

impl fmt::Debug for RingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RingKey({})", self.alg.id)
    }
}

impl VerifyKey for RingKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.alg
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        if self.alg.s == SRange::Low {
            self.alg.s.check(&to_raw(self.alg.id.encoding, signature)?)?;
        }
        self.key.verify(message, signature).map_err(|_| BadSignature)
    }
}

/// One ECDSA parameter set through the crate `p256`: [`ES256_P256`], [`ECDSA_P256_SHA256_DER_P256`].
pub struct P256Ecdsa {
    id: &'static AlgId,
    s: SRange,
    this: &'static Self,
}

impl P256Ecdsa {
    /// As [`VerifyAlg::key`], with the concrete type, which can also verify a digest.
    ///
    /// # Errors
    /// [`BadKey`] if `public` is no uncompressed point of the curve.
    pub fn prepare(&self, public: PublicKey<'_>) -> Result<P256Key, BadKey> {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&uncompressed(public)?).map_err(|_| BadKey)?;
        Ok(P256Key { alg: self.this, key })
    }
}

impl fmt::Debug for P256Ecdsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P256Ecdsa({})", self.id)
    }
}

impl VerifyAlg for P256Ecdsa {
    fn id(&self) -> &'static AlgId {
        self.id
    }

    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        Ok(Box::new(self.prepare(public)?))
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize().into()
    }
}

/// A checked P-256 key of [`P256Ecdsa`].
pub struct P256Key {
    alg: &'static P256Ecdsa,
    key: p256::ecdsa::VerifyingKey,
}

impl P256Key {
    /// Verifies `signature` over a message of which `digest` is the SHA-256.
    ///
    /// # Errors
    /// [`BadSignature`], whatever the cause.
    pub fn verify_prehashed(&self, digest: &Digest32, signature: &[u8]) -> Result<(), BadSignature> {
        let raw = to_raw(self.alg.id.encoding, signature)?;
        self.alg.s.check(&raw)?;
        let signature = p256::ecdsa::Signature::from_slice(&raw).map_err(|_| BadSignature)?;
        self.key.verify_prehash(digest, &signature).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for P256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P256Key({})", self.alg.id)
    }
}

impl VerifyKey for P256Key {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.alg
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.verify_prehashed(&self.alg.digest(&[message]), signature)
    }
}
