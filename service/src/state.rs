use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use boyin::access::{Authorizations, Gate};
use boyin::exempt::ItemCatalog;
use boyin::model::time::UnixTime;
use boyin::webhook::Webhooks;
use boyin::{Desk, Font, Health, HealthItem, Lookup, Tokens};
use boyin_present::SeenNonces;
use tokio::sync::OwnedSemaphorePermit;

use crate::faces::Faces;
use crate::file_urls::FileUrls;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::server::unix_now;
use crate::uploads::Uploads;

/// Seconds for which the answer of a desk's probe serves.
const PROBE_SECONDS: u64 = 10;

/// Where the service takes the time from; fixed in tests.
pub type Clock = Arc<dyn Fn() -> UnixTime + Send + Sync>;

/// What was found last, and when: of what costs much to find while anybody may ask for it.
pub(crate) struct Lately<T>(Mutex<Option<(UnixTime, T)>>);

impl<T> Default for Lately<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Lately<T> {
    /// What was found less than `seconds` ago, or what is found now. One caller looks at a time, the others wait for what it finds.
    pub(crate) fn at<E>(
        &self,
        now: UnixTime,
        seconds: u64,
        find: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, found)) = last.as_ref()
            && (*at..at.plus(seconds)).contains(&now)
        {
            return Ok(found.clone());
        }
        let found = find()?;
        *last = Some((now, found.clone()));
        Ok(found)
    }
}

/// What the handlers share.
#[derive(Clone)]
pub struct AppState {
    pub(crate) lookup: Arc<Lookup>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) desk: Option<Arc<Desk>>,
    /// Without one there are no clients.
    pub(crate) gate: Option<Arc<Gate>>,
    pub(crate) authorizations: Arc<Authorizations>,
    pub(crate) file_urls: Arc<FileUrls>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    /// Files that are sent to be verified.
    pub(crate) uploads: Uploads,
    /// Without them no face of a license is drawn.
    pub(crate) faces: Option<Faces>,
    /// The item catalog.
    pub(crate) items: Arc<Lately<Arc<ItemCatalog>>>,
    /// Dynamic codes that were verified here and counted.
    pub(crate) seen: Arc<Mutex<SeenNonces>>,
    /// Since when they are remembered.
    pub(crate) started: UnixTime,
    /// Without them nobody is told of anything.
    pub(crate) webhooks: Option<Arc<Webhooks>>,
    /// What a desk's probe found: store and signer.
    probed: Arc<Lately<[HealthItem; 2]>>,
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
        Self {
            lookup,
            tokens: Arc::new(tokens),
            desk: None,
            gate: None,
            authorizations: Arc::default(),
            file_urls: Arc::default(),
            limits: Arc::default(),
            metrics: Arc::default(),
            uploads: Uploads::default(),
            faces: None,
            items: Arc::default(),
            seen: Arc::default(),
            started: unix_now(),
            webhooks: None,
            probed: Arc::default(),
            clock: Arc::new(unix_now),
        }
    }

    /// The same state under another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { started: clock(), clock, ..self }
    }

    /// The same state with other tokens of clerks.
    #[must_use]
    pub fn with_tokens(self, tokens: Tokens) -> Self {
        Self { tokens: Arc::new(tokens), ..self }
    }

    /// The same state beside a desk: its status lists are renewed, and health asks its signers and its store too.
    ///
    /// The desk keeps the archive for itself, so that no other process can act while the service runs.
    #[must_use]
    pub fn with_desk(self, desk: Arc<Desk>) -> Self {
        Self { desk: Some(desk), ..self }
    }

    /// The same state with clients: systems of agencies that prove themselves by a key.
    #[must_use]
    pub fn with_gate(self, gate: Arc<Gate>) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// The same state with a font: faces of licenses are drawn, as pictures on the page of a holder's file and as annotated copies for
    /// clients.
    #[must_use]
    pub fn with_font(self, font: Font) -> Self {
        Self { faces: Some(Faces::new(font)), ..self }
    }

    /// The same state with webhooks: beside a desk, clients are told of changes.
    #[must_use]
    pub fn with_webhooks(self, webhooks: Arc<Webhooks>) -> Self {
        Self { webhooks: Some(webhooks), ..self }
    }

    /// Every turn that there is, of documents, of pictures and of faces, once it is free: for tests of what waits for one.
    #[doc(hidden)]
    pub async fn all_turns(&self) -> Vec<OwnedSemaphorePermit> {
        let mut held = self.uploads.all_turns().await;
        if let Some(faces) = &self.faces {
            held.extend(faces.all_turns().await);
        }
        held
    }

    pub(crate) fn health(&self, lookup: &Lookup, now: UnixTime) -> Health {
        let mut health = lookup.health(now);
        if let Some(desk) = &self.desk {
            let [store, signer] = self.probe(desk, now);
            health.items.retain(|item| item.name != "store" || !item.ok);
            health.items.extend([store, signer]);
        }
        health.items.extend(self.webhooks_item(now));
        health
    }

    /// Asks the desk at most once in [`PROBE_SECONDS`]: a probe writes and signs, and anybody may ask for health.
    fn probe(&self, desk: &Desk, now: UnixTime) -> [HealthItem; 2] {
        let Ok(items) = self.probed.at(now, PROBE_SECONDS, || Ok::<_, Infallible>(probed(desk)));
        items
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
        blocking(move || work(&lookup, now)).await
    }
}

/// What a desk's probe finds.
fn probed(desk: &Desk) -> [HealthItem; 2] {
    let (store, signers) = (desk.probe_store(), desk.probe_signers());
    let detail = store.as_ref().map_or_else(|error| error.code(), |()| "writable");
    let store = HealthItem::new("store", store.is_ok(), detail);
    let detail = signers.as_ref().map_or_else(|error| error.code(), |()| "usable");
    [store, HealthItem::new("signer", signers.is_ok(), detail)]
}

/// Runs what reads from disk or computes away from the threads that serve connections.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // Carries a panic on to the layer that answers 500.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => panic!("the work was given up: {error}"),
        },
    }
}
