//! For every reason a document that gets it, and that every other check would let pass.

mod certificates;
mod contents;
mod register;
mod timestamps;

use boyin_suite::Algorithm;
use boyin_testkit::prefecture::now;
use boyin_testkit::reasons::{Row, compare, table};
use boyin_testkit::seals::{DOCUMENT, SealWorld};
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{
    Document, GBT38540_2020, MakerTime, Profile, SealCheck, SealContext, SealNote, SealOutcome, SealReason,
    SealReport, SealVerdict, SealVerifier,
};
use boyin_verify::{Reader, TrustSnapshot};

/// What has to come of a case.
#[derive(Clone, Debug)]
enum Expected {
    /// It passes, and the report notes these.
    Passes(Vec<SealNote>),
    /// The verdict has this reason, and exactly these checks did not pass.
    Refused(SealReason, Vec<SealCheck>),
}

/// A seal or a seal signature with all that its verification depends on.
struct Case {
    what: String,
    bytes: Vec<u8>,
    /// `None` for a seal.
    document: Option<Document<'static>>,
    store: CertificateStore,
    register: Option<TrustSnapshot>,
    reader: Reader,
    /// For the profiles in their order: 2014, 2020, 2025.
    expected: [Expected; 3],
}

/// Notes that are there when they are expected, and not otherwise.
const SINCE: [SealNote; 4] = [
    SealNote::MakerEndedSince,
    SealNote::MakerRevokedSince,
    SealNote::SignerEndedSince,
    SealNote::SignerRevokedSince,
];

fn passes(notes: &[SealNote]) -> Expected {
    Expected::Passes(notes.to_vec())
}

fn refused(reason: SealReason, check: SealCheck) -> Expected {
    Expected::Refused(reason, vec![check])
}

fn always(expected: Expected) -> [Expected; 3] {
    [expected.clone(), expected.clone(), expected]
}

impl Case {
    fn seal(
        what: impl Into<String>,
        bytes: Vec<u8>,
        store: CertificateStore,
        expected: [Expected; 3],
    ) -> Self {
        let (what, reader) = (what.into(), Reader::Ours);
        Self { what, bytes, document: None, store, register: None, reader, expected }
    }

    /// Over the document of the kit.
    fn signature(
        what: impl Into<String>,
        bytes: Vec<u8>,
        store: CertificateStore,
        expected: [Expected; 3],
    ) -> Self {
        Self { document: Some(Document::Bytes(DOCUMENT)), ..Self::seal(what, bytes, store, expected) }
    }

    fn over(self, document: Document<'static>) -> Self {
        Self { document: Some(document), ..self }
    }

    fn read_as(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }

    fn registered(self, register: TrustSnapshot) -> Self {
        Self { register: Some(register), ..self }
    }

    fn report(&self, profile: &'static Profile) -> SealReport {
        let verifier = SealVerifier::new(self.reader).with_profile(profile);
        let register = self.register.as_ref();
        let context = SealContext { now: now(), certificates: &self.store, register };
        match self.document {
            None => verifier.check_seal(&self.bytes, &context),
            Some(document) => verifier.check_signature(&self.bytes, document, &context),
        }
    }

    /// Where the verdict is another than expected.
    fn surprises(&self, algorithm: Algorithm) -> Vec<String> {
        let kind = if self.document.is_some() { "signature" } else { "seal" };
        let mut found = Vec::new();
        for (profile, expected) in Profile::all().into_iter().zip(&self.expected) {
            let report = self.report(profile);
            let right = match expected {
                Expected::Passes(notes) => {
                    report.verdict() == SealVerdict::Passed
                        && notes.iter().all(|note| report.notes().contains(note))
                        && SINCE.iter().all(|note| notes.contains(note) == report.notes().contains(note))
                }
                Expected::Refused(reason, checks) => {
                    report.verdict() == verdict(*reason) && not_passed(&report) == sorted(checks)
                }
            };
            if !right {
                let json = String::from_utf8_lossy(&report.to_json()).into_owned();
                let what = &self.what;
                found.push(format!(
                    "{what}, {kind}, {algorithm:?}, {}: not {expected:?}\n{json}",
                    profile.name
                ));
            }
        }
        found
    }
}

fn verdict(reason: SealReason) -> SealVerdict {
    match reason.is_indeterminate() {
        true => SealVerdict::Indeterminate(reason),
        false => SealVerdict::Failed(reason),
    }
}

