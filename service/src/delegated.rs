//! Codes by which an agency sees what is a holder's, made for somebody whom the holder lets act (委托代办): each takes one use of the
//! delegation, which is an event of the holder's, so that it takes a desk.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use boyin::Scope;
use boyin::access::{AUTHORIZATION_SECONDS, Authorization};
use boyin::archive::MAX_IDEMPOTENCY_KEY;
use boyin::delegation::DelegationUse;
use boyin::suite::SystemRandom;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::{authorize, looked_for, order};
use crate::error::ApiError;
use crate::shared::{read, read_agency, read_agent, read_holder, read_item, read_type};
use crate::state::{AppState, blocking};

/// Bytes of the key of such an act: there is room for what the desk adds.
const MAX_KEY: usize = MAX_IDEMPOTENCY_KEY / 2;

/// The body of `POST /v1/authorizations/delegated`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DelegatedRequest {
    holder_code_type: String,
    holder_code: String,
    agent_code_type: String,
    agent_code: String,
    delegation: u64,
    agency: String,
    license_type: String,
    item: String,
    purpose: String,
    idempotency_key: String,
}

/// `POST /v1/authorizations/delegated`: a code for somebody who is there and whom the holder lets act.
pub(crate) async fn authorize_delegated(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let grant = authorize(&state, &headers, Scope::HolderAuthorize).await?;
    let request: DelegatedRequest = read(body)?;
    let order = order(&grant, &request.purpose, request.idempotency_key, state.now())?;
    let holder = read_holder(&request.holder_code_type, &request.holder_code)?;
    let agent = read_agent(&request.agent_code_type, &request.agent_code)?;
    let agency = read_agency(&request.agency)?;
    let license_type = read_type(&request.license_type)?;
    let item = read_item(request.item)?;
    let key = &order.idempotency_key;
    if !(1..=MAX_KEY).contains(&key.len()) || key.chars().any(char::is_control) {
        return Err(ApiError::BadRequest(format!(
            "idempotency_key: 1 to {MAX_KEY} bytes without control characters"
        )));
    }
    let desk = state.desk.clone().ok_or(ApiError::NoDesk)?;
    let of = Authorization {
        holder: state.lookup.holder_key(&holder),
        agency,
        license_type,
        item: item.clone(),
        purpose: request.purpose,
    };
    // A code for which there is no room must not spend a use; where the use is refused, the room is given back.
    let reserved = state.authorizations.reserve(of, &grant.name, state.now())?;
    let number = request.delegation;
    let used = blocking(move || {
        let types = BTreeSet::from([license_type]);
        let told = format!("code {license_type} {item} {agency}");
        let items = [vec![item]];
        let wanted =
            DelegationUse { number, agent: &agent, license_types: &types, items: &items, told: &told };
        desk.use_delegation(&holder, &wanted, told.as_bytes(), &order)
    });
    // A refusal is all that there is to learn of whom the holder lets act. What comes after it is no try.
    let look = async { used.await.map_err(ApiError::from) };
    let done = looked_for(&state, &grant, look, |_| true).await?;
    if done.replayed {
        // Its code was told once, and is kept by nobody.
        let told = "this key made a code already: make another one under another key";
        return Err(ApiError::Refused("code_made", told.to_owned()));
    }
    let by = format!("{}, delegation {number}", grant.name);
    let code = reserved.make(&by, state.now(), &mut SystemRandom)?;
    tracing::info!(by = grant.name, agency = %agency, delegation = number, "authorization made for an agent");
    Ok(Json(json!({ "code": code.reveal(), "expires_in": AUTHORIZATION_SECONDS })))
}
