//! Several signatures of one document.

use boyin_ofd::{OfdNote, OfdReason, OfdVerdict, Protection};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Form, Signing};
use boyin_testkit::seals::SealWorld;

use crate::{check, failed, shown};

#[test]
fn a_seal_and_a_signature_of_the_platform_pass_together() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let platform = Signing {
        form: Form::Detached,
        kind: "Sign",
        with_seal_file: false,
        stamps: String::new(),
        ..Signing::default()
    };
    draft.sign(&Signing { over_others: true, ..platform.clone() });
    let report = check(&world, &draft.write());
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    assert_eq!(report.documents()[0].seals().count(), 1);
    let all: Vec<_> = report.signatures().collect();
    assert_eq!((all[0].covers(), all[1].covers()), (&[][..], &["0".to_owned()][..]));

    // What the first consists of is changed: the second says so too.
    let mut changed = draft.clone();
    let value = [changed.get("Doc_0/Signs/Sign_0/SignedValue.dat"), b"\0"].concat();
    changed.put("Doc_0/Signs/Sign_0/SignedValue.dat", value);
    let report = check(&world, &changed.write());
    assert!(report.documents()[0].notes().contains(&OfdNote::NoSeal), "the seal did not pass");
    let second = report.signatures().nth(1).unwrap();
    assert_eq!(second.verdict(), failed(OfdReason::ReferenceMismatch));

    // One that covers the description of the first, or its value, and not both, does not cover it.
    for name in ["Signature.xml", "SignedValue.dat"] {
        let mut half = Draft::new(&world);
        half.sign(&Signing::default());
        let omit = vec![format!("Doc_0/Signs/Sign_0/{name}")];
        half.sign(&Signing { over_others: true, omit, ..platform.clone() });
        let report = check(&world, &half.write());
        assert_eq!(report.verdict(), OfdVerdict::Passed);
        assert!(report.signatures().all(|signature| signature.covers().is_empty()));
    }

    // A second one that leaves the first alone.
    let mut beside = Draft::new(&world);
    beside.sign(&Signing::default());
    beside.sign(&platform);
    let report = check(&world, &beside.write());
    assert_eq!(report.verdict(), OfdVerdict::Passed);
    assert!(report.signatures().all(|signature| signature.covers().is_empty()));
}

#[test]
fn the_last_of_several_may_close_the_document() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    draft.sign(&Signing { whole: true, ..Signing::default() });
    let report = check(&world, &draft.write());
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    let all: Vec<_> = report.signatures().map(|signature| signature.protection().unwrap()).collect();
    assert_eq!(all, [Protection::Continued, Protection::Whole]);
}

#[test]
fn a_later_signature_that_breaks_an_earlier_one_is_reported_as_that() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing { whole: true, ..Signing::default() });
    assert_eq!(check(&world, &draft.write()).verdict(), OfdVerdict::Passed);
    draft.sign(&Signing::default());
    let report = check(&world, &draft.write());
    let all: Vec<_> = report.signatures().map(boyin_ofd::SignatureReport::verdict).collect();
    assert_eq!(all, [failed(OfdReason::BrokenByLater), OfdVerdict::Passed], "{}", shown(&report));

    // With something else changed as well it is a change.
    let mut changed = draft.clone();
    changed.put("Doc_0/Res/qr.png", "other");
    let report = check(&world, &changed.write());
    assert_eq!(report.signatures().next().unwrap().verdict(), failed(OfdReason::ReferenceMismatch));

    // The last one cannot have been broken by a later one.
    let mut last = Draft::new(&world);
    last.sign(&Signing { whole: true, ..Signing::default() });
    last.replace("Doc_0/Signs/Signatures.xml", "<ofd:MaxSignId>1<", "<ofd:MaxSignId>2<");
    assert_eq!(check(&world, &last.write()).verdict(), failed(OfdReason::ReferenceMismatch));
}

/// Content that came after the first signature: the first does not stand for what is shown, though the second does.
#[test]
fn content_after_a_signature_is_not_what_it_signed() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.files.retain(|(name, _)| name != "Doc_0/Res/qr.png");
    draft.sign(&Signing::default());
    draft.put("Doc_0/Res/qr.png", "later");
    draft.sign(&Signing::default());
    let report = check(&world, &draft.write());
    let all: Vec<_> = report.signatures().map(boyin_ofd::SignatureReport::verdict).collect();
    assert_eq!(all, [failed(OfdReason::ContentUncovered), OfdVerdict::Passed]);
    assert_eq!(report.verdict(), failed(OfdReason::ContentUncovered));
}
