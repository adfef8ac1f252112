//! What readers that are not ours find in the files.

use std::collections::{BTreeMap, BTreeSet};

use boyin_face::{Additions, Face, FaceInput, FontSubset, Mark, Source, Templates};
use boyin_model::credential::FieldValue;
use boyin_ofd::extract;
use boyin_ofd::package::Package;
use boyin_ofd::write::{Mark as OfdMark, TagDraft};
use boyin_picture::Font;

use crate::{copy, draw, emblem, font, sample, seal};

fn business<'f>(font: &'f Font, additions: &Additions) -> Face<'f> {
    draw(sample::catalog().find("business-license").unwrap(), additions, font)
}

#[test]
fn the_code_says_the_identifier() {
    let Some(font) = font() else { return };
    for license_type in sample::catalog().types() {
        let additions = Additions { emblem: Some(emblem(&font)), ..copy() };
        let face = draw(license_type, &additions, &font);
        let png = face.png(0, 150, Some(&seal(&font))).unwrap();
        let expected = sample::claims(license_type).license_id.as_str().to_owned();
        assert_eq!(boyin_scan::code_in(&png).unwrap(), Some(expected), "{}", license_type.key);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (Some(one), Some(other)) = (font(), font()) else { return };
    let additions = |font| Additions { emblem: Some(emblem(font)), ..copy() };
    let (first, second) = (business(&one, &additions(&one)), business(&other, &additions(&other)));
    assert_eq!(first.pages(), second.pages());
    assert_eq!(first.svg(0).unwrap(), second.svg(0).unwrap());
    assert_eq!(first.png(0, 96, Some(&seal(&one))).unwrap(), second.png(0, 96, Some(&seal(&other))).unwrap());
    let pdf = first.pdf(b"credential", Some(&seal(&one))).unwrap();
    assert_eq!(pdf, second.pdf(b"credential", Some(&seal(&other))).unwrap());
    assert_ne!(pdf, first.pdf(b"another credential", Some(&seal(&one))).unwrap());
}

#[test]
fn a_subset_has_each_character_with_its_outline_and_no_other() {
    let Some(font) = font() else { return };
    let characters: BTreeSet<char> = "营业执照（A1）·王㐱𠀀 ".chars().filter(|c| font.covers(*c)).collect();
    assert!(characters.len() > 10);
    let subset = FontSubset::new(&font, &characters).unwrap();
    assert_eq!(subset.bytes(), FontSubset::new(&font, &characters).unwrap().bytes());
    assert!(subset.bytes().len() < 40_000, "{}", subset.bytes().len());
    let whole = ttf_parser::Face::parse(font.bytes(), font.index()).unwrap();
    let part = ttf_parser::Face::parse(subset.bytes(), 0).unwrap();
    for character in &characters {
        let glyph = part.glyph_index(*character).unwrap();
        assert_eq!(Some(glyph.0), subset.glyph(*character), "{character}");
        let (mut ours, mut theirs) = (Outline::default(), Outline::default());
        let (of_part, of_whole) = (
            part.outline_glyph(glyph, &mut ours),
            whole.outline_glyph(whole.glyph_index(*character).unwrap(), &mut theirs),
        );
        assert_eq!((of_part, ours.0), (of_whole, theirs.0), "{character}");
        let advance = whole.glyph_hor_advance(whole.glyph_index(*character).unwrap());
        assert_eq!(part.glyph_hor_advance(glyph), advance, "{character}");
    }
    for character in "印章Z0".chars() {
        assert_eq!(part.glyph_index(character), None, "{character}");
    }
    // Format 4 alone, as readers without the other planes take it.
    let basic =
        part.tables().cmap.unwrap().subtables.into_iter().find(|table| table.encoding_id == 1).unwrap();
    for character in characters.iter().filter(|character| u32::from(**character) < 0x1_0000) {
        assert_eq!(basic.glyph_index(u32::from(*character)).map(|glyph| glyph.0), subset.glyph(*character));
    }
}

#[derive(Default)]
struct Outline(Vec<(char, [f32; 6])>);

impl ttf_parser::OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.push(('M', [x, y, 0.0, 0.0, 0.0, 0.0]));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.push(('L', [x, y, 0.0, 0.0, 0.0, 0.0]));
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.push(('Q', [x1, y1, x, y, 0.0, 0.0]));
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.push(('C', [x1, y1, x2, y2, x, y]));
    }
    fn close(&mut self) {
        self.0.push(('Z', [0.0; 6]));
    }
}

