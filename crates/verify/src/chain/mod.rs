//! Certificates that are trusted, and paths to them (RFC 5280 §6, as far as seals need it).
//!
//! A path is built from a certificate over issuers that the store holds to an anchor. Each step checks names, signature,
//! basic constraints, path length, key usage and validity at the instant in question; then every certificate but the
//! anchor is looked up in its issuer's revocation list. Name constraints and policies are not processed: a certificate
//! that marks them critical has no path.

mod certificate;
mod path;

use boyin_model::alg::VerifyAlg;
use boyin_model::b64;
use boyin_model::time::UnixTime;
use boyin_model::trust::TrustList;

use certificate::RevocationList;
pub use certificate::{Certificate, CertificateError, MAX_CRL_BYTES};

/// Certificates in a path, the anchor included.
pub const MAX_PATH: usize = 8;
/// Signatures that are verified to find one path.
pub const MAX_PATH_SIGNATURES: usize = 64;

/// What a verifier of certificates trusts and knows.
#[derive(Debug)]
pub struct CertificateStore {
    algs: Vec<&'static dyn VerifyAlg>,
    anchors: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    makers: Vec<Vec<u8>>,
    timestamp_authorities: Vec<Certificate>,
    lists: Vec<RevocationList>,
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
            anchors: Vec::new(),
            intermediates: Vec::new(),
            makers: Vec::new(),
            timestamp_authorities: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// A store with the anchors of a trust list. What is no certificate anchors nothing.
    #[must_use]
    pub fn of_list(list: &TrustList, algs: &[&'static dyn VerifyAlg]) -> Self {
        let mut store = Self::new(algs);
        for text in &list.certificates {
            let _ = b64::decode(text.as_bytes()).ok().map(|der| store.add_anchor(&der));
        }
        store
    }

    /// Trusts a certificate (DER). That may be a root, or a certificate of any other kind that is to be trusted as it is.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn add_anchor(&mut self, certificate: &[u8]) -> Result<(), CertificateError> {
        self.anchors.push(Certificate::read(certificate)?);
        Ok(())
    }

    /// Adds a certificate (DER) that paths may lead over. It is not trusted for being here.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn add_intermediate(&mut self, certificate: &[u8]) -> Result<(), CertificateError> {
        self.intermediates.push(Certificate::read(certificate)?);
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

    /// Adds a revocation list (DER). It counts once its issuer's signature is verified.
    ///
    /// # Errors
    /// [`CertificateError`]; lists with critical extensions (delta, indirect) are refused as malformed.
    pub fn add_revocation_list(&mut self, list: &[u8]) -> Result<(), CertificateError> {
        self.lists.push(RevocationList::read(list)?);
        Ok(())
    }

    pub(crate) fn algs(&self) -> &[&'static dyn VerifyAlg] {
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
    /// Finding a path took more than [`MAX_PATH_SIGNATURES`].
    #[error("the search for a path was given up")]
    TooMuchWork,
    /// No issuer of that name made the signature.
    #[error("the issuer did not sign it")]
    Signature,
    /// The issuer is no certification authority, or not one for so long a path.
    #[error("the issuer may not issue it")]
    NotAnAuthority,
    /// A critical extension is not understood.
    #[error("a critical extension is not understood")]
    Extension,
    /// A certificate of the path is not valid at the instant.
    #[error("it is not valid at that instant")]
    NotInTime,
}

/// What the revocation lists say of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// Fresh lists of all issuers name none of its certificates.
    Good,
    /// One is revoked since then.
    Revoked(UnixTime),
    /// A list is missing or stale.
    Unknown,
}
