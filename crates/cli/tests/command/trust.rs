//! The trust list as it is changed, compared and looked back at; the status of licenses at an instant.

use serde_json::json;

use crate::support::{MARKET, POLICE, Place, forms, office};

/// Who prepares, drops and signs, and what for.
const BY: [&str; 4] = ["--who", "信任列表管理员", "--purpose", "测试"];

#[test]
fn a_change_is_prepared_compared_and_signed() {
    let place = Place::new();
    let code = office(MARKET).code;
    let right = ["--issuer", code.as_str(), "--license-type", "business-license"];
    let sign = || place.boyin(&[&["trust", "sign"], &BY[..]].concat());
    sign().complains(&["nothing is prepared"]);
    let later = ["--at", "2031-01-01"];
    let ended = place.boyin(&[&["trust", "remove", "entitlement"], &right[..], &later, &BY].concat()).ends(0);
    assert!(ended.out.contains("~ entitlement") && ended.out.contains("颁发权限"), "{}", ended.out);
    let later = ["--at", "2031-01-02"];
    let again = place.boyin(&[&["trust", "remove", "entitlement"], &right[..], &later, &BY].concat());
    again.complains(&["no right"]);
    let sunset = |alg| ["trust", "add", "sunset", "--alg", alg, "--sign-until", "2030-01-01"];
    place.boyin(&sunset("ES256")).complains(&["--who", "--purpose"]);
    place.boyin(&[&sunset("ES256")[..], &BY].concat()).ends(0);
    place.boyin(&[&sunset("MD5")[..], &BY].concat()).complains(&["SM2-SM3"]);
    let shown = place.boyin(&["trust", "show"]).ends(0);
    assert!(
        shown.out.contains("sequence 1") && shown.out.contains("2 change(s) are prepared"),
        "{}",
        shown.out
    );
    let drafted = place.boyin(&["--json", "trust", "diff"]).ends(0).json();
    assert_eq!(drafted["differences"].as_array().unwrap().len(), 2);

    let license = place.path("license");
    place.issue_one(MARKET, "business-license");
    place.boyin(&[&["trust", "sign"], &BY[..]].concat()).ends(0);
    place.boyin(&["verify", &license]).ends(0);
    let shown = place.boyin(&["trust", "show"]).ends(0);
    assert!(shown.out.contains("sequence 2") && shown.out.contains("ES256 算法终止"), "{}", shown.out);
    assert!(!shown.out.contains("prepared"), "{}", shown.out);
    let published = json!({ "differences": drafted["differences"] });
    assert_eq!(place.boyin(&["--json", "trust", "diff", "1"]).ends(0).json(), published);
    let list = place.home().join("trust/list.jwt");
    assert_eq!(
        place.boyin(&["--json", "trust", "diff", "1", list.to_str().unwrap()]).ends(0).json(),
        published
    );
    let none = place.boyin(&["trust", "diff", "2", "2"]).ends(0);
    assert!(none.out.contains("No difference"), "{}", none.out);
    place.boyin(&["trust", "diff", "7"]).complains(&["trust history"]);
    let history = place.boyin(&["--json", "trust", "history"]).ends(0).json();
    assert_eq!(history["trust_lists"].as_array().unwrap().len(), 2);
    place.boyin(&["trust", "history"]).ends(0);
}

