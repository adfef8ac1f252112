//! What systems of agencies are given: fields that the sharing list names, for an item and a purpose. The number of a holder stands
//! in the body, because URLs are logged.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use boyin::access::{AUTHORIZATION_SECONDS, Authorization, Caller, ClientScope};
use boyin::model::credential::FieldValue;
use boyin::model::id::{CreditCode, HolderCode, HolderCodeType, LicenseId, LicenseTypeCode};
use boyin::model::limits::MAX_ITEM_CHARS;
use boyin::model::sharing::is_item;
use boyin::model::time::UnixTime;
use boyin::suite::SystemRandom;
use boyin::{
    CertCheck, Compared, FileWish, Lookup, LookupError, Scope, ShareFault, ShareQuery, SharedFile,
    SharedLicense, SharedStatement,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::auth::{authorize as authorize_clerk, reader};
use crate::error::ApiError;
use crate::handlers::whole;
use crate::state::AppState;
use crate::tls::Peer;

/// What every call of a client says.
#[derive(Clone)]
pub(crate) struct Ask {
    /// Code of the service item.
    pub(crate) item: String,
    /// What for (GB/T 36906 `useCause`).
    pub(crate) purpose: String,
    /// Names of fields; all that are given, if `None`.
    pub(crate) fields: Option<Vec<String>>,
    /// A code of the holder.
    pub(crate) authorization: Option<String>,
    /// Whether the signed license is asked for.
    pub(crate) file: FileWish,
    /// Of a holder's licenses those with this number only.
    pub(crate) number: Option<String>,
    /// Until when the copy is used.
    pub(crate) copy_until: Option<UnixTime>,
}

/// The body of `POST /v1/shared/licenses`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LicenseRequest {
    license_id: String,
    item: String,
    purpose: String,
    fields: Option<Vec<String>>,
    authorization: Option<String>,
    #[serde(default)]
    credential: bool,
}

/// The body of `POST /v1/shared/holders`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolderRequest {
    holder_code_type: String,
    holder_code: String,
    license_type: String,
    item: String,
    purpose: String,
    fields: Option<Vec<String>>,
    authorization: Option<String>,
    #[serde(default)]
    credential: bool,
}

/// The body of `POST /v1/shared/checks`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckRequest {
    holder_code_type: String,
    holder_code: String,
    license_type: String,
    license_number: Option<String>,
    holder_name: Option<String>,
    item: String,
    purpose: String,
    authorization: Option<String>,
}

/// The body of `POST /v1/authorizations`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorizationRequest {
    holder_code_type: String,
    holder_code: String,
    agency: String,
    license_type: String,
    item: String,
    purpose: String,
}

/// A license as a client is given it.
#[derive(Serialize)]
pub(crate) struct SharedView {
    pub(crate) fields: BTreeMap<String, FieldValue>,
    /// Names of GB/T 36903 of those that are not metadata.
    #[serde(skip)]
    pub(crate) pinyin: BTreeMap<String, String>,
    pub(crate) verdict: &'static str,
    reason: Option<&'static str>,
    /// The signed license that discloses these fields only, if it was asked for and no more stands in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<String>,
    /// The report on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Box<RawValue>>,
    /// What more stands in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_needs: Option<Vec<String>>,
}

impl From<SharedLicense> for SharedView {
    fn from(license: SharedLicense) -> Self {
        let verdict = license.report.verdict();
        let (verdict, reason) = (verdict.code(), verdict.reason().map(|reason| reason.code()));
        let mut view = Self {
            fields: license.fields,
            pinyin: license.pinyin,
            verdict,
            reason,
            credential: None,
            report: None,
            credential_needs: None,
        };
        match license.file {
            // The latter only where it is asked for alone, and is a fault then.
            SharedFile::NotAsked | SharedFile::NotPassed => {}
            SharedFile::Given(file) => {
                let report = String::from_utf8(license.report.to_json()).expect("a report is JSON text");
                view.credential = Some(String::from_utf8_lossy(&file).into_owned());
                view.report = Some(RawValue::from_string(report).expect("a report is JSON"));
            }
            SharedFile::Withheld(needs) => view.credential_needs = Some(needs),
        }
        view
    }
}

/// Reads a body. Of a wrong one the position is told, not the text: it may hold a number.
pub(crate) fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, ApiError> {
    serde_json::from_slice(&whole(body)?).map_err(|error| {
        ApiError::BadRequest(format!("the body is not the JSON of this call (column {})", error.column()))
    })
}

pub(crate) fn read_id(text: &str) -> Result<LicenseId, ApiError> {
    LicenseId::parse(text).map_err(|error| ApiError::BadRequest(error.to_string()))
}

