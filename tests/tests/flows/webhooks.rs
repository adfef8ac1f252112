//! Notices to systems of agencies: derived from the log, signed, in order, at least once, and nobody is named.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use boyin::archive::{Change, StatusChange};
use boyin::model::b64;
use boyin::model::id::CreditCode;
use boyin::model::sharing::SharingScope;
use boyin::model::status::LicenseStatus;
use boyin::model::time::UnixTime;
use boyin::model::webhook::{WebhookChange, WebhookKind, WebhookNotice};
use boyin::revocation::AllowedHost;
use boyin::suite::Algorithm;
use boyin::transport::{Transport, TransportError};
use boyin::verify::{Arrival, WebhookFault, WebhookLine, verify_webhook};
use boyin::webhook::{
    Delivered, DeliveryFault, FIRST_RETRY_SECONDS, MAX_WEBHOOK_TERM_DAYS, WebhookError, WebhookSetFault,
    WebhookWish, Webhooks,
};
use boyin::{Desk, Order};
use serde_json::json;

use crate::clients::{client, words};
use crate::office::{HOLDER, citizen, credit_code, market, now, order, passphrase, police};
use crate::shared::{PURPOSE, Site, bank, share};
use crate::signer::client_key;

pub(crate) const URL: &str = "https://agency.example/boyin";
const DAY: u64 = 86_400;
/// After the webhooks were set.
pub(crate) const SET: u64 = 10;

pub(crate) fn at(seconds: u64) -> UnixTime {
    now().plus(seconds)
}

/// Takes what is posted, and answers what it is told; 200 after that.
#[derive(Debug, Default)]
pub(crate) struct Receiver {
    answers: Mutex<VecDeque<Result<u16, TransportError>>>,
    got: Mutex<Vec<(String, Vec<u8>)>>,
    /// The file of a place, and what was in it when something came.
    place: Mutex<Option<(PathBuf, Vec<u8>)>>,
}

impl Transport for Receiver {
    fn post(&self, _: &str, _: &str, _: &[u8], _: usize) -> Result<Vec<u8>, TransportError> {
        unreachable!("every status is looked at")
    }

    fn exchange(
        &self,
        url: &str,
        content_type: &str,
        body: &[u8],
        _: usize,
    ) -> Result<(u16, Vec<u8>), TransportError> {
        assert_eq!(content_type, "application/webhook-notice+jwt");
        self.got.lock().unwrap().push((url.to_owned(), body.to_vec()));
        if let Some((path, seen)) = self.place.lock().unwrap().as_mut() {
            *seen = std::fs::read(path).unwrap();
        }
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(200));
        answer.map(|status| (status, Vec::new()))
    }

    fn get(&self, _: &str, _: usize) -> Result<Vec<u8>, TransportError> {
        unreachable!("nothing is fetched")
    }
}

impl Receiver {
    pub(crate) fn tokens(&self) -> Vec<Vec<u8>> {
        self.got.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    fn will(&self, answers: &[Result<u16, TransportError>]) {
        self.answers.lock().unwrap().extend(answers.iter().copied());
    }
}

pub(crate) struct World {
    pub(crate) site: Site,
    pub(crate) receiver: Arc<Receiver>,
}

pub(crate) fn wish(url: &str, kinds: &[WebhookKind]) -> WebhookWish {
    WebhookWish { url: url.to_owned(), kinds: kinds.to_vec(), office: police(), term_days: 90 }
}

pub(crate) fn hosts(names: &[&str]) -> Vec<AllowedHost> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

impl World {
    /// The market office's client was given the identifier and the address of the card, and wants to be told of these kinds.
    pub(crate) async fn new(kinds: &[WebhookKind]) -> Self {
        let world = Self::unread(kinds);
        world.read("item-3").await;
        world
    }

    pub(crate) fn unread(kinds: &[WebhookKind]) -> Self {
        let site = Site::new();
        let home = &site.prefecture.home;
        let departments = (market(), SharingScope::Departments);
        share(home, departments, ("item-3", "identity-card", &["address", "license_id"]), now(), None);
        site.prefecture.desk().log_lists(now()).unwrap();
        home.set_webhook("market-1", wish(URL, kinds), &words(at(SET))).unwrap();
        Self { site, receiver: Arc::default() }
    }

