//! The seam between formats and algorithms.
//!
//! An algorithm is an object in a list, not an arm of a `match`. Each set of parameters (curve, digest, signature
//! encoding, SM2 user ID) is its own object. The objects live in leaf crates (`boyin-suite`); formats and the verifier
//! know these traits only, so another back end needs no change here.
//!
//! The algorithm is chosen by the *key* (which the trust list binds to one algorithm), never by the message alone.

use std::any::Any;
use std::fmt;

use der::asn1::ObjectIdentifier;

/// A 256-bit digest: SHA-256 or SM3, as the suite says.
pub type Digest32 = [u8; 32];

/// How the two integers of an elliptic-curve signature are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureEncoding {
    /// `r ‖ s`, 32 bytes each, big-endian. JWS (RFC 7518 §3.4) uses this.
    Raw,
    /// `SEQUENCE { r INTEGER, s INTEGER }` in strict DER. X.509, CMS and GM/T 0009 use this.
    Der,
    /// One octet string whose length is that of the modulus (RSA, RFC 8017).
    Pkcs1,
}

/// Names one algorithm together with all its parameters.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct AlgId {
    /// Unique name of the parameter set, for reports and logs: `ES256`, `SM2-SM3-DER`, …
    pub name: &'static str,
    /// Name of the algorithm in whatever encoding, by which a trust list ends it: the `alg` of JWS where there is one.
    pub family: &'static str,
    /// The `alg` value in a JWS header that this object answers to; `None` if it is not used in JWS.
    pub jws: Option<&'static str>,
    /// Name of the suite's digest in `_sd_alg`: `sha-256` or `sm3`.
    pub digest: &'static str,
    /// Name of the digest that is signed: the suite's, or, in certificates only, `sha-384` or `sha-512`.
    pub signed_digest: &'static str,
    /// The `crv` of a JSON Web Key (RFC 7518 §6.2.1.1); `None` for RSA.
    pub curve: Option<&'static str>,
    /// The signature algorithm in certificates and seals; `None` if a set of parameters is not used there.
    pub oid: Option<ObjectIdentifier>,
    /// RSASSA-PSS, whose object identifier leaves the digest open: which one; it is MGF1's too, and the salt is as long
    /// as it. `None` for every other algorithm.
    pub pss: Option<ObjectIdentifier>,
    /// How a signature is written.
    pub encoding: SignatureEncoding,
}

impl AlgId {
    /// Whether [`VerifyAlg::digest`] is the digest that is signed. Where a document's digest stands beside the signature,
    /// only such an algorithm says which one that is.
    #[must_use]
    pub fn signs_its_digest(&self) -> bool {
        self.signed_digest == self.digest
    }
}

impl fmt::Display for AlgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Bytes of a public key: the SEC 1 uncompressed point `04 ‖ X ‖ Y` (65 bytes) for curves, a DER `RSAPublicKey`
/// (RFC 8017 A.1.1) for RSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey<'k>(pub &'k [u8]);

/// An algorithm that can verify.
pub trait VerifyAlg: Send + Sync + fmt::Debug {
    /// Which parameter set this is.
    fn id(&self) -> &'static AlgId;

    /// Checks a public key: once for each key that a trust list names, so that verifying does not.
    ///
    /// Precomputation is [`VerifyKey::prepare`].
    ///
    /// # Errors
    /// [`BadKey`] if the bytes are no key of this algorithm (wrong form, not on the curve, the point at infinity,
    /// an RSA modulus out of bounds).
    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey>;

    /// Verifies many signatures by keys of this algorithm; the results are in the order of the jobs.
    ///
    /// For implementations that are faster on several signatures at once. A job whose key is of another algorithm is
    /// verified by that.
    fn verify_bulk(&self, jobs: &[BulkJob<'_>]) -> Vec<Result<(), BadSignature>> {
        jobs.iter().map(|job| job.key.verify(job.message, job.signature)).collect()
    }

    /// The suite's digest over the concatenation of `parts`.
    fn digest(&self, parts: &[&[u8]]) -> Digest32;

    /// The suite's digest over bytes that come one part after another.
    fn hasher(&self) -> Box<dyn Hasher>;

    /// The suite's digest over each of `messages`, in their order.
    ///
    /// For implementations that are faster on several messages at once.
    fn digest_many(&self, messages: &[&[u8]]) -> Vec<Digest32> {
        messages.iter().map(|message| self.digest(&[message])).collect()
    }
}

/// A digest over bytes that come one part after another: what is larger than memory should hold.
pub trait Hasher: Send {
    /// Takes up the next part.
    fn update(&mut self, part: &[u8]);

