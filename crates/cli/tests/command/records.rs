//! Policies on the command line; verdicts that are recorded and replayed.

use crate::support::{MARKET, Place, boyin_alone};

#[test]
fn a_recorded_verdict_is_come_to_again_without_data_directory() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let (license, record) = (place.path("license"), place.path("record"));
    let verified = place.boyin(&["--json", "verify", &license, "--record", &record]).ends(0);
    let act = ["--reason", "测试吊销", "--who", "窗口乙"];
    place.boyin(&[&["license", "revoke", &id], &act[..]].concat()).ends(0);
    place.boyin(&["verify", &license]).ends(1);

    let elsewhere = Place::empty();
    let home = elsewhere.home();
    let alone = home.parent().unwrap();
    let anchor = place.home().join("trust/anchor.json");
    let anchor = anchor.to_str().unwrap();
    let again = boyin_alone(alone, &["--json", "replay", &record, "--anchor", anchor]).ends(0);
    assert_eq!(again.out, verified.out);
    assert_eq!(again.err, "");
    let unsure = boyin_alone(alone, &["replay", &record]).ends(0);
    assert!(unsure.err.contains("--anchor"), "{}", unsure.err);
    let other = Place::new();
    let other = other.home().join("trust/anchor.json");
    boyin_alone(alone, &["replay", &record, "--anchor", other.to_str().unwrap()]).complains(&["another key"]);

    let text = String::from_utf8(place.read("record")).unwrap();
    let at = verified.json()["at"].as_u64().unwrap();
    let later = text.replace(&format!("\"at\":{at}"), &format!("\"at\":{}", at + 1));
    assert_ne!(text, later);
    let moved = place.write("moved", later.as_bytes());
    boyin_alone(alone, &["replay", &moved]).complains(&["another report"]);
    let cut = place.write("cut", &text.as_bytes()[..text.len() - 1]);
    boyin_alone(alone, &["replay", &cut]).complains(&["cannot be replayed"]);
    // What is there is not overwritten.
    place.boyin(&["verify", &license, "--record", &record]).complains(&["record"]);
}

#[test]
fn a_policy_is_named_and_what_it_lowers_is_shown() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let license = place.path("license");
    let act = ["--reason", "测试暂停", "--who", "窗口乙"];
    place.boyin(&[&["license", "suspend", &id], &act[..]].concat()).ends(0);
    place.boyin(&["verify", &license]).ends(1);
    let read = place.boyin(&["verify", &license, "--policy", "file"]).ends(0);
    assert!(read.out.contains("! status") && read.out.contains("suspended"), "{}", read.out);
    assert!(read.out.contains("非最严策略"), "{}", read.out);
    let own = br#"{"checks":{"status":"inform"},"format":1,"name":"own","reader":"ours",
        "stale_status_hours":0,"stale_trust_hours":0,"version":7}"#;
    let own = place.write("own.json", own);
    let report = place.boyin(&["--json", "verify", &license, "--policy", &own]).ends(0).json();
    assert_eq!((&report["policy"]["name"], &report["policy"]["version"]), (&"own".into(), &7.into()));
    place.boyin(&["verify", &license, "--policy", "lenient"]).complains(&["strict, outage, file"]);
    let wrong = place.write("wrong.json", b"{\"checks\":{\"signature\":\"inform\"}}");
    place.boyin(&["verify", &license, "--policy", &wrong]).complains(&["is no policy"]);
}
