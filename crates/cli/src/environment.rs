//! The variables of the environment that the command knows; `docs/operations.md` has them in two tables. A variable is a default of
//! an option, and what is said on the command line counts before it; secrets have no option. Those of the second table count in
//! place of settings of `boyin.toml`.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use anyhow::bail;
use boyin::{OVERRIDE_STEM, OverrideFault, Overrides};
use clap::{Arg, CommandFactory as _};

use crate::args::{Cli, Command};

/// All of ours begin so.
const PREFIX: &str = "BOYIN_";
/// Those that are no option: secrets, where they are, and what is set before anything is read.
const WITHOUT_OPTION: [&str; 9] = [
    "BOYIN_ARCHIVE_SECRET",
    "BOYIN_ARCHIVE_SECRET_NEXT",
    "BOYIN_LOG",
    "BOYIN_PAGE_FONT",
    "BOYIN_PASSPHRASE",
    "BOYIN_PIN",
    "BOYIN_PIN_FILE",
    "BOYIN_SEAL_FONT",
    "BOYIN_STORE_PASSWORD",
];

/// Those of the project's own checks: whoever works on it may have set them.
const OF_CHECKS: [&str; 5] =
    ["BOYIN_FAULTS", "BOYIN_FUZZ_SECONDS", "BOYIN_GOLDEN_OUT", "BOYIN_KILLS", "BOYIN_VECTORS"];

/// Every variable that means something here.
pub(crate) fn known() -> BTreeSet<String> {
    let mut known = WITHOUT_OPTION.map(str::to_owned).into_iter().chain(Overrides::variables()).collect();
    options(&Cli::command(), &mut known);
    known
}

fn options(command: &clap::Command, known: &mut BTreeSet<String>) {
    let names = command.get_arguments().filter_map(Arg::get_env);
    known.extend(names.map(|name| name.to_string_lossy().into_owned()));
    command.get_subcommands().for_each(|command| options(command, known));
}

/// The settings that count in place of those of `boyin.toml`. A mistyped one is refused by every command: it would go on by what
/// the file says.
pub(crate) fn overrides() -> Result<Overrides, OverrideFault> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    Overrides::read(variables.filter(|(name, _)| name.starts_with(OVERRIDE_STEM)))
}

/// Tells of variables that look like ours and mean nothing: a mistyped one would be passed over. What serves for months does not
/// begin with one.
pub(crate) fn check(command: &Command) -> anyhow::Result<()> {
    let unknown = unknown(std::env::vars_os().map(|(name, _)| name));
    if unknown.is_empty() {
        return Ok(());
    }
    let (names, next) = (unknown.join(", "), "docs/operations.md has the names");
    if matches!(command, Command::Serve(_)) {
        bail!("the environment holds what is no setting: {names}; {next}");
    }
    eprintln!("Warning: the environment holds what is no setting: {names}; {next}");
    Ok(())
}

fn unknown(names: impl Iterator<Item = impl AsRef<OsStr>>) -> Vec<String> {
    let known = known();
    let ours = names.filter_map(|name| {
        let name = name.as_ref().to_string_lossy().into_owned();
        let strange = !known.contains(&name) && !OF_CHECKS.contains(&name.as_str());
        (name.starts_with(PREFIX) && strange).then_some(name)
    });
    let mut unknown: Vec<_> = ours.collect();
    unknown.sort();
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_documentation_has_every_variable_and_no_other() {
        let text = include_str!("../../../docs/operations.md");
        let begin = format!("| `{PREFIX}");
        let rows = text.lines().filter(|line| line.starts_with(&begin));
        let named: Vec<_> = rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect();
        assert_eq!(named.iter().cloned().collect::<BTreeSet<_>>(), known());
        assert_eq!(named.len(), known().len(), "one is there twice");
    }

    #[test]
    fn no_other_variable_begins_as_those_of_settings_do() {
        let settings: BTreeSet<_> = Overrides::variables().collect();
        let alike: BTreeSet<_> = known().into_iter().filter(|name| name.starts_with(OVERRIDE_STEM)).collect();
        assert_eq!(alike, settings);
    }

    #[test]
    fn what_looks_like_ours_and_is_not_is_told() {
        let names =
            ["PATH", "BOYIN_HOME", "BOYIN_LISTEN", "BOYIN_LISTENS", "BOYIN_", "BOYIN_VECTORS", "boyin_home"];
        assert_eq!(unknown(names.into_iter()), ["BOYIN_", "BOYIN_LISTENS"]);
    }
}
