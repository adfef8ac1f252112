//! Integers modulo one of the four moduli, in Montgomery form.

use std::marker::PhantomData;
use std::ops::{Add, Mul, Neg, Sub};

use crate::inverse;
use crate::limbs::{self, Limbs};
use crate::modulus::Modulus;

/// `value · 2^256 mod M`, kept below 2^256 and not below M: every residue below `2^256 − M` has two spellings.
///
/// The loose form saves the comparison with M after every operation; [`Self::canonical`] makes it when it is needed.
/// Branches that are taken with probability 2^-32 or less cost nothing and are used freely: nothing here is secret.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(crate) struct Residue<M>(Limbs, PhantomData<M>);

impl<M: Modulus> Residue<M> {
    pub(crate) const ZERO: Self = Self::from_montgomery([0; 4]);
    pub(crate) const ONE: Self = Self::from_montgomery(M::ONE);

    /// The residue whose Montgomery form is `limbs`.
    pub(crate) const fn from_montgomery(limbs: Limbs) -> Self {
        Self(limbs, PhantomData)
    }

    /// The residue of any 256-bit integer.
    pub(crate) fn new(value: &Limbs) -> Self {
        Self(M::reduce(limbs::mul_wide(value, &M::R2)), PhantomData)
    }

    /// The Montgomery form as it is spelled.
    pub(crate) const fn limbs(&self) -> &Limbs {
        &self.0
    }

    /// The Montgomery form below M.
    pub(crate) fn canonical(&self) -> Limbs {
        below::<M>(&self.0)
    }

    /// The integer below M.
    pub(crate) fn value(&self) -> Limbs {
        let [a, b, c, d] = self.0;
        below::<M>(&M::reduce([a, b, c, d, 0, 0, 0, 0]))
    }

    /// `self · factor`, as an integer below M, for a factor that is an integer and not in Montgomery form.
    pub(crate) fn times_integer(&self, factor: &Limbs) -> Limbs {
        below::<M>(&M::reduce(limbs::mul_wide(&self.0, factor)))
    }

    /// The residue spelled below M, so that [`Self::negated_if`] may be used.
    pub(crate) fn tidy(self) -> Self {
        Self(self.canonical(), PhantomData)
    }

    /// `−self` if `negative`, else `self`; without a branch. `self` must be spelled below M.
    #[inline(always)]
    pub(crate) fn negated_if(&self, negative: bool) -> Self {
        let mask = 0u64.wrapping_sub(u64::from(negative));
        let (minus, _) = limbs::sub(&M::M, &self.0);
        let mut out = self.0;
        for (limb, other) in out.iter_mut().zip(minus) {
            *limb ^= (*limb ^ other) & mask;
        }
        Self(out, PhantomData)
    }

    #[inline(always)]
    pub(crate) fn is_zero(&self) -> bool {
        // Zero is spelled 0 or M, and the lowest limb decides nearly always.
        (self.0[0] == 0 && limbs::is_zero(&self.0)) || (self.0[0] == M::M[0] && self.0 == M::M)
    }

    #[inline(always)]
    pub(crate) fn square(&self) -> Self {
        Self(M::reduce(limbs::square_wide(&self.0)), PhantomData)
    }

    /// `a·b − c·d` with one reduction.
    #[inline(always)]
    pub(crate) fn difference_of_products([a, b]: [Self; 2], [c, d]: [Self; 2]) -> Self {
        let [a0, a1, a2, a3, a4, a5, a6, a7] = limbs::mul_wide(&a.0, &b.0);
        let [c0, c1, c2, c3, c4, c5, c6, c7] = limbs::mul_wide(&c.0, &d.0);
        let (low, borrow) = limbs::sub(&[a0, a1, a2, a3], &[c0, c1, c2, c3]);
        let (high, borrow) = limbs::sub_with(&[a4, a5, a6, a7], &[c4, c5, c6, c7], borrow);
        // Multiples of M·2^256 may be added: to the high half, as in a subtraction of residues.
        let Self([h0, h1, h2, h3], _) = Self::after_sub(&high, borrow);
        let [l0, l1, l2, l3] = low;
        Self(M::reduce([l0, l1, l2, l3, h0, h1, h2, h3]), PhantomData)
    }

    /// Corrects a difference that was taken modulo 2^256.
    #[inline(always)]
    fn after_sub(difference: &Limbs, borrow: bool) -> Self {
        let (difference, again) = limbs::sub(difference, &limbs::mask(&M::ONE, borrow));
        if again { rare::<M>(&difference, limbs::sub) } else { Self(difference, PhantomData) }
    }

    #[inline(always)]
    pub(crate) fn double(&self) -> Self {
        *self + *self
    }

    /// `1 / self`; zero for zero.
    pub(crate) fn invert(&self) -> Self {
        let inverse = inverse::invert(&self.canonical(), &M::M, M::INVERSE);
        Self(M::reduce(limbs::mul_wide(&inverse, &M::R3)), PhantomData)
    }
}

impl<M: Modulus> Add for Residue<M> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let (sum, carry) = limbs::add(&self.0, &other.0);
        let (sum, again) = limbs::add(&sum, &limbs::mask(&M::ONE, carry));
        if again { rare::<M>(&sum, limbs::add) } else { Self(sum, PhantomData) }
    }
}

impl<M: Modulus> Sub for Residue<M> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let (difference, borrow) = limbs::sub(&self.0, &other.0);
        Self::after_sub(&difference, borrow)
    }
}

/// The second correction by `2^256 − M`, which both operands must lie within that distance of 2^256 to need.
#[cold]
fn rare<M: Modulus>(value: &Limbs, correct: fn(&Limbs, &Limbs) -> (Limbs, bool)) -> Residue<M> {
    Residue(correct(value, &M::ONE).0, PhantomData)
}

impl<M: Modulus> Neg for Residue<M> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl<M: Modulus> Mul for Residue<M> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(M::reduce(limbs::mul_wide(&self.0, &other.0)), PhantomData)
    }
}

impl<M: Modulus> PartialEq for Residue<M> {
    fn eq(&self, other: &Self) -> bool {
        (*self - *other).is_zero()
    }
}

impl<M: Modulus> Eq for Residue<M> {}

/// Subtracts M at most once.
pub(crate) fn below<M: Modulus>(value: &Limbs) -> Limbs {
    let (less, borrow) = limbs::sub(value, &M::M);
    if borrow { *value } else { less }
}

#[cfg(test)]
mod tests;
