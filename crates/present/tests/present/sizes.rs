use boyin_issue::Assignment;
use boyin_model::credential::Envelope;
use boyin_model::id::LicenseId;
use boyin_model::json::Reader;
use boyin_model::status::StatusReference;
use boyin_picture::Code;
use boyin_present::limits::{MAX_COMPACT_BYTES, QR_BUDGET_BYTES, QR_MAX_VERSION};
use boyin_present::{EncodeError, Presented, to_text};
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::{Prefecture, now};
use boyin_testkit::random::FixedRandom;
use boyin_testkit::seals::SEAL_ID;

use crate::{both, dynamic_of};

/// Of 出生医学证明 with everything disclosed and a statement.
const LARGEST_BYTES: usize = 983;

/// As a desk issues it: with its seal, a serial with random characters, and a place on a list of a service.
pub(crate) fn issued(prefecture: &Prefecture, license_type: &str) -> Vec<u8> {
    let license = prefecture.license(&prefecture.draft(license_type));
    let office = prefecture.office.code;
    let uri = format!("https://zwfw.example.gov.cn/v1/status-lists/{office}-1");
    let assignment = Assignment {
        license_id: LicenseId::new(license.license_type().code, office, "20260701K3M7Q2XW", 1).unwrap(),
        status: StatusReference { uri, index: 734_001 },
        issued_at: now(),
        seal: Some(SEAL_ID.parse().unwrap()),
    };
    let (key, mut random) = (prefecture.key(), FixedRandom::new(3));
    let prepared = license.prepare(&assignment, key.reference(), &mut random).unwrap();
    prepared.complete(&key.sign(prepared.to_be_signed()).unwrap(), key.reference()).unwrap()
}

/// The license with the first so many of what it hides; `None` if it hides fewer.
pub(crate) fn first(license: &[u8], count: usize) -> Option<Vec<u8>> {
    let envelope = Envelope::open(license, Reader::Ours).unwrap();
    let hidden = envelope.read().unwrap().disclosures.len();
    (count <= hidden).then(|| envelope.to_compact(|place| place < count))
}

fn cell(license: Vec<u8>, dynamic: Option<&Prefecture>) -> String {
    let shown = match dynamic {
        Some(prefecture) => dynamic_of(prefecture, license, now()),
        None => Presented { license, statement: None },
    };
    let compact = shown.encode(MAX_COMPACT_BYTES).unwrap();
    let code = Code::draw(&to_text(&compact), 40).unwrap();
    let fits = compact.len() <= QR_BUDGET_BYTES;
    assert_eq!(fits, code.version() <= QR_MAX_VERSION, "the budget is what a code of that version carries");
    format!("{} ({})", compact.len(), code.version())
}

/// Bytes of the compact form (version of the code), of every built-in type. The page has these very rows.
#[test]
fn the_page_has_the_sizes() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let page = include_str!("../../../../docs/presentation.md");
    let mut missing = Vec::new();
    for license_type in prefecture.catalog.types() {
        let all = issued(&prefecture, &license_type.key);
        let of =
            |count, dynamic| first(&all, count).map_or("–".to_owned(), |license| cell(license, dynamic));
        let row = format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            license_type.name,
            first(&all, 0).unwrap().len(),
            of(0, None),
            of(2, None),
            of(4, None),
            of(0, Some(&prefecture)),
            of(2, Some(&prefecture)),
        );
        if !page.contains(&row) {
            missing.push(row);
        }
    }
    assert!(missing.is_empty(), "docs/presentation.md lacks:\n{}", missing.join("\n"));
}

/// The largest text that fits the largest code that is drawn is that of the budget, at level M.
#[test]
fn the_budget_is_a_code_of_that_version() {
    let drawn = |bytes| Code::draw(&to_text(&vec![0xA5; bytes]), QR_MAX_VERSION);
    assert_eq!(drawn(QR_BUDGET_BYTES).unwrap().version(), QR_MAX_VERSION);
    assert!(drawn(QR_BUDGET_BYTES + 1).is_err());
}

/// Everything disclosed fits, with a statement too; but for one type, and that is told with its size.
#[test]
fn what_exceeds_the_budget_is_told_with_its_size() {
    for prefecture in both() {
        for license_type in prefecture.catalog.types() {
            let license = issued(&prefecture, &license_type.key);
            let all = Presented { license: license.clone(), statement: None };
            assert!(all.encode(QR_BUDGET_BYTES).is_ok(), "{}", license_type.name);
            let stated = dynamic_of(&prefecture, license, now()).encode(QR_BUDGET_BYTES);
            if license_type.key == "birth-certificate" {
                let told = EncodeError::TooLarge { bytes: LARGEST_BYTES, limit: QR_BUDGET_BYTES };
                assert_eq!(stated, Err(told));
            } else {
                assert!(stated.is_ok(), "{}: {stated:?}", license_type.name);
            }
        }
    }
}

#[test]
fn the_pages_tell_what_exceeds_the_budget() {
    let decision = include_str!("../../../../docs/decisions/0016-presenting-licenses.md");
    let page = include_str!("../../../../docs/presentation.md");
    for text in [decision, page] {
        assert!(text.contains(&format!("{LARGEST_BYTES} bytes")));
    }
}
