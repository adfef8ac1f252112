//! Decides whether an electronic seal, or a seal signature, is valid: the checks of GM/T 0031-2014, GB/T 38540-2020 and
//! GM/T 0031-2025, each reported.
//!
//! A pure function like that of licenses: bytes, an instant, certificates and a trust list go in; a [`SealReport`] comes
//! out. All checks that can run do run; the verdict is the first, in the order of the [`Profile`], that is not passed. What
//! is not known (a missing path, a missing revocation list, a timestamp that cannot be verified) is never valid.

mod check;
mod maker;
mod pending;
mod profile;
mod reason;
mod report;
mod signer;
mod timestamp;

pub use check::{Document, SealContext, SealVerifier};
pub use profile::{GBT38540_2020, GMT0031_2014, GMT0031_2025, MakerTime, Profile};
pub use reason::SealReason;
pub use report::{SealCheck, SealDetail, SealNote, SealOutcome, SealReport, SealSubject, SealVerdict};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use boyin_model::seal::Note;

    use super::{SealCheck, SealReason};

    #[test]
    fn codes_are_unique_and_in_the_specification() {
        let text = include_str!("../../../../docs/format.md");
        let codes: HashSet<_> = SealReason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), SealReason::ALL.len());
        for reason in SealReason::ALL {
            let mark = if reason.is_indeterminate() { "?" } else { "" };
            let listed = format!("`{}`{mark}", reason.code());
            let other = format!("`{}`{}", reason.code(), if mark.is_empty() { "?" } else { " " });
            assert!(text.contains(&listed), "docs/format.md lacks {listed}");
            assert!(mark == "?" || !text.contains(&other), "docs/format.md has {other}");
        }
        let checks: HashSet<_> = SealCheck::ALL.iter().map(|check| check.code()).collect();
        let names: HashSet<_> = SealCheck::ALL.iter().map(|check| check.name_zh()).collect();
        assert_eq!((checks.len(), names.len()), (SealCheck::ALL.len(), SealCheck::ALL.len()));
        for code in SealCheck::ALL.map(SealCheck::code).into_iter().chain(Note::ALL.iter().map(|n| n.code()))
        {
            assert!(text.contains(&format!("`{code}`")), "docs/format.md lacks {code}");
        }
    }
}
