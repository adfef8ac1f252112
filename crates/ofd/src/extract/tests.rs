use boyin_suite::Algorithm;
use boyin_testkit::ofd::Draft;
use boyin_testkit::seals::SealWorld;

use super::*;

const LIST_OF_TAGS: &str = "Doc_0/Tags.xml";
const TAGS: &str = "Doc_0/tags.txt";

/// What is taken out where so much of XML may be read, of what is held and of what is read file by file.
fn taken(draft: &Draft<'_>, bytes: u64, elements: usize) -> Result<Vec<UnverifiedContents>, ExtractError> {
    let container = draft.write();
    let (package, left) = (Package::read(&container).unwrap(), || Left { bytes, elements });
    let mut files = &package;
    let held = documents(&mut files, &mut left());
    let read = documents(&mut Container::open(&container[..]).unwrap(), &mut left());
    let read = read.map_err(|fault| match fault {
        ExtractFault::Odd(error) => error,
        ExtractFault::Read(error) => panic!("{error}"),
    });
    assert_eq!(held, read);
    held
}

/// All documents of a container share these bounds, and what is named again counts again.
#[test]
fn bytes_and_elements_are_bounded_over_all_documents() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let (entry, root, attachments) = ("OFD.xml", "Doc_0/Document.xml", "Doc_0/Attachs/Attachments.xml");
    let body = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>";
    draft.replace(entry, "</ofd:OFD>", body);
    let end = "</ofd:Document>";
    draft.replace(root, end, &["<ofd:CustomTags>Tags.xml</ofd:CustomTags>", end].concat());
    let twice = "<CustomTag><FileLoc>tags.txt</FileLoc></CustomTag>".repeat(2);
    draft.put(
        LIST_OF_TAGS,
        format!(r#"<CustomTags xmlns="http://www.ofdspec.org/2016">{twice}</CustomTags>"#),
    );
    draft.put(TAGS, "<of><ZZMC><ObjectRef>7</ObjectRef></ZZMC></of>");
    let size = |name: &str| long(draft.get(name).len());
    let of_document = size(root) + size(attachments) + size(LIST_OF_TAGS) + 2 * size(TAGS);
    let (bytes, elements) = (size(entry) + 2 * of_document, 2 * 2 * 3);
    let all = taken(&draft, bytes, elements).unwrap();
    assert_eq!(all.iter().map(|one| one.tags.len()).collect::<Vec<_>>(), [2, 2]);

    let fault = |bytes, elements| taken(&draft, bytes, elements).unwrap_err();
    let of = |part, fault: XmlFault| ExtractError::Structure { part, fault: fault.into() };
    assert_eq!(fault(bytes, elements - 1), of("a file of tags", XmlFault::Elements));
    for (bytes, part) in [
        (bytes - 1, "a file of tags"),
        (bytes - 2 * size(TAGS) - 1, "the list of tags"),
        (size(entry) + of_document, ROOT),
        (size(entry) + size(root), LIST),
        (size(entry) - 1, ENTRY),
    ] {
        assert_eq!(fault(bytes, elements), of(part, XmlFault::Size), "{bytes}");
    }
}
