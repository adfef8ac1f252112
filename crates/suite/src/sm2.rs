//! SM2 signatures with SM3 (GB/T 32918.2), verification and parameter sets.
//!
//! The digest that is signed is `e = SM3(Z ‖ M)`, where `Z` binds the signer's user ID, the curve and the public key.

mod signing;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};

use boyin_curve::Sm2;
use boyin_model::alg::{
    AlgId, BadKey, BadSignature, BulkJob, Digest32, Hasher, PublicKey, SignatureEncoding, VerifyAlg,
    VerifyKey,
};
use boyin_model::hex;
use pkcs8::ObjectIdentifier;

pub(crate) use self::signing::sign;
use crate::bulk::{self, CurveKey};
use crate::encoding::{Point, to_raw, uncompressed};
pub(crate) use crate::sm3::{sm3, sm3_hasher, sm3_many};
use crate::tables::Slot;

/// The user ID of every signer that has none of its own (GM/T 0009-2012 §10).
pub const DEFAULT_USER_ID: &[u8] = b"1234567812345678";

/// Longest user ID: its length in *bits* must fit the 16-bit ENTL (GB/T 32918.2 §5.5).
pub const MAX_USER_ID_BYTES: usize = 8191;

/// `a ‖ b ‖ xG ‖ yG` of the curve (GB/T 32918.5), as it enters `Z`.
const CURVE: [u8; 128] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc, //
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7, 0xf3,
    0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93, //
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, 0x8f,
    0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7, //
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53, 0xd0,
    0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
];

/// SM2 signature with SM3 (GB/T 33560-2017 table A.1).
const OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");

static RAW_ID: AlgId = sm2_id("SM2-SM3", Some("SM2-SM3"), SignatureEncoding::Raw);
static DER_ID: AlgId = sm2_id("SM2-SM3-DER", None, SignatureEncoding::Der);

const fn sm2_id(name: &'static str, jws: Option<&'static str>, encoding: SignatureEncoding) -> AlgId {
    AlgId {
        name,
        family: "SM2-SM3",
        jws,
        digest: "sm3",
        signed_digest: "sm3",
        curve: Some("SM2"),
        oid: Some(OID),
        pss: None,
        encoding,
    }
}

/// SM2-SM3 with `r ‖ s` and the default user ID: what this project issues.
pub static SM2_SM3: Sm2Sm3 = Sm2Sm3 { id: &RAW_ID, user_id: DEFAULT_USER_ID };

/// SM2-SM3 in strict DER with the default user ID: certificates and seals (GM/T 0009-2012).
pub static SM2_SM3_DER: Sm2Sm3 = Sm2Sm3 { id: &DER_ID, user_id: DEFAULT_USER_ID };

/// One SM2-SM3 parameter set: a signature encoding and a user ID.
pub struct Sm2Sm3 {
    id: &'static AlgId,
    user_id: &'static [u8],
}

/// Why there is no parameter set for a user ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserIdError {
    /// Its bit length does not fit ENTL.
    #[error("the SM2 user ID has {bytes} bytes, at most {MAX_USER_ID_BYTES} are possible")]
    TooLong {
        /// Length of the refused ID.
        bytes: usize,
    },
    /// SM2 signatures are never written as PKCS#1.
    #[error("SM2 signatures have no PKCS#1 form")]
    NoSuchEncoding,
}

