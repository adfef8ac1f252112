//! How far a client is: kept in `webhooks/state/<client>.toml`, replaced whole before anything is sent and after it was
//! acknowledged.

use std::path::{Path, PathBuf};

use boyin_model::time::UnixTime;
use boyin_model::webhook::WebhookNotice;
use serde::{Deserialize, Serialize};

use super::WebhookError;
use crate::error::HomeError;
use crate::home::{Home, make_private_dir};
use crate::keyring::{read_text, replace};
use crate::retry::retry_seconds;

/// Seconds to the second attempt. The time doubles with each one in vain.
pub const FIRST_RETRY_SECONDS: u64 = 5;
/// Seconds between two attempts at most. They never end.
pub const MAX_RETRY_SECONDS: u64 = 3600;
/// `format` of the file.
const STATE_FORMAT: u32 = 1;

/// The place of a client in the event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    format: u32,
    /// Number of the last event that is done with.
    pub(super) position: u64,
    /// Number of the last notice that was acknowledged.
    pub(super) sequence: u64,
    /// Attempts in vain since then.
    pub(super) failures: u32,
    /// Before then there is no other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next_attempt: Option<UnixTime>,
    /// Code of the last fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    /// What is sent until it is acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pending: Option<Pending>,
}

/// A notice that is not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pending {
    /// Number of its event.
    pub(super) event: u64,
    /// Its claims; each attempt puts its own instant.
    notice: String,
}

impl Pending {
    pub(super) fn new(event: u64, notice: &WebhookNotice) -> Self {
        Self { event, notice: String::from_utf8_lossy(&notice.write()).into_owned() }
    }

    /// The claims; `None` if they are none.
    pub(super) fn notice(&self) -> Option<WebhookNotice> {
        WebhookNotice::read(self.notice.as_bytes()).ok()
    }
}

impl State {
    /// At the event `position`, before the first notice.
    pub(super) fn new(position: u64) -> Self {
        Self {
            format: STATE_FORMAT,
            position,
            sequence: 0,
            failures: 0,
            next_attempt: None,
            fault: None,
            pending: None,
        }
    }

    pub(super) fn path(home: &Home, client: &str) -> PathBuf {
        home.webhooks_dir().join("state").join(format!("{client}.toml"))
    }

    /// What is kept of a client, if anything is.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, WebhookError> {
        if !path.exists() {
            return Ok(None);
        }
        let damaged = || WebhookError::State(path.to_owned());
        let state: Self = toml::from_str(&read_text(path)?).map_err(|_| damaged())?;
        let pending = state.pending.as_ref();
        let sound = pending.is_none_or(|pending| {
            let next = state.sequence.checked_add(1);
            pending.event > state.position && pending.notice().map(|notice| notice.sequence) == next
        });
        if state.format == STATE_FORMAT && sound { Ok(Some(state)) } else { Err(damaged()) }
    }

    pub(super) fn save(&self, path: &Path) -> Result<(), HomeError> {
        if let Some(dir) = path.parent() {
            make_private_dir(dir)?;
        }
        replace(path, toml::to_string(self).expect("a place has a TOML form").as_bytes())
    }
}

impl State {
    /// Whether there is something to do for a client, with the log at the event `last`.
    pub(super) fn is_due(&self, last: u64, now: UnixTime) -> bool {
        let something = self.pending.is_some() || self.position < last;
        // A clock that was set back makes nobody wait longer.
        let waits = self.next_attempt.is_some_and(|next| now < next && next <= now.plus(MAX_RETRY_SECONDS));
        something && !waits
    }

    pub(super) fn acknowledged(&mut self, event: u64) {
        self.position = event;
        self.sequence = self.sequence.saturating_add(1);
        (self.failures, self.next_attempt, self.fault, self.pending) = (0, None, None, None);
    }

    /// Whether what waits is of before `since`.
    pub(super) fn is_of_before(&self, since: UnixTime) -> bool {
        let waiting = self.pending.as_ref().and_then(Pending::notice);
        waiting.is_some_and(|notice| notice.at < since)
    }

    /// Drops what waits if it is of before `since`: it was for whom the webhook was set for then. Whether something was dropped.
    pub(super) fn pass_over_before(&mut self, since: UnixTime) -> bool {
        if !self.is_of_before(since) {
            return false;
        }
        let Some(dropped) = self.pending.take() else { return false };
        self.position = dropped.event;
        (self.failures, self.next_attempt, self.fault) = (0, None, None);
        true
    }

    pub(super) fn failed(&mut self, fault: &str, now: UnixTime) {
        self.failures = self.failures.saturating_add(1);
        self.next_attempt = Some(now.plus(retry_after(self.failures)));
        self.fault = Some(fault.to_owned());
    }
}

