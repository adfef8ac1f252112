//! Delivers notices: in order, at least once, to each client by itself.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use boyin_archive::MAX_EVENTS;
use boyin_issue::webhook;
use boyin_model::alg::VerifyAlg as _;
use boyin_model::time::UnixTime;
use boyin_model::webhook::{TYP_WEBHOOK, WEBHOOK_ID_BYTES, WebhookKind, WebhookNotice};
use boyin_suite::ES256;

use super::derived::{Subscriber, place_before};
use super::registered::is_webhook_url;
use super::state::{Pending, State};
use super::{WebhookError, WebhookSetFault};
use crate::desk::Desk;
use crate::home::Home;
use crate::in_force::Stamp;
use crate::revocation::{AllowedHost, FetchFault, allowed};
use crate::transport::{Transport, TransportError};

/// The ID of a client, and what became of its turn.
pub type Turn = (String, Result<Delivered, WebhookError>);

/// Clients that are delivered to at a time.
pub const MAX_WEBHOOKS_AT_ONCE: usize = 16;
/// Notices that one client gets before others have their turn.
pub const MAX_IN_A_ROW: usize = 100;
/// Seconds after which a turn begins no further notice: with receivers that are slow, others have their turn all the same. The one that is
/// on its way still has [`WEBHOOK_REQUEST_TIMEOUT`].
pub const MAX_TURN_SECONDS: u64 = 30;
/// Bytes of the answer of a receiver. Nothing in it is looked at but its status.
pub const MAX_ACKNOWLEDGMENT_BYTES: usize = 4096;
/// How long the connection to a receiver may take to be made.
pub const WEBHOOK_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a receiver may take to acknowledge.
pub const WEBHOOK_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Events after which the place of a client is kept though there was nothing to tell: less is looked at again after a restart.
const KEEP_AFTER: u64 = 10_000;
const DOMAIN: &[u8] = b"boyin webhook\0";

/// Where the instant of an attempt is from.
type Clock<'c> = &'c (dyn Fn() -> UnixTime + Sync);

/// Why a notice was not acknowledged. It is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryFault {
    /// Not an address that is delivered to.
    #[error("this is no address of https, or of http on this machine")]
    Address,
    /// The host is none of those that may be asked.
    #[error("the host is not one that notices may go to")]
    Host,
    /// It could not be signed.
    #[error("the notice could not be signed: see the key of the office")]
    NotSigned,
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An answer that is no acknowledgment.
    #[error("the receiver answered with status {0}; 200 to 299 is an acknowledgment")]
    Status(u16),
}

impl DeliveryFault {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Host => "host_not_allowed",
            Self::NotSigned => "not_signed",
            Self::Transport(error) => error.code(),
            Self::Status(_) => "status",
        }
    }
}

/// What became of one turn of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Notices that were acknowledged.
    pub notices: usize,
    /// Why the next one was not, if there was one.
    pub fault: Option<DeliveryFault>,
}

/// Whose turn it is.
#[derive(Debug, Default)]
pub struct Due {
    /// The clients, at most [`MAX_WEBHOOKS_AT_ONCE`], those that are the furthest behind first.
    pub clients: Vec<String>,
    /// The clients whose place cannot be read, and why.
    pub faults: Vec<(String, WebhookError)>,
}

/// What waits for receivers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Clients for which a notice waits.
    pub clients: usize,
    /// Seconds since that happened of which the oldest of these notices says.
    pub oldest_seconds: u64,
}

type Lane = Arc<Mutex<Option<State>>>;
/// Who is delivered to, and the files that say so.
type Known = ([Stamp; 2], Arc<Vec<Subscriber>>);

