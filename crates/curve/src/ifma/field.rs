//! Field elements in eight lanes: five limbs of 52 bits, Montgomery form with 2^260.
//!
//! The multiplier reads the low 52 bits of its operands, so limbs must lie in `0 .. 2^52` where they are multiplied.
//! Sums and differences are kept as they come, with signed limbs ([`Raw`]), and folded to an [`Element`] only where a
//! multiplication follows. Bounds: a folded value is above 0 and below 2.01 p; a product of values below αp and βp is
//! below `(αβ/16 + 1) p`; α and β may be up to 16.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_alignr_epi64, _mm512_and_si512, _mm512_loadu_si512,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_mov_epi64, _mm512_or_si512, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_sllv_epi64, _mm512_srai_epi64, _mm512_srli_epi64, _mm512_storeu_si512,
    _mm512_sub_epi64,
};
use std::marker::PhantomData;

use crate::limbs::Limbs;
use crate::modulus::Field;
use crate::residue::Residue;

/// Signatures, or terms of one signature, side by side.
pub(super) const LANES: usize = 8;

/// Bits of a limb.
const BITS: u32 = 52;
const MASK: i64 = (1 << BITS) - 1;

/// A number with signed limbs of fewer than 60 bits: `Σ limbs[i] · 2^(52 i)`. Ready for sums, not for products.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<M> {
    limbs: [__m512i; 5],
    modulus: PhantomData<M>,
}

/// A number above or equal to 0, with limbs of 52 bits. Ready for products.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<M>(Raw<M>);

impl<M: Field> Raw<M> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        Self { limbs: [_mm512_setzero_si512(); 5], modulus: PhantomData }
    }

    /// Sixteen times the number whose four 64-bit limbs stand in four vectors: from Montgomery form with 2^256 to that
    /// with 2^260, below 16 p. As it has limbs of 52 bits, it may be used as an element too.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn from_words(words: &[__m512i; 4]) -> Element<M> {
        let mask = _mm512_set1_epi64(MASK);
        let [a, b, c, d] = *words;
        let shift = |x, bits| _mm512_sllv_epi64(x, _mm512_set1_epi64(bits));
        let limbs = [
            _mm512_and_si512(shift(a, 4), mask),
            _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64::<48>(a), shift(b, 16)), mask),
            _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64::<36>(b), shift(c, 28)), mask),
            _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64::<24>(c), shift(d, 40)), mask),
            _mm512_srli_epi64::<12>(d),
        ];
        Element(Self { limbs, modulus: PhantomData })
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus(self, other: Self) -> Self {
        let mut sum = self;
        for i in 0..5 {
            sum.limbs[i] = _mm512_add_epi64(self.limbs[i], other.limbs[i]);
        }
        sum
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus(self, other: Self) -> Self {
        let mut difference = self;
        for i in 0..5 {
            difference.limbs[i] = _mm512_sub_epi64(self.limbs[i], other.limbs[i]);
        }
        difference
    }

    /// Takes a multiple of p away, chosen by the highest limb alone so that the rest is sure to be above 0: between
    /// `2^256 − 2^237` and `2^257 + 2^240`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn fold(self) -> Element<M> {
        let mut t = self.limbs;
        let h = _mm512_sub_epi64(_mm512_srai_epi64::<48>(t[4]), _mm512_set1_epi64(1));
        let shift = |bits| _mm512_sllv_epi64(h, _mm512_set1_epi64(bits));
        t[4] = _mm512_sub_epi64(t[4], shift(48));
        // h · 2^256 ≡ h · (2^256 − p), which is a sum of few powers of two.
        for (exponent, add) in M::ONE_AS_POWERS {
            let limb = exponent / 52;
            let term = shift(i64::try_from(exponent % 52).expect("below 52"));
            t[limb] = if add { _mm512_add_epi64(t[limb], term) } else { _mm512_sub_epi64(t[limb], term) };
        }
        let mask = _mm512_set1_epi64(MASK);
        for i in 0..4 {
            t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srai_epi64::<BITS>(t[i]));
            t[i] = _mm512_and_si512(t[i], mask);
        }
        Element(Self { limbs: t, modulus: PhantomData })
    }
}

impl<M: Field> Element<M> {
    /// The limbs of p.
    const P: [i64; 5] = limbs_52(&M::M);

