//! Signatures to verify: the same ones on every run, made by the crates `p256` and `sm2`.

use boyin::model::alg::{PublicKey, Signer as _};
use boyin::suite::{Algorithm, ES256, SM2_SM3, raw_to_der};
use boyin_curve::{Curve, Job, P256, POINT_BYTES, PreparedKey, Sm2, Window};
use boyin_testkit::key::FixedKey;

/// Signatures of one set, all different. Together they touch 32 MiB of a thousand keys' tables, more than caches hold: with
/// fewer, most of a table would never be read.
pub const SIGNATURES: usize = 16 * 1024;

/// A curve with its signature algorithm.
pub trait Scheme: Curve {
    /// For headings.
    const NAME: &'static str;
    /// The suite.
    const ALGORITHM: Algorithm;

    /// What is signed for a message: its SHA-256, or SM2's `e`.
    fn digest(key: &[u8; POINT_BYTES], message: &[u8]) -> [u8; 32];
}

impl Scheme for P256 {
    const NAME: &'static str = "ECDSA P-256";
    const ALGORITHM: Algorithm = Algorithm::Es256;

    fn digest(_: &[u8; POINT_BYTES], message: &[u8]) -> [u8; 32] {
        use boyin::model::alg::VerifyAlg as _;
        ES256.digest(&[message])
    }
}

impl Scheme for Sm2 {
    const NAME: &'static str = "SM2";
    const ALGORITHM: Algorithm = Algorithm::Sm2;

    fn digest(key: &[u8; POINT_BYTES], message: &[u8]) -> [u8; 32] {
        SM2_SM3.prepare(PublicKey(key)).expect("a key of the crate sm2").message_digest(message)
    }
}

/// One signature and what it signs.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Index of the key.
    pub key: usize,
    /// A short message, for peers that only take messages.
    pub message: [u8; 32],
    /// The finished digest.
    pub digest: [u8; 32],
    /// `r ‖ s`.
    pub raw: [u8; 64],
    /// The same numbers in DER.
    pub der: Vec<u8>,
}

/// Signatures by some keys in turn.
#[derive(Debug)]
pub struct Samples<C: Scheme> {
    /// The keys.
    pub keys: Vec<boyin_curve::PublicKey<C>>,
    /// The keys as `04 ‖ X ‖ Y`.
    pub points: Vec<[u8; POINT_BYTES]>,
    /// The signatures.
    pub signed: Vec<Signed>,
}

impl<C: Scheme> Samples<C> {
    /// So many keys, and [`SIGNATURES`] different signatures.
    ///
    /// # Panics
    /// As [`Self::few`].
    #[must_use]
    pub fn new(keys: usize) -> Self {
        Self::few(keys, SIGNATURES)
    }

    /// So many keys, and so many different signatures.
    ///
    /// # Panics
    /// If there is no key.
    #[must_use]
    pub fn few(keys: usize, signatures: usize) -> Self {
        let signers: Vec<_> = (1000..).take(keys).map(|seed| FixedKey::new(C::ALGORITHM, seed)).collect();
        let points: Vec<[u8; POINT_BYTES]> =
            signers.iter().map(|key| key.public_key().0.try_into().expect("an uncompressed point")).collect();
        let keys = points.iter().map(|point| boyin_curve::PublicKey::from_sec1(point).expect("on the curve"));
        let signed = (0..signatures).map(|number| {
            let key = number % signers.len();
            let mut message = [0xa5; 32];
            message[..8].copy_from_slice(&u64::try_from(number).expect("a small number").to_be_bytes());
            let raw = signers[key].sign(&message).expect("a fixed key signs");
            let raw: [u8; 64] = raw.try_into().expect("r ‖ s");
            Signed { key, message, digest: C::digest(&points[key], &message), raw, der: raw_to_der(&raw) }
        });
        Self { keys: keys.collect(), signed: signed.collect(), points }
    }

    /// A table for each key.
    #[must_use]
    pub fn prepare(&self, window: Window) -> Vec<PreparedKey<C>> {
        self.keys.iter().map(|key| key.prepare(window)).collect()
    }

    /// All signatures as jobs of these tables.
    #[must_use]
    pub fn jobs<'j>(&'j self, keys: &'j [PreparedKey<C>]) -> Vec<Job<'j, C>> {
        let job = |signed: &'j Signed| Job {
            key: &keys[signed.key],
            digest: &signed.digest,
            signature: &signed.raw,
        };
        self.signed.iter().map(job).collect()
    }
}
