//! The HTTP service: looks licenses up and verifies them. Thin: every answer comes from the crate `boyin`.
//!
//! It holds no private key and cannot write, unless it is put beside a desk ([`AppState::with_desk`]). `docs/http-api.md` describes the calls, `GET /openapi.json` is their
//! machine form.

mod auth;
mod error;
mod handlers;
mod query;
mod router;
mod server;
mod signer;
mod state;
mod views;

pub use router::{MAX_BODY_BYTES, OPENAPI, REQUEST_TIMEOUT_SECONDS, router};
pub use server::{REFRESH_SECONDS, serve, unix_now};
pub use signer::{SignerState, serve_signer, signer_router};
pub use state::{AppState, Clock};
