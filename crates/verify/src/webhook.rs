//! Notices of offices to systems of agencies, as a receiver verifies them.

use boyin_model::jws::JwsError;
use boyin_model::time::UnixTime;
use boyin_model::webhook::{MAX_WEBHOOK_BYTES, TYP_WEBHOOK, WEBHOOK_SECONDS, WebhookId, WebhookNotice};

use crate::policy::CLOCK_TOLERANCE_SECONDS;
use crate::reason::Reason;
use crate::trust::{SignedByIssuerError, TrustSnapshot};

/// Why a notice is not taken. In the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookFault {
    /// The trust list is not in its time, so that nothing can be said.
    #[error("the trust list is stale, or made later than now: fetch it again")]
    TrustList,
    /// It is none, or signed by nobody of the trust list.
    #[error(transparent)]
    Signed(#[from] SignedByIssuerError),
    /// Its claims are not those of a notice.
    #[error("the claims are not those of a notice: {0}")]
    Claims(JwsError),
    /// `iss` is another office than whose key signed.
    #[error("iss is another office than the one whose key signed")]
    OtherIssuer,
    /// The key was not in force when it was signed.
    #[error("the key was not in force when the notice was signed")]
    KeyNotInForce,
    /// Signatures of the algorithm do not count.
    #[error("signatures of this algorithm do not count any more")]
    AlgorithmEnded,
    /// It is for somebody else.
    #[error("the notice is for another client")]
    OtherAudience,
    /// It was signed later than now.
    #[error("the notice was signed later than now: see the clock")]
    FromFuture,
    /// It was signed too long ago.
    #[error("the notice was signed more than {WEBHOOK_SECONDS} seconds ago: the next attempt is signed anew")]
    TooOld,
}

impl WebhookFault {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TrustList => "trust_list",
            Self::Signed(SignedByIssuerError::Format(_)) | Self::Claims(_) => "malformed",
            Self::Signed(SignedByIssuerError::KeyUnknown) => "key_unknown",
            Self::Signed(SignedByIssuerError::OtherAlgorithm) => "other_algorithm",
            Self::Signed(SignedByIssuerError::Signature) => "bad_signature",
            Self::OtherIssuer => "other_issuer",
            Self::KeyNotInForce => "key_not_in_force",
            Self::AlgorithmEnded => "algorithm_ended",
            Self::OtherAudience => "other_audience",
            Self::FromFuture => "from_future",
            Self::TooOld => "too_old",
        }
    }
}

/// Verifies a notice that came for the client `audience`. Whether it came before is asked of a [`WebhookLine`].
///
/// A notice says what to look at, not what is so: whether a license counts, its status list says.
///
/// # Errors
/// [`WebhookFault`]: the first check that fails.
pub fn verify_webhook(
    token: &[u8],
    trust: &TrustSnapshot,
    audience: &str,
    now: UnixTime,
) -> Result<WebhookNotice, WebhookFault> {
    trust.counts_at(now).map_err(|_| WebhookFault::TrustList)?;
    let signed = trust.signed_by_issuer(token, MAX_WEBHOOK_BYTES, TYP_WEBHOOK)?;
    let notice = WebhookNotice::read(signed.payload()).map_err(WebhookFault::Claims)?;
    if notice.issuer != signed.issuer() {
        return Err(WebhookFault::OtherIssuer);
    }
    signed.counts(notice.issued_at, now).map_err(|reason| {
        if reason == Reason::KeyNotInForce {
            WebhookFault::KeyNotInForce
        } else {
            WebhookFault::AlgorithmEnded
        }
    })?;
    if notice.audience != audience {
        return Err(WebhookFault::OtherAudience);
    }
    if now.plus(CLOCK_TOLERANCE_SECONDS) < notice.issued_at {
        return Err(WebhookFault::FromFuture);
    }
    if notice.issued_at.plus(WEBHOOK_SECONDS) <= now {
        return Err(WebhookFault::TooOld);
    }
    Ok(notice)
}

/// What a notice is in the line of those that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The next one.
    Next,
    /// The last one again: its acknowledgment was lost. Acknowledge it and do nothing.
    Repeated,
    /// An earlier number than the last one: a replay; or, if the ID was never seen, the sender went back to a backup.
    Earlier,
    /// Notices are missing before it, from this number on. Nothing is remembered of it.
    Gap(u64),
}

/// The place of a receiver in the line of its notices; keep it with what was done because of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookLine {
    /// Number of the last notice; 0 before the first.
    pub sequence: u64,
    /// Its ID.
    pub id: WebhookId,
}

impl WebhookLine {
    /// Where a verified notice stands in the line. The next one is remembered as the last.
    #[must_use]
    pub fn take(&mut self, notice: &WebhookNotice) -> Arrival {
        if notice.sequence == self.sequence.saturating_add(1) {
            *self = Self { sequence: notice.sequence, id: notice.id };
            return Arrival::Next;
        }
        if notice.sequence > self.sequence {
            return Arrival::Gap(self.sequence.saturating_add(1));
        }
        if notice.sequence == self.sequence && notice.id == self.id {
            return Arrival::Repeated;
        }
        Arrival::Earlier
    }
}
