use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use boyin::access::{AUTHORIZATION_SECONDS, AuthorizationFault};
use boyin::archive::ArchiveError;
use boyin::delegation::DelegationError;
use boyin::exempt::{Fault, Refusal};
use boyin::{DeskError, LookupError, ShareFault};
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
    /// The body does not come, or too slowly.
    TooSlow,
    /// The body has no length.
    LengthMissing,
    /// Another method is meant.
    MethodNotAllowed,
    /// What a client asks is not given; code and sentence say why.
    Refused(&'static str, String),
    /// Too much was asked in a short time; again after so many seconds.
    TooMany(u64),
    /// Too much is in hand at the moment; again after so many seconds.
    Busy(u64),
    /// The call takes a desk, and this service has none.
    NoDesk,
    /// Something else stands in the way; code and sentence say what.
    Conflict(&'static str, String),
    /// A question about papers that has no answer: all that is wrong with it.
    Question(Refusal),
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

impl From<DeskError> for ApiError {
    fn from(error: DeskError) -> Self {
        if let DeskError::Question(refusal) = error {
            return Self::Question(refusal);
        }
        if let DeskError::Act(error) = error {
            return Self::BadRequest(error.to_string());
        }
        if matches!(error, DeskError::UnknownOffice(_)) {
            return Self::Forbidden;
        }
        if matches!(error, DeskError::DecisionBounds) {
            return Self::Conflict(error.code(), error.to_string());
        }
        if matches!(error, DeskError::Archive(ArchiveError::IdempotencyConflict { .. })) {
            return Self::Conflict(error.code(), IDEMPOTENCY.to_owned());
        }
        if matches!(error, DeskError::Archive(ArchiveError::Erased { .. } | ArchiveError::Busy)) {
            return Self::Conflict(error.code(), CHANGED_MEANWHILE.to_owned());
        }
        tracing::error!(code = error.code(), "the desk refused");
        Self::Internal
    }
}

impl From<AuthorizationFault> for ApiError {
    fn from(fault: AuthorizationFault) -> Self {
        match fault {
            AuthorizationFault::OfHolder | AuthorizationFault::OfClerk => {
                Self::Refused("too_many_codes", fault.to_string())
            }
            AuthorizationFault::TooMany => Self::TooMany(AUTHORIZATION_SECONDS),
            AuthorizationFault::Randomness(_) | _ => Self::Internal,
        }
    }
}

impl From<DelegationError> for ApiError {
    fn from(error: DelegationError) -> Self {
        match error {
            DelegationError::Refused(refusal) => Self::Refused(refusal.code(), refusal.to_string()),
            DelegationError::Desk(error) => error.into(),
            DelegationError::Terms(_) | _ => Self::Internal,
        }
    }
}

const IDEMPOTENCY: &str =
    "this Idempotency-Key was used for another question: give the new question a key of its own";
const CHANGED_MEANWHILE: &str =
    "what is on file of a party changed or was erased meanwhile, nothing was decided: ask again";
const NO_DESK: &str = "this service follows the archive and does no act: ask the one that runs beside the desk \
                       (boyin serve --desk), or use the command";
const QUESTION: &str = "nothing was decided: all that is wrong with the question is in `faults`";
const TOO_MANY: &str =
    "too many requests, or too many for what is not there: wait as long as Retry-After says";
const BUSY: &str = "as many documents or pictures are in hand as this service takes at a time: wait as long as Retry-After says";
const TOO_SLOW: &str =
    "the body did not come, or too slowly: send it again over a better line, or verify it with the command";
const INTERNAL: &str = "the service could not answer; the operator's log says why";

#[derive(Serialize)]
struct Body<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<FaultBody>,
}

#[derive(Serialize)]
struct FaultBody {
    code: &'static str,
    message: String,
}

impl ApiError {
    /// What callers are told: of a fault of the reading side that it was not theirs, and the log its code.
    pub(crate) fn settled(self) -> Self {
        if let Self::Lookup(error) = &self { settled(error) } else { self }
    }

    /// Status, stable code and a sentence.
    pub(crate) fn parts(&self) -> (StatusCode, &'static str, &str) {
        match self {
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
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too_slow", TOO_SLOW),
            Self::LengthMissing => {
                (StatusCode::LENGTH_REQUIRED, "length_required", "send the body with a Content-Length")
            }
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this call has another method")
            }
            Self::Refused(code, message) => (StatusCode::FORBIDDEN, *code, message.as_str()),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many", TOO_MANY),
            Self::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy", BUSY),
            Self::NoDesk => (StatusCode::SERVICE_UNAVAILABLE, "no_desk", NO_DESK),
            Self::Conflict(code, message) => (StatusCode::CONFLICT, *code, message.as_str()),
            Self::Question(_) => (StatusCode::UNPROCESSABLE_ENTITY, "exemption_question", QUESTION),
            Self::Internal | Self::Lookup(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", INTERNAL),
        }
    }

    /// All that is wrong with a question about papers.
    pub(crate) fn faults(&self) -> &[Fault] {
        if let Self::Question(Refusal(faults)) = self { faults.as_slice() } else { &[] }
    }

    /// Whether it says that nothing is there, or nothing for whoever asks: what somebody learns who tries numbers.
    pub(crate) fn is_miss(&self) -> bool {
        match self {
            Self::NotFound | Self::Gone | Self::Refused(..) => true,
            Self::Lookup(error) => {
                matches!(
                    error,
                    LookupError::Archive(ArchiveError::Erased { .. }) | LookupError::HolderTooLarge
                )
            }
            // A name that no file says.
            Self::Question(_) => self.faults().iter().any(|fault| matches!(fault, Fault::NameMissing { .. })),
            Self::Unauthorized
            | Self::Forbidden
            | Self::BadRequest(_)
            | Self::TooLarge
            | Self::TooSlow
            | Self::LengthMissing
            | Self::MethodNotAllowed
            | Self::TooMany(_)
            | Self::Busy(_)
            | Self::NoDesk
            | Self::Conflict(..)
            | Self::Internal => false,
        }
    }

    /// Puts the headers of the status into a response.
    pub(crate) fn with_headers(&self, mut response: Response) -> Response {
        if let Self::Unauthorized = self {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::TooMany(seconds) | Self::Busy(seconds) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = self.settled();
        let (status, code, message) = error.parts();
        let faults = error.faults().iter();
        let faults =
            faults.map(|fault| FaultBody { code: fault.code(), message: fault.to_string() }).collect();
        let response = (status, Json(Body { code, message, faults })).into_response();
        error.with_headers(response)
    }
}

/// Two audiences: the log gets the code, the caller only that it was not the caller's fault.
fn settled(error: &LookupError) -> ApiError {
    if let LookupError::Archive(ArchiveError::BadCursor | ArchiveError::BadLimit { .. }) = error {
        return ApiError::BadRequest(error.to_string());
    }
    if let LookupError::Archive(ArchiveError::Erased { .. }) = error {
        return ApiError::Gone;
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
    ApiError::Internal
}