/// Delivers the notices of a desk's event log. One for each data directory: beside its desk nobody else has one.
#[derive(Debug)]
pub struct Webhooks {
    transport: Arc<dyn Transport>,
    hosts: Vec<AllowedHost>,
    known: Mutex<Option<Known>>,
    /// The place of each client; held while it has its turn.
    lanes: Mutex<HashMap<String, Lane>>,
    /// Since when something waits for a client.
    waiting: Mutex<HashMap<String, UnixTime>>,
    /// The trust list that the log was told of.
    told: Mutex<Option<Stamp>>,
    stopped: AtomicBool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `None` while somebody holds it.
fn locked_if_free<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl Webhooks {
    /// Delivers by this transport, to these hosts and no others.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, hosts: Vec<AllowedHost>) -> Self {
        Self {
            transport,
            hosts,
            known: Mutex::default(),
            lanes: Mutex::default(),
            waiting: Mutex::default(),
            told: Mutex::default(),
            stopped: AtomicBool::new(false),
        }
    }

    /// Ends each turn after the notice that is on its way: the process ends.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// What waits for receivers, as far as was seen in their last turns.
    #[must_use]
    pub fn waiting(&self, now: UnixTime) -> Waiting {
        let waiting = locked(&self.waiting);
        let age = |since: &UnixTime| now.seconds().saturating_sub(since.seconds());
        Waiting {
            clients: waiting.len(),
            oldest_seconds: waiting.values().map(age).max().unwrap_or_default(),
        }
    }

    /// The webhooks whose clients are registered, for the agency that they were set for.
    fn subscribers(&self, home: &Home) -> Result<Arc<Vec<Subscriber>>, WebhookError> {
        let stamps = [Stamp::of(&home.webhooks_path()), Stamp::of(&home.clients_path())];
        let mut known = locked(&self.known);
        if let Some((_, subscribers)) = known.as_ref().filter(|(seen, _)| *seen == stamps) {
            return Ok(Arc::clone(subscribers));
        }
        let webhooks = home.webhooks()?;
        let clients = home.clients()?;
        let subscribers = webhooks.into_iter().filter_map(|webhook| {
            let client =
                clients.get(&webhook.client).filter(|client| client.agency == webhook.agency)?.clone();
            Some(Subscriber { webhook, client })
        });
        let subscribers = Arc::new(subscribers.collect::<Vec<_>>());
        *known = Some((stamps, Arc::clone(&subscribers)));
        Ok(subscribers)
    }

    fn lane(&self, client: &str) -> Lane {
        Arc::clone(locked(&self.lanes).entry(client.to_owned()).or_default())
    }

    /// Tells the log which lists there are, so that clients are told of them.
    ///
    /// # Errors
    /// As [`Desk::log_lists`].
    pub fn tell_lists(&self, desk: &Desk, now: UnixTime) -> Result<(), WebhookError> {
        let subscribers = self.subscribers(&desk.home)?;
        if subscribers.is_empty() {
            return Ok(());
        }
        desk.log_lists(now)?;
        let stamp = Stamp::of(&desk.home.dir().join("trust/list.jwt"));
        let mut told = locked(&self.told);
        let wanted = subscribers.iter().any(|subscriber| subscriber.wants(WebhookKind::TrustList));
        if wanted && *told != Some(stamp) {
            desk.log_trust_list()?;
            *told = Some(stamp);
        }
        Ok(())
    }

