//! What was measured at each size, in a file: sizes are measured at different times.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::Outcome;

/// What was measured with so many licenses.
pub(crate) struct Row {
    pub(crate) licenses: u64,
    values: BTreeMap<String, f64>,
}

impl Row {
    pub(crate) fn new(licenses: u64) -> Self {
        Self { licenses, values: BTreeMap::new() }
    }

    pub(crate) fn set(&mut self, name: &str, value: f64) {
        self.values.insert(name.to_owned(), value);
    }

    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.values.get(name).copied()
    }
}

/// Lines of `licenses`, name and value, set apart by tabs. None if there is no file.
pub(crate) fn read(file: &Path) -> Outcome<Vec<Row>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let mut rows: BTreeMap<u64, Row> = BTreeMap::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let [licenses, name, value] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("not three fields: {line}").into());
        };
        let licenses = licenses.parse()?;
        rows.entry(licenses).or_insert_with(|| Row::new(licenses)).set(name, value.parse()?);
    }
    Ok(rows.into_values().collect())
}

pub(crate) fn write(file: &Path, rows: &[Row]) -> Outcome<()> {
    let mut text = String::new();
    for row in rows {
        for (name, value) in &row.values {
            writeln!(text, "{}\t{name}\t{value:.3}", row.licenses)?;
        }
    }
    Ok(std::fs::write(file, text)?)
}

/// Names, and with how many decimals they are shown.
const SHOWN: [(&str, usize); 25] = [
    ("AES-256-GCM of a license", 2),
    ("RocksDB alone, often", 2),
    ("engine's get, often", 2),
    ("get without keys, often", 2),
    ("get, often", 2),
    ("engine ÷ get, often", 2),
    ("RocksDB alone, any", 2),
    ("engine's get, any", 2),
    ("get without keys, any", 2),
    ("get, any", 2),
    ("engine ÷ get, any", 2),
    ("engine's get, any, cache of 4 GiB", 2),
    ("get without keys, any, cache of 4 GiB", 2),
    ("get, any, cache of 4 GiB", 2),
    ("engine ÷ get, any, cache of 4 GiB", 2),
    ("lookup, verified", 1),
    ("file of 30, median", 0),
    ("file of 30, least", 0),
    ("file of 30, cache of 4 GiB", 0),
    ("issued a second", 0),
    ("filed a second", 0),
    ("opening, ms", 0),
    ("opening with a log, ms", 0),
    ("resident, MiB", 0),
    ("engine's cache, MiB", 0),
];

pub(crate) fn table(rows: &[Row]) -> Outcome<String> {
    let mut page = String::from("| |");
    rows.iter().try_for_each(|row| write!(page, " {} |", thousands(row.licenses)))?;
    page += "\n|---|";
    page += &"---:|".repeat(rows.len());
    page += "\n";
    let bytes = rows.iter().flat_map(|row| row.values.keys().filter(|name| name.starts_with("bytes")));
    let bytes: std::collections::BTreeSet<_> = bytes.map(String::as_str).collect();
    for (name, decimals) in SHOWN.into_iter().chain(bytes.into_iter().map(|name| (name, 0))) {
        write!(page, "| {name} |")?;
        for row in rows {
            match row.get(name) {
                Some(value) => write!(page, " {value:.decimals$} |")?,
                None => page += " |",
            }
        }
        page += "\n";
    }
    Ok(page)
}

/// With a space at every third digit.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let with_spaces = digits.char_indices().flat_map(|(place, digit)| {
        let space = place > 0 && (digits.len() - place).is_multiple_of(3);
        space.then_some(' ').into_iter().chain([digit])
    });
    with_spaces.collect()
}
