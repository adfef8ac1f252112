//! What is not written, and why.

use std::borrow::Cow;
use std::collections::HashSet;

use boyin_model::alg::{AlgId, BadKey, Digest32, Hasher, PublicKey, VerifyAlg, VerifyKey};
use boyin_ofd::OfdVerdict;
use boyin_ofd::limits::{
    MAX_ATTACHMENT_NAME_BYTES, MAX_CUSTOM, MAX_CUSTOM_BYTES, MAX_ENTRY_BYTES, MAX_LENGTH,
    MAX_MARK_CHARACTERS, MAX_MARKS, MAX_PATH_STEPS, MAX_STAMPS, MAX_STRUCTURE_BYTES, MAX_TAGGED_OBJECTS,
    MAX_WRITTEN_ATTACHMENTS, MAX_WRITTEN_FONTS, MAX_WRITTEN_IMAGES, MAX_WRITTEN_PAGES, MAX_XML_BYTES,
};
use boyin_ofd::write::{
    Area, AttachmentDraft, Color, DocumentDraft, FontDraft, ImageMark, Mark, PageDraft, PathMark, Place,
    Point, Provider, StampPlace, Step, Stroke, TextMark, Turn, WriteError, WriteFault,
};
use boyin_suite::{Algorithm, SM2_SM3_DER};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SEAL_ID, SealWorld};

use crate::write::{ID, PROVIDER, STAMP, draft, png, prepare, text, unsealed, value};