    async fn read(&self, item: &str) {
        let (served, token) = self.site.serve();
        let body =
            json!({ "license_id": self.site.card.license_id.as_str(), "item": item, "purpose": PURPOSE });
        let answer = served.post("/v1/shared/licenses", &token, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    }

    pub(crate) fn desk(&self) -> Desk {
        self.site.prefecture.desk_at(at(SET))
    }

    /// As a process that has just started.
    pub(crate) fn webhooks(&self) -> Webhooks {
        let transport: Arc<Receiver> = Arc::clone(&self.receiver);
        Webhooks::new(transport, hosts(&["agency.example"]))
    }

    pub(crate) fn change(&self, desk: &Desk, change: Change, when: UnixTime) {
        let order = Order { at: when, ..order(police(), &format!("{change:?} {when}")) };
        desk.change_status(&self.site.card.license_id, &StatusChange::new(change, "核查"), &order).unwrap();
    }

    fn verified(&self, token: &[u8], when: UnixTime) -> Result<WebhookNotice, WebhookFault> {
        let (_, trust) = self.site.prefecture.home.trust().unwrap();
        verify_webhook(token, &trust, "market-1", when)
    }

    /// Everything that came, verified.
    fn notices(&self, when: UnixTime) -> Vec<WebhookNotice> {
        self.receiver.tokens().iter().map(|token| self.verified(token, when).unwrap()).collect()
    }

    fn status(&self, status: LicenseStatus) -> WebhookChange {
        WebhookChange::Status {
            license_id: self.site.card.license_id.clone(),
            status,
            status_list: Some(self.site.prefecture.home.config().status_list_uri(police(), 1)),
        }
    }
}

/// Gives everybody a turn at an instant; what became of `market-1`, if it had one.
pub(crate) fn deliver(webhooks: &Webhooks, desk: &Desk, when: UnixTime) -> Option<Delivered> {
    let done = webhooks.deliver_all(desk, &|| when).unwrap();
    done.into_iter().find(|(client, _)| client == "market-1").map(|(_, turn)| turn.unwrap())
}

pub(crate) fn all(notices: usize) -> Option<Delivered> {
    Some(Delivered { notices, fault: None })
}

fn failed(fault: DeliveryFault) -> Option<Delivered> {
    Some(Delivered { notices: 0, fault: Some(fault) })
}

#[tokio::test]
async fn a_client_is_told_in_order_of_what_it_was_given_and_of_lists() {
    let world = World::new(&WebhookKind::ALL).await;
    let home = &world.site.prefecture.home;
    let desk = world.desk();
    world.change(&desk, Change::Suspend, at(20));
    world.change(&desk, Change::Restore, at(21));
    let departments = (market(), SharingScope::Departments);
    share(home, departments, ("item-4", "identity-card", &["address"]), at(22), None);
    let webhooks = world.webhooks();
    webhooks.tell_lists(&desk, at(23)).unwrap();
    assert_eq!(deliver(&webhooks, &desk, at(23)), all(3));
    let renewed = home.renew_trust_list(&passphrase(), &words(at(24))).unwrap();
    webhooks.tell_lists(&desk, at(25)).unwrap();
    world.change(&desk, Change::Revoke, at(26));
    assert_eq!(deliver(&webhooks, &desk, at(27)), all(2));
    assert_eq!(deliver(&webhooks, &desk, at(28)), None, "nothing happened since");
    let notices = world.notices(at(28));
    let sharing = home.list::<boyin::model::sharing::SharingEntry>().unwrap().list.sequence;
    let changes: Vec<_> = notices.iter().map(|notice| notice.change.clone()).collect();
    assert_eq!(
        changes,
        [
            world.status(LicenseStatus::Suspended),
            world.status(LicenseStatus::Valid),
            WebhookChange::SharingList(sharing),
            WebhookChange::TrustList(renewed.sequence),
            world.status(LicenseStatus::Revoked),
        ]
    );
    let mut line = WebhookLine::default();
    assert!(notices.iter().all(|notice| line.take(notice) == Arrival::Next));
    let told: Vec<_> = notices.iter().map(|notice| notice.at).collect();
    assert_eq!((told[0], told[1], told[4]), (at(20), at(21), at(26)));
    let mut ids: Vec<_> = notices.iter().map(|notice| notice.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), notices.len());
    // A replay, and somebody else's notice.
    assert_eq!(line.take(&notices[1]), Arrival::Earlier);
    let (_, trust) = home.trust().unwrap();
    let token = &world.receiver.tokens()[0];
    assert_eq!(verify_webhook(token, &trust, "bank-1", at(28)), Err(WebhookFault::OtherAudience));
    let mut changed = token.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(world.verified(&changed, at(28)).is_err());
}

#[tokio::test]
async fn nobody_is_named_in_a_notice() {
    let world = World::new(&WebhookKind::ALL).await;
    let desk = world.desk();
    world.change(&desk, Change::Revoke, at(20));
    let webhooks = world.webhooks();
    assert_eq!(deliver(&webhooks, &desk, at(21)), all(1));
    let token = String::from_utf8(world.receiver.tokens().remove(0)).unwrap();
    let payload = b64::decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    let number = citizen();
    for personal in
        [number.as_str(), HOLDER, PURPOSE, "青得里大街", "窗口一号", "办理证照", "核查", "item-3", "受理系统"]
    {
        assert!(!payload.contains(personal), "{personal} in {payload}");
    }
    let claims: serde_json::Value = serde_json::from_str(&payload).unwrap();
    let names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "at",
        "aud",
        "change",
        "iat",
        "iss",
        "jti",
        "license_id",
        "license_type",
        "seq",
        "status",
        "status_list",
    ];
    assert_eq!(names, expected);
    // Nor in what is kept of it.
    let dir = world.site.prefecture.home.dir().join("webhooks");
    for name in ["list.toml", "state/market-1.toml"] {
        let text = std::fs::read_to_string(dir.join(name)).unwrap();
        assert!(!text.contains(HOLDER) && !text.contains(number.as_str()), "{name}");
    }
}

