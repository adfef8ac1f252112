//! Whether the certificates of a path are revoked (RFC 5280 §6.3): lists, deltas to them, and responders' answers.

use std::cmp::Reverse;

use boyin_model::time::UnixTime;

use super::certificate::Certificate;
use super::crl::{Entry, RevocationList, RevocationReason};
use super::extensions::Point;
use super::general::GeneralName;
use super::name::Name;
use super::path::Path;
use super::{CertificateStore, ChainFault};

/// All of `ReasonFlags` but the unused first bit.
const ALL_REASONS: u16 = 0x7f80;
/// Certificates of one name that are tried as signers of a list.
const MAX_LIST_SIGNERS: usize = 8;
/// How often a signer of lists may need another list for itself.
const MAX_DEPTH: usize = 3;

/// What the revocation lists say of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// Fresh lists or answers of all issuers name none of its certificates.
    Good,
    /// One is revoked since then.
    Revoked(UnixTime, RevocationReason),
    /// A list is missing or stale.
    Unknown,
}

/// One question about one certificate.
#[derive(Clone, Copy)]
pub(super) struct Question<'q> {
    pub(super) store: &'q CertificateStore,
    pub(super) now: UnixTime,
    /// The last of the path: lists of others are under the same one.
    pub(super) anchor: &'q Certificate,
    depth: usize,
    /// The signer whose own status is asked, and the list that it signed: where nobody else answers for it, that list
    /// answers for its signer too.
    asked_of: Option<(&'q RevocationList, &'q Certificate)>,
}

impl CertificateStore {
    /// What the revocation lists known `now` say of a certificate that was used at `used_at`.
    ///
    /// # Errors
    /// [`ChainFault`] if there is no path from it to an anchor that was valid at `used_at`.
    pub fn status(
        &self,
        certificate: &Certificate,
        used_at: UnixTime,
        now: UnixTime,
    ) -> Result<Revocation, ChainFault> {
        Ok(self.revocation(&self.path(certificate, used_at, now)?, used_at, now))
    }

    /// Whether a revocation list of this issuer, of all its certificates and signed with its key, is fresh `now`.
    #[must_use]
    pub fn has_fresh_list(&self, issuer: &Certificate, now: UnixTime) -> bool {
        let may_sign = issuer.usage().is_none_or(|usage| usage.signs_lists);
        let of_issuer =
            |list: &&RevocationList| may_sign && list.issuer == *issuer.subject_name() && list.is_whole();
        self.lists
            .iter()
            .filter(of_issuer)
            .any(|list| list.is_fresh(now) && list.signed_by(issuer, self, now))
    }

    /// What the revocation lists known `now` say of every certificate of the path but the anchor, which was used at
    /// `used_at`.
    pub(crate) fn revocation(&self, path: &Path<'_>, used_at: UnixTime, now: UnixTime) -> Revocation {
        let found = self.revocations(path, now);
        // A revocation before the use outweighs what is unknown about the others; one since then does not.
        let weight = |found: &Revocation| match *found {
            Revocation::Revoked(at, _) if at <= used_at => (3, Reverse(Some(at))),
            Revocation::Unknown => (2, Reverse(None)),
            Revocation::Revoked(at, _) => (1, Reverse(Some(at))),
            Revocation::Good => (0, Reverse(None)),
        };
        found.into_iter().max_by_key(weight).unwrap_or(Revocation::Good)
    }

    /// Of every certificate of the path but the anchor, in their order.
    pub(crate) fn revocations(&self, path: &Path<'_>, now: UnixTime) -> Vec<Revocation> {
        let Some(anchor) = path.certificates.last() else { return Vec::new() };
        let question = Question { store: self, now, anchor, depth: 0, asked_of: None };
        let steps = path.certificates.windows(2).filter_map(|pair| match pair {
            [subject, issuer] => Some(question.of(subject, issuer)),
            _ => None,
        });
        steps.collect()
    }
}

impl<'q> Question<'q> {
    /// Lists and answers together: a revocation that one of them knows counts.
    pub(super) fn of(&self, subject: &Certificate, issuer: &Certificate) -> Revocation {
        let (listed, answered) = (self.by_lists(subject, issuer), self.by_responses(subject, issuer));
        match (listed, answered) {
            (Revocation::Revoked(since, reason), Revocation::Revoked(also, other)) => {
                let both = Entry { since, reason }.with(Entry { since: also, reason: other });
                Revocation::Revoked(both.since, both.reason)
            }
            (_, revoked @ Revocation::Revoked(..)) | (revoked @ Revocation::Revoked(..), _) => revoked,
            (Revocation::Good, _) | (_, Revocation::Good) => Revocation::Good,
            (Revocation::Unknown, Revocation::Unknown) => Revocation::Unknown,
        }
    }

