use axum::http::{HeaderMap, header};
use boyin::Scope;

use crate::error::ApiError;
use crate::state::AppState;

/// The bearer's name, if the token is known and good for `scope`.
pub(crate) fn authorize(state: &AppState, headers: &HeaderMap, scope: Scope) -> Result<String, ApiError> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = header.and_then(|text| text.split_once(' ')).ok_or(ApiError::Unauthorized)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::Unauthorized);
    }
    let grant = state.tokens.find(token.trim()).ok_or(ApiError::Unauthorized)?;
    if !grant.scopes.contains(&scope) {
        return Err(ApiError::Forbidden);
    }
    Ok(grant.name.clone())
}
