//! The four moduli (two fields, two group orders) and their Montgomery reductions.

use std::fmt::Debug;

use crate::limbs::{self, Limbs};

/// An odd modulus between 2^255 and 2^256.
pub trait Modulus: Copy + Debug + Eq + Send + Sync + 'static {
    /// The modulus.
    const M: Limbs;

    /// `2^256 − M`, which is `2^256 mod M`: one in Montgomery form.
    const ONE: Limbs = limbs::sub(&[0; 4], &Self::M).0;
    /// `2^512 mod M`.
    const R2: Limbs = power_of_two(512, &Self::M);
    /// `2^768 mod M`.
    const R3: Limbs = power_of_two(768, &Self::M);
    /// `M⁻¹ mod 2^64`.
    const INVERSE: u64 = inverse_of_odd(Self::M[0]);

    /// `t / 2^256 mod M`, below 2^256, for every `t < 2^512`.
    fn reduce(t: [u64; 8]) -> Limbs;
}

/// One of the two fields: a modulus near 2^256 that is −1 modulo 2^64.
pub trait Field: Modulus {
    /// `2^256 − M` as a sum of powers of two: exponents, and whether each is added.
    const ONE_AS_POWERS: [(usize, bool); 4];
}

/// Montgomery reduction: `clear` divides four limbs by 2^64 modulo M, up to a multiple of M that makes the division exact.
///
/// The low half goes through it four times and ends below M or equal to it; then the high half is added. In this order
/// the four steps do not wait for the high half's products.
#[inline(always)]
fn reduce<M: Modulus>(t: [u64; 8], clear: impl Fn(Limbs) -> Limbs) -> Limbs {
    let low = clear(clear(clear(clear([t[0], t[1], t[2], t[3]]))));
    let (sum, carry) = limbs::add(&low, &[t[4], t[5], t[6], t[7]]);
    // The sum is below 2^256 + M + 1, and 2^256 ≡ ONE.
    limbs::add(&sum, &limbs::mask(&M::ONE, carry)).0
}

/// For a modulus without special form: one multiplication to choose the multiple of M, four to add it.
#[inline(always)]
fn clear_any<M: Modulus>([t0, t1, t2, t3]: Limbs) -> Limbs {
    let m = &M::M;
    let q = t0.wrapping_mul(M::INVERSE.wrapping_neg());
    let (_, c) = q.carrying_mul_add(m[0], t0, 0);
    let (t1, c) = q.carrying_mul_add(m[1], t1, c);
    let (t2, c) = q.carrying_mul_add(m[2], t2, c);
    let (t3, t4) = q.carrying_mul_add(m[3], t3, c);
    [t1, t2, t3, t4]
}

/// The field of P-256 (SP 800-186 §3.2.1.3): `p = 2^256 − 2^224 + 2^192 + 2^96 − 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct P256Field;

impl Modulus for P256Field {
    const M: Limbs = [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];

    #[inline(always)]
    fn reduce(t: [u64; 8]) -> Limbs {
        // p ≡ −1 modulo 2^64, so the multiple of p that clears the lowest limb is that limb itself. Adding
        // q·p = q·2^256 − q·2^224 + q·2^192 + q·2^96 − q takes two shifts and one multiplication.
        reduce::<Self>(t, |[q, t1, t2, t3]| {
            let (low, high) = q.carrying_mul(Self::M[3], 0);
            let (t1, c) = t1.carrying_add(q << 32, false);
            let (t2, c) = t2.carrying_add(q >> 32, c);
            let (t3, c) = t3.carrying_add(low, c);
            [t1, t2, t3, high.wrapping_add(u64::from(c))]
        })
    }
}

impl Field for P256Field {
    const ONE_AS_POWERS: [(usize, bool); 4] = [(0, true), (96, false), (192, false), (224, true)];
}

/// The order of the group of P-256 (SP 800-186 §3.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct P256Order;

impl Modulus for P256Order {
    const M: Limbs =
        [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000];

    #[inline(always)]
    fn reduce(t: [u64; 8]) -> Limbs {
        reduce::<Self>(t, clear_any::<Self>)
    }
}

/// The field of SM2 (GB/T 32918.5 §2): `p = 2^256 − 2^224 − 2^96 + 2^64 − 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sm2Field;

impl Modulus for Sm2Field {
    const M: Limbs =
        [0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0xffff_fffe_ffff_ffff];

    #[inline(always)]
    fn reduce(t: [u64; 8]) -> Limbs {
        // p ≡ −1 modulo 2^64 here too; q·p + q = q·2^64 · (2^192 − 2^160 − 2^32 + 1) needs no multiplication.
        reduce::<Self>(t, |[q, t1, t2, t3]| {
            let (low, high) = (q << 32, q >> 32);
            let (d0, b) = q.borrowing_sub(low, false);
            let (d1, b) = 0u64.borrowing_sub(high, b);
            let (d2, b) = 0u64.borrowing_sub(low, b);
            let (d3, _) = q.borrowing_sub(high, b);
            let (t1, c) = t1.carrying_add(d0, false);
            let (t2, c) = t2.carrying_add(d1, c);
            let (t3, c) = t3.carrying_add(d2, c);
            [t1, t2, t3, d3.wrapping_add(u64::from(c))]
        })
    }
}

impl Field for Sm2Field {
    const ONE_AS_POWERS: [(usize, bool); 4] = [(0, true), (64, false), (96, true), (224, true)];
}

/// The order of the group of SM2 (GB/T 32918.5 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sm2Order;

impl Modulus for Sm2Order {
    const M: Limbs =
        [0x53bb_f409_39d5_4123, 0x7203_df6b_21c6_052b, 0xffff_ffff_ffff_ffff, 0xffff_fffe_ffff_ffff];

    #[inline(always)]
    fn reduce(t: [u64; 8]) -> Limbs {
        reduce::<Self>(t, clear_any::<Self>)
    }
}

/// `2^exponent mod m` by doubling, for `exponent ≥ 256`.
const fn power_of_two(exponent: u32, m: &Limbs) -> Limbs {
    let mut value = limbs::sub(&[0; 4], m).0;
    let mut done = 256;
    while done < exponent {
        let (doubled, carry) = limbs::add(&value, &value);
        let (less, borrow) = limbs::sub(&doubled, m);
        value = if carry || !borrow { less } else { doubled };
        done += 1;
    }
    value
}

/// `a⁻¹ mod 2^64` by Newton's iteration: each step doubles the number of right bits, of which `a` itself has three.
const fn inverse_of_odd(a: u64) -> u64 {
    let mut x = a;
    let mut step = 0;
    while step < 5 {
        x = x.wrapping_mul(2u64.wrapping_sub(a.wrapping_mul(x)));
        step += 1;
    }
    x
}

#[cfg(test)]
mod tests;
