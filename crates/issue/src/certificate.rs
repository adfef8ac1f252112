//! Certificates of this project's own authority, which certifies seal makers and those who sign with seals.
//!
//! They follow RFC 5280 with the algorithms of GM/T 0015: `SM2-with-SM3` for SM2 keys, `ecdsa-with-SHA256` for P-256.
//! Where a licensed authority issues the certificates, nothing here is needed.

use std::time::Duration;

use boyin_model::alg::{BadKey, SignatureEncoding, VerifyAlg};
use boyin_model::time::UnixTime;
use der::asn1::{
    AnyRef, BitString, BitStringRef, GeneralizedTime, ObjectIdentifier, OctetStringRef, PrintableStringRef,
    SetOfVec, UintRef, UtcTime, Utf8StringRef,
};
use der::{Decode as _, Encode as _, Sequence, ValueOrd};

use crate::signing::{KeyRef, SigningKey, SigningKeyError};

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const SUBJECT_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// First second of 2050, from which on times are GeneralizedTime (RFC 5280 §4.1.2.5).
const YEAR_2050: u64 = 2_524_608_000;
/// Bytes of a key identifier: as many as of the SHA-1 that RFC 5280 suggests, but of the suite's digest (RFC 7093 §2).
const KEY_ID_BYTES: usize = 20;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRole {
    /// Issue certificates of keys that sign, and no others.
    Authority,
    /// Sign seals or documents.
    Signing,
}

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'d> {
    /// Organization: in the field often the unified credit code and the name.
    pub organization: &'d str,
    /// Common name: in the field often the identifier of a seal.
    pub common_name: &'d str,
}

/// What a certificate is made from.
#[derive(Clone, Copy, Debug)]
pub struct CertificateDraft<'d> {
    /// Serial number: 16 random bytes.
    pub serial: [u8; 16],
    /// Whose it is.
    pub subject: Subject<'d>,
    /// The key.
    pub key: &'d KeyRef,
    /// What the key may do.
    pub role: KeyRole,
    /// First instant.
    pub not_before: UnixTime,
    /// Last instant.
    pub not_after: UnixTime,
}

/// Why there is no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertifyError {
    /// A text or an instant has no DER form.
    #[error("a value has no DER form: {0}")]
    Value(#[from] der::Error),
    /// The algorithm of a key is not one for certificates.
    #[error("the key is not one for certificates")]
    Key,
    /// No signature.
    #[error(transparent)]
    Signature(#[from] SigningKeyError),
}

#[derive(Sequence)]
struct CertificateDer<'d> {
    to_be_signed: AnyRef<'d>,
    algorithm: AlgorithmDer<'d>,
    signature: BitStringRef<'d>,
}

#[derive(Sequence)]
struct ToBeSignedDer<'d> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    version: Option<u8>,
    serial: AnyRef<'d>,
    algorithm: AnyRef<'d>,
    issuer: AnyRef<'d>,
    validity: AnyRef<'d>,
    subject: AnyRef<'d>,
    key: KeyDer<'d>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    issuer_id: Option<BitStringRef<'d>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    subject_id: Option<BitStringRef<'d>>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<AnyRef<'d>>,
}

#[derive(Clone, Sequence)]
struct AlgorithmDer<'d> {
    algorithm: ObjectIdentifier,
    #[asn1(optional = "true")]
    parameters: Option<AnyRef<'d>>,
}

#[derive(Sequence)]
struct KeyDer<'d> {
    algorithm: AlgorithmDer<'d>,
    key: BitStringRef<'d>,
}

#[derive(Sequence)]
struct ValidityDer<'d> {
    not_before: AnyRef<'d>,
    not_after: AnyRef<'d>,
}

#[derive(Clone, Sequence, ValueOrd)]
struct AttributeDer<'d> {
    kind: ObjectIdentifier,
    value: AnyRef<'d>,
}

#[derive(Sequence)]
struct ExtensionDer<'d> {
    id: ObjectIdentifier,
    #[asn1(default = "Default::default")]
    critical: bool,
    value: &'d OctetStringRef,
}

#[derive(Sequence)]
struct BasicDer {
    ca: bool,
    path_length: u8,
}

#[derive(Sequence)]
struct NotAuthorityDer {}

