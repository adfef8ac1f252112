use boyin_exempt::item::NoMatter;
use boyin_exempt::limits::{MAX_CATALOG_BYTES, MAX_FAULTS};
use boyin_exempt::{Channel, ItemCatalog, ItemCatalogError, ItemCode, ItemCodeError, Role};
use boyin_model::catalog::Catalog;
use boyin_model::time::Date;

use crate::world::CATALOG;

fn read(text: &str) -> Result<ItemCatalog, ItemCatalogError> {
    ItemCatalog::read(text, &Catalog::embedded())
}

/// The faults of the catalog after one replacement, as they print.
fn faults(from: &str, to: &str) -> Vec<String> {
    assert!(CATALOG.contains(from), "{from}");
    match read(&CATALOG.replacen(from, to, 1)) {
        Err(ItemCatalogError::Faults(faults)) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("{to}: {other:?}"),
    }
}

#[test]
fn each_contradiction_is_refused_at_its_place() {
    for (from, to, expected) in [
        ("version = \"test\"", "version = \"\"", "version: must be 1 to 200"),
        ("key = \"married\"", "key = \"Married\"", "question[Married].key: a key is"),
        ("{ key = \"no\", zh = \"否\", en = \"no\" }, ", "", "question[married].answers: must have 2 to 32"),
        ("key = \"no\", zh", "key = \"yes\", zh", "question[married].answers[2].key: stands above"),
        ("zh = \"婚姻状况\"", "zh = \" 婚姻状况\"", "question[married].zh: must be 1 to 200"),
        ("key = \"unit\"\n", "key = \"u\"\n", "material[unit-title].accept[1].equals: names nothing"),
        ("key = \"unit\"\n", "key = \"u\"\n", "form_field[u]: is defined, but used nowhere"),
        (
            "type = \"identity-card\"",
            "type = \"identity\"",
            "material[card].accept[1][1].type: names nothing",
        ),
        (
            "type = \"identity-card\"",
            "type = \"identity-card\", type_name = \"居民身份证\"",
            "material[card].accept[1][1]: name one of",
        ),
        ("type = \"identity-card\", ", "", "material[card].accept[1][1]: name one of"),
        (
            "type = \"identity-card\", holder = \"applicant\"",
            "type = \"identity-card\", holder = \"enterprise\"",
            "material[card].accept[1][1].holder: who has this role",
        ),
        (
            "{ unit_number = \"form.unit\" }",
            "{ unit = \"form.unit\" }",
            "material[unit-title].accept[1][1].equals[1]: names nothing",
        ),
        (
            "\"form.unit\"",
            "\"nobody.number\"",
            "material[unit-title].accept[1][1].equals[1]: a field is compared",
        ),
        (
            "\"spouse.number\"",
            "\"spouse.age\"",
            "material[marriage].accept[1][1].equals[1]: a field is compared",
        ),
        ("min_days = 30", "min_days = 3661", "material[permit].accept[1][1].min_days: must be 0 to 3660"),
        (
            "accept = [[{ type = \"identity-card\", holder = \"applicant\" }]]",
            "accept = [[]]",
            "material[card].accept[1]: must have 1 to 8",
        ),
        (
            "accept = [[{ type = \"identity-card\", holder = \"applicant\" }]]",
            "",
            "material[card].accept: an office issues it",
        ),
        (
            "canceled = { basis = \"现场采集\" }",
            "canceled = { basis = \"现场采集\" }\naccept = [[{ type = \"identity-card\", holder = \"applicant\" }]]",
            "material[photo].canceled: what is canceled",
        ),
        ("basis = \"现场采集\"", "basis = \"\"", "material[photo].canceled.basis: must be 1 to 1000"),
        (
            "within_days = 30",
            "within_days = 0",
            "material[invoice].commitment.within_days: must be 1 to 3660",
        ),
        ("checked_by = \"税务机关\"", "checked_by = \"\"", "material[invoice].commitment: must be 1 to 1000"),
        ("at = \"许可系统\"", "at = \"\"", "material[permit].online: must be 1 to 1000"),
        ("key = \"card\"", "key = \"marriage\"", "material[marriage].key: stands above"),
        ("{ use = \"photo\" },\n", "", "material[photo]: is defined, but used nowhere"),
        ("{ use = \"card\" }", "{ use = \"title\" }", "item[1].materials: stands above"),
        ("{ use = \"card\" }", "{ use = \"cards\" }", "item[1].materials[1].use: names nothing"),
        ("copies = 2", "copies = 0", "item[1].materials[3].copies: must be 1 to 9"),
        ("married = [\"yes\"]", "married = [\"maybe\"]", "item[1].materials[2].when: names nothing"),
        ("married = [\"yes\"]", "married = [\"yes\", \"no\"]", "item[1].materials[2].when: must have 1 to 1"),
        ("married = [\"yes\"]", "divorced = [\"yes\"]", "item[1].materials[2].when: names nothing"),
        (", when = { married = [\"yes\"] }", "", "item[1].questions[1]: is asked, but nothing depends on it"),
        ("key = \"first\"", "key = \"First\"", "item[1].key: a key is"),
        ("version = 1\nfrom", "version = 0\nfrom", "item[1].version: must be 1 to"),
        ("until = \"2026-12-31\"", "until = \"2025-12-31\"", "item[1].until: the last day comes before"),
        ("divisions = [\"652701\", \"652722\"]", "divisions = []", "item[1].divisions: must have 1 to 64"),
        (
            "channels = [\"window\", \"website\"]",
            "channels = [\"window\", \"window\"]",
            "item[1].channels: stands above",
        ),
        ("parties = [\"applicant\"]", "parties = []", "item[1].parties: must have 1 to 7"),
        ("department = \"样本一局\"", "department = \"\"", "item[1].department: must be 1 to 200"),
        ("3990000003000", "3990000002000", "item[3].key: key and code belong together"),
        ("key = \"third\"", "key = \"second\"", "item[3].key: key and code belong together"),
        ("name = \"事项三\"", "name = \"事项二\"", "item[3].name: stands above"),
        (
            "items = [\"first\", \"second\"]",
            "items = [\"first\", \"none\"]",
            "package[1].items[2]: names nothing",
        ),
        ("items = [\"first\", \"second\"]", "items = []", "package[1].items: must have 1 to 32"),
        ("key = \"both\"", "key = \"first\"", "package[1].key: stands above"),
        ("lead = \"样本一局\"", "lead = \"\"", "package[1].lead: must be 1 to 200"),
    ] {
        let found = faults(from, to);
        assert!(found.iter().any(|fault| fault.starts_with(expected)), "{expected}: {found:?}");
    }
}

