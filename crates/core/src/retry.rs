//! How long to wait before what failed is tried again.

/// Seconds to the next attempt after so many in vain: `first` after one, doubled with each further one, at most `most`.
pub(crate) fn retry_seconds(attempts: u32, first: u64, most: u64) -> u64 {
    let doubled = 1_u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX);
    first.saturating_mul(doubled).min(most)
}
