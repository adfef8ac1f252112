//! Delegations: whom a holder lets act is let in, once for each use, and nobody else for anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use boyin::access::{AUTHORIZATION_SECONDS, MAX_AUTHORIZATIONS_OF_CLERK, MAX_AUTHORIZATIONS_OF_HOLDER};
use boyin::archive::{EventKind, Outcome, Reader};
use boyin::delegation::{
    DelegationError, DelegationFault, DelegationRefusal, DelegationWish, MAX_DELEGATIONS_OF_HOLDER,
};
use boyin::exempt::{Channel, CommitmentStanding, Role};
use boyin::model::id::{CitizenId, DivisionCode, HolderCode, LicenseTypeCode};
use boyin::model::time::UnixTime;
use boyin::suite::SystemRandom;
use boyin::window::{ExemptionAnswer, WindowParty, WindowQuestion};
use boyin::{Desk, Order, Scope};
use serde_json::{Value, json};

use crate::clients::{Served, token};
use crate::office::{HOLDER, Prefecture, citizen, now, order, police};
use crate::shared::{Site, bank, of_holder, refused, type_of, with};

const ITEM: &str = "senior-benefit";
const DAY: u64 = 86_400;
const PATH: &str = "/v1/authorizations/delegated";

fn holder() -> HolderCode {
    citizen().into()
}

fn person(first17: &str) -> HolderCode {
    CitizenId::compute(first17).unwrap().into()
}

pub(crate) fn agent() -> HolderCode {
    person("65270119900101001")
}

pub(crate) fn wish() -> DelegationWish {
    DelegationWish {
        holder: holder(),
        agent: agent(),
        license_types: BTreeSet::from([type_of("identity-card")]),
        items: BTreeSet::from([ITEM.to_owned()]),
        until: now().plus(DAY),
        uses: 2,
    }
}

fn grant(desk: &Desk, wish: &DelegationWish, key: &str) -> u64 {
    desk.grant_delegation(wish, &order(police(), key)).unwrap().event
}

fn question() -> WindowQuestion {
    WindowQuestion {
        matter: ITEM.to_owned(),
        division: DivisionCode::parse("652701").unwrap(),
        situation: BTreeMap::new(),
        parties: BTreeMap::from([(Role::Applicant, WindowParty { holder: holder(), name: None })]),
        form: BTreeMap::new(),
        commitment: CommitmentStanding::Open,
        channel: Channel::Window,
    }
}

fn decide(desk: &Desk, number: u64, order: &Order) -> Result<ExemptionAnswer, DelegationError> {
    desk.decide_exemption_for_agent(&question(), &agent(), number, order)
}

