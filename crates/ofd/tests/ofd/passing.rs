use boyin_issue::seal::{Sealing, seal};
use boyin_model::register::Period;
use boyin_model::seal::{Picture, SealInfo};
use boyin_ofd::limits::{MAX_DOCUMENTS, MAX_FACE_NAME_CHARS, MAX_FACE_PICTURE_BYTES};
use boyin_ofd::{
    Cause, DocumentReport, OfdNote, OfdReason, OfdVerdict, OfdVerifier, Protection, SignatureKind,
    SignatureReport, ValueReport,
};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, EntryByHand, Form, Signing, container};
use boyin_testkit::prefecture::{now, since};
use boyin_testkit::seals::{SealWorld, context, register};
use boyin_verify::Reader;
use boyin_verify::seal::{Profile, SealContext, SealReason};

use crate::{check, open, shown};

const FORMS: [Form; 5] = [Form::Seal, Form::SealV1, Form::SealV5, Form::Attached, Form::Detached];

/// A form with the seal beside it where there is one.
fn signing(form: Form) -> Signing {
    let is_seal = matches!(form, Form::Seal | Form::SealV1 | Form::SealV5);
    let kind = if is_seal { "Seal" } else { "Sign" };
    Signing { form, kind, with_seal_file: is_seal, ..Signing::default() }
}

