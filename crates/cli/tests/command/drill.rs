//! A rotation drill with live processes: desks act, a follower serves, a signer signs, and somebody verifies all the time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use boyin::verify::signer_of;

use crate::served::{Served, ask, wait_for};
use crate::support::{MARKET, PASSPHRASE, Place, forms, office};

/// Between two rounds, for the others to have the processor.
const PAUSE: Duration = Duration::from_millis(20);

/// Somebody who verifies all the time, and notes what must not happen.
struct Watch {
    address: String,
    stop: Arc<AtomicBool>,
    rounds: Arc<AtomicUsize>,
    /// By name: these pass each time.
    good: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    thread: Option<JoinHandle<Vec<String>>>,
}

fn verdict(address: &str, license: &[u8]) -> (String, String) {
    let (status, body) = ask(address, "POST", "/v1/verify", license);
    assert_eq!(status, 200);
    let report: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&report["verdict"]), text(&report["reason"]["code"]))
}

fn sequence(list: &[u8]) -> u64 {
    let payload = list.split(|byte| *byte == b'.').nth(1).unwrap();
    let payload = boyin::model::b64::decode(payload).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    list["sequence"].as_u64().unwrap()
}

fn status_list(address: &str) -> Vec<u8> {
    let id = boyin::status_list_id(office(MARKET).code, 1);
    let (status, list) = ask(address, "GET", &format!("/v1/status-lists/{id}"), b"");
    assert_eq!(status, 200);
    list
}

impl Watch {
    fn new(address: &str) -> Self {
        let mut watch = Self {
            address: address.to_owned(),
            stop: Arc::default(),
            rounds: Arc::default(),
            good: Arc::default(),
            thread: None,
        };
        let (address, stop) = (watch.address.clone(), Arc::clone(&watch.stop));
        let (rounds, good) = (Arc::clone(&watch.rounds), Arc::clone(&watch.good));
        watch.thread = Some(std::thread::spawn(move || {
            let mut faults = Vec::new();
            let (mut newest, mut signers) = (0, Vec::<String>::new());
            while !stop.load(Ordering::SeqCst) {
                let licenses = good.lock().unwrap().clone();
                for (name, license) in licenses {
                    let (verdict, reason) = verdict(&address, &license);
                    if verdict != "passed" {
                        faults.push(format!("{name}: {verdict} {reason}"));
                    }
                }
                let served = sequence(&ask(&address, "GET", "/v1/trust-list", b"").1);
                if served < newest {
                    faults.push(format!("trust list {served} after {newest}"));
                }
                newest = newest.max(served);
                let signer = signer_of(&status_list(&address)).unwrap();
                if signers.last() != Some(&signer) {
                    if signers.contains(&signer) {
                        faults.push(format!("the status list is by {signer} again"));
                    }
                    signers.push(signer);
                }
                rounds.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(PAUSE);
            }
            faults
        }));
        watch
    }

    /// From now on this one is verified in each round.
    fn add(&self, name: &str, license: &[u8]) {
        self.good.lock().unwrap().insert(name.to_owned(), license.to_vec());
        let so_far = self.rounds.load(Ordering::SeqCst);
        wait_for("a round with it", || (self.rounds.load(Ordering::SeqCst) > so_far + 1).then_some(()));
    }

    #[track_caller]
    fn end(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let faults = self.thread.take().unwrap().join().unwrap();
        assert_eq!(faults, Vec::<String>::new());
    }
}

/// Issues the form of that number; the license is in the file `name`.
fn issue(place: &Place, number: usize, name: &str) -> (String, Vec<u8>) {
    let form = place.write_forms(&format!("{name}.json"), &forms("business-license")[number..=number]);
    let ran = place.issue(MARKET, &form, &["--json", "--out", &place.path(name)]).ends(0);
    (ran.json()["license_id"].as_str().unwrap().to_owned(), place.read(name))
}

fn signer(license: &[u8]) -> String {
    signer_of(license.split(|byte| *byte == b'~').next().unwrap()).unwrap()
}

/// Waits until the key is in force.
fn in_force(place: &Place, kid: &str) {
    wait_for("the key is in force", || {
        let keys = place.boyin(&["--json", "key", "list"]).ends(0).json();
        let keys = keys["keys"].as_array().unwrap().clone();
        keys.iter().any(|key| key["kid"] == kid && key["state"] == "in-force").then_some(())
    });
}

