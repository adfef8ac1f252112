use std::collections::HashMap;

use boyin_model::time::UnixTime;

use super::certificate::Certificate;
use super::constraints::Misfit;
use super::name::Name;
use super::oid::Oid;
use super::policy::PolicyInputs;
use super::purpose::Purpose;
use super::{
    CertificateStore, ChainFault, MAX_PATH, MAX_PATH_CANDIDATES, MAX_PATH_SIGNATURES, Profile, constraints,
    policy,
};

/// A path, the anchor last.
#[derive(Clone, Debug)]
pub(crate) struct Path<'s> {
    pub(super) certificates: Vec<&'s Certificate>,
    pub(super) policies: Vec<Oid>,
}

/// What is asked of a path.
#[derive(Clone, Debug)]
pub(super) struct Asked<'a> {
    pub(super) at: UnixTime,
    /// The instant of the verification, which decides what is broken by then.
    pub(super) now: UnixTime,
    pub(super) profile: Profile,
    pub(super) purpose: Purpose,
    pub(super) policies: &'a PolicyInputs,
    /// Certificates in the path, the anchor included.
    pub(super) longest: usize,
}

/// Where paths end, and over what they may lead.
#[derive(Clone, Copy, Debug)]
enum Source<'s> {
    /// The anchors and the intermediates of the store.
    Store,
    /// The anchors of timestamp authorities; the intermediates of the store and these.
    Timestamps(&'s [Certificate]),
}

impl<'s> Source<'s> {
    fn is_end(self, store: &CertificateStore, certificate: &Certificate) -> bool {
        match self {
            Self::Store => store.is_anchor(certificate),
            Self::Timestamps(_) => {
                store.timestamp_authorities.iter().any(|anchor| anchor.bytes() == certificate.bytes())
            }
        }
    }

    /// Those whose subject has this name, each with whether paths end there.
    fn named(self, store: &'s CertificateStore, subject: &Name) -> Vec<(&'s Certificate, bool)> {
        match self {
            Self::Store => store.named(subject).collect(),
            Self::Timestamps(further) => {
                let of_subject = |found: &&Certificate| found.subject_name() == subject;
                let ends = store.timestamp_authorities.iter().filter(of_subject).map(|found| (found, true));
                let held = store.named(subject).filter(|(_, is_anchor)| !is_anchor);
                let came = further.iter().filter(of_subject).map(|found| (found, false));
                ends.chain(held).chain(came).collect()
            }
        }
    }
}

struct Search<'s, 'a> {
    store: &'s CertificateStore,
    source: Source<'s>,
    asked: &'a Asked<'a>,
    signatures: usize,
    candidates: usize,
    /// Signatures that were verified: by whom, of whom.
    known: HashMap<(*const Certificate, *const Certificate), bool>,
    /// A bound was met before everything was tried.
    given_up: bool,
    /// Of all that stood against a path, what came nearest to one: after so many certificates.
    fault: (usize, ChainFault),
    found: Vec<Oid>,
}

impl CertificateStore {
    /// A path from the certificate to an anchor that is valid `at` the instant, as far as is known `now`, for any purpose and
    /// policy.
    ///
    /// The validity of the certificate itself is not asked: what follows from it depends on what it signed.
    pub(crate) fn path<'s>(
        &'s self,
        leaf: &'s Certificate,
        at: UnixTime,
        now: UnixTime,
    ) -> Result<Path<'s>, ChainFault> {
        let policies = PolicyInputs::default();
        let asked = Asked {
            at,
            now,
            profile: Profile::Field,
            purpose: Purpose::Any,
            policies: &policies,
            longest: MAX_PATH,
        };
        self.path_as(leaf, &asked)
    }

    /// As [`Self::path`] to an anchor of timestamp authorities, over certificates that came with the token too.
    pub(crate) fn timestamp_path<'s>(
        &'s self,
        leaf: &'s Certificate,
        further: &'s [Certificate],
        at: UnixTime,
        now: UnixTime,
    ) -> Result<Path<'s>, ChainFault> {
        let policies = PolicyInputs::default();
        let asked = Asked {
            at,
            now,
            profile: Profile::Field,
            purpose: Purpose::TimeStamping,
            policies: &policies,
            longest: MAX_PATH,
        };
        self.search(leaf, &asked, Source::Timestamps(further))
    }

    pub(super) fn path_as<'s>(
        &'s self,
        leaf: &'s Certificate,
        asked: &Asked<'_>,
    ) -> Result<Path<'s>, ChainFault> {
        self.search(leaf, asked, Source::Store)
    }

    fn search<'s>(
        &'s self,
        leaf: &'s Certificate,
        asked: &Asked<'_>,
        source: Source<'s>,
    ) -> Result<Path<'s>, ChainFault> {
        asked.stands_up(leaf)?;
        let mut search = Search {
            store: self,
            source,
            asked,
            signatures: 0,
            candidates: 0,
            known: HashMap::new(),
            given_up: false,
            fault: (0, ChainFault::IssuerUnknown),
            found: Vec::new(),
        };
        let mut certificates = vec![leaf];
        if search.extend(&mut certificates) {
            return Ok(Path { certificates, policies: search.found });
        }
        // What was not tried might have been the path.
        Err(if search.given_up { ChainFault::TooMuchWork } else { search.fault.1 })
    }
}