/// A change of a draft, and what it is refused for.
type Case = (fn(&mut DocumentDraft<'_>), Place, WriteFault);

const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn refused(change: impl FnOnce(&mut DocumentDraft<'_>)) -> WriteError {
    let png = png();
    let mut draft = draft(&png);
    change(&mut draft);
    draft.write().unwrap_err()
}

fn mark(mark: Mark<'static>) -> WriteError {
    refused(|draft| draft.pages[0].marks = vec![mark])
}

#[test]
fn what_is_said_about_a_document_is_checked() {
    assert!(LONG.len() > MAX_ATTACHMENT_NAME_BYTES);
    let cases: [Case; 45] = [
        (|d| d.id = &ID[1..], Place::Document, WriteFault::DocumentId),
        (|d| d.id = "0123456789ABCDEF0123456789abcdef", Place::Document, WriteFault::DocumentId),
        (|d| d.id = "0123456789abcdeg0123456789abcdef", Place::Document, WriteFault::DocumentId),
        (|d| d.creator = "", Place::Document, WriteFault::Empty),
        (|d| d.title = Some(""), Place::Document, WriteFault::Empty),
        (|d| d.title = Some("a\u{1}"), Place::Document, WriteFault::Character),
        (|d| d.author = Some("a\nb"), Place::Document, WriteFault::Character),
        (|d| d.creator = "a\u{ffff}", Place::Document, WriteFault::Character),
        (|d| d.custom[1].0 = "", Place::Custom(1), WriteFault::Empty),
        (|d| d.custom[1].0 = "ZZMC", Place::Custom(1), WriteFault::Repeated),
        (|d| d.custom[2].1 = "\u{fffe}", Place::Custom(2), WriteFault::Character),
        (|d| d.custom[2].1 = "a\tb", Place::Custom(2), WriteFault::Character),
        (|d| d.custom = vec![("a", "b"); MAX_CUSTOM + 1], Place::Document, WriteFault::TooMany),
        (|d| d.pages.clear(), Place::Document, WriteFault::NoPage),
        (|d| d.pages = vec![d.pages[1].clone(); MAX_WRITTEN_PAGES + 1], Place::Document, WriteFault::TooMany),
        (|d| d.fonts = vec![d.fonts[0].clone(); MAX_WRITTEN_FONTS + 1], Place::Document, WriteFault::TooMany),
        (|d| d.images = vec![d.images[0]; MAX_WRITTEN_IMAGES + 1], Place::Document, WriteFault::TooMany),
        (
            |d| d.attachments = vec![d.attachments[0].clone(); MAX_WRITTEN_ATTACHMENTS + 1],
            Place::Document,
            WriteFault::TooMany,
        ),
        (|d| d.fonts[0].family = "", Place::Font(0), WriteFault::Empty),
        (|d| d.fonts[0].family = "宋\0", Place::Font(0), WriteFault::Character),
        (|d| d.fonts.push(FontDraft { family: "a", bytes: b"ttcf" }), Place::Font(1), WriteFault::FontForm),
        (|d| d.fonts.push(FontDraft { family: "a", bytes: b"OTT" }), Place::Font(1), WriteFault::FontForm),
        (|d| d.images.push(b"\xff\xd8\xff\xe0"), Place::Image(1), WriteFault::ImageForm),
        (|d| d.attachments[0].name = "", Place::Attachment(0), WriteFault::Name),
        (|d| d.attachments[0].name = "../OFD", Place::Attachment(0), WriteFault::Name),
        (|d| d.attachments[0].name = ".hidden", Place::Attachment(0), WriteFault::Name),
        (|d| d.attachments[0].name = "a/b", Place::Attachment(0), WriteFault::Name),
        (|d| d.attachments[0].name = "凭证", Place::Attachment(0), WriteFault::Name),
        (|d| d.attachments[0].format = "", Place::Attachment(0), WriteFault::Name),
        (|d| d.attachments[0].format = "JWT", Place::Attachment(0), WriteFault::Name),
        (|d| d.attachments[0].format = "tar.gz", Place::Attachment(0), WriteFault::Name),
        (|d| d.attachments[0].name = LONG, Place::Attachment(0), WriteFault::TextLength),
        (|d| d.attachments[0].format = LONG, Place::Attachment(0), WriteFault::TextLength),
        (
            |d| d.attachments.push(AttachmentDraft { name: "CREDENTIAL", format: "jwt", bytes: b"" }),
            Place::Attachment(1),
            WriteFault::Repeated,
        ),
        (
            |d| d.attachments.push(AttachmentDraft { name: "Attachments", format: "xml", bytes: b"" }),
            Place::Attachment(1),
            WriteFault::Repeated,
        ),
        (|d| d.pages[1].width = 0, Place::Page(1), WriteFault::Length),
        (|d| d.tags = vec![d.tags[0].clone(); MAX_CUSTOM + 1], Place::Document, WriteFault::TooMany),
        (|d| d.tags[1].name = "ZZMC", Place::Tag(1), WriteFault::Repeated),
        (|d| d.tags[1].name = "ZZBH", Place::Tag(1), WriteFault::Index),
        (|d| (d.custom[1].0, d.tags[1].name) = ("1a", "1a"), Place::Tag(1), WriteFault::Name),
        (|d| (d.custom[1].0, d.tags[1].name) = ("a b", "a b"), Place::Tag(1), WriteFault::Name),
        (|d| d.tags[1].marks.clear(), Place::Tag(1), WriteFault::Empty),
        (|d| d.tags[0].marks[0].page = 2, Place::Tag(0), WriteFault::Index),
        (|d| d.tags[0].marks[0].mark = 6, Place::Tag(0), WriteFault::Index),
        (
            |d| d.tags[0].marks = vec![d.tags[0].marks[0]; MAX_TAGGED_OBJECTS],
            Place::Document,
            WriteFault::TooMany,
        ),
    ];
    for (nth, (change, place, fault)) in cases.into_iter().enumerate() {
        assert_eq!(refused(change), WriteError { place, fault }, "case {nth}");
    }
    let long = "a".repeat(MAX_CUSTOM_BYTES + 1);
    let png = png();
    let mut draft = draft(&png);
    draft.custom[0].1 = &long[1..];
    assert!(draft.write().is_ok());
    draft.custom[0].1 = &long;
    let expected = WriteError { place: Place::Custom(0), fault: WriteFault::TextLength };
    assert_eq!(draft.write().unwrap_err(), expected);
    // Each within its bound, together more than `OFD.xml` may have.
    let names: Vec<_> = (0..64).map(|nth| nth.to_string()).collect();
    draft.tags.clear();
    draft.custom = names.iter().map(|name| (name.as_str(), &long[1..])).collect();
    let expected = WriteError { place: Place::Document, fault: WriteFault::Size };
    assert_eq!(draft.write().unwrap_err(), expected);
}

#[test]
fn pages_and_marks_are_checked() {
    let at = |fault| WriteError { place: Place::Mark(0, 0), fault };
    let words = |change: fn(&mut TextMark<'static>)| {
        let mut words = text("加注件");
        change(&mut words);
        mark(Mark::Text(words))
    };
    let long = |d: &mut DocumentDraft<'_>| d.pages[0].height = MAX_LENGTH + 1;
    assert_eq!(refused(long), WriteError { place: Place::Page(0), fault: WriteFault::Length });
    let image = |image, left, width| {
        Mark::Image(ImageMark { image, boundary: Area { x: left, y: 0, width, height: 10 }, alpha: 9 })
    };
    let many = |d: &mut DocumentDraft<'_>| {
        d.pages[0].watermarks = vec![image(0, 0, 1); MAX_MARKS + 1 - d.pages[0].marks.len()];
    };
    assert_eq!(refused(many), WriteError { place: Place::Page(0), fault: WriteFault::TooMany });

    assert_eq!(words(|mark| mark.font = 1), at(WriteFault::Index));
    assert_eq!(words(|mark| mark.size = 0), at(WriteFault::Length));
    assert_eq!(words(|mark| mark.text = Cow::Borrowed("")), at(WriteFault::Empty));
    assert_eq!(words(|mark| mark.text = Cow::Borrowed("加\n件")), at(WriteFault::Character));
    assert_eq!(words(|mark| mark.advances = vec![1]), at(WriteFault::Advances));
    assert_eq!(words(|mark| mark.advances = vec![1; 4]), at(WriteFault::Advances));
    assert_eq!(words(|mark| mark.advances = vec![-1, 1]), at(WriteFault::Length));
    assert_eq!(words(|mark| mark.advances = vec![MAX_LENGTH, 1]), at(WriteFault::Length));
    assert_eq!(words(|mark| mark.glyphs = vec![1, 2]), at(WriteFault::Glyphs));
    assert_eq!(words(|mark| mark.origin.x = -1), at(WriteFault::OffPage));
    assert_eq!(words(|mark| mark.origin.y = 297_001), at(WriteFault::OffPage));
    // Begins on the page and ends beside it, to the right or above; the last character is as wide as said, else an em.
    assert_eq!(words(|mark| mark.advances = vec![100_000; 2]), at(WriteFault::OffPage));
    assert_eq!(words(|mark| mark.advances = vec![92_501; 2]), at(WriteFault::OffPage));
    assert_eq!(words(|mark| mark.advances = vec![92_500, 92_500, 5001]), at(WriteFault::OffPage));
    for advances in [vec![92_500; 2], vec![94_000, 94_000, 2000]] {
        let png = png();
        let mut draft = draft(&png);
        draft.pages[0].marks.push(Mark::Text(TextMark { advances, ..text("加注件") }));
        assert!(draft.write().is_ok());
    }
    let turn = Turn::new(0, 1_000_000).unwrap();
    let risen = TextMark { turn, advances: vec![20_000, 20_000, 1], ..text("加注件") };
    assert_eq!(mark(Mark::Text(risen)), at(WriteFault::OffPage));
    let letters = "a".repeat(MAX_MARK_CHARACTERS + 1);
    let advances = vec![0; MAX_MARK_CHARACTERS];
    let letters = TextMark { text: Cow::Owned(letters), advances, ..text("a") };
    assert_eq!(mark(Mark::Text(letters)), at(WriteFault::TextLength));

    assert_eq!(mark(image(1, 0, 1)), at(WriteFault::Index));
    assert_eq!(mark(image(0, 0, 0)), at(WriteFault::Length));
    assert_eq!(mark(image(0, 0, 210_001)), at(WriteFault::OffPage));
    assert_eq!(mark(image(0, i32::MIN, 1)), at(WriteFault::Length));
    assert_eq!(mark(image(0, 0, i32::MAX)), at(WriteFault::Length));

    let point = |x| Point { x, y: 0 };
    let steps = vec![Step::Move(point(0)), Step::Line(point(10))];
    let path = |steps: &[Step], stroke: Option<i32>, fill| {
        let stroke = stroke.map(|width| Stroke { width, color: Color::BLACK });
        mark(Mark::Path(PathMark { steps: steps.to_vec(), stroke, fill }))
    };
    assert_eq!(path(&steps, None, None), at(WriteFault::Path));
    assert_eq!(path(&steps[1..], Some(1), None), at(WriteFault::Path));
    assert_eq!(path(&steps[..1], Some(1), None), at(WriteFault::Path));
    assert_eq!(path(&[steps[1]; 2], Some(1), None), at(WriteFault::Path));
    assert_eq!(path(&[], None, Some(Color::BLACK)), at(WriteFault::Path));
    assert_eq!(path(&steps, Some(0), None), at(WriteFault::Length));
    assert_eq!(path(&vec![steps[0]; MAX_PATH_STEPS + 1], Some(1), None), at(WriteFault::TooMany));
    let off = Step::Curve(point(1), point(210_001), point(2));
    assert_eq!(path(&[steps[0], off], Some(1), None), at(WriteFault::OffPage));
    let far = Step::Line(point(MAX_LENGTH + 1));
    assert_eq!(path(&[steps[0], far], Some(1), None), at(WriteFault::Length));
}

/// A watermark may reach over the edge, but not be anything else.
#[test]
fn watermarks_are_checked() {
    let of = |origin: Point, font: usize| {
        let png = png();
        let mut draft = draft(&png);
        draft.pages[1].watermarks = vec![Mark::Text(TextMark { origin, ..text("甲") }); 2];
        if let Mark::Text(mark) = &mut draft.pages[1].watermarks[1] {
            mark.font = font;
        }
        draft.write().map(|_| ())
    };
    let fault = |fault| Err(WriteError { place: Place::Watermark(1, 1), fault });
    assert_eq!(of(Point { x: -20_000, y: 400_000 }, 0), Ok(()));
    assert_eq!(of(Point { x: -20_000, y: 400_000 }, 1), fault(WriteFault::Index));
    let far = WriteError { place: Place::Watermark(1, 0), fault: WriteFault::Length };
    assert_eq!(of(Point { x: 0, y: MAX_LENGTH + 1 }, 0), Err(far));
}

#[test]
fn what_is_too_large_is_not_written() {
    // Half of the container each, and such that nothing is gained by deflating them.
    let large = vec![0; MAX_ENTRY_BYTES / 2];
    let png = png();
    let of = |name| AttachmentDraft { name, format: "bin", bytes: &large };
    let unsealed = DocumentDraft { attachments: vec![of("a"), of("b")], ..draft(&png) }.write().unwrap();
    let expected = WriteError { place: Place::Document, fault: WriteFault::Size };
    assert_eq!(unsealed.finish_without_seal().unwrap_err(), expected);
    // A page of texts that are each within their bound, larger than the reader takes an XML file.
    let words = "甲".repeat(MAX_MARK_CHARACTERS);
    let words = Mark::Text(TextMark { advances: vec![0; MAX_MARK_CHARACTERS - 1], ..text(&words) });
    let mut draft = draft(&png);
    draft.pages[1].watermarks = vec![words; MAX_XML_BYTES / (5 * MAX_MARK_CHARACTERS) + 1];
    let expected = WriteError { place: Place::Page(1), fault: WriteFault::Size };
    assert_eq!(draft.write().unwrap_err(), expected);
}

/// As many files and stamps as there can be: what describes the signature is still read.
#[test]
fn the_longest_description_is_read() {
    let world = SealWorld::new(Algorithm::Sm2);
    let png = png();
    let mut draft = draft(&png);
    let names: Vec<_> = (0..MAX_WRITTEN_ATTACHMENTS).map(|nth| format!("{nth:a>64}")).collect();
    draft.attachments =
        names.iter().map(|name| AttachmentDraft { name, format: &LONG[1..], bytes: b"" }).collect();
    draft.pages = vec![draft.pages[0].clone(); MAX_WRITTEN_PAGES];
    draft.fonts = vec![draft.fonts[0].clone(); MAX_WRITTEN_FONTS];
    draft.images = vec![draft.images[0]; MAX_WRITTEN_IMAGES];
    let quotes = "\"".repeat(MAX_CUSTOM_BYTES);
    let provider = Provider { name: &quotes, version: &quotes, company: &quotes };
    let (seal, alg) = (world.seal(&world.info()), world.signer.0.reference().alg());
    let stamps = vec![STAMP; MAX_STAMPS];
    let prepared = draft.write().unwrap().prepare(&stamps, &seal, alg, &provider, now().minus(60)).unwrap();
    assert!(prepared.to_be_signed().len() > MAX_STRUCTURE_BYTES / 4);
    let value = value(&world, &prepared);
    let bytes = prepared.complete(&value).unwrap();
    assert_eq!(crate::checked(&world, &bytes), OfdVerdict::Passed);
}

#[test]
fn seals_and_their_places_are_checked() {
    let world = SealWorld::new(Algorithm::Sm2);
    let (seal, alg) = (world.seal(&world.info()), world.signer.0.reference().alg());
    let of = |stamps: &[StampPlace], seal: &[u8], alg: &dyn VerifyAlg, provider: Provider<'_>| {
        unsealed().prepare(stamps, seal, alg, &provider, now()).unwrap_err()
    };
    let error = |place, fault| WriteError { place, fault };
    let area = |left, width| StampPlace { page: 1, boundary: Area { x: left, y: 0, width, height: 10_000 } };
    let stamps = |stamps: &[StampPlace]| of(stamps, &seal, alg, PROVIDER);
    assert_eq!(stamps(&[]), error(Place::Seal, WriteFault::NoStamp));
    assert_eq!(stamps(&vec![STAMP; MAX_STAMPS + 1]), error(Place::Seal, WriteFault::TooMany));
    assert_eq!(stamps(&[STAMP, StampPlace { page: 2, ..STAMP }]), error(Place::Stamp(1), WriteFault::Index));
    assert_eq!(stamps(&[area(0, 0)]), error(Place::Stamp(0), WriteFault::Length));
    assert_eq!(stamps(&[area(-1, 9)]), error(Place::Stamp(0), WriteFault::OffPage));
    assert_eq!(stamps(&[area(140_000, 8_001)]), error(Place::Stamp(0), WriteFault::OffPage));
    assert_eq!(stamps(&[StampPlace { page: 1, ..STAMP }]), error(Place::Stamp(0), WriteFault::OffPage));
    for bytes in [&[][..], &seal[..seal.len() - 1], b"seal"] {
        assert_eq!(of(&[STAMP], bytes, alg, PROVIDER), error(Place::Seal, WriteFault::Seal));
    }
    let nameless = Provider { name: "", ..PROVIDER };
    assert_eq!(of(&[STAMP], &seal, alg, nameless), error(Place::Seal, WriteFault::Empty));
    let odd = Provider { version: "1\n", ..PROVIDER };
    assert_eq!(of(&[STAMP], &seal, alg, odd), error(Place::Seal, WriteFault::Character));
    let nobodys = Provider { company: "", ..PROVIDER };
    assert_eq!(of(&[STAMP], &seal, alg, nobodys), error(Place::Seal, WriteFault::Empty));
    let sm2 = SM2_SM3_DER.id();
    for (digest, oid) in [("sm3", None), ("sha-384", sm2.oid)] {
        let id = AlgId { digest, oid, name: "toy", pss: None, ..*sm2 };
        let toy = Toy(Box::leak(Box::new(id)));
        assert_eq!(of(&[STAMP], &seal, &toy, PROVIDER), error(Place::Seal, WriteFault::Algorithm));
    }
}

/// An algorithm of other names.
#[derive(Debug)]
struct Toy(&'static AlgId);

impl VerifyAlg for Toy {
    fn id(&self) -> &'static AlgId {
        self.0
    }

    fn key(&self, _public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        Err(BadKey)
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        SM2_SM3_DER.digest(parts)
    }

    fn hasher(&self) -> Box<dyn Hasher> {
        SM2_SM3_DER.hasher()
    }
}

/// A value of another document, of another seal, or for another place is not joined.
#[test]
fn only_the_seal_signature_of_this_document_is_joined() {
    let world = SealWorld::new(Algorithm::Sm2);
    let of = |value: &[u8]| prepare(&world, &[STAMP]).complete(value).unwrap_err();
    let error = |fault| WriteError { place: Place::Value, fault };
    let prepared = prepare(&world, &[STAMP]);
    let (seal, at) = (world.seal(&world.info()), now().minus(60));
    let right = value(&world, &prepared);
    assert!(prepare(&world, &[STAMP]).complete(&right).is_ok());
    assert_eq!(of(b"value"), error(WriteFault::Value));
    assert_eq!(of(&seal), error(WriteFault::Value));
    assert_eq!(of(&right[..right.len() - 1]), error(WriteFault::Value));
    let other = world.signature_over(&seal, at, world.digest(), prepared.property());
    assert_eq!(of(&other), error(WriteFault::ValueOfOther));
    let elsewhere = world.signature_over(&seal, at, prepared.digest(), "/Doc_0/Signs/Sign_1/Signature.xml");
    assert_eq!(of(&elsewhere), error(WriteFault::ValueOfOther));
    let mut info = world.info();
    info.name = "another";
    assert_eq!(info.id, SEAL_ID);
    let other_seal = world.signature_over(&world.seal(&info), at, prepared.digest(), prepared.property());
    assert_eq!(of(&other_seal), error(WriteFault::ValueOfOther));
}

#[test]
fn faults_have_codes_and_places_have_names() {
    let codes: HashSet<_> = WriteFault::ALL.iter().map(|fault| fault.code()).collect();
    assert_eq!(codes.len(), WriteFault::ALL.len());
    let error = WriteError { place: Place::Watermark(1, 2), fault: WriteFault::OffPage };
    assert_eq!(error.to_string(), "page 1, watermark 2: it is not on the page");
    let page =
        PageDraft { width: 1, height: 1, marks: vec![Mark::Text(text("甲乙"))], watermarks: Vec::new() };
    assert!(format!("{page:?}").contains("TextMark(2 characters)"));
    assert_eq!(format!("{:?}", draft(&[])), "DocumentDraft(2 pages, 1 attachments)");
}
