//! How often clerks may ask for what is not there.

use axum::http::header;
use boyin::Scope;
use boyin::model::id::{CitizenId, CreditCode};
use boyin_service::CLERK_MISSES;
use serde_json::{Value, json};

use crate::clients::{Answer, Served};
use crate::faces::font;
use crate::office::{citizen, market, police};
use crate::shared::{PURPOSE, with};
use crate::town::{Role, Town, fresh};
use crate::window::stranger;

/// Clerks are hired, and the service is started with them.
fn with_clerks(town: &Town, clerks: &[(&str, CreditCode, &[Scope])]) -> (Served, Vec<Role>) {
    let roles = clerks.iter().map(|(name, office, scopes)| town.hire(name, *office, scopes)).collect();
    (town.served.with_tokens(town.site.prefecture.home.tokens().unwrap()), roles)
}

async fn ask(town: &Town, served: &Served, role: &Role, method: &str, place: &str, body: &Value) -> Answer {
    served.send(town.request(method, place, role, body.to_string().into_bytes())).await
}

/// A license that nobody has.
fn no_license(town: &Town) -> String {
    format!("/v1/licenses/{}?purpose=x", town.site.card.license_id.next_version().unwrap())
}

fn file_of(number: &str) -> Value {
    json!({ "holder_code_type": "111", "holder_code": number, "purpose": PURPOSE })
}

fn file_with(number: &str, member: &str, value: impl Into<Value>) -> Value {
    with(&file_of(number), member, value)
}

/// Lets a clerk look so often for what nobody has.
async fn miss(town: &Town, served: &Served, role: &Role, times: u32) {
    for _ in 0..times {
        let answer = ask(town, served, role, "GET", &no_license(town), &Value::Null).await;
        assert_eq!(answer.status.as_u16(), 404);
    }
}

/// What a clerk is answered who may find nothing once more, and whether that was it. Then they wait until they may again.
async fn at_the_edge(
    town: &Town,
    served: &Served,
    role: &Role,
    (method, place, body): (&str, &str, &Value),
) -> (Answer, bool) {
    let answer = ask(town, served, role, method, place, body).await;
    let next = ask(town, served, role, "GET", &no_license(town), &Value::Null).await;
    let next = next.status.as_u16();
    assert!([404, 429].contains(&next), "{place} {body}: {next}");
    served.wait(u64::from(CLERK_MISSES.seconds));
    (answer, next == 429)
}

