//! Writing: version 4 by default, version 5 on request, always in DER.

use std::time::Duration;

use der::asn1::{
    AnyRef, BitStringRef, GeneralizedTime, Ia5StringRef, ObjectIdentifier, OctetStringRef,
    PrintableStringRef, Utf8StringRef,
};
use der::{Decode as _, Encode as _, Sequence};

use super::{
    CertificateDigest, Extension, Picture, Seal, SealError, SealInfo, SealSignature, Signers, Version,
};
use crate::json::Reader;
use crate::time::UnixTime;

/// Text at the beginning of every seal.
const HEADER_ID: &str = "ES";

/// Why a seal cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealWriteError {
    /// Version 1 is read only.
    #[error("seals are written in version 4 or 5")]
    Version,
    /// A text has characters that its type does not allow, an identifier is none, an instant is out of range.
    #[error("a value has no DER form: {0}")]
    Value(#[from] der::Error),
    /// What was written breaks a rule of the standard.
    #[error("it breaks the standard: {0}")]
    Rule(#[from] SealError),
}

#[derive(Sequence)]
struct InfoDer<'d> {
    header: HeaderDer<'d>,
    id: Ia5StringRef<'d>,
    property: PropertyDer<'d>,
    picture: PictureDer<'d>,
    #[asn1(optional = "true")]
    extensions: Option<Vec<ExtensionDer<'d>>>,
}

#[derive(Sequence)]
struct HeaderDer<'d> {
    id: Ia5StringRef<'d>,
    version: u32,
    vendor: Ia5StringRef<'d>,
}

#[derive(Sequence)]
struct PropertyDer<'d> {
    kind: u32,
    name: Utf8StringRef<'d>,
    list_type: u32,
    list: AnyRef<'d>,
    created: GeneralizedTime,
    valid_from: GeneralizedTime,
    valid_until: GeneralizedTime,
}

#[derive(Sequence)]
struct DigestDer<'d> {
    algorithm: PrintableStringRef<'d>,
    value: &'d OctetStringRef,
}

#[derive(Sequence)]
struct PictureDer<'d> {
    format: Ia5StringRef<'d>,
    data: &'d OctetStringRef,
    width: u32,
    height: u32,
}

#[derive(Sequence)]
struct ExtensionDer<'d> {
    id: ObjectIdentifier,
    #[asn1(default = "Default::default")]
    critical: bool,
    value: &'d OctetStringRef,
}

/// Both a seal and a seal signature: a signed part and who signed it.
#[derive(Sequence)]
struct SignedDer<'d> {
    signed: AnyRef<'d>,
    certificate: &'d OctetStringRef,
    algorithm: ObjectIdentifier,
    signature: BitStringRef<'d>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    timestamp: Option<BitStringRef<'d>>,
}

#[derive(Sequence)]
struct ToSignDer<'d> {
    version: u32,
    seal: AnyRef<'d>,
    time: GeneralizedTime,
    digest: BitStringRef<'d>,
    property: Ia5StringRef<'d>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<ExtensionDer<'d>>>,
}

/// Who signed a signed part, and its signature.
#[derive(Clone, Copy, Debug)]
pub struct SignedBy<'d> {
    /// Certificate, DER.
    pub certificate: &'d [u8],
    /// Signature algorithm.
    pub algorithm: ObjectIdentifier,
    /// Signature, DER.
    pub signature: &'d [u8],
    /// Timestamp token over the signature.
    pub timestamp: Option<&'d [u8]>,
}

/// What a signer signs.
#[derive(Clone, Debug)]
pub struct ToSign<'d> {
    /// The seal, DER, of version 4 or 5.
    pub seal: &'d [u8],
    /// When.
    pub time: UnixTime,
    /// Digest of the document.
    pub document_digest: &'d [u8],
    /// What is sealed, in ASCII: in OFD the path of `Signature.xml`.
    pub property: &'d str,
    /// Further data.
    pub extensions: &'d [Extension<'d>],
}

