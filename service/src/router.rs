use std::collections::BTreeSet;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath};
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::error::ApiError;
use crate::routes::{Call, get, listed, post, routed};
use crate::state::AppState;
use crate::{
    client, delegated, file_urls, follow_ups, gbt36906, handlers, meter, metrics, pages, presentation,
    shared, window,
};

/// Bytes of a request body with a file in it: a seal of the largest size and some room, so that the verifier says "too large" itself.
pub const MAX_BODY_BYTES: usize = boyin::model::limits::MAX_SEAL_BYTES + 64 * 1024;
/// Bytes of every other call of a client and of one for a holder's code: a few names and words.
pub const MAX_CALL_BODY_BYTES: usize = 64 * 1024;
/// Bytes of a body with a receipt: the largest one and some room, so that the verifier refuses a larger one itself.
pub const MAX_RECEIPT_BODY_BYTES: usize = boyin::exempt::limits::MAX_RECEIPT_BYTES + 64 * 1024;
/// Bytes of a request for an access token: an assertion in a form.
pub const MAX_TOKEN_BODY_BYTES: usize = 4 * boyin::model::assertion::MAX_ASSERTION_BYTES;
/// Seconds after which a request is given up.
pub const REQUEST_TIMEOUT_SECONDS: u64 = 30;
/// The OpenAPI description.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// Bytes of a caller's request ID that is logged.
const MAX_REQUEST_ID: usize = 64;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The pages load nothing from elsewhere, send nothing elsewhere and cannot be framed.
macro_rules! content_security_policy {
    ($more:literal) => {
        concat!(
            "default-src 'none'; ",
            $more,
            "script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    };
}
const CONTENT_SECURITY_POLICY: &str = content_security_policy!("");
/// For the pages that show pictures: they stand in their text, and come from nowhere else.
pub(crate) const POLICY_WITH_PICTURES: &str = content_security_policy!("img-src data:; ");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
pub(crate) const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// What browsers know of; they complain of other names.
const NO_DEVICE: &str = "accelerometer=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), \
     gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), \
     screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()";
/// The same for a page that scans codes.
pub(crate) const CAMERA_ALONE: &str = "accelerometer=(), camera=(self), display-capture=(), encrypted-media=(), fullscreen=(), \
     geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
     publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()";
/// The operations of GB/T 36906, by name.
const OPERATION_PATH: &str = "/gbt36906/{operation}";

/// All calls of the service.
fn table() -> Vec<Call<AppState>> {
    let mut calls: Vec<Call<AppState>> = vec![
        get("/app.js", handlers::script),
        get("/app.css", handlers::style),
        get("/openapi.json", handlers::openapi),
        get("/v1/health", handlers::health),
        post("/v1/verify", handlers::verify),
        get("/v1/licenses/{id}", handlers::license),
        post("/v1/holders/licenses", handlers::holder),
        post("/v1/holders/log", handlers::holder_log).body(MAX_CALL_BODY_BYTES),
        post("/v1/token", client::token).body(MAX_TOKEN_BODY_BYTES),
        post("/v1/shared/licenses", shared::license).body(MAX_CALL_BODY_BYTES),
        post("/v1/shared/holders", shared::holder).body(MAX_CALL_BODY_BYTES),
        post("/v1/shared/checks", shared::check).body(MAX_CALL_BODY_BYTES),
        get("/v1/shared/files/{ticket}", file_urls::file),
        post("/v1/authorizations", shared::authorize).body(MAX_CALL_BODY_BYTES),
        post("/v1/authorizations/delegated", delegated::authorize_delegated).body(MAX_CALL_BODY_BYTES),
        get("/v1/items", window::items),
        get("/v1/items/{code}", window::item),
        post("/v1/decisions", window::decide).body(MAX_CALL_BODY_BYTES),
        post("/v1/decisions/verify", window::verify).body(MAX_RECEIPT_BODY_BYTES),
        get("/v1/decisions/follow-ups", follow_ups::follow_ups),
        get("/v1/decisions/{number}", window::decision),
        get("/v1/meter", meter::meter_figures),
        get("/v1/meter/decisions", meter::meter_decisions),
        get("/v1/meter/next", meter::meter_next),
        post("/v1/presentations/verify", presentation::verify).body(MAX_CALL_BODY_BYTES),
        // The one operation with a file in its body.
        post("/gbt36906/verifyFile", gbt36906::call_with_file),
        post(OPERATION_PATH, gbt36906::call).body(MAX_CALL_BODY_BYTES),
        get("/v1/trust-list", handlers::trust_list),
        get("/v1/trust-list/handovers", handlers::handovers),
        get("/v1/status-lists/{id}", handlers::status_list),
    ];
    calls.extend(pages::calls());
    calls
}

/// Each call of the service by method and path, with the operations of GB/T 36906 one by one: for tests that leave none out.
#[doc(hidden)]
#[must_use]
pub fn calls() -> BTreeSet<(&'static str, String)> {
    let mut calls = listed(&table());
    calls.retain(|(_, path)| path != OPERATION_PATH);
    calls.extend(gbt36906::operations().map(|name| ("POST", OPERATION_PATH.replace("{operation}", name))));
    calls
}

/// The service.
pub fn router(state: AppState) -> Router {
    let calls = guarded(routed(table()), MAX_BODY_BYTES);
    let own = ServiceBuilder::new()
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(from_fn_with_state(state.clone(), metrics::count));
    traced(headed(calls).layer(own)).with_state(state)
}

/// The calls of a server with what browsers are told in each answer, refusals with it: keep nothing, guess no type, load nothing from
/// elsewhere, show it in no frame, tell nobody where one came from, share nothing with windows of others, use no device.
pub(crate) fn headed<S: Clone + Send + Sync + 'static>(calls: Router<S>) -> Router<S> {
    let set = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let layers = ServiceBuilder::new()
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Pages that show pictures have another one.
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(CONTENT_SECURITY_POLICY),
        ))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(set(OPENER_POLICY, "same-origin"))
        .layer(set(RESOURCE_POLICY, "same-origin"))
        // A page that scans has another one.
        .layer(SetResponseHeaderLayer::if_not_present(
            PERMISSIONS_POLICY,
            HeaderValue::from_static(NO_DEVICE),
        ));
    calls.layer(layers)
}

