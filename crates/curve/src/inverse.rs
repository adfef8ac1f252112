//! Modular inverse by division steps, in variable time.
//!
//! D. J. Bernstein, B.-Y. Yang: "Fast constant-time gcd computation and modular inversion" (2019), in the variant for
//! public inputs: 62 steps at a time on the lowest bits give a 2×2 matrix, which is then applied to the whole numbers.

#![allow(clippy::as_conversions, reason = "casts between u64, i64 and i128 are this arithmetic's operations")]

use crate::limbs::Limbs;

/// Bits of a limb here: sums of two products of limbs with matrix entries fit 128 bits.
const BITS: u32 = 62;
const MASK: u64 = (1 << BITS) - 1;

/// `Σ limbs[i] · 2^(62 i)` with signed limbs.
type Signed = [i64; 5];

/// What 62 division steps do to `(f, g)`, times 2^62.
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

/// `1 / x mod m` for an odd prime `m` and `x < m`; zero for zero. `inverse` is `m⁻¹` modulo 2^64.
pub(crate) fn invert(x: &Limbs, m: &Limbs, inverse: u64) -> Limbs {
    let modulus = spread(m);
    let inverse = inverse & MASK;
    let (mut d, mut e): (Signed, Signed) = ([0; 5], [1, 0, 0, 0, 0]);
    let (mut f, mut g) = (modulus, spread(x));
    let mut eta = -1;
    let mut length = 5;
    loop {
        let matrix = steps(&mut eta, f[0] as u64, g[0] as u64);
        update_factors(&mut d, &mut e, &matrix, &modulus, inverse);
        update_numbers(&mut f[..length], &mut g[..length], &matrix);
        if g[..length].iter().all(|limb| *limb == 0) {
            break;
        }
        let (last_f, last_g) = (f[length - 1], g[length - 1]);
        // Both highest limbs are only a sign: give it to the limb below.
        if length > 1 && (last_f ^ (last_f >> 63)) | (last_g ^ (last_g >> 63)) == 0 {
            f[length - 2] |= last_f << BITS;
            g[length - 2] |= last_g << BITS;
            length -= 1;
        }
    }
    // f is the greatest common divisor, ±1, unless x is zero.
    gather(&normalize(d, f[length - 1] < 0, &modulus))
}

fn spread(x: &Limbs) -> Signed {
    let [a, b, c, d] = *x;
    [a, a >> 62 | b << 2, b >> 60 | c << 4, c >> 58 | d << 6, d >> 56].map(|limb| (limb & MASK) as i64)
}

fn gather(x: &Signed) -> Limbs {
    let [a, b, c, d, e] = x.map(|limb| limb as u64);
    [a | b << 62, b >> 2 | c << 60, c >> 4 | d << 58, d >> 6 | e << 56]
}

/// 62 division steps on the lowest limbs, several at once where the bits of `g` allow it.
fn steps(eta: &mut i64, mut f: u64, mut g: u64) -> Matrix {
    let (mut u, mut v, mut q, mut r) = (1u64, 0u64, 0u64, 1u64);
    let mut left = BITS;
    loop {
        let zeros = (g | u64::MAX << left).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        *eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            break;
        }
        let w;
        if *eta < 0 {
            *eta = -*eta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, u.wrapping_neg());
            (v, r) = (r, v.wrapping_neg());
            // f·(f² − 2) is −1/f modulo 2^6.
            let clear = u64::MAX >> (64 - cancelable(*eta, left)) & 63;
            w = f.wrapping_mul(g).wrapping_mul(f.wrapping_mul(f).wrapping_sub(2)) & clear;
        } else {
            // f + 8·[f ≡ 3, 5 mod 8 …] is 1/f modulo 2^4.
            let clear = u64::MAX >> (64 - cancelable(*eta, left)) & 15;
            let inverse = f.wrapping_add((f.wrapping_add(1) & 4) << 1);
            w = inverse.wrapping_neg().wrapping_mul(g) & clear;
        }
        g = g.wrapping_add(f.wrapping_mul(w));
        q = q.wrapping_add(u.wrapping_mul(w));
        r = r.wrapping_add(v.wrapping_mul(w));
    }
    Matrix { u: u as i64, v: v as i64, q: q as i64, r: r as i64 }
}

