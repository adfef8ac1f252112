//! The window: which papers a matter may ask for, decided by the desk beside the service; what was decided, and the meter. The
//! numbers of holders stand in bodies, because URLs are logged.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query as Typed, State};
use axum::http::{HeaderMap, HeaderName};
use boyin::archive::MAX_IDEMPOTENCY_KEY;
use boyin::delegation::DelegationError;
use boyin::exempt::{Answer, Channel, CommitmentStanding, ItemCatalog, Reason, Receipt, Role};
use boyin::meter::{Behind, By, meter, next_types};
use boyin::model::id::{DivisionCode, HolderCode};
use boyin::model::time::UnixTime;
use boyin::window::{ExemptionAnswer, ReceiptFault, WindowParty, WindowQuestion, verify_receipt};
use boyin::{Desk, Lookup, LookupError, Scope, TokenGrant, answers};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::{authorize, looked_for, order};
use crate::error::ApiError;
use crate::handlers::{named, whole};
use crate::shared::{read, read_agent, read_holder};
use crate::state::{AppState, blocking};

/// Header of an act that may be repeated: the same key means the same act.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Decisions in one answer about what is behind a figure.
pub const MAX_LISTED_DECISIONS: usize = 100;
/// Seconds for which the item catalog serves that was read last: it is large, and anybody may ask for it.
const ITEMS_SECONDS: u64 = 10;

/// The item catalog, and the instant for which it is asked.
pub(crate) async fn catalog(state: &AppState) -> Result<(Arc<ItemCatalog>, UnixTime), ApiError> {
    let known = Arc::clone(&state.items);
    let found = state.run(move |lookup, now| {
        let catalog = known.at(now, ITEMS_SECONDS, || lookup.item_catalog().map(Arc::new))?;
        Ok::<_, LookupError>((catalog, now))
    });
    Ok(found.await?)
}

/// `GET /v1/items`: the items and packages that hold today. Public.
pub(crate) async fn items(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    let (catalog, now) = catalog(&state).await?;
    Ok(Json(answers::matters(&catalog, now.date())))
}

/// `GET /v1/items/{code}`: one of them by key, code or Chinese name, with its questions. Public.
pub(crate) async fn item(
    State(state): State<AppState>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let name = named(name)?;
    let (catalog, now) = catalog(&state).await?;
    let matter = catalog.matter(&name, now.date()).map_err(|_| ApiError::NotFound)?;
    Ok(Json(answers::matter(&catalog, &matter)))
}

/// The body of `POST /v1/decisions`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionRequest {
    /// An item or a package.
    pub(crate) item: String,
    pub(crate) division: String,
    #[serde(default)]
    pub(crate) situation: BTreeMap<String, String>,
    pub(crate) parties: BTreeMap<String, PartyRequest>,
    #[serde(default)]
    pub(crate) form: BTreeMap<String, String>,
    /// `open` unless it is said.
    pub(crate) commitment: Option<String>,
    /// `window` unless it is said.
    pub(crate) channel: Option<String>,
    /// What for (GB/T 36906 `useCause`).
    pub(crate) purpose: String,
    /// Who acts for the applicant, or for the enterprise where there is no applicant: all three members or none.
    pub(crate) agent_code_type: Option<String>,
    pub(crate) agent_code: Option<String>,
    /// Number of the holder's delegation.
    pub(crate) delegation: Option<u64>,
}

/// A question as the desk takes it.
pub(crate) struct Asked {
    question: WindowQuestion,
    purpose: String,
    /// Who acts for the holder, and by which delegation.
    agent: Option<(HolderCode, u64)>,
}

/// Who takes part.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartyRequest {
    pub(crate) holder_code_type: String,
    pub(crate) holder_code: String,
    pub(crate) holder_name: Option<String>,
}

impl DecisionRequest {
    /// The question, what for and who asks. No message repeats what stands in the request.
    fn read(self) -> Result<Asked, ApiError> {
        let wrong = |text: &str| ApiError::BadRequest(text.to_owned());
        let agent = match (self.agent_code_type, self.agent_code, self.delegation) {
            (None, None, None) => None,
            (Some(code_type), Some(code), Some(delegation)) => {
                Some((read_agent(&code_type, &code)?, delegation))
            }
            _ => return Err(wrong("agent_code_type, agent_code, delegation: all of them or none")),
        };
        let channel = self.channel.as_deref().map_or(Some(Channel::Window), Channel::from_code);
        let commitment = match self.commitment.as_deref() {
            None | Some("open") => CommitmentStanding::Open,
            Some("barred") => CommitmentStanding::Barred,
            Some(_) => return Err(wrong("commitment: open or barred")),
        };
        let mut parties = BTreeMap::new();
        for (role, party) in self.parties {
            let role = Role::from_code(&role)
                .ok_or_else(|| ApiError::BadRequest(format!("parties: the roles are {}", roles())))?;
            let holder = read_holder(&party.holder_code_type, &party.holder_code)?;
            parties.insert(role, WindowParty { holder, name: party.holder_name });
        }
        let question = WindowQuestion {
            matter: self.item,
            division: DivisionCode::parse(&self.division)
                .map_err(|_| wrong("division: six digits of GB/T 2260"))?,
            situation: self.situation,
            parties,
            form: self.form,
            commitment,
            channel: channel.ok_or_else(|| {
                let known = Channel::ALL.map(Channel::code).join(", ");
                ApiError::BadRequest(format!("channel: one of {known}"))
            })?,
        };
        Ok(Asked { question, purpose: self.purpose, agent })
    }
}

