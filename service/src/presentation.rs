//! Codes that holders show (亮证), verified with the lists of the service.

use std::sync::PoisonError;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use boyin::model::jws::Compact;
use boyin::model::presentation::{MAX_PRESENTATION_BYTES, Presentation};
use boyin::model::time::UnixTime;
use boyin::suite::all_jws;
use boyin::verify::{AnyReason as _, Context, Verifier};
use boyin_present::{
    Demand, ListAge, PresentError, PresentationReport, Presented, RefusedCode, check, from_text,
};
use serde_json::Value;

use crate::error::ApiError;
use crate::handlers::whole;
use crate::query::{DYNAMIC, Query};
use crate::state::AppState;

/// What came of the text of a code.
async fn checked(state: &AppState, body: Bytes, demand: Demand) -> Result<PresentationReport, RefusedCode> {
    let service = state.clone();
    let checked = state.run(move |lookup, at| {
        let registry = lookup.registry();
        let shown = decoded(&body).map_err(|error| {
            let trust_list = Some(ListAge::of_trust(registry.trust(), at));
            RefusedCode { error, trust_list, at }
        })?;
        // What was seen before the start is not known.
        let remembers = shown.statement.as_deref().is_some_and(|token| made_after(token, service.started));
        let mut seen = remembers.then(|| service.seen.lock().unwrap_or_else(PoisonError::into_inner));
        // Read last: a code can end while it is waited for.
        let context = Context { now: service.now(), trust: registry.trust(), status: registry.status() };
        Ok(check(&shown, &Verifier::new(&all_jws()), &context, demand, seen.as_deref_mut()))
    });
    checked.await
}

fn decoded(body: &[u8]) -> Result<Presented, PresentError> {
    let text = std::str::from_utf8(body).map_err(|_| PresentError::Text)?;
    // A space may be the last character of a code.
    Presented::decode(&from_text(text.trim_end_matches(['\r', '\n']))?)
}

/// Whether a statement says that it was made after `started`. What it says is verified later.
fn made_after(token: &[u8], started: UnixTime) -> bool {
    let compact = Compact::open(token, MAX_PRESENTATION_BYTES).ok();
    let claims = compact.and_then(|compact| Presentation::read(&compact.payload).ok());
    claims.is_some_and(|claims| claims.issued_at > started)
}

/// Verifies the text of a code, counts it and tells the log what came of it. Of text that is none the answer for programs.
pub(crate) async fn verified(
    state: &AppState,
    body: Bytes,
    demand: Demand,
) -> Result<PresentationReport, Value> {
    let checked = checked(state, body, demand).await;
    let (verdict, reason) = match &checked {
        Ok(report) => {
            let verdict = report.verdict();
            (verdict.code(), verdict.reason().map(|reason| reason.info().code))
        }
        Err(refused) => ("failed", Some(refused.error.code())),
    };
    state.metrics.verdict(verdict);
    tracing::info!(verdict, reason, "code verified");
    checked.map_err(|refused| refused.to_json())
}

/// `POST /v1/presentations/verify`: the text of a code in the body. Public.
///
/// That a static code is not enough goes into the query: see [`Query`].
pub(crate) async fn verify(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let demand = Query::read(query.as_deref(), &[DYNAMIC])?.demand()?;
    let verified = verified(&state, whole(body)?, demand).await;
    Ok(Json(verified.map_or_else(|refused| refused, |report| report.to_json())))
}
