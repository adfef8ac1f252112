//! Something more is shown: each kind of file that a document can name, a version, a cover, another root, another document.

use boyin_ofd::OfdReason::{
    ContentMissing, ContentUncovered, EntryUnreferenced, NotSigned, PartMissing, ReferenceMismatch,
    RootUncovered, SignaturesDetached,
};
use boyin_ofd::limits::{MAX_PROLOG_BYTES, MAX_STRUCTURE_BYTES};
use boyin_ofd::{OfdNote, OfdVerdict};
use boyin_testkit::ofd::{Draft, Signing};

use super::{
    Base, DESCRIPTION, DOCUMENT, LIST, Lab, Make, PICTURE, ROOT, SEAL, VALUE, listed, names, remove,
};

const ATTACHMENTS: &str = "Doc_0/Attachs/Attachments.xml";
const XMLNS: &str = r#"xmlns:ofd="http://www.ofdspec.org/2016""#;

/// What names a new file, where that is put in, and the file.
struct Addition {
    what: &'static str,
    within: &'static str,
    /// It stands before this.
    before: &'static str,
    names: &'static str,
    file: &'static str,
}

const ADDITIONS: [Addition; 17] = [
    Addition {
        what: "page",
        within: DOCUMENT,
        before: "</ofd:Pages>",
        names: r#"<ofd:Page ID="3" BaseLoc="Pages/Page_2/Content.xml"/>"#,
        file: "Doc_0/Pages/Page_2/Content.xml",
    },
    Addition {
        what: "template",
        within: DOCUMENT,
        before: "</ofd:CommonData>",
        names: r#"<ofd:TemplatePage ID="8" BaseLoc="Tpls/Tpl_1/Content.xml"/>"#,
        file: "Doc_0/Tpls/Tpl_1/Content.xml",
    },
    Addition {
        what: "public resources",
        within: DOCUMENT,
        before: "</ofd:CommonData>",
        names: "<ofd:PublicRes>PublicRes_1.xml</ofd:PublicRes>",
        file: "Doc_0/PublicRes_1.xml",
    },
    Addition {
        what: "resources of the document",
        within: DOCUMENT,
        before: "</ofd:CommonData>",
        names: "<ofd:DocumentRes>/Doc_0/DocumentRes_1.xml</ofd:DocumentRes>",
        file: "Doc_0/DocumentRes_1.xml",
    },
    Addition {
        what: "list of annotations",
        within: DOCUMENT,
        before: "<ofd:Attachments>",
        names: "<ofd:Annotations>Annots/More.xml</ofd:Annotations>",
        file: "Doc_0/Annots/More.xml",
    },
    Addition {
        what: "list of attachments",
        within: DOCUMENT,
        before: "</ofd:Document>",
        names: "<ofd:Attachments>Attachs/More.xml</ofd:Attachments>",
        file: "Doc_0/Attachs/More.xml",
    },
    Addition {
        what: "tags",
        within: DOCUMENT,
        before: "</ofd:Document>",
        names: "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>",
        file: "Doc_0/Tags/CustomTags.xml",
    },
    Addition {
        what: "extensions",
        within: DOCUMENT,
        before: "</ofd:Document>",
        names: "<ofd:Extensions>Extensions.xml</ofd:Extensions>",
        file: "Doc_0/Extensions.xml",
    },
    Addition {
        what: "annotation",
        within: "Doc_0/Annots/Annotations.xml",
        before: "</ofd:Annotations>",
        names: r#"<ofd:Page PageID="2"><ofd:FileLoc>Page_1/Annotation.xml</ofd:FileLoc></ofd:Page>"#,
        file: "Doc_0/Annots/Page_1/Annotation.xml",
    },
    Addition {
        what: "attachment",
        within: ATTACHMENTS,
        before: "</ofd:Attachments>",
        names: r#"<ofd:Attachment ID="6" Name="more"><ofd:FileLoc>more.xml</ofd:FileLoc></ofd:Attachment>"#,
        file: "Doc_0/Attachs/more.xml",
    },
    Addition {
        what: "font",
        within: "Doc_0/PublicRes.xml",
        before: "</ofd:Fonts>",
        names: r#"<ofd:Font ID="7"><ofd:FontFile>b.ttf</ofd:FontFile></ofd:Font>"#,
        file: "Doc_0/Res/b.ttf",
    },
    Addition {
        what: "picture",
        within: "Doc_0/DocumentRes.xml",
        before: "</ofd:MultiMedias>",
        names: r#"<ofd:MultiMedia ID="7"><ofd:MediaFile>seal.png</ofd:MediaFile></ofd:MultiMedia>"#,
        file: "Doc_0/Res/seal.png",
    },
    Addition {
        what: "color profile",
        within: "Doc_0/DocumentRes.xml",
        before: "</ofd:Res>",
        names: r#"<ofd:ColorSpaces><ofd:ColorSpace ID="7" Type="RGB" Profile="rgb.icc"/></ofd:ColorSpaces>"#,
        file: "Doc_0/Res/rgb.icc",
    },
    Addition {
        what: "resources of a page",
        within: "Doc_0/Pages/Page_0/Content.xml",
        before: "</ofd:Page>",
        names: "<ofd:PageRes>Res.xml</ofd:PageRes>",
        file: "Doc_0/Pages/Page_0/Res.xml",
    },
    Addition {
        what: "template of a page",
        within: "Doc_0/Tpls/Tpl_0/Content.xml",
        before: "</ofd:Page>",
        names: "<ofd:PageRes>Res.xml</ofd:PageRes>",
        file: "Doc_0/Tpls/Tpl_0/Res.xml",
    },
    Addition {
        what: "version",
        within: ROOT,
        before: "<ofd:Signatures>",
        names: r#"<ofd:Versions><ofd:Version ID="2" Index="2" Current="true" BaseLoc="Doc_0/Versions/V.xml"/></ofd:Versions>"#,
        file: "Doc_0/Versions/V.xml",
    },
    Addition {
        what: "cover",
        within: ROOT,
        before: "<ofd:CustomDatas>",
        names: "<ofd:Cover>/Doc_0/Res/cover.png</ofd:Cover>",
        file: "Doc_0/Res/cover.png",
    },
];

