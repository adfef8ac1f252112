//! Changes of many licenses at once: what a holder's end or a decision on many licenses makes of them. They are planned first,
//! signed off by a second person for exactly what was planned, and can be undone for some time.

use std::fmt;

use boyin_model::alg::Digest32;
use boyin_model::hex;
use boyin_model::id::{HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::status::LicenseStatus;
use boyin_model::time::UnixTime;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::act::{EventKind, StatusChange};
use crate::layout::read_hex;

/// Most licenses that change at once: all of them are one batch, which is held in memory.
pub const MAX_MASS: usize = 10_000;

const DOMAIN: &[u8] = b"boyin mass change\0";

/// Why a holder holds nothing anymore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HolderEnd {
    /// A person died (死亡).
    Death,
    /// An organization was deregistered (注销登记、终止).
    Deregistration,
}

impl HolderEnd {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Death, Self::Deregistration];

    /// Stable code, also in events.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Death => "death",
            Self::Deregistration => "deregistration",
        }
    }

    /// Whether it can happen to a holder.
    pub(crate) fn befalls(self, holder: &HolderCode) -> bool {
        holder.code_type().is_natural_person() == (self == Self::Death)
    }
}

/// Which licenses are to be changed.
#[derive(Clone)]
pub enum MassScope {
    /// Those of one holder, as they are found when it is done.
    Holder {
        /// The holder.
        holder: HolderCode,
        /// What happened to the holder.
        end: HolderEnd,
        /// The types of which licenses stay as they are.
        keeps: Vec<LicenseTypeCode>,
    },
    /// These, at most [`MAX_MASS`].
    Licenses(Vec<LicenseId>),
}

impl MassScope {
    pub(crate) fn event(&self) -> EventKind {
        match self {
            Self::Holder { .. } => EventKind::HolderClosed,
            Self::Licenses(_) => EventKind::LicensesChanged,
        }
    }
}

/// Shows nothing: it may name a person.
impl fmt::Debug for MassScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MassScope(..)")
    }
}

/// A license that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MassItem {
    /// The license.
    pub id: LicenseId,
    /// Its status before.
    #[serde(serialize_with = "write_status", deserialize_with = "read_status")]
    pub from: LicenseStatus,
}

/// A license that stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MassLeft {
    /// The license.
    pub id: LicenseId,
    /// Why.
    pub why: LeftReason,
}

/// Why a license stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeftReason {
    /// It is out of force for good already.
    Ended,
    /// Licenses of its type outlive their holder.
    OutlivesHolder,
    /// Its status is kept by its issuer elsewhere.
    StatusElsewhere,
    /// What is personal in it was erased.
    Erased,
    /// It is not on file.
    NotOnFile,
}

impl LeftReason {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::OutlivesHolder => "outlives_holder",
            Self::StatusElsewhere => "status_elsewhere",
            Self::Erased => "erased",
            Self::NotOnFile => "not_on_file",
        }
    }
}

/// What would be done now: each license that changes, each that does not, by identifier, and what stands for all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MassPlan {
    /// The licenses that change.
    pub items: Vec<MassItem>,
    /// Those that were looked at and do not.
    pub left: Vec<MassLeft>,
    /// Digest of the scope, the change with its words, `items`, each with the event that its status is from, and `left`.
    pub digest: PlanDigest,
}

/// What the digest is over, without white space.
#[derive(Serialize)]
struct PlanJson<'p> {
    holder: Option<String>,
    end: Option<&'static str>,
    change: &'static str,
    reason: &'p str,
    basis: Option<&'p str>,
    items: Vec<(&'p str, &'p str, u64)>,
    left: Vec<[&'p str; 2]>,
}

/// Stands for a plan: 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PlanDigest(Digest32);

impl PlanDigest {
    /// Reads 64 hexadecimal digits in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read_hex(text).ok().map(Self)
    }

    /// SHA-256 over `"boyin mass change" ‖ 00 ‖ JSON`. `items` come with the numbers of the events that their statuses are from: one
    /// that was changed and changed back is not what was looked at.
    pub(crate) fn of(
        scope: Option<(&Digest32, HolderEnd)>,
        change: &StatusChange,
        items: &[(&MassItem, u64)],
        left: &[MassLeft],
    ) -> Self {
        let plan = PlanJson {
            holder: scope.map(|(subject, _)| hex::encode(subject)),
            end: scope.map(|(_, end)| end.code()),
            change: change.change.event().code(),
            reason: &change.reason,
            basis: change.basis.as_deref(),
            items: items.iter().map(|(item, event)| (item.id.as_str(), item.from.code(), *event)).collect(),
            left: left.iter().map(|left| [left.id.as_str(), left.why.code()]).collect(),
        };
        let plan = serde_json::to_vec(&plan).expect("text can always be written as JSON");
        let mut context = Context::new(&SHA256);
        context.update(DOMAIN);
        context.update(&plan);
        Self(*context.finish().as_ref().first_chunk().expect("SHA-256 gives 32 bytes"))
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanDigest({self})")
    }
}

/// The word of a second person for exactly one plan.
#[derive(Clone)]
pub struct SignOff {
    /// The plan.
    pub digest: PlanDigest,
    /// The second person.
    pub second: String,
}

impl fmt::Debug for SignOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignOff({}, ..)", self.digest)
    }
}

/// A change of many licenses that was done, as it is kept under the number of its event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MassRecord {
    /// When it was done.
    pub at: UnixTime,
    /// Up to when it can be undone, that instant included.
    pub undo_until: UnixTime,
    /// The licenses, in the order of their events, of which the last is the one before the event of the whole.
    pub items: Vec<MassItem>,
    /// How it was undone, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Undone>,
}

/// How a change was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undone {
    /// Number of the event.
    pub event: u64,
    /// The licenses that were left, because something was done to them since.
    pub left: Vec<LicenseId>,
}

fn write_status<S: Serializer>(status: &LicenseStatus, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(status.value())
}

fn read_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LicenseStatus, D::Error> {
    let value = u8::deserialize(deserializer)?;
    LicenseStatus::from_value(value).ok_or_else(|| serde::de::Error::custom("not a status"))
}
