use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;

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

/// Refuses early what [`write_new`] would refuse after the work.
pub(crate) fn check_free(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        bail!("{} exists already: choose another name, nothing was done", path.display());
    }
    Ok(())
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