    /// Whose turn it is. What was read is taken into the log first: a change is told to whoever read the license before it.
    ///
    /// # Errors
    /// [`WebhookError`] if that is not known of anybody.
    pub fn due(&self, desk: &Desk, now: UnixTime) -> Result<Due, WebhookError> {
        let subscribers = self.subscribers(&desk.home)?;
        let registered = |client: &String| subscribers.iter().any(|known| known.client.id == *client);
        locked(&self.waiting).retain(|client, _| registered(client));
        if subscribers.is_empty() {
            return Ok(Due::default());
        }
        desk.take_reads(now)?;
        let last = desk.archive.last_event()?;
        let (mut found, mut busy, mut due) = (Vec::new(), 0, Due::default());
        for subscriber in subscribers.iter() {
            let client = subscriber.client.id.as_str();
            let lane = self.lane(client);
            let Some(mut lane) = locked_if_free(&lane) else {
                busy += 1;
                continue;
            };
            let state = match lane.take().map_or_else(|| self.begin(desk, subscriber), Ok) {
                Ok(state) => state,
                Err(error) => {
                    due.faults.push((client.to_owned(), error));
                    continue;
                }
            };
            // What is only dropped waits for no attempt.
            if state.is_due(last, now) || state.is_of_before(subscriber.webhook.since) {
                found.push((state.position, client.to_owned()));
            }
            *lane = Some(state);
        }
        found.sort_unstable();
        found.truncate(MAX_WEBHOOKS_AT_ONCE.saturating_sub(busy));
        due.clients = found.into_iter().map(|(_, client)| client).collect();
        Ok(due)
    }

    /// The place of a client as it is kept, or where its webhook was set.
    fn begin(&self, desk: &Desk, subscriber: &Subscriber) -> Result<State, WebhookError> {
        let path = State::path(&desk.home, &subscriber.client.id);
        let state = match State::load(&path)? {
            Some(state) => state,
            None => {
                let state = State::new(place_before(&desk.archive, subscriber.webhook.since)?);
                state.save(&path)?;
                state
            }
        };
        self.note_waiting(&subscriber.client.id, &state);
        Ok(state)
    }

    fn note_waiting(&self, client: &str, state: &State) {
        let mut waiting = locked(&self.waiting);
        match state.pending.as_ref().and_then(Pending::notice) {
            Some(notice) => waiting.insert(client.to_owned(), notice.at),
            None => waiting.remove(client),
        };
    }

    /// Gives a client its turn: what waits for it is sent, one after the other, until there is no more, one is not acknowledged, or
    /// it had [`MAX_IN_A_ROW`], or [`MAX_TURN_SECONDS`] are over. A notice is kept before it is sent, and sent again until it is acknowledged, or until the
    /// webhook was removed and set anew: it may be another agency's by then.
    ///
    /// # Errors
    /// [`WebhookError`] if its place cannot be read or kept; what the receiver does is in the answer.
    pub fn deliver(&self, desk: &Desk, client: &str, clock: Clock<'_>) -> Result<Delivered, WebhookError> {
        let subscribers = self.subscribers(&desk.home)?;
        let Some(subscriber) = subscribers.iter().find(|known| known.client.id == client) else {
            return Err(WebhookError::Webhook { client: client.to_owned(), fault: WebhookSetFault::None });
        };
        let lane = self.lane(client);
        let mut lane = locked(&lane);
        let mut state = lane.take().map_or_else(|| self.begin(desk, subscriber), Ok)?;
        let path = State::path(&desk.home, client);
        // Of a turn that breaks off only what is on the disk counts.
        let done = self.turn(desk, subscriber, &mut state, &path, clock)?;
        *lane = Some(state);
        Ok(done)
    }

    fn turn(
        &self,
        desk: &Desk,
        subscriber: &Subscriber,
        state: &mut State,
        path: &Path,
        clock: Clock<'_>,
    ) -> Result<Delivered, WebhookError> {
        if state.pass_over_before(subscriber.webhook.since) {
            state.save(path)?;
        }
        let (mut notices, mut kept, begun) = (0, state.position, clock());
        let is_over = || clock().seconds().saturating_sub(begun.seconds()) >= MAX_TURN_SECONDS;
        while notices < MAX_IN_A_ROW && !is_over() && !self.stopped.load(Ordering::Relaxed) {
            if state.pending.is_none() {
                let more = next(desk, subscriber, state)?;
                if state.pending.is_some() || state.position - kept >= KEEP_AFTER {
                    state.save(path)?;
                    kept = state.position;
                }
                self.note_waiting(&subscriber.client.id, state);
                if state.pending.is_none() {
                    if more {
                        continue;
                    }
                    break;
                }
            }
            let Some(pending) = &state.pending else { break };
            let notice = pending.notice().ok_or_else(|| WebhookError::State(path.to_owned()))?;
            let (event, now) = (pending.event, clock());
            let sent = self.send(desk, subscriber, notice, now);
            match sent {
                Ok(()) => state.acknowledged(event),
                Err(fault) => state.failed(fault.code(), now),
            }
            state.save(path)?;
            kept = state.position;
            self.note_waiting(&subscriber.client.id, state);
            if let Err(fault) = sent {
                return Ok(Delivered { notices, fault: Some(fault) });
            }
            notices += 1;
        }
        Ok(Delivered { notices, fault: None })
    }

