//! Eight field elements at a time on processors with AVX512-IFMA (52-bit multiply and add).
//!
//! The instructions are used through `std::arch`, whose functions are safe where the features are enabled. What is left
//! for `unsafe` is here and in [`field`]: the calls into this module, guarded by [`available`], and moving vectors from
//! and to memory. Results are always those of the scalar code, which also takes every exceptional case.

#![allow(unsafe_code, reason = "entering code compiled for AVX512-IFMA; moving vectors from and to memory")]

mod bulk;
mod field;
mod single;

use crate::bulk::Job;
use crate::curve::Curve;
use crate::equation::Equation;
use crate::key::PreparedKey;

pub(crate) use self::bulk::BATCH;

/// Whether this processor, and its operating system, can run this module.
pub(crate) fn available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
}

/// Whether the signature is valid; `None` if the scalar code has to decide.
pub(crate) fn check<C: Curve>(key: &PreparedKey<C>, equation: &Equation) -> Option<bool> {
    if !available() {
        return None;
    }
    // SAFETY: the processor has the features that the function is compiled for.
    unsafe { single::check(key, equation) }
}

/// The same for at most [`BATCH`] signatures whose keys have tables of the same window.
pub(crate) fn check_bulk<C: Curve>(batch: &[(&Job<'_, C>, &Equation)]) -> Vec<Option<bool>> {
    if !available() {
        return vec![None; batch.len()];
    }
    // SAFETY: as in `check`.
    unsafe { bulk::check(batch) }
}

#[cfg(test)]
mod tests;
