//! The window, the meter and shown codes over HTTP.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use boyin::archive::{EventKind, Reader};
use boyin::exempt::limits::MAX_RECEIPT_BYTES;
use boyin::model::id::{HolderCode, LicenseId};
use boyin::suite::SystemRandom;
use boyin::{Desk, Order, Scope, show_fields};
use boyin_present::limits::QR_BUDGET_BYTES;
use boyin_present::{Presented, to_text};
use boyin_service::{AppState, MAX_CALL_BODY_BYTES, MAX_LISTED_DECISIONS, MAX_RECEIPT_BODY_BYTES, router};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::clients::{Answer, Served};
use crate::delegation::{agent, wish};
use crate::office::{HOLDER, Prefecture, citizen, now, order, police};
use crate::window::{looks, person, question, stranger};

pub(crate) const CLERK: &str = "窗口一号";
pub(crate) const PURPOSE: &str = "老年人优待";

async fn answered(state: AppState, request: Request<Body>) -> Answer {
    let (parts, body) = router(state).oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn act_with(state: AppState, path: &str, token: &str, key: &str, body: &Value) -> Answer {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("idempotency-key", key);
    answered(state, request.body(Body::from(body.to_string())).unwrap()).await
}

/// A service beside a desk, with a clerk for each scope.
pub(crate) struct Beside {
    /// Its directory goes with it.
    prefecture: Prefecture,
    pub(crate) card: LicenseId,
    pub(crate) desk: Arc<Desk>,
    pub(crate) served: Served,
    tokens: Vec<(Scope, String)>,
}

impl Beside {
    pub(crate) fn new() -> Self {
        let prefecture = Prefecture::new();
        let card = prefecture.issue().license_id;
        let token = |scope| {
            let token = prefecture.home.grant_token(CLERK, police(), &[scope], &mut SystemRandom).unwrap();
            (scope, token.reveal().to_owned())
        };
        let tokens = Scope::ALL.map(token).to_vec();
        let desk = Arc::new(prefecture.desk());
        let served = Served::new(&prefecture);
        Self { prefecture, card, desk, served, tokens }
    }

    pub(crate) fn state(&self) -> AppState {
        self.served.state.clone().with_desk(Arc::clone(&self.desk))
    }

    pub(crate) fn token(&self, scope: Scope) -> &str {
        &self.tokens.iter().find(|(of, _)| *of == scope).unwrap().1
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        answered(self.state(), request).await
    }

    pub(crate) async fn get(&self, path: &str, scope: Option<Scope>) -> Answer {
        let request = Request::get(path);
        let request = match scope {
            Some(scope) => request.header(header::AUTHORIZATION, format!("Bearer {}", self.token(scope))),
            None => request,
        };
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(Request::post(path).body(body.into()).unwrap()).await
    }

    /// An act of a clerk.
    pub(crate) async fn act(&self, path: &str, scope: Scope, key: &str, body: &Value) -> Answer {
        act_with(self.state(), path, self.token(scope), key, body).await
    }

    /// An act of a clerk whose token is for both of these.
    pub(crate) async fn act_of_both(&self, path: &str, scopes: [Scope; 2], body: &Value) -> Answer {
        let token = self.prefecture.home.grant_token(CLERK, police(), &scopes, &mut SystemRandom).unwrap();
        let state = self.state().with_tokens(self.prefecture.home.tokens().unwrap());
        act_with(state, path, token.reveal(), "", body).await
    }

    async fn decide(&self, key: &str, body: &Value) -> Answer {
        self.act("/v1/decisions", Scope::WindowDecide, key, body).await
    }

    /// Decides something of strangers, so many times.
    pub(crate) fn decide_often(&self, times: usize) {
        for n in 0..times {
            let asked = question(stranger(1), Some("某人"));
            self.desk.decide_exemption(&asked, &order(police(), &format!("often {n}"))).unwrap();
        }
        self.served.lookup.refresh(now()).unwrap();
    }
}

fn ask(holder: &HolderCode) -> Value {
    json!({
        "item": "senior-benefit", "division": "652701", "purpose": PURPOSE,
        "parties": { "applicant": { "holder_code_type": "111", "holder_code": holder.as_str() } },
    })
}

#[tokio::test]
async fn a_decision_is_kept_before_it_is_answered() {
    let site = Beside::new();
    let own = person(&citizen());
    let first = site.decide("k1", &ask(&own)).await;
    assert_eq!(first.status, StatusCode::OK);
    let body = first.json();
    assert_eq!(
        (&body["decision"]["answer"], &body["replayed"], &body["channel"]),
        (&json!("exempt"), &json!(false), &json!("window"))
    );
    assert_eq!(body["decision"]["first_contact"]["code"], police().as_str());
    let text = String::from_utf8(first.body.clone()).unwrap();
    assert!(!text.contains(own.as_str()) && !text.contains(HOLDER));
    let event = body["event"].as_u64().unwrap();
    let kept = site.desk.archive().decision(event).unwrap().unwrap();
    assert_eq!(body["receipt"].as_str().unwrap().as_bytes(), kept);
    let events = site.desk.archive().events_of_holder(&own, None, 10).unwrap();
    let look = events.last().unwrap();
    assert_eq!((look.who.as_str(), look.why.as_str(), look.office), (CLERK, PURPOSE, police()));

    // The same key and question: the same answer, and nobody's file is looked at again.
    let again = site.decide("k1", &ask(&own)).await.json();
    assert_eq!((&again["receipt"], &again["replayed"]), (&body["receipt"], &json!(true)));
    assert_eq!(looks(&site.desk, &own).len(), 1);
    let mut other = ask(&own);
    other["commitment"] = json!("barred");
    let conflict = site.decide("k1", &other).await;
    assert_eq!(
        (conflict.status, &conflict.json()["code"]),
        (StatusCode::CONFLICT, &json!("idempotency_conflict"))
    );

    let shown = site.get(&format!("/v1/decisions/{event}?purpose=x"), Some(Scope::WindowDecide)).await.json();
    assert_eq!((&shown["receipt"], &shown["replayed"]), (&body["receipt"], &json!(true)));
    for number in ["1", "999999", "x", "-1"] {
        let path = format!("/v1/decisions/{number}?purpose=x");
        assert_eq!(site.get(&path, Some(Scope::WindowDecide)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for query in ["", "?purpose=", "?purpose=%20", "?purpose=x&purpose=x", "?purpose=x&more=1"] {
        let path = format!("/v1/decisions/{event}{query}");
        let answer = site.get(&path, Some(Scope::WindowDecide)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
    // A follower answers what was decided, once it has taken it over.
    site.served.lookup.refresh(now()).unwrap();
    let request = Request::get(format!("/v1/decisions/{event}?purpose=%E6%8A%BD%E6%9F%A5"))
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Scope::WindowDecide)));
    let follower = site.served.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(follower.json()["receipt"], body["receipt"]);
    // Each of the two reads is seen by the holder, once the desk has taken them in.
    site.desk.take_reads(now()).unwrap();
    let events = site.desk.archive().events_of_holder(&own, None, 100).unwrap();
    let reads = events.iter().filter(|event| event.what == EventKind::HolderRead);
    let seen: Vec<_> = reads.map(|event| (event.who.as_str(), event.why.as_str())).collect();
    assert_eq!(seen, [(CLERK, PURPOSE), (CLERK, "x"), (CLERK, "抽查")]);
}

#[tokio::test]
async fn a_receipt_is_verified_by_anybody() {
    let site = Beside::new();
    let receipt = site.decide("k1", &ask(&person(&citizen()))).await.json()["receipt"].clone();
    let receipt = receipt.as_str().unwrap().to_owned();
    let good = site.post("/v1/decisions/verify", format!("{receipt}\n")).await.json();
    assert_eq!(
        (&good["verdict"], &good["reason"], &good["decision"]["answer"]),
        (&json!("passed"), &Value::Null, &json!("exempt"))
    );
    let place = receipt.rfind('.').unwrap() + 1;
    let mut forged = receipt.into_bytes();
    forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
    for (body, reason) in
        [(forged, "signature"), (b"x.y.z".to_vec(), "receipt_format"), (vec![], "receipt_format")]
    {
        let answer = site.post("/v1/decisions/verify", body).await;
        assert_eq!(answer.status, StatusCode::OK);
        let answer = answer.json();
        assert_eq!(
            (&answer["verdict"], &answer["reason"], &answer["decision"]),
            (&json!("failed"), &json!(reason), &Value::Null)
        );
    }
}

#[tokio::test]
async fn a_receipt_of_any_size_is_looked_at_and_a_body_beyond_that_is_not() {
    let site = Beside::new();
    let receipt = site.decide("k1", &ask(&person(&citizen()))).await.json()["receipt"].clone();
    let receipt = receipt.as_str().unwrap();
    let filled = |size| {
        // White space at its end is none of it.
        let mut body = receipt.as_bytes().to_vec();
        body.resize(size, b'\n');
        body
    };
    for (body, reason) in [
        (filled(MAX_RECEIPT_BODY_BYTES), Value::Null),
        (vec![b'x'; MAX_RECEIPT_BYTES], json!("receipt_format")),
        (vec![b'x'; MAX_RECEIPT_BYTES + 1], json!("receipt_format")),
    ] {
        let answer = site.post("/v1/decisions/verify", body).await;
        assert_eq!((answer.status, &answer.json()["reason"]), (StatusCode::OK, &reason));
    }
    let beyond = site.post("/v1/decisions/verify", filled(MAX_RECEIPT_BODY_BYTES + 1)).await;
    assert_eq!((beyond.status, &beyond.json()["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_told_and_leaves_nothing() {
    let site = Beside::new();
    let own = person(&citizen());
    let number = own.as_str();
    let token = site.token(Scope::WindowDecide).to_owned();
    let with = |keys: &[&str]| {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        for key in keys {
            headers.append("idempotency-key", key.parse().unwrap());
        }
        let mut request = Request::post("/v1/decisions").body(Body::from(ask(&own).to_string())).unwrap();
        *request.headers_mut() = headers;
        request
    };
    let long = "k".repeat(129);
    let cases: [&[&str]; 4] = [&[], &["a", "b"], &[""], &[&long]];
    for keys in cases {
        assert_eq!(site.send(with(keys)).await.status, StatusCode::BAD_REQUEST, "{}", keys.len());
    }
    for (member, value) in [
        ("purpose", json!(" ")),
        ("purpose", json!("x".repeat(201))),
        ("division", json!("65270")),
        ("channel", json!("post")),
        ("commitment", json!("maybe")),
        ("parties", json!({ "uncle": { "holder_code_type": "111", "holder_code": number } })),
        ("parties", json!({ "applicant": { "holder_code_type": "112", "holder_code": number } })),
        (
            "parties",
            json!({ "applicant": { "holder_code_type": "111", "holder_code": "652701198503159980" } }),
        ),
        ("more", json!(1)),
    ] {
        let mut bad = ask(&own);
        bad[member] = value;
        let answer = site.decide("bad", &bad).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}");
        assert!(!String::from_utf8_lossy(&answer.body).contains(&number[..17]), "{member}");
    }
    for (member, value, code) in [
        ("item", json!("none"), "matter_unknown"),
        ("division", json!("110000"), "matter_not_offered"),
        ("situation", json!({ "x": "y" }), "question_unknown"),
        ("form", json!({ "x": "y" }), "form_field_unknown"),
        ("parties", json!({}), "party_missing"),
    ] {
        let mut wrong = ask(&own);
        wrong[member] = value;
        let answer = site.decide("wrong", &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        let body = answer.json();
        assert_eq!((&body["code"], &body["faults"][0]["code"]), (&json!("exemption_question"), &json!(code)));
    }
    let large = json!({ "item": "x".repeat(MAX_CALL_BODY_BYTES) });
    assert_eq!(site.decide("large", &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(looks(&site.desk, &own).is_empty(), "nobody's file was read");
    // Only the name is missing that a file was to say: the look is on record.
    let nameless = site.decide("nameless", &ask(&stranger(1))).await;
    assert_eq!(nameless.json()["faults"][0]["code"], "party_name");
    assert_eq!(looks(&site.desk, &stranger(1)), ["0"]);
}

#[tokio::test]
async fn whom_the_holder_lets_act_gets_a_decision_over_http() {
    let site = Beside::new();
    let own = person(&citizen());
    let granting = Order { purpose: PURPOSE.to_owned(), ..order(police(), "grant") };
    let number = site.desk.grant_delegation(&wish(), &granting).unwrap().event;
    let by = |agent: &HolderCode, delegation: u64| {
        let mut body = ask(&own);
        body["agent_code_type"] = json!("111");
        body["agent_code"] = json!(agent.as_str());
        body["delegation"] = json!(delegation);
        body
    };
    let mut other_purpose = by(&agent(), number);
    other_purpose["purpose"] = json!("别的用途");
    for (body, code) in [
        (by(&agent(), number + 1000), "delegation_none"),
        (by(&stranger(1), number), "delegation_other_agent"),
        (other_purpose, "delegation_other_purpose"),
    ] {
        let refused = site.decide(code, &body).await;
        assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::FORBIDDEN, &json!(code)));
    }
    // All three members or none.
    for member in ["agent_code_type", "agent_code", "delegation"] {
        let mut body = by(&agent(), number);
        body.as_object_mut().unwrap().remove(member);
        assert_eq!(site.decide(member, &body).await.status, StatusCode::BAD_REQUEST, "{member}");
    }
    let mut mistyped = by(&agent(), number);
    mistyped["agent_code"] = json!("652701198503159980");
    assert_eq!(site.decide("mistyped", &mistyped).await.status, StatusCode::BAD_REQUEST);
    let told = |what: EventKind| {
        let events = site.desk.archive().events_of_holder(&own, None, 1000).unwrap();
        events.into_iter().filter(|event| event.what == what).map(|event| event.why).collect::<Vec<_>>()
    };
    assert!(looks(&site.desk, &own).is_empty() && told(EventKind::DelegationUsed).is_empty());

    let first = site.decide("decide", &by(&agent(), number)).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.json());
    assert!(!String::from_utf8_lossy(&first.body).contains(agent().as_str()));
    let again = site.decide("decide", &by(&agent(), number)).await.json();
    assert_eq!((&again["event"], &again["replayed"]), (&first.json()["event"], &json!(true)));
    assert_eq!(told(EventKind::DelegationUsed), [PURPOSE]);
    assert_eq!(told(EventKind::HolderRead), [format!("{PURPOSE}（委托 {number}）")]);
}

#[tokio::test]
async fn without_a_desk_nothing_is_decided() {
    let site = Beside::new();
    let request = Request::post("/v1/decisions")
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Scope::WindowDecide)))
        .header("idempotency-key", "k");
    let body = Body::from(ask(&person(&citizen())).to_string());
    let answer = site.served.send(request.body(body).unwrap()).await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("no_desk")));
    assert!(looks(&site.desk, &person(&citizen())).is_empty());
}

