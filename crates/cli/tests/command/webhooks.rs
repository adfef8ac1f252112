//! Notices to clients over HTTP: delivered once, whatever comes between.

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boyin::issue::SigningKey;
use boyin::model::b64;
use boyin::suite::{Algorithm, SoftwareKey, SystemRandom};
use boyin_testkit::http::request;
use boyin_testkit::needed::needed;
use serde_json::{Value, json};

use crate::clients::key;
use crate::served::{Served, wait_for};
use crate::support::{MARKET, POLICE, Place, Ran, office};

const WORDS: [&str; 4] = ["--who", "管理员", "--purpose", "接入受理系统"];
/// In place of an answer: none comes.
const SILENCE: &str = "";

/// Head and body of a request.
type Received = (String, Vec<u8>);

/// A receiver on a port of its own: what came, and what it answers.
struct Receiver {
    host: String,
    got: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Mutex<String>>,
}

impl Receiver {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (got, answer) = (Arc::<Mutex<Vec<_>>>::default(), Arc::new(Mutex::new("200 OK".to_owned())));
        let (taken, told) = (Arc::clone(&got), Arc::clone(&answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (taken, told) = (Arc::clone(&taken), Arc::clone(&told));
                // A client that went away is its own business.
                std::thread::spawn(move || drop(take(stream.unwrap(), &taken, &told)));
            }
        });
        Self { host, got, answer }
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.host)
    }

    /// Status and further header lines.
    fn will(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap());
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        self.got.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }
}

fn take(stream: TcpStream, got: &Mutex<Vec<Received>>, answer: &Mutex<String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let received = request(&mut reader)?;
    let answer = answer.lock().unwrap().clone();
    got.lock().unwrap().push(received);
    if answer == SILENCE {
        std::thread::sleep(Duration::from_secs(600));
    }
    let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    reader.into_inner().write_all(answer.as_bytes())
}

fn claims(token: &[u8]) -> Value {
    let payload = token.split(|byte| *byte == b'.').nth(1).unwrap();
    serde_json::from_slice(&b64::decode(payload).unwrap()).unwrap()
}

/// A data directory with a client of the market office.
fn place() -> Place {
    let place = Place::new();
    let (file, _) = key(&place, "client.json", Algorithm::Es256);
    let agency = office(MARKET).code;
    let args =
        ["client", "add", "market-1", "--name", "受理系统", "--agency", agency.as_str(), "--key", &file];
    let more = ["--scope", "share:license", "--sharing", "departments"];
    place.boyin(&[&args[..], &more, &WORDS].concat()).ends(0);
    place
}

fn set(place: &Place, url: &str) -> Ran {
    let signer = office(POLICE).code;
    let args = ["client", "webhook", "set", "market-1", "--url", url, "--on", "trust-list"];
    place.boyin(&[&args[..], &["--office", signer.as_str()], &WORDS].concat())
}

fn renew(place: &Place) {
    place.boyin(&[&["trust", "renew"], &WORDS[..]].concat()).ends(0);
}

fn deliver(place: &Place, host: &str) -> Ran {
    place.boyin(&["--json", "webhook", "deliver", "--host", host])
}

/// Takes the time away that has to pass before the next attempt.
fn hurry(place: &Place) {
    let path = place.home().join("webhooks/state/market-1.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("next_attempt")).collect();
    assert!(lines.len() < text.lines().count(), "an attempt was in vain:\n{text}");
    std::fs::write(&path, lines.join("\n")).unwrap();
}

#[test]
fn a_notice_reaches_its_client_and_is_verified_by_a_program_that_is_not_ours() {
    let place = place();
    let receiver = Receiver::new();
    set(&place, &receiver.url()).ends(0);
    renew(&place);
    let done = deliver(&place, &receiver.host).ends(0).json();
    assert_eq!((&done["client"], &done["notices"]), (&"market-1".into(), &1.into()));
    let got = receiver.got.lock().unwrap().clone();
    let [(head, token)] = got.as_slice() else { panic!("{} requests", got.len()) };
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/webhook-notice+jwt\r\n"), "{head}");
    let told = claims(token);
    assert_eq!((&told["change"], &told["number"]), (&"trust-list".into(), &2.into()));
    assert_eq!((&told["aud"], &told["seq"]), (&"market-1".into(), &1.into()));
    // Done: there is nothing more.
    assert_eq!(deliver(&place, &receiver.host).ends(0).out, "");
    let listed = place.boyin(&["--json", "client", "webhook", "list"]).ends(0).json();
    assert_eq!(listed["webhooks"][0]["progress"]["acknowledged"], 1);
    assert!(place.boyin(&["client", "webhook", "list"]).ends(0).out.contains("market-1"));

    let trust = place.home().join("trust");
    let files =
        [trust.join("list.jwt"), trust.join("anchor.json")].map(|path| path.to_str().unwrap().to_owned());
    let check = |file: &str, client: &str| checked(&files, &["--client", client, file]);
    let file = place.write("notice.jwt", token);
    let Some((code, said)) = check(&file, "market-1") else { return };
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap(), told);
    let (code, said) = check(&file, "market-2").unwrap();
    assert!(code == Some(1) && said.contains("another client"), "{said}");
    let mut changed = token.clone();
    let last = changed.len() - 20;
    changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
    let (code, said) = check(&place.write("changed.jwt", &changed), "market-1").unwrap();
    assert!(code == Some(1) && said.contains("signature"), "{said}");
}

