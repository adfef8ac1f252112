//! Who may import whom. The table is that of ARCHITECTURE.md; a crate that does not exist yet breaks no rule.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Crates by name, each with the crates that it links (dev-dependencies left out).
type Graph = BTreeMap<String, BTreeSet<String>>;

struct Rule {
    krate: &'static str,
    /// The crates of ours that it may name.
    may_import: &'static [&'static str],
    /// What it must not link, however far away.
    never_reaches: &'static [&'static str],
}

const CURVES: [&str; 8] =
    ["ring", "p256", "sm2", "elliptic-curve", "primeorder", "openssl", "rsa", "ed25519-dalek"];
const STORAGE: [&str; 3] = ["rocksdb", "librocksdb-sys", "tokio-postgres"];
const NETWORK: [&str; 5] = ["tokio", "axum", "hyper", "mio", "tower"];

const RULES: [Rule; 18] = [
    Rule { krate: "boyin-curve", may_import: &[], never_reaches: &["getrandom"] },
    Rule { krate: "boyin-model", may_import: &[], never_reaches: &["chrono", "time", "getrandom"] },
    Rule { krate: "boyin-suite", may_import: &["boyin-model", "boyin-curve"], never_reaches: &[] },
    Rule { krate: "boyin-hsm", may_import: &["boyin-model", "boyin-suite"], never_reaches: &["clap"] },
    Rule {
        // x509-parser has its types of time from the crate `time`; clippy.toml forbids the clock.
        krate: "boyin-verify",
        may_import: &["boyin-model"],
        never_reaches: &["chrono", "getrandom"],
    },
    Rule {
        krate: "boyin-issue",
        may_import: &["boyin-model"],
        never_reaches: &["chrono", "time", "getrandom"],
    },
    Rule {
        // zip links the system's randomness, for containers that it writes; nothing here draws any.
        krate: "boyin-import",
        may_import: &["boyin-model"],
        never_reaches: &["chrono", "time"],
    },
    Rule {
        // `time` comes with the verifier, as there. What hashes links the system's randomness by a feature that key files
        // elsewhere ask for; nothing here draws any.
        krate: "boyin-exempt",
        may_import: &["boyin-model", "boyin-verify"],
        never_reaches: &["boyin-archive", "boyin-issue", "boyin-suite", "chrono"],
    },
    Rule {
        krate: "boyin-archive",
        may_import: &["boyin-model"],
        never_reaches: &["boyin-verify", "boyin-issue", "boyin-suite"],
    },
    // It has an async runtime below its client, so nothing but the command may link it.
    Rule {
        krate: "boyin-postgres",
        may_import: &["boyin-archive"],
        never_reaches: &[
            "boyin-verify",
            "boyin-issue",
            "boyin-suite",
            "boyin-hsm",
            "axum",
            "hyper",
            "ureq",
            "openssl",
        ],
    },
    // No random bytes, and no search for fonts in the system: pictures come out the same everywhere.
    Rule {
        krate: "boyin-picture",
        may_import: &[],
        never_reaches: &["chrono", "time", "getrandom", "fontdb"],
    },
    // As what it imports: the verifier comes with OFD documents, the renderer with pictures.
    Rule {
        krate: "boyin-face",
        may_import: &["boyin-model", "boyin-picture", "boyin-ofd"],
        never_reaches: &[
            "boyin-archive",
            "boyin-issue",
            "boyin-suite",
            "chrono",
            "getrandom",
            "zip",
            "fontdb",
        ],
    },
    // As the verifier that it imports: no randomness, for nothing here is made, only written otherwise.
    Rule {
        krate: "boyin-present",
        may_import: &["boyin-model", "boyin-verify"],
        never_reaches: &["boyin-archive", "boyin-issue", "boyin-suite", "chrono", "getrandom"],
    },
    // As the verifier that it imports. Containers are read, so nothing here draws random bytes for one.
    Rule {
        krate: "boyin-ofd",
        may_import: &["boyin-model", "boyin-verify"],
        never_reaches: &["boyin-archive", "boyin-issue", "boyin-suite", "chrono", "getrandom", "zip"],
    },
    // A reader of codes knows nothing of licenses. What it is built on links a clock, so pictures are drawn elsewhere.
    Rule { krate: "boyin-scan", may_import: &[], never_reaches: &["getrandom"] },
    Rule {
        krate: "boyin",
        may_import: &[
            "boyin-model",
            "boyin-suite",
            "boyin-hsm",
            "boyin-verify",
            "boyin-issue",
            "boyin-exempt",
            "boyin-archive",
            "boyin-import",
            "boyin-ofd",
            "boyin-picture",
            "boyin-face",
        ],
        never_reaches: &["clap"],
    },
    Rule {
        krate: "boyin-service",
        may_import: &["boyin", "boyin-suite", "boyin-ofd", "boyin-present", "boyin-scan"],
        never_reaches: &["clap"],
    },
    Rule {
        krate: "boyin-cli",
        may_import: &[
            "boyin",
            "boyin-suite",
            "boyin-service",
            "boyin-ofd",
            "boyin-picture",
            "boyin-postgres",
            "boyin-ofd",
            "boyin-present",
            "boyin-scan",
        ],
        never_reaches: &[],
    },
];