#[tokio::test]
async fn who_was_not_given_the_identifier_is_told_nothing() {
    let world = World::unread(&[WebhookKind::Status]);
    // Of the four fields of this item the identifier is none.
    world.read("item-1").await;
    let desk = world.desk();
    world.change(&desk, Change::Suspend, at(20));
    let webhooks = world.webhooks();
    assert_eq!(deliver(&webhooks, &desk, at(21)), all(0));
    drop(desk);
    world.read("item-3").await;
    let desk = world.desk();
    world.change(&desk, Change::Restore, at(22));
    assert_eq!(deliver(&webhooks, &desk, at(23)), all(1));
    assert_eq!(world.notices(at(23))[0].change, world.status(LicenseStatus::Valid));
}

#[tokio::test]
async fn what_another_client_was_given_is_told_to_that_one_only() {
    let world = World::new(&[WebhookKind::Status]).await;
    let home = &world.site.prefecture.home;
    let bank = WebhookWish { url: "https://bank.example/".to_owned(), ..wish(URL, &[WebhookKind::Status]) };
    home.set_webhook("bank-1", bank, &words(at(SET))).unwrap();
    let desk = world.desk();
    world.change(&desk, Change::Suspend, at(20));
    let transport: Arc<Receiver> = Arc::clone(&world.receiver);
    let webhooks = Webhooks::new(transport, hosts(&["agency.example", "bank.example"]));
    assert_eq!(deliver(&webhooks, &desk, at(21)), all(1));
    let urls: Vec<_> = world.receiver.got.lock().unwrap().iter().map(|(url, _)| url.clone()).collect();
    assert_eq!(urls, [URL]);
}