/// What was not passed; checks that were skipped count only where the format was passed.
fn not_passed(report: &SealReport) -> Vec<SealCheck> {
    let readable = report.outcome(SealCheck::Format) == SealOutcome::Passed;
    let counts = |outcome| match outcome {
        SealOutcome::Passed => false,
        SealOutcome::NotPassed(..) => true,
        SealOutcome::Skipped => readable,
    };
    sorted(
        &report.checks().filter(|(_, outcome)| counts(*outcome)).map(|(check, _)| check).collect::<Vec<_>>(),
    )
}

fn sorted(checks: &[SealCheck]) -> Vec<SealCheck> {
    let mut checks = checks.to_vec();
    checks.sort_unstable();
    checks
}

fn cases(algorithm: Algorithm) -> Vec<Case> {
    let world = SealWorld::new(algorithm);
    [
        contents::cases(&world),
        certificates::cases(algorithm),
        register::cases(&world),
        timestamps::cases(&world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_case_gets_its_verdict_and_no_other_check_objects() {
    for algorithm in Algorithm::ALL {
        let cases = cases(algorithm);
        let surprises: Vec<_> = cases.iter().flat_map(|case| case.surprises(algorithm)).collect();
        assert!(surprises.is_empty(), "{}\n{}", surprises.len(), surprises.join("\n"));
        println!("{algorithm:?}: {} cases in 3 profiles", cases.len());
    }
}

#[test]
fn the_page_of_reasons_is_up_to_date() {
    let cases = cases(Algorithm::Sm2);
    let second = Profile::all().iter().position(|profile| **profile == GBT38540_2020).unwrap();
    let row = |reason: &SealReason| {
        let own = cases.iter().filter_map(|case| match &case.expected[second] {
            Expected::Refused(found, checks) if found == reason => Some((case, checks)),
            Expected::Refused(..) | Expected::Passes(_) => None,
        });
        let (case, checks) = own.clone().min_by_key(|(_, checks)| checks.len()).unwrap();
        let kind = if case.document.is_some() { "signature" } else { "seal" };
        Row {
            info: reason.info(),
            is_open: reason.is_indeterminate(),
            by: format!("{kind}: {}", case.what),
            checks: checks.iter().map(|check| check.code()).collect(),
            cases: own.count(),
        }
    };
    let rows: Vec<_> = SealReason::ALL.iter().map(row).collect();
    let test = boyin_testkit::test_name!(every_case_gets_its_verdict_and_no_other_check_objects);
    compare("seals", &table(test, &rows));
}

/// Reasons about the signer, the signing time and the document, which a seal alone has none of.
const OF_SIGNATURES: [SealReason; 15] = [
    SealReason::SignatureMismatch,
    SealReason::SignerMalformed,
    SealReason::SignerChainMissing,
    SealReason::SignerChainInvalid,
    SealReason::SignerKeyUsage,
    SealReason::SignerRevoked,
    SealReason::SignerRevokedUnproven,
    SealReason::SignerRevocationUnknown,
    SealReason::SignerNotListed,
    SealReason::ListDigestNotAccepted,
    SealReason::SignedInFuture,
    SealReason::SignedOutsideCertificate,
    SealReason::SigningTimeUnverified,
    SealReason::DocumentMissing,
    SealReason::DocumentMismatch,
];

#[test]
fn every_reason_has_a_case_in_every_profile() {
    for algorithm in Algorithm::ALL {
        let cases = cases(algorithm);
        for reason in SealReason::ALL {
            for (place, profile) in Profile::all().into_iter().enumerate() {
                let hits = |signature: bool| {
                    let of_kind = cases.iter().filter(|case| case.document.is_some() == signature);
                    of_kind.filter(|case| matches!(&case.expected[place], Expected::Refused(found, _) if found == reason)).count()
                };
                let (signatures, seals) = (hits(true), hits(false));
                println!(
                    "{algorithm:?} {} {}: {seals} seals, {signatures} signatures",
                    profile.name,
                    reason.code()
                );
                assert!(signatures > 0, "no signature gets {reason:?} under {}", profile.name);
                // A seal alone is used now: where the maker has to be valid then, no revocation is later.
                let later = *reason == SealReason::MakerRevokedUnproven;
                let never =
                    OF_SIGNATURES.contains(reason) || (later && profile.maker_time == MakerTime::WhenUsed);
                assert_eq!(seals == 0, never, "seals and {reason:?} under {}", profile.name);
            }
        }
    }
}
