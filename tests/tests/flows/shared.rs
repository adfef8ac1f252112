//! What systems of agencies are given over HTTP: what the sharing list names and nothing else, once it is on the disk as a read.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use boyin::access::{AUTHORIZATION_SECONDS, MAX_AUTHORIZATIONS_OF_HOLDER};
use boyin::archive::{Change, Event, StatusChange};
use boyin::issue::{Draft, SigningKey};
use boyin::model::catalog::Catalog;
use boyin::model::credential::Envelope;
use boyin::model::id::{CitizenId, CreditCode, LicenseTypeCode};
use boyin::model::json::Reader;
use boyin::model::sharing::{SharingChange, SharingEntry, SharingScope};
use boyin::model::time::UnixTime;
use boyin::suite::{Algorithm, SystemRandom};
use boyin::{Home, Order, Receipt, Scope};
use boyin_service::MAX_CALL_BODY_BYTES;
use serde_json::{Value, json};

use crate::clients::{Answer, Served, client, token, words};
use crate::life::business;
use crate::office::{HOLDER, Prefecture, citizen, identity_card, market, now, order, passphrase, police};
use crate::signer::client_key;

pub(crate) const PURPOSE: &str = "个体工商户登记";

pub(crate) fn body_of(first: &str, division: &str) -> CreditCode {
    let eight = "MBTEXT07";
    let check = CreditCode::organization_check(eight).unwrap();
    CreditCode::compute(&format!("{first}{division}{eight}{check}")).unwrap()
}

pub(crate) fn bank() -> CreditCode {
    body_of("91", "652701")
}

pub(crate) fn prefecture_body() -> CreditCode {
    body_of("11", "652700")
}

pub(crate) fn type_of(key: &str) -> LicenseTypeCode {
    Catalog::embedded().find(key).unwrap().code
}

/// Signs what an agency is given of a license type from `from` on.
pub(crate) fn share(
    home: &Home,
    (agency, scope): (CreditCode, SharingScope),
    (item, key, fields): (&str, &str, &[&str]),
    from: UnixTime,
    until: Option<UnixTime>,
) {
    let mut fields: Vec<_> = fields.iter().map(|name| (*name).to_owned()).collect();
    fields.sort_unstable();
    let entry = SharingEntry {
        agency,
        agency_name: "用证机构".to_owned(),
        fields,
        from,
        item: item.to_owned(),
        item_name: "事项".to_owned(),
        license_type: type_of(key),
        scope,
        until,
    };
    announce(home, entry, None, from);
}

/// Signs a list with a further entry that counts from `valid_from` on.
pub(crate) fn announce(home: &Home, entry: SharingEntry, valid_from: Option<UnixTime>, at: UnixTime) {
    let change = SharingChange::Share { entry: Box::new(entry) };
    home.draft_list::<SharingEntry>(&change, &words(at)).unwrap();
    home.sign_list::<SharingEntry>(valid_from, None, &passphrase(), &words(at)).unwrap();
}

pub(crate) struct Site {
    pub(crate) prefecture: Prefecture,
    pub(crate) card: Receipt,
    /// Clients of the market office, and of a bank.
    pub(crate) keys: [SigningKey; 2],
}

const CARD_FIELDS: [&str; 4] = ["address", "holder_code", "holder_name", "valid_until"];

impl Site {
    /// The market office is given four fields of identity cards, the bank two, with the holder's leave.
    pub(crate) fn new() -> Self {
        let prefecture = Prefecture::new();
        let card = prefecture.issue();
        let keys = [client_key(Algorithm::Es256), client_key(Algorithm::Sm2)];
        let home = &prefecture.home;
        let departments = (market(), SharingScope::Departments);
        share(home, departments, ("item-1", "identity-card", &CARD_FIELDS), now(), None);
        let leave = (bank(), SharingScope::ThirdParty);
        share(home, leave, ("loan", "identity-card", &["holder_code", "holder_name"]), now(), None);
        for (id, agency, scope, key) in [
            ("market-1", market(), SharingScope::Departments, &keys[0]),
            ("bank-1", bank(), SharingScope::ThirdParty, &keys[1]),
        ] {
            home.add_client(client(id, agency, &[scope], key), &words(now())).unwrap();
        }
        prefecture.desk().log_lists(now()).unwrap();
        Self { prefecture, card, keys }
    }

