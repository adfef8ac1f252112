//! `serve` and `demo`.

use std::process::Command;

use crate::served::Served;
use crate::support::{MARKET, Place};

#[test]
fn serves_until_told_to_end() {
    let place = Place::new();
    place.issue_one(MARKET, "business-license");
    let mut served = Served::start(place.command(&["serve", "--listen", "127.0.0.1:0"]));
    assert_eq!(served.get("/v1/health").0, 200);
    assert_eq!(served.get("/v1/trust-list").0, 200);
    // Somebody else may act meanwhile.
    place.boyin(&["status", "renew"]).ends(0);
    let told = Command::new("kill").args(["-TERM", &served.child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
    let log = served.log();
    for line in log.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(entry["level"].is_string(), "{line}");
    }
    assert!(log.contains("ended"), "{log}");
}

#[test]
fn other_machines_are_kept_out() {
    let place = Place::empty();
    place.boyin(&["serve", "--listen", "0.0.0.0:0"]).complains(&["--allow-remote", "no TLS"]);
    place.boyin(&["demo", "--listen", "0.0.0.0:0"]).complains(&["other machines"]);
}

#[test]
fn the_demo_runs_and_shows_what_is_refused() {
    let place = Place::empty();
    let dir = place.path("demo");
    let ran = place.boyin(&["demo", "--no-serve", "--licenses", "40", "--dir", &dir]).ends(0);
    for words in ["40 licenses", "40 of 40 passed", "一人一档", "一企一档", "signature_mismatch", "revoked"]
    {
        assert!(ran.out.contains(words), "no `{words}` in:\n{}", ran.out);
    }
    // What it made is an ordinary data directory.
    let (home, passphrase) = (place.path("demo/prefecture"), place.path("demo/passphrase"));
    let args =
        ["--home", &home, "--passphrase-file", &passphrase, "--json", "license", "list", "--limit", "100"];
    let page = place.boyin(&args).ends(0).json();
    let passed = |license: &&serde_json::Value| license["report"]["verdict"] == "passed";
    let licenses = page["licenses"].as_array().unwrap();
    assert_eq!((licenses.len(), licenses.iter().filter(passed).count()), (40, 39));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&passphrase).unwrap().permissions().mode() & 0o777, 0o600);
    }
    place.boyin(&["demo", "--no-serve", "--dir", &dir]).complains(&["not empty"]);
    place.boyin(&["demo", "--no-serve", "--licenses", "100000"]).complains(&["--licenses"]);
}
