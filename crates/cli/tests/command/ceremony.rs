//! Key ceremonies at the terminal, and their transcripts judged by the command and by a program that is not ours.

use std::process::Command;

use boyin_testkit::needed::needed;

use crate::support::{POLICE, Place, boyin_alone, office};

const SCRIPT: &str = include_str!("../../../../docs/samples/anchor-ceremony.toml");
/// What the people of the sample type: two confirm the clock, three everything else, one the envelope.
const ANSWERS: &str = "操作员\n口令保管人\n见证人\n操作员\n见证人\n操作员\n口令保管人\n见证人\n口令保管人\n";

/// What the independent checker says, and how it ends; `None` where there is no Python.
fn checker(args: &[&str]) -> Option<(i32, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/check-ceremony.py");
    let ran = Command::new("python3").arg("-B").arg(script).args(args).output();
    let ran = needed(ran.map_err(|_| "the independent checker needs python3"))?;
    Some((ran.status.code()?, String::from_utf8(ran.stdout).unwrap()))
}

#[test]
fn the_sample_is_followed_and_its_transcript_is_judged_by_two_programs() {
    let place = Place::new();
    let script = place.write("script.toml", SCRIPT.as_bytes());
    let (transcript, held) = (place.path("transcript.jsonl"), place.path("held.json"));
    std::fs::copy(place.home().join("trust/anchor.json"), &held).unwrap();
    let plan = place.boyin(&["key", "ceremony", "plan", "--script", &script]).ends(0);
    assert!(plan.out.contains("见证人") && plan.out.contains("SHA-256"), "{}", plan.out);
    let run = ["key", "ceremony", "run", "--script", &script, "--transcript", &transcript, "--json"];
    let ran = place.boyin_with_input(&run, ANSWERS.as_bytes()).ends(0);
    let (kid, fingerprint) = (ran.json()["kid"].clone(), ran.json()["fingerprint"].clone());
    let kid = kid.as_str().unwrap();
    assert!(ran.err.contains("fingerprint"), "{}", ran.err);
    // Without a data directory.
    let nowhere = tempfile::tempdir().unwrap();
    let verify = |file: &str, more: &[&str]| {
        let args = [&["--json", "key", "ceremony", "verify", file][..], more].concat();
        boyin_alone(nowhere.path(), &args)
    };
    let given = format!("trust-list={held}");
    let full = ["--countersigner", &given, "--script", &script];
    let passed = verify(&transcript, &full).ends(0).json();
    assert_eq!((&passed["verdict"], &passed["key"]["kid"]), (&"passed".into(), &kid.into()));
    assert_eq!(passed["fingerprint"], fingerprint);
    let text = String::from_utf8(place.read("transcript.jsonl")).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let both = |name: &str, text: &str, code: i32, reason: &str| {
        let file = place.write(name, text.as_bytes());
        let found = verify(&file, &full).ends(code).json();
        assert_eq!(
            found["reason"],
            if code == 0 { serde_json::Value::Null } else { reason.into() },
            "{name}"
        );
        if let Some((other, said)) = checker(&[&file, "--countersigner", &given]) {
            assert_eq!(other, code, "{name}: {said}");
        }
    };
    both("whole", &text, 0, "");
    both("changed", &text.replacen("见证人\",\"role", "旁人\",\"role", 1), 1, "ceremony_other_script");
    both(
        "name",
        &text.replace(
            "\"name\":\"见证人\",\"role\":\"witness\",\"shown\"",
            "\"name\":\"旁人\",\"role\":\"witness\",\"shown\"",
        ),
        1,
        "ceremony_unexpected",
    );
    for place in 0..lines.len() {
        let without = [&lines[..place], &lines[place + 1..]].concat().concat();
        let file = self::write(&without, nowhere.path());
        verify(&file, &full).ends(1);
        if let Some((code, said)) = checker(&[&file, "--countersigner", &given]) {
            assert_eq!(code, 1, "{place}: {said}");
        }
    }
    let mut moved = lines.clone();
    moved.swap(2, 3);
    both("moved", &moved.concat(), 1, "ceremony_link");
    both("cut", &lines[..lines.len() - 1].concat(), 1, "ceremony_incomplete");
    // Who does not hold the old anchor cannot tell who countersigned; who expects another key is told.
    assert_eq!(verify(&transcript, &[]).ends(2).json()["reason"], "ceremony_countersigner_unknown");
    assert_eq!(verify(&transcript, &["--key", &held]).ends(1).json()["reason"], "ceremony_other_key");
    if let Some((code, said)) = checker(&[&transcript]) {
        assert!(code == 2 && said.contains("NOT checked"), "{said}");
        let (code, said) = checker(&[&transcript, "--countersigner", &given, "--key", &held]).unwrap();
        assert!(code == 1 && said.contains("not the one"), "{said}");
    }
    // A key counts for its owner alone, and whose key is given has to have signed.
    let office = format!("{}={held}", office(POLICE).code.as_str());
    let new = place.write("new.json", passed["key"].to_string().as_bytes());
    for other in [office, format!("trust-list={new}")] {
        let found = verify(&transcript, &["--countersigner", &other]).ends(1).json();
        assert_eq!(found["reason"], "ceremony_not_countersigned", "{other}");
        if let Some((code, said)) = checker(&[&transcript, "--countersigner", &other]) {
            assert!(code == 1 && said.contains("did not countersign"), "{said}");
        }
    }
    verify(&transcript, &["--countersigner", &held]).complains(&["OWNER=KEY.json"]);
    let rotate = ["key", "rotate", "--trust-list", "--kid", kid, "--who", "密钥员", "--purpose", "换钥"];
    place.boyin(&rotate).ends(0);
    place.boyin(&run).complains(&["exists already"]);
}

