//! The values of signatures: those of many documents are verified together.

use boyin_model::json::Reader;
use boyin_model::seal::{Kind, detect};
use boyin_model::signed_data::is_signed_data;
use boyin_verify::seal::{Document, SealContext, SealReport, SealVerifier};
use boyin_verify::signed_data::{SignedDataReport, check_signed_data};

/// Most bytes of a signature value without a certificate: RSA of 4096 bits.
const MAX_BARE_BYTES: usize = 512;
/// `r ‖ s`.
const RAW_BYTES: usize = 64;
/// SEQUENCE of two integers of 33 bytes, with their headers.
const MAX_PAIR_BYTES: usize = 72;

/// What a signature value turned out to be.
#[derive(Debug)]
pub(super) enum Value {
    Seal(Box<SealReport>),
    SignedData(Box<SignedDataReport>),
    /// A signature and nothing more.
    Bare,
}

/// What each of these values is and whether it is over its document (`Signature.xml`), in their order; `None` if it is unknown.
pub(super) fn check_all(
    all: &[(&[u8], &[u8])],
    reader: Reader,
    seals: SealVerifier,
    context: &SealContext<'_>,
) -> Vec<Option<Value>> {
    let of_seal = |value: &[u8]| detect(value) == Some(Kind::Signature);
    let jobs = all.iter().filter(|(value, _)| of_seal(value));
    let jobs: Vec<_> = jobs.map(|(value, document)| (*value, Document::Bytes(document))).collect();
    let mut reports = seals.check_signatures(&jobs, context).into_iter();
    let check = |(value, document): &(&[u8], &[u8])| {
        if of_seal(value) {
            reports.next().map(|report| Value::Seal(Box::new(report)))
        } else if is_signed_data(value) {
            let report = check_signed_data(value, reader, document, context);
            Some(Value::SignedData(Box::new(report)))
        } else {
            is_bare(value).then_some(Value::Bare)
        }
    };
    all.iter().map(check).collect()
}

/// Whether it is a signature value and nothing more: `r ‖ s`, a SEQUENCE of two integers, or a number as long as an RSA
/// modulus.
pub(super) fn is_bare(value: &[u8]) -> bool {
    let is_pair = value.len() <= MAX_PAIR_BYTES && value.starts_with(&[0x30]) && value.get(2) == Some(&2);
    is_pair || matches!(value.len(), RAW_BYTES | 128 | 256 | 384 | MAX_BARE_BYTES)
}