    /// The desk tells the log which lists there are, and the service takes that over.
    pub(crate) fn log_lists(&self, served: &Served) {
        self.prefecture.desk().log_lists(now()).unwrap();
        served.lookup.refresh(now()).unwrap();
    }

    /// Details of the events about the holder of the card that a client has left.
    pub(crate) fn told(&self) -> Vec<String> {
        let desk = self.prefecture.desk();
        let events = desk.archive().events_of_holder(&citizen().into(), None, 100).unwrap();
        let shared = events.into_iter().filter(|event| event.what.code() == "license_shared");
        shared.map(|event| event.detail).collect()
    }

    pub(crate) fn serve(&self) -> (Served, String) {
        let served = Served::new(&self.prefecture);
        let token = token(&served.gate, "market-1", &self.keys[0], now());
        (served, token)
    }

    pub(crate) fn one(&self) -> Value {
        json!({ "license_id": self.card.license_id.as_str(), "item": "item-1", "purpose": PURPOSE })
    }

    fn events(&self) -> Vec<Event> {
        let desk = self.prefecture.desk();
        desk.archive().events_of(&self.card.license_id, None, 100).unwrap()
    }
}

pub(crate) fn of_holder(number: &str) -> Value {
    json!({
        "holder_code_type": "111", "holder_code": number, "license_type": type_of("identity-card").as_str(),
        "item": "item-1", "purpose": PURPOSE,
    })
}

pub(crate) fn with(body: &Value, member: &str, value: impl Into<Value>) -> Value {
    let mut body = body.clone();
    body[member] = value.into();
    body
}

