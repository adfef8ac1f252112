//! Counts and times of the service, for Prometheus. Labels are words of this program: routes, statuses, codes. Nothing that a caller
//! sent stands in one, so that nothing personal can.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use boyin::webhook::Waiting;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::router::headed;
use crate::routes::{Call, get, listed, routed};
use crate::state::AppState;

/// Upper bounds in seconds: a verification takes less than the first, a request is given up after the last.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 10.0, 30.0];
/// Stands for every path that is none of ours: as many as callers can think of.
const NO_ROUTE: &str = "none";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Check {
    check: &'static str,
}

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    verdicts: Family<Code, Counter>,
    tokens: Family<Code, Counter>,
    shared: Family<Code, Counter>,
    deliveries: Family<Code, Counter>,
    webhooks_waiting: Gauge,
    webhooks_oldest: Gauge,
    health: Family<Check, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("boyin");
        let metrics = (
            Family::<CallLabels, Counter>::default(),
            Family::<Route, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(BUCKETS)),
            [(); 4].map(|()| Family::<Code, Counter>::default()),
            Family::<Check, Gauge>::default(),
        );
        let (calls, seconds, [verdicts, tokens, shared, deliveries], health) = metrics;
        registry.register("http_requests", "Answers by method, route and status", calls.clone());
        registry.register_with_unit("http_duration", "Time to the answer", Unit::Seconds, seconds.clone());
        registry.register("verdicts", "Verifications of what was presented, by verdict", verdicts.clone());
        registry.register("tokens", "Assertions of clients: given, or why not", tokens.clone());
        registry.register("shared", "Searches of clients: found, or why not", shared.clone());
        let [webhooks_waiting, webhooks_oldest] = [(); 2].map(|()| Gauge::default());
        registry.register(
            "webhook_deliveries",
            "Notices to clients: delivered, or why not",
            deliveries.clone(),
        );
        let waiting = "Clients for which a notice waits";
        registry.register("webhooks_waiting", waiting, webhooks_waiting.clone());
        let oldest = "Time since the change that the oldest waiting notice tells of";
        registry.register_with_unit("webhooks_oldest", oldest, Unit::Seconds, webhooks_oldest.clone());
        registry.register("health", "Whether each check of health passes", health.clone());
        Self {
            registry,
            calls,
            seconds,
            verdicts,
            tokens,
            shared,
            deliveries,
            webhooks_waiting,
            webhooks_oldest,
            health,
        }
    }
}

impl Metrics {
    pub(crate) fn verdict(&self, code: &'static str) {
        self.verdicts.get_or_create(&Code { code }).inc();
    }

    pub(crate) fn token(&self, code: &'static str) {
        self.tokens.get_or_create(&Code { code }).inc();
    }

    pub(crate) fn shared(&self, code: &'static str) {
        self.shared.get_or_create(&Code { code }).inc();
    }

    pub(crate) fn delivered(&self, code: &'static str, notices: u64) {
        self.deliveries.get_or_create(&Code { code }).inc_by(notices);
    }

    fn waiting(&self, waiting: Waiting) {
        self.webhooks_waiting.set(i64::try_from(waiting.clients).unwrap_or(i64::MAX));
        self.webhooks_oldest.set(i64::try_from(waiting.oldest_seconds).unwrap_or(i64::MAX));
    }
}

/// Only methods of ours are told apart: a caller can make others up.
pub(crate) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

/// Counts a request and the time to its answer.
pub(crate) async fn count(State(state): State<AppState>, request: Request<Body>, next: Next) -> Response {
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let (metrics, status) = (&state.metrics, response.status().as_u16());
    metrics.seconds.get_or_create(&Route { route: route.clone() }).observe(begun.elapsed().as_secs_f64());
    metrics.calls.get_or_create(&CallLabels { method, route, status }).inc();
    response
}

/// What Prometheus asks, for a listener of its own: the operator's business and no caller's.
fn table() -> Vec<Call<AppState>> {
    vec![get("/metrics", metrics)]
}

/// Each call of the listener for Prometheus by method and path: for tests that leave none out.
#[doc(hidden)]
#[must_use]
pub fn metrics_calls() -> BTreeSet<(&'static str, String)> {
    listed(&table())
}

/// The listener for Prometheus.
pub fn metrics_router(state: AppState) -> Router {
    headed(routed(table())).with_state(state)
}

/// `GET /metrics`, in the text format of OpenMetrics.
async fn metrics(State(state): State<AppState>) -> Response {
    let shared = state.clone();
    let health = state.run(move |lookup, now| shared.health(lookup, now)).await;
    let metrics = Arc::clone(&state.metrics);
    if let Some(webhooks) = &state.webhooks {
        metrics.waiting(webhooks.waiting(state.now()));
    }
    for item in &health.items {
        metrics.health.get_or_create(&Check { check: item.name }).set(i64::from(item.ok));
    }
    let mut text = String::new();
    if encode(&mut text, &metrics.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}