#[tokio::test]
async fn what_a_client_was_given_is_not_told_to_another_one_of_its_agency() {
    let world = World::new(&[WebhookKind::Status]).await;
    let home = &world.site.prefecture.home;
    let key = client_key(Algorithm::Es256);
    home.add_client(client("market-2", market(), &[SharingScope::Departments], &key), &words(now())).unwrap();
    let other = wish("https://agency.example/other", &[WebhookKind::Status]);
    home.set_webhook("market-2", other, &words(at(SET))).unwrap();
    let desk = world.desk();
    world.change(&desk, Change::Suspend, at(20));
    assert_eq!(deliver(&world.webhooks(), &desk, at(21)), all(1));
    let urls: Vec<_> = world.receiver.got.lock().unwrap().iter().map(|(url, _)| url.clone()).collect();
    assert_eq!(urls, [URL]);
}

#[tokio::test]
async fn what_an_agency_was_given_is_not_told_to_the_next_one_under_the_name_of_its_client() {
    let world = World::new(&[WebhookKind::Status]).await;
    let home = &world.site.prefecture.home;
    home.remove_webhook("market-1", &words(at(11))).unwrap();
    give_to_bank(&world, at(12));
    home.set_webhook("market-1", wish(URL, &[WebhookKind::Status]), &words(at(13))).unwrap();
    let desk = world.desk();
    world.change(&desk, Change::Suspend, at(20));
    assert_eq!(deliver(&world.webhooks(), &desk, at(21)), all(0));
    assert!(world.receiver.tokens().is_empty());
}

/// Registers the bank's system under the ID of the market office's client.
fn give_to_bank(world: &World, when: UnixTime) {
    let home = &world.site.prefecture.home;
    home.remove_client("market-1", &words(when)).unwrap();
    let banks = client("market-1", bank(), &[SharingScope::Departments], &world.site.keys[0]);
    home.add_client(banks, &words(when)).unwrap();
}

#[test]
fn a_webhook_that_is_set_for_another_agency_begins_anew() {
    let world = World::unread(&[WebhookKind::Status]);
    let home = &world.site.prefecture.home;
    let set = |when| home.set_webhook("market-1", wish(URL, &[WebhookKind::Status]), &words(when)).unwrap();
    let found = || {
        let [webhook] = <[_; 1]>::try_from(home.webhooks().unwrap()).unwrap();
        (webhook.agency, webhook.since)
    };
    set(at(20));
    assert_eq!(found(), (market(), at(SET)), "its own agency's: since it was set first");
    give_to_bank(&world, at(21));
    set(at(22));
    assert_eq!(found(), (bank(), at(22)), "what was before is not the bank's");
}

/// The cut of what a read tells takes names away from its end.
#[tokio::test]
async fn a_read_tells_first_that_the_identifier_was_given() {
    let world = World::new(&[WebhookKind::Status]).await;
    assert_eq!(world.site.told(), ["item-3 given; license_id,address"]);
}

#[tokio::test]
async fn a_term_after_the_read_nothing_more_is_told() {
    let world = World::new(&[WebhookKind::Status]).await;
    let short = WebhookWish { term_days: 1, ..wish(URL, &[WebhookKind::Status]) };
    world.site.prefecture.home.set_webhook("market-1", short, &words(at(SET))).unwrap();
    let desk = world.desk();
    let last = at(DAY);
    world.change(&desk, Change::Suspend, last);
    world.change(&desk, Change::Restore, last.plus(1));
    assert_eq!(deliver(&world.webhooks(), &desk, last.plus(2)), all(1));
    let token = world.receiver.tokens().remove(0);
    let payload = b64::decode(token.split(|byte| *byte == b'.').nth(1).unwrap()).unwrap();
    assert_eq!(WebhookNotice::read(&payload).unwrap().change, world.status(LicenseStatus::Suspended));
}

