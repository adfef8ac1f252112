//! What a client asks a remote signer (`docs/remote-signing.md`): a JWS by the client's key around the bytes to be signed.

use serde::{Deserialize, Serialize};

use crate::b64;
use crate::json::{self, Reader};
use crate::jws::{Header, JwsError, Received, ReceivedClaims, Unsigned};
use crate::purpose::KeyPurpose;
use crate::time::UnixTime;
use crate::trust::Jwk;

/// `typ` of a request.
pub const TYP_SIGNING_REQUEST: &str = "signing-request+jwt";
/// The `format` that this crate reads and writes.
pub const SIGNING_REQUEST_FORMAT: u32 = 1;
/// Bytes that can be signed remotely: the largest status list, 2²⁰ entries of eight bits that do not compress, has 1.9 MiB.
pub const MAX_TO_BE_SIGNED_BYTES: usize = 2 << 20;
/// Bytes of a request: those to be signed, twice in base64url, and the other members.
pub const MAX_SIGNING_REQUEST_BYTES: usize = 3_800_000;
/// Random bytes of a request ID, and of the ID of a signer.
pub const REQUEST_ID_BYTES: usize = 16;

/// The claims of a request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningRequest {
    /// ID of the signer.
    pub aud: String,
    /// [`SIGNING_REQUEST_FORMAT`].
    pub format: u32,
    /// When it was made.
    pub iat: UnixTime,
    /// Its ID: [`REQUEST_ID_BYTES`] random bytes, base64url.
    pub jti: String,
    /// The key that is to sign.
    pub kid: String,
    /// The kind of the bytes.
    pub purpose: KeyPurpose,
    /// The bytes to be signed, base64url.
    pub tbs: String,
}

/// Shows the key and the kind only.
impl std::fmt::Debug for SigningRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningRequest({} by {}, ..)", self.purpose.code(), self.kid)
    }
}

impl SigningRequest {
    /// Fixes the bytes that the client signs.
    #[must_use]
    pub fn prepare(&self, client: &Jwk) -> Unsigned {
        let header = Header {
            alg: client.alg.as_str().into(),
            kid: client.kid.as_str().into(),
            typ: TYP_SIGNING_REQUEST.into(),
        };
        Unsigned::new(&header, &json::canonical(self))
    }

    /// The bytes to be signed.
    ///
    /// # Errors
    /// [`JwsError::Claim`] if they are not base64url, [`JwsError::TooLarge`] beyond [`MAX_TO_BE_SIGNED_BYTES`].
    pub fn to_be_signed(&self) -> Result<Vec<u8>, JwsError> {
        if self.tbs.len() > (MAX_TO_BE_SIGNED_BYTES * 4).div_ceil(3) {
            return Err(JwsError::TooLarge { limit: MAX_TO_BE_SIGNED_BYTES });
        }
        b64::decode(self.tbs.as_bytes()).map_err(|_| JwsError::Claim("tbs"))
    }
}

/// A request as it came in; `kid` of its header is the client's key.
pub type ReceivedRequest<'b> = Received<'b, SigningRequest>;

impl ReceivedClaims for SigningRequest {
    const MAX_BYTES: usize = MAX_SIGNING_REQUEST_BYTES;
    const TYPS: &'static [&'static str] = &[TYP_SIGNING_REQUEST];
    const READER: Reader = Reader::Ours;

    /// Members that are not known are refused; another `format` is left to the caller.
    fn read(payload: &[u8]) -> Result<Self, JwsError> {
        json::parse(payload, Self::READER).map_err(JwsError::Payload)?;
        let request: Self = serde_json::from_slice(payload).map_err(|_| JwsError::Claim("tbs"))?;
        if b64::decode_exact::<REQUEST_ID_BYTES>(request.jti.as_bytes()).is_err() {
            return Err(JwsError::Claim("jti"));
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests;
