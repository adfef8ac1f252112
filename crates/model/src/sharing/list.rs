use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, LicenseType, is_line, is_short_name};
use crate::credential::Term;
use crate::id::{CreditCode, LicenseTypeCode};
use crate::jws::TYP_SHARING_LIST;
use crate::limits::{MAX_ITEM_CHARS, MAX_SHARED_FIELDS, MAX_SHARING_ENTRIES, MAX_SHARING_LIST_BYTES};
use crate::listing::{Entry, EntryFault, ListChangeError, SignedList, lasts_at_all};
use crate::time::UnixTime;
use crate::trust::{Difference, Effect, Facts, What, in_force, present, span};

/// The signed sharing list (共享证照目录).
pub type SharingList = SignedList<SharingEntry>;

/// Between whom something is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SharingScope {
    /// Within the department that has it (政府部门内部).
    Internal,
    /// Between departments (部门之间).
    Departments,
    /// Between a higher and a lower level (上下级).
    Levels,
    /// With a third party of society (社会第三方).
    ThirdParty,
}

impl SharingScope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Internal, Self::Departments, Self::Levels, Self::ThirdParty];

    /// Name in lists and commands, and in Chinese.
    #[must_use]
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Internal => ("internal", "部门内部"),
            Self::Departments => ("departments", "部门之间"),
            Self::Levels => ("levels", "上下级"),
            Self::ThirdParty => ("third-party", "社会第三方"),
        }
    }
}

/// What one agency is given of one license type for one service item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharingEntry {
    /// Who is given it (用证机构).
    pub agency: CreditCode,
    /// Its name.
    pub agency_name: String,
    /// Claims and fields, ascending; no others are given.
    pub fields: Vec<String>,
    /// First instant.
    pub from: UnixTime,
    /// Code of the service item (事项编码): letters, digits and `-._`.
    pub item: String,
    /// Its name.
    pub item_name: String,
    /// Of which license type.
    pub license_type: LicenseTypeCode,
    /// Between whom.
    pub scope: SharingScope,
    /// First instant at which it is no longer given; absent while that is open.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
}

/// One change of the sharing list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum SharingChange {
    /// From its first instant on the agency is given this, and nothing else, of the type for the item.
    Share {
        /// What it is given.
        entry: Box<SharingEntry>,
    },
    /// From then on the agency is given nothing of the type for the item.
    End {
        /// Who.
        agency: CreditCode,
        /// First instant after.
        at: UnixTime,
        /// For what.
        item: String,
        /// Of what.
        license_type: LicenseTypeCode,
    },
}

type Key<'e> = (CreditCode, &'e str, LicenseTypeCode);

impl SharingEntry {
    pub(super) fn key(&self) -> Key<'_> {
        (self.agency, &self.item, self.license_type)
    }

    /// Whether it is given at `at`.
    #[must_use]
    pub fn in_force(&self, at: UnixTime) -> bool {
        in_force(self.from, self.until, at)
    }

    fn subject(&self) -> String {
        format!("{} {} {}", self.agency, self.item, self.license_type)
    }
}

/// Whether a license of this type can have a claim or field of this name.
pub(super) fn has_field(license_type: &LicenseType, name: &str) -> bool {
    license_type.field(name).is_some() || Term::of_claim(name).is_some()
}

/// Whether a text is the code of a service item: 1 to [`MAX_ITEM_CHARS`] ASCII letters, digits and `-._`.
#[must_use]
pub fn is_item(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=MAX_ITEM_CHARS).contains(&text.len()) && text.bytes().all(good)
}

impl Entry for SharingEntry {
    type Change = SharingChange;
    const TYP: &'static str = TYP_SHARING_LIST;
    const NAME: &'static str = "sharing";
    const NAME_ZH: &'static str = "共享证照目录";
    const MAX_BYTES: usize = MAX_SHARING_LIST_BYTES;
    const MAX_ENTRIES: usize = MAX_SHARING_ENTRIES;

    fn order(&self, other: &Self) -> Ordering {
        (self.key(), self.from).cmp(&(other.key(), other.from))
    }