#[test]
fn what_was_seen_is_what_is_signed() {
    let place = Place::new();
    let sunset = |alg, until| {
        let words = ["trust", "add", "sunset", "--alg", alg, "--sign-until", until];
        place.boyin(&[&["--json"], &words[..], &BY].concat()).ends(0).json()
    };
    let prepared = sunset("ES256", "2030-01-01");
    let seen = place.boyin(&["--json", "trust", "diff"]).ends(0).json();
    assert_eq!(prepared["draft"], seen["draft"]);
    let seen = seen["draft"].as_str().unwrap().to_owned();
    let told = place.boyin(&["trust", "diff"]).ends(0);
    assert!(told.out.contains(&seen), "{}", told.out);
    // Somebody adds to it between the look and the signature.
    sunset("RS256", "2031-01-01");
    let sign = |draft: &str| place.boyin(&[&["trust", "sign", "--draft", draft], &BY[..]].concat());
    let refused = sign(&seen).complains(&["another draft is prepared", "nothing is signed"]);
    assert!(refused.out.contains("RS256"), "what it changes now is shown: {}", refused.out);
    let shown = place.boyin(&["trust", "show"]).ends(0);
    assert!(shown.out.contains("sequence 1") && shown.out.contains("2 change(s)"), "{}", shown.out);
    sign("0000").ends(3);
    let journal = || std::fs::read_to_string(place.home().join("trust/journal.jsonl")).unwrap();
    assert!(!journal().contains("\"deed\":\"sign\""), "{}", journal());
    let now = place.boyin(&["--json", "trust", "diff"]).ends(0).json();
    let words = ["--json", "trust", "sign", "--draft", now["draft"].as_str().unwrap()];
    let signed = place.boyin(&[&words[..], &BY].concat()).ends(0).json();
    assert_eq!((&signed["sequence"], &signed["draft"]), (&json!(2), &now["draft"]));
    assert_eq!(signed["differences"], now["differences"]);
    let line = journal().lines().last().unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["deed"], &line["draft"]), (&json!("sign"), &now["draft"]));
    // Without a terminal and without a digest, what is signed is shown.
    sunset("SM2-SM3", "2032-01-01");
    let signed = place.boyin(&[&["trust", "sign"], &BY[..]].concat()).ends(0);
    let out = &signed.out;
    assert!(out.contains("SM2-SM3") && out.contains("trust list 3 is published"), "{out}");
}

#[test]
fn certificates_come_and_go_as_files() {
    let place = Place::new();
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=Authority", "-keyout", &place.path("key.pem"), "-out", &place.path("ca.pem")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let ca = place.path("ca.pem");
    for role in ["anchor", "maker", "timestamp-authority"] {
        let add = || place.boyin(&[&["trust", "add", role, &ca], &BY[..]].concat());
        add().ends(0);
        add().complains(&["already"]);
    }
    place.boyin(&[&["trust", "sign"], &BY[..]].concat()).ends(0);
    let list = place.boyin(&["--json", "trust", "show"]).ends(0).json();
    assert_eq!(list["certificates"], list["makers"]);
    assert_eq!(list["makers"], list["timestamp_authorities"]);
    // The words stand on either side of what is prepared.
    let remove = || place.boyin(&[&["trust", "remove"], &BY[..], &["maker", &ca]].concat());
    remove().ends(0);
    place.boyin(&[&["trust", "discard"], &BY[..]].concat()).ends(0);
    remove().ends(0);
    place.boyin(&[&["trust", "sign"], &BY[..]].concat()).ends(0);
    let list = place.boyin(&["--json", "trust", "show"]).ends(0).json();
    assert!(list.get("makers").is_none() && list.get("certificates").is_some());
    let none = place.write("none.pem", b"0");
    let add = |file: &str| place.boyin(&[&["trust", "add", "anchor", file], &BY[..]].concat());
    add(&none).complains(&["no certificate"]);
    add(&place.path("key.pem")).complains(&["holds no"]);
    let journal = std::fs::read_to_string(place.home().join("trust/journal.jsonl")).unwrap();
    let of_maker =
        |deed: &str| journal.lines().filter(|line| line.contains(deed) && line.contains(BY[1])).count();
    assert_eq!(
        (of_maker("\"deed\":\"draft\""), of_maker("\"deed\":\"discard\""), of_maker("\"deed\":\"sign\"")),
        (5, 1, 2),
        "{journal}"
    );
}

#[test]
fn another_agencys_issuer_is_named_with_its_key() {
    let (place, other) = (Place::new(), Place::new());
    let key = other.home().join("trust/anchor.json");
    let code = "11652700MBTEXT09";
    let refused = place.boyin(&[
        "trust",
        "add",
        "issuer",
        "--code",
        code,
        "--name",
        "x",
        "--division",
        "652700",
        "--key",
        key.to_str().unwrap(),
    ]);
    refused.complains(&["--code"]);
    let twice = place.boyin(&[
        "trust",
        "add",
        "issuer",
        "--code",
        office(POLICE).code.as_str(),
        "--name",
        "x",
        "--division",
        "652700",
        "--key",
        key.to_str().unwrap(),
        BY[0],
        BY[1],
        BY[2],
        BY[3],
    ]);
    twice.complains(&["already"]);
    let police = office(POLICE).code;
    let remove = ["trust", "remove", "key", "--issuer", police.as_str(), "--kid", "none"];
    place.boyin(&[&remove[..], &BY].concat()).complains(&["no key of this ID"]);
}

