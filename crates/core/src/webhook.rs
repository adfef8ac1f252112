//! Notices to systems of agencies (webhooks): that a license which a client was given has another status, that a list is new.
//!
//! | part | what it is |
//! |---|---|
//! | [`Webhook`] | where a client wants to be told of what; in `webhooks/list.toml` |
//! | [`Webhooks`] | delivers: at least once, in order, each notice signed by an office |
//! | [`WebhookProgress`] | how far a client is, and since when something waits |
//!
//! There is no second queue: notices are derived from the event log, and the place of each client in it is a number in a file
//! (`docs/decisions/0017`). A receiver verifies with [`boyin_verify::verify_webhook`].

mod deliver;
mod derived;
mod registered;
mod state;

use std::path::PathBuf;

use boyin_archive::ArchiveError;

use crate::access::ClientError;
use crate::error::{DeskError, HomeError};

pub use self::deliver::{
    Delivered, DeliveryFault, Due, MAX_ACKNOWLEDGMENT_BYTES, MAX_IN_A_ROW, MAX_TURN_SECONDS,
    MAX_WEBHOOKS_AT_ONCE, Turn, WEBHOOK_CONNECT_TIMEOUT, WEBHOOK_REQUEST_TIMEOUT, Waiting, Webhooks,
};
pub(crate) use self::derived::IDENTIFIER;
pub use self::registered::{
    DEFAULT_WEBHOOK_TERM_DAYS, MAX_WEBHOOK_TERM_DAYS, MAX_WEBHOOK_URL_CHARS, Webhook, WebhookSetFault,
    WebhookWish,
};
pub use self::state::{FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS, WebhookProgress};

/// Why a webhook was not changed, or nothing could be delivered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The clients, files, or who and what for.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What was asked.
    #[error("webhook of client {client:?}: {fault}")]
    Webhook {
        /// The client.
        client: String,
        /// What is wrong.
        fault: WebhookSetFault,
    },
    /// The file with the place of a client is not one of ours.
    #[error(
        "{0} is damaged: put it back from a backup, or remove it and tell the receiver that its notices begin anew at 1"
    )]
    State(PathBuf),
    /// The desk or its archive.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl WebhookError {
    /// Stable machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Client(_) => "webhook_files",
            Self::Webhook { fault, .. } => fault.code(),
            Self::State(_) => "webhook_state",
            Self::Desk(error) => error.code(),
        }
    }
}

impl From<HomeError> for WebhookError {
    fn from(error: HomeError) -> Self {
        Self::Client(error.into())
    }
}

impl From<ArchiveError> for WebhookError {
    fn from(error: ArchiveError) -> Self {
        Self::Desk(error.into())
    }
}
