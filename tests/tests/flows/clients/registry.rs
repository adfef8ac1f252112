//! Clients are checked when they are added and when they are read.

use std::sync::Arc;

use boyin::access::{Client, ClientError, ClientFault, ClientKey, MAX_CLIENT_KEY_DAYS, MAX_CLIENT_KEYS};
use boyin::model::sharing::SharingScope;
use boyin::suite::Algorithm;
use boyin::{BackupKeys, Order};
use serde_json::Value;

use super::{DAY, Site, client, timed, words};
use crate::office::{market, now, passphrase};
use crate::signer::client_key;

#[test]
fn a_file_that_holds_no_clients_is_read_once() {
    let site = Site::new();
    std::fs::write(site.prefecture.home.dir().join("clients.toml"), "no toml").unwrap();
    let [first, second] = [(); 2].map(|()| site.gate.clients().unwrap_err());
    assert!(Arc::ptr_eq(&first, &second));
    std::fs::write(site.prefecture.home.dir().join("clients.toml"), "").unwrap();
    assert!(site.gate.clients().unwrap().all().is_empty());
}

#[test]
fn a_backup_holds_the_clients_and_does_not_tell_of_their_lock() {
    let site = Site::new();
    let (home, to) = (&site.prefecture.home, site.prefecture.dir.path().join("backup"));
    assert!(home.dir().join("clients.lock").exists());
    let made = home.back_up(&to, None, BackupKeys::LeaveOut, &passphrase(), now(), &mut |_| {}).unwrap();
    assert!(made.left_out.is_empty(), "{:?}", made.left_out);
    let mut names: Vec<_> = made.manifest.files.iter().map(|file| file.path.as_str()).collect();
    names.retain(|name| name.starts_with("clients"));
    assert_eq!(names, ["clients.jsonl", "clients.toml"]);
}

#[test]
fn clients_are_checked_when_they_are_added_and_read() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let key = client_key(Algorithm::Es256);
    let right = || client("bank-1", market(), &[SharingScope::ThirdParty], &key);
    let fault = |client: Client| match home.add_client(client, &words(now())) {
        Err(ClientError::Client { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    let with = |change: &dyn Fn(&mut Client)| {
        let mut client = right();
        change(&mut client);
        fault(client)
    };
    let long = |days| move |client: &mut Client| client.keys[0].until = client.keys[0].from.plus(days * DAY);
    let taken = site.key.reference().jwk().clone();
    for (found, expected) in [
        (with(&|client| client.id = "Bank".to_owned()), ClientFault::Id),
        (with(&|client| client.id = String::new()), ClientFault::Id),
        (with(&|client| client.id = "a".repeat(65)), ClientFault::Id),
        (with(&|client| client.id = "market-1".to_owned()), ClientFault::Twice),
        (with(&|client| client.name = " ".to_owned()), ClientFault::Name),
        (with(&|client| client.name = "a\nb".to_owned()), ClientFault::Name),
        (with(&|client| client.scopes.clear()), ClientFault::NoScope),
        (with(&|client| client.sharing.clear()), ClientFault::NoScope),
        (with(&|client| client.keys.clear()), ClientFault::TooMany),
        (with(&|client| client.keys[0].key = taken.clone()), ClientFault::KeyTwice),
        (with(&|client| client.keys.push(client.keys[0].clone())), ClientFault::KeyTwice),
        (with(&|client| client.keys[0].key.kid = "other".to_owned()), ClientFault::Key),
        (with(&|client| client.keys[0].key.alg = "none".to_owned()), ClientFault::Key),
        (with(&long(0)), ClientFault::KeyTime),
        (with(&long(MAX_CLIENT_KEY_DAYS + 1)), ClientFault::KeyTime),
    ] {
        assert_eq!(found, expected);
    }
    let nameless = home.add_client(right(), &Order { who: " ".to_owned(), ..words(now()) });
    assert!(matches!(nameless, Err(ClientError::Words(_))), "{nameless:?}");
    home.add_client(right(), &words(now())).unwrap();
    let rotate = |id: &str, key: ClientKey| match home.rotate_client(id, key, now().plus(DAY), &words(now()))
    {
        Err(ClientError::Client { fault, .. }) => Some(fault),
        other => {
            other.unwrap();
            None
        }
    };
    let fresh = || timed(&client_key(Algorithm::Sm2), now(), now().plus(DAY));
    assert_eq!(rotate("nobody", fresh()), Some(ClientFault::Unknown));
    assert_eq!(rotate("bank-1", timed(&key, now(), now().plus(DAY))), Some(ClientFault::KeyTwice));
    for _ in 1..MAX_CLIENT_KEYS {
        assert_eq!(rotate("bank-1", fresh()), None);
    }
    assert_eq!(rotate("bank-1", fresh()), Some(ClientFault::TooMany));
    // Every change is a line with a name, and a file that was written by hand is checked as a whole.
    let journal = home.client_journal().unwrap();
    let lines: Vec<Value> = journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3 + MAX_CLIENT_KEYS - 1);
    assert!(lines.iter().all(|line| line["who"] == "窗口一号" && line["purpose"] == "办理证照"));
    let path = home.dir().join("clients.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("\"d\""), "no private key");
    std::fs::write(&path, text.replacen("bank-1", "market-1", 1)).unwrap();
    let twice = home.clients();
    assert!(matches!(twice, Err(ClientError::Client { fault: ClientFault::Twice, .. })), "{twice:?}");
}