pub(crate) fn read_type(text: &str) -> Result<LicenseTypeCode, ApiError> {
    LicenseTypeCode::parse(text).map_err(|error| ApiError::BadRequest(format!("license_type: {error}")))
}

pub(crate) fn read_holder(code_type: &str, code: &str) -> Result<HolderCode, ApiError> {
    let code_type = HolderCodeType::from_code(code_type)
        .ok_or_else(|| ApiError::BadRequest("holder_code_type: not one of GB/T 36903".to_owned()))?;
    HolderCode::new(code_type, code).map_err(|error| ApiError::BadRequest(format!("holder_code: {error}")))
}

/// The agency for which a code is made.
pub(crate) fn read_agency(code: &str) -> Result<CreditCode, ApiError> {
    CreditCode::parse(code).map_err(|error| ApiError::BadRequest(format!("agency: {error}")))
}

/// The service item for which a code is made.
pub(crate) fn read_item(item: String) -> Result<String, ApiError> {
    if is_item(&item) {
        return Ok(item);
    }
    Err(ApiError::BadRequest(format!(
        "item: a code of a service item is 1 to {MAX_ITEM_CHARS} letters, digits and - . _"
    )))
}

/// The number of who acts for a holder.
pub(crate) fn read_agent(code_type: &str, code: &str) -> Result<HolderCode, ApiError> {
    read_holder(code_type, code)
        .map_err(|_| ApiError::BadRequest("agent_code, agent_code_type: not a number of a person".to_owned()))
}

/// Whether the signed license is asked for, which needs a scope of its own.
fn with_file(caller: &Caller, credential: bool) -> Result<FileWish, ApiError> {
    match credential {
        true if caller.scopes.contains(&ClientScope::File) => Ok(FileWish::Beside),
        true => Err(ApiError::Forbidden),
        false => Ok(FileWish::No),
    }
}

/// Runs one search of a client.
pub(crate) async fn search<T: Send + 'static>(
    state: &AppState,
    caller: Caller,
    ask: Ask,
    work: impl FnOnce(&Lookup, &ShareQuery<'_>, UnixTime) -> Result<Result<T, ShareFault>, LookupError>
    + Send
    + 'static,
    hit: impl FnOnce(&T) -> bool,
) -> Result<T, ApiError> {
    let id = caller.client.id.clone();
    let open = Arc::clone(&state.authorizations);
    let work = move |lookup: &Lookup, now| {
        let names: Option<Vec<&str>> =
            ask.fields.as_ref().map(|names| names.iter().map(String::as_str).collect());
        let query = ShareQuery {
            client: &caller.client,
            item: &ask.item,
            purpose: &ask.purpose,
            fields: names.as_deref(),
            authorization: ask.authorization.as_deref().map(|code| (&*open, code)),
            file: ask.file,
            number: ask.number.as_deref(),
            copy_until: ask.copy_until,
        };
        work(lookup, &query, now)
    };
    searched(state, &id, work, hit).await
}

/// Runs what may find nothing for the client of this ID. What finds nothing counts against it, and so does a holder whose file is too
/// large to look through: whoever tries numbers is told something by that.
pub(crate) async fn searched<T: Send + 'static>(
    state: &AppState,
    id: &str,
    work: impl FnOnce(&Lookup, UnixTime) -> Result<Result<T, ShareFault>, LookupError> + Send + 'static,
    hit: impl FnOnce(&T) -> bool,
) -> Result<T, ApiError> {
    state.limits.search(id, state.now())?;
    let done = state.run(work).await.inspect_err(|error| {
        let too_large = matches!(error, LookupError::HolderTooLarge);
        // What the service cannot answer is nothing that the client has tried.
        if !too_large {
            state.limits.found(id);
        }
        state.metrics.shared(if too_large { "holder_too_large" } else { "failed" });
    })?;
    let (found, code) = match &done {
        Ok(done) => (hit(done), None),
        Err(fault) => {
            (!matches!(fault, ShareFault::NotFound | ShareFault::NotAuthorized), Some(fault.code()))
        }
    };
    if found {
        state.limits.found(id);
    }
    state.metrics.shared(code.unwrap_or(if found { "found" } else { "nothing" }));
    tracing::info!(client = id, found, code, "shared");
    Ok(done?)
}

/// Fields of one license.
pub(crate) async fn one(
    state: &AppState,
    caller: Caller,
    id: &str,
    ask: Ask,
) -> Result<SharedView, ApiError> {
    let id = read_id(id)?;
    let work = move |lookup: &Lookup, query: &ShareQuery<'_>, now| lookup.share_license(&id, query, now);
    Ok(search(state, caller, ask, work, |_| true).await?.into())
}

