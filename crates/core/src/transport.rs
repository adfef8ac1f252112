//! The way to services of others: one request, one answer, bounded in time and size.
//!
//! [`Transport`] is the seam; `Http` (feature `network`) is the only implementation that opens a socket.

#[cfg(feature = "network")]
mod http;

use std::fmt;
use std::time::Duration;

#[cfg(feature = "network")]
pub use http::Http;

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take from its beginning to the last byte of the answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Redirections that are followed: none. Whom one asks is configured, not told by somebody else.
pub const MAX_REDIRECTS: u32 = 0;

/// Sends one request and waits for the answer.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Posts a body and returns that of the answer, of at most `limit` bytes.
    ///
    /// # Errors
    /// [`TransportError`]; every answer but 200 is one.
    fn post(
        &self,
        url: &str,
        content_type: &str,
        body: &[u8],
        limit: usize,
    ) -> Result<Vec<u8>, TransportError>;

    /// Posts a body and returns status and body of the answer, whatever the status, of at most `limit` bytes.
    ///
    /// A transport that has only [`Transport::post`] knows answers of 200.
    ///
    /// # Errors
    /// As [`Transport::post`], but redirections alone are answers that are errors.
    fn exchange(
        &self,
        url: &str,
        content_type: &str,
        body: &[u8],
        limit: usize,
    ) -> Result<(u16, Vec<u8>), TransportError> {
        self.post(url, content_type, body, limit).map(|answer| (200, answer))
    }

    /// Gets a document of at most `limit` bytes.
    ///
    /// # Errors
    /// As [`Transport::post`].
    fn get(&self, url: &str, limit: usize) -> Result<Vec<u8>, TransportError>;
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// Not an address of http or https.
    #[error("this is no address of http or https")]
    Address,
    /// No connection, or it broke.
    #[error("the service cannot be reached")]
    Unreachable,
    /// Neither connection nor answer in time.
    #[error("the service did not answer in time")]
    TimedOut,
    /// The certificate of the service is not trusted.
    #[error("no trusted connection to the service could be made")]
    Tls,
    /// It answered with a redirection, which is not followed.
    #[error("the service redirects (status {0}); that is not followed")]
    Redirected(u16),
    /// It answered, but not with 200.
    #[error("the service answered with status {0}")]
    Status(u16),
    /// The answer is longer than allowed.
    #[error("the answer is longer than allowed")]
    TooLarge,
}

impl TransportError {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Tls => "tls",
            Self::Redirected(_) => "redirected",
            Self::Status(_) => "status",
            Self::TooLarge => "too_large",
        }
    }
}
