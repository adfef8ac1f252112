//! Signed, versioned lists beside the trust list: the catalog of license types and the sharing list. What they have in common
//! is here; what their entries say is in [`catalog`](crate::catalog) and [`sharing`](crate::sharing).

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Place, SpecFault, is_line};
use crate::id::{CreditCode, DivisionCode};
use crate::json::{self, Reader};
use crate::jws::JwsError;
use crate::time::UnixTime;
use crate::trust::{Difference, Facts, compare};

/// The `format` that this crate reads and writes.
pub const LIST_FORMAT: u32 = 1;

/// What one kind of list holds.
pub trait Entry: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// One change of a list.
    type Change: Clone + Debug + PartialEq + Serialize + DeserializeOwned;
    /// `typ` of the signed list.
    const TYP: &'static str;
    /// What such a list is called in paths, events and messages.
    const NAME: &'static str;
    /// What it is called in Chinese.
    const NAME_ZH: &'static str;
    /// Most bytes of the signed list.
    const MAX_BYTES: usize;
    /// Most entries.
    const MAX_ENTRIES: usize;

    /// The order of entries in a list; entries that are equal in it cannot both be there.
    fn order(&self, other: &Self) -> Ordering;

    /// Whether an entry, alone and beside the one before it, is one.
    ///
    /// # Errors
    /// [`EntryFault`].
    fn check(&self, before: Option<&Self>) -> Result<(), EntryFault>;

    /// What is asked of all entries together.
    ///
    /// # Errors
    /// The index of the first entry that is wrong, and what is wrong with it.
    fn check_all(_entries: &[Self]) -> Result<(), (usize, EntryFault)> {
        Ok(())
    }

    /// Whether everything that still counts after `now` lies within the catalog.
    ///
    /// # Errors
    /// The index of the first entry that does not, and what is wrong with it.
    fn check_within(
        _entries: &[Self],
        _catalog: &Catalog,
        _now: UnixTime,
    ) -> Result<(), (usize, EntryFault)> {
        Ok(())
    }

    /// Makes one change; the list is sorted afterwards.
    ///
    /// # Errors
    /// [`ListChangeError`]; the entries are then unchanged.
    fn apply(entries: &mut Vec<Self>, change: &Self::Change) -> Result<(), ListChangeError>;

    /// What entries say, each under what it is about.
    #[doc(hidden)]
    fn facts(entries: &[Self]) -> Facts;

    /// Marks what a difference does to what may be given away.
    #[doc(hidden)]
    fn mark(older: &[Self], newer: &[Self], differences: &mut [Difference]);
}

/// A signed list (`docs/format.md` §13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "E: Entry"))]
pub struct SignedList<E> {
    /// Name of the office that publishes it.
    pub authority: String,
    /// Credit code of that office.
    pub authority_code: CreditCode,
    /// Division that it is for.
    pub division: DivisionCode,
    /// The entries, in their order.
    pub entries: Vec<E>,
    /// [`LIST_FORMAT`].
    pub format: u32,
    /// When it was made.
    pub issued_at: UnixTime,
    /// From then on nothing rests on it.
    pub next_update: UnixTime,
    /// Grows by one with each list.
    pub sequence: u64,
    /// Sequence of the trust lists of the time: says which anchor may sign it.
    pub trust_sequence: u64,
    /// From then on it counts, in place of the one before it.
    pub valid_from: UnixTime,
}

/// Why an entry is none, or a list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// A license type that contradicts itself.
    #[error("{place}: {fault}")]
    Type {
        /// Where in the type.
        place: Place,
        /// What is wrong.
        fault: SpecFault,
    },
    /// Not after the entry before it, or as that one.
    #[error("stands in the wrong place, or twice")]
    Order,
    /// Two types share a key or a name.
    #[error("shares its key or its name with another license type")]
    SameName,
    /// An entry that ends before it begins.
    #[error("ends before it begins")]
    Term,
    /// Two terms of one agency, item and type overlap.
    #[error("is in force together with another one of the same agency, item and license type")]
    Overlap,
    /// Fields that are none, or not in their order.
    #[error("fields are names in ascending order, each once, 1 to {max}", max = crate::limits::MAX_SHARED_FIELDS)]
    Fields,
    /// A code of a service item that is none.
    #[error("a code of a service item is 1 to {max} letters, digits and - . _", max = crate::limits::MAX_ITEM_CHARS)]
    Item,
    /// A name that is none.
    #[error("a name is 1 to {max} characters on one line", max = crate::limits::MAX_SPEC_CHARS)]
    Name,
    /// A license type that the catalog does not have.
    #[error("names a license type that the catalog does not have")]
    TypeOutside,
    /// A field that the license type does not have.
    #[error("names a field that its license type does not have")]
    FieldOutside,
}

