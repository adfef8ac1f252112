//! Keys at a remote signer: the bytes go out, a signature comes back (`docs/remote-signing.md`).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use boyin_issue::{SigningKey, SigningKeyError};
use boyin_model::alg::{PublicKey, Randomness as _, SignError, Signer, VerifyAlg};
use boyin_model::b64;
use boyin_model::purpose::ToBeSigned;
use boyin_model::signing_request::{
    MAX_TO_BE_SIGNED_BYTES, REQUEST_ID_BYTES, SIGNING_REQUEST_FORMAT, SigningRequest,
};
use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;
use boyin_suite::{SystemRandom, all_jws};
use serde::{Deserialize, Serialize};

use crate::keyring_reference::RemotePlace;
use crate::signer::SignerRefusal;
use crate::transport::{Transport, TransportError};

/// Where requests go, after the address of the signer.
pub const SIGNATURES_PATH: &str = "/v1/signatures";
/// Media type of a request.
pub const SIGNING_REQUEST_TYPE: &str = "application/jose";
/// How long a signer may take from the beginning of a request to the last byte of the answer.
pub const SIGNING_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer.
pub const MAX_SIGNING_ANSWER_BYTES: usize = 64 << 10;

/// The way to remote signers: how they are reached, and what the time is.
#[derive(Clone)]
pub struct RemoteAccess {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl fmt::Debug for RemoteAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteAccess({:?}, ..)", self.transport)
    }
}

impl RemoteAccess {
    /// By this transport, which should not wait longer than [`SIGNING_TIMEOUT`]. Requests bear the time of this clock.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Fn() -> UnixTime + Send + Sync>) -> Self {
        Self { transport, clock }
    }
}

/// A signature, as a signer answers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) format: u32,
    pub(crate) signature: String,
}

/// A refusal, as a signer answers.
#[derive(Deserialize)]
struct Refused {
    code: String,
}

/// A key at a remote signer. Whoever uses it verifies what comes back: [`SigningKey`] does.
pub(crate) struct RemoteKey {
    access: RemoteAccess,
    url: String,
    signer: String,
    kid: String,
    alg: &'static dyn VerifyAlg,
    point: [u8; 65],
    client: SigningKey,
}

impl fmt::Debug for RemoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteKey({} at {}, ..)", self.kid, self.url)
    }
}

impl RemoteKey {
    /// The key `key` at the place, asked for by `client`; `None` if it is no key of a suite for JWS. Asks nobody yet.
    pub(crate) fn new(
        access: RemoteAccess,
        place: &RemotePlace,
        key: &Jwk,
        client: SigningKey,
    ) -> Option<Self> {
        let alg = all_jws().into_iter().find(|alg| alg.id().jws == Some(key.alg.as_str()))?;
        Some(Self {
            access,
            url: format!("{}{SIGNATURES_PATH}", place.url.trim_end_matches('/')),
            signer: place.signer.clone(),
            kid: key.kid.clone(),
            alg,
            point: key.point()?,
            client,
        })
    }

    fn request(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let read = ToBeSigned::read(message).ok_or(SignError::OtherPurpose)?;
        if message.len() > MAX_TO_BE_SIGNED_BYTES {
            return Err(SignError::TooLarge);
        }
        let mut id = [0; REQUEST_ID_BYTES];
        SystemRandom.fill(&mut id).map_err(|_| SignError::NoRandomness)?;
        let request = SigningRequest {
            aud: self.signer.clone(),
            format: SIGNING_REQUEST_FORMAT,
            iat: (self.access.clock)(),
            jti: b64::encode(&id),
            kid: self.kid.clone(),
            purpose: read.purpose,
            tbs: b64::encode(message),
        };
        self.client.sign_jws(&request.prepare(self.client.reference().jwk())).map_err(|error| match error {
            SigningKeyError::Signer(error) => error,
            SigningKeyError::SelfCheck | _ => SignError::WrongSignature,
        })
    }
}

impl Signer for RemoteKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.alg
    }

    fn public_key(&self) -> PublicKey<'_> {
        PublicKey(&self.point)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let request = self.request(message)?;
        let limit = MAX_SIGNING_ANSWER_BYTES;
        let answer = self.access.transport.exchange(&self.url, SIGNING_REQUEST_TYPE, &request, limit);
        let (status, body) = answer.map_err(no_answer)?;
        if status != 200 {
            return Err(refused(&body));
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| SignError::Unanswered)?;
        if answer.format != SIGNING_REQUEST_FORMAT {
            return Err(SignError::Unanswered);
        }
        b64::decode(answer.signature.as_bytes()).map_err(|_| SignError::Unanswered)
    }
}

/// Whether the request can have arrived.
fn no_answer(error: TransportError) -> SignError {
    match error {
        TransportError::Address | TransportError::Tls | TransportError::Redirected(_) => {
            SignError::Unavailable
        }
        TransportError::Unreachable
        | TransportError::TimedOut
        | TransportError::Status(_)
        | TransportError::TooLarge => SignError::Unanswered,
    }
}

fn refused(body: &[u8]) -> SignError {
    let code = serde_json::from_slice(body).ok().map(|Refused { code }| code);
    match code.as_deref().and_then(SignerRefusal::from_code) {
        Some(refusal) => refusal.into(),
        // A proxy in between, or a newer signer.
        None => SignError::RefusedRemotely { code: "unknown" },
    }
}