#[test]
fn what_is_no_catalog_is_refused_with_the_line() {
    for (from, to) in [
        ("version = \"test\"", "edition = \"test\""),
        ("3990000001000", "399000000100"),
        ("11652700DEMX00073K", "11652700DEMX00073L"),
        ("channels = [\"window\"", "channels = [\"fax\""),
        ("from = \"2026-01-01\"", "from = \"2026-02-30\""),
        ("parties = [\"applicant\"]", "parties = [\"neighbor\"]"),
        ("copies = 2", "copies = 300"),
        ("divisions = [\"652701\"", "divisions = [\"000000\""),
        ("source = \"applicant\"\n", "source = \"applicant\"\nprice = 3\n"),
    ] {
        let error = read(&CATALOG.replacen(from, to, 1)).unwrap_err();
        assert!(matches!(error, ItemCatalogError::Toml(_)), "{to}: {error}");
        assert!(error.to_string().contains("line"), "{to}: {error}");
    }
    assert!(matches!(read(&" ".repeat(MAX_CATALOG_BYTES + 1)), Err(ItemCatalogError::TooLong)));
}

#[test]
fn all_faults_are_told_at_once_within_a_bound() {
    let two = CATALOG.replacen("copies = 2", "copies = 0", 1).replacen("min_days = 30", "min_days = 9999", 1);
    let Err(ItemCatalogError::Faults(faults)) = read(&two) else { panic!() };
    assert_eq!(faults.len(), 2);
    let many: String =
        (0..200).map(|n| format!("[[form_field]]\nkey = \"f{n}\"\nzh = \"项\"\nen = \"F\"\n")).collect();
    let Err(ItemCatalogError::Faults(faults)) = read(&format!("{CATALOG}{many}")) else { panic!() };
    assert_eq!(faults.len(), MAX_FAULTS);
}

