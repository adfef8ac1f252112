//! The life of licenses.

use boyin::model::time::UnixTime;
use boyin::{Home, Lookup, Passphrase, status_list_id};

use crate::support::{MARKET, PASSPHRASE, POLICE, Place, boyin_alone, forms, office};

#[test]
fn issued_shown_verified_changed_revoked() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let license = place.path("license");

    let shown = place.boyin(&["license", "show", &id, "--disclosures"]).ends(0);
    assert!(
        shown.out.contains(MARKET) && shown.out.contains("license_issued") && shown.out.contains("窗口甲")
    );
    let holder = &forms("business-license")[0].holder;
    let file = place.boyin(&["holder", "show", "--type", "001", &holder.code]).ends(0);
    assert!(
        file.out.contains("一企一档") && file.out.contains(&id) && file.out.contains("✓ 有效"),
        "{}",
        file.out
    );

    let passed = place.boyin(&["verify", &license]).ends(0);
    assert!(passed.out.starts_with("✓ passed"), "{}", passed.out);
    place.boyin(&["license", "verify", &id]).ends(0);
    let piped = place.boyin_with_input(&["verify", "-"], &place.read("license")).ends(0);
    assert!(piped.out.starts_with("✓ passed"));

    let text = String::from_utf8(place.read("license")).unwrap();
    let (header, rest) = text.split_once('.').unwrap();
    let (payload, rest) = rest.split_once('.').unwrap();
    let claims = boyin::model::b64::decode(payload.as_bytes()).unwrap();
    let changed = String::from_utf8(claims).unwrap().replace(&holder.name, "阿拉山口市另一家有限公司");
    let changed = format!("{header}.{}.{rest}", boyin::model::b64::encode(changed.as_bytes()));
    let tampered = place.write("tampered", changed.as_bytes());
    let failed = place.boyin(&["verify", &tampered]).ends(1);
    assert!(
        failed.out.starts_with("✗ failed") && failed.out.contains("signature_mismatch"),
        "{}",
        failed.out
    );

    let act = ["--reason", "测试吊销", "--who", "窗口乙"];
    place.boyin(&[&["license", "revoke", &id], &act[..]].concat()).ends(0);
    let revoked = place.boyin(&["verify", &license]).ends(1);
    assert!(revoked.out.contains("revoked") && revoked.out.contains("下一步"), "{}", revoked.out);
    place.boyin(&["license", "verify", &id]).ends(1);
    for again in ["restore", "suspend", "revoke"] {
        place
            .boyin(&[&["license", again, &id], &act[..]].concat())
            .complains(&["a license that is revoked cannot"]);
    }
}

#[test]
fn suspended_and_restored_twice() {
    let place = Place::new();
    let id = place.issue_one(POLICE, "identity-card");
    let license = place.path("license");
    let act = ["--reason", "测试", "--who", "窗口乙"];
    for _ in 0..2 {
        place.boyin(&[&["license", "suspend", &id], &act[..]].concat()).ends(0);
        let suspended = place.boyin(&["verify", &license, "--json"]).ends(1);
        assert_eq!(suspended.json()["reason"]["code"], "suspended");
        place.boyin(&[&["license", "restore", &id], &act[..]].concat()).ends(0);
        place.boyin(&["verify", &license]).ends(0);
    }
    let foreign = office(MARKET).code;
    let args = [&["license", "revoke", &id, "--office", foreign.as_str()], &act[..]].concat();
    place.boyin(&args).complains(&["only that office can change it"]);

    let events = place.boyin(&["event", "list", "--json"]).ends(0);
    let kinds = events.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let kinds: Vec<_> = kinds.map(|event| event["what"].as_str().unwrap().to_owned()).collect();
    let of = |kind| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!((of("archive_created"), of("license_issued")), (1, 1));
    assert_eq!((of("license_suspended"), of("license_restored"), of("license_revoked")), (2, 2, 0));
    let later = place.boyin(&["event", "list", "--after", "3", "--limit", "1", "--json"]).ends(0);
    assert_eq!(later.json()["number"], 4);
}

#[test]
fn many_forms_are_issued_once_each() {
    let place = Place::new();
    let file = place.write_forms("forms.jsonl", &forms("identity-card")[..5]);
    let out = place.path("licenses");
    let first = place.issue(POLICE, &file, &["--json", "--out", &out]).ends(0);
    let again = place.issue(POLICE, &file, &["--json", "--out", &out]).ends(0);
    let ids = |text: &str, replayed: bool| -> Vec<String> {
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let one = |receipt: serde_json::Value| {
            assert_eq!(receipt["replayed"], replayed);
            receipt["license_id"].as_str().unwrap().to_owned()
        };
        lines.map(one).collect()
    };
    assert_eq!(ids(&first.out, false), ids(&again.out, true));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 5);
    let page =
        place.boyin(&["license", "list", "--type", "居民身份证", "--limit", "3", "--json"]).ends(0).json();
    assert_eq!(page["licenses"].as_array().unwrap().len(), 3);
    let next = page["next"].as_str().unwrap();
    let rest = place
        .boyin(&["license", "list", "--type", "identity-card", "--cursor", next, "--json"])
        .ends(0)
        .json();
    assert_eq!((rest["licenses"].as_array().unwrap().len(), rest["next"].is_null()), (2, true));
    place.boyin(&["license", "list", "--cursor", next]).complains(&["cursor does not belong"]);
}

