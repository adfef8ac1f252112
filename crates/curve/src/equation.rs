//! From a signature to what it asserts: `u·G + v·Q` has an x-coordinate that is `x` modulo the group order.

use crate::limbs::{self, Limbs};
use crate::modulus::Modulus;
use crate::residue::Residue;

/// `(u·G + v·Q).x ≡ x` modulo the group order; all three are integers below it, and `v` is not zero.
#[derive(Clone, Copy, Debug)]
pub struct Equation {
    pub(crate) u: Limbs,
    pub(crate) v: Limbs,
    pub(crate) x: Limbs,
}

/// One signature, read: digest reduced, `r` and `s` in `1 .. n`.
struct Numbers<N> {
    e: Residue<N>,
    r: Limbs,
    s: Limbs,
}

fn numbers<N: Modulus>(digest: &[u8; 32], signature: &[u8; 64]) -> Option<Numbers<N>> {
    let (halves, _) = signature.as_chunks::<32>();
    let (r, s) = (limbs::from_be_bytes(&halves[0]), limbs::from_be_bytes(&halves[1]));
    let in_range = |x| !limbs::is_zero(x) && limbs::less(x, &N::M);
    let e = Residue::new(&limbs::from_be_bytes(digest));
    (in_range(&r) && in_range(&s)).then_some(Numbers { e, r, s })
}

/// ECDSA (FIPS 186-5 §6.4.2): `u = e/s`, `v = r/s`, `x = r`.
fn solve<N: Modulus>(numbers: &Numbers<N>, inverse_of_s: Residue<N>) -> Equation {
    let Numbers { e, r, .. } = numbers;
    Equation { u: (*e * inverse_of_s).value(), v: inverse_of_s.times_integer(r), x: *r }
}

pub(crate) fn ecdsa_one<N: Modulus>(digest: &[u8; 32], signature: &[u8; 64]) -> Option<Equation> {
    let numbers = numbers::<N>(digest, signature)?;
    let inverse = Residue::new(&numbers.s).invert();
    Some(solve(&numbers, inverse))
}

/// As [`ecdsa_one`], with one inversion for the whole batch.
pub(crate) fn ecdsa<'s, N: Modulus>(
    batch: impl Iterator<Item = (&'s [u8; 32], &'s [u8; 64])>,
) -> Vec<Option<Equation>> {
    let batch: Vec<_> = batch.map(|(digest, signature)| numbers::<N>(digest, signature)).collect();
    let mut inverses: Vec<_> = batch.iter().flatten().map(|numbers| Residue::new(&numbers.s)).collect();
    invert_all(&mut inverses);
    let mut inverses = inverses.into_iter();
    let mut next = || inverses.next().expect("one inverse for each signature in range");
    batch.iter().map(|numbers| numbers.as_ref().map(|numbers| solve(numbers, next()))).collect()
}

/// SM2 (GB/T 32918.2 §7.1): `u = s`, `v = t = r + s ≠ 0`, `x = r − e`.
pub(crate) fn sm2<N: Modulus>(digest: &[u8; 32], signature: &[u8; 64]) -> Option<Equation> {
    let Numbers { e, r, s } = numbers::<N>(digest, signature)?;
    let t = Residue::<N>::new(&r) + Residue::new(&s);
    let x = Residue::new(&r) - e;
    (!t.is_zero()).then(|| Equation { u: s, v: t.value(), x: x.value() })
}

/// Replaces each residue by its inverse: three multiplications each and one inversion in all. None may be zero.
pub(crate) fn invert_all<M: Modulus>(values: &mut [Residue<M>]) {
    let mut product = Residue::ONE;
    let mut before = Vec::with_capacity(values.len());
    for value in values.iter() {
        before.push(product);
        product = product * *value;
    }
    let mut inverse = product.invert();
    for (value, before) in values.iter_mut().zip(before).rev() {
        (*value, inverse) = (inverse * before, inverse * *value);
    }
}

#[cfg(test)]
mod tests;
