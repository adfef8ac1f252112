//! Turns: a client for which much waits, whose receiver is slow or whose place is damaged holds up no other.

use std::sync::mpsc::{Receiver as Heard, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boyin::Desk;
use boyin::archive::Change;
use boyin::model::sharing::SharingScope;
use boyin::model::webhook::WebhookKind;
use boyin::suite::Algorithm;
use boyin::transport::{Transport, TransportError};
use boyin::webhook::{
    Delivered, MAX_IN_A_ROW, MAX_TURN_SECONDS, MAX_WEBHOOKS_AT_ONCE, WebhookError, Webhooks,
};

use crate::clients::{client, words};
use crate::office::{market, now, passphrase};
use crate::signer::client_key;
use crate::webhooks::{SET, URL, World, all, at, deliver, hosts, wish};

#[tokio::test]
async fn a_client_for_which_much_waits_leaves_others_their_turn() {
    let world = World::new(&[WebhookKind::Status]).await;
    let desk = world.desk();
    let waiting = MAX_IN_A_ROW + 1;
    for turn in 0..waiting {
        let change = if turn % 2 == 0 { Change::Suspend } else { Change::Restore };
        world.change(&desk, change, at(20 + u64::try_from(turn).unwrap()));
    }
    let webhooks = world.webhooks();
    assert_eq!(deliver(&webhooks, &desk, at(200)), all(MAX_IN_A_ROW));
    assert_eq!(deliver(&webhooks, &desk, at(201)), all(1));
    assert_eq!(world.receiver.tokens().len(), waiting);
}

/// Three changes wait.
fn change_three_times(world: &World, desk: &Desk) {
    for (change, when) in [(Change::Suspend, 20), (Change::Restore, 21), (Change::Revoke, 22)] {
        world.change(desk, change, at(when));
    }
}

#[tokio::test]
async fn a_turn_begins_no_notice_once_its_time_is_over() {
    let world = World::new(&[WebhookKind::Status]).await;
    let desk = world.desk();
    change_three_times(&world, &desk);
    let webhooks = world.webhooks();
    // Each notice takes half of the time of a turn.
    let clock = || {
        let sent = u64::try_from(world.receiver.tokens().len()).unwrap();
        at(30 + sent * MAX_TURN_SECONDS / 2)
    };
    for notices in [2, 1] {
        let done = webhooks.deliver_all(&desk, &clock).unwrap();
        let turns: Vec<_> = done.into_iter().map(|(_, turn)| turn.unwrap()).collect();
        assert_eq!(turns, [Delivered { notices, fault: None }]);
    }
}

#[tokio::test]
async fn a_process_that_ends_begins_no_further_notice() {
    let world = World::new(&[WebhookKind::Status]).await;
    let desk = world.desk();
    change_three_times(&world, &desk);
    let webhooks = world.webhooks();
    // It is told so while the first one is on its way.
    let clock = || {
        if !world.receiver.tokens().is_empty() {
            webhooks.stop();
        }
        at(30)
    };
    let done = webhooks.deliver(&desk, "market-1", &clock).unwrap();
    assert_eq!(done, Delivered { notices: 1, fault: None });
    assert_eq!(deliver(&world.webhooks(), &desk, at(31)), all(2), "the next process goes on");
}

#[test]
fn so_many_clients_have_their_turn_at_a_time() {
    let world = World::unread(&[WebhookKind::TrustList]);
    let home = &world.site.prefecture.home;
    for number in 0..MAX_WEBHOOKS_AT_ONCE {
        let (id, key) = (format!("more-{number}"), client_key(Algorithm::Es256));
        home.add_client(client(&id, market(), &[SharingScope::Departments], &key), &words(now())).unwrap();
        home.set_webhook(&id, wish(URL, &[WebhookKind::TrustList]), &words(at(SET))).unwrap();
    }
    let desk = world.desk();
    home.renew_trust_list(&passphrase(), &words(at(20))).unwrap();
    let webhooks = world.webhooks();
    webhooks.tell_lists(&desk, at(21)).unwrap();
    let due = || webhooks.due(&desk, at(21)).unwrap().clients;
    assert_eq!(due().len(), MAX_WEBHOOKS_AT_ONCE, "of one more");
    // Whoever has a turn counts.
    let beside = Mutex::new(Vec::new());
    let clock = || {
        let others = due();
        assert!(!others.iter().any(|client| client == "market-1"));
        beside.lock().unwrap().push(others.len());
        at(21)
    };
    assert_eq!(webhooks.deliver(&desk, "market-1", &clock).unwrap().notices, 1);
    let beside = beside.into_inner().unwrap();
    assert!(!beside.is_empty());
    assert!(beside.iter().all(|others| *others == MAX_WEBHOOKS_AT_ONCE - 1), "{beside:?}");
}

/// One of two receivers does not answer before the other one has got its notice.
#[derive(Debug)]
struct Slow {
    quick: Mutex<Sender<()>>,
    heard: Mutex<Heard<()>>,
}

impl Transport for Slow {
    fn post(&self, _: &str, _: &str, _: &[u8], _: usize) -> Result<Vec<u8>, TransportError> {
        unreachable!("every status is looked at")
    }

    fn exchange(&self, url: &str, _: &str, _: &[u8], _: usize) -> Result<(u16, Vec<u8>), TransportError> {
        if url == URL {
            let heard = self.heard.lock().unwrap().recv_timeout(Duration::from_secs(60));
            return heard.map(|()| (200, Vec::new())).map_err(|_| TransportError::TimedOut);
        }
        self.quick.lock().unwrap().send(()).unwrap();
        Ok((200, Vec::new()))
    }

    fn get(&self, _: &str, _: usize) -> Result<Vec<u8>, TransportError> {
        unreachable!("nothing is fetched")
    }
}

#[test]
fn a_receiver_that_does_not_answer_holds_up_no_other() {
    let world = World::unread(&[WebhookKind::TrustList]);
    let home = &world.site.prefecture.home;
    let bank = wish("https://bank.example/", &[WebhookKind::TrustList]);
    home.set_webhook("bank-1", bank, &words(at(SET))).unwrap();
    let desk = world.desk();
    home.renew_trust_list(&passphrase(), &words(at(20))).unwrap();
    let (quick, heard) = channel();
    let slow = Slow { quick: Mutex::new(quick), heard: Mutex::new(heard) };
    let webhooks = Webhooks::new(Arc::new(slow), hosts(&["agency.example", "bank.example"]));
    webhooks.tell_lists(&desk, at(21)).unwrap();
    let done = webhooks.deliver_all(&desk, &|| at(21)).unwrap();
    assert_eq!(done.len(), 2);
    for (client, turn) in done {
        assert_eq!(turn.unwrap(), Delivered { notices: 1, fault: None }, "{client}");
    }
}

#[test]
fn a_place_that_cannot_be_read_holds_up_no_other() {
    let world = World::unread(&[WebhookKind::TrustList]);
    let home = &world.site.prefecture.home;
    home.set_webhook("bank-1", wish(URL, &[WebhookKind::TrustList]), &words(at(SET))).unwrap();
    let path = home.dir().join("webhooks/state/bank-1.toml");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "position = 7").unwrap();
    let desk = world.desk();
    home.renew_trust_list(&passphrase(), &words(at(20))).unwrap();
    let webhooks = world.webhooks();
    webhooks.tell_lists(&desk, at(21)).unwrap();
    let mut done = webhooks.deliver_all(&desk, &|| at(21)).unwrap();
    done.sort_by(|(a, _), (b, _)| a.cmp(b));
    let [(bank, damaged), (market, told)] = <[_; 2]>::try_from(done).unwrap();
    assert_eq!((bank.as_str(), market.as_str()), ("bank-1", "market-1"));
    assert!(matches!(damaged, Err(WebhookError::State(_))), "{damaged:?}");
    assert_eq!(told.unwrap().notices, 1);
}