/// Fields of the licenses of one type of a holder.
pub(crate) async fn of_holder(
    state: &AppState,
    caller: Caller,
    holder: HolderCode,
    license_type: LicenseTypeCode,
    ask: Ask,
) -> Result<Vec<SharedView>, ApiError> {
    let work = move |lookup: &Lookup, query: &ShareQuery<'_>, now| {
        lookup.share_holder(&holder, license_type, query, now)
    };
    let found = search(state, caller, ask, work, |found| !found.is_empty()).await?;
    Ok(found.into_iter().map(SharedView::from).collect())
}

/// Compares what is said of a license.
pub(crate) async fn compare(
    state: &AppState,
    caller: Caller,
    holder: HolderCode,
    license_type: LicenseTypeCode,
    number: Option<String>,
    name: Option<String>,
    ask: Ask,
) -> Result<CertCheck, ApiError> {
    let work = move |lookup: &Lookup, query: &ShareQuery<'_>, now| {
        let said = SharedStatement {
            holder: &holder,
            license_type,
            number: number.as_deref(),
            name: name.as_deref(),
        };
        lookup.share_check(&said, query, now)
    };
    // A license that is not good looks like one that is not as it was said.
    let hit = |found: &Compared| found.right && found.check != CertCheck::PartlyWrong;
    Ok(search(state, caller, ask, work, hit).await?.check)
}

/// `POST /v1/shared/licenses`.
pub(crate) async fn license(
    State(state): State<AppState>,
    headers: HeaderMap,
    peer: Peer,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<SharedView>, ApiError> {
    let caller = state.client(&headers, peer, ClientScope::License).await?;
    let LicenseRequest { license_id, item, purpose, fields, authorization, credential } = read(body)?;
    let file = with_file(&caller, credential)?;
    let ask = Ask { item, purpose, fields, authorization, file, number: None, copy_until: None };
    Ok(Json(one(&state, caller, &license_id, ask).await?))
}

/// `POST /v1/shared/holders`.
pub(crate) async fn holder(
    State(state): State<AppState>,
    headers: HeaderMap,
    peer: Peer,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let caller = state.client(&headers, peer, ClientScope::Holder).await?;
    let request: HolderRequest = read(body)?;
    let file = with_file(&caller, request.credential)?;
    let holder = read_holder(&request.holder_code_type, &request.holder_code)?;
    let license_type = read_type(&request.license_type)?;
    let HolderRequest { item, purpose, fields, authorization, .. } = request;
    let ask = Ask { item, purpose, fields, authorization, file, number: None, copy_until: None };
    let licenses = of_holder(&state, caller, holder, license_type, ask).await?;
    Ok(Json(json!({ "licenses": licenses })))
}

/// `POST /v1/shared/checks`.
pub(crate) async fn check(
    State(state): State<AppState>,
    headers: HeaderMap,
    peer: Peer,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let caller = state.client(&headers, peer, ClientScope::Check).await?;
    let request: CheckRequest = read(body)?;
    let holder = read_holder(&request.holder_code_type, &request.holder_code)?;
    let license_type = read_type(&request.license_type)?;
    let CheckRequest { license_number, holder_name, item, purpose, authorization, .. } = request;
    let file = FileWish::No;
    let ask = Ask { item, purpose, fields: None, authorization, file, number: None, copy_until: None };
    let found = compare(&state, caller, holder, license_type, license_number, holder_name, ask).await?;
    Ok(Json(json!({ "result": found.code() })))
}

/// `POST /v1/authorizations`: a code for a holder who is there.
pub(crate) async fn authorize(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let grant = authorize_clerk(&state, &headers, Scope::HolderAuthorize).await?;
    let request: AuthorizationRequest = read(body)?;
    let reader = reader(&grant, &request.purpose)?;
    let holder = read_holder(&request.holder_code_type, &request.holder_code)?;
    let agency = read_agency(&request.agency)?;
    let item = read_item(request.item)?;
    let of = Authorization {
        holder: state.lookup.holder_key(&holder),
        agency,
        license_type: read_type(&request.license_type)?,
        item,
        purpose: request.purpose,
    };
    let reserved = state.authorizations.reserve(of.clone(), &grant.name, state.now())?;
    // The holder sees it before somebody has it.
    state.run(move |lookup, now| lookup.code_made(&of, &reader, now)).await?;
    let code = reserved.make(&grant.name, state.now(), &mut SystemRandom)?;
    tracing::info!(by = grant.name, agency = %agency, "authorization made");
    Ok(Json(json!({ "code": code.reveal(), "expires_in": AUTHORIZATION_SECONDS })))
}
