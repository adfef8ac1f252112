//! How much systems of agencies may ask, and how often for what is not there.

use axum::http::{StatusCode, header};
use boyin::archive::{Act, Filing, Grade, LicenseRecord};
use boyin::model::id::{CitizenId, HolderCodeType, LicenseId};
use boyin_service::{MISSES, REQUESTS};
use serde_json::{Value, json};

use crate::clients::{Served, token};
use crate::office::{HOLDER, citizen, market, now};
use crate::shared::{Site, of_holder, refused, type_of, with};

/// Citizens' numbers in order: what somebody tries who looks for people.
fn number(try_number: u32) -> String {
    CitizenId::compute(&format!("65270119700101{try_number:03}")).unwrap().as_str().to_owned()
}

#[tokio::test]
async fn whoever_tries_numbers_has_to_wait() {
    let site = Site::new();
    let (served, token) = site.serve();
    for at in 0..MISSES.burst {
        // What is found costs nothing.
        let found = served.post("/v1/shared/holders", &token, &of_holder(citizen().as_str())).await;
        assert_eq!(found.json()["licenses"].as_array().unwrap().len(), 1);
        let none = served.post("/v1/shared/holders", &token, &of_holder(&number(at))).await;
        assert_eq!(none.json(), json!({ "licenses": [] }));
    }
    let paths = [
        ("/v1/shared/holders", of_holder(citizen().as_str())),
        ("/v1/shared/licenses", site.one()),
        ("/v1/shared/checks", with(&of_holder(citizen().as_str()), "holder_name", HOLDER)),
    ];
    for (path, body) in &paths {
        let answer = served.post(path, &token, body).await;
        assert_eq!(refused(&answer), (429, "too_many".to_owned()), "{path}");
        assert_eq!(answer.headers[header::RETRY_AFTER], MISSES.seconds.to_string());
    }
    served.wait(u64::from(MISSES.seconds));
    let wrong = with(&of_holder(citizen().as_str()), "holder_name", "某某");
    let answer = served.post("/v1/shared/checks", &token, &wrong).await;
    assert_eq!(answer.json(), json!({ "result": "partly_wrong" }));
    assert_eq!(served.post(paths[1].0, &token, &paths[1].1).await.status, StatusCode::TOO_MANY_REQUESTS);
    // Others go on.
    let other = crate::clients::token(&served.gate, "bank-1", &site.keys[1], now());
    let other = served.post("/v1/shared/holders", &other, &of_holder(citizen().as_str())).await;
    assert_eq!(refused(&other), (403, "not_shared".to_owned()));
}

/// Each answer that there is nothing, or nothing for whoever asks.
#[tokio::test]
async fn each_kind_of_nothing_counts_against_whoever_asks() {
    let site = Site::new();
    let unknown = with(&site.one(), "license_id", site.card.license_id.next_version().unwrap().as_str());
    let absent = of_holder("11010519491231002X");
    let loan = |body: Value| with(&with(&body, "item", "loan"), "purpose", "贷款");
    let coded = |body: Value| with(&loan(body), "authorization", "0000 0000 0000 0000");
    for (client, path, body, status) in [
        (0, "/v1/shared/licenses", unknown, StatusCode::NOT_FOUND),
        (0, "/v1/shared/holders", absent.clone(), StatusCode::OK),
        (0, "/v1/shared/checks", with(&absent, "holder_name", HOLDER), StatusCode::OK),
        (0, "/v1/shared/checks", with(&of_holder(citizen().as_str()), "holder_name", "某某"), StatusCode::OK),
        (1, "/v1/shared/licenses", loan(site.one()), StatusCode::FORBIDDEN),
        (1, "/v1/shared/licenses", coded(site.one()), StatusCode::FORBIDDEN),
        (1, "/v1/shared/holders", coded(of_holder(citizen().as_str())), StatusCode::FORBIDDEN),
        (1, "/v1/shared/checks", coded(of_holder(citizen().as_str())), StatusCode::FORBIDDEN),
    ] {
        let served = Served::new(&site.prefecture);
        let token = token(&served.gate, ["market-1", "bank-1"][client], &site.keys[client], now());
        for _ in 0..MISSES.burst {
            assert_eq!(served.post(path, &token, &body).await.status, status, "{path} {body}");
        }
        let answer = served.post(path, &token, &body).await;
        assert_eq!(refused(&answer), (429, "too_many".to_owned()), "{path} {body}");
    }
}

