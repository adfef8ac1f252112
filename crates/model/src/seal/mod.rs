//! Electronic seals (电子印章) and seal signatures (电子签章): GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025.
//!
//! ```text
//! SESeal ::= SEQUENCE { eSealInfo SES_SealInfo, cert OCTET STRING, signAlgID OBJECT IDENTIFIER,
//!                       signedValue BIT STRING, timeStamp [0] EXPLICIT BIT STRING OPTIONAL }
//! SES_Signature ::= SEQUENCE { toSign TBS_Sign, cert OCTET STRING, signatureAlgID OBJECT IDENTIFIER,
//!                       signature BIT STRING, timeStamp [0] EXPLICIT BIT STRING OPTIONAL }
//! ```
//! Version 1 nests the same parts differently. A reader borrows from the bytes it is given: what was signed is a slice
//! of them, or, in version 1, three slices under one new header. Nothing here checks a signature.
//!
//! [`Reader::Ours`] takes only what this crate writes. [`Reader::Field`] also takes the deviations that files of other
//! makers show, and lists them as [`Note`]s.

mod read;
mod reading;
mod signature;
mod write;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use der::asn1::ObjectIdentifier;

use crate::alg::SignatureEncoding;
use crate::time::UnixTime;
pub use signature::{Kind, detect};
pub use write::{SealWriteError, SignedBy, ToSign};

#[cfg(doc)]
use crate::json::Reader;

/// SM3 without key (GB/T 33560-2017 table A.1), as it names the digest of a certificate in a seal.
pub const OID_SM3: &str = "1.2.156.10197.1.401";
/// SHA-256 (RFC 5754), as it names the digest of a certificate in a seal.
pub const OID_SHA256: &str = "2.16.840.1.101.3.4.2.1";
/// [`SealInfo::kind`] of a unit's seal.
pub const UNIT_SEAL: u32 = 1;
/// [`SealInfo::kind`] of a person's seal (个人名章).
pub const PERSONAL_SEAL: u32 = 2;

/// Which standard a structure follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// GM/T 0031-2014.
    V1,
    /// GB/T 38540-2020.
    V4,
    /// GM/T 0031-2025.
    V5,
}

impl Version {
    /// The number in the header.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V4 => 4,
            Self::V5 => 5,
        }
    }
}

/// An electronic seal, read but not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Seal<'b> {
    /// Which structure it has.
    pub version: Version,
    /// The whole seal.
    pub bytes: &'b [u8],
    /// What the maker signed about it.
    pub info: SealInfo<'b>,
    /// The maker's certificate (制章人证书), DER.
    pub maker: &'b [u8],
    /// The maker's signature algorithm; `None` if it is no object identifier.
    pub algorithm: Option<ObjectIdentifier>,
    /// The maker's signature.
    pub signature: &'b [u8],
    /// What the maker's signature is over.
    pub signed: Cow<'b, [u8]>,
    /// The timestamp over the signature; version 5 only.
    pub timestamp: Option<&'b [u8]>,
    /// Deviations that [`Reader::Field`] accepted.
    pub notes: Vec<Note>,
}

/// `SES_SealInfo`.
#[derive(Clone, PartialEq, Eq)]
pub struct SealInfo<'b> {
    /// Number in the header; other than that of [`Seal::version`] in odd files.
    pub number: u32,
    /// Who made the software (Vid).
    pub vendor: &'b str,
    /// Identifier of the seal (esID).
    pub id: &'b str,
    /// Whose it is, [`UNIT_SEAL`] or [`PERSONAL_SEAL`]; in the field there are others.
    pub kind: u32,
    /// Name of the seal.
    pub name: &'b str,
    /// Who may sign with it.
    pub signers: Signers<'b>,
    /// When it was made.
    pub created: UnixTime,
    /// First instant of its validity.
    pub valid_from: UnixTime,
    /// Last instant of its validity.
    pub valid_until: UnixTime,
    /// The picture.
    pub picture: Picture<'b>,
    /// Further data.
    pub extensions: Vec<Extension<'b>>,
}