    pub(super) fn by_lists(&self, subject: &Certificate, issuer: &Certificate) -> Revocation {
        // The last one stands for lists that the certificate does not name (RFC 5280 §6.3.3).
        let unnamed = Point::default();
        let points = subject.extensions.points.iter().chain(std::iter::once(&unnamed));
        let (mut covered, mut found): (u16, Option<Entry>) = (0, None);
        for point in points {
            let of_point = |list: &&'q RevocationList| {
                list.base.is_none()
                    && !list.unusable
                    && is_of(list, point, subject)
                    && self.is_signed(list, issuer)
            };
            for list in self.store.lists.iter().filter(of_point) {
                let (entry, fresh) = self.entry(list, subject, issuer);
                match entry {
                    Some(entry) => found = Some(found.map_or(entry, |known: Entry| known.with(entry))),
                    None if fresh => {
                        let reasons = list.scope.as_ref().and_then(|scope| scope.reasons);
                        covered |= reasons.unwrap_or(ALL_REASONS) & point.reasons.unwrap_or(ALL_REASONS);
                    }
                    None => {}
                }
            }
        }
        match found {
            Some(entry) => Revocation::Revoked(entry.since, entry.reason),
            None if covered & ALL_REASONS == ALL_REASONS => Revocation::Good,
            None => Revocation::Unknown,
        }
    }

    /// What a list says of a certificate. Whom a list of today names is revoked by now, even if the entry is dated ahead.
    fn named(&self, list: &RevocationList, serial: &[u8], issuer: &Name) -> Option<Entry> {
        let entry = list.find(serial, issuer)?;
        let since = if list.this_update <= self.now { entry.since.min(self.now) } else { entry.since };
        Some(Entry { since, ..entry })
    }

    /// What a list with the newest of its deltas says, and whether that is fresh.
    ///
    /// A stale list still knows what was revoked when it was made. Only what was on hold can have been lifted since.
    fn entry(
        &self,
        list: &'q RevocationList,
        subject: &Certificate,
        issuer: &Certificate,
    ) -> (Option<Entry>, bool) {
        let name = subject.issuer_name();
        let own = self.named(list, subject.serial(), name);
        let signed = |other: &&'q RevocationList| !other.unusable && self.is_signed(other, issuer);
        let mut newest: Option<&RevocationList> = None;
        for delta in self.store.lists.iter().filter(|delta| delta.is_delta_of(list)) {
            let newer = newest.is_none_or(|known| delta.is_newer_than(known));
            if newer && delta.is_fresh(self.now) && signed(&delta) {
                newest = Some(delta);
            }
        }
        if let Some(change) = newest.and_then(|delta| self.named(delta, subject.serial(), name)) {
            let lifted = change.reason == RevocationReason::RemoveFromCrl;
            return (Some(change).filter(|_| !lifted), true);
        }
        let fresh = list.is_fresh(self.now) || newest.is_some();
        let held = own.is_some_and(|entry| entry.reason == RevocationReason::CertificateHold);
        let lifts = |other: &&'q RevocationList| {
            other.base.is_none()
                && other.has_scope_of(list)
                && other.is_newer_than(list)
                && other.is_fresh(self.now)
                && other.find(subject.serial(), name).is_none()
                && signed(other)
        };
        (own.filter(|_| !held || !self.store.lists.iter().any(|other| lifts(&other))), fresh)
    }

    /// Whether the list is signed by the issuer, or by somebody of that list's name under the same anchor.
    fn is_signed(&self, list: &'q RevocationList, issuer: &Certificate) -> bool {
        let may_sign = |signer: &Certificate| signer.usage().is_none_or(|usage| usage.signs_lists);
        let signed_by = |signer: &Certificate| list.signed_by(signer, self.store, self.now);
        if list.issuer == *issuer.subject_name() && may_sign(issuer) && signed_by(issuer) {
            return true;
        }
        let mut others: Vec<_> = self.store.named(&list.issuer).map(|(signer, _)| signer).collect();
        let named = list.authority_key.as_deref();
        others.sort_by_key(|signer| signer.key_identifier() != named);
        let mut tried = others.into_iter().filter(|signer| may_sign(signer)).take(MAX_LIST_SIGNERS);
        tried.any(|signer| {
            signed_by(signer) && (self.is_asked_of(list, signer) || self.is_under_the_anchor(list, signer))
        })
    }

    fn is_asked_of(&self, list: &RevocationList, signer: &Certificate) -> bool {
        self.asked_of.is_some_and(|(known, who)| std::ptr::eq(known, list) && std::ptr::eq(who, signer))
    }

    /// Whether another signer of lists is itself valid, and not revoked.
    fn is_under_the_anchor(&self, list: &'q RevocationList, signer: &'q Certificate) -> bool {
        if self.depth == MAX_DEPTH || self.now < signer.not_before || signer.not_after < self.now {
            return false;
        }
        let Ok(path) = self.store.path(signer, self.now, self.now) else { return false };
        let same = path.certificates.last().is_some_and(|last| last.bytes() == self.anchor.bytes());
        let deeper = Self { depth: self.depth + 1, asked_of: Some((list, signer)), ..*self };
        let mut steps = path.certificates.windows(2);
        same && steps.all(|pair| match pair {
            [subject, issuer] => deeper.of(subject, issuer) == Revocation::Good,
            _ => false,
        })
    }
}

/// Whether a list is one of this point, and the certificate is within what the list is of (RFC 5280 §6.3.3 b).
fn is_of(list: &RevocationList, point: &Point, subject: &Certificate) -> bool {
    let scope = list.scope.as_ref();
    let indirect = scope.is_some_and(|scope| scope.indirect);
    let issuer_fits = if point.issuers.is_empty() {
        list.issuer == *subject.issuer_name()
    } else {
        indirect && point.issuers.contains(&list.issuer)
    };
    let Some(scope) = scope else { return issuer_fits };
    let authority = subject.is_authority();
    let kind_fits =
        !(scope.only_users && authority || scope.only_authorities && !authority || scope.only_attributes);
    let name_fits = scope.name.as_ref().is_none_or(|name| {
        let of_list = name.names(&list.issuer);
        names_of(point, subject.issuer_name()).iter().any(|name| of_list.contains(name))
    });
    issuer_fits && kind_fits && name_fits
}

/// The names under which a point's list is to be found.
fn names_of(point: &Point, issuer: &Name) -> Vec<GeneralName> {
    let of_lists = point.issuers.first().unwrap_or(issuer);
    match &point.name {
        Some(name) => name.names(of_lists),
        None if point.issuers.is_empty() => vec![GeneralName::Directory(issuer.clone())],
        None => point.issuers.iter().cloned().map(GeneralName::Directory).collect(),
    }
}
