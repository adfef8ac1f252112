//! A SoftHSM of its own for one test: a PKCS#11 token in a temporary directory.
//!
//! SoftHSM finds its configuration through the environment, which a process cannot safely change for itself, so the test
//! runs once more in a process of its own. Under `CI=true` a missing SoftHSM fails; elsewhere such tests are skipped with a
//! message.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::needed::needed;

/// Where Debian's package `softhsm2` has the module.
pub const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// Label of the token.
pub const TOKEN: &str = "boyin-test";
/// PIN of the user.
pub const PIN: &str = "271828";
/// PIN of the security officer.
pub const SO_PIN: &str = "31415926";
/// Tells the second process where its token is.
const PLACE: &str = "BOYIN_TEST_SOFTHSM";
/// What SoftHSM reads.
const CONF: &str = "SOFTHSM2_CONF";

/// A token that nobody else uses.
#[derive(Clone, Debug)]
pub struct SoftHsm {
    dir: PathBuf,
}

impl SoftHsm {
    /// Makes a token in `dir`; `None`, with a message, if SoftHSM is missing and this is not CI.
    ///
    /// # Panics
    /// If SoftHSM is missing under `CI=true`, or does not make a token.
    #[must_use]
    pub fn new(dir: &Path) -> Option<Self> {
        let there = Path::new(MODULE).exists();
        needed(there.then_some(()).ok_or_else(|| format!("{MODULE} is missing: apt-get install softhsm2")))?;
        let hsm = Self { dir: dir.to_owned() };
        std::fs::create_dir_all(hsm.tokens()).expect("a directory for tokens");
        let conf = format!("directories.tokendir = {}\nlog.level = ERROR\n", hsm.tokens().display());
        std::fs::write(hsm.conf(), conf).expect("a file for the configuration");
        let mut init = hsm.command("softhsm2-util");
        init.args(["--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", SO_PIN]);
        let made = init.output().expect("softhsm2-util runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Some(hsm)
    }

    /// Its configuration, for [`SoftHsm::command`]'s like.
    #[must_use]
    pub fn conf(&self) -> PathBuf {
        self.dir.join("softhsm2.conf")
    }

    /// The directory that holds the tokens: moved away, the device is gone.
    #[must_use]
    pub fn tokens(&self) -> PathBuf {
        self.dir.join("tokens")
    }

    /// Where a test may keep other files.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A command that sees this token.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env(CONF, self.conf());
        command
    }
}

/// Runs `body` in a process that sees a token of its own. `test` is the whole name of the test that calls this.
///
/// # Panics
/// If the test fails there.
pub fn with_softhsm(test: &str, body: impl FnOnce(&SoftHsm)) {
    if let Some(dir) = std::env::var_os(PLACE) {
        return body(&SoftHsm { dir: dir.into() });
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let Some(hsm) = SoftHsm::new(dir.path()) else { return };
    let mut again = hsm.command(std::env::current_exe().expect("this program"));
    again.args([test, "--exact", "--nocapture"]).env(PLACE, hsm.dir());
    let ran = again.output().expect("this program runs again");
    let out = [ran.stdout, ran.stderr].concat();
    let out = String::from_utf8_lossy(&out);
    assert!(ran.status.success(), "{out}");
    assert!(out.contains("1 passed"), "{test} is not the name of this test:\n{out}");
}
