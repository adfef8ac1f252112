//! 256-bit integers as four 64-bit limbs, least significant first.

/// `Σ limbs[i] · 2^(64 i)`.
pub(crate) type Limbs = [u64; 4];

/// Bytes of a 256-bit integer.
pub(crate) const BYTES: usize = 32;

/// Reads a big-endian integer.
pub(crate) fn from_be_bytes(bytes: &[u8; BYTES]) -> Limbs {
    let mut limbs = [0; 4];
    for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.as_chunks::<8>().0) {
        *limb = u64::from_be_bytes(*chunk);
    }
    limbs
}

/// `u64::carrying_add`, which is not yet `const`.
#[inline(always)]
const fn carrying_add(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(if carry { 1 } else { 0 });
    (sum, first | second)
}

/// `u64::borrowing_sub`, which is not yet `const`.
#[inline(always)]
const fn borrowing_sub(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(if borrow { 1 } else { 0 });
    (difference, first | second)
}

/// `a + b` modulo 2^256, and the carry.
#[inline(always)]
pub(crate) const fn add(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let (r0, c) = carrying_add(a[0], b[0], false);
    let (r1, c) = carrying_add(a[1], b[1], c);
    let (r2, c) = carrying_add(a[2], b[2], c);
    let (r3, c) = carrying_add(a[3], b[3], c);
    ([r0, r1, r2, r3], c)
}

/// `a − b` modulo 2^256, and the borrow.
#[inline(always)]
pub(crate) const fn sub(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    sub_with(a, b, false)
}

/// `a − b − borrow` modulo 2^256, and the borrow.
#[inline(always)]
pub(crate) const fn sub_with(a: &Limbs, b: &Limbs, borrow: bool) -> (Limbs, bool) {
    let (r0, c) = borrowing_sub(a[0], b[0], borrow);
    let (r1, c) = borrowing_sub(a[1], b[1], c);
    let (r2, c) = borrowing_sub(a[2], b[2], c);
    let (r3, c) = borrowing_sub(a[3], b[3], c);
    ([r0, r1, r2, r3], c)
}

/// `a` if `keep`, else 0; without a branch, for conditions that no predictor can learn.
#[inline(always)]
pub(crate) const fn mask(a: &Limbs, keep: bool) -> Limbs {
    let mask = 0u64.wrapping_sub(if keep { 1 } else { 0 });
    [a[0] & mask, a[1] & mask, a[2] & mask, a[3] & mask]
}

/// `a < b`.
pub(crate) const fn less(a: &Limbs, b: &Limbs) -> bool {
    sub(a, b).1
}

/// `a = 0`.
pub(crate) const fn is_zero(a: &Limbs) -> bool {
    a[0] | a[1] | a[2] | a[3] == 0
}

/// The full product `a · b`.
#[inline(always)]
pub(crate) fn mul_wide(a: &Limbs, b: &Limbs) -> [u64; 8] {
    let (t0, c) = a[0].carrying_mul(b[0], 0);
    let (t1, c) = a[0].carrying_mul(b[1], c);
    let (t2, c) = a[0].carrying_mul(b[2], c);
    let (t3, t4) = a[0].carrying_mul(b[3], c);
    let (t1, c) = a[1].carrying_mul_add(b[0], t1, 0);
    let (t2, c) = a[1].carrying_mul_add(b[1], t2, c);
    let (t3, c) = a[1].carrying_mul_add(b[2], t3, c);
    let (t4, t5) = a[1].carrying_mul_add(b[3], t4, c);
    let (t2, c) = a[2].carrying_mul_add(b[0], t2, 0);
    let (t3, c) = a[2].carrying_mul_add(b[1], t3, c);
    let (t4, c) = a[2].carrying_mul_add(b[2], t4, c);
    let (t5, t6) = a[2].carrying_mul_add(b[3], t5, c);
    let (t3, c) = a[3].carrying_mul_add(b[0], t3, 0);
    let (t4, c) = a[3].carrying_mul_add(b[1], t4, c);
    let (t5, c) = a[3].carrying_mul_add(b[2], t5, c);
    let (t6, t7) = a[3].carrying_mul_add(b[3], t6, c);
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

/// The full square `a²`: the products off the diagonal once, doubled.
#[inline(always)]
pub(crate) fn square_wide(a: &Limbs) -> [u64; 8] {
    let (t1, c) = a[0].carrying_mul(a[1], 0);
    let (t2, c) = a[0].carrying_mul(a[2], c);
    let (t3, t4) = a[0].carrying_mul(a[3], c);
    let (t3, c) = a[1].carrying_mul_add(a[2], t3, 0);
    let (t4, t5) = a[1].carrying_mul_add(a[3], t4, c);
    let (t5, t6) = a[2].carrying_mul_add(a[3], t5, 0);
    let t7 = t6 >> 63;
    let t6 = t6 << 1 | t5 >> 63;
    let t5 = t5 << 1 | t4 >> 63;
    let t4 = t4 << 1 | t3 >> 63;
    let t3 = t3 << 1 | t2 >> 63;
    let t2 = t2 << 1 | t1 >> 63;
    let t1 = t1 << 1;
    let (t0, d0) = a[0].carrying_mul(a[0], 0);
    let (d1, e1) = a[1].carrying_mul(a[1], 0);
    let (d2, e2) = a[2].carrying_mul(a[2], 0);
    let (d3, e3) = a[3].carrying_mul(a[3], 0);
    let (t1, c) = t1.carrying_add(d0, false);
    let (t2, c) = t2.carrying_add(d1, c);
    let (t3, c) = t3.carrying_add(e1, c);
    let (t4, c) = t4.carrying_add(d2, c);
    let (t5, c) = t5.carrying_add(e2, c);
    let (t6, c) = t6.carrying_add(d3, c);
    let (t7, _) = t7.carrying_add(e3, c);
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

#[cfg(test)]
pub(crate) mod tests;
