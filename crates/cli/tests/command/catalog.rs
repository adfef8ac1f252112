//! The catalog of license types and the sharing list as commands: prepared, compared, signed, verified, and kept to.

use serde_json::json;

use crate::support::{MARKET, POLICE, Place, forms, office};

/// Who prepares, drops and signs, and what for.
const BY: [&str; 4] = ["--who", "目录管理员", "--purpose", "年度调整"];

fn with_by(place: &Place, words: &[&str]) -> crate::support::Ran {
    place.boyin(&[words, &BY[..]].concat())
}

fn embedded(edit: &dyn Fn(&str) -> String) -> String {
    edit(boyin::model::catalog::EMBEDDED)
}

#[test]
fn a_catalog_is_changed_compared_signed_and_kept_to() {
    let place = Place::new();
    let shown = place.boyin(&["catalog", "show"]).ends(0);
    assert!(shown.out.contains("sequence 1") && shown.out.contains("居民身份证"), "{}", shown.out);
    with_by(&place, &["catalog", "sign"]).complains(&["nothing is prepared"]);
    let license = place.path("license");
    place.issue_one(MARKET, "business-license");
    place.boyin(&["verify", &license]).ends(0);

    // A field that becomes required, and a type that ends.
    let types = embedded(&|text| {
        let (before, after) = text.split_once("key = \"business-license\"").unwrap();
        let at = after.find("[[license_type.field]]").unwrap();
        let (head, field) = after.split_at(at);
        let field = field.replacen("[[license_type.field]]\n", "[[license_type.field]]\nname = \"remark\"\nlabel = \"备注\"\npinyin = \"KZ_BZ\"\nkind = \"text\"\nrequired = true\n\n[[license_type.field]]\n", 1);
        format!("{before}key = \"business-license\"{head}{field}")
    });
    let file = place.write("types.toml", types.as_bytes());
    place.boyin(&["catalog", "add", &file]).complains(&["--who", "--purpose"]);
    let prepared = with_by(&place, &["catalog", "add", &file]).ends(0);
    assert!(prepared.out.contains("+ field business-license remark"), "{}", prepared.out);
    assert!(prepared.out.contains("required") && prepared.out.contains("照面字段"), "{}", prepared.out);
    with_by(&place, &["catalog", "add", &file]).complains(&["already"]);
    // A type does not end in the second in which it begins.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let ended = with_by(&place, &["catalog", "remove", "identity-card"]).ends(0);
    assert!(ended.out.contains("~ license_type") && ended.out.contains("until"), "{}", ended.out);
    with_by(&place, &["catalog", "remove", "passport"]).complains(&["no license type"]);
    let drafted = place.boyin(&["--json", "catalog", "diff"]).ends(0).json();
    with_by(&place, &["catalog", "renew"]).complains(&["catalog sign"]);
    let other = ["catalog", "sign", "--draft", "00000000000000000000000000000000"];
    with_by(&place, &other).complains(&["another draft is prepared", drafted["draft"].as_str().unwrap()]);
    let signed = place.boyin(&[&["--json", "catalog", "sign"], &BY[..]].concat()).ends(0).json();
    assert_eq!(signed["sequence"], 2);
    assert_eq!((&signed["differences"], &signed["draft"]), (&drafted["differences"], &drafted["draft"]));
    let published = json!({ "differences": drafted["differences"] });
    assert_eq!(place.boyin(&["--json", "catalog", "diff", "1"]).ends(0).json(), published);
    place.boyin(&["catalog", "diff", "7"]).complains(&["catalog history"]);
    let history = place.boyin(&["--json", "catalog", "history"]).ends(0).json();
    assert_eq!(history["catalog_lists"].as_array().unwrap().len(), 2);
    place.boyin(&["catalog", "history"]).ends(0);
    let shown = place.boyin(&["catalog", "show"]).ends(0);
    assert!(shown.out.contains("sequence 2") && shown.out.contains(" ✗"), "{}", shown.out);

    // What it no longer holds is not issued.
    let form = |license_type| place.write_forms("again.json", &forms(license_type)[1..2]);
    place.issue(MARKET, &form("business-license"), &[]).complains(&["remark", "must be filled in"]);
    place.issue(POLICE, &form("identity-card"), &[]).complains(&["could be issued until"]);
    let events = place.boyin(&["--json", "event", "list"]).ends(0);
    assert!(events.out.contains("A catalog 1 sha-256:"), "{}", events.out);
}