/// The calls of a server within the bounds that every one of them has: a body of a known length and of this size, unless the call has
/// another bound, an answer in time, and one after a panic.
pub(crate) fn guarded<S: Clone + Send + Sync + 'static>(
    calls: Router<S>,
    max_body_bytes: usize,
) -> Router<S> {
    guarded_for(calls, max_body_bytes, Duration::from_secs(REQUEST_TIMEOUT_SECONDS))
}

/// [`guarded`], with another time for the answer.
pub(crate) fn guarded_for<S: Clone + Send + Sync + 'static>(
    calls: Router<S>,
    max_body_bytes: usize,
    time: Duration,
) -> Router<S> {
    let layers = ServiceBuilder::new()
        .layer(from_fn(framed_by_length))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, time))
        .layer(DefaultBodyLimit::max(max_body_bytes));
    calls.layer(layers)
}

/// The calls of a server, each with a number of its own and one line in the log.
pub(crate) fn traced<S: Clone + Send + Sync + 'static>(calls: Router<S>) -> Router<S> {
    let layers = ServiceBuilder::new().layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid)).layer(
        TraceLayer::new_for_http().make_span_with(span).on_request(()).on_response(answered).on_failure(()),
    );
    calls.layer(layers)
}

/// Refuses bodies without a length, and ends the connection: a server in front that sees another end of such a body would take
/// what follows for its own. The transport drops a `Content-Length` beside a `Transfer-Encoding`, so that the two together look the same.
pub(crate) async fn framed_by_length(request: Request<Body>, next: Next) -> Response {
    if !request.headers().contains_key(header::TRANSFER_ENCODING) {
        return next.run(request).await;
    }
    let mut response = ApiError::LengthMissing.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Method, route and request ID; never the URL itself, the headers or the body, nor a method that is none: each may hold a number.
fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    let id = id.filter(|id| id.len() <= MAX_REQUEST_ID);
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    tracing::info_span!("request", method = metrics::method_name(request.method()), route, id)
}

/// One line for each request, in its span.
fn answered(response: &Response, took: Duration, _: &tracing::Span) {
    let milliseconds = took.as_secs_f64() * 1e3;
    tracing::info!(status = response.status().as_u16(), milliseconds, "answered");
}

/// A panic has told the log what happened; the caller gets the same answer as for every other fault of ours.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!(code = "panic", "a handler panicked");
    ApiError::Internal.into_response()
}
