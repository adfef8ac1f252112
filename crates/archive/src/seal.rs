//! What the register holds of a seal, and what an act makes of it. Pure: the archive reads and writes.

use std::fmt;

use boyin_model::hex;
use boyin_model::id::{CreditCode, DivisionCode};
use boyin_model::register::{
    Period, SealAct, SealId, SealKind, SealState, UseAttempt, UseLimits, close_period, open_period,
    same_person,
};
use boyin_model::time::UnixTime;
use boyin_model::trust::{SealVersion, TrustedSeal};
use serde::{Deserialize, Serialize};

use crate::act::{Act, EventKind, is_words};
use crate::error::ArchiveError;
use crate::record::{MAX_TEXT, RecordField};

/// Most bytes of a made seal. Its picture is 40 mm wide at most; 1 MiB holds it uncompressed at 300 dots to the inch.
pub const MAX_SEAL: usize = 1 << 20;

/// A seal that is asked for.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SealApplication {
    /// The office that will own it.
    pub owner: CreditCode,
    /// Division that gives the number.
    pub division: DivisionCode,
    /// What it stands for.
    pub kind: SealKind,
    /// Its words, as in the picture (印章名称), 1 to [`MAX_TEXT`] bytes on one line.
    pub name: String,
    /// Within what it may be used.
    pub limits: UseLimits,
}

/// Prints nothing: the seal may be a person's.
impl fmt::Debug for SealApplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealApplication(..)")
    }
}

/// What is done to a seal that is in the register. Texts are 1 to [`MAX_WORDS`](crate::MAX_WORDS) characters on one line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SealChange<'a> {
    /// Lets it be made. Not by the applicant.
    Approve,
    /// Refuses it, for good.
    Reject {
        /// Why.
        reason: &'a str,
    },
    /// Takes the bytes of the seal as made.
    Make {
        /// The second person.
        second: &'a str,
        /// The seal, `1..=`[`MAX_SEAL`] bytes.
        bytes: &'a [u8],
    },
    /// Takes the bytes of the seal as made anew; the earlier ones are kept.
    Remake {
        /// The second person.
        second: &'a str,
        /// The seal, `1..=`[`MAX_SEAL`] bytes.
        bytes: &'a [u8],
    },
    /// Puts it in use.
    TakeIntoUse,
    /// Counts one use. The purpose is that of the act.
    Use {
        /// What is sealed: its digest or its identifier.
        document: &'a str,
    },
    /// Takes it out of use for now.
    Suspend {
        /// Why.
        reason: &'a str,
    },
    /// Puts a suspended seal in use again.
    Restore {
        /// Why.
        reason: &'a str,
    },
    /// Takes it out of use for good.
    Recall {
        /// Why.
        reason: &'a str,
    },
    /// Says that the recalled seal, its key and its media are destroyed. The register keeps what was sealed verifiable.
    Destroy {
        /// The second person.
        second: &'a str,
        /// Why.
        reason: &'a str,
    },
}

/// Prints the act only: the rest names persons.
impl fmt::Debug for SealChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealChange({}, ..)", self.act())
    }
}

impl<'a> SealChange<'a> {
    /// The act that it is.
    #[must_use]
    pub const fn act(&self) -> SealAct {
        match self {
            Self::Approve => SealAct::Approve,
            Self::Reject { .. } => SealAct::Reject,
            Self::Make { .. } => SealAct::Make,
            Self::Remake { .. } => SealAct::Remake,
            Self::TakeIntoUse => SealAct::TakeIntoUse,
            Self::Use { .. } => SealAct::Use,
            Self::Suspend { .. } => SealAct::Suspend,
            Self::Restore { .. } => SealAct::Restore,
            Self::Recall { .. } => SealAct::Recall,
            Self::Destroy { .. } => SealAct::Destroy,
        }
    }

    /// The person who acts beside the one of the act.
    #[must_use]
    pub const fn second(&self) -> Option<&'a str> {
        match self {
            Self::Make { second, .. } | Self::Remake { second, .. } | Self::Destroy { second, .. } => {
                Some(second)
            }
            Self::Approve
            | Self::Reject { .. }
            | Self::TakeIntoUse
            | Self::Use { .. }
            | Self::Suspend { .. }
            | Self::Restore { .. }
            | Self::Recall { .. } => None,
        }
    }

    /// The reason or what is sealed, as the event tells it; `None` where nothing is to be said.
    #[must_use]
    pub const fn words(&self) -> Option<&'a str> {
        match self {
            Self::Use { document } => Some(document),
            Self::Reject { reason }
            | Self::Suspend { reason }
            | Self::Restore { reason }
            | Self::Recall { reason }
            | Self::Destroy { reason, .. } => Some(reason),
            Self::Approve | Self::Make { .. } | Self::Remake { .. } | Self::TakeIntoUse => None,
        }
    }

    /// The bytes of the seal, where it is made.
    #[must_use]
    pub const fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Make { bytes, .. } | Self::Remake { bytes, .. } => Some(bytes),
            Self::Approve
            | Self::Reject { .. }
            | Self::TakeIntoUse
            | Self::Use { .. }
            | Self::Suspend { .. }
            | Self::Restore { .. }
            | Self::Recall { .. }
            | Self::Destroy { .. } => None,
        }
    }
}

/// The event that an act leaves.
pub(crate) const fn event_of(act: SealAct) -> EventKind {
    match act {
        SealAct::Apply => EventKind::SealApplied,
        SealAct::Approve => EventKind::SealApproved,
        SealAct::Reject => EventKind::SealRejected,
        SealAct::Make => EventKind::SealMade,
        SealAct::Remake => EventKind::SealRemade,
        SealAct::TakeIntoUse => EventKind::SealInUse,
        SealAct::Use => EventKind::SealUsed,
        SealAct::Suspend => EventKind::SealSuspended,
        SealAct::Restore => EventKind::SealRestored,
        SealAct::Recall => EventKind::SealRecalled,
        SealAct::Destroy => EventKind::SealDestroyed,
    }
}

