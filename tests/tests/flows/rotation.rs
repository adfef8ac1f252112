//! Keys give way to others while a follower reads: nothing is refused that was good, nothing stale is served.

use boyin::archive::EventKind;
use boyin::model::trust::Jwk;
use boyin::suite::{SystemRandom, all_jws};
use boyin::verify::{AnchorChain, Verdict};
use boyin::{Home, HomeError, KeyOwner, KeySource, KeyState, Order, SuiteName};

use crate::office::{Prefecture, identity_card, now, order, passphrase, police};

const OFFICE: fn() -> KeyOwner = || KeyOwner::Office(police());

fn prepared(prefecture: &Prefecture, owner: KeyOwner) -> String {
    let source = KeySource::Software(SuiteName::Es256);
    let words = order(police(), "key");
    prefecture.home.new_key(owner, &source, None, &words, &passphrase(), &mut SystemRandom).unwrap().kid
}

#[test]
fn before_and_after_a_rotation_everything_passes_at_a_follower() {
    let prefecture = Prefecture::new();
    let lookup = prefecture.lookup();
    let desk = prefecture.desk();
    let old = desk.issue(&identity_card(), &order(police(), "old"), &mut SystemRandom).unwrap();
    // Lists of one second lie ahead of the clock: the successor begins after them.
    for key in ["a", "b", "c"] {
        let receipt = desk.issue(&identity_card(), &order(police(), key), &mut SystemRandom).unwrap();
        let act = order(police(), &format!("revoke {key}"));
        desk.change_status(
            &receipt.license_id,
            &boyin::archive::StatusChange::new(boyin::archive::Change::Revoke, "测试"),
            &act,
        )
        .unwrap();
    }
    let kid = prepared(&prefecture, OFFICE());
    let rotation = desk.rotate_key(police(), &kid, None, &order(police(), "r")).unwrap();
    assert!(rotation.from > now() && !rotation.replayed);
    let same = desk.rotate_key(police(), &kid, None, &order(police(), "r")).unwrap();
    assert!(same.replayed && same.from == rotation.from && same.sequence == rotation.sequence);
    let before = desk.issue(&identity_card(), &order(police(), "last"), &mut SystemRandom).unwrap();
    let mut after = order(police(), "new");
    after.at = rotation.from;
    let new = desk.issue(&identity_card(), &after, &mut SystemRandom).unwrap();
    lookup.refresh(rotation.from).unwrap();
    for (receipt, by_new) in [(&old, false), (&before, false), (&new, true)] {
        assert_eq!(lookup.verify(&receipt.credential, rotation.from).verdict(), Verdict::Passed);
        assert_eq!(boyin::verify::signer_of(jwt(&receipt.credential)).as_ref() == Some(&kid), by_new);
    }
    let list = lookup.status_list(&boyin::status_list_id(police(), 1)).unwrap().unwrap();
    assert_eq!(boyin::verify::signer_of(&list), Some(kid.clone()), "the list is by the new key at once");
    assert!(lookup.health(rotation.from).ok());
    drop(desk);
    // A desk that opens later takes what is there, and signs with the new key.
    let desk = prefecture.desk_at(rotation.from);
    assert!(desk.overdue().is_empty());
    after.idempotency_key = "next".to_owned();
    desk.issue(&identity_card(), &after, &mut SystemRandom).unwrap();
}

/// The part of a license that is signed.
fn jwt(credential: &[u8]) -> &[u8] {
    credential.split(|byte| *byte == b'~').next().unwrap()
}

#[test]
fn a_successor_that_is_announced_takes_over_at_its_instant() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let kid = prepared(&prefecture, OFFICE());
    let switch = now().plus(3600);
    let rotation = desk.rotate_key(police(), &kid, Some(switch), &order(police(), "r")).unwrap();
    assert_eq!(rotation.from, switch);
    let other = prepared(&prefecture, OFFICE());
    let refused = desk.rotate_key(police(), &other, None, &order(police(), "r")).unwrap_err();
    assert!(refused.to_string().contains("announced"), "{refused}");
    let state = |at| {
        let keys = prefecture.home.keys(at).unwrap();
        keys.into_iter().find(|view| view.kid == kid).unwrap().state
    };
    assert_eq!((state(now()), state(switch)), (KeyState::Announced, KeyState::InForce));
    let lookup = prefecture.lookup();
    for (at, by_new) in [(now().plus(3599), false), (switch, true)] {
        let mut order = order(police(), &format!("{at}"));
        order.at = at;
        assert!(desk.renew_status_lists(at).is_empty());
        let receipt = desk.issue(&identity_card(), &order, &mut SystemRandom).unwrap();
        lookup.refresh(at).unwrap();
        assert_eq!(lookup.verify(&receipt.credential, at).verdict(), Verdict::Passed);
        let list = lookup.status_list(&boyin::status_list_id(police(), 1)).unwrap().unwrap();
        for token in [jwt(&receipt.credential), &list] {
            assert_eq!(boyin::verify::signer_of(token).as_ref() == Some(&kid), by_new, "{at}");
        }
    }
}