/// Crates that must not link any of these groups.
const GROUPS: [(&[&str], &[&str]); 5] = [
    // Code that is loaded at run time is for those who sign, and only for them.
    (
        &[
            "boyin-curve",
            "boyin-model",
            "boyin-suite",
            "boyin-verify",
            "boyin-issue",
            "boyin-archive",
            "boyin-import",
            "boyin-exempt",
            "boyin-ofd",
            "boyin-face",
            "boyin-present",
            "boyin-scan",
        ],
        &["boyin-hsm", "cryptoki", "libloading"],
    ),
    (
        &[
            "boyin-curve",
            "boyin-model",
            "boyin-verify",
            "boyin-issue",
            "boyin-picture",
            "boyin-import",
            "boyin-exempt",
            "boyin-ofd",
            "boyin-face",
            "boyin-present",
            "boyin-scan",
        ],
        &CURVES,
    ),
    (
        &[
            "boyin-curve",
            "boyin-model",
            "boyin-suite",
            "boyin-hsm",
            "boyin-verify",
            "boyin-issue",
            "boyin-picture",
            "boyin-import",
            "boyin-exempt",
            "boyin-ofd",
            "boyin-face",
            "boyin-present",
            "boyin-scan",
        ],
        &STORAGE,
    ),
    (
        &[
            "boyin-curve",
            "boyin-model",
            "boyin-suite",
            "boyin-hsm",
            "boyin-verify",
            "boyin-issue",
            "boyin-archive",
            "boyin-picture",
            "boyin-import",
            "boyin-exempt",
            "boyin-ofd",
            "boyin-face",
            "boyin-present",
            "boyin-scan",
            "boyin",
        ],
        &NETWORK,
    ),
    // A client that asks others: the paved path has one behind the feature `network`, for timestamp authorities.
    (
        &[
            "boyin-curve",
            "boyin-model",
            "boyin-suite",
            "boyin-hsm",
            "boyin-verify",
            "boyin-issue",
            "boyin-archive",
            "boyin-picture",
            "boyin-import",
            "boyin-exempt",
            "boyin-ofd",
            "boyin-face",
            "boyin-present",
            "boyin-scan",
        ],
        &["ureq"],
    ),
];

/// Each storage engine is named by one crate.
const NAMES_STORAGE: [(&str, &[&str]); 2] =
    [("boyin-archive", &["rocksdb", "librocksdb-sys"]), ("boyin-postgres", &["tokio-postgres"])];
/// Nothing links it but itself, and the benches, which nothing links.
const TESTKIT: &str = "boyin-testkit";
const BENCHES: &str = "boyin-benches";

