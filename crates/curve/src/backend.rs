//! The choice between the scalar code and that for the processor's vector instructions.

#[cfg(target_arch = "x86_64")]
pub(crate) use crate::ifma as vector;

/// Which instructions the arithmetic of prepared keys uses. The results are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// 64-bit integers: safe Rust, on every processor.
    Scalar,
    /// AVX512-IFMA, eight field elements at a time; the scalar code where the processor has no such instructions.
    Avx512Ifma,
}

impl Backend {
    /// What this processor runs fastest. It is asked once.
    #[must_use]
    pub fn best() -> Self {
        if vector::available() { Self::Avx512Ifma } else { Self::Scalar }
    }
}

/// Where there are no vector instructions to use.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) mod vector {
    use crate::bulk::Job;
    use crate::curve::Curve;
    use crate::equation::Equation;
    use crate::key::PreparedKey;

    pub(crate) const BATCH: usize = 1;

    pub(crate) fn available() -> bool {
        false
    }

    pub(crate) fn check<C: Curve>(_: &PreparedKey<C>, _: &Equation) -> Option<bool> {
        None
    }

    pub(crate) fn check_bulk<C: Curve>(batch: &[(&Job<'_, C>, &Equation)]) -> Vec<Option<bool>> {
        vec![None; batch.len()]
    }
}
