//! The operations of GB/T 36906 in their envelope, over the functions of the other calls.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use boyin::access::{Caller, ClientScope};
use boyin::archive::{MAX_WORDS, Reader};
use boyin::model::b64;
use boyin::model::credential::Term;
use boyin::model::id::{HolderCode, HolderCodeType, LicenseId, LicenseTypeCode};
use boyin::verify::seal::Document;
use boyin::verify::{AnyReason as _, Verdict};
use boyin::{CertCheck, Checked, FileWish, Lookup, ShareQuery};
use boyin_present::Demand;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::handlers::{named, note_verdict, whole};
use crate::presentation;
use crate::shared::{Ask, SharedView, compare, of_holder, one, read_id, search};
use crate::state::AppState;
use crate::tls::Peer;

mod download;

const CERT_TYPE_CODE: &str = "certTypeCode";
/// The operation whose body holds a file.
const VERIFY_FILE: &str = "verifyFile";
/// Operations, each with the scope that it takes.
const OFFERED: [(&str, ClientScope); 9] = [
    ("queryCertInfo", ClientScope::License),
    ("queryCertInfoByQRcode", ClientScope::License),
    ("getCertRemarkInfo", ClientScope::License),
    ("queryCertInfoByHolderCode", ClientScope::Holder),
    ("downloadUrlsByHolderCode", ClientScope::Holder),
    ("verifyCertInfo", ClientScope::Check),
    (VERIFY_FILE, ClientScope::Check),
    ("downloadFile", ClientScope::File),
    ("downloadUrl", ClientScope::File),
];

/// The names of all operations.
pub(crate) fn operations() -> impl Iterator<Item = &'static str> {
    OFFERED.into_iter().map(|(name, _)| name)
}

/// `head.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Done = 0,
    NotOffered = 2,
    NotFound = 10,
    NotAuthenticated = 11,
    FieldEmpty = 12,
    Other = 99,
    NoPermission = 100,
    BadParameter = 102,
    BadHolderType = 103,
    BadLicenseType = 113,
}

/// Why an operation has no data.
struct Fault {
    status: Status,
    message: String,
    /// Of a client that has to wait.
    retry_after: Option<u64>,
}

impl Fault {
    fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None }
    }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unauthorized => Self::new(Status::NotAuthenticated, "认证失败 authentication failed"),
            ApiError::Forbidden => Self::new(Status::NoPermission, "无权限 the token lacks the scope"),
            ApiError::Refused(code, message) => {
                Self::new(Status::NoPermission, format!("无权限 {code}: {message}"))
            }
            ApiError::NotFound | ApiError::Gone => Self::new(Status::NotFound, "未找到 nothing is on file"),
            ApiError::BadRequest(message) => Self::new(Status::BadParameter, format!("参数错误 {message}")),
            ApiError::TooMany(seconds) => {
                let fault = Self::new(Status::Other, "请求过多 too many requests");
                Self { retry_after: Some(seconds), ..fault }
            }
            ApiError::TooLarge | ApiError::LengthMissing | ApiError::MethodNotAllowed => {
                Self::new(Status::BadParameter, "参数错误 the body is larger than allowed")
            }
            // The last five come from no call of this envelope.
            ApiError::Internal
            | ApiError::Lookup(_)
            | ApiError::TooSlow
            | ApiError::Busy(_)
            | ApiError::NoDesk
            | ApiError::Conflict(..)
            | ApiError::Question(_) => {
                // Into the log, as with every other call.
                let _ = error.settled();
                Self::new(Status::Other, "服务异常 the service could not answer")
            }
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "accessId", default)]
    access_id: String,
    #[serde(rename = "accessToken", default)]
    access_token: String,
    /// Taken apart once it is known who sent it: its values take many times the memory of its text.
    #[serde(default)]
    data: Option<Box<RawValue>>,
}

/// The members of `data` of `verifyFile`: of others in so large a body nothing is kept.
#[derive(Deserialize)]
struct FileData {
    #[serde(rename = "certTypeCode")]
    license_type: Option<String>,
    #[serde(rename = "useCause")]
    cause: Option<String>,
    #[serde(rename = "contentType")]
    content_type: Option<String>,
    content: Option<String>,
}

