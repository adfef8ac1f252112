//! How many rows went where, and whether that adds up to what the source says it has (对账).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::reason::Defect;

/// Where the rows of a file went. Every row is counted once: `rows = accepted + already + rejected`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Rows read.
    pub rows: u64,
    /// New records.
    pub accepted: u64,
    /// Records that were there already, with the same content.
    pub already: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Of the accepted: those that contradict another record.
    pub disputed: u64,
    /// The rejected rows by the code of their first reason: these counts add up to `rejected`.
    pub reasons: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts a rejected row.
    pub fn reject(&mut self, defects: &[Defect]) {
        self.rows += 1;
        self.rejected += 1;
        let code = defects.first().map_or("unknown", |defect| defect.reason.code());
        *self.reasons.entry(code.to_owned()).or_default() += 1;
    }

    /// Whether every row was counted once.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.rows == self.accepted + self.already + self.rejected
            && self.reasons.values().sum::<u64>() == self.rejected
            && self.disputed <= self.accepted
    }
}
