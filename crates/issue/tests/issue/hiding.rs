use std::collections::HashSet;

use boyin_model::b64;
use boyin_model::credential::DECOY_MULTIPLE;
use boyin_suite::Algorithm;
use boyin_testkit::mutate::{Level, Parts};
use boyin_testkit::prefecture::Prefecture;
use boyin_testkit::random::FixedRandom;

fn texts(parts: &Parts) -> Vec<(String, String, serde_json::Value)> {
    let read = |text: &String| serde_json::from_slice(&b64::decode(text.as_bytes()).unwrap()).unwrap();
    parts.disclosures.iter().map(read).collect()
}

#[test]
fn personal_claims_are_never_in_the_payload() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    for draft in prefecture.drafts() {
        let license = prefecture.license(&draft);
        let mut parts = Parts::open(&prefecture.issue(&draft));
        let hidden: HashSet<_> = texts(&parts).into_iter().map(|(_, name, _)| name).collect();
        let mut expected: HashSet<_> = license
            .license_type()
            .fields
            .iter()
            .filter(|spec| spec.personal && draft.fields.contains_key(&spec.name))
            .map(|spec| spec.name.clone())
            .collect();
        let person = license.holder().code_type().is_natural_person();
        let metadata = ["license_number", "holder_name", "holder_code"].map(str::to_owned);
        if person {
            expected.extend(metadata.clone());
        }
        assert_eq!(hidden, expected, "{draft:?}");
        for (_, name, value) in texts(&parts) {
            let level = if metadata.contains(&name) { Level::Claims } else { Level::Fields };
            assert!(!parts.level(level).contains_key(&name), "{draft:?} {name}");
            let payload = String::from_utf8(parts.texts().1).unwrap();
            assert!(!payload.contains(&value.to_string()), "{draft:?} {name}");
        }
        for name in metadata.iter().filter(|_| !person) {
            assert!(parts.payload.contains_key(name), "{draft:?} {name}");
        }
    }
}

#[test]
fn digests_come_in_fours_and_in_order() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    for draft in prefecture.drafts() {
        let mut parts = Parts::open(&prefecture.issue(&draft));
        for level in [Level::Claims, Level::Fields] {
            let Some(list) = parts.level(level).get("_sd") else {
                continue;
            };
            let list: Vec<_> = list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
            assert!(!list.is_empty() && list.len().is_multiple_of(DECOY_MULTIPLE), "{draft:?}");
            assert!(list.is_sorted(), "{draft:?}");
            assert!(list.iter().all(|text| b64::decode(text.as_bytes()).unwrap().len() == 32));
        }
    }
}

#[test]
fn salts_and_decoys_are_fresh() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let license = prefecture.license(&prefecture.draft("identity-card"));
    let assignment = prefecture.assignment(license.license_type().code);
    let mut random = FixedRandom::new(3);
    let mut salts = HashSet::new();
    let mut digests = HashSet::new();
    for _ in 0..3 {
        let prepared = license.prepare(&assignment, prefecture.key().reference(), &mut random).unwrap();
        let signature = prefecture.key().sign(prepared.to_be_signed()).unwrap();
        let document = prepared.complete(&signature, prefecture.key().reference()).unwrap();
        let mut parts = Parts::open(&document);
        for (salt, name, _) in texts(&parts) {
            assert_eq!(b64::decode(salt.as_bytes()).unwrap().len(), 16);
            assert!(salts.insert(salt), "the salt of {name} occurs twice");
        }
        for level in [Level::Claims, Level::Fields] {
            assert!(parts.digests(level).iter().all(|digest| digests.insert(digest.clone())));
        }
    }
    assert_eq!((salts.len(), digests.len()), (3 * 7, 3 * 8));
}

#[test]
fn everything_that_is_issued_is_canonical() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    for draft in prefecture.drafts() {
        let document = prefecture.issue(&draft);
        assert_eq!(Parts::open(&document).compact(), document, "{draft:?}");
    }
}
