//! The timestamps of a seal and of a seal signature.

use boyin_model::json::Reader;
use boyin_model::seal::{Seal, SealSignature};
use boyin_model::time::UnixTime;

use super::check::{Finding, Run, weightiest};
use super::reason::SealReason;
use super::report::{SealCheck, SealDetail, SealNote};
use crate::timestamp::{Stamped, TimestampContext, TimestampPolicy, TimestampReport, check_token};

/// Seconds within which a timestamp follows a signature whose time it proves: signatures are stamped when they are made,
/// or with those of the day.
pub(super) const PROMPT_SECONDS: u64 = 86_400;

impl Run<'_, '_> {
    /// What the timestamp over the maker's signature value is worth. It cannot be older than the seal.
    pub(super) fn seal_timestamp(&self, seal: &Seal<'_>, reader: Reader) -> Option<TimestampReport> {
        seal.timestamp.map(|token| self.token(token, seal.signature, Some(seal.info.created), reader))
    }

    /// What the timestamp over the signer's signature value is worth. It cannot be older than the signing time.
    pub(super) fn signature_timestamp(
        &self,
        signature: &SealSignature<'_>,
        reader: Reader,
    ) -> Option<TimestampReport> {
        let token = signature.timestamp?;
        Some(self.token(token, signature.signature, Some(self.used_at), reader))
    }

    fn token(
        &self,
        token: &[u8],
        value: &[u8],
        claimed: Option<UnixTime>,
        reader: Reader,
    ) -> TimestampReport {
        let context = TimestampContext {
            now: self.context.now,
            certificates: self.context.certificates,
            policy: &TimestampPolicy::default(),
            nonce: None,
            claimed,
        };
        check_token(token, reader, Stamped::Bytes(value), &context)
    }

    pub(super) fn timestamps(&mut self, reports: &[Option<TimestampReport>]) {
        if reports.iter().all(Option::is_none) {
            self.note(SealNote::NoTimestamp);
        }
        let fault = |report: &TimestampReport| {
            let reason = report.verdict().reason()?;
            let open = reason.is_indeterminate();
            let of_seal = if open { SealReason::TimestampUnverified } else { SealReason::TimestampInvalid };
            Some((of_seal, Some(SealDetail::Timestamp(reason))))
        };
        let faults: Vec<_> = reports.iter().flatten().filter_map(fault).collect();
        let found: Finding = weightiest(&faults);
        self.set(SealCheck::Timestamp, found);
    }
}
