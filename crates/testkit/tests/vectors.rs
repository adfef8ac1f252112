//! The published vectors: up to date, complete, and each with the verdict that it states.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::{HashMap, HashSet};

use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;
use boyin_suite::all_jws;
use boyin_testkit::cases::vectors;
use boyin_verify::{Context, Reason, StatusSnapshot, TrustSnapshot, Verifier};
use serde_json::Value;

fn file() -> String {
    let path = vectors::path();
    std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

#[test]
fn the_file_is_up_to_date() {
    // Not assert_eq: nobody wants to see both files.
    assert!(file() == vectors::file(), "run: cargo run -p boyin-testkit --example vectors");
}

/// Reads the file as a stranger would: through its own names, without the code that made it.
#[test]
fn every_case_of_the_file_gets_its_verdict() {
    let file: Value = serde_json::from_str(&file()).unwrap();
    let anchors: HashMap<String, Jwk> = serde_json::from_value(file["anchors"].clone()).unwrap();
    let lists: HashMap<String, String> = serde_json::from_value(file["lists"].clone()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let id = text(&case["id"]);
        let anchor = &anchors[&text(&case["anchor"])];
        let token = |name: &Value| lists[&text(name)].as_bytes();
        let trust = TrustSnapshot::load(token(&case["trust"]), anchor, &all_jws()).unwrap();
        let mut status = StatusSnapshot::default();
        for name in case["status"].as_array().unwrap() {
            status.add(token(name), &trust).unwrap();
        }
        let now = UnixTime::new(case["now"].as_u64().unwrap()).unwrap();
        let context = Context { now, trust: &trust, status: &status };
        let verdict = Verifier::new(&all_jws()).check(text(&case["document"]).as_bytes(), &context).verdict();
        assert_eq!(verdict.code(), text(&case["expect"]), "{id}");
        assert_eq!(verdict.reason().map(Reason::code), case["reason"].as_str(), "{id}");
    }
    assert!(cases.len() >= 60, "{}", cases.len());
}

#[test]
fn the_file_covers_every_reason() {
    let file: Value = serde_json::from_str(&file()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let covered: HashSet<_> = cases.iter().filter_map(|case| case["reason"].as_str()).collect();
    let without: Vec<_> = Reason::ALL.iter().filter(|reason| !covered.contains(reason.code())).collect();
    assert!(without.is_empty(), "{without:?}");
    let ids: HashSet<_> = cases.iter().map(|case| case["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), cases.len());
}
