//! What is taken out of a document has the bounds of its verification, and is found where that finds it.

use boyin_ofd::limits::MAX_ALL_XML_BYTES;
use boyin_ofd::package::{Container, Package};
use boyin_ofd::{ExtractError, OfdNote, OfdVerdict, StructureFault, XmlFault, extract, extract_from};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::seals::SealWorld;

use crate::write::refused;
use crate::{check, shown};

const ROOT: &str = "Doc_0/Document.xml";
const LIST: &str = "Doc_0/Tags.xml";

/// A document that names this file of tags so many times.
fn with_tags<'w>(world: &'w SealWorld, tags: &str, times: usize) -> Draft<'w> {
    let mut draft = Draft::new(world);
    let end = "</ofd:Document>";
    draft.replace(ROOT, end, &["<ofd:CustomTags>Tags.xml</ofd:CustomTags>", end].concat());
    let list = "<CustomTag><FileLoc>tag.xml</FileLoc></CustomTag>".repeat(times);
    draft.put(LIST, format!(r#"<CustomTags xmlns="http://www.ofdspec.org/2016">{list}</CustomTags>"#));
    draft.put("Doc_0/tag.xml", tags);
    draft
}

/// A small container names a large file many times in each of its documents: no more is read than the bounds say.
#[test]
fn files_of_tags_are_read_within_the_bounds() {
    const SIZE: usize = 1 << 20;
    let world = SealWorld::new(Algorithm::Sm2);
    let tags = format!("<a><!--{}--></a>", "x".repeat(SIZE - "<a><!----></a>".len()));
    let body = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>";
    let most = MAX_ALL_XML_BYTES / SIZE / 2;
    let written = |times| {
        let mut draft = with_tags(&world, &tags, times);
        draft.replace("OFD.xml", "</ofd:OFD>", body);
        draft.write()
    };
    let bytes = written(most - 1);
    assert!(bytes.len() < 32 << 10, "{}", bytes.len());
    assert_eq!(extract(&Package::read(&bytes).unwrap()).unwrap().len(), 2);
    assert_eq!(extract_from(&mut Container::open(&bytes[..]).unwrap()).unwrap().len(), 2);
    let fault = StructureFault::Xml(XmlFault::Size);
    assert_eq!(refused(&written(most)), ExtractError::Structure { part: "a file of tags", fault });
}

/// A document passes with files that are there under a name in another case only: they are taken out.
#[test]
fn files_in_another_case_are_taken_out() {
    let world = SealWorld::new(Algorithm::Sm2);
    let plain = with_tags(&world, "<a><ZZMC><ObjectRef>7</ObjectRef></ZZMC></a>", 1);
    let expected = extract(&Package::read(&plain.write()).unwrap()).unwrap();
    assert_eq!((expected[0].attachments.len(), expected[0].tags.len()), (1, 1));
    for (within, old, new) in [
        (ROOT, "Attachs/Attachments.xml", "attachs/attachments.xml"),
        ("Doc_0/Attachs/Attachments.xml", "data.xml", "DATA.xml"),
        (ROOT, "Tags.xml", "TAGS.XML"),
        (LIST, "tag.xml", "Tag.xml"),
    ] {
        let mut draft = plain.clone();
        draft.replace(within, old, new);
        draft.sign(&Signing::default());
        let bytes = draft.write();
        let report = check(&world, &bytes);
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{new}: {}", shown(&report));
        assert_eq!(report.documents()[0].notes(), [OfdNote::NameCase], "{new}");
        let held = extract(&Package::read(&bytes).unwrap());
        assert_eq!(held.as_ref(), Ok(&expected), "{new}");
        let read = extract_from(&mut Container::open(&bytes[..]).unwrap());
        assert_eq!(read.unwrap(), expected, "{new}");
    }
    // Under two names it is not certain which one is meant.
    let mut draft = plain;
    draft.replace(ROOT, "Tags.xml", "TAGS.xml");
    draft.put("tags.xml", draft.get(LIST).to_vec());
    assert_eq!(refused(&draft.write()), ExtractError::Location("the list of tags"));
}
