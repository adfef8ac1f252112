//! A sealed document, changed in every way; each change is refused for its own reason.

use boyin_ofd::limits::MAX_SIGNATURES;
use boyin_ofd::{Cause, OfdReason, OfdVerdict};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, EntryByHand, Signing, container};
use boyin_testkit::seals::SealWorld;
use boyin_verify::seal::SealReason;

use crate::{check, failed, shown, verdict};

const LIST: &str = "Doc_0/Signs/Signatures.xml";
const DESCRIPTION: &str = "Doc_0/Signs/Sign_0/Signature.xml";
const VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";
const SEAL: &str = "Doc_0/Signs/Sign_0/Seal.esl";

fn sealed(world: &SealWorld, whole: bool) -> Draft<'_> {
    let mut draft = Draft::new(world);
    draft.sign(&Signing { whole, ..Signing::default() });
    assert_eq!(verdict(world, &draft.write()), OfdVerdict::Passed);
    draft
}

fn names(draft: &Draft<'_>) -> Vec<String> {
    draft.files.iter().map(|(name, _)| name.clone()).collect()
}

/// A blank more: the document of XML is the same, its bytes are not.
#[test]
fn every_entry_is_changed() {
    let world = SealWorld::new(Algorithm::Sm2);
    for whole in [false, true] {
        let draft = sealed(&world, whole);
        for name in names(&draft) {
            let mut changed = draft.clone();
            let mut bytes = changed.get(&name).to_vec();
            bytes.push(b'\n');
            changed.put(&name, bytes);
            let expected = match name.as_str() {
                // Nothing covers the list, so that signatures can follow.
                LIST if !whole => OfdVerdict::Passed,
                DESCRIPTION => OfdVerdict::Failed(Cause::Seal(SealReason::DocumentMismatch)),
                VALUE => OfdVerdict::Failed(Cause::Seal(SealReason::Malformed)),
                _ => failed(OfdReason::ReferenceMismatch),
            };
            let report = check(&world, &changed.write());
            assert_eq!(report.verdict(), expected, "{name}: {}", shown(&report));
        }
    }
}

#[test]
fn every_entry_is_removed() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = sealed(&world, true);
    for name in names(&draft) {
        let mut changed = draft.clone();
        changed.files.retain(|(known, _)| *known != name);
        let expected = match name.as_str() {
            "OFD.xml" | "Doc_0/Document.xml" | LIST => OfdReason::PartMissing,
            DESCRIPTION | VALUE | SEAL => OfdReason::SignaturePartMissing,
            _ => OfdReason::ReferenceMissing,
        };
        let report = check(&world, &changed.write());
        assert_eq!(report.verdict(), failed(expected), "{name}: {}", shown(&report));
    }
}

#[test]
fn every_entry_is_renamed() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = sealed(&world, true);
    for (place, name) in names(&draft).into_iter().enumerate() {
        let mut changed = draft.clone();
        changed.files[place].0.push('x');
        let expected = match name.as_str() {
            "OFD.xml" | "Doc_0/Document.xml" | LIST => OfdReason::PartMissing,
            DESCRIPTION | VALUE | SEAL => OfdReason::SignaturePartMissing,
            _ => OfdReason::ReferenceMissing,
        };
        assert_eq!(verdict(&world, &changed.write()), failed(expected), "{name}");
    }
}

#[test]
fn every_entry_is_there_twice() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = sealed(&world, false);
    let entries: Vec<_> = draft.files.iter().map(|(name, bytes)| EntryByHand::new(name, bytes)).collect();
    for entry in &entries {
        for first in [true, false] {
            let mut all = entries.clone();
            let other = EntryByHand { bytes: b"other".to_vec(), ..entry.clone() };
            all.insert(if first { 0 } else { all.len() }, other);
            assert_eq!(verdict(&world, &container(&all)), failed(OfdReason::NameRepeated));
        }
        let mut all = entries.clone();
        let name = entry.name.to_ascii_uppercase();
        all.push(EntryByHand { name, ..entry.clone() });
        assert_eq!(verdict(&world, &container(&all)), failed(OfdReason::NameRepeated));
    }
}

