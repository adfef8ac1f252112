use std::collections::HashMap;

use boyin_model::alg::{AlgId, PublicKey, VerifyAlg, VerifyKey};
use boyin_model::id::{CreditCode, DivisionCode, LicenseTypeCode};
use boyin_model::json::Reader;
use boyin_model::jws::{Compact, Header, JwsError, TYP_TRUST_LIST};
use boyin_model::limits::MAX_TRUST_LIST_BYTES;
use boyin_model::listing::ListFault;
use boyin_model::register::SealId;
use boyin_model::time::UnixTime;
use boyin_model::trust::{IssuerKey, Jwk, StatusLists, Sunset, TrustList, TrustedSeal, in_force};

use crate::reason::Reason;

/// Most that is spent on one key however few there are: beyond it, speed grows by a sixth for ten times the memory.
const MAX_KEY_TABLE_BYTES: usize = 256 << 10;

/// A trust list whose signature was checked, with every key ready for use.
///
/// Loading is the slow step, done once; verifying a license then only looks keys up.
#[derive(Debug)]
pub struct TrustSnapshot {
    list: TrustList,
    issuers: HashMap<CreditCode, usize>,
    keys: HashMap<String, TrustedKey>,
    seals: HashMap<SealId, usize>,
}

#[derive(Debug)]
pub(crate) struct TrustedKey {
    pub(crate) issuer: CreditCode,
    pub(crate) key: Box<dyn VerifyKey>,
    from: UnixTime,
    until: Option<UnixTime>,
    end: Option<Sunset>,
}

impl TrustedKey {
    /// Whether signatures of the key's algorithm count; the limit that was missed if not.
    pub(crate) fn algorithm_allows(&self, signed_at: UnixTime, now: UnixTime) -> Result<(), UnixTime> {
        self.end.as_ref().map_or(Ok(()), |end| end.allows(signed_at, now))
    }

    pub(crate) fn in_force(&self, at: UnixTime) -> bool {
        in_force(self.from, self.until, at)
    }

    /// Whether what the key signed at an instant counts `now`; the reason if not.
    pub(crate) fn counts(&self, signed_at: UnixTime, now: UnixTime) -> Result<(), Reason> {
        if !self.in_force(signed_at) {
            return Err(Reason::KeyNotInForce);
        }
        self.algorithm_allows(signed_at, now).map_err(|_| Reason::AlgEnded)
    }
}

