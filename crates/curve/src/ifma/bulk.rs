//! Eight signatures side by side, and several such groups that share their inversions: the tree of [`crate::pairs`].

use std::arch::x86_64::{__m512i, _mm512_permutex2var_epi64, _mm512_set_epi64};

use super::field::{Element, LANES, Raw, load};
use crate::bulk::Job;
use crate::curve::{Curve, Parameters};
use crate::equation::{Equation, invert_all};
use crate::limbs;
use crate::point::{Affine, x_matches};
use crate::residue::Residue;

/// Signatures that share inversions. Their terms and products, some 400 KiB, stay in the second-level cache of the
/// processors that have these instructions.
pub(crate) const BATCH: usize = 8 * LANES;

/// Products that grow side by side, as each waits long for its last factor.
const CHAINS: usize = 2;

/// Eight affine points. The coordinates are raw: they enter sums only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point8<C: Parameters> {
    pub(super) x: Raw<C::Field>,
    pub(super) y: Raw<C::Field>,
}

impl<C: Parameters> Point8<C> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn gather(points: &[Affine<C>; LANES]) -> Self {
        let rows: [__m512i; LANES] = [
            load(&points[0].words()),
            load(&points[1].words()),
            load(&points[2].words()),
            load(&points[3].words()),
            load(&points[4].words()),
            load(&points[5].words()),
            load(&points[6].words()),
            load(&points[7].words()),
        ];
        let [a, b, c, d, e, f, g, h] = transpose(rows);
        Self { x: Raw::from_words(&[a, b, c, d]).raw(), y: Raw::from_words(&[e, f, g, h]).raw() }
    }
}

/// Rows become columns, by halves: pairs of lanes, pairs of pairs, pairs of fours.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(mut rows: [__m512i; LANES]) -> [__m512i; LANES] {
    for distance in [1, 2, 4] {
        let (low, high) = match distance {
            1 => (_mm512_set_epi64(14, 6, 12, 4, 10, 2, 8, 0), _mm512_set_epi64(15, 7, 13, 5, 11, 3, 9, 1)),
            2 => (_mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2)),
            _ => (_mm512_set_epi64(11, 10, 9, 8, 3, 2, 1, 0), _mm512_set_epi64(15, 14, 13, 12, 7, 6, 5, 4)),
        };
        for row in (0..LANES).filter(|row| row & distance == 0) {
            let (a, b) = (rows[row], rows[row + distance]);
            rows[row] = _mm512_permutex2var_epi64(a, low, b);
            rows[row + distance] = _mm512_permutex2var_epi64(a, high, b);
        }
    }
    rows
}

/// Terms of up to 64 signatures: `points[group * stride + term]`, of which the first `length` of each group count.
struct Work<C: Parameters> {
    points: Vec<Point8<C>>,
    /// For each pair of points, the product of the denominators of those behind it in its chain.
    before: Vec<Element<C::Field>>,
    stride: usize,
    length: usize,
    /// For each group, the lanes in which two points with equal x-coordinates met.
    exceptional: Vec<u8>,
}

