//! Concrete cases: what is refused, where, and what does not print.

mod licenses;
mod people;

use super::*;
use IdErrorKind as Kind;

fn at<T: std::fmt::Debug>(result: Result<T, IdError>) -> (Kind, usize) {
    let error = result.unwrap_err();
    (error.kind, error.offset)
}

#[test]
fn divisions_nest_by_their_digits() {
    let code = |text| DivisionCode::parse(text).unwrap();
    let (region, prefecture, city) = (code("650000"), code("652700"), code("652701"));
    assert!(region.contains(prefecture) && region.contains(city) && prefecture.contains(city));
    assert!(prefecture.contains(prefecture) && city.contains(city));
    assert!(!prefecture.contains(region) && !city.contains(prefecture) && !city.contains(code("652702")));
    assert!(region.contains(code("659007")) && !prefecture.contains(code("659007")));
    assert!(!code("640000").contains(city));
    assert_eq!((city.province(), city.prefecture()), (region, prefecture));
    assert_eq!((region.province(), region.prefecture()), (region, region));
    assert_eq!(city.name_zh(), Some("博乐市"));
    assert_eq!(code("652703").name_zh(), None);
    assert_eq!(format!("{city} {city:?}"), r#"652701 DivisionCode("652701")"#);
}

#[test]
fn what_cannot_be_a_division() {
    assert_eq!(at(DivisionCode::parse("000000")), (Kind::Division, 0));
    assert_eq!(at(DivisionCode::parse("100000")), (Kind::Division, 0));
    assert_eq!(at(DivisionCode::parse("920000")), (Kind::Division, 0));
    assert_eq!(at(DivisionCode::parse("650001")), (Kind::Division, 2));
    assert_eq!(at(DivisionCode::parse("65270")), (Kind::TooShort { need: 6 }, 5));
    assert_eq!(at(DivisionCode::parse("6527011")), (Kind::TooLong { max: 6 }, 6));
    assert_eq!(at(DivisionCode::parse("65２701")), (Kind::Character, 2));
    assert_eq!(at(DivisionCode::parse("6527O1")), (Kind::NotDigit, 4));
    assert!(DivisionCode::parse("110000").is_ok() && DivisionCode::parse("910000").is_ok());
}

#[test]
fn faults_of_a_credit_code_are_located() {
    assert_eq!(at(CreditCode::parse("")), (Kind::TooShort { need: 18 }, 0));
    assert_eq!(at(CreditCode::parse("11100000000013338")), (Kind::TooShort { need: 18 }, 17));
    assert_eq!(at(CreditCode::parse("11100000000013338W0")), (Kind::TooLong { max: 18 }, 18));
    assert_eq!(at(CreditCode::parse("11100000000013338w")), (Kind::LowerCase, 17));
    assert_eq!(at(CreditCode::parse("1110000000001333OW")), (Kind::ConfusableLetter, 16));
    assert_eq!(at(CreditCode::parse("11A00000000013338W")), (Kind::NotDigit, 2));
    assert_eq!(at(CreditCode::parse("1110000000001-338W")), (Kind::Character, 13));
    assert_eq!(at(CreditCode::parse("１1100000000013338W")), (Kind::Character, 0));
    assert_eq!(at(CreditCode::parse("11100000000013338X")), (Kind::CheckCharacter, 17));
    assert_eq!(at(CreditCode::parse(" 1100000000013338W")), (Kind::Character, 0));
}

#[test]
fn inner_check_of_a_credit_code_is_demanded() {
    // The outer check is right for a wrong organization code: 000013337 instead of 000013338.
    let outer_only = "11100000000013337";
    assert_eq!(at(CreditCode::compute(outer_only)), (Kind::OrganizationCheck, 16));
    let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let faults: Vec<_> =
        alphabet.chars().map(|check| at(CreditCode::parse(&format!("{outer_only}{check}")))).collect();
    assert_eq!(faults.iter().filter(|fault| **fault == (Kind::OrganizationCheck, 16)).count(), 1);
    assert_eq!(faults.iter().filter(|fault| **fault == (Kind::CheckCharacter, 17)).count(), 30);
}

#[test]
fn credit_codes_are_completed() {
    assert_eq!(CreditCode::compute("11100000000013338").unwrap().as_str(), "11100000000013338W");
    assert_eq!(CreditCode::organization_check("MB032716").unwrap(), '9');
    assert_eq!(CreditCode::organization_check("00000000").unwrap(), '0'); // 11 is written 0
    assert_eq!(CreditCode::organization_check("00000006").unwrap(), 'X'); // 11 − 12 mod 11 = 10
    assert_eq!(at(CreditCode::organization_check("0000001")), (Kind::TooShort { need: 8 }, 7));
    assert_eq!(at(CreditCode::organization_check("0000001I")), (Kind::ConfusableLetter, 7));
    let code = CreditCode::parse("11370306MB2867521U").unwrap();
    assert_eq!((code.division(), code.organization_code()), ("370306", "MB2867521"));
}

#[test]
fn serde_goes_through_the_text() {
    fn back_and_forth<T>(json: &str)
    where
        T: serde::Serialize + serde::de::DeserializeOwned,
    {
        let value: T = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        let damaged = json.replacen('1', "l", 1);
        assert_ne!(damaged, json);
        assert!(serde_json::from_str::<T>(&damaged).is_err(), "{damaged}");
    }
    back_and_forth::<DivisionCode>(r#""652701""#);
    back_and_forth::<CreditCode>(r#""11100000000013338W""#);
    back_and_forth::<CitizenId>(r#""11010519491231002X""#);
    back_and_forth::<LegacyCitizenId>(r#""110105491231002""#);
    back_and_forth::<LicenseTypeCode>(r#""11100000MB03271699001""#);
    back_and_forth::<LicenseId>(
        r#""1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U""#,
    );
    for code_type in HolderCodeType::ALL {
        let json = serde_json::to_string(&code_type).unwrap();
        assert_eq!(json, format!("\"{}\"", code_type.code()));
        assert_eq!(serde_json::from_str::<HolderCodeType>(&json).unwrap(), code_type);
    }
    assert!(serde_json::from_str::<HolderCodeType>("\"112\"").is_err());
    assert!(serde_json::from_str::<HolderCodeType>("111").is_err());
}

#[test]
fn a_fault_is_one_sentence_with_its_place() {
    let error = CreditCode::parse("11100000000013338w").unwrap_err();
    assert_eq!(error.to_string(), "at character 17 (counted from 0): letters are written in upper case");
    assert_eq!(error.code(), "id_lower_case");
}
