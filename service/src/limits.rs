//! How much one client may ask in a short time, and how often clients and clerks may ask for what is not there: whoever tries numbers
//! finds little before they have to wait.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use boyin::access::MAX_CLIENTS;
use boyin::model::time::UnixTime;

use crate::error::ApiError;

/// So much at once, and so much again in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Most at once.
    pub burst: u32,
    /// As much comes back…
    pub back: u32,
    /// …in so many seconds.
    pub seconds: u32,
}

/// Calls of one client.
pub const REQUESTS: Rate = Rate { burst: 100, back: 20, seconds: 1 };
/// Calls of one client that found nothing: a number that nobody has, no code or a wrong one, a statement that is not right, a file too
/// large to look through.
pub const MISSES: Rate = Rate { burst: 20, back: 1, seconds: 30 };
/// Looks of one clerk that found nothing, or not all that was looked for: no license, an empty file, a paper that is not on file. A
/// window meets some 200 people a day, all of whom may have nothing on file yet: this is never in the way of its work. Whoever tries
/// numbers gets through some 3000 a day, of 365,000 and more that there can be of one county and year of birth.
pub const CLERK_MISSES: Rate = Rate { burst: 200, back: 1, seconds: 30 };
/// Access tokens of one client, each good for ten minutes.
pub const ASSERTIONS: Rate = Rate { burst: 30, back: 1, seconds: 2 };

#[derive(Clone, Copy)]
struct Level {
    /// What is there, in parts of which one call takes [`Rate::seconds`].
    parts: u64,
    at: UnixTime,
}

/// A token bucket for each client.
struct Buckets {
    rate: Rate,
    levels: Mutex<HashMap<String, Level>>,
}

impl Buckets {
    fn new(rate: Rate) -> Self {
        Self { rate, levels: Mutex::default() }
    }

    fn full(&self) -> u64 {
        u64::from(self.rate.burst) * u64::from(self.rate.seconds)
    }

    fn at(&self, level: Level, now: UnixTime) -> Level {
        // A clock that is set back gives nothing.
        let passed = now.seconds().saturating_sub(level.at.seconds());
        let parts = level.parts.saturating_add(passed.saturating_mul(u64::from(self.rate.back)));
        Level { parts: parts.min(self.full()), at: level.at.max(now) }
    }

    /// Takes one, or says after how many seconds there is one.
    fn take(&self, client: &str, now: UnixTime) -> Result<(), u64> {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.len() > MAX_CLIENTS {
            // Those that are full again need not be remembered; removed clients are among them soon.
            levels.retain(|_, level| self.at(*level, now).parts < self.full());
        }
        let known = levels.get(client).copied().unwrap_or(Level { parts: self.full(), at: now });
        let mut level = self.at(known, now);
        let cost = u64::from(self.rate.seconds);
        let enough = level.parts >= cost;
        if enough {
            level.parts -= cost;
        }
        levels.insert(client.to_owned(), level);
        let missing = cost.saturating_sub(level.parts);
        if enough { Ok(()) } else { Err(missing.div_ceil(u64::from(self.rate.back)).max(1)) }
    }

    /// Gives one back.
    fn give_back(&self, client: &str) {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(level) = levels.get_mut(client) {
            level.parts = level.parts.saturating_add(u64::from(self.rate.seconds)).min(self.full());
        }
    }
}

/// The limits of all clients, and of clerks.
pub(crate) struct Limits {
    requests: Buckets,
    misses: Buckets,
    clerk_misses: Buckets,
    assertions: Buckets,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: Buckets::new(REQUESTS),
            misses: Buckets::new(MISSES),
            clerk_misses: Buckets::new(CLERK_MISSES),
            assertions: Buckets::new(ASSERTIONS),
        }
    }
}

impl Limits {
    /// One more access token.
    ///
    /// # Errors
    /// After how many seconds there is one.
    pub(crate) fn assertion(&self, client: &str, now: UnixTime) -> Result<(), u64> {
        self.assertions.take(client, now)
    }

    /// One more call.
    pub(crate) fn request(&self, client: &str, now: UnixTime) -> Result<(), ApiError> {
        self.requests.take(client, now).map_err(ApiError::TooMany)
    }

    /// One more call that may find nothing. It counts as a miss until it is [found](Self::found): of calls at the same time none
    /// gets by.
    pub(crate) fn search(&self, client: &str, now: UnixTime) -> Result<(), ApiError> {
        self.misses.take(client, now).map_err(ApiError::TooMany)
    }

    /// The call found something, nothing was looked for, or the service could not answer.
    pub(crate) fn found(&self, client: &str) {
        self.misses.give_back(client);
    }

    /// One more look of a clerk, which counts as [`search`](Self::search) does until it has [found](Self::clerk_found) something.
    pub(crate) fn clerk_search(&self, clerk: &str, now: UnixTime) -> Result<(), ApiError> {
        self.clerk_misses.take(clerk, now).map_err(ApiError::TooMany)
    }

    /// The look found all that it was for, nothing was looked for, or the service could not answer.
    pub(crate) fn clerk_found(&self, clerk: &str) {
        self.clerk_misses.give_back(clerk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::new(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_burst_then_so_much_in_a_time() {
        let buckets = Buckets::new(Rate { burst: 3, back: 1, seconds: 30 });
        for _ in 0..3 {
            buckets.take("a", at(0)).unwrap();
        }
        assert_eq!(buckets.take("a", at(0)), Err(30));
        assert_eq!(buckets.take("a", at(29)), Err(1));
        buckets.take("b", at(0)).unwrap();
        buckets.take("a", at(30)).unwrap();
        assert_eq!(buckets.take("a", at(30)), Err(30));
        // Never more than the burst.
        for _ in 0..3 {
            buckets.take("a", at(100_000)).unwrap();
        }
        assert_eq!(buckets.take("a", at(100_000)), Err(30));
        // Nothing for a clock that is set back and forth.
        assert_eq!(buckets.take("a", at(0)), Err(30));
        assert_eq!(buckets.take("a", at(100_000)), Err(30));
        buckets.give_back("a");
        buckets.take("a", at(100_000)).unwrap();
        assert!(buckets.take("a", at(100_000)).is_err());
    }

    #[test]
    fn several_come_back_in_one_second() {
        let buckets = Buckets::new(Rate { burst: 2, back: 20, seconds: 1 });
        for _ in 0..2 {
            buckets.take("a", at(0)).unwrap();
        }
        assert_eq!(buckets.take("a", at(0)), Err(1));
        for _ in 0..2 {
            buckets.take("a", at(1)).unwrap();
        }
        assert_eq!(buckets.take("a", at(1)), Err(1));
    }

    #[test]
    fn clients_that_ask_no_more_are_forgotten() {
        let buckets = Buckets::new(REQUESTS);
        for number in 0..=MAX_CLIENTS {
            buckets.take(&number.to_string(), at(0)).unwrap();
        }
        buckets.take("new", at(10)).unwrap();
        assert_eq!(buckets.levels.lock().unwrap().len(), 1);
    }
}