#[test]
fn the_log_says_who_ordered_a_rotation_when_it_is_ordered() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let told = || {
        let events = desk.archive().events(None, 1000).unwrap();
        events.into_iter().filter(|event| event.what == EventKind::SigningKeyRotated).collect::<Vec<_>>()
    };
    let kid = prepared(&prefecture, OFFICE());
    assert!(told().is_empty(), "a key that is made signs nothing");
    let switch = now().plus(3600);
    let words = Order { who: "密钥管理员".to_owned(), ..order(police(), "r") };
    desk.rotate_key(police(), &kid, Some(switch), &words).unwrap();
    let [event] = &told()[..] else { panic!("one event") };
    assert_eq!((event.who.as_str(), event.office, event.at), ("密钥管理员", police(), now()));
    assert_eq!(event.why, words.purpose);
    assert_eq!(event.detail, format!("{} {kid} from {switch} by trust 2", police()));
    // Ordered again, by whomever, and when it begins to sign: it was ordered once.
    desk.rotate_key(police(), &kid, None, &Order { at: now().plus(9), ..order(police(), "again") }).unwrap();
    assert!(desk.renew_status_lists(switch).is_empty());
    assert_eq!(told().len(), 1);
    // The next one has its own.
    let next = prepared(&prefecture, OFFICE());
    let at = switch.plus(3600);
    let words = Order { at, ..order(police(), "r") };
    let rotation = desk.rotate_key(police(), &next, None, &words).unwrap();
    let events = told();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].detail, format!("{} {next} from {} by trust 3", police(), rotation.from));
    assert!(desk.archive().check(&mut |_| {}).unwrap().sound());
}

#[test]
fn only_a_key_that_is_not_needed_is_retired() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let first = prefecture.home.keys(now()).unwrap().into_iter().find(|view| view.owner == OFFICE()).unwrap();
    let retire = |kid: &str, at| {
        let mut order = order(police(), "retire");
        order.at = at;
        prefecture.home.retire_key(OFFICE(), kid, &order, &passphrase())
    };
    assert!(retire(&first.kid, now()).unwrap_err().to_string().contains("boyin key rotate"));
    assert!(retire("another", now()).is_err());
    let kid = prepared(&prefecture, OFFICE());
    let rotation = prefecture.desk().rotate_key(police(), &kid, None, &order(police(), "r")).unwrap();
    assert!(retire(&kid, rotation.from).is_err());
    let pem = prefecture.home.dir().join(format!("keys/{}.pem", police()));
    assert!(pem.exists());
    retire(&first.kid, rotation.from).unwrap();
    retire(&first.kid, rotation.from).unwrap();
    assert!(!pem.exists());
    let keys = prefecture.home.keys(rotation.from).unwrap();
    assert_eq!(keys.iter().find(|view| view.kid == first.kid).unwrap().state, KeyState::Retired);
    drop(prefecture.desk_at(rotation.from));
    let lookup = prefecture.lookup();
    assert_eq!(lookup.verify(&receipt.credential, rotation.from).verdict(), Verdict::Passed);
    let deeds: Vec<_> = prefecture.home.key_journal().unwrap().lines().map(str::to_owned).collect();
    assert_eq!(deeds.len(), 3, "made, rotated, retired once: {deeds:?}");
}

#[test]
fn a_new_anchor_is_followed_by_whoever_holds_the_old_one() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let held: Jwk = prefecture.home.anchor().clone();
    let (old_list, _) = prefecture.home.trust().unwrap();
    let lookup = prefecture.lookup();
    let desk = prefecture.desk();
    let kid = prepared(&prefecture, KeyOwner::TrustList);
    let rotated = prefecture.home.rotate_anchor(&kid, &order(police(), "r"), &passphrase()).unwrap();
    assert_eq!((rotated.sequence, rotated.replayed), (2, false));
    let again = prefecture.home.rotate_anchor(&kid, &order(police(), "r"), &passphrase()).unwrap();
    assert_eq!((again.sequence, again.replayed), (2, true));
    // A follower that began before.
    lookup.refresh(now()).unwrap();
    assert_eq!(lookup.registry().trust().list().sequence, 2);
    assert_eq!(lookup.verify(&receipt.credential, now()).verdict(), Verdict::Passed);
    assert!(lookup.health(now()).ok());
    // A directory that is opened now holds the new one.
    let fresh = Home::open(prefecture.home.dir()).unwrap();
    assert_eq!(fresh.anchor().kid, kid);
    // Somebody far away who holds the old one.
    let (new_list, _) = fresh.trust().unwrap();
    let handovers = fresh.handovers().unwrap();
    let chain = AnchorChain::follow(&held, &handovers, &all_jws(), now()).unwrap();
    assert_eq!(chain.latest().kid, kid);
    assert_eq!(chain.load(&new_list, &all_jws()).unwrap().list().sequence, 2);
    assert_eq!(chain.load(&old_list, &all_jws()).unwrap().list().sequence, 1, "its list of its time");
    assert!(AnchorChain::of(&held).load(&new_list, &all_jws()).is_err());
    // The list of the old anchor is still read, and nothing works with hand-overs that lead elsewhere.
    assert_eq!(fresh.trust_numbered(1).unwrap().0, old_list);
    assert_eq!(fresh.trust_history().unwrap(), [1, 2]);
    let path = fresh.dir().join("trust/handovers.jwt");
    std::fs::rename(&path, fresh.dir().join("aside")).unwrap();
    assert!(matches!(Home::open(fresh.dir()).unwrap().trust(), Err(HomeError::AnchorElsewhere(_))));
    std::fs::rename(fresh.dir().join("aside"), &path).unwrap();
    // One byte of the hand-over's signature.
    let mut altered = handovers.clone();
    let place = altered.len() - 10;
    altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
    assert!(AnchorChain::follow(&held, &altered, &all_jws(), now()).is_err());
    assert!(AnchorChain::follow(&held, &[handovers.clone(), handovers].concat(), &all_jws(), now()).is_err());
    // A desk that was open meanwhile signs the next list with the new key.
    let office = prepared(&prefecture, OFFICE());
    desk.rotate_key(police(), &office, None, &order(police(), "r2")).unwrap();
    let (list, _) = Home::open(prefecture.home.dir()).unwrap().trust().unwrap();
    assert_eq!(boyin::verify::signer_of(&list), Some(kid));
}