    /// The digest over all parts, as [`VerifyAlg::digest`] gives it.
    fn finish(self: Box<Self>) -> Digest32;
}

/// One signature of [`VerifyAlg::verify_bulk`].
#[derive(Clone, Copy, Debug)]
pub struct BulkJob<'j> {
    /// The signer's key.
    pub key: &'j dyn VerifyKey,
    /// The whole message.
    pub message: &'j [u8],
    /// The signature, in the encoding of the algorithm.
    pub signature: &'j [u8],
}

/// A public key that was checked by [`VerifyAlg::key`].
pub trait VerifyKey: Any + Send + Sync + fmt::Debug {
    /// The algorithm that this key is bound to.
    fn alg(&self) -> &'static dyn VerifyAlg;

    /// Precomputes for many verifications, with at most so many bytes of memory for this key.
    ///
    /// May be called from another thread while the key verifies. Does nothing where there is nothing to gain.
    fn prepare(&self, _budget_bytes: usize) {}

    /// What enters the digest before the message: Z for SM2 (GB/T 32918.2 §5.5), nothing for the others.
    fn digest_prefix(&self) -> &[u8] {
        &[]
    }

    /// Verifies `signature` over the whole `message` (hashing included).
    ///
    /// # Errors
    /// [`BadSignature`] for every signature that is not valid, whatever the cause.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature>;
}

/// A private key that can sign: in this process, in a token, or in another office.
pub trait Signer: Send + Sync + fmt::Debug {
    /// The algorithm that its signatures verify under.
    fn alg(&self) -> &'static dyn VerifyAlg;

    /// The public key, in the form of [`PublicKey`].
    fn public_key(&self) -> PublicKey<'_>;

    /// Signs the whole `message` (hashing included).
    ///
    /// # Errors
    /// [`SignError`] if the key cannot be used now.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A source of unpredictable bytes. Fixed in tests, the operating system's in production.
pub trait Randomness {
    /// Fills `buf`.
    ///
    /// # Errors
    /// [`RandomnessUnavailable`]; the content of `buf` is then unspecified.
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), RandomnessUnavailable>;
}

/// The signature does not match. Says nothing more, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match")]
pub struct BadSignature;

/// The bytes are not a public key of the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a public key of this algorithm")]
pub struct BadKey;

/// Why a signer gave no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The device or process that holds the key cannot be reached.
    #[error("the signing key cannot be reached")]
    Unavailable,
    /// The device refused (locked, wrong PIN, use limit reached).
    #[error("the signing device refused")]
    Refused,
    /// No randomness for the signature.
    #[error("no randomness for the signature")]
    NoRandomness,
    /// The device gave a signature that its public key does not verify.
    #[error("the signing device gave a signature that does not verify: nothing was signed")]
    WrongSignature,
    /// The key has made as many signatures as it may.
    #[error(
        "the key has made as many signatures as its limit allows: give it a successor with `boyin key rotate`"
    )]
    UsedUp,
    /// The key may not sign this kind of document.
    #[error("the key is not for this kind of document: see `purposes` among its limits in `boyin key list`")]
    OtherPurpose,
    /// The document is dated before the key may sign, or after.
    #[error("the document is dated outside the time of the key: give it a successor with `boyin key rotate`")]
    OutOfTime,
    /// The signature could not be counted first.
    #[error(
        "the signature could not be counted, so none was made: see whether the disk is full and the count file there"
    )]
    NotCounted,
    /// A remote signer did not answer in time, or the connection broke.
    #[error(
        "the remote signer gave no answer: nothing was signed here, it may have counted a signature that nobody has; \
         repeat the act"
    )]
    Unanswered,
    /// A remote signer refused.
    #[error("the remote signer refused ({code}): docs/remote-signing.md says what each code means")]
    RefusedRemotely {
        /// The code of its answer.
        code: &'static str,
    },
    /// The bytes are more than a remote signer takes.
    #[error("the document is too large to be signed remotely")]
    TooLarge,
}

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct RandomnessUnavailable;
