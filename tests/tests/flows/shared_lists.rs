//! By which lists systems of agencies are given something: those in force that the log has, and no older ones.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use boyin::issue::{SigningKey, signed_list};
use boyin::model::catalog::CatalogEntry;
use boyin::model::sharing::{SharingEntry, SharingList, SharingScope};
use boyin::model::time::UnixTime;
use boyin::suite::{Algorithm, SoftwareKey};
use boyin::{FileWish, HomeError, LookupError, ShareQuery};
use serde_json::json;

use crate::clients::{Served, client, words};
use crate::office::{PASSPHRASE, market, now, passphrase};
use crate::shared::{PURPOSE, Site, announce, refused, share, with};

#[tokio::test]
async fn a_term_ends_and_a_list_that_is_changed_counts_at_once() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let departments = (market(), SharingScope::Departments);
    let later = |seconds| now().plus(seconds);
    share(home, departments, ("item-2", "identity-card", &["sex"]), later(0), Some(later(60)));
    let (served, token) = site.serve();
    site.log_lists(&served);
    let ask = with(&site.one(), "item", "item-2");
    let first = served.post("/v1/shared/licenses", &token, &ask).await.json();
    assert_eq!(first["fields"], json!({ "sex": "女" }));
    served.wait(60);
    let ended = served.post("/v1/shared/licenses", &token, &ask).await;
    assert_eq!(refused(&ended), (403, "term_ended".to_owned()));
    share(home, departments, ("item-2", "identity-card", &["address"]), later(60), None);
    site.log_lists(&served);
    let again = served.post("/v1/shared/licenses", &token, &ask).await.json();
    assert_eq!(again["fields"], json!({ "address": "新疆博乐市青得里大街1号" }));
    // An older list in its place: what it gave is not given again.
    let dir = home.dir().join("sharing");
    std::fs::copy(dir.join("history/00000004.jwt"), dir.join("list.jwt")).unwrap();
    let (kept, aside) = (dir.join("history/00000005.jwt"), home.dir().join("aside"));
    std::fs::rename(&kept, &aside).unwrap();
    let rolled_back = served.post("/v1/shared/licenses", &token, &ask).await;
    assert_eq!(refused(&rolled_back), (500, "internal".to_owned()));
    drop(served);
    std::fs::remove_file(dir.join("list.jwt")).unwrap();
    let without = Served::new(&site.prefecture);
    let token = crate::clients::token(&without.gate, "market-1", &site.keys[0], now());
    // Nor after a start: the log knows the newer one.
    let rolled_back = without.post("/v1/shared/licenses", &token, &site.one()).await;
    assert_eq!(refused(&rolled_back), (500, "internal".to_owned()));
    std::fs::rename(&aside, &kept).unwrap();
    let kept = without.post("/v1/shared/licenses", &token, &site.one()).await;
    assert_eq!(kept.status, StatusCode::OK, "the last good one that is kept counts");
}

#[tokio::test]
async fn a_list_that_the_log_knows_otherwise_gives_nothing() {
    let site = Site::new();
    let dir = site.prefecture.home.dir().join("sharing");
    std::fs::copy(dir.join("history/00000002.jwt"), dir.join("list.jwt")).unwrap();
    std::fs::remove_file(dir.join("history/00000003.jwt")).unwrap();
    let (served, token) = site.serve();
    let answer = served.post("/v1/shared/licenses", &token, &site.one()).await;
    assert_eq!(refused(&answer), (500, "internal".to_owned()));
    // Another one under the number of the one that is gone.
    let departments = (market(), SharingScope::Departments);
    share(&site.prefecture.home, departments, ("item-1", "identity-card", &["sex"]), now(), None);
    let answer = served.post("/v1/shared/licenses", &token, &site.one()).await;
    assert_eq!(refused(&answer), (500, "internal".to_owned()));
}

