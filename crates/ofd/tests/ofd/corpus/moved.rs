//! Signatures of one document given out for those of another in the same container.

use boyin_ofd::OfdReason::{
    ContentUncovered, EntryUnreferenced, NotSigned, ReferenceMismatch, SignaturesDetached,
};
use boyin_ofd::{OfdReason, OfdVerdict};
use boyin_testkit::ofd::{Draft, Signing};

use super::{LIST, Lab, ROOT, listed, rename};

const XMLNS: &str = r#"xmlns:ofd="http://www.ofdspec.org/2016""#;
const SECOND_LIST: &str = "Doc_1/Signatures.xml";

fn list(numbers: &[usize]) -> String {
    let one = |number: &usize| {
        format!(r#"<ofd:Signature ID="{number}" Type="Seal" BaseLoc="{}"/>"#, Draft::path(*number))
    };
    let all: String = numbers.iter().map(one).collect();
    format!("<ofd:Signatures {XMLNS}>{all}</ofd:Signatures>")
}

/// Two documents in one container, each with a seal of its own that covers nothing of the other.
fn two_documents(lab: &Lab) -> Draft<'_> {
    let mut draft = Draft::new(&lab.world);
    let first: Vec<_> = super::names(&draft).into_iter().filter(|name| name != ROOT).collect();
    let second = ["Doc_1/Document.xml", "Doc_1/Pages/Page_0/Content.xml"].map(str::to_owned);
    draft.replace(
        ROOT,
        "</ofd:OFD>",
        &format!("<ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot><ofd:Signatures>{SECOND_LIST}</ofd:Signatures></ofd:DocBody></ofd:OFD>"),
    );
    draft.put(
        &second[0],
        format!(r#"<ofd:Document {XMLNS}><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>"#),
    );
    draft.put(&second[1], format!("<ofd:Page {XMLNS}/>"));
    draft.put(SECOND_LIST, list(&[1]));
    let open = [SECOND_LIST.to_owned()];
    draft.sign(&Signing { omit: [&second[..], &open].concat(), ..Signing::default() });
    draft.sign(&Signing { omit: [&first[..], &open].concat(), ..Signing::default() });
    draft.put(LIST, list(&[0]));
    let report = lab.passing("two documents", &draft);
    assert_eq!(report.documents().len(), 2);
    draft
}

/// Which signatures the lists of both name, and what each document is refused for.
type Row = ([&'static [usize]; 2], [Option<OfdReason>; 2]);

#[test]
fn a_signature_is_moved_to_another_document() {
    let lab = Lab::new();
    let draft = two_documents(&lab);
    let rows: [Row; 6] = [
        ([&[0], &[1]], [None, None]),
        ([&[1], &[0]], [Some(ContentUncovered), Some(ContentUncovered)]),
        // The seal of the second is left over.
        ([&[0], &[0]], [Some(EntryUnreferenced), Some(ContentUncovered)]),
        ([&[0, 1], &[1]], [Some(ContentUncovered), None]),
        ([&[0], &[0, 1]], [None, Some(ContentUncovered)]),
        ([&[0], &[]], [Some(EntryUnreferenced), Some(SignaturesDetached)]),
    ];
    for ([first, second], reasons) in rows {
        let mut changed = draft.clone();
        changed.put(LIST, list(first));
        changed.put(SECOND_LIST, list(second));
        let report = lab.check(&changed.write());
        for (document, reason) in report.documents().iter().zip(reasons) {
            let expected = reason.map_or(OfdVerdict::Passed, crate::failed);
            assert_eq!(document.verdict(), expected, "{first:?} {second:?}");
        }
        // What the moved seal does not cover is all of the other document.
        if second == [0] {
            let moved = &report.documents()[1].signatures()[0];
            assert_eq!(listed(moved.uncovered()), ["Doc_1/Document.xml", "Doc_1/Pages/Page_0/Content.xml"]);
        }
    }
}

/// `OFD.xml`, which both cover, leads the second document to the list of the first, or to none.
#[test]
fn a_document_takes_the_list_of_another() {
    let lab = Lab::new();
    let element = format!("<ofd:Signatures>{SECOND_LIST}</ofd:Signatures>");
    for (new, of_second) in [
        (element.replace(SECOND_LIST, LIST), ReferenceMismatch),
        // The file of its signature is there, and no list names it.
        (String::new(), SignaturesDetached),
    ] {
        let mut changed = two_documents(&lab);
        changed.replace(ROOT, &element, &new);
        let report = lab.refused(&new, &changed, ReferenceMismatch);
        assert_eq!(report.documents()[1].verdict(), crate::failed(of_second));
    }
}

/// The files of a document are exchanged for those of the other.
#[test]
fn documents_are_exchanged() {
    let lab = Lab::new();
    let mut changed = two_documents(&lab);
    super::exchange(&mut changed, "Doc_0/Document.xml", "Doc_1/Document.xml");
    let report = lab.refused("roots", &changed, ReferenceMismatch);
    let all = report.documents().iter().map(boyin_ofd::DocumentReport::verdict);
    assert_eq!(all.collect::<Vec<_>>(), [crate::failed(ReferenceMismatch); 2]);
    // The folder of the second is taken for another one.
    let mut changed = two_documents(&lab);
    for name in ["Doc_1/Document.xml", "Doc_1/Pages/Page_0/Content.xml", SECOND_LIST] {
        rename(&mut changed, name, &name.replace("Doc_1", "Doc_2"));
    }
    changed.replace(ROOT, "Doc_1/", "Doc_2/");
    let report = lab.refused("a folder", &changed, ReferenceMismatch);
    assert_eq!(report.documents()[1].verdict(), crate::failed(OfdReason::ReferenceMissing));
    // With a list that is empty it is not signed, whatever the first is.
    let mut changed = two_documents(&lab);
    changed.put(SECOND_LIST, list(&[]));
    changed.files.retain(|(name, _)| !name.starts_with("Doc_0/Signs/Sign_1/"));
    lab.assert_refused("an empty list", &changed, NotSigned);
}
