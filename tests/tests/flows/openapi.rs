//! The description of the calls is theirs: each route stands in it, and each answer is one that it names.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use boyin_service::{AppState, MAX_BODY_BYTES, OPENAPI, calls, router};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::clients::gate;
use crate::office::{Prefecture, now};

/// What is for browsers, and the description itself.
const PAGES: [&str; 17] = [
    "GET /",
    "GET /app.css",
    "GET /app.js",
    "GET /decision",
    "GET /file",
    "GET /follow-ups",
    "GET /meter",
    "GET /openapi.json",
    "GET /seals",
    "GET /verify",
    "GET /window",
    "POST /decision",
    "POST /file",
    "POST /follow-ups",
    "POST /meter",
    "POST /verify",
    "POST /window",
];
/// The call of which each operation is one.
const OPERATION: &str = "/gbt36906/{operation}";

fn description() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// Each path with each method that the description has of it, and what it says of the call.
fn operations(description: &Value) -> Vec<(&str, &str, &Value)> {
    let mut found = Vec::new();
    for (path, calls) in description["paths"].as_object().unwrap() {
        for (method, call) in calls.as_object().unwrap() {
            found.push((path.as_str(), method.as_str(), call));
        }
    }
    found
}

/// What a reference leads to; a value that is none is what it is.
fn resolved<'d>(description: &'d Value, value: &'d Value) -> &'d Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    let pointer = reference.strip_prefix('#').unwrap();
    description.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

#[test]
fn each_call_stands_in_the_description_and_nothing_else() {
    let description = description();
    let described: BTreeSet<_> = operations(&description)
        .into_iter()
        .flat_map(|(path, method, call)| {
            let names = call["parameters"][0]["schema"]["enum"].as_array().filter(|_| path == OPERATION);
            let paths: Vec<_> = match names {
                Some(names) => {
                    names.iter().map(|name| path.replace("{operation}", name.as_str().unwrap())).collect()
                }
                None => vec![path.to_owned()],
            };
            paths.into_iter().map(move |path| (method.to_uppercase(), path))
        })
        .collect();
    let (pages, found): (BTreeSet<_>, BTreeSet<_>) = calls()
        .into_iter()
        .partition(|(_, path)| !path.starts_with("/v1/") && !path.starts_with("/gbt36906/"));
    let found: BTreeSet<_> = found.into_iter().map(|(method, path)| (method.to_owned(), path)).collect();
    assert_eq!(found, described);
    let pages: Vec<_> = pages.iter().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(pages, PAGES);
}

#[test]
fn names_are_unique_references_lead_somewhere_and_no_answer_is_forgotten() {
    let description = description();
    assert_eq!(description["openapi"], "3.1.0");
    follow(&description, &description);
    let mut names = BTreeSet::new();
    for (path, method, call) in operations(&description) {
        assert!(names.insert(call["operationId"].as_str().unwrap()), "{method} {path}");
        let mut wanted = vec!["200", "405", "411", "500", "504"];
        if call.get("requestBody").is_some() {
            wanted.extend(["400", "413"]);
        }
        for scheme in call["security"].as_array().unwrap() {
            wanted.extend(["401", "403"]);
            assert!(!scheme.as_object().unwrap().is_empty(), "{method} {path}");
        }
        let answers = call["responses"].as_object().unwrap();
        for status in wanted {
            assert!(answers.contains_key(status), "{method} {path} has no {status}");
        }
        let in_path: BTreeSet<_> = path.split(['{', '}']).skip(1).step_by(2).collect();
        let parameters = call["parameters"].as_array().into_iter().flatten();
        let named = parameters.map(|parameter| resolved(&description, parameter));
        let named = named.filter(|parameter| parameter["in"] == "path");
        let named: BTreeSet<_> = named.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(in_path, named, "{path}");
    }
}

fn follow(description: &Value, value: &Value) {
    match value {
        Value::Object(members) => {
            resolved(description, value);
            members.values().for_each(|member| follow(description, member));
        }
        Value::Array(items) => items.iter().for_each(|item| follow(description, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn service(prefecture: &Prefecture) -> Router {
    let state = AppState::new(Arc::new(prefecture.lookup()), prefecture.home.tokens().unwrap());
    router(state.with_gate(Arc::new(gate(&prefecture.home))).with_clock(Arc::new(now)))
}

/// Requests that no call should take, and some that one may.
fn requests(path: &str, method: &str) -> Vec<Request<Body>> {
    let path = path.replace("{operation}", "queryCertInfo");
    let build = |place: &str, headers: &[(header::HeaderName, &str)], body: Vec<u8>| {
        let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(place);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.body(Body::from(body)).unwrap()
    };
    let in_path = ["{id}", "{code}", "{number}", "{ticket}"];
    let with = |name: &str| in_path.iter().fold(path.clone(), |path, part| path.replace(part, name));
    let named = with("none");
    vec![
        build(&named, &[], Vec::new()),
        build(&named, &[], b"nonsense".to_vec()),
        build(&named, &[], b"{}".to_vec()),
        build(&named, &[(header::AUTHORIZATION, "Bearer nobody")], b"{}".to_vec()),
        build(&named, &[(header::CONTENT_TYPE, "text/plain")], b"x=1".to_vec()),
        build(&named, &[(header::TRANSFER_ENCODING, "chunked")], Vec::new()),
        build(&named, &[], vec![b' '; MAX_BODY_BYTES + 1]),
        build(&format!("{named}?surprise=1"), &[], Vec::new()),
        // No text in any encoding of ours.
        build(&with("%FF"), &[], Vec::new()),
        build(&path.replace("queryCertInfo", "%FF"), &[], Vec::new()),
    ]
}

#[tokio::test]
async fn no_answer_is_another_one_than_the_description_names() {
    let prefecture = Prefecture::new();
    let service = service(&prefecture);
    let description = description();
    let mut seen = BTreeSet::new();
    for (path, method, call) in operations(&description) {
        for request in requests(path, method) {
            let answer = service.clone().oneshot(request).await.unwrap();
            let status = answer.status();
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            let described = &call["responses"][status.as_str()];
            assert!(!described.is_null(), "{method} {path} answers {status}");
            let described = resolved(&description, described);
            let sent = answer.headers()[header::CONTENT_TYPE].to_str().unwrap();
            let sent = sent.split(';').next().unwrap();
            assert!(described["content"].get(sent).is_some(), "{method} {path} answers {status} with {sent}");
            for (name, _) in described["headers"].as_object().into_iter().flatten() {
                assert!(answer.headers().contains_key(name.as_str()), "{method} {path} {status} {name}");
            }
            seen.insert(status.as_u16());
        }
    }
    // Else the requests would not be what they are for.
    assert!([200, 400, 401, 404, 411, 413].iter().all(|status| seen.contains(status)), "{seen:?}");
}
