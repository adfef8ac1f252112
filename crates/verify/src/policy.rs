use std::num::NonZeroU16;

use boyin_model::json::Reader;

/// Clocks of issuers and verifiers may differ by this much. Applies to the instant of issue of a license and to the making
/// of both lists; validity and staleness are exact.
pub const CLOCK_TOLERANCE_SECONDS: u64 = 300;

/// What to do with a list that is past its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenStale {
    /// The verdict is Indeterminate.
    #[default]
    Indeterminate,
    /// The list serves for some more hours; the report notes it.
    AcceptFor {
        /// Hours after the end of the list.
        hours: NonZeroU16,
    },
}

/// How strictly to verify. The default is the strictest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Whose credentials are read.
    pub reader: Reader,
    /// When the trust list is stale.
    pub stale_trust: WhenStale,
    /// When the status list is stale.
    pub stale_status: WhenStale,
}

impl Policy {
    /// The same policy for a stale trust list.
    #[must_use]
    pub fn when_trust_stale(self, stale_trust: WhenStale) -> Self {
        Self { stale_trust, ..self }
    }

    /// The same policy for a stale status list.
    #[must_use]
    pub fn when_status_stale(self, stale_status: WhenStale) -> Self {
        Self { stale_status, ..self }
    }

    /// The same policy for another reader.
    #[must_use]
    pub fn reader(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }
}
