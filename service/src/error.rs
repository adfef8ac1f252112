use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use boyin::{LookupError, ShareFault};
use serde::Serialize;

/// Why a call got no answer. A verdict, whatever it says, is an answer.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// No token, or one that is not known.
    Unauthorized,
    /// A known token without the scope.
    Forbidden,
    /// Nothing under this name.
    NotFound,
    /// The request is wrong; the sentence says how.
    BadRequest(String),
    /// What was on file was erased.
    Gone,
    /// The body is larger than allowed.
    TooLarge,
    /// The body has no length.
    LengthMissing,
    /// Another method is meant.
    MethodNotAllowed,
    /// What a client asks is not given; code and sentence say why.
    Refused(&'static str, String),
    /// Too much was asked in a short time; again after so many seconds.
    TooMany(u64),
    /// A fault of the service itself.
    Internal,
    /// The reading side failed.
    Lookup(LookupError),
}

impl From<LookupError> for ApiError {
    fn from(error: LookupError) -> Self {
        Self::Lookup(error)
    }
}

impl From<ShareFault> for ApiError {
    fn from(fault: ShareFault) -> Self {
        if fault == ShareFault::NotFound {
            return Self::NotFound;
        }
        Self::Refused(fault.code(), fault.to_string())
    }
}

const TOO_MANY: &str =
    "too many requests, or too many for what is not there: wait as long as Retry-After says";
const INTERNAL: &str = "the service could not answer; the operator's log says why";

#[derive(Serialize)]
struct Body<'a> {
    code: &'static str,
    message: &'a str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code, message) = match &self {
            Self::Unauthorized => {
                (StatusCode::UNAUTHORIZED, "unauthorized", "send `Authorization: Bearer <token>`")
            }
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "the token lacks the scope for this call, or names no office: have a new one made",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "nothing is on file under this name"),
            Self::Gone => (StatusCode::GONE, "license_erased", "what was on file under this name was erased"),
            Self::BadRequest(message) => (StatusCode::BAD_REQUEST, "bad_request", message.as_str()),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than allowed"),
            Self::LengthMissing => {
                (StatusCode::LENGTH_REQUIRED, "length_required", "send the body with a Content-Length")
            }
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this call has another method")
            }
            Self::Refused(code, message) => (StatusCode::FORBIDDEN, *code, message.as_str()),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many", TOO_MANY),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", INTERNAL),
            Self::Lookup(error) => return internal(error),
        };
        let mut response = (status, Json(Body { code, message })).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::TooMany(seconds) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Two audiences: the log gets the code, the caller only that it was not the caller's fault.
fn internal(error: &LookupError) -> Response {
    use boyin::archive::ArchiveError;
    if let LookupError::Archive(ArchiveError::BadCursor | ArchiveError::BadLimit { .. }) = error {
        return ApiError::BadRequest(error.to_string()).into_response();
    }
    if let LookupError::Archive(ArchiveError::Erased { .. }) = error {
        return ApiError::Gone.into_response();
    }
    let code = match error {
        LookupError::Archive(error) => error.code(),
        LookupError::Home(_) | LookupError::Lists(_) => "home",
        LookupError::Spool(error) => error.code(),
        LookupError::TrustRollback { .. } => "trust_rollback",
        LookupError::Division(_) => "division",
        LookupError::HolderTooLarge => "holder_too_large",
        _ => "other",
    };
    tracing::error!(code, "lookup failed");
    ApiError::Internal.into_response()
}
