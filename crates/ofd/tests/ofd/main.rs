//! OFD documents, verified.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests are tests; the ban on files is for the reader"
)]

mod bulk;
mod contents;
mod corpus;
mod coverage;
mod digests;
mod extract;
mod forms;
mod oracle;
mod passing;
mod reasons;
mod relations;
mod reports;
mod source;
mod vectors;
mod work;
mod write;
mod write_faults;

use std::io::Cursor;

use boyin_ofd::package::Seekable;
use boyin_ofd::{Cause, OfdReason, OfdReport, OfdVerdict, OfdVerifier};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;
use boyin_verify::seal::SealContext;

/// The report on a container, which is the same in whichever way it is read.
fn judged(verifier: OfdVerifier, bytes: &[u8], context: &SealContext<'_>) -> OfdReport {
    let report = verifier.check(bytes, context);
    let source = Seekable::new(Cursor::new(bytes)).unwrap();
    let streamed = verifier.check_source(source, context).unwrap();
    assert_eq!(shown(&streamed), shown(&report));
    for bulk in verifier.check_many(&[bytes, bytes, bytes], context) {
        assert_eq!(shown(&bulk), shown(&report));
    }
    report
}

/// The report on a container, in a world where everything is known.
fn check(world: &SealWorld, bytes: &[u8]) -> OfdReport {
    let store = world.store();
    judged(OfdVerifier::new(Reader::Field), bytes, &context(&store, now()))
}

/// The verdict on a container, read in one way: for tests that read very many.
fn checked(world: &SealWorld, bytes: &[u8]) -> OfdVerdict {
    let store = world.store();
    OfdVerifier::new(Reader::Field).check(bytes, &context(&store, now())).verdict()
}

fn failed(reason: OfdReason) -> OfdVerdict {
    OfdVerdict::Failed(Cause::Ofd(reason))
}

fn open(reason: OfdReason) -> OfdVerdict {
    OfdVerdict::Indeterminate(Cause::Ofd(reason))
}

fn shown(report: &OfdReport) -> String {
    String::from_utf8(report.to_json()).unwrap()
}
