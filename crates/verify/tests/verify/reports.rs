use std::path::PathBuf;

use boyin_model::json::{Reader, parse};
use boyin_model::limits::MAX_CREDENTIAL_BYTES;
use boyin_suite::{Algorithm, SM2_SM3};
use boyin_testkit::cases::{Case, all};
use boyin_testkit::mutate::Parts;
use boyin_testkit::prefecture::Prefecture;
use boyin_testkit::samples;
use boyin_verify::{Check, Detail, Outcome, Reason, Report, Verifier};

fn report(case: &Case, prefecture: &Prefecture) -> Report {
    Prefecture::verifier().check(&case.document, &case.world(prefecture).context())
}

/// The report of a case must not change. `BLESS=1` writes it anew after a change of the specification.
fn golden(id: &str) {
    let cases = all(Algorithm::Es256);
    let case = cases.iter().find(|case| case.id == id).unwrap();
    let json = report(case, &Prefecture::new(Algorithm::Es256)).to_json();
    let name = format!("tests/golden/{}.json", id.replace('/', "-"));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &json).unwrap();
    }
    let kept = std::fs::read(&path).unwrap();
    assert_eq!(String::from_utf8(json).unwrap(), String::from_utf8(kept).unwrap(), "{}", path.display());
}

#[test]
fn the_report_of_a_valid_license_is_frozen() {
    golden("passed/personal");
}

#[test]
fn the_report_of_an_expired_license_is_frozen() {
    golden("validity/a-second-too-late");
}

#[test]
fn the_report_of_a_revoked_license_is_frozen() {
    golden("status/revoked");
}

#[test]
fn the_report_of_a_damaged_document_is_frozen() {
    golden("format/claim-twice");
}

#[test]
fn checks_have_their_codes_and_names() {
    assert_eq!(
        Check::ALL.map(|check| (check.code(), check.name_zh())),
        [
            ("format", "文件格式"),
            ("issuer", "颁发机构与密钥"),
            ("algorithm", "签名算法"),
            ("signature", "数字签名"),
            ("disclosures", "披露数据"),
            ("content", "内容与标识"),
            ("trust_list", "信任列表时效"),
            ("entitlement", "颁发权限"),
            ("seal", "电子印章"),
            ("validity", "有效期"),
            ("status", "证照状态"),
        ]
    );
}

#[test]
fn a_report_names_the_status_list_once_the_claims_are_read() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let report = |document: &[u8]| Prefecture::verifier().check(document, &prefecture.world().context());
    let document = prefecture.issue(&prefecture.draft("business-license"));
    assert_eq!(report(&document).status_list(), Some(prefecture.status_list().sub.as_str()));
    assert_eq!(report(&document[1..]).status_list(), None);
}

/// Only what has the form of a key's thumbprint is repeated in a report.
#[test]
fn a_key_is_named_by_a_thumbprint_only() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let document = prefecture.issue(&prefecture.draft("business-license"));
    let right = prefecture.key().reference().jwk().kid.clone();
    for (kid, named) in [
        (right.clone(), true),
        (format!("{}-", &right[1..]), true),
        (format!("{}_", &right[1..]), true),
        (format!("{}.", &right[1..]), false),
        (right[1..].to_owned(), false),
        (format!("{right}A"), false),
        (String::new(), false),
    ] {
        let mut parts = Parts::open(&document);
        parts.set_header("kid", &kid);
        let report =
            Prefecture::verifier().check(&parts.signed(prefecture.key()), &prefecture.world().context());
        assert_eq!(report.subject().key, named.then(|| kid.clone()), "{kid}");
    }
}

#[test]
fn reports_are_canonical_repeatable_and_hold_nothing_personal() {
    let number = samples::citizen(1);
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        for case in all(algorithm) {
            let once = report(&case, &prefecture);
            let json = once.to_json();
            assert_eq!(json, report(&case, &prefecture).to_json(), "{}", case.id);
            parse(&json, Reader::Ours).unwrap_or_else(|fault| panic!("{}: {fault}", case.id));
            let text = format!("{} {once:?}", String::from_utf8(json).unwrap());
            for personal in [samples::PERSON, number.as_str(), samples::COMPANY, "样字第", "1990-01-02"] {
                assert!(!text.contains(personal), "{}: {personal}", case.id);
            }
        }
    }
}

#[test]
fn the_document_is_named_by_its_sha_256() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let report = Prefecture::verifier().check(b"abc", &prefecture.world().context());
    let text = String::from_utf8(report.to_json()).unwrap();
    // FIPS 180-2, B.1.
    assert!(text.contains("sha-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

/// Hashing is work too: beyond the limit none is done.
#[test]
fn a_document_beyond_the_limit_is_not_hashed() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let world = prefecture.world();
    let named = |bytes: usize| {
        let report = Prefecture::verifier().check(&vec![b'A'; bytes], &world.context());
        let report: serde_json::Value = serde_json::from_slice(&report.to_json()).unwrap();
        report.get("document").is_some()
    };
    assert!(named(MAX_CREDENTIAL_BYTES));
    assert!(!named(MAX_CREDENTIAL_BYTES + 1));
}

#[test]
fn a_verifier_without_sha_256_names_the_document_by_its_first_suite() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let report = Verifier::new(&[&SM2_SM3]).check(b"abc", &prefecture.world().context());
    let text = String::from_utf8(report.to_json()).unwrap();
    // GB/T 32905, annex A.1.
    assert!(text.contains("sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
}

#[test]
fn a_payload_without_fields_is_told_so() {
    let cases = all(Algorithm::Es256);
    let case = cases.iter().find(|case| case.id == "content/without-fields").unwrap();
    let report = report(case, &Prefecture::new(Algorithm::Es256));
    let content = report.checks().find(|(check, _)| *check == Check::Content).unwrap().1;
    assert_eq!(content, Outcome::NotPassed(Reason::ClaimMissing, Some(Detail::Claim("fields"))));
}
