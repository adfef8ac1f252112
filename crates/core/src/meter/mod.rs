//! The exemption meter: of what was asked for at windows, how much did not have to be submitted (“免提交”率).
//!
//! Functions over decisions one after the other: what they hold grows with the counties, offices, items, months and license types
//! that there are, not with the decisions. Every figure is of decisions that can be listed ([`Part`]).
//!
//! | figure | counts | exempt if |
//! |---|---|---|
//! | transactions 办件 | decisions; seen by item, one for each item of a package | nothing has to be submitted, and nothing is pending |
//! | materials 材料 | materials of decisions; seen by item, each for every item that needs it | it need not be submitted, whatever the way |
//! | types 证照种类 | license types that took the place of a paper or were missing | none of the materials that it is for had to be submitted or is pending |
//!
//! What was decided twice is counted twice: a decision knows no case number.

mod decided;
mod next;

use std::collections::BTreeMap;

use boyin_archive::{ArchiveError, Damaged, MAX_PAGE, Table};
use boyin_exempt::Answer;

pub use self::decided::{Decided, DecidedMaterial};
pub use self::next::{NextTypes, TypeNeed, next_types};

use crate::error::LookupError;
use crate::lookup::Lookup;

/// The plan's targets: from that year on so many percent of the common licenses need not be submitted (“免提交”).
pub const TARGETS: [(u16, u64); 2] = [(2025, 90), (2026, 100)];

/// What figures are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The county in which the matter was applied for, or the prefecture.
    County,
    /// The office that was asked first.
    Office,
    /// The item.
    Item,
    /// The month, in China.
    Month,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::County, Self::Office, Self::Item, Self::Month];

    /// What is told apart by this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.code() == code)
    }

    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::County => "county",
            Self::Office => "office",
            Self::Item => "item",
            Self::Month => "month",
        }
    }
}

/// How many of each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Need not be submitted.
    pub exempt: u64,
    /// Has to be cleared up first.
    pub pending: u64,
    /// Has to be submitted.
    pub submit: u64,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, outcome: Answer) {
        *match outcome {
            Answer::Exempt => &mut self.exempt,
            Answer::Pending => &mut self.pending,
            Answer::Submit => &mut self.submit,
        } += 1;
    }

    /// Of one outcome.
    #[must_use]
    pub fn of(&self, outcome: Answer) -> u64 {
        match outcome {
            Answer::Exempt => self.exempt,
            Answer::Pending => self.pending,
            Answer::Submit => self.submit,
        }
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.exempt + self.pending + self.submit
    }

    /// The exemption rate in thousandths, rounded down so that no target is met by rounding; `None` of nothing.
    #[must_use]
    pub fn per_mille(&self) -> Option<u64> {
        (self.exempt * 1000).checked_div(self.total())
    }

    /// Whether at least so many percent are exempt; `None` of nothing.
    #[must_use]
    pub fn meets(&self, percent: u64) -> Option<bool> {
        (self.total() > 0).then(|| self.exempt * 100 >= self.total() * percent)
    }

    /// The tally if so many more of what was submitted had been exempt.
    #[must_use]
    pub fn raised(&self, more: u64) -> Self {
        Self { exempt: self.exempt + more, pending: self.pending, submit: self.submit.saturating_sub(more) }
    }

    fn merge(&mut self, other: Self) {
        self.exempt += other.exempt;
        self.pending += other.pending;
        self.submit += other.submit;
    }
}

/// The figures of one county, office, item or month, or of all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// What it is called, where the code says it to nobody.
    pub name: Option<String>,
    /// Transactions.
    pub transactions: Tally,
    /// Materials.
    pub materials: Tally,
    /// Materials by the name of each license type that they are for.
    pub types: BTreeMap<String, Tally>,
}

impl Figures {
    /// License types: one is exempt, pending or submitted as the worst of its materials.
    #[must_use]
    pub fn types(&self) -> Tally {
        let mut types = Tally::default();
        for tally in self.types.values() {
            types.add(Answer::of_all(Answer::ALL.into_iter().filter(|outcome| tally.of(*outcome) > 0)));
        }
        types
    }

    /// Counts one more part of a decision.
    pub fn add(&mut self, part: &Part<'_>) {
        self.transactions.add(part.answer());
        for material in &part.materials {
            self.materials.add(material.outcome);
            for name in &material.types {
                self.types.entry(name.clone()).or_default().add(material.outcome);
            }
        }
    }
}