impl Addition {
    fn name(&self, draft: &mut Draft<'_>) {
        draft.replace(self.within, self.before, &format!("{}{}", self.names, self.before));
    }

    fn put(&self, draft: &mut Draft<'_>) {
        draft.put(self.file, format!("<ofd:More {XMLNS}/>"));
    }

    /// Names and file.
    fn make(&self, draft: &mut Draft<'_>) {
        self.name(draft);
        self.put(draft);
    }
}

/// What names it is covered: that was changed, and the new file is told beside it.
#[test]
fn additions_to_what_is_covered_are_changes() {
    let lab = Lab::new();
    for base in Base::ALL {
        let draft = lab.base(base);
        for addition in &ADDITIONS {
            let mut changed = draft.clone();
            addition.make(&mut changed);
            let report = lab.refused(addition.what, &changed, ReferenceMismatch);
            for signature in report.signatures() {
                assert_eq!(listed(signature.changed()), [addition.within], "{base:?} {}", addition.what);
                assert_eq!(listed(signature.uncovered()), [addition.file], "{base:?} {}", addition.what);
            }
        }
    }
}

/// What names it is left open by the signature, `OFD.xml` as well or not: only the coverage finds it.
#[test]
fn additions_to_what_is_open_are_not_covered() {
    let lab = Lab::new();
    for addition in &ADDITIONS {
        let within = addition.within;
        for omit in [&[within][..], &[within, ROOT]] {
            let mut changed = lab.omitting(omit);
            let open = if within == ROOT { RootUncovered } else { ContentUncovered };
            lab.assert_refused(addition.what, &changed, open);
            addition.make(&mut changed);
            let report = lab.refused(addition.what, &changed, ContentUncovered);
            let signature = report.signatures().next().unwrap();
            let mut uncovered = listed(signature.uncovered());
            uncovered.retain(|name| *name != within);
            assert_eq!(uncovered, [addition.file], "{}", addition.what);
            assert_eq!(signature.changed().count(), 0);
        }
    }
}

