//! Keys: made, put in place, listed, retired.

use crate::support::{MARKET, Place, boyin_alone, office};

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
    let (held, first) = (place.path("held.json"), place.path("first.jwt"));
    std::fs::copy(place.home().join("trust/anchor.json"), &held).unwrap();
    std::fs::copy(place.home().join("trust/list.jwt"), &first).unwrap();
    place.boyin(&["trust", "handovers", "--out", &place.path("none")]).complains(&["not been handed over"]);
    let words = ["--trust-list", "--who", "密钥员", "--purpose", "年度轮换"];
    let made = place.boyin(&[&["--json", "key", "new"], &words[..]].concat()).ends(0).json();
    let kid = made["kid"].as_str().unwrap();
    let rotated = place.boyin(&[&["key", "rotate", "--kid", kid], &words[..]].concat()).ends(0);
    assert!(rotated.out.contains("boyin trust handovers"), "{}", rotated.out);
    assert!(std::fs::read_to_string(place.home().join("trust/anchor.json")).unwrap().contains(kid));
    place.boyin(&["verify", &place.path("license")]).ends(0);
    place.boyin(&["trust", "renew", "--who", "密钥员", "--purpose", "每月续期"]).ends(0);
    elsewhere(&place, &held, &first, kid);
    // The lists of the old anchor are still read, and compared with those of the new one.
    let history = place.boyin(&["--json", "trust", "history"]).ends(0).json();
    let numbers: Vec<_> =
        history["trust_lists"].as_array().unwrap().iter().map(|row| &row["issued_at"]).collect();
    assert!(numbers.len() == 3 && numbers.iter().all(|at| at.is_u64()), "{history}");
    place.boyin(&["trust", "diff", "1", &first]).ends(0);
    place.boyin(&["trust", "diff", "1", "3"]).ends(0);
    place.boyin(&["key", "new", "--who", "x", "--purpose", "x"]).complains(&["--trust-list"]);
}

/// Whoever holds the anchor `held` verifies with the lists of the one that it hands over to, and holds that from then on.
fn elsewhere(place: &Place, held: &str, first: &str, kid: &str) {
    let list = place.home().join("trust/list.jwt").to_str().unwrap().to_owned();
    let handovers = place.path("handovers.jwt");
    let nowhere = tempfile::tempdir().unwrap();
    let alone = |args: &[&str]| boyin_alone(nowhere.path(), args);
    place.boyin(&["trust", "handovers", "--out", &handovers]).ends(0);
    assert_eq!(
        place.boyin(&["trust", "handovers"]).ends(0).out,
        std::fs::read_to_string(&handovers).unwrap()
    );
    let license = place.path("license");
    let (record, new) = (place.path("record.json"), place.path("new.json"));
    let verify = ["verify", &license, "--trust", &list, "--anchor"];
    // No status list is given: everything else is known.
    let known = [&verify[..], &[held, "--handovers", &handovers, "--record", &record]].concat();
    let open = alone(&known).ends(2);
    assert!(
        open.out.contains("status_list_unavailable") && open.err.contains(kid),
        "{}\n{}",
        open.out,
        open.err
    );
    alone(&[&verify[..], &[held]].concat()).complains(&["not signed by the anchor"]);
    let shown = [
        "trust",
        "show",
        "--trust",
        &list,
        "--anchor",
        held,
        "--handovers",
        &handovers,
        "--new-anchor",
        &new,
    ];
    let shown = alone(&shown).ends(0);
    assert!(
        shown.out.contains(&format!("anchor {kid}")) && shown.out.contains("sequence 3"),
        "{}",
        shown.out
    );
    alone(&[&verify[..], &[&new]].concat()).ends(2);
    alone(&["replay", &record, "--anchor", &new]).ends(2);
    // The old list, under the old anchor, and under the hand-overs; not under the new anchor alone.
    alone(&["trust", "show", "--trust", first, "--anchor", held, "--handovers", &handovers]).ends(0);
    alone(&["trust", "show", "--trust", first, "--anchor", &new]).complains(&["is refused"]);
    let damaged = std::fs::read_to_string(&handovers).unwrap().replace('.', ".A");
    let damaged = place.write("damaged.jwt", damaged.as_bytes());
    alone(&[&verify[..], &[held, "--handovers", &damaged]].concat()).complains(&["hand-over 0"]);
}
