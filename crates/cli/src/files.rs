use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Forms and licenses are far below this; a larger input is a mistake, such as a device.
const MAX_INPUT_BYTES: u64 = 256 << 20;

/// Reads a file whole, or standard input for `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if is_stdin(path) {
        std::io::stdin().lock().take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("{} cannot be read", name(path)))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_INPUT_BYTES) {
        bail!("{} is larger than 256 MiB: split it", name(path));
    }
    Ok(bytes)
}

/// A text of an argument, or from standard input for `-`. It is in no message.
pub(crate) fn typed(text: String) -> anyhow::Result<String> {
    if !is_stdin(Path::new(&text)) {
        return Ok(text);
    }
    let Ok(text) = String::from_utf8(read(Path::new("-"))?) else { bail!("standard input is not text") };
    Ok(text.trim().to_owned())
}

pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The name of an input in messages.
pub(crate) fn name(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Refuses early what [`write_new`] would refuse after the work; a link that leads nowhere too.
pub(crate) fn check_free(path: &Path) -> anyhow::Result<()> {
    if path.symlink_metadata().is_ok() {
        bail!("{} exists already: choose another name, nothing was done", path.display());
    }
    Ok(())
}

/// Refuses early to write over what is read, and to write two things to one place.
pub(crate) fn check_outputs(outputs: &[&Path], inputs: &[&Path]) -> anyhow::Result<()> {
    for (place, path) in outputs.iter().enumerate() {
        if inputs.iter().any(|input| !is_stdin(input) && is_same(input, path)) {
            bail!("{} is read, too: choose another name, nothing was done", path.display());
        }
        check_free(path)?;
        if outputs[..place].iter().any(|other| is_same(other, path)) {
            bail!("{} is named twice: each form has a file of its own, nothing was done", path.display());
        }
    }
    Ok(())
}

/// Whether two paths lead to one file, whatever links and folders they lead over; where there is none yet, whether it would be one.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    if let (Ok(one), Ok(other)) = (one.metadata(), other.metadata()) {
        use std::os::unix::fs::MetadataExt as _;
        return (one.dev(), one.ino()) == (other.dev(), other.ino());
    }
    one == other || resolved(one).is_some_and(|found| resolved(other) == Some(found))
}

/// The place that a path leads to; of a file that is not there, its folder's with its name.
fn resolved(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        Some(folder.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?))
    })
}

/// Writes a file that only its owner may read: it holds personal data. A file with the same content is left alone,
/// another one is never overwritten.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    match create(path) {
        Ok(file) => fill(path, file, |file| Ok(file.write_all(bytes)?)),
        Err(_) if std::fs::read(path).is_ok_and(|old| old == bytes) => Ok(()),
        Err(error) => Err(error).with_context(|| cannot(path)),
    }
}

/// As [`write_new`], of what comes piece by piece: any file that is there is an error.
pub(crate) fn write_new_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    fill(path, create(path).with_context(|| cannot(path))?, write)
}

fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn fill(
    path: &Path,
    mut file: File,
    write: impl FnOnce(&mut File) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    write(&mut file).and_then(|()| Ok(file.sync_all()?)).map_err(|error| {
        // Half a license is worse than none, and would be in the way of the next attempt.
        let _ = std::fs::remove_file(path);
        error.context(cannot(path))
    })
}

fn cannot(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

#[cfg(test)]
mod tests {
    use super::{check_free, check_outputs, is_same};

    #[test]
    fn one_file_is_one_whatever_leads_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("folder")).unwrap();
        for name in ["there", "other"] {
            std::fs::write(at(name), b"the same").unwrap();
        }
        std::fs::hard_link(at("there"), at("hard")).unwrap();
        for (one, other, expected) in [
            ("there", "there", true),
            ("there", "folder/../there", true),
            ("there", "hard", true),
            ("there", "other", false),
            ("there", "new", false),
            ("new", "new", true),
            ("new", "folder/../new", true),
            ("new", "folder/new", false),
            ("new", "newer", false),
            ("none/new", "none/new", true),
            ("none/new", "none/newer", false),
        ] {
            assert_eq!(is_same(&at(one), &at(other)), expected, "{one} {other}");
            assert_eq!(is_same(&at(other), &at(one)), expected, "{other} {one}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed() {
        use std::os::unix::fs::symlink;

        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("folder")).unwrap();
        std::fs::write(at("there"), b"something").unwrap();
        symlink(at("there"), at("link")).unwrap();
        symlink(at("folder"), at("same")).unwrap();
        symlink(at("nowhere"), at("dangling")).unwrap();
        assert!(is_same(&at("link"), &at("there")));
        assert!(is_same(&at("same/new"), &at("folder/new")) && !is_same(&at("same/new"), &at("new")));
        // It is there, if nothing is where it leads: no file can be made in its place.
        assert!(check_free(&at("dangling")).unwrap_err().to_string().contains("exists already"));
        assert!(check_free(&at("nowhere")).is_ok());
    }

    #[test]
    fn outputs_are_neither_inputs_nor_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("folder")).unwrap();
        std::fs::write(at("input"), b"something").unwrap();
        let [input, stdin] = [at("input"), "-".into()];
        let check = |outputs: [&str; 2]| {
            let outputs = outputs.map(at);
            let checked = check_outputs(&[&outputs[0], &outputs[1]], &[&stdin, &input]);
            checked.map_or_else(|error| error.to_string(), |()| "ok".to_owned())
        };
        assert_eq!(check(["one", "two"]), "ok");
        assert!(check(["one", "folder/../one"]).contains("named twice"));
        assert!(check(["one", "folder/../input"]).contains("is read, too"));
        std::fs::write(at("two"), b"something").unwrap();
        assert!(check(["one", "two"]).contains("exists already"));
    }
}
