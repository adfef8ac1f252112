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
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use boyin_curve::Backend;

/// Rounds unless the caller says otherwise.
const ROUNDS: usize = 100;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
const BEGIN: &str = "<!-- signature-table: begin -->\n";
const END: &str = "<!-- signature-table: end -->";

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
    let mut page = machine(rounds)?;
    page += &signatures;
    page += &whole::measure(rounds)?;
    std::io::stdout().write_all(page.as_bytes())?;
    if write {
        replace(&Path::new(DOCS).join("performance.md"), &page)?;
        std::fs::write(Path::new(DOCS).join("performance.svg"), plot::draw(&curves)?)?;
    }
    Ok(())
}

fn machine(rounds: usize) -> Result<String, Box<dyn Error>> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").trim().to_owned()
    };
    let mut page = String::from("\n");
    writeln!(
        page,
        "Processor: {} (family {}, model {}), {} cores seen. Vector backend: {}. {rounds} rounds.\n",
        field("model name"),
        field("cpu family"),
        field("model\t"),
        std::thread::available_parallelism()?,
        match Backend::best() {
            Backend::Scalar => "none on this processor",
            Backend::Avx512Ifma | _ => "AVX512-IFMA",
        },
    )?;
    Ok(page)
}

/// Puts the tables between the two marks of the page.
fn replace(page: &Path, tables: &str) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(page)?;
    let (before, rest) = text.split_once(BEGIN).ok_or("the page has no mark for the begin of the tables")?;
    let (_, after) = rest.split_once(END).ok_or("the page has no mark for the end of the tables")?;
    std::fs::write(page, format!("{before}{BEGIN}{tables}{END}{after}"))?;
    Ok(())
}
