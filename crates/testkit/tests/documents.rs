//! The documents name tests that are there, and no defense without one.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Where sources and tools are.
const FOLDERS: [&str; 6] = ["crates", "service", "tests", "fuzz", "benches", "tools"];
const THREAT_MODEL: &str = include_str!("../../../docs/threat-model.md");
const ARCHITECTURE: &str = include_str!("../../../ARCHITECTURE.md");

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            found.push(path);
        } else if !path.ends_with("target") {
            files(&path, found);
        }
    }
}

fn all_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        files(&Path::new(ROOT).join(folder), &mut found);
    }
    found
}

/// The names of all functions of the sources.
fn functions(files: &[PathBuf]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        for line in text.lines() {
            let words = line.split_whitespace().collect::<Vec<_>>();
            for pair in words.windows(2).filter(|pair| pair[0] == "fn") {
                found.extend(pair[1].split(['(', '<']).next().map(str::to_owned));
            }
        }
    }
    found
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether this is what a test is called: a sentence.
fn is_sentence(word: &str) -> bool {
    let lower =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    word.split('_').count() >= 3 && word.split('_').all(lower)
}

fn is_file(word: &str) -> bool {
    [".rs", ".py", ".mjs"].iter().any(|end| word.ends_with(end)) && !word.contains(' ')
}

/// The last cell of each row of a table whose last column is “test”: what shows that the defense is there.
fn test_cells(document: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_table = false;
    for line in document.lines() {
        let Some(cells) = line.strip_prefix("| ").and_then(|line| line.strip_suffix('|')) else {
            in_table &= line.starts_with("|---");
            continue;
        };
        let last = cells.rsplit('|').next().unwrap().trim();
        if last == "test" {
            in_table = true;
        } else if in_table {
            found.push(last);
        }
    }
    found
}

/// What a text names that is nowhere.
fn missing(text: &str, functions: &BTreeSet<String>, files: &[PathBuf]) -> Vec<String> {
    let nowhere = |word: &&str| {
        (is_sentence(word) && !functions.contains(*word))
            || (is_file(word) && !files.iter().any(|path| path.ends_with(word)))
    };
    quoted(text).filter(nowhere).map(str::to_owned).collect()
}

#[test]
fn every_test_that_the_threat_model_names_is_there_and_no_defense_is_without_one() {
    let files = all_files();
    let functions = functions(&files);
    let cells = test_cells(THREAT_MODEL);
    assert!(cells.len() > 150, "{}", cells.len());
    assert!(!cells.contains(&""), "a defense without a test");
    for cell in cells {
        assert_eq!(missing(cell, &functions, &files), Vec::<String>::new(), "{cell}");
    }
}

#[test]
fn every_test_that_the_architecture_names_is_there() {
    let files = all_files();
    let functions = functions(&files);
    let kept: Vec<_> = ARCHITECTURE.split("**Invariant:**").skip(1).collect();
    assert!(kept.len() > 20);
    for invariant in kept {
        let invariant = invariant.split("\n\n").next().unwrap();
        assert!(invariant.contains("Kept by"), "{invariant}");
        let sentences = quoted(invariant).filter(|word| is_sentence(word));
        for word in sentences {
            assert!(functions.contains(word), "{word}");
        }
    }
}

#[test]
fn what_is_not_there_is_missed() {
    let files = all_files();
    let functions = functions(&files);
    let found = |text: &str| missing(text, &functions, &files);
    assert_eq!(found("`no_test_has_this_name`, fuzz target `report`, case `a/b`"), ["no_test_has_this_name"]);
    assert_eq!(found("`what_is_not_there_is_missed` in `documents.rs`"), Vec::<String>::new());
    assert_eq!(found("`verify/tests/verify/none.rs`"), ["verify/tests/verify/none.rs"]);
    let table =
        "| a | b | test |\n|---|---|---|\n| 1 | 2 | x |\n| 1 | 2 | |\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
    assert_eq!(test_cells(table), ["x", ""]);
}

/// Which words ask what time it is, of the standard library or of one that does so by itself.
const CLOCKS: [&str; 9] = [
    "SystemTime::now",
    "Instant::now",
    ".elapsed()",
    "now_utc(",
    "now_local(",
    "Utc::now",
    "ASN1Time::now",
    "time_to_expiration(",
    "Timestamp::now",
];
/// Those of the table of ARCHITECTURE.md that have no clock, and the archive and the paved path, to which the time is told, too.
const WITHOUT_CLOCK: [&str; 13] = [
    "curve", "model", "suite", "hsm", "verify", "issue", "exempt", "ofd", "present", "import", "archive",
    "picture", "core",
];

/// That nobody calls what reads a clock, also within a library; `clippy.toml` knows the standard library's alone.
#[test]
fn nothing_below_service_and_command_asks_what_time_it_is() {
    let sources = |folder: &str| {
        let mut found = Vec::new();
        files(&Path::new(ROOT).join(folder), &mut found);
        found.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
        assert!(!found.is_empty(), "{folder}");
        found.into_iter().filter(|path| !path.ends_with("tests.rs")).collect::<Vec<_>>()
    };
    for name in WITHOUT_CLOCK {
        for path in sources(&format!("crates/{name}/src")) {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                // Whether a certificate is valid “now” is a question to a clock: with an instant it has another name.
                let asks =
                    CLOCKS.iter().any(|word| line.contains(word)) || line.contains("validity().is_valid()");
                assert!(!asks, "{}: {line}", path.display());
            }
        }
    }
    // The wall clock is read in one function of each of the two.
    let mut read = Vec::new();
    for folder in ["crates/cli/src", "service/src", "crates/postgres/src", "crates/scan/src"] {
        for path in sources(folder) {
            let text = std::fs::read_to_string(&path).unwrap();
            let times = text.matches("SystemTime::now").count();
            read.extend(
                (times > 0).then(|| (path.file_name().unwrap().to_string_lossy().into_owned(), times)),
            );
        }
    }
    read.sort();
    assert_eq!(read, [("context.rs".to_owned(), 1), ("server.rs".to_owned(), 1)]);
}