/// The signers' certificates, or their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signers<'b> {
    /// Certificates, DER; `certListType` 1.
    Certificates(Vec<&'b [u8]>),
    /// Digests of certificates; `certListType` 2.
    Digests(Vec<CertificateDigest<'b>>),
}

/// `CertDigestObj`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateDigest<'b> {
    /// Name or object identifier of the digest algorithm.
    pub algorithm: &'b str,
    /// The digest.
    pub value: &'b [u8],
}

impl CertificateDigest<'_> {
    /// The digest's name in this project: `sm3` or `sha-256`. `None` for every other, among them SHA-1 and MD5.
    #[must_use]
    pub fn digest(&self) -> Option<&'static str> {
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(self.algorithm));
        if is(&["SM3", OID_SM3, "1.2.156.10197.1.401.1"]) {
            Some("sm3")
        } else if is(&["SHA-256", "SHA256", OID_SHA256]) {
            Some("sha-256")
        } else {
            None
        }
    }
}

/// `SES_ESPictrueInfo`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Picture<'b> {
    /// `PNG`, `GIF`, `ofd`, …
    pub format: &'b str,
    /// The file. Not decoded here.
    pub data: &'b [u8],
    /// Millimeters.
    pub width_mm: u32,
    /// Millimeters.
    pub height_mm: u32,
}

/// `ExtData`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'b> {
    /// Content of the object identifier; in the field there is text here too.
    pub id: &'b [u8],
    /// Whether a reader that does not know it should refuse. Readers in the field do not, nor does this one.
    pub critical: bool,
    /// The value.
    pub value: &'b [u8],
}

/// A seal signature, read but not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct SealSignature<'b> {
    /// Which structure it has: that of its seal.
    pub version: Version,
    /// Number in the structure.
    pub number: u32,
    /// The seal in it.
    pub seal: Seal<'b>,
    /// When it was made, as the signer says.
    pub time: SigningTime<'b>,
    /// Digest of the document.
    pub document_digest: &'b [u8],
    /// What was sealed: in OFD the path of `Signature.xml`.
    pub property: &'b str,
    /// Further data.
    pub extensions: Vec<Extension<'b>>,
    /// The signer's certificate (签章人证书), DER.
    pub signer: &'b [u8],
    /// The signer's signature algorithm; `None` if it is no object identifier.
    pub algorithm: Option<ObjectIdentifier>,
    /// The signature.
    pub signature: &'b [u8],
    /// What the signature is over: `TBS_Sign`.
    pub signed: &'b [u8],
    /// The timestamp over the signature.
    pub timestamp: Option<&'b [u8]>,
    /// Deviations that [`Reader::Field`] accepted, those of the seal not among them.
    pub notes: Vec<Note>,
}

/// `timeInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningTime<'b> {
    /// An instant.
    Instant(UnixTime),
    /// A timestamp token; version 1 only.
    Token(&'b [u8]),
}

/// Names the seal only.
impl fmt::Debug for Seal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({:?}, {})", self.version, self.info.id)
    }
}

/// Names the seal only.
impl fmt::Debug for SealInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealInfo({})", self.id)
    }
}

impl fmt::Debug for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.format, self.data.len())
    }
}

/// Names the seal only.
impl fmt::Debug for SealSignature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealSignature({:?}, {})", self.version, self.seal.info.id)
    }
}

