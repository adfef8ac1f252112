use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use boyin::archive::Cursor;
use boyin::model::id::{HolderCode, HolderCodeType, LicenseId};
use boyin::model::seal::detect;
use boyin::verify::seal::Document;
use boyin::{Checked, Scope};

use crate::auth::{authorize, reader};
use crate::error::ApiError;
use crate::state::AppState;
use crate::views::{HealthView, HolderRequest, HolderView, LicenseQuery, LicenseView};

/// Licenses in one answer, unless the request says otherwise.
const DEFAULT_LIMIT: usize = 20;

fn typed(content_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, content_type)], body.into()).into_response()
}

fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, ApiError> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
        _ => ApiError::BadRequest("the body could not be read".to_owned()),
    })
}

/// `POST /v1/verify`: a license, a seal or a seal signature in the body, the canonical report in the answer. Public.
///
/// The digest of the document that a seal signature is over goes into the query: `document_digest=<64 hexadecimal digits>`.
pub(crate) async fn verify(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let mut body = whole(body)?;
    let document = document(query.as_deref())?;
    if detect(&body).is_none() {
        // A pasted license ends in a line break more often than not; a license never does.
        let trimmed = body.trim_ascii_end().len();
        body = body.slice(..trimmed);
    }
    let checked = state.run(move |lookup, now| lookup.verify_any(&body, document, now)).await;
    let (verdict, reason) = match &checked {
        Checked::License(report) => {
            (report.verdict().code(), report.verdict().reason().map(|reason| reason.code()))
        }
        Checked::Seal(report) => {
            (report.verdict().code(), report.verdict().reason().map(|reason| reason.code()))
        }
    };
    tracing::info!(verdict, reason, "verified");
    Ok(typed("application/json", checked.to_json()))
}

/// The digest in the query, if there is a query.
fn document(query: Option<&str>) -> Result<Document<'static>, ApiError> {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return Ok(Document::NotGiven);
    };
    let wrong = || ApiError::BadRequest("the query is document_digest=<64 hexadecimal digits>".to_owned());
    let digits =
        query.strip_prefix("document_digest=").filter(|digits| digits.len() == 64).ok_or_else(wrong)?;
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|c| c.is_ascii_hexdigit()));
        *byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(wrong)?;
    }
    Ok(Document::Digest(digest))
}

/// `GET /v1/licenses/{id}?purpose=…`: one license, verified now.
pub(crate) async fn license(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<String>,
    query: Result<Query<LicenseQuery>, QueryRejection>,
) -> Result<Json<LicenseView>, ApiError> {
    let grant = authorize(&state, &headers, Scope::LicenseRead)?;
    let Query(LicenseQuery { purpose }) =
        query.map_err(|_| ApiError::BadRequest("the query is purpose=<what for>".to_owned()))?;
    let reader = reader(&grant, &purpose)?;
    let id = LicenseId::parse(&id).map_err(|error| ApiError::BadRequest(error.to_string()))?;
    tracing::info!(reader = grant.name, license = id.as_str(), "license read");
    let found = state.run(move |lookup, now| lookup.license(&id, &reader, now)).await?;
    found.map(|found| Json(found.into())).ok_or(ApiError::NotFound)
}

/// `POST /v1/holders/licenses`: one holder's file. The number is in the body, because URLs are logged.
pub(crate) async fn holder(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<HolderView>, ApiError> {
    let grant = authorize(&state, &headers, Scope::HolderRead)?;
    let request: HolderRequest = serde_json::from_slice(&whole(body)?).map_err(|error| {
        // The position, not the text: the text may hold the number.
        ApiError::BadRequest(format!("the body is not the JSON of this call (column {})", error.column()))
    })?;
    let reader = reader(&grant, &request.purpose)?;
    let code_type = HolderCodeType::from_code(&request.holder_code_type)
        .ok_or_else(|| ApiError::BadRequest("holder_code_type: not one of GB/T 36903".to_owned()))?;
    let holder = HolderCode::new(code_type, &request.holder_code)
        .map_err(|error| ApiError::BadRequest(format!("holder_code: {error}")))?;
    tracing::info!(reader = grant.name, purpose = request.purpose.trim(), "holder's file read");
    let cursor = request.cursor.map(Cursor::new);
    let limit = request.limit.unwrap_or(DEFAULT_LIMIT);
    let page =
        state.run(move |lookup, now| lookup.holder(&holder, &reader, cursor.as_ref(), limit, now)).await?;
    Ok(Json(page.into()))
}

/// `GET /v1/trust-list`: the signed trust list. Public.
pub(crate) async fn trust_list(State(state): State<AppState>) -> Response {
    typed("application/trust-list+jwt", state.lookup.trust_list())
}

/// `GET /v1/status-lists/{id}`: a signed status list. Public.
pub(crate) async fn status_list(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let token = state.run(move |lookup, _| lookup.status_list(&id)).await?;
    Ok(typed("application/statuslist+jwt", token.ok_or(ApiError::NotFound)?))
}

/// `GET /v1/health`: 200 if verdicts given now can be relied on, else 503. Public.
pub(crate) async fn health(State(state): State<AppState>) -> Response {
    let shared = state.clone();
    let health = state.run(move |lookup, now| shared.health(lookup, now)).await;
    let status = if health.ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(HealthView::from(health))).into_response()
}

/// `GET /openapi.json`. Public.
pub(crate) async fn openapi() -> Response {
    typed("application/json", crate::OPENAPI)
}

/// `GET /`: the page of the clerk.
pub(crate) async fn page() -> Response {
    typed("text/html; charset=utf-8", include_str!("../web/index.html"))
}

/// `GET /app.js`.
pub(crate) async fn script() -> Response {
    typed("text/javascript; charset=utf-8", include_str!("../web/app.js"))
}

/// `GET /app.css`.
pub(crate) async fn style() -> Response {
    typed("text/css; charset=utf-8", include_str!("../web/app.css"))
}

/// Everything else.
pub(crate) async fn nothing() -> ApiError {
    ApiError::NotFound
}

/// A known path with another method.
pub(crate) async fn other_method() -> ApiError {
    ApiError::MethodNotAllowed
}
