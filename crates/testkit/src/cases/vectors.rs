//! The file `tests/vectors/credentials.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use boyin_model::json;
use boyin_suite::Algorithm;
use serde_json::{Value, json};

use super::{Case, all};
use crate::prefecture::Prefecture;

/// Documents beyond this size are for the tests only: the file is to be read by people too.
const MAX_DOCUMENT: usize = 16 << 10;

/// Where the file is.
#[must_use]
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/credentials.json")
}

/// The content of the file, one case a line.
///
/// For ES256 the first case of every reason and those that pass; for SM2 the groups in which the suite matters.
#[must_use]
pub fn file() -> String {
    let mut lists = Lists::default();
    let mut lines = Vec::new();
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let suite = if algorithm == Algorithm::Es256 { "es256" } else { "sm2" };
        let mut seen = Vec::new();
        for case in all(algorithm) {
            let repeated = case.reason.is_some() && seen.contains(&case.reason);
            let matters = algorithm == Algorithm::Es256
                || matches!(case.group(), "algorithm" | "signature" | "disclosures")
                || case.id == "passed/personal";
            if repeated || !matters || case.document.len() > MAX_DOCUMENT || case.document.is_empty() {
                continue;
            }
            seen.push(case.reason);
            lines.push(line(&case, suite, &prefecture, &mut lists));
        }
    }
    let anchors = Algorithm::ALL.map(|algorithm| Prefecture::new(algorithm).anchor_jwk().clone());
    let mut out = String::from("{\"format\":1,\n\"anchors\":{\n");
    let anchors = anchors.iter().map(|key| format!("\"{}\":{}", key.kid, spell(&json!(key))));
    out.push_str(&anchors.collect::<Vec<_>>().join(",\n"));
    out.push_str("},\n\"lists\":{\n");
    let named = lists.names.iter().map(|(token, name)| (name, token)).collect::<BTreeMap<_, _>>();
    let tokens = named.iter().map(|(name, token)| format!("\"{name}\":{}", spell(&json!(token))));
    out.push_str(&tokens.collect::<Vec<_>>().join(",\n"));
    out.push_str("},\n\"cases\":[\n");
    out.push_str(&lines.join(",\n"));
    out.push_str("]}\n");
    out
}

#[derive(Default)]
struct Lists {
    names: BTreeMap<String, String>,
}

impl Lists {
    fn name(&mut self, kind: &str, token: &[u8]) -> String {
        let next = format!("{kind}-{:02}", self.names.len() + 1);
        let token = String::from_utf8(token.to_vec()).expect("ASCII");
        self.names.entry(token).or_insert(next).clone()
    }
}

fn line(case: &Case, suite: &str, prefecture: &Prefecture, lists: &mut Lists) -> String {
    let trust = lists.name("trust", &case.trust);
    let status: Vec<_> = case.status.iter().map(|token| lists.name("status", token)).collect();
    let reason = case.reason.map(boyin_verify::Reason::code);
    let expect = match case.reason {
        None => "passed",
        Some(reason) if reason.is_indeterminate() => "indeterminate",
        Some(_) => "failed",
    };
    spell(&json!({
        "id": format!("{suite}/{}", case.id),
        "flags": [suite, case.group()],
        "now": case.now,
        "anchor": prefecture.anchor_jwk().kid,
        "trust": trust,
        "status": status,
        "document": String::from_utf8_lossy(&case.document),
        "expect": expect,
        "reason": reason,
    }))
}

fn spell(value: &Value) -> String {
    String::from_utf8(json::canonical(value)).expect("JSON is UTF-8")
}
