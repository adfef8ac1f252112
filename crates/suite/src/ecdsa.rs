//! ECDSA over P-256 with SHA-256 (FIPS 186-5): known keys through `boyin-curve`, new ones through *ring* and, as a second
//! opinion, all through the crate `p256`.
//!
//! For every valid `(r, s)` the pair `(r, n − s)` verifies too. What this project issues has one spelling only: the
//! lower of the two.

use std::fmt;

use boyin_curve::P256;
use boyin_model::alg::{
    AlgId, BadKey, BadSignature, BulkJob, Digest32, Hasher, PublicKey, SignatureEncoding, VerifyAlg,
    VerifyKey,
};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use pkcs8::ObjectIdentifier;
use ring::signature::UnparsedPublicKey;
use sha2::{Digest as _, Sha256};

use crate::bulk::{self, CurveKey};
use crate::encoding::{FIELD_BYTES, Point, to_raw, uncompressed};
use crate::tables::Slot;

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
    // The names in JWS and in X.509 stand for one algorithm in two encodings.
    let oid = Some(ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"));
    let digest = "sha-256";
    let (family, curve) = ("ES256", Some("P-256"));
    AlgId { name, family, jws, digest, signed_digest: digest, curve, oid, pss: None, encoding }
}

static ES256_ID: AlgId = p256_id("ES256", Some("ES256"), SignatureEncoding::Raw);
static ES256_ANY_S_ID: AlgId = p256_id("ES256-ANY-S", None, SignatureEncoding::Raw);
static DER_ID: AlgId = p256_id("ECDSA-P256-SHA256-DER", None, SignatureEncoding::Der);

/// ES256 of RFC 7518 §3.4, low s only: what this project issues.
pub static ES256: Ecdsa = Ecdsa { id: &ES256_ID, s: SRange::Low, this: &ES256 };

/// ES256 of RFC 7518 §3.4 with any s: JWS made by others. Not listed in [`crate::all_jws`].
pub static ES256_ANY_S: Ecdsa = Ecdsa { id: &ES256_ANY_S_ID, s: SRange::Any, this: &ES256_ANY_S };

/// ECDSA-with-SHA256 in strict DER with any s: X.509 and CMS (RFC 5758 §3.2).
pub static ECDSA_P256_SHA256_DER: Ecdsa = Ecdsa { id: &DER_ID, s: SRange::Any, this: &ECDSA_P256_SHA256_DER };

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
    finished(context)
}

fn finished(context: ring::digest::Context) -> Digest32 {
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// SHA-256 of what comes part by part.
pub(crate) fn sha256_hasher() -> Box<dyn Hasher> {
    Box::new(RingHasher(ring::digest::Context::new(&ring::digest::SHA256)))
}

struct RingHasher(ring::digest::Context);

impl Hasher for RingHasher {
    fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    fn finish(self: Box<Self>) -> Digest32 {
        finished(self.0)
    }
}

/// One ECDSA parameter set: [`ES256`], [`ES256_ANY_S`], [`ECDSA_P256_SHA256_DER`].
pub struct Ecdsa {
    id: &'static AlgId,
    s: SRange,
    this: &'static Self,
}

impl Ecdsa {
    /// As [`VerifyAlg::key`], with the concrete type, which can also verify a digest.
    ///
    /// # Errors
    /// [`BadKey`] if `public` is no uncompressed point of the curve.
    pub fn prepare(&self, public: PublicKey<'_>) -> Result<EcdsaKey, BadKey> {
        let point = uncompressed(public)?;
        let key = boyin_curve::PublicKey::from_sec1(&point).map_err(|_| BadKey)?;
        let ring = UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, point);
        Ok(EcdsaKey { alg: self.this, slot: Slot::new(key), ring })
    }
}

impl fmt::Debug for Ecdsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ecdsa({})", self.id)
    }
}

impl VerifyAlg for Ecdsa {
    fn id(&self) -> &'static AlgId {
        self.id
    }

    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        Ok(Box::new(self.prepare(public)?))
    }

    fn verify_bulk(&self, jobs: &[BulkJob<'_>]) -> Vec<Result<(), BadSignature>> {
        let digests = |messages: &[(&EcdsaKey, &[u8])]| {
            messages.iter().map(|(_, message)| sha256(&[message])).collect()
        };
        bulk::verify(jobs, digests)
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        sha256(parts)
    }

    fn hasher(&self) -> Box<dyn Hasher> {
        sha256_hasher()
    }
}

/// A checked P-256 key. While it is new, *ring* verifies; from its second use on, a table of its multiples.
pub struct EcdsaKey {
    alg: &'static Ecdsa,
    slot: Slot<P256>,
    ring: UnparsedPublicKey<Point>,
}

impl EcdsaKey {
    /// Verifies `signature` over a message of which `digest` is the SHA-256.
    ///
    /// # Errors
    /// [`BadSignature`], whatever the cause.
    pub fn verify_prehashed(&self, digest: &Digest32, signature: &[u8]) -> Result<(), BadSignature> {
        let raw = self.raw(signature)?;
        let table = self.slot.table_for(1);
        let found =
            table.map_or_else(|| self.slot.key().verify(digest, &raw), |table| table.verify(digest, &raw));
        found.map_err(|_| BadSignature)
    }
}

impl fmt::Debug for EcdsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcdsaKey({})", self.alg.id)
    }
}

impl VerifyKey for EcdsaKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.alg
    }

    fn prepare(&self, budget_bytes: usize) {
        self.slot.prepare(budget_bytes);
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let raw = self.raw(signature)?;
        match self.slot.table_for(1) {
            Some(table) => table.verify(&sha256(&[message]), &raw).map_err(|_| BadSignature),
            None => self.verify_once(message, &raw),
        }
    }
}

impl CurveKey for EcdsaKey {
    type Curve = P256;

    fn slot(&self) -> &Slot<P256> {
        &self.slot
    }

    fn raw(&self, signature: &[u8]) -> Result<[u8; 64], BadSignature> {
        let raw = to_raw(self.alg.id.encoding, signature)?;
        self.alg.s.check(&raw)?;
        Ok(raw)
    }

    fn verify_once(&self, message: &[u8], raw: &[u8; 64]) -> Result<(), BadSignature> {
        self.ring.verify(message, raw).map_err(|_| BadSignature)
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

    fn hasher(&self) -> Box<dyn Hasher> {
        Box::new(Sha256Hasher(Sha256::new()))
    }
}

struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    fn finish(self: Box<Self>) -> Digest32 {
        self.0.finalize().into()
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
