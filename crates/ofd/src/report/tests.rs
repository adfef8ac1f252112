use std::collections::HashSet;

use boyin_model::json::Value;

use super::json::shown_id;
use super::*;
use crate::limits::MAX_FACE_PICTURES_BYTES;

#[test]
fn names_that_may_be_personal_are_not_shown() {
    for (name, shown) in [
        ("Doc_0/Pages/Page_0/Content.xml", true),
        ("Doc_0/Attachs/65270119900101.pdf", false),
        ("Doc_0/Attachs/张三.pdf", false),
        ("Doc_0/a b.pdf", false),
        ("Doc_0/12345.pdf", true),
        ("Doc_0/123456.pdf", false),
    ] {
        assert_eq!(EntryName::new(0, name).name.is_some(), shown, "{name}");
    }
    assert!(EntryName::new(0, &"a".repeat(129)).name.is_none());
    assert_eq!(shown_id("s001"), Value::Text("s001".into()));
    assert_eq!(shown_id("张三"), Value::Text("?".into()));
}

/// Should a check ever be skipped beside others that all passed, nothing passes.
#[test]
fn a_skipped_check_alone_does_not_pass() {
    for checks in [&OfdCheck::OF_PACKAGE[..], &OfdCheck::OF_DOCUMENT, &OfdCheck::OF_SIGNATURE] {
        for skipped in checks {
            let mut outcomes = Outcomes::new(checks);
            checks.iter().filter(|check| *check != skipped).for_each(|check| outcomes.set(*check, Ok(())));
            assert!(matches!(outcomes.verdict(), OfdVerdict::Failed(_)), "{skipped:?}");
            outcomes.set(*skipped, Ok(()));
            assert_eq!(outcomes.verdict(), OfdVerdict::Passed);
        }
    }
}

#[test]
fn failed_outweighs_open() {
    let mut outcomes = Outcomes::new(&OfdCheck::OF_PACKAGE);
    outcomes.set(OfdCheck::Container, Err((OfdReason::RootUncovered.into(), None)));
    outcomes.set(OfdCheck::Structure, Ok(()));
    assert_eq!(outcomes.verdict(), OfdVerdict::Indeterminate(OfdReason::RootUncovered.into()));
    outcomes.set(OfdCheck::Structure, Err((OfdReason::NotSigned.into(), None)));
    assert_eq!(outcomes.verdict(), OfdVerdict::Failed(OfdReason::NotSigned.into()));
}

/// A report with nothing in it passes nothing.
#[test]
fn nothing_does_not_pass() {
    let passed = |checks| {
        let mut outcomes = Outcomes::new(checks);
        checks.iter().for_each(|check| outcomes.set(*check, Ok(())));
        outcomes
    };
    let document = DocumentReport {
        outcomes: passed(&OfdCheck::OF_DOCUMENT),
        signatures: Vec::new(),
        versions: 0,
        pages: 0,
        page_sizes: BTreeMap::new(),
        contents: None,
        notes: Vec::new(),
    };
    assert_eq!(document.verdict(), OfdVerdict::Failed(OfdReason::NotSigned.into()));
    let report = OfdReport {
        at: UnixTime::MAX,
        fingerprint: None,
        outcomes: passed(&OfdCheck::OF_PACKAGE),
        documents: Vec::new(),
        work: Work::default(),
    };
    assert_eq!(report.verdict(), OfdVerdict::Failed(OfdReason::StructureMalformed.into()));
    assert!(report.into_verified().is_err());
}

#[test]
fn codes_are_unique_and_in_the_specification() {
    let text = include_str!("../../../../docs/ofd.md");
    let codes: HashSet<_> = OfdReason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes.len(), OfdReason::ALL.len());
    for reason in OfdReason::ALL {
        let mark = if reason.is_indeterminate() { "?" } else { " " };
        let listed = format!("`{}`{mark}", reason.code());
        assert!(text.contains(&listed), "docs/ofd.md lacks {listed}");
    }
    let checks: HashSet<_> = OfdCheck::ALL.iter().map(|check| check.code()).collect();
    let names: HashSet<_> = OfdCheck::ALL.iter().map(|check| check.name_zh()).collect();
    assert_eq!((checks.len(), names.len()), (OfdCheck::ALL.len(), OfdCheck::ALL.len()));
    let faults = crate::package::PackageFault::ALL.iter().map(|fault| fault.code());
    let xml = crate::XmlFault::ALL.iter().map(|fault| fault.code());
    let notes = OfdNote::ALL.iter().map(|note| note.code());
    for code in checks.into_iter().chain(faults).chain(xml).chain(notes) {
        assert!(text.contains(&format!("`{code}`")), "docs/ofd.md lacks {code}");
    }
}

/// Pictures are shown of the first signatures; what is beyond their bound is left out, and what still fits is not.
#[test]
fn pictures_are_bounded_over_all_signatures() {
    let mut signature = SignatureReport::new("1".into(), SignatureKind::Seal);
    let mut with = |size: usize| {
        let face = SealFace {
            name: "a".into(),
            format: "PNG".into(),
            picture: Some(vec![0; size]),
            size_mm: [1; 2],
        };
        signature.face = Some(face);
        signature.clone()
    };
    let half = MAX_FACE_PICTURES_BYTES / 2;
    let document = |signatures| DocumentReport {
        outcomes: Outcomes::new(&OfdCheck::OF_DOCUMENT),
        signatures,
        versions: 0,
        pages: 0,
        page_sizes: BTreeMap::new(),
        contents: None,
        notes: Vec::new(),
    };
    let mut documents = [document(vec![with(half), with(half - 1)]), document(vec![with(2), with(1)])];
    bound_pictures(&mut documents, MAX_FACE_PICTURES_BYTES);
    let faces = documents.iter().flat_map(|document| &document.signatures);
    let held: Vec<_> = faces.map(|signature| signature.face.as_ref().unwrap().picture.is_some()).collect();
    assert_eq!(held, [true, true, false, true]);
}
