//! The signatures of seals, of one document or of many at once.

use std::sync::Arc;

use boyin_model::alg::{BadSignature, BulkJob, VerifyKey};

use super::check::{Document, Run, SealContext, SealVerifier};
use super::profile::Profile;
use super::reason::SealReason;
use super::report::{SealCheck, SealReport};

/// A signature that is still to be verified.
#[derive(Debug)]
pub(super) struct Job<'b> {
    pub(super) key: Arc<dyn VerifyKey>,
    pub(super) message: &'b [u8],
    pub(super) signature: &'b [u8],
}

impl Job<'_> {
    fn bulk(&self) -> BulkJob<'_> {
        BulkJob { key: &*self.key, message: self.message, signature: self.signature }
    }

    fn verify(&self) -> Result<(), BadSignature> {
        self.key.verify(self.message, self.signature)
    }
}

/// A verification without the outcome of [`SealCheck::Signature`].
#[derive(Debug)]
pub(super) struct Pending<'r, 'c, 'b> {
    pub(super) run: Run<'r, 'c>,
    pub(super) bytes: &'b [u8],
    pub(super) profile: &'static Profile,
    /// What is to be verified, if the checks came that far.
    pub(super) job: Option<Job<'b>>,
}

impl Pending<'_, '_, '_> {
    fn finish(mut self, matched: Option<Result<(), BadSignature>>) -> SealReport {
        if let (Some(job), Some(matched)) = (&self.job, matched) {
            let matched = matched.map_err(|_| (SealReason::SignatureMismatch, None));
            let found = matched.and_then(|()| self.run.not_ended(job.key.alg().id(), self.run.used_at));
            self.run.set(SealCheck::Signature, found);
        }
        self.run.report(self.bytes, self.profile, self.profile.signature)
    }
}

impl SealVerifier {
    /// Verifies a seal signature (SES_Signature) over a document; the seal in it as of the signing time.
    pub fn check_signature(
        &self,
        bytes: &[u8],
        document: Document<'_>,
        context: &SealContext<'_>,
    ) -> SealReport {
        let pending = self.examine(bytes, document, context);
        let matched = pending.job.as_ref().map(Job::verify);
        pending.finish(matched)
    }

    /// Verifies many seal signatures, each over its document; the reports are in their order.
    ///
    /// Each report is the same as that of [`Self::check_signature`]: the signatures by keys of one algorithm are verified
    /// together, which is faster where a key made several ([`CertificateStore::remember`](crate::chain::CertificateStore::remember)),
    /// and everything else is checked for each alone.
    pub fn check_signatures(
        &self,
        all: &[(&[u8], Document<'_>)],
        context: &SealContext<'_>,
    ) -> Vec<SealReport> {
        let pending: Vec<_> =
            all.iter().map(|(bytes, document)| self.examine(bytes, *document, context)).collect();
        let mut matched = vec![None; pending.len()];
        for alg in context.certificates.algs() {
            let of_alg = |pending: &Pending<'_, '_, '_>| {
                pending.job.as_ref().is_some_and(|job| std::ptr::eq(job.key.alg().id(), alg.id()))
            };
            let places: Vec<_> = (0..pending.len())
                .filter(|place| matched[*place].is_none() && of_alg(&pending[*place]))
                .collect();
            let jobs: Vec<_> =
                places.iter().filter_map(|place| pending[*place].job.as_ref()).map(Job::bulk).collect();
            for (place, result) in places.iter().zip(alg.verify_bulk(&jobs)) {
                matched[*place] = Some(result);
            }
        }
        let finish = |(pending, matched): (Pending<'_, '_, '_>, Option<_>)| {
            // Should its algorithm be none of the store's: as one by one.
            let matched = matched.or_else(|| pending.job.as_ref().map(Job::verify));
            pending.finish(matched)
        };
        pending.into_iter().zip(matched).map(finish).collect()
    }
}