/// How many low bits of `g` can be cleared before f and g change places again.
fn cancelable(eta: i64, left: u32) -> u32 {
    u32::try_from(eta + 1).map_or(left, |bits| bits.min(left))
}

/// `(d, e) ← matrix · (d, e) / 2^62 mod m`.
fn update_factors(d: &mut Signed, e: &mut Signed, t: &Matrix, modulus: &Signed, inverse: u64) {
    let (sign_d, sign_e) = (d[4] >> 63, e[4] >> 63);
    // Start from the multiples of m that make both results lie in (−2m, m) …
    let mut multiple_d = (t.u & sign_d) + (t.v & sign_e);
    let mut multiple_e = (t.q & sign_d) + (t.r & sign_e);
    let mut sum_d = wide(t.u, d[0]) + wide(t.v, e[0]);
    let mut sum_e = wide(t.q, d[0]) + wide(t.r, e[0]);
    // … and correct them so that the lowest 62 bits vanish.
    let correct = |sum: i128, multiple: i64| {
        multiple - ((inverse.wrapping_mul(sum as u64).wrapping_add(multiple as u64)) & MASK) as i64
    };
    multiple_d = correct(sum_d, multiple_d);
    multiple_e = correct(sum_e, multiple_e);
    sum_d += wide(modulus[0], multiple_d);
    sum_e += wide(modulus[0], multiple_e);
    for i in 1..5 {
        sum_d = (sum_d >> BITS) + wide(t.u, d[i]) + wide(t.v, e[i]) + wide(modulus[i], multiple_d);
        sum_e = (sum_e >> BITS) + wide(t.q, d[i]) + wide(t.r, e[i]) + wide(modulus[i], multiple_e);
        d[i - 1] = (sum_d as u64 & MASK) as i64;
        e[i - 1] = (sum_e as u64 & MASK) as i64;
    }
    d[4] = (sum_d >> BITS) as i64;
    e[4] = (sum_e >> BITS) as i64;
}

/// `(f, g) ← matrix · (f, g) / 2^62`, which is exact.
fn update_numbers(f: &mut [i64], g: &mut [i64], t: &Matrix) {
    let mut sum_f = wide(t.u, f[0]) + wide(t.v, g[0]);
    let mut sum_g = wide(t.q, f[0]) + wide(t.r, g[0]);
    for i in 1..f.len() {
        sum_f = (sum_f >> BITS) + wide(t.u, f[i]) + wide(t.v, g[i]);
        sum_g = (sum_g >> BITS) + wide(t.q, f[i]) + wide(t.r, g[i]);
        f[i - 1] = (sum_f as u64 & MASK) as i64;
        g[i - 1] = (sum_g as u64 & MASK) as i64;
    }
    let last = f.len() - 1;
    f[last] = (sum_f >> BITS) as i64;
    g[last] = (sum_g >> BITS) as i64;
}

/// `±d` in `0 .. m`, for `d` in `(−2m, m)`.
fn normalize(mut d: Signed, negate: bool, modulus: &Signed) -> Signed {
    add_if_negative(&mut d, modulus);
    if negate {
        d = d.map(|limb| -limb);
    }
    carry(&mut d);
    add_if_negative(&mut d, modulus);
    carry(&mut d);
    d
}

fn add_if_negative(d: &mut Signed, modulus: &Signed) {
    if d[4] < 0 {
        for (limb, m) in d.iter_mut().zip(modulus) {
            *limb += m;
        }
    }
}

fn carry(d: &mut Signed) {
    for i in 0..4 {
        d[i + 1] += d[i] >> BITS;
        d[i] &= MASK as i64;
    }
}

#[inline(always)]
fn wide(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

#[cfg(test)]
mod tests;
