//! Finds the published vectors that are not part of this repository.

use std::path::PathBuf;

use crate::needed::needed;

/// The file or folder `relative` of the vector set, or `None` where the set is absent.
///
/// The set is looked for in `BOYIN_VECTORS`, else beside the checkout in `../shared/vectors`. Callers skip on `None`.
///
/// # Panics
/// If `CI=true` and the set is absent: a check that did not run must not look like one that passed.
#[must_use]
pub fn path(relative: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BOYIN_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let path = root.join(relative);
    let missing = format!("vectors are missing: {} (set BOYIN_VECTORS)", path.display());
    needed(path.exists().then_some(path).ok_or(missing))
}
