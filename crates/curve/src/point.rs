//! Points of a curve `y² = x³ − 3x + b` in three systems of coordinates.
//!
//! Formulas: D. J. Bernstein, T. Lange, Explicit-Formulas Database, "madd-2008-s", "mdbl-2008-s-1" (xyzz), "dbl-2001-b",
//! "madd-2007-bl" (jacobian-3). Every addition handles equal points, opposite points and infinity.

use crate::curve::Parameters;
use crate::equation::Equation;
use crate::limbs::{self, Limbs};
use crate::modulus::Modulus;
use crate::residue::Residue;

/// A point that is not infinity. 64 bytes: one cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Affine<C: Parameters> {
    pub(crate) x: Residue<C::Field>,
    pub(crate) y: Residue<C::Field>,
}

impl<C: Parameters> Clone for Affine<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C: Parameters> Copy for Affine<C> {}

impl<C: Parameters> Affine<C> {
    pub(crate) fn generator() -> Self {
        Self { x: Residue::new(&C::G[0]), y: Residue::new(&C::G[1]) }
    }

    /// The point with these coordinates, if they are below p and on the curve.
    pub(crate) fn new(x: &Limbs, y: &Limbs) -> Option<Self> {
        let in_field = |value| limbs::less(value, &C::Field::M);
        let point = Self { x: Residue::new(x).tidy(), y: Residue::new(y).tidy() };
        (in_field(x) && in_field(y) && point.is_on_curve()).then_some(point)
    }

    /// The limbs of both coordinates.
    #[inline(always)]
    pub(crate) fn words(&self) -> [u64; 8] {
        let ([a, b, c, d], [e, f, g, h]) = (*self.x.limbs(), *self.y.limbs());
        [a, b, c, d, e, f, g, h]
    }

    fn is_on_curve(&self) -> bool {
        let Self { x, y } = *self;
        let three_x = x.double() + x;
        y.square() == x.square() * x - three_x + Residue::new(&C::B)
    }

    /// `−self` if `negative`. The coordinates must be spelled below p, as those of tables are.
    #[inline(always)]
    pub(crate) fn negated_if(&self, negative: bool) -> Self {
        Self { x: self.x, y: self.y.negated_if(negative) }
    }

    /// Numerator of the slope of the tangent: `3x² − 3`.
    #[inline(always)]
    pub(crate) fn tangent(&self) -> Residue<C::Field> {
        let s = self.x.square() - Residue::ONE;
        s.double() + s
    }

    /// The third point on the line through `self` and a point with this `x`, reflected.
    #[inline(always)]
    pub(crate) fn follow(&self, slope: Residue<C::Field>, other_x: Residue<C::Field>) -> Self {
        let x = slope.square() - self.x - other_x;
        Self { x, y: slope * (self.x - x) - self.y }
    }
}

/// `(X/ZZ, Y/ZZZ)` with `ZZ³ = ZZZ²`; infinity when ZZ is zero. Additions of affine points are cheapest here.
#[derive(Debug)]
pub(crate) struct Xyzz<C: Parameters> {
    x: Residue<C::Field>,
    y: Residue<C::Field>,
    zz: Residue<C::Field>,
    zzz: Residue<C::Field>,
}

impl<C: Parameters> Xyzz<C> {
    /// With x = 0 the addition's one test, for equal x-coordinates, finds infinity too.
    pub(crate) const INFINITY: Self =
        Self { x: Residue::ZERO, y: Residue::ONE, zz: Residue::ZERO, zzz: Residue::ZERO };

    pub(crate) fn from_affine(point: &Affine<C>) -> Self {
        Self { x: point.x, y: point.y, zz: Residue::ONE, zzz: Residue::ONE }
    }

    fn is_infinity(&self) -> bool {
        self.zz.is_zero()
    }

    /// 8 multiplications and 2 squarings.
    #[inline(always)]
    pub(crate) fn add(&self, other: &Affine<C>) -> Self {
        let p = other.x * self.zz - self.x;
        let r = other.y * self.zzz - self.y;
        if p.is_zero() {
            return self.add_exceptional(other, &r);
        }
        // Neighbors do not wait for each other, so that the processor can overlap them.
        let (pp, rr) = (p.square(), r.square());
        let (ppp, q, zz) = (p * pp, self.x * pp, self.zz * pp);
        let zzz = self.zzz * ppp;
        let x = rr - ppp - q.double();
        let y = Residue::difference_of_products([r, q - x], [self.y, ppp]);
        Self { x, y, zz, zzz }
    }