/// Why bytes are no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListFault {
    /// Not the JSON that such a list is.
    #[error(transparent)]
    Format(#[from] JwsError),
    /// Another spelling of what it says.
    #[error("not written in its one spelling")]
    Spelling,
    /// `next_update` is not later than `issued_at` and `valid_from`.
    #[error("the list ends before it begins")]
    Times,
    /// Too many entries.
    #[error("more than {limit} entries")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// An entry is wrong.
    #[error("entry {entry} {fault}", entry = entry + 1)]
    Entry {
        /// Its index, from 0.
        entry: usize,
        /// What is wrong.
        fault: EntryFault,
    },
}

/// Why a change of a list cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListChangeError {
    /// There is nothing of that kind that lasts until then.
    #[error("the list has no such entry that lasts until then")]
    NoSuchEntry,
    /// It would say nothing else than before.
    #[error("the list says that already")]
    Same,
    /// The list would not be one.
    #[error(transparent)]
    List(#[from] ListFault),
}

impl<E: Entry> SignedList<E> {
    /// The canonical payload.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        json::canonical(self)
    }

    /// Reads a payload, strictly: in its one spelling, every entry right and in its place.
    ///
    /// # Errors
    /// [`ListFault`].
    pub fn read(payload: &[u8]) -> Result<Self, ListFault> {
        json::parse(payload, Reader::Ours).map_err(JwsError::Payload)?;
        let list: Self = serde_json::from_slice(payload).map_err(|_| JwsError::Claim("entries"))?;
        if list.format != LIST_FORMAT {
            return Err(JwsError::Claim("format").into());
        }
        list.check()?;
        // A member that is left out when it says nothing has no other spelling.
        if list.write() == payload { Ok(list) } else { Err(ListFault::Spelling) }
    }

    /// Whether it is a list.
    ///
    /// # Errors
    /// [`ListFault`].
    pub fn check(&self) -> Result<(), ListFault> {
        if !is_line(&self.authority) {
            return Err(JwsError::Claim("authority").into());
        }
        if self.next_update <= self.issued_at || self.next_update <= self.valid_from {
            return Err(ListFault::Times);
        }
        if self.entries.len() > E::MAX_ENTRIES {
            return Err(ListFault::TooMany { limit: E::MAX_ENTRIES });
        }
        let fault = |entry, fault| ListFault::Entry { entry, fault };
        for (place, entry) in self.entries.iter().enumerate() {
            let before = place.checked_sub(1).map(|before| &self.entries[before]);
            if before.is_some_and(|before| before.order(entry) != Ordering::Less) {
                return Err(fault(place, EntryFault::Order));
            }
            entry.check(before).map_err(|found| fault(place, found))?;
        }
        E::check_all(&self.entries).map_err(|(place, found)| fault(place, found))
    }

    /// Makes one change.
    ///
    /// # Errors
    /// [`ListChangeError`]; the list is then unchanged.
    pub fn apply(&mut self, change: &E::Change) -> Result<(), ListChangeError> {
        let mut changed = self.clone();
        E::apply(&mut changed.entries, change)?;
        changed.entries.sort_by(E::order);
        changed.check()?;
        if changed == *self {
            return Err(ListChangeError::Same);
        }
        *self = changed;
        Ok(())
    }

    /// What `newer` says otherwise, ordered by what it is about. Number and times of the list itself are none of it.
    #[must_use]
    pub fn diff(&self, newer: &Self) -> Vec<Difference> {
        let mut differences = compare(&self.facts(), &newer.facts());
        E::mark(&self.entries, &newer.entries, &mut differences);
        differences
    }

    fn facts(&self) -> Facts {
        use crate::trust::What;
        let mut facts = E::facts(&self.entries);
        let authority = format!("{} ({})", self.authority, self.authority_code);
        facts.insert((What::List, "authority".to_owned()), authority);
        facts.insert((What::List, "division".to_owned()), self.division.as_str().to_owned());
        facts
    }

    /// Whether it may take the place of `old`: it is later, and by an anchor that is no earlier one; or it is the same.
    #[must_use]
    pub fn may_replace(&self, old: &Self) -> bool {
        self == old || self.sequence > old.sequence && self.trust_sequence >= old.trust_sequence
    }

    /// Whether it counts at `at`: after it came into force, and before it is stale.
    ///
    /// # Errors
    /// The limit that was missed.
    pub fn counts_at(&self, at: UnixTime) -> Result<(), Untimely> {
        if at < self.valid_from {
            return Err(Untimely::NotYet(self.valid_from));
        }
        if at >= self.next_update { Err(Untimely::Stale(self.next_update)) } else { Ok(()) }
    }
}

/// A list that does not count at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untimely {
    /// It comes into force later.
    #[error("the list counts from {0}")]
    NotYet(UnixTime),
    /// It had to be made anew.
    #[error("the list was to be made anew by {0}")]
    Stale(UnixTime),
}

/// Whether what counts from `from` until `until` counts for any time at all.
pub(crate) fn lasts_at_all(from: UnixTime, until: Option<UnixTime>) -> bool {
    until.is_none_or(|until| from < until)
}
