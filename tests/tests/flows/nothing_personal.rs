//! Every call, right and wrong, by everybody who may make it; then nothing of anybody's stands in the log or in the metrics.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Request, header};
use boyin::Scope;
use boyin::access::{AUTHORIZATION_SECONDS, ClientScope};
use boyin::model::b64;
use boyin::model::time::UnixTime;
use boyin_service::calls;
use serde_json::{Value, json};

use crate::clients::{claims, form, signed, token};
use crate::delegation::{agent, body_of};
use crate::log::Log;
use crate::matrix::{MATRIX, expected};
use crate::office::{HOLDER, citizen};
use crate::shared::PURPOSE;
use crate::town::{Role, Town, Who};
use crate::window::person;

const ADDRESS: &str = "新疆博乐市青得里大街1号";
/// What for, with a name in it: the forms ask for none, and nobody can keep one from being typed.
const CAUSE: &str = "为阿依古丽办理登记";

fn percent(value: &str, upper: bool) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte if upper => format!("%{byte:02X}"),
        byte => format!("%{byte:02x}"),
    };
    value.bytes().map(one).collect()
}

/// The spellings in which a value could stand in a text: as it is, percent-encoded, in hexadecimal digits, within base64 of whatever
/// it stands in, in both alphabets, and its digits alone.
fn spellings(value: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::from([value.to_owned(), percent(value, true), percent(value, false)]);
    found.insert(value.bytes().map(|byte| format!("{byte:02x}")).collect());
    for before in 0..3 {
        let bytes = [&[0; 3][..before], value.as_bytes()].concat();
        // The characters that depend on nothing but the value.
        let text = b64::encode(&bytes);
        let text = &text[[0, 2, 3][before]..bytes.len() / 3 * 4];
        found.extend([text.to_owned(), text.replace('-', "+").replace('_', "/")]);
    }
    // Of what is a number: the digits of a token stand somewhere by chance.
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 12 && 2 * digits.len() > value.chars().count() {
        found.insert(digits);
    }
    found
}

/// Which spellings of these values stand in a text, also if its digits stand in groups.
fn found_in(text: &str, values: &[String]) -> Vec<String> {
    let close: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let spellings: BTreeSet<_> = values.iter().flat_map(|value| spellings(value)).collect();
    assert!(spellings.iter().all(|spelling| spelling.len() >= 8), "nothing is found by chance");
    let stands = |spelling: &String| text.contains(spelling) || close.contains(spelling);
    spellings.into_iter().filter(stands).collect()
}

/// What nobody is to find: of people, of those who ask, and what opens something.
fn personal(town: &Town) -> Vec<String> {
    let card = String::from_utf8(town.site.card.credential.clone()).unwrap();
    let mut values = vec![
        citizen().as_str().to_owned(),
        agent().as_str().to_owned(),
        crate::window::stranger(1).as_str().to_owned(),
        HOLDER.to_owned(),
        "1985-03-15".to_owned(),
        "维吾尔族".to_owned(),
        ADDRESS.to_owned(),
        PURPOSE.to_owned(),
        CAUSE.to_owned(),
        "key-of-an-act".to_owned(),
        card[..64].to_owned(),
    ];
    // Each disclosure has a name or a value of the holder's in it.
    values.extend(card.split('~').skip(1).filter(|part| !part.is_empty()).map(str::to_owned));
    values.extend(
        town.roles.iter().filter(|role| role.who != Who::Pretender).filter_map(|role| role.token.clone()),
    );
    values
}