#[test]
fn a_list_in_a_file_is_verified_and_an_older_one_refused() {
    let place = Place::new();
    let first = place.path("first.jwt");
    std::fs::copy(place.home().join("catalog/list.jwt"), &first).unwrap();
    with_by(&place, &["catalog", "remove", "identity-card", "--at", "2990-01-01"]).ends(0);
    with_by(&place, &["catalog", "sign", "--from", "2999-01-01"]).ends(0);
    let second = place.home().join("catalog/list.jwt").to_str().unwrap().to_owned();
    place.boyin(&["catalog", "verify", &first]).ends(0);
    let anchor = place.home().join("trust/anchor.json").to_str().unwrap().to_owned();
    let early = place.boyin(&["--json", "catalog", "verify", &second, "--anchor", &anchor]).ends(2).json();
    assert_eq!(early["verdict"], "indeterminate");
    let rolled = place.boyin(&["catalog", "verify", &first, "--held", &second]).ends(1);
    assert!(rolled.out.contains("cannot take the place"), "{}", rolled.out);
    place.boyin(&["sharing", "verify", &first]).ends(1);
    let text = std::fs::read_to_string(&first).unwrap();
    let broken = place.write("broken.jwt", format!("{}A", &text[..text.len() - 1]).as_bytes());
    let refused = place.boyin(&["--json", "catalog", "verify", &broken]);
    assert!(refused.code == Some(1) || text.ends_with('A'), "{}", refused.out);
    // Shown with its fault and its age.
    std::fs::copy(&first, &second).unwrap();
    let shown = place.boyin(&["catalog", "show"]).ends(0);
    assert!(shown.out.contains("REFUSED") && shown.out.contains("0 day(s) old"), "{}", shown.out);
    assert!(shown.out.contains("sequence 2") && shown.out.contains("NOT IN FORCE"), "{}", shown.out);
}

#[test]
fn what_is_shared_is_said_compared_and_decided() {
    let place = Place::new();
    let market = office(MARKET).code;
    let which = ["--agency", market.as_str(), "--item", "item-1", "--license-type", "identity-card"];
    let check = |fields: &str, code| {
        let command = [&["--json", "sharing", "check", "--field", fields], &which[..], &BY].concat();
        place.boyin(&command).ends(code).json()
    };
    assert_eq!(check("address", 1)["reason"], "agency_unknown");
    let add = |fields: &str| {
        let named = [
            "--agency-name",
            MARKET,
            "--item-name",
            "个体工商户登记",
            "--scope",
            "departments",
            "--from",
            "2026-01-01",
        ];
        place.boyin(&[&["sharing", "add", "--field", fields], &which[..], &named, &BY].concat())
    };
    let added = add("holder_name,address").ends(0);
    assert!(added.out.contains("+ sharing") && added.out.contains("[WIDER 扩大]"), "{}", added.out);
    add("engine_number").complains(&["field"]);
    with_by(&place, &["sharing", "sign"]).ends(0);
    let decided = check("address,sex", 0);
    assert_eq!(
        (&decided["decision"], &decided["fields"], &decided["withheld"]),
        (&json!("allowed"), &json!(["address"]), &json!(1))
    );
    assert_eq!(check("sex", 1)["reason"], "fields_not_shared");
    let wider = add("address,holder_name,sex").ends(0);
    assert!(wider.out.contains("~ sharing") && wider.out.contains("[WIDER 扩大]"), "{}", wider.out);
    let diff = place.boyin(&["--json", "sharing", "diff"]).ends(0).json();
    assert_eq!(diff["differences"][0]["effect"], "widened");
    with_by(&place, &["sharing", "discard"]).ends(0);
    let ended = with_by(&place, &[&["sharing", "remove"], &which[..]].concat()).ends(0);
    assert!(ended.out.contains("[narrower 收窄]"), "{}", ended.out);
    with_by(&place, &["sharing", "sign"]).ends(0);
    assert_eq!(check("address", 1)["reason"], "term_ended");
    let shown = place.boyin(&["sharing", "show"]).ends(0);
    assert!(shown.out.contains("部门之间") && shown.out.contains(" ✗"), "{}", shown.out);
    let events = place.boyin(&["event", "list"]).ends(0);
    assert!(events.out.contains("共享判定"), "{}", events.out);
    place.boyin(&[&["sharing", "check", "--field", "sex"], &which[..]].concat()).ends(3);
}

#[test]
fn coverage_is_shown_and_unknown_stays_unknown() {
    let place = Place::new();
    place.issue_one(MARKET, "business-license");
    let coverage = || place.boyin(&["--json", "catalog", "coverage"]).ends(0).json();
    let market = office(MARKET);
    let row = |value: &serde_json::Value| {
        let rows = value["places"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["department"] == market.code.as_str() && row["issued"] == 1).unwrap()
    };
    let before = coverage();
    assert_eq!(row(&before)["stated"], json!(null));
    assert_eq!(row(&before)["hundredths_of_percent"], json!(null));
    let shown = place.boyin(&["catalog", "coverage"]).ends(0);
    assert!(shown.out.contains("unknown 未知") && !shown.out.contains("100.00%"), "{}", shown.out);
    let total = [
        "catalog",
        "total",
        "--license-type",
        "business-license",
        "--division",
        market.division.as_str(),
        "--department",
        market.code.as_str(),
        "--total",
        "8",
        "--source",
        "市场监管业务库",
        "--dated",
        "2026-05-31",
    ];
    place.boyin(&total).complains(&["--who"]);
    with_by(&place, &total).ends(0);
    let after = coverage();
    assert_eq!((&row(&after)["stated"], &row(&after)["hundredths_of_percent"]), (&json!(8), &json!(1250)));
    assert_eq!(after["all"]["hundredths_of_percent"], json!(null), "of other offices nothing is known");
    let shown = place.boyin(&["catalog", "coverage"]).ends(0);
    assert!(shown.out.contains("12.50%") && shown.out.contains("阿拉山口市"), "{}", shown.out);
}