impl SealInfo<'_> {
    /// `SES_SealInfo`, which the maker signs; version 4 or 5 by [`SealInfo::number`].
    ///
    /// # Errors
    /// [`SealWriteError`].
    pub fn write(&self) -> Result<Vec<u8>, SealWriteError> {
        if !matches!(self.number, 4 | 5) {
            return Err(SealWriteError::Version);
        }
        let (list_type, list) = match &self.signers {
            Signers::Certificates(certificates) => {
                let list = certificates.iter().map(|bytes| OctetStringRef::new(bytes));
                (1, list.collect::<der::Result<Vec<_>>>()?.to_der()?)
            }
            Signers::Digests(digests) => {
                (2, digests.iter().map(digest).collect::<der::Result<Vec<_>>>()?.to_der()?)
            }
        };
        let Picture { format, data, width_mm, height_mm } = self.picture;
        let info = InfoDer {
            header: HeaderDer {
                id: Ia5StringRef::new(HEADER_ID)?,
                version: self.number,
                vendor: Ia5StringRef::new(self.vendor)?,
            },
            id: Ia5StringRef::new(self.id)?,
            property: PropertyDer {
                kind: self.kind,
                name: Utf8StringRef::new(self.name)?,
                list_type,
                list: AnyRef::from_der(&list)?,
                created: time(self.created)?,
                valid_from: time(self.valid_from)?,
                valid_until: time(self.valid_until)?,
            },
            picture: PictureDer {
                format: Ia5StringRef::new(format)?,
                data: OctetStringRef::new(data)?,
                width: width_mm,
                height: height_mm,
            },
            extensions: extensions(&self.extensions)?,
        };
        Ok(info.to_der()?)
    }
}

impl Seal<'_> {
    /// Joins `SES_SealInfo` and the maker's signature to `SESeal`, and reads it back.
    ///
    /// # Errors
    /// [`SealWriteError`]; [`SealWriteError::Rule`] also if the information breaks a rule that its types do not show.
    pub fn write(info: &[u8], maker: &SignedBy<'_>) -> Result<Vec<u8>, SealWriteError> {
        let bytes = join(info, maker)?;
        Seal::read(&bytes, Reader::Ours)?;
        Ok(bytes)
    }
}

impl ToSign<'_> {
    /// `TBS_Sign`, which the signer signs, in the version of the seal.
    ///
    /// # Errors
    /// [`SealWriteError`].
    pub fn write(&self) -> Result<Vec<u8>, SealWriteError> {
        let version = Seal::read(self.seal, Reader::Field)?.version;
        if version == Version::V1 {
            return Err(SealWriteError::Version);
        }
        let to_sign = ToSignDer {
            version: u32::from(version.number()),
            seal: AnyRef::from_der(self.seal)?,
            time: time(self.time)?,
            digest: BitStringRef::from_bytes(self.document_digest)?,
            property: Ia5StringRef::new(self.property)?,
            extensions: extensions(self.extensions)?,
        };
        Ok(to_sign.to_der()?)
    }
}

impl SealSignature<'_> {
    /// Joins `TBS_Sign` and the signature to `SES_Signature`, and reads it back.
    ///
    /// The seal in it may be of another maker: it is read as such.
    ///
    /// # Errors
    /// [`SealWriteError`].
    pub fn write(to_sign: &[u8], signer: &SignedBy<'_>) -> Result<Vec<u8>, SealWriteError> {
        let bytes = join(to_sign, signer)?;
        SealSignature::read(&bytes, Reader::Field)?;
        Ok(bytes)
    }
}

fn join(signed: &[u8], by: &SignedBy<'_>) -> Result<Vec<u8>, SealWriteError> {
    let whole = SignedDer {
        signed: AnyRef::from_der(signed)?,
        certificate: OctetStringRef::new(by.certificate)?,
        algorithm: by.algorithm,
        signature: BitStringRef::from_bytes(by.signature)?,
        timestamp: by.timestamp.map(BitStringRef::from_bytes).transpose()?,
    };
    Ok(whole.to_der()?)
}

fn digest<'d>(digest: &CertificateDigest<'d>) -> der::Result<DigestDer<'d>> {
    Ok(DigestDer {
        algorithm: PrintableStringRef::new(digest.algorithm)?,
        value: OctetStringRef::new(digest.value)?,
    })
}

fn extensions<'d>(list: &[Extension<'d>]) -> der::Result<Option<Vec<ExtensionDer<'d>>>> {
    let one = |extension: &Extension<'d>| {
        let id = ObjectIdentifier::from_bytes(extension.id).map_err(|_| der::ErrorKind::OidMalformed)?;
        Ok(ExtensionDer { id, critical: extension.critical, value: OctetStringRef::new(extension.value)? })
    };
    let list = list.iter().map(one).collect::<der::Result<Vec<_>>>()?;
    Ok((!list.is_empty()).then_some(list))
}

fn time(at: UnixTime) -> der::Result<GeneralizedTime> {
    GeneralizedTime::from_unix_duration(Duration::from_secs(at.seconds()))
}
