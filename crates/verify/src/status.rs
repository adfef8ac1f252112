use std::collections::HashMap;

use boyin_model::id::CreditCode;
use boyin_model::json::Reader;
use boyin_model::jws::{JwsError, TYP_STATUS_LIST};
use boyin_model::limits::MAX_STATUS_TOKEN_BYTES;
use boyin_model::status::StatusListClaims;
use boyin_model::time::UnixTime;

use crate::reason::Reason;
use crate::trust::{SignedByIssuerError, TrustSnapshot};

/// Status lists whose signatures were checked, by their URI.
///
/// Each issuer has its own list under a URI: one that signs a list under another's URI takes nothing from it.
#[derive(Debug, Default)]
pub struct StatusSnapshot {
    lists: HashMap<String, Vec<TrustedList>>,
}

/// A status list whose signature was checked.
#[derive(Debug)]
pub struct TrustedList {
    pub(crate) issuer: CreditCode,
    /// The key that signed it: a later trust list may no longer name it.
    pub(crate) kid: String,
    pub(crate) claims: StatusListClaims,
}

/// Why a status list was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// Not a status list token.
    #[error("not a status list: {0}")]
    Format(#[from] JwsError),
    /// The trust list does not name the key, or not with this algorithm.
    #[error("the trust list does not name the key of the status list")]
    KeyUnknown,
    /// The key was not in force when the list was made.
    #[error("the key was not in force when the status list was made")]
    KeyNotInForce,
    /// The signature does not match.
    #[error("the signature of the status list does not match")]
    Signature,
    /// `exp` is not later than `iat`.
    #[error("the status list ends before it begins")]
    Times,
    /// The issuer's newer list with this URI is there already, or another one made at the same instant.
    #[error("a newer status list of the issuer, or another one of the same instant, has this URI already")]
    Superseded,
}

impl From<SignedByIssuerError> for StatusError {
    fn from(error: SignedByIssuerError) -> Self {
        match error {
            SignedByIssuerError::Format(fault) => Self::Format(fault),
            SignedByIssuerError::KeyUnknown | SignedByIssuerError::OtherAlgorithm => Self::KeyUnknown,
            SignedByIssuerError::Signature => Self::Signature,
        }
    }
}

impl TrustedList {
    /// Verifies a status list token. Its entries are inflated after that, to at most
    /// [`MAX_STATUS_LIST_BYTES`](boyin_model::limits::MAX_STATUS_LIST_BYTES).
    ///
    /// Whether it counts at an instant is another question: see [`Self::counts_at`].
    ///
    /// # Errors
    /// [`StatusError`], but for [`StatusError::Superseded`].
    pub fn open(token: &[u8], trust: &TrustSnapshot) -> Result<Self, StatusError> {
        let signed = trust.signed_by_issuer(token, MAX_STATUS_TOKEN_BYTES, TYP_STATUS_LIST)?;
        let claims = StatusListClaims::read(&signed.payload, Reader::Ours)?;
        if !signed.in_force(claims.iat) {
            return Err(StatusError::KeyNotInForce);
        }
        if claims.exp <= claims.iat {
            return Err(StatusError::Times);
        }
        Ok(Self { issuer: signed.issuer(), kid: signed.kid, claims })
    }

    /// Whose list it is.
    #[must_use]
    pub fn issuer(&self) -> CreditCode {
        self.issuer
    }

    /// Its URI.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.claims.sub
    }

    /// When it was made.
    #[must_use]
    pub fn made_at(&self) -> UnixTime {
        self.claims.iat
    }

    /// From when it is stale.
    #[must_use]
    pub fn fresh_until(&self) -> UnixTime {
        self.claims.exp
    }

    /// Bytes that its entries take.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.claims.list.size_bytes()
    }
}

impl StatusSnapshot {
    /// Verifies a status list token and adds it. A newer list takes the place of an older one; the same list again
    /// changes nothing.
    ///
    /// A list stays only as good as the trust list of each verification: if that no longer names its key, the verdict
    /// is Indeterminate.
    ///
    /// # Errors
    /// [`StatusError`]; the snapshot is then unchanged.
    pub fn add(&mut self, token: &[u8], trust: &TrustSnapshot) -> Result<(), StatusError> {
        self.insert(TrustedList::open(token, trust)?)
    }

    /// Adds a list that was verified.
    ///
    /// # Errors
    /// [`StatusError::Superseded`]; the snapshot is then unchanged.
    pub fn insert(&mut self, new: TrustedList) -> Result<(), StatusError> {
        let lists = self.lists.entry(new.claims.sub.clone()).or_default();
        let Some(old) = lists.iter_mut().find(|old| old.issuer == new.issuer) else {
            lists.push(new);
            return Ok(());
        };
        if old.claims.iat > new.claims.iat || old.claims.iat == new.claims.iat && old.claims != new.claims {
            return Err(StatusError::Superseded);
        }
        *old = new;
        Ok(())
    }

    /// The lists, in no order.
    pub fn lists(&self) -> impl Iterator<Item = &TrustedList> {
        self.lists.values().flatten()
    }

    /// Until when the issuer's list with this URI is fresh, or `None` if it is not here.
    #[must_use]
    pub fn fresh_until(&self, issuer: CreditCode, uri: &str) -> Option<UnixTime> {
        self.get(issuer, uri).ok().map(|list| list.claims.exp)
    }

    /// When the issuer's list with this URI was made, or `None` if it is not here.
    #[must_use]
    pub fn made_at(&self, issuer: CreditCode, uri: &str) -> Option<UnixTime> {
        self.get(issuer, uri).ok().map(|list| list.claims.iat)
    }

    /// Drops the issuer's list with this URI.
    ///
    /// For a publisher that starts over after its clock was wrong: a list from the future keeps every later one out
    /// until that future has come. Whoever drops a list could be handed an older one: do so only for a list of which
    /// [`Self::made_at`] lies in the future.
    pub fn forget(&mut self, issuer: CreditCode, uri: &str) {
        if let Some(lists) = self.lists.get_mut(uri) {
            lists.retain(|list| list.issuer != issuer);
            if lists.is_empty() {
                self.lists.remove(uri);
            }
        }
    }

    pub(crate) fn get(&self, issuer: CreditCode, uri: &str) -> Result<&TrustedList, Reason> {
        let lists = self.lists.get(uri).ok_or(Reason::StatusListUnavailable)?;
        lists.iter().find(|list| list.issuer == issuer).ok_or(Reason::StatusListForeign)
    }
}
