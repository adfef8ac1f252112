//! What tests, benches and fuzz targets share. Never published, never imported by the product.
//!
//! | module | what it holds |
//! |---|---|
//! | [`arithmetic`] | the two curves by other people's arithmetic |
//! | [`ceremony`] | a key ceremony and its transcript, line by line |
//! | [`chains`] | paths of certificates, revocation lists and answers of any shape |
//! | [`cases`] | one license document for each reason not to pass, and some that pass |
//! | [`fuzz`] | the oracles of the fuzz targets |
//! | [`http`] | reads a request as a server of a few lines |
//! | [`key`] | keys from a seed that sign the same bytes in the same way each time |
//! | [`lists`] | the signed catalog and the sharing list of the sample prefecture |
//! | [`mutate`] | takes a credential apart, changes it and signs it again, or does not |
//! | [`needed`] | what is no part of this repository, without which a test is skipped, or fails in CI |
//! | [`ofd`] | OFD documents, sealed, signed and by hand |
//! | [`prefecture`] | an authority, two issuing offices, their lists; issues licenses at a fixed instant |
//! | [`random`] | randomness from a seed |
//! | [`reasons`] | the page of reasons, from the cases of the tests |
//! | [`samples`] | a filled-in form for each license type of a catalog; every name is invented |
//! | [`seals`] | an authority, a seal maker, a signer and their seals |
//! | [`softhsm`] | a PKCS#11 token of its own for one test |
//! | [`timestamp`] | a timestamp authority and its tokens, part by part; the `openssl` command as another one |
//! | [`tlv`] | DER by hand |
//! | [`vectors`] | finds published vectors |
//!
//! Everything here is deterministic: the same call gives the same bytes on every run.

pub mod arithmetic;
pub mod cases;
pub mod ceremony;
pub mod chains;
pub mod fuzz;
pub mod http;
pub mod key;
pub mod lists;
pub mod mutate;
pub mod needed;
pub mod ofd;
pub mod prefecture;
pub mod random;
pub mod reasons;
pub mod samples;
pub mod seals;
pub mod softhsm;
pub mod timestamp;
pub mod tlv;
pub mod vectors;
