//! `serve` and `demo`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use crate::served::{Served, ask, ask_with};
use crate::support::{MARKET, Place, Ran, certificate, forms, openssl};

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
fn each_request_is_a_line_of_the_log_that_names_nobody() {
    let place = Place::new();
    let mut served = Served::start(place.command(&["serve", "--listen", "127.0.0.1:0"]));
    let number = forms("identity-card")[0].holder.code.clone();
    assert_eq!(served.get(&format!("/v1/licenses/{number}?purpose={number}")).0, 401);
    assert_eq!(served.get(&format!("/{number}")).0, 404);
    // A method that is none, too.
    assert_eq!(ask(&served.address, &number, "/v1/trust-list", b"").0, 405);
    let log = served.log();
    assert!(!log.contains(&number), "{log}");
    let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let answered: Vec<_> = lines.filter(|line| line["fields"]["message"] == "answered").collect();
    let told: Vec<_> = answered
        .iter()
        .map(|line| {
            assert!(line["span"]["id"].is_string() && line["fields"]["milliseconds"].is_f64(), "{line}");
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            (text(&line["span"]["method"]), text(&line["span"]["route"]), line["fields"]["status"].as_u64())
        })
        .collect();
    let line = |method: &str, route: &str, status| (method.to_owned(), route.to_owned(), Some(status));
    let expected =
        [line("GET", "/v1/licenses/{id}", 401), line("GET", "", 404), line("other", "/v1/trust-list", 405)];
    assert_eq!(told, expected);
}

#[test]
fn settings_come_from_the_environment_and_a_mistyped_one_is_refused() {
    let place = Place::new();
    let mut command = place.command(&["serve"]);
    command.env("BOYIN_LISTEN", "127.0.0.1:0").env("BOYIN_DESK", "true");
    let served = Served::start(command);
    let health: serde_json::Value = serde_json::from_slice(&served.get("/v1/health").1).unwrap();
    let checks = health["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["name"] == "signer"), "it is a desk: {health}");
    drop(served);
    let serve = |name: &str, value: &str, more: &[&str]| {
        let mut command = place.command(&[&["serve"], more].concat());
        Ran::of(command.env(name, value).output().unwrap())
    };
    serve("BOYIN_LISTENS", "127.0.0.1:0", &[]).complains(&["BOYIN_LISTENS", "docs/operations.md"]);
    serve("BOYIN_DESK", "perhaps", &[]).complains(&["perhaps"]);
    serve("BOYIN_LISTEN", "0.0.0.0:0", &[]).complains(&["--allow-remote"]);
    // What is said on the command line counts.
    serve("BOYIN_LISTEN", "127.0.0.1:0", &["--listen", "0.0.0.0:0"]).complains(&["--allow-remote"]);
    // Other commands go on.
    let mut listed = place.command(&["license", "list", "--json"]);
    let listed = Ran::of(listed.env("BOYIN_LISTENS", "x").output().unwrap()).ends(0);
    assert!(listed.err.contains("BOYIN_LISTENS"), "{}", listed.err);
}

#[test]
fn tls_is_spoken_where_a_certificate_is_given() {
    let place = Place::new();
    let ([pem, key], [_, other]) = (certificate(&place, "service"), certificate(&place, "other"));
    let serve = |key: &str, more: &[&str]| {
        let fixed = ["serve", "--listen", "127.0.0.1:0", "--tls-certificate", &pem, "--tls-key", key];
        place.command(&[&fixed[..], more].concat())
    };
    let ran = |key: &str, more: &[&str]| Ran::of(serve(key, more).output().unwrap());
    ran(&other, &[]).complains(&["belong together"]);
    ran(&pem, &[]).complains(&["service.pem", "private key"]);
    ran(&key, &["--client-certificates", "required"]).complains(&["--client-ca"]);
    let served = Served::start(serve(&key, &["--client-ca", &pem]));
    // The command verifies the certificate and says so.
    let connect = ["s_client", "-connect", &served.address, "-CAfile", &pem, "-verify_return_error"];
    let told = openssl(&place, &connect);
    assert!(told.contains("Verify return code: 0"), "{told}");
    let mut plain = TcpStream::connect(&served.address).unwrap();
    plain.write_all(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.windows(4).any(|four| four == b"HTTP"), "{answer:?}");
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
    for words in [
        "40 licenses",
        "40 of 40 passed",
        "一人一档",
        "一企一档",
        "signature_mismatch",
        "revoked",
        "21 decisions signed",
        "免于提交",
        "demo-market",
    ] {
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
    if crate::ofd::font().is_some() {
        assert!(ran.out.contains("41 of 41 passed, one of them an annotated copy"), "{}", ran.out);
        let made = std::fs::read_dir(place.path("demo/documents")).unwrap().count();
        assert_eq!(made, 43, "each license, one as PDF, as PNG and as a copy");
        for name in ["demo/documents/001.ofd", "demo/documents/001-copy.ofd"] {
            let (file, data) = (place.path(name), ["--home", &home, "--passphrase-file", &passphrase]);
            let verified = place.boyin(&[&data[..], &["ofd", "verify", &file]].concat()).ends(0);
            assert!(verified.out.starts_with("✓ passed"), "{}", verified.out);
        }
    } else {
        assert!(ran.out.contains("no Chinese font here"), "{}", ran.out);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&passphrase).unwrap().permissions().mode() & 0o777, 0o600);
    }
    place.boyin(&["demo", "--no-serve", "--dir", &dir]).complains(&["not empty"]);
    place.boyin(&["demo", "--no-serve", "--licenses", "100000"]).complains(&["--licenses"]);
}

