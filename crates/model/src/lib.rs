//! What a license, a status list, a trust list and an identifier *are*: their types and their bytes.
//!
//! This crate knows no curve, no clock, no file and no database. Algorithms stand behind the traits of [`alg`];
//! time and randomness arrive as arguments. `docs/format.md` is the specification of every format defined here.
//!
//! | module | what it holds |
//! |---|---|
//! | [`alg`] | the seam to the algorithm suites: verifying keys, signers, digests, randomness |
//! | [`assertion`] | how an agency's system proves at the token endpoint who it is |
//! | [`ceremony`] | key ceremonies: their script and their transcript |
//! | [`catalog`], [`sharing`] | the two signed catalogs: which license types there are, and who may be given what of them; [`listing`] is what they have in common |
//! | [`coverage`] | how much of what sources state was collected or issued |
//! | [`collected`] | licenses collected from other systems: grades, evidence, content |
//! | [`id`] | identifiers: license, citizen, credit code, division, license type, holder |
//! | [`presentation`] | what an office says when a holder shows a license |
//! | [`purpose`] | what a key signs, read from the bytes to be signed |
//! | [`register`] | the seal register: states, acts, limits, powers |
//! | [`seal`] | electronic seals and seal signatures: their structure |
//! | [`signed_data`] | signatures of GB/T 35275 with their certificates: their structure |
//! | [`signing_request`] | what a client asks a remote signer |
//! | [`timestamp`] | timestamp tokens (RFC 3161), requests for them, and inclusion proofs of batches |
//! | [`time`] | [`time::UnixTime`] and [`time::Date`] (China standard time) |
//! | [`webhook`] | what an office tells a system of an agency by itself |

pub mod address;
pub mod alg;
pub mod anchor;
pub mod assertion;
pub mod b64;
pub mod catalog;
pub mod ceremony;
pub mod collected;
pub mod coverage;
pub mod credential;
pub mod hex;
pub mod id;
pub mod json;
pub mod jws;
pub mod limits;
pub mod listing;
pub mod presentation;
pub mod purpose;
pub mod register;
pub mod seal;
pub mod sharing;
pub mod signed_data;
pub mod signing_request;
pub mod status;
pub mod time;
pub mod timestamp;
mod tlv;
pub mod trust;
pub mod webhook;
