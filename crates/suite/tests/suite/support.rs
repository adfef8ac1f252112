//! Hexadecimal, JSON vectors and the `openssl` command.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) use boyin_testkit::vectors::{bytes, hex, json, list, text};

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
