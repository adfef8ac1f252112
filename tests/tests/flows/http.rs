//! The service, called without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use boyin::archive::{Change, StatusChange};
use boyin::collect::{Actor, Collection};
use boyin::model::time::UnixTime;
use boyin::suite::SystemRandom;
use boyin::{AccessToken, Receipt, Scope};
use boyin_service::{AppState, MAX_BODY_BYTES, OPENAPI, router};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::office::{HOLDER, Prefecture, citizen, now, order, police};

struct Site {
    prefecture: Prefecture,
    receipt: Receipt,
    reader: AccessToken,
    clerk: AccessToken,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Site {
    fn new() -> Self {
        let prefecture = Prefecture::new();
        let receipt = prefecture.issue();
        let grant =
            |name, scope| prefecture.home.grant_token(name, police(), &[scope], &mut SystemRandom).unwrap();
        let (reader, clerk) = (grant("reader", Scope::LicenseRead), grant("clerk", Scope::HolderRead));
        Self { prefecture, receipt, reader, clerk }
    }

    fn router(&self) -> Router {
        self.router_at(now())
    }

    fn router_at(&self, at: UnixTime) -> Router {
        let state = AppState::new(Arc::new(self.prefecture.lookup()), self.prefecture.home.tokens().unwrap());
        router(state.with_clock(Arc::new(move || at)))
    }
}

async fn send(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

fn get(path: &str, token: Option<&AccessToken>) -> Request<Body> {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
    }
    request.body(Body::empty()).unwrap()
}

fn post(path: &str, token: Option<&AccessToken>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
    }
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn verify_answers_with_the_canonical_report_whatever_the_verdict() {
    let site = Site::new();
    let good = site.receipt.credential.clone();
    let answer = send(site.router(), post("/v1/verify", None, good.clone())).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body, site.prefecture.lookup().verify(&good, now()).to_json());
    assert_eq!(answer.json()["verdict"], "passed");
    assert!(!String::from_utf8_lossy(&answer.body).contains(HOLDER));

    let mut pasted = good.clone();
    pasted.extend_from_slice(b"\r\n");
    assert_eq!(send(site.router(), post("/v1/verify", None, pasted)).await.body, answer.body);

    let mut tampered = good;
    let place = tampered.iter().position(|byte| *byte == b'.').unwrap() + 40;
    tampered[place] = if tampered[place] == b'A' { b'B' } else { b'A' };
    for (body, reason) in [(tampered, "failed"), (b"nonsense".to_vec(), "failed"), (Vec::new(), "failed")] {
        let answer = send(site.router(), post("/v1/verify", None, body)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json()["verdict"], reason);
    }
}

#[tokio::test]
async fn sizes_are_limited_in_two_steps() {
    let site = Site::new();
    let large = vec![b'A'; boyin::model::limits::MAX_CREDENTIAL_BYTES + 1];
    let answer = send(site.router(), post("/v1/verify", None, large)).await;
    assert_eq!(
        (answer.status, answer.json()["reason"]["code"].clone()),
        (StatusCode::OK, json!("too_large"))
    );
    let answer = send(site.router(), post("/v1/verify", None, vec![b'A'; MAX_BODY_BYTES + 1])).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json()["code"], "too_large");
}