fn roles() -> String {
    Role::ALL.map(Role::code).join(", ")
}

/// The key of an act, which has to be there once.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<String, ApiError> {
    let mut sent = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(key), None) = (sent.next(), sent.next()) else {
        return Err(ApiError::BadRequest("send one Idempotency-Key, new for each question".to_owned()));
    };
    let key = key.to_str().ok().map(str::to_owned);
    key.ok_or_else(|| {
        ApiError::BadRequest(format!("Idempotency-Key: 1 to {MAX_IDEMPOTENCY_KEY} visible characters"))
    })
}

/// Who asks, and the desk that decides.
pub(crate) async fn decider(
    state: &AppState,
    headers: &HeaderMap,
) -> Result<(TokenGrant, Arc<Desk>), ApiError> {
    let grant = authorize(state, headers, Scope::WindowDecide).await?;
    grant.office.ok_or(ApiError::Forbidden)?;
    Ok((grant, state.desk.clone().ok_or(ApiError::NoDesk)?))
}

/// Decides beside the desk: on the disk, with its events, before it is answered.
pub(crate) async fn decided(
    state: &AppState,
    grant: &TokenGrant,
    desk: Arc<Desk>,
    request: DecisionRequest,
    idempotency_key: String,
) -> Result<ExemptionAnswer, ApiError> {
    let Asked { question, purpose, agent } = request.read()?;
    let order = order(grant, purpose, idempotency_key, state.now())?;
    let delegation = agent.as_ref().map(|(_, number)| *number);
    let answer = blocking(move || match agent {
        Some((agent, delegation)) => desk.decide_exemption_for_agent(&question, &agent, delegation, &order),
        None => desk.decide_exemption(&question, &order).map_err(DelegationError::from),
    });
    let look = async { answer.await.map_err(ApiError::from) };
    let answer = looked_for(state, grant, look, all_on_file).await?;
    tracing::info!(
        by = grant.name,
        event = answer.event,
        replayed = answer.replayed,
        delegation,
        "decided on papers"
    );
    Ok(answer)
}

/// Whether all is on file that a decision looked for.
fn all_on_file(answer: &ExemptionAnswer) -> bool {
    let told = answers::decision(answer).unwrap_or_default();
    let materials = told["decision"]["materials"].as_array().into_iter().flatten();
    let mut findings = materials.flat_map(|material| material["findings"].as_array().into_iter().flatten());
    !findings.any(|finding| finding["code"] == Reason::NotOnFile.info().code)
}

/// An answer for programs.
pub(crate) fn told(answer: &ExemptionAnswer) -> Result<Value, ApiError> {
    answers::decision(answer).ok_or_else(|| {
        tracing::error!(code = "receipt", event = answer.event, "a kept receipt cannot be read");
        ApiError::Internal
    })
}

/// `POST /v1/decisions`: which papers a matter may ask for.
pub(crate) async fn decide(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let (grant, desk) = decider(&state, &headers).await?;
    let key = idempotency_key(&headers)?;
    Ok(Json(told(&decided(&state, &grant, desk, read(body)?, key).await?)?))
}

/// The decision whose event has this number.
async fn kept(state: &AppState, event: u64) -> Result<ExemptionAnswer, ApiError> {
    let desk = state.desk.clone();
    let receipt = state.run(move |lookup, _| match desk {
        // It knows what the follower has not taken over yet.
        Some(desk) => desk.archive().decision(event).map_err(LookupError::from),
        None => lookup.decision(event),
    });
    let receipt = receipt.await?.ok_or(ApiError::NotFound)?;
    Ok(ExemptionAnswer { event, replayed: true, receipt })
}

/// `GET /v1/decisions/{number}`: a kept decision with its receipt, which holds nothing personal.
pub(crate) async fn decision(
    State(state): State<AppState>,
    headers: HeaderMap,
    number: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    authorize(&state, &headers, Scope::WindowDecide).await?;
    let event = named(number)?.parse::<u64>().map_err(|_| ApiError::NotFound)?;
    Ok(Json(told(&kept(&state, event).await?)?))
}

/// Verifies a receipt, counts it and tells the log what came of it.
pub(crate) async fn verified_receipt(state: &AppState, body: Bytes) -> Result<Receipt, ReceiptFault> {
    let verified = state
        .run(move |lookup, now| verify_receipt(body.trim_ascii_end(), lookup.registry().trust(), now))
        .await;
    let verdict = answers::receipt_verdict(&verified);
    state.metrics.verdict(verdict);
    tracing::info!(verdict, reason = verified.as_ref().err().map(|fault| fault.code()), "receipt verified");
    verified
}

