//! Documents that are written here: read again, verified, changed, taken apart.

use std::borrow::Cow;

use boyin_model::alg::VerifyAlg as _;
use boyin_model::hex;
use boyin_ofd::package::{Container, Package};
use boyin_ofd::write::{
    Area, AttachmentDraft, Color, DocumentDraft, FontDraft, ImageMark, Mark, MarkPlace, PageDraft, PathMark,
    Point, PreparedOfd, Provider, StampPlace, Step, Stroke, TagDraft, TextMark, Turn, Unsealed,
};
use boyin_ofd::{
    Cause, ExtractError, ExtractFault, OfdReason, OfdVerdict, OfdVerifier, Protection, Stamp, StructureFault,
    extract, extract_from,
};
use boyin_suite::{Algorithm, ES256};
use boyin_testkit::ofd::{EntryByHand, container};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;
use boyin_verify::seal::SealReason;

use crate::{check, failed, shown};

pub(crate) const ID: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const PROVIDER: Provider<'_> = Provider { name: "boyin", version: "0.1", company: "博尔塔拉" };
pub(crate) const STAMP: StampPlace =
    StampPlace { page: 0, boundary: Area { x: 150_000, y: 220_500, width: 42_000, height: 42_000 } };
const FONT: &[u8] = &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const CREDENTIAL: &[u8] = b"eyJ.eyJ.c2ln~";
const TITLE: &str = r#"<营业执照> & "副本""#;

/// A picture of one white pixel.
pub(crate) fn png() -> Vec<u8> {
    let part = |kind: &[u8], data: &[u8]| {
        let covered = [kind, data].concat();
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length[..], &covered, &crc32fast::hash(&covered).to_be_bytes()].concat()
    };
    let pixels = miniz_oxide::deflate::compress_to_vec_zlib(&[0, 255], 6);
    let header = [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0];
    [b"\x89PNG\r\n\x1a\n".to_vec(), part(b"IHDR", &header), part(b"IDAT", &pixels), part(b"IEND", b"")]
        .concat()
}

pub(crate) fn text(text: &str) -> TextMark<'_> {
    TextMark {
        font: 0,
        size: 5000,
        origin: Point { x: 20_000, y: 40_000 },
        text: Cow::Borrowed(text),
        advances: vec![5000; text.chars().count() - 1],
        glyphs: Vec::new(),
        color: Color::BLACK,
        turn: Turn::NONE,
    }
}

