//! Measures the archive beside the storage engine and prints tables for `docs/performance.md`.
//!
//! ```text
//! cargo run --release -p boyin-benches --example archive-table -- issue [--rounds N] [--write]
//! cargo run --release -p boyin-benches --example archive-table -- scale 10000,1000000 [--dir DIR] [--keep] [--write]
//! ```
//!
//! `issue` measures acts and reads by several threads beside synced batches of the engine. `scale` fills one archive up to each
//! number of licenses and measures it there; ten million take 30 GB below DIR, which is emptied at the end. With `--keep` the archive
//! stays in DIR, and what is in it already is not filed again. With `--write`
//! tables and plot in `docs/` are replaced; rows of sizes that were not measured this time stay.

mod engine;
mod issue;
mod plot;
mod reads;
mod rows;
mod scale;

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use boyin_benches::page::{docs, machine, replace};

/// As the command has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds unless the caller says otherwise.
const ROUNDS: usize = 15;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let (mut rounds, mut write, mut keep, mut place) = (ROUNDS, false, false, std::env::temp_dir());
    let mut words = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().ok_or("--rounds needs a number")?.parse()?,
            "--dir" => place = PathBuf::from(arguments.next().ok_or("--dir needs a directory")?),
            "--write" => write = true,
            "--keep" => keep = true,
            _ => words.push(argument),
        }
    }
    let emptied = tempfile::Builder::new().prefix("archive-table").tempdir_in(&place)?;
    let dir = if keep { place.as_path() } else { emptied.path() };
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["issue"] => {
            let page =
                format!("\n{} {}\n\n{}", machine()?, profile(), issue::measure(emptied.path(), rounds)?);
            std::io::stdout().write_all(page.as_bytes())?;
            if write {
                replace(&docs("performance.md"), "archive-acts", &page)?;
            }
        }
        ["scale", sizes] => {
            let sizes = sizes.split(',').map(str::parse).collect::<Result<Vec<u64>, _>>()?;
            let file = docs("archive-scale.tsv");
            let mut rows = rows::read(&file)?;
            for row in scale::measure(dir, &sizes, rounds)? {
                rows.retain(|known| known.licenses != row.licenses);
                rows.push(row);
            }
            rows.sort_by_key(|row| row.licenses);
            let page = format!("\n{} {}\n\n{}", machine()?, profile(), rows::table(&rows)?);
            std::io::stdout().write_all(page.as_bytes())?;
            if write {
                rows::write(&file, &rows)?;
                replace(&docs("performance.md"), "archive-scale", &page)?;
                std::fs::write(docs("archive-scale.svg"), plot::draw(&rows)?)?;
            }
        }
        _ => return Err("issue, or scale with numbers of licenses".into()),
    }
    Ok(())
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) {
        "Built with the profile `dev` (opt-level 2, overflow and debug assertions checked)."
    } else {
        "Built with the profile `release`."
    }
}
