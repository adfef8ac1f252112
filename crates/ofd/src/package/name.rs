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
pub(super) fn check_distinct(packed: &[Packed]) -> Result<(), PackageError> {
    let names: Vec<_> = packed.iter().map(|entry| entry.name.to_lowercase()).collect();
    let repeated = |place| PackageError { entry: Some(place), fault: PackageFault::NameRepeated };
    let mut seen = HashSet::new();
    if let Some(place) = names.iter().position(|name| !seen.insert(name)) {
        return Err(repeated(place));
    }
    let files = names.iter().zip(packed).filter(|(_, entry)| !entry.is_folder);
    let files: HashSet<_> = files.map(|(name, _)| name.as_str()).collect();
    let is_within_file = |name: &String| name.match_indices('/').any(|(at, _)| files.contains(&name[..at]));
    if let Some(place) = names.iter().position(is_within_file) {
        return Err(repeated(place));
    }
    Ok(())
}
