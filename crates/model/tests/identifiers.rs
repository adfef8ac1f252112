//! Identifiers against published ones, and what their check characters must catch.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use boyin_model::id::{
    CheckChar, CitizenId, CreditCode, DivisionCode, HolderCode, HolderCodeType, LegacyCitizenId, LicenseId,
    LicenseTypeCode, ReadLicenseId, Variant,
};
use boyin_model::time::Date;
use proptest::prelude::*;

const ALPHABET_31: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const ALPHABET_36: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn characters(
    alphabet: &'static [u8],
    count: impl Into<proptest::collection::SizeRange>,
) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(alphabet), count)
        .prop_map(|bytes| String::from_utf8(bytes).unwrap())
}

prop_compose! {
    fn credit_code()(
        head in characters(ALPHABET_31, 2),
        division in characters(b"0123456789", 6),
        organization in characters(ALPHABET_31, 8),
    ) -> CreditCode {
        let inner = CreditCode::organization_check(&organization).unwrap();
        CreditCode::compute(&format!("{head}{division}{organization}{inner}")).unwrap()
    }
}

prop_compose! {
    fn citizen_id()(province in 11..=91_u8, area in 0..=9999_u16, days in 0..=109_572_u32, sequence in 0..=999_u16)
        -> CitizenId {
        let birth = Date::new(1800, 1, 1).unwrap().plus_days(days).compact();
        CitizenId::compute(&format!("{province}{area:04}{birth}{sequence:03}")).unwrap()
    }
}

prop_compose! {
    fn license_type()(body in credit_code(), number in characters(b"0123456789", 3)) -> LicenseTypeCode {
        LicenseTypeCode::parse(&format!("{body}{number}")).unwrap()
    }
}

prop_compose! {
    fn license_id()(
        license_type in license_type(),
        issuer in credit_code(),
        serial in characters(ALPHABET_36, 1..=64),
        version in 1..=999_u16,
    ) -> LicenseId {
        LicenseId::new(license_type, issuer, &serial, version).unwrap()
    }
}

/// Every text with one character of the first `reach` replaced by another printable ASCII character.
fn substitutions(text: &str, reach: usize) -> impl Iterator<Item = String> {
    (0..reach).flat_map(move |place| {
        let kept = text.as_bytes()[place];
        (b' '..=b'~').filter(move |&other| other != kept).map(move |other| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[place] = other;
            String::from_utf8(bytes).unwrap()
        })
    })
}

/// Every text with two different neighbors swapped, and the place of the first.
fn transpositions(text: &str) -> impl Iterator<Item = (usize, String)> {
    let bytes = text.as_bytes();
    (1..bytes.len()).filter(|&place| bytes[place - 1] != bytes[place]).map(|place| {
        let mut bytes = bytes.to_vec();
        bytes.swap(place - 1, place);
        (place - 1, String::from_utf8(bytes).unwrap())
    })
}

/// Whether MOD 37,36 cannot see the swap at `place`: consecutive values, and `p + smaller ≡ 18 mod 36` before them.
fn missed_by_mod_37_36(text: &str, place: usize) -> bool {
    let value = |place: usize| ALPHABET_36.iter().position(|&c| c == text.as_bytes()[place]);
    let (Some(a), Some(b)) = (value(place), value(place + 1)) else {
        return false;
    };
    let mut p = 36;
    for before in LicenseId::OID_PREFIX.len()..place {
        let Some(c) = value(before) else { continue };
        let sum = (p + c) % 36;
        p = (if sum == 0 { 36 } else { sum }) * 2 % 37;
    }
    let lower = if (a + 1) % 36 == b { a } else { b };
    ((a + 1) % 36 == b || (b + 1) % 36 == a) && (p + lower) % 36 == 18
}