    fn check(&self, before: Option<&Self>) -> Result<(), EntryFault> {
        if !is_item(&self.item) {
            return Err(EntryFault::Item);
        }
        if !is_line(&self.agency_name) || !is_line(&self.item_name) {
            return Err(EntryFault::Name);
        }
        let ascending = self.fields.windows(2).all(|pair| pair[0] < pair[1]);
        let number = (1..=MAX_SHARED_FIELDS).contains(&self.fields.len());
        if !ascending || !number || !self.fields.iter().all(|name| is_short_name(name, '_')) {
            return Err(EntryFault::Fields);
        }
        if !lasts_at_all(self.from, self.until) {
            return Err(EntryFault::Term);
        }
        let before = before.filter(|before| before.key() == self.key());
        let overlaps = |before: &Self| before.until.is_none_or(|until| self.from < until);
        if before.is_some_and(overlaps) { Err(EntryFault::Overlap) } else { Ok(()) }
    }

    fn check_within(entries: &[Self], catalog: &Catalog, now: UnixTime) -> Result<(), (usize, EntryFault)> {
        for (place, entry) in entries.iter().enumerate() {
            if entry.until.is_some_and(|until| until <= now) {
                continue;
            }
            let license_type = catalog.get(entry.license_type).ok_or((place, EntryFault::TypeOutside))?;
            if !entry.fields.iter().all(|name| has_field(license_type, name)) {
                return Err((place, EntryFault::FieldOutside));
            }
        }
        Ok(())
    }

    fn apply(entries: &mut Vec<Self>, change: &SharingChange) -> Result<(), ListChangeError> {
        match change {
            SharingChange::Share { entry } => {
                cut(entries, entry.key(), entry.from);
                entries.push((**entry).clone());
            }
            SharingChange::End { agency, at, item, license_type } => {
                let key = (*agency, item.as_str(), *license_type);
                let lasts = |entry: &Self| entry.key() == key && entry.until.is_none_or(|until| *at < until);
                if !entries.iter().any(lasts) {
                    return Err(ListChangeError::NoSuchEntry);
                }
                cut(entries, key, *at);
            }
        }
        Ok(())
    }

    fn facts(entries: &[Self]) -> Facts {
        let mut facts = Facts::new();
        for entry in entries {
            let Self { agency_name, fields, item_name, scope, from, until, .. } = entry;
            let said = facts.entry((What::Sharing, entry.subject())).or_default();
            let gap = if said.is_empty() { "" } else { "; " };
            let term = span(*from, *until);
            let (scope, _) = scope.names();
            *said = format!("{said}{gap}{agency_name}, {item_name}, {scope}: {} {term}", fields.join(","));
        }
        facts
    }

    fn mark(older: &[Self], newer: &[Self], differences: &mut [Difference]) {
        let (older, newer) = (by_subject(older), by_subject(newer));
        for difference in differences.iter_mut().filter(|difference| difference.what == What::Sharing) {
            let before = older.get(&difference.subject).map_or(&[][..], Vec::as_slice);
            let after = newer.get(&difference.subject).map_or(&[][..], Vec::as_slice);
            difference.effect = effect(before, after);
        }
    }
}

/// Whatever of this agency, item and type would last beyond `at` ends there; what would only begin then is not there at all.
fn cut(entries: &mut Vec<SharingEntry>, key: Key<'_>, at: UnixTime) {
    entries.retain(|entry| entry.key() != key || entry.from < at);
    for entry in entries.iter_mut().filter(|entry| entry.key() == key) {
        entry.until = Some(entry.until.map_or(at, |until| until.min(at)));
    }
}

fn by_subject(entries: &[SharingEntry]) -> BTreeMap<String, Vec<&SharingEntry>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for entry in entries {
        found.entry(entry.subject()).or_default().push(entry);
    }
    found
}

/// Compares what is given between every two instants at which something begins or ends.
fn effect(older: &[&SharingEntry], newer: &[&SharingEntry]) -> Option<Effect> {
    let ends = |entry: &&&SharingEntry| [Some(entry.from), entry.until];
    let instants: BTreeSet<_> = older.iter().chain(newer).flat_map(|entry| ends(&entry)).flatten().collect();
    let given = |entries: &[&SharingEntry], at| -> BTreeSet<String> {
        let in_force = entries.iter().filter(|entry| entry.in_force(at));
        in_force.flat_map(|entry| entry.fields.iter().cloned()).collect()
    };
    let mut narrowed = false;
    for at in instants {
        let (before, after) = (given(older, at), given(newer, at));
        if !after.is_subset(&before) {
            return Some(Effect::Widened);
        }
        narrowed |= before != after;
    }
    narrowed.then_some(Effect::Narrowed)
}