/// A license of one page with everything that a page can have, and a page with less.
pub(crate) fn draft(png: &[u8]) -> DocumentDraft<'_> {
    let area = Area { x: 10_000, y: 10_000, width: 190_000, height: 277_000 };
    let stroke = Stroke { width: 353, color: Color::opaque(200, 0, 0) };
    let at = |x, y| Point { x, y };
    let curve = vec![
        Step::Move(at(100_000, 20_000)),
        Step::Curve(at(105_000, 20_000), at(110_000, 25_000), at(110_000, 30_000)),
        Step::Close,
    ];
    let gray = Color { alpha: 60, ..Color::opaque(120, 120, 120) };
    let watermark = TextMark { color: gray, turn: Turn::RISING_30, ..text("仅供办理住房补贴使用") };
    DocumentDraft {
        id: ID,
        created: now(),
        title: Some(TITLE),
        author: None,
        creator: "boyin",
        custom: vec![("ZZMC", "营业执照"), ("CZZT", r#"甲<&"'>乙"#), ("KZ_JYFW", "")],
        pages: vec![
            PageDraft {
                width: 210_000,
                height: 297_000,
                marks: vec![
                    Mark::Path(PathMark::rectangle(area, Some(stroke), None)),
                    Mark::Path(PathMark::line(at(20_000, 50_000), at(190_000, 50_000), stroke)),
                    Mark::Path(PathMark { steps: curve, stroke: None, fill: Some(Color::BLACK) }),
                    Mark::Text(text(r#"名称：<甲&"乙">"#)),
                    Mark::Text(TextMark { glyphs: vec![7, 8, 9, 10], ..text("𠮷林省吉") }),
                    Mark::Image(ImageMark {
                        image: 0,
                        boundary: Area { x: 20_000, y: 60_000, width: 25_000, height: 25_000 },
                        alpha: 255,
                    }),
                ],
                watermarks: vec![Mark::Text(watermark)],
            },
            PageDraft { width: 148_000, height: 210_000, marks: Vec::new(), watermarks: Vec::new() },
        ],
        fonts: vec![FontDraft { family: "宋体", bytes: FONT }],
        images: vec![png],
        tags: vec![
            TagDraft { name: "ZZMC", marks: vec![MarkPlace { page: 0, mark: 3 }] },
            TagDraft {
                name: "CZZT",
                marks: vec![MarkPlace { page: 0, mark: 4 }, MarkPlace { page: 0, mark: 3 }],
            },
        ],
        attachments: vec![AttachmentDraft { name: "credential", format: "jwt", bytes: CREDENTIAL }],
    }
}

pub(crate) fn unsealed() -> Unsealed {
    draft(&png()).write().unwrap()
}

pub(crate) fn prepare(world: &SealWorld, stamps: &[StampPlace]) -> PreparedOfd {
    let alg = world.signer.0.reference().alg();
    let seal = world.seal(&world.info());
    unsealed().prepare(stamps, &seal, alg, &PROVIDER, now().minus(60)).unwrap()
}

pub(crate) fn value(world: &SealWorld, prepared: &PreparedOfd) -> Vec<u8> {
    let seal = world.seal(&world.info());
    world.signature_over(&seal, now().minus(60), prepared.digest(), prepared.property())
}

fn sealed(world: &SealWorld) -> Vec<u8> {
    let second = StampPlace { page: 1, boundary: Area { x: 0, y: 0, width: 148_000, height: 210_000 } };
    let prepared = prepare(world, &[STAMP, second]);
    let value = value(world, &prepared);
    prepared.complete(&value).unwrap()
}

fn entries(bytes: &[u8]) -> Vec<EntryByHand> {
    let package = Package::read(bytes).unwrap();
    package.entries().iter().map(|entry| EntryByHand::new(entry.name(), entry.bytes())).collect()
}

fn file<'p>(package: &'p Package, name: &str) -> &'p str {
    std::str::from_utf8(package.get(name).unwrap().bytes()).unwrap()
}

#[test]
fn what_is_written_passes() {
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        let bytes = sealed(&world);
        let store = world.store();
        let strict = OfdVerifier::new(Reader::Ours).check(&bytes, &context(&store, now()));
        assert_eq!(strict.verdict(), OfdVerdict::Passed, "{}", shown(&strict));
        let report = check(&world, &bytes);
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
        let signature = report.signatures().next().unwrap();
        assert_eq!(signature.protection(), Some(Protection::Whole));
        assert!(
            signature.notes().is_empty() && report.documents()[0].notes().is_empty(),
            "{}",
            shown(&report)
        );
        let stamps = [
            Stamp { page: "1".into(), boundary: [150_000, 220_500, 42_000, 42_000], clip: None },
            Stamp { page: "2".into(), boundary: [0, 0, 148_000, 210_000], clip: None },
        ];
        assert_eq!(signature.stamps(), stamps);
    }
}

/// Another reader of containers finds the same files in them.
#[test]
fn others_read_the_container() {
    let bytes = sealed(&SealWorld::new(Algorithm::Sm2));
    let package = Package::read(&bytes).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    assert_eq!(archive.len(), package.entries().len());
    for (nth, entry) in package.entries().iter().enumerate() {
        let mut file = archive.by_index(nth).unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut content).unwrap();
        let name = file.name().unwrap().into_owned();
        assert_eq!((name.as_str(), content.as_slice()), (entry.name(), entry.bytes()));
    }
}

