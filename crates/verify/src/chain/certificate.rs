//! Certificates, read tolerantly: the original bytes are kept, odd extensions are skipped unless they are marked critical,
//! and what deviates is noted.

use boyin_model::alg::{AlgId, PublicKey, SignatureEncoding, VerifyAlg, VerifyKey};
use boyin_model::limits::MAX_CERTIFICATE_BYTES;
use boyin_model::time::UnixTime;
use x509_parser::asn1_rs::{Oid, ToDer as _};
use x509_parser::certificate::X509Certificate;
use x509_parser::certificate::X509CertificateParser;
use x509_parser::nom::Parser as _;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::algorithm::{Algorithm, RsaUse};
use super::deviation::{Deviation, deviations};
use super::extensions::{Extensions, Usage};
use super::name::Name;
use super::purpose::ExtendedKeyUsage;

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const SM2_KEY: &str = "1.2.156.10197.1.301";
const CURVES: [(&str, &str); 3] =
    [(SM2_KEY, "SM2"), ("1.2.840.10045.3.1.7", "P-256"), ("1.3.132.0.34", "P-384")];

/// A certificate that was read, and not verified.
#[derive(Clone, Debug)]
pub struct Certificate {
    bytes: Vec<u8>,
    signed: Signed,
    issuer: Name,
    subject: Name,
    serial: Vec<u8>,
    pub(crate) not_before: UnixTime,
    pub(crate) not_after: UnixTime,
    key: KeyInfo,
    pub(crate) extensions: Extensions,
    deviations: Vec<Deviation>,
}

/// A signed part, its algorithm and its signature.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    part: Vec<u8>,
    algorithm: Algorithm,
    signature: Vec<u8>,
}

#[derive(Clone, Debug)]
struct KeyInfo {
    /// As in [`boyin_model::alg::AlgId::curve`]; `None` for RSA. The outer `None` is a key that is not known here.
    curve: Option<Option<&'static str>>,
    rsa: RsaUse,
    bits: Vec<u8>,
}

/// Why bytes are no certificate, no revocation list and no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Longer than [`MAX_CERTIFICATE_BYTES`], [`MAX_CRL_BYTES`](super::MAX_CRL_BYTES) or [`MAX_OCSP_BYTES`](super::MAX_OCSP_BYTES).
    #[error("it is larger than is read")]
    TooLarge,
    /// Not the structure of RFC 5280.
    #[error("it is not of the structure of RFC 5280")]
    Malformed,
}