/// What a decision has to do with one county, office, item or month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'d> {
    /// Code of the county, credit code of the office, key of the item, or month as `2026-11`.
    pub cell: String,
    /// What that is called, where the code says it to nobody.
    pub name: Option<&'d str>,
    /// The materials: of a package seen by item those that the item needs.
    pub materials: Vec<&'d DecidedMaterial>,
}

/// Which decisions behind a figure are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// Code of the county, office, item or month.
    pub cell: String,
    /// Only those with a material that came to this.
    pub outcome: Option<Answer>,
    /// Only those with a material that is for this license type, by its Chinese name; with an outcome the same material.
    pub license_type: Option<String>,
}

impl Behind {
    /// Whether a part of a decision is one of them.
    #[must_use]
    pub fn holds(&self, part: &Part<'_>) -> bool {
        // One material that is both: that is what the figure counts.
        let counted = |one: &DecidedMaterial| {
            self.outcome.is_none_or(|outcome| one.outcome == outcome)
                && self.license_type.as_ref().is_none_or(|name| one.types.contains(name))
        };
        let every = self.outcome.is_none() && self.license_type.is_none();
        part.cell == self.cell && (every || part.materials.iter().copied().any(counted))
    }
}

impl Part<'_> {
    /// What came of it: the worst of its materials.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::of_all(self.materials.iter().map(|material| material.outcome))
    }

    /// How many of its materials came to each outcome.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.materials.iter().for_each(|material| tally.add(material.outcome));
        tally
    }
}

impl Decided {
    /// Where a decision is counted: seen by item at each of its items, otherwise at one place.
    #[must_use]
    pub fn parts(&self, by: By) -> Vec<Part<'_>> {
        let all = || self.materials.iter().collect();
        let one = |cell, name| vec![Part { cell, name, materials: all() }];
        match by {
            By::County => one(self.division.as_str().to_owned(), None),
            By::Office => one(self.office.0.as_str().to_owned(), Some(self.office.1.as_str())),
            By::Month => one(self.at.date().to_string().chars().take("2026-11".len()).collect(), None),
            By::Item => self.items.iter().map(|item| self.part_of(item)).collect(),
        }
    }

    fn part_of<'d>(&'d self, (code, key, name): &'d (String, String, String)) -> Part<'d> {
        let materials = self.materials.iter().filter(|material| material.items.contains(code)).collect();
        Part { cell: key.clone(), name: Some(name), materials }
    }
}

/// The meter: figures by code, and of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// By code of the county, office, item or month.
    pub cells: BTreeMap<String, Figures>,
    /// Of all together: the sum of the cells. Seen by item a package is as many transactions as it has items, and a material that several
    /// of them need counts for each; otherwise once.
    pub all: Figures,
}

/// Counts decisions one after the other.
///
/// # Errors
/// The first error of the decisions.
pub fn meter<E>(by: By, decisions: impl IntoIterator<Item = Result<Decided, E>>) -> Result<Meter, E> {
    let mut meter = Meter::default();
    for decided in decisions {
        let decided = decided?;
        for part in decided.parts(by) {
            let cell = meter.cells.entry(part.cell.clone()).or_default();
            cell.name = part.name.map(str::to_owned);
            cell.add(&part);
        }
    }
    for cell in meter.cells.values() {
        meter.all.transactions.merge(cell.transactions);
        meter.all.materials.merge(cell.materials);
        for (name, tally) in &cell.types {
            meter.all.types.entry(name.clone()).or_default().merge(*tally);
        }
    }
    Ok(meter)
}

impl Lookup {
    /// Every decision that is kept, in their order, a page at a time. It holds nothing personal.
    pub fn decisions(&self) -> impl Iterator<Item = Result<Decided, LookupError>> + '_ {
        let (mut after, mut ended) = (None, false);
        let pages = std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let page = self.archive.decisions(after, MAX_PAGE);
            ended = page.as_ref().map_or(true, |page| page.len() < MAX_PAGE);
            after = page.as_ref().ok().and_then(|page| page.last()).map(|(event, _)| *event).or(after);
            Some(page)
        });
        pages.flat_map(|page| match page {
            Ok(page) => page.into_iter().map(read).collect(),
            Err(error) => vec![Err(error.into())],
        })
    }
}

fn read((event, token): (u64, Vec<u8>)) -> Result<Decided, LookupError> {
    let damaged = ArchiveError::Damaged(Damaged { table: Table::Decision });
    Decided::of_receipt(event, &token).ok_or_else(|| damaged.into())
}

#[cfg(test)]
mod tests;