#[tokio::test]
async fn items_are_public() {
    let site = Beside::new();
    let all = site.get("/v1/items", None).await.json();
    let items = all["items"].as_array().unwrap();
    let start = items.iter().find(|item| item["key"] == "senior-benefit").unwrap();
    assert!(!all["packages"].as_array().unwrap().is_empty());
    let code = start["code"].as_str().unwrap();
    for name in ["senior-benefit", code] {
        let one = site.get(&format!("/v1/items/{name}"), None).await.json();
        assert_eq!((&one["items"][0]["key"], &one["package"]), (&json!("senior-benefit"), &Value::Null));
    }
    let asking = items.iter().find(|item| !item["questions"].as_array().unwrap().is_empty()).unwrap();
    let one = site.get(&format!("/v1/items/{}", asking["key"].as_str().unwrap()), None).await.json();
    assert!(one["questions"][0]["answers"].as_array().unwrap().len() >= 2);
    let package = all["packages"][0]["key"].as_str().unwrap();
    let one = site.get(&format!("/v1/items/{package}"), None).await.json();
    assert_eq!(one["package"]["key"], package);
    assert_eq!(site.get("/v1/items/none", None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_meter_leads_down_to_each_decision() {
    let site = Beside::new();
    let decided = site.decide("k1", &ask(&person(&citizen()))).await.json();
    site.decide_often(MAX_LISTED_DECISIONS);
    let read = Some(Scope::MeterRead);
    let meter = site.get("/v1/meter?by=item", read).await.json();
    let cell = &meter["cells"][0];
    assert_eq!((&meter["by"], &cell["code"]), (&json!("item"), &json!("senior-benefit")));
    assert_eq!(cell["transactions"]["total"], MAX_LISTED_DECISIONS + 1);
    assert_eq!(cell["transactions"]["exempt"], 1);
    assert_eq!(site.get("/v1/meter", read).await.json()["by"], "county");

    let path = "/v1/meter/decisions?by=item&item=senior-benefit";
    let first = site.get(path, read).await.json();
    let rows = first["decisions"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["event"]), (MAX_LISTED_DECISIONS, &decided["event"]));
    assert_eq!(
        (&first["count"], &rows[0]["code"]),
        (&json!(MAX_LISTED_DECISIONS + 1), &json!("senior-benefit"))
    );
    let next = first["next"].as_u64().unwrap();
    assert_eq!(rows.last().unwrap()["event"], next);
    let second = site.get(&format!("{path}&after={next}"), read).await.json();
    assert_eq!((second["decisions"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
    assert_eq!(second["count"], first["count"]);
    for path in [
        "/v1/meter?by=person",
        "/v1/meter?by=item&by=item",
        "/v1/meter?of=x",
        "/v1/meter/next?by=item",
        "/v1/meter/decisions?of=x",
        "/v1/meter/decisions?figure=people",
        "/v1/meter/decisions?by=item&item=x&outcome=maybe",
        "/v1/meter/decisions?by=item&item=x&after=y",
        "/v1/meter/decisions?by=item&item=x&more=1",
    ] {
        assert_eq!(site.get(path, read).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

/// Every page of what is behind a figure: the figure, the events, and how many materials of them are counted.
async fn behind(site: &Beside, query: &str) -> (u64, Vec<u64>, u64, BTreeSet<String>) {
    let (mut events, mut materials, mut types) = (Vec::new(), 0, BTreeSet::new());
    let mut after = String::new();
    loop {
        let answer = site.get(&format!("/v1/meter/decisions?{query}{after}"), Some(Scope::MeterRead)).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        let answer = answer.json();
        for row in answer["decisions"].as_array().unwrap() {
            events.push(row["event"].as_u64().unwrap());
            let counted = row["materials"].as_array().unwrap().iter().filter(|one| one["counted"] == true);
            materials += u64::try_from(counted.count()).unwrap();
            types.extend(row["types"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()));
        }
        let Some(next) = answer["next"].as_u64() else {
            return (answer["count"].as_u64().unwrap(), events, materials, types);
        };
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn every_figure_of_the_meter_counts_what_stands_behind_it() {
    let site = Beside::new();
    let own = site.decide("k1", &ask(&person(&citizen()))).await.json()["event"].as_u64().unwrap();
    site.decide_often(MAX_LISTED_DECISIONS + 1);
    let read = Some(Scope::MeterRead);
    let month = site.get("/v1/meter?by=month", read).await.json()["cells"][0]["code"].clone();
    let month = month.as_str().unwrap();
    for by in ["county", "office", "item", "month"] {
        // Everything, and within a county and a month at once.
        for within in [String::new(), format!("&county=652701&month={month}")] {
            let meter = site.get(&format!("/v1/meter?by={by}{within}"), read).await.json();
            let cells = meter["cells"].as_array().unwrap();
            let rows = cells.iter().map(|cell| {
                let of = format!("&{by}={}", cell["code"].as_str().unwrap());
                // The row of what it is limited to anyway.
                let known = within.contains(&of);
                (if known { within.clone() } else { within.clone() + &of }, cell)
            });
            for (within, row) in rows.chain([(within.clone(), &meter["all"])]) {
                for figure in ["transactions", "materials", "types"] {
                    for outcome in ["exempt", "pending", "submit", "total"] {
                        let only =
                            if outcome == "total" { String::new() } else { format!("&outcome={outcome}") };
                        let query = format!("by={by}{within}&figure={figure}{only}");
                        let (count, events, materials, types) = behind(&site, &query).await;
                        let listed = match figure {
                            "transactions" => u64::try_from(events.len()).unwrap(),
                            "materials" => materials,
                            _ => u64::try_from(types.len()).unwrap(),
                        };
                        assert_eq!(
                            (count, listed),
                            (row[figure][outcome].as_u64().unwrap(), count),
                            "{query}"
                        );
                    }
                }
            }
        }
    }
    let (count, events, ..) = behind(&site, "figure=transactions&outcome=exempt").await;
    assert_eq!((count, events), (1, vec![own]), "the others have exempt materials at most");
    let (count, events, ..) = behind(&site, "county=652701&month=1999-01").await;
    assert_eq!((count, events), (0, vec![]));
}

#[tokio::test]
async fn what_a_license_type_would_have_freed_can_be_listed() {
    let site = Beside::new();
    site.decide("k1", &ask(&person(&citizen()))).await;
    site.decide_often(3);
    let needs = site.get("/v1/meter/next?county=652701", Some(Scope::MeterRead)).await.json();
    assert_eq!(needs["transactions"]["total"], 4);
    let need = &needs["types"][0];
    let name: String =
        need["type_name"].as_str().unwrap().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let (count, events, materials, _) =
        behind(&site, &format!("figure=materials_freed&license_type={name}")).await;
    assert_eq!((count, materials, events.len()), (need["materials"].as_u64().unwrap(), count, 3));
    let (count, events, ..) = behind(&site, &format!("figure=transactions_freed&license_type={name}")).await;
    assert_eq!(
        (count, events.len()),
        (need["transactions"].as_u64().unwrap(), usize::try_from(count).unwrap())
    );
    let (count, ..) = behind(&site, &format!("figure=not_cataloged&license_type={name}")).await;
    assert_eq!(count, need["not_cataloged"].as_u64().unwrap());
    let (count, ..) = behind(&site, "figure=materials_freed&license_type=none").await;
    assert_eq!(count, 0);
    let elsewhere = site.get("/v1/meter/next?county=652722", Some(Scope::MeterRead)).await.json();
    assert_eq!((&elsewhere["types"], &elsewhere["transactions"]["total"]), (&json!([]), &json!(0)));
}

/// The text of a static code, and of a dynamic one made now.
pub(crate) fn codes(site: &Beside) -> [String; 2] {
    let text = |shown: Presented| to_text(&shown.encode(QR_BUDGET_BYTES).unwrap());
    let at = boyin::model::time::UnixTime::new(site.served.clock.load(std::sync::atomic::Ordering::Relaxed));
    let asker = Reader::new(CLERK, police(), "亮证").unwrap();
    let made = site.desk.present(&site.card, &[], "入住", &asker, at.unwrap(), &mut SystemRandom).unwrap();
    let license = site.desk.archive().get(&site.card).unwrap().unwrap().credential;
    let license = show_fields(&license, &[]).unwrap();
    [
        text(Presented { license, statement: None }),
        text(Presented { license: made.license, statement: Some(made.statement) }),
    ]
}

#[tokio::test]
async fn a_shown_code_is_verified_and_a_dynamic_one_counts_once() {
    let site = Beside::new();
    let verify = async |text: &str| {
        let answer = site.post("/v1/presentations/verify", text.to_owned()).await;
        assert_eq!(answer.status, StatusCode::OK);
        let answer = answer.json();
        (answer["verdict"].as_str().unwrap().to_owned(), answer["reason"]["code"].clone())
    };
    let known = |verdict: &str, code: Value| (verdict.to_owned(), code);
    // Whether a code was shown before the service began nobody knows.
    let [fixed, early] = codes(&site);
    assert_eq!(verify(&fixed).await, known("passed", Value::Null));
    assert_eq!(verify(&early).await, known("indeterminate", json!("dynamic_memory_missing")));
    site.served.wait(1);
    let [_, dynamic] = codes(&site);
    assert_eq!(verify(&format!("{dynamic}\r\n")).await, known("passed", Value::Null));
    assert_eq!(verify(&dynamic).await, known("failed", json!("dynamic_repeated")));
    let [_, late] = codes(&site);
    site.served.wait(60);
    assert_eq!(verify(&late).await, known("failed", json!("dynamic_expired")));
    assert_eq!(verify(&fixed).await, known("passed", Value::Null));
    for (text, code) in [("", "code_text"), ("by1:BB8", "code_text"), ("BY1:BB8", "code_form_unknown")] {
        assert_eq!(verify(text).await, known("failed", json!(code)), "{text}");
        let told = site.post("/v1/presentations/verify", text).await.json();
        assert!(
            told["age"]["trust_list"]["age_seconds"].is_u64() && told["reason"]["zh"].is_string(),
            "{told}"
        );
    }
    let demanded = site.post("/v1/presentations/verify?dynamic=required", fixed).await.json();
    assert_eq!((&demanded["verdict"], &demanded["dynamic"]), (&json!("failed"), &Value::Null));
    let wrong = site.post("/v1/presentations/verify?dynamic=yes", dynamic).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let large = site.post("/v1/presentations/verify", vec![b'A'; MAX_CALL_BODY_BYTES + 1]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_passes_with_a_dynamic_code() {
    let site = Beside::new();
    site.served.wait(1);
    let [_, dynamic] = codes(&site);
    let ask = || Request::post("/v1/presentations/verify").body(Body::from(dynamic.clone())).unwrap();
    let answers = site.served.at_once(ask).await;
    let reasons: Vec<_> = answers.iter().map(|answer| answer.json()["reason"]["code"].clone()).collect();
    assert_eq!(reasons.iter().filter(|reason| reason.is_null()).count(), 1, "{reasons:?}");
    let repeated = reasons.iter().filter(|reason| **reason == "dynamic_repeated").count();
    assert_eq!(repeated, reasons.len() - 1, "{reasons:?}");
}
