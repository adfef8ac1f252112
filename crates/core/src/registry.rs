use std::sync::Arc;

use boyin_model::id::CreditCode;
use boyin_model::time::UnixTime;
use boyin_verify::{Context, Report, StatusSnapshot, TrustSnapshot, Verifier};

/// Trust and status as they were loaded at one instant: all that a verification needs beside bytes and time.
#[derive(Debug)]
pub struct Registry {
    pub(crate) trust: Arc<TrustSnapshot>,
    pub(crate) status: StatusSnapshot,
    /// The trust list as published.
    pub(crate) trust_token: Vec<u8>,
    /// The status lists as published, in the order of the offices.
    pub(crate) status_tokens: Vec<Option<Vec<u8>>>,
}

impl Registry {
    pub(crate) fn new(
        trust_token: Vec<u8>,
        trust: Arc<TrustSnapshot>,
        status_tokens: Vec<Option<Vec<u8>>>,
    ) -> Self {
        let mut status = StatusSnapshot::default();
        for token in status_tokens.iter().flatten() {
            // A list that does not verify is as good as none: its licenses are indeterminate, health says so.
            let _ = status.add(token, &trust);
        }
        Self { trust, status, trust_token, status_tokens }
    }

    /// Verifies one license.
    pub fn check(&self, verifier: &Verifier, bytes: &[u8], now: UnixTime) -> Report {
        verifier.check(bytes, &Context { now, trust: &self.trust, status: &self.status })
    }

    /// Verifies many licenses with all cores; each report is that of [`Self::check`].
    pub fn check_bulk<B: AsRef<[u8]> + Sync>(
        &self,
        verifier: &Verifier,
        licenses: &[B],
        now: UnixTime,
    ) -> Vec<Report> {
        verifier.check_bulk(licenses, &Context { now, trust: &self.trust, status: &self.status })
    }

    /// The trust snapshot.
    #[must_use]
    pub fn trust(&self) -> &TrustSnapshot {
        &self.trust
    }

    /// The status snapshot.
    #[must_use]
    pub fn status(&self) -> &StatusSnapshot {
        &self.status
    }
}

/// Name of an office's status list within the service: the last part of its URI.
#[must_use]
pub fn status_list_id(office: CreditCode) -> String {
    format!("{}-1", office.as_str())
}
