//! The seal register: what a seal can be, what may be done to it, by whom, and within which limits.
//!
//! ```text
//!          reject                                      remake     remake
//!        ┌────────► rejected                             ┌─┐        ┌─┐
//! apply  │                              take_into_use    ▼ │suspend ▼ │  recall          destroy
//! ────► applied ──► approved ──► made ────────────────► in_use ◄──► suspended ──► recalled ──► destroyed
//!         approve      │   make                            │  restore             ▲
//!            rejected ◄┘                                   └──────────────────────┘
//! ```
//!
//! Nothing here has a clock or a file: the archive keeps the register, the desk says who may act.

mod id;
mod limits;

#[cfg(test)]
mod tests;

pub use id::{SealId, SealIdError};
pub use limits::{LimitFault, LimitsError, MAX_LIMIT_ENTRIES, MAX_PURPOSE_CHARS, UseAttempt, UseLimits};

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::time::UnixTime;
use crate::trust::{in_force, present};

/// Enumerations whose stable codes stand in files and documents.
macro_rules! coded {
    ($name:ident, $count:literal, { $($variant:ident => $code:literal, $zh:literal;)+ }) => {
        impl $name {
            /// Every one, in their order.
            pub const ALL: [Self; $count] = [$(Self::$variant),+];

            /// Stable code, in files and documents.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Chinese name.
            #[must_use]
            pub const fn name_zh(self) -> &'static str {
                match self { $(Self::$variant => $zh),+ }
            }

            /// The one of a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.code() == code)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.code())
            }
        }
    };
}

/// What a seal stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealKind {
    /// The legal name of an organization.
    LegalName,
    /// A unit within an organization.
    InternalUnit,
    /// A branch of an organization.
    Branch,
    /// One kind of business: licensing, contracts, finance.
    SpecialPurpose,
    /// The name of a person who signs for an organization.
    Personal,
}

coded!(SealKind, 5, {
    LegalName => "legal_name", "法定名称章";
    InternalUnit => "internal_unit", "内设机构章";
    Branch => "branch", "分支机构章";
    SpecialPurpose => "special_purpose", "业务专用章";
    Personal => "personal", "个人名章";
});

/// How far a seal is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealState {
    /// Asked for.
    Applied,
    /// May be made.
    Approved,
    /// Refused, for good.
    Rejected,
    /// Made, not yet in use.
    Made,
    /// The only state in which it may be used.
    InUse,
    /// Out of use for now.
    Suspended,
    /// Out of use for good.
    Recalled,
    /// Its key and its media are destroyed.
    Destroyed,
}

coded!(SealState, 8, {
    Applied => "applied", "已申请";
    Approved => "approved", "已批准";
    Rejected => "rejected", "已驳回";
    Made => "made", "已制作";
    InUse => "in_use", "使用中";
    Suspended => "suspended", "已停用";
    Recalled => "recalled", "已收回";
    Destroyed => "destroyed", "已销毁";
});

/// What can be done to a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealAct {
    /// Asks for a seal.
    Apply,
    /// Lets it be made.
    Approve,
    /// Refuses it.
    Reject,
    /// Makes it; two people.
    Make,
    /// Makes it anew under its number, because the signer's certificate was renewed; two people.
    Remake,
    /// Puts it in use.
    TakeIntoUse,
    /// Seals one document.
    Use,
    /// Takes it out of use for now.
    Suspend,
    /// Puts a suspended seal in use again.
    Restore,
    /// Takes it out of use for good.
    Recall,
    /// Destroys a recalled seal; two people.
    Destroy,
}

coded!(SealAct, 11, {
    Apply => "apply", "申请";
    Approve => "approve", "批准";
    Reject => "reject", "驳回";
    Make => "make", "制作";
    Remake => "remake", "重新制作";
    TakeIntoUse => "take_into_use", "启用";
    Use => "use", "用印";
    Suspend => "suspend", "停用";
    Restore => "restore", "恢复";
    Recall => "recall", "收回";
    Destroy => "destroy", "销毁";
});

