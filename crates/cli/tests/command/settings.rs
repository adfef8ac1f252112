//! Settings of `boyin.toml` that the environment has in place of the file's.

use boyin::Home;
use boyin::model::time::SECONDS_PER_DAY;

use crate::support::{Place, Ran};

const DAYS: &str = "BOYIN_CONFIG__TRUST_LIST_DAYS";

fn with(place: &Place, variable: &str, value: &str, args: &[&str]) -> Ran {
    Ran::of(place.command(args).env(variable, value).output().unwrap())
}

/// For how many days the trust list in place is fresh.
fn days(place: &Place) -> u64 {
    let (_, trust) = Home::open(&place.home()).unwrap().trust().unwrap();
    let list = trust.list();
    (list.next_update.seconds() - list.issued_at.seconds()) / SECONDS_PER_DAY
}

#[test]
fn the_environment_counts_and_is_never_written_into_the_file() {
    let place = Place::empty();
    with(&place, DAYS, "7", &["init", "--sample"]).ends(0);
    let file = || std::fs::read_to_string(place.home().join("boyin.toml")).unwrap();
    let made = file();
    assert!(made.contains("trust_list_days = 30"), "{made}");
    let renew = ["trust", "renew", "--who", "甲", "--purpose", "测试"];
    with(&place, DAYS, "7", &renew).ends(0);
    assert_eq!((days(&place), file()), (7, made.clone()));
    place.boyin(&renew).ends(0);
    assert_eq!((days(&place), file()), (30, made));
    // Which it was is told, and by name alone.
    let told = |ran: &Ran| {
        let found = ran.json();
        let found = found["findings"].as_array().unwrap().iter();
        let found: Vec<_> = found.filter(|finding| finding["check"] == "configuration").cloned().collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    let url = "BOYIN_CONFIG__PUBLIC_URL";
    let doctor = ["--json", "doctor", "--min-free", "1"];
    let ran = with(&place, url, "https://elsewhere.example", &doctor);
    let detail = told(&ran)["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(url) && !ran.out.contains("elsewhere"), "{}", ran.out);
    assert!(!told(&place.boyin(&doctor))["detail"].as_str().unwrap().contains("BOYIN_"));
    // One that cannot be used is mended where it is, not in the file.
    let refused = told(&with(&place, DAYS, "401", &doctor).ends(1));
    assert_eq!(refused["level"], "fail");
    assert!(refused["next_step"].as_str().unwrap().contains("variable"), "{refused}");
}

#[test]
fn what_is_no_setting_and_what_is_the_files_alone_is_refused_by_every_command() {
    let place = Place::empty();
    for args in [&["init", "--sample"][..], &["serve"], &["completions", "bash"]] {
        let unknown = with(&place, "BOYIN_CONFIG__TRUST_LIST_DAY", "7", args);
        unknown.complains(&["BOYIN_CONFIG__TRUST_LIST_DAY is no setting", &format!("nearest is {DAYS}")]);
        for name in ["BOYIN_CONFIG__DIVISION", "BOYIN_CONFIG__STORE__ADDRESS"] {
            with(&place, name, "652701", args).complains(&[name, "not taken from the environment"]);
        }
    }
    assert!(!place.home().exists());
}

#[test]
fn a_value_of_the_environment_is_held_to_the_rules_of_the_file() {
    let place = Place::new();
    let list = ["license", "list"];
    with(&place, DAYS, "a week", &list).complains(&[DAYS, "whole number"]);
    with(&place, DAYS, "401", &list).complains(&[DAYS, "trust_list_days must be 1 to 400"]);
    let url = "BOYIN_CONFIG__PUBLIC_URL";
    with(&place, url, "https://licenses.example/", &list).complains(&[url, "without a slash at the end"]);
    with(&place, DAYS, "400", &list).ends(0);
    // A file that is wrong stays wrong.
    let path = place.home().join("boyin.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("trust_list_days = 30", "trust_list_days = 0")).unwrap();
    with(&place, DAYS, "400", &list).complains(&["boyin.toml: trust_list_days"]);
}
