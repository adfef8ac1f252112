//! Citizens and holders.

use super::{Kind, at};
use crate::id::*;

#[test]
fn citizens_numbers_are_normalized_and_nothing_else() {
    let id = CitizenId::parse("11010519491231002X").unwrap();
    for same in [
        "11010519491231002x",
        "11010519491231002Ｘ",
        "１１０１０５１９４９１２３１００２ｘ",
        "\u{3000} 11010519491231002X\r\n",
        "\t11010519491231002X\u{3000}",
    ] {
        assert_eq!(CitizenId::parse(same).as_ref(), Ok(&id), "{same:?}");
    }
    for other in [
        "110105 19491231002X",
        "110105-19491231002X",
        "11010519491231002Χ", /* Greek */
        "1101051949１231002",
    ] {
        assert!(CitizenId::parse(other).is_err(), "{other:?}");
    }
    assert_eq!(id.division_str(), "110105");
}

#[test]
fn faults_of_a_citizens_number_are_located_in_the_given_text() {
    assert_eq!(at(CitizenId::parse("")), (Kind::TooShort { need: 18 }, 0));
    assert_eq!(at(CitizenId::parse("　　")), (Kind::TooShort { need: 18 }, 2));
    assert_eq!(at(CitizenId::parse("1101051949123100２")), (Kind::TooShort { need: 18 }, 17));
    assert_eq!(at(CitizenId::parse("11010519491231002X1")), (Kind::TooLong { max: 18 }, 18));
    assert_eq!(at(CitizenId::parse("110105194912310021")), (Kind::CheckCharacter, 17));
    assert_eq!(at(CitizenId::parse("　110105194912310021")), (Kind::CheckCharacter, 18));
    assert_eq!(at(CitizenId::parse("１１０１０５１９４９１２３１X０２Ｘ")), (Kind::NotDigit, 14));
    assert_eq!(at(CitizenId::parse("11010519491231002Y")), (Kind::NotDigit, 17));
    assert_eq!(at(CitizenId::parse("110105一9491231002X")), (Kind::Character, 6));
    assert_eq!(at(CitizenId::parse("01010519491231002X")), (Kind::Division, 0));
    assert_eq!(at(CitizenId::parse("92010519491231002X")), (Kind::Division, 0));
    assert_eq!(at(CitizenId::parse("110105491231002")), (Kind::LegacyForm, 0));
    assert_eq!(at(CitizenId::parse(" 110105491231002")), (Kind::LegacyForm, 1));
    assert_eq!(at(CitizenId::parse("11010549123100X")), (Kind::NotDigit, 14));
}

#[test]
fn days_of_birth_are_real_days_since_1800() {
    for (day, kind) in [
        ("20230229", Kind::NoSuchDay),
        ("19001301", Kind::NoSuchDay),
        ("19000229", Kind::NoSuchDay),
        ("19490431", Kind::NoSuchDay),
        ("19490400", Kind::NoSuchDay),
        ("19490001", Kind::NoSuchDay),
        ("17991231", Kind::TooEarly),
        ("00000000", Kind::TooEarly),
    ] {
        assert_eq!(at(CitizenId::compute(&format!("652701{day}001"))), (kind, 6), "{day}");
    }
    for day in ["18000101", "20000229", "20240229", "19991231"] {
        let id = CitizenId::compute(&format!("652701{day}001")).unwrap();
        assert_eq!(id.birth_date().compact(), day);
        assert_eq!(CitizenId::parse(id.as_str()), Ok(id));
    }
    assert_eq!(at(CitizenId::compute("6527012000022900x")), (Kind::NotDigit, 16));
}

#[test]
fn old_numbers_are_upgraded() {
    let old = LegacyCitizenId::parse("　110105４91231002 ").unwrap();
    assert_eq!(old.as_str(), "110105491231002");
    assert_eq!(old.upgrade().as_str(), "11010519491231002X");
    assert_eq!(old.upgrade(), CitizenId::parse("11010519491231002X").unwrap());
    assert_eq!(old.birth_date(), old.upgrade().birth_date());
    assert_eq!(old.masked(), "110**********02");
    assert_eq!(at(LegacyCitizenId::parse(" 110105490229002")), (Kind::NoSuchDay, 7));
    assert_eq!(at(LegacyCitizenId::parse("010105491231002")), (Kind::Division, 0));
    assert_eq!(at(LegacyCitizenId::parse("11010519491231002X")), (Kind::TooLong { max: 15 }, 15));

    let number = |text| CitizenNumber::parse(text).unwrap();
    assert_eq!(number("110105491231002"), CitizenNumber::Legacy(old));
    assert!(matches!(number("11010519491231002x"), CitizenNumber::Current(_)));
    assert_eq!(number("110105491231002").into_current(), number("11010519491231002X").into_current());
    assert_eq!(at(CitizenNumber::parse("110105490229002")), (Kind::NoSuchDay, 6));
    assert_eq!(at(CitizenNumber::parse("1101054912310021")), (Kind::TooShort { need: 18 }, 16));
}