fn refusal<T: std::fmt::Debug>(done: Result<T, DelegationError>) -> DelegationRefusal {
    match done {
        Err(DelegationError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn fault(done: Result<Outcome, DelegationError>) -> Option<DelegationFault> {
    match done {
        Ok(_) => None,
        Err(DelegationError::Terms(fault)) => Some(fault),
        Err(error) => panic!("{error}"),
    }
}

/// What the events of a kind of the holder's file say, and what for.
fn told(desk: &Desk, what: EventKind) -> Vec<(String, String)> {
    let events = desk.archive().events_of_holder(&holder(), None, 1000).unwrap();
    events.into_iter().filter(|event| event.what == what).map(|event| (event.detail, event.why)).collect()
}

fn at(order: Order, at: UnixTime) -> Order {
    Order { at, ..order }
}

#[test]
fn whom_the_holder_lets_act_gets_a_decision_and_the_holder_sees_it() {
    let prefecture = Prefecture::new();
    prefecture.issue();
    let desk = prefecture.desk();
    let number = grant(&desk, &wish(), "grant");
    assert_eq!(grant(&desk, &wish(), "grant"), number, "the same act");
    let later = DelegationWish { until: now().plus(DAY + 7), ..wish() };
    let again = desk.grant_delegation(&later, &at(order(police(), "grant"), now().plus(7))).unwrap();
    assert_eq!((again.event, again.replayed), (number, true), "the same act, seconds later");
    assert_eq!(desk.delegation_end(number).unwrap(), Some(now().plus(DAY)));
    assert_eq!(desk.delegation_end(number + 1).unwrap(), None);
    let first = decide(&desk, number, &order(police(), "decide")).unwrap();
    assert!(!first.replayed);
    let again = decide(&desk, number, &order(police(), "decide")).unwrap();
    assert_eq!((again.event, again.replayed), (first.event, true), "the same order is the same use");
    let for_whom = format!("办理证照（委托 {number}）");
    assert_eq!(told(&desk, EventKind::DelegationUsed), [(format!("{number} window"), "办理证照".to_owned())]);
    assert!(told(&desk, EventKind::HolderRead).iter().all(|(_, why)| *why == for_whom));
    assert_eq!(told(&desk, EventKind::HolderRead).len(), 1);
    let decided = desk.archive().events(Some(first.event - 1), 1).unwrap().remove(0);
    assert_eq!((decided.what, decided.why), (EventKind::ExemptionDecided, for_whom));
    // Nobody finds in the log who may act.
    let events = desk.archive().events(None, 1000).unwrap();
    assert!(events.iter().all(|event| !event.detail.contains(agent().as_str())));
    drop(desk);
    let reader = Reader::new("窗口一号", police(), "查询委托").unwrap();
    let lookup = prefecture.lookup();
    let found = lookup.delegations(&holder(), &reader, now()).unwrap();
    let [delegation] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((delegation.number, delegation.used, delegation.uses), (number, 1, 2));
    assert!(delegation.is_open(now()) && !delegation.is_open(now().plus(DAY)));
    assert_eq!(delegation.purpose, "办理证照");
    assert!(lookup.delegations(&agent(), &reader, now()).unwrap().is_empty());
    drop(lookup);
    assert_eq!(told(&prefecture.desk(), EventKind::HolderLogRead).len(), 1, "who looked is seen, too");
}

#[test]
fn each_refusal_has_a_case_and_nothing_is_read_then() {
    let prefecture = Prefecture::new();
    prefecture.issue();
    let desk = prefecture.desk();
    let number = grant(&desk, &wish(), "grant");
    let ask = |number, key: &str| refusal(decide(&desk, number, &order(police(), key)));
    assert_eq!(ask(number + 1000, "none"), DelegationRefusal::None);
    // Of somebody else's, to the same person.
    let others = DelegationWish { holder: person("65270119900101123"), ..wish() };
    let others = grant(&desk, &others, "of another");
    assert_eq!(ask(others, "of another holder"), DelegationRefusal::None);
    let stranger = person("65270119900101123");
    let by_other =
        desk.decide_exemption_for_agent(&question(), &stranger, number, &order(police(), "stranger"));
    assert_eq!(refusal(by_other), DelegationRefusal::OtherAgent);
    let end = at(order(police(), "ended"), now().plus(DAY));
    assert_eq!(refusal(decide(&desk, number, &end)), DelegationRefusal::Ended);
    let other_type =
        DelegationWish { license_types: BTreeSet::from([type_of("business-license")]), ..wish() };
    let other_type = grant(&desk, &other_type, "other type");
    assert_eq!(ask(other_type, "type"), DelegationRefusal::OtherType);
    let other_item = DelegationWish { items: BTreeSet::from(["loan".to_owned()]), ..wish() };
    let other_item = grant(&desk, &other_item, "other item");
    assert_eq!(ask(other_item, "item"), DelegationRefusal::OtherItem);
    let other_purpose = Order { purpose: "别的".to_owned(), ..order(police(), "purpose") };
    assert_eq!(refusal(decide(&desk, number, &other_purpose)), DelegationRefusal::OtherPurpose);
    let revoked = grant(&desk, &wish(), "to revoke");
    desk.revoke_delegation(&holder(), revoked, &order(police(), "revoke")).unwrap();
    assert_eq!(ask(revoked, "revoked"), DelegationRefusal::Revoked);
    assert!(told(&desk, EventKind::HolderRead).is_empty(), "nothing was read");
    assert!(told(&desk, EventKind::DelegationUsed).is_empty(), "and nothing used");
    // An agent whom the question names has to be the one who acts.
    let mut named = question();
    named.parties.insert(Role::Agent, WindowParty { holder: stranger, name: Some("甲".to_owned()) });
    let named = desk.decide_exemption_for_agent(&named, &agent(), number, &order(police(), "named"));
    assert_eq!(refusal(named), DelegationRefusal::OtherAgent);
    for key in ["first", "second"] {
        decide(&desk, number, &order(police(), key)).unwrap();
    }
    assert_eq!(ask(number, "third"), DelegationRefusal::UsedUp);
    // What was done stays done.
    assert!(decide(&desk, number, &order(police(), "first")).unwrap().replayed);
}

/// An item catalog in which the holder is asked for an identity card as applicant, and for a title as the legal representative.
fn ask_in_two_roles(prefecture: &Prefecture) {
    let text = boyin::exempt::item::EMBEDDED.replace("version = \"2026.1\"", "version = \"own\"");
    let (before, item) = text.split_once("key = \"food-permit\"\n").unwrap();
    let item = item.replacen("parties = [", "parties = [\"applicant\", ", 1);
    let item = item.replacen("materials = [", "materials = [\n    { use = \"identity-card-applicant\" },", 1);
    let own = format!("{before}key = \"food-permit\"\n{item}");
    std::fs::write(prefecture.home.dir().join("items.toml"), own).unwrap();
}

#[test]
fn what_is_asked_of_the_holder_in_another_role_has_to_be_in_the_delegation_too() {
    let prefecture = Prefecture::new();
    prefecture.issue();
    ask_in_two_roles(&prefecture);
    let desk = prefecture.desk();
    let party = |holder: HolderCode, name: &str| WindowParty { holder, name: Some(name.to_owned()) };
    let answer = |question: &str, answer: &str| (question.to_owned(), answer.to_owned());
    let asked = WindowQuestion {
        matter: "food-permit".to_owned(),
        situation: BTreeMap::from([answer("premises", "owned"), answer("food-application", "new")]),
        parties: BTreeMap::from([
            (Role::Applicant, party(holder(), HOLDER)),
            (Role::Enterprise, party(bank().into(), "某某餐饮店")),
            (Role::LegalRepresentative, party(holder(), HOLDER)),
        ]),
        ..question()
    };
    let decide = |types: &[&str]| {
        let license_types = types.iter().map(|key| type_of(key)).collect();
        let items = BTreeSet::from(["food-permit".to_owned()]);
        let key = types.join(" ");
        let number = grant(&desk, &DelegationWish { license_types, items, ..wish() }, &key);
        desk.decide_exemption_for_agent(&asked, &agent(), number, &order(police(), &format!("decide {key}")))
    };
    for one in ["identity-card", "real-estate-title"] {
        assert_eq!(refusal(decide(&[one])), DelegationRefusal::OtherType, "{one}");
    }
    assert!(told(&desk, EventKind::HolderRead).is_empty(), "nothing was read");
    decide(&["identity-card", "real-estate-title"]).unwrap();
}

#[test]
fn the_item_may_be_named_by_its_code() {
    let prefecture = Prefecture::new();
    prefecture.issue();
    let desk = prefecture.desk();
    let code = "11652700DEMX00081E3990000014000".to_owned();
    let number = grant(&desk, &DelegationWish { items: BTreeSet::from([code]), ..wish() }, "grant");
    decide(&desk, number, &order(police(), "decide")).unwrap();
}

#[test]
fn a_delegation_is_revoked_once_and_by_its_holder() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let number = grant(&desk, &wish(), "grant");
    let revoke =
        |holder: &HolderCode, key: &str| desk.revoke_delegation(holder, number, &order(police(), key));
    assert_eq!(refusal(revoke(&agent(), "by the agent")), DelegationRefusal::None);
    let done = revoke(&holder(), "revoke").unwrap();
    assert_eq!(revoke(&holder(), "revoke").unwrap().event, done.event, "the same act");
    assert_eq!(refusal(revoke(&holder(), "again")), DelegationRefusal::Revoked);
    assert_eq!(told(&desk, EventKind::DelegationRevoked).len(), 1);
}

#[test]
fn terms_are_checked_at_the_desk() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let asked = |wish: &DelegationWish, key: &str| fault(desk.grant_delegation(wish, &order(police(), key)));
    let unknown = LicenseTypeCode::parse("11100000000013338W999").unwrap();
    let unknown = DelegationWish { license_types: BTreeSet::from([unknown]), ..wish() };
    assert_eq!(asked(&unknown, "type"), Some(DelegationFault::Types));
    assert_eq!(asked(&DelegationWish { uses: 0, ..wish() }, "uses"), Some(DelegationFault::Uses));
    for number in 0..MAX_DELEGATIONS_OF_HOLDER {
        assert_eq!(asked(&wish(), &number.to_string()), None);
    }
    assert_eq!(asked(&wish(), "one more"), Some(DelegationFault::TooMany));
    // One that has ended makes room.
    let later = at(order(police(), "later"), now().plus(DAY));
    let wish = DelegationWish { until: now().plus(2 * DAY), ..wish() };
    assert_eq!(fault(desk.grant_delegation(&wish, &later)), None);
}

pub(crate) fn body(number: u64, key: &str) -> Value {
    json!({
        "holder_code_type": "111", "holder_code": citizen().as_str(), "agent_code_type": "111",
        "agent_code": agent().as_str(), "delegation": number, "agency": bank().as_str(),
        "license_type": type_of("identity-card").as_str(), "item": "loan", "purpose": "贷款",
        "idempotency_key": key,
    })
}

/// The token of somebody who makes codes.
fn clerk(site: &Site, name: &str) -> String {
    let token =
        site.prefecture.home.grant_token(name, police(), &[Scope::HolderAuthorize], &mut SystemRandom);
    token.unwrap().reveal().to_owned()
}

/// Lets the agent have codes for the bank.
pub(crate) fn grant_of_loan(desk: &Desk, uses: u32) -> u64 {
    let of_loan = DelegationWish { items: BTreeSet::from(["loan".to_owned()]), uses, ..wish() };
    let granting = Order { purpose: "贷款".to_owned(), ..order(police(), "grant") };
    desk.grant_delegation(&of_loan, &granting).unwrap().event
}

/// The question of a clerk before whom the holder is.
pub(crate) fn body_of(holder: &HolderCode) -> Value {
    json!({
        "holder_code_type": "111", "holder_code": holder.as_str(), "agency": bank().as_str(),
        "license_type": type_of("identity-card").as_str(), "item": "loan", "purpose": "贷款",
    })
}

/// The service beside a desk.
fn serve(site: &Site, desk: &Arc<Desk>) -> Served {
    let served = Served::new(&site.prefecture);
    Served { state: served.state.clone().with_desk(Arc::clone(desk)), ..served }
}

#[tokio::test]
async fn a_code_for_which_there_is_no_room_spends_no_use() {
    let site = Site::new();
    let clerk = clerk(&site, "一号窗口");
    let desk = Arc::new(site.prefecture.desk());
    let number = grant_of_loan(&desk, 1);
    let served = serve(&site, &desk);
    for _ in 0..MAX_AUTHORIZATIONS_OF_HOLDER {
        let made = served.post("/v1/authorizations", &clerk, &body_of(&holder())).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.json());
    }
    let full = served.post(PATH, &clerk, &body(number, "1")).await;
    assert_eq!(refused(&full), (403, "too_many_codes".to_owned()));
    assert!(told(&desk, EventKind::DelegationUsed).is_empty(), "the only use is left");
    served.wait(AUTHORIZATION_SECONDS);
    let made = served.post(PATH, &clerk, &body(number, "1")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json());
    assert_eq!(told(&desk, EventKind::DelegationUsed).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_codes_at_once_for_one_place_one_spends_a_use() {
    let site = Site::new();
    let clerk = clerk(&site, "一号窗口");
    let desk = Arc::new(site.prefecture.desk());
    let number = grant_of_loan(&desk, 100);
    let served = serve(&site, &desk);
    for _ in 1..MAX_AUTHORIZATIONS_OF_HOLDER {
        let made = served.post("/v1/authorizations", &clerk, &body_of(&holder())).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.json());
    }
    let keys = AtomicU64::new(0);
    let ask = || {
        let asked = body(number, &keys.fetch_add(1, Ordering::Relaxed).to_string());
        let request = Request::post(PATH).header(header::AUTHORIZATION, format!("Bearer {clerk}"));
        request.body(Body::from(asked.to_string())).unwrap()
    };
    let answers = served.at_once(ask).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let full = answers.iter().filter(|answer| answer.json()["code"] == "too_many_codes").count();
    assert_eq!((made, full), (1, answers.len() - 1));
    assert_eq!(told(&desk, EventKind::DelegationUsed).len(), 1, "what was refused spent none");
}

#[tokio::test]
async fn a_refused_use_gives_the_place_back() {
    let site = Site::new();
    let clerk = clerk(&site, "一号窗口");
    let desk = Arc::new(site.prefecture.desk());
    let number = grant_of_loan(&desk, 1);
    let served = serve(&site, &desk);
    for key in 0..=MAX_AUTHORIZATIONS_OF_HOLDER {
        let refusal = served.post(PATH, &clerk, &body(number + 1000, &key.to_string())).await;
        assert_eq!(refused(&refusal), (403, "delegation_none".to_owned()));
    }
    let made = served.post(PATH, &clerk, &body(number, "good")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json());
}

#[tokio::test]
async fn a_code_of_which_nothing_came_and_nobody_is_told_is_still_good() {
    let site = Site::new();
    let clerk = clerk(&site, "窗口");
    let desk = Arc::new(site.prefecture.desk());
    let number = grant_of_loan(&desk, 1);
    let served = serve(&site, &desk);
    let access = token(&served.gate, "bank-1", &site.keys[1], now());
    // The desk tells of it: no file of reads is begun yet.
    let made = served.post(PATH, &clerk, &body(number, "1")).await.json()["code"].clone();
    let ask = json!({ "license_id": site.card.license_id.as_str(), "item": "loan", "purpose": "贷款" });
    let file = with(&with(&of_holder(citizen().as_str()), "item", "loan"), "purpose", "贷款");
    let right = with(&ask, "authorization", made.clone());
    let reads = site.prefecture.home.dir().join("reads");
    let _ = std::fs::remove_dir_all(&reads);
    std::fs::write(&reads, "").unwrap();
    // No event can be left, whether the code is right or for another purpose or holder.
    for (path, body) in [
        ("/v1/shared/licenses", right.clone()),
        ("/v1/shared/licenses", with(&right, "purpose", "开户")),
        ("/v1/shared/holders", with(&file, "authorization", made.clone())),
        ("/v1/shared/checks", with(&with(&file, "holder_code", "11010519491231002X"), "authorization", made)),
    ] {
        let answer = served.post(path, &access, &body).await;
        assert_eq!(refused(&answer), (500, "internal".to_owned()), "{path}");
    }
    std::fs::remove_file(&reads).unwrap();
    let given = served.post("/v1/shared/licenses", &access, &right).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.json());
    let again = served.post("/v1/shared/licenses", &access, &right).await;
    assert_eq!(refused(&again), (403, "not_authorized".to_owned()));
    drop(served);
    drop(desk);
    let by = format!("loan given; authorized by 窗口, delegation {number}; holder_code,holder_name");
    assert_eq!(site.told(), [by]);
}

