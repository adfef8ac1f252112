//! Certificates that are trusted, and paths to them (RFC 5280 §6).
//!
//! A path is built from a certificate over issuers that the store holds to an anchor. Each step checks names, signature,
//! basic constraints, path length, key usage and validity at the instant in question; the whole path, name constraints,
//! extended key usage and policies. Then every certificate but the anchor is looked up in revocation lists and
//! responders' answers. [`CertificateStore::verify`] asks all of it and reports each check.

mod algorithm;
mod certificate;
mod check;
mod constraints;
mod crl;
pub(crate) mod der;
mod deviation;
mod extensions;
mod facts;
mod general;
mod identity;
mod listed;
mod name;
mod ocsp;
mod oid;
mod path;
mod policy;
mod purpose;
mod reason;
mod revocation;
mod time;

use std::collections::HashMap;

use boyin_model::alg::{AlgId, VerifyAlg};
use boyin_model::b64;
use boyin_model::time::UnixTime;
use boyin_model::trust::{Sunset, TrustList};

pub use certificate::{Certificate, CertificateError};
pub use check::{CertificateCheck, CertificateQuery, CertificateReport, CertificateVerdict, ExpectedName};
pub use constraints::MAX_NAME_COMPARISONS;
use crl::RevocationList;
pub use crl::{MAX_CRL_BYTES, RevocationReason};
pub use deviation::Deviation;
use facts::Facts;
pub use facts::Remembering;
pub use identity::{Identity, IdentityKind, SubjectRule, SubjectTable};
pub use listed::{ListFault, VerifiedList};
pub use ocsp::MAX_OCSP_BYTES;
use ocsp::OcspResponse;
pub use oid::{Oid, OidError};
pub use policy::{MAX_POLICIES, PolicyInputs};
pub use purpose::{ExtendedKeyUsage, Purpose};
pub use reason::CertificateReason;
pub use revocation::Revocation;

use crate::trust::ends_allow;
use algorithm::Algorithm;
use name::Name;

/// Certificates in a path, the anchor included. Paths of the field have at most five.
pub const MAX_PATH: usize = 8;
/// Signatures that are verified to find one path.
pub const MAX_PATH_SIGNATURES: usize = 64;
/// Issuers that are looked at to find one path.
pub const MAX_PATH_CANDIDATES: usize = 4096;

/// What of RFC 5280 is held against a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Every [`Deviation`].
    #[default]
    Rfc5280,
    /// Only what path validation asks: deviations are noted.
    Field,
}

/// What a verifier of certificates trusts and knows.
#[derive(Debug)]
pub struct CertificateStore {
    algs: Vec<&'static dyn VerifyAlg>,
    ends: Vec<Sunset>,
    /// Each with whether it is an anchor.
    certificates: Vec<(Certificate, bool)>,
    /// Places in `certificates`, by the key of the subject's name.
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
    makers: Vec<Vec<u8>>,
    timestamp_authorities: Vec<Certificate>,
    lists: Vec<RevocationList>,
    responses: Vec<OcspResponse>,
    facts: Facts,
}

impl CertificateStore {
    /// A store without certificates, for signatures of these algorithms.
    ///
    /// # Panics
    /// If `algs` is empty: nothing could ever pass.
    #[must_use]
    pub fn new(algs: &[&'static dyn VerifyAlg]) -> Self {
        assert!(!algs.is_empty(), "a verifier needs an algorithm");
        Self {
            algs: algs.to_vec(),
            ends: Vec::new(),
            certificates: Vec::new(),
            by_subject: HashMap::new(),
            makers: Vec::new(),
            timestamp_authorities: Vec::new(),
            lists: Vec::new(),
            responses: Vec::new(),
            facts: Facts::default(),
        }
    }

    /// A store with the anchors, the makers of seals, the timestamp authorities and the ends of algorithms of a trust list.
    /// What is no certificate anchors nothing.
    #[must_use]
    pub fn of_list(list: &TrustList, algs: &[&'static dyn VerifyAlg]) -> Self {
        let mut store = Self::new(algs);
        store.end_algorithms(&list.algorithms);
        type Add = fn(&mut CertificateStore, &[u8]) -> Result<(), CertificateError>;
        let all: [(&[String], Add); 3] = [
            (&list.certificates, CertificateStore::add_anchor),
            (&list.makers, CertificateStore::add_maker),
            (&list.timestamp_authorities, CertificateStore::add_timestamp_authority),
        ];
        for (texts, add) in all {
            for text in texts {
                let _ = b64::decode(text.as_bytes()).ok().map(|der| add(&mut store, &der));
            }
        }
        store
    }

    /// Trusts a certificate (DER). That may be a root, or a certificate of any other kind that is to be trusted as it is.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn add_anchor(&mut self, certificate: &[u8]) -> Result<(), CertificateError> {
        self.add(certificate, true)
    }

    /// Adds a certificate (DER) that paths may lead over. It is not trusted for being here.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn add_intermediate(&mut self, certificate: &[u8]) -> Result<(), CertificateError> {
        self.add(certificate, false)
    }

    fn add(&mut self, certificate: &[u8], is_anchor: bool) -> Result<(), CertificateError> {
        let certificate = Certificate::read(certificate)?;
        let places = self.by_subject.entry(certificate.subject_name().key()).or_default();
        places.push(self.certificates.len());
        self.certificates.push((certificate, is_anchor));
        Ok(())
    }