/// Requests that no call should take, each with something personal in it, where a caller may put it.
fn wrong(town: &Town, method: &str, path: &str, role: &Role) -> Vec<Request<Body>> {
    let (number, place) = (citizen(), town.place(path));
    let right = String::from_utf8(town.body(method, path, role)).unwrap();
    let half: String = right.chars().take(right.chars().count() * 2 / 3).collect();
    let bodies = [
        half,
        number.as_str().to_owned(),
        json!({ "holder_code": number.as_str(), "surprise": HOLDER }).to_string(),
        json!({ (number.as_str()): CAUSE }).to_string(),
        right.replace("\"111\"", &format!("\"{}\"", number.as_str())),
        right.replace(number.as_str(), HOLDER),
        right.replace(number.as_str(), crate::window::stranger(1).as_str()),
        right.replace(PURPOSE, CAUSE),
        format!("BY1:{}", number.as_str()),
    ];
    let mut requests: Vec<_> = bodies
        .into_iter()
        .filter(|_| method == "POST")
        .map(|body| town.request(method, &place, role, body.into_bytes()))
        .collect();
    let bare = place.split('?').next().unwrap();
    let query = format!("{bare}?purpose={}&item={}", percent(CAUSE, true), number.as_str());
    let parts = path.split('/').map(|part| if part.starts_with('{') { number.as_str() } else { part });
    let named = parts.collect::<Vec<_>>().join("/");
    for place in [
        query,
        format!("{named}?purpose=x&policy={}", number.as_str()),
        format!("{named}/{}", number.as_str()),
    ] {
        requests.push(town.request(method, &place, role, town.body(method, path, role)));
    }
    // Any word may be a method.
    requests.push(town.request(number.as_str(), &place, role, Vec::new()));
    requests
}

/// Lets time pass, in which the service follows the archive as it always does.
fn later(town: &Town, seconds: u64) -> UnixTime {
    town.served.wait(seconds);
    let at = UnixTime::new(town.served.clock.load(Ordering::Relaxed)).unwrap();
    town.served.lookup.refresh(at).unwrap();
    at
}

/// Fetches a file at a URL that is good once; gives the ticket.
async fn fetched(town: &Town) -> String {
    let role = town.role(Who::Client(ClientScope::File));
    let ask =
        town.request("POST", "/gbt36906/downloadUrl", role, town.body("POST", "/gbt36906/downloadUrl", role));
    let told = town.served.send(ask).await.json();
    let url = told["data"]["url"].as_str().unwrap_or_else(|| panic!("{told}"));
    let ticket = url.rsplit('/').next().unwrap().to_owned();
    let place = format!("/v1/shared/files/{ticket}");
    assert_eq!(town.served.send(town.request("GET", &place, role, Vec::new())).await.status.as_u16(), 200);
    ticket
}

/// Sends everything; gives what came back that opens something.
async fn everything(town: &Town, beside_a_desk: bool) -> Vec<String> {
    let ticket = fetched(town).await;
    for (method, path, of, alone, beside) in MATRIX {
        let answer = if beside_a_desk { *beside } else { *alone };
        // Those whom it answers, somebody whom it does not, and nobody.
        let may = town.roles.iter().filter(|role| expected(*of, answer, role.who) == answer).take(2);
        let others = town.roles.iter().filter(|role| expected(*of, answer, role.who) != answer).take(2);
        for role in may.chain(others) {
            let place = town.place(path);
            town.served.send(town.request(method, &place, role, town.body(method, path, role))).await;
            for request in wrong(town, method, path, role) {
                town.served.send(request).await;
            }
        }
        // For the limits of clients; not so long that their tokens end.
        later(town, 5);
    }
    let mut told = codes_and_tokens(town).await;
    told.push(ticket);
    told
}