proptest! {
    #[test]
    fn a_credit_code_with_one_fault_is_refused(code in credit_code()) {
        prop_assert_eq!(CreditCode::parse(code.as_str()), Ok(code));
        for text in substitutions(code.as_str(), 18) {
            prop_assert!(CreditCode::parse(&text).is_err(), "{}", text);
        }
        for (_, text) in transpositions(code.as_str()) {
            prop_assert!(CreditCode::parse(&text).is_err(), "{}", text);
        }
    }

    #[test]
    fn a_citizens_number_with_one_fault_is_refused(id in citizen_id()) {
        prop_assert_eq!(CitizenId::parse(id.as_str()), Ok(id.clone()));
        for text in substitutions(id.as_str(), 18) {
            if !text.ends_with('x') || !id.as_str().ends_with('X') {
                prop_assert!(CitizenId::parse(&text).is_err(), "{}", text);
            }
        }
        for (_, text) in transpositions(id.as_str()) {
            prop_assert!(CitizenId::parse(&text).is_err(), "{}", text);
        }
    }

    #[test]
    fn a_citizens_number_has_one_meaning_in_every_spelling(
        id in citizen_id(),
        wide in proptest::collection::vec(any::<bool>(), 18),
        lower in any::<bool>(),
        (before, after) in ("[ \t\r\n\u{3000}]{0,4}", "[ \t\r\n\u{3000}]{0,4}"),
    ) {
        let number = if lower { id.as_str().to_lowercase() } else { id.as_str().to_owned() };
        let spelled: String = number.chars().zip(wide).map(|(c, wide)| {
            if wide { char::from_u32(u32::from(c) + 0xfee0).unwrap() } else { c }
        }).collect();
        prop_assert_eq!(CitizenId::parse(&format!("{before}{spelled}{after}")), Ok(id));
    }

    #[test]
    fn an_old_citizens_number_upgrades_to_the_number_that_contains_it(
        id in citizen_id().prop_filter("born 19YY", |id| id.as_str()[6..].starts_with("19")),
    ) {
        let number = id.as_str();
        let old = LegacyCitizenId::parse(&format!("{}{}", &number[..6], &number[8..17])).unwrap();
        prop_assert_eq!(old.upgrade(), id);
        prop_assert_eq!(LegacyCitizenId::parse(old.as_str()), Ok(old));
    }

    #[test]
    fn a_license_type_with_one_fault_in_its_body_is_refused(code in license_type()) {
        prop_assert_eq!(LicenseTypeCode::parse(code.as_str()), Ok(code));
        for text in substitutions(code.as_str(), 18) {
            prop_assert!(LicenseTypeCode::parse(&text).is_err(), "{}", text);
        }
        for (_, text) in transpositions(code.as_str()).filter(|(place, _)| *place <= 17) {
            prop_assert!(LicenseTypeCode::parse(&text).is_err(), "{}", text);
        }
    }

    #[test]
    fn a_license_identifier_with_one_fault_is_refused_but_for_the_known_swaps(id in license_id()) {
        prop_assert_eq!(LicenseId::parse(id.as_str()), Ok(id.clone()));
        prop_assert_eq!(LicenseId::read(id.as_str()).map(|read| read.check()), Ok(CheckChar::Strict));
        for text in substitutions(id.as_str(), id.as_str().len()) {
            prop_assert!(LicenseId::parse(&text).is_err(), "{}", text);
        }
        let serial = 56..id.as_str().len() - 6;
        let open = |place: usize| (33..35).contains(&place) || place >= serial.start;
        for (place, text) in transpositions(id.as_str()) {
            let missed = open(place) && missed_by_mod_37_36(id.as_str(), place);
            prop_assert_eq!(LicenseId::parse(&text).is_ok(), missed, "{}", text);
        }
    }

    #[test]
    fn versions_count_up_and_change_nothing_else(id in license_id()) {
        match id.next_version() {
            Ok(next) => {
                prop_assert_eq!(next.version(), id.version() + 1);
                prop_assert_eq!(next.license_type(), id.license_type());
                prop_assert_eq!((next.issuer(), next.serial()), (id.issuer(), id.serial()));
                prop_assert_eq!(LicenseId::parse(next.as_str()), Ok(next));
            }
            Err(_) => prop_assert_eq!(id.version(), 999),
        }
    }

    #[test]
    fn a_division_lies_in_its_prefecture_and_province(number in 110_000..920_000_u32) {
        if let Ok(code) = DivisionCode::parse(&number.to_string()) {
            prop_assert!(code.prefecture().contains(code) && code.province().contains(code.prefecture()));
            prop_assert_eq!(DivisionCode::parse(code.province().as_str()), Ok(code.province()));
            prop_assert_eq!(DivisionCode::parse(code.prefecture().as_str()), Ok(code.prefecture()));
        } else {
            prop_assert!(number % 10_000 < 100 && number % 100 != 0, "{}", number);
        }
    }

    /// Nothing panics, and what is accepted is accepted again in the same meaning.
    #[test]
    fn any_text_is_answered(text in prop_oneof![
        any::<String>(),
        "[0-9０-９xXＸｘ \u{3000}]{0,22}",
        "[0-9A-Za-z]{14,22}",
        r"1\.2\.156\.3005\.2\.[0-9A-Z]{20,22}\.([0-9A-Z]{17,19}|[0-9]{6})\.[0-9A-Z]{0,66}\.[0-9]{2,4}\.[0-9A-Z]{0,2}",
    ]) {
        let _ = (DivisionCode::parse(&text), CreditCode::parse(&text), LicenseTypeCode::parse(&text));
        let _ = (CitizenId::parse(&text), LicenseId::parse(&text));
        let _ = (CreditCode::compute(&text), CitizenId::compute(&text), CreditCode::organization_check(&text));
        if let Ok(old) = LegacyCitizenId::parse(&text) {
            prop_assert_eq!(CitizenId::parse(old.upgrade().as_str()), Ok(old.upgrade()));
        }
        if let Ok(read) = LicenseId::read(&text) {
            let _ = (read.check(), read.issuer(), read.license_type(), read.serial(), read.version(), read.to_strict());
            prop_assert_eq!(read.as_str(), &text);
        }
        for code_type in HolderCodeType::ALL {
            match HolderCode::new(code_type, &text) {
                Ok(holder) => prop_assert_eq!(HolderCode::new(code_type, holder.as_str()), Ok(holder)),
                Err(error) => prop_assert!(error.offset <= text.chars().count()),
            }
        }
    }
}

