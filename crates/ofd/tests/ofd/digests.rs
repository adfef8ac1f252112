use boyin_ofd::limits::MAX_WAITING_ENTRY_BYTES;
use boyin_ofd::{CheckMethod, OfdReason, OfdVerifier};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::{Reader, UnixTime};

use crate::source::stored;
use crate::{check, failed, open, shown};

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

/// That these digests agree proves nothing. Where one differs the file was changed, and the document is refused: small files, one
/// that goes through a window, one that is looked at, and those of an earlier signature, which are kept.
#[test]
fn an_early_document_that_was_changed_is_refused() {
    let early = UnixTime::new(1_577_836_800).unwrap();
    let world = SealWorld::from(Algorithm::Sm2, early);
    for check_method in ["", "MD5", "SHA1", "1.3.14.3.2.26"] {
        let signing = Signing {
            check_method,
            at: early.plus(60),
            over_others: true,
            form: boyin_testkit::ofd::Form::Detached,
            kind: "Sign",
            with_seal_file: false,
            ..Signing::default()
        };
        let mut draft = Draft::new(&world);
        draft.put("Doc_0/Res/a.ttf", vec![7; MAX_WAITING_ENTRY_BYTES + 1]);
        draft.sign(&signing);
        draft.sign(&signing);
        let report = check(&world, &stored(&draft));
        assert_eq!(report.verdict(), open(OfdReason::DigestOld), "{check_method}: {}", shown(&report));
        assert!(report.signatures().all(|signature| signature.changed().count() == 0));
        let mut font = draft.get("Doc_0/Res/a.ttf").to_vec();
        font[0] ^= 1;
        let value = draft.get("Doc_0/Signs/Sign_0/SignedValue.dat").to_vec();
        let page = draft.get("Doc_0/Pages/Page_0/Content.xml").to_vec();
        for (name, bytes, which) in [
            ("Doc_0/Res/qr.png", b"another".to_vec(), 0),
            ("Doc_0/Res/a.ttf", font, 0),
            ("Doc_0/Pages/Page_0/Content.xml", [&page[..], b"\n"].concat(), 0),
            ("Doc_0/Signs/Sign_0/SignedValue.dat", [&value[..], b"\0"].concat(), 1),
        ] {
            let mut changed = draft.clone();
            changed.put(name, bytes);
            let report = check(&world, &stored(&changed));
            let signature = report.signatures().nth(which).unwrap();
            assert_eq!(signature.verdict(), failed(OfdReason::ReferenceMismatch), "{}", shown(&report));
            assert_eq!(signature.changed().entries()[0].name.as_deref(), Some(name));
            assert_eq!(report.verdict().code(), "failed");
        }
    }
}