/// Every file but the two that make up the signature is named with its digest.
#[test]
fn every_file_is_covered() {
    let world = SealWorld::new(Algorithm::Sm2);
    let bytes = sealed(&world);
    let package = Package::read(&bytes).unwrap();
    let description = file(&package, "Doc_0/Signs/Sign_0/Signature.xml");
    let own = ["Doc_0/Signs/Sign_0/Signature.xml", "Doc_0/Signs/Sign_0/SignedValue.dat"];
    for entry in package.entries() {
        let is_named = description.contains(&format!(r#"FileRef="/{}""#, entry.name()));
        assert_eq!(is_named, !own.contains(&entry.name()), "{}", entry.name());
    }
    assert!(description.contains(r#"CheckMethod="1.2.156.10197.1.401""#));
    assert!(description.contains("<ofd:SignatureMethod>1.2.156.10197.1.501<"));
    assert_eq!(package.entries().len(), 16);
}

#[test]
fn no_entry_can_be_changed_removed_or_added() {
    let world = SealWorld::new(Algorithm::Sm2);
    let entries = entries(&sealed(&world));
    assert_eq!(crate::checked(&world, &container(&entries)), OfdVerdict::Passed);
    for nth in 0..entries.len() {
        let name = String::from_utf8(entries[nth].name.clone()).unwrap();
        let mut changed = entries.clone();
        changed[nth].bytes.push(b'\n');
        let expected = match name.as_str() {
            "Doc_0/Signs/Sign_0/Signature.xml" => {
                OfdVerdict::Failed(Cause::Seal(SealReason::DocumentMismatch))
            }
            "Doc_0/Signs/Sign_0/SignedValue.dat" => OfdVerdict::Failed(Cause::Seal(SealReason::Malformed)),
            _ => failed(OfdReason::ReferenceMismatch),
        };
        let report = check(&world, &container(&changed));
        assert_eq!(report.verdict(), expected, "{name}: {}", shown(&report));
        let mut removed = entries.clone();
        removed.remove(nth);
        assert!(matches!(crate::checked(&world, &container(&removed)), OfdVerdict::Failed(_)), "{name}");
    }
    let mut added = entries;
    added.push(EntryByHand::new("Doc_0/Attachs/more.txt", b"more"));
    assert_eq!(crate::checked(&world, &container(&added)), failed(OfdReason::EntryUnreferenced));
}

/// The bytes are part of the format: who holds a draft can make the same document elsewhere.
#[test]
fn the_same_draft_gives_the_same_bytes() {
    let bytes = unsealed().finish_without_seal().unwrap();
    assert_eq!(bytes, unsealed().finish_without_seal().unwrap());
    assert_eq!(
        hex::encode(&ES256.digest(&[&bytes])),
        "024a48df6a9066068e8f0b300554ad721ee8e4977f685caa819e044fe7d34ed7"
    );
    let world = SealWorld::new(Algorithm::Sm2);
    let prepared = prepare(&world, &[STAMP]);
    assert_eq!(prepared.to_be_signed(), prepare(&world, &[STAMP]).to_be_signed());
    let value = value(&world, &prepared);
    let again = prepare(&world, &[STAMP]).complete(&value).unwrap();
    assert_eq!(prepared.complete(&value).unwrap(), again);
}

#[test]
fn without_a_seal_nothing_is_proven() {
    let world = SealWorld::new(Algorithm::Sm2);
    let bytes = unsealed().finish_without_seal().unwrap();
    let OfdVerdict::Failed(cause) = crate::checked(&world, &bytes) else { panic!("passed") };
    assert_eq!(cause, Cause::Ofd(OfdReason::NotSigned));
}

/// The elements that a page consists of, as readers find them.
#[test]
fn pages_say_what_was_drafted() {
    let bytes = unsealed().finish_without_seal().unwrap();
    let package = Package::read(&bytes).unwrap();
    let page = file(&package, "Doc_0/Pages/Page_0/Content.xml");
    for part in [
        r#"<ofd:Area><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:Area>"#,
        r#"<ofd:Layer Type="Body" ID="5">"#,
        // The frame, its boundary wide enough for the stroke.
        r#"<ofd:PathObject ID="6" Boundary="8.941 8.941 192.118 279.118" LineWidth="0.353"><ofd:StrokeColor Value="200 0 0"/><ofd:AbbreviatedData>M 1.059 1.059 L 191.059 1.059 L 191.059 278.059 L 1.059 278.059 C</ofd:AbbreviatedData></ofd:PathObject>"#,
        r#"<ofd:PathObject ID="8" Boundary="100 20 10 10" Stroke="false" Fill="true"><ofd:FillColor Value="0 0 0"/><ofd:AbbreviatedData>M 0 0 B 5 0 10 5 10 10 C</ofd:AbbreviatedData></ofd:PathObject>"#,
        r#"<ofd:TextObject ID="9" Boundary="17.5 32.5 57.5 11.25" Font="3" Size="5"><ofd:FillColor Value="0 0 0"/><ofd:TextCode X="2.5" Y="7.5" DeltaX="5 5 5 5 5 5 5 5 5">名称：&lt;甲&amp;&quot;乙&quot;&gt;</ofd:TextCode></ofd:TextObject>"#,
        // A rare character stands alone, and what follows it begins where it does.
        r#"<ofd:CGTransform CodePosition="0" CodeCount="1" GlyphCount="1"><ofd:Glyphs>7</ofd:Glyphs></ofd:CGTransform><ofd:TextCode X="2.5" Y="7.5">𠮷</ofd:TextCode></ofd:TextObject>"#,
        r#"<ofd:TextObject ID="11" Boundary="22.5 32.5 22.5 11.25" Font="3" Size="5"><ofd:FillColor Value="0 0 0"/><ofd:CGTransform CodePosition="0" CodeCount="3" GlyphCount="3"><ofd:Glyphs>8 9 10</ofd:Glyphs></ofd:CGTransform><ofd:TextCode X="2.5" Y="7.5" DeltaX="5 5">林省吉</ofd:TextCode></ofd:TextObject>"#,
        r#"<ofd:ImageObject ID="12" Boundary="20 60 25 25" CTM="25 0 0 25 0 0" ResourceID="4"/></ofd:Layer><ofd:Layer Type="Foreground" ID="13">"#,
        r#" CTM="0.866025 -0.5 0.5 0.866025 "#,
        r#"<ofd:FillColor Value="120 120 120" Alpha="60"/><ofd:TextCode X="0" Y="0" DeltaX="5 5 5 5 5 5 5 5 5">仅供办理住房补贴使用<"#,
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
    assert!(!file(&package, "Doc_0/Pages/Page_1/Content.xml").contains("Foreground"));
    let document = file(&package, "Doc_0/Document.xml");
    assert!(document.contains("<ofd:MaxUnitID>15</ofd:MaxUnitID><ofd:PageArea>"), "{document}");
    let entry = file(&package, "OFD.xml");
    assert!(
        entry.contains("<ofd:Title>&lt;营业执照&gt; &amp; &quot;副本&quot;</ofd:Title><ofd:CreationDate>20")
    );
}

/// Tags name the objects that the marks became: a rare character is one of its own.
#[test]
fn tags_lead_to_the_objects_of_their_marks() {
    let bytes = unsealed().finish_without_seal().unwrap();
    let package = Package::read(&bytes).unwrap();
    assert!(
        file(&package, "Doc_0/Document.xml")
            .contains("</ofd:Pages><ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags><ofd:Attachments>")
    );
    let list = file(&package, "Doc_0/Tags/CustomTags.xml");
    let entry = r#"<ofd:CustomTag TypeID="Metadata" NameSpace="http://www.ofdspec.org/2016"><ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag>"#;
    assert!(list.contains(entry), "{list}");
    let tags = file(&package, "Doc_0/Tags/CustomTag.xml");
    let first = r#"<ofd:ZZMC><ofd:ObjectRef PageRef="1">9</ofd:ObjectRef></ofd:ZZMC><ofd:CZZT>"#;
    assert!(tags.contains(first), "{tags}");
    let contents = extract(&package).unwrap();
    let read: Vec<_> = contents[0]
        .tags
        .iter()
        .map(|tag| {
            (tag.name.as_str(), tag.objects.iter().map(|of| (of.page.as_deref(), &*of.object)).collect())
        })
        .collect::<Vec<(&str, Vec<_>)>>();
    let on = |object| (Some("1"), object);
    assert_eq!(read, [("ZZMC", vec![on("9")]), ("CZZT", vec![on("10"), on("11"), on("9")])]);
    assert_eq!(format!("{:?}", contents[0].tags[1]), "UnverifiedTag(3 objects)");
    let page = file(&package, "Doc_0/Pages/Page_0/Content.xml");
    for (object, said) in [("9", "名称：&lt;甲"), ("10", "𠮷"), ("11", "林省吉")] {
        let (_, rest) = page.split_once(&format!(r#"<ofd:TextObject ID="{object}""#)).unwrap();
        assert!(rest.split("</ofd:TextObject>").next().unwrap().contains(said), "{object}");
    }
}

/// As invoices have them: elements within each other, of another namespace, no page said.
#[test]
fn tags_of_others_are_taken_out() {
    let tags = r#"<fp:eInvoice xmlns:fp="http://www.edrm.org.cn/schema/e-invoice/2016"><fp:Buyer><fp:BuyerName><ObjectRef> 7 </ObjectRef></fp:BuyerName><fp:Note>x</fp:Note></fp:Buyer></fp:eInvoice>"#;
    let mut all = entries(&unsealed().finish_without_seal().unwrap());
    all.iter_mut().find(|entry| entry.name.ends_with(b"CustomTag.xml")).unwrap().bytes = tags.into();
    let bytes = container(&all);
    let package = Package::read(&bytes).unwrap();
    let contents = extract(&package).unwrap();
    let [tag] = contents[0].tags.as_slice() else { panic!("one tag") };
    assert_eq!((tag.name.as_str(), tag.objects.len()), ("BuyerName", 1));
    assert_eq!((tag.objects[0].page.as_deref(), tag.objects[0].object.as_str()), (None, "7"));
}

/// Four corners of the text are within the boundary of a turned one: a reader would cut off what is not.
#[test]
fn a_turned_text_is_within_its_boundary() {
    for (cosine, sine) in [(707_107, 707_107), (0, 1_000_000), (-1_000_000, 0), (866_025, -500_000)] {
        let png = png();
        let mut draft = draft(&png);
        let turn = Turn::new(cosine, sine).unwrap();
        let origin = Point { x: 105_000, y: 148_500 };
        draft.pages[0].watermarks = vec![Mark::Text(TextMark { turn, origin, ..text("加注件") })];
        let bytes = draft.write().unwrap().finish_without_seal().unwrap();
        let package = Package::read(&bytes).unwrap();
        let page = file(&package, "Doc_0/Pages/Page_0/Content.xml");
        let (_, watermark) = page.rsplit_once("<ofd:TextObject").unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            let (_, rest) = watermark.split_once(&format!("{name}=\"")).unwrap();
            rest.split('"').next().unwrap().split(' ').map(|number| number.parse().unwrap()).collect()
        };
        let (boundary, matrix) = (numbers("Boundary"), numbers("CTM"));
        assert!(
            (boundary[0] + matrix[4] - 105.0).abs() < 1e-9 && (boundary[1] + matrix[5] - 148.5).abs() < 1e-9
        );
        // From the left of the first em to the right of the last, an em above and half of one below.
        for (x, y) in [(0.0, -5.0), (0.0, 2.5), (15.0, -5.0), (15.0, 2.5)] {
            let at = (matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5]);
            assert!((0.0..=boundary[2]).contains(&at.0) && (0.0..=boundary[3]).contains(&at.1), "{at:?}");
        }
        // The baseline goes where the turn says.
        assert!(
            (matrix[0] - f64::from(cosine) / 1e6).abs() < 1e-9
                && (matrix[1] + f64::from(sine) / 1e6).abs() < 1e-9
        );
    }
}

#[test]
fn what_was_attached_is_taken_out() {
    let world = SealWorld::new(Algorithm::Sm2);
    let bytes = sealed(&world);
    let package = Package::read(&bytes).unwrap();
    let all = extract(&package).unwrap();
    let [contents] = all.as_slice() else { panic!("one document") };
    assert_eq!((contents.id.as_deref(), contents.title.as_deref()), (Some(ID), Some(TITLE)));
    let custom = [("ZZMC", "营业执照"), ("CZZT", r#"甲<&"'>乙"#), ("KZ_JYFW", "")];
    assert!(contents.custom.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(custom));
    let [attachment] = contents.attachments.as_slice() else { panic!("one attachment") };
    assert_eq!((attachment.name.as_str(), attachment.format.as_deref()), ("credential", Some("jwt")));
    assert_eq!((attachment.entry.as_str(), attachment.size), ("Doc_0/Attachs/credential.jwt", 13));
    let entry = &package.entries()[attachment.place];
    assert_eq!((entry.name(), entry.bytes()), (attachment.entry.as_str(), CREDENTIAL));
    assert_eq!(format!("{contents:?}"), "UnverifiedContents(3 metadata, 1 attachments)");
    assert_eq!(format!("{attachment:?}"), "UnverifiedAttachment(13 bytes)");
    let mut container = Container::open(&bytes[..]).unwrap();
    assert_eq!(extract_from(&mut container).unwrap(), all);
    let mut read = Vec::new();
    container.read(attachment.place, &mut |piece| read.extend_from_slice(piece)).unwrap();
    assert_eq!(read, CREDENTIAL);
    let plain = DocumentDraft {
        custom: Vec::new(),
        tags: Vec::new(),
        attachments: Vec::new(),
        title: None,
        ..draft(&[])
    };
    let plain =
        DocumentDraft { images: Vec::new(), fonts: Vec::new(), pages: vec![plain.pages[1].clone()], ..plain };
    let bytes = plain.write().unwrap().finish_without_seal().unwrap();
    let package = Package::read(&bytes).unwrap();
    let all = extract(&package).unwrap();
    assert!(all[0].custom.is_empty() && all[0].tags.is_empty());
    assert!(all[0].attachments.is_empty() && all[0].title.is_none());
    let names: Vec<_> = package.entries().iter().map(boyin_ofd::package::Entry::name).collect();
    assert_eq!(names, ["OFD.xml", "Doc_0/Document.xml", "Doc_0/Pages/Page_0/Content.xml"]);
}

/// Why nothing is taken out, of what is held and of what is read file by file.
pub(crate) fn refused(bytes: &[u8]) -> ExtractError {
    let error = extract(&Package::read(bytes).unwrap()).unwrap_err();
    let again = extract_from(&mut Container::open(bytes).unwrap()).unwrap_err();
    assert!(matches!(again, ExtractFault::Odd(same) if same == error), "{again}");
    error
}

#[test]
fn nothing_is_taken_out_of_what_is_odd() {
    let whole = entries(&unsealed().finish_without_seal().unwrap());
    let with = |name: &str, old: &str, new: &str| {
        let mut all = whole.clone();
        let entry = all.iter_mut().find(|entry| entry.name == name.as_bytes()).unwrap();
        let text = String::from_utf8(entry.bytes.clone()).unwrap();
        assert!(text.contains(old), "{text}");
        entry.bytes = text.replacen(old, new, 1).into_bytes();
        refused(&container(&all))
    };
    let structure = |part, fault| ExtractError::Structure { part, fault };
    let (root, list) = ("Doc_0/Document.xml", "Doc_0/Attachs/Attachments.xml");
    let (entry, of_list) = ("OFD.xml", "the list of attachments");
    let (tags, of_tags) = ("Doc_0/Tags/CustomTags.xml", "Doc_0/Tags/CustomTag.xml");
    let more = |count: usize, one: &str, end: &str| one.repeat(count) + end;
    for (name, old, new, expected) in [
        (entry, "<ofd:DocRoot>", "<ofd:Versions/><ofd:DocRoot>", ExtractError::Versions),
        (entry, "Doc_0/Document.xml", "Doc_0/Other.xml", ExtractError::Location("the document")),
        (entry, "Doc_0/Document.xml", "../Document.xml", ExtractError::Location("the document")),
        (
            entry,
            "ofd:DocBody>",
            "ofd:Body>",
            structure(entry, StructureFault::Xml(boyin_ofd::XmlFault::Syntax)),
        ),
        (entry, " Name=\"ZZMC\"", "", structure(entry, StructureFault::Missing("Name"))),
        (
            entry,
            "<ofd:Title>",
            "<ofd:Title/><ofd:Title>",
            structure(entry, StructureFault::Repeated("Title")),
        ),
        (
            entry,
            "</ofd:CustomDatas>",
            &more(1024, r#"<ofd:CustomData Name="a"/>"#, "</ofd:CustomDatas>"),
            structure(entry, StructureFault::TooMany("CustomData")),
        ),
        (
            entry,
            "</ofd:OFD>",
            &more(
                16,
                "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>",
                "</ofd:OFD>",
            ),
            structure(entry, StructureFault::TooMany("DocBody")),
        ),
        (root, "Attachs/", "Attach/", ExtractError::Location(of_list)),
        (root, "Tags/", "Tag/", ExtractError::Location("the list of tags")),
        (tags, "CustomTag.xml", "Other.xml", ExtractError::Location("a file of tags")),
        (
            tags,
            "</ofd:CustomTags>",
            &more(
                1024,
                "<ofd:CustomTag><ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag>",
                "</ofd:CustomTags>",
            ),
            structure("a file of tags", StructureFault::Xml(boyin_ofd::XmlFault::Elements)),
        ),
        (
            tags,
            "</ofd:CustomTags>",
            &more(
                1024,
                "<ofd:CustomTag><ofd:FileLoc>/OFD.xml</ofd:FileLoc></ofd:CustomTag>",
                "</ofd:CustomTags>",
            ),
            structure("the list of tags", StructureFault::TooMany("CustomTag")),
        ),
        (
            tags,
            "<ofd:FileLoc>CustomTag.xml</ofd:FileLoc>",
            "",
            structure("the list of tags", StructureFault::Missing("FileLoc")),
        ),
        (
            of_tags,
            "<ofd:ObjectRef",
            &more(16_384, r#"<ofd:ObjectRef PageRef="1">1</ofd:ObjectRef>"#, "<ofd:ObjectRef"),
            structure("a file of tags", StructureFault::Xml(boyin_ofd::XmlFault::Elements)),
        ),
        (
            of_tags,
            "<ofd:ZZMC>",
            "<ofd:ZZMC",
            structure("a file of tags", StructureFault::Xml(boyin_ofd::XmlFault::Syntax)),
        ),
        (list, "credential.jwt<", "other.jwt<", ExtractError::Location("an attachment")),
        (list, " Name=\"credential\"", "", structure(of_list, StructureFault::Missing("Name"))),
        (
            list,
            "ofd:FileLoc>",
            "ofd:File>",
            structure(of_list, StructureFault::Xml(boyin_ofd::XmlFault::Syntax)),
        ),
        (
            list,
            "</ofd:Attachments>",
            &more(
                1024,
                r#"<ofd:Attachment Name="a"><ofd:FileLoc>credential.jwt</ofd:FileLoc></ofd:Attachment>"#,
                "</ofd:Attachments>",
            ),
            structure(of_list, StructureFault::TooMany("Attachment")),
        ),
    ] {
        assert_eq!(with(name, old, new), expected, "{name}: {old}");
    }
    let extracted = |entries: &[EntryByHand]| refused(&container(entries));
    assert_eq!(extracted(&whole[1..]), ExtractError::Location(entry));
    let empty = [EntryByHand::new(entry, br#"<OFD xmlns="http://www.ofdspec.org/2016"/>"#)];
    assert_eq!(extracted(&empty), structure(entry, StructureFault::Missing("DocBody")));
}