/// What the program that is not ours says of a notice, with a trust list and an anchor; `None` where it cannot be run.
fn checked([trust, anchor]: &[String; 2], args: &[&str]) -> Option<(Option<i32>, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/check-webhook.py");
    let mut python = Command::new("python3");
    python.args([script, "--trust", trust, "--anchor", anchor]).args(args);
    let ran = needed(python.output().map_err(|_| "the independent check needs python3"))?;
    Some((ran.status.code(), String::from_utf8(ran.stdout).unwrap()))
}

fn jws(key: &SigningKey, typ: &str, claims: &Value) -> Vec<u8> {
    let jwk = key.reference().jwk();
    let part = |value: &Value| b64::encode(value.to_string().as_bytes());
    let header = json!({ "alg": jwk.alg, "kid": jwk.kid, "typ": typ });
    let input = format!("{}.{}", part(&header), part(claims));
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", b64::encode(&signature)).into_bytes()
}

/// A notice and the trust list of keys of our own, so that each claim and each end can be put.
struct OwnKeys {
    place: Place,
    anchor: SigningKey,
    key: SigningKey,
}

impl OwnKeys {
    const NOW: u64 = 1_780_000_000;

    fn new() -> Self {
        let key = |algorithm| {
            SigningKey::new(Arc::new(SoftwareKey::generate(algorithm, &mut SystemRandom).unwrap())).unwrap()
        };
        Self { place: Place::empty(), anchor: key(Algorithm::Sm2), key: key(Algorithm::Es256) }
    }

    fn claims() -> Value {
        json!({
            "at": Self::NOW - 5, "aud": "market-1", "change": "trust-list", "iat": Self::NOW, "iss": "office",
            "jti": "AAAAAAAAAAAAAAAAAAAAAA", "number": 2, "seq": 1,
        })
    }

    /// What is said of a notice of these claims where these algorithms have ended.
    fn checked(&self, claims: &Value, ended: &Value) -> Option<(Option<i32>, String)> {
        let mut key = serde_json::to_value(self.key.reference().jwk()).unwrap();
        key["from"] = json!(Self::NOW - 100);
        let list = json!({
            "algorithms": ended, "issued_at": Self::NOW - 50, "issuers": [{ "code": "office", "keys": [key] }],
            "next_update": Self::NOW + 50,
        });
        let anchor = serde_json::to_vec(self.anchor.reference().jwk()).unwrap();
        let files = [
            self.place.write("own-list.jwt", &jws(&self.anchor, "trust-list+jwt", &list)),
            self.place.write("own-anchor.json", &anchor),
        ];
        let notice = self.place.write("own.jwt", &jws(&self.key, "webhook-notice+jwt", claims));
        checked(&files, &["--client", "market-1", "--now", &Self::NOW.to_string(), &notice])
    }
}

#[test]
fn a_program_that_is_not_ours_refuses_ended_algorithms_and_missing_claims() {
    let own = OwnKeys::new();
    let now = OwnKeys::NOW;
    let Some((code, said)) = own.checked(&OwnKeys::claims(), &json!([])) else { return };
    assert_eq!(code, Some(0), "{said}");
    for (end, counts) in [
        (json!({ "alg": "ES256", "sign_until": now }), false),
        (json!({ "alg": "ES256", "sign_until": now + 1 }), true),
        (json!({ "alg": "ES256", "sign_until": now + 1, "verify_until": now }), false),
        (json!({ "alg": "ES256", "sign_until": now + 1, "verify_until": now + 1 }), true),
        (json!({ "alg": "SM2-SM3", "sign_until": now, "verify_until": now }), true),
    ] {
        let (code, said) = own.checked(&OwnKeys::claims(), &json!([end])).unwrap();
        assert_eq!(code, Some(i32::from(!counts)), "{end}: {said}");
        assert_eq!(said.contains("ended the algorithm"), !counts, "{end}: {said}");
    }
    for name in ["at", "aud", "change", "iat", "iss", "jti", "seq"] {
        let mut claims = OwnKeys::claims();
        claims.as_object_mut().unwrap().remove(name).unwrap();
        let (code, said) = own.checked(&claims, &json!([])).unwrap();
        assert!(code == Some(1) && said.contains(&format!("missing: {name}")), "{name}: {said}");
    }
}