impl SealAct {
    /// The state that the act leads to from `from` (`None`: there is no seal yet), or `None` if it is not allowed there.
    #[must_use]
    pub const fn next(self, from: Option<SealState>) -> Option<SealState> {
        use SealState::{Applied, Approved, Destroyed, InUse, Made, Recalled, Rejected, Suspended};
        let Some(from) = from else {
            return if matches!(self, Self::Apply) { Some(Applied) } else { None };
        };
        match (from, self) {
            (Applied, Self::Approve) => Some(Approved),
            (Applied | Approved, Self::Reject) => Some(Rejected),
            (Approved, Self::Make) => Some(Made),
            (Made, Self::TakeIntoUse) | (InUse, Self::Use | Self::Remake) | (Suspended, Self::Restore) => {
                Some(InUse)
            }
            (InUse, Self::Suspend) | (Suspended, Self::Remake) => Some(Suspended),
            (InUse | Suspended, Self::Recall) => Some(Recalled),
            (Recalled, Self::Destroy) => Some(Destroyed),
            // Spelled out for each state, so that a new act must be decided for all of them.
            (_, Self::Apply)
            | (Approved | Rejected | Made | InUse | Suspended | Recalled | Destroyed, Self::Approve)
            | (Rejected | Made | InUse | Suspended | Recalled | Destroyed, Self::Reject)
            | (Applied | Rejected | Made | InUse | Suspended | Recalled | Destroyed, Self::Make)
            | (Applied | Approved | Rejected | Made | Recalled | Destroyed, Self::Remake)
            | (Applied | Approved | Rejected | InUse | Suspended | Recalled | Destroyed, Self::TakeIntoUse)
            | (
                Applied | Approved | Rejected | Made | Suspended | Recalled | Destroyed,
                Self::Use | Self::Suspend,
            )
            | (Applied | Approved | Rejected | Made | InUse | Recalled | Destroyed, Self::Restore)
            | (Applied | Approved | Rejected | Made | Recalled | Destroyed, Self::Recall)
            | (Applied | Approved | Rejected | Made | InUse | Suspended | Destroyed, Self::Destroy) => None,
        }
    }

    /// The power that it takes.
    #[must_use]
    pub const fn power(self) -> Power {
        match self {
            Self::Use => Power::Use,
            Self::Apply
            | Self::Approve
            | Self::Reject
            | Self::Make
            | Self::Remake
            | Self::TakeIntoUse
            | Self::Suspend
            | Self::Restore
            | Self::Recall
            | Self::Destroy => Power::Manage,
        }
    }

    /// Whether it takes a second person beside the one who acts.
    #[must_use]
    pub const fn takes_two(self) -> bool {
        match self {
            Self::Make | Self::Remake | Self::Destroy => true,
            Self::Apply
            | Self::Approve
            | Self::Reject
            | Self::TakeIntoUse
            | Self::Use
            | Self::Suspend
            | Self::Restore
            | Self::Recall => false,
        }
    }

    /// Whether it changes what verifiers have to know: which bytes are in force, and when.
    #[must_use]
    pub const fn changes_force(self) -> bool {
        match self {
            Self::TakeIntoUse | Self::Remake | Self::Suspend | Self::Restore | Self::Recall => true,
            Self::Apply | Self::Approve | Self::Reject | Self::Make | Self::Use | Self::Destroy => false,
        }
    }
}

/// What a person may do with seals. Nobody has two of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Applies, approves, has made, suspends, recalls, destroys.
    Manage,
    /// Seals documents.
    Use,
    /// Looks, and changes nothing.
    Audit,
}

coded!(Power, 3, {
    Manage => "manage", "管理";
    Use => "use", "使用";
    Audit => "audit", "审计";
});

/// A stretch of time: `from ≤ t < until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First instant.
    pub from: UnixTime,
    /// First instant after it; absent while it lasts.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
}

impl Period {
    /// Whether `at` lies in it.
    #[must_use]
    pub fn contains(&self, at: UnixTime) -> bool {
        in_force(self.from, self.until, at)
    }
}

/// Begins a period at `at`.
pub fn open_period(periods: &mut Vec<Period>, at: UnixTime) {
    periods.push(Period { from: at, until: None });
}

/// Ends the period that lasts, at `at`; one that would be empty is taken away, because no instant lies in it.
pub fn close_period(periods: &mut Vec<Period>, at: UnixTime) {
    if let Some(last) = periods.last_mut().filter(|last| last.until.is_none()) {
        last.until = Some(at);
        if last.from >= at {
            periods.pop();
        }
    }
}

/// Two spellings of one name must not be two persons: marks, spaces, case and forms that Unicode (NFKC) takes for the same
/// do not tell people apart. What has no letter and no digit names nobody, and counts as anybody.
#[must_use]
pub fn same_person(one: &str, other: &str) -> bool {
    let folded = |name: &str| -> String {
        let normal = name.nfkc().filter(|c| c.is_alphanumeric());
        normal.flat_map(char::to_lowercase).nfkc().collect()
    };
    let (one, other) = (folded(one), folded(other));
    one == other || one.is_empty() || other.is_empty()
}