#[tokio::test]
async fn what_was_not_asked_for_and_what_was_before_is_not_told() {
    let world = World::new(&[WebhookKind::Catalog]).await;
    let desk = world.desk();
    world.change(&desk, Change::Suspend, at(20));
    let webhooks = world.webhooks();
    assert_eq!(deliver(&webhooks, &desk, at(21)), all(0));
    // From now on of licenses; what was is done with.
    let home = &world.site.prefecture.home;
    home.set_webhook("market-1", wish(URL, &[WebhookKind::Status]), &words(at(22))).unwrap();
    world.change(&desk, Change::Restore, at(23));
    assert_eq!(deliver(&webhooks, &desk, at(24)), all(1));
    assert_eq!(world.notices(at(24))[0].change, world.status(LicenseStatus::Valid));
    // A webhook that is set after the change, though the log holds it after other events of that time.
    let late = World::new(&[WebhookKind::Status]).await;
    let desk = late.desk();
    late.change(&desk, Change::Suspend, at(SET - 1));
    late.change(&desk, Change::Restore, at(SET));
    assert_eq!(deliver(&late.webhooks(), &desk, at(21)), all(1));
    assert_eq!(late.notices(at(21))[0].change, late.status(LicenseStatus::Valid));
}

#[tokio::test]
async fn a_notice_is_sent_again_until_it_is_acknowledged() {
    let world = World::new(&[WebhookKind::Status]).await;
    let desk = world.desk();
    world.change(&desk, Change::Suspend, at(20));
    world.change(&desk, Change::Restore, at(21));
    let faults = [
        (Ok(500), DeliveryFault::Status(500)),
        (Err(TransportError::Unreachable), DeliveryFault::Transport(TransportError::Unreachable)),
        (Err(TransportError::Redirected(302)), DeliveryFault::Transport(TransportError::Redirected(302))),
        (Err(TransportError::TimedOut), DeliveryFault::Transport(TransportError::TimedOut)),
        (Ok(404), DeliveryFault::Status(404)),
    ];
    world.receiver.will(&faults.map(|(answer, _)| answer));
    world.receiver.will(&[Ok(204)]);
    let webhooks = world.webhooks();
    let (mut when, mut wait) = (at(30), FIRST_RETRY_SECONDS);
    for (_, fault) in faults {
        assert_eq!(deliver(&webhooks, &desk, when), failed(fault));
        let waiting = webhooks.waiting(when);
        assert_eq!((waiting.clients, waiting.oldest_seconds), (1, when.seconds() - at(20).seconds()));
        let kept = world.site.prefecture.home.webhook_progress("market-1").unwrap().unwrap();
        assert_eq!((kept.waiting_since, kept.fault.as_deref()), (Some(at(20)), Some(fault.code())));
        assert_eq!(deliver(&webhooks, &desk, when.plus(wait - 1)), None, "not before its time");
        when = when.plus(wait);
        wait *= 2;
    }
    assert_eq!(deliver(&webhooks, &desk, when), all(2));
    assert_eq!(webhooks.waiting(when).clients, 0);
    let tokens = world.receiver.tokens();
    assert_eq!(tokens.len(), 7);
    let read = |token: &Vec<u8>| {
        let payload = b64::decode(token.split(|byte| *byte == b'.').nth(1).unwrap()).unwrap();
        WebhookNotice::read(&payload).unwrap()
    };
    let first: Vec<_> = tokens[..6].iter().map(read).collect();
    // The same notice each time, by the clock of each attempt; it was too old otherwise.
    assert!(first.iter().all(|notice| notice.id == first[0].id && notice.sequence == 1));
    assert!(first.windows(2).all(|pair| pair[0].issued_at < pair[1].issued_at));
    assert_eq!((read(&tokens[6]).sequence, read(&tokens[6]).change), (2, world.status(LicenseStatus::Valid)));
    assert!(world.verified(&tokens[5], when).is_ok());
}