/// Files more licenses of another type into the holder's file than are looked through, after the card.
fn fill_file(site: &Site) {
    let desk = site.prefecture.desk();
    let at = now().plus(1);
    for number in 0..=2000 {
        let id = LicenseId::new(type_of("business-license"), market(), &format!("{number:06}"), 1).unwrap();
        let record = LicenseRecord {
            id,
            credential: b"x".to_vec(),
            holder_code_type: HolderCodeType::CitizenId,
            holder_name: HOLDER.to_owned(),
            title: "营业执照".to_owned(),
            number: number.to_string(),
            valid_until: None,
            grade: Grade::A,
            filed_at: at,
            slot: None,
        };
        let act = Act::new("窗口一号", market(), "办理证照", at, format!("file-{number}"), [1; 32]).unwrap();
        desk.archive().file(&act, &Filing { record, holder: citizen().into() }).unwrap();
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_to_look_through_is_asked_for_visibly_and_not_for_nothing() {
    let site = Site::new();
    fill_file(&site);
    let before = site.prefecture.desk().archive().last_event().unwrap();
    let statement = with(&of_holder(citizen().as_str()), "holder_name", "某某");
    for (path, body, expected) in [
        ("/v1/shared/holders", of_holder(citizen().as_str()), (500, "code", "internal")),
        // What was not looked at may be right: no “no”, and a try all the same.
        ("/v1/shared/checks", statement, (200, "result", "undecided")),
    ] {
        let (served, token) = site.serve();
        for _ in 0..MISSES.burst {
            let answer = served.post(path, &token, &body).await;
            let json = answer.json();
            let found = (answer.status.as_u16(), expected.1, json[expected.1].as_str().unwrap());
            assert_eq!(found, expected, "{path}");
        }
        let answer = served.post(path, &token, &body).await;
        assert_eq!(refused(&answer), (429, "too_many".to_owned()), "{path}");
        let counted = served.metrics().await;
        let code = if path.ends_with("holders") { "holder_too_large" } else { "nothing" };
        let line = format!("boyin_shared_total{{code=\"{code}\"}} {}", MISSES.burst);
        assert!(counted.lines().any(|found| found == line), "{line} in:\n{counted}");
    }
    let desk = site.prefecture.desk();
    let events = desk.archive().events_of_holder(&citizen().into(), Some(before), 100).unwrap();
    let told: Vec<_> = events.iter().map(|event| event.detail.as_str()).collect();
    let (large, none) = ("too many to look through, nothing given", "compared, none right");
    for (deed, fields) in
        [(large, "address,holder_code,holder_name,valid_until"), (none, "holder_code,holder_name")]
    {
        let line = format!("item-1 {deed}, {}; {fields}", type_of("identity-card"));
        assert_eq!(told.iter().filter(|told| **told == line).count(), 20, "{line} in {told:?}");
    }
}

#[tokio::test]
async fn one_client_cannot_ask_without_end() {
    let site = Site::new();
    let (served, token) = site.serve();
    let refusal = with(&site.one(), "item", "item-2");
    for _ in 0..REQUESTS.burst {
        assert_eq!(served.post("/v1/shared/licenses", &token, &refusal).await.status, StatusCode::FORBIDDEN);
    }
    let answer = served.post("/v1/shared/licenses", &token, &site.one()).await;
    assert_eq!(
        (answer.status, answer.headers[header::RETRY_AFTER].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "1")
    );
    served.wait(1);
    assert_eq!(served.post("/v1/shared/licenses", &token, &site.one()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn faults_of_the_service_are_no_misses_of_a_client() {
    let site = Site::new();
    let (served, token) = site.serve();
    let reads = site.prefecture.home.dir().join("reads");
    let _ = std::fs::remove_dir_all(&reads);
    std::fs::write(&reads, "").unwrap();
    for _ in 0..=MISSES.burst {
        let answer = served.post("/v1/shared/licenses", &token, &site.one()).await;
        assert_eq!(refused(&answer), (500, "internal".to_owned()));
    }
}
