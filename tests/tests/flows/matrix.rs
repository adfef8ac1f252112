//! Who may call what: every role against every call, as rows say that name each call of each router.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use axum::http::{Request, header};
use boyin::access::ClientScope;
use boyin::{SIGNATURES_PATH, Scope};
use boyin_service::{calls, metrics_calls, metrics_router, signer_calls, signer_router};
use serde_json::json;
use tower::ServiceExt as _;

use crate::headers::is_told;
use crate::town::{Town, Who};

/// Whom a call answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum For {
    All,
    /// Clerks with the scope.
    Clerk(Scope),
    /// Of them those whose token names an office: what is done is on record under it.
    Officer(Scope),
    Client(ClientScope),
    /// Clients, in the envelope of GB/T 36906.
    Envelope(ClientScope),
}

/// Each call with whom it answers, and with what, without a desk and beside one. `/gbt36906` answers 200 with a status of its own: 0 done.
pub(crate) const MATRIX: &[(&str, &str, For, u16, u16)] = &[
    ("GET", "/", For::All, 200, 200),
    ("GET", "/app.js", For::All, 200, 200),
    ("GET", "/app.css", For::All, 200, 200),
    ("GET", "/openapi.json", For::All, 200, 200),
    ("GET", "/verify", For::All, 200, 200),
    ("GET", "/window", For::All, 200, 200),
    ("GET", "/file", For::All, 200, 200),
    ("GET", "/meter", For::All, 200, 200),
    ("GET", "/follow-ups", For::All, 200, 200),
    ("GET", "/decision", For::All, 200, 200),
    ("GET", "/seals", For::All, 200, 200),
    // What the pages ask for.
    ("POST", "/verify", For::All, 200, 200),
    ("POST", "/window", For::Officer(Scope::WindowDecide), 503, 200),
    ("POST", "/file", For::Officer(Scope::HolderRead), 200, 200),
    ("POST", "/meter", For::Clerk(Scope::MeterRead), 200, 200),
    ("POST", "/follow-ups", For::Clerk(Scope::WindowDecide), 200, 200),
    ("POST", "/decision", For::Officer(Scope::WindowDecide), 200, 200),
    ("POST", "/v1/verify", For::All, 200, 200),
    ("GET", "/v1/trust-list", For::All, 200, 200),
    ("GET", "/v1/trust-list/handovers", For::All, 200, 200),
    ("GET", "/v1/status-lists/{id}", For::All, 200, 200),
    ("GET", "/v1/health", For::All, 200, 200),
    ("GET", "/v1/licenses/{id}", For::Officer(Scope::LicenseRead), 200, 200),
    ("POST", "/v1/holders/licenses", For::Officer(Scope::HolderRead), 200, 200),
    ("POST", "/v1/holders/log", For::Officer(Scope::HolderRead), 200, 200),
    ("POST", "/v1/authorizations", For::Officer(Scope::HolderAuthorize), 200, 200),
    ("POST", "/v1/authorizations/delegated", For::Officer(Scope::HolderAuthorize), 503, 200),
    ("POST", "/v1/shared/licenses", For::Client(ClientScope::License), 200, 200),
    ("POST", "/v1/shared/holders", For::Client(ClientScope::Holder), 200, 200),
    ("POST", "/v1/shared/checks", For::Client(ClientScope::Check), 200, 200),
    // A ticket that is not open.
    ("GET", "/v1/shared/files/{ticket}", For::Client(ClientScope::File), 404, 404),
    ("GET", "/v1/items", For::All, 200, 200),
    ("GET", "/v1/items/{code}", For::All, 200, 200),
    ("POST", "/v1/decisions", For::Officer(Scope::WindowDecide), 503, 200),
    // Its holders see who reads it.
    ("GET", "/v1/decisions/{number}", For::Officer(Scope::WindowDecide), 200, 200),
    ("GET", "/v1/decisions/follow-ups", For::Clerk(Scope::WindowDecide), 200, 200),
    ("POST", "/v1/decisions/verify", For::All, 200, 200),
    ("GET", "/v1/meter", For::Clerk(Scope::MeterRead), 200, 200),
    ("GET", "/v1/meter/decisions", For::Clerk(Scope::MeterRead), 200, 200),
    ("GET", "/v1/meter/next", For::Clerk(Scope::MeterRead), 200, 200),
    ("POST", "/v1/presentations/verify", For::All, 200, 200),
    // By its form alone: an assertion proves the client, no token does.
    ("POST", "/v1/token", For::All, 400, 400),
    ("POST", "/gbt36906/queryCertInfo", For::Envelope(ClientScope::License), 0, 0),
    ("POST", "/gbt36906/queryCertInfoByHolderCode", For::Envelope(ClientScope::Holder), 0, 0),
    ("POST", "/gbt36906/verifyCertInfo", For::Envelope(ClientScope::Check), 0, 0),
    ("POST", "/gbt36906/verifyFile", For::Envelope(ClientScope::Check), 0, 0),
    ("POST", "/gbt36906/downloadFile", For::Envelope(ClientScope::File), 0, 0),
    ("POST", "/gbt36906/downloadUrl", For::Envelope(ClientScope::File), 0, 0),
    // It takes the scope for files, too.
    ("POST", "/gbt36906/downloadUrlsByHolderCode", For::Envelope(ClientScope::Holder), 100, 100),
    ("POST", "/gbt36906/queryCertInfoByQRcode", For::Envelope(ClientScope::License), 0, 0),
    ("POST", "/gbt36906/getCertRemarkInfo", For::Envelope(ClientScope::License), 0, 0),
];

