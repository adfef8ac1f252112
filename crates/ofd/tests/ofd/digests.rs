use boyin_ofd::{CheckMethod, OfdReason, OfdVerifier};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::{Reader, UnixTime};

use crate::{check, failed, shown};

#[test]
fn broken_and_unknown_digests_are_refused_and_named() {
    let world = SealWorld::new(Algorithm::Sm2);
    for (check_method, expected, method) in [
        ("", OfdReason::DigestWeak, CheckMethod::Weak("md5")),
        ("MD5", OfdReason::DigestWeak, CheckMethod::Weak("md5")),
        ("SHA1", OfdReason::DigestWeak, CheckMethod::Weak("sha-1")),
        ("1.3.14.3.2.26", OfdReason::DigestWeak, CheckMethod::Weak("sha-1")),
        ("SM4", OfdReason::DigestUnknown, CheckMethod::Unknown),
    ] {
        let mut draft = Draft::new(&world);
        draft.sign(&Signing { check_method, ..Signing::default() });
        let report = check(&world, &draft.write());
        assert_eq!(report.verdict(), failed(expected), "{check_method}: {}", shown(&report));
        assert_eq!(report.signatures().next().unwrap().method(), Some(method));
    }
    // A digest of the right name and not of the file.
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let text = draft.text("Doc_0/Signs/Sign_0/Signature.xml");
    let at = text.find("<ofd:CheckValue>").unwrap() + 16;
    let value = text[at..at + 44].to_owned();
    draft.replace("Doc_0/Signs/Sign_0/Signature.xml", &value, "");
    draft.sign_again(0, &Signing::default());
    assert_eq!(check(&world, &draft.write()).verdict(), failed(OfdReason::ReferenceMismatch));
}

/// Where nothing else stands against it, an early signature is named as one, and leaves the question open.
#[test]
fn early_signatures_over_weak_digests_are_open() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    for (seconds, early) in [(1_601_481_599, true), (1_601_481_600, false)] {
        let at = UnixTime::new(seconds).unwrap();
        let mut draft = Draft::new(&world);
        // The kit's seals are younger: the value is another signature's, and only the check of references is looked at.
        draft.sign(&Signing {
            check_method: "MD5",
            form: boyin_testkit::ofd::Form::Detached,
            kind: "Sign",
            with_seal_file: false,
            at,
            ..Signing::default()
        });
        let report = crate::judged(OfdVerifier::new(Reader::Field), &draft.write(), &context(&store, now()));
        let signature = report.signatures().next().unwrap();
        assert_eq!(signature.signed_at(), Some(at));
        let expected = if early { OfdReason::DigestOld } else { OfdReason::DigestWeak };
        let outcome = signature.outcome(boyin_ofd::OfdCheck::References).unwrap();
        assert!(
            matches!(outcome, boyin_ofd::OfdOutcome::NotPassed(boyin_ofd::Cause::Ofd(found), Some(boyin_ofd::OfdDetail::Digest("md5"))) if *found == expected),
            "{outcome:?}"
        );
    }
}