/// `POST /gbt36906/verifyFile`: the one with a large body.
pub(crate) async fn call_with_file(
    State(state): State<AppState>,
    peer: Peer,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    respond(&state, VERIFY_FILE, peer, body).await
}

/// `POST /gbt36906/{operation}`.
pub(crate) async fn call(
    State(state): State<AppState>,
    peer: Peer,
    operation: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    respond(&state, &named(operation)?, peer, body).await
}

async fn respond(
    state: &AppState,
    operation: &str,
    peer: Peer,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let offered = OFFERED.into_iter().find(|(name, _)| *name == operation);
    let Some((_, scope)) = offered else {
        return Err(ApiError::NotFound);
    };
    let body = whole(body)?;
    Ok(match answer(state, operation, scope, peer, &body).await {
        Ok(data) => envelope(StatusCode::OK, Status::Done, "成功 ok", &data),
        Err(Fault { status, message, retry_after }) => {
            let code = if retry_after.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
            let mut response = envelope(code, status, &message, &Value::Null);
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
    })
}

fn envelope(code: StatusCode, status: Status, message: &str, data: &Value) -> Response {
    #[allow(clippy::as_conversions, reason = "the numbers of the standard stand in the enum")]
    let status = (status as u16).to_string();
    (code, Json(json!({ "head": { "status": status, "message": message }, "data": data }))).into_response()
}

async fn answer(
    state: &AppState,
    operation: &str,
    scope: ClientScope,
    peer: Peer,
    body: &[u8],
) -> Result<Value, Fault> {
    let Ok(Envelope { access_id, access_token, data }) = serde_json::from_slice(body) else {
        return Err(Fault::new(Status::BadParameter, "参数错误 the body is no envelope of GB/T 36906"));
    };
    let caller = state.caller(&access_token, peer).await;
    let caller = caller.filter(|caller| caller.client.id == access_id).ok_or(ApiError::Unauthorized)?;
    let caller = state.admit(caller, scope)?;
    let data = data.as_deref().map_or("{}", RawValue::get);
    if operation == VERIFY_FILE {
        return verify_file(state, &caller, &members(data)?).await;
    }
    let data: Map<String, Value> = members(data)?;
    match operation {
        "queryCertInfo" => query(state, caller, &data).await,
        "queryCertInfoByHolderCode" => query_holder(state, caller, &data).await,
        "queryCertInfoByQRcode" => query_shown(state, caller, &data).await,
        "getCertRemarkInfo" => remarks(state, caller, &data).await,
        "verifyCertInfo" => verify_info(state, caller, &data).await,
        "downloadUrl" => download::url(state, caller, &data).await,
        "downloadUrlsByHolderCode" => download::urls_of_holder(state, caller, &data).await,
        _ => download::file(state, caller, &data).await,
    }
}

fn members<'d, T: Deserialize<'d>>(data: &'d str) -> Result<T, Fault> {
    serde_json::from_str(data).map_err(|_| {
        Fault::new(Status::BadParameter, "参数错误 data does not hold the members of the operation")
    })
}

/// A member that may be missing, or empty. One that is no text is not passed over: what it was to keep out would be let in.
fn optional<'d>(data: &'d Map<String, Value>, name: &str) -> Result<Option<&'d str>, Fault> {
    match data.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Fault::new(Status::BadParameter, format!("参数错误 {name} is no text")))
        }
    }
}

/// What has to be there.
fn there<'d>(found: Option<&'d str>, name: &str) -> Result<&'d str, Fault> {
    let found = found.filter(|text| !text.trim().is_empty());
    found.ok_or_else(|| Fault::new(Status::FieldEmpty, format!("必填项为空 {name}")))
}

/// A member that has to be there.
fn text<'d>(data: &'d Map<String, Value>, name: &str) -> Result<&'d str, Fault> {
    there(optional(data, name)?, name)
}

/// What for (用证事由), at most [`MAX_WORDS`] characters.
fn words<'d>(found: Option<&'d str>, name: &str) -> Result<&'d str, Fault> {
    let words = there(found, name)?;
    if words.chars().count() > MAX_WORDS {
        let message = format!("参数错误 {name}: at most {MAX_WORDS} characters");
        return Err(Fault::new(Status::BadParameter, message));
    }
    Ok(words)
}

