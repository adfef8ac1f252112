//! Additions in affine coordinates that share an inversion, after which each costs 5 multiplications and a squaring.
//!
//! The terms of a signature are added in pairs, then the sums in pairs, and so on. Each level takes two passes with one
//! inversion between them, over as many signatures as there are. A pair with equal x-coordinates (equal or opposite
//! points) cannot be added so: it is left out of the inversion and reported, and its signature alone goes another way.

use crate::curve::Parameters;
use crate::equation::Equation;
use crate::point::{Affine, x_matches};
use crate::residue::Residue;

/// First pass: multiplies `product` with the denominator of each pair, and notes the product before it.
///
/// Goes backwards, so that the second pass, which writes over what it has read, can go forwards.
#[inline(always)]
pub(crate) fn collect<C: Parameters>(
    points: &[Affine<C>],
    before: &mut [Residue<C::Field>],
    product: &mut Residue<C::Field>,
) {
    for (pair, before) in points.as_chunks().0.iter().zip(before).rev() {
        *before = *product;
        *product = *product * denominator(pair).0;
    }
}

/// Second pass: replaces the points by the sums of their pairs, at the front, an odd last one as it is. `inverse` is the
/// inverse of the product so far. Returns whether a pair was left out; its sum is then worth nothing.
#[inline(always)]
pub(crate) fn add_pairs<C: Parameters>(
    points: &mut [Affine<C>],
    before: &[Residue<C::Field>],
    inverse: &mut Residue<C::Field>,
) -> bool {
    let mut any_exceptional = false;
    for place in 0..points.len() / 2 {
        let pair = [points[2 * place], points[2 * place + 1]];
        let (denominator, exceptional) = denominator(&pair);
        let [left, right] = pair;
        points[place] = left.follow((right.y - left.y) * (*inverse * before[place]), right.x);
        *inverse = *inverse * denominator;
        any_exceptional |= exceptional;
    }
    if points.len() % 2 == 1 {
        points[points.len() / 2] = points[points.len() - 1];
    }
    any_exceptional
}

/// Whether the sum of the pair is what the equation asks for, without an inversion: only the x-coordinate is needed, up
/// to a denominator. `None` if the pair is exceptional.
pub(crate) fn pair_satisfies<C: Parameters>(pair: &[Affine<C>; 2], equation: &Equation) -> Option<bool> {
    let (d, exceptional) = denominator(pair);
    let [left, right] = pair;
    let dd = d.square();
    let numerator = (right.y - left.y).square() - (left.x + right.x) * dd;
    (!exceptional).then(|| x_matches::<C>(&numerator, &dd, &equation.x))
}

/// Denominator of the slope through two points; one, and true, if it would be zero.
#[inline(always)]
fn denominator<C: Parameters>([left, right]: &[Affine<C>; 2]) -> (Residue<C::Field>, bool) {
    let d = right.x - left.x;
    if d.is_zero() { (Residue::ONE, true) } else { (d, false) }
}

#[cfg(test)]
mod tests;
