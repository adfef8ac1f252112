//! Coverage (归集覆盖率): how much of what a source says that it has was collected or issued.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalog::is_line;
use crate::collected::Grade;
use crate::id::{CreditCode, DivisionCode, LicenseTypeCode};
use crate::time::Date;

/// Largest total that can be stated: what a canonical integer holds.
pub const MAX_STATED_TOTAL: u64 = (1 << 53) - 1;

/// What is counted apart: one license type, in one division, of one department.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveragePlace {
    /// License type.
    pub license_type: LicenseTypeCode,
    /// Division in which the license was issued.
    pub division: DivisionCode,
    /// The agency that keeps the source, or the office that issues.
    pub department: CreditCode,
}

/// How many licenses a source says that it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedTotal {
    /// Of what.
    pub place: CoveragePlace,
    /// How many.
    pub total: u64,
    /// Where the number comes from.
    pub source: String,
    /// The day of the number.
    pub dated: Date,
}

impl StatedTotal {
    /// Whether the source is named on one line and the total is one that can be written.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        is_line(&self.source) && self.total <= MAX_STATED_TOTAL
    }
}

/// What was counted, in one place or in several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Collected records that nothing contradicts, from grade A to D. One from which a license was issued counts while that
    /// license is in force.
    pub collected: [u64; 4],
    /// Of those, the ones from which a license was issued.
    pub signed: u64,
    /// Records that contradict each other; no license counts as collected by them.
    pub disputed: u64,
    /// Licenses in force or suspended that were issued here and come from no collected record.
    pub issued: u64,
    /// How many there should be; `None` where that is not known of every place.
    pub stated: Option<u64>,
}

/// How much of the stated total is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Nobody has said how many there should be.
    Unknown,
    /// There should be none.
    Nothing,
    /// So many hundredths of a percent, rounded down: 10,000 only if all are there. More than that if more are there than
    /// should be.
    Hundredths(u64),
}

impl Figures {
    /// Collected and issued together.
    #[must_use]
    pub fn covered(&self) -> u64 {
        self.collected.iter().sum::<u64>() + self.issued
    }

    /// How much of the stated total is there.
    #[must_use]
    pub fn share(&self) -> Share {
        match self.stated {
            None => Share::Unknown,
            Some(0) => Share::Nothing,
            Some(total) => {
                let hundredths = u128::from(self.covered()) * 10_000 / u128::from(total);
                Share::Hundredths(u64::try_from(hundredths).unwrap_or(u64::MAX))
            }
        }
    }

    fn plus(mut self, other: &Self) -> Self {
        for (sum, number) in self.collected.iter_mut().zip(other.collected) {
            *sum += number;
        }
        self.signed += other.signed;
        self.disputed += other.disputed;
        self.issued += other.issued;
        // A sum of which a part is not known is not known.
        self.stated = self.stated.zip(other.stated).map(|(sum, number)| sum.saturating_add(number));
        self
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown 未知"),
            Self::Nothing => f.write_str("—"),
            Self::Hundredths(n) => write!(f, "{}.{:02}%", n / 100, n % 100),
        }
    }
}

/// By what figures are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverageAxis {
    /// License type.
    LicenseType,
    /// Division, without those below it.
    Division,
    /// Department.
    Department,
    /// Everything.
    All,
}

impl CoverageAxis {
    fn of(self, place: &CoveragePlace) -> String {
        match self {
            Self::LicenseType => place.license_type.as_str().to_owned(),
            Self::Division => place.division.as_str().to_owned(),
            Self::Department => place.department.as_str().to_owned(),
            Self::All => String::new(),
        }
    }
}

/// What was counted, by place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<CoveragePlace, Figures>);

impl Coverage {
    /// A place is looked at, though nothing may be there.
    pub fn expect(&mut self, place: CoveragePlace) {
        self.0.entry(place).or_default();
    }

    /// Counts a collected record, and whether a license in force was issued from it.
    pub fn collected(&mut self, place: CoveragePlace, grade: Grade, signed: bool) {
        let figures = self.0.entry(place).or_default();
        let index = Grade::ALL.iter().position(|known| *known == grade).unwrap_or_default();
        figures.collected[index] += 1;
        figures.signed += u64::from(signed);
    }

    /// Counts a record that another one contradicts.
    pub fn disputed(&mut self, place: CoveragePlace) {
        self.0.entry(place).or_default().disputed += 1;
    }

    /// Counts a license that was issued here and comes from no collected record.
    pub fn issued(&mut self, place: CoveragePlace) {
        self.0.entry(place).or_default().issued += 1;
    }

    /// Takes in what a source says that it has; a later call for the same place counts.
    pub fn stated(&mut self, total: &StatedTotal) {
        self.0.entry(total.place).or_default().stated = Some(total.total);
    }

    /// Every place, in order.
    pub fn places(&self) -> impl Iterator<Item = (&CoveragePlace, &Figures)> {
        self.0.iter()
    }

    /// Figures put together along one axis.
    #[must_use]
    pub fn by(&self, axis: CoverageAxis) -> BTreeMap<String, Figures> {
        let mut sums: BTreeMap<String, Figures> = BTreeMap::new();
        for (place, figures) in &self.0 {
            let sum = sums.get(&axis.of(place)).map_or(*figures, |sum| sum.plus(figures));
            sums.insert(axis.of(place), sum);
        }
        sums
    }
}