/// Why a trust list was refused. A refused list is not used in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// Not a trust list.
    #[error("not a trust list: {0}")]
    Format(#[from] JwsError),
    /// The anchor is not a key of an algorithm that is allowed here.
    #[error("the anchor is not a key of an allowed algorithm")]
    Anchor,
    /// The list is signed with another key than the anchor.
    #[error("the list is not signed by the anchor")]
    NotByAnchor,
    /// The signature does not match.
    #[error("the signature of the list does not match")]
    Signature,
    /// A key in the list is not usable: unknown algorithm, bad point, wrong key ID.
    #[error("key {key} of issuer {issuer} is not a usable key")]
    Key {
        /// Index of the issuer, from 0.
        issuer: usize,
        /// Index of the key, from 0.
        key: usize,
    },
    /// An issuer or a key ID occurs twice.
    #[error("issuer {issuer} or one of its keys occurs twice")]
    Duplicate {
        /// Index of the second issuer, from 0.
        issuer: usize,
    },
    /// A seal occurs twice.
    #[error("seal {seal} occurs twice")]
    DuplicateSeal {
        /// Index of the second entry, from 0.
        seal: usize,
    },
    /// An algorithm has two ends, or signatures of it count for less long than they are made.
    #[error("the end of algorithm {algorithm} is set twice, or wrongly")]
    Algorithm {
        /// Index of the entry, from 0.
        algorithm: usize,
    },
    /// `next_update` is not later than `issued_at`.
    #[error("the list ends before it begins")]
    Times,
    /// An issuer's status lists are named by what cannot begin their URIs.
    #[error("issuer {issuer} has status lists whose URIs begin in a way that is not allowed")]
    StatusLists {
        /// Index of the issuer, from 0.
        issuer: usize,
    },
    /// A list beside the trust list is none.
    #[error(transparent)]
    List(#[from] ListFault),
}

impl TrustSnapshot {
    /// Verifies a trust list with the anchor and prepares its keys.
    ///
    /// Freshness is not asked here: it depends on the instant of each verification. Nor is the order of lists: see
    /// [`Self::may_replace`].
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn load(token: &[u8], anchor: &Jwk, algs: &[&'static dyn VerifyAlg]) -> Result<Self, TrustError> {
        let payload = payload_by(token, MAX_TRUST_LIST_BYTES, TYP_TRUST_LIST, anchor, algs)?;
        Self::index(TrustList::read(&payload, Reader::Ours)?, algs)
    }

    fn index(list: TrustList, algs: &[&'static dyn VerifyAlg]) -> Result<Self, TrustError> {
        if list.next_update <= list.issued_at {
            return Err(TrustError::Times);
        }
        for (place, end) in list.algorithms.iter().enumerate() {
            let twice = list.algorithms[..place].iter().any(|earlier| earlier.alg == end.alg);
            if twice || end.verify_until.is_some_and(|limit| limit < end.sign_until) {
                return Err(TrustError::Algorithm { algorithm: place });
            }
        }
        let mut issuers = HashMap::with_capacity(list.issuers.len());
        let mut keys = HashMap::new();
        for (place, issuer) in list.issuers.iter().enumerate() {
            if issuers.insert(issuer.code, place).is_some() {
                return Err(TrustError::Duplicate { issuer: place });
            }
            if !issuer.status_lists.iter().all(|lists| StatusLists::is_prefix(&lists.prefix)) {
                return Err(TrustError::StatusLists { issuer: place });
            }
            for (number, entry) in issuer.keys.iter().enumerate() {
                let key =
                    prepare(&entry.jwk(), algs).ok_or(TrustError::Key { issuer: place, key: number })?;
                let IssuerKey { kid, from, until, .. } = entry.clone();
                let end = list.algorithms.iter().find(|end| end.alg == entry.alg).cloned();
                let trusted = TrustedKey { issuer: issuer.code, key, from, until, end };
                if keys.insert(kid, trusted).is_some() {
                    return Err(TrustError::Duplicate { issuer: place });
                }
            }
        }
        let mut seals = HashMap::with_capacity(list.seals.len());
        for (place, seal) in list.seals.iter().enumerate() {
            if seals.insert(seal.id, place).is_some() {
                return Err(TrustError::DuplicateSeal { seal: place });
            }
        }
        Ok(Self { list, issuers, keys, seals })
    }

    /// Precomputes for all keys of the list, within so many bytes: narrower tables for more keys.
    ///
    /// Verifying works before and meanwhile, only more slowly: call it from a thread of its own. Keys that find no
    /// memory go without.
    pub fn prepare_keys(&self, memory_bytes: usize) {
        let share = memory_bytes / self.keys.len().max(1);
        for key in self.keys.values() {
            key.key.prepare(share.min(MAX_KEY_TABLE_BYTES));
        }
    }

    /// The list itself.
    #[must_use]
    pub fn list(&self) -> &TrustList {
        &self.list
    }

    /// Whether this list may take the place of `old`: its sequence is greater, or it is the same list.
    ///
    /// A verifier that runs for long must ask this before it replaces its list: an older list is correctly signed too,
    /// and may name a key that was withdrawn since.
    #[must_use]
    pub fn may_replace(&self, old: &Self) -> bool {
        self.list.sequence > old.list.sequence || self.list == old.list
    }

    /// The key with which an office signed something at `at` and whose office that is; why it does not count at `now` if not.
    ///
    /// # Errors
    /// [`Reason::TrustListFromFuture`], [`Reason::TrustListStale`], [`Reason::KeyUnknown`], [`Reason::KeyNotInForce`],
    /// [`Reason::AlgEnded`], the first that holds.
    pub fn office_key(
        &self,
        kid: &str,
        at: UnixTime,
        now: UnixTime,
    ) -> Result<(CreditCode, &dyn VerifyKey), Reason> {
        self.counts_at(now)?;
        let key = self.key(kid).ok_or(Reason::KeyUnknown)?;
        key.counts(at, now)?;
        Ok((key.issuer, key.key.as_ref()))
    }

    pub(crate) fn knows_issuer(&self, code: CreditCode) -> bool {
        self.issuers.contains_key(&code)
    }

    pub(crate) fn key(&self, kid: &str) -> Option<&TrustedKey> {
        self.keys.get(kid)
    }

    /// Opens what an office of the list signed beside licenses, a JWS of the type `typ` of at most `limit` bytes.
    ///
    /// The signature is verified; whether that counts, [`SignedByIssuer::counts`] tells the caller, who knows when it was made.
    ///
    /// # Errors
    /// [`SignedByIssuerError`].
    pub fn signed_by_issuer(
        &self,
        token: &[u8],
        limit: usize,
        typ: &str,
    ) -> Result<SignedByIssuer<'_>, SignedByIssuerError> {
        let compact = Compact::open(token, limit)?;
        let (header, _) = Header::read(&compact.header, Reader::Ours)?;
        if header.typ != typ {
            return Err(JwsError::WrongType.into());
        }
        let key = self.key(&header.kid).ok_or(SignedByIssuerError::KeyUnknown)?;
        if key.key.alg().id().jws != Some(header.alg.as_ref()) {
            return Err(SignedByIssuerError::OtherAlgorithm);
        }
        let matched = key.key.verify(compact.signing_input, &compact.signature);
        matched.map_err(|_| SignedByIssuerError::Signature)?;
        Ok(SignedByIssuer { payload: compact.payload, kid: header.kid.into_owned(), key })
    }

    /// The seal of that identifier.
    #[must_use]
    pub fn seal(&self, id: SealId) -> Option<&TrustedSeal> {
        self.seals.get(&id).map(|place| &self.list.seals[*place])
    }

    /// Whether signatures of an algorithm of certificates and seals count; the limit that was missed if not.
    pub(crate) fn algorithm_allows(
        &self,
        alg: &AlgId,
        signed_at: UnixTime,
        now: UnixTime,
    ) -> Result<(), UnixTime> {
        ends_allow(&self.list.algorithms, alg, signed_at, now)
    }

    /// Whether the seal was one of the issuer and in use at the instant; the reason if not.
    pub(crate) fn sealed(&self, id: SealId, issuer: CreditCode, at: UnixTime) -> Result<(), Reason> {
        let seal = self.seal(id).ok_or(Reason::SealUnknown)?;
        if seal.issuer != issuer {
            return Err(Reason::SealOfAnother);
        }
        if seal.in_force_at(at) { Ok(()) } else { Err(Reason::SealNotInForce) }
    }

    /// Whether a license that the issuer signed at `at` may point to the status list with this URI.
    pub(crate) fn names_status_list(&self, issuer: CreditCode, uri: &str, at: UnixTime) -> bool {
        self.issuers.get(&issuer).is_some_and(|place| self.list.issuers[*place].names_status_list(uri, at))
    }

    /// Whether the issuer might issue the type in the division at the instant; the reason if not.
    pub(crate) fn entitled(
        &self,
        issuer: CreditCode,
        license_type: LicenseTypeCode,
        division: DivisionCode,
        at: UnixTime,
    ) -> Result<(), Reason> {
        let entry = self.issuers.get(&issuer).map(|place| &self.list.issuers[*place]);
        let entry = entry.ok_or(Reason::IssuerUnknown)?;
        let mut reason = Reason::TypeNotEntitled;
        for right in entry.entitlements.iter().filter(|right| right.license_type == license_type) {
            if right.divisions.iter().any(|known| known.contains(division)) {
                if in_force(right.from, right.until, at) {
                    return Ok(());
                }
                reason = Reason::EntitlementNotInForce;
            } else if reason == Reason::TypeNotEntitled {
                reason = Reason::DivisionNotEntitled;
            }
        }
        Err(reason)
    }
}

/// Whether a signature counts `now` that says it was made at `signed_at`; the limit that was missed if not.
pub(crate) fn ends_allow(
    ends: &[Sunset],
    alg: &AlgId,
    signed_at: UnixTime,
    now: UnixTime,
) -> Result<(), UnixTime> {
    let mut own = ends.iter().filter(|end| end.alg == alg.family);
    own.try_for_each(|end| end.allows(signed_at, now))
}

/// What [`TrustSnapshot::signed_by_issuer`] opened.
#[derive(Debug)]
pub struct SignedByIssuer<'t> {
    pub(crate) payload: Vec<u8>,
    pub(crate) kid: String,
    key: &'t TrustedKey,
}

impl SignedByIssuer<'_> {
    /// The office whose key signed.
    #[must_use]
    pub fn issuer(&self) -> CreditCode {
        self.key.issuer
    }

    /// The algorithm of that key.
    #[must_use]
    pub fn alg(&self) -> &'static dyn VerifyAlg {
        self.key.key.alg()
    }

    /// What was signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(crate) fn in_force(&self, at: UnixTime) -> bool {
        self.key.in_force(at)
    }

    /// Whether what was signed at an instant counts `now`.
    ///
    /// # Errors
    /// [`Reason::KeyNotInForce`], [`Reason::AlgEnded`], the first that holds.
    pub fn counts(&self, signed_at: UnixTime, now: UnixTime) -> Result<(), Reason> {
        self.key.counts(signed_at, now)
    }
}