#[tokio::test]
async fn all_codes_of_a_clerk_count_and_no_others() {
    let site = Site::new();
    let (first, second) = (clerk(&site, "一号窗口"), clerk(&site, "二号窗口"));
    let desk = Arc::new(site.prefecture.desk());
    let number = grant_of_loan(&desk, 2);
    let served = serve(&site, &desk);
    // One for an agent, and the others for holders who came themselves.
    let made = served.post(PATH, &first, &body(number, "1")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json());
    let others = |place: usize| body_of(&person(&format!("65270119700101{place:03}")));
    for place in 1..MAX_AUTHORIZATIONS_OF_CLERK {
        let made = served.post("/v1/authorizations", &first, &others(place)).await;
        assert_eq!(made.status, StatusCode::OK, "{place}: {}", made.json());
    }
    let one_more = others(MAX_AUTHORIZATIONS_OF_CLERK);
    let full = (403, "too_many_codes".to_owned());
    assert_eq!(refused(&served.post("/v1/authorizations", &first, &one_more).await), full);
    assert_eq!(refused(&served.post(PATH, &first, &body(number, "2")).await), full);
    assert_eq!(told(&desk, EventKind::DelegationUsed).len(), 1);
    for (path, body) in [("/v1/authorizations", one_more), (PATH, body(number, "3"))] {
        let made = served.post(path, &second, &body).await;
        assert_eq!(made.status, StatusCode::OK, "{path}: {}", made.json());
    }
}