/// The streams of a PDF, inflated.
fn streams(pdf: &[u8]) -> Vec<Vec<u8>> {
    let find = |from: usize, what: &[u8]| {
        pdf[from..].windows(what.len()).position(|window| window == what).map(|at| from + at)
    };
    let (mut streams, mut from) = (Vec::new(), 0);
    while let Some(start) = find(from, b"stream\n") {
        let start = start + b"stream\n".len();
        let end = find(start, b"\nendstream").unwrap();
        let body = &pdf[start..end];
        streams.push(miniz_oxide::inflate::decompress_to_vec_zlib(body).unwrap_or_else(|_| body.to_vec()));
        from = end + b"\nendstream".len();
    }
    streams
}

#[test]
fn the_credential_is_in_the_pdf_to_the_byte() {
    let Some(font) = font() else { return };
    let credential = b"eyJhbGciOi.payload.signature~disclosure~";
    let pdf = business(&font, &Additions::default()).pdf(credential, None).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    assert!(streams(&pdf).iter().any(|stream| stream == credential));
    let text = String::from_utf8_lossy(&pdf).into_owned();
    assert!(text.contains("/EmbeddedFile") && text.contains("/ToUnicode") && text.contains("/Title"));
}

#[test]
fn seal_and_emblem_are_on_the_first_page_and_change_nothing_else() {
    let Some(font) = font() else { return };
    let additions = Additions { emblem: Some(emblem(&font)), annotation: None };
    let (bare, full) = (business(&font, &Additions::default()), business(&font, &additions));
    let seal = seal(&font);
    let pictures = [bare.png(0, 96, None), bare.png(0, 96, Some(&seal)), full.png(0, 96, None)];
    let pictures = pictures.map(Result::unwrap);
    assert_ne!(pictures[0], pictures[1]);
    assert_ne!(pictures[0], pictures[2]);
    assert_eq!(bare.svg(0).unwrap(), full.svg(0).unwrap());
}

const ID: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn every_type_becomes_an_ofd_document_that_gives_back_what_it_carries() {
    let Some(font) = font() else { return };
    let credential = b"eyJhbGciOi.payload.signature~disclosure~";
    for license_type in sample::catalog().types() {
        let additions = Additions { emblem: Some(emblem(&font)), ..copy() };
        let face = draw(license_type, &additions, &font);
        let ofd = face.ofd(credential).unwrap();
        let bytes = ofd.draft(ID).write().unwrap().finish_without_seal().unwrap();
        let again = face.ofd(credential).unwrap();
        assert_eq!(bytes, again.draft(ID).write().unwrap().finish_without_seal().unwrap());
        let package = Package::read(&bytes).unwrap();
        let contents = &extract(&package).unwrap()[0];
        assert_eq!(contents.custom, face.metadata(), "{}", license_type.key);
        assert_eq!(package.entries()[contents.attachments[0].place].bytes(), credential);
    }
}