/// The first item once more, as another version that begins on this day.
fn with_second_version(version: u32, from: &str) -> String {
    let (head, rest) = CATALOG.split_once("[[item]]").unwrap();
    let (item, tail) = rest.split_once("[[item]]").unwrap();
    let next = item
        .replace("version = 1\n", &format!("version = {version}\n"))
        .replace("from = \"2026-01-01\"\nuntil = \"2026-12-31\"", &format!("from = \"{from}\""));
    format!("{head}[[item]]{item}[[item]]{next}[[item]]{tail}")
}

#[test]
fn one_version_holds_on_each_day() {
    let day = |text: &str| text.parse::<Date>().unwrap();
    let catalog = read(&with_second_version(2, "2027-01-01")).unwrap();
    for (name, on, version) in [
        ("first", "2026-01-01", 1),
        ("事项一", "2026-12-31", 1),
        ("11652700DEMX00073K3990000001000", "2027-01-01", 2),
    ] {
        assert_eq!(catalog.item(name, day(on)).unwrap().version, version, "{on}");
    }
    assert_eq!(catalog.item("first", day("2025-12-31")).unwrap_err(), NoMatter::NotInForce);
    assert_eq!(catalog.item("none", day("2026-01-01")).unwrap_err(), NoMatter::Unknown);
    assert_eq!(catalog.matter("both", day("2027-01-01")).unwrap().items[0].version, 2);
    assert_eq!(catalog.matter("both", day("2025-01-01")).unwrap_err(), NoMatter::NotInForce);
    let Err(ItemCatalogError::Faults(faults)) = read(&with_second_version(2, "2026-12-31")) else { panic!() };
    assert!(faults[0].to_string().starts_with("item[2].from: another version holds"), "{faults:?}");
    let Err(ItemCatalogError::Faults(faults)) = read(&with_second_version(1, "2027-01-01")) else { panic!() };
    assert!(faults[0].to_string().starts_with("item[2].version: stands above"), "{faults:?}");
}

#[test]
fn codes_of_items_are_checked() {
    let good = "11652700DEMX00073K3990000001000";
    let code: ItemCode = good.parse().unwrap();
    assert_eq!((code.as_str(), code.body().as_str(), code.basic()), (good, &good[..18], &good[19..]));
    for (bad, why) in [
        (&good[..30], ItemCodeError::Length),
        ("11652700DEMX00073K399000000100é", ItemCodeError::Length),
        ("11652700DEMX00073K399000000100X", ItemCodeError::Digits),
    ] {
        assert_eq!(bad.parse::<ItemCode>(), Err(why), "{bad}");
    }
    assert!(matches!(good.replace("73K", "73L").parse::<ItemCode>(), Err(ItemCodeError::Body(_))));
}

#[test]
fn channels_and_roles_are_written_by_their_codes() {
    for channel in Channel::ALL {
        assert_eq!(serde_json::from_value::<Channel>(channel.code().into()).unwrap(), channel);
    }
    for role in Role::ALL {
        assert_eq!(serde_json::from_value::<Role>(role.code().into()).unwrap(), role);
    }
}

#[test]
fn the_digest_is_that_of_the_file() {
    let one = read(CATALOG).unwrap();
    let other = read(&format!("{CATALOG}\n")).unwrap();
    assert!(one.digest().starts_with("sha-256:") && one.digest() != other.digest());
}