    /// Names a certificate (DER) as that of a seal maker (制章人): only makers make seals, whoever issued their certificate.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn add_maker(&mut self, certificate: &[u8]) -> Result<(), CertificateError> {
        Certificate::read(certificate)?;
        self.makers.push(certificate.to_vec());
        Ok(())
    }

    /// Trusts a certificate (DER) for timestamps, and for nothing else: that of an authority, or one above it. Other
    /// anchors do not count for timestamps.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn add_timestamp_authority(&mut self, certificate: &[u8]) -> Result<(), CertificateError> {
        self.timestamp_authorities.push(Certificate::read(certificate)?);
        Ok(())
    }

    pub(crate) fn timestamp_authorities(&self) -> &[Certificate] {
        &self.timestamp_authorities
    }

    /// Ends algorithms: certificates, revocation lists, answers and timestamps that were signed with one at or after its end
    /// do not count, and none at all once it is broken. A certificate counts as signed when its validity begins.
    ///
    /// No timestamp saves a certificate whose algorithm is broken: it is over a signature value, and who can forge
    /// certificates finds a key under which an old value signs something else.
    pub fn end_algorithms(&mut self, ends: &[Sunset]) {
        self.ends.extend_from_slice(ends);
    }

    /// Whether signatures of the algorithm count; the limit that was missed if not.
    pub(crate) fn algorithm_allows(
        &self,
        alg: &AlgId,
        signed_at: UnixTime,
        now: UnixTime,
    ) -> Result<(), UnixTime> {
        ends_allow(&self.ends, alg, signed_at, now)
    }

    /// Whether what `signer` signed with that algorithm at `signed_at` counts, as far as the ends of algorithms go.
    fn counts(
        &self,
        signer: &Certificate,
        algorithm: &Algorithm,
        signed_at: UnixTime,
        now: UnixTime,
    ) -> bool {
        let alg = signer.x509_alg(&self.algs, algorithm);
        alg.is_some_and(|alg| self.algorithm_allows(alg.id(), signed_at, now).is_ok())
    }

    /// Adds a revocation list (DER). It counts once its issuer's signature is verified.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn add_revocation_list(&mut self, list: &[u8]) -> Result<(), CertificateError> {
        self.lists.push(RevocationList::read(list)?);
        Ok(())
    }

    /// Adds a responder's answer (RFC 6960, DER). It counts once its signature is verified.
    ///
    /// # Errors
    /// [`CertificateError`], for a response that is not `successful` too.
    pub fn add_response(&mut self, response: &[u8]) -> Result<(), CertificateError> {
        self.responses.push(OcspResponse::read(response)?);
        Ok(())
    }

    /// Entries of all revocation lists.
    #[must_use]
    pub fn revoked_entries(&self) -> usize {
        self.lists.iter().map(RevocationList::len).sum()
    }

    /// Those whose subject has this name, each with whether it is an anchor.
    fn named(&self, subject: &Name) -> impl Iterator<Item = (&Certificate, bool)> {
        let places = self.by_subject.get(&subject.key()).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| {
            let (certificate, is_anchor) = &self.certificates[*place];
            (certificate, *is_anchor)
        })
    }

    fn is_anchor(&self, certificate: &Certificate) -> bool {
        self.named(certificate.subject_name())
            .any(|(known, is_anchor)| is_anchor && known.bytes() == certificate.bytes())
    }

    /// The algorithms of signatures that it knows.
    #[must_use]
    pub fn algs(&self) -> &[&'static dyn VerifyAlg] {
        &self.algs
    }

    pub(crate) fn is_maker(&self, certificate: &[u8]) -> bool {
        self.makers.iter().any(|maker| maker == certificate)
    }
}

/// Why there is no path to an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum ChainFault {
    /// No issuer of the certificate is known.
    #[error("no issuer is known")]
    IssuerUnknown,
    /// Finding a path took more than [`MAX_PATH_SIGNATURES`] or [`MAX_PATH_CANDIDATES`].
    #[error("the search for a path was given up")]
    TooMuchWork,
    /// A path has more than [`MAX_PATH`] certificates, or than was asked.
    #[error("the path is too long")]
    TooLong,
    /// The key or the algorithm is not one that is accepted.
    #[error("a key or an algorithm is not accepted")]
    Algorithm,
    /// No issuer of that name made the signature.
    #[error("the issuer did not sign it")]
    Signature,
    /// The algorithm of a signature had come to its end when the certificate says that it was made, or is broken by now.
    #[error("the algorithm of a signature has come to its end")]
    AlgorithmEnded,
    /// The issuer is no certification authority.
    #[error("the issuer may not issue it")]
    NotAnAuthority,
    /// The issuer is no authority for so long a path.
    #[error("the path is longer than its issuer may have it")]
    PathLength,
    /// A critical extension is not understood.
    #[error("a critical extension is not understood")]
    Extension,
    /// A demand of RFC 5280 is not met.
    #[error("a certificate deviates from RFC 5280")]
    Deviates(Deviation),
    /// A certificate of the path is not valid at the instant.
    #[error("it is not valid at that instant")]
    NotInTime,
    /// An authority of the path may not issue for the purpose.
    #[error("an authority is not for that purpose")]
    Purpose,
    /// A name is not one that an authority of the path may certify.
    #[error("a name is outside of the constraints")]
    Name,
    /// The path is not valid for an acceptable policy.
    #[error("the policies are not as asked")]
    Policy,
}

impl ChainFault {
    /// Whether a path may exist all the same: one that is not known, or was not looked for.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::IssuerUnknown | Self::TooMuchWork | Self::TooLong)
    }
}
