//! `boyin archive copy` and `[store]`: an office that moves to PostgreSQL and back.

use std::fs;

use serde_json::Value;

use crate::database::{Server, fresh_schema, psql};
use crate::served::{Served, wait_for};
use crate::support::{MARKET, POLICE, Place, Ran, forms};

/// Two licenses of two offices, one of them revoked.
fn filled() -> (Place, String) {
    let place = Place::new();
    let revoked = place.issue_one(POLICE, "identity-card");
    let business = place.write_forms("business", &forms("business-license")[..1]);
    place.issue(MARKET, &business, &[]).ends(0);
    place.boyin(&["license", "revoke", &revoked, "--reason", "测试", "--who", "甲"]).ends(0);
    (place, revoked)
}

fn address(server: &Server) -> String {
    format!("host={} dbname=postgres user=boyin", server.directory().display())
}

fn copy(place: &Place, to: &[&str]) -> Ran {
    place.boyin(&[&["archive", "copy", "--json", "--to"], to].concat())
}

/// Verdicts of all licenses.
fn listed(place: &Place) -> Vec<(String, String)> {
    let page = place.boyin(&["license", "list", "--limit", "100", "--json"]).ends(0).json();
    let licenses = page["licenses"].as_array().unwrap().iter();
    licenses.map(|l| (l["license_id"].to_string(), l["report"]["verdict"].to_string())).collect()
}

fn sound(place: &Place) -> Value {
    let report = place.boyin(&["archive", "check", "--json"]).ends(0).json();
    assert_eq!(report["sound"], true);
    report["last_event"].clone()
}

#[test]
fn an_office_moves_to_postgresql_and_back() {
    let server = Server::start(&[]);
    let (place, revoked) = filled();
    let (before, event) = (listed(&place), sound(&place));
    let config = fs::read_to_string(place.home().join("boyin.toml")).unwrap();
    let (address, schema) = (address(&server), fresh_schema());
    let there = ["postgres", "--address", &address, "--schema", &schema];

    let rehearsed = copy(&place, &there).ends(0).json();
    assert_eq!((&rehearsed["last_event"], &rehearsed["switched"]), (&event, &Value::Bool(false)));
    assert_eq!(fs::read_to_string(place.home().join("boyin.toml")).unwrap(), config);
    copy(&place, &there).complains(&["holds an archive", "an empty place"]);
    psql(server.directory(), &format!("SET client_min_messages = error; DROP SCHEMA {schema} CASCADE"));
    let moved = copy(&place, &[there.as_slice(), &["--switch"]].concat()).ends(0).json();
    assert_eq!(moved["sha256"], rehearsed["sha256"]);
    assert_eq!((moved["from"].as_str(), moved["to"].as_str()), (Some("rocksdb"), Some("postgres")));

    // Everything works there, and only there.
    fs::rename(place.home().join("archive"), place.path("archive before")).unwrap();
    assert_eq!(listed(&place), before);
    assert_eq!(sound(&place), event);
    place.boyin(&["license", "verify", &revoked]).ends(1);
    let served = Served::start(place.command(&["serve", "--listen", "127.0.0.1:0"]));
    let card = place.write_forms("another", &forms("identity-card")[7..8]);
    let receipt = place.issue(POLICE, &card, &["--json"]).ends(0).json();
    assert!(receipt["event"].as_u64().unwrap() > event.as_u64().unwrap());
    wait_for("the service is well beside the desk", || (served.get("/v1/health").0 == 200).then_some(()));
    drop(served);
    assert_eq!(listed(&place).len(), 3);
    place.boyin(&["event", "check"]).ends(0);
    place.boyin(&["archive", "backup", &place.path("backup")]).complains(&["pg_dump", "docs/storage.md"]);
    assert!(!place.home().join("archive").exists());

    let event = sound(&place);
    let back = copy(&place, &["rocksdb", "--switch"]).ends(0).json();
    assert_eq!((&back["last_event"], back["from"].as_str()), (&event, Some("postgres")));
    drop(server);
    assert_eq!(fs::read_to_string(place.home().join("boyin.toml")).unwrap(), config);
    assert_eq!(listed(&place).len(), 3);
    place.boyin(&["archive", "backup", &place.path("backup")]).ends(0);
}

#[test]
fn a_desk_that_is_open_keeps_the_copy_out() {
    let server = Server::start(&[]);
    let (place, _) = filled();
    let desk = Served::start(place.command(&["serve", "--desk", "--listen", "127.0.0.1:0"]));
    let address = address(&server);
    copy(&place, &["postgres", "--address", &address]).complains(&["in use by another process"]);
    drop(desk);
    copy(&place, &["postgres", "--address", &address, "--switch"]).ends(0);
    let desk = Served::start(place.command(&["serve", "--desk", "--listen", "127.0.0.1:0"]));
    let card = place.write_forms("another", &forms("identity-card")[7..8]);
    place.issue(POLICE, &card, &[]).complains(&["in use by another process"]);
    drop(desk);
    place.issue(POLICE, &card, &[]).ends(0);
}

#[test]
fn what_cannot_be_used_is_said_and_nothing_is_changed() {
    let (place, _) = filled();
    let path = place.home().join("boyin.toml");
    let config = fs::read_to_string(&path).unwrap();
    for (address, words) in [
        ("host=192.0.2.7 dbname=a user=b", "192.0.2.7 is not this machine"),
        ("host=/run dbname=a user=b password=hidden7", "BOYIN_STORE_PASSWORD"),
        ("host=/nonexistent dbname=a user=b", "error connecting to server"),
        ("nonsense", "is not of the form"),
    ] {
        let said = copy(&place, &["postgres", "--address", address, "--switch"]).complains(&[words]);
        assert!(!said.err.contains("hidden7"), "{}", said.err);
        assert_eq!(fs::read_to_string(&path).unwrap(), config);
    }
    copy(&place, &["rocksdb", "--switch"]).complains(&["is there already"]);
    let other = "\n[store]\nengine = \"cassandra\"\naddress = \"\"\n";
    fs::write(&path, format!("{config}{other}")).unwrap();
    for args in [["archive", "check"].as_slice(), &["license", "list"]] {
        place.boyin(args).complains(&["`cassandra`", "[store] in boyin.toml"]);
    }
    fs::write(&path, format!("{config}{other}port = 1\n")).unwrap();
    place.boyin(&["archive", "check"]).complains(&["boyin.toml", "port"]);
}
