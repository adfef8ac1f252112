//! How much is free where something is written.

use std::path::Path;

use boyin::doctor::{Finding, Level};
use boyin_service::{MAX_LARGE_BODIES, MAX_OFD_BODY_BYTES};

/// Beside the documents that the service puts aside: scratch of followers and of `doctor`.
const SCRATCH_BYTES: u64 = 256 << 20;
/// Its check among those of `doctor`.
const CHECK: &str = "temp_space";
const NEXT: &str =
    "free space there, or let TMPDIR name a folder on a disk with more: see docs/operations.md";

/// MiB that should be free in the folder for temporary files.
pub(crate) fn temporary_mib() -> u64 {
    let bounds = [MAX_LARGE_BODIES, MAX_OFD_BODY_BYTES];
    let [documents, each] = bounds.map(|bound| u64::try_from(bound).unwrap_or(u64::MAX));
    mib(documents.saturating_mul(each).saturating_add(SCRATCH_BYTES))
}

/// Whether large documents that are sent to be verified find room in the folder for temporary files: so many MiB should be free.
pub(crate) fn temporary(wanted_mib: u64) -> Finding {
    let folder = std::env::temp_dir();
    found(&folder, free_bytes(&folder), wanted_mib)
}

fn found(folder: &Path, free: Option<u64>, wanted_mib: u64) -> Finding {
    let folder = folder.display();
    let (level, detail) = match free.map(mib) {
        None => (Level::Warn, format!("how much is free in {folder} is not known here")),
        Some(free) => {
            let level = if free < wanted_mib { Level::Warn } else { Level::Ok };
            let what = "for large documents while they are verified";
            (level, format!("{free} MiB are free in {folder}, at least {wanted_mib} should be, {what}"))
        }
    };
    Finding { check: CHECK, level, detail, next_step: (level != Level::Ok).then_some(NEXT) }
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

/// What an ordinary user may still write where the directory is.
#[cfg(unix)]
pub(crate) fn free_bytes(place: &Path) -> Option<u64> {
    let known = rustix::fs::statvfs(place).ok()?;
    known.f_bavail.checked_mul(known.f_frsize)
}

#[cfg(not(unix))]
pub(crate) fn free_bytes(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_room_and_none_that_is_known_are_told() {
        let folder = Path::new("/var/tmp");
        let of = |free| found(folder, free, 4);
        let enough = of(Some(4 << 20));
        assert_eq!((enough.level, enough.next_step), (Level::Ok, None));
        for little in [of(Some((4 << 20) - 1)), of(None)] {
            assert_eq!((little.level, little.next_step), (Level::Warn, Some(NEXT)));
            assert!(little.detail.contains("/var/tmp"), "{}", little.detail);
        }
        assert!(temporary_mib() > 4096);
    }
}