#[tokio::test]
async fn a_list_that_is_announced_counts_from_its_instant_on() {
    let site = Site::new();
    let (served, token) = site.serve();
    let list = site.prefecture.home.list::<SharingEntry>().unwrap().list;
    let mut entry = list.entries.iter().find(|entry| entry.item == "item-1").unwrap().clone();
    entry.fields = vec!["sex".to_owned()];
    let from = now().plus(100);
    announce(&site.prefecture.home, entry, Some(from), now());
    site.log_lists(&served);
    let narrow = with(&site.one(), "fields", json!(["sex", "address"]));
    for (waited, field) in [(0, "address"), (99, "address"), (1, "sex")] {
        served.wait(waited);
        let answer = served.post("/v1/shared/licenses", &token, &narrow).await.json();
        assert_eq!(answer["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), [field], "{waited}");
    }
}

#[tokio::test]
async fn by_a_list_that_the_log_does_not_have_nothing_is_given() {
    let site = Site::new();
    let (served, token) = site.serve();
    let given = served.post("/v1/shared/licenses", &token, &site.one()).await;
    assert_eq!(given.status, StatusCode::OK);
    let departments = (market(), SharingScope::Departments);
    share(&site.prefecture.home, departments, ("item-2", "identity-card", &["sex"]), now(), None);
    // Neither what it adds nor what the one before it gave: it may take that away.
    for item in ["item-1", "item-2"] {
        let early = served.post("/v1/shared/licenses", &token, &with(&site.one(), "item", item)).await;
        assert_eq!(refused(&early), (500, "internal".to_owned()), "{item}");
    }
    site.log_lists(&served);
    for item in ["item-1", "item-2"] {
        let given = served.post("/v1/shared/licenses", &token, &with(&site.one(), "item", item)).await;
        assert_eq!(given.status, StatusCode::OK, "{item}");
    }
}

/// So long that a directory bears another time after the next change.
async fn tick() {
    tokio::time::sleep(Duration::from_millis(30)).await;
}

#[tokio::test]
async fn before_a_list_that_is_announced_only_the_one_that_the_log_has_counts() {
    let site = Site::new();
    let (served, token) = site.serve();
    let home = &site.prefecture.home;
    let list = home.list::<SharingEntry>().unwrap().list;
    let entry = list.entries.iter().find(|entry| entry.item == "item-1").unwrap().clone();
    announce(home, SharingEntry { fields: vec!["sex".to_owned()], ..entry }, Some(now().plus(100)), now());
    site.log_lists(&served);
    let ask = async || {
        tick().await;
        served.post("/v1/shared/licenses", &token, &site.one()).await
    };
    assert_eq!(ask().await.status, StatusCode::OK);
    // The one in force is not there.
    let (kept, aside) = (home.dir().join("sharing/history/00000003.jwt"), home.dir().join("aside"));
    std::fs::rename(&kept, &aside).unwrap();
    assert_eq!(refused(&ask().await), (500, "internal".to_owned()));
    // Another one by the same anchor under its number.
    let pem = std::fs::read_to_string(home.dir().join("keys/trust-list.pem")).unwrap();
    let key = SoftwareKey::from_encrypted_pem(Algorithm::Sm2, &pem, PASSPHRASE.as_bytes()).unwrap();
    let key = SigningKey::new(Arc::new(key)).unwrap();
    let other = SharingList { next_update: list.next_update.plus(1), ..list };
    std::fs::write(&kept, key.sign_jws(&signed_list(&other, key.reference())).unwrap()).unwrap();
    assert_eq!(home.list_numbered::<SharingEntry>(3).unwrap().1, other, "the signature is good");
    assert_eq!(refused(&ask().await), (500, "internal".to_owned()));
    std::fs::rename(&aside, &kept).unwrap();
    assert_eq!(ask().await.status, StatusCode::OK);
}

#[tokio::test]
async fn by_a_catalog_that_the_log_does_not_have_or_an_older_one_nothing_is_given() {
    let site = Site::new();
    let (served, token) = site.serve();
    let home = &site.prefecture.home;
    let ask = async || served.post("/v1/shared/licenses", &token, &site.one()).await;
    assert_eq!(ask().await.status, StatusCode::OK);
    home.sign_list::<CatalogEntry>(None, None, &passphrase(), &words(now())).unwrap();
    assert_eq!(refused(&ask().await), (500, "internal".to_owned()));
    site.log_lists(&served);
    assert_eq!(ask().await.status, StatusCode::OK);
    tick().await;
    let dir = home.dir().join("catalog");
    std::fs::copy(dir.join("history/00000001.jwt"), dir.join("list.jwt")).unwrap();
    std::fs::remove_file(dir.join("history/00000002.jwt")).unwrap();
    assert_eq!(refused(&ask().await), (500, "internal".to_owned()));
}

#[test]
fn lists_that_are_refused_are_not_verified_for_each_request() {
    let site = Site::new();
    let lookup = site.prefecture.lookup();
    let departments = [SharingScope::Departments];
    let asking = client("market-1", market(), &departments, &site.keys[0]);
    let ask = |at: UnixTime| {
        let query = ShareQuery {
            client: &asking,
            item: "item-1",
            purpose: PURPOSE,
            fields: None,
            authorization: None,
            file: FileWish::No,
            number: None,
            copy_until: None,
        };
        lookup.share_license(&site.card.license_id, &query, at)
    };
    let refused = |at| match ask(at) {
        Err(LookupError::Lists(error)) => error,
        other => panic!("{other:?}"),
    };
    ask(now()).unwrap().unwrap();
    let more = ("item-2", "identity-card", &["sex"][..]);
    share(&site.prefecture.home, (market(), SharingScope::Departments), more, now(), None);
    let first = refused(now());
    assert!(matches!(*first, HomeError::ListNotLogged { sequence: 4, .. }), "{first}");
    assert!(Arc::ptr_eq(&first, &refused(now())));
    assert!(Arc::ptr_eq(&first, &refused(now().plus(9))));
    assert!(!Arc::ptr_eq(&first, &refused(now().plus(10))), "for a while");
    // Once the log has it, at once.
    site.prefecture.desk().log_lists(now()).unwrap();
    lookup.refresh(now()).unwrap();
    ask(now().plus(10)).unwrap().unwrap();
}

#[tokio::test]
async fn a_service_beside_a_desk_takes_new_lists_in() {
    let site = Site::new();
    let (served, token) = site.serve();
    let departments = (market(), SharingScope::Departments);
    share(&site.prefecture.home, departments, ("item-2", "identity-card", &["sex"]), now(), None);
    let state = served.state.clone().with_desk(Arc::new(site.prefecture.desk()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(boyin_service::serve(state, listener, async {
        let _ = stopped.await;
    }));
    let ask = with(&site.one(), "item", "item-2");
    let mut status = StatusCode::OK;
    // Fewer than one client may ask at once: the clock stands still.
    for _ in 0..50 {
        status = served.post("/v1/shared/licenses", &token, &ask).await.status;
        if status == StatusCode::OK {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(status, StatusCode::OK);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}