/// An access token for an assertion, and a code of a holder that a client uses, once in vain.
async fn codes_and_tokens(town: &Town) -> Vec<String> {
    let (served, key) = (&town.served, &town.site.keys[0]);
    // The codes that were made before have ended.
    let at = later(town, AUTHORIZATION_SECONDS);
    let assertion = signed(key, None, &claims(&served.gate, "market-1", at));
    let mut told = vec![String::from_utf8(assertion.clone()).unwrap()];
    for _ in 0..2 {
        let ask =
            Request::post("/v1/token").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = served.send(ask.body(Body::from(form(&assertion))).unwrap()).await;
        told.extend(answer.json()["access_token"].as_str().map(str::to_owned));
    }
    assert_eq!(told.len(), 2, "an assertion is good once");
    let clerk = town.role(Who::Clerk(Scope::HolderAuthorize)).token.as_ref().unwrap();
    let made = served.post("/v1/authorizations", clerk, &body_of(&person(&citizen()))).await.json();
    let code = made["code"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let bank = token(&served.gate, "bank-1", &town.site.keys[1], at);
    let id = town.site.card.license_id.as_str();
    for code in [&code, &HOLDER.to_owned()] {
        let ask: Value =
            json!({ "license_id": id, "item": "loan", "purpose": "贷款", "authorization": code });
        let answer = served.post("/v1/shared/licenses", &bank, &ask).await;
        assert_eq!(answer.status.as_u16(), if code == HOLDER { 403 } else { 200 }, "{}", answer.json());
    }
    told.extend([code, bank]);
    told
}

#[test]
fn nothing_personal_is_in_the_log_or_in_the_metrics_whatever_is_asked() {
    for beside_a_desk in [false, true] {
        let log = Log::default();
        let (values, metrics) = log.during(async {
            let town = Town::new(beside_a_desk);
            let told = everything(&town, beside_a_desk).await;
            ([personal(&town), told].concat(), town.served.metrics().await)
        });
        // It was broad: each call was answered, and the log tells of it.
        let log = log.text();
        for (method, path) in calls() {
            let fixed = !path.starts_with("/gbt36906/") || path.ends_with("/verifyFile");
            let route = if fixed { path } else { "/gbt36906/{operation}".to_owned() };
            let answered = |line: &str| {
                line.starts_with("boyin_http_requests_total{")
                    && [format!("method=\"{method}\""), format!("route=\"{route}\"")]
                        .iter()
                        .all(|part| line.contains(part))
                    && (!beside_a_desk || line.contains("status=\"200\""))
            };
            assert!(metrics.lines().any(answered), "{method} {route} in:\n{metrics}");
            assert!(log.contains(&format!("route={route:?}")), "{route}");
        }
        for words in
            ["answered", "shared", "license read", "authorization made", "token given", "no token given"]
        {
            assert!(log.contains(words), "{words}");
        }
        assert_eq!(found_in(&log, &values), [""; 0], "in the log");
        assert_eq!(found_in(&metrics, &values), [""; 0], "in the metrics");
    }
}

/// Else nothing would be found because nothing can be.
#[test]
fn what_is_planted_in_a_log_is_found() {
    let number = citizen().as_str().to_owned();
    let values = [number.clone(), HOLDER.to_owned()];
    for value in &values {
        for before in 0..4 {
            let document = format!("{}{value} and more", "x".repeat(before));
            let padded = b64::encode_padded(document.as_bytes());
            for text in [
                b64::encode(document.as_bytes()),
                padded,
                percent(&document, true),
                percent(&document, false),
            ] {
                assert!(!found_in(&text, &values).is_empty(), "{text}");
            }
        }
        let bytes: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!found_in(&bytes, &values).is_empty());
    }
    let groups = format!("{} {}-{}", &number[..6], &number[6..14], &number[14..]);
    assert!(!found_in(&groups, &values).is_empty(), "{groups}");
    assert_eq!(found_in("652701 of nobody, 阿依", &values), [""; 0]);
    // From this thread, from one that may block, in a span and in an event.
    for from in 0..4 {
        let log = Log::default();
        log.during(async {
            let number = number.clone();
            match from {
                0 => tracing::trace!(number, "planted"),
                1 => drop(tracing::info_span!("planted", number)),
                2 => tokio::task::spawn_blocking(move || tracing::debug!("planted {number}")).await.unwrap(),
                _ => tracing::error!(number = ?[number], "planted"),
            }
        });
        assert!(!found_in(&log.text(), &values).is_empty(), "{from}: {}", log.text());
    }
}