#[test]
fn two_entries_are_exchanged() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = sealed(&world, false);
    let exchange = |first: &str, second: &str| {
        let mut changed = draft.clone();
        changed.put(first, draft.get(second).to_vec());
        changed.put(second, draft.get(first).to_vec());
        verdict(&world, &changed.write())
    };
    let mismatch = failed(OfdReason::ReferenceMismatch);
    assert_eq!(exchange("Doc_0/Tpls/Tpl_0/Content.xml", "Doc_0/Annots/Page_0/Annotation.xml"), mismatch);
    assert_eq!(exchange(VALUE, SEAL), mismatch);
    assert_eq!(exchange(VALUE, DESCRIPTION), failed(OfdReason::SignatureMalformed));
    assert_eq!(exchange(LIST, DESCRIPTION), failed(OfdReason::StructureMalformed));
}

#[test]
fn something_is_added() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = sealed(&world, true);
    for (name, expected) in [
        ("Doc_0/Pages/Page_2/Content.xml", OfdReason::EntryUnreferenced),
        ("smuggled.exe", OfdReason::EntryUnreferenced),
        ("Doc_0/Signs/Sign_1/Signature.xml", OfdReason::EntryUnreferenced),
        // From the folder one file, from the root another.
        ("Doc_0/Signs/Sign_0/Doc_0/Document.xml", OfdReason::EntryUnreferenced),
    ] {
        let mut changed = draft.clone();
        changed.put(name, "added");
        assert_eq!(verdict(&world, &changed.write()), failed(expected), "{name}");
    }
    // What the document names and did not have when it was sealed.
    let mut draft = Draft::new(&world);
    draft.files.retain(|(name, _)| name != "Doc_0/Res/qr.png");
    draft.sign(&Signing::default());
    assert_eq!(verdict(&world, &draft.write()), OfdVerdict::Passed);
    draft.put("Doc_0/Res/qr.png", "another code");
    assert_eq!(verdict(&world, &draft.write()), failed(OfdReason::ContentUncovered));
}

#[test]
fn an_annotation_is_added() {
    let world = SealWorld::new(Algorithm::Sm2);
    // Where the list of annotations is not covered, the annotation is found; where it is, the list.
    for (omit, expected) in [
        (vec!["Doc_0/Annots/Annotations.xml".to_owned()], OfdReason::ContentUncovered),
        (Vec::new(), OfdReason::ReferenceMismatch),
    ] {
        let mut draft = Draft::new(&world);
        draft.sign(&Signing { omit, ..Signing::default() });
        draft.replace(
            "Doc_0/Annots/Annotations.xml",
            "</ofd:Annotations>",
            r#"<ofd:Page PageID="2"><ofd:FileLoc>Page_1/Annotation.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>"#,
        );
        draft.put("Doc_0/Annots/Page_1/Annotation.xml", "<Annot/>");
        assert_eq!(verdict(&world, &draft.write()), failed(expected));
    }
}

#[test]
fn a_version_is_attached() {
    let world = SealWorld::new(Algorithm::Sm2);
    let attach = |draft: &mut Draft<'_>| {
        let versions = r#"</ofd:DocRoot><ofd:Versions><ofd:Version ID="2" Index="2" Current="true" BaseLoc="Doc_0/Versions/V.xml"/></ofd:Versions>"#;
        draft.replace("OFD.xml", "</ofd:DocRoot>", versions);
        let ofd = r#"xmlns:ofd="http://www.ofdspec.org/2016""#;
        let version = format!(
            "<ofd:DocVersion {ofd}><ofd:DocRoot>/Doc_0/Document_1.xml</ofd:DocRoot></ofd:DocVersion>"
        );
        draft.put("Doc_0/Versions/V.xml", version);
        draft.put("Doc_0/Document_1.xml", draft.get("Doc_0/Document.xml").to_vec());
    };
    let mut draft = sealed(&world, false);
    attach(&mut draft);
    assert_eq!(verdict(&world, &draft.write()), failed(OfdReason::ReferenceMismatch));
    // A seal that leaves `OFD.xml` open does not pass by itself, and with the version is refused.
    let mut draft = Draft::new(&world);
    draft.sign(&Signing { omit: vec!["OFD.xml".into()], ..Signing::default() });
    assert_eq!(verdict(&world, &draft.write()), crate::open(OfdReason::RootUncovered));
    attach(&mut draft);
    let report = check(&world, &draft.write());
    assert_eq!(report.verdict(), failed(OfdReason::ContentUncovered));
    assert_eq!(report.documents()[0].versions(), 1);
    // Signed with its versions, a document passes.
    let mut draft = Draft::new(&world);
    attach(&mut draft);
    draft.sign(&Signing::default());
    assert_eq!(verdict(&world, &draft.write()), OfdVerdict::Passed);
}

