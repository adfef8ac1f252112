//! One document for each reason, which only that check refuses.

use boyin_ofd::{Cause, OfdOutcome, OfdReason, OfdReport};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, EntryByHand, Form, Signing, container};
use boyin_testkit::reasons::{Row, compare, table};
use boyin_testkit::seals::SealWorld;

use boyin_verify::UnixTime;

use crate::{check, shown};

/// An instant before weak digests were given up.
fn early() -> UnixTime {
    UnixTime::new(1_577_836_800).unwrap()
}

const LIST: &str = "Doc_0/Signs/Signatures.xml";
const DESCRIPTION: &str = "Doc_0/Signs/Sign_0/Signature.xml";
const SEAL: &str = "Doc_0/Signs/Sign_0/Seal.esl";
const PICTURE: &str = "Doc_0/Res/qr.png";

fn sealed<'w>(world: &'w SealWorld, signing: &Signing) -> Draft<'w> {
    let mut draft = Draft::new(world);
    draft.sign(signing);
    draft
}

/// A sealed document, changed; `again` signs the changed description.
fn changed(world: &SealWorld, signing: &Signing, again: bool, change: impl Fn(&mut Draft<'_>)) -> Vec<u8> {
    let mut draft = sealed(world, signing);
    change(&mut draft);
    if again {
        draft.sign_again(0, signing);
    }
    draft.write()
}

/// A sealed document with one odd entry more, or in place of the last.
fn with_entry(world: &SealWorld, entry: EntryByHand) -> Vec<u8> {
    let draft = sealed(world, &Signing::default());
    let mut all: Vec<_> = draft.files.iter().map(|(name, bytes)| EntryByHand::new(name, bytes)).collect();
    all.push(entry);
    container(&all)
}

fn omitting(name: &str) -> Signing {
    Signing { omit: vec![name.to_owned()], ..Signing::default() }
}

fn digital(form: Form) -> Signing {
    Signing { form, kind: "Sign", with_seal_file: false, ..Signing::default() }
}

/// Complete because the compiler says so.
fn document(world: &SealWorld, reason: OfdReason) -> Vec<u8> {
    let plain = Signing::default();
    let entry = |name: &str| EntryByHand::new(name, b"bytes");
    let reference = r#"FileRef="/Doc_0/Document.xml""#;
    match reason {
        OfdReason::TooLarge => with_entry(world, entry(&"a".repeat(513))),
        OfdReason::NotContainer => b"%PDF-1.7".to_vec(),
        OfdReason::ContainerAmbiguous => {
            with_entry(world, EntryByHand { gap: b"more".to_vec(), ..entry("a") })
        }
        OfdReason::Encrypted => with_entry(world, EntryByHand { flags: 1, ..entry("a") }),
        OfdReason::EntryDamaged => with_entry(world, EntryByHand { packed: Some(vec![0xff]), ..entry("a") }),
        OfdReason::NameUnsafe => with_entry(world, entry("../a")),
        OfdReason::NameRepeated => with_entry(world, entry("ofd.XML")),
        OfdReason::StructureMalformed => changed(world, &plain, false, |draft| draft.put(LIST, "<a/>")),
        OfdReason::PartMissing => {
            changed(world, &plain, false, |d| d.files.retain(|(name, _)| name != "OFD.xml"))
        }
        OfdReason::LocationUnsafe => {
            let mut draft = Draft::new(world);
            draft.replace("Doc_0/Document.xml", "PublicRes.xml", "../../PublicRes.xml");
            draft.sign(&plain);
            draft.write()
        }
        OfdReason::ContentMalformed => {
            let mut draft = Draft::new(world);
            draft.put("Doc_0/Annots/Page_0/Annotation.xml", "<!DOCTYPE a><a/>");
            draft.sign(&plain);
            draft.write()
        }
        OfdReason::ContentMissing => {
            changed(world, &omitting(PICTURE), false, |d| d.files.retain(|(name, _)| name != PICTURE))
        }
        OfdReason::NotSigned => Draft::new(world).write_without_list(),
        OfdReason::SignaturesDetached => changed(world, &omitting("OFD.xml"), false, |draft| {
            draft.replace("OFD.xml", "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>", "");
        }),
        OfdReason::SignatureMalformed => {
            changed(world, &plain, true, |draft| draft.replace(DESCRIPTION, "Boundary", "Bounds"))
        }
        OfdReason::SignaturePartMissing => {
            changed(world, &omitting(SEAL), false, |draft| draft.files.retain(|(name, _)| name != SEAL))
        }
        OfdReason::DigestWeak => sealed(world, &Signing { check_method: "MD5", ..plain }).write(),
        OfdReason::DigestOld => {
            let at = early().plus(60);
            sealed(world, &Signing { check_method: "MD5", at, ..digital(Form::Detached) }).write()
        }
        OfdReason::DigestUnknown => sealed(world, &Signing { check_method: "SM4", ..plain }).write(),
        OfdReason::ReferenceUnsafe => changed(world, &plain, true, |draft| {
            let more =
                format!(r#"FileRef="/../a"><ofd:CheckValue/></ofd:Reference><ofd:Reference {reference}"#);
            draft.replace(DESCRIPTION, reference, &more);
        }),
        OfdReason::ReferenceRepeated => changed(world, &plain, true, |draft| {
            let text = draft.text(DESCRIPTION);
            let from = text.find(r#"<ofd:Reference FileRef="/OFD.xml""#).unwrap();
            let until = from + text[from..].find("</ofd:Reference>").unwrap() + "</ofd:Reference>".len();
            let one = text[from..until].to_owned();
            draft.replace(DESCRIPTION, &one, &one.repeat(2));
        }),
        OfdReason::ReferenceMissing => changed(world, &plain, true, |draft| {
            let more =
                format!(r#"FileRef="/none"><ofd:CheckValue/></ofd:Reference><ofd:Reference {reference}"#);
            draft.replace(DESCRIPTION, reference, &more);
        }),
        OfdReason::ReferenceMismatch => {
            changed(world, &plain, false, |draft| draft.put("Doc_0/Res/qr.png", "another code"))
        }
        OfdReason::BrokenByLater => {
            let mut draft = sealed(world, &Signing { whole: true, ..plain.clone() });
            draft.sign(&plain);
            draft.write()
        }
        OfdReason::ContentUncovered => sealed(world, &omitting("Doc_0/Res/qr.png")).write(),
        OfdReason::EntryUnreferenced => changed(world, &plain, false, |draft| draft.put("a.exe", "MZ")),
        OfdReason::RootUncovered => sealed(world, &omitting("OFD.xml")).write(),
        OfdReason::SealFileDiffers => changed(world, &omitting(SEAL), false, |draft| draft.put(SEAL, "seal")),
        OfdReason::SealUnbound => {
            sealed(world, &Signing { with_seal_file: true, ..digital(Form::Detached) }).write()
        }
        OfdReason::ValueUnknown => changed(world, &digital(Form::Bare), false, |draft| {
            draft.put("Doc_0/Signs/Sign_0/SignedValue.dat", "signed");
        }),
        OfdReason::ValueBare => sealed(world, &digital(Form::Bare)).write(),
    }
}

fn causes(report: &OfdReport) -> Vec<Cause> {
    let of_documents = report.documents().iter().flat_map(boyin_ofd::DocumentReport::checks);
    let of_signatures = report.signatures().flat_map(boyin_ofd::SignatureReport::checks);
    let all = report.checks().chain(of_documents).chain(of_signatures);
    all.filter_map(|(_, outcome)| match outcome {
        OfdOutcome::NotPassed(cause, _) => Some(*cause),
        OfdOutcome::Passed | OfdOutcome::Skipped => None,
    })
    .collect()
}

#[test]
fn every_reason_has_a_document_that_only_it_refuses() {
    let (recent, early) = (SealWorld::new(Algorithm::Sm2), SealWorld::from(Algorithm::Sm2, early()));
    let mut rows = Vec::new();
    for reason in OfdReason::ALL {
        let world = if *reason == OfdReason::DigestOld { &early } else { &recent };
        let report = check(world, &document(world, *reason));
        let cause = Cause::Ofd(*reason);
        assert_eq!(report.verdict().reason(), Some(cause), "{}", shown(&report));
        assert_eq!(report.verdict().code() == "indeterminate", reason.is_indeterminate());
        // Beside a file that cannot be followed, what is behind it is not reached.
        let alone = !matches!(reason, OfdReason::LocationUnsafe | OfdReason::ContentMalformed);
        let causes = causes(&report);
        assert!(!alone || causes == [cause], "{reason:?}: {causes:?}");
        let (info, is_open, by) = (reason.info(), reason.is_indeterminate(), format!("`{reason:?}`"));
        rows.push(Row { info, is_open, by, checks: Vec::new(), cases: 1 });
    }
    let test = boyin_testkit::test_name!(every_reason_has_a_document_that_only_it_refuses);
    compare("documents", &table(test, &rows));
}
