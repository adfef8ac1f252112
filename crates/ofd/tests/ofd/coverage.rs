use boyin_ofd::{OfdReason, OfdVerdict};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::seals::SealWorld;

use crate::{check, failed, open, shown};

/// Of every file that is left out, the report says that and which one.
#[test]
fn every_file_that_is_left_out_is_found() {
    let world = SealWorld::new(Algorithm::Sm2);
    for (name, _) in Draft::new(&world).files {
        let mut draft = Draft::new(&world);
        draft.sign(&Signing { omit: vec![name.clone()], ..Signing::default() });
        let report = check(&world, &draft.write());
        let signature = report.signatures().next().unwrap();
        if name == "OFD.xml" {
            assert_eq!(report.verdict(), open(OfdReason::RootUncovered));
            assert_eq!(signature.uncovered().count(), 0);
            continue;
        }
        assert_eq!(report.verdict(), failed(OfdReason::ContentUncovered), "{name}: {}", shown(&report));
        let listed: Vec<_> =
            signature.uncovered().entries().iter().map(|entry| entry.name.as_deref().unwrap()).collect();
        assert_eq!(listed, [name]);
    }
}

#[test]
fn what_nothing_refers_to_is_listed_unless_it_is_covered() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.put("notes.txt", "covered");
    draft.sign(&Signing::default());
    assert_eq!(check(&world, &draft.write()).verdict(), OfdVerdict::Passed);
    draft.put("more.txt", "not covered");
    let report = check(&world, &draft.write());
    assert_eq!(report.verdict(), failed(OfdReason::EntryUnreferenced));
    let listed = report.signatures().next().unwrap().unreferenced().entries();
    assert_eq!((listed.len(), listed[0].name.as_deref()), (1, Some("more.txt")));
}

/// A location without `/` leads from the folder of the signature too: what is moved there is signed, and shown by nobody.
#[test]
fn what_is_moved_to_the_signature_is_missing() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.replace(
        "Doc_0/Annots/Page_0/Annotation.xml",
        "/>",
        "><ExtendData>data.xml</ExtendData></ofd:PageAnnot>",
    );
    draft.put("Doc_0/Annots/Page_0/data.xml", "<data/>");
    // What is missing from the beginning, and what nobody names, is no sign of a move.
    draft.files.retain(|(name, _)| name != "Doc_0/Res/a.ttf");
    draft.put("notes.txt", "covered");
    draft.sign(&Signing { relative: true, ..Signing::default() });
    assert_eq!(check(&world, &draft.write()).verdict(), open(OfdReason::ContentMissing));
    for name in [
        "Doc_0/Annots/Page_0/data.xml",
        "Doc_0/Pages/Page_1/Content.xml",
        "Doc_0/Annots/Page_0/Annotation.xml",
        "Doc_0/Tpls/Tpl_0/Content.xml",
        "Doc_0/Res/qr.png",
    ] {
        let mut moved = draft.clone();
        let (at, _) = moved.files.iter_mut().find(|(known, _)| known == name).unwrap();
        *at = format!("Doc_0/Signs/Sign_0/{name}");
        let report = check(&world, &moved.write());
        assert_eq!(report.verdict(), failed(OfdReason::ReferenceMissing), "{name}: {}", shown(&report));
    }
}

/// A file that the document names in another case, and that programs show which do not compare it, is moved there as well.
#[test]
fn what_is_named_in_another_case_is_missing_when_it_is_moved() {
    let world = SealWorld::new(Algorithm::Sm2);
    for (within, old, new, name) in [
        ("Doc_0/Document.xml", "Tpls/Tpl_0/", "TPLS/Tpl_0/", "Doc_0/Tpls/Tpl_0/Content.xml"),
        ("Doc_0/DocumentRes.xml", "qr.png", "QR.png", "Doc_0/Res/qr.png"),
        ("Doc_0/DocumentRes.xml", r#"BaseLoc="Res""#, r#"BaseLoc="RES""#, "Doc_0/Res/qr.png"),
    ] {
        let mut draft = Draft::new(&world);
        draft.replace(within, old, new);
        draft.sign(&Signing { relative: true, ..Signing::default() });
        let report = check(&world, &draft.write());
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{new}: {}", shown(&report));
        let (at, _) = draft.files.iter_mut().find(|(known, _)| known == name).unwrap();
        *at = format!("Doc_0/Signs/Sign_0/{name}");
        let report = check(&world, &draft.write());
        assert_eq!(report.verdict(), failed(OfdReason::ReferenceMissing), "{new}: {}", shown(&report));
    }
}

/// That a file is named as a part of a signature does not make content of it that nobody signed.
#[test]
fn content_is_no_part_of_a_signature() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let qr = "Doc_0/Res/qr.png".to_owned();
    draft.sign(&Signing { omit: vec![qr], ..Signing::default() });
    draft.sign(&Signing::default());
    draft.replace(
        "Doc_0/Signs/Sign_1/Signature.xml",
        "/Doc_0/Signs/Sign_1/Seal.esl</ofd:BaseLoc>",
        "/Doc_0/Res/qr.png</ofd:BaseLoc>",
    );
    let report = check(&world, &draft.write());
    let first = report.signatures().next().unwrap();
    assert_eq!(first.verdict(), failed(OfdReason::ContentUncovered), "{}", shown(&report));
}

/// Two documents in one container, each with its own signatures, answer each for itself; a file of both is for both.
#[test]
fn documents_answer_each_for_itself() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let body = "<ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot><ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>";
    draft.replace("OFD.xml", "</ofd:OFD>", body);
    let shared = r#"<Document xmlns="http://www.ofdspec.org/2016"><PublicRes>/Doc_0/PublicRes.xml</PublicRes></Document>"#;
    draft.put("Doc_1/Document.xml", shared);
    draft.sign(&Signing::default());
    let report = check(&world, &draft.write());
    assert_eq!((report.documents().len(), report.verdict()), (2, OfdVerdict::Passed), "{}", shown(&report));

    let mut draft = Draft::new(&world);
    draft.replace("OFD.xml", "</ofd:OFD>", body);
    draft.put("Doc_1/Document.xml", shared);
    draft.sign(&Signing { omit: vec!["Doc_1/Document.xml".into()], ..Signing::default() });
    let report = check(&world, &draft.write());
    let verdicts: Vec<_> = report.documents().iter().map(boyin_ofd::DocumentReport::verdict).collect();
    assert_eq!(verdicts, [OfdVerdict::Passed, failed(OfdReason::ContentUncovered)]);
    assert_eq!(report.verdict(), failed(OfdReason::ContentUncovered));
}