/// What it prints for a person to try is tried here.
#[test]
fn the_demo_serves_with_its_desk_and_each_command_that_it_prints_works() {
    let place = Place::empty();
    let dir = place.path("demo");
    let args = ["demo", "--listen", "127.0.0.1:0", "--licenses", "40", "--dir", &dir];
    let (served, said) = Served::start_until(place.command(&args), "Ctrl-C");
    let read = |name: &str| String::from_utf8(place.read(&format!("demo/{name}"))).unwrap();
    let [clerk, client] = ["clerk.header", "client.header"].map(|name| read(name).trim_end().to_owned());
    let call = |method: &str, path: &str, headers: &[&str], body: &str| {
        assert!(said.contains(path), "{path} is not printed:\n{said}");
        let (status, answer) = ask_with(&served.address, method, path, headers, body.as_bytes());
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&answer));
        serde_json::from_slice::<serde_json::Value>(&answer).unwrap()
    };
    let decided = call("POST", "/v1/decisions", &[&clerk, "Idempotency-Key: 1"], &read("window.json"));
    assert_eq!(decided["decision"]["answer"], "exempt", "{decided}");
    let meter = call("GET", "/v1/meter?by=item", &[&clerk], "");
    assert_eq!(meter["cells"].as_array().unwrap().len(), 6, "{meter}");
    assert!(meter["all"]["transactions"]["total"].as_u64().unwrap() >= 21, "{meter}");
    let file = call("POST", "/v1/holders/licenses", &[&clerk], &read("file.json"));
    assert!(!file["licenses"].as_array().unwrap().is_empty(), "{file}");
    let shared = call("POST", "/v1/shared/licenses", &[&client], &read("share.json"));
    assert!(shared["fields"]["holder_name"].is_string(), "{shared}");
    let number =
        serde_json::from_str::<serde_json::Value>(&read("file.json")).unwrap()["holder_code"].clone();
    let invitation = said.split("Open (打开)").nth(1).unwrap();
    assert!(!invitation.contains(number.as_str().unwrap()), "{invitation}");
    assert!(invitation.lines().count() <= 12, "{invitation}");
    // The pages of the window, and a key that others read.
    assert_eq!((served.get("/window").0, served.get("/meter").0), (200, 200));
    let key = openssl(&place, &["pkey", "-in", &place.path("demo/client.pem"), "-pubout"]);
    let public = place.write("client.pub", key.as_bytes());
    let (home, passphrase) = (place.path("demo/prefecture"), place.path("demo/passphrase"));
    let rotate = |key: &str| {
        let fixed =
            ["--home", &home, "--passphrase-file", &passphrase, "--json", "client", "rotate", "demo-market"];
        let more = ["--key", key, "--who", "管理员", "--purpose", "换发"];
        place.boyin(&[&fixed[..], &more].concat())
    };
    // It is the registered one: a key has its place once.
    rotate(&public).complains(&["has this key already"]);
}