    /// Infinity plus a point, a point plus itself, and a point plus its opposite.
    #[cold]
    fn add_exceptional(&self, other: &Affine<C>, r: &Residue<C::Field>) -> Self {
        if self.is_infinity() {
            return Self::from_affine(other);
        }
        if !r.is_zero() {
            return Self::INFINITY;
        }
        let u = other.y.double();
        let v = u.square();
        let w = u * v;
        let s = other.x * v;
        let m = other.tangent();
        let x = m.square() - s.double();
        Self { x, y: m * (s - x) - w * other.y, zz: v, zzz: w }
    }

    /// Whether the x-coordinate is what the equation asks for. Infinity has none.
    pub(crate) fn satisfies(&self, equation: &Equation) -> bool {
        !self.is_infinity() && x_matches::<C>(&self.x, &self.zz, &equation.x)
    }
}

/// Whether `x / z` is, as an integer below p, congruent to `wanted` modulo n; without the division.
///
/// n < p < 2n, so the candidates are `wanted` and, where it is below p, `wanted + n`.
pub(crate) fn x_matches<C: Parameters>(x: &Residue<C::Field>, z: &Residue<C::Field>, wanted: &Limbs) -> bool {
    if *x == Residue::new(wanted) * *z {
        return true;
    }
    let (second, carry) = limbs::add(wanted, &C::Order::M);
    !carry && limbs::less(&second, &C::Field::M) && *x == Residue::new(&second) * *z
}

/// `(X/Z², Y/Z³)`; infinity when Z is zero. Doublings are cheapest here.
#[derive(Debug)]
pub(crate) struct Jacobian<C: Parameters> {
    pub(crate) x: Residue<C::Field>,
    pub(crate) y: Residue<C::Field>,
    pub(crate) z: Residue<C::Field>,
}

impl<C: Parameters> Clone for Jacobian<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C: Parameters> Copy for Jacobian<C> {}

impl<C: Parameters> Jacobian<C> {
    /// With x = 0, for the reason given at [`Xyzz::INFINITY`]; doubling keeps it.
    pub(crate) const INFINITY: Self = Self { x: Residue::ZERO, y: Residue::ONE, z: Residue::ZERO };

    pub(crate) fn from_affine(point: &Affine<C>) -> Self {
        Self { x: point.x, y: point.y, z: Residue::ONE }
    }

    /// 3 multiplications and 5 squarings. The group has odd order, so that `y` is never zero.
    #[inline(always)]
    pub(crate) fn double(&self) -> Self {
        let delta = self.z.square();
        let gamma = self.y.square();
        let beta = self.x * gamma;
        let alpha = (self.x - delta) * (self.x + delta);
        let alpha = alpha.double() + alpha;
        let four_beta = beta.double().double();
        let x = alpha.square() - four_beta.double();
        let z = (self.y + self.z).square() - gamma - delta;
        let y = alpha * (four_beta - x) - gamma.square().double().double().double();
        Self { x, y, z }
    }

    /// 8 multiplications and 3 squarings.
    #[inline(always)]
    pub(crate) fn add(&self, other: &Affine<C>) -> Self {
        let zz = self.z.square();
        let h = other.x * zz - self.x;
        let r = other.y * self.z * zz - self.y;
        if h.is_zero() {
            return self.add_exceptional(other, &r);
        }
        let hh = h.square();
        let hhh = h * hh;
        let v = self.x * hh;
        let x = r.square() - hhh - v.double();
        let y = Residue::difference_of_products([r, v - x], [self.y, hhh]);
        Self { x, y, z: self.z * h }
    }

    #[cold]
    fn add_exceptional(&self, other: &Affine<C>, r: &Residue<C::Field>) -> Self {
        if self.z.is_zero() {
            return Self::from_affine(other);
        }
        if r.is_zero() { Self::from_affine(other).double() } else { Self::INFINITY }
    }

    pub(crate) fn to_xyzz(self) -> Xyzz<C> {
        let zz = self.z.square();
        Xyzz { x: self.x, y: self.y, zz, zzz: zz * self.z }
    }
}

/// All of them in affine coordinates, with one inversion. None may be infinity.
pub(crate) fn to_affine<C: Parameters>(points: &[Jacobian<C>]) -> Vec<Affine<C>> {
    let mut inverses: Vec<_> = points.iter().map(|point| point.z).collect();
    crate::equation::invert_all(&mut inverses);
    let convert = |(point, z): (&Jacobian<C>, Residue<C::Field>)| {
        let zz = z.square();
        Affine { x: (point.x * zz).tidy(), y: (point.y * zz * z).tidy() }
    };
    points.iter().zip(inverses).map(convert).collect()
}

#[cfg(test)]
mod tests;