#[tokio::test]
async fn what_was_sent_and_not_acknowledged_is_sent_again_after_a_kill() {
    let world = World::new(&[WebhookKind::Status]).await;
    let path = world.site.prefecture.home.dir().join("webhooks/state/market-1.toml");
    let desk = world.desk();
    world.change(&desk, Change::Suspend, at(20));
    *world.receiver.place.lock().unwrap() = Some((path.clone(), Vec::new()));
    assert_eq!(deliver(&world.webhooks(), &desk, at(21)), all(1));
    // The process ended when the notice was out and nothing was known of the answer: this was on the disk.
    let (_, seen) = world.receiver.place.lock().unwrap().take().unwrap();
    std::fs::write(&path, seen).unwrap();
    world.change(&desk, Change::Restore, at(22));
    assert_eq!(deliver(&world.webhooks(), &desk, at(23)), all(2));
    let notices = world.notices(at(23));
    assert_eq!(notices.len(), 3);
    assert_eq!((notices[0].id, notices[0].sequence), (notices[1].id, notices[1].sequence));
    let mut line = WebhookLine::default();
    let arrivals: Vec<_> = notices.iter().map(|notice| line.take(notice)).collect();
    assert_eq!(arrivals, [Arrival::Next, Arrival::Repeated, Arrival::Next]);
    // Before anything was sent: nothing is lost either.
    let ended = World::new(&[WebhookKind::Status]).await;
    let desk = ended.desk();
    ended.change(&desk, Change::Suspend, at(20));
    assert_eq!(ended.webhooks().due(&desk, at(21)).unwrap().clients, ["market-1"]);
    assert_eq!(deliver(&ended.webhooks(), &desk, at(22)), all(1));
}

#[tokio::test]
async fn the_count_goes_on_when_a_webhook_is_set_again() {
    let world = World::new(&[WebhookKind::Status]).await;
    let home = &world.site.prefecture.home;
    let desk = world.desk();
    let webhooks = world.webhooks();
    world.change(&desk, Change::Suspend, at(20));
    assert_eq!(deliver(&webhooks, &desk, at(21)), all(1));
    home.remove_webhook("market-1", &words(at(22))).unwrap();
    world.change(&desk, Change::Restore, at(23));
    assert_eq!(deliver(&webhooks, &desk, at(24)), None, "there is none");
    home.set_webhook("market-1", wish(URL, &[WebhookKind::Status]), &words(at(25))).unwrap();
    world.change(&desk, Change::Suspend, at(26));
    assert_eq!(deliver(&webhooks, &desk, at(27)), all(1), "what was in between is not told");
    let sequences: Vec<_> = world.notices(at(27)).iter().map(|notice| notice.sequence).collect();
    assert_eq!(sequences, [1, 2]);
    let journal = std::fs::read_to_string(home.dir().join("webhooks/journal.jsonl")).unwrap();
    let deeds: Vec<_> = journal
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["deed"].clone())
        .collect();
    assert_eq!(deeds, ["set", "remove", "set"]);
}

#[tokio::test]
async fn notices_go_to_hosts_that_are_named_only() {
    let world = World::new(&[WebhookKind::Status]).await;
    let desk = world.desk();
    world.change(&desk, Change::Suspend, at(20));
    let transport: Arc<Receiver> = Arc::clone(&world.receiver);
    let other = Webhooks::new(transport, hosts(&["agency.example:8443", "example"]));
    assert_eq!(deliver(&other, &desk, at(21)), failed(DeliveryFault::Host));
    assert!(world.receiver.tokens().is_empty());
    assert_eq!(deliver(&world.webhooks(), &desk, at(21 + FIRST_RETRY_SECONDS)), all(1));
}