/// What somebody gets from a call that answers whom it is for in this way. In the envelope 11 is not authenticated, 100 no permission.
pub(crate) fn expected(of: For, answer: u16, who: Who) -> u16 {
    let known = matches!(who, Who::Clerk(_) | Who::Officeless | Who::Client(_));
    match of {
        For::All => answer,
        For::Envelope(scope) => match who {
            Who::Client(own) if scope == own => answer,
            Who::Client(_) => 100,
            Who::Nobody | Who::Pretender | Who::Clerk(_) | Who::Officeless | Who::Removed => 11,
        },
        For::Clerk(scope) if who == Who::Clerk(scope) || who == Who::Officeless => answer,
        For::Officer(scope) if who == Who::Clerk(scope) => answer,
        For::Client(scope) if who == Who::Client(scope) => answer,
        For::Clerk(_) | For::Officer(_) | For::Client(_) => {
            if known {
                403
            } else {
                401
            }
        }
    }
}

#[tokio::test]
async fn every_role_gets_from_every_call_what_the_matrix_says() {
    for beside_a_desk in [false, true] {
        let town = Town::new(beside_a_desk);
        for (method, path, of, alone, beside) in MATRIX {
            let answer = if beside_a_desk { *beside } else { *alone };
            for role in &town.roles {
                let place = town.place(path);
                let body = town.body(method, path, role);
                let told = town.served.send(town.request(method, &place, role, body)).await;
                let found = match of {
                    For::Envelope(_) => told.json()["head"]["status"].as_str().unwrap().parse().unwrap(),
                    For::All | For::Clerk(_) | For::Officer(_) | For::Client(_) => told.status.as_u16(),
                };
                let row = format!("{method} {path} by {:?}, beside a desk: {beside_a_desk}", role.who);
                let said = String::from_utf8_lossy(&told.body);
                assert_eq!(found, expected(*of, answer, role.who), "{row}: {said}");
                is_told(&told.headers, method, path);
                // What answers GET answers HEAD, to the same people.
                if *method == "GET" {
                    let head = town.served.send(town.request("HEAD", &place, role, Vec::new())).await;
                    assert_eq!((head.status, head.body.len()), (told.status, 0), "{row}");
                }
            }
        }
    }
}

/// A signed license needs the scope for files beside that of the call.
#[tokio::test]
async fn the_signed_license_has_a_scope_of_its_own() {
    let town = Town::new(false);
    for (scope, path) in [
        (ClientScope::License, "/v1/shared/licenses"),
        (ClientScope::Holder, "/v1/shared/holders"),
        (ClientScope::File, "/v1/shared/licenses"),
    ] {
        let role = town.role(Who::Client(scope));
        let mut ask: serde_json::Value = serde_json::from_slice(&town.body("POST", path, role)).unwrap();
        ask["credential"] = json!(true);
        let answer = town.served.post(path, role.token.as_ref().unwrap(), &ask).await;
        assert_eq!(answer.status.as_u16(), 403, "{path}");
    }
}

#[test]
fn no_call_is_missing() {
    let rows: BTreeSet<_> = MATRIX.iter().map(|(method, path, ..)| (*method, (*path).to_owned())).collect();
    assert_eq!(rows.len(), MATRIX.len(), "each has one row");
    assert_eq!(rows, calls());
}

