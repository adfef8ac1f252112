use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{Catalog, CodeSource, FieldSpec, HolderKind, LicenseType, Place, SpecFault, check};
use crate::id::LicenseTypeCode;
use crate::jws::TYP_CATALOG_LIST;
use crate::limits::{MAX_CATALOG_LIST_BYTES, MAX_CATALOG_TYPES};
use crate::listing::{Entry, EntryFault, ListChangeError, ListFault, SignedList, Untimely, lasts_at_all};
use crate::time::UnixTime;
use crate::trust::{Difference, Effect, Facts, What, in_force, present, span};

/// The signed catalog of license types (电子证照类型清单).
pub type CatalogList = SignedList<CatalogEntry>;

/// A license type and the time in which it may be issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogEntry {
    /// First instant at which it may be issued.
    pub from: UnixTime,
    /// The type.
    pub license_type: LicenseType,
    /// First instant at which it may no longer be; absent while that is open.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
}

/// One change of the catalog. No type is ever taken out: it ends, and what was issued stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum CatalogChange {
    /// Adds a type, or puts this in the place of what the catalog says of its code.
    Put {
        /// First instant.
        from: UnixTime,
        /// The type.
        license_type: Box<LicenseType>,
        /// End, if it is known.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        until: Option<UnixTime>,
    },
    /// Ends a type.
    End {
        /// Which.
        license_type: LicenseTypeCode,
        /// First instant at which it may no longer be issued.
        at: UnixTime,
    },
}

/// Why a license cannot be issued under a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogRefusal {
    /// The catalog itself does not count then.
    #[error("the catalog of license types does not count now: {0}")]
    List(Untimely),
    /// The catalog has no such type.
    #[error("the catalog in force has no license type {0}: nothing outside it is issued")]
    NotListed(LicenseTypeCode),
    /// The type may be issued only later.
    #[error("the license type may be issued from {0} on")]
    NotYet(UnixTime),
    /// The type may no longer be issued.
    #[error("the license type could be issued until {0}")]
    Ended(UnixTime),
    /// What was checked is another definition of the type.
    #[error("the catalog in force defines the license type otherwise: check the form again")]
    Differs,
}

impl CatalogRefusal {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::List(Untimely::NotYet(_)) => "catalog_not_yet",
            Self::List(Untimely::Stale(_)) => "catalog_stale",
            Self::NotListed(_) => "type_not_listed",
            Self::NotYet(_) => "type_not_yet",
            Self::Ended(_) => "type_ended",
            Self::Differs => "type_differs",
        }
    }
}

impl CatalogList {
    /// Its types, ended ones too, as forms are checked against them. The version is the number of the list.
    ///
    /// # Panics
    /// Never for a list that was [read](SignedList::read) or [checked](SignedList::check): two types of one name are none.
    #[must_use]
    pub fn catalog(&self) -> Catalog {
        let types = self.entries.iter().map(|entry| entry.license_type.clone());
        Catalog::new(self.sequence.to_string(), types).expect("a checked list holds no contradiction")
    }

    /// The entry of a type.
    #[must_use]
    pub fn entry(&self, license_type: LicenseTypeCode) -> Option<&CatalogEntry> {
        let found = self.entries.binary_search_by(|entry| entry.license_type.code.cmp(&license_type));
        found.ok().map(|place| &self.entries[place])
    }

    /// Whether a license of this type, as it was checked, may be issued at `at`.
    ///
    /// # Errors
    /// [`CatalogRefusal`].
    pub fn admits(&self, license_type: &LicenseType, at: UnixTime) -> Result<(), CatalogRefusal> {
        self.counts_at(at).map_err(CatalogRefusal::List)?;
        let code = license_type.code;
        let entry = self.entry(code).ok_or(CatalogRefusal::NotListed(code))?;
        entry.counts_at(at)?;
        if entry.license_type == *license_type { Ok(()) } else { Err(CatalogRefusal::Differs) }
    }
}

