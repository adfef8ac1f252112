//! One signature: its terms in eight lanes, each lane summed on its own, then the lanes together.

use super::bulk::Point8;
use super::field::{Element, LANES};
use crate::curve::{Curve, Parameters};
use crate::equation::Equation;
use crate::key::{MOST_TERMS, PreparedKey};
use crate::point::x_matches;
use crate::residue::Residue;

/// Eight points `(X/ZZ, Y/ZZZ)`.
///
/// Equal, opposite and infinite points are not handled: ZZ becomes zero when two points with equal x-coordinates meet,
/// and stays zero, so that one look at the end finds it.
#[derive(Clone, Copy)]
struct Sum8<C: Parameters> {
    x: Element<C::Field>,
    y: Element<C::Field>,
    zz: Element<C::Field>,
    zzz: Element<C::Field>,
}

/// See [`super::check`].
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn check<C: Curve>(key: &PreparedKey<C>, equation: &Equation) -> Option<bool> {
    let mut terms = [key.point(); MOST_TERMS.next_multiple_of(LANES)];
    let count = key.write_terms(equation, &mut terms).len();
    let (rows, _) = terms.as_chunks();
    let mut sum = Sum8::new(&Point8::gather(&rows[0]));
    for row in &rows[1..count / LANES] {
        sum = sum.plus(&Point8::gather(row));
    }
    if !count.is_multiple_of(LANES) {
        // The lanes that have no term in the last row keep their sums.
        let longer = sum.plus(&Point8::gather(&rows[count / LANES]));
        sum = longer.replaced_in(u8::MAX << (count % LANES), &sum);
    }
    sum = sum.plus_sum(&sum.rotated::<4>());
    sum = sum.plus_sum(&sum.rotated::<2>());
    sum = sum.plus_sum(&sum.rotated::<1>());
    let (x, zz): ([Residue<C::Field>; LANES], _) = (sum.x.scatter(), sum.zz.scatter());
    (!zz[0].is_zero()).then(|| x_matches::<C>(&x[0], &zz[0], &equation.x))
}

impl<C: Parameters> Sum8<C> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn new(point: &Point8<C>) -> Self {
        Self { x: point.x.fold(), y: point.y.fold(), zz: Element::one(), zzz: Element::one() }
    }

    /// Adds affine points: 8 multiplications and 2 squarings.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn plus(&self, other: &Point8<C>) -> Self {
        let u = other.x.fold().times(self.zz);
        let s = other.y.fold().times(self.zzz);
        self.finish(self.x, self.y, u, s, self.zz, self.zzz)
    }

    /// Adds another sum: 12 multiplications and 2 squarings.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn plus_sum(&self, other: &Self) -> Self {
        let (x, u) = (self.x.times(other.zz), other.x.times(self.zz));
        let (y, s) = (self.y.times(other.zzz), other.y.times(self.zzz));
        self.finish(x, y, u, s, self.zz.times(other.zz), self.zzz.times(other.zzz))
    }

    /// The sum of `(x, y)` and `(u, s)` over the common denominators `zz` and `zzz`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn finish(
        &self,
        x: Element<C::Field>,
        y: Element<C::Field>,
        u: Element<C::Field>,
        s: Element<C::Field>,
        zz: Element<C::Field>,
        zzz: Element<C::Field>,
    ) -> Self {
        let p = u.raw().minus(x.raw()).fold();
        let r = s.raw().minus(y.raw()).fold();
        let pp = p.square();
        let ppp = p.times(pp);
        let q = x.times(pp).raw();
        let x = r.square().raw().minus(ppp.raw()).minus(q).minus(q).fold();
        let y = r.times(q.minus(x.raw()).fold()).raw().minus(y.times(ppp).raw()).fold();
        Self { x, y, zz: zz.times(pp), zzz: zzz.times(ppp) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn replaced_in(&self, lanes: u8, other: &Self) -> Self {
        Self {
            x: self.x.replaced_in(lanes, other.x),
            y: self.y.replaced_in(lanes, other.y),
            zz: self.zz.replaced_in(lanes, other.zz),
            zzz: self.zzz.replaced_in(lanes, other.zzz),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn rotated<const COUNT: i32>(&self) -> Self {
        Self {
            x: self.x.rotated::<COUNT>(),
            y: self.y.rotated::<COUNT>(),
            zz: self.zz.rotated::<COUNT>(),
            zzz: self.zzz.rotated::<COUNT>(),
        }
    }
}