/// Every forbidden edge, as the path that leads over it.
fn violations(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for rule in RULES {
        for name in imports(graph, rule.krate).filter(|name| is_ours(name) && !rule.may_import.contains(name))
        {
            found.push(format!("{} -> {name}", rule.krate));
        }
        let grouped =
            GROUPS.iter().filter(|(crates, _)| crates.contains(&rule.krate)).flat_map(|(_, never)| *never);
        for name in rule.never_reaches.iter().chain(grouped) {
            found.extend(path(graph, rule.krate, name));
        }
    }
    for krate in graph.keys().filter(|krate| is_ours(krate) && *krate != TESTKIT) {
        if krate != BENCHES {
            found.extend(path(graph, krate, TESTKIT));
        }
        found.extend(path(graph, krate, BENCHES));
        let may_name = NAMES_STORAGE.iter().filter(|(of, _)| of == krate).flat_map(|(_, names)| *names);
        let may_name: BTreeSet<&&str> = may_name.collect();
        let named = imports(graph, krate).filter(|name| STORAGE.contains(name) && !may_name.contains(name));
        found.extend(named.map(|name| format!("{krate} -> {name}")));
    }
    found.sort();
    found.dedup();
    found
}

fn is_ours(name: &str) -> bool {
    name == "boyin" || name.starts_with("boyin-")
}

fn imports<'g>(graph: &'g Graph, krate: &str) -> impl Iterator<Item = &'g str> {
    graph.get(krate).into_iter().flatten().map(String::as_str)
}

/// How `from` reaches `to`, if it does.
fn path(graph: &Graph, from: &str, to: &str) -> Option<String> {
    let mut seen = BTreeSet::from([from]);
    let mut paths = vec![vec![from]];
    while let Some(walked) = paths.pop() {
        let last = *walked.last()?;
        if last == to && walked.len() > 1 {
            return Some(walked.join(" -> "));
        }
        for next in imports(graph, last) {
            if let Some((known, _)) = graph.get_key_value(next)
                && seen.insert(known)
            {
                paths.push([walked.as_slice(), &[known.as_str()]].concat());
            }
        }
    }
    None
}