pub(crate) fn refused(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_client_is_given_what_the_list_names_and_the_holder_sees_it() {
    let site = Site::new();
    let (served, token) = site.serve();
    let one = served.post("/v1/shared/licenses", &token, &site.one()).await;
    assert_eq!(one.status, StatusCode::OK, "{}", one.json());
    let expected = json!({
        "fields": {
            "address": "新疆博乐市青得里大街1号", "holder_code": citizen().as_str(), "holder_name": HOLDER,
            "valid_until": "2040-05-06",
        },
        "reason": null, "verdict": "passed",
    });
    assert_eq!(one.json(), expected);
    let file = served.post("/v1/shared/holders", &token, &of_holder(citizen().as_str())).await;
    assert_eq!(file.json(), json!({ "licenses": [expected] }));
    // Of what it asks for it is given what it may be given.
    let some = with(&site.one(), "fields", json!(["holder_name", "sex"]));
    let some = served.post("/v1/shared/licenses", &token, &some).await.json();
    assert_eq!(some["fields"], json!({ "holder_name": HOLDER }));
    drop(served);
    let events = site.events();
    let reads: Vec<_> = events.iter().filter(|event| event.what.code() == "license_shared").collect();
    assert_eq!(reads.len(), 3);
    for event in &reads {
        assert_eq!(
            (event.who.as_str(), event.office, event.why.as_str()),
            ("受理系统 (market-1)", market(), PURPOSE)
        );
    }
    assert_eq!(reads[0].detail, "item-1 given; address,holder_code,holder_name,valid_until");
    assert_eq!(reads[2].detail, "item-1 given; holder_name");
    let desk = site.prefecture.desk();
    let of_holder = desk.archive().events_of_holder(&citizen().into(), None, 100).unwrap();
    assert_eq!(of_holder.iter().filter(|event| event.what.code() == "license_shared").count(), 3);
}

#[tokio::test]
async fn where_reads_cannot_be_kept_nothing_is_given() {
    let site = Site::new();
    let (served, token) = site.serve();
    let reads = site.prefecture.home.dir().join("reads");
    let _ = std::fs::remove_dir_all(&reads);
    std::fs::write(&reads, "").unwrap();
    for (path, body) in [
        ("/v1/shared/licenses", site.one()),
        ("/v1/shared/holders", of_holder(citizen().as_str())),
        ("/v1/shared/holders", of_holder("11010519491231002X")),
        ("/v1/shared/checks", with(&of_holder(citizen().as_str()), "holder_name", HOLDER)),
    ] {
        let answer = served.post(path, &token, &body).await;
        assert_eq!(refused(&answer), (500, "internal".to_owned()), "{path}");
        assert_eq!(answer.json().as_object().unwrap().len(), 2);
    }
    // Nor is a code made of which the holder would see nothing; each time its place is given back.
    for _ in 0..=MAX_AUTHORIZATIONS_OF_HOLDER {
        let answer = code(&site, &served, |_| {}).await;
        assert_eq!(refused(&answer), (500, "internal".to_owned()));
    }
}

/// Names of what a license discloses.
pub(crate) fn disclosed(credential: &str) -> Vec<String> {
    let envelope = Envelope::open(credential.as_bytes(), Reader::Ours).unwrap();
    let read = envelope.read().unwrap();
    let mut names: Vec<_> = read.disclosures.iter().map(|one| one.name.to_string()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn the_signed_license_discloses_no_more_and_verifies_elsewhere() {
    let site = Site::new();
    let (served, token) = site.serve();
    let ask = with(&site.one(), "credential", true);
    let answer = served.post("/v1/shared/licenses", &token, &ask).await.json();
    let credential = answer["credential"].as_str().unwrap();
    assert_eq!(disclosed(credential), ["address", "holder_code", "holder_name"]);
    for hidden in ["女", "维吾尔族", "1985-03-15"] {
        assert!(!answer.to_string().contains(hidden), "{hidden}");
    }
    let report = site.prefecture.lookup().verify(credential.as_bytes(), now());
    assert_eq!(answer["report"], serde_json::from_slice::<Value>(&report.to_json()).unwrap());
    assert_eq!(answer["report"]["verdict"], "passed");
    let narrow = with(&ask, "fields", json!(["valid_until"]));
    let narrow = served.post("/v1/shared/licenses", &token, &narrow).await.json();
    assert!(disclosed(narrow["credential"].as_str().unwrap()).is_empty());
    assert_eq!(narrow["report"]["verdict"], "passed");
}

#[tokio::test]
async fn a_license_that_has_more_in_the_open_than_is_given_is_not_given_as_it_is_signed() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let form = business(body_of("91", "652701"), "2040-05-06");
    let shop = site.prefecture.desk().issue(&form, &order(market(), "shop"), &mut SystemRandom).unwrap();
    let key = client_key(Algorithm::Es256);
    home.add_client(client("police-1", police(), &[SharingScope::Departments], &key), &words(now())).unwrap();
    let departments = (police(), SharingScope::Departments);
    share(home, departments, ("item-1", "business-license", &["holder_name", "license_number"]), now(), None);
    let served = Served::new(&site.prefecture);
    site.log_lists(&served);
    let token = token(&served.gate, "police-1", &key, now());
    let ask = json!({
        "license_id": shop.license_id.as_str(), "item": "item-1", "purpose": PURPOSE, "credential": true,
    });
    let answer = served.post("/v1/shared/licenses", &token, &ask).await.json();
    assert_eq!(answer["fields"].as_object().unwrap().len(), 2, "{answer}");
    assert!(answer.get("credential").is_none() && answer.get("report").is_none());
    let needs: Vec<_> =
        answer["credential_needs"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(needs.contains(&"holder_code") && needs.contains(&"legal_representative"), "{needs:?}");
    // With all of that it is given.
    let all = [&needs[..], &["holder_name", "license_number"]].concat();
    share(home, departments, ("item-1", "business-license", &all), now(), None);
    site.log_lists(&served);
    let answer = served.post("/v1/shared/licenses", &token, &ask).await.json();
    assert_eq!(answer["credential"].as_str().unwrap().as_bytes(), shop.credential);
}

#[tokio::test]
async fn what_the_list_does_not_name_is_not_given() {
    let site = Site::new();
    let (served, token) = site.serve();
    let long = "x".repeat(201);
    for (member, value, code) in [
        ("item", json!("item-2"), "not_shared"),
        ("item", json!(""), "not_shared"),
        ("fields", json!(["sex"]), "fields_not_shared"),
        ("fields", json!([]), "fields_missing"),
        ("purpose", json!(" "), "purpose_missing"),
        ("purpose", json!("a\nb"), "purpose_missing"),
        ("purpose", json!(long), "purpose_missing"),
    ] {
        for (path, body) in
            [("/v1/shared/licenses", site.one()), ("/v1/shared/holders", of_holder(citizen().as_str()))]
        {
            let answer = served.post(path, &token, &with(&body, member, value.clone())).await;
            assert_eq!(refused(&answer), (403, code.to_owned()), "{path} {member}");
        }
    }
    for (key, code) in [("marriage-certificate", "not_shared"), ("business-license", "not_shared")] {
        let other = with(&of_holder(citizen().as_str()), "license_type", type_of(key).as_str());
        assert_eq!(refused(&served.post("/v1/shared/holders", &token, &other).await), (403, code.to_owned()));
    }
    let unknown = with(&of_holder(citizen().as_str()), "license_type", "11100000000013338W999");
    let unknown = served.post("/v1/shared/holders", &token, &unknown).await;
    assert_eq!(refused(&unknown), (403, "type_not_listed".to_owned()));
    for (member, value) in [("item", json!(1)), ("more", json!(1)), ("license_id", json!("none"))] {
        let answer = served.post("/v1/shared/licenses", &token, &with(&site.one(), member, value)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}");
    }
    // Not a word of it is in the log.
    drop(served);
    assert!(site.events().iter().all(|event| event.what.code() != "license_shared"));
}

#[tokio::test]
async fn each_kind_of_sharing_is_for_its_own() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let kinds = SharingScope::ALL;
    // It takes every list and every client in while it runs.
    let served = Served::new(&site.prefecture);
    let desk = site.prefecture.desk();
    for (number, agency) in [police(), market(), prefecture_body(), bank()].into_iter().enumerate() {
        for kind in kinds {
            share(home, (agency, kind), (kind.names().0, "identity-card", &["holder_name"]), now(), None);
            let other = kinds.into_iter().find(|other| *other != kind).unwrap();
            let not = format!("not-{}", kind.names().0);
            share(home, (agency, other), (&not, "identity-card", &["holder_name"]), now(), None);
            desk.log_lists(now()).unwrap();
            served.lookup.refresh(now()).unwrap();
            let key = client_key(Algorithm::Es256);
            let id = format!("client-{number}-{}", kind.names().0);
            home.add_client(client(&id, agency, &[kind], &key), &words(now())).unwrap();
            let token = token(&served.gate, &id, &key, now());
            let ask = |item: &str| with(&site.one(), "item", item);
            let answer = served.post("/v1/shared/licenses", &token, &ask(kind.names().0)).await;
            // Police issues; the market office is of the same division, the prefecture's body above, the bank none of them.
            let expected = match (number, kind) {
                (0, SharingScope::Internal)
                | (1 | 2, SharingScope::Departments)
                | (2, SharingScope::Levels) => (200, String::new()),
                (1..=3, SharingScope::ThirdParty) => (403, "not_authorized".to_owned()),
                _ => (403, "other_relation".to_owned()),
            };
            let found = if answer.status == StatusCode::OK { (200, String::new()) } else { refused(&answer) };
            assert_eq!(found, expected, "{id}");
            // An entry of another kind gives this client nothing.
            let answer = served.post("/v1/shared/licenses", &token, &ask(&not)).await;
            assert_eq!(refused(&answer), (403, "kind_not_granted".to_owned()), "{id}");
            // In a holder's file, what is not related is not there.
            let file = with(&of_holder(citizen().as_str()), "item", kind.names().0);
            let file = served.post("/v1/shared/holders", &token, &file).await;
            let there = file.json()["licenses"].as_array().map(Vec::len);
            let expected = match expected {
                (200, _) => Some(1),
                _ if kind == SharingScope::ThirdParty => None,
                _ => Some(0),
            };
            assert_eq!(there, expected, "{id}");
        }
    }
}

/// Makes a code for the holder of the card, as a clerk does.
pub(crate) async fn code(site: &Site, served: &Served, change: impl FnOnce(&mut Value)) -> Answer {
    let clerk =
        site.prefecture.home.grant_token("窗口", police(), &[Scope::HolderAuthorize], &mut SystemRandom);
    let clerk = clerk.unwrap();
    // The service knows tokens from its start on.
    let fresh = served.with_tokens(site.prefecture.home.tokens().unwrap());
    let mut body = json!({
        "holder_code_type": "111", "holder_code": citizen().as_str(), "agency": bank().as_str(),
        "license_type": type_of("identity-card").as_str(), "item": "loan", "purpose": "贷款",
    });
    change(&mut body);
    fresh.post("/v1/authorizations", clerk.reveal(), &body).await
}

#[tokio::test]
async fn a_third_party_is_given_something_by_the_holders_leave_only_and_once() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    let token = token(&served.gate, "bank-1", &site.keys[1], now());
    let ask = with(&with(&site.one(), "item", "loan"), "purpose", "贷款");
    let get = |body: Value| {
        let (served, token) = (&served, &token);
        async move { served.post("/v1/shared/licenses", token, &body).await }
    };
    let no = (403, "not_authorized".to_owned());
    assert_eq!(refused(&get(ask.clone()).await), no);
    assert_eq!(refused(&get(with(&ask, "authorization", "0000 0000 0000 0000")).await), no);
    let made = code(&site, &served, |_| {}).await.json();
    assert_eq!(made["expires_in"], AUTHORIZATION_SECONDS);
    let right = with(&ask, "authorization", made["code"].clone());
    let given = get(right.clone()).await;
    assert_eq!(given.json()["fields"], json!({ "holder_code": citizen().as_str(), "holder_name": HOLDER }));
    assert_eq!(refused(&get(right.clone()).await), no, "used up");
    // For another purpose, another item, another holder, by another agency; and each is used up by the try.
    let other_card = {
        let other = CitizenId::compute("65270119900101123").unwrap();
        let number = other.as_str().to_owned();
        move |body: &mut Value| body["holder_code"] = json!(number)
    };
    for (made, ask) in [
        (code(&site, &served, |body| body["purpose"] = json!("开户")).await, ask.clone()),
        (code(&site, &served, |body| body["item"] = json!("account")).await, ask.clone()),
        (code(&site, &served, |body| body["agency"] = json!(market().as_str())).await, ask.clone()),
        (code(&site, &served, other_card).await, ask.clone()),
    ] {
        let ask = with(&ask, "authorization", made.json()["code"].clone());
        assert_eq!(refused(&get(ask).await), no);
    }
    // Where no code is needed, a wrong one is wrong all the same.
    let market = crate::clients::token(&served.gate, "market-1", &site.keys[0], now());
    let wrong = with(&site.one(), "authorization", "0000 0000 0000 0000");
    assert_eq!(refused(&served.post("/v1/shared/licenses", &market, &wrong).await), no);
    drop(served);
    let events = site.events();
    let shared: Vec<_> = events.iter().filter(|event| event.what.code() == "license_shared").collect();
    assert_eq!(shared.len(), 1);
    assert_eq!(shared[0].detail, "loan given; authorized by 窗口; holder_code,holder_name");
    // The holder sees the codes too that were used up for something else; one of another holder is that one's.
    let wasted = format!(
        "loan code used up, nothing given, {}; authorized by 窗口; holder_code,holder_name",
        type_of("identity-card")
    );
    assert_eq!(site.told().iter().filter(|told| **told == wasted).count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_given_something_by_a_code() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    let token = token(&served.gate, "bank-1", &site.keys[1], now());
    let made = code(&site, &served, |_| {}).await.json()["code"].clone();
    let ask = with(&with(&with(&site.one(), "item", "loan"), "purpose", "贷款"), "authorization", made);
    let ask = || {
        let request = Request::post("/v1/shared/licenses");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        request.body(Body::from(ask.to_string())).unwrap()
    };
    let answers = served.at_once(ask).await;
    let given = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let refused = answers.iter().filter(|answer| answer.json()["code"] == "not_authorized").count();
    assert_eq!((given, refused), (1, answers.len() - 1));
    drop(served);
    let given = "loan given; authorized by 窗口; holder_code,holder_name".to_owned();
    let made = format!("loan code made for {}, {}", bank(), type_of("identity-card"));
    assert_eq!(site.told(), [made, given]);
}

#[tokio::test]
async fn a_holder_has_few_codes_at_a_time() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    for _ in 0..MAX_AUTHORIZATIONS_OF_HOLDER {
        assert_eq!(code(&site, &served, |_| {}).await.status, StatusCode::OK);
    }
    assert_eq!(refused(&code(&site, &served, |_| {}).await), (403, "too_many_codes".to_owned()));
    let long = code(&site, &served, |body| body["item"] = json!("a".repeat(65))).await;
    assert_eq!(long.status, StatusCode::BAD_REQUEST);
    for member in ["holder_code_type", "holder_code", "agency", "license_type", "item", "purpose"] {
        let wrong = code(&site, &served, |body| body[member] = json!(" ")).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{member}");
        assert!(!String::from_utf8_lossy(&wrong.body).contains(citizen().as_str()));
    }
}

#[tokio::test]
async fn a_stranger_and_what_is_not_there_look_the_same_where_nothing_is_given() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    let market = token(&served.gate, "market-1", &site.keys[0], now());
    let bank = token(&served.gate, "bank-1", &site.keys[1], now());
    let id = site.card.license_id.as_str();
    let unknown = site.card.license_id.next_version().unwrap();
    for (token, change) in [(&market, ("item", "item-2")), (&bank, ("item", "loan"))] {
        let one = with(&site.one(), change.0, change.1);
        let known = served.post("/v1/shared/licenses", token, &one).await;
        let absent =
            served.post("/v1/shared/licenses", token, &with(&one, "license_id", unknown.as_str())).await;
        assert_eq!((known.status, &known.body), (absent.status, &absent.body));
        let file = with(&of_holder(citizen().as_str()), change.0, change.1);
        let known = served.post("/v1/shared/holders", token, &file).await;
        let absent =
            served.post("/v1/shared/holders", token, &with(&file, "holder_code", "11010519491231002X")).await;
        assert_eq!((known.status, &known.body), (absent.status, &absent.body));
        assert!(known.status == StatusCode::FORBIDDEN && !String::from_utf8_lossy(&known.body).contains(id));
    }
    // Nobody is told that something was there and is erased.
    let desk = site.prefecture.desk();
    desk.purge(&site.card.license_id, "乙", "依法删除", &order(police(), "purge")).unwrap();
    drop(desk);
    served.lookup.refresh(now()).unwrap();
    let erased = served.post("/v1/shared/licenses", &market, &site.one()).await;
    let absent =
        served.post("/v1/shared/licenses", &market, &with(&site.one(), "license_id", unknown.as_str())).await;
    assert_eq!((erased.status, &erased.body), (StatusCode::NOT_FOUND, &absent.body));
}

