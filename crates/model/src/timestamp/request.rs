//! `TimeStampReq`.

use der::asn1::{AnyRef, Null, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Encode as _, Sequence};

use super::info::imprint;
use super::read::document;
use super::reading::{At as _, Reading, integer, oid};
use super::{Fault, TimestampError, digest_oid};
use crate::alg::Digest32;
use crate::json::Reader;
use crate::tlv::{INTEGER, OID};

/// What an authority is asked for: a token over a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'d> {
    /// The digest algorithm, by its name in this project: `sm3` or `sha-256`.
    pub algorithm: &'static str,
    /// The digest.
    pub digest: Digest32,
    /// The policy to stamp under; the authority's choice if `None`.
    pub policy: Option<ObjectIdentifier>,
    /// A random number, big-endian, that the token must repeat: the answer is then not an old one.
    pub nonce: Option<&'d [u8]>,
    /// Whether the token is to hold the authority's certificate. Without it nobody else can verify the token.
    pub with_certificate: bool,
}

/// Why there is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The digest algorithm is not one for timestamps.
    #[error("timestamps are made over SM3 and SHA-256 only")]
    Algorithm,
    /// A value has no DER form.
    #[error("a value has no DER form: {0}")]
    Value(#[from] der::Error),
}

#[derive(Sequence)]
struct RequestDer<'d> {
    version: u8,
    imprint: ImprintDer<'d>,
    #[asn1(optional = "true")]
    policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    nonce: Option<UintRef<'d>>,
    #[asn1(default = "Default::default")]
    with_certificate: bool,
}

#[derive(Sequence)]
struct ImprintDer<'d> {
    algorithm: AlgorithmDer<'d>,
    digest: &'d OctetStringRef,
}

#[derive(Sequence)]
struct AlgorithmDer<'d> {
    id: ObjectIdentifier,
    #[asn1(optional = "true")]
    parameters: Option<AnyRef<'d>>,
}

impl Request<'_> {
    /// `TimeStampReq`, DER.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn write(&self) -> Result<Vec<u8>, RequestError> {
        let id = digest_oid(self.algorithm).ok_or(RequestError::Algorithm)?;
        let request = RequestDer {
            version: 1,
            imprint: ImprintDer {
                // NULL is what authorities expect; RFC 5754 §2 lets both stand.
                algorithm: AlgorithmDer { id, parameters: Some(Null.into()) },
                digest: OctetStringRef::new(&self.digest)?,
            },
            policy: self.policy,
            nonce: self.nonce.map(UintRef::new).transpose()?,
            with_certificate: self.with_certificate,
        };
        Ok(request.to_der()?)
    }
}

/// A request, read: what an authority, or a test that plays one, needs of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedRequest<'b> {
    /// What is to be stamped.
    pub imprint: super::Imprint<'b>,
    /// The policy to stamp under.
    pub policy: Option<ObjectIdentifier>,
    /// Content of the nonce.
    pub nonce: Option<&'b [u8]>,
    /// Whether the token is to hold the certificate.
    pub with_certificate: bool,
}

impl<'b> ReceivedRequest<'b> {
    /// Reads `TimeStampReq`, which must fill `bytes`. Requests with extensions are refused.
    ///
    /// # Errors
    /// [`TimestampError`].
    pub fn read(bytes: &'b [u8]) -> Result<Self, TimestampError> {
        let whole = document(bytes, "TimeStampReq")?;
        let mut parts = whole.inside();
        let version = parts.expect(INTEGER, "TimeStampReq.version")?;
        if version.integer("TimeStampReq.version")? != 1 {
            return Err(version.fault("TimeStampReq.version", Fault::Value));
        }
        let imprint = imprint(&mut parts)?;
        let policy = match parts.peek() {
            Some(OID) => Some(oid(&mut parts, "reqPolicy")?),
            _ => None,
        };
        let nonce = parts.maybe(INTEGER, "nonce")?.map(|element| integer(&element, "nonce")).transpose()?;
        let with_certificate = Reading::new(Reader::Ours).flag(&mut parts, "certReq")?;
        parts.end("TimeStampReq")?;
        Ok(Self { imprint, policy, nonce, with_certificate })
    }
}