/// Waits until the follower has the trust list of that number.
fn served(address: &str, sequence_wanted: u64) {
    wait_for("the follower has the new trust list", || {
        let served = sequence(&ask(address, "GET", "/v1/trust-list", b"").1);
        (sequence_wanted <= served).then_some(())
    });
}

fn soon() -> String {
    (boyin_service::unix_now().seconds() + 5).to_string()
}

#[test]
fn a_key_gives_way_to_another_while_everybody_goes_on() {
    let place = Place::new();
    let code = office(MARKET).code;
    let words = ["--office", code.as_str(), "--who", "密钥员", "--purpose", "演练"];
    let (_, before) = issue(&place, 0, "before");
    let (revoked_id, revoked) = issue(&place, 1, "revoked");
    let follower = Served::start(place.command(&["serve", "--listen", "127.0.0.1:0"]));
    let address = follower.address.as_str();
    let watch = Watch::new(address);
    watch.add("before", &before);

    let key = |args: &[&str]| place.boyin(&[&["--json", "key"], args, &words[..]].concat()).ends(0).json();
    let kid = key(&["new"])["kid"].as_str().unwrap().to_owned();
    let rotated = key(&["rotate", "--kid", &kid, "--at", &soon()]);
    // Announced ahead, so that no verifier is behind when the new key begins.
    served(address, rotated["sequence"].as_u64().unwrap());
    let (_, last) = issue(&place, 2, "last");
    watch.add("last", &last);
    in_force(&place, &kid);
    let (_, after) = issue(&place, 3, "after");
    assert_eq!((signer(&last) == kid, signer(&after) == kid), (false, true));
    assert_eq!(verdict(address, &after).0, "passed", "at once");
    watch.add("after", &after);

    let args = ["license", "revoke", &revoked_id, "--reason", "演练", "--who", "窗口甲"];
    place.boyin(&args).ends(0);
    wait_for("the revocation is served", || (verdict(address, &revoked).1 == "revoked").then_some(()));
    assert_eq!(signer_of(&status_list(address)).unwrap(), kid, "the list that says so is by the new key");
    place.boyin(&[&["key", "retire", "--kid", &signer(&before)], &words[..]].concat()).ends(0);
    watch.add("before, after its key was destroyed", &before);
    watch.end();
    assert_eq!(follower.get("/v1/health").0, 200);
}

/// A signer with one key for the desk of `place`: its address stays the same when it is started anew.
struct Signer<'p> {
    place: &'p Place,
    dir: String,
    kid: String,
}

impl<'p> Signer<'p> {
    fn new(place: &'p Place) -> Self {
        let dir = place.path("signer");
        let mut signer = Self { place, dir, kid: String::new() };
        signer.run(&["init"]).ends(0);
        signer.kid = signer.run(&["key", "new", "--suite", "ES256"]).ends(0).json()["kid"]
            .as_str()
            .unwrap()
            .to_owned();
        let words = ["--who", "密钥员", "--purpose", "远程签名"];
        let client = place.path("client.json");
        place.boyin(&[&["key", "client", "--out", &client], &words[..]].concat()).ends(0);
        let add = ["client", "add", "desk", "--key", &client, "--kid", &signer.kid];
        signer.run(&[&add[..], &["--only", "licenses", "--only", "status-lists"]].concat()).ends(0);
        signer.run(&["key", "export", &signer.kid, "--out", &place.path("remote.json")]).ends(0);
        signer
    }

    fn run(&self, args: &[&str]) -> crate::support::Ran {
        self.place.boyin(&[&["--json", "signer", "--dir", &self.dir], args].concat())
    }

    fn start(&self, listen: &str) -> Served {
        Served::start(self.place.command(&["signer", "--dir", &self.dir, "serve", "--listen", listen]))
    }
}

