//! Help, completions, tokens, files.

use crate::support::{MARKET, Place, forms};

#[test]
fn usage_errors_are_no_verdict() {
    let place = Place::empty();
    for args in
        [&["verify"][..], &["frobnicate"], &["license", "show", "1.2.3"], &["status", "renew", "--soon"], &[]]
    {
        place.boyin(args).ends(3);
    }
    place.boyin(&["verify", "/nonexistent", "--at", "someday"]).complains(&["--at someday"]);
}

#[test]
fn help_and_completions() {
    let place = Place::empty();
    let help = place.boyin(&["--help"]).ends(0);
    for command in [
        "init", "license", "holder", "verify", "status", "trust", "token", "client", "event", "serve", "demo",
    ] {
        assert!(help.out.contains(&format!("\n  {command} ")), "{command} in:\n{}", help.out);
    }
    place.boyin(&["--version"]).ends(0);
    for (shell, sign) in [("bash", "complete -F"), ("zsh", "#compdef boyin"), ("fish", "complete -c boyin")] {
        let script = place.boyin(&["completions", shell]).ends(0);
        assert!(script.out.contains(sign), "{shell}");
    }
}

#[test]
fn a_token_is_shown_once_and_only_its_digest_is_kept() {
    let place = Place::new();
    let args = ["token", "new", "--name", "一窗", "--scope", "license:read", "--scope", "holder:read"];
    let token = place.boyin(&args).ends(0).out.trim().to_owned();
    let kept = std::fs::read_to_string(place.home().join("tokens.toml")).unwrap();
    assert!(token.len() > 40 && !kept.contains(&token));
    let home = boyin::Home::open(&place.home()).unwrap();
    assert_eq!(home.tokens().unwrap().find(&token).unwrap().scopes.len(), 2);
    place.boyin(&["token", "new", "--name", "一窗", "--scope", "license:write"]).complains(&["license:read"]);
}

#[test]
fn files_are_private_and_never_overwritten() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let copy = place.path("copy");
    place.boyin(&["license", "show", &id, "--out", &copy]).ends(0);
    assert_eq!(place.read("copy"), place.read("license"));
    place.boyin(&["license", "show", &id, "--out", &copy]).complains(&["exists already"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // A file of another content stays; the license is issued and can be fetched.
    let taken = place.write("taken", b"keep me");
    let other =
        forms("business-license").into_iter().filter(|form| form.division == "652702").nth(1).unwrap();
    let form = place.write_forms("other.json", &[other]);
    place
        .issue(MARKET, &form, &["--out", &taken])
        .complains(&["the license is issued", "boyin license show"]);
    assert_eq!(place.read("taken"), b"keep me");
}

#[test]
fn a_closed_pipe_is_quiet() {
    let place = Place::empty();
    let script = "\"$0\" completions bash | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}";
    let ran = std::process::Command::new("/bin/bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_boyin")])
        .output()
        .unwrap();
    assert!(ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    drop(place);
}