#[tokio::test]
async fn statements_are_compared_for_whoever_is_given_what_is_compared() {
    let site = Site::new();
    let (served, token) = site.serve();
    let said = with(&of_holder(citizen().as_str()), "holder_name", HOLDER);
    let ask = |body: Value| {
        let (served, token) = (&served, &token);
        async move { served.post("/v1/shared/checks", token, &body).await }
    };
    assert_eq!(ask(said.clone()).await.json(), json!({ "result": "in_force" }));
    assert_eq!(ask(with(&said, "holder_name", "某某")).await.json(), json!({ "result": "partly_wrong" }));
    assert_eq!(
        ask(with(&said, "holder_code", "11010519491231002X")).await.json(),
        json!({ "result": "not_found" })
    );
    // Comparing tells: the number of the license is not among what is given.
    let number = with(&said, "license_number", citizen().as_str());
    assert_eq!(refused(&ask(number).await), (403, "fields_not_shared".to_owned()));
    let desk = site.prefecture.desk();
    let id = &site.card.license_id;
    for (change, result) in
        [(Change::Suspend, "suspended"), (Change::Restore, "in_force"), (Change::Revoke, "no_longer")]
    {
        let key = result;
        desk.change_status(id, &StatusChange::new(change, "测试"), &order(police(), key)).unwrap();
        served.lookup.refresh(now()).unwrap();
        assert_eq!(ask(said.clone()).await.json(), json!({ "result": result }));
    }
    drop(desk);
    drop(served);
    let compared = site.events().iter().filter(|event| event.detail.starts_with("item-1 compared; ")).count();
    assert_eq!(compared, 4);
    let wrong = format!("item-1 compared, none right, {}; holder_code,holder_name", type_of("identity-card"));
    assert_eq!(site.told().iter().filter(|told| **told == wrong).count(), 1);
}

