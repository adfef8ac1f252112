//! The calls of a server in one table: what it serves, and what tests go through.

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue};
use axum::routing::{self, MethodRouter};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::handlers::{nothing, other_method};

/// A method, a path as axum has it, and what answers.
pub(crate) struct Call<S> {
    method: &'static str,
    path: &'static str,
    answer: MethodRouter<S>,
}

pub(crate) fn get<H, T, S>(path: &'static str, handler: H) -> Call<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    Call { method: "GET", path, answer: routing::get(handler) }
}

pub(crate) fn post<H, T, S>(path: &'static str, handler: H) -> Call<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    Call { method: "POST", path, answer: routing::post(handler) }
}

impl<S: Clone + Send + Sync + 'static> Call<S> {
    /// The same call with another bound on the bytes of its body.
    pub(crate) fn body(self, max_bytes: usize) -> Self {
        Self { answer: self.answer.layer(DefaultBodyLimit::max(max_bytes)), ..self }
    }

    /// The same call with a header in each answer.
    pub(crate) fn header(self, name: HeaderName, value: &'static str) -> Self {
        let layer = SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
        Self { answer: self.answer.layer(layer), ..self }
    }
}

/// Serves the calls of a table; everything else is not found.
pub(crate) fn routed<S: Clone + Send + Sync + 'static>(calls: Vec<Call<S>>) -> Router<S> {
    calls
        .into_iter()
        .fold(Router::new(), |router, call| router.route(call.path, call.answer))
        .fallback(nothing)
        .method_not_allowed_fallback(other_method)
}

/// Methods and paths of a table.
pub(crate) fn listed<S>(calls: &[Call<S>]) -> BTreeSet<(&'static str, String)> {
    calls.iter().map(|call| (call.method, call.path.to_owned())).collect()
}