impl CatalogEntry {
    fn counts_at(&self, at: UnixTime) -> Result<(), CatalogRefusal> {
        match self.until {
            _ if at < self.from => Err(CatalogRefusal::NotYet(self.from)),
            Some(until) if until <= at => Err(CatalogRefusal::Ended(until)),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the type may be issued at `at`.
    #[must_use]
    pub fn in_force(&self, at: UnixTime) -> bool {
        in_force(self.from, self.until, at)
    }
}

impl Entry for CatalogEntry {
    type Change = CatalogChange;
    const TYP: &'static str = TYP_CATALOG_LIST;
    const NAME: &'static str = "catalog";
    const NAME_ZH: &'static str = "证照类型清单";
    const MAX_BYTES: usize = MAX_CATALOG_LIST_BYTES;
    const MAX_ENTRIES: usize = MAX_CATALOG_TYPES;

    fn order(&self, other: &Self) -> Ordering {
        self.license_type.code.cmp(&other.license_type.code)
    }

    fn check(&self, _before: Option<&Self>) -> Result<(), EntryFault> {
        check::license_type(&self.license_type).map_err(type_fault)?;
        if lasts_at_all(self.from, self.until) { Ok(()) } else { Err(EntryFault::Term) }
    }

    fn check_all(entries: &[Self]) -> Result<(), (usize, EntryFault)> {
        let (mut keys, mut names) = (std::collections::HashSet::new(), std::collections::HashSet::new());
        for (place, CatalogEntry { license_type, .. }) in entries.iter().enumerate() {
            if !keys.insert(&license_type.key) || !names.insert(&license_type.name) {
                return Err((place, EntryFault::SameName));
            }
        }
        Ok(())
    }

    fn apply(entries: &mut Vec<Self>, change: &CatalogChange) -> Result<(), ListChangeError> {
        match change {
            CatalogChange::Put { from, license_type, until } => {
                let found = check::license_type(license_type).and_then(|()| check::short_names(license_type));
                found.map_err(|found| {
                    let entry = entries.partition_point(|known| known.license_type.code < license_type.code);
                    ListFault::Entry { entry, fault: type_fault(found) }
                })?;
                let entry = Self { from: *from, license_type: (**license_type).clone(), until: *until };
                entries.retain(|known| known.license_type.code != license_type.code);
                entries.push(entry);
            }
            CatalogChange::End { license_type, at } => {
                let lasting = |entry: &&mut Self| {
                    entry.license_type.code == *license_type
                        && entry.from < *at
                        && entry.until.is_none_or(|until| *at < until)
                };
                let entry = entries.iter_mut().find(lasting);
                entry.ok_or(ListChangeError::NoSuchEntry)?.until = Some(*at);
            }
        }
        Ok(())
    }

    fn facts(entries: &[Self]) -> Facts {
        let mut facts = Facts::new();
        for Self { from, license_type, until } in entries {
            let LicenseType { code, name, key, fields, .. } = license_type;
            let said = format!("{name} ({key}); {}; {}", told(license_type), span(*from, *until));
            facts.insert((What::LicenseType, code.as_str().to_owned()), said);
            for field in fields {
                facts.insert((What::Field, subject(license_type, field)), spec(field));
            }
        }
        facts
    }

    fn mark(older: &[Self], newer: &[Self], differences: &mut [Difference]) {
        // What was hidden is no longer: the only way in which the catalog itself gives more away.
        let opened = |subject: &str| {
            let personal = |entries: &[Self]| {
                let mut fields = entries.iter().flat_map(|entry| {
                    entry.license_type.fields.iter().map(move |field| (&entry.license_type, field))
                });
                let found = fields.find(|(of, field)| self::subject(of, field) == subject);
                found.map(|(_, field)| field.personal)
            };
            personal(older) == Some(true) && personal(newer) == Some(false)
        };
        for difference in differences.iter_mut().filter(|difference| difference.what == What::Field) {
            difference.effect = opened(&difference.subject).then_some(Effect::Widened);
        }
    }
}

fn type_fault((place, fault): (Place, SpecFault)) -> EntryFault {
    EntryFault::Type { place, fault }
}

fn subject(license_type: &LicenseType, field: &FieldSpec) -> String {
    format!("{} {}", license_type.key, field.name)
}

fn told(license_type: &LicenseType) -> String {
    let LicenseType { name_en, defining_body, holder, validity, code_source, fields, .. } = license_type;
    let LicenseType { renew_expired, outlives_holder, .. } = license_type;
    let holder = match holder {
        HolderKind::NaturalPerson => "natural persons",
        HolderKind::Organization => "organizations",
        HolderKind::Any => "anybody",
    };
    let source = match code_source {
        CodeSource::Published => "published",
        CodeSource::Provisional => "provisional",
    };
    let terms: Vec<_> = validity.iter().map(ToString::to_string).collect();
    let fields: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
    let (terms, fields) = (terms.join("、"), fields.join(", "));
    let renewed = if *renew_expired { ", renewed when expired" } else { "" };
    let outlives = if *outlives_holder { ", outlives its holder" } else { "" };
    format!(
        "{name_en}, defined by {defining_body}, code {source}, for {holder}, {terms}{renewed}{outlives}, fields [{fields}]"
    )
}

fn spec(field: &FieldSpec) -> String {
    let FieldSpec { label, pinyin, kind, required, personal, max_chars, choices, min, max, .. } = field;
    let mut said = format!("{label} {pinyin}, {}", kind.code());
    said.push_str(if *required { ", required" } else { ", optional" });
    if *personal {
        said.push_str(", personal");
    }
    said.push_str(&format!(", at most {max_chars} characters"));
    if !choices.is_empty() {
        said.push_str(&format!(", one of {}", choices.join("、")));
    }
    for (word, bound) in [("from", min), ("to", max)] {
        if let Some(bound) = bound {
            said.push_str(&format!(", {word} {bound}"));
        }
    }
    said
}