fn write(text: &str, dir: &std::path::Path) -> String {
    let path = dir.join("changed.jsonl");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Both programs look for the signature of each owner with the keys of that owner, in whatever order they are given.
#[test]
fn each_of_two_owners_countersigns_with_a_key_of_its_own() {
    let place = Place::new();
    let police = office(POLICE).code;
    let one = "countersigned_by = [\"trust-list\"]";
    assert!(SCRIPT.contains(one));
    let two = format!("countersigned_by = [\"trust-list\", \"{}\"]", police.as_str());
    let script = place.write("script.toml", SCRIPT.replace(one, &two).as_bytes());
    let home = boyin::Home::open(&place.home()).unwrap();
    let (_, trust) = home.trust().unwrap();
    let issuer = trust.list().issuers.iter().find(|issuer| issuer.code == police).unwrap();
    let anchor = place.write("old.json", &serde_json::to_vec(home.anchor()).unwrap());
    let key = place.write("office.json", &serde_json::to_vec(&issuer.keys[0].jwk()).unwrap());
    let transcript = place.path("transcript.jsonl");
    let run = ["key", "ceremony", "run", "--script", &script, "--transcript", &transcript];
    place.boyin_with_input(&run, ANSWERS.as_bytes()).ends(0);
    let of_list = |key: &str| format!("trust-list={key}");
    let of_office = |key: &str| format!("{}={key}", police.as_str());
    let unknown = "ceremony_countersigner_unknown";
    for (given, code, reason) in [
        (vec![of_list(&anchor), of_office(&key)], 0, None),
        (vec![of_office(&key), of_list(&anchor)], 0, None),
        (vec![of_list(&anchor)], 2, Some(unknown)),
        (vec![of_office(&key)], 2, Some(unknown)),
        (vec![of_list(&key), of_office(&anchor)], 1, Some("ceremony_not_countersigned")),
        (vec![of_list(&anchor), of_office(&anchor)], 1, Some("ceremony_not_countersigned")),
    ] {
        let given: Vec<_> = given.iter().flat_map(|one| ["--countersigner", one.as_str()]).collect();
        let args = [&["--json", "key", "ceremony", "verify", transcript.as_str()], given.as_slice()].concat();
        let found = place.boyin(&args).ends(code).json();
        assert_eq!(found["reason"].as_str(), reason, "{given:?}");
        if let Some((other, said)) = checker(&[&[transcript.as_str()], given.as_slice()].concat()) {
            assert_eq!(other, code, "{given:?}: {said}");
        }
    }
}

#[test]
fn whoever_types_something_else_breaks_it_off() {
    let place = Place::new();
    let script = place.write("script.toml", SCRIPT.as_bytes());
    let before = place.boyin(&["--json", "key", "list"]).ends(0).json();
    for (number, answers) in [
        "",
        "操作员\n",
        "操作员\nyes\n",
        &ANSWERS.replacen("见证人", "操作员", 1),
        &ANSWERS[..ANSWERS.len() - 1 - 15],
    ]
    .into_iter()
    .enumerate()
    {
        let transcript = place.path(&format!("{number}.jsonl"));
        let run = ["key", "ceremony", "run", "--script", &script, "--transcript", &transcript];
        place.boyin_with_input(&run, answers.as_bytes()).complains(&["broken off"]);
        let found = place.boyin(&["key", "ceremony", "verify", &transcript]).ends(1);
        assert!(found.out.contains("ceremony_broken_off"), "{}", found.out);
        if let Some((code, said)) = checker(&[&transcript]) {
            assert!(code == 1 && said.contains("broken off"), "{said}");
        }
    }
    assert_eq!(place.boyin(&["--json", "key", "list"]).ends(0).json(), before);
    let twice = place.write("twice.toml", SCRIPT.replace("见证人", "操 作 员").as_bytes());
    place.boyin(&["key", "ceremony", "plan", "--script", &twice]).complains(&["nobody may have two roles"]);
}
