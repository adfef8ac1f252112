use super::*;
use crate::credential::FieldValue;
use crate::time::Date;

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.to_owned())
}

fn date(text: &str) -> Option<Date> {
    Some(text.parse().unwrap())
}

#[test]
fn the_built_in_catalog_has_the_ten_types() {
    let catalog = Catalog::embedded();
    let names: Vec<_> = catalog.types().map(|t| t.name.as_str()).collect();
    for name in [
        "营业执照",
        "不动产权证书",
        "居民身份证",
        "结婚证",
        "出生医学证明",
        "社会保障卡",
        "道路运输经营许可证",
        "食品经营许可证",
        "电子发票",
        "财政电子票据",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(catalog.find("identity-card").unwrap().code.as_str(), "11100000000013127D001");
    assert!(catalog.find("passport").is_none());
}

#[test]
fn terms_are_checked() {
    let catalog = Catalog::embedded();
    let card = catalog.find("居民身份证").unwrap();
    let from = date("2020-05-06");
    assert_eq!(card.check_validity(from, date("2040-05-06")), Ok(()));
    assert_eq!(card.check_validity(from, date("2040-05-05")), Ok(()));
    assert_eq!(card.check_validity(from, None), Ok(()));
    assert!(matches!(card.check_validity(from, date("2041-05-06")), Err(ValidityFault::Term { .. })));
    assert_eq!(card.check_validity(None, date("2040-05-06")), Err(ValidityFault::NoFirstDay));
    assert_eq!(card.check_validity(from, date("2020-05-05")), Err(ValidityFault::Reversed));
    let permit = catalog.find("food-business-permit").unwrap();
    assert!(permit.check_validity(from, None).is_err(), "no long term for permits");
    let license = catalog.find("business-license").unwrap();
    assert_eq!(license.check_validity(from, date("2033-01-01")), Ok(()));
}

#[test]
fn field_values_are_checked() {
    let catalog = Catalog::embedded();
    let field = |key: &str, name: &str| catalog.find(key).unwrap().field(name).unwrap().clone();
    let amount = field("electronic-invoice", "amount");
    for good in ["0", "0.5", "88000.00"] {
        assert_eq!(amount.check(&text(good)), Ok(()), "{good}");
    }
    for bad in ["", ".5", "1.", "01", "1.234", "-1", "1,000", "1e3", "１"] {
        assert!(amount.check(&text(bad)).is_err(), "{bad}");
    }
    assert_eq!(amount.check(&FieldValue::Integer(5)), Err(FieldFault::Kind));
    let vehicles = field("road-transport-permit", "vehicles");
    assert_eq!(vehicles.check(&FieldValue::Integer(100_001)), Err(FieldFault::Range));
    assert_eq!(vehicles.check(&text("5")), Err(FieldFault::Kind));
    let sex = field("identity-card", "sex");
    assert!(matches!(sex.check(&text("未知")), Err(FieldFault::Choice { .. })));
    assert_eq!(field("identity-card", "birth_date").check(&text("1990-02-30")), Err(FieldFault::Date));
    let address = field("identity-card", "address");
    assert!(address.check(&text("一\n二")).is_err());
    assert!(address.check(&text(&"长".repeat(201))).is_err());
    let seller = field("electronic-invoice", "seller_code");
    assert!(matches!(seller.check(&text("911100000000000000")), Err(FieldFault::Identifier(_))));
}

#[test]
fn bad_catalogs_are_refused_with_the_place() {
    let one = |edit: &dyn Fn(&str) -> String| {
        let text = "version = \"1\"\n[[license_type]]\ncode = \"11100000MB03271699001\"\ncode_source = \"published\"\n\
             key = \"title\"\nname = \"甲\"\nname_en = \"A\"\ndefining_body = \"乙\"\nholder = \"organization\"\n\
             validity = [\"长期\"]\n[[license_type.field]]\nname = \"use\"\nlabel = \"丙\"\npinyin = \"KZ_A\"\nkind = \"text\"\n";
        edit(text).parse::<Catalog>()
    };
    assert!(one(&str::to_owned).is_ok());
    let place = |edit: &dyn Fn(&str) -> String| match one(edit) {
        Err(CatalogError::Inconsistent { place, fault, .. }) => (place, fault),
        other => panic!("{other:?}"),
    };
    assert_eq!(place(&|t| t.replace("\"title\"", "\"Title\"")), (Place::Key, SpecFault::Name));
    assert_eq!(place(&|t| t.replace("[\"长期\"]", "[]")), (Place::Validity, SpecFault::NoTerm));
    assert_eq!(place(&|t| t.replace("\"use\"", "\"_sd\"")), (Place::Field(0), SpecFault::Name));
    assert_eq!(place(&|t| t.replace("\"use\"", "\"fields\"")), (Place::Field(0), SpecFault::Name));
    for term in crate::credential::METADATA {
        let named = format!("\"{}\"", term.claim);
        assert_eq!(place(&|t| t.replace("\"use\"", &named)), (Place::Field(0), SpecFault::Name), "{named}");
    }
    assert_eq!(place(&|t| t.replace("\"text\"", "\"choice\"")), (Place::Field(0), SpecFault::Choices));
    let field =
        "[[license_type.field]]\nname = \"use\"\nlabel = \"丙\"\npinyin = \"KZ_B\"\nkind = \"text\"\n";
    assert_eq!(place(&|t| format!("{t}{field}")), (Place::Field(1), SpecFault::NameTwice));
    let other = field.replace("\"use\"", "\"area\"");
    assert!(one(&|t| format!("{t}{other}")).is_ok());
    let other = other.replace("KZ_B", "KZ_A");
    assert_eq!(place(&|t| format!("{t}{other}")), (Place::Field(1), SpecFault::PinyinTwice));
    let named = |pinyin: &str| one(&|t| t.replace("KZ_A", pinyin));
    for good in ["KZ_JYCS2", "CJSJ", "A"] {
        assert!(named(good).is_ok(), "{good}");
    }
    let long = "A".repeat(crate::limits::MAX_SPEC_CHARS);
    assert!(named(&long).is_ok());
    for bad in ["", "KZ_A ", format!("{long}A").as_str()] {
        let refused = place(&|t| t.replace("KZ_A", bad));
        assert_eq!(refused, (Place::Field(0), SpecFault::Text), "{bad}");
    }
    for bad in ["KZ 甲", "KZ_甲", "kz_a", "KZ_a", "KZ-A", "_KZ", "1KZ"] {
        let refused = place(&|t| t.replace("KZ_A", bad));
        assert_eq!(refused, (Place::Field(0), SpecFault::Pinyin), "{bad}");
    }
    // A field under such a name would stand in a document as what the document says of itself.
    let taken = crate::credential::METADATA.map(|term| term.pinyin);
    for name in taken.into_iter().chain(["ZZLXDM", "CZZTDMLX", "JZJYXQJZSJ", "JZJZZSY", "JZJ"]) {
        let refused = place(&|t| t.replace("KZ_A", name));
        assert_eq!(refused, (Place::Field(0), SpecFault::PinyinTaken), "{name}");
    }
    for bad in ["0年", "年", "3周", "-1年"] {
        assert!(matches!(one(&|t| t.replace("长期", bad)), Err(CatalogError::Toml(_))), "{bad}");
    }
    assert!(matches!(one(&|t| t.replace("MB03271699001", "MB03271698001")), Err(CatalogError::Toml(_))));
    let twice = one(&|t| {
        let (head, rest) = t.split_once('\n').unwrap();
        format!("{head}\n{rest}{rest}")
    });
    assert!(matches!(twice, Err(CatalogError::Duplicate(_))));
    // Another code and another key: only the Chinese name tells the type by which a form may call it.
    let second = |name: &str| {
        one(&|t| {
            let (head, rest) = t.split_once('\n').unwrap();
            let other = rest.replace("11100000MB03271699001", "11100000MB03271699002");
            let other = other.replace("\"title\"", "\"deed\"").replace("\"甲\"", name);
            format!("{head}\n{rest}{other}")
        })
    };
    assert!(second("\"丁\"").is_ok());
    assert!(matches!(second("\"甲\""), Err(CatalogError::Duplicate(_))));
}
