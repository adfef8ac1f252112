//! A signer over HTTP (`docs/remote-signing.md`). Thin: every check is in [`SignerService`].

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use boyin::SIGNATURES_PATH;
use boyin::model::signing_request::{MAX_SIGNING_REQUEST_BYTES, SIGNING_REQUEST_FORMAT};
use boyin::signer::{SignerRefusal, SignerService};
use serde_json::json;
use tokio::net::TcpListener;

use crate::error::ApiError;
use crate::router::{guarded, headed, traced};
use crate::routes::{Call, get, listed, post, routed};
use crate::server::{serve_router, unix_now};
use crate::state::Clock;

/// What the calls of a signer share.
#[derive(Clone)]
pub struct SignerState {
    service: Arc<SignerService>,
    clock: Clock,
}

impl std::fmt::Debug for SignerState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignerState(..)")
    }
}

impl SignerState {
    /// The state of a signer that reads the system's clock.
    #[must_use]
    pub fn new(service: Arc<SignerService>) -> Self {
        Self { service, clock: Arc::new(unix_now) }
    }

    /// The same state under another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }
}

/// All calls of a signer.
fn table() -> Vec<Call<SignerState>> {
    vec![post(SIGNATURES_PATH, sign), get("/v1/health", health)]
}

/// Each call of a signer by method and path: for tests that leave none out.
#[doc(hidden)]
#[must_use]
pub fn signer_calls() -> BTreeSet<(&'static str, String)> {
    listed(&table())
}

/// A signer.
pub fn signer_router(state: SignerState) -> Router {
    traced(headed(guarded(routed(table()), MAX_SIGNING_REQUEST_BYTES))).with_state(state)
}

/// Serves a signer until `shutdown` is done; then takes no new connection and finishes the requests that it has.
///
/// # Errors
/// What the operating system says of the listener.
pub async fn serve_signer(
    state: SignerState,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve_router(signer_router(state), listener, shutdown).await
}

/// `POST /v1/signatures`.
async fn sign(
    State(state): State<SignerState>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => SignerRefusal::TooLarge,
        _ => SignerRefusal::Malformed,
    })?;
    let (service, now) = (Arc::clone(&state.service), (state.clock)());
    // Reading, counting and signing block. A request that was begun is finished, whoever still listens.
    let done = tokio::task::spawn_blocking(move || service.answer(&body, now)).await;
    let answer = done.unwrap_or(Err(SignerRefusal::KeyFailed))?;
    tracing::info!("signed");
    Ok(([(header::CONTENT_TYPE, "application/json")], answer).into_response())
}

/// `GET /v1/health`.
async fn health() -> Response {
    Json(json!({ "format": SIGNING_REQUEST_FORMAT })).into_response()
}

struct Refused(SignerRefusal);

impl From<SignerRefusal> for Refused {
    fn from(refusal: SignerRefusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(refusal) = self;
        tracing::warn!(code = refusal.code(), "refused");
        let Some(status) = status(refusal) else { return ApiError::Internal.into_response() };
        let body = json!({ "code": refusal.code(), "message": refusal.to_string() });
        (status, Json(body)).into_response()
    }
}

/// `None` for a refusal that this release does not know.
fn status(refusal: SignerRefusal) -> Option<StatusCode> {
    Some(match refusal {
        SignerRefusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        SignerRefusal::Malformed | SignerRefusal::OtherFormat => StatusCode::BAD_REQUEST,
        SignerRefusal::UnknownClient | SignerRefusal::BadSignature | SignerRefusal::Stale => {
            StatusCode::UNAUTHORIZED
        }
        SignerRefusal::OtherSigner
        | SignerRefusal::KeyNotAllowed
        | SignerRefusal::PurposeNotAllowed
        | SignerRefusal::ClientUsedUp
        | SignerRefusal::OtherPurpose
        | SignerRefusal::OutOfTime
        | SignerRefusal::UsedUp => StatusCode::FORBIDDEN,
        SignerRefusal::Replayed => StatusCode::CONFLICT,
        SignerRefusal::KeyRetired => StatusCode::GONE,
        SignerRefusal::UnknownDocument
        | SignerRefusal::PurposeDiffers
        | SignerRefusal::NamesOtherKey
        | SignerRefusal::DatedElsewhere => StatusCode::UNPROCESSABLE_ENTITY,
        SignerRefusal::ClockBehind | SignerRefusal::Busy | SignerRefusal::KeyUnavailable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        SignerRefusal::KeyFailed => StatusCode::BAD_GATEWAY,
        SignerRefusal::NotCounted | SignerRefusal::NotJournaled | SignerRefusal::ClientsUnreadable => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_the_status_of_the_specification() {
        let text = include_str!("../../docs/remote-signing.md");
        for refusal in SignerRefusal::ALL {
            let code = format!("`{}`", refusal.code());
            let row = text.lines().find(|line| line.starts_with('|') && line.contains(&code)).unwrap();
            assert!(row.contains(&format!("| {} |", status(refusal).unwrap().as_u16())), "{row}");
        }
    }
}
