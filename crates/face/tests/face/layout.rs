use std::collections::BTreeMap;

use boyin_face::{Additions, Annotation, Face, FaceInput, Mark, Source, Templates};
use boyin_model::catalog::FieldKind;
use boyin_model::credential::FieldValue;
use boyin_model::time::UnixTime;
use boyin_ofd::write::Area;

use crate::{copy, draw, emblem, font, sample};

fn pages(face: &Face<'_>) -> Vec<Mark> {
    face.pages().iter().flat_map(|page| page.marks().iter().cloned()).collect()
}

/// The texts of the values by name, lines put together.
fn values(face: &Face<'_>) -> BTreeMap<String, String> {
    let mut values = BTreeMap::<String, String>::new();
    for mark in pages(face) {
        if let (Mark::Text(text), Source::Value(name)) = (&mark, mark.source()) {
            values.entry(name.clone()).or_default().push_str(&text.text());
        }
    }
    values
}

fn faces(check: impl Fn(&Face<'_>, &str)) {
    let Some(font) = font() else { return };
    for license_type in sample::catalog().types() {
        for additions in [Additions::default(), Additions { emblem: Some(emblem(&font)), ..copy() }] {
            check(&draw(license_type, &additions, &font), &license_type.key);
        }
    }
}

#[test]
fn every_mark_is_inside_the_page() {
    faces(|face, key| {
        let (width, height) = face.page_size();
        let page = Area { x: 0, y: 0, width, height };
        for mark in pages(face) {
            assert!(page.contains(&mark.area()), "{key}: {:?}", mark.source());
        }
    });
}

#[test]
fn nothing_lies_over_the_code() {
    faces(|face, key| {
        let first = face.pages()[0].marks();
        let code = first.iter().find(|mark| *mark.source() == Source::Code).unwrap().area();
        for mark in first.iter().filter(|mark| *mark.source() != Source::Code) {
            let is_frame = matches!(mark, Mark::Path(_)) && mark.area().contains(&code);
            assert!(is_frame || !mark.area().overlaps(&code), "{key}: {:?}", mark.source());
        }
    });
}

#[test]
fn no_text_lies_under_the_seal_or_over_another() {
    faces(|face, key| {
        let seal = face.seal_place(35, 35).unwrap();
        let texts: Vec<Mark> = pages(face)
            .into_iter()
            .filter(|mark| matches!(mark, Mark::Text(_)) && *mark.source() != Source::Watermark)
            .collect();
        for (index, mark) in texts.iter().enumerate() {
            assert!(!mark.area().overlaps(&seal), "{key}: {:?}", mark.source());
            for other in &texts[..index] {
                let said = format!("{key}: {:?} and {:?}", mark.source(), other.source());
                assert!(!mark.area().overlaps(&other.area()), "{said}");
            }
        }
    });
}

#[test]
fn every_value_is_said_once() {
    let Some(font) = font() else { return };
    for license_type in sample::catalog().types() {
        let claims = sample::claims(license_type);
        let said = values(&draw(license_type, &copy(), &font));
        let mut expected = BTreeMap::from([
            ("license_name", claims.license_name.clone()),
            ("license_number", claims.license_number.clone().unwrap()),
            ("license_id", claims.license_id.as_str().to_owned()),
            ("issuer_name", claims.issuer_name.clone()),
            ("issue_date", "2026年11月26日".to_owned()),
            ("holder_name", claims.holder_name.clone().unwrap()),
            ("holder_code", claims.holder_code.as_ref().unwrap().as_str().to_owned()),
            ("validity", "2026年11月26日至2031年11月25日".to_owned()),
        ])
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect::<BTreeMap<_, _>>();
        for (name, value) in &claims.fields {
            let text = match value {
                FieldValue::Text(text) if text == "2019-03-08" => "2019年3月8日".to_owned(),
                FieldValue::Text(text) => text.clone(),
                FieldValue::Integer(number) => number.to_string(),
            };
            expected.insert(format!("field.{name}"), text);
        }
        assert_eq!(said, expected, "{}", license_type.key);
    }
}

/// 2000 characters are allowed: neither template has room for them on its first page.
#[test]
fn what_has_no_room_goes_to_attached_pages_whole() {
    let Some(font) = font() else { return };
    for key in ["business-license", "road-transport-permit"] {
        let catalog = sample::catalog();
        let license_type = catalog.find(key).unwrap();
        let mut claims = sample::claims(license_type);
        let long: String = sample::SCOPE.chars().cycle().take(2000).collect();
        claims.fields.insert("business_scope".to_owned(), FieldValue::Text(long.clone()));
        let input = FaceInput::new(license_type, &claims).unwrap();
        let templates = Templates::built_in();
        let face = Face::draw(templates.of(license_type), &input, &copy(), &font).unwrap();
        assert!(face.pages().len() > 1, "{key}");
        assert_eq!(values(&face)["field.business_scope"], long, "{key}");
        for (index, page) in face.pages().iter().enumerate() {
            let number = format!("第{}页　共{}页", index + 1, face.pages().len());
            let says = |source: Source| {
                page.marks().iter().any(|mark| *mark.source() == source && matches!(mark, Mark::Text(_)))
            };
            let numbered = |mark: &Mark| matches!(mark, Mark::Text(text) if text.text() == number);
            assert!(page.marks().iter().any(numbered), "{key}");
            assert!(says(Source::Annotation) && says(Source::Watermark), "{key}");
            assert_eq!(says(Source::Annex), index > 0, "{key}");
        }
    }
}

/// As long as the catalog and GB/T 36906 allow, on every template.
#[test]
fn the_longest_license_is_drawn_whole() {
    let Some(font) = font() else { return };
    let long: String = sample::SCOPE.chars().cycle().take(200).collect();
    let (made, expires) = (UnixTime::new(1).unwrap(), UnixTime::new(2).unwrap());
    let annotation = Some(Annotation::new(long.clone(), long.clone(), made, expires).unwrap());
    let additions = Additions { annotation, emblem: Some(emblem(&font)) };
    for license_type in sample::catalog().types() {
        let mut claims = sample::claims(license_type);
        for spec in license_type.fields.iter().filter(|spec| spec.kind == FieldKind::Text) {
            claims.fields.insert(spec.name.clone(), FieldValue::Text(long.clone()));
        }
        claims.license_name = long.chars().take(60).collect();
        claims.holder_name = Some(long.clone());
        claims.license_number = Some(long.clone());
        claims.issuer_name = long.clone();
        let input = FaceInput::new(license_type, &claims).unwrap();
        let templates = Templates::built_in();
        let face = Face::draw(templates.of(license_type), &input, &additions, &font)
            .unwrap_or_else(|error| panic!("{}: {error}", license_type.key));
        let said = values(&face);
        assert_eq!(said["license_name"], claims.license_name, "{}", license_type.key);
        let lines = face.pages()[0].marks().iter();
        let lines = lines.filter(|mark| *mark.source() == Source::Value("license_name".to_owned()));
        assert_eq!(lines.count(), 2, "{}", license_type.key);
        for name in ["holder_name", "license_number", "issuer_name"] {
            assert_eq!(said[name], long, "{} {name}", license_type.key);
        }
        for spec in license_type.fields.iter().filter(|spec| spec.kind == FieldKind::Text) {
            assert_eq!(said[&format!("field.{}", spec.name)], long, "{} {}", license_type.key, spec.name);
        }
        let (width, height) = face.page_size();
        let page = Area { x: 0, y: 0, width, height };
        assert!(pages(&face).iter().all(|mark| page.contains(&mark.area())), "{}", license_type.key);
    }
}

#[test]
fn copies_say_what_for_by_whom_and_until_when() {
    let Some(font) = font() else { return };
    let catalog = sample::catalog();
    let license_type = catalog.find("business-license").unwrap();
    let (plain, copy) =
        (draw(license_type, &Additions::default(), &font), draw(license_type, &copy(), &font));
    let said = |face: &Face<'_>, source: Source| -> String {
        let texts = pages(face).into_iter().filter(|mark| *mark.source() == source);
        texts.filter_map(|mark| if let Mark::Text(text) = mark { Some(text.text()) } else { None }).collect()
    };
    for source in [Source::Watermark, Source::Annotation] {
        assert_eq!(said(&plain, source.clone()), "");
        for part in ["办理住房公积金贷款", "博乐市政务服务中心", "2026年12月26日 09:00"]
        {
            assert!(said(&copy, source.clone()).contains(part), "{source:?} {part}");
        }
    }
    assert!(said(&copy, Source::Annotation).contains("2026年11月26日 09:00"));
    let of_copy = copy.metadata().strip_prefix(plain.metadata()).unwrap();
    let of_copy: Vec<(&str, &str)> = of_copy.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(
        of_copy,
        [
            ("JZJZZSJ", "2026-11-26T09:00:00+08:00"),
            ("JZJZZZ", "博乐市政务服务中心"),
            ("JZJZZSY", "办理住房公积金贷款"),
            ("JZJYXQJZSJ", "2026-12-26T09:00:00+08:00"),
        ]
    );
}

