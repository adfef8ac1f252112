//! As what a decision is counted, and within what.

use boyin_exempt::Answer;

use super::{By, Decided, DecidedMaterial};

/// What a decision has to do with one county, office, item or month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'d> {
    /// Code of the county, credit code of the office, key of the item, or month as `2026-11`.
    pub cell: String,
    /// What that is called, where the code says it to nobody.
    pub name: Option<&'d str>,
    /// The materials: by item, and within an item, those that the item needs.
    pub materials: Vec<&'d DecidedMaterial>,
}

impl Part<'_> {
    /// What came of it: the worst of its materials.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::of_all(self.materials.iter().map(|material| material.outcome))
    }
}

/// Within what is counted: all of these at once; without any, everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// Code of a county, or of the prefecture.
    pub county: Option<String>,
    /// Credit code of an office that was asked first.
    pub office: Option<String>,
    /// Key of an item.
    pub item: Option<String>,
    /// A month in China, as `2026-11`.
    pub month: Option<String>,
}

impl Within {
    /// The same, within this county, office, item or month.
    #[must_use]
    pub fn and(&self, by: By, code: &str) -> Self {
        let mut within = self.clone();
        let of = match by {
            By::County => &mut within.county,
            By::Office => &mut within.office,
            By::Item => &mut within.item,
            By::Month => &mut within.month,
        };
        *of = Some(code.to_owned());
        within
    }

    /// Code of the county, office, item or month, if it is within one.
    #[must_use]
    pub fn of(&self, by: By) -> Option<&str> {
        match by {
            By::County => self.county.as_deref(),
            By::Office => self.office.as_deref(),
            By::Item => self.item.as_deref(),
            By::Month => self.month.as_deref(),
        }
    }

    /// As what a decision is counted: by item, and within an item, once for each item with what that item needs; otherwise once.
    #[must_use]
    pub fn parts<'d>(&self, by: By, decided: &'d Decided) -> Vec<Part<'d>> {
        let is = |by, code: &str| self.of(by).is_none_or(|wanted| wanted == code);
        let (county, office, month) = (decided.division.as_str(), decided.office.0.as_str(), decided.month());
        if !is(By::County, county) || !is(By::Office, office) || !is(By::Month, &month) {
            return Vec::new();
        }
        let place = match by {
            By::County => Some((county.to_owned(), None)),
            By::Office => Some((office.to_owned(), Some(decided.office.1.as_str()))),
            By::Month => Some((month, None)),
            By::Item => None,
        };
        if let (Some((cell, name)), None) = (&place, &self.item) {
            let materials = decided.materials.iter().collect();
            return vec![Part { cell: cell.clone(), name: *name, materials }];
        }
        let items = decided.items.iter().filter(|(_, key, _)| is(By::Item, key));
        let part = |(code, key, item): &'d (String, String, String)| {
            let (cell, name) = place.clone().unwrap_or_else(|| (key.clone(), Some(item.as_str())));
            let materials = decided.materials.iter().filter(|one| one.items.contains(code)).collect();
            Part { cell, name, materials }
        };
        items.map(part).collect()
    }
}
