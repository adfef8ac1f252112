//! One revocation list, verified by itself: before it is kept, and takes the place of another.

use boyin_model::time::UnixTime;

use super::CertificateStore;
use super::certificate::{Certificate, CertificateError};
use super::crl::RevocationList;
use super::extensions::Point;
use super::general::GeneralName;
use crate::policy::CLOCK_TOLERANCE_SECONDS;

/// Why a revocation list is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListFault {
    /// It cannot be read.
    #[error("it is no revocation list: {0}")]
    Format(#[from] CertificateError),
    /// Something critical in it is not understood.
    #[error("something critical in the list is not understood")]
    NotUnderstood,
    /// It says that it was made later than now.
    #[error("the list is from the future")]
    FromFuture,
    /// None of the authorities that are known, and lead to an anchor, signed it.
    #[error("no authority that is known and trusted signed the list")]
    Signer,
    /// The one before it is of another issuer, or of other certificates.
    #[error("the list before it is of another issuer or of other certificates")]
    OtherList,
    /// It is older than the one before it, or has no number where that has one.
    #[error("it is older than the list before it")]
    Older,
}

impl ListFault {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Format(_) => "list_malformed",
            Self::NotUnderstood => "list_not_understood",
            Self::FromFuture => "list_from_future",
            Self::Signer => "list_signer_unknown",
            Self::OtherList => "list_of_another_issuer",
            Self::Older => "list_older",
        }
    }
}

/// A revocation list that an authority under an anchor signed. Only [`CertificateStore::verify_list`] makes one.
#[derive(Debug)]
pub struct VerifiedList {
    list: RevocationList,
}

impl VerifiedList {
    /// When it was made.
    #[must_use]
    pub fn this_update(&self) -> UnixTime {
        self.list.this_update
    }

    /// Until when it is fresh; `None` if it does not say, and never is.
    #[must_use]
    pub fn next_update(&self) -> Option<UnixTime> {
        self.list.next_update
    }

    /// Where lists that change it are to be had: the addresses in its `freshestCRL` (RFC 5280 §5.2.6). A list that itself
    /// changes another one has none. Whoever asks there decides whom he asks.
    #[must_use]
    pub fn delta_addresses(&self) -> Vec<&str> {
        if self.list.base.is_some() { Vec::new() } else { addresses(&self.list.freshest) }
    }

    /// Whether it is fresh `now`.
    #[must_use]
    pub fn is_fresh(&self, now: UnixTime) -> bool {
        self.list.is_fresh(now)
    }

    /// Whether it may take the place of `before`: of the same issuer and the same certificates, and not older, by its number
    /// and by its instant.
    ///
    /// # Errors
    /// [`ListFault::OtherList`], [`ListFault::Older`].
    pub fn may_replace(&self, before: &Self) -> Result<(), ListFault> {
        let (new, old) = (&self.list, &before.list);
        if !new.has_scope_of(old) || new.base.is_some() != old.base.is_some() {
            return Err(ListFault::OtherList);
        }
        // Without a number nobody could tell that it is not an older one.
        let numbered = old.number.is_none() || new.number.is_some();
        if !numbered || old.is_newer_than(new) || new.this_update < old.this_update {
            return Err(ListFault::Older);
        }
        Ok(())
    }
}

impl CertificateStore {
    /// Verifies one revocation list (DER): its structure, and that a certificate of this store signed it that may sign
    /// lists and has a path to an anchor `now`. Whether it is fresh is not asked: a stale list still knows what was revoked.
    ///
    /// # Errors
    /// [`ListFault`].
    pub fn verify_list(&self, list: &[u8], now: UnixTime) -> Result<VerifiedList, ListFault> {
        let list = RevocationList::read(list)?;
        if list.unusable {
            return Err(ListFault::NotUnderstood);
        }
        if now.plus(CLOCK_TOLERANCE_SECONDS) < list.this_update {
            return Err(ListFault::FromFuture);
        }
        let may_sign = |signer: &Certificate| {
            let in_time = signer.not_before <= now && now <= signer.not_after;
            in_time && signer.usage().is_none_or(|usage| usage.signs_lists)
        };
        let signed = self.named(&list.issuer).any(|(signer, _)| {
            may_sign(signer) && list.signed_by(signer, self, now) && self.path(signer, now, now).is_ok()
        });
        if signed { Ok(VerifiedList { list }) } else { Err(ListFault::Signer) }
    }
}

impl Certificate {
    /// Where its revocation lists are to be had: the addresses in its distribution points (RFC 5280 §4.2.1.13), in their
    /// order. Unverified: whoever asks there decides whom he asks.
    #[must_use]
    pub fn list_addresses(&self) -> Vec<&str> {
        addresses(&self.extensions.points)
    }

    /// Where lists that change those are to be had: the addresses in its `freshestCRL` (RFC 5280 §4.2.1.15). Unverified too.
    #[must_use]
    pub fn delta_addresses(&self) -> Vec<&str> {
        addresses(&self.extensions.freshest)
    }
}

fn addresses(points: &[Point]) -> Vec<&str> {
    let names = points.iter().filter_map(|point| point.name.as_ref()).flat_map(|name| name.full());
    let address = names.filter_map(|name| match name {
        GeneralName::Uri(text) => std::str::from_utf8(text).ok(),
        GeneralName::Email(_)
        | GeneralName::Dns(_)
        | GeneralName::Directory(_)
        | GeneralName::Ip(_)
        | GeneralName::Other(_) => None,
    });
    address.collect()
}
