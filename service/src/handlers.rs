use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query as Typed, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use boyin::archive::{ArchiveError, Cursor, Event, MAX_PAGE};
use boyin::collect::CollectedPage;
use boyin::model::seal::detect;
use boyin::verify::Policy;
use boyin::verify::seal::Document;
use boyin::{Checked, CheckedDocument, DocumentCause, HolderPage, LookupError, Scope, TokenGrant, answers};
use serde_json::{Value, json};

use crate::auth::{authorize, looked_for, reader};
use crate::error::ApiError;
use crate::query::{DOCUMENT_DIGEST, POLICY, Query, policy_of};
use crate::shared::{read, read_holder, read_id};
use crate::state::AppState;
use crate::uploads::{OfdUpload, Upload};
use crate::views::{HealthView, HolderLogRequest, HolderRequest, HolderView, LicenseQuery, LicenseView};

/// Licenses in one answer, unless the request says otherwise.
const DEFAULT_LIMIT: usize = 20;

pub(crate) fn typed(content_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, content_type)], body.into()).into_response()
}

pub(crate) fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, ApiError> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
        _ => ApiError::BadRequest("the body could not be read".to_owned()),
    })
}

/// A name in the path. One that is no text names nothing.
pub(crate) fn named(path: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    path.map(|Path(name)| name).map_err(|_| ApiError::NotFound)
}

/// `POST /v1/verify`: a license, a seal, a seal signature or an OFD document in the body, the canonical report in the answer. Public.
///
/// The digest of the document that a seal signature is over goes into the query, and the policy for a license: see [`Query`].
pub(crate) async fn verify(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, ApiError> {
    let query = Query::read(query.as_deref(), &[DOCUMENT_DIGEST, POLICY])?;
    let document = query.document()?;
    let body = match state.uploads.read(request).await? {
        Upload::Ofd(sent) => {
            query.nothing_for_ofd()?;
            let report = verified_ofd(&state, sent).await?;
            return Ok(typed("application/json", report.to_json()));
        }
        Upload::Other(body) => body,
    };
    if detect(&body).is_some() {
        query.no_policy()?;
    }
    let checked = verified(&state, body, document, query.policy()?).await;
    Ok(typed("application/json", checked.to_json()))
}

/// Verifies what somebody presents, counts it and tells the log what came of it.
pub(crate) async fn verified(
    state: &AppState,
    mut body: Bytes,
    document: Document<'static>,
    policy: Policy,
) -> Checked {
    if detect(&body).is_none() {
        // A pasted license ends in a line break more often than not; a license never does.
        let trimmed = body.trim_ascii_end().len();
        body = body.slice(..trimmed);
    }
    let checked = state.run(move |lookup, now| lookup.under(policy).verify_any(&body, document, now)).await;
    note_verdict(state, &checked, None);
    checked
}

/// Verifies an OFD document that somebody presents, with the license that it carries, as [`verified`] does with other things.
pub(crate) async fn verified_ofd(state: &AppState, sent: OfdUpload) -> Result<CheckedDocument, ApiError> {
    let turn = state.uploads.turn().await;
    let report = state.run(move |lookup, now| {
        let report = sent.check(&lookup.registry(), now);
        // Held until the work is done, also if nobody waits for it any more.
        drop((sent, turn));
        report
    });
    let report = report.await.map_err(|error| {
        tracing::error!(code = "upload", kind = %error.kind(), "a document could not be read again");
        ApiError::Internal
    })?;
    note(state, report.verdict().code(), report.verdict().reason().map(DocumentCause::code), None);
    Ok(report)
}

/// Counts and logs what verifying something that was presented said, and to which client.
pub(crate) fn note_verdict(state: &AppState, checked: &Checked, client: Option<&str>) {
    let (verdict, reason) = match checked {
        Checked::License(report) => {
            (report.verdict().code(), report.verdict().reason().map(|reason| reason.code()))
        }
        Checked::Seal(report) => {
            (report.verdict().code(), report.verdict().reason().map(|reason| reason.code()))
        }
    };
    note(state, verdict, reason, client);
}

fn note(state: &AppState, verdict: &'static str, reason: Option<&'static str>, client: Option<&str>) {
    state.metrics.verdict(verdict);
    tracing::info!(verdict, reason, client, "verified");
}

/// `GET /v1/licenses/{id}?purpose=…`: one license, verified now.
pub(crate) async fn license(
    State(state): State<AppState>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    query: Result<Typed<LicenseQuery>, QueryRejection>,
) -> Result<Json<LicenseView>, ApiError> {
    let grant = authorize(&state, &headers, Scope::LicenseRead).await?;
    let Typed(LicenseQuery { purpose, policy }) = query.map_err(|_| {
        ApiError::BadRequest("the query is purpose=<what for>, and may hold policy".to_owned())
    })?;
    let policy = policy_of(policy.as_deref())?;
    let reader = reader(&grant, &purpose)?;
    let id = read_id(&named(id)?)?;
    tracing::info!(reader = grant.name, license = id.as_str(), "license read");
    let found = state.run(move |lookup, now| {
        let found = lookup.under(policy).license(&id, &reader, now)?;
        let versions = lookup.versions(&id)?;
        Ok::<_, LookupError>(found.map(|found| LicenseView::from(found).with_versions(&versions)))
    });
    let look = async { found.await?.map(Json).ok_or(ApiError::NotFound) };
    looked_for(&state, &grant, look, |_| true).await
}

/// `POST /v1/holders/licenses`: one holder's file. The number is in the body, because URLs are logged.
pub(crate) async fn holder(
    State(state): State<AppState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<HolderView>, ApiError> {
    let grant = authorize(&state, &headers, Scope::HolderRead).await?;
    let policy = Query::read(query.as_deref(), &[POLICY])?.policy()?;
    Ok(Json(holders_file(&state, &grant, read(body)?, policy).await?.into()))
}

/// A part of a holder's file, for somebody who may read it.
pub(crate) async fn holders_file(
    state: &AppState,
    grant: &TokenGrant,
    request: HolderRequest,
    policy: Policy,
) -> Result<HolderPage, ApiError> {
    let reader = reader(grant, &request.purpose)?;
    let holder = read_holder(&request.holder_code_type, &request.holder_code)?;
    tracing::info!(reader = grant.name, "holder's file read");
    let cursor = request.cursor.map(Cursor::new);
    // Of collected records alone too, which come without a limit.
    let limit = limit(request.limit)?;
    let page = state.run(move |lookup, now| {
        if let Some(after) = request.collected_after {
            let CollectedPage { records, next } = lookup.holder_collected(&holder, &reader, after, now)?;
            let none =
                HolderPage { licenses: Vec::new(), next: None, collected: records, collected_next: next };
            return Ok(none);
        }
        lookup.under(policy).holder(&holder, &reader, cursor.as_ref(), limit, now)
    });
    let look = async { page.await.map_err(ApiError::Lookup) };
    looked_for(state, grant, look, |page| !page.licenses.is_empty() || !page.collected.is_empty()).await
}

/// How many are asked for.
fn limit(asked: Option<usize>) -> Result<usize, ApiError> {
    let limit = asked.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_PAGE).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiError::Lookup(LookupError::Archive(ArchiveError::BadLimit { max: MAX_PAGE })))
}

