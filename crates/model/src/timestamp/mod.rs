//! Timestamp tokens (时间戳): RFC 3161 and RFC 5816, and their form in China (GB/T 20520, GM/T 0033), which differs in the
//! algorithms (SM2, SM3) and may wrap them in the SignedData of GB/T 35275.
//!
//! ```text
//! TimeStampResp  ::= SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }
//! ContentInfo    ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT SignedData }
//! SignedData     ::= SEQUENCE { version INTEGER, digestAlgorithms SET, encapContentInfo SEQUENCE {
//!                        id-ct-TSTInfo, [0] EXPLICIT OCTET STRING -- TSTInfo -- },
//!                        certificates [0] IMPLICIT SET OPTIONAL, crls [1] OPTIONAL, signerInfos SET SIZE (1) }
//! TSTInfo        ::= SEQUENCE { version INTEGER (1), policy OBJECT IDENTIFIER, messageImprint MessageImprint,
//!                        serialNumber INTEGER, genTime GeneralizedTime, accuracy Accuracy OPTIONAL,
//!                        ordering BOOLEAN DEFAULT FALSE, nonce INTEGER OPTIONAL, tsa [0] EXPLICIT GeneralName OPTIONAL,
//!                        extensions [1] IMPLICIT Extensions OPTIONAL }
//! ```
//! A reader borrows from the bytes it is given. What the authority signed is the signed attributes under the tag of a SET
//! (RFC 5652 §5.4), the rest of their bytes as received. Nothing here checks a signature.
//!
//! [`Reader::Ours`] takes DER as the standards say. [`Reader::Field`] also takes the deviations that authorities show, and
//! lists them as [`Note`]s.

mod attributes;
pub mod batch;
mod info;
pub(crate) mod read;
pub(crate) mod reading;
mod request;
mod response;

use std::fmt;

use der::asn1::ObjectIdentifier;

use crate::time::UnixTime;
pub use request::{ReceivedRequest, Request, RequestError};
pub use response::{Granted, Response};

#[cfg(doc)]
use crate::json::Reader;

/// `signedData` of CMS (RFC 5652).
pub const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// `signedData` of GB/T 35275 (GM/T 0010).
pub const SIGNED_DATA_GM: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.6.1.4.2.2");
/// `id-ct-TSTInfo` (RFC 3161 §2.4.2).
pub const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// SM3 (GB/T 33560).
pub const SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401");
/// SHA-256 (RFC 5754).
pub const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// The object identifier of a digest, by its name in this project: `sm3` or `sha-256`.
#[must_use]
pub fn digest_oid(name: &str) -> Option<ObjectIdentifier> {
    match name {
        "sm3" => Some(SM3),
        "sha-256" => Some(SHA256),
        _ => None,
    }
}

/// Which SignedData wraps a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// RFC 5652.
    Cms,
    /// GB/T 35275 (GM/T 0010).
    Gm,
}

/// A timestamp token, read but not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Token<'b> {
    /// The whole token.
    pub bytes: &'b [u8],
    /// Which SignedData it is.
    pub syntax: Syntax,
    /// What the authority says.
    pub info: TstInfo<'b>,
    /// The bytes of `info`, whose digest the authority signed.
    pub content: &'b [u8],
    /// Certificates that came with it, DER.
    pub certificates: Vec<&'b [u8]>,
    /// Who signed, and how.
    pub signer: SignerInfo<'b>,
    /// Deviations that [`Reader::Field`] accepted.
    pub notes: Vec<Note>,
}

/// `TSTInfo`.
#[derive(Clone, PartialEq, Eq)]
pub struct TstInfo<'b> {
    /// Under which policy the authority stamped.
    pub policy: ObjectIdentifier,
    /// What was stamped.
    pub imprint: Imprint<'b>,
    /// Content of the serial number.
    pub serial: &'b [u8],
    /// When.
    pub time: GenTime,
    /// How far off that may be at most; `None` if the authority does not say.
    pub accuracy: Option<Accuracy>,
    /// Whether all tokens of the authority can be ordered by their times.
    pub ordering: bool,
    /// Content of the nonce.
    pub nonce: Option<&'b [u8]>,
    /// Name of the authority (a GeneralName). A hint; the certificate says who it is.
    pub authority: Option<&'b [u8]>,
}

/// `MessageImprint`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Imprint<'b> {
    /// The digest algorithm.
    pub algorithm: Algorithm,
    /// The digest.
    pub digest: &'b [u8],
}

/// `AlgorithmIdentifier`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// Which one.
    pub id: ObjectIdentifier,
    /// It has no parameters, or NULL. Every algorithm that is accepted here is so.
    pub plain: bool,
}

impl Algorithm {
    /// The digest's name in this project: `sm3` or `sha-256`. `None` for every other, among them SHA-1.
    #[must_use]
    pub fn digest(&self) -> Option<&'static str> {
        let known = ["sm3", "sha-256"].into_iter().find(|name| digest_oid(name) == Some(self.id));
        known.filter(|_| self.plain)
    }
}

/// `genTime`: whole seconds and a fraction, of which nanoseconds are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GenTime {
    /// Whole seconds.
    pub at: UnixTime,
    /// 0 to 999 999 999.
    pub nanos: u32,
}

/// `Accuracy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accuracy {
    /// Seconds.
    pub seconds: u32,
    /// Microseconds, 0 to 999 999.
    pub micros: u32,
}

impl Accuracy {
    /// Whole seconds, rounded up.
    #[must_use]
    pub fn ceiling_seconds(self) -> u64 {
        u64::from(self.seconds) + u64::from(self.micros > 0)
    }
}

