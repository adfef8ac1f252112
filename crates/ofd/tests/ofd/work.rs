//! How much work a document can ask for.

use boyin_ofd::limits::{
    MAX_ALL_XML_BYTES, MAX_DOCUMENTS, MAX_STRUCTURE_BYTES, MAX_XML_BYTES, MAX_XML_ELEMENTS,
};
use boyin_ofd::{OfdReason, OfdVerdict, OfdVerifier};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, EntryByHand, Signing, container};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;

use crate::{failed, shown};

/// A page of about so many bytes, of this again and again and of so much noise that the ratio allows it.
fn page(unit: &str, size: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let noise: String = (0..size / 80)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b"abcdefghijklmnopqrstuvwxyz012345"[usize::from(state.to_be_bytes()[0] >> 3)])
        })
        .collect();
    let count = (size - noise.len() - 100) / unit.len();
    format!("<z:r xmlns:z='u'><!--{noise}-->{}</z:r>", unit.repeat(count)).into_bytes()
}

/// A small container of several pages as large as they may be, full of elements or of events that are none: no more is read than the
/// bounds say.
#[test]
fn pages_that_are_made_to_take_time_are_left_off() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    for (unit, elements) in [("<z:b/>", true), ("<?a?>", false), ("&lt;", false)] {
        let bytes = page(unit, MAX_XML_BYTES);
        let packed = miniz_oxide::deflate::compress_to_vec(&bytes, 6);
        let mut draft = Draft::new(&world);
        draft.sign(&Signing::default());
        let media: String = (0..5).map(|n| format!(r#"<ofd:Page ID="1{n}" BaseLoc="P{n}.xml"/>"#)).collect();
        draft.replace("Doc_0/Document.xml", "</ofd:Pages>", &(media + "</ofd:Pages>"));
        let mut entries: Vec<_> =
            draft.files.iter().map(|(name, bytes)| EntryByHand::new(name, bytes)).collect();
        entries.extend((0..5).map(|n| EntryByHand {
            packed: Some(packed.clone()),
            ..EntryByHand::new(&format!("Doc_0/P{n}.xml"), &bytes)
        }));
        let bytes = container(&entries);
        assert!(bytes.len() < 4 << 20, "{}", bytes.len());
        let report = OfdVerifier::new(Reader::Field).check(&bytes, &context(&store, now()));
        assert_eq!(report.verdict(), failed(OfdReason::ContentMalformed), "{}", shown(&report));
        let fault = if elements { "xml_elements" } else { "xml_size" };
        assert!(shown(&report).contains(fault), "{}", shown(&report));
        let work = report.work();
        let most = u64::try_from(MAX_ALL_XML_BYTES + 4 * MAX_STRUCTURE_BYTES).unwrap();
        assert!(work.xml <= most, "{work:?}");
        assert!(work.elements <= u64::try_from(MAX_XML_ELEMENTS + 1).unwrap(), "{work:?}");
        assert!(work.inflated > 5 * 32_000_000, "{work:?}");
    }
}

/// The same work is counted whichever way a document is read, and what is counted is what is in it.
#[test]
fn work_is_that_of_the_document() {
    let world = SealWorld::new(Algorithm::Sm2);
    let (store, verifier) = (world.store(), OfdVerifier::new(Reader::Field));
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let (bytes, context) = (draft.write(), context(&store, now()));
    let work = verifier.check(&bytes, &context).work();
    assert_eq!(verifier.check_source(&bytes[..], &context).unwrap().work(), work);
    assert_eq!(verifier.check_many(&[&bytes], &context)[0].work(), work);
    let size = |is_read: &dyn Fn(&str) -> bool| {
        let files = draft.files.iter().filter(|(name, _)| is_read(name));
        files.map(|(_, bytes)| u64::try_from(bytes.len()).unwrap()).sum::<u64>()
    };
    assert_eq!(work.inflated, size(&|_| true));
    assert_eq!(work.xml, size(&|name| name.ends_with(".xml") && !name.ends_with("data.xml")));
    assert!(work.elements > 20 && work.elements < 60, "{work:?}");
}

/// What the contents name is looked for once, whichever documents have them; a signature is verified, its references looked for and the
/// files held against it for each document that lists it. Each file that is covered is digested once.
#[test]
fn work_on_signatures_is_counted_for_each_document() {
    let world = SealWorld::new(Algorithm::Sm2);
    let body = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody>";
    for documents in [1, 2, MAX_DOCUMENTS] {
        let mut draft = Draft::new(&world);
        draft.replace("OFD.xml", "</ofd:OFD>", &(body.repeat(documents - 1) + "</ofd:OFD>"));
        draft.sign(&Signing::default());
        let report = crate::check(&world, &draft.write());
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
        assert_eq!(report.documents().len(), documents);
        let is_verified = |name: &str| name.ends_with("Signature.xml") || name.ends_with("SignedValue.dat");
        let is_covered = |name: &str| !is_verified(name) && name != "Doc_0/Signs/Signatures.xml";
        let size = |is_in: &dyn Fn(&str) -> bool| {
            let files = draft.files.iter().filter(|(name, _)| is_in(name));
            files.map(|(_, bytes)| bytes.len()).sum::<usize>()
        };
        let references = draft.files.iter().filter(|(name, _)| is_covered(name)).count();
        // The root and the list of the document, the description, the value and the seal; what its other files name.
        let (of_document, of_contents) = (5 + 3 * references, 14);
        let work = report.work();
        let expected = [
            (work.digested, size(&is_covered)),
            (work.verified, documents * size(&is_verified)),
            (work.files, documents * draft.files.len()),
            (work.paths, documents * of_document + of_contents),
        ];
        for (nth, (found, expected)) in expected.into_iter().enumerate() {
            assert_eq!(found, u64::try_from(expected).unwrap(), "{documents} {nth}: {work:?}");
        }
    }
}

/// A file that is covered by one signature with one digest and by another with another one is digested for each, and no more.
#[test]
fn each_digest_is_made_once() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let plain = Signing { with_seal_file: false, ..Signing::default() };
    for check_method in ["SM3", "SHA-256", "SM3", "MD5"] {
        draft.sign(&Signing { check_method, ..plain.clone() });
    }
    let work = crate::check(&world, &draft.write()).work();
    let covered = draft.files.iter().filter(|(name, _)| !name.starts_with("Doc_0/Signs/"));
    let size: usize = covered.map(|(_, bytes)| bytes.len()).sum();
    assert_eq!(work.digested, u64::try_from(3 * size).unwrap(), "{work:?}");
}
