//! Who looked at what, the exported log, erasure and the change of the data key.

use std::process::Command;

use boyin_testkit::needed::needed;

use crate::support::{MARKET, Place, forms};

/// What the independent checker says of a file, and how it ends; `None` where there is no Python.
fn check_events(place: &Place, file: &str, more: &[&str]) -> Option<(i32, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/check-events.py");
    let anchor = place.home().join("trust/anchor.json");
    let ran = Command::new("python3").arg(script).arg("--anchor").arg(anchor).args(more).arg(file).output();
    let ran = needed(ran.map_err(|_| "the independent checker needs python3"))?;
    Some((ran.status.code()?, String::from_utf8(ran.stdout).unwrap()))
}

#[test]
fn an_exported_log_is_checked_by_a_program_that_is_not_ours() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    place.boyin(&["license", "show", &id]).ends(0);
    let first = place.path("first.jsonl");
    place.boyin(&["event", "export", &first]).ends(0);
    place.boyin(&["license", "suspend", &id, "--reason", "测试", "--who", "窗口乙"]).ends(0);
    let log = place.path("log.jsonl");
    place.boyin(&["event", "export", &log]).ends(0);
    let checked = place.boyin(&["--json", "event", "check"]).ends(0).json();
    let Some((code, said)) = check_events(&place, &log, &["--since", &first]) else { return };
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("OK") && said.contains("head is signed"), "{said}");
    let text = String::from_utf8(place.read("log.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let last: serde_json::Value = serde_json::from_str(lines[lines.len() - 2]).unwrap();
    assert_eq!(last["hash"], checked["hash"]);
    assert!(text.contains("license_read") && text.contains("subject"), "reads are in it");
    let name = &forms("business-license")[0].holder;
    assert!(!text.contains(&name.code) && !text.contains(&name.name), "nothing personal leaves with it");
    let event = lines[2].find("office").unwrap();
    let mut changed = lines[2].to_owned();
    changed.replace_range(event..event + 6, "Office");
    let without = |left_out: usize| {
        lines.iter().enumerate().filter(|(n, _)| *n != left_out).map(|(_, line)| *line).collect::<Vec<_>>()
    };
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    let mut spoiled = lines.clone();
    spoiled[2] = &changed;
    let head = lines[lines.len() - 1];
    let mut forged = lines.clone();
    let signature = head.rfind('.').unwrap();
    let other = format!(
        "{}{}{}",
        &head[..=signature],
        if head.as_bytes()[signature + 1] == b'A' { 'B' } else { 'A' },
        &head[signature + 2..]
    );
    *forged.last_mut().unwrap() = &other;
    let cases = [
        (without(1), "event 2 is missing"),
        (swapped, "event 2 is missing"),
        (spoiled, "event 3 was changed"),
        (without(lines.len() - 2), "the head names event"),
        (without(lines.len() - 1), "without a head"),
        (forged, "not signed"),
    ];
    for (lines, expected) in cases {
        let file = place.path("broken.jsonl");
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
        let (code, said) = check_events(&place, &file, &[]).unwrap();
        assert!(code == 1 && said.contains(expected), "{expected}: {said}");
    }
    // Of two logs that are both whole, the one that does not go on from the other.
    let (code, said) = check_events(&place, &first, &["--since", &log]).unwrap();
    assert!(code == 1 && said.contains("exported earlier"), "{said}");
}

#[test]
fn a_holder_is_told_who_looked_and_what_for() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let holder = &forms("business-license")[0].holder.code;
    for read in
        [&["license", "show", &id][..], &["license", "list"], &["holder", "show", "--type", "001", holder]]
    {
        place.boyin(read).ends(0);
    }
    let nobody = place.command(&["license", "show", &id]).env_remove("BOYIN_PURPOSE").output().unwrap();
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("--purpose"), "what for must be said");
    // The next desk takes in what was read.
    place.boyin(&["event", "check"]).ends(0);
    let told = place.boyin(&["holder", "log", "--type", "001", holder]).ends(0);
    let seen = |what: &str| told.out.matches(what).count();
    assert_eq!(
        (seen("license_issued"), seen("license_read"), seen("holder_read")),
        (1, 2, 1),
        "{}",
        told.out
    );
    assert!(told.out.contains("窗口二") && told.out.contains("办理低保"), "{}", told.out);
    place.boyin(&["event", "check"]).ends(0);
    let again = place.boyin(&["--json", "holder", "log", "--type", "001", holder]).ends(0);
    assert_eq!(again.out.matches("holder_log_read").count(), 1, "the question too, and nothing twice");
    assert!(std::fs::read_dir(place.home().join("reads")).unwrap().count() <= 1);
}

#[test]
fn a_license_is_erased_by_two_and_the_key_changed() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let holder = &forms("business-license")[0].holder.code;
    let by = ["--who", "密钥员", "--purpose", "年度更换"];
    let rotated = place.boyin(&[&["--json", "archive", "key", "rotate"], &by[..]].concat()).ends(0).json();
    assert_eq!(rotated["data_key"], 2);
    assert!(place.boyin(&["license", "show", &id]).ends(0).out.contains("✓ passed"));
    let act = ["license", "purge", &id, "--reason", "依法删除", "--who", "窗口乙", "--second"];
    place.boyin(&[&act[..], &["窗口乙"]].concat()).complains(&["another person"]);
    place.boyin(&[&act[..], &["窗口丙"]].concat()).ends(0);
    place.boyin(&["license", "show", &id]).complains(&["was erased"]);
    let file = place.boyin(&["holder", "show", "--type", "001", holder]).ends(0);
    assert!(file.out.contains("No license is on file"), "{}", file.out);
    let told = place.boyin(&["holder", "log", "--type", "001", holder]).ends(0);
    assert!(!told.out.contains(&id), "{}", told.out);
    let events = place.boyin(&["event", "list"]).ends(0);
    for what in ["license_purged", "key_rotated", "key_retired"] {
        assert!(events.out.contains(what), "{}", events.out);
    }
}

#[test]
fn the_root_secret_moves_to_the_environment_and_back_to_a_file() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let secret = "5a".repeat(32);
    let move_to = |to: &str| {
        let mut command =
            place.command(&["archive", "secret", "--in", to, "--who", "密钥员", "--purpose", "更换根密钥"]);
        command.env("BOYIN_ARCHIVE_SECRET_NEXT", &secret);
        command
    };
    let without = move_to("environment").env_remove("BOYIN_ARCHIVE_SECRET_NEXT").output().unwrap();
    assert!(!without.status.success(), "nothing was handed in");
    let short = move_to("environment").env("BOYIN_ARCHIVE_SECRET_NEXT", "5a").output().unwrap();
    assert!(String::from_utf8_lossy(&short.stderr).contains("64 hexadecimal digits"));
    assert!(move_to("environment").output().unwrap().status.success());
    place.boyin(&["license", "verify", &id]).complains(&["BOYIN_ARCHIVE_SECRET"]);
    let with = |secret: &str| {
        place.command(&["license", "verify", &id]).env("BOYIN_ARCHIVE_SECRET", secret).output().unwrap()
    };
    assert!(with(&secret).status.success());
    let wrong = with(&"5b".repeat(32));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("not the root secret"));
    assert!(move_to("file").env("BOYIN_ARCHIVE_SECRET", &secret).output().unwrap().status.success());
    place.boyin(&["license", "verify", &id]).ends(0);
    place.boyin(&["event", "check"]).ends(0);
}