/// Why a document of an office was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedByIssuerError {
    /// Not a JWS of that type.
    #[error("not a document of the type that was asked for: {0}")]
    Format(#[from] JwsError),
    /// The trust list does not name the key.
    #[error("the trust list does not name the key")]
    KeyUnknown,
    /// The header names another algorithm than that of the key.
    #[error("the header names another algorithm than that of the key")]
    OtherAlgorithm,
    /// The signature does not match.
    #[error("the signature does not match")]
    Signature,
}

/// The payload of a list of this type that the anchor signed.
pub(crate) fn payload_by(
    token: &[u8],
    limit: usize,
    typ: &str,
    anchor: &Jwk,
    algs: &[&'static dyn VerifyAlg],
) -> Result<Vec<u8>, TrustError> {
    let compact = Compact::open(token, limit)?;
    let (header, _) = Header::read(&compact.header, Reader::Ours)?;
    if header.typ != typ {
        return Err(JwsError::WrongType.into());
    }
    let key = prepare(anchor, algs).ok_or(TrustError::Anchor)?;
    if header.kid != anchor.kid || header.alg != anchor.alg {
        return Err(TrustError::NotByAnchor);
    }
    key.verify(compact.signing_input, &compact.signature).map_err(|_| TrustError::Signature)?;
    Ok(compact.payload)
}

/// Checks that the key is of an allowed algorithm and that its ID is its thumbprint.
pub(crate) fn prepare(jwk: &Jwk, algs: &[&'static dyn VerifyAlg]) -> Option<Box<dyn VerifyKey>> {
    let alg = algs.iter().find(|alg| alg.id().jws == Some(jwk.alg.as_str()))?;
    if alg.id().curve != Some(jwk.crv.as_str()) || jwk.thumbprint(*alg) != jwk.kid {
        return None;
    }
    alg.key(PublicKey(&jwk.point()?)).ok()
}
