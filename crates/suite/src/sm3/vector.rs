//! The compression function (GB/T 32905 §5.3) in the lanes of x86-64 vector registers.
//!
//! The one text of the function is instantiated for each register width. The compiler checks that every instruction
//! is used only where its feature is enabled; what it cannot check is that the processor has the feature, which the
//! types [`Avx2`] and [`Avx512`] prove.

#![allow(unsafe_code, reason = "entering code for features that were detected, and plain bytes as vectors")]

use std::arch::is_x86_feature_detected;

use super::lanes::{Compress, State, Words};

/// `T_j`, already rotated left by `j` (GB/T 32905 §4.2).
const CONSTANTS: [i32; 64] = {
    let mut constants = [0; 64];
    let (mut early, mut late) = (0x79cc_4519_u32, 0x7a87_9d8a_u32.rotate_left(16));
    let mut j = 0;
    while j < 16 {
        constants[j] = early.cast_signed();
        early = early.rotate_left(1);
        j += 1;
    }
    while j < 64 {
        constants[j] = late.cast_signed();
        late = late.rotate_left(1);
        j += 1;
    }
    constants
};

/// Four lanes. SSE2 is part of x86-64.
pub(super) struct Sse2;

/// Eight lanes. A value proves that this processor has AVX2.
pub(super) struct Avx2(());

/// Sixteen lanes. A value proves that this processor has AVX-512F.
pub(super) struct Avx512(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }
}

impl Compress<4> for Sse2 {
    fn compress(&self, state: &mut State<4>, words: &mut Words<4>) {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { sse2::compress(state, words) }
    }
}

impl Compress<8> for Avx2 {
    fn compress(&self, state: &mut State<8>, words: &mut Words<8>) {
        // SAFETY: the processor has AVX2, or there would be no `self`.
        unsafe { avx2::compress(state, words) }
    }
}

impl Compress<16> for Avx512 {
    fn compress(&self, state: &mut State<16>, words: &mut Words<16>) {
        // SAFETY: the processor has AVX-512F, or there would be no `self`.
        unsafe { avx512::compress(state, words) }
    }
}

/// Makes a module with `compress` for vectors of `$n` words of 32 bits.
macro_rules! compression {
    (
        $module:ident, $feature:literal, $vector:ident, $n:literal, shift by $shift:ty:
        $add:ident $xor:ident $and:ident $or:ident $left:ident $right:ident $splat:ident
    ) => {
        mod $module {
            use std::arch::x86_64::{$add, $and, $left, $or, $right, $splat, $vector, $xor};

            use super::{CONSTANTS, State, Words};

            /// Left by `L`, where `R = 32 - L`.
            #[inline]
            #[target_feature(enable = $feature)]
            fn rotate<const L: $shift, const R: $shift>(x: $vector) -> $vector {
                const { assert!(L + R == 32) }
                $or($left::<L>(x), $right::<R>(x))
            }

            #[inline]
            #[target_feature(enable = $feature)]
            fn vector(words: &[u32; $n]) -> $vector {
                // SAFETY: both are plain bits of one size, and every value of either is valid.
                unsafe { std::mem::transmute(*words) }
            }

            #[inline]
            #[target_feature(enable = $feature)]
            fn words(vector: $vector) -> [u32; $n] {
                // SAFETY: as in `vector`.
                unsafe { std::mem::transmute(vector) }
            }

            /// `W_j`, where `x` is `W` from `j - 16` on (§5.3.2).
            ///
            /// In P₁ and P₀ the rotation by 8, a mere shuffle of bytes, takes the place of one by shifts.
            #[inline]
            #[target_feature(enable = $feature)]
            fn expand(x: &[[u32; $n]]) -> $vector {
                let x: &[_; 16] = x.first_chunk().expect("16 words come before");
                let x1 = $xor($xor(vector(&x[0]), vector(&x[7])), rotate::<15, 17>(vector(&x[13])));
                let p1 = $xor(x1, rotate::<15, 17>($xor(x1, rotate::<8, 24>(x1))));
                $xor($xor(p1, rotate::<7, 25>(vector(&x[3]))), vector(&x[10]))
            }

            /// One round (§5.3.3), the registers from A to H; `LATE` from round 16 on.
            #[inline]
            #[target_feature(enable = $feature)]
            fn round<const LATE: bool>(
                [a, b, c, d, e, f, g, h]: [$vector; 8],
                constant: i32,
                w: $vector,
                w4: $vector,
            ) -> [$vector; 8] {
                let a12 = rotate::<12, 20>(a);
                let ss1 = rotate::<7, 25>($add($add(a12, e), $splat(constant)));
                let ss2 = $xor(ss1, a12);
                let (ff, gg) = if LATE {
                    ($or($and(a, b), $and($or(a, b), c)), $xor($and($xor(f, g), e), g))
                } else {
                    ($xor($xor(a, b), c), $xor($xor(e, f), g))
                };
                let tt1 = $add($add($add(d, $xor(w, w4)), ff), ss2);
                let tt2 = $add($add($add(h, w), gg), ss1);
                let p0 = $xor(tt2, rotate::<9, 23>($xor(tt2, rotate::<8, 24>(tt2))));
                [tt1, a, rotate::<9, 23>(b), c, p0, e, rotate::<19, 13>(f), g]
            }

            #[target_feature(enable = $feature)]
            pub(super) fn compress(state: &mut State<$n>, w: &mut Words<$n>) {
                let [a, b, c, d, e, f, g, h] = &*state;
                let mut v =
                    [vector(a), vector(b), vector(c), vector(d), vector(e), vector(f), vector(g), vector(h)];
                // Four rounds at a time, after which the registers are back in their places.
                let (early, late) = CONSTANTS.as_chunks::<4>().0.split_at(4);
                for j in 16..20 {
                    w[j] = words(expand(&w[j - 16..]));
                }
                for (constants, from) in early.iter().zip((0..).step_by(4)) {
                    let w: &[_; 8] = w[from..].first_chunk().expect("20 words are ready");
                    for j in 0..4 {
                        v = round::<false>(v, constants[j], vector(&w[j]), vector(&w[j + 4]));
                    }
                }
                // Expanded between the rounds, which leave parts of the processor idle.
                for (constants, from) in late.iter().zip((4..).step_by(4)) {
                    let w: &mut [_; 20] = w[from..].first_chunk_mut().expect("the last are words 48 to 67");
                    for j in 0..4 {
                        let w4 = expand(&w[j..]);
                        w[j + 16] = words(w4);
                        v = round::<true>(v, constants[j], vector(&w[j + 12]), w4);
                    }
                }
                for (old, new) in state.iter_mut().zip(v) {
                    *old = words($xor(vector(old), new));
                }
            }
        }
    };
}

compression!(sse2, "sse2", __m128i, 4, shift by i32:
    _mm_add_epi32 _mm_xor_si128 _mm_and_si128 _mm_or_si128 _mm_slli_epi32 _mm_srli_epi32 _mm_set1_epi32);
compression!(avx2, "avx2", __m256i, 8, shift by i32:
    _mm256_add_epi32 _mm256_xor_si256 _mm256_and_si256 _mm256_or_si256 _mm256_slli_epi32 _mm256_srli_epi32
    _mm256_set1_epi32);
compression!(avx512, "avx512f", __m512i, 16, shift by u32:
    _mm512_add_epi32 _mm512_xor_si512 _mm512_and_si512 _mm512_or_si512 _mm512_slli_epi32 _mm512_srli_epi32
    _mm512_set1_epi32);