#[test]
fn numbers_of_people_do_not_print() {
    const NUMBER: &str = "11010519491231002X";
    let id = CitizenId::parse(NUMBER).unwrap();
    let holder = HolderCode::from(id.clone());
    let legacy = LegacyCitizenId::parse("110105491231002").unwrap();
    let current = CitizenNumber::Current(id.clone());
    assert_eq!(
        format!("{id:?} {legacy:?} {current:?} {holder:?}"),
        "CitizenId(..) LegacyCitizenId(..) Current(CitizenId(..)) HolderCode(111, ..)"
    );
    assert_eq!(id.masked(), "110*************2X");
    for json in
        ["110105194912310021", "-1101051949", "1.10105194912e300", "[110105]", r#""110105194912310021""#]
    {
        let message = serde_json::from_str::<CitizenId>(json).unwrap_err().to_string();
        assert!(!message.contains("110105") && !message.contains("1.1"), "{message}");
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let message = serde_json::from_value::<CitizenId>(value).unwrap_err().to_string();
        assert!(!message.contains("110105") && !message.contains("1.1"), "{message}");
    }
}

#[test]
fn holder_code_types_are_the_closed_list() {
    let codes = "001 099 111 114 115 118 119 120 122 411 412 413 414 511 516 999";
    assert_eq!(HolderCodeType::ALL.map(HolderCodeType::code).join(" "), codes);
    for code_type in HolderCodeType::ALL {
        assert_eq!(HolderCodeType::from_code(code_type.code()), Some(code_type));
        assert_eq!(code_type.is_natural_person(), !code_type.code().starts_with('0'));
        assert!(!code_type.name_zh().is_empty() && code_type.name_en().is_ascii());
    }
    for unknown in ["", "1", "01", "112", "1110", "０01"] {
        assert_eq!(HolderCodeType::from_code(unknown), None, "{unknown}");
    }
}

#[test]
fn holders_numbers_are_checked_as_their_kind_demands() {
    use HolderCodeType as T;
    let same = |a: &str, b: &str| HolderCode::new(T::CitizenId, a) == HolderCode::new(T::CitizenId, b);
    assert!(same("11010519491231002X", " 11010519491231002ｘ"));
    assert_eq!(at(HolderCode::new(T::CitizenId, "110105491231002")), (Kind::LegacyForm, 0));
    assert_eq!(at(HolderCode::new(T::CreditCode, "11010519491231002X")), (Kind::CheckCharacter, 17));

    let other = |text: &str| HolderCode::new(T::OtherPerson, text);
    assert_eq!(at(other("")), (Kind::TooShort { need: 1 }, 0));
    assert_eq!(at(other(&"军".repeat(65))), (Kind::TooLong { max: 64 }, 64));
    assert!(other(&"军".repeat(64)).is_ok());
    assert_eq!(at(other(" 1")), (Kind::OuterSpace, 0));
    assert_eq!(at(other("军1　")), (Kind::OuterSpace, 2));
    assert_eq!(at(other("1\n2")), (Kind::Character, 1));
    assert_eq!(at(other("1\u{200b}2")), (Kind::Character, 1));
    assert_eq!(at(other("\u{202e}12")), (Kind::Character, 0));
    let passport = HolderCode::new(T::OrdinaryPassport, "E00000000").unwrap();
    assert_eq!((passport.code_type(), passport.as_str()), (T::OrdinaryPassport, "E00000000"));
    assert_ne!(passport, HolderCode::new(T::ServicePassport, "E00000000").unwrap());
}

#[test]
fn only_credit_codes_are_shown() {
    let masked = |code_type, text| HolderCode::new(code_type, text).unwrap().masked();
    assert_eq!(masked(HolderCodeType::CreditCode, "11100000000013338W"), "11100000000013338W");
    assert_eq!(masked(HolderCodeType::CitizenId, "11010519491231002X"), "110*************2X");
    assert_eq!(masked(HolderCodeType::OtherOrganization, "军字第0000001号"), "军字第******1号");
    assert_eq!(masked(HolderCodeType::OrdinaryPassport, "E00000000"), "*********");
}