impl Asked<'_> {
    /// What a certificate must be wherever in the path it stands.
    fn stands_up(&self, certificate: &Certificate) -> Result<(), ChainFault> {
        if certificate.extensions.unknown {
            return Err(ChainFault::Extension);
        }
        let server = self.purpose == Purpose::ServerAuth;
        let held = certificate.deviations().iter().find(|found| server || !found.only_for_servers());
        match held {
            Some(deviation) if self.profile == Profile::Rfc5280 => Err(ChainFault::Deviates(*deviation)),
            Some(_) | None => Ok(()),
        }
    }

    /// What is asked of a path as a whole; the policies for which it is valid.
    fn whole(&self, path: &[&Certificate]) -> Result<Vec<Oid>, ChainFault> {
        if path[1..].iter().any(|authority| !self.purpose.is_allowed_below(authority)) {
            return Err(ChainFault::Purpose);
        }
        constraints::check(path).map_err(|misfit| match misfit {
            Misfit::NotPermitted => ChainFault::Name,
            Misfit::TooMuchWork => ChainFault::TooMuchWork,
        })?;
        let below: Vec<_> = path[..path.len() - 1].iter().rev().copied().collect();
        policy::valid(&below, self.policies).map_err(|_| ChainFault::Policy)
    }
}

impl<'s> Search<'s, '_> {
    /// Adds issuers until the last one is an anchor.
    fn extend(&mut self, path: &mut Vec<&'s Certificate>) -> bool {
        let last = path[path.len() - 1];
        if self.source.is_end(self.store, last) {
            return self.accept(path);
        }
        self.stands_against(path.len(), ChainFault::IssuerUnknown);
        for (issuer, is_anchor) in self.issuers_of(last) {
            // The same authority twice in a path is a circle.
            let circle = |known: &&Certificate| {
                known.subject_name() == issuer.subject_name() && known.key_bits() == issuer.key_bits()
            };
            if path.iter().any(circle) {
                continue;
            }
            if self.candidates == MAX_PATH_CANDIDATES {
                self.given_up = true;
                return false;
            }
            self.candidates += 1;
            match self.may_issue(issuer, is_anchor, path) {
                Ok(()) => {
                    path.push(issuer);
                    if self.extend(path) {
                        return true;
                    }
                    path.pop();
                }
                Err(fault) => self.stands_against(path.len(), fault),
            }
        }
        false
    }

    /// Who may have issued the certificate, the likeliest first: those whose key identifier it names, anchors before
    /// others.
    fn issuers_of(&self, subject: &Certificate) -> Vec<(&'s Certificate, bool)> {
        let mut found = self.source.named(self.store, subject.issuer_name());
        let named = subject.extensions.authority_key.as_deref();
        found.sort_by_key(|(issuer, is_anchor)| {
            let other = named.is_some() && issuer.key_identifier() != named;
            (other, !is_anchor)
        });
        found
    }

    fn accept(&mut self, path: &[&Certificate]) -> bool {
        match self.asked.whole(path) {
            Ok(policies) => {
                self.found = policies;
                true
            }
            Err(fault) => {
                self.given_up |= fault == ChainFault::TooMuchWork;
                self.stands_against(MAX_PATH + path.len(), fault);
                false
            }
        }
    }

    fn stands_against(&mut self, place: usize, fault: ChainFault) {
        self.fault = self.fault.max((place, fault));
    }

    /// Whether the issuer may have issued the last certificate of the path, and did.
    fn may_issue(
        &mut self,
        issuer: &'s Certificate,
        is_anchor: bool,
        path: &[&'s Certificate],
    ) -> Result<(), ChainFault> {
        if path.len() >= self.asked.longest {
            return Err(ChainFault::TooLong);
        }
        self.is_authority(issuer, is_anchor, path)?;
        self.asked.stands_up(issuer)?;
        let subject = path[path.len() - 1];
        if !self.signed(issuer, subject)? {
            let accepted = subject.names_algorithm_of(issuer, self.store.algs());
            return Err(if accepted { ChainFault::Signature } else { ChainFault::Algorithm });
        }
        // The only instant of its signature that a certificate names.
        if !self.store.counts(issuer, subject.algorithm(), subject.not_before, self.asked.now) {
            return Err(ChainFault::AlgorithmEnded);
        }
        if self.asked.at < issuer.not_before || issuer.not_after < self.asked.at {
            return Err(ChainFault::NotInTime);
        }
        Ok(())
    }

    fn is_authority(
        &self,
        issuer: &Certificate,
        is_anchor: bool,
        path: &[&Certificate],
    ) -> Result<(), ChainFault> {
        // An anchor is trusted as an authority even if it is of a time before these extensions.
        let old = is_anchor && (self.asked.profile == Profile::Field || issuer.extensions.listed.is_empty());
        let authority = issuer.extensions.basic.map_or(old, |basic| basic.ca);
        if !authority || issuer.usage().is_some_and(|usage| !usage.signs_certificates) {
            return Err(ChainFault::NotAnAuthority);
        }
        // RFC 5280 §4.2.1.9: intermediate certificates that are not self-issued.
        let below = path[1..].iter().filter(|between| !between.is_self_issued()).count();
        let length = issuer.extensions.basic.and_then(|basic| basic.path_length);
        let length = length.and_then(|length| usize::try_from(length).ok());
        if length.is_some_and(|length| below > length) {
            return Err(ChainFault::PathLength);
        }
        Ok(())
    }

    fn signed(&mut self, issuer: &Certificate, subject: &Certificate) -> Result<bool, ChainFault> {
        let pair = (std::ptr::from_ref(issuer), std::ptr::from_ref(subject));
        if let Some(known) = self.known.get(&pair) {
            return Ok(*known);
        }
        if self.signatures == MAX_PATH_SIGNATURES {
            self.given_up = true;
            return Err(ChainFault::TooMuchWork);
        }
        self.signatures += 1;
        let signed = self.store.has_signed(issuer, subject);
        self.known.insert(pair, signed);
        Ok(signed)
    }
}