#[test]
fn the_same_key_is_the_same_act_and_another_request_under_it_is_refused() {
    let place = Place::new();
    let forms = forms("identity-card");
    let (one, two) = (place.write_forms("one", &forms[..1]), place.write_forms("two", &forms[1..2]));
    let key = ["--json", "--idempotency-key", "window-7-case-1"];
    let first = place.issue(POLICE, &one, &key).ends(0).json();
    let again = place.issue(POLICE, &one, &key).ends(0).json();
    assert_eq!(first["license_id"], again["license_id"]);
    assert_eq!((&first["replayed"], &again["replayed"]), (&false.into(), &true.into()));
    place.issue(POLICE, &two, &key).complains(&["was used for another request"]);
}

#[test]
fn a_persons_number_comes_from_standard_input_and_is_masked() {
    let place = Place::new();
    let id = place.issue_one(POLICE, "identity-card");
    let holder = &forms("identity-card")[0].holder;
    let input = format!("{}\n", holder.code);
    let masked = place.boyin_with_input(&["holder", "show", "-"], input.as_bytes()).ends(0);
    assert!(masked.out.contains(&id) && masked.out.contains("一人一档"), "{}", masked.out);
    assert!(!masked.out.contains(&holder.code) && !masked.out.contains(&holder.name), "{}", masked.out);
    let full =
        place.boyin_with_input(&["holder", "show", "--full", "--json", "-"], input.as_bytes()).ends(0).json();
    assert_eq!(full["licenses"][0]["license_number"], holder.code.as_str());
    for args in [&["license", "show", &id, "--disclosures"][..], &["license", "list"], &["event", "list"]] {
        let shown = place.boyin(args).ends(0).out;
        assert!(!shown.contains(&holder.code) && !shown.contains(&holder.name), "{args:?}:\n{shown}");
    }
    let shown = place.boyin(&["license", "show", &id, "--disclosures", "--full"]).ends(0);
    assert!(shown.out.contains(&holder.code) && shown.out.contains(&holder.name));
}

#[test]
fn offline_gives_the_same_report_without_data_directory() {
    let place = Place::new();
    place.issue_one(MARKET, "business-license");
    let home = Home::open(&place.home()).unwrap();
    let scratch = place.path("scratch");
    let lookup = Lookup::open(&home, scratch.as_ref(), &Passphrase::new(PASSPHRASE.to_owned())).unwrap();
    let list = lookup.status_list(&status_list_id(office(MARKET).code, 1)).unwrap().unwrap();
    let status = place.write("status.jwt", &list);
    let in_home = |name: &str| place.home().join(name).to_str().unwrap().to_owned();
    let (trust, anchor) = (in_home("trust/list.jwt"), in_home("trust/anchor.json"));
    let license = place.path("license");
    let elsewhere = Place::empty();
    let alone = |more: &[&str]| {
        let fixed = ["verify", &license, "--trust", &trust, "--anchor", &anchor];
        boyin_alone(elsewhere.home().parent().unwrap(), &[&fixed, more].concat())
    };

    let at = lookup.registry().trust().list().issued_at.plus(600).seconds().to_string();
    let offline = alone(&["--status", &status, "--at", &at, "--json"]).ends(0);
    let online = place.boyin(&["verify", &license, "--at", &at, "--json"]).ends(0);
    assert_eq!(offline.out, online.out);
    let report = lookup.verify(&place.read("license"), UnixTime::new(at.parse().unwrap()).unwrap());
    assert_eq!(offline.out.as_bytes(), report.to_json());

    let unknown = alone(&[]).ends(2);
    assert!(unknown.out.starts_with("? indeterminate") && unknown.out.contains("status_list_unavailable"));
    let stale = alone(&["--status", &status, "--at", "2099-01-01"]).ends(2);
    assert!(stale.out.contains("trust_list_stale"), "{}", stale.out);
    alone(&["--status", &license]).complains(&["status list", "is refused"]);
    boyin_alone(elsewhere.home().parent().unwrap(), &["verify", &license, "--trust", &trust])
        .complains(&["--anchor"]);
}

#[test]
fn lists_are_renewed_and_shown() {
    let place = Place::new();
    let before = place.boyin(&["trust", "show", "--json"]).ends(0).json();
    assert_eq!((&before["sequence"], before["issuers"].as_array().unwrap().len()), (&1.into(), 2));
    place.boyin(&["trust", "renew"]).complains(&["--who", "--purpose"]);
    let renew = ["trust", "renew", "--who", "密钥员", "--purpose", "每月续期", "--json"];
    assert_eq!(place.boyin(&renew).ends(0).json()["sequence"], 2);
    let journal = std::fs::read_to_string(place.home().join("trust/journal.jsonl")).unwrap();
    assert!(journal.contains(r#""deed":"renew""#) && journal.contains("每月续期"), "{journal}");
    let shown = boyin_alone(&place.home(), &["--home", ".", "trust", "show"]).ends(0);
    assert!(shown.out.contains("sequence 2") && shown.out.contains("居民身份证"), "{}", shown.out);
    let lists = place.boyin(&["status", "renew", "--json"]).ends(0).json();
    let fresh = |list: &serde_json::Value| list["fresh_until"].is_u64();
    assert!(lists["status_lists"].as_array().unwrap().iter().all(fresh), "{lists}");
}