/// See [`super::check_bulk`].
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn check<C: Curve>(batch: &[(&Job<'_, C>, &Equation)]) -> Vec<Option<bool>> {
    let mut work = Work::new(batch);
    while work.length > 2 {
        work.halve();
    }
    let mut results = Vec::with_capacity(batch.len());
    for (group, members) in batch.chunks(LANES).enumerate() {
        let [numerators, denominators] = work.last_pair(group);
        for (lane, (_, equation)) in members.iter().enumerate() {
            let exceptional = work.exceptional[group] >> lane & 1 == 1
                || denominators[lane].is_zero()
                || limbs::is_zero(&equation.u);
            let valid = || x_matches::<C>(&numerators[lane], &denominators[lane], &equation.x);
            results.push((!exceptional).then(valid));
        }
    }
    results
}

impl<C: Curve> Work<C> {
    /// Lanes without a signature repeat the last one.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn new(batch: &[(&Job<'_, C>, &Equation)]) -> Self {
        let groups = batch.len().div_ceil(LANES);
        let stride = batch.first().map_or(0, |(job, _)| job.key.terms_count());
        let zero = Point8 { x: Raw::zero(), y: Raw::zero() };
        let mut points = vec![zero; groups * stride];
        let mut terms = vec![batch[0].0.key.point(); LANES * stride];
        for (group, members) in batch.chunks(LANES).enumerate() {
            for lane in 0..LANES {
                let (job, equation) = members[lane.min(members.len() - 1)];
                let mut place = lane;
                job.key.each_term(equation, |term| {
                    terms[place] = term;
                    place += LANES;
                });
            }
            for (term, row) in terms.as_chunks().0.iter().enumerate() {
                points[group * stride + term] = Point8::gather(row);
            }
        }
        let before = vec![Element::one(); points.len().div_ceil(2)];
        Self { points, before, stride, length: stride, exceptional: vec![0; groups] }
    }

    /// Adds the points of each group in pairs.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn halve(&mut self) {
        let mut products = self.collect();
        let mut lanes = products[0].times(products[1]).scatter();
        if lanes.iter().any(Residue::is_zero) {
            self.set_exceptional_lanes_aside();
            products = self.collect();
            lanes = products[0].times(products[1]).scatter();
        }
        invert_all(&mut lanes);
        // What was inverted is 16 times each lane.
        let sixteen = Residue::new(&[16, 0, 0, 0]);
        let inverse = Element::gather(&lanes.map(|lane| lane * sixteen));
        self.add([inverse.times(products[1]), inverse.times(products[0])]);
        self.length = self.length.div_ceil(2);
    }

    /// First pass: the product of all denominators, in two chains. Goes backwards, as [`crate::pairs::collect`].
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn collect(&mut self) -> [Element<C::Field>; CHAINS] {
        let mut products = [Element::one(); CHAINS];
        let pairs = self.length / 2;
        for group in (0..self.exceptional.len()).rev() {
            for pair in (0..pairs).rev() {
                let place = group * pairs + pair;
                let product = &mut products[place % CHAINS];
                self.before[place] = *product;
                *product = product.times(self.denominator(group, pair));
            }
        }
        products
    }

    /// Second pass: the sums of the pairs, at the front of each group, an odd last point as it is.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn add(&mut self, mut inverses: [Element<C::Field>; CHAINS]) {
        let pairs = self.length / 2;
        for group in 0..self.exceptional.len() {
            let start = group * self.stride;
            for pair in 0..pairs {
                let place = group * pairs + pair;
                let inverse = &mut inverses[place % CHAINS];
                let denominator = self.denominator(group, pair);
                let (left, right) = (self.points[start + 2 * pair], self.points[start + 2 * pair + 1]);
                let slope = right.y.minus(left.y).fold().times(inverse.times(self.before[place]));
                *inverse = inverse.times(denominator);
                let x = slope.square().raw().minus(left.x).minus(right.x);
                let y = slope.times(left.x.minus(x).fold()).raw().minus(left.y);
                self.points[start + pair] = Point8 { x, y };
            }
            if self.length % 2 == 1 {
                self.points[start + pairs] = self.points[start + self.length - 1];
            }
        }
    }

    /// Denominators of the slopes of one pair in each lane; one in the lanes that are set aside.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn denominator(&self, group: usize, pair: usize) -> Element<C::Field> {
        let left = group * self.stride + 2 * pair;
        let d = self.points[left + 1].x.minus(self.points[left].x).fold();
        match self.exceptional[group] {
            0 => d,
            lanes => d.replaced_in(lanes, Element::one()),
        }
    }

    /// Finds the signatures with a pair of equal x-coordinates at this level; only these go another way.
    #[cold]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn set_exceptional_lanes_aside(&mut self) {
        for group in 0..self.exceptional.len() {
            for pair in 0..self.length / 2 {
                let denominators = self.denominator(group, pair).scatter();
                for (lane, denominator) in denominators.iter().enumerate() {
                    self.exceptional[group] |= u8::from(denominator.is_zero()) << lane;
                }
            }
        }
    }

    /// Numerator and denominator of the x-coordinate of each lane's sum, both times the same.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn last_pair(&self, group: usize) -> [[Residue<C::Field>; LANES]; 2] {
        let start = group * self.stride;
        let (left, right) = (self.points[start], self.points[start + 1]);
        let dd = right.x.minus(left.x).fold().square();
        let numerator = right.y.minus(left.y).fold().square().raw();
        let numerator = numerator.minus(left.x.plus(right.x).fold().times(dd).raw());
        [numerator.fold().scatter(), dd.scatter()]
    }
}
