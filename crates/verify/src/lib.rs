//! Decides whether a license is valid.
//!
//! A pure function: bytes, an instant, a trust snapshot and a status snapshot go in; a [`Report`] comes out. No file,
//! no network, no clock, no randomness. The verdict has three values, and "unknown" is never valid: a missing or stale
//! list is [`Verdict::Indeterminate`].
//!
//! All checks that can run do run and are reported. The verdict is the first check, in the order of
//! `docs/format.md` §8, that is not passed. A passing report turns into a [`Verified`], which nothing else can make:
//! code that acts on a license takes a `Verified`, so that forgetting to verify does not compile.
//!
//! Whoever only verifies links this crate and `boyin-suite`; the types of `boyin-model` that it takes are exported here.

#[macro_use]
mod reason;

mod anchor;
mod bulk;
mod ceremony;
pub mod chain;
mod check;
mod outcome;
mod policy;
mod record;
mod report;
pub mod seal;
pub mod signed_data;
mod standing;
mod status;
pub mod timestamp;
mod trust;
mod webhook;

pub use anchor::{AnchorChain, AnchorError, signer_of};
pub use ceremony::{
    Ceremony, CeremonyContext, CeremonyError, CeremonyFault, Countersigner, hex_digest, key_fingerprint,
};
pub use check::{Context, Fingerprint, Verifier, fingerprint};
pub use outcome::{AnyReason, Outcome, Verdict};
pub use policy::{
    CLOCK_TOLERANCE_SECONDS, MAX_POLICY_BYTES, MAX_POLICY_NAME, Policy, PolicyError, Weight, WhenStale,
};
pub use reason::{Owner, Reason, ReasonInfo};
pub use record::{MAX_RECORD_BYTES, MAX_RECORD_STATUS_LISTS, Record, RecordError};
pub use report::{Check, Detail, Held, Note, Report, Subject, Verified};
pub use status::{StatusError, StatusSnapshot, TrustedList};
pub use trust::{SignedByIssuer, SignedByIssuerError, TrustError, TrustSnapshot};
pub use webhook::{Arrival, WebhookFault, WebhookLine, verify_webhook};

pub use boyin_model::alg::VerifyAlg;
pub use boyin_model::id::{CreditCode, HolderCode, HolderCodeType};
pub use boyin_model::json::Reader;
pub use boyin_model::time::UnixTime;
pub use boyin_model::trust::Jwk;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