/// `POST /v1/decisions/verify`: whether a receipt counts. Public.
pub(crate) async fn verify(
    State(state): State<AppState>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(answers::receipt(&verified_receipt(&state, whole(body)?).await)))
}

/// The query of `GET /v1/meter`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeterQuery {
    /// `county` unless it is said.
    pub(crate) by: Option<String>,
}

/// The query of `GET /v1/meter/decisions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BehindQuery {
    pub(crate) by: String,
    pub(crate) of: String,
    pub(crate) outcome: Option<String>,
    pub(crate) license_type: Option<String>,
    /// `next` of the answer before.
    pub(crate) after: Option<u64>,
}

/// By what the meter is told apart: by county unless it is said.
pub(crate) fn by_of(code: Option<&str>) -> Result<By, ApiError> {
    code.map_or(Some(By::County), By::from_code)
        .ok_or_else(|| ApiError::BadRequest(format!("by: one of {}", By::ALL.map(By::code).join(", "))))
}

impl BehindQuery {
    pub(crate) fn read(self) -> Result<(By, Behind, Option<u64>), ApiError> {
        let outcome = self.outcome.as_deref().map(|code| {
            let known = Answer::ALL.map(Answer::code).join(", ");
            Answer::from_code(code).ok_or_else(|| ApiError::BadRequest(format!("outcome: one of {known}")))
        });
        let behind = Behind { cell: self.of, outcome: outcome.transpose()?, license_type: self.license_type };
        Ok((by_of(Some(&self.by))?, behind, self.after))
    }
}

/// The meter, told apart by something.
pub(crate) async fn figures(state: &AppState, by: By) -> Result<Value, ApiError> {
    let found = state.run(move |lookup, _| meter(by, lookup.decisions())).await?;
    Ok(answers::meter(by, &found))
}

/// Which license types would raise the rate most.
pub(crate) async fn needs(state: &AppState) -> Result<Value, ApiError> {
    Ok(answers::next(&state.run(|lookup, _| next_types(lookup.decisions())).await?))
}

/// The decisions behind a figure after an event, and after which one there are more.
pub(crate) async fn behind(
    state: &AppState,
    by: By,
    wanted: Behind,
    after: Option<u64>,
) -> Result<(Vec<Value>, Option<u64>), ApiError> {
    Ok(state.run(move |lookup, _| listed(lookup, by, &wanted, after)).await?)
}

fn listed(
    lookup: &Lookup,
    by: By,
    wanted: &Behind,
    after: Option<u64>,
) -> Result<(Vec<Value>, Option<u64>), LookupError> {
    let (mut rows, mut last) = (Vec::new(), None);
    for decided in lookup.decisions() {
        let decided = decided?;
        if after.is_some_and(|after| decided.event <= after) {
            continue;
        }
        let parts = decided.parts(by);
        let mut found = parts.iter().filter(|part| wanted.holds(part)).peekable();
        if found.peek().is_none() {
            continue;
        }
        if rows.len() >= MAX_LISTED_DECISIONS {
            return Ok((rows, last));
        }
        rows.extend(found.map(|part| answers::part(&decided, part)));
        last = Some(decided.event);
    }
    Ok((rows, None))
}

/// A query that is none of the call. What stands there is not repeated.
fn query<T>(query: Result<Typed<T>, QueryRejection>, known: &str) -> Result<T, ApiError> {
    let Typed(query) =
        query.map_err(|_| ApiError::BadRequest(format!("the query may hold once each: {known}")))?;
    Ok(query)
}

/// `GET /v1/meter`: how much did not have to be submitted.
pub(crate) async fn meter_figures(
    State(state): State<AppState>,
    headers: HeaderMap,
    asked: Result<Typed<MeterQuery>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    authorize(&state, &headers, Scope::MeterRead).await?;
    let asked = query(asked, "by")?;
    Ok(Json(figures(&state, by_of(asked.by.as_deref())?).await?))
}

/// `GET /v1/meter/decisions`: the decisions behind a figure.
pub(crate) async fn meter_decisions(
    State(state): State<AppState>,
    headers: HeaderMap,
    asked: Result<Typed<BehindQuery>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    authorize(&state, &headers, Scope::MeterRead).await?;
    let (by, wanted, after) = query(asked, "by, of, outcome, license_type, after")?.read()?;
    let (decisions, next) = behind(&state, by, wanted, after).await?;
    Ok(Json(json!({ "decisions": decisions, "next": next })))
}

/// `GET /v1/meter/next`: which license types, if collected next, raise the rate most.
pub(crate) async fn meter_next(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    authorize(&state, &headers, Scope::MeterRead).await?;
    Ok(Json(needs(&state).await?))
}