    /// One in Montgomery form.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn one() -> Self {
        Self::gather(&[Residue::ONE; LANES])
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn raw(self) -> Raw<M> {
        self.0
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(self, other: Self) -> Self {
        let (a, b) = (self.0.limbs, other.0.limbs);
        let mut t = [_mm512_setzero_si512(); 10];
        for i in 0..5 {
            for j in 0..5 {
                t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[j], b[i]);
                t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[j], b[i]);
            }
        }
        Self::reduce(t)
    }

    /// The products off the diagonal once, doubled.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(self) -> Self {
        let a = self.0.limbs;
        let mut t = [_mm512_setzero_si512(); 10];
        for i in 0..5 {
            for j in i + 1..5 {
                t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[j], a[i]);
                t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[j], a[i]);
            }
        }
        for limb in &mut t {
            *limb = _mm512_add_epi64(*limb, *limb);
        }
        for i in 0..5 {
            t[2 * i] = _mm512_madd52lo_epu64(t[2 * i], a[i], a[i]);
            t[2 * i + 1] = _mm512_madd52hi_epu64(t[2 * i + 1], a[i], a[i]);
        }
        Self::reduce(t)
    }

    /// Divides by 2^260. p ≡ −1 modulo 2^52, so the multiple of p that clears a limb is the limb itself.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn reduce(mut t: [__m512i; 10]) -> Self {
        let mask = _mm512_set1_epi64(MASK);
        for i in 0..5 {
            let q = _mm512_and_si512(t[i], mask);
            // (t + q·(2^52 − 1)) / 2^52, for the lowest limb of p.
            let carry = _mm512_add_epi64(_mm512_srli_epi64::<BITS>(t[i]), q);
            t[i + 1] = _mm512_add_epi64(t[i + 1], carry);
            for j in 1..5 {
                if Self::P[j] != 0 {
                    let limb = _mm512_set1_epi64(Self::P[j]);
                    t[i + j] = _mm512_madd52lo_epu64(t[i + j], q, limb);
                    t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], q, limb);
                }
            }
        }
        for i in 5..9 {
            t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srli_epi64::<BITS>(t[i]));
            t[i] = _mm512_and_si512(t[i], mask);
        }
        Self(Raw { limbs: [t[5], t[6], t[7], t[8], t[9]], modulus: PhantomData })
    }

    /// `other` in the lanes whose bit is set.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn replaced_in(self, lanes: u8, other: Self) -> Self {
        let mut out = self;
        for i in 0..5 {
            out.0.limbs[i] = _mm512_mask_mov_epi64(self.0.limbs[i], lanes, other.0.limbs[i]);
        }
        out
    }

    /// Lane `i` of the result is lane `i + COUNT` (modulo 8) of `self`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn rotated<const COUNT: i32>(self) -> Self {
        let mut out = self;
        for limb in &mut out.0.limbs {
            *limb = _mm512_alignr_epi64::<COUNT>(*limb, *limb);
        }
        out
    }

    /// Eight residues, one for each lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn gather(lanes: &[Residue<M>; LANES]) -> Self {
        let words: [[u64; LANES]; 4] =
            std::array::from_fn(|limb| std::array::from_fn(|lane| lanes[lane].limbs()[limb]));
        Raw::from_words(&[load(&words[0]), load(&words[1]), load(&words[2]), load(&words[3])]).raw().fold()
    }

    /// Sixteen times each lane, as residues: the number as it stands, read as Montgomery form with 2^256.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn scatter(&self) -> [Residue<M>; LANES] {
        let limbs = self.0.limbs.map(|limb| store(limb));
        std::array::from_fn(|lane| {
            let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|i: usize| limbs[i][lane]);
            let low: Limbs = [a | b << 52, b >> 12 | c << 40, c >> 24 | d << 28, d >> 36 | e << 16];
            // What is above 2^256, at most 15 times.
            (0..e >> 48).fold(Residue::from_montgomery(low), |sum, _| sum + Residue::ONE)
        })
    }
}

#[allow(clippy::as_conversions, reason = "limbs of 52 bits fit i64, and `From` is not const")]
const fn limbs_52([a, b, c, d]: &Limbs) -> [i64; 5] {
    let mask = (1u64 << BITS) - 1;
    let [a, b, c, d] = [*a, *b, *c, *d];
    [
        (a & mask) as i64,
        ((a >> 52 | b << 12) & mask) as i64,
        ((b >> 40 | c << 24) & mask) as i64,
        ((c >> 28 | d << 36) & mask) as i64,
        (d >> 16) as i64,
    ]
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load(words: &[u64; LANES]) -> __m512i {
    // SAFETY: 64 bytes are read from a reference to 64 bytes; the instruction asks for no alignment.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(vector: __m512i) -> [u64; LANES] {
    let mut words = [0; LANES];
    // SAFETY: 64 bytes are written to an array of 64 bytes; the instruction asks for no alignment.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) };
    words
}
