use std::collections::HashMap;

use boyin_model::id::CreditCode;
use boyin_model::json::Reader;
use boyin_model::jws::{Compact, Header, JwsError, TYP_STATUS_LIST};
use boyin_model::limits::MAX_STATUS_TOKEN_BYTES;
use boyin_model::status::StatusListClaims;
use boyin_model::time::UnixTime;

use crate::reason::Reason;
use crate::trust::TrustSnapshot;

/// Status lists whose signatures were checked, by their URI.
///
/// Each issuer has its own list under a URI: one that signs a list under another's URI takes nothing from it.
#[derive(Debug, Default)]
pub struct StatusSnapshot {
    lists: HashMap<String, Vec<TrustedList>>,
}

#[derive(Debug)]
pub(crate) struct TrustedList {
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
        let compact = Compact::open(token, MAX_STATUS_TOKEN_BYTES)?;
        let (header, _) = Header::read(&compact.header, Reader::Ours)?;
        if header.typ != TYP_STATUS_LIST {
            return Err(JwsError::WrongType.into());
        }
        let trusted = trust.key(&header.kid).ok_or(StatusError::KeyUnknown)?;
        if trusted.key.alg().id().jws != Some(header.alg.as_ref()) {
            return Err(StatusError::KeyUnknown);
        }
        trusted.key.verify(compact.signing_input, &compact.signature).map_err(|_| StatusError::Signature)?;
        let claims = StatusListClaims::read(&compact.payload, Reader::Ours)?;
        if !trusted.in_force(claims.iat) {
            return Err(StatusError::KeyNotInForce);
        }
        if claims.exp <= claims.iat {
            return Err(StatusError::Times);
        }
        let new = TrustedList { issuer: trusted.issuer, kid: header.kid.into_owned(), claims };
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