#[test]
fn licenses_point_to_status_lists_that_the_trust_list_names() {
    let place = Place::new();
    let license = place.path("license");
    place.issue_one(MARKET, "business-license");
    let code = office(MARKET).code;
    let list = place.boyin(&["--json", "trust", "show"]).ends(0).json();
    let issuers = list["issuers"].as_array().unwrap();
    let named =
        issuers.iter().find(|issuer| issuer["code"] == code.as_str()).unwrap()["status_lists"].clone();
    let old = named[0]["prefix"].as_str().unwrap().to_owned();
    assert!(old.ends_with(&format!("/v1/status-lists/{}-", code.as_str())), "{old}");

    let config = place.home().join("boyin.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let url = text.lines().find_map(|line| line.strip_prefix("public_url = ")).unwrap().trim_matches('"');
    let elsewhere = "https://elsewhere.example";
    std::fs::write(&config, text.replace(url, elsewhere)).unwrap();
    let form = place.write_forms("moved.json", &forms("business-license")[1..2]);
    let issue = || place.issue(MARKET, &form, &["--out", &place.path("moved")]);
    issue().complains(&["a status list that the trust list does not name"]);
    assert!(!std::path::Path::new(&place.path("moved")).exists());

    let new = old.replace(url, elsewhere);
    let lists = |verb, prefix: &str| {
        let of = ["trust", verb, "status-lists", "--issuer", code.as_str(), "--prefix", prefix];
        place.boyin(&[&of[..], &BY].concat())
    };
    lists("add", elsewhere).complains(&["a slash"]);
    lists("remove", &new).complains(&["no status lists"]);
    let added = lists("add", &new).ends(0);
    assert!(added.out.contains("+ status_lists") && added.out.contains("状态列表"), "{}", added.out);
    place.boyin(&[&["trust", "sign"], &BY[..]].concat()).ends(0);
    issue().ends(0);
    lists("remove", &old).ends(0);
    place.boyin(&[&["trust", "sign"], &BY[..]].concat()).ends(0);
    let shown = place.boyin(&["trust", "show"]).ends(0);
    assert!(shown.out.contains(&format!("{old}…, licenses until")), "{}", shown.out);
    // Its list is not published under the old address any more by this directory; what is asked first is whether it is named.
    let report = place.boyin(&["--json", "verify", &license]).json();
    assert_ne!(report["reason"]["code"], "status_list_not_named", "{report}");
}

#[test]
fn a_license_is_superseded_and_every_instant_keeps_its_status() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let license = place.path("license");
    let act = ["--reason", "测试换发", "--basis", "市场主体登记管理条例第二十四条", "--who", "窗口乙"];
    let supersede = |by: &str| place.boyin(&[&["license", "supersede", &id, "--by", by], &act[..]].concat());
    supersede(&id).complains(&["another one"]);
    let retroactive = ["license", "suspend", &id, "--retroactive"];
    place.boyin(&[&retroactive[..], &act[..]].concat()).complains(&["--retroactive"]);
    place.boyin(&[&["license", "supersede", &id], &act[..]].concat()).ends(0);
    let failed = place.boyin(&["verify", &license]).ends(1);
    assert!(failed.out.contains("superseded") && failed.out.contains("换发"), "{}", failed.out);
    place.boyin(&[&["license", "restore", &id], &act[..]].concat()).complains(&["superseded cannot"]);
    let now = place.boyin(&["--json", "license", "status", &id]).ends(0).json();
    assert_eq!((&now["status"], &now["event"]["basis"]), (&"superseded".into(), &act[3].into()));
    let before = place.boyin(&["license", "status", &id, "--at", "2020-01-01"]).ends(0);
    assert!(before.out.contains("not on file"), "{}", before.out);
    let shown = place.boyin(&["license", "status", &id]).ends(0);
    assert!(shown.out.contains("换发"), "{}", shown.out);
    // By then the lists of today are stale; before the data directory was made there were none.
    place.boyin(&["verify", &license, "--as-of", "2099-01-01"]).ends(2);
    place.boyin(&["verify", &license, "--as-of", "2020-01-01"]).complains(&["no trust list"]);
}
