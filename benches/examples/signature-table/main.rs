//! Measures verification against the peers and prints `docs/performance.md`'s tables.
//!
//! ```text
//! cargo run --release -p boyin-benches --features peers --example signature-table -- [--rounds N] [--write]
//! ```
//!
//! With `--write`, the tables take the place of those in `docs/performance.md`, and `docs/performance.svg` is drawn.

mod plot;
mod signatures;
mod whole;

use std::error::Error;
use std::io::Write as _;

use boyin_benches::page;
use boyin_curve::Backend;

/// Rounds unless the caller says otherwise.
const ROUNDS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rounds = ROUNDS;
    let mut write = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().ok_or("--rounds needs a number")?.parse()?,
            "--write" => write = true,
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    let (signatures, curves) = signatures::measure(rounds);
    let mut tables = machine(rounds)?;
    tables += &signatures;
    tables += &whole::measure(rounds)?;
    std::io::stdout().write_all(tables.as_bytes())?;
    if write {
        page::replace(&page::docs("performance.md"), "signature-table", &tables)?;
        std::fs::write(page::docs("performance.svg"), plot::draw(&curves)?)?;
    }
    Ok(())
}

fn machine(rounds: usize) -> Result<String, Box<dyn Error>> {
    let backend = match Backend::best() {
        Backend::Scalar => "none on this processor",
        Backend::Avx512Ifma | _ => "AVX512-IFMA",
    };
    Ok(format!("\n{} Vector backend: {backend}. {rounds} rounds.\n\n", page::machine()?))
}