#[test]
fn another_root_is_shown() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing { omit: vec!["OFD.xml".into()], ..Signing::default() });
    draft.replace("OFD.xml", "Doc_0/Document.xml", "Doc_0/Other.xml");
    draft.put("Doc_0/Other.xml", draft.get("Doc_0/Document.xml").to_vec());
    assert_eq!(verdict(&world, &draft.write()), failed(OfdReason::ContentUncovered));
}

#[test]
fn a_second_document_is_added() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing { omit: vec!["OFD.xml".into()], ..Signing::default() });
    let body = "<ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>";
    draft.replace("OFD.xml", "</ofd:OFD>", body);
    draft.put("Doc_1/Document.xml", r#"<Document xmlns="http://www.ofdspec.org/2016"/>"#);
    let report = check(&world, &draft.write());
    assert_eq!(report.verdict(), failed(OfdReason::NotSigned), "{}", shown(&report));
    // The first is what it was: the files of the second are not for its signature to answer for.
    assert_eq!(report.documents()[0].verdict(), crate::open(OfdReason::RootUncovered));
}

#[test]
fn signatures_are_taken_out() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = sealed(&world, false);
    let mut changed = draft.clone();
    changed.replace("OFD.xml", "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>", "");
    assert_eq!(verdict(&world, &changed.write()), failed(OfdReason::SignaturesDetached));
    let mut changed = draft.clone();
    changed.put(LIST, r#"<Signatures xmlns="http://www.ofdspec.org/2016"/>"#);
    assert_eq!(verdict(&world, &changed.write()), failed(OfdReason::SignaturesDetached));
    changed.files.retain(|(name, _)| !name.starts_with("Doc_0/Signs/Sign_"));
    assert_eq!(verdict(&world, &changed.write()), failed(OfdReason::NotSigned));
}

