use std::collections::HashSet;

use boyin_suite::Algorithm;
use boyin_testkit::cases::{Case, all};
use boyin_testkit::mutate::to_json;
use boyin_testkit::prefecture::Prefecture;
use boyin_testkit::reasons::{Row, compare, table};
use boyin_verify::{Check, Outcome, Reason, Report, Verdict};

fn each(mut test: impl FnMut(&Case, &Prefecture)) {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        for case in all(algorithm) {
            test(&case, &prefecture);
        }
    }
}

fn check(case: &Case, document: &[u8], prefecture: &Prefecture) -> Report {
    Prefecture::verifier().check(document, &case.world(prefecture).context())
}

fn expected(reason: Option<Reason>) -> Verdict {
    match reason {
        None => Verdict::Passed,
        Some(reason) if reason.is_indeterminate() => Verdict::Indeterminate(reason),
        Some(reason) => Verdict::Failed(reason),
    }
}

/// The checks that a reason leaves nothing to work on.
fn skipped_after(check: Check, reason: Reason) -> &'static [Check] {
    use Check::{Algorithm, Content, Disclosures, Entitlement, Issuer, Seal, Signature, Status, Validity};
    match check {
        Check::Format => {
            &[Issuer, Algorithm, Signature, Disclosures, Content, Entitlement, Seal, Validity, Status]
        }
        Issuer if reason == Reason::KeyNotInForce => &[],
        Issuer => &[Algorithm, Signature, Disclosures, Content, Entitlement, Seal, Validity, Status],
        Disclosures => &[Content, Entitlement, Seal, Validity, Status],
        Content => &[Entitlement, Seal, Validity, Status],
        Algorithm | Signature | Check::TrustList | Entitlement | Seal | Validity | Status => &[],
    }
}

#[test]
fn every_case_gets_its_verdict() {
    each(|case, prefecture| {
        let report = check(case, &case.document, prefecture);
        assert_eq!(report.verdict(), expected(case.reason), "{} {}", prefecture.algorithm, case.id);
    });
}

#[test]
fn no_other_check_would_have_caught_it() {
    each(|case, prefecture| {
        let report = check(case, &case.document, prefecture);
        let missed: Vec<_> =
            report.checks().filter(|(_, outcome)| matches!(outcome, Outcome::NotPassed(..))).collect();
        let skipped: Vec<_> = report
            .checks()
            .filter(|(_, outcome)| *outcome == Outcome::Skipped)
            .map(|(check, _)| check)
            .collect();
        let Some(reason) = case.reason else {
            assert!(missed.is_empty() && skipped.is_empty(), "{}: {missed:?}", case.id);
            return;
        };
        let [(check, Outcome::NotPassed(found, _))] = missed[..] else {
            panic!("{} {}: {missed:?}", prefecture.algorithm, case.id);
        };
        assert_eq!(found, reason, "{}", case.id);
        assert_eq!(check.code(), case.group(), "{}", case.id);
        assert_eq!(skipped, skipped_after(check, reason), "{}", case.id);
    });
}

#[test]
fn every_reason_has_a_case() {
    let covered: HashSet<_> = all(Algorithm::Es256).iter().filter_map(|case| case.reason).collect();
    let without: Vec<_> = Reason::ALL.iter().filter(|reason| !covered.contains(reason)).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn the_page_of_reasons_is_up_to_date() {
    let cases = all(Algorithm::Es256);
    let row = |reason: &Reason| {
        let mut own = cases.iter().filter(|case| case.reason == Some(*reason));
        let first = own.next().unwrap();
        let (by, checks) = (format!("`{}`", first.id), Vec::new());
        Row { info: reason.info(), is_open: reason.is_indeterminate(), by, checks, cases: 1 + own.count() }
    };
    let rows: Vec<_> = Reason::ALL.iter().map(row).collect();
    compare("licenses", &table(boyin_testkit::test_name!(no_other_check_would_have_caught_it), &rows));
}

#[test]
fn identifiers_of_cases_are_unique() {
    let mut seen = HashSet::new();
    assert!(all(Algorithm::Sm2).iter().all(|case| seen.insert(case.id)));
}

#[test]
fn both_serializations_get_the_same_report() {
    let mut compared = 0;
    each(|case, prefecture| {
        let compact = !case.document.starts_with(b"{");
        let Some(json) = to_json(&case.document).filter(|_| compact) else {
            return;
        };
        let compact = check(case, &case.document, prefecture);
        let json = check(case, &json, prefecture);
        assert_eq!(compact.verdict(), json.verdict(), "{}", case.id);
        assert!(compact.checks().eq(json.checks()), "{}", case.id);
        assert_eq!(compact.subject(), json.subject(), "{}", case.id);
        compared += 1;
    });
    assert!(compared > 200, "{compared}");
}

#[test]
fn only_a_passed_report_becomes_a_proof() {
    each(|case, prefecture| {
        let report = check(case, &case.document, prefecture);
        let proof = report.into_verified();
        assert_eq!(proof.is_ok(), case.reason.is_none(), "{}", case.id);
        match proof {
            Ok(verified) => assert_eq!(verified.at(), case.now),
            Err(report) => assert_eq!(report.verdict().reason(), case.reason),
        }
    });
}