fn ask(data: &Map<String, Value>, cause: &str) -> Result<Ask, Fault> {
    Ok(Ask {
        purpose: words(optional(data, cause)?, cause)?.to_owned(),
        item: text(data, "itemCode")?.to_owned(),
        fields: None,
        authorization: optional(data, "authCode")?.map(str::to_owned),
        file: FileWish::No,
        number: None,
        copy_until: None,
    })
}

fn license_type(data: &Map<String, Value>) -> Result<LicenseTypeCode, Fault> {
    type_code(text(data, CERT_TYPE_CODE)?)
}

fn type_code(text: &str) -> Result<LicenseTypeCode, Fault> {
    LicenseTypeCode::parse(text)
        .map_err(|_| Fault::new(Status::BadLicenseType, "证照类型代码错误 certTypeCode"))
}

/// The kind of number may be left out where the number tells: citizen IDs and credit codes do not look alike.
fn holder(data: &Map<String, Value>) -> Result<HolderCode, Fault> {
    let code = text(data, "holderCode")?;
    let bad = || Fault::new(Status::BadParameter, "参数错误 holderCode");
    match optional(data, "holderTypeCode")? {
        Some(kind) => {
            let kind = HolderCodeType::from_code(kind);
            let kind = kind.ok_or_else(|| Fault::new(Status::BadHolderType, "持证主体代码类型错误"))?;
            HolderCode::new(kind, code).map_err(|_| bad())
        }
        None => [HolderCodeType::CitizenId, HolderCodeType::CreditCode]
            .into_iter()
            .find_map(|kind| HolderCode::new(kind, code).ok())
            .ok_or_else(bad),
    }
}

/// The names of GB/T 36903: English ones of metadata, in the spelling of JSON, and `KZ_…` of a type's own fields.
fn metadata(view: &SharedView) -> Value {
    let mut out = Map::new();
    for (name, value) in &view.fields {
        let name = match Term::of_claim(name) {
            Some(term) => {
                let (first, rest) = term.english.split_at(1);
                format!("{}{rest}", first.to_ascii_lowercase())
            }
            None => view.pinyin.get(name).unwrap_or(name).clone(),
        };
        out.insert(name, json!(value));
    }
    out.insert("verdict".to_owned(), json!(view.verdict));
    Value::Object(out)
}

async fn query(state: &AppState, caller: Caller, data: &Map<String, Value>) -> Result<Value, Fault> {
    let id = text(data, "certificateIdentifier")?;
    Ok(metadata(&one(state, caller, id, ask(data, "useCause")?).await?))
}

async fn query_holder(state: &AppState, caller: Caller, data: &Map<String, Value>) -> Result<Value, Fault> {
    let (holder, license_type) = (holder(data)?, license_type(data)?);
    let number = optional(data, "certNo")?.map(str::to_owned);
    let ask = Ask { number, ..ask(data, "useCause")? };
    let found = of_holder(state, caller, holder, license_type, ask).await?;
    if found.is_empty() {
        return Err(ApiError::NotFound.into());
    }
    Ok(found.iter().map(metadata).collect())
}

/// What somebody shows (亮证): once the code passes, as if asked for by the identifier of its license.
async fn query_shown(state: &AppState, caller: Caller, data: &Map<String, Value>) -> Result<Value, Fault> {
    let code = text(data, "qrcode")?.to_owned();
    // Before the code: a dynamic one passes once.
    let ask = ask(data, "useCause")?;
    let Ok(report) = presentation::verified(state, code.into(), Demand::Any).await else {
        return Err(Fault::new(Status::BadParameter, "参数错误 qrcode is no code of a license"));
    };
    match report.verdict() {
        Verdict::Passed => {}
        Verdict::Failed(reason) => {
            let message = format!("亮证码无效 qrcode: {}", reason.info().code);
            return Err(Fault::new(Status::BadParameter, message));
        }
        Verdict::Indeterminate(reason) => {
            return Err(Fault::new(Status::Other, format!("暂时无法核验 qrcode: {}", reason.info().code)));
        }
    }
    // One that passed names it.
    let id = report.license.subject().license_id.clone().ok_or(ApiError::Internal)?;
    Ok(metadata(&one(state, caller, id.as_str(), ask).await?))
}