/// Each metadatum that the face shows leads to the text that shows it, on attached pages too.
#[test]
fn tags_lead_from_metadata_to_what_is_said() {
    let Some(font) = font() else { return };
    for license_type in sample::catalog().types() {
        let mut claims = sample::claims(license_type);
        let long: String = sample::SCOPE.chars().cycle().take(2000).collect();
        if claims.fields.contains_key("business_scope") {
            claims.fields.insert("business_scope".to_owned(), FieldValue::Text(long));
        }
        let input = FaceInput::new(license_type, &claims).unwrap();
        let face = Face::draw(Templates::built_in().of(license_type), &input, &copy(), &font).unwrap();
        let ofd = face.ofd(b"credential").unwrap();
        let draft = ofd.draft(ID);
        let said = |tag: &TagDraft<'_>| -> String {
            let marks = tag.marks.iter().map(|at| &draft.pages[at.page].marks[at.mark]);
            marks.map(|mark| if let OfdMark::Text(text) = mark { &*text.text } else { "" }).collect()
        };
        let said: BTreeMap<&str, String> = draft.tags.iter().map(|tag| (tag.name, said(tag))).collect();
        for (name, value) in face.metadata() {
            let (name, key) = (name.as_str(), &license_type.key);
            match name {
                "ZZLXMC" | "ZZLXDM" | "ZZBFJGDM" | "XZQHDM" | "CZZTDMLXDM" | "CZZTDMLX" => {
                    assert!(!said.contains_key(name), "{key} {name}");
                }
                "ZZBFRQ" => assert_eq!(said[name], "2026年11月26日", "{key}"),
                "ZZYXQQSRQ" | "ZZYXQJZRQ" => {
                    assert_eq!(said[name], "2026年11月26日至2031年11月25日", "{key}");
                }
                "JZJZZSY" | "JZJZZZ" => assert!(said[name].contains(value.as_str()), "{key} {name}"),
                "JZJZZSJ" | "JZJYXQJZSJ" => assert!(said[name].contains("2026年"), "{key} {name}"),
                _ if value == "2019-03-08" => assert_eq!(said[name], "2019年3月8日", "{key} {name}"),
                _ => assert_eq!(&said[name], value, "{key} {name}"),
            }
        }
        let pages = draft.tags.iter().flat_map(|tag| &tag.marks).map(|at| at.page).max();
        assert_eq!(pages, Some(face.pages().len() - 1), "{}", license_type.key);
        assert!(draft.write().is_ok(), "{}", license_type.key);
    }
}

/// A field whose short name cannot be that of an element has no tag, and the document is written nevertheless.
#[test]
fn what_cannot_be_tagged_is_written_without() {
    let Some(font) = font() else { return };
    let mut license_type = sample::catalog().find("business-license").unwrap().clone();
    license_type.fields[0].pinyin = "KZ 甲".to_owned();
    let face = draw(&license_type, &Additions::default(), &font);
    let ofd = face.ofd(b"credential").unwrap();
    let draft = ofd.draft(ID);
    assert!(draft.custom.iter().any(|(name, _)| *name == "KZ 甲"));
    assert!(draft.tags.iter().all(|tag| tag.name != "KZ 甲"));
    assert!(draft.tags.iter().any(|tag| tag.name == license_type.fields[1].pinyin));
    assert!(draft.write().is_ok());
}

/// Lines of text as marks of the document: the same characters at the same places, watermarks apart.
#[test]
fn the_pages_of_the_ofd_document_are_those_of_the_face() {
    let Some(font) = font() else { return };
    let face = business(&font, &copy());
    let ofd = face.ofd(b"credential").unwrap();
    let draft = ofd.draft(ID);
    let page = &draft.pages[0];
    let (mut texts, mut watermarks) = (Vec::new(), 0);
    for mark in face.pages()[0].marks() {
        let Mark::Text(text) = mark else { continue };
        if *mark.source() == Source::Watermark {
            watermarks += 1;
        } else {
            texts.push((text.text(), text.origin.x, text.origin.y, text.width()));
        }
    }
    assert_eq!(page.watermarks.len(), watermarks);
    let written = page.marks.iter().filter_map(|mark| match mark {
        OfdMark::Text(text) => Some(text),
        OfdMark::Path(_) | OfdMark::Image(_) => None,
    });
    for (text, (said, x, y, width)) in written.clone().zip(&texts) {
        assert_eq!((&*text.text, text.origin.x, text.origin.y), (said.as_str(), *x, *y));
        let advances: i32 = text.advances.iter().sum();
        assert_eq!((text.advances.len(), advances), (said.chars().count(), *width), "{said}");
    }
    assert_eq!(written.count(), texts.len());
}
