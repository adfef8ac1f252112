//! Versions of a license: each takes the place of the one before it, and the last one is the head of the chain.

use std::fmt;

use boyin_model::id::LicenseId;
use boyin_model::status::LicenseStatus;

use crate::act::{Event, EventKind};

/// Most versions that are listed. An identifier has numbers for 999; a chain that goes on under another one can have more.
pub const MAX_VERSIONS: usize = 1000;

/// Why a new version takes the place of the old one. The codes are on disk, as those of their events, and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuccessionKind {
    /// With another validity (延续).
    Renewal,
    /// With other content (变更).
    Change,
    /// As it was: the old one was lost or damaged (补证).
    Reissue,
}

impl SuccessionKind {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Renewal, Self::Change, Self::Reissue];

    /// The event that it leaves on the old version.
    #[must_use]
    pub const fn event(self) -> EventKind {
        match self {
            Self::Renewal => EventKind::LicenseRenewed,
            Self::Change => EventKind::LicenseChanged,
            Self::Reissue => EventKind::LicenseReissued,
        }
    }
}

/// What makes a new version take the place of an old one.
#[derive(Clone, PartialEq, Eq)]
pub struct Succession {
    /// The version that is current until then.
    pub of: LicenseId,
    /// Why there is a new one.
    pub kind: SuccessionKind,
    /// The reason, in 1 to [`MAX_WORDS`](crate::MAX_WORDS) characters, for the event log.
    pub reason: String,
    /// The clause of the law that it rests on (法律依据), in 1 to [`MAX_WORDS`](crate::MAX_WORDS) characters.
    pub basis: Option<String>,
}

impl fmt::Debug for Succession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Succession").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// One version of a license. None of this is personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its identifier.
    pub id: LicenseId,
    /// Its status; `None` if its issuer keeps it elsewhere, or if the license was erased.
    pub status: Option<LicenseStatus>,
    /// The event that put the next version in its place.
    pub succeeded: Option<Event>,
}

/// What leads from one version to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Links {
    /// The first version of the chain.
    pub(crate) first: LicenseId,
    pub(crate) before: Option<LicenseId>,
    pub(crate) after: Option<LicenseId>,
}

impl Links {
    /// Of a license that is the only version of its chain.
    pub(crate) fn alone(id: &LicenseId) -> Self {
        Self { first: id.clone(), before: None, after: None }
    }
}