macro_rules! notes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A deviation from the standard that files in the field show and that does not change what was signed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Note { $($(#[$doc])* $name,)* }

        impl Note {
            /// Every note.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Stable machine code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

notes! {
    /// The signature is the 64 bytes `r ‖ s` and no SEQUENCE.
    RawSignature = "raw_signature",
    /// `critical FALSE` is written out although it is the default.
    DefaultWritten = "default_written",
    /// A list of extensions is written out although it is empty.
    EmptyExtensions = "empty_extensions",
    /// A boolean is neither 00 nor FF.
    OddBoolean = "odd_boolean",
    /// An extension that is marked critical and not known.
    UnknownCriticalExtension = "unknown_critical_extension",
    /// The identifier of an extension is no object identifier.
    OddExtensionId = "odd_extension_id",
    /// The picture is none of `PNG`, `GIF`, `JPG`, `BMP`, `SVG` in capitals.
    OddPictureType = "odd_picture_type",
    /// The seal is neither of type 1 nor 2.
    OddSealType = "odd_seal_type",
    /// The validity begins up to a day before the seal was made: a time zone was mistaken.
    ZoneDrift = "zone_drift",
    /// The validity begins more than a day before the seal was made, as that of a seal that was made anew can.
    ValidBeforeMade = "valid_before_made",
    /// A time is given with an offset.
    ZoneOffset = "zone_offset",
    /// A time has a fraction of a second, which is dropped.
    FractionOfSecond = "fraction_of_second",
    /// The number in the header is not that of the structure.
    OddVersionNumber = "odd_version_number",
    /// Extensions of version 4 or 5 stand under a tag in the seal, or without one in the signature.
    OddExtensionTag = "odd_extension_tag",
    /// An OCTET STRING stands where a BIT STRING should.
    OctetString = "octet_string",
    /// The maker's part of version 1 is wrapped in a BIT STRING.
    WrappedMaker = "wrapped_maker",
    /// The time of version 1 is bare text.
    TimeAsText = "time_as_text",
    /// Times of version 1 are GeneralizedTime, or those of later versions UTCTime.
    OddTimeType = "odd_time_type",
}

/// Why bytes are no seal, or no seal signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} at byte {offset}: {fault}")]
pub struct SealError {
    /// Name of the field in the standard.
    pub field: &'static str,
    /// Byte position of the element.
    pub offset: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// See [`SealError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// Longer than [`crate::limits::MAX_SEAL_BYTES`].
    #[error("is larger than is read")]
    TooLarge,
    /// More elements than the limit.
    #[error("has more elements than are read")]
    TooMany,
    /// The bytes end early.
    #[error("ends early")]
    Truncated,
    /// Bytes follow where none may.
    #[error("is followed by further bytes")]
    Trailing,
    /// An indefinite length, or one that is not in its shortest form.
    #[error("has a length that is not definite and shortest")]
    Length,
    /// Another type than required.
    #[error("is not of the required type")]
    Tag,
    /// Negative, beyond 2^31, or not in its shortest form.
    #[error("is not a small integer in its shortest form")]
    Integer,
    /// Characters that its type does not allow, or none.
    #[error("is not text of its type")]
    Text,
    /// A bit string that is not of whole bytes.
    #[error("is not a bit string of whole bytes")]
    BitString,
    /// No instant from 1970 to 9999.
    #[error("is not an instant")]
    Time,
    /// Another value than the standard allows.
    #[error("has a value that is not allowed")]
    Value,
    /// Neither of the structures that are known.
    #[error("is of an unknown version")]
    Version,
    /// One of the deviations that only [`Reader::Field`] accepts.
    #[error("deviates from the standard ({})", .0.code())]
    Deviates(Note),
}

/// How an elliptic-curve signature in a seal is written: as the standard says in DER, or as 64 bytes.
#[must_use]
pub fn encoding_of(signature: &[u8]) -> SignatureEncoding {
    let is_raw = signature.len() == 64 && !is_pair(signature);
    if is_raw { SignatureEncoding::Raw } else { SignatureEncoding::Der }
}

/// Whether the bytes are a SEQUENCE of two integers: an `r` that begins with its header alone is none.
fn is_pair(signature: &[u8]) -> bool {
    let field = "signature";
    let mut outer = crate::tlv::Cursor::new(signature);
    let Ok(pair) = outer.expect(crate::tlv::SEQUENCE, field) else {
        return false;
    };
    let mut parts = pair.inside();
    let both =
        parts.expect(crate::tlv::INTEGER, field).is_ok() && parts.expect(crate::tlv::INTEGER, field).is_ok();
    both && parts.is_empty() && outer.is_empty()
}