/// `SignerInfo`.
#[derive(Clone, PartialEq, Eq)]
pub struct SignerInfo<'b> {
    /// Whose signature it is.
    pub id: SignerId<'b>,
    /// Digest algorithm of the content.
    pub digest: Algorithm,
    /// Signature algorithm; of the key alone in some tokens.
    pub algorithm: Algorithm,
    /// What is signed.
    pub attributes: SignedAttributes<'b>,
    /// The signature.
    pub signature: &'b [u8],
}

/// Signature algorithms named by the kind of key alone, as SignerInfo may (RFC 3370 §3.2; GB/T 35275 with SM2), beside
/// which digest, and what they are with it.
const BY_KEY: [(ObjectIdentifier, &str, ObjectIdentifier); 3] = {
    const SM2_WITH_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");
    [
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1"),
            "sha-256",
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
        ),
        (ObjectIdentifier::new_unwrap("1.2.156.10197.1.301.1"), "sm3", SM2_WITH_SM3),
        (ObjectIdentifier::new_unwrap("1.2.156.10197.1.301"), "sm3", SM2_WITH_SM3),
    ]
};

impl SignerInfo<'_> {
    /// The signature algorithm together with its digest; `None` if it has parameters.
    #[must_use]
    pub fn whole_algorithm(&self) -> Option<ObjectIdentifier> {
        whole_algorithm(&self.digest, &self.algorithm)
    }
}

pub(crate) fn whole_algorithm(digest: &Algorithm, algorithm: &Algorithm) -> Option<ObjectIdentifier> {
    let name = digest.digest();
    let of_key = |(key, of, _): &&(ObjectIdentifier, &str, _)| *key == algorithm.id && name == Some(*of);
    let whole = BY_KEY.iter().find(of_key).map_or(algorithm.id, |(_, _, whole)| *whole);
    algorithm.plain.then_some(whole)
}

/// Which certificate is the signer's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SignerId<'b> {
    /// By its issuer (a Name, DER) and serial number (content).
    Issued {
        /// Name of the issuer, DER.
        issuer: &'b [u8],
        /// Content of the serial number.
        serial: &'b [u8],
    },
    /// By its subject key identifier.
    Key(&'b [u8]),
}

/// The signed attributes.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedAttributes<'b> {
    /// What the signature is over: their original bytes under the tag of a SET.
    pub signed: Vec<u8>,
    /// `content-type`.
    pub content_type: Option<ObjectIdentifier>,
    /// `message-digest`.
    pub message_digest: Option<&'b [u8]>,
    /// `signing-time`, as the signer says; `None` too where it is no instant.
    pub signing_time: Option<UnixTime>,
    /// First certificate of `signing-certificate-v2` (RFC 5035).
    pub certificate: Option<CertificateId<'b>>,
    /// There is a `signing-certificate` (RFC 2634), whose digest is SHA-1.
    pub has_sha1_certificate: bool,
}

/// `ESSCertIDv2`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CertificateId<'b> {
    /// Digest algorithm; SHA-256 where it is not written.
    pub algorithm: Algorithm,
    /// Digest of the certificate.
    pub digest: &'b [u8],
    /// Issuer (GeneralNames, DER) and serial number (content), if they are there.
    pub issued: Option<(&'b [u8], &'b [u8])>,
}

macro_rules! opaque {
    ($($name:ident),*) => {$(
        /// Names the type only.
        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

opaque!(Token, TstInfo, Imprint, SignerInfo, SignerId, SignedAttributes, CertificateId);

macro_rules! notes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A deviation from the standards that does not change what the authority signed.
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
    /// The signed attributes are not in the order of DER; the signature is taken over the order that came.
    UnorderedAttributes = "unordered_attributes",
    /// The number of SignedData or of SignerInfo is not the one that its content asks for.
    OddNumber = "odd_number",
    /// The list of digest algorithms lacks that of the signer.
    DigestNotListed = "digest_not_listed",
    /// Among the certificates is something else.
    OddCertificate = "odd_certificate",
    /// Revocation lists came with it. They are not used.
    ListsWithin = "lists_within",
    /// There are attributes that are not signed. They are not used.
    UnsignedAttributes = "unsigned_attributes",
    /// The time has an offset.
    ZoneOffset = "zone_offset",
    /// The fraction of a second ends with zeros.
    LongFraction = "long_fraction",
    /// A default value is written out.
    DefaultWritten = "default_written",
    /// A boolean is neither 00 nor FF.
    OddBoolean = "odd_boolean",
    /// An extension that is not known and not critical.
    UnknownExtension = "unknown_extension",
}

/// Why bytes are no timestamp token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} at byte {offset}: {fault}")]
pub struct TimestampError {
    /// Name of the field in the standards.
    pub field: &'static str,
    /// Byte position of the element.
    pub offset: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// See [`TimestampError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// Beyond a limit of [`crate::limits`].
    #[error("is larger than is read")]
    TooLarge,
    /// More elements than the limit.
    #[error("has more elements than are read")]
    TooMany,
    /// Not the structure of the standards in DER: ends early, is followed by bytes, has a length, type or number that
    /// it may not have.
    #[error("is not as the standard writes it")]
    Structure,
    /// No instant from 1970 to 9999 in its form.
    #[error("is not an instant")]
    Time,
    /// Another value than the standards allow.
    #[error("has a value that is not allowed")]
    Value,
    /// It occurs twice, or not at all where it must.
    #[error("does not occur exactly once")]
    Count,
    /// One of the deviations that only [`Reader::Field`] accepts.
    #[error("deviates from the standard ({})", .0.code())]
    Deviates(Note),
}