#[tokio::test]
async fn a_clerk_who_tries_numbers_has_to_wait() {
    let town = Town::new(true);
    let all: &[Scope] = &Scope::ALL;
    let clerks = [
        ("窗口甲", police(), all),
        ("窗口甲", police(), all),
        ("窗口乙", police(), all),
        ("窗口甲", market(), all),
    ];
    let (served, roles) = with_clerks(&town, &clerks);
    let [first, second_token, other, elsewhere] = roles.as_slice() else { unreachable!() };
    let path = "/v1/holders/licenses";
    for at in 0..CLERK_MISSES.burst {
        let number = CitizenId::compute(&format!("65270119700101{at:03}")).unwrap();
        let none = ask(&town, &served, first, "POST", path, &file_of(number.as_str())).await;
        assert_eq!(none.json()["licenses"], json!([]), "{at}");
        // What is found costs nothing.
        if at % 50 == 0 {
            let found = ask(&town, &served, first, "POST", path, &file_of(citizen().as_str())).await;
            assert_eq!(found.json()["licenses"].as_array().unwrap().len(), 1);
        }
    }
    let own = town.place("/v1/licenses/{id}");
    for (method, path) in [
        ("POST", path),
        ("POST", "/v1/holders/log"),
        ("POST", "/v1/authorizations/delegated"),
        ("POST", "/file"),
        ("POST", "/v1/decisions"),
        ("POST", "/window"),
        ("GET", own.as_str()),
    ] {
        // Another token of the same window helps nobody.
        for role in [first, second_token] {
            let body = town.body(method, path, role);
            let answer = served.send(town.request(method, path, role, body)).await;
            let wait = answer.headers.get(header::RETRY_AFTER).map(|value| value.to_str().unwrap());
            let told = (answer.status.as_u16(), wait);
            assert_eq!(told, (429, Some(CLERK_MISSES.seconds.to_string().as_str())), "{path}");
        }
    }
    // What looks for nobody goes on, and so do others.
    let meter = ask(&town, &served, first, "GET", "/v1/meter", &Value::Null).await;
    assert_eq!(meter.status.as_u16(), 200);
    for role in [other, elsewhere] {
        let found = ask(&town, &served, role, "POST", path, &file_of(citizen().as_str())).await;
        assert_eq!(found.status.as_u16(), 200);
    }
    served.wait(u64::from(CLERK_MISSES.seconds));
    for status in [404, 429] {
        let answer = ask(&town, &served, first, "GET", &no_license(&town), &Value::Null).await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

/// Each answer that there is nothing counts, and none of those that do not say so.
#[tokio::test]
async fn each_kind_of_nothing_counts_against_a_clerk() {
    let town = Town::new(true);
    let stranger = stranger(1);
    let decide = |number: &str, more: Value| {
        let mut body = json!({
            "item": "senior-benefit", "division": "652701", "purpose": PURPOSE,
            "parties": { "applicant": { "holder_code_type": "111", "holder_code": number, "holder_name": "某人" } },
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let nameless = json!({ "applicant": { "holder_code_type": "111", "holder_code": stranger.as_str() } });
    let window = json!({
        "item": "senior-benefit", "division": "652701", "purpose": PURPOSE,
        "type.applicant": "111", "number.applicant": stranger.as_str(), "name.applicant": "某人",
    });
    let by_nobodys_leave =
        json!({ "agent_code_type": "111", "agent_code": stranger.as_str(), "delegation": 424_242 });
    let citizen = citizen();
    let (own, other) = (citizen.as_str(), self::stranger(2));
    let other = other.as_str();
    let place = town.place("/v1/licenses/{id}");
    let (license, none) = (place.as_str(), no_license(&town));
    let no_holder = with(&file_of("x"), "holder_code_type", "000");
    let (log, delegated) = ("/v1/holders/log", "/v1/authorizations/delegated");
    // No event has so large a number.
    let late = 424_242;
    let no_decision = format!("/v1/decisions/{late}?purpose=x");
    let all: &[Scope] = &Scope::ALL;
    let (served, roles) = with_clerks(&town, &[("窗口", police(), all)]);
    let role = &roles[0];
    let leave: Value = serde_json::from_slice(&town.body("POST", delegated, role)).unwrap();
    let no_leave = with(&with(&leave, "delegation", late), "idempotency_key", fresh());
    let cases = [
        ("GET", none.as_str(), Value::Null, 404, true),
        ("POST", "/v1/holders/licenses", file_of(other), 200, true),
        ("POST", "/file", file_of(other), 200, true),
        ("POST", log, file_of(other), 200, true),
        ("POST", log, file_with(other, "after", 0), 200, true),
        ("POST", log, file_with(own, "after", late), 200, true),
        ("POST", "/file", file_with(other, "log_after", "0"), 200, true),
        ("POST", "/file", file_with(own, "log_after", late.to_string()), 200, true),
        ("POST", delegated, no_leave, 403, true),
        ("POST", "/v1/decisions", decide(stranger.as_str(), json!({})), 200, true),
        ("POST", "/window", window, 200, true),
        ("POST", "/v1/decisions", decide(stranger.as_str(), json!({ "parties": nameless })), 422, true),
        ("POST", "/v1/decisions", decide(own, by_nobodys_leave), 403, true),
        ("GET", license, Value::Null, 200, false),
        ("POST", "/v1/holders/licenses", file_of(own), 200, false),
        ("POST", "/v1/holders/licenses", no_holder, 400, false),
        ("POST", "/v1/decisions", decide(own, json!({ "item": "none" })), 422, false),
        ("POST", log, file_with(own, "after", 0), 200, false),
        ("POST", "/file", file_with(own, "log_after", "0"), 200, false),
        ("POST", delegated, leave.clone(), 200, false),
        // Its code was made already: nothing was tried.
        ("POST", delegated, leave, 403, false),
        // Decisions are numbered one after the other: there is nothing to try.
        ("GET", no_decision.as_str(), Value::Null, 404, false),
        ("POST", "/decision", json!({ "number": late.to_string(), "purpose": PURPOSE }), 404, false),
    ];
    miss(&town, &served, role, CLERK_MISSES.burst - 1).await;
    for (method, place, body, status, counts) in cases {
        let (answer, counted) = at_the_edge(&town, &served, role, (method, place, &body)).await;
        let said = String::from_utf8_lossy(&answer.body);
        assert_eq!((answer.status.as_u16(), counted), (status, counts), "{place} {body}: {said}");
    }
    miss(&town, &served, role, 1).await;
    for (place, body) in [(log, file_with(own, "after", 0)), ("/file", file_with(own, "log_after", "0"))] {
        let answer = ask(&town, &served, role, "POST", place, &body).await;
        assert_eq!(answer.status.as_u16(), 429, "{place}");
    }
}

/// Whoever tries identifiers of licenses learns from a picture what they learn from a file.
#[tokio::test]
async fn a_face_that_is_not_there_counts_against_a_clerk() {
    let Some(font) = font() else { return };
    let town = Town::new(true);
    let all: &[Scope] = &Scope::ALL;
    let (served, roles) = with_clerks(&town, &[("窗口", police(), all)]);
    let served = Served { state: served.state.clone().with_font(font), ..served };
    let (role, card) = (&roles[0], &town.site.card.license_id);
    let next = card.next_version().unwrap();
    let (citizen, stranger) = (citizen(), stranger(1));
    let own = file_with(citizen.as_str(), "face", card.as_str());
    miss(&town, &served, role, CLERK_MISSES.burst - 1).await;
    for (body, status, counts) in [
        (own.clone(), 200, false),
        (file_with(citizen.as_str(), "face", next.as_str()), 404, true),
        // Of somebody else.
        (file_with(stranger.as_str(), "face", card.as_str()), 404, true),
        (file_with(citizen.as_str(), "face", "none"), 400, false),
    ] {
        let (answer, counted) = at_the_edge(&town, &served, role, ("POST", "/file", &body)).await;
        assert_eq!((answer.status.as_u16(), counted), (status, counts), "{body}");
    }
    miss(&town, &served, role, 1).await;
    let answer = ask(&town, &served, role, "POST", "/file", &own).await;
    assert_eq!(answer.status.as_u16(), 429);
}