#[tokio::test]
async fn an_event_says_what_was_done() {
    let site = Site::new();
    let (served, token) = site.serve();
    served.post("/v1/shared/licenses", &token, &with(&site.one(), "credential", true)).await;
    drop(served);
    let served = Served::new(&site.prefecture);
    let made =
        code(&site, &served, |body| body["license_type"] = json!(type_of("business-license").as_str())).await;
    let home = &site.prefecture.home;
    let leave = (bank(), SharingScope::ThirdParty);
    share(home, leave, ("loan", "business-license", &["holder_name"]), now(), None);
    site.log_lists(&served);
    let of_bank = crate::clients::token(&served.gate, "bank-1", &site.keys[1], now());
    let mut ask = with(&with(&of_holder(citizen().as_str()), "item", "loan"), "purpose", "贷款");
    ask["license_type"] = json!(type_of("business-license").as_str());
    ask["authorization"] = made.json()["code"].clone();
    let none = served.post("/v1/shared/holders", &of_bank, &ask).await;
    assert_eq!(none.json(), json!({ "licenses": [] }));
    drop(served);
    // Of one instant, and of two services: in whatever order they were taken in.
    let mut told = site.told();
    told.sort();
    let business = type_of("business-license");
    let given = "item-1 given with file; address,holder_code,holder_name,valid_until".to_owned();
    let made = format!("loan code made for {}, {business}", bank());
    let nothing = format!("loan nothing given, {business}; authorized by 窗口; holder_name");
    assert_eq!(told, [given, made, nothing]);
}

