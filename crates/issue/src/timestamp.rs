//! Timestamps: what to ask an authority for, whether its answer is one to the request, and where the token goes.
//!
//! Whether the token is to be believed is for `boyin-verify` to say.

use boyin_model::alg::{Digest32, VerifyAlg};
use boyin_model::json::Reader;
use boyin_model::seal::{SealError, SealSignature, SealWriteError, SignedBy, Version};
use boyin_model::timestamp::{Request, RequestError, Response, TimestampError, Token};
use der::asn1::ObjectIdentifier;

/// Bytes of a nonce: 128 random bits.
pub const NONCE_BYTES: usize = 16;

/// Why there is no timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampingError {
    /// No request can be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The policy is no object identifier.
    #[error("the policy is no object identifier")]
    Policy,
    /// The answer is none.
    #[error("the answer of the authority cannot be read: {0}")]
    Answer(#[from] TimestampError),
    /// The authority refused.
    #[error("the authority refused (status {status}, failure {failure:?}): {text}")]
    Refused {
        /// `PKIStatus`.
        status: u32,
        /// Number of the `PKIFailureInfo` bit.
        failure: Option<u32>,
        /// What it says.
        text: String,
    },
    /// The token is over something else than was sent.
    #[error("the token is not over what was sent")]
    OtherImprint,
    /// The token does not repeat the nonce.
    #[error("the token does not repeat the nonce: it may be an old one")]
    OtherNonce,
    /// The token is of another policy than was asked for.
    #[error("the token is of another policy than was asked for")]
    OtherPolicy,
    /// The token was to hold the authority's certificate.
    #[error("the token lacks the certificate of the authority")]
    NoCertificate,
    /// What is to take a token is no seal signature of version 4 or 5.
    #[error("this is no seal signature that can take a timestamp: {0}")]
    Signature(#[from] SealError),
    /// There is a timestamp already, or the version has no place for one.
    #[error("the seal signature has a timestamp already, or no place for one")]
    NoPlace,
    /// The seal signature cannot be written.
    #[error(transparent)]
    Write(#[from] SealWriteError),
}

/// A request whose bytes are fixed, with what its answer must repeat.
#[derive(Clone, Debug)]
pub struct PreparedTimestamp {
    request: Vec<u8>,
    algorithm: &'static str,
    digest: Digest32,
    nonce: [u8; NONCE_BYTES],
    policy: Option<ObjectIdentifier>,
}

/// Fixes a request for a token over a digest of the suite `alg`, with the authority's certificate in it.
///
/// # Errors
/// [`TimestampingError`].
pub fn prepare_timestamp(
    alg: &dyn VerifyAlg,
    digest: Digest32,
    policy: Option<&str>,
    nonce: [u8; NONCE_BYTES],
) -> Result<PreparedTimestamp, TimestampingError> {
    let policy = policy.map(ObjectIdentifier::new).transpose().map_err(|_| TimestampingError::Policy)?;
    let algorithm = alg.id().digest;
    let request = Request { algorithm, digest, policy, nonce: Some(&nonce), with_certificate: true };
    Ok(PreparedTimestamp { request: request.write()?, algorithm, digest, nonce, policy })
}

impl PreparedTimestamp {
    /// `TimeStampReq`, DER.
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Content of the nonce as tokens repeat it.
    #[must_use]
    pub fn nonce(&self) -> Vec<u8> {
        let digits = &self.nonce[self.nonce.iter().take_while(|byte| **byte == 0).count()..];
        match digits.first() {
            Some(first) if *first < 0x80 => digits.to_vec(),
            _ => [&[0], digits].concat(),
        }
    }

    /// The token in an answer to this request, as received.
    ///
    /// # Errors
    /// [`TimestampingError`] if the authority refused, or the answer is one to another request.
    pub fn complete(&self, response: &[u8]) -> Result<Vec<u8>, TimestampingError> {
        let response = Response::read(response, Reader::Field)?;
        let (status, failure) = (response.status, response.failure);
        let text = response.text.join("; ");
        let Some(granted) = response.granted() else {
            return Err(TimestampingError::Refused { status, failure, text });
        };
        self.matches(&granted.token)?;
        Ok(granted.token.bytes.to_vec())
    }

    fn matches(&self, token: &Token<'_>) -> Result<(), TimestampingError> {
        let imprint = &token.info.imprint;
        if imprint.algorithm.digest() != Some(self.algorithm) || imprint.digest != self.digest {
            return Err(TimestampingError::OtherImprint);
        }
        if token.info.nonce != Some(&self.nonce()) {
            return Err(TimestampingError::OtherNonce);
        }
        if self.policy.is_some_and(|policy| policy != token.info.policy) {
            return Err(TimestampingError::OtherPolicy);
        }
        if token.certificates.is_empty() {
            return Err(TimestampingError::NoCertificate);
        }
        Ok(())
    }
}

/// What of a seal signature is stamped: the digest of its signature value.
///
/// # Errors
/// [`TimestampingError`] if it is no seal signature of version 4 or 5, or has a timestamp already.
pub fn signature_digest(alg: &dyn VerifyAlg, signature: &[u8]) -> Result<Digest32, TimestampingError> {
    Ok(alg.digest(&[stampable(signature)?.signature]))
}

fn stampable(signature: &[u8]) -> Result<SealSignature<'_>, TimestampingError> {
    let read = SealSignature::read(signature, Reader::Field)?;
    if read.version == Version::V1 || read.timestamp.is_some() {
        return Err(TimestampingError::NoPlace);
    }
    Ok(read)
}

/// Puts a token over its signature value into a seal signature of version 4 or 5.
///
/// # Errors
/// [`TimestampingError`]; [`TimestampingError::OtherImprint`] if the token is over something else.
pub fn attach_timestamp(
    alg: &dyn VerifyAlg,
    signature: &[u8],
    token: &[u8],
) -> Result<Vec<u8>, TimestampingError> {
    let read = stampable(signature)?;
    let imprint = Token::read(token, Reader::Field)?.info.imprint;
    let of_alg = imprint.algorithm.digest() == Some(alg.id().digest);
    if !of_alg || imprint.digest != alg.digest(&[read.signature]) {
        return Err(TimestampingError::OtherImprint);
    }
    let by = SignedBy {
        certificate: read.signer,
        algorithm: read.algorithm.ok_or(TimestampingError::NoPlace)?,
        signature: read.signature,
        timestamp: Some(token),
    };
    Ok(SealSignature::write(read.signed, &by)?)
}