/// Marks of a license. The names are ours: the answer of the standard was not at hand.
async fn remarks(state: &AppState, caller: Caller, data: &Map<String, Value>) -> Result<Value, Fault> {
    let id = read_id(text(data, "certificateIdentifier")?)?;
    let asked = id.clone();
    let work = move |lookup: &Lookup, query: &ShareQuery<'_>, now| lookup.share_marks(&asked, query, now);
    let marks = search(state, caller, ask(data, "useCause")?, work, |_| true).await?;
    let (status, verdict) = (marks.status, marks.report.verdict());
    Ok(json!({
        "certificateIdentifier": id.as_str(),
        "certificateStatus": status.map(|mark| mark.status.code()),
        "certificateStatusEvent": status.map(|mark| mark.what.code()),
        "certificateStatusSince": status.map(|mark| mark.since.seconds()),
        "grade": marks.grade.letter(),
        "reason": verdict.reason().map(|reason| reason.code()),
        "replaced": marks.replaced,
        "retroactive": status.is_some_and(|mark| mark.retroactive),
        "successor": marks.successor.as_ref().map(LicenseId::as_str),
        "verdict": verdict.code(),
    }))
}

/// The results of the standard; 6 is nobody's there.
fn verified(check: CertCheck) -> Result<Value, Fault> {
    let status = match check {
        CertCheck::InForce => "0",
        CertCheck::NotYet => "1",
        CertCheck::Suspended => "2",
        CertCheck::NoLonger => "3",
        CertCheck::NotFound => "5",
        CertCheck::PartlyWrong => "7",
        CertCheck::Undecided => {
            return Err(Fault::new(Status::Other, "暂时无法核验 whether it is in force cannot be said now"));
        }
    };
    Ok(json!({ "verifyStatus": status }))
}

async fn verify_info(state: &AppState, caller: Caller, data: &Map<String, Value>) -> Result<Value, Fault> {
    let license_type = license_type(data)?;
    let ask = ask(data, "useCause")?;
    let said = match data.get("certData") {
        None | Some(Value::Null) => return Err(Fault::new(Status::FieldEmpty, "必填项为空 certData")),
        Some(said) => said.as_object(),
    };
    let said = said.ok_or_else(|| Fault::new(Status::BadParameter, "参数错误 certData is no object"))?;
    let holder = holder(said)?;
    let number = optional(said, "certNo")?.map(str::to_owned);
    let name = optional(said, "holder")?.map(str::to_owned);
    if number.is_none() && name.is_none() {
        return Ok(json!({ "verifyStatus": "4" }));
    }
    verified(compare(state, caller, holder, license_type, number, name, ask).await?)
}

async fn verify_file(state: &AppState, caller: &Caller, data: &FileData) -> Result<Value, Fault> {
    let license_type = type_code(there(data.license_type.as_deref(), CERT_TYPE_CODE)?)?;
    let cause = words(data.cause.as_deref(), "useCause")?;
    let reader = Reader::new(caller.client.who(), caller.client.agency, cause.trim())
        .map_err(|_| Fault::new(Status::BadParameter, "参数错误 useCause"))?;
    if there(data.content_type.as_deref(), "contentType")? != "base64" {
        return Err(Fault::new(Status::BadParameter, "参数错误 contentType"));
    }
    let content = b64::decode_of_others(there(data.content.as_deref(), "content")?.as_bytes())
        .map_err(|_| Fault::new(Status::BadParameter, "参数错误 content is no base64"))?;
    let checked = state.run(move |lookup, now| lookup.verify_any(&content, Document::NotGiven, now)).await;
    note_verdict(state, &checked, Some(&caller.client.id));
    // A seal is no license.
    let Checked::License(report) = &checked else { return verified(CertCheck::PartlyWrong) };
    let named = report.subject().license_id.clone();
    // Of another type it is wrong, whatever else is to be said of it.
    let of_type = named.as_ref().map(LicenseId::license_type) == Some(license_type);
    let check = if of_type { CertCheck::of(report.verdict()) } else { CertCheck::PartlyWrong };
    if let Some(id) = named {
        // Whose license it is, or is said to be, sees it before it is told.
        let told = state.run(move |lookup, now| lookup.file_checked(&id, &reader, check, now)).await;
        told.map_err(ApiError::Lookup)?;
    }
    verified(check)
}
