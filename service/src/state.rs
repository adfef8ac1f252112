use std::sync::Arc;

use boyin::model::time::UnixTime;
use boyin::{Desk, Health, HealthItem, Lookup, Tokens};

use crate::server::unix_now;

/// Where the service takes the time from; fixed in tests.
pub type Clock = Arc<dyn Fn() -> UnixTime + Send + Sync>;

/// What the handlers share.
#[derive(Clone)]
pub struct AppState {
    pub(crate) lookup: Arc<Lookup>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) desk: Option<Arc<Desk>>,
    clock: Clock,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppState(..)")
    }
}

impl AppState {
    /// The state of a service that reads the system's clock.
    #[must_use]
    pub fn new(lookup: Arc<Lookup>, tokens: Tokens) -> Self {
        Self { lookup, tokens: Arc::new(tokens), desk: None, clock: Arc::new(unix_now) }
    }

    /// The same state under another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The same state beside a desk: its status lists are renewed, and health asks its signers and its store too.
    ///
    /// The desk keeps the archive for itself, so that no other process can act while the service runs.
    #[must_use]
    pub fn with_desk(self, desk: Arc<Desk>) -> Self {
        Self { desk: Some(desk), ..self }
    }

    pub(crate) fn health(&self, lookup: &Lookup, now: UnixTime) -> Health {
        let mut health = lookup.health(now);
        if let Some(desk) = &self.desk {
            let (store, signers) = (desk.probe_store(), desk.probe_signers());
            health.items.retain(|item| item.name != "store" || !item.ok);
            let detail = store.as_ref().map_or_else(|error| error.code(), |()| "writable");
            health.items.push(HealthItem::new("store", store.is_ok(), detail));
            let detail = signers.as_ref().map_or_else(|error| error.code(), |()| "usable");
            health.items.push(HealthItem::new("signer", signers.is_ok(), detail));
        }
        health
    }

    pub(crate) fn now(&self) -> UnixTime {
        (self.clock)()
    }

    /// Runs a lookup, which reads from disk and computes, away from the threads that serve connections.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Lookup, UnixTime) -> T + Send + 'static,
    ) -> T {
        let (lookup, now) = (Arc::clone(&self.lookup), self.now());
        match tokio::task::spawn_blocking(move || work(&lookup, now)).await {
            Ok(done) => done,
            // Carries a panic on to the layer that answers 500.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}