/// Seconds to the next attempt after so many in vain.
fn retry_after(failures: u32) -> u64 {
    retry_seconds(failures, FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS)
}

/// How far a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookProgress {
    /// Notices that it acknowledged.
    pub acknowledged: u64,
    /// Number of the last event that is done with.
    pub position: u64,
    /// When that happened of which the notice says that waits.
    pub waiting_since: Option<UnixTime>,
    /// Attempts in vain.
    pub failures: u32,
    /// Code of the last fault.
    pub fault: Option<String>,
}

impl Home {
    /// How far the client is with its notices; `None` before the first look.
    ///
    /// # Errors
    /// [`WebhookError::State`], [`WebhookError::Client`].
    pub fn webhook_progress(&self, client: &str) -> Result<Option<WebhookProgress>, WebhookError> {
        let state = State::load(&State::path(self, client))?;
        Ok(state.map(|state| WebhookProgress {
            acknowledged: state.sequence,
            position: state.position,
            waiting_since: state.pending.as_ref().and_then(Pending::notice).map(|notice| notice.at),
            failures: state.failures,
            fault: state.fault,
        }))
    }
}

#[cfg(test)]
mod tests {
    use boyin_model::id::CreditCode;
    use boyin_model::webhook::{WEBHOOK_ID_BYTES, WebhookChange};

    use super::*;

    fn pending(event: u64, sequence: u64) -> Pending {
        let at = UnixTime::new(1_000_000).unwrap();
        let notice = WebhookNotice {
            audience: "market-1".to_owned(),
            issuer: CreditCode::parse("11100000000013338W").unwrap(),
            issued_at: at,
            id: [1; WEBHOOK_ID_BYTES],
            sequence,
            at,
            change: WebhookChange::Catalog(2),
        };
        Pending::new(event, &notice)
    }

    #[test]
    fn a_place_is_read_as_it_was_written_and_no_other_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/market-1.toml");
        assert_eq!(State::load(&path).unwrap(), None);
        let good = State {
            sequence: 4,
            failures: 2,
            next_attempt: UnixTime::new(77),
            fault: Some("timed_out".to_owned()),
            pending: Some(pending(10, 5)),
            ..State::new(9)
        };
        for state in [State::new(0), good.clone()] {
            state.save(&path).unwrap();
            assert_eq!(State::load(&path).unwrap(), Some(state));
        }
        let unreadable = Pending { event: 10, notice: "{}".to_owned() };
        for bad in [
            State { format: STATE_FORMAT + 1, ..good.clone() },
            State { pending: Some(pending(9, 5)), ..good.clone() },
            State { pending: Some(pending(10, 6)), ..good.clone() },
            State { pending: Some(unreadable), ..good },
        ] {
            bad.save(&path).unwrap();
            assert!(matches!(State::load(&path), Err(WebhookError::State(_))), "{bad:?}");
        }
    }

    #[test]
    fn what_waits_from_before_the_webhook_was_set_is_dropped() {
        let at = UnixTime::new(1_000_000).unwrap();
        let mut state = State { sequence: 4, pending: Some(pending(10, 5)), ..State::new(9) };
        state.failed("status", at);
        let waiting = state.clone();
        assert!(!state.pass_over_before(at));
        assert_eq!(state, waiting);
        assert!(state.pass_over_before(at.plus(1)));
        assert_eq!(state, State { sequence: 4, ..State::new(10) });
        assert!(!state.pass_over_before(at.plus(1)));
    }

    #[test]
    fn attempts_come_further_apart_and_never_end() {
        let found: Vec<_> = (1..=12).map(retry_after).collect();
        assert_eq!(found, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        for many in [63, 64, 65, 1000, u32::MAX] {
            assert_eq!(retry_after(many), MAX_RETRY_SECONDS, "{many}");
        }
    }

    #[test]
    fn who_failed_waits_unless_the_clock_was_set_back() {
        let now = UnixTime::new(1_000_000).unwrap();
        let mut state = State::new(4);
        assert!(!state.is_due(4, now), "nothing happened");
        assert!(state.is_due(5, now));
        state.failed("status", now);
        assert!(!state.is_due(5, now.plus(FIRST_RETRY_SECONDS - 1)));
        assert!(state.is_due(5, now.plus(FIRST_RETRY_SECONDS)));
        assert!(state.is_due(5, now.minus(MAX_RETRY_SECONDS)));
        state.acknowledged(5);
        assert_eq!((state.sequence, state.failures, state.fault.clone()), (1, 0, None));
        assert!(!state.is_due(5, now) && state.is_due(6, now));
    }
}