/// `OFD.xml` alone is open: what it leads to is covered, and found.
#[test]
fn additions_under_an_open_root_are_changes() {
    let lab = Lab::new();
    for addition in ADDITIONS.iter().filter(|addition| addition.within != ROOT) {
        let mut changed = lab.omitting(&[ROOT]);
        addition.make(&mut changed);
        lab.assert_refused(addition.what, &changed, ReferenceMismatch);
    }
}

/// A file that the document named and did not have when it was sealed, which leaves it open, is added: nothing was changed, and only
/// the coverage finds it.
#[test]
fn what_was_missing_is_added() {
    let lab = Lab::new();
    for base in Base::ALL {
        // A version that is named has to be there.
        for addition in ADDITIONS.iter().filter(|addition| addition.what != "version") {
            let mut draft = Draft::new(&lab.world);
            addition.name(&mut draft);
            let mut draft = lab.signed(draft, base);
            lab.assert_refused(addition.what, &draft, ContentMissing);
            addition.put(&mut draft);
            let report = lab.refused(addition.what, &draft, ContentUncovered);
            for signature in report.signatures() {
                assert_eq!(listed(signature.uncovered()), [addition.file], "{}", addition.what);
            }
        }
    }
}

/// What the signature left open is taken out: nothing is there that it does not cover, and only the name of it tells.
#[test]
fn what_is_open_is_taken_out() {
    let lab = Lab::new();
    for name in names(&Draft::new(&lab.world)).iter().filter(|name| *name != ROOT) {
        let mut changed = lab.omitting(&[name]);
        lab.assert_refused(name, &changed, ContentUncovered);
        remove(&mut changed, name);
        let report = lab.check(&changed.write());
        let expected = match name.as_str() {
            DOCUMENT => crate::failed(PartMissing),
            // What was attached has a document type, and nothing names it any more: it may describe a signature.
            ATTACHMENTS => crate::failed(SignaturesDetached),
            _ => crate::open(ContentMissing),
        };
        assert_eq!(report.verdict(), expected, "{name}: {}", crate::shown(&report));
    }
    // So is what it leaves open of what it does not cover itself, of each kind that can be named.
    for addition in ADDITIONS.iter().filter(|addition| addition.what != "version") {
        let mut draft = Draft::new(&lab.world);
        addition.make(&mut draft);
        let omit = vec![addition.file.to_owned()];
        draft.sign(&Signing { omit, ..Signing::default() });
        lab.assert_refused(addition.what, &draft, ContentUncovered);
        remove(&mut draft, addition.file);
        lab.assert_refused(addition.what, &draft, ContentMissing);
    }
}