#[derive(Sequence)]
struct AuthorityKeyDer<'d> {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    id: Option<&'d OctetStringRef>,
}

/// The key of an authority with its certificate.
#[derive(Clone, Debug)]
pub struct Authority {
    key: SigningKey,
    certificate: Vec<u8>,
}

impl Authority {
    /// An authority that certifies itself: an anchor.
    ///
    /// # Errors
    /// [`CertifyError`].
    pub fn found(
        key: SigningKey,
        serial: [u8; 16],
        subject: Subject<'_>,
        not_before: UnixTime,
        not_after: UnixTime,
    ) -> Result<Self, CertifyError> {
        let reference = key.reference().clone();
        let role = KeyRole::Authority;
        let draft = CertificateDraft { serial, subject, key: &reference, role, not_before, not_after };
        let name = name(subject)?;
        let certificate = certify(&draft, &name, &key)?;
        Ok(Self { key, certificate })
    }

    /// The authority of a certificate that was made before.
    ///
    /// # Errors
    /// [`CertifyError::Key`] if the certificate is not one of this key.
    pub fn of(key: SigningKey, certificate: Vec<u8>) -> Result<Self, CertifyError> {
        if public_key(&certificate).map_err(|_| CertifyError::Key)? != key.reference().point() {
            return Err(CertifyError::Key);
        }
        Ok(Self { key, certificate })
    }

    /// The authority's own certificate, DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Certifies a key.
    ///
    /// # Errors
    /// [`CertifyError`].
    pub fn certify(&self, draft: &CertificateDraft<'_>) -> Result<Vec<u8>, CertifyError> {
        let own = CertificateDer::from_der(&self.certificate)?;
        let own = own.to_be_signed.to_der()?;
        let issuer = ToBeSignedDer::from_der(&own)?.subject.to_der()?;
        certify(draft, &issuer, &self.key)
    }
}

/// The public key in a certificate: `04 ‖ X ‖ Y`. Reads no more than it needs.
///
/// # Errors
/// [`BadKey`] if there is none.
pub fn public_key(certificate: &[u8]) -> Result<Vec<u8>, BadKey> {
    let outer = CertificateDer::from_der(certificate).map_err(|_| BadKey)?;
    let inner = outer.to_be_signed.to_der().map_err(|_| BadKey)?;
    let inner = ToBeSignedDer::from_der(&inner).map_err(|_| BadKey)?;
    Ok(inner.key.key.raw_bytes().to_vec())
}

/// A signature in DER, as certificates and seals have it.
///
/// # Errors
/// [`BadKey`] if the algorithm writes its signatures neither as `r ‖ s` nor as DER.
pub(crate) fn to_der(alg: &dyn VerifyAlg, signature: &[u8]) -> Result<Vec<u8>, BadKey> {
    #[derive(Sequence)]
    struct SignatureDer<'d> {
        r: UintRef<'d>,
        s: UintRef<'d>,
    }
    match (alg.id().encoding, signature.split_at_checked(32)) {
        (SignatureEncoding::Raw, Some((r, s))) => {
            let (r, s) = (UintRef::new(r).map_err(|_| BadKey)?, UintRef::new(s).map_err(|_| BadKey)?);
            SignatureDer { r, s }.to_der().map_err(|_| BadKey)
        }
        (SignatureEncoding::Der, _) => Ok(signature.to_vec()),
        (SignatureEncoding::Raw | SignatureEncoding::Pkcs1, _) => Err(BadKey),
    }
}