/// What `cargo metadata` says of the workspace on this platform.
fn workspace() -> Value {
    let version = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--filter-platform", host, "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"))
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

fn all(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn real_graph() -> Graph {
    let metadata = workspace();
    let names: BTreeMap<_, _> =
        all(&metadata["packages"]).map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let mut graph = Graph::new();
    for node in all(&metadata["resolve"]["nodes"]) {
        // A kind that is none is the usual one: it is linked.
        let linked =
            all(&node["deps"]).filter(|dep| all(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null()));
        let linked = linked.map(|dep| names[text(&dep["pkg"])].to_owned());
        graph.entry(names[text(&node["id"])].to_owned()).or_default().extend(linked);
    }
    graph
}

#[test]
fn the_workspace_has_no_forbidden_edge() {
    let graph = real_graph();
    assert!(graph.contains_key("boyin-verify") && path(&graph, "boyin-suite", "ring").is_some());
    assert_eq!(violations(&graph), Vec::<String>::new());
}

/// Its features could be switched on by another crate of the workspace, so what counts is what the manifest asks for.
#[test]
fn the_calendar_of_the_model_has_no_clock() {
    let metadata = workspace();
    let named = |all: &Value, name: &str| {
        all.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
    };
    let calendar = named(&named(&metadata["packages"], "boyin-model")["dependencies"], "jiff");
    assert_eq!(calendar["uses_default_features"], false);
    assert_eq!(calendar["features"], serde_json::json!(["alloc"]));
}

fn synthetic(edges: &[(&str, &str)]) -> Graph {
    let mut graph = Graph::new();
    for (from, to) in edges {
        graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        graph.entry((*to).to_owned()).or_default();
    }
    graph
}

#[test]
fn a_right_graph_passes_also_in_part() {
    assert!(violations(&Graph::new()).is_empty());
    let right = synthetic(&[
        ("boyin-verify", "boyin-model"),
        ("boyin-suite", "boyin-model"),
        ("boyin-suite", "ring"),
        ("boyin-archive", "rocksdb"),
        ("rocksdb", "librocksdb-sys"),
        ("boyin-postgres", "boyin-archive"),
        ("boyin-postgres", "tokio-postgres"),
        ("tokio-postgres", "tokio"),
        ("boyin-cli", "boyin-postgres"),
        ("boyin", "boyin-archive"),
        ("boyin", "boyin-suite"),
        ("boyin-service", "boyin"),
        ("boyin-service", "tokio"),
        ("boyin-testkit", "boyin-suite"),
    ]);
    assert_eq!(violations(&right), Vec::<String>::new());
}

#[test]
fn every_kind_of_forbidden_edge_is_found() {
    for (edges, expected) in [
        (&[("boyin-model", "ring")][..], "boyin-model -> ring"),
        (
            &[("boyin-verify", "boyin-model"), ("boyin-model", "x"), ("x", "p256")],
            "boyin-verify -> boyin-model -> x -> p256",
        ),
        (&[("boyin-verify", "boyin-suite")], "boyin-verify -> boyin-suite"),
        (&[("boyin-suite", "cryptoki")], "boyin-suite -> cryptoki"),
        (&[("boyin-verify", "x"), ("x", "tokio")], "boyin-verify -> x -> tokio"),
        (&[("boyin-issue", "boyin-archive")], "boyin-issue -> boyin-archive"),
        (&[("boyin-picture", "boyin-model")], "boyin-picture -> boyin-model"),
        (&[("boyin-import", "boyin-archive")], "boyin-import -> boyin-archive"),
        (&[("boyin-scan", "boyin-present")], "boyin-scan -> boyin-present"),
        (&[("boyin-present", "boyin-suite")], "boyin-present -> boyin-suite"),
        (&[("boyin-ofd", "boyin-suite")], "boyin-ofd -> boyin-suite"),
        (&[("boyin-face", "boyin-issue")], "boyin-face -> boyin-issue"),
        (&[("boyin-face", "x"), ("x", "fontdb")], "boyin-face -> x -> fontdb"),
        (&[("boyin-face", "x"), ("x", "ring")], "boyin-face -> x -> ring"),
        (&[("boyin-ofd", "x"), ("x", "zip")], "boyin-ofd -> x -> zip"),
        (&[("boyin-present", "x"), ("x", "p256")], "boyin-present -> x -> p256"),
        (&[("boyin-exempt", "boyin-archive")], "boyin-exempt -> boyin-archive"),
        (&[("boyin-exempt", "x"), ("x", "chrono")], "boyin-exempt -> x -> chrono"),
        (&[("boyin-picture", "x"), ("x", "fontdb")], "boyin-picture -> x -> fontdb"),
        (&[("boyin-archive", "x"), ("x", "boyin-verify")], "boyin-archive -> x -> boyin-verify"),
        (&[("boyin", "x"), ("x", "axum")], "boyin -> x -> axum"),
        (&[("boyin-service", "rocksdb")], "boyin-service -> rocksdb"),
        (&[("boyin-cli", "librocksdb-sys")], "boyin-cli -> librocksdb-sys"),
        (&[("boyin-cli", "tokio-postgres")], "boyin-cli -> tokio-postgres"),
        (&[("boyin-archive", "tokio-postgres")], "boyin-archive -> tokio-postgres"),
        (&[("boyin-postgres", "rocksdb")], "boyin-postgres -> rocksdb"),
        (&[("boyin-postgres", "boyin-model")], "boyin-postgres -> boyin-model"),
        (&[("boyin-postgres", "x"), ("x", "boyin-verify")], "boyin-postgres -> x -> boyin-verify"),
        (&[("boyin", "boyin-postgres")], "boyin -> boyin-postgres"),
        (&[("boyin-service", "boyin-postgres")], "boyin-service -> boyin-postgres"),
        (
            &[("boyin-verify", "x"), ("x", "boyin-postgres"), ("boyin-postgres", "tokio-postgres")],
            "boyin-verify -> x -> boyin-postgres -> tokio-postgres",
        ),
        (&[("boyin-service", "boyin-model")], "boyin-service -> boyin-model"),
        (&[("boyin-new", "boyin-testkit")], "boyin-new -> boyin-testkit"),
        (&[("boyin-cli", "x"), ("x", "boyin-testkit")], "boyin-cli -> x -> boyin-testkit"),
    ] {
        let found = violations(&synthetic(edges));
        assert!(found.iter().any(|path| path == expected), "{expected}: {found:?}");
    }
}

#[test]
fn a_circle_ends() {
    let circle = synthetic(&[("a", "b"), ("b", "a"), ("b", "c")]);
    assert_eq!(path(&circle, "a", "c").as_deref(), Some("a -> b -> c"));
    assert_eq!(path(&circle, "c", "a"), None);
}