#[tokio::test]
async fn reads_need_the_right_token() {
    let site = Site::new();
    let path = format!("/v1/licenses/{}?purpose=%E5%8A%9E%E7%90%86", site.receipt.license_id);
    let cases = [
        (None, StatusCode::UNAUTHORIZED),
        (Some(&site.clerk), StatusCode::FORBIDDEN),
        (Some(&site.reader), StatusCode::OK),
    ];
    for (token, status) in cases {
        assert_eq!(send(site.router(), get(&path, token)).await.status, status);
    }
    let stranger =
        Request::get(&path).header(header::AUTHORIZATION, "Bearer AAAA").body(Body::empty()).unwrap();
    let answer = send(site.router(), stranger).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    let basic = Request::get(&path).header(header::AUTHORIZATION, "Basic AAAA").body(Body::empty()).unwrap();
    assert_eq!(send(site.router(), basic).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_license_comes_with_its_report() {
    let site = Site::new();
    let answer = send(
        site.router(),
        get(
            &format!("/v1/licenses/{}?purpose=%E5%8A%9E%E7%90%86", site.receipt.license_id),
            Some(&site.reader),
        ),
    );
    let body = answer.await.json();
    assert_eq!(body["credential"].as_str().unwrap().as_bytes(), site.receipt.credential);
    assert_eq!(body["report"]["verdict"], "passed");
    assert_eq!(body["valid_until"], "2040-05-06");
    let id = site.receipt.license_id.as_str();
    let unknown = id.replace(&id[id.len() - 5..], "002.0");
    let answer =
        send(site.router(), get(&format!("/v1/licenses/{unknown}?purpose=x"), Some(&site.reader))).await;
    assert!(matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND));
    let answer = send(site.router(), get("/v1/licenses/none?purpose=x", Some(&site.reader))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_holders_file_is_asked_for_in_the_body() {
    let site = Site::new();
    let ask = |body: Value| post("/v1/holders/licenses", Some(&site.clerk), body.to_string());
    let number = citizen().as_str().to_owned();
    let good = json!({ "holder_code_type": "111", "holder_code": number, "purpose": "办理居住登记" });
    let body = send(site.router(), ask(good.clone())).await.json();
    assert_eq!(body["licenses"].as_array().unwrap().len(), 1);
    assert_eq!(body["licenses"][0]["holder_name"], HOLDER);
    assert_eq!(body["next"], Value::Null);
    for (member, value) in [
        ("purpose", json!(" ")),
        ("holder_code_type", json!("112")),
        ("holder_code", json!("652701198503159980")),
        ("limit", json!(0)),
        ("limit", json!(101)),
        ("cursor", json!("AAAA")),
        ("more", json!(1)),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        let answer = send(site.router(), ask(bad)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}");
        assert!(!String::from_utf8_lossy(&answer.body).contains(&number[..17]), "{member}");
    }
    // Where a limit changes nothing, a wrong one is refused too.
    let mut collected = good;
    collected["collected_after"] = json!("0".repeat(64));
    assert_eq!(send(site.router(), ask(collected.clone())).await.status, StatusCode::OK);
    collected["limit"] = json!(101);
    assert_eq!(send(site.router(), ask(collected)).await.status, StatusCode::BAD_REQUEST);
    let stranger = json!({ "holder_code_type": "111", "holder_code": "11010519491231002X", "purpose": "x" });
    assert_eq!(send(site.router(), ask(stranger)).await.json()["licenses"], json!([]));
}

/// What another system has on file of the citizen: this many records, the first one of the best grade that its evidence carries.
fn collect(site: &Site, records: usize) {
    const MAPPING: &str = r#"
source = { name = "存量库", agency = "AGENCY", key = ["k"] }
file = { format = "csv" }
license = { type = "identity-card" }
grade = { grade = "B", evidence = "window-check", digest = "sha-256:DIGEST" }
[constants]
division = "652701"
"holder.code_type" = "111"
issue_date = "2020-05-06"
"fields.sex" = "女"
"fields.ethnicity" = "维吾尔族"
"fields.birth_date" = "1985-03-15"
"fields.address" = "某地"
[columns]
license_number = "n"
"holder.code" = "c"
"holder.name" = "h"
grade = "g"
"#;
    let dir = site.prefecture.dir.path();
    let mapping = MAPPING.replace("AGENCY", police().as_str()).replace("DIGEST", &"0".repeat(64));
    std::fs::write(dir.join("m.toml"), mapping).unwrap();
    let row = |number: usize| {
        let grade = if number == 1 { "B" } else { "C" };
        format!("{number},第{number}号,{},{HOLDER},{grade}\n", citizen().as_str())
    };
    let rows: String = (1..=records).map(row).collect();
    std::fs::write(dir.join("s.csv"), format!("k,n,c,h,g\n{rows}")).unwrap();
    let collection = Collection {
        file: &dir.join("s.csv"),
        mapping: &dir.join("m.toml"),
        source: None,
        corrects: None,
        rejects: &dir.join("r.csv"),
        beside_unfinished: false,
        new_keys: false,
    };
    let actor = Actor { who: "窗口一号".to_owned(), office: police(), purpose: "归集".to_owned() };
    let done = site.prefecture.desk().collect(&collection, &actor, &now, &mut |_| {}).unwrap();
    assert_eq!((done.job.accepted, done.rejects), (u64::try_from(records).unwrap(), None));
}

#[tokio::test]
async fn what_was_collected_stands_apart_from_licenses() {
    let site = Site::new();
    collect(&site, boyin::archive::MAX_PAGE + 2);
    let ask = |more: Value| {
        let mut body =
            json!({ "holder_code_type": "111", "holder_code": citizen().as_str(), "purpose": "办理" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post("/v1/holders/licenses", Some(&site.clerk), body.to_string())
    };
    let first = send(site.router(), ask(json!({}))).await.json();
    assert_eq!((first["licenses"].as_array().unwrap().len(), &first["next"]), (1, &Value::Null));
    let after = json!({ "collected_after": first["collected_next"] });
    let second = send(site.router(), ask(after)).await.json();
    assert_eq!((&second["licenses"], &second["collected_next"]), (&json!([]), &Value::Null));
    let mut records = first["collected"].as_array().unwrap().clone();
    assert_eq!((records.len(), second["collected"].as_array().unwrap().len()), (100, 2));
    records.extend(second["collected"].as_array().unwrap().clone());
    for record in &records {
        let best = record["license_number"] == "第1号";
        assert_eq!(
            (&record["grade"], &record["may_exempt"]),
            (&json!(if best { "B" } else { "C" }), &json!(best))
        );
        assert_eq!(
            (&record["signed"], &record["state"], &record["holder_name"]),
            (&json!(false), &json!("kept"), &json!(HOLDER))
        );
    }
    let different: std::collections::BTreeSet<_> =
        records.iter().map(|record| record["record"].to_string()).collect();
    assert_eq!(different.len(), 102);
    let wrong = send(site.router(), ask(json!({ "collected_after": "x" }))).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn lists_are_public_and_verify_elsewhere() {
    let site = Site::new();
    let trust = send(site.router(), get("/v1/trust-list", None)).await;
    assert_eq!(trust.headers[header::CONTENT_TYPE], "application/trust-list+jwt");
    let algs = boyin::suite::all_jws();
    let trust =
        boyin::verify::TrustSnapshot::load(&trust.body, site.prefecture.home.anchor(), &algs).unwrap();
    let id = boyin::status_list_id(police(), 1);
    let list = send(site.router(), get(&format!("/v1/status-lists/{id}"), None)).await;
    let mut status = boyin::verify::StatusSnapshot::default();
    status.add(&list.body, &trust).unwrap();
    let context = boyin::verify::Context { now: now(), trust: &trust, status: &status };
    let report = boyin::verify::Verifier::new(&algs).check(&site.receipt.credential, &context);
    assert!(report.into_verified().is_ok());
    assert_eq!(send(site.router(), get("/v1/status-lists/none", None)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_holds_an_earlier_anchor_gets_the_hand_overs() {
    let site = Site::new();
    let path = "/v1/trust-list/handovers";
    let before = send(site.router(), get(path, None)).await;
    assert_eq!((before.status, before.body), (StatusCode::OK, Vec::new()));
    let home = &site.prefecture.home;
    let held = home.anchor().clone();
    let source = boyin::KeySource::Software(boyin::SuiteName::Es256);
    let words = order(police(), "k");
    let secret = crate::office::passphrase();
    let owner = boyin::KeyOwner::TrustList;
    let key = home.new_key(owner, &source, None, &words, &secret, &mut SystemRandom).unwrap();
    home.rotate_anchor(&key.kid, &words, &secret).unwrap();
    let answer = send(site.router(), get(path, None)).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/anchor-handover+jwt");
    let list = send(site.router(), get("/v1/trust-list", None)).await.body;
    let algs = boyin::suite::all_jws();
    let chain = boyin::verify::AnchorChain::follow(&held, &answer.body, &algs, now()).unwrap();
    assert_eq!(chain.load(&list, &algs).unwrap().list().sequence, 2);
    assert!(boyin::verify::TrustSnapshot::load(&list, &held, &algs).is_err());
}

#[tokio::test]
async fn the_caller_names_the_policy_and_the_report_says_it() {
    let site = Site::new();
    // A day after the status lists have ended.
    let late = now().plus(2 * 86_400);
    let license = &site.receipt.credential;
    let of_holder = json!({
        "holder_code_type": "111", "holder_code": citizen().as_str(), "purpose": "办理居住登记",
    });
    let read = |query: &str| {
        let policy = query.replace('?', "&");
        let path = format!("/v1/licenses/{}?purpose=x{policy}", site.receipt.license_id);
        get(&path, Some(&site.reader))
    };
    for (query, name, verdict) in [
        ("", "strict", "indeterminate"),
        ("?policy=strict", "strict", "indeterminate"),
        ("?policy=outage", "outage", "passed"),
        ("?policy=file", "file", "passed"),
    ] {
        let router = site.router_at(late);
        let verified = send(router.clone(), post(&format!("/v1/verify{query}"), None, license.clone())).await;
        let one = send(router.clone(), read(query)).await;
        let path = format!("/v1/holders/licenses{query}");
        let file = send(router, post(&path, Some(&site.clerk), of_holder.to_string())).await;
        for report in
            [verified.json(), one.json()["report"].clone(), file.json()["licenses"][0]["report"].clone()]
        {
            assert_eq!(
                (&report["policy"]["name"], &report["verdict"]),
                (&json!(name), &json!(verdict)),
                "{query}"
            );
        }
    }
    for query in ["?policy=lenient", "?policy=", "?policy", "?policy=file&policy=file", "?more=1"] {
        let requests = [
            post(&format!("/v1/verify{query}"), None, license.clone()),
            read(query),
            post(&format!("/v1/holders/licenses{query}"), Some(&site.clerk), of_holder.to_string()),
        ];
        for request in requests {
            let answer = send(site.router(), request).await;
            assert_eq!(
                (answer.status, &answer.json()["code"]),
                (StatusCode::BAD_REQUEST, &json!("bad_request")),
                "{query}"
            );
        }
    }
}

#[tokio::test]
async fn health_tells_whether_verdicts_can_be_relied_on() {
    let site = Site::new();
    let good = send(site.router(), get("/v1/health", None)).await;
    assert_eq!((good.status, good.json()["ok"].clone()), (StatusCode::OK, json!(true)));
    for (at, name) in [
        (now().plus(2 * 86_400), "status_lists"),
        (now().plus(31 * 86_400), "trust_list"),
        (now().minus(86_400), "clock"),
    ] {
        let answer = send(site.router_at(at), get("/v1/health", None)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        let checks = answer.json()["checks"].clone();
        let check = checks.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["ok"], false, "{name}");
    }
}

#[tokio::test]
async fn beside_a_desk_health_asks_the_signers_too() {
    let site = Site::new();
    let desk = Arc::new(site.prefecture.desk());
    desk.unlock().unwrap();
    let state = AppState::new(Arc::new(site.prefecture.lookup()), site.prefecture.home.tokens().unwrap());
    let state = state.with_desk(Arc::clone(&desk)).with_clock(Arc::new(now));
    let body = send(router(state), get("/v1/health", None)).await.json();
    let checks = body["checks"].as_array().unwrap();
    let detail = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap()["detail"].clone();
    assert_eq!((detail("store"), detail("signer")), (json!("writable"), json!("usable")));
}

#[tokio::test]
async fn an_old_version_names_the_current_one() {
    let site = Site::new();
    let id = &site.receipt.license_id;
    let path = |id: &boyin::model::id::LicenseId| format!("/v1/licenses/{id}?purpose=%E5%8A%9E%E7%90%86");
    let alone = send(site.router(), get(&path(id), Some(&site.reader))).await.json();
    assert_eq!((&alone["head"], alone["versions"].as_array().unwrap().len()), (&json!(id.as_str()), 1));
    let asked =
        boyin::NextVersionOrder { of: id, next: &boyin::NextVersion::Reissue, reason: "遗失", basis: None };
    let next =
        site.prefecture.desk().issue_next(&asked, &order(police(), "next"), &mut SystemRandom).unwrap();
    let old = send(site.router(), get(&path(id), Some(&site.reader))).await.json();
    assert_eq!(old["head"], next.license_id.as_str());
    assert_eq!(old["report"]["reason"]["code"], "superseded");
    let now = now().seconds();
    let expected = json!([
        { "license_id": next.license_id.as_str(), "status": "valid", "succeeded_at": null },
        { "license_id": id.as_str(), "status": "superseded", "succeeded_at": now },
    ]);
    assert_eq!(old["versions"], expected);
    let new = send(site.router(), get(&path(&next.license_id), Some(&site.reader))).await.json();
    assert_eq!((&new["versions"], &new["report"]["verdict"]), (&expected, &json!("passed")));
    // A holder's file tells neither.
    let body = json!({ "holder_code_type": "111", "holder_code": citizen().as_str(), "purpose": "办理" });
    let file =
        send(site.router(), post("/v1/holders/licenses", Some(&site.clerk), body.to_string())).await.json();
    assert!(file["licenses"][0].get("head").is_none() && file["licenses"].as_array().unwrap().len() == 2);
}

#[tokio::test]
async fn a_running_service_sees_a_revocation() {
    let site = Site::new();
    let lookup = Arc::new(site.prefecture.lookup());
    let state = AppState::new(Arc::clone(&lookup), site.prefecture.home.tokens().unwrap());
    let state = state.with_clock(Arc::new(now));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(boyin_service::serve(state.clone(), listener, async {
        let _ = stopped.await;
    }));
    site.prefecture
        .desk()
        .change_status(
            &site.receipt.license_id,
            &StatusChange::new(Change::Revoke, "测试"),
            &order(police(), "r"),
        )
        .unwrap();
    let mut verdict = Value::Null;
    for _ in 0..100 {
        let answer =
            send(router(state.clone()), post("/v1/verify", None, site.receipt.credential.clone())).await;
        verdict = answer.json()["reason"]["code"].clone();
        if verdict == "revoked" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(verdict, "revoked");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_description_names_every_route_and_the_pages_are_there() {
    let site = Site::new();
    let served = send(site.router(), get("/openapi.json", None)).await;
    assert_eq!(served.body, OPENAPI.as_bytes());
    let description: Value = serde_json::from_str(OPENAPI).unwrap();
    let paths = description["paths"].as_object().unwrap();
    for (path, methods) in paths {
        let path =
            ["{id}", "{code}", "{number}"].iter().fold(path.clone(), |path, part| path.replace(part, "none"));
        let path = path.replace("{operation}", "queryCertInfo");
        let wrong_method =
            if methods.get("get").is_some() { post(&path, None, "") } else { get(&path, None) };
        let answer = send(site.router(), wrong_method).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    for page in [
        "/",
        "/verify",
        "/window",
        "/file",
        "/meter",
        "/follow-ups",
        "/decision",
        "/seals",
        "/app.js",
        "/app.css",
    ] {
        let answer = send(site.router(), get(page, None)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(
            answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("script-src 'self'")
        );
        assert!(answer.headers.contains_key("x-request-id"));
    }
    let nowhere = send(site.router(), get("/nowhere", None)).await;
    assert_eq!((nowhere.status, nowhere.json()["code"].clone()), (StatusCode::NOT_FOUND, json!("not_found")));
}

#[tokio::test]
async fn seals_and_seal_signatures_are_told_from_licenses() {
    let prefecture = crate::seals::staffed();
    let (seal, signature, document) = crate::sealing::sealed(&prefecture);
    let state = AppState::new(Arc::new(prefecture.lookup()), prefecture.home.tokens().unwrap());
    let service = router(state.with_clock(Arc::new(|| crate::seals::at(5))));
    let post = |path: String, body: &[u8]| Request::post(path).body(Body::from(body.to_vec())).unwrap();
    let digest = boyin::verify::VerifyAlg::digest(&boyin::suite::SM2_SM3, &[document]);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    for (query, body, verdict, reason) in [
        (String::new(), &seal, "passed", Value::Null),
        (format!("?document_digest={digest}"), &signature, "passed", Value::Null),
        (String::new(), &signature, "indeterminate", json!("document_missing")),
        (format!("?document_digest={}", "0".repeat(64)), &signature, "failed", json!("document_mismatch")),
    ] {
        let answer = send(service.clone(), post(format!("/v1/verify{query}"), body)).await;
        assert_eq!(answer.status, StatusCode::OK);
        let report = answer.json();
        assert_eq!((&report["verdict"], &report["reason"]["code"]), (&json!(verdict), &reason), "{report}");
        assert_eq!(report["seal"]["version"], json!(4));
    }
    // A byte that ends a line ends a license, but belongs to a seal.
    let longer = [&seal[..], b"\n"].concat();
    let answer = send(service.clone(), post("/v1/verify".to_owned(), &longer)).await;
    assert_eq!(answer.json()["verdict"], "failed");
    // There is no policy for seals.
    let answer = send(service.clone(), post("/v1/verify?policy=outage".to_owned(), &seal)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    for wrong in ["?document_digest=00", "?digest=00", &format!("?document_digest={}", "+1".repeat(32))] {
        let answer = send(service.clone(), post(format!("/v1/verify{wrong}"), &signature)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn every_read_says_what_for_and_is_kept_before_it_is_answered() {
    let site = Site::new();
    let path = format!("/v1/licenses/{}", site.receipt.license_id);
    for query in ["", "?purpose=", "?purpose=%0A", "?reason=x", &format!("?purpose={}", "x".repeat(201))] {
        let answer = send(site.router(), get(&format!("{path}{query}"), Some(&site.reader))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let path = format!("{path}?purpose=%E4%BD%8E%E4%BF%9D");
    assert_eq!(send(site.router(), get(&path, Some(&site.reader))).await.status, StatusCode::OK);
    let desk = site.prefecture.desk();
    let events = desk.archive().events_of(&site.receipt.license_id, None, 10).unwrap();
    let read = events.last().unwrap();
    assert_eq!((read.what.code(), read.who.as_str(), read.why.as_str()), ("license_read", "reader", "低保"));
    drop(desk);
    // Where reads cannot be kept, nothing is shown.
    let reads = site.prefecture.home.dir().join("reads");
    std::fs::remove_dir_all(&reads).unwrap();
    std::fs::write(&reads, "").unwrap();
    let refused = send(site.router(), get(&path, Some(&site.reader))).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(refused.json().as_object().unwrap().len(), 2, "a code and a message");
    std::fs::remove_file(&reads).unwrap();
    // A token of an earlier release names no office.
    let tokens = site.prefecture.home.dir().join("tokens.toml");
    let text = std::fs::read_to_string(&tokens).unwrap();
    let without: Vec<_> = text.lines().filter(|line| !line.starts_with("office")).collect();
    std::fs::write(&tokens, without.join("\n")).unwrap();
    assert_eq!(send(site.router(), get(&path, Some(&site.reader))).await.status, StatusCode::FORBIDDEN);
    std::fs::write(&tokens, text).unwrap();
    let desk = site.prefecture.desk();
    desk.purge(&site.receipt.license_id, "乙", "依法删除", &order(police(), "purge")).unwrap();
    drop(desk);
    let gone = send(site.router(), get(&path, Some(&site.reader))).await;
    assert_eq!((gone.status, gone.json()["code"].clone()), (StatusCode::GONE, json!("license_erased")));
}

#[tokio::test]
async fn a_holder_is_shown_who_looked_and_what_for() {
    let site = Site::new();
    let (number, clerk) = (citizen(), Some(&site.clerk));
    let asked = |purpose: &str| json!({ "holder_code_type": "111", "holder_code": number.as_str(), "purpose": purpose });
    let looked = post("/v1/holders/licenses", clerk, asked("办理低保").to_string());
    assert_eq!(send(site.router(), looked).await.status, StatusCode::OK);
    let ask = async |after: Value, limit: u64| {
        let mut body = asked("本人查询");
        (body["after"], body["limit"]) = (after, json!(limit));
        let answer = send(site.router(), post("/v1/holders/log", clerk, body.to_string())).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!String::from_utf8_lossy(&answer.body).contains(number.as_str()));
        answer.json()
    };
    // The desk takes in what was read.
    drop(site.prefecture.desk());
    let first = ask(Value::Null, 1).await;
    assert_eq!(first["events"][0]["what"], "license_issued");
    assert_eq!(first["next"], first["events"][0]["number"]);
    let second = ask(first["next"].clone(), 1).await;
    let event = &second["events"][0];
    for (name, value) in [
        ("what", "holder_read"),
        ("who", "clerk"),
        ("office", police().as_str()),
        ("why", "办理低保"),
        ("detail", "1"),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    assert_eq!(event["at"], now().seconds());
    let third = ask(second["next"].clone(), 1).await;
    assert_eq!(third, json!({ "events": [], "next": null }));
    // Whoever asked who looked has looked, too.
    drop(site.prefecture.desk());
    let all = ask(Value::Null, 100).await;
    let whys: Vec<_> = all["events"].as_array().unwrap().iter().map(|event| &event["why"]).collect();
    assert_eq!(whys[1..], ["办理低保", "本人查询", "本人查询", "本人查询"]);
    assert_eq!((&all["events"][4]["what"], &all["next"]), (&json!("holder_log_read"), &Value::Null));
    for (member, value) in [
        ("limit", json!(0)),
        ("limit", json!(101)),
        ("after", json!(-1)),
        ("purpose", json!(" ")),
        ("holder_code", json!("652701198503159980")),
        ("holder_code_type", json!("1")),
        ("more", json!(1)),
    ] {
        let mut body = asked("本人查询");
        body[member] = value;
        let answer = send(site.router(), post("/v1/holders/log", clerk, body.to_string())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}");
        let text = String::from_utf8(answer.body).unwrap();
        assert!(!text.contains(number.as_str()) && !text.contains("652701198503159980"), "{text}");
    }
    // Where the look cannot be kept, nothing is shown.
    let reads = site.prefecture.home.dir().join("reads");
    std::fs::remove_dir_all(&reads).unwrap();
    std::fs::write(&reads, "").unwrap();
    let refused = send(site.router(), post("/v1/holders/log", clerk, asked("本人查询").to_string())).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(refused.json().as_object().unwrap().len(), 2, "a code and a message");
}