#[test]
fn whatever_comes_between_the_same_notice_is_sent_again() {
    let place = place();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    set(&place, &format!("http://{nobody}/hook")).ends(0);
    renew(&place);
    let fault = |host: &str| {
        let done = deliver(&place, host).ends(1).json();
        assert_eq!(done["notices"], 0);
        done["fault"].as_str().unwrap().to_owned()
    };
    assert_eq!(fault(&nobody), "unreachable");
    let (receiver, elsewhere) = (Receiver::new(), Receiver::new());
    set(&place, &receiver.url()).ends(0);
    hurry(&place);
    assert_eq!(fault("agency.example"), "host_not_allowed");
    assert!(receiver.bodies().is_empty());
    for (answer, code) in [
        ("500 Internal Server Error".to_owned(), "status"),
        (format!("302 Found\r\nLocation: {}", elsewhere.url()), "redirected"),
        (format!("307 Temporary Redirect\r\nLocation: {}", elsewhere.url()), "redirected"),
    ] {
        receiver.will(&answer);
        hurry(&place);
        assert_eq!(fault(&receiver.host), code, "{answer}");
    }
    assert!(elsewhere.bodies().is_empty(), "where it points to is not asked");
    assert_eq!(deliver(&place, &receiver.host).ends(0).out, "", "not before its time");

    // Killed between sending and the answer.
    receiver.will(SILENCE);
    hurry(&place);
    let before = receiver.bodies().len();
    let mut command = place.command(&["webhook", "deliver", "--host", &receiver.host]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the notice is out", || (receiver.bodies().len() > before).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    receiver.will("204 No Content");
    let path = place.home().join("webhooks/state/market-1.toml");
    if std::fs::read_to_string(path).unwrap().contains("next_attempt") {
        hurry(&place);
    }
    assert_eq!(deliver(&place, &receiver.host).ends(0).json()["notices"], 1);
    let told: Vec<_> = receiver.bodies().iter().map(|token| claims(token)).collect();
    assert_eq!(told.len(), 5);
    assert!(told.iter().all(|notice| notice["jti"] == told[0]["jti"] && notice["seq"] == 1));
}

#[test]
fn only_addresses_of_https_or_of_this_machine_are_taken() {
    let place = place();
    for url in ["http://agency.example/", "ftp://agency.example/", "https://user@agency.example/"] {
        set(&place, url).complains(&["market-1", "https"]);
    }
    set(&place, "https://agency.example/hook").ends(0);
    let args = ["client", "webhook", "remove", "market-1"];
    place.boyin(&[&args[..], &WORDS].concat()).ends(0);
    place.boyin(&[&args[..], &WORDS].concat()).complains(&["boyin client webhook list"]);
    place.boyin(&["webhook", "deliver"]).complains(&["--host"]);
    place.boyin(&["serve", "--webhook-host", "agency.example"]).complains(&["--desk"]);
    let hosts = |args: &[&str], hosts: &str| {
        Ran::of(place.command(args).env("BOYIN_WEBHOOK_HOSTS", hosts).output().unwrap())
    };
    hosts(&["serve"], "agency.example").complains(&["--desk"]);
    hosts(&["serve", "--desk"], "agency.example,another one").complains(&["another one", "name of a host"]);
}

#[test]
fn a_service_that_is_the_desk_delivers_by_itself() {
    let place = place();
    let receiver = Receiver::new();
    set(&place, &receiver.url()).ends(0);
    let args = ["serve", "--desk", "--webhook-host", &receiver.host, "--listen", "127.0.0.1:0"];
    let served = Served::start(place.command(&args));
    renew(&place);
    let token = wait_for("the notice of the second trust list", || {
        receiver.bodies().into_iter().find(|token| claims(token)["number"] == 2)
    });
    assert_eq!(claims(&token)["change"], "trust-list");
    let health = served.get("/v1/health");
    let health: Value = serde_json::from_slice(&health.1).unwrap();
    let checks = health["checks"].as_array().unwrap();
    let item = checks.iter().find(|check| check["name"] == "webhooks").unwrap();
    assert_eq!(item["ok"], true);
}
