//! Many signatures at once: the additions of one level, of all signatures of a batch, share one inversion.

use crate::backend::{Backend, vector};
use crate::curve::{Curve, Parameters};
use crate::equation::Equation;
use crate::key::{InvalidSignature, PreparedKey};
use crate::limbs;
use crate::pairs;
use crate::point::Affine;
use crate::residue::Residue;

/// Signatures that share inversions: enough to make these cheap, and their terms, some 110 KiB, stay in the second-level
/// cache.
const BATCH: usize = 32;

/// Signatures whose numbers are read at once: ECDSA inverts all their `s` together.
const READ: usize = 256;

/// One signature to verify.
#[derive(Clone, Copy, Debug)]
pub struct Job<'j, C: Curve> {
    /// The signer's key.
    pub key: &'j PreparedKey<C>,
    /// The finished digest (for SM2: `e`, with Z in it).
    pub digest: &'j [u8; 32],
    /// `r ‖ s`.
    pub signature: &'j [u8; 64],
}

/// Verifies many signatures, of any mix of keys; the results are in the order of the jobs.
///
/// A bad signature costs as much as a good one and disturbs no other. One whose sum meets an exceptional case (its maker
/// must know the discrete logarithm between its key and the generator to arrange that) costs as much as on its own.
#[must_use]
pub fn verify_bulk<C: Curve>(jobs: &[Job<'_, C>]) -> Vec<Result<(), InvalidSignature>> {
    verify_bulk_on(Backend::best(), jobs)
}

/// As [`verify_bulk`], with the instructions that the caller chooses: to compare them.
#[must_use]
pub fn verify_bulk_on<C: Curve>(backend: Backend, jobs: &[Job<'_, C>]) -> Vec<Result<(), InvalidSignature>> {
    if let [job] = jobs {
        return vec![job.key.verify_on(backend, job.digest, job.signature)];
    }
    let mut results = Vec::with_capacity(jobs.len());
    let mut work = Work::default();
    for jobs in jobs.chunks(READ) {
        let equations = C::equations(jobs.iter().map(|job| (job.digest, job.signature)));
        let read = Read { jobs, equations };
        results.extend(match backend {
            Backend::Scalar => read.scalar(&mut work),
            Backend::Avx512Ifma => read.vector(),
        });
    }
    results
}

/// Jobs and what their signatures assert.
struct Read<'r, 'j, C: Curve> {
    jobs: &'r [Job<'j, C>],
    equations: Vec<Option<Equation>>,
}

impl<C: Curve> Read<'_, '_, C> {
    fn scalar(&self, work: &mut Work<C>) -> Vec<Result<(), InvalidSignature>> {
        let mut results = vec![Err(InvalidSignature); self.jobs.len()];
        for batch in self.usable().chunks(BATCH) {
            work.clear();
            for (_, job, equation) in batch {
                work.push(job.key, equation);
            }
            while work.halve() {}
            for ((place, job, equation), sum) in batch.iter().zip(&work.sums) {
                results[*place] = conclude(work.check(sum, equation), job, equation);
            }
        }
        results
    }

    /// Lanes have equal numbers of terms, so keys of equal windows go together.
    fn vector(&self) -> Vec<Result<(), InvalidSignature>> {
        let mut results = vec![Err(InvalidSignature); self.jobs.len()];
        let mut usable = self.usable();
        usable.sort_by_key(|(_, job, _)| job.key.window());
        for equal in usable.chunk_by(|(_, left, _), (_, right, _)| left.key.window() == right.key.window()) {
            for batch in equal.chunks(vector::BATCH) {
                let pairs: Vec<_> = batch.iter().map(|(_, job, equation)| (*job, *equation)).collect();
                for ((place, job, equation), found) in batch.iter().zip(vector::check_bulk(&pairs)) {
                    results[*place] = conclude(found, job, equation);
                }
            }
        }
        results
    }

    /// The signatures whose numbers are in range, with their places. Without a term of the generator (`u = 0`, which
    /// only a digest of zero gives) a signature is exceptional: [`conclude`] sums it.
    fn usable(&self) -> Vec<(usize, &Job<'_, C>, &Equation)> {
        let both = self.jobs.iter().zip(&self.equations).enumerate();
        both.filter_map(|(place, (job, equation))| Some((place, job, equation.as_ref()?))).collect()
    }
}

/// The result, from the sum in a batch or, where that found an exceptional case, from a sum of its own.
fn conclude<C: Curve>(
    found: Option<bool>,
    job: &Job<'_, C>,
    equation: &Equation,
) -> Result<(), InvalidSignature> {
    match found {
        Some(true) => Ok(()),
        Some(false) => Err(InvalidSignature),
        None => job.key.check(equation),
    }
}

/// The terms of one signature, within [`Work::points`].
#[derive(Debug)]
struct Sum {
    start: usize,
    length: usize,
    /// Two points with equal x-coordinates met, or there is no term of the generator.
    exceptional: bool,
}

/// Memory of a batch, used again for the next.
#[derive(Debug)]
struct Work<C: Parameters> {
    points: Vec<Affine<C>>,
    sums: Vec<Sum>,
    /// For each pair of points, the product of the denominators of those behind it.
    before: Vec<Residue<C::Field>>,
}

impl<C: Parameters> Default for Work<C> {
    fn default() -> Self {
        Self { points: Vec::new(), sums: Vec::new(), before: Vec::new() }
    }
}

impl<C: Curve> Work<C> {
    fn clear(&mut self) {
        self.points.clear();
        self.sums.clear();
    }

    /// Appends the terms of a signature.
    fn push(&mut self, key: &PreparedKey<C>, equation: &Equation) {
        let start = self.points.len();
        let points = &mut self.points;
        points.reserve(key.terms_count());
        key.each_term(equation, |term| points.push(term));
        let exceptional = limbs::is_zero(&equation.u);
        self.sums.push(Sum { start, length: self.points.len() - start, exceptional });
    }

    /// Adds the terms of all signatures in pairs; whether any has more than two left.
    fn halve(&mut self) -> bool {
        let Self { points, sums, before } = self;
        before.resize(points.len(), Residue::ONE);
        let mut product = Residue::ONE;
        for Sum { start, length, .. } in sums.iter().rev().filter(|sum| sum.length > 2) {
            pairs::collect(&points[*start..start + length], &mut before[*start..], &mut product);
        }
        let mut inverse = product.invert();
        let mut any = false;
        for sum in sums.iter_mut().filter(|sum| sum.length > 2) {
            let points = &mut points[sum.start..sum.start + sum.length];
            sum.exceptional |= pairs::add_pairs(points, &before[sum.start..], &mut inverse);
            sum.length = sum.length.div_ceil(2);
            any |= sum.length > 2;
        }
        any
    }

    /// Compares the sum of the last two terms; `None` if a pair was exceptional.
    fn check(&self, sum: &Sum, equation: &Equation) -> Option<bool> {
        let pair = self.points[sum.start..].first_chunk().filter(|_| !sum.exceptional)?;
        pairs::pair_satisfies(pair, equation)
    }
}