#[test]
fn every_form_of_signature_passes() {
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        for form in FORMS {
            for (whole, relative) in [(false, false), (true, true)] {
                let mut draft = Draft::new(&world);
                draft.sign(&Signing { whole, relative, ..signing(form) });
                let report = check(&world, &draft.write());
                assert_eq!(report.verdict(), OfdVerdict::Passed, "{form:?} {whole}: {}", shown(&report));
                let signature = report.signatures().next().unwrap();
                let expected = if whole { Protection::Whole } else { Protection::Continued };
                assert_eq!(signature.protection(), Some(expected));
                assert!(signature.notes().is_empty(), "{:?}", signature.notes());
                assert!(signature.signed_at().is_some() || form == Form::Attached);
                let is_seal = signature.kind() == SignatureKind::Seal;
                let document = &report.documents()[0];
                assert_eq!(document.seals().count(), usize::from(is_seal));
                assert_eq!(document.notes().contains(&OfdNote::NoSeal), !is_seal);
                if let Some(ValueReport::SignedData(signed)) = signature.value() {
                    assert_eq!(signed.signer(), Some(world.signer.1.as_slice()));
                    assert!(shown(&report).contains(r#""certificate":"sha-256:"#));
                }
                assert_eq!(is_seal, signing(form).kind == "Seal");
                assert!(report.into_verified().is_ok());
            }
        }
    }
}

#[test]
fn every_place_and_spelling_passes() {
    let world = SealWorld::new(Algorithm::Sm2);
    for check_method in ["SM3", "sm3", "1.2.156.10197.1.401", "SHA-256", "2.16.840.1.101.3.4.2.1"] {
        let mut draft = Draft::new(&world);
        draft.sign(&Signing { check_method, with_seal_file: false, ..Signing::default() });
        let report = check(&world, &draft.write());
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{check_method}: {}", shown(&report));
    }
    // The value under the name that some writers give it.
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    draft.replace("Doc_0/Signs/Sign_0/Signature.xml", "SignedValue.dat", "SignValue.dat");
    draft.sign_again(0, &Signing::default());
    let value = draft.files.iter_mut().find(|(name, _)| name == "Doc_0/Signs/Sign_0/SignedValue.dat");
    value.unwrap().0 = "Doc_0/Signs/Sign_0/SignValue.dat".into();
    let report = check(&world, &draft.write());
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    // The list in the folder of the document, named from the root without a slash; its signature named from that folder.
    let mut draft = Draft::new(&world);
    draft.sign(&Signing { kind: "", ..Signing::default() });
    let (name, list) = ("Doc_0/Signs/Signatures.xml", "Doc_0/Signatures.xml");
    draft.replace(name, "/Doc_0/Signs/Sign_0", "Signs/Sign_0");
    let place = draft.files.iter().position(|(known, _)| known == name).unwrap();
    draft.files[place].0 = list.into();
    draft.replace("OFD.xml", &format!("/{name}"), list);
    // `OFD.xml` was covered: sign anew what it says now.
    let signed = draft.text("Doc_0/Signs/Sign_0/Signature.xml").to_owned();
    let digest = |bytes: &[u8]| {
        boyin_model::b64::encode_padded(&boyin_model::alg::VerifyAlg::digest(&boyin_suite::SM2_SM3, &[bytes]))
    };
    let mut other = Draft::new(&world);
    other.sign(&Signing::default());
    let (before, after) = (digest(other.get("OFD.xml")), digest(draft.get("OFD.xml")));
    assert!(signed.contains(&before));
    draft.replace("Doc_0/Signs/Sign_0/Signature.xml", &before, &after);
    draft.sign_again(0, &Signing::default());
    let report = check(&world, &draft.write());
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
}

/// A container of as many documents as there may be, each with a page and an attachment of its own, under one seal; a list names it
/// for some of them, another list for the others.
#[test]
fn documents_in_one_container_pass_together() {
    let world = SealWorld::new(Algorithm::Sm2);
    let xmlns = r#"xmlns:ofd="http://www.ofdspec.org/2016""#;
    let (list, other) = ("Doc_0/Signs/Signatures.xml", "Doc_1/Signatures.xml");
    let made = |signing: &Signing| {
        let mut draft = Draft::new(&world);
        for nth in 1..MAX_DOCUMENTS {
            let list = if nth % 2 == 0 { list } else { other };
            let body = format!(
                "<ofd:DocBody><ofd:DocRoot>Doc_{nth}/Document.xml</ofd:DocRoot><ofd:Signatures>/{list}</ofd:Signatures></ofd:DocBody></ofd:OFD>"
            );
            draft.replace("OFD.xml", "</ofd:OFD>", &body);
            let root = format!(
                r#"<ofd:Document {xmlns}><ofd:Pages><ofd:Page ID="1" BaseLoc="Page.xml"/></ofd:Pages><ofd:Attachments>A.xml</ofd:Attachments></ofd:Document>"#
            );
            draft.put(&format!("Doc_{nth}/Document.xml"), root);
            draft.put(&format!("Doc_{nth}/Page.xml"), format!("<ofd:Page {xmlns}/>"));
            let attachments = format!(
                "<ofd:Attachments {xmlns}><ofd:Attachment><ofd:FileLoc>{nth}.txt</ofd:FileLoc></ofd:Attachment></ofd:Attachments>"
            );
            draft.put(&format!("Doc_{nth}/A.xml"), attachments);
            draft.put(&format!("Doc_{nth}/{nth}.txt"), format!("{nth}"));
        }
        draft.sign(signing);
        draft.put(other, draft.get(list).to_vec());
        draft
    };
    let report = check(&world, &made(&Signing::default()).write());
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    let pages: Vec<_> = report.documents().iter().map(DocumentReport::pages).collect();
    assert_eq!((pages.len(), pages[0], &pages[1..]), (MAX_DOCUMENTS, 2, &[1; MAX_DOCUMENTS - 1][..]));
    assert!(report.documents().iter().all(|document| document.seals().count() == 1));
    let verified = report.into_verified().unwrap();
    let attached = verified.contents().map(|contents| contents.attachments[0].entry.clone());
    let expected = (1..MAX_DOCUMENTS).map(|nth| format!("Doc_{nth}/{nth}.txt"));
    assert_eq!(
        attached.collect::<Vec<_>>(),
        ["Doc_0/Attachs/data.xml".to_owned()].into_iter().chain(expected).collect::<Vec<_>>()
    );
    // What one of them lacks leaves that one open, and with it the container.
    let mut lacking = made(&Signing { omit: vec!["Doc_7/Page.xml".to_owned()], ..Signing::default() });
    lacking.files.retain(|(name, _)| name != "Doc_7/Page.xml");
    let report = check(&world, &lacking.write());
    for (nth, document) in report.documents().iter().enumerate() {
        let expected = if nth == 7 { open(OfdReason::ContentMissing) } else { OfdVerdict::Passed };
        assert_eq!(document.verdict(), expected, "{nth}: {}", shown(&report));
    }
    assert_eq!(report.verdict(), open(OfdReason::ContentMissing));
}

#[test]
fn folders_and_stored_entries_pass() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let mut entries = vec![EntryByHand::new("Doc_0/", b""), EntryByHand::new("Doc_0/Signs/", b"")];
    let stored =
        |(name, bytes): &(String, Vec<u8>)| EntryByHand { method: Some(0), ..EntryByHand::new(name, bytes) };
    entries.extend(draft.files.iter().map(stored));
    assert_eq!(check(&world, &container(&entries)).verdict(), OfdVerdict::Passed);
}