#[test]
fn references_are_redirected() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = sealed(&world, false);
    let page = r#"FileRef="/Doc_0/Document.xml""#;
    for (new, expected) in [
        (r#"FileRef="/../Document.xml""#, OfdReason::ReferenceUnsafe),
        (r#"FileRef="/Doc_0\Document.xml""#, OfdReason::ReferenceUnsafe),
        (r#"FileRef="""#, OfdReason::ReferenceUnsafe),
        (r#"FileRef="/Doc_0/None.xml""#, OfdReason::ReferenceMissing),
        (r#"FileRef="/Doc_0/PublicRes.xml""#, OfdReason::ReferenceRepeated),
        (r#"FileRef="/Doc_0/./PublicRes.xml""#, OfdReason::ReferenceRepeated),
        (r#"FileRef="/Doc_0/Signs/Sign_0/SignedValue.dat""#, OfdReason::ReferenceMismatch),
    ] {
        let mut changed = draft.clone();
        changed.replace(DESCRIPTION, page, new);
        // The signer signs that: only the reference itself is at fault.
        changed.sign_again(0, &Signing::default());
        assert_eq!(verdict(&world, &changed.write()), failed(expected), "{new}");
        // Nobody signed it.
        let mut changed = draft.clone();
        changed.replace(DESCRIPTION, page, new);
        assert!(matches!(verdict(&world, &changed.write()), OfdVerdict::Failed(_)));
    }
    // From the folder of the signature one file, from the root another.
    let mut changed = Draft::new(&world);
    changed.put("Doc_0/Signs/Sign_0/OFD.xml", "x");
    changed.sign(&Signing { relative: true, ..Signing::default() });
    assert_eq!(verdict(&world, &changed.write()), failed(OfdReason::ReferenceUnsafe));
}

#[test]
fn parts_of_two_signatures_are_exchanged() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing { with_seal_file: false, ..Signing::default() });
    draft.sign(&Signing { with_seal_file: false, stamps: String::new(), ..Signing::default() });
    assert_eq!(verdict(&world, &draft.write()), OfdVerdict::Passed);
    let second = |name: &str| name.replace("Sign_0", "Sign_1");
    for (name, expected) in [
        (VALUE, OfdVerdict::Failed(Cause::Seal(SealReason::DocumentMismatch))),
        // Each value is found under the path in its description, so both move together; the paths are told by a note.
        (DESCRIPTION, OfdVerdict::Passed),
    ] {
        let mut changed = draft.clone();
        changed.put(name, draft.get(&second(name)).to_vec());
        changed.put(&second(name), draft.get(name).to_vec());
        assert_eq!(verdict(&world, &changed.write()), expected, "{name}");
    }
}

#[test]
fn locations_of_the_signature_lead_astray() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = sealed(&world, false);
    for (file, old, new, expected) in [
        ("OFD.xml", "/Doc_0/Signs/Signatures.xml", "/../Signatures.xml", OfdReason::LocationUnsafe),
        ("OFD.xml", "/Doc_0/Signs/Signatures.xml", "/Doc_0/None.xml", OfdReason::PartMissing),
        (LIST, "/Doc_0/Signs/Sign_0/", "/Doc_0/Signs/Sign_9/", OfdReason::SignaturePartMissing),
        (LIST, "/Doc_0/Signs/Sign_0/", "/../", OfdReason::LocationUnsafe),
        (DESCRIPTION, "/Doc_0/Signs/Sign_0/SignedValue.dat", "/../v", OfdReason::LocationUnsafe),
        (DESCRIPTION, "/Doc_0/Signs/Sign_0/SignedValue.dat", "v", OfdReason::SignaturePartMissing),
        (
            DESCRIPTION,
            "<ofd:SignedValue>",
            "<ofd:Other>a</ofd:Other><ofd:SignedValue>",
            OfdReason::ReferenceMismatch,
        ),
    ] {
        let mut changed = draft.clone();
        changed.replace(file, old, new);
        let found = verdict(&world, &changed.write());
        if expected == OfdReason::ReferenceMismatch {
            // Another byte of the description, and nothing else.
            assert_eq!(found, OfdVerdict::Failed(Cause::Seal(SealReason::DocumentMismatch)));
        } else {
            assert_eq!(found, failed(expected), "{file} {new}");
        }
    }
    let mut changed = draft.clone();
    changed.replace(LIST, "<ofd:Signature ", "<!DOCTYPE x><ofd:Signature ");
    assert_eq!(verdict(&world, &changed.write()), failed(OfdReason::StructureMalformed));
    let mut changed = draft;
    changed.put("Doc_0/Document.xml", "<!DOCTYPE x><Document/>");
    assert_eq!(verdict(&world, &changed.write()), failed(OfdReason::ContentMalformed));
}

#[test]
fn a_signature_is_listed_twice() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = sealed(&world, false);
    let again = r#"<ofd:Signature ID="7" BaseLoc="/Doc_0/Signs/Sign_0/./Signature.xml"/></ofd:Signatures>"#;
    draft.replace(LIST, "</ofd:Signatures>", again);
    assert_eq!(verdict(&world, &draft.write()), failed(OfdReason::StructureMalformed));
}

/// All documents of a container together have so many signatures.
#[test]
fn signatures_are_bounded_over_all_documents() {
    let world = SealWorld::new(Algorithm::Sm2);
    for (count, fits) in [(MAX_SIGNATURES / 2, true), (MAX_SIGNATURES / 2 + 1, false)] {
        let mut draft = Draft::new(&world);
        let body = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>";
        draft.replace("OFD.xml", "</ofd:OFD>", body);
        draft.put(LIST, list_of(count));
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

#[test]
fn another_seal_is_shown() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    // The seal beside is not covered, so that only the comparison finds it.
    draft.sign(&Signing { omit: vec![SEAL.into()], ..Signing::default() });
    assert_eq!(verdict(&world, &draft.write()), OfdVerdict::Passed);
    let other = boyin_model::seal::SealInfo { name: "另一枚印章", ..world.info() };
    draft.put(SEAL, world.seal(&other));
    assert_eq!(verdict(&world, &draft.write()), failed(OfdReason::SealFileDiffers));
}
