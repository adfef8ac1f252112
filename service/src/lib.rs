//! The HTTP service: looks licenses up and verifies them. Thin: every answer comes from the crate `boyin`.
//!
//! It holds no private key of an office and cannot write to the archive, unless it is put beside a desk ([`AppState::with_desk`]): then
//! it decides on papers, takes uses of delegations, renews status lists and tells clients of changes, too. `docs/http-api.md` describes
//! the calls, `GET /openapi.json` is their machine form.

mod auth;
mod client;
mod delegated;
mod error;
mod faces;
mod file_urls;
mod follow_ups;
mod gbt36906;
mod handlers;
mod limits;
mod meter;
mod metrics;
mod pages;
mod png;
mod presentation;
mod query;
mod router;
mod routes;
mod seal_picture;
mod server;
mod shared;
mod signer;
mod state;
mod tls;
mod uploads;
mod views;
mod webhooks;
mod window;

pub use faces::{COPY_DPI, MAX_DRAWINGS, PICTURE_DPI};
pub use file_urls::{FILE_URL_SECONDS, MAX_FILE_URLS, MAX_FILE_URLS_OF_CLIENT};
pub use limits::{ASSERTIONS, CLERK_MISSES, MISSES, REQUESTS, Rate};
pub use meter::MAX_LISTED_DECISIONS;
pub use metrics::{metrics_calls, metrics_router};
pub use router::{
    MAX_BODY_BYTES, MAX_CALL_BODY_BYTES, MAX_RECEIPT_BODY_BYTES, MAX_TOKEN_BODY_BYTES, OPENAPI,
    REQUEST_TIMEOUT_SECONDS, calls, router,
};
pub use server::{
    HANDSHAKE_SECONDS, HEAD_SECONDS, MAX_CONNECTIONS, MAX_HEAD_BYTES, REFRESH_SECONDS, STALL_SECONDS, serve,
    serve_metrics, serve_tls, unix_now,
};
pub use signer::{SignerState, serve_signer, signer_calls, signer_router};
pub use state::{AppState, Clock};
pub use tls::{Tls, TlsError, TlsFiles};
pub use uploads::{
    BODY_PATIENCE_SECONDS, BUSY_SECONDS, LEAST_BODY_RATE, LEAST_LARGE_BODY_RATE, MAX_FREE_BYTES,
    MAX_HELD_BYTES, MAX_LARGE_BODIES, MAX_OFD_BODY_BYTES, MAX_OPENED_DOCUMENTS, MAX_PICTURE_PIXELS,
    MAX_SEARCHED_PICTURES, MAX_WAITING_UPLOADS,
};