#[test]
fn each_fault_of_a_webhook_is_found_when_it_is_set() {
    let world = World::unread(&[WebhookKind::Status]);
    let home = &world.site.prefecture.home;
    let fault = |client: &str, wish: WebhookWish| match home.set_webhook(client, wish, &words(at(SET))) {
        Ok(()) => None,
        Err(WebhookError::Webhook { fault, .. }) => Some(fault),
        Err(error) => panic!("{error}"),
    };
    let good = || wish(URL, &[WebhookKind::Status]);
    assert_eq!(fault("market-1", good()), None);
    assert_eq!(fault("nobody", good()), Some(WebhookSetFault::NoClient));
    for (url, good_url) in [("http://agency.example/", false), ("http://127.0.0.1:9/", true)] {
        let found = fault("market-1", WebhookWish { url: url.to_owned(), ..good() });
        assert_eq!(found, (!good_url).then_some(WebhookSetFault::Url), "{url}");
    }
    for kinds in [vec![], vec![WebhookKind::Status, WebhookKind::Status]] {
        assert_eq!(fault("market-1", WebhookWish { kinds, ..good() }), Some(WebhookSetFault::Kinds));
    }
    for (term_days, found) in [
        (0, Some(WebhookSetFault::Term)),
        (1, None),
        (MAX_WEBHOOK_TERM_DAYS, None),
        (MAX_WEBHOOK_TERM_DAYS + 1, Some(WebhookSetFault::Term)),
    ] {
        assert_eq!(fault("market-1", WebhookWish { term_days, ..good() }), found, "{term_days}");
    }
    let keyless = WebhookWish { office: credit_code("MBTEXT09"), ..good() };
    assert_eq!(fault("market-1", keyless), Some(WebhookSetFault::Office));
    let none = home.remove_webhook("bank-1", &words(at(SET)));
    assert!(matches!(none, Err(WebhookError::Webhook { fault: WebhookSetFault::None, .. })));
    let nameless = Order { who: " ".to_owned(), ..words(at(SET)) };
    assert!(matches!(home.set_webhook("market-1", good(), &nameless), Err(WebhookError::Client(_))));
    // By hand: two for one client, and an address that was never let in.
    let path = home.dir().join("webhooks/list.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n{text}")).unwrap();
    let twice = home.webhooks();
    assert!(matches!(twice, Err(WebhookError::Webhook { fault: WebhookSetFault::Twice, .. })), "{twice:?}");
    std::fs::write(&path, text.replace("https://", "http://")).unwrap();
    assert!(matches!(home.webhooks(), Err(WebhookError::Webhook { fault: WebhookSetFault::Url, .. })));
}

#[tokio::test]
async fn a_client_that_is_not_there_or_another_agencys_is_told_nothing() {
    let world = World::new(&[WebhookKind::Status]).await;
    let home = &world.site.prefecture.home;
    let desk = world.desk();
    let webhooks = world.webhooks();
    world.change(&desk, Change::Suspend, at(20));
    home.remove_client("market-1", &words(at(21))).unwrap();
    assert_eq!(deliver(&webhooks, &desk, at(21)), None);
    let add = |agency: CreditCode, when| {
        let added = client("market-1", agency, &[SharingScope::Departments], &world.site.keys[0]);
        home.add_client(added, &words(when)).unwrap();
    };
    add(bank(), at(22));
    assert_eq!(deliver(&webhooks, &desk, at(22)), None);
    home.remove_client("market-1", &words(at(23))).unwrap();
    add(market(), at(23));
    assert_eq!(deliver(&webhooks, &desk, at(24)), all(1), "its own agency's again");
}

#[tokio::test]
async fn what_waited_for_one_agency_is_not_sent_to_the_next_one_of_the_name() {
    let world = World::new(&[WebhookKind::Status]).await;
    let home = &world.site.prefecture.home;
    let desk = world.desk();
    let webhooks = world.webhooks();
    world.change(&desk, Change::Suspend, at(20));
    world.receiver.will(&[Ok(500)]);
    assert_eq!(deliver(&webhooks, &desk, at(21)), failed(DeliveryFault::Status(500)));
    home.remove_webhook("market-1", &words(at(22))).unwrap();
    home.remove_client("market-1", &words(at(22))).unwrap();
    let other = client("market-1", bank(), &[SharingScope::Departments], &world.site.keys[0]);
    home.add_client(other, &words(at(23))).unwrap();
    home.set_webhook("market-1", wish(URL, &[WebhookKind::Status]), &words(at(23))).unwrap();
    assert_eq!(deliver(&webhooks, &desk, at(24)), all(0));
    assert_eq!(world.receiver.tokens().len(), 1, "the one in vain");
    let kept = home.webhook_progress("market-1").unwrap().unwrap();
    assert_eq!((kept.waiting_since, kept.failures, kept.fault), (None, 0, None));
    // As after a restart.
    assert_eq!(deliver(&world.webhooks(), &desk, at(25)), all(0));
}