#[tokio::test]
async fn a_code_is_made_for_whom_the_holder_lets_act_once_for_each_use() {
    let site = Site::new();
    let clerk = clerk(&site, "一号窗口");
    let desk = Arc::new(site.prefecture.desk());
    let number = grant_of_loan(&desk, 1);
    let served = Served::new(&site.prefecture);
    let without = served.post(PATH, &clerk, &body(number, "1")).await;
    assert_eq!(without.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(without.json()["code"], "no_desk");
    let served = Served { state: served.state.clone().with_desk(Arc::clone(&desk)), ..served };
    let code_of = |answer: &crate::clients::Answer| answer.json()["code"].as_str().unwrap().to_owned();
    for (member, value, code) in [
        ("delegation", json!(number + 1000), "delegation_none"),
        ("agent_code", json!(citizen().as_str()), "delegation_other_agent"),
        ("license_type", json!(type_of("business-license").as_str()), "delegation_other_type"),
        ("item", json!("account"), "delegation_other_item"),
        ("purpose", json!("开户"), "delegation_other_purpose"),
    ] {
        let mut other = body(number, member);
        other[member] = value;
        let answer = served.post(PATH, &clerk, &other).await;
        assert_eq!((answer.status, code_of(&answer)), (StatusCode::FORBIDDEN, code.to_owned()));
    }
    for (member, value) in [
        ("item", json!("two words")),
        ("idempotency_key", json!("")),
        ("agency", json!(1)),
        ("more", json!(1)),
        ("purpose", json!(" ")),
        ("purpose", json!("长".repeat(201))),
    ] {
        let mut wrong = body(number, "wrong");
        wrong[member] = value;
        let answer = served.post(PATH, &clerk, &wrong).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}");
        // Before the desk is asked, which would say it in other words.
        let said = answer.json().to_string().contains("purpose: say what for");
        assert_eq!(said, member == "purpose", "{member}: {}", answer.json());
    }
    let made = served.post(PATH, &clerk, &body(number, "1")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json());
    let again = served.post(PATH, &clerk, &body(number, "1")).await;
    assert_eq!(code_of(&again), "code_made");
    let mut other = body(number, "1");
    other["item"] = json!("account");
    let conflict = served.post(PATH, &clerk, &other).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert_eq!(code_of(&conflict), "idempotency_conflict");
    let used_up = served.post(PATH, &clerk, &body(number, "2")).await;
    assert_eq!(code_of(&used_up), "delegation_used_up");
    // The code is one as any other.
    let access = token(&served.gate, "bank-1", &site.keys[1], now());
    let ask = json!({
        "license_id": site.card.license_id.as_str(), "item": "loan", "purpose": "贷款", "authorization": code_of(&made),
    });
    let given = served.post("/v1/shared/licenses", &access, &ask).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.json());
    assert_eq!(code_of(&served.post("/v1/shared/licenses", &access, &ask).await), "not_authorized");
    drop(served);
    let used = told(&desk, EventKind::DelegationUsed);
    let type_code = type_of("identity-card");
    assert_eq!(used, [(format!("{number} code {type_code} loan {}", bank()), "贷款".to_owned())]);
    drop(desk);
    let shared = site.told();
    let by = format!("loan given; authorized by 一号窗口, delegation {number}; holder_code,holder_name");
    assert_eq!(shared, [by]);
}