#[test]
fn a_remote_signer_is_started_anew_while_everybody_goes_on() {
    let place = Place::new();
    let code = office(MARKET).code;
    let words = ["--office", code.as_str(), "--who", "密钥员", "--purpose", "演练"];
    let (_, before) = issue(&place, 0, "before");
    let follower = Served::start(place.command(&["serve", "--listen", "127.0.0.1:0"]));
    let address = follower.address.as_str();
    let watch = Watch::new(address);
    watch.add("before", &before);

    let signer_dir = Signer::new(&place);
    let mut running = signer_dir.start("127.0.0.1:0");
    let listen = running.address.clone();
    let url = format!("http://{listen}");
    let remote = ["new", "--remote", &place.path("remote.json"), "--url", &url];
    let key = |args: &[&str]| place.boyin(&[&["--json", "key"], args, &words[..]].concat());
    let made = key(&remote).ends(0).json();
    assert_eq!((&made["kid"], &made["kind"]), (&signer_dir.kid.as_str().into(), &"remote".into()));
    let rotated = key(&["rotate", "--kid", &signer_dir.kid, "--at", &soon()]).ends(0).json();
    served(address, rotated["sequence"].as_u64().unwrap());
    in_force(&place, &signer_dir.kid);
    let (_, first) = issue(&place, 1, "first");
    assert_eq!(signer(&first), signer_dir.kid);
    assert_eq!(verdict(address, &first).0, "passed");
    watch.add("first", &first);

    // Gone without a word, in the middle of the day.
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let count = || {
        let page = place.boyin(&["--json", "license", "list", "--limit", "100"]).ends(0).json();
        page["licenses"].as_array().unwrap().len()
    };
    let filed = count();
    let form = place.write_forms("second.json", &forms("business-license")[2..=2]);
    let second = ["--json", "--out", &place.path("second")];
    place.issue(MARKET, &form, &second).complains(&["remote signer", "repeat the act"]);
    assert_eq!(count(), filed, "nothing is half done");
    assert!(!std::path::Path::new(&place.path("second")).exists());
    assert_eq!(verdict(address, &first).0, "passed", "verifying needs no signer");

    let again = wait_for("the address is free", || {
        std::net::TcpListener::bind(&listen).ok().map(drop).map(|()| signer_dir.start(&listen))
    });
    place.issue(MARKET, &form, &second).ends(0);
    let second = place.read("second");
    assert_eq!((count(), signer(&second)), (filed + 1, signer_dir.kid.clone()));
    watch.add("second", &second);
    watch.end();
    assert_eq!(again.get("/v1/health").0, 200);
    let journal = signer_dir.run(&["journal"]).ends(0).json();
    assert!(journal["lines"].as_u64().unwrap() >= 3, "two licenses and a status list");
    assert!(
        !std::fs::read_to_string(format!("{}/keys/signer.pem", signer_dir.dir)).unwrap().contains(PASSPHRASE)
    );
}

#[test]
fn what_a_signer_is_told_wrongly_it_refuses() {
    let place = Place::new();
    let signer = Signer::new(&place);
    signer.run(&["init"]).complains(&["not empty"]);
    signer
        .run(&[
            "client",
            "add",
            "desk",
            "--key",
            &place.path("client.json"),
            "--kid",
            &signer.kid,
            "--only",
            "seals",
        ])
        .complains(&["remove it first"]);
    signer
        .run(&[
            "client",
            "add",
            "x",
            "--key",
            &place.path("remote.json"),
            "--kid",
            &signer.kid,
            "--only",
            "seals",
        ])
        .complains(&["does not hold what it should"]);
    signer.run(&["client", "remove", "nobody"]).complains(&["no client"]);
    signer.run(&["serve", "--listen", "0.0.0.0:0"]).complains(&["--allow-remote"]);
    let running = signer.start("127.0.0.1:0");
    signer.run(&["serve", "--listen", "127.0.0.1:0"]).complains(&["another process"]);
    assert_eq!(ask(&running.address, "POST", "/v1/signatures", b"x").0, 400);
    let shown = place.boyin(&["signer", "--dir", &signer.dir, "client", "list"]).ends(0);
    assert!(shown.out.contains("licenses, status-lists"), "{}", shown.out);
    signer.run(&["key", "retire", &signer.kid]).ends(0);
    signer.run(&["key", "list"]).ends(0);
    place.boyin(&["signer", "--dir", &place.path("none"), "journal"]).complains(&["boyin signer init"]);
}
