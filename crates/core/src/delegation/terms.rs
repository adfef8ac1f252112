//! What a holder lets somebody do: checked when it is asked for, and as the event has it.

use std::collections::BTreeSet;

use boyin_model::id::{HolderCode, HolderCodeType, LicenseTypeCode};
use boyin_model::json;
use boyin_model::sharing::is_item;
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};
use serde::{Deserialize, Serialize};

/// Days for which a delegation may be good.
pub const MAX_DELEGATION_DAYS: u64 = 366;
/// Times that a delegation may be used.
pub const MAX_DELEGATION_USES: u32 = 100;
/// License types of one delegation.
pub const MAX_DELEGATION_TYPES: usize = 16;
/// Items of one delegation.
pub const MAX_DELEGATION_ITEMS: usize = 16;
/// Delegations of one holder that can still be used.
pub const MAX_DELEGATIONS_OF_HOLDER: usize = 20;

/// What a holder asks for.
#[derive(Clone, PartialEq, Eq)]
pub struct DelegationWish {
    /// Who lets somebody act.
    pub holder: HolderCode,
    /// Who may act: a citizen's number or a credit code.
    pub agent: HolderCode,
    /// With which license types, 1 to [`MAX_DELEGATION_TYPES`].
    pub license_types: BTreeSet<LicenseTypeCode>,
    /// For which items, by code or key, 1 to [`MAX_DELEGATION_ITEMS`].
    pub items: BTreeSet<String>,
    /// The first instant after, at most [`MAX_DELEGATION_DAYS`] from now.
    pub until: UnixTime,
    /// How often, 1 to [`MAX_DELEGATION_USES`].
    pub uses: u32,
}

/// Prints nothing: it names persons.
impl std::fmt::Debug for DelegationWish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DelegationWish(..)")
    }
}

/// Why a delegation is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DelegationFault {
    /// Not a number by which somebody is named.
    #[error("an agent is named by a citizen ID number or a unified credit code")]
    Agent,
    /// Nobody needs leave to act for themselves.
    #[error("the agent is the holder")]
    Own,
    /// License types.
    #[error("name 1 to 16 license types of the catalog")]
    Types,
    /// Items.
    #[error("name 1 to 16 items by code or key: letters, digits and - . _")]
    Items,
    /// Its end.
    #[error("a delegation lasts 366 days at most, and not less than from now on")]
    Term,
    /// How often.
    #[error("a delegation is used 1 to 100 times")]
    Uses,
    /// The holder has so many.
    #[error("the holder has {MAX_DELEGATIONS_OF_HOLDER} delegations that can still be used: revoke one")]
    TooMany,
}

impl DelegationFault {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Agent => "delegation_agent",
            Self::Own => "delegation_self",
            Self::Types => "delegation_types",
            Self::Items => "delegation_items",
            Self::Term => "delegation_term",
            Self::Uses => "delegation_uses",
            Self::TooMany => "delegation_too_many",
        }
    }
}

/// The terms as the event has them: canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Terms {
    pub(super) agent: String,
    pub(super) items: BTreeSet<String>,
    pub(super) types: BTreeSet<LicenseTypeCode>,
    pub(super) until: UnixTime,
    pub(super) uses: u32,
}

impl Terms {
    pub(super) fn write(&self) -> String {
        String::from_utf8_lossy(&json::canonical(self)).into_owned()
    }

    /// `None` if it is not what [`write`](Self::write) writes.
    pub(super) fn read(detail: &str) -> Option<Self> {
        let read: Self = serde_json::from_str(detail).ok()?;
        (read.write() == detail).then_some(read)
    }
}

/// Kind and number in one text.
pub(super) fn holder_text(holder: &HolderCode) -> String {
    format!("{}:{}", holder.code_type().code(), holder.as_str())
}

impl DelegationWish {
    pub(super) fn holder_text(&self) -> String {
        holder_text(&self.holder)
    }

    /// The terms with the digest of the agent, if they are some.
    pub(super) fn terms(&self, agent: String, at: UnixTime) -> Result<Terms, DelegationFault> {
        if !matches!(self.agent.code_type(), HolderCodeType::CitizenId | HolderCodeType::CreditCode) {
            return Err(DelegationFault::Agent);
        }
        if self.agent == self.holder {
            return Err(DelegationFault::Own);
        }
        if !(1..=MAX_DELEGATION_TYPES).contains(&self.license_types.len()) {
            return Err(DelegationFault::Types);
        }
        let counted = (1..=MAX_DELEGATION_ITEMS).contains(&self.items.len());
        if !counted || !self.items.iter().all(|item| is_item(item)) {
            return Err(DelegationFault::Items);
        }
        if self.until <= at || at.plus(MAX_DELEGATION_DAYS * SECONDS_PER_DAY) < self.until {
            return Err(DelegationFault::Term);
        }
        if !(1..=MAX_DELEGATION_USES).contains(&self.uses) {
            return Err(DelegationFault::Uses);
        }
        let (items, types) = (self.items.clone(), self.license_types.clone());
        Ok(Terms { agent, items, types, until: self.until, uses: self.uses })
    }
}
