//! Codes that holders show (亮证), verified with the lists of the service.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use boyin::Lookup;
use boyin::model::jws::Compact;
use boyin::model::presentation::{MAX_PRESENTATION_BYTES, Presentation};
use boyin::model::time::UnixTime;
use boyin::suite::all_jws;
use boyin::verify::{Context, Verifier};
use boyin_present::{PresentError, PresentationReport, Presented, SeenNonces, check, from_text};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::handlers::whole;
use crate::state::AppState;

/// What came of the text of a code.
async fn checked(state: &AppState, body: Bytes) -> Result<PresentationReport, PresentError> {
    let (seen, started) = (Arc::clone(&state.seen), state.started);
    let checked = state.run(move |lookup, now| {
        // A space may be the last character of a code.
        let text = std::str::from_utf8(&body).map_err(|_| PresentError::Text)?;
        let text = text.trim_end_matches(['\r', '\n']);
        let shown = Presented::decode(&from_text(text)?)?;
        // What was seen before the start is not known.
        let remembers = shown.statement.as_deref().is_some_and(|token| made_after(token, started));
        let mut seen = remembers.then(|| seen.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(looked_at(lookup, &shown, now, seen.as_deref_mut()))
    });
    checked.await
}

fn looked_at(
    lookup: &Lookup,
    shown: &Presented,
    now: UnixTime,
    seen: Option<&mut SeenNonces>,
) -> PresentationReport {
    let registry = lookup.registry();
    let context = Context { now, trust: registry.trust(), status: registry.status() };
    check(shown, &Verifier::new(&all_jws()), &context, seen)
}

/// Whether a statement says that it was made after `started`. What it says is verified later.
fn made_after(token: &[u8], started: UnixTime) -> bool {
    let compact = Compact::open(token, MAX_PRESENTATION_BYTES).ok();
    let claims = compact.and_then(|compact| Presentation::read(&compact.payload).ok());
    claims.is_some_and(|claims| claims.issued_at > started)
}

/// Verifies the text of a code, counts it and tells the log what came of it. Of text that is none the answer for programs.
pub(crate) async fn verified(state: &AppState, body: Bytes) -> Result<PresentationReport, Value> {
    let checked = checked(state, body).await;
    let (verdict, reason) = match &checked {
        Ok(report) => {
            let outcome = report.outcome();
            (outcome.code(), outcome.reason().map(|reason| reason.code))
        }
        Err(error) => ("failed", Some(error.code())),
    };
    state.metrics.verdict(verdict);
    tracing::info!(verdict, reason, "code verified");
    checked.map_err(|error| {
        let reason = json!({ "code": error.code(), "en": error.to_string() });
        json!({ "format": 1, "reason": reason, "verdict": "failed" })
    })
}

/// `POST /v1/presentations/verify`: the text of a code in the body. Public.
pub(crate) async fn verify(
    State(state): State<AppState>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let verified = verified(&state, whole(body)?).await;
    Ok(Json(verified.map_or_else(|refused| refused, |report| report.to_json())))
}
