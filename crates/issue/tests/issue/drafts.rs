use std::collections::BTreeMap;

use boyin_issue::{Defect, DefectFault, Draft, DraftHolder, FormPlace, License};
use boyin_model::catalog::{FieldFault, ValidityFault};
use boyin_model::credential::FieldValue;
use boyin_suite::Algorithm;
use boyin_testkit::mutate::Parts;
use boyin_testkit::prefecture::Prefecture;
use boyin_testkit::samples;

fn check(prefecture: &Prefecture, draft: &Draft) -> Result<License, Vec<Defect>> {
    draft.check(&prefecture.catalog, prefecture.office.code, prefecture.office.name)
}

fn places(defects: &[Defect]) -> Vec<String> {
    defects.iter().map(|defect| defect.place.to_string()).collect()
}

#[test]
fn all_defects_are_told_at_once() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let mut draft = prefecture.draft("marriage-certificate");
    draft.license_number = " ".into();
    draft.holder = DraftHolder { code_type: "001".into(), code: "1".into(), name: "\u{7}".into() };
    draft.division = "652799x".into();
    draft.issue_date = "2026-02-30".into();
    draft.valid_until = Some("2027-01-01".into());
    draft.fields = BTreeMap::from([
        ("spouse_citizen_id".into(), FieldValue::Text("65270119900102001X".into())),
        ("registered_on".into(), FieldValue::Integer(3)),
        ("remark".into(), FieldValue::Text("x".into())),
    ]);
    let defects = check(&prefecture, &draft).unwrap_err();
    assert_eq!(
        places(&defects),
        [
            "license_number",
            "holder.code_type",
            "holder.code",
            "holder.name",
            "division",
            "issue_date",
            "valid_until",
            "fields.spouse_name",
            "fields.spouse_citizen_id",
            "fields.registered_on",
            "fields.remark",
        ]
    );
    assert_eq!(defects[1].fault, DefectFault::HolderKind);
    assert_eq!(defects[5].fault, DefectFault::Date);
    assert_eq!(defects[6].fault, DefectFault::Validity(ValidityFault::NoFirstDay));
    assert_eq!(defects[7].fault, DefectFault::Missing);
    assert_eq!(defects[9].fault, DefectFault::Field(FieldFault::Kind));
    assert_eq!(defects[10].fault, DefectFault::UnknownField);
}

#[test]
fn an_unknown_type_does_not_hide_the_other_defects() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let mut draft = prefecture.draft("identity-card");
    draft.license_type = "no-such-type".into();
    draft.holder.code_type = "002".into();
    let defects = check(&prefecture, &draft).unwrap_err();
    assert_eq!(defects[0].place, FormPlace::Line("license_type"));
    assert_eq!(defects[0].fault, DefectFault::UnknownType);
    assert_eq!(defects[1].fault, DefectFault::HolderCodeType);
    assert_eq!(defects.len(), 2);
}

#[test]
fn terms_are_those_of_the_catalog() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let permit = prefecture.draft("food-business-permit");
    for (until, good) in [
        ("2031-06-29", true),
        ("2031-06-30", true),
        ("2031-07-01", false),
        ("2030-06-29", false),
        ("2026-06-29", false),
    ] {
        let draft = Draft { valid_until: Some(until.into()), ..permit.clone() };
        assert_eq!(check(&prefecture, &draft).is_ok(), good, "{until}");
    }
    let draft = Draft { valid_from: None, valid_until: None, ..permit.clone() };
    assert_eq!(places(&check(&prefecture, &draft).unwrap_err()), ["valid_until"]);
    // A date that cannot be read is told once, not also as a wrong term.
    let draft = Draft { valid_until: Some("tomorrow".into()), ..permit };
    let defects = check(&prefecture, &draft).unwrap_err();
    assert_eq!((places(&defects), &defects[0].fault), (vec!["valid_until".into()], &DefectFault::Date));
}

#[test]
fn every_required_field_is_asked_for_and_every_sample_is_complete() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    for draft in prefecture.drafts() {
        let license = check(&prefecture, &draft).unwrap();
        for spec in &license.license_type().fields {
            let mut incomplete = draft.clone();
            incomplete.fields.remove(&spec.name);
            let result = check(&prefecture, &incomplete);
            assert_eq!(result.is_err(), spec.required, "{draft:?} {}", spec.name);
        }
    }
}

#[test]
fn numbers_are_issued_in_their_one_spelling() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let mut draft = prefecture.draft("marriage-certificate");
    let right = (0..).map(samples::citizen).find(|id| id.as_str().ends_with('X')).unwrap();
    let sloppy = right.as_str().replace('X', "x").replace('6', "６");
    draft.holder.code = format!(" {sloppy} ");
    draft.fields.insert("spouse_citizen_id".into(), FieldValue::Text(sloppy));
    let parts = Parts::open(&prefecture.issue(&draft));
    let shown: Vec<_> = parts
        .disclosures
        .iter()
        .map(|text| String::from_utf8(boyin_model::b64::decode(text.as_bytes()).unwrap()).unwrap())
        .filter(|text| text.contains(right.as_str()))
        .collect();
    assert_eq!(shown.len(), 2, "holder_code and spouse_citizen_id");
}

#[test]
fn nothing_personal_is_printed() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    for draft in prefecture.drafts() {
        let license = prefecture.license(&draft);
        let random = &mut boyin_testkit::random::FixedRandom::new(1);
        let assignment = prefecture.assignment(license.license_type().code);
        let prepared = license.prepare(&assignment, prefecture.key().reference(), random).unwrap();
        let printed = format!("{draft:?} {:?} {license:?} {prepared:?}", draft.holder);
        for personal in [draft.holder.name.as_str(), &draft.holder.code, "样本住址", "样字第"] {
            assert!(!printed.contains(personal), "{printed}");
        }
    }
}
