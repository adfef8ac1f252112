//! The page of reasons, `docs/reasons.md`. Each of its tables is made by the tests that prove it, from their own cases, and
//! a test fails where page and code differ.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use boyin_verify::ReasonInfo;

/// A reason, and the document that gets it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The reason.
    pub info: ReasonInfo,
    /// Whether it leaves the question open.
    pub is_open: bool,
    /// Name of a case, or of a test of its own.
    pub by: String,
    /// Codes of the checks that are not passed in it: one, unless others are left without what they work on.
    pub checks: Vec<&'static str>,
    /// Cases that get it, this one among them.
    pub cases: usize,
}

/// The name of a test of the module, which has to exist: `binary::module::test`.
#[macro_export]
macro_rules! test_name {
    ($test:ident) => {{
        let _: fn() = $test;
        concat!(module_path!(), "::", stringify!($test))
    }};
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reasons.md")
}

/// The table under its markers: `test` is what proves that each case gets its reason.
#[must_use]
pub fn table(test: &str, rows: &[Row]) -> String {
    let mut out = format!("Proven by `{test}`.\n\n");
    out.push_str("| code | verdict | clause | what it means | 含义 | the case that gets it |\n|---|---|---|---|---|---|\n");
    for Row { info, is_open, by, checks, cases } in rows {
        let ReasonInfo { code, clause, zh, en, .. } = info;
        let verdict = if *is_open { "indeterminate" } else { "failed" };
        let more = if *cases > 1 { format!(", one of {cases}") } else { String::new() };
        let with = match checks.as_slice() {
            [] | [_] => String::new(),
            all => format!("; not passed: `{}`", all.join("`, `")),
        };
        writeln!(out, "| `{code}` | {verdict} | {clause} | {en} | {zh} | {by}{more}{with} |")
            .expect("memory");
    }
    out
}

/// Compares a table with the page. `BLESS=1` writes it anew.
///
/// # Panics
/// If they differ, or the page has no such table.
pub fn compare(name: &str, table: &str) {
    let bless = std::env::var_os("BLESS").is_some();
    let mut file = File::options().read(true).write(bless).open(path()).expect("docs/reasons.md");
    if bless {
        // Each table is written by another process.
        file.lock().expect("a lock");
    }
    let mut page = String::new();
    file.read_to_string(&mut page).expect("text");
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, rest) = page.split_once(&begin).expect("a table of that name");
    let (kept, after) = rest.split_once(&end).expect("an end of the table");
    if bless {
        file.set_len(0).and_then(|()| file.rewind()).expect("a file");
        write!(file, "{before}{begin}{table}{end}{after}").expect("a file");
    } else {
        assert_eq!(kept, table, "docs/reasons.md: write it anew with BLESS=1");
    }
}