#[tokio::test]
async fn bodies_without_a_file_are_small() {
    let site = Site::new();
    let (served, token) = site.serve();
    let long = "x".repeat(MAX_CALL_BODY_BYTES);
    for path in [
        "/v1/shared/licenses",
        "/v1/shared/holders",
        "/v1/shared/checks",
        "/gbt36906/queryCertInfo",
        "/gbt36906/downloadUrl",
    ] {
        let answer = served.post(path, &token, &with(&site.one(), "purpose", long.as_str())).await;
        assert_eq!(refused(&answer), (413, "too_large".to_owned()), "{path}");
    }
    let made = code(&site, &served, |body| body["purpose"] = json!(long)).await;
    assert_eq!(refused(&made), (413, "too_large".to_owned()));
    let file = served.post("/gbt36906/verifyFile", &token, &json!({ "data": { "content": long } })).await;
    assert_eq!(file.json()["head"]["status"], "11");
}

#[tokio::test]
async fn no_is_not_said_while_another_license_of_the_type_may_be_in_force() {
    let site = Site::new();
    let [from, until] = ["2016-06-02", "2026-06-02"].map(str::to_owned);
    let next = Draft {
        issue_date: from.clone(),
        valid_from: Some(from),
        valid_until: Some(until),
        ..identity_card()
    };
    let order = Order { at: now().plus(1), ..order(police(), "card-2") };
    site.prefecture.desk().issue(&next, &order, &mut SystemRandom).unwrap();
    let (served, _) = site.serve();
    // The newer card has ended, and so have the status lists.
    served.wait(3 * 86_400);
    let token = crate::clients::token(&served.gate, "market-1", &site.keys[0], now().plus(3 * 86_400));
    let file = served.post("/v1/shared/holders", &token, &of_holder(citizen().as_str())).await.json();
    let verdicts: Vec<_> = file["licenses"].as_array().unwrap().iter().map(|one| &one["verdict"]).collect();
    assert_eq!(verdicts, ["failed", "indeterminate"]);
    let said = with(&of_holder(citizen().as_str()), "holder_name", HOLDER);
    let answer = served.post("/v1/shared/checks", &token, &said).await;
    assert_eq!(answer.json(), json!({ "result": "undecided" }));
}

#[tokio::test]
async fn what_cannot_be_said_now_is_not_said() {
    let site = Site::new();
    let (served, _) = site.serve();
    // The status lists have ended.
    served.wait(3 * 86_400);
    let token = crate::clients::token(&served.gate, "market-1", &site.keys[0], now().plus(3 * 86_400));
    let said = with(&of_holder(citizen().as_str()), "holder_name", HOLDER);
    let stale = served.post("/v1/shared/checks", &token, &said).await;
    assert_eq!(stale.json(), json!({ "result": "undecided" }));
    let one = served.post("/v1/shared/licenses", &token, &site.one()).await.json();
    assert_eq!((&one["verdict"], one["reason"].is_string()), (&json!("indeterminate"), true));
}
