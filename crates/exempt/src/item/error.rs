use std::fmt;

use crate::limits::{MAX_CATALOG_BYTES, MAX_FAULTS};

/// Why an item catalog was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ItemCatalogError {
    /// Longer than [`MAX_CATALOG_BYTES`].
    #[error("the item catalog is longer than {MAX_CATALOG_BYTES} bytes")]
    TooLong,
    /// Not the TOML that an item catalog is; the source says where.
    #[error("the item catalog cannot be read: {0}")]
    Toml(#[from] Box<toml::de::Error>),
    /// It contradicts itself or the catalog of license types: all faults, at most [`MAX_FAULTS`].
    #[error("the item catalog contradicts itself: {}", joined(.0))]
    Faults(Vec<Located>),
}

fn joined(faults: &[Located]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A fault and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub fault: ItemFault,
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.fault)
    }
}

/// A place in a catalog: items and packages by their place in the file from 1, what is defined for them by its key, then
/// members, as `item[3].materials[2].use` and `material[household-register].accept[1]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(&'static str),
    Named(&'static str, String),
    Entry(&'static str, usize),
    Index(usize),
}

impl Place {
    /// An entry, counted from 0, of a table of the file.
    pub(super) fn entry(table: &'static str, at: usize) -> Self {
        Self(vec![Step::Entry(table, at)])
    }

    /// An entry with this key of a table of the file.
    pub(super) fn named(table: &'static str, key: &str) -> Self {
        Self(vec![Step::Named(table, key.to_owned())])
    }

    /// A member here.
    pub(super) fn member(&self, name: &'static str) -> Self {
        self.with(Step::Member(name))
    }

    /// An entry, counted from 0, of a list here.
    pub(super) fn at(&self, list: &'static str, at: usize) -> Self {
        self.with(Step::Entry(list, at))
    }

    /// An entry, counted from 0, of the list that this is.
    pub(super) fn index(&self, at: usize) -> Self {
        self.with(Step::Index(at))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            let dot = if place == 0 { "" } else { "." };
            match step {
                Step::Member(name) => write!(f, "{dot}{name}")?,
                Step::Entry(name, at) => write!(f, "{dot}{name}[{}]", at + 1)?,
                Step::Named(name, key) => write!(f, "{dot}{name}[{key}]")?,
                Step::Index(at) => write!(f, "[{}]", at + 1)?,
            }
        }
        Ok(())
    }
}

/// What is wrong in an item catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ItemFault {
    /// Not a key.
    #[error("a key is a lower-case ASCII letter, then lower-case letters, digits and hyphens, 64 at most")]
    Key,
    /// Empty, too long, or with control characters.
    #[error("must be 1 to {max} characters without control characters or white space around them")]
    Text {
        /// The bound.
        max: usize,
    },
    /// Fewer or more entries than allowed.
    #[error("must have {min} to {max} entries")]
    Count {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// A number beyond its bounds.
    #[error("must be {min} to {max}")]
    Range {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// The key, name or entry stands above already.
    #[error("stands above already")]
    Twice,
    /// Names nothing that there is.
    #[error("names nothing that this catalog, or the catalog of license types, has")]
    Unknown,
    /// Asked, but no material depends on it.
    #[error("is asked, but nothing depends on it")]
    Idle,
    /// Defined, but used nowhere.
    #[error("is defined, but used nowhere")]
    Unused,
    /// The last day comes before the first.
    #[error("the last day comes before the first")]
    Reversed,
    /// Two versions hold on one day.
    #[error("another version holds on the same day")]
    Overlap,
    /// Key, code and name of an item do not belong together in all versions.
    #[error("key and code belong together: another version pairs them otherwise")]
    Identity,
    /// A canceled material with another way.
    #[error("what is canceled needs neither licenses nor another way")]
    Canceled,
    /// A paper that offices issue and that no license type can take the place of.
    #[error("an office issues it: name the license types that take its place, by type or type_name")]
    NoMapping,
    /// A requirement without type, or with two.
    #[error("name one of type and type_name")]
    TypeOrName,
    /// Who has the role cannot hold such a license.
    #[error("who has this role cannot hold such a license")]
    HolderKind,
    /// Not something that a field can be compared with.
    #[error("a field is compared with <role>.number, <role>.name or form.<key>")]
    Comparand,
}

/// Faults as they are found.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Located>);

impl Faults {
    pub(super) fn add(&mut self, place: Place, fault: ItemFault) {
        if self.0.len() < MAX_FAULTS {
            self.0.push(Located { place, fault });
        }
    }

    /// Adds the fault unless `good`.
    pub(super) fn expect(&mut self, good: bool, place: impl FnOnce() -> Place, fault: ItemFault) {
        if !good {
            self.add(place(), fault);
        }
    }

    pub(super) fn none_or<T>(self, value: T) -> Result<T, ItemCatalogError> {
        if self.0.is_empty() { Ok(value) } else { Err(ItemCatalogError::Faults(self.0)) }
    }
}
