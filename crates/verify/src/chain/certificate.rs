//! Certificates and revocation lists, read tolerantly: the original bytes are kept, and odd extensions are skipped unless
//! they are marked critical.

use super::purpose::ExtendedKeyUsage;
use boyin_model::alg::{PublicKey, SignatureEncoding, VerifyAlg, VerifyKey};
use boyin_model::limits::MAX_CERTIFICATE_BYTES;
use boyin_model::time::UnixTime;
use x509_parser::asn1_rs::Oid;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// Bytes of a revocation list: about a million entries.
pub const MAX_CRL_BYTES: usize = 64 << 20;

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const KEY_USAGE: &str = "2.5.29.15";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const SM2_KEY: &str = "1.2.156.10197.1.301";
const CURVES: [(&str, &str); 2] = [(SM2_KEY, "SM2"), ("1.2.840.10045.3.1.7", "P-256")];

/// A certificate that was read, and not verified.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub(super) bytes: Vec<u8>,
    signed: Signed,
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(crate) not_before: UnixTime,
    pub(crate) not_after: UnixTime,
    key: KeyInfo,
    /// `None` without the extension.
    pub(super) basic: Option<Basic>,
    /// `None` without the extension.
    pub(crate) usage: Option<Usage>,
    extended: Option<ExtendedKeyUsage>,
    key_identifier: Option<Vec<u8>>,
    /// An extension is critical and not understood.
    pub(super) unknown_critical: bool,
}

/// Basic constraints (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug)]
pub(super) struct Basic {
    pub(super) ca: bool,
    pub(super) path_length: Option<u32>,
}

/// Key usage (RFC 5280 §4.2.1.3), as far as it is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// `digitalSignature` or `nonRepudiation`.
    pub(crate) signs_documents: bool,
    pub(super) signs_certificates: bool,
    pub(super) signs_lists: bool,
}

/// A signed part, its algorithm and its signature.
#[derive(Clone, Debug)]
struct Signed {
    part: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Clone, Debug)]
struct KeyInfo {
    /// As in [`boyin_model::alg::AlgId::curve`]; `None` for RSA. The outer `None` is a key that is not known here.
    curve: Option<Option<&'static str>>,
    bits: Vec<u8>,
}

