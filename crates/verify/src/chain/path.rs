use std::cmp::Reverse;

use boyin_model::time::UnixTime;

use super::certificate::{Certificate, RevocationList};
use super::{CertificateStore, ChainFault, MAX_PATH, MAX_PATH_SIGNATURES, Revocation};

/// A path, the anchor last.
pub(crate) struct Path<'s> {
    certificates: Vec<&'s Certificate>,
}

struct Search<'s> {
    store: &'s CertificateStore,
    /// Where paths end.
    anchors: &'s [Certificate],
    /// What paths may lead over beside what the store holds.
    further: &'s [Certificate],
    at: UnixTime,
    signatures: usize,
    /// A bound was met before everything was tried.
    given_up: bool,
    /// Of all that stood against a path, what came nearest to one: after so many certificates.
    fault: (usize, ChainFault),
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
        Ok(self.revocation(&self.path(certificate, used_at)?, used_at, now))
    }

    /// Whether a revocation list of this issuer, signed with its key, is fresh `now`.
    #[must_use]
    pub fn has_fresh_list(&self, issuer: &Certificate, now: UnixTime) -> bool {
        self.lists_of(issuer).any(|list| list.is_fresh(now))
    }

    /// The lists that the issuer may sign and did.
    fn lists_of<'s>(&'s self, issuer: &'s Certificate) -> impl Iterator<Item = &'s RevocationList> {
        let may_sign = issuer.usage.is_none_or(|usage| usage.signs_lists);
        let of_issuer = move |list: &&RevocationList| may_sign && list.issuer == issuer.subject;
        self.lists.iter().filter(of_issuer).filter(|list| list.signed_by(issuer, &self.algs))
    }

    /// A path from the certificate to an anchor that is valid at the instant.
    ///
    /// The validity of the certificate itself is not asked: what follows from it depends on what it signed.
    pub(crate) fn path<'s>(&'s self, leaf: &'s Certificate, at: UnixTime) -> Result<Path<'s>, ChainFault> {
        self.path_to(&self.anchors, leaf, &[], at)
    }

    /// As [`Self::path`] to an anchor of timestamp authorities, over certificates that came with the token too.
    pub(crate) fn timestamp_path<'s>(
        &'s self,
        leaf: &'s Certificate,
        further: &'s [Certificate],
        at: UnixTime,
    ) -> Result<Path<'s>, ChainFault> {
        self.path_to(&self.timestamp_authorities, leaf, further, at)
    }

    fn path_to<'s>(
        &'s self,
        anchors: &'s [Certificate],
        leaf: &'s Certificate,
        further: &'s [Certificate],
        at: UnixTime,
    ) -> Result<Path<'s>, ChainFault> {
        if leaf.unknown_critical {
            return Err(ChainFault::Extension);
        }
        let fault = (0, ChainFault::IssuerUnknown);
        let mut search = Search { store: self, anchors, further, at, signatures: 0, given_up: false, fault };
        let mut certificates = vec![leaf];
        if search.extend(&mut certificates) {
            return Ok(Path { certificates });
        }
        // What was not tried might have been the path.
        Err(if search.given_up { ChainFault::TooMuchWork } else { search.fault.1 })
    }

    /// What the revocation lists known `now` say of every certificate of the path but the anchor, which was used at
    /// `used_at`.
    pub(crate) fn revocation(&self, path: &Path<'_>, used_at: UnixTime, now: UnixTime) -> Revocation {
        let steps = path.certificates.windows(2).filter_map(|pair| match pair {
            [subject, issuer] => Some(self.revoked(subject, issuer, now)),
            _ => None,
        });
        // A revocation before the use outweighs what is unknown about the others; one since then does not.
        let weight = |found: &Revocation| match *found {
            Revocation::Revoked(at) if at <= used_at => (3, Reverse(Some(at))),
            Revocation::Unknown => (2, Reverse(None)),
            Revocation::Revoked(at) => (1, Reverse(Some(at))),
            Revocation::Good => (0, Reverse(None)),
        };
        steps.max_by_key(weight).unwrap_or(Revocation::Good)
    }

    fn revoked(&self, subject: &Certificate, issuer: &Certificate, now: UnixTime) -> Revocation {
        let mut found = Revocation::Unknown;
        for list in self.lists_of(issuer) {
            // A stale list still knows what was revoked when it was made. Of several instants the first counts.
            let of_subject = list.revoked.iter().filter(|(serial, _)| *serial == subject.serial);
            if let Some(at) = of_subject.map(|(_, at)| *at).min() {
                found = match found {
                    Revocation::Revoked(earlier) => Revocation::Revoked(at.min(earlier)),
                    Revocation::Unknown | Revocation::Good => Revocation::Revoked(at),
                };
                continue;
            }
            if list.is_fresh(now) && found == Revocation::Unknown {
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
        if self.anchors.iter().any(|anchor| anchor.bytes == last.bytes) {
            return true;
        }
        if path.len() == MAX_PATH {
            self.given_up = true;
            return false;
        }
        self.stands_against(path, ChainFault::IssuerUnknown);
        let others = self.store.intermediates.iter().chain(self.further);
        for (issuer, is_anchor) in self.anchors.iter().map(|c| (c, true)).chain(others.map(|c| (c, false))) {
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
            self.given_up = true;
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
