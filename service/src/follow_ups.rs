//! What was declared in place of papers and is to be checked afterwards (告知承诺 事后核查), over HTTP. Nothing personal is in it.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query as Typed, State};
use axum::http::HeaderMap;
use boyin::meter::FollowUps;
use boyin::model::time::Date;
use boyin::{Lookup, LookupError, Scope, answers};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::authorize;
use crate::error::ApiError;
use crate::meter::MAX_LISTED_DECISIONS;
use crate::state::AppState;
use crate::window::query;

/// The query of `GET /v1/decisions/follow-ups`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FollowUpQuery {
    pub(crate) from: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) office: Option<String>,
    /// `next` of the answer before.
    pub(crate) after: Option<u64>,
}

impl FollowUpQuery {
    fn read(self) -> Result<(FollowUps, Option<u64>), ApiError> {
        let Self { from, until, office, after } = self;
        let (from, until) = (day("from", from)?, day("until", until)?);
        Ok((FollowUps { from, until, office }, after))
    }
}

/// A day; what was sent is not repeated.
fn day(name: &str, text: Option<String>) -> Result<Option<Date>, ApiError> {
    let wrong = |_| ApiError::BadRequest(format!("{name}: a day, as 2026-11-30"));
    text.map(|text| text.parse::<Date>().map_err(wrong)).transpose()
}

/// A page of follow-ups, and after which event there are more. It ends with a decision, so that none is cut in two.
fn due(
    lookup: &Lookup,
    wanted: &FollowUps,
    after: Option<u64>,
) -> Result<(Vec<Value>, Option<u64>), LookupError> {
    let (mut rows, mut listed, mut last) = (Vec::new(), 0, None);
    for decided in lookup.decisions_after(after) {
        let decided = decided?;
        let found = wanted.of(&decided);
        if found.is_empty() {
            continue;
        }
        if listed == MAX_LISTED_DECISIONS {
            return Ok((rows, last));
        }
        (listed, last) = (listed + 1, Some(decided.event));
        rows.extend(
            found.into_iter().map(|(material, declared)| answers::follow_up(&decided, material, declared)),
        );
    }
    Ok((rows, None))
}

/// A page of what is asked for, and after which event there are more.
pub(crate) async fn listed(
    state: &AppState,
    asked: FollowUpQuery,
) -> Result<(Vec<Value>, Option<u64>), ApiError> {
    let (wanted, after) = asked.read()?;
    Ok(state.run(move |lookup, _| due(lookup, &wanted, after)).await?)
}

/// `GET /v1/decisions/follow-ups`: which commitments are to be checked, by whom and until when.
pub(crate) async fn follow_ups(
    State(state): State<AppState>,
    headers: HeaderMap,
    asked: Result<Typed<FollowUpQuery>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    authorize(&state, &headers, Scope::WindowDecide).await?;
    let (rows, next) = listed(&state, query(asked, "from, until, office, after")?).await?;
    Ok(Json(json!({ "follow_ups": rows, "next": next })))
}
