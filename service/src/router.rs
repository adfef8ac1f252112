use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath};
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::error::ApiError;
use crate::state::AppState;
use crate::{
    client, delegated, follow_ups, gbt36906, handlers, meter, metrics, pages, presentation, shared, window,
};

/// Bytes of a request body with a file in it: a seal of the largest size and some room, so that the verifier says "too large" itself.
pub const MAX_BODY_BYTES: usize = boyin::model::limits::MAX_SEAL_BYTES + 64 * 1024;
/// Bytes of every other call of a client and of one for a holder's code: a few names and words.
pub const MAX_CALL_BODY_BYTES: usize = 64 * 1024;
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
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// All calls of the service.
pub fn router(state: AppState) -> Router {
    let small = || DefaultBodyLimit::max(MAX_CALL_BODY_BYTES);
    let set = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let own = ServiceBuilder::new()
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(from_fn_with_state(state.clone(), metrics::count));
    let calls = Router::new()
        .merge(pages::routes())
        .route("/app.js", get(handlers::script))
        .route("/app.css", get(handlers::style))
        .route("/openapi.json", get(handlers::openapi))
        .route("/v1/health", get(handlers::health))
        .route("/v1/verify", post(handlers::verify))
        .route("/v1/licenses/{id}", get(handlers::license))
        .route("/v1/holders/licenses", post(handlers::holder))
        .route("/v1/token", post(client::token).layer(DefaultBodyLimit::max(MAX_TOKEN_BODY_BYTES)))
        .route("/v1/shared/licenses", post(shared::license).layer(small()))
        .route("/v1/shared/holders", post(shared::holder).layer(small()))
        .route("/v1/shared/checks", post(shared::check).layer(small()))
        .route("/v1/authorizations", post(shared::authorize).layer(small()))
        .route("/v1/authorizations/delegated", post(delegated::authorize_delegated).layer(small()))
        .route("/v1/items", get(window::items))
        .route("/v1/items/{code}", get(window::item))
        .route("/v1/decisions", post(window::decide).layer(small()))
        .route("/v1/decisions/verify", post(window::verify))
        .route("/v1/decisions/follow-ups", get(follow_ups::follow_ups))
        .route("/v1/decisions/{number}", get(window::decision))
        .route("/v1/meter", get(meter::meter_figures))
        .route("/v1/meter/decisions", get(meter::meter_decisions))
        .route("/v1/meter/next", get(meter::meter_next))
        .route("/v1/presentations/verify", post(presentation::verify).layer(small()))
        // The one operation with a file in its body.
        .route("/gbt36906/verifyFile", post(gbt36906::call_with_file))
        .route("/gbt36906/{operation}", post(gbt36906::call).layer(small()))
        .route("/v1/trust-list", get(handlers::trust_list))
        .route("/v1/trust-list/handovers", get(handlers::handovers))
        .route("/v1/status-lists/{id}", get(handlers::status_list))
        .fallback(handlers::nothing)
        .method_not_allowed_fallback(handlers::other_method);
    traced(guarded(calls, MAX_BODY_BYTES).layer(own)).with_state(state)
}

/// The calls of a server within the bounds that every one of them has: a body of a known length and of this size, unless the call has
/// another bound, an answer in time, and one after a panic.
pub(crate) fn guarded<S: Clone + Send + Sync + 'static>(
    calls: Router<S>,
    max_body_bytes: usize,
) -> Router<S> {
    let layers = ServiceBuilder::new()
        .layer(from_fn(framed_by_length))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(REQUEST_TIMEOUT_SECONDS),
        ))
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
