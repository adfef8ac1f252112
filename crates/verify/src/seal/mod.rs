//! Decides whether an electronic seal, or a seal signature, is valid: the checks of GM/T 0031-2014, GB/T 38540-2020 and
//! GM/T 0031-2025, each reported.
//!
//! A pure function like that of licenses: bytes, an instant, certificates and a trust list go in; a [`SealReport`] comes
//! out. All checks that can run do run; the verdict is the first, in the order of the [`Profile`], that is not passed. What
//! is not known (a missing path, a missing revocation list, a timestamp that cannot be verified) is never valid.

mod check;
mod maker;
mod profile;
mod reason;
mod report;
mod signer;

pub use check::{Document, SealContext, SealVerifier};
pub use profile::{GBT38540_2020, GMT0031_2014, GMT0031_2025, MakerTime, Profile};
pub use reason::SealReason;
pub use report::{SealCheck, SealDetail, SealNote, SealOutcome, SealReport, SealSubject, SealVerdict};
