//! What is behind a figure: each has a selector, and what that gives are the decisions that the figure counts, no more and no fewer.

use std::collections::{BTreeMap, BTreeSet};

use boyin_exempt::Answer;

use super::next::{freed_by, frees_whole, lacks};
use super::{By, Decided, DecidedMaterial, Part, Within};

/// What a figure counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Figure {
    /// Transactions; by item, one for each item of a package.
    #[default]
    Transactions,
    /// Materials; by item, each for every item that needs it.
    Materials,
    /// License types, each as the worst of its materials.
    Types,
    /// Transactions in which nothing would have had to be submitted, had one license type been on file.
    TransactionsFreed,
    /// Materials that would have been exempt by one license type alone.
    MaterialsFreed,
    /// Of these materials, those for which the catalog of license types lacks the type.
    NotCataloged,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Transactions,
        Self::Materials,
        Self::Types,
        Self::TransactionsFreed,
        Self::MaterialsFreed,
        Self::NotCataloged,
    ];

    /// The figure with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.code() == code)
    }

    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Materials => "materials",
            Self::Types => "types",
            Self::TransactionsFreed => "transactions_freed",
            Self::MaterialsFreed => "materials_freed",
            Self::NotCataloged => "not_cataloged",
        }
    }
}

/// The selector of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// What the figures are told apart by. It matters to the sum of all: by item, a package is as many transactions as it has items.
    pub by: By,
    /// Within what: the county, office, item or month of a row, and what the meter was asked for.
    pub within: Within,
    /// What is counted.
    pub figure: Figure,
    /// Only what came to this; `None` is the total.
    pub outcome: Option<Answer>,
    /// Only what is for this license type, by its Chinese name; of what would have been freed, freed by this one.
    pub license_type: Option<String>,
}

/// A selector that can be held against decisions.
#[derive(Clone, Debug)]
pub struct Selector {
    wanted: Behind,
    /// What came of each license type over all of its materials; empty unless types are counted.
    came: BTreeMap<String, Answer>,
    /// Number of the last event that it is about.
    last: u64,
}

impl Behind {
    /// Gets ready. What came of a license type says no decision alone: where types are counted, these are read once before.
    ///
    /// # Errors
    /// The first error of the decisions.
    pub fn selector<E>(self, decisions: impl IntoIterator<Item = Result<Decided, E>>) -> Result<Selector, E> {
        let mut came = BTreeMap::new();
        if self.figure != Figure::Types {
            return Ok(Selector { wanted: self, came, last: u64::MAX });
        }
        let mut last = 0;
        for decided in decisions {
            let decided = decided?;
            last = decided.event;
            for material in self.within.parts(self.by, &decided).iter().flat_map(|part| &part.materials) {
                for name in &material.types {
                    let known = came.entry(name.clone()).or_insert(material.outcome);
                    *known = Answer::of_all([*known, material.outcome]);
                }
            }
        }
        Ok(Selector { wanted: self, came, last })
    }

    fn comes_to(&self, outcome: Answer) -> bool {
        self.outcome.is_none_or(|wanted| wanted == outcome)
    }

    fn names(&self, license_type: &str) -> bool {
        self.license_type.as_deref().is_none_or(|wanted| wanted == license_type)
    }
}

/// A part of a decision that a figure counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted<'d> {
    /// The part.
    pub part: Part<'d>,
    /// Whether each of its materials is behind the figure, in their order. Where materials are counted, so many are.
    pub materials: Vec<bool>,
    /// The license types that are counted, where types are: each counts once, however many decisions are behind it.
    pub types: BTreeSet<&'d str>,
}

impl Selector {
    /// What the figure counts of a decision.
    #[must_use]
    pub fn of<'d>(&self, decided: &'d Decided) -> Vec<Counted<'d>> {
        if decided.event > self.last {
            return Vec::new();
        }
        let parts = self.wanted.within.parts(self.wanted.by, decided);
        parts.into_iter().filter_map(|part| self.counted(part)).collect()
    }

    fn counted<'d>(&self, part: Part<'d>) -> Option<Counted<'d>> {
        let wanted = &self.wanted;
        let materials: Vec<bool> = part.materials.iter().map(|material| self.counts(material)).collect();
        let any = materials.contains(&true);
        let is = match wanted.figure {
            Figure::Transactions => wanted.comes_to(part.answer()) && (any || wanted.license_type.is_none()),
            Figure::TransactionsFreed => {
                any && frees_whole(&part.materials).into_iter().any(|name| wanted.names(name))
            }
            Figure::Materials | Figure::Types | Figure::MaterialsFreed | Figure::NotCataloged => any,
        };
        if !is {
            return None;
        }
        let types = if wanted.figure == Figure::Types {
            part.materials.iter().copied().flat_map(|material| self.types_of(material)).collect()
        } else {
            BTreeSet::new()
        };
        Some(Counted { part, materials, types })
    }

    /// Whether a material is behind the figure.
    fn counts(&self, material: &DecidedMaterial) -> bool {
        let wanted = &self.wanted;
        let comes = wanted.comes_to(material.outcome);
        let is_for = || wanted.license_type.as_ref().is_none_or(|name| material.types.contains(name));
        let freed = || freed_by(material).into_iter().filter(move |name| wanted.names(name));
        match wanted.figure {
            Figure::Transactions => is_for(),
            Figure::Materials => comes && is_for(),
            Figure::Types => !self.types_of(material).is_empty(),
            Figure::TransactionsFreed | Figure::MaterialsFreed => comes && freed().next().is_some(),
            Figure::NotCataloged => comes && freed().any(|name| lacks(material, name)),
        }
    }

    /// The license types that came to what is wanted by this material.
    fn types_of<'d>(&self, material: &'d DecidedMaterial) -> Vec<&'d str> {
        let wanted = &self.wanted;
        let names = material.types.iter().map(String::as_str);
        let counted = names.filter(|name| {
            let came = self.came.get(*name).copied();
            wanted.names(name)
                && wanted.comes_to(material.outcome)
                && came.is_some_and(|came| wanted.comes_to(came))
        });
        counted.collect()
    }
}

/// How many a figure counts, of the decisions so far.
#[derive(Clone, Debug, Default)]
pub struct Count {
    transactions: u64,
    materials: u64,
    types: BTreeSet<String>,
}

impl Count {
    /// Counts one more part.
    pub fn add(&mut self, counted: &Counted<'_>) {
        self.transactions += 1;
        self.materials += counted.materials.iter().map(|is| u64::from(*is)).sum::<u64>();
        self.types.extend(counted.types.iter().map(|name| (*name).to_owned()));
    }

    /// How many.
    #[must_use]
    pub fn of(&self, figure: Figure) -> u64 {
        match figure {
            Figure::Transactions | Figure::TransactionsFreed => self.transactions,
            Figure::Materials | Figure::MaterialsFreed | Figure::NotCataloged => self.materials,
            Figure::Types => u64::try_from(self.types.len()).unwrap_or(u64::MAX),
        }
    }
}
