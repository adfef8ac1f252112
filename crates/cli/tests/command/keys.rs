//! Keys: made, put in place, listed, retired.

use crate::support::{MARKET, Place, office};

#[test]
fn an_office_gets_a_new_key_and_what_the_old_one_signed_stays() {
    let place = Place::new();
    let code = office(MARKET).code;
    let words = ["--office", code.as_str(), "--who", "密钥员", "--purpose", "年度轮换"];
    place.issue_one(MARKET, "business-license");
    let license = place.path("license");
    let key = |args: &[&str]| place.boyin(&[&["--json", "key"], args, &words[..]].concat());
    let made = key(&["new", "--signatures", "50"]).ends(0).json();
    let kid = made["kid"].as_str().unwrap().to_owned();
    let states = |place: &Place| {
        let keys = place.boyin(&["--json", "key", "list"]).ends(0).json();
        let of_office =
            keys["keys"].as_array().unwrap().iter().filter(|key| key["owner"] == code.as_str()).cloned();
        of_office
            .map(|key| (key["kid"].as_str().unwrap().to_owned(), key["state"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let old = states(&place)[0].0.clone();
    assert_eq!(states(&place), [(old.clone(), "in-force".to_owned()), (kid.clone(), "prepared".to_owned())]);
    key(&["retire", "--kid", &old]).complains(&["boyin key rotate"]);
    key(&["rotate", "--kid", "none"]).complains(&["boyin key new"]);
    let rotated = key(&["rotate", "--kid", &kid]).ends(0).json();
    assert_eq!(rotated["replayed"], false);
    // It begins a second later at the earliest.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(states(&place), [(old.clone(), "ended".to_owned()), (kid.clone(), "in-force".to_owned())]);
    place.boyin(&["verify", &license]).ends(0);
    place.boyin(&["status", "renew"]).ends(0);
    key(&["retire", "--kid", &old]).ends(0);
    assert_eq!(states(&place)[0].1, "retired");
    place.boyin(&["verify", &license]).ends(0);
    let shown = place.boyin(&["key", "list"]).ends(0);
    assert!(shown.out.contains("of 50") && shown.out.contains("信任列表"), "{}", shown.out);
    let diff = place.boyin(&["trust", "diff", "1"]).ends(0);
    assert!(diff.out.contains(&format!("+ key {code} {kid}")), "{}", diff.out);
}

#[test]
fn the_trust_list_gets_a_new_key() {
    let place = Place::new();
    place.issue_one(MARKET, "business-license");
    let words = ["--trust-list", "--who", "密钥员", "--purpose", "年度轮换"];
    let made = place.boyin(&[&["--json", "key", "new"], &words[..]].concat()).ends(0).json();
    let kid = made["kid"].as_str().unwrap();
    let rotated = place.boyin(&[&["key", "rotate", "--kid", kid], &words[..]].concat()).ends(0);
    assert!(rotated.out.contains("handovers.jwt"), "{}", rotated.out);
    assert!(std::fs::read_to_string(place.home().join("trust/anchor.json")).unwrap().contains(kid));
    place.boyin(&["verify", &place.path("license")]).ends(0);
    place.boyin(&["trust", "renew"]).ends(0);
    // The list of the old anchor is still there.
    place.boyin(&["key", "new", "--who", "x", "--purpose", "x"]).complains(&["--trust-list"]);
}
