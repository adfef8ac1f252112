//! Timestamp tokens, verified.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests are tests; the ban on files is for the verifier"
)]

mod batch;
mod mutations;
mod openssl;
mod passing;
mod refusals;
mod reports;
mod revoked;

use boyin_testkit::prefecture::now;
use boyin_testkit::timestamp::STAMPED;
use boyin_verify::chain::CertificateStore;
use boyin_verify::timestamp::{
    Stamped, TimestampCheck, TimestampContext, TimestampOutcome, TimestampPolicy, TimestampReason,
    TimestampReport, TimestampVerdict, check_token,
};
use boyin_verify::{Reader, UnixTime};

/// The instant of the tokens.
fn stamped_at() -> UnixTime {
    now().minus(600)
}

/// A token over the kit's bytes, read strictly.
fn check(token: &[u8], store: &CertificateStore) -> TimestampReport {
    check_as(Reader::Ours, token, store)
}

fn check_as(reader: Reader, token: &[u8], store: &CertificateStore) -> TimestampReport {
    let policy = TimestampPolicy::default();
    let context =
        TimestampContext { now: now(), certificates: store, policy: &policy, nonce: None, claimed: None };
    check_token(token, reader, Stamped::Bytes(STAMPED), &context)
}

fn shown(report: &TimestampReport) -> String {
    String::from_utf8(report.to_json()).unwrap()
}

fn verdict(reason: TimestampReason) -> TimestampVerdict {
    match reason.is_indeterminate() {
        true => TimestampVerdict::Indeterminate(reason),
        false => TimestampVerdict::Failed(reason),
    }
}

/// What was not passed; checks that were skipped count only where the format was passed.
fn not_passed(report: &TimestampReport) -> Vec<TimestampCheck> {
    let readable = report.outcome(TimestampCheck::Format) == TimestampOutcome::Passed;
    let counts = |outcome| match outcome {
        TimestampOutcome::Passed => false,
        TimestampOutcome::NotPassed(..) => true,
        TimestampOutcome::Skipped => readable,
    };
    report.checks().filter(|(_, outcome)| counts(*outcome)).map(|(check, _)| check).collect()
}
