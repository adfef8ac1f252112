//! The exemption meter over HTTP, and the decisions behind each of its figures. Nothing personal is in them.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query as Typed, State};
use axum::http::HeaderMap;
use boyin::exempt::Answer;
use boyin::meter::{Behind, By, Count, Figure, Within, meter, next_types};
use boyin::{Lookup, LookupError, Scope, answers};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::authorize;
use crate::error::ApiError;
use crate::state::AppState;
use crate::window::query;

/// Decisions in one answer about what is behind a figure; of a package by item there may be a few rows more.
pub const MAX_LISTED_DECISIONS: usize = 100;

/// The query of `GET /v1/meter`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeterQuery {
    /// `county` unless it is said.
    pub(crate) by: Option<String>,
    pub(crate) county: Option<String>,
    pub(crate) office: Option<String>,
    pub(crate) item: Option<String>,
    pub(crate) month: Option<String>,
}

/// The query of `GET /v1/meter/next`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NextQuery {
    county: Option<String>,
    office: Option<String>,
    item: Option<String>,
    month: Option<String>,
}

/// The query of `GET /v1/meter/decisions`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BehindQuery {
    /// As in the query of the meter that had the figure.
    by: Option<String>,
    county: Option<String>,
    office: Option<String>,
    item: Option<String>,
    month: Option<String>,
    /// `transactions` unless it is said.
    figure: Option<String>,
    outcome: Option<String>,
    license_type: Option<String>,
    /// `next` of the answer before.
    after: Option<u64>,
}

/// The decisions behind a figure.
pub(crate) struct Listed {
    /// The figure.
    pub(crate) count: u64,
    /// A page of its decisions.
    pub(crate) decisions: Vec<Value>,
    /// After which event there are more.
    pub(crate) next: Option<u64>,
}

/// One of a few codes; what was sent is not repeated.
fn one_of<T>(name: &str, found: Option<T>, known: &[&str]) -> Result<T, ApiError> {
    found.ok_or_else(|| ApiError::BadRequest(format!("{name}: one of {}", known.join(", "))))
}

/// By what the meter is told apart: by county unless it is said.
pub(crate) fn by_of(code: Option<&str>) -> Result<By, ApiError> {
    one_of("by", code.map_or(Some(By::County), By::from_code), &By::ALL.map(By::code))
}

impl MeterQuery {
    pub(crate) fn read(self) -> Result<(By, Within), ApiError> {
        let Self { by, county, office, item, month } = self;
        Ok((by_of(by.as_deref())?, Within { county, office, item, month }))
    }
}

impl BehindQuery {
    /// The selector, and after which event it goes on.
    pub(crate) fn read(self) -> Result<(Behind, Option<u64>), ApiError> {
        let Self { by, county, office, item, month, figure, outcome, license_type, after } = self;
        let figure = figure.as_deref().map_or(Some(Figure::default()), Figure::from_code);
        let outcome = outcome
            .map(|code| one_of("outcome", Answer::from_code(&code), &Answer::ALL.map(Answer::code)))
            .transpose()?;
        let behind = Behind {
            by: by_of(by.as_deref())?,
            within: Within { county, office, item, month },
            figure: one_of("figure", figure, &Figure::ALL.map(Figure::code))?,
            outcome,
            license_type,
        };
        Ok((behind, after))
    }
}

/// The meter, told apart by something.
pub(crate) async fn figures(state: &AppState, by: By, within: Within) -> Result<Value, ApiError> {
    let counted = state.run(move |lookup, _| {
        let found = meter(by, &within, lookup.decisions())?;
        Ok::<_, LookupError>(answers::meter(by, &within, &found))
    });
    Ok(counted.await?)
}

/// Which license types would raise the rate most.
pub(crate) async fn needs(state: &AppState, within: Within) -> Result<Value, ApiError> {
    let counted = state.run(move |lookup, _| {
        let found = next_types(&within, lookup.decisions())?;
        Ok::<_, LookupError>(answers::next(&within, &found))
    });
    Ok(counted.await?)
}

/// What is behind a figure.
pub(crate) async fn behind(state: &AppState, wanted: Behind, after: Option<u64>) -> Result<Listed, ApiError> {
    Ok(state.run(move |lookup, _| listed(lookup, wanted, after)).await?)
}

/// Every decision is read: the figure is told with each page of its decisions.
fn listed(lookup: &Lookup, wanted: Behind, after: Option<u64>) -> Result<Listed, LookupError> {
    let figure = wanted.figure;
    let selector = wanted.selector(lookup.decisions())?;
    let (mut decisions, mut count) = (Vec::new(), Count::default());
    let (mut last, mut next) = (None, None);
    for decided in lookup.decisions() {
        let decided = decided?;
        let found = selector.of(&decided);
        found.iter().for_each(|one| count.add(one));
        if found.is_empty() || after.is_some_and(|after| decided.event <= after) {
            continue;
        }
        if decisions.len() < MAX_LISTED_DECISIONS {
            decisions.extend(found.iter().map(|one| answers::counted(&decided, one)));
            last = Some(decided.event);
        } else {
            next = last;
        }
    }
    Ok(Listed { count: count.of(figure), decisions, next })
}

/// `GET /v1/meter`: how much did not have to be submitted.
pub(crate) async fn meter_figures(
    State(state): State<AppState>,
    headers: HeaderMap,
    asked: Result<Typed<MeterQuery>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    authorize(&state, &headers, Scope::MeterRead).await?;
    let (by, within) = query(asked, "by, county, office, item, month")?.read()?;
    Ok(Json(figures(&state, by, within).await?))
}

/// `GET /v1/meter/decisions`: the decisions behind a figure.
pub(crate) async fn meter_decisions(
    State(state): State<AppState>,
    headers: HeaderMap,
    asked: Result<Typed<BehindQuery>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    authorize(&state, &headers, Scope::MeterRead).await?;
    let known = "by, county, office, item, month, figure, outcome, license_type, after";
    let (wanted, after) = query(asked, known)?.read()?;
    let Listed { count, decisions, next } = behind(&state, wanted, after).await?;
    Ok(Json(json!({ "count": count, "decisions": decisions, "next": next })))
}

/// `GET /v1/meter/next`: which license types, if collected next, raise the rate most.
pub(crate) async fn meter_next(
    State(state): State<AppState>,
    headers: HeaderMap,
    asked: Result<Typed<NextQuery>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    authorize(&state, &headers, Scope::MeterRead).await?;
    let NextQuery { county, office, item, month } = query(asked, "county, office, item, month")?;
    Ok(Json(needs(&state, Within { county, office, item, month }).await?))
}