/// A seal in the register. Its bytes are kept beside it, one entry for each version.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealRecord {
    /// Its number.
    pub id: SealId,
    /// The office that owns it.
    pub owner: CreditCode,
    /// What it stands for.
    pub kind: SealKind,
    /// Its words (印章名称).
    pub name: String,
    /// Within what it may be used.
    pub limits: UseLimits,
    /// How far it is.
    pub state: SealState,
    /// Who asked for it.
    pub applicant: String,
    /// When it was asked for.
    pub applied_at: UnixTime,
    /// The latest instant of an act on it. No act is dated before it.
    pub last_at: UnixTime,
    /// How often it was used.
    pub used: u32,
    /// Its bytes by their digests, each time it was made, oldest first.
    pub versions: Vec<SealVersion>,
    /// When it was in use, oldest first.
    pub in_force: Vec<Period>,
}

/// Prints number and state only: the seal may be a person's.
impl fmt::Debug for SealRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealRecord").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

/// `sha-256:` and the digest of the bytes in lower-case hexadecimal.
#[must_use]
pub fn seal_digest(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    format!("sha-256:{}", hex::encode(digest.as_ref()))
}

impl SealRecord {
    pub(crate) fn apply(id: SealId, application: &SealApplication, act: &Act) -> Self {
        let SealApplication { owner, kind, name, limits, .. } = application.clone();
        Self {
            id,
            owner,
            kind,
            name,
            limits,
            state: SealState::Applied,
            applicant: act.who().to_owned(),
            applied_at: act.at(),
            last_at: act.at(),
            used: 0,
            versions: Vec::new(),
            in_force: Vec::new(),
        }
    }

    /// What the trust list says of it; `None` if it never was in use.
    #[must_use]
    pub fn trusted(&self) -> Option<TrustedSeal> {
        let Self { id, owner, versions, in_force, .. } = self.clone();
        (!in_force.is_empty()).then_some(TrustedSeal { id, issuer: owner, versions, in_force })
    }

    /// The record after the act, or why there is none.
    pub(crate) fn after(&self, act: &Act, change: &SealChange<'_>) -> Result<Self, ArchiveError> {
        let deed = change.act();
        let refused = ArchiveError::SealTransition { from: self.state, act: deed };
        let state = deed.next(Some(self.state)).ok_or(refused)?;
        // Periods would overlap, or end before a use that was made in them.
        if act.at() < self.last_at {
            return Err(ArchiveError::SealBackdated { last: self.last_at });
        }
        let mut next = Self { state, last_at: act.at(), ..self.clone() };
        match change {
            SealChange::Approve => self.check_other(act.who())?,
            SealChange::Make { bytes, .. } | SealChange::Remake { bytes, .. } => {
                next.add_version(bytes, act.at());
            }
            SealChange::TakeIntoUse | SealChange::Restore { .. } => open_period(&mut next.in_force, act.at()),
            SealChange::Suspend { .. } => close_period(&mut next.in_force, act.at()),
            SealChange::Recall { .. } => {
                close_period(&mut next.in_force, act.at());
                next.end_version(act.at());
            }
            SealChange::Use { .. } => next.used = self.count_use(act)?,
            SealChange::Reject { .. } | SealChange::Destroy { .. } => {}
        }
        Ok(next)
    }

    fn check_other(&self, who: &str) -> Result<(), ArchiveError> {
        if same_person(who, &self.applicant) { Err(ArchiveError::SealSamePerson) } else { Ok(()) }
    }

    fn add_version(&mut self, bytes: &[u8], at: UnixTime) {
        self.end_version(at);
        self.versions.push(SealVersion { digest: seal_digest(bytes), from: at, until: None });
    }

    /// A version that was replaced within the second that made it keeps an empty time: its number is a key.
    fn end_version(&mut self, at: UnixTime) {
        if let Some(last) = self.versions.last_mut().filter(|last| last.until.is_none()) {
            last.until = Some(at);
        }
    }

    fn count_use(&self, act: &Act) -> Result<u32, ArchiveError> {
        let attempt = UseAttempt {
            at: act.at(),
            purpose: act.purpose(),
            office: *act.office(),
            owner: self.owner,
            used: self.used,
        };
        self.limits.allows(&attempt)?;
        Ok(self.used.saturating_add(1))
    }
}

impl SealApplication {
    pub(crate) fn check(&self) -> Result<(), ArchiveError> {
        let name = (1..=MAX_TEXT).contains(&self.name.len())
            && !self.name.trim().is_empty()
            && !self.name.chars().any(char::is_control);
        if !name {
            return Err(RecordField::SealName.into());
        }
        Ok(self.limits.check()?)
    }
}

/// What can be said of an act without its seal.
pub(crate) fn check_change(act: &Act, change: &SealChange<'_>) -> Result<(), ArchiveError> {
    if change.words().is_some_and(|words| !is_words(words)) {
        return Err(ArchiveError::Reason);
    }
    if change.bytes().is_some_and(|bytes| !(1..=MAX_SEAL).contains(&bytes.len())) {
        return Err(RecordField::SealBytes.into());
    }
    match change.second() {
        Some(second) if !is_words(second) => Err(ArchiveError::SealSecond),
        Some(second) if same_person(second, act.who()) => Err(ArchiveError::SealSamePerson),
        Some(_) | None => Ok(()),
    }
}