fn certify(draft: &CertificateDraft<'_>, issuer: &[u8], key: &SigningKey) -> Result<Vec<u8>, CertifyError> {
    let own = key.reference();
    let algorithm = own.alg().id().oid.ok_or(CertifyError::Key)?;
    let algorithm = AlgorithmDer { algorithm, parameters: None };
    let algorithm_bytes = algorithm.to_der()?;
    let serial = UintRef::new(&draft.serial)?.to_der()?;
    let validity = validity(draft.not_before, draft.not_after)?;
    let subject = name(draft.subject)?;
    let curve = match draft.key.alg().id().curve {
        Some("SM2") => SM2,
        Some("P-256") => P256,
        Some(_) | None => return Err(CertifyError::Key),
    };
    let point = draft.key.point();
    let extensions = extensions(draft, own)?;
    let to_be_signed = ToBeSignedDer {
        version: Some(2),
        serial: AnyRef::from_der(&serial)?,
        algorithm: AnyRef::from_der(&algorithm_bytes)?,
        issuer: AnyRef::from_der(issuer)?,
        validity: AnyRef::from_der(&validity)?,
        subject: AnyRef::from_der(&subject)?,
        key: KeyDer {
            algorithm: AlgorithmDer { algorithm: EC_PUBLIC_KEY, parameters: Some(AnyRef::from(&curve)) },
            key: BitStringRef::from_bytes(&point)?,
        },
        issuer_id: None,
        subject_id: None,
        extensions: Some(AnyRef::from_der(&extensions)?),
    };
    let to_be_signed = to_be_signed.to_der()?;
    let signature = key.sign(&to_be_signed)?;
    let signature = to_der(own.alg(), &signature).map_err(|_| CertifyError::Key)?;
    let certificate = CertificateDer {
        to_be_signed: AnyRef::from_der(&to_be_signed)?,
        algorithm,
        signature: BitStringRef::from_bytes(&signature)?,
    };
    Ok(certificate.to_der()?)
}

/// `RDNSequence` with country, organization and common name.
fn name(subject: Subject<'_>) -> der::Result<Vec<u8>> {
    let country = PrintableStringRef::new("CN")?.to_der()?;
    let organization = Utf8StringRef::new(subject.organization)?.to_der()?;
    let common_name = Utf8StringRef::new(subject.common_name)?.to_der()?;
    let parts = [(COUNTRY, &country), (ORGANIZATION, &organization), (COMMON_NAME, &common_name)];
    let mut sequence = Vec::with_capacity(parts.len());
    for (kind, value) in parts {
        let mut set = SetOfVec::new();
        set.insert(AttributeDer { kind, value: AnyRef::from_der(value)? })?;
        sequence.push(set);
    }
    sequence.to_der()
}

fn validity(not_before: UnixTime, not_after: UnixTime) -> der::Result<Vec<u8>> {
    let time = |at: UnixTime| {
        let since = Duration::from_secs(at.seconds());
        if at.seconds() < YEAR_2050 {
            UtcTime::from_unix_duration(since)?.to_der()
        } else {
            GeneralizedTime::from_unix_duration(since)?.to_der()
        }
    };
    let (not_before, not_after) = (time(not_before)?, time(not_after)?);
    ValidityDer { not_before: AnyRef::from_der(&not_before)?, not_after: AnyRef::from_der(&not_after)? }
        .to_der()
}

fn extensions(draft: &CertificateDraft<'_>, issuer: &KeyRef) -> der::Result<Vec<u8>> {
    let (basic, usage) = match draft.role {
        // keyCertSign and cRLSign are bits 5 and 6, digitalSignature and nonRepudiation bits 0 and 1.
        KeyRole::Authority => {
            (BasicDer { ca: true, path_length: 0 }.to_der()?, BitString::new(1, [0b0000_0110])?)
        }
        KeyRole::Signing => (NotAuthorityDer {}.to_der()?, BitString::new(6, [0b1100_0000])?),
    };
    let usage = usage.to_der()?;
    let (own_id, issuer_id) = (key_id(draft.key), key_id(issuer));
    let subject_key = OctetStringRef::new(&own_id)?.to_der()?;
    let authority_key = AuthorityKeyDer { id: Some(OctetStringRef::new(&issuer_id)?) }.to_der()?;
    let extension = |id, critical, value| -> der::Result<_> {
        Ok(ExtensionDer { id, critical, value: OctetStringRef::new(value)? })
    };
    vec![
        extension(BASIC_CONSTRAINTS, true, &basic)?,
        extension(KEY_USAGE, true, &usage)?,
        extension(SUBJECT_KEY, false, &subject_key)?,
        extension(AUTHORITY_KEY, false, &authority_key)?,
    ]
    .to_der()
}

fn key_id(key: &KeyRef) -> Vec<u8> {
    key.alg().digest(&[&key.point()])[..KEY_ID_BYTES].to_vec()
}
