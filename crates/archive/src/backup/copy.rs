//! Files that are copied, synced and digested in one go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::Path;

use boyin_model::hex;
use ring::digest::{Context, SHA256};

use super::error::BackupError;

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

/// Bytes and SHA-256 in lower-case hexadecimal.
type Found = (u64, String);

pub(super) fn file_error(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path: path.clone(), source }
}

/// Reads a file to its end; `progress` is given the bytes read so far.
pub(super) fn digest_file(path: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Found> {
    pump(File::open(path)?, |_| Ok(()), progress)
}

/// Copies a file into a new one that only its owner may read, and syncs it.
pub(super) fn copy_file(from: &Path, to: &Path, progress: &mut dyn FnMut(u64)) -> Result<Found, BackupError> {
    copy_reader(File::open(from).map_err(file_error(from))?, to, progress)
}

/// As [`copy_file`], from what is open already.
pub(super) fn copy_reader(
    from: impl Read,
    to: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Found, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(to).map_err(file_error(to))?;
    let found = pump(from, |block| file.write_all(block), progress).map_err(file_error(to))?;
    file.sync_all().map_err(file_error(to))?;
    Ok(found)
}

fn pump(
    mut from: impl Read,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
    progress: &mut dyn FnMut(u64),
) -> io::Result<Found> {
    let mut block = vec![0; BLOCK];
    let mut digest = Context::new(&SHA256);
    let mut bytes = 0;
    loop {
        let length = match from.read(&mut block) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let read = block.get(..length).unwrap_or_default();
        digest.update(read);
        take(read)?;
        bytes += u64::try_from(length).unwrap_or(u64::MAX);
        progress(bytes);
    }
    Ok((bytes, hex::encode(digest.finish().as_ref())))
}

/// Writes a small file and syncs it.
pub(super) fn write_file(to: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    copy_reader(bytes, to, &mut |_| {}).map(drop)
}

/// Makes a directory, and those above it, that only their owner may enter.
pub(super) fn make_dir(path: &Path) -> Result<(), BackupError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(file_error(path))
}

pub(super) fn sync_dir(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(file_error(path))
}
