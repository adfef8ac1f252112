//! How much work a document can ask for.

use boyin_ofd::limits::{MAX_ALL_XML_BYTES, MAX_STRUCTURE_BYTES, MAX_XML_BYTES, MAX_XML_ELEMENTS};
use boyin_ofd::{OfdReason, OfdVerifier};
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
