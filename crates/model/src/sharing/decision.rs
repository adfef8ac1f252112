use super::list::{SharingList, SharingScope, has_field};
use crate::catalog::CatalogList;
use crate::id::{CreditCode, LicenseTypeCode};
use crate::limits::MAX_SHARED_FIELDS;
use crate::listing::Untimely;
use crate::time::UnixTime;

/// Most characters of a purpose.
const MAX_PURPOSE_CHARS: usize = 200;

/// Who asks for what, for which service item, when and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareRequest<'r> {
    /// Who asks.
    pub agency: CreditCode,
    /// Code of the service item.
    pub item: &'r str,
    /// Of which license type.
    pub license_type: LicenseTypeCode,
    /// Names of the claims and fields that are asked for.
    pub fields: &'r [&'r str],
    /// When.
    pub at: UnixTime,
    /// What for.
    pub purpose: &'r str,
}

/// What may be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Of the fields that were asked for those that may be given, ascending; never empty.
    pub fields: Vec<String>,
    /// How many of those that were asked for are withheld.
    pub withheld: usize,
    /// Between whom it is shared.
    pub scope: SharingScope,
    /// Numbers of the sharing list and the catalog by which it was decided.
    pub by: (u64, u64),
}

/// Why nothing is given. In the order in which the questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareRefusal {
    /// Nobody says what for.
    #[error("say what for in 1 to {MAX_PURPOSE_CHARS} characters")]
    Purpose,
    /// Nothing is asked for, or more than any license has.
    #[error("ask for 1 to {MAX_SHARED_FIELDS} fields")]
    Fields,
    /// The sharing list does not count then.
    #[error("sharing list: {0}")]
    List(Untimely),
    /// The catalog of license types does not count then.
    #[error("catalog of license types: {0}")]
    Catalog(Untimely),
    /// The catalog has no such type.
    #[error("the catalog has no such license type")]
    TypeNotListed,
    /// The sharing list has nothing for this agency.
    #[error("the sharing list has nothing for this agency")]
    AgencyUnknown,
    /// The agency is not given this type for this item.
    #[error("the sharing list does not give this agency the license type for this item")]
    NotShared,
    /// It is given later.
    #[error("it is given from {0} on")]
    NotYet(UnixTime),
    /// It was given until then.
    #[error("it was given until {0}")]
    TermEnded(UnixTime),
    /// None of the fields is among those that are given.
    #[error("none of these fields is given")]
    FieldsNotShared,
}

impl ShareRefusal {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.names().0
    }

    /// What it says, in Chinese.
    #[must_use]
    pub const fn words_zh(self) -> &'static str {
        self.names().1
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Purpose => ("purpose_missing", "未说明用途"),
            Self::Fields => ("fields_missing", "未说明所需字段"),
            Self::List(Untimely::NotYet(_)) => ("sharing_list_not_yet", "共享目录尚未生效"),
            Self::List(Untimely::Stale(_)) => ("sharing_list_stale", "共享目录已过期"),
            Self::Catalog(Untimely::NotYet(_)) => ("catalog_not_yet", "证照类型清单尚未生效"),
            Self::Catalog(Untimely::Stale(_)) => ("catalog_stale", "证照类型清单已过期"),
            Self::TypeNotListed => ("type_not_listed", "证照类型不在清单内"),
            Self::AgencyUnknown => ("agency_unknown", "机构不在共享目录内"),
            Self::NotShared => ("not_shared", "该事项未共享此证照"),
            Self::NotYet(_) => ("not_yet_shared", "共享期限未开始"),
            Self::TermEnded(_) => ("term_ended", "共享期限已届满"),
            Self::FieldsNotShared => ("fields_not_shared", "所需字段均未共享"),
        }
    }
}

/// Decides about one request: nothing is given but what the list names, while it names it, and what the catalog knows.
///
/// Fields that the list does not name are withheld, and do not keep the others from being given. The same field twice is one.
///
/// # Errors
/// [`ShareRefusal`]: the first question to which the answer is no.
pub fn sharing_decision(
    list: &SharingList,
    catalog: &CatalogList,
    request: &ShareRequest<'_>,
) -> Result<Shared, ShareRefusal> {
    let ShareRequest { agency, item, license_type, fields, at, purpose } = *request;
    let words = purpose.trim();
    if words.is_empty() || words.chars().count() > MAX_PURPOSE_CHARS || words.chars().any(char::is_control) {
        return Err(ShareRefusal::Purpose);
    }
    if !(1..=MAX_SHARED_FIELDS).contains(&fields.len()) {
        return Err(ShareRefusal::Fields);
    }
    list.counts_at(at).map_err(ShareRefusal::List)?;
    catalog.counts_at(at).map_err(ShareRefusal::Catalog)?;
    // A type that may no longer be issued is shared on: what was issued is still held.
    let known = catalog.entry(license_type).ok_or(ShareRefusal::TypeNotListed)?;
    let of_agency = list.entries.partition_point(|entry| entry.agency < agency);
    if list.entries.get(of_agency).is_none_or(|entry| entry.agency != agency) {
        return Err(ShareRefusal::AgencyUnknown);
    }
    let key = (agency, item, license_type);
    let begin = list.entries.partition_point(|entry| entry.key() < key);
    let entries: Vec<_> = list.entries[begin..].iter().take_while(|entry| entry.key() == key).collect();
    let (Some(last), Some(next)) =
        (entries.last(), entries.iter().find(|entry| at < entry.from).or(entries.first()))
    else {
        return Err(ShareRefusal::NotShared);
    };
    let Some(entry) = entries.iter().find(|entry| entry.in_force(at)) else {
        return Err(match last.until {
            Some(until) if until <= at => ShareRefusal::TermEnded(until),
            Some(_) | None => ShareRefusal::NotYet(next.from),
        });
    };
    let mut asked = fields.to_vec();
    asked.sort_unstable();
    asked.dedup();
    let given = |name: &&str| {
        entry.fields.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
            && has_field(&known.license_type, name)
    };
    let fields: Vec<_> = asked.iter().copied().filter(given).map(str::to_owned).collect();
    if fields.is_empty() {
        return Err(ShareRefusal::FieldsNotShared);
    }
    let withheld = asked.len() - fields.len();
    Ok(Shared { fields, withheld, scope: entry.scope, by: (list.sequence, catalog.sequence) })
}
