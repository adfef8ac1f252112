use serde::{Deserialize, Serialize};

use crate::id::CreditCode;
use crate::time::UnixTime;
use crate::trust::present;

/// Most purposes, and most offices, of one seal. The largest prefectures have some hundred offices.
pub const MAX_LIMIT_ENTRIES: usize = 1000;
/// Most characters of a purpose: as many as the purpose of an act can have.
pub const MAX_PURPOSE_CHARS: usize = 200;

/// Within what a seal may be used. The default sets no limit but one: only the owner uses it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseLimits {
    /// How often in all; `None`: any number of times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// What for, each to be met exactly; empty: for anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<String>,
    /// First instant of use.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub from: Option<UnixTime>,
    /// First instant after use.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
    /// Who may use it; empty: the owner only. An owner who is to use it beside others is listed, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offices: Vec<CreditCode>,
}

/// A use that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct UseAttempt<'a> {
    /// When.
    pub at: UnixTime,
    /// What for.
    pub purpose: &'a str,
    /// The office that uses the seal.
    pub office: CreditCode,
    /// The office that owns it.
    pub owner: CreditCode,
    /// How often it was used before.
    pub used: u32,
}

/// The limit that stands against a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitFault {
    /// Too early.
    #[error("the seal may be used from {from} on: wait, or ask for another seal")]
    TooEarly {
        /// First instant of use.
        from: UnixTime,
    },
    /// Too late.
    #[error("the seal could be used until {until}: ask for a new seal")]
    TooLate {
        /// First instant after use.
        until: UnixTime,
    },
    /// Not one of its offices.
    #[error("the seal is not for this office: let one of its offices use it")]
    Office,
    /// Not one of its purposes.
    #[error("the seal is not for this purpose: use the seal that is")]
    Purpose,
    /// Used as often as it may be.
    #[error("the seal was used {count} times and may not be used more often: ask for a new seal")]
    Count {
        /// How often it may be used.
        count: u32,
    },
}

impl LimitFault {
    /// Stable code for callers.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooEarly { .. } => "seal_too_early",
            Self::TooLate { .. } => "seal_too_late",
            Self::Office => "seal_office",
            Self::Purpose => "seal_purpose",
            Self::Count { .. } => "seal_count",
        }
    }
}

/// Limits that cannot be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitsError {
    /// A seal that may never be used.
    #[error("a seal that may be used 0 times is of no use: leave the count out, or give 1 or more")]
    Count,
    /// The end is not later than the beginning.
    #[error("the time of use ends before it begins")]
    Times,
    /// A purpose is blank, too long or on several lines, or there are too many.
    #[error("give at most 1000 purposes of 1 to 200 characters, each on one line")]
    Purposes,
    /// Too many offices.
    #[error("give at most 1000 offices")]
    Offices,
}

impl UseLimits {
    /// Whether the use is within all limits; otherwise the first that stands against it, in the order time, office,
    /// purpose, count.
    ///
    /// # Errors
    /// [`LimitFault`].
    pub fn allows(&self, attempt: &UseAttempt<'_>) -> Result<(), LimitFault> {
        if let Some(from) = self.from.filter(|from| attempt.at < *from) {
            return Err(LimitFault::TooEarly { from });
        }
        if let Some(until) = self.until.filter(|until| *until <= attempt.at) {
            return Err(LimitFault::TooLate { until });
        }
        let office = match self.offices.as_slice() {
            [] => attempt.office == attempt.owner,
            offices => offices.contains(&attempt.office),
        };
        if !office {
            return Err(LimitFault::Office);
        }
        if !self.purposes.is_empty() && !self.purposes.iter().any(|purpose| purpose == attempt.purpose) {
            return Err(LimitFault::Purpose);
        }
        match self.count.filter(|count| *count <= attempt.used) {
            Some(count) => Err(LimitFault::Count { count }),
            None => Ok(()),
        }
    }

    /// Whether the limits can be meant.
    ///
    /// # Errors
    /// [`LimitsError`].
    pub fn check(&self) -> Result<(), LimitsError> {
        if self.count == Some(0) {
            return Err(LimitsError::Count);
        }
        if self.from.zip(self.until).is_some_and(|(from, until)| until <= from) {
            return Err(LimitsError::Times);
        }
        let one_line = |text: &String| {
            !text.trim().is_empty()
                && text.chars().count() <= MAX_PURPOSE_CHARS
                && !text.chars().any(char::is_control)
        };
        if self.purposes.len() > MAX_LIMIT_ENTRIES || !self.purposes.iter().all(one_line) {
            return Err(LimitsError::Purposes);
        }
        if self.offices.len() > MAX_LIMIT_ENTRIES { Err(LimitsError::Offices) } else { Ok(()) }
    }
}
