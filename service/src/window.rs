//! The window: which papers a matter may ask for, decided by the desk beside the service, and what was decided. The numbers of holders
//! stand in bodies, because URLs are logged.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query as Typed, State};
use axum::http::{HeaderMap, HeaderName};
use boyin::archive::MAX_IDEMPOTENCY_KEY;
use boyin::delegation::DelegationError;
use boyin::exempt::{Channel, CommitmentStanding, ItemCatalog, Receipt, Role};
use boyin::model::id::{DivisionCode, HolderCode};
use boyin::model::time::UnixTime;
use boyin::window::{ExemptionAnswer, ReceiptFault, WindowParty, WindowQuestion, verify_receipt};
use boyin::{Desk, LookupError, Scope, TokenGrant, answers};
use serde::Deserialize;
use serde_json::Value;

use crate::auth::{authorize, order};
use crate::error::ApiError;
use crate::handlers::{named, whole};
use crate::shared::{read, read_agent, read_holder};
use crate::state::{AppState, blocking};

/// Header of an act that may be repeated: the same key means the same act.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
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
    let answer = answer.await?;
    tracing::info!(
        by = grant.name,
        event = answer.event,
        replayed = answer.replayed,
        delegation,
        "decided on papers"
    );
    Ok(answer)
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
pub(crate) async fn kept(state: &AppState, event: u64) -> Result<ExemptionAnswer, ApiError> {
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

/// A query that is none of the call. What stands there is not repeated.
pub(crate) fn query<T>(query: Result<Typed<T>, QueryRejection>, known: &str) -> Result<T, ApiError> {
    let Typed(query) =
        query.map_err(|_| ApiError::BadRequest(format!("the query may hold once each: {known}")))?;
    Ok(query)
}