/// Parameter sets of other user IDs, by user ID and whether signatures are DER.
type Interned = BTreeMap<(&'static [u8], bool), &'static Sm2Sm3>;
static INTERNED: LazyLock<Mutex<Interned>> = LazyLock::new(Mutex::default);

impl Sm2Sm3 {
    /// The parameter set for `user_id` (any bytes, at most [`MAX_USER_ID_BYTES`]; none is possible too).
    ///
    /// The default user ID gives [`SM2_SM3`] or [`SM2_SM3_DER`]; every other set is not for JWS. The object lives as
    /// long as the process and is made once for each user ID, so user IDs must come from configuration and never from
    /// a message.
    ///
    /// # Errors
    /// [`UserIdError`] if the ID is too long or `encoding` is [`SignatureEncoding::Pkcs1`].
    pub fn with_user_id(user_id: &[u8], encoding: SignatureEncoding) -> Result<&'static Self, UserIdError> {
        if user_id.len() > MAX_USER_ID_BYTES {
            return Err(UserIdError::TooLong { bytes: user_id.len() });
        }
        let (default, der, label) = match encoding {
            SignatureEncoding::Raw => (&SM2_SM3, false, "SM2-SM3"),
            SignatureEncoding::Der => (&SM2_SM3_DER, true, "SM2-SM3-DER"),
            SignatureEncoding::Pkcs1 => return Err(UserIdError::NoSuchEncoding),
        };
        if user_id == DEFAULT_USER_ID {
            return Ok(default);
        }
        let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = interned.get(&(user_id, der)) {
            return Ok(found);
        }
        let user_id: &'static [u8] = user_id.to_vec().leak();
        let name = format!("{label}-ID-{}", fingerprint(user_id)).leak();
        let id = Box::leak(Box::new(sm2_id(name, None, encoding)));
        let made: &'static Self = Box::leak(Box::new(Self { id, user_id }));
        interned.insert((user_id, der), made);
        Ok(made)
    }

    /// The user ID that enters `Z`.
    #[must_use]
    pub fn user_id(&self) -> &'static [u8] {
        self.user_id
    }

    /// `Z = SM3(ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA)` (GB/T 32918.2 §5.5).
    ///
    /// # Errors
    /// [`BadKey`] if `public` has not the form `04 ‖ X ‖ Y`.
    pub fn z(&self, public: PublicKey<'_>) -> Result<Digest32, BadKey> {
        Ok(self.z_of(&uncompressed(public)?))
    }

    pub(crate) fn z_of(&self, point: &Point) -> Digest32 {
        let bits = u16::try_from(self.user_id.len() * 8).expect("checked by with_user_id");
        sm3(&[&bits.to_be_bytes(), self.user_id, &CURVE, &point[1..]])
    }

    /// As [`VerifyAlg::key`], with the concrete type, which can also verify a digest.
    ///
    /// # Errors
    /// [`BadKey`] if `public` is no uncompressed point of the curve.
    pub fn prepare(&self, public: PublicKey<'_>) -> Result<Sm2Key, BadKey> {
        let point = uncompressed(public)?;
        let key = boyin_curve::PublicKey::from_sec1(&point).map_err(|_| BadKey)?;
        Ok(Sm2Key { alg: self.itself(), z: self.z_of(&point), slot: Slot::new(key) })
    }

    /// `self` for as long as the process lives: objects are static or interned, there are no others.
    pub(crate) fn itself(&self) -> &'static Self {
        Self::with_user_id(self.user_id, self.id.encoding).expect("both were accepted before")
    }
}

/// Eight bytes of the ID's SM3 in hexadecimal: tells parameter sets apart in reports without quoting the ID.
fn fingerprint(user_id: &[u8]) -> String {
    hex::encode(&sm3(&[user_id])[..8])
}

impl fmt::Debug for Sm2Sm3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sm2Sm3({})", self.id)
    }
}

impl VerifyAlg for Sm2Sm3 {
    fn id(&self) -> &'static AlgId {
        self.id
    }

    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        Ok(Box::new(self.prepare(public)?))
    }

    fn verify_bulk(&self, jobs: &[BulkJob<'_>]) -> Vec<Result<(), BadSignature>> {
        let digests = |messages: &[(&Sm2Key, &[u8])]| {
            sm3_many(&messages.iter().map(|(key, message)| [key.z.as_slice(), message]).collect::<Vec<_>>())
        };
        bulk::verify(jobs, digests)
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        sm3(parts)
    }

    fn hasher(&self) -> Box<dyn Hasher> {
        sm3_hasher()
    }

    fn digest_many(&self, messages: &[&[u8]]) -> Vec<Digest32> {
        sm3_many(messages.as_chunks::<1>().0)
    }
}

/// A checked SM2 key with its `Z`.
pub struct Sm2Key {
    alg: &'static Sm2Sm3,
    z: Digest32,
    slot: Slot<Sm2>,
}

impl Sm2Key {
    /// The digest that is signed for `message`: `e = SM3(Z ‖ M)`.
    #[must_use]
    pub fn message_digest(&self, message: &[u8]) -> Digest32 {
        sm3(&[&self.z, message])
    }

    /// Verifies `signature` over the finished digest `e`.
    ///
    /// # Errors
    /// [`BadSignature`], whatever the cause.
    pub fn verify_prehashed(&self, e: &Digest32, signature: &[u8]) -> Result<(), BadSignature> {
        let raw = self.raw(signature)?;
        let table = self.slot.table_for(1);
        let found = table.map_or_else(|| self.slot.key().verify(e, &raw), |table| table.verify(e, &raw));
        found.map_err(|_| BadSignature)
    }
}

impl fmt::Debug for Sm2Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sm2Key({})", self.alg.id)
    }
}

impl VerifyKey for Sm2Key {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.alg
    }

    fn prepare(&self, budget_bytes: usize) {
        self.slot.prepare(budget_bytes);
    }

    fn digest_prefix(&self) -> &[u8] {
        &self.z
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.verify_prehashed(&self.message_digest(message), signature)
    }
}

impl CurveKey for Sm2Key {
    type Curve = Sm2;

    fn slot(&self) -> &Slot<Sm2> {
        &self.slot
    }

    fn raw(&self, signature: &[u8]) -> Result<[u8; 64], BadSignature> {
        to_raw(self.alg.id.encoding, signature)
    }

    fn verify_once(&self, message: &[u8], raw: &[u8; 64]) -> Result<(), BadSignature> {
        self.slot.key().verify(&self.message_digest(message), raw).map_err(|_| BadSignature)
    }
}