    fn send(
        &self,
        desk: &Desk,
        subscriber: &Subscriber,
        notice: WebhookNotice,
        now: UnixTime,
    ) -> Result<(), DeliveryFault> {
        let webhook_of = &subscriber.webhook;
        if !is_webhook_url(&webhook_of.url) {
            return Err(DeliveryFault::Address);
        }
        allowed(&webhook_of.url, &self.hosts).map_err(|fault| match fault {
            FetchFault::Host => DeliveryFault::Host,
            FetchFault::Address | FetchFault::TooMany | FetchFault::Transport(_) | FetchFault::List(_) => {
                DeliveryFault::Address
            }
        })?;
        let key = desk.key(webhook_of.office, now).map_err(|_| DeliveryFault::NotSigned)?;
        let notice = WebhookNotice { issuer: webhook_of.office, issued_at: now, ..notice };
        let token = key.sign_jws(&webhook(&notice, key.reference()));
        let token = token.map_err(|_| DeliveryFault::NotSigned)?;
        let content_type = format!("application/{TYP_WEBHOOK}");
        let answer =
            self.transport.exchange(&webhook_of.url, &content_type, &token, MAX_ACKNOWLEDGMENT_BYTES)?;
        match answer {
            (200..=299, _) => Ok(()),
            (status, _) => Err(DeliveryFault::Status(status)),
        }
    }

    /// Gives everybody whose turn it is a turn, side by side. With each client that had one, what became of it.
    ///
    /// # Errors
    /// As [`due`](Self::due).
    pub fn deliver_all(&self, desk: &Desk, clock: Clock<'_>) -> Result<Vec<Turn>, WebhookError> {
        let Due { clients, faults } = self.due(desk, clock())?;
        let mut done: Vec<_> = faults.into_iter().map(|(client, error)| (client, Err(error))).collect();
        thread::scope(|scope| {
            let running: Vec<_> = clients
                .iter()
                .map(|client| (client, scope.spawn(move || self.deliver(desk, client, clock))))
                .collect();
            for (client, turn) in running {
                let turn = turn.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                done.push((client.clone(), turn));
            }
        });
        Ok(done)
    }
}

/// Looks at the next events for what the client is told. Whether there may be more of them.
fn next(desk: &Desk, subscriber: &Subscriber, state: &mut State) -> Result<bool, WebhookError> {
    let events = desk.archive.events(Some(state.position), MAX_EVENTS)?;
    let more = events.len() == MAX_EVENTS;
    for event in events {
        if let Some(change) = subscriber.change_of(&desk.archive, &event)? {
            let mut notice = WebhookNotice {
                audience: subscriber.client.id.clone(),
                issuer: subscriber.webhook.office,
                issued_at: event.at,
                id: [0; WEBHOOK_ID_BYTES],
                sequence: state.sequence.saturating_add(1),
                at: event.at,
                change,
            };
            let digest = ES256.digest(&[DOMAIN, &event.number.to_be_bytes(), &notice.write()]);
            notice.id.copy_from_slice(&digest[..WEBHOOK_ID_BYTES]);
            state.pending = Some(Pending::new(event.number, &notice));
            return Ok(true);
        }
        state.position = event.number;
    }
    Ok(more)
}
