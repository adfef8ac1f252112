//! OFD documents, verified.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests are tests; the ban on files is for the reader"
)]

mod coverage;
mod digests;
mod forms;
mod mutations;
mod oracle;
mod passing;
mod reasons;
mod relations;
mod reports;
mod vectors;
mod write;
mod write_faults;

use boyin_ofd::{Cause, OfdReason, OfdReport, OfdVerdict, OfdVerifier};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;

/// The report on a container, in a world where everything is known.
fn check(world: &SealWorld, bytes: &[u8]) -> OfdReport {
    let store = world.store();
    OfdVerifier::new(Reader::Field).check(bytes, &context(&store, now()))
}

fn verdict(world: &SealWorld, bytes: &[u8]) -> OfdVerdict {
    check(world, bytes).verdict()
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
