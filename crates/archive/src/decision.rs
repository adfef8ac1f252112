//! Decisions on papers (免证办) as they are filed: a receipt that holds nothing personal, and what it was decided from.

use std::fmt;

use boyin_model::hex;
use boyin_model::id::{HolderCode, LicenseId};
use ring::digest::{SHA256, digest};

use crate::act::EventKind;
use crate::collected::CollectedId;

/// Most bytes of a receipt, and of what it was decided from. A package of fifteen items with every finding has some 100 KiB.
pub const MAX_DECISION: usize = 1 << 20;
/// Most characters of a summary.
pub(crate) const MAX_SUMMARY: usize = 100;

/// A decision as it is filed. The archive looks into none of it.
#[derive(Clone, Copy)]
pub struct DecisionFiling<'d> {
    /// The signed receipt, `1..=`[`MAX_DECISION`] bytes. It outlives its holders' data and must hold none.
    pub receipt: &'d [u8],
    /// What it was decided from, `1..=`[`MAX_DECISION`] bytes: personal, gone once something of one of the holders is erased. 16 bytes
    /// that would read as what is left of an erasure are refused.
    pub inputs: &'d [u8],
    /// The licenses that the inputs name. Each has to be on file still when the decision is filed.
    pub licenses: &'d [LicenseId],
    /// The collected records that the inputs name; likewise.
    pub records: &'d [CollectedId],
    /// What the event says beside the digest of the receipt, at most 100 characters on one line; nothing personal.
    pub summary: &'d str,
    /// The last event that there was when the first of the files was read: what was erased after it refuses the decision.
    pub log: u64,
    /// Whose files were read for it, and how many entries of each were looked at.
    pub read: &'d [(HolderCode, usize)],
}

/// Prints nothing: it names persons.
impl fmt::Debug for DecisionFiling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecisionFiling(..)")
    }
}

/// The events that erase what decisions were decided from.
pub(crate) const ERASING: [EventKind; 3] =
    [EventKind::LicensePurged, EventKind::CollectedErased, EventKind::DecisionInputsErased];

/// A receipt as events name it.
pub(crate) fn digest_in(receipt: &[u8]) -> String {
    format!("sha-256:{}", hex::encode(digest(&SHA256, receipt).as_ref()))
}

/// What the event of a decision says: the summary, the receipt, and how many holders' files were read. Their reads are the events
/// just before it.
pub(crate) fn detail(summary: &str, receipt: &[u8], holders: usize) -> String {
    format!("{summary} {} {holders}", digest_in(receipt))
}

/// The digest of the receipt and the number of holders, as [`detail`] has them; format 5 told no number.
pub(crate) fn read_detail(detail: &str) -> Option<(&str, Option<u64>)> {
    let (rest, last) = detail.rsplit_once(' ')?;
    if last.starts_with("sha-256:") {
        return Some((last, None));
    }
    let (_, digest) = rest.rsplit_once(' ')?;
    Some((digest, Some(last.parse().ok()?)))
}