/// Why bytes are no certificate and no revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Longer than [`MAX_CERTIFICATE_BYTES`] or [`MAX_CRL_BYTES`].
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
        let (rest, parsed) = X509Certificate::from_der(bytes).map_err(|_| malformed)?;
        let tbs = &parsed.tbs_certificate;
        if !rest.is_empty() || !same_algorithm(&tbs.signature, &parsed.signature_algorithm) {
            return Err(malformed);
        }
        let mut certificate = Self {
            bytes: bytes.to_vec(),
            signed: Signed::new(tbs.as_ref(), &parsed.signature_algorithm, &parsed.signature_value.data),
            issuer: tbs.issuer.as_raw().to_vec(),
            subject: tbs.subject.as_raw().to_vec(),
            serial: tbs.raw_serial().to_vec(),
            not_before: instant(tbs.validity.not_before).ok_or(malformed)?,
            not_after: end(tbs.validity.not_after).ok_or(malformed)?,
            key: KeyInfo::of(&tbs.subject_pki),
            basic: None,
            usage: None,
            extended: None,
            key_identifier: None,
            unknown_critical: false,
        };
        for (place, extension) in tbs.extensions().iter().enumerate() {
            // RFC 5280 §4.2: no extension twice. A second one could hide what the first forbids.
            if tbs.extensions()[..place].iter().any(|earlier| earlier.oid == extension.oid) {
                return Err(malformed);
            }
            certificate.take(extension);
        }
        Ok(certificate)
    }

    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "what is not named here is not understood, new kinds too"
    )]
    fn take(&mut self, extension: &X509Extension<'_>) {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(basic) => {
                self.basic = Some(Basic { ca: basic.ca, path_length: basic.path_len_constraint });
            }
            ParsedExtension::KeyUsage(usage) => {
                self.usage = Some(Usage {
                    signs_documents: usage.digital_signature() || usage.non_repudiation(),
                    signs_certificates: usage.key_cert_sign(),
                    signs_lists: usage.crl_sign(),
                });
            }
            ParsedExtension::ExtendedKeyUsage(_) => {
                self.extended = ExtendedKeyUsage::read(extension.value, extension.critical);
                self.unknown_critical |= self.extended.is_none();
            }
            ParsedExtension::SubjectKeyIdentifier(id) => {
                self.key_identifier = Some(id.0.to_vec());
                self.unknown_critical |= extension.critical;
            }
            // These restrict nothing that is asked here.
            ParsedExtension::SubjectAlternativeName(_) | ParsedExtension::CRLDistributionPoints(_) => {}
            // What cannot be read might forbid what is asked, marked or not: its absence would allow it.
            _ => {
                let asked = [KEY_USAGE, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE]
                    .contains(&extension.oid.to_id_string().as_str());
                self.unknown_critical |= extension.critical || asked;
            }
        }
    }

    /// The key, if its algorithm is one of `algs` that signs with this object identifier in this encoding.
    pub(crate) fn key(
        &self,
        algs: &[&'static dyn VerifyAlg],
        algorithm: &[u8],
        encoding: Option<SignatureEncoding>,
    ) -> Option<Box<dyn VerifyKey>> {
        let curve = self.key.curve?;
        let alg = algs.iter().find(|alg| {
            let id = alg.id();
            id.oid.is_some_and(|oid| oid.as_bytes() == algorithm)
                && id.curve == curve
                && encoding.is_none_or(|encoding| id.encoding == encoding)
        })?;
        alg.key(PublicKey(&self.key.bits)).ok()
    }

    /// The key under whichever of `algs` is of its kind.
    pub(crate) fn any_key(&self, algs: &[&'static dyn VerifyAlg]) -> Option<Box<dyn VerifyKey>> {
        let curve = self.key.curve?;
        let alg = algs.iter().find(|alg| alg.id().curve == curve)?;
        alg.key(PublicKey(&self.key.bits)).ok()
    }

    /// Whether `issuer`'s key made this signature. Says nothing of whether it may.
    #[must_use]
    pub fn signed_by(&self, issuer: &Self, algs: &[&'static dyn VerifyAlg]) -> bool {
        self.signed.verifies(issuer, algs)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the key is for; `None` if the certificate does not say.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<&ExtendedKeyUsage> {
        self.extended.as_ref()
    }

    /// Name of the subject, DER.
    #[must_use]
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// Name of the issuer, DER.
    #[must_use]
    pub fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// Serial number: the content of its INTEGER, big-endian, with the sign's byte.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// Subject key identifier (RFC 5280 §4.2.1.2); `None` if the certificate has none.
    #[must_use]
    pub fn key_identifier(&self) -> Option<&[u8]> {
        self.key_identifier.as_deref()
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
    fn new(part: &[u8], algorithm: &AlgorithmIdentifier<'_>, signature: &[u8]) -> Self {
        let algorithm = algorithm.algorithm.as_bytes().to_vec();
        Self { part: part.to_vec(), algorithm, signature: signature.to_vec() }
    }

    fn verifies(&self, issuer: &Certificate, algs: &[&'static dyn VerifyAlg]) -> bool {
        // In certificates, elliptic-curve signatures are DER; RSA has its one encoding.
        let of_x509: Vec<_> =
            algs.iter().copied().filter(|alg| alg.id().encoding != SignatureEncoding::Raw).collect();
        let key = issuer.key(&of_x509, &self.algorithm, None);
        key.is_some_and(|key| key.verify(&self.part, &self.signature).is_ok())
    }
}

impl KeyInfo {
    fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let named = |oid: &Oid<'_>, name: &str| oid.to_id_string() == name;
        let algorithm = &info.algorithm;
        let curve = if named(&algorithm.algorithm, RSA_ENCRYPTION) {
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
        Self { curve, bits: info.subject_public_key.data.to_vec() }
    }
}

/// A revocation list (CRL) that was read, and not verified.
#[derive(Clone, Debug)]
pub(super) struct RevocationList {
    signed: Signed,
    pub(super) issuer: Vec<u8>,
    pub(super) this_update: UnixTime,
    pub(super) next_update: Option<UnixTime>,
    /// Serial numbers and since when.
    pub(super) revoked: Vec<(Vec<u8>, UnixTime)>,
}

impl RevocationList {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > MAX_CRL_BYTES {
            return Err(CertificateError::TooLarge);
        }
        let malformed = CertificateError::Malformed;
        let (rest, parsed) = CertificateRevocationList::from_der(bytes).map_err(|_| malformed)?;
        let tbs = &parsed.tbs_cert_list;
        // A delta or an indirect list says less, or something else, than its entries do: both are marked critical.
        let narrowed = tbs.extensions().iter().any(|extension| extension.critical);
        if !rest.is_empty() || !same_algorithm(&tbs.signature, &parsed.signature_algorithm) || narrowed {
            return Err(malformed);
        }
        let entry = |entry: &x509_parser::revocation_list::RevokedCertificate<'_>| {
            Some((entry.raw_serial().to_vec(), instant(entry.revocation_date)?))
        };
        let revoked: Option<Vec<_>> = tbs.revoked_certificates.iter().map(entry).collect();
        let next_update = match tbs.next_update {
            Some(at) => Some(instant(at).ok_or(malformed)?),
            None => None,
        };
        Ok(Self {
            signed: Signed::new(tbs.as_ref(), &parsed.signature_algorithm, &parsed.signature_value.data),
            issuer: tbs.issuer.as_raw().to_vec(),
            this_update: instant(tbs.this_update).ok_or(malformed)?,
            next_update,
            revoked: revoked.ok_or(malformed)?,
        })
    }

    pub(super) fn signed_by(&self, issuer: &Certificate, algs: &[&'static dyn VerifyAlg]) -> bool {
        self.signed.verifies(issuer, algs)
    }

    pub(super) fn is_fresh(&self, now: UnixTime) -> bool {
        self.this_update <= now && self.next_update.is_some_and(|end| now <= end)
    }
}

fn same_algorithm(inner: &AlgorithmIdentifier<'_>, outer: &AlgorithmIdentifier<'_>) -> bool {
    inner.algorithm == outer.algorithm
}

fn instant(time: ASN1Time) -> Option<UnixTime> {
    u64::try_from(time.timestamp()).ok().and_then(UnixTime::new)
}

/// A last instant. `99991231235959Z` (RFC 5280 §4.1.2.5: no end) is hours after [`UnixTime::MAX`].
fn end(time: ASN1Time) -> Option<UnixTime> {
    u64::try_from(time.timestamp()).ok().map(|seconds| UnixTime::new(seconds).unwrap_or(UnixTime::MAX))
}