#[test]
fn what_is_worth_knowing_is_noted() {
    let world = SealWorld::new(Algorithm::Sm2);
    let stamp = |page: u8, clip: &str| {
        format!(r#"<ofd:StampAnnot ID="{page}" PageRef="{page}" Boundary="1 2 3 4"{clip}/>"#)
    };
    let riding = [stamp(1, r#" Clip="0 0 1 4""#), stamp(2, r#" Clip="1 0 2 4""#)].concat();
    let cases = [
        (Signing { kind: "Sign", ..Signing::default() }, OfdNote::KindDiffers),
        (Signing { stamps: stamp(7, ""), ..Signing::default() }, OfdNote::StampOffPage),
        (Signing { stamps: riding, ..Signing::default() }, OfdNote::RidingStamp),
    ];
    for (signing, note) in cases {
        let mut draft = Draft::new(&world);
        draft.sign(&signing);
        let report = check(&world, &draft.write());
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
        assert_eq!(report.signatures().next().unwrap().notes(), [note]);
    }
    // A part of one page is no edge of several.
    let stamps = stamp(1, r#" Clip="0 0 1 4""#) + &stamp(2, "");
    let mut draft = Draft::new(&world);
    draft.sign(&Signing { stamps, ..Signing::default() });
    let report = check(&world, &draft.write());
    assert!(report.signatures().next().unwrap().notes().is_empty());
    // A file that not every program finds.
    let mut draft = Draft::new(&world);
    draft.replace("Doc_0/PublicRes.xml", "a.ttf", "A.TTF");
    draft.sign(&Signing::default());
    let report = check(&world, &draft.write());
    assert_eq!(report.verdict(), OfdVerdict::Passed);
    assert_eq!(report.documents()[0].notes(), [OfdNote::NameCase]);
}

/// The trust list of the prefecture is asked for the seal, as it is for a seal alone.
#[test]
fn the_register_is_asked() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let (bytes, store) = (draft.write(), world.store());
    let seal = world.seal(&world.info());
    let in_use = [Period { from: since(), until: None }];
    for (seals, expected) in [
        (&[(&seal[..], &in_use[..])][..], OfdVerdict::Passed),
        (&[], OfdVerdict::Indeterminate(Cause::Seal(SealReason::NotRegistered))),
        (&[(&seal[..], &[][..])], OfdVerdict::Failed(Cause::Seal(SealReason::NotInForce))),
    ] {
        let list = register(Algorithm::Sm2, seals);
        let context = SealContext { now: now(), certificates: &store, register: Some(&list) };
        for reader in [Reader::Ours, Reader::Field] {
            let report = crate::judged(OfdVerifier::new(reader), &bytes, &context);
            assert_eq!(report.verdict(), expected, "{}", shown(&report));
        }
    }
}

/// A profile that is given is that of every seal.
#[test]
fn a_profile_is_applied() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let store = world.store();
    for profile in Profile::all() {
        let verifier = OfdVerifier::new(Reader::Field).with_profile(profile);
        let report = crate::judged(verifier, &draft.write(), &context(&store, now()));
        let Some(ValueReport::Seal(seal)) = report.signatures().next().unwrap().value() else {
            panic!("a seal")
        };
        assert_eq!(seal.profile(), profile);
    }
}

/// A signature of one place in the container, moved to another one: what it covers is the same, so it holds, and that is noted.
#[test]
fn another_property_is_noted() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let signing = Signing { with_seal_file: false, ..Signing::default() };
    draft.sign(&signing);
    for (name, _) in &mut draft.files {
        if name == "Doc_0/Signs/Sign_0/Signature.xml" {
            *name = "Doc_0/Signs/Sign_7/Signature.xml".into();
        }
    }
    draft.replace("Doc_0/Signs/Signatures.xml", "Sign_0", "Sign_7");
    let report = check(&world, &draft.write());
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    assert_eq!(report.signatures().next().unwrap().notes(), [OfdNote::PropertyDiffers]);
}

/// Sizes are those of the page, else of the document; one without a surface, or of something else, is none.
#[test]
fn pages_with_stamps_have_sizes() {
    let world = SealWorld::new(Algorithm::Sm2);
    let area = |size: &str| format!("<ofd:Area><ofd:PhysicalBox>0 0 {size}</ofd:PhysicalBox></ofd:Area>");
    let of_page = |size: &str| format!("{}<ofd:PageRes>", area(size));
    let of_document = |size: &str| {
        let area = area(size).replace("ofd:Area", "ofd:PageArea");
        format!("<ofd:CommonData>{area}")
    };
    let (document, page) = ("Doc_0/Document.xml", "Doc_0/Pages/Page_1/Content.xml");
    let stamp = |page: u8| format!(r#"<ofd:StampAnnot ID="{page}" PageRef="{page}" Boundary="1 2 3 4"/>"#);
    for (sizes, expected) in [
        (None, [None, None]),
        (Some(("210 297", "148.5 210")), [Some([210_000, 297_000]), Some([148_500, 210_000])]),
        (Some(("210 297", "0 210")), [Some([210_000, 297_000]), Some([210_000, 297_000])]),
        (Some(("wide", "1 -2")), [None, None]),
    ] {
        let mut draft = Draft::new(&world);
        if let Some((all, second)) = sizes {
            draft.replace(document, "<ofd:CommonData>", &of_document(all));
            draft.replace(page, "<ofd:PageRes>", &of_page(second));
        }
        draft.sign(&Signing { stamps: [1, 2, 7].map(stamp).concat(), ..Signing::default() });
        let report = check(&world, &draft.write());
        let document = &report.documents()[0];
        assert_eq!([document.page_size("1"), document.page_size("2")], expected, "{sizes:?}");
        assert_eq!(document.page_size("7"), None);
    }
}

/// What people look at is of the seal within the signature; a larger picture is left out, and nothing of it is in the report's bytes.
#[test]
fn a_seal_has_a_face() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    draft.sign(&Signing { form: Form::Detached, kind: "Sign", with_seal_file: false, ..Signing::default() });
    let report = check(&world, &draft.write());
    let faces: Vec<_> = report.signatures().map(SignatureReport::face).collect();
    let face = faces[0].unwrap();
    assert_eq!((face.name.as_str(), face.format.as_str()), (world.info().name, "PNG"));
    assert_eq!((face.picture.as_deref(), face.size_mm), (Some(world.info().picture.data), [45, 45]));
    assert!(faces[1].is_none());
    assert!(
        !shown(&report).contains(world.info().name) && !format!("{report:?}").contains(world.info().name)
    );
    for (bytes, is_kept) in [(MAX_FACE_PICTURE_BYTES, true), (MAX_FACE_PICTURE_BYTES + 1, false)] {
        let (picture, name) = (vec![0; bytes], "印".repeat(MAX_FACE_NAME_CHARS + 1));
        let info = SealInfo { picture: Picture { data: &picture, ..world.info().picture }, ..world.info() };
        let info = SealInfo { name: &name, ..info };
        let mut draft = Draft::new(&world);
        let signing = Signing { with_seal_file: false, ..Signing::default() };
        draft.sign(&signing);
        let description = draft.get("Doc_0/Signs/Sign_0/Signature.xml").to_vec();
        let sealing = Sealing {
            seal: &world.seal(&info),
            at: signing.at,
            document: world.signer.0.reference().alg().digest(&[&description]),
            property: "/Doc_0/Signs/Sign_0/Signature.xml",
            certificate: &world.signer.1,
        };
        draft.put("Doc_0/Signs/Sign_0/SignedValue.dat", seal(&sealing, &world.signer.0).unwrap());
        let report = check(&world, &draft.write());
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
        let face = report.signatures().next().unwrap().face().unwrap();
        assert_eq!((face.picture.is_some(), face.name.chars().count()), (is_kept, MAX_FACE_NAME_CHARS));
    }
}