#[test]
fn the_metadata_has_the_names_of_the_standard() {
    let Some(font) = font() else { return };
    let catalog = sample::catalog();
    let license_type = catalog.find("business-license").unwrap();
    let face = draw(license_type, &Additions::default(), &font);
    let names: Vec<&str> = face.metadata().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "ZZMC",
            "ZZLXMC",
            "ZZLXDM",
            "ZZBH",
            "ZZBS",
            "ZZBFJG",
            "ZZBFJGDM",
            "ZZBFRQ",
            "XZQHDM",
            "CZZT",
            "CZZTDM",
            "CZZTDMLX",
            "CZZTDMLXDM",
            "ZZYXQQSRQ",
            "ZZYXQJZRQ",
            "KZ_QYLX",
            "KZ_FDDBR",
            "KZ_ZCZB",
            "KZ_CLRQ",
            "KZ_ZS",
            "KZ_JYFW",
        ]
    );
    let value = |name: &str| face.metadata().iter().find(|(key, _)| key == name).unwrap().1.as_str();
    assert_eq!((value("CZZTDMLXDM"), value("CZZTDMLX")), ("001", "统一社会信用代码"));
    assert_eq!((value("ZZYXQJZRQ"), value("KZ_CLRQ")), ("2031-11-25", "2019-03-08"));
    assert_eq!(value("ZZLXDM"), license_type.code.as_str());
}

#[test]
fn the_emblem_has_its_place_and_no_other_picture_is_drawn() {
    let Some(font) = font() else { return };
    let catalog = sample::catalog();
    let license_type = catalog.find("business-license").unwrap();
    let count = |additions: &Additions| {
        let face = draw(license_type, additions, &font);
        pages(&face).into_iter().filter(|mark| matches!(mark, Mark::Emblem(_))).count()
    };
    assert_eq!(count(&Additions::default()), 0);
    assert_eq!(count(&Additions { emblem: Some(emblem(&font)), annotation: None }), 1);
}