/// `POST /v1/holders/log`: who looked at one holder's file or changed it, oldest first.
pub(crate) async fn holder_log(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let grant = authorize(&state, &headers, Scope::HolderRead).await?;
    let (events, next) = holders_log(&state, &grant, read(body)?).await?;
    let events: Vec<_> = events.iter().map(answers::event).collect();
    Ok(Json(json!({ "events": events, "next": next })))
}

/// A part of the log of a holder's file, for somebody who may read it, and after which event there may be more.
pub(crate) async fn holders_log(
    state: &AppState,
    grant: &TokenGrant,
    request: HolderLogRequest,
) -> Result<(Vec<Event>, Option<u64>), ApiError> {
    let HolderLogRequest { holder_code_type, holder_code, purpose, after, limit: asked } = request;
    let reader = reader(grant, &purpose)?;
    let holder = read_holder(&holder_code_type, &holder_code)?;
    let limit = limit(asked)?;
    tracing::info!(reader = grant.name, "holder's log read");
    let events = state.run(move |lookup, now| lookup.holder_log(&holder, &reader, after, limit, now));
    let look = async { events.await.map_err(ApiError::Lookup) };
    // Wherever the page begins: whoever tries numbers says that, too.
    let events = looked_for(state, grant, look, |events| !events.is_empty()).await?;
    let next = events.last().filter(|_| events.len() == limit).map(|event| event.number);
    Ok((events, next))
}

/// `GET /v1/trust-list`: the signed trust list. Public.
pub(crate) async fn trust_list(State(state): State<AppState>) -> Response {
    typed("application/trust-list+jwt", state.lookup.trust_list())
}

/// `GET /v1/trust-list/handovers`: from each anchor to the next, one signed hand-over in each line. Public.
pub(crate) async fn handovers(State(state): State<AppState>) -> Result<Response, ApiError> {
    let lines = state.run(|lookup, _| lookup.handovers()).await?;
    Ok(typed("application/anchor-handover+jwt", lines))
}

/// `GET /v1/status-lists/{id}`: a signed status list. Public.
pub(crate) async fn status_list(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let id = named(id)?;
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
