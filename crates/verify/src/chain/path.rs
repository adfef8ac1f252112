use boyin_model::time::UnixTime;

use super::certificate::{Certificate, RevocationList};
use super::{CertificateStore, ChainFault, MAX_PATH, MAX_PATH_SIGNATURES, Revocation};

/// A path, the anchor last.
pub(crate) struct Path<'s> {
    certificates: Vec<&'s Certificate>,
}

struct Search<'s> {
    store: &'s CertificateStore,
    at: UnixTime,
    signatures: usize,
    /// Of all that stood against a path, what came nearest to one: after so many certificates.
    fault: (usize, ChainFault),
}

impl CertificateStore {
    /// A path from the certificate to an anchor that is valid at the instant.
    ///
    /// The validity of the certificate itself is not asked: what follows from it depends on what it signed.
    pub(crate) fn path<'s>(&'s self, leaf: &'s Certificate, at: UnixTime) -> Result<Path<'s>, ChainFault> {
        if leaf.unknown_critical {
            return Err(ChainFault::Extension);
        }
        let mut search = Search { store: self, at, signatures: 0, fault: (0, ChainFault::IssuerUnknown) };
        let mut certificates = vec![leaf];
        if search.extend(&mut certificates) { Ok(Path { certificates }) } else { Err(search.fault.1) }
    }

    /// What the revocation lists say of every certificate of the path but the anchor, as of `now`.
    pub(crate) fn revocation(&self, path: &Path<'_>, now: UnixTime) -> Revocation {
        let mut found = Revocation::Good;
        for pair in path.certificates.windows(2) {
            let [subject, issuer] = pair else { continue };
            match (self.revoked(subject, issuer, now), found) {
                (Revocation::Revoked(at), Revocation::Revoked(earlier)) => {
                    found = Revocation::Revoked(at.min(earlier));
                }
                // A known revocation outweighs what is unknown about the others.
                (Revocation::Revoked(at), _) => found = Revocation::Revoked(at),
                (Revocation::Unknown, Revocation::Good) => found = Revocation::Unknown,
                (Revocation::Unknown | Revocation::Good, _) => {}
            }
        }
        found
    }

    fn revoked(&self, subject: &Certificate, issuer: &Certificate, now: UnixTime) -> Revocation {
        let may_sign = issuer.usage.is_none_or(|usage| usage.signs_lists);
        let of_issuer = |list: &&RevocationList| list.issuer == subject.issuer && may_sign;
        let mut found = Revocation::Unknown;
        for list in self.lists.iter().filter(of_issuer).filter(|list| list.signed_by(issuer, &self.algs)) {
            // A stale list still knows what was revoked when it was made.
            if let Some((_, at)) = list.revoked.iter().find(|(serial, _)| *serial == subject.serial) {
                return Revocation::Revoked(*at);
            }
            let fresh = list.this_update <= now && list.next_update.is_some_and(|end| now <= end);
            if fresh {
                found = Revocation::Good;
            }
        }
        found
    }
}

impl<'s> Search<'s> {
    /// Adds issuers until the last one is an anchor.
    fn extend(&mut self, path: &mut Vec<&'s Certificate>) -> bool {
        let last = path[path.len() - 1];
        if self.store.anchors.iter().any(|anchor| anchor.bytes == last.bytes) {
            return true;
        }
        if path.len() == MAX_PATH {
            self.stands_against(path, ChainFault::TooMuchWork);
            return false;
        }
        self.stands_against(path, ChainFault::IssuerUnknown);
        let store = self.store;
        for (issuer, is_anchor) in
            store.anchors.iter().map(|c| (c, true)).chain(store.intermediates.iter().map(|c| (c, false)))
        {
            // A certificate twice in a path is a circle.
            if issuer.subject != last.issuer || path.iter().any(|known| known.bytes == issuer.bytes) {
                continue;
            }
            match self.may_issue(issuer, is_anchor, last, path.len() - 1) {
                Ok(()) => {
                    path.push(issuer);
                    if self.extend(path) {
                        return true;
                    }
                    path.pop();
                }
                Err(fault) => self.stands_against(path, fault),
            }
        }
        false
    }

    fn stands_against(&mut self, path: &[&Certificate], fault: ChainFault) {
        self.fault = self.fault.max((path.len(), fault));
    }

    /// Whether the issuer may have issued a certificate with so many authorities below, and did.
    fn may_issue(
        &mut self,
        issuer: &Certificate,
        is_anchor: bool,
        subject: &Certificate,
        below: usize,
    ) -> Result<(), ChainFault> {
        // An anchor is trusted as an authority even if it is of a time before these extensions.
        let authority = issuer.basic.map_or(is_anchor, |basic| {
            let length = basic.path_length.and_then(|length| usize::try_from(length).ok());
            basic.ca && length.is_none_or(|length| below <= length)
        });
        if !authority || issuer.usage.is_some_and(|usage| !usage.signs_certificates) {
            return Err(ChainFault::NotAnAuthority);
        }
        if issuer.unknown_critical {
            return Err(ChainFault::Extension);
        }
        if self.signatures == MAX_PATH_SIGNATURES {
            return Err(ChainFault::TooMuchWork);
        }
        self.signatures += 1;
        if !subject.signed_by(issuer, &self.store.algs) {
            return Err(ChainFault::Signature);
        }
        if self.at < issuer.not_before || issuer.not_after < self.at {
            return Err(ChainFault::NotInTime);
        }
        Ok(())
    }
}
