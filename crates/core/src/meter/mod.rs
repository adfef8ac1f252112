//! The exemption meter: of what was asked for at windows, how much did not have to be submitted (“免提交”率).
//!
//! Functions over decisions one after the other: what they hold grows with the counties, offices, items, months and license types
//! that there are, not with the decisions. Every figure is of decisions that can be listed ([`Behind`]).
//!
//! | figure | counts | exempt if |
//! |---|---|---|
//! | transactions 办件 | decisions; seen by item, one for each item of a package | nothing has to be submitted, and nothing is pending |
//! | materials 材料 | materials of decisions; seen by item, each for every item that needs it | it need not be submitted, whatever the way |
//! | types 证照种类 | license types that took the place of a paper or were missing | none of the materials that it is for had to be submitted or is pending |
//!
//! What was decided twice is counted twice: a decision knows no case number.

mod behind;
mod decided;
mod follow_up;
mod next;
mod part;

use std::collections::BTreeMap;

use boyin_archive::{ArchiveError, Damaged, MAX_PAGE, Table};
use boyin_exempt::Answer;

pub use self::behind::{Behind, Count, Counted, Figure, Selector};
pub use self::decided::{Decided, DecidedMaterial};
pub use self::follow_up::{Declared, FollowUps};
pub use self::next::{NextTypes, TypeNeed, next_types};
pub use self::part::{Part, Within};

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

/// The meter: figures by code, and of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// By code of the county, office, item or month.
    pub cells: BTreeMap<String, Figures>,
    /// Of all together: the sum of the cells. Seen by item a package is as many transactions as it has items, and a material that several
    /// of them need counts for each; otherwise once.
    pub all: Figures,
}

/// Counts decisions one after the other, as far as they are within something.
///
/// # Errors
/// The first error of the decisions.
pub fn meter<E>(
    by: By,
    within: &Within,
    decisions: impl IntoIterator<Item = Result<Decided, E>>,
) -> Result<Meter, E> {
    let mut meter = Meter::default();
    for decided in decisions {
        let decided = decided?;
        for part in within.parts(by, &decided) {
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
        self.decisions_after(None)
    }

    /// The same, from behind this event on.
    pub fn decisions_after(
        &self,
        mut after: Option<u64>,
    ) -> impl Iterator<Item = Result<Decided, LookupError>> + '_ {
        let mut ended = false;
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
