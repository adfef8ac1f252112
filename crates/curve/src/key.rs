use std::fmt;

use crate::backend::{Backend, vector};
use crate::curve::Curve;
use crate::equation::Equation;
use crate::limbs;
use crate::pairs;
use crate::point::{Affine, Xyzz};
use crate::residue::Residue;
use crate::table::{OddMultiples, Table, Window};

/// Bytes of an uncompressed point `04 ‖ X ‖ Y` (SEC 1 §2.3.3).
pub const POINT_BYTES: usize = 65;

/// Terms of an equation under the narrowest window: 64 of the key and 22 of the generator.
pub(crate) const MOST_TERMS: usize = 86;

/// From so many terms on, adding them in pairs saves more than the inversion costs.
const WORTH_AN_INVERSION: usize = 40;

/// SEC 1 §2.3.3: the first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 0x04;

/// The bytes are no uncompressed point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidKey;

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes are no uncompressed point of the curve")
    }
}

impl std::error::Error for InvalidKey {}

/// The signature does not match. Says nothing more, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSignature;

impl fmt::Display for InvalidSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature does not match")
    }
}

impl std::error::Error for InvalidSignature {}

/// A public key that was checked, without precomputation: 64 bytes.
#[derive(Debug)]
pub struct PublicKey<C: Curve> {
    point: Affine<C>,
}

impl<C: Curve> Clone for PublicKey<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C: Curve> Copy for PublicKey<C> {}

impl<C: Curve> PublicKey<C> {
    /// Reads `04 ‖ X ‖ Y`, both coordinates below p, the point on the curve. Infinity has no such form, and both
    /// groups have prime order, so every point that is read is a key.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, InvalidKey> {
        let bytes: &[u8; POINT_BYTES] = bytes.try_into().map_err(|_| InvalidKey)?;
        let (coordinates, _) = bytes[1..].as_chunks::<32>();
        let [x, y] = [0, 1].map(|i| limbs::from_be_bytes(&coordinates[i]));
        let point = Affine::new(&x, &y).filter(|_| bytes[0] == UNCOMPRESSED);
        Ok(Self { point: point.ok_or(InvalidKey)? })
    }

    /// Verifies `r ‖ s` over a finished digest (for SM2: `e`, with Z in it).
    ///
    /// # Errors
    /// [`InvalidSignature`], whatever the cause.
    pub fn verify(&self, digest: &[u8; 32], signature: &[u8; 64]) -> Result<(), InvalidSignature> {
        let equation = C::equation(digest, signature).ok_or(InvalidSignature)?;
        let mut sum = OddMultiples::new(&self.point).times(&equation.v).to_xyzz();
        if !limbs::is_zero(&equation.u) {
            sum = C::generator().beside(Window::MIN).terms(&equation.u).fold(sum, |sum, term| sum.add(&term));
        }
        valid(sum.satisfies(&equation))
    }

    #[cfg(test)]
    pub(crate) fn from_point(point: Affine<C>) -> Self {
        Self { point }
    }

    /// Precomputes multiples for many verifications.
    #[must_use]
    pub fn prepare(&self, window: Window) -> PreparedKey<C> {
        PreparedKey { point: self.point, table: Table::new(&self.point, window) }
    }
}

/// A public key with a table of its multiples: no verification needs a doubling.
///
/// Costs [`Window::table_bytes`] of memory.
#[derive(Debug)]
pub struct PreparedKey<C: Curve> {
    point: Affine<C>,
    table: Table<C>,
}

impl<C: Curve> PreparedKey<C> {
    /// The width of the table.
    #[must_use]
    pub fn window(&self) -> Window {
        self.table.window()
    }

    /// The key without its table.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<C> {
        PublicKey { point: self.point }
    }

    /// Verifies `r ‖ s` over a finished digest (for SM2: `e`, with Z in it).
    ///
    /// # Errors
    /// [`InvalidSignature`], whatever the cause.
    pub fn verify(&self, digest: &[u8; 32], signature: &[u8; 64]) -> Result<(), InvalidSignature> {
        self.verify_on(Backend::best(), digest, signature)
    }

    /// As [`Self::verify`], with the instructions that the caller chooses: to compare them.
    ///
    /// # Errors
    /// [`InvalidSignature`], whatever the cause.
    pub fn verify_on(
        &self,
        backend: Backend,
        digest: &[u8; 32],
        signature: &[u8; 64],
    ) -> Result<(), InvalidSignature> {
        let equation = C::equation(digest, signature).ok_or(InvalidSignature)?;
        let fast = if limbs::is_zero(&equation.u) {
            None
        } else {
            match backend {
                Backend::Scalar => self.check_pairs(&equation),
                Backend::Avx512Ifma => vector::check(self, &equation),
            }
        };
        fast.map_or_else(|| self.check(&equation), valid)
    }

    /// Adds the terms in pairs while there are enough to pay for an inversion, the rest one by one. `None` if a pair is
    /// exceptional.
    fn check_pairs(&self, equation: &Equation) -> Option<bool> {
        let mut points = [self.point; MOST_TERMS];
        let mut points = self.write_terms(equation, &mut points);
        let mut before = [Residue::ONE; MOST_TERMS / 2];
        while points.len() >= WORTH_AN_INVERSION {
            let mut product = Residue::ONE;
            pairs::collect(points, &mut before, &mut product);
            if pairs::add_pairs(points, &before, &mut product.invert()) {
                return None;
            }
            let sums = points.len().div_ceil(2);
            points = &mut points[..sums];
        }
        let (first, rest) = points.split_first()?;
        let sum = rest.iter().fold(Xyzz::from_affine(first), |sum, term| sum.add(term));
        Some(sum.satisfies(equation))
    }

    /// Sums the terms one by one, with every exceptional case handled.
    pub(crate) fn check(&self, equation: &Equation) -> Result<(), InvalidSignature> {
        let mut sum = Xyzz::INFINITY;
        self.each_term(equation, |term| sum = sum.add(&term));
        valid(sum.satisfies(equation))
    }

    /// Hands on the terms of an equation; those of the generator are missing if `u` is zero.
    #[inline(always)]
    pub(crate) fn each_term(&self, equation: &Equation, mut take: impl FnMut(Affine<C>)) {
        self.table.terms(&equation.v).for_each(&mut take);
        if !limbs::is_zero(&equation.u) {
            C::generator().beside(self.window()).terms(&equation.u).for_each(take);
        }
    }

    /// How many terms an equation has whose `u` is not zero; at most [`MOST_TERMS`].
    pub(crate) fn terms_count(&self) -> usize {
        self.window().digits() + C::generator().beside(self.window()).window().digits()
    }

    /// Writes the terms to the front of `points`, and cuts it there.
    pub(crate) fn write_terms<'p>(
        &self,
        equation: &Equation,
        points: &'p mut [Affine<C>],
    ) -> &'p mut [Affine<C>] {
        let mut written = 0;
        self.each_term(equation, |term| {
            points[written] = term;
            written += 1;
        });
        &mut points[..written]
    }

    pub(crate) fn point(&self) -> Affine<C> {
        self.point
    }
}

fn valid(valid: bool) -> Result<(), InvalidSignature> {
    if valid { Ok(()) } else { Err(InvalidSignature) }
}