/// The swap that the documentation of [`LicenseId`] admits exists, once among the 36 states.
#[test]
fn one_state_in_36_misses_the_swap_of_01() {
    let license_type = LicenseTypeCode::parse("11100000000013338W011").unwrap();
    let issuer = CreditCode::parse("11430000006122244L").unwrap();
    let check =
        |serial: String| LicenseId::new(license_type, issuer, &serial, 1).unwrap().as_str().chars().last();
    let missed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        .chars()
        .filter(|first| check(format!("{first}01")) == check(format!("{first}10")));
    assert_eq!(missed.count(), 1);
}

fn check_license(value: &str, expected: &str) {
    let read = LicenseId::read(value).unwrap_or_else(|error| panic!("{value}: {error}"));
    match expected {
        "valid" => {
            assert_eq!(read.check(), CheckChar::Strict, "{value}");
            assert_eq!(LicenseId::parse(value).as_ref().map(LicenseId::as_str), Ok(value));
            assert_eq!(read.to_strict(), LicenseId::parse(value));
        }
        "valid_only_in_shandong_variant" => {
            assert_eq!(read.check(), CheckChar::KnownVariant(Variant::Shandong), "{value}");
            assert_eq!(ReadLicenseId::expected_check(&read), 'D', "{value}");
            assert!(LicenseId::parse(value).is_err(), "{value}");
        }
        other => panic!("unknown expectation {other}"),
    }
}

fn check_accepted(value: &str, expected: &str, accepted: bool) {
    match expected {
        "valid" => assert!(accepted, "{value}"),
        "invalid" => assert!(!accepted, "{value}"),
        other => panic!("unknown expectation {other}"),
    }
}

#[test]
fn published_identifiers() {
    let Some(path) = boyin_testkit::vectors::path("identifiers.tsv") else {
        return;
    };
    let table = std::fs::read_to_string(path).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("kind\tvalue\texpected\tnote"));
    let (mut licenses, mut credit_codes, mut citizens) = (0, 0, 0);
    for line in lines.clone() {
        let [kind, value, expected, _note] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        match kind {
            "licence_id" => {
                licenses += 1;
                check_license(value, expected);
            }
            "uscc" => {
                credit_codes += 1;
                check_accepted(value, expected, CreditCode::parse(value).is_ok());
            }
            "citizen_id" => {
                citizens += 1;
                check_accepted(value, expected, CitizenId::parse(value).is_ok());
            }
            other => panic!("unknown kind {other}"),
        }
    }
    assert_eq!(licenses + credit_codes + citizens, lines.count());
    assert!(licenses >= 3 && credit_codes >= 8 && citizens >= 2, "the table lost lines");
}