/// Each source of the service, tests left out.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if !path.ends_with("tests.rs") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// What is served beside the table nobody would go through.
#[test]
fn nothing_is_served_beside_the_table() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../service/src"), &mut found);
    assert!(found.iter().any(|(path, text)| path.ends_with("/routes.rs") && text.contains(".route(")));
    for (path, text) in found.iter().filter(|(path, _)| !path.ends_with("/routes.rs")) {
        for word in [
            ".route(",
            ".route_service(",
            ".nest(",
            ".nest_service(",
            ".merge(",
            ".fallback(",
            ".fallback_service(",
        ] {
            assert!(!text.contains(word), "{path}: {word}");
        }
    }
}

/// Nobody's token is good for a signer, which knows its own clients, and the listener for Prometheus has one call, which asks for none.
#[tokio::test]
async fn a_signer_and_the_listener_for_metrics_have_their_calls_and_no_others() {
    let sign = ("POST", SIGNATURES_PATH.to_owned());
    assert_eq!(signer_calls(), BTreeSet::from([sign, ("GET", "/v1/health".to_owned())]));
    assert_eq!(metrics_calls(), BTreeSet::from([("GET", "/metrics".to_owned())]));
    let (_dir, state) = crate::signer::opened();
    let town = Town::new(true);
    let (signer, metrics) = (signer_router(state), metrics_router(town.served.state.clone()));
    for role in &town.roles {
        for (router, method, path, status) in [
            (&signer, "POST", SIGNATURES_PATH, 400),
            (&signer, "GET", "/v1/health", 200),
            (&metrics, "GET", "/metrics", 200),
        ] {
            let answer =
                router.clone().oneshot(town.request(method, path, role, b"{}".to_vec())).await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{method} {path} by {:?}", role.who);
            is_told(answer.headers(), method, path);
        }
        for (method, path, ..) in MATRIX.iter().filter(|(_, path, ..)| *path != "/v1/health") {
            for router in [&signer, &metrics] {
                let request = town.request(method, &town.place(path), role, Vec::new());
                let answer = router.clone().oneshot(request).await.unwrap();
                assert_eq!(answer.status().as_u16(), 404, "{method} {path}");
            }
        }
    }
}

/// What stands for the same path elsewhere leads nowhere here, whatever a server in front made of it.
#[tokio::test]
async fn no_spelling_of_a_path_gets_by() {
    let town = Town::new(false);
    let served = &town.served;
    let clerk = town.role(Who::Clerk(Scope::LicenseRead)).token.as_ref().unwrap();
    let client = town.role(Who::Client(ClientScope::License));
    let ask = String::from_utf8(town.body("POST", "/v1/shared/licenses", client)).unwrap();
    for path in [
        "/v1/shared//licenses",
        "//v1/shared/licenses",
        "/v1/./shared/licenses",
        "/v1/x/../shared/licenses",
        "/v1/shared/licenses/",
        "/v1/shared%2Flicenses",
        "/v1/shared/licenses%00",
        "/v1/shared/licenses;x=1",
        "/V1/shared/licenses",
        "/v1/shared/%6cicenses/..",
        "/gbt36906/../v1/shared/licenses",
        "/v1/status-lists/../shared/licenses",
    ] {
        let request = Request::post(path).header(header::AUTHORIZATION, format!("Bearer {clerk}"));
        let answer = served.send(request.body(Body::from(ask.clone())).unwrap()).await;
        assert!(matches!(answer.status.as_u16(), 404 | 405), "{path}: {}", answer.status);
    }
    for id in ["..%2F..%2Ftokens.toml", "%2e%2e%2fclients.toml", "..", "x%00", "11652701MBTEXT01-1%2F.."] {
        let answer =
            served.send(Request::get(format!("/v1/status-lists/{id}")).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 404, "{id}");
    }
    // A body without a length.
    let request = Request::post("/v1/verify").header(header::TRANSFER_ENCODING, "chunked");
    let answer = served.send(request.body(Body::from("0")).unwrap()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers[header::CONNECTION].to_str().unwrap()),
        (411, "close")
    );
    // Two tokens: which of them counts nobody could say.
    let license = client.token.as_ref().unwrap();
    let request = Request::post("/v1/shared/licenses")
        .header(header::AUTHORIZATION, format!("Bearer {license}"))
        .header(header::AUTHORIZATION, format!("Bearer {clerk}"));
    let answer = served.send(request.body(Body::from(ask.clone())).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 401);
}
