//! Hexadecimal, JSON vectors and the `openssl` command.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Bytes of a hexadecimal string.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd number of hexadecimal digits");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The JSON vector file `relative`, or `None` where the set is absent.
pub(crate) fn json(relative: &str) -> Option<Value> {
    let Some(path) = boyin_testkit::vectors::path(relative) else {
        println!("skipped: {relative} is absent");
        return None;
    };
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

/// The text member `name`.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is missing in {value}"))
}

/// The bytes of the hexadecimal member `name`.
pub(crate) fn bytes(value: &Value, name: &str) -> Vec<u8> {
    hex(text(value, name))
}

/// The array member `name`.
pub(crate) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("{name} is missing"))
}

/// A folder of its own in which `openssl` works.
pub(crate) struct OpenSsl(tempfile::TempDir);

impl OpenSsl {
    /// `None` if the command is absent, and a panic if that happens in CI.
    pub(crate) fn new() -> Option<Self> {
        boyin_testkit::timestamp::openssl::is_there().then(|| Self(tempfile::tempdir().unwrap()))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn read_text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// Runs `openssl` with the words of `line`; file names are in the folder.
    pub(crate) fn try_run(&self, line: &str) -> Output {
        let folder: &Path = self.0.path();
        Command::new("openssl").args(line.split_whitespace()).current_dir(folder).output().unwrap()
    }

    /// As [`OpenSsl::try_run`]; must succeed.
    pub(crate) fn run(&self, line: &str) {
        let output = self.try_run(line);
        assert!(output.status.success(), "openssl {line}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