impl Certificate {
    /// Reads a certificate, which must fill `bytes`.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::TooLarge);
        }
        let malformed = CertificateError::Malformed;
        // The extensions are taken apart here: what the parser makes of them has lost what is asked.
        let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
        let (rest, parsed) = parser.parse(bytes).map_err(|_| malformed)?;
        let tbs = &parsed.tbs_certificate;
        if !rest.is_empty() || !same_algorithm(&tbs.signature, &parsed.signature_algorithm) {
            return Err(malformed);
        }
        let mut certificate = Self {
            bytes: bytes.to_vec(),
            signed: Signed::of(&parsed),
            issuer: Name::read(tbs.issuer.as_raw()),
            subject: Name::read(tbs.subject.as_raw()),
            serial: tbs.raw_serial().to_vec(),
            not_before: instant(tbs.validity.not_before),
            not_after: instant(tbs.validity.not_after),
            key: KeyInfo::of(&tbs.subject_pki),
            extensions: Extensions::default(),
            deviations: Vec::new(),
        };
        for (place, extension) in tbs.extensions().iter().enumerate() {
            // RFC 5280 §4.2: no extension twice. A second one could hide what the first forbids.
            if tbs.extensions()[..place].iter().any(|earlier| earlier.oid == extension.oid) {
                return Err(malformed);
            }
            certificate.extensions.take(extension.oid.as_bytes(), extension.critical, extension.value);
        }
        certificate.deviations = deviations(&certificate);
        Ok(certificate)
    }

    /// The key, if its algorithm is one of `algs` that signs with this object identifier in this encoding.
    pub(crate) fn key(
        &self,
        algs: &[&'static dyn VerifyAlg],
        algorithm: &[u8],
        encoding: Option<SignatureEncoding>,
    ) -> Option<Box<dyn VerifyKey>> {
        self.alg(algs, algorithm, encoding)?.key(PublicKey(&self.key.bits)).ok()
    }

    /// The algorithm of [`Self::key`].
    pub(super) fn alg(
        &self,
        algs: &[&'static dyn VerifyAlg],
        algorithm: &[u8],
        encoding: Option<SignatureEncoding>,
    ) -> Option<&'static dyn VerifyAlg> {
        let algorithm = Algorithm::of(algorithm, None);
        let fits = |alg: &AlgId| encoding.is_none_or(|encoding| alg.encoding == encoding);
        self.alg_for(algs, |id| algorithm.is(id) && fits(id))
    }

    fn key_for(
        &self,
        algs: &[&'static dyn VerifyAlg],
        fits: impl Fn(&AlgId) -> bool,
    ) -> Option<Box<dyn VerifyKey>> {
        self.alg_for(algs, fits)?.key(PublicKey(&self.key.bits)).ok()
    }

    fn alg_for(
        &self,
        algs: &[&'static dyn VerifyAlg],
        fits: impl Fn(&AlgId) -> bool,
    ) -> Option<&'static dyn VerifyAlg> {
        let curve = self.key.curve?;
        let mut all = algs.iter().copied();
        all.find(|alg| alg.id().curve == curve && self.key.rsa.allows(alg.id()) && fits(alg.id()))
    }

    /// The key under whichever of `algs` is of its kind.
    pub(crate) fn any_key(&self, algs: &[&'static dyn VerifyAlg]) -> Option<Box<dyn VerifyKey>> {
        self.key_for(algs, |_| true)
    }

    /// Whether the issuer's key can be one of the algorithm with which this certificate is signed.
    pub(super) fn names_algorithm_of(&self, issuer: &Self, algs: &[&'static dyn VerifyAlg]) -> bool {
        issuer.x509_key(algs, &self.signed.algorithm).is_some()
    }

    fn x509_key(&self, algs: &[&'static dyn VerifyAlg], algorithm: &Algorithm) -> Option<Box<dyn VerifyKey>> {
        self.key_for(algs, |id| is_x509(id, algorithm))
    }

    /// The algorithm of signatures that this key makes and that name `algorithm`.
    pub(super) fn x509_alg(
        &self,
        algs: &[&'static dyn VerifyAlg],
        algorithm: &Algorithm,
    ) -> Option<&'static dyn VerifyAlg> {
        self.alg_for(algs, |id| is_x509(id, algorithm))
    }

    /// What its issuer signed, with which algorithm, and the signature.
    pub(super) fn signed_part(&self) -> (&[u8], &Algorithm, &[u8]) {
        let Signed { part, algorithm, signature } = &self.signed;
        (part, algorithm, signature)
    }

    /// The algorithm that it says it is signed with.
    pub(super) fn algorithm(&self) -> &Algorithm {
        &self.signed.algorithm
    }

    /// Whether `issuer`'s key made this signature. Says nothing of whether it may.
    #[must_use]
    pub fn signed_by(&self, issuer: &Self, algs: &[&'static dyn VerifyAlg]) -> bool {
        self.signed.verifies(issuer, algs)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The certificate as it was read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn usage(&self) -> Option<Usage> {
        self.extensions.usage
    }

    pub(crate) fn subject_name(&self) -> &Name {
        &self.subject
    }

    pub(crate) fn issuer_name(&self) -> &Name {
        &self.issuer
    }

    /// Whether subject and issuer are one name.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether it says that it is a certification authority's.
    pub(crate) fn is_authority(&self) -> bool {
        self.extensions.basic.is_some_and(|basic| basic.ca)
    }

    /// The bits of its key.
    pub(crate) fn key_bits(&self) -> &[u8] {
        &self.key.bits
    }

    /// What of it is not as RFC 5280 demands of those who issue certificates.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// What the key is for; `None` if the certificate does not say.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<&ExtendedKeyUsage> {
        self.extensions.extended.as_ref()
    }

    /// Name of the subject, DER.
    #[must_use]
    pub fn subject(&self) -> &[u8] {
        self.subject.raw()
    }

    /// Name of the issuer, DER.
    #[must_use]
    pub fn issuer(&self) -> &[u8] {
        self.issuer.raw()
    }

    /// Serial number: the content of its INTEGER, big-endian, with the sign's byte.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// Subject key identifier (RFC 5280 §4.2.1.2); `None` if the certificate has none.
    #[must_use]
    pub fn key_identifier(&self) -> Option<&[u8]> {
        self.extensions.key_identifier.as_deref()
    }

    /// First instant of validity.
    #[must_use]
    pub fn not_before(&self) -> UnixTime {
        self.not_before
    }

    /// Last instant of validity.
    #[must_use]
    pub fn not_after(&self) -> UnixTime {
        self.not_after
    }
}

impl Signed {
    fn of(parsed: &X509Certificate<'_>) -> Self {
        let algorithm = &parsed.signature_algorithm;
        let signature = &parsed.signature_value;
        Self::new(
            parsed.tbs_certificate.as_ref(),
            algorithm_of(algorithm),
            if signature.unused_bits == 0 { &signature.data } else { &[] },
        )
    }

    fn new(part: &[u8], algorithm: Algorithm, signature: &[u8]) -> Self {
        Self { part: part.to_vec(), algorithm, signature: signature.to_vec() }
    }

    pub(super) fn verifies(&self, issuer: &Certificate, algs: &[&'static dyn VerifyAlg]) -> bool {
        verifies(&self.part, &self.algorithm, &self.signature, issuer, algs)
    }
}

impl KeyInfo {
    fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let named = |oid: &Oid<'_>, name: &str| oid.to_id_string() == name;
        let algorithm = &info.algorithm;
        let pss = RsaUse::of(algorithm.algorithm.as_bytes(), parameters_of(algorithm).as_deref());
        let curve = if named(&algorithm.algorithm, RSA_ENCRYPTION) || pss.is_some() {
            Some(None)
        } else if named(&algorithm.algorithm, SM2_KEY) {
            // The form of older tools: the curve as algorithm and as its parameter.
            let curve = algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
            curve.filter(|curve| named(curve, SM2_KEY)).map(|_| Some("SM2"))
        } else if named(&algorithm.algorithm, EC_PUBLIC_KEY) {
            let curve = algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
            let known = |oid: Oid<'_>| CURVES.iter().find(|(id, _)| named(&oid, id)).map(|(_, name)| *name);
            curve.and_then(known).map(Some)
        } else {
            None
        };
        Self { curve, rsa: pss.unwrap_or(RsaUse::Any), bits: info.subject_public_key.data.to_vec() }
    }
}

/// In certificates, elliptic-curve signatures are DER; RSA has its one encoding.
fn is_x509(id: &AlgId, algorithm: &Algorithm) -> bool {
    id.encoding != SignatureEncoding::Raw && algorithm.is(id)
}

fn algorithm_of(identifier: &AlgorithmIdentifier<'_>) -> Algorithm {
    Algorithm::of(identifier.algorithm.as_bytes(), parameters_of(identifier).as_deref())
}

/// The parameters as an element, if they are a SEQUENCE: others select no algorithm.
fn parameters_of(identifier: &AlgorithmIdentifier<'_>) -> Option<Vec<u8>> {
    let parameters = identifier.parameters.as_ref()?;
    Some(parameters.to_der_vec().unwrap_or_default())
}

fn same_algorithm(inner: &AlgorithmIdentifier<'_>, outer: &AlgorithmIdentifier<'_>) -> bool {
    // What is signed says with which parameters.
    inner.algorithm == outer.algorithm && algorithm_of(inner) == algorithm_of(outer)
}

/// Whether `issuer`'s key made this signature.
pub(super) fn verifies(
    part: &[u8],
    algorithm: &Algorithm,
    signature: &[u8],
    issuer: &Certificate,
    algs: &[&'static dyn VerifyAlg],
) -> bool {
    let key = issuer.x509_key(algs, algorithm);
    key.is_some_and(|key| key.verify(part, signature).is_ok())
}

/// Before 1970 is 1970. `99991231235959Z` (RFC 5280 §4.1.2.5: no end) is hours after [`UnixTime::MAX`].
fn instant(time: ASN1Time) -> UnixTime {
    let seconds = u64::try_from(time.timestamp()).unwrap_or(0);
    UnixTime::new(seconds).unwrap_or(UnixTime::MAX)
}
