use boyin_ofd::OfdVerifier;
use boyin_ofd::limits::{MAX_ID_CHARS, MAX_LISTED};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;

use crate::{check, shown};

#[test]
fn reports_are_canonical_repeatable_and_hold_nothing_personal() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.put("Doc_0/652701199001011234.pdf", "x");
    draft.put("张三.pdf", "x");
    let omit = vec!["Doc_0/652701199001011234.pdf".to_owned(), "张三.pdf".to_owned()];
    draft.sign(&Signing { omit, ..Signing::default() });
    let bytes = draft.write();
    let report = check(&world, &bytes);
    let (first, second) = (report.to_json(), check(&world, &bytes).to_json());
    assert_eq!(first, second);
    let parsed = boyin_model::json::parse(&first, Reader::Ours).unwrap();
    let mut again = Vec::new();
    boyin_model::json::write(&parsed.value, &mut again);
    assert_eq!(first, again);
    let text = shown(&report);
    for personal in ["张三", "652701199001011234"] {
        assert!(!text.contains(personal), "{text}");
    }
    for member in [
        r#""unreferenced":{"count":2"#,
        r#""verdict":"failed""#,
        r#""protection":"continued""#,
        r#""digest":"sm3""#,
        r#""stamps":{"count":1,"entries":[{"boundary":[90000,8500,30000,20000],"page":"1"}]}"#,
    ] {
        assert!(text.contains(member), "{member}: {text}");
    }
    assert!(!format!("{report:?}").contains("张三"));
    assert!(report.fingerprint().unwrap().starts_with("sha-256:"));
}

/// Whatever stands in the container, a report comes out, and none that passes.
#[test]
fn no_changed_byte_of_a_container_passes_as_another_document() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing { whole: true, with_seal_file: false, ..Signing::default() });
    let bytes = draft.write();
    let store = world.store();
    let verifier = OfdVerifier::new(Reader::Field);
    for place in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[place] ^= 0x10;
        let report = crate::judged(verifier, &changed, &context(&store, now()));
        if report.clone().into_verified().is_ok() {
            // Times, versions and attributes in the headers are nobody's.
            let read = boyin_ofd::package::Package::read(&changed).unwrap();
            for (entry, (name, content)) in read.entries().iter().zip(&draft.files) {
                assert_eq!((entry.name(), entry.bytes()), (name.as_str(), content.as_slice()), "{place}");
            }
        }
    }
}

/// However much there is to name, it is counted, and the first of it is kept: in the report as in its JSON form.
#[test]
fn reports_are_bounded() {
    let world = SealWorld::new(Algorithm::Sm2);
    let long = "7".repeat(10_000);
    let stamp = |page: &str| format!(r#"<ofd:StampAnnot ID="1" PageRef="{page}" Boundary="90 8.5 30 20"/>"#);
    let more = 2 * MAX_LISTED;
    let mut draft = Draft::new(&world);
    let pictures: Vec<_> = (0..more).map(|number| format!("Doc_0/Res/{number}.png")).collect();
    let media: String =
        pictures.iter().map(|name| format!("</ofd:MediaFile><ofd:MediaFile>{}", &name[10..])).collect();
    draft.replace("Doc_0/DocumentRes.xml", "</ofd:MediaFile>", &(media + "</ofd:MediaFile>"));
    pictures.iter().for_each(|name| draft.put(name, "picture"));
    let stamps = stamp(&long) + &stamp("1").repeat(more - 1);
    draft.sign(&Signing { stamps, ..Signing::default() });
    draft.sign(&Signing { omit: pictures.clone(), over_others: true, ..Signing::default() });
    pictures.iter().for_each(|name| draft.put(name, "another"));
    (0..more).for_each(|number| draft.put(&format!("{number}.exe"), "MZ"));
    draft.replace("Doc_0/Signs/Signatures.xml", r#"ID="0""#, &format!(r#"ID="{long}""#));
    let report = check(&world, &draft.write());
    let text = shown(&report);
    let all: Vec<_> = report.signatures().collect();
    for list in [all[0].changed(), all[0].unreferenced(), all[1].uncovered(), all[1].unreferenced()] {
        assert_eq!((list.count(), list.entries().len()), (more, MAX_LISTED), "{text}");
    }
    assert_eq!((all[0].stamp_count(), all[0].stamps().len()), (more, MAX_LISTED));
    for id in [all[0].id(), &all[1].covers()[0], &all[0].stamps()[0].page] {
        assert_eq!(id, &long[..MAX_ID_CHARS]);
    }
    for member in ["changed", "stamps", "uncovered", "unreferenced"] {
        assert!(text.contains(&format!(r#""{member}":{{"count":{more}"#)), "{member}: {text}");
    }
    assert!(text.contains(r#""covers":["?"]"#), "{text}");
}