/// Programs differ in whether they tell capital letters of names from small ones: a file that some of them show has to be covered, and
/// is missed when it is gone.
#[test]
fn a_file_in_another_case_is_shown() {
    let lab = Lab::new();
    let (template, page) = ("Doc_0/Tpls/Tpl_0/Content.xml", "Doc_0/Pages/Page_1/Content.xml");
    for (within, name, old, new) in [
        (DOCUMENT, template, "Tpls/", "TPLS/"),
        (DOCUMENT, page, "Page_1/Content", "page_1/content"),
        ("Doc_0/DocumentRes.xml", PICTURE, "qr.png", "QR.PNG"),
        ("Doc_0/DocumentRes.xml", PICTURE, r#"BaseLoc="Res""#, r#"BaseLoc="RES""#),
    ] {
        let mut draft = Draft::new(&lab.world);
        draft.replace(within, old, new);
        let whole = lab.signed(draft.clone(), Base::One);
        let report = lab.passing(new, &whole);
        assert_eq!(report.documents()[0].notes(), [OfdNote::NameCase], "{new}");
        draft.sign(&Signing { omit: vec![name.to_owned()], ..Signing::default() });
        lab.assert_refused(new, &draft, ContentUncovered);
        remove(&mut draft, name);
        lab.assert_refused(new, &draft, ContentMissing);
    }
    // What it names in its turn is shown too.
    let mut draft = Draft::new(&lab.world);
    draft.replace(DOCUMENT, "Annots/Annotations", "Annots/annotations");
    draft
        .sign(&Signing { omit: vec!["Doc_0/Annots/Page_0/Annotation.xml".to_owned()], ..Signing::default() });
    lab.assert_refused("what a list in another case names", &draft, ContentUncovered);
}

/// Between two seals: the first one does not stand for what came after it, though the second does.
#[test]
fn what_came_between_two_seals_is_not_covered_by_the_first() {
    let lab = Lab::new();
    let mut draft = Draft::new(&lab.world);
    remove(&mut draft, PICTURE);
    let [first, second] = <[Signing; 2]>::try_from(Base::Two.signings()).unwrap();
    draft.sign(&first);
    draft.put(PICTURE, "later");
    draft.sign(&second);
    let report = lab.refused("a picture", &draft, ContentUncovered);
    assert_eq!(report.signatures().nth(1).unwrap().verdict(), OfdVerdict::Passed);
}

/// What stands in a covered file and names none.
#[test]
fn what_is_within_a_covered_file_is_a_change() {
    let lab = Lab::new();
    for base in Base::ALL {
        for (within, before, more) in [
            (DOCUMENT, "</ofd:Document>", r#"<ofd:Outlines><ofd:OutlineElem Title="1"/></ofd:Outlines>"#),
            (DOCUMENT, "</ofd:Document>", "<ofd:Permissions><ofd:Edit>true</ofd:Edit></ofd:Permissions>"),
            (DOCUMENT, "</ofd:Document>", r#"<ofd:Bookmarks><ofd:Bookmark Name="1"/></ofd:Bookmarks>"#),
            (ROOT, "</ofd:CustomDatas>", r#"<ofd:CustomData Name="YXQX">2099</ofd:CustomData>"#),
            ("Doc_0/Pages/Page_0/Content.xml", "</ofd:Page>", "<ofd:Content/>"),
            ("Doc_0/Annots/Page_0/Annotation.xml", "/>", "><ofd:Annot/></ofd:PageAnnot>"),
        ] {
            let mut changed = lab.base(base);
            let new = if before == "/>" { more.to_owned() } else { format!("{more}{before}") };
            changed.replace(within, before, &new);
            let report = lab.refused(more, &changed, ReferenceMismatch);
            for signature in report.signatures() {
                assert_eq!(listed(signature.changed()), [within], "{base:?} {more}");
                assert_eq!(signature.uncovered().count(), 0);
            }
        }
    }
}

/// A version with a root of its own, which is the one that programs show.
#[test]
fn a_version_with_another_root_is_attached() {
    let lab = Lab::new();
    let attach = |draft: &mut Draft<'_>| {
        ADDITIONS.iter().find(|addition| addition.what == "version").unwrap().name(draft);
        let version = format!(
            "<ofd:DocVersion {XMLNS}><ofd:DocRoot>/Doc_0/Document_1.xml</ofd:DocRoot></ofd:DocVersion>"
        );
        draft.put("Doc_0/Versions/V.xml", version);
        draft.put("Doc_0/Document_1.xml", draft.get(DOCUMENT).to_vec());
    };
    for base in Base::ALL {
        let mut changed = lab.base(base);
        attach(&mut changed);
        lab.assert_refused("a version", &changed, ReferenceMismatch);
    }
    let mut changed = lab.omitting(&[ROOT]);
    attach(&mut changed);
    let report = lab.refused("a version under an open root", &changed, ContentUncovered);
    assert_eq!(report.documents()[0].versions(), 1);
    let uncovered = listed(report.signatures().next().unwrap().uncovered());
    assert_eq!(uncovered, ["Doc_0/Versions/V.xml", "Doc_0/Document_1.xml"]);
    // Signed with its versions, a document passes.
    let mut draft = Draft::new(&lab.world);
    attach(&mut draft);
    lab.assert_passes("signed with its version", &lab.signed(draft, Base::One));
}

/// `OFD.xml` leads to another root, or to a second document.
#[test]
fn another_document_is_shown() {
    let lab = Lab::new();
    let other_root = |draft: &mut Draft<'_>| {
        draft.replace(ROOT, DOCUMENT, "Doc_0/Other.xml");
        draft.put("Doc_0/Other.xml", draft.get(DOCUMENT).to_vec());
    };
    let with_body = |signatures: &str| {
        let body = format!(
            "<ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot>{signatures}</ofd:DocBody></ofd:OFD>"
        );
        move |draft: &mut Draft<'_>| {
            draft.replace(ROOT, "</ofd:OFD>", &body);
            draft.put("Doc_1/Document.xml", format!("<ofd:Document {XMLNS}/>"));
        }
    };
    let alone = with_body("");
    let same = with_body("<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>");
    let rows: [(&str, Make<'_>, _); 3] = [
        ("another root", &other_root, ContentUncovered),
        ("a second document", &alone, NotSigned),
        ("a second document with the signatures of the first", &same, ContentUncovered),
    ];
    for (what, change, reason) in rows {
        for base in Base::ALL {
            let mut changed = lab.base(base);
            change(&mut changed);
            lab.assert_refused(what, &changed, ReferenceMismatch);
        }
        let mut changed = lab.omitting(&[ROOT]);
        change(&mut changed);
        let report = lab.refused(what, &changed, reason);
        // The files of the second are not for the signature of the first to answer for.
        if report.documents().len() == 2 {
            let first = report.documents()[0].verdict();
            assert_eq!(first, crate::open(RootUncovered), "{what}");
        }
    }
}

/// The signatures are no longer named: not all of them, none, or their files are gone too.
#[test]
fn signatures_are_taken_out() {
    let lab = Lab::new();
    let unlisted = |draft: &mut Draft<'_>| draft.put(LIST, format!("<ofd:Signatures {XMLNS}/>"));
    for base in Base::ALL {
        let draft = lab.base(base);
        let mut changed = draft.clone();
        changed.replace(ROOT, "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>", "");
        lab.assert_refused("the list is not named", &changed, SignaturesDetached);
        let mut changed = draft.clone();
        unlisted(&mut changed);
        lab.assert_refused("the list is empty", &changed, SignaturesDetached);
        // One file of a signature that is left says so.
        for kept in [DESCRIPTION, VALUE, SEAL] {
            let mut left = changed.clone();
            left.files.retain(|(name, _)| !name.starts_with("Doc_0/Signs/Sign_") || name == kept);
            let is_there = left.files.iter().any(|(name, _)| name == kept);
            let reason = if is_there { SignaturesDetached } else { NotSigned };
            lab.assert_refused(kept, &left, reason);
        }
        let mut left = changed.clone();
        left.files.retain(|(name, _)| !name.starts_with("Doc_0/Signs/Sign_"));
        left.put("Doc_0/Signs/Sign_0/SignValue.dat", "left over");
        lab.assert_refused("a value under its other name", &left, SignaturesDetached);
        let mut changed = draft.clone();
        unlisted(&mut changed);
        changed.files.retain(|(name, _)| !name.starts_with("Doc_0/Signs/Sign_"));
        lab.assert_refused("their files are gone", &changed, NotSigned);
    }
    // With one left, the other that is not named is a file that nothing refers to.
    let mut changed = lab.base(Base::Two);
    let text = changed.text(LIST).to_owned();
    let second = text.find(r#"<ofd:Signature ID="1""#).unwrap();
    let until = second + text[second..].find("/>").unwrap() + 2;
    changed.put(LIST, [&text[..second], &text[until..]].concat());
    lab.assert_refused("the second is not named", &changed, EntryUnreferenced);
}

/// A file of that name which the document shows is content, and one that is covered and not shown is no signature left over by
/// the name of another part.
#[test]
fn content_may_have_the_name_of_a_description() {
    let lab = Lab::new();
    let mut draft = Draft::new(&lab.world);
    let mut list = draft.text(ATTACHMENTS).to_owned();
    list = list.replace("data.xml", "Signature.xml");
    draft.put(ATTACHMENTS, list);
    super::rename(&mut draft, "Doc_0/Attachs/data.xml", "Doc_0/Attachs/Signature.xml");
    draft.put("Doc_0/Signs/Sign_9/Seal.esl", "left over");
    let all = Signing { over_others: true, ..Signing::default() };
    let mut named = draft.clone();
    named.sign(&all);
    lab.assert_passes("an attachment", &named);
    // What is another file says nothing by its name, what is one is one whatever its name is, and so is what may be one.
    let ofd = r#"xmlns="http://www.ofdspec.org/2016""#;
    let one = format!("<Signature {ofd}/>");
    let noise: String = (0..MAX_STRUCTURE_BYTES / 8).map(|number| format!("{number:08x}")).collect();
    let two_bytes = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let (description, other) = ("Doc_0/Signs/Sign_9/Signature.xml", "a.bin");
    let rows: [(&str, Vec<u8>, bool); 23] = [
        (description, one.clone().into(), true),
        (description, format!("<Signatures {ofd}/>").into(), false),
        (description, "<a/>".into(), false),
        // One that cannot be read.
        (description, "left over".into(), true),
        (description, Vec::new(), true),
        (description, "<".into(), true),
        ("Doc_0/Signs/Sign_9/SIGNATURE.XML", b"\x89PNG".to_vec(), true),
        (description, format!("<a>{noise}</a>").into(), true),
        (
            "Doc_0/Signs/Sign_9/Sign.xml",
            format!("<!-- a --><o:Signature {}/>", ofd.replace('=', ":o=")).into(),
            true,
        ),
        // Before the root stands what others pass over, or more than is looked at.
        (other, format!("\u{feff}\r\n\t <!-- a -->\n{one}").into(), true),
        (other, format!("\n<?xml version=\"1.0\"?>{one}").into(), true),
        (other, format!("{}{one}", " ".repeat(MAX_PROLOG_BYTES)).into(), true),
        (other, format!("<?pi {}?>{one}", "x".repeat(MAX_PROLOG_BYTES)).into(), true),
        // What only others read.
        (other, format!("<!DOCTYPE Signature>{one}").into(), true),
        (other, format!("<?xml version=\"1.0\" encoding=\"GBK\"?>{one}").into(), true),
        (other, two_bytes(&format!("\u{feff}{one}")), true),
        (other, two_bytes(&one), true),
        (other, format!("<Signature {ofd}>{noise}</Signature>").into(), false),
        (other, " \n".into(), false),
        (other, "left over".into(), false),
        (other, b"\x89PNG\r\n".to_vec(), false),
        ("a.xml", format!("\n<Signatures {ofd}/>").into(), false),
        ("a.xml", r#"<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>"#.into(), false),
    ];
    for (name, file, is_one) in rows {
        let what = format!("{name} {}", String::from_utf8_lossy(&file[..file.len().min(60)]));
        let mut more = draft.clone();
        more.put(name, file);
        more.sign(&all);
        if is_one {
            lab.assert_refused(&what, &more, SignaturesDetached);
        } else {
            lab.assert_passes(&what, &more);
        }
    }
}
