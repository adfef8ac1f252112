//! Several signatures of one document.

use boyin_ofd::limits::MAX_SIGNATURES;
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

/// All documents of a container together have so many signatures.
#[test]
fn signatures_are_bounded_over_all_documents() {
    let world = SealWorld::new(Algorithm::Sm2);
    for (count, fits) in [(MAX_SIGNATURES / 2, true), (MAX_SIGNATURES / 2 + 1, false)] {
        let mut draft = Draft::new(&world);
        let body = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>";
        draft.replace("OFD.xml", "</ofd:OFD>", body);
        draft.put("Doc_0/Signs/Signatures.xml", list_of(count));
        let report = check(&world, &draft.write());
        assert_eq!(report.documents()[0].signatures().len(), count);
        assert_eq!(report.documents()[1].signatures().len(), if fits { count } else { 0 });
        let second = report.documents()[1].verdict();
        let expected = if fits { OfdReason::SignaturePartMissing } else { OfdReason::StructureMalformed };
        assert_eq!(second, failed(expected));
    }
}

fn list_of(count: usize) -> String {
    let one = |n: usize| format!(r#"<Signature ID="{n}" BaseLoc="{n}.xml"/>"#);
    let all: String = (0..count).map(one).collect();
    format!(r#"<Signatures xmlns="http://www.ofdspec.org/2016">{all}</Signatures>"#)
}
