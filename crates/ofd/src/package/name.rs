//! Names of entries.

use std::collections::HashSet;

use super::directory::Packed;
use super::{PackageError, PackageFault};
use crate::limits::{MAX_NAME_BYTES, MAX_PATH_DEPTH};

/// The name without the `/` of a folder, and whether it is one.
pub(super) fn read(bytes: &[u8]) -> Result<(String, bool), PackageFault> {
    if bytes.len() > MAX_NAME_BYTES {
        return Err(PackageFault::NameLength);
    }
    let name = std::str::from_utf8(bytes).map_err(|_| PackageFault::NameText)?;
    if name.contains('\\') {
        return Err(PackageFault::Backslash);
    }
    // `C:` is a drive; other colons name streams of a file.
    if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        return Err(PackageFault::Absolute);
    }
    if name.chars().any(|c| c.is_control() || ":*?\"<>|".contains(c)) {
        return Err(PackageFault::NameCharacter);
    }
    let (path, is_folder) = name.strip_suffix('/').map_or((name, false), |path| (path, true));
    let steps: Vec<_> = path.split('/').collect();
    if steps.iter().any(|step| matches!(*step, "" | "." | "..")) {
        return Err(PackageFault::Steps);
    }
    // Windows drops both at the end: `a.` would be `a`.
    if steps.iter().any(|step| step.ends_with(['.', ' '])) {
        return Err(PackageFault::NameCharacter);
    }
    if steps.len() > MAX_PATH_DEPTH {
        return Err(PackageFault::Depth);
    }
    Ok((path.to_owned(), is_folder))
}

/// No two entries of one name; no file that is a folder of another one. Systems that do not tell capital letters from small
/// ones would write one over the other.
pub(super) fn check_distinct(packed: &[Packed<'_>]) -> Result<(), PackageError> {
    let mut seen = HashSet::new();
    let repeated = |place| PackageError { entry: Some(place), fault: PackageFault::NameRepeated };
    for (place, entry) in packed.iter().enumerate() {
        if !seen.insert(entry.name.to_lowercase()) {
            return Err(repeated(place));
        }
    }
    let files = packed.iter().filter(|entry| !entry.is_folder).map(|entry| entry.name.to_lowercase());
    let files: HashSet<_> = files.collect();
    for (place, entry) in packed.iter().enumerate() {
        let name = entry.name.to_lowercase();
        let mut folders = name.match_indices('/').map(|(at, _)| &name[..at]);
        if folders.any(|folder| files.contains(folder)) {
            return Err(repeated(place));
        }
    }
    Ok(())
}
