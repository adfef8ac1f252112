//! License types and license identifiers.

use super::{Kind, at};
use crate::id::*;

const PREFIX: &str = "1.2.156.3005.2.";
const TYPE: &str = "11100000000013338W011";
const ISSUER: &str = "11430000006122244L";

#[test]
fn license_types_are_a_body_and_a_number() {
    assert_eq!(at(LicenseTypeCode::parse("11100000MB0327169900")), (Kind::TooShort { need: 21 }, 20));
    assert_eq!(at(LicenseTypeCode::parse("11100000MB032716990010")), (Kind::TooLong { max: 21 }, 21));
    assert_eq!(at(LicenseTypeCode::parse("11100000MB0327169900A")), (Kind::NotDigit, 20));
    assert_eq!(at(LicenseTypeCode::parse("11100000MB03271698001")), (Kind::CheckCharacter, 17));
    assert_eq!(at(LicenseTypeCode::parse("11100000mb03271699001")), (Kind::LowerCase, 8));
}

#[test]
fn faults_of_a_license_identifier_are_located() {
    let parse = |rest: &str| at(LicenseId::parse(&format!("{PREFIX}{rest}")));
    assert_eq!(at(LicenseId::parse("")), (Kind::Prefix, 0));
    assert_eq!(at(LicenseId::parse("1.2.156.3005.3.x")), (Kind::LowerCase, 15));
    assert_eq!(at(LicenseId::parse("1.2.156.3005.3.X")), (Kind::Prefix, 13));
    assert_eq!(parse(""), (Kind::Parts, 15));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.1.001")), (Kind::Parts, 61));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.1.001.U.")), (Kind::Parts, 63));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.1.001.")), (Kind::TooShort { need: 1 }, 62));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.1.001.UU")), (Kind::TooLong { max: 1 }, 63));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}..001.U")), (Kind::TooShort { need: 1 }, 56));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.1.000.U")), (Kind::Version, 58));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.1.01.U")), (Kind::TooShort { need: 3 }, 60));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.1.0A1.U")), (Kind::NotDigit, 59));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.a.001.U")), (Kind::LowerCase, 56));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.执.001.U")), (Kind::Character, 56));
    assert_eq!(parse(&format!("{TYPE}.1143000000612224L.1.001.U")), (Kind::Issuer, 37));
    assert_eq!(parse(&format!("{TYPE}.11430000006122244M.1.001.U")), (Kind::CheckCharacter, 54));
    assert_eq!(parse(&format!("11100000000013338X011.{ISSUER}.1.001.U")), (Kind::CheckCharacter, 32));
    assert_eq!(parse(&format!("{TYPE}.{ISSUER}.20230000403.001.V")), (Kind::CheckCharacter, 72));
    // A division code as issuer is readable, but not ours.
    assert_eq!(parse(&format!("{TYPE}.652701.1.001.U")), (Kind::TooShort { need: 18 }, 43));
}

#[test]
fn license_identifiers_are_bounded() {
    let license_type = LicenseTypeCode::parse(TYPE).unwrap();
    let issuer = CreditCode::parse(ISSUER).unwrap();
    let new = |serial: &str, version| LicenseId::new(license_type, issuer, serial, version);
    let longest = new(&"Z".repeat(64), 999).unwrap();
    assert_eq!(longest.as_str().len(), LicenseId::MAX_LEN);
    assert_eq!(LicenseId::parse(longest.as_str()).as_ref(), Ok(&longest));
    assert_eq!(at(longest.next_version()), (Kind::Version, 0));
    assert_eq!(at(new(&"Z".repeat(65), 1)), (Kind::TooLong { max: 64 }, 64));
    assert_eq!(at(new("", 1)), (Kind::TooShort { need: 1 }, 0));
    assert_eq!(at(new("1.2", 1)), (Kind::Character, 1));
    assert_eq!(at(new("12a", 1)), (Kind::LowerCase, 2));
    assert_eq!(at(new("1", 0)), (Kind::Version, 0));
    assert_eq!(at(new("1", 1000)), (Kind::Version, 0));
    let over = format!("{}{}", longest.as_str(), "9");
    assert_eq!(at(LicenseId::parse(&over)), (Kind::TooLong { max: LicenseId::MAX_LEN }, LicenseId::MAX_LEN));
    let shifted = format!("{PREFIX}{TYPE}.652701.{}.001.U", "1".repeat(65));
    assert_eq!(at(LicenseId::read(&shifted)), (Kind::TooLong { max: 64 }, 108));
}

#[test]
fn identifiers_of_others_are_reported_on() {
    // The issuer's own check fails in this real identifier.
    let real =
        "1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M";
    let read = LicenseId::read(real).unwrap();
    assert_eq!(read.check(), CheckChar::KnownVariant(Variant::Shandong));
    assert_eq!(read.expected_check(), 'D');
    assert_eq!(read.serial(), "209FA4E88F9E4C878F3E9BED2CE7EA49");
    assert_eq!((read.version(), read.license_type_str()), (1, "11100000000013661B006"));
    assert!(matches!(read.issuer(), ReadIssuer::Code(_)));

    let wrong_issuer = LicenseId::read(&real.replace("046442", "046443").replace(".M", ".9")).unwrap();
    let fault = Kind::CheckCharacter.at(54);
    assert_eq!(wrong_issuer.issuer(), ReadIssuer::Unproven(fault));
    assert_eq!(wrong_issuer.to_strict(), Err(fault));
    let wrong_type = LicenseId::read(&real.replace("13661B", "13661C")).unwrap();
    assert_eq!(at(wrong_type.license_type()), (Kind::CheckCharacter, 32));
    assert_eq!(at(wrong_type.to_strict()), (Kind::CheckCharacter, 32));

    let older = LicenseId::read(&format!("{PREFIX}{TYPE}.000000.7.001.0")).unwrap();
    assert_eq!(older.issuer(), ReadIssuer::Unproven(Kind::Division.at(37)));
    assert!(matches!(older.check(), CheckChar::Bad { expected } if expected == older.expected_check()));
    let corrected = format!("{PREFIX}{TYPE}.652701.7.001.");
    let expected = LicenseId::read(&format!("{corrected}0")).unwrap().expected_check();
    let read = LicenseId::read(&format!("{corrected}{expected}")).unwrap();
    assert_eq!(read.check(), CheckChar::Strict);
    assert_eq!(read.issuer(), ReadIssuer::Division(DivisionCode::parse("652701").unwrap()));
    assert!(read.to_strict().is_err());
}
