//! Clients: the token endpoint, and whose access token a request came with.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use boyin::access::{ACCESS_TOKEN_SECONDS, AssertionRefusal, Caller, ClientScope, TokenAsk, TokenRefusal};
use serde::Deserialize;
use serde_json::json;

use crate::auth::bearer;
use crate::error::ApiError;
use crate::state::{AppState, blocking};
use crate::tls::Peer;

const GRANT_TYPE: &str = "client_credentials";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// RFC 6749 §4.4.2 and RFC 7523 §2.2. Parameters that are not known are passed over, as the former asks; none may come twice.
#[derive(Deserialize)]
pub(crate) struct TokenRequest {
    grant_type: Option<String>,
    client_assertion_type: Option<String>,
    client_assertion: Option<String>,
    client_id: Option<String>,
    scope: Option<String>,
}

/// An error as RFC 6749 §5.2 has it.
pub(crate) struct TokenError {
    status: StatusCode,
    error: &'static str,
    description: String,
    /// Seconds, for a client that has to wait.
    retry_after: Option<u64>,
}

impl TokenError {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into(), retry_after: None }
    }

    fn request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }
}

impl From<AssertionRefusal> for TokenError {
    fn from(refusal: AssertionRefusal) -> Self {
        let (status, error) = match refusal {
            AssertionRefusal::OtherScope => (StatusCode::BAD_REQUEST, "invalid_scope"),
            AssertionRefusal::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "slow_down"),
            AssertionRefusal::NotSigned | AssertionRefusal::ClientsUnreadable => {
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error")
            }
            AssertionRefusal::Malformed
            | AssertionRefusal::UnknownKey
            | AssertionRefusal::KeyOutOfTime
            | AssertionRefusal::OtherAlgorithm
            | AssertionRefusal::BadSignature
            | AssertionRefusal::OtherClient
            | AssertionRefusal::OtherAudience
            | AssertionRefusal::Expired
            | AssertionRefusal::LastsTooLong
            | AssertionRefusal::FromFuture
            | AssertionRefusal::BeforeStart
            | AssertionRefusal::Replayed
            | AssertionRefusal::OtherClientId
            | AssertionRefusal::CertificateMissing
            | AssertionRefusal::OtherCertificate
            | _ => (StatusCode::UNAUTHORIZED, "invalid_client"),
        };
        // Strangers do not find out which clients and keys there are.
        let told = refusal.after_signature() || status.is_server_error();
        let description = if told { refusal.to_string() } else { "no such client".to_owned() };
        let retry_after = if let AssertionRefusal::TooMany(seconds) = refusal { Some(seconds) } else { None };
        Self { retry_after, ..Self::new(status, error, description) }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// `POST /v1/token`: an access token for a signed assertion.
pub(crate) async fn token(
    State(state): State<AppState>,
    peer: Peer,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Response, Response> {
    let gate = state.gate.clone().ok_or_else(|| ApiError::NotFound.into_response())?;
    let Form(request) = form.map_err(|rejection| form_error(&rejection))?;
    let assertion = read(&request).map_err(IntoResponse::into_response)?.to_owned();
    let now = state.now();
    // Reading clients and verifying block.
    let limits = Arc::clone(&state.limits);
    let given = blocking(move || {
        let ask = TokenAsk {
            assertion: assertion.as_bytes(),
            client_id: request.client_id.as_deref(),
            scope: request.scope.as_deref(),
            certificate: peer.0,
        };
        gate.token_within(&ask, now, |client: &str| limits.assertion(client, now))
    });
    let granted = given.await.map_err(|refusal| {
        state.metrics.token(refusal.code());
        tracing::warn!(code = refusal.code(), "no token given");
        TokenError::from(refusal).into_response()
    })?;
    state.metrics.token("given");
    tracing::info!(client = granted.client, "token given");
    let scopes: Vec<_> = granted.scopes.iter().map(|scope| scope.code()).collect();
    Ok(Json(json!({
        "access_token": granted.token,
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "scope": scopes.join(" "),
    }))
    .into_response())
}

fn form_error(rejection: &FormRejection) -> Response {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge.into_response(),
        // What stands there is not repeated: it may hold an assertion.
        _ => TokenError::request(
            "the body is no application/x-www-form-urlencoded form, or has a parameter twice",
        )
        .into_response(),
    }
}

fn read(request: &TokenRequest) -> Result<&str, TokenError> {
    match request.grant_type.as_deref() {
        Some(GRANT_TYPE) => {}
        Some(_) => {
            let only = format!("grant_type: {GRANT_TYPE} only");
            return Err(TokenError::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", only));
        }
        None => return Err(TokenError::request("grant_type is missing")),
    }
    if request.client_assertion_type.as_deref() != Some(ASSERTION_TYPE) {
        return Err(TokenError::request(format!("client_assertion_type: {ASSERTION_TYPE}")));
    }
    let assertion = request.client_assertion.as_deref().filter(|assertion| !assertion.is_empty());
    assertion.ok_or_else(|| TokenError::request("client_assertion is missing"))
}

impl AppState {
    /// Whose access token this is, if it is good over this connection.
    pub(crate) async fn caller(&self, token: &str, peer: Peer) -> Option<Caller> {
        let known = self.known(token, peer).await?;
        known.inspect_err(|refusal| tracing::debug!(code = refusal.code(), "token not taken")).ok()
    }

    /// Whether this is the access token of a client, over whatever connection it came: nothing is given for that.
    pub(crate) async fn is_of_client(&self, token: &str) -> bool {
        let known = self.known(token, Peer::default()).await;
        known.is_some_and(|known| {
            matches!(known, Ok(_) | Err(TokenRefusal::CertificateMissing | TokenRefusal::OtherCertificate))
        })
    }

    async fn known(&self, token: &str, peer: Peer) -> Option<Result<Caller, TokenRefusal>> {
        let (gate, token, now) = (Arc::clone(self.gate.as_ref()?), token.to_owned(), self.now());
        Some(blocking(move || gate.caller(&token, peer.0, now)).await)
    }

    /// The client of a request, if its token is good for `scope` and it has not asked too much.
    pub(crate) async fn client(
        &self,
        headers: &HeaderMap,
        peer: Peer,
        scope: ClientScope,
    ) -> Result<Caller, ApiError> {
        let token = bearer(headers)?;
        let Some(caller) = self.caller(token, peer).await else {
            let clerk = self.tokens.find(token).is_some();
            return Err(if clerk { ApiError::Forbidden } else { ApiError::Unauthorized });
        };
        self.admit(caller, scope)
    }

    /// The same caller, if it may ask this and has not asked too much.
    pub(crate) fn admit(&self, caller: Caller, scope: ClientScope) -> Result<Caller, ApiError> {
        self.limits.request(&caller.client.id, self.now())?;
        if caller.scopes.contains(&scope) { Ok(caller) } else { Err(ApiError::Forbidden) }
    }
}
