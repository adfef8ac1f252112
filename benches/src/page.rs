//! Pages of `docs/` that measurements write their tables into.

use std::error::Error;
use std::path::{Path, PathBuf};

/// A file of the documentation.
#[must_use]
pub fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Puts `tables` between the marks `<!-- NAME: begin -->` and `<!-- NAME: end -->` of a page.
///
/// # Errors
/// A mark is missing; the page cannot be read or written.
pub fn replace(page: &Path, name: &str, tables: &str) -> Result<(), Box<dyn Error>> {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let text = std::fs::read_to_string(page)?;
    let (before, rest) = text.split_once(&begin).ok_or("the page has no mark for the begin of the tables")?;
    let (_, after) = rest.split_once(&end).ok_or("the page has no mark for the end of the tables")?;
    std::fs::write(page, format!("{before}{begin}{tables}{end}{after}"))?;
    Ok(())
}

/// The processor and how many cores this process sees.
///
/// # Errors
/// The system does not tell the number of cores.
pub fn machine() -> Result<String, Box<dyn Error>> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").trim().to_owned()
    };
    let cores = std::thread::available_parallelism()?;
    let (family, model) = (field("cpu family"), field("model\t"));
    Ok(format!("Processor: {} (family {family}, model {model}), {cores} cores seen.", field("model name")))
}
