//! Each error has a case.

use std::collections::BTreeSet;

use boyin_face::limits::{MAX_ITEMS, MAX_TEMPLATE_BYTES};
use boyin_face::{
    Additions, Annotation, Emblem, Face, FaceError, FaceInput, FontSubset, SealImage, Template,
    TemplateError, Templates,
};
use boyin_model::catalog::LicenseType;
use boyin_model::credential::{FieldValue, LicenseClaims};
use boyin_picture::{Font, ImageFault, PictureError};

use crate::{annotation, draw, font, sample, seal};

const GENERAL: &str = include_str!("../../templates/general.toml");

/// The general template with one thing changed.
fn changed(from: &str, to: &str) -> TemplateError {
    assert!(GENERAL.contains(from), "{from}");
    Template::read(&GENERAL.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn each_fault_of_a_template_is_named() {
    assert_eq!(Template::read(&"#".repeat(MAX_TEMPLATE_BYTES + 1)).unwrap_err(), TemplateError::TooLarge);
    for (from, to) in [
        ("name = \"general\"", "nam = \"general\""),
        ("color = \"#9A6B1F\"", "color = \"gold\""),
        ("width = 0.9", "width = 421"),
        ("width = 0.9", "width = nan"),
        ("every_page = true", "every_page = true\nshadow = 1"),
        ("align = \"center\"", "align = \"middle\""),
    ] {
        assert!(matches!(changed(from, to), TemplateError::Toml(_)), "{to}");
    }
    assert_eq!(changed("name = \"general\"", "name = \"General\""), TemplateError::Name);
    assert_eq!(changed("name = \"general\"", "name = \"general\"\ntypes = [\"A b\"]"), TemplateError::Name);
    assert_eq!(changed("width = 210", "width = 49.9"), TemplateError::Page);
    let text = "\n[[text]]\ntext = \"甲\"\nat = [30, 20, 9, 9]\nstyle = { size = 3 }\n";
    let many = format!("{GENERAL}{}", text.repeat(MAX_ITEMS + 1));
    assert_eq!(Template::read(&many).unwrap_err(), TemplateError::TooMany("text".to_owned()));
    let long = "甲".repeat(201);
    assert_eq!(changed("扫码读取证照标识", &long), TemplateError::TooMany("a text".to_owned()));
    assert_eq!(changed("at = [92, 19, 26, 26]", "at = [92, 19, 126, 26]"), outside("emblem"));
    assert_eq!(changed("at = [92, 19, 26, 26]", "at = [92, 19, 0, 26]"), outside("emblem"));
    assert_eq!(changed("from = [75, 65]", "from = [0, 65]\n"), outside("line 1"));
    assert_eq!(changed("at = [11, 11, 188, 271]", "at = [0, 11, 188, 271]"), outside("rectangle 1"));
    for (from, to) in [
        ("size = 11.5, min = 4", "size = 3.9, min = 4"),
        ("size = 11.5", "size = 41"),
        ("min = 4", "min = 1.3"),
    ] {
        assert_eq!(changed(from, to), TemplateError::Style("value 1".to_owned()), "{to}");
    }
    assert_eq!(
        changed("min = 4, lines = 2", "min = 4, lines = 0"),
        TemplateError::Style("value 1".to_owned())
    );
}

fn outside(name: &str) -> TemplateError {
    TemplateError::Outside(name.to_owned())
}

#[test]
fn each_fault_of_values_and_places_is_named() {
    let unknown = |name: &str| TemplateError::UnknownValue(name.to_owned());
    assert_eq!(changed("value = \"license_name\"", "value = \"name\""), unknown("name"));
    assert_eq!(changed("value = \"license_name\"", "value = \"fields\""), unknown("fields"));
    assert_eq!(changed("value = \"license_name\"", "value = \"field.\""), unknown("field."));
    assert_eq!(
        changed("value = \"license_name\"", "value = \"license_id\""),
        TemplateError::Twice("license_id".to_owned())
    );
    for name in [
        "license_name",
        "license_number",
        "license_id",
        "issuer_name",
        "issue_date",
        "holder_name",
        "holder_code",
        "validity",
    ] {
        let fault = changed(&format!("value = \"{name}\""), "value = \"division_code\"");
        assert_eq!(fault.to_string(), format!("the value `{name}` has no place"));
    }
    let over = |name: &str| TemplateError::OverCode(name.to_owned());
    assert_eq!(changed("at = [66, 235, 70, 15]", "at = [59, 235, 70, 15]"), over("value 2"));
    assert_eq!(
        changed("from = [75, 65]\nto = [135, 65]", "from = [20, 240]\nto = [30, 240]"),
        over("line 1")
    );
    assert_eq!(changed("at = [11, 11, 188, 271]", "at = [11, 11, 188, 230]"), over("rectangle 1"));
    assert_eq!(
        changed("center = [162, 244]", "center = [60, 244]"),
        TemplateError::UnderSeal("text 1".to_owned())
    );
    assert_eq!(
        changed("center = [162, 244]", "center = [150, 244]"),
        TemplateError::UnderSeal("value 2".to_owned())
    );
}

/// PDF has its line on attached pages, too.
#[test]
fn what_is_attached_lies_off_the_line_of_pdf() {
    let over = |name: &str| TemplateError::OverCopy(name.to_owned());
    for (item, at, rest) in
        [("annex heading", "heading = [26, 24,", "158, 8]"), ("annex", "at = [26, 36,", "158, 234]")]
    {
        let (from, start) = (format!("{at} {rest}"), at.rsplit_once(' ').unwrap().0);
        assert_eq!(changed(&from, &format!("{start} 8.4, {rest}")), over(item));
        let beside = GENERAL.replacen(&from, &format!("{start} 8.5, {rest}"), 1);
        assert!(Template::read(&beside).is_ok(), "{item}");
    }
}

/// The business license with something changed, drawn with its own template.
fn refusal(font: &Font, change: impl FnOnce(&mut LicenseClaims)) -> FaceError {
    let catalog = sample::catalog();
    let license_type = catalog.find("business-license").unwrap();
    let mut claims = sample::claims(license_type);
    change(&mut claims);
    let input = match FaceInput::new(license_type, &claims) {
        Ok(input) => input,
        Err(error) => return error,
    };
    Face::draw(Templates::built_in().of(license_type), &input, &Additions::default(), font).unwrap_err()
}

fn with_template(text: &str, license_type: &LicenseType, additions: &Additions, font: &Font) -> FaceError {
    let claims = sample::claims(license_type);
    let input = FaceInput::new(license_type, &claims).unwrap();
    Face::draw(&Template::read(text).unwrap(), &input, additions, font).unwrap_err()
}

#[test]
fn each_fault_of_a_license_is_named() {
    let Some(font) = font() else { return };
    let hidden = |name: &str| FaceError::NotDisclosed(name.to_owned());
    assert_eq!(refusal(&font, |claims| claims.license_number = None), hidden("license_number"));
    assert_eq!(refusal(&font, |claims| claims.holder_name = None), hidden("holder_name"));
    assert_eq!(refusal(&font, |claims| claims.holder_code = None), hidden("holder_code"));
    assert_eq!(refusal(&font, |claims| drop(claims.fields.remove("address"))), hidden("address"));
    let field = || FieldValue::Text("甲".to_owned());
    assert_eq!(
        refusal(&font, |claims| drop(claims.fields.insert("color".to_owned(), field()))),
        FaceError::UnknownField("color".to_owned())
    );
    assert_eq!(
        refusal(&font, |claims| claims.holder_name = Some("王\u{301}".to_owned())),
        FaceError::Character { name: "holder_name".to_owned(), place: 2 }
    );
    assert_eq!(
        refusal(&font, |claims| claims.holder_name = Some("王\u{31350}\u{3FFFD}".to_owned())),
        FaceError::Character {
            name: "holder_name".to_owned(),
            place: if font.covers('\u{31350}') { 3 } else { 2 }
        }
    );
    assert_eq!(
        refusal(&font, |claims| claims.license_name = "博".repeat(100)),
        FaceError::DoesNotFit("license_name".to_owned())
    );
    let catalog = sample::catalog();
    let claims = sample::claims(catalog.find("business-license").unwrap());
    let other = catalog.find("identity-card").unwrap();
    assert_eq!(FaceInput::new(other, &claims).unwrap_err(), FaceError::WrongType);
}

/// Catalogs that were signed before short names had rules have such types.
#[test]
fn a_field_under_the_short_name_of_something_else_has_no_face() {
    let catalog = sample::catalog();
    let business = catalog.find("business-license").unwrap();
    let claims = sample::claims(business);
    let [first, second] = [0, 1].map(|place| business.fields[place].name.clone());
    let named = |name: &str, pinyin: &str| {
        let mut license_type = business.clone();
        license_type.fields.iter_mut().find(|field| field.name == name).unwrap().pinyin = pinyin.to_owned();
        FaceInput::new(&license_type, &claims).map(|_| ())
    };
    let refused = |name: &String| Err(FaceError::ShortName(name.clone()));
    assert_eq!(named(&first, "kz_a"), Ok(()));
    for taken in ["ZZMC", "ZZLXDM", "CZZTDMLX", "JZJYXQJZSJ"] {
        assert_eq!(named(&first, taken), refused(&first), "{taken}");
    }
    assert_eq!(named(&second, &business.fields[0].pinyin), refused(&second));
}

#[test]
fn each_fault_of_template_and_license_together_is_named() {
    let Some(font) = font() else { return };
    let (catalog, none) = (sample::catalog(), Additions::default());
    let business = catalog.find("business-license").unwrap();
    let for_others = GENERAL.replacen("name = \"general\"", "name = \"general\"\ntypes = [\"x\"]", 1);
    assert_eq!(with_template(&for_others, business, &none, &font), FaceError::WrongType);
    let without = GENERAL.replacen("[[rows.row]]\nvalue = \"fields\"\n", "", 1);
    let first = FaceError::NotPlaced("enterprise_type".to_owned());
    assert_eq!(with_template(&without, business, &none, &font), first);
    let unknown = GENERAL.replacen("value = \"fields\"", "value = \"field.color\"", 1);
    let first_of = with_template(&unknown, business, &none, &font);
    assert!(matches!(first_of, FaceError::NotPlaced(_) | FaceError::UnknownField(_)), "{first_of}");
    let more = GENERAL.replacen("[[rows.row]]", "[[rows.row]]\nvalue = \"field.color\"\n\n[[rows.row]]", 1);
    assert_eq!(with_template(&more, business, &none, &font), FaceError::UnknownField("color".to_owned()));
    let small = GENERAL.replacen("side = 34", "side = 12", 1);
    assert_eq!(with_template(&small, business, &none, &font), FaceError::CodeTooSmall);
    let narrow = GENERAL.replacen("at = [26, 36, 158, 234]", "at = [26, 36, 158, 5]", 1);
    let narrow = narrow.replacen("at = [26, 71, 158, 149]", "at = [26, 71, 158, 30]", 1);
    assert_eq!(with_template(&narrow, business, &none, &font), FaceError::TooManyPages);
}

#[test]
fn each_fault_of_copies_pictures_and_pages_is_named() {
    let Some(font) = font() else { return };
    let copy = annotation();
    let catalog = sample::catalog();
    let business = catalog.find("business-license").unwrap();
    let face = draw(business, &Additions::default(), &font);
    let at = |seconds| boyin_model::time::UnixTime::new(seconds).unwrap();
    for (purpose, maker, expires, name) in [
        ("", "乙", 2, "purpose"),
        ("甲", " ", 2, "maker"),
        (&*"甲".repeat(201), "乙", 2, "purpose"),
        ("甲", "乙", 1, "expiry"),
    ] {
        let refused = Annotation::new(purpose, maker, at(1), at(expires)).unwrap_err();
        assert_eq!(refused, FaceError::Annotation(name));
    }
    let joined = Annotation::new("ئ", "乙", at(1), at(2)).unwrap();
    let additions = Additions { annotation: Some(joined), emblem: None };
    let refused = with_template(GENERAL, business, &additions, &font);
    assert!(matches!(&refused, FaceError::Character { name, .. } if name == "annotation"), "{refused}");
    assert!(!format!("{copy:?}").contains("公积金"));
    assert_eq!(Emblem::new(b"none".as_slice()).unwrap_err(), FaceError::Image(ImageFault::NotPng));
    assert_eq!(SealImage::new(b"none", 40, 40).unwrap_err(), FaceError::Image(ImageFault::NotPng));
    let large = vec![0; (1 << 20) + 1];
    assert_eq!(SealImage::new(&large, 40, 40).unwrap_err(), FaceError::Image(ImageFault::TooLarge));
    assert_eq!(Emblem::new(large).unwrap_err(), FaceError::Image(ImageFault::TooLarge));
    assert_eq!(face.seal_place(47, 40).unwrap_err(), FaceError::SealTooLarge(46));
    assert_eq!(face.svg(1).unwrap_err(), FaceError::NoSuchPage);
    assert_eq!(face.png(1, 96, None).unwrap_err(), FaceError::NoSuchPage);
    let dpi = FaceError::Picture(PictureError::Resolution { dpi: 301 });
    assert_eq!(face.png(0, 301, None).unwrap_err(), dpi);
    assert!(face.png(0, 96, Some(&seal(&font))).is_ok());
}

#[test]
fn each_fault_of_fonts_is_named() {
    let Some(font) = font() else { return };
    let lacks: BTreeSet<char> = ['照', '\u{10FFFF}'].into();
    assert_eq!(FontSubset::new(&font, &lacks).unwrap_err(), FaceError::Font);
    // The same font with a license that forbids to embed it (OS/2, fsType): PDF/A does not take that.
    let mut bytes = font.bytes().to_vec();
    let at = font.glyphs().table(b"OS/2").unwrap().as_ptr().addr() - font.bytes().as_ptr().addr() + 8;
    bytes[at..at + 2].copy_from_slice(&[0, 2]);
    let path = std::env::temp_dir().join(format!("boyin-face-{}.ttc", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let restricted = Font::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let catalog = sample::catalog();
    let face = draw(catalog.find("business-license").unwrap(), &Additions::default(), &restricted);
    assert_eq!(face.pdf(b"credential", None).unwrap_err(), FaceError::Pdf);
    let face = draw(catalog.find("business-license").unwrap(), &Additions::default(), &font);
    assert!(face.pdf(b"credential", None).is_ok());
}

/// This identifier needs a code of 33 modules and 8 of white: 13.94 mm are enough.
#[test]
fn the_smallest_code_has_modules_of_a_third_of_a_millimeter() {
    let Some(font) = font() else { return };
    let catalog = sample::catalog();
    let business = catalog.find("business-license").unwrap();
    let none = Additions::default();
    for side in ["9.8", "9.86", "13.93"] {
        let small = GENERAL.replacen("side = 34", &format!("side = {side}"), 1);
        assert_eq!(with_template(&small, business, &none, &font), FaceError::CodeTooSmall, "{side}");
    }
    let claims = sample::claims(business);
    let input = FaceInput::new(business, &claims).unwrap();
    let enough = Template::read(&GENERAL.replacen("side = 34", "side = 13.94", 1)).unwrap();
    assert!(Face::draw(&enough, &input, &none, &font).is_ok());
}

#[test]
fn a_template_of_the_office_goes_before_the_built_in_ones() {
    let catalog = sample::catalog();
    let (business, card) =
        (catalog.find("business-license").unwrap(), catalog.find("identity-card").unwrap());
    let mut templates = Templates::built_in();
    assert_eq!(templates.of(business).name(), "business-license");
    let own = "name = \"own\"\ntypes = [\"business-license\"]";
    templates.add(&GENERAL.replacen("name = \"general\"", own, 1)).unwrap();
    assert_eq!((templates.of(business).name(), templates.of(card).name()), ("own", "general"));
    templates.add(&GENERAL.replacen("name = \"general\"", "name = \"all\"", 1)).unwrap();
    assert_eq!((templates.of(business).name(), templates.of(card).name()), ("own", "all"));
    assert!(templates.add("").is_err());
    let texts = format!("{GENERAL}\n# {}", "x".repeat(10));
    assert!(Template::read(&texts).is_ok());
}
