use axum::http::{HeaderMap, header};
use boyin::archive::{ActError, MAX_WORDS, Reader};
use boyin::model::id::CreditCode;
use boyin::model::time::UnixTime;
use boyin::{Order, Scope, TokenGrant};

use crate::error::ApiError;
use crate::state::AppState;

/// The grant, if the token is known and good for `scope`.
pub(crate) async fn authorize(
    state: &AppState,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<TokenGrant, ApiError> {
    let token = bearer(headers)?;
    let Some(grant) = state.tokens.find(token) else {
        // A client is known, but has calls of its own.
        let client = state.is_of_client(token).await;
        return Err(if client { ApiError::Forbidden } else { ApiError::Unauthorized });
    };
    if !grant.scopes.contains(&scope) {
        return Err(ApiError::Forbidden);
    }
    Ok(grant.clone())
}

/// The token of a request.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    // Of two of them another server in between may have looked at the other one.
    let (Some(value), None) = (sent.next(), sent.next()) else { return Err(ApiError::Unauthorized) };
    let header = value.to_str().ok();
    let (scheme, token) = header.and_then(|text| text.split_once(' ')).ok_or(ApiError::Unauthorized)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(ApiError::Unauthorized) }
}

/// The bearer as the event log names them.
pub(crate) fn reader(grant: &TokenGrant, purpose: &str) -> Result<Reader, ApiError> {
    // A token of an earlier release names no office: nobody could say who read.
    let office = grant.office.ok_or(ApiError::Forbidden)?;
    Reader::new(grant.name.as_str(), office, purpose.trim()).map_err(|error| {
        if error == ActError::Purpose {
            ApiError::BadRequest(format!("purpose: say what for in 1 to {MAX_WORDS} characters"))
        } else {
            ApiError::Forbidden
        }
    })
}

/// Runs one look of a clerk. What does not find all that it is for counts against them, whichever of their tokens they use.
pub(crate) async fn looked_for<T>(
    state: &AppState,
    grant: &TokenGrant,
    look: impl Future<Output = Result<T, ApiError>>,
    found: impl FnOnce(&T) -> bool,
) -> Result<T, ApiError> {
    // Windows of several offices may have one name.
    let clerk = format!("{} {}", grant.office.as_ref().map_or("", CreditCode::as_str), grant.name);
    state.limits.clerk_search(&clerk, state.now())?;
    let done = look.await;
    if done.as_ref().map_or_else(|error| !error.is_miss(), found) {
        state.limits.clerk_found(&clerk);
    }
    done
}

/// An act of the bearer: who acts has an office, and what for is said, as for a read.
pub(crate) fn order(
    grant: &TokenGrant,
    purpose: &str,
    idempotency_key: String,
    at: UnixTime,
) -> Result<Order, ApiError> {
    reader(grant, purpose)?;
    let office = grant.office.ok_or(ApiError::Forbidden)?;
    Ok(Order { who: grant.name.clone(), office, purpose: purpose.trim().to_owned(), idempotency_key, at })
}
