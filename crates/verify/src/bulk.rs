use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use crate::check::{Context, Job, Pending, Verifier};
use crate::report::Report;

/// Licenses that one core takes at a time: enough for its signatures to be verified in bulk, and few enough for the
/// cores to end together.
const SHARE: usize = 64;

impl Verifier {
    /// Verifies many licenses, in either serialization, with all cores; the reports are in the order of the licenses.
    ///
    /// Each report is the same as that of [`Self::check`]: the signatures of a share are verified together, which is
    /// faster, and everything else is checked for each license alone.
    pub fn check_bulk<B: AsRef<[u8]> + Sync>(&self, licenses: &[B], context: &Context<'_>) -> Vec<Report> {
        licenses.par_chunks(SHARE).flat_map_iter(|share| self.check_share(share, context)).collect()
    }

    fn check_share<B: AsRef<[u8]>>(
        &self,
        share: &[B],
        context: &Context<'_>,
    ) -> impl Iterator<Item = Report> {
        let pending: Vec<_> = share.iter().map(|license| self.examine(license.as_ref(), context)).collect();
        let mut matched = vec![None; pending.len()];
        for alg in self.algs() {
            let of_alg = |pending: &Pending<'_, '_>| pending.job().is_some_and(|job| job.alg() == alg.id());
            let places: Vec<_> = (0..pending.len()).filter(|place| of_alg(&pending[*place])).collect();
            let jobs: Vec<_> =
                places.iter().filter_map(|place| pending[*place].job()).map(Job::bulk).collect();
            for (place, result) in places.iter().zip(alg.verify_bulk(&jobs)) {
                matched[*place] = Some(result);
            }
        }
        let finish = |(pending, matched): (Pending<'_, '_>, Option<_>)| {
            // A key whose algorithm is not among the verifier's: as one by one.
            let matched = matched.or_else(|| pending.job().map(Job::verify));
            pending.finish(matched)
        };
        pending.into_iter().zip(matched).map(finish).collect::<Vec<_>>().into_iter()
    }
}
