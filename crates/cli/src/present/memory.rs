use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use boyin::model::time::UnixTime;
use boyin::replace_private;
use boyin_present::SeenNonces;
use boyin_present::limits::MAX_SEEN_BYTES;

/// The file in which this verifier remembers dynamic codes; one process at a time has it.
pub(super) struct Memory {
    path: PathBuf,
    _lock: File,
}

impl Memory {
    /// Waits until no other process has it, and reads it; nothing is remembered if it is not there.
    pub(super) fn open(path: &Path) -> anyhow::Result<(Self, SeenNonces)> {
        let fail = || format!("the memory of codes {} cannot be used", path.display());
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let beside = PathBuf::from(beside);
        is_there(&beside)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(&beside).with_context(fail)?;
        lock.lock().with_context(fail)?;
        let mut text = String::new();
        if is_there(path)? {
            let most = u64::try_from(MAX_SEEN_BYTES).unwrap_or(u64::MAX).saturating_add(1);
            let read = File::open(path).and_then(|file| file.take(most).read_to_string(&mut text));
            read.with_context(fail)?;
        }
        let Some(seen) = SeenNonces::read(&text) else {
            bail!("{} is no memory of codes, or one larger than {MAX_SEEN_BYTES} bytes", path.display());
        };
        Ok((Self { path: path.to_owned(), _lock: lock }, seen))
    }

    /// Replaced whole, so that what was remembered is never lost half-way. `now` is the present instant.
    pub(super) fn keep(&self, seen: &SeenNonces, now: UnixTime) -> anyhow::Result<()> {
        replace_private(&self.path, seen.write(now).as_bytes())
            .with_context(|| format!("the memory of codes {} cannot be written", self.path.display()))
    }
}

/// Whether there is a file. A link is refused: whoever can place one would choose what is read and replaced.
fn is_there(path: &Path) -> anyhow::Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => bail!("{} is a link, or no file: name the file itself", path.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{} cannot be looked at", path.display())),
    }
}
