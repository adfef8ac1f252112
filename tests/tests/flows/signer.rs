//! A signer: each of its checks has a request that only it refuses.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use boyin::issue::{KeyRef, SigningKey, status_list};
use boyin::model::b64;
use boyin::model::jws::{Header, Unsigned};
use boyin::model::purpose::{KeyPurpose, PROBE};
use boyin::model::signing_request::{MAX_SIGNING_REQUEST_BYTES, MAX_TO_BE_SIGNED_BYTES, SigningRequest};
use boyin::model::status::{StatusBits, StatusList, StatusListClaims};
use boyin::model::time::UnixTime;
use boyin::signer::{
    ClientFault, FRESH_SECONDS, SignerClient, SignerError, SignerGrant, SignerHome, SignerRefusal,
    SignerService,
};
use boyin::suite::{Algorithm, SoftwareKey, SystemRandom};
use boyin::{KeyLimits, KeySource, SIGNATURES_PATH, SuiteName};
use boyin_service::{SignerState, signer_router};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::office::{now, passphrase};

pub(crate) fn client_key(algorithm: Algorithm) -> SigningKey {
    SigningKey::new(Arc::new(SoftwareKey::generate(algorithm, &mut SystemRandom).unwrap())).unwrap()
}

/// A signer with two keys and two clients, and the way to ask it.
struct Site {
    dir: tempfile::TempDir,
    home: SignerHome,
    /// The first client, and the key that it has granted.
    client: SigningKey,
    key: SigningKeyOf,
    /// Known, but not granted to the first client.
    other: SigningKeyOf,
}

/// The public half of a key of the signer.
struct SigningKeyOf {
    reference: KeyRef,
}

impl SigningKeyOf {
    fn kid(&self) -> &str {
        &self.reference.jwk().kid
    }
}

fn make(home: &SignerHome, suite: SuiteName, limits: Option<&KeyLimits>) -> SigningKeyOf {
    let source = KeySource::Software(suite);
    let made = home.new_key(&source, limits, now(), &passphrase(), &mut SystemRandom).unwrap();
    let point = b64::decode(made.public.as_bytes()).unwrap();
    let algorithm = match suite {
        SuiteName::Sm2Sm3 => Algorithm::Sm2,
        SuiteName::Es256 => Algorithm::Es256,
    };
    SigningKeyOf { reference: KeyRef::new(algorithm.verifier(), &point).unwrap() }
}

fn grant(key: &SigningKeyOf, purposes: &[KeyPurpose], signatures: Option<u64>) -> SignerGrant {
    SignerGrant { kid: key.kid().to_owned(), purposes: purposes.to_vec(), signatures }
}

fn add(home: &SignerHome, name: &str, key: &SigningKey, grants: Vec<SignerGrant>) -> Result<(), SignerError> {
    home.add_client(SignerClient { name: name.to_owned(), key: key.reference().jwk().clone(), grants })
}

impl Site {
    fn new() -> Self {
        Self::with(None, None)
    }

    fn with(limits: Option<&KeyLimits>, signatures: Option<u64>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = SignerHome::create(&dir.path().join("signer"), &mut SystemRandom).unwrap();
        let key = make(&home, SuiteName::Sm2Sm3, limits);
        let other = make(&home, SuiteName::Es256, None);
        let client = client_key(Algorithm::Es256);
        add(&home, "desk", &client, vec![grant(&key, &[KeyPurpose::StatusLists], signatures)]).unwrap();
        Self { dir, home, client, key, other }
    }

    fn open(&self) -> SignerService {
        SignerService::open(&self.home, &passphrase(), now()).unwrap()
    }

    /// A status list of now, by the granted key: what the client may have signed.
    fn document(&self) -> Vec<u8> {
        list(&self.key.reference, now())
    }

    /// What asks for the document to be signed.
    fn request(&self) -> SigningRequest {
        SigningRequest {
            aud: self.home.id().to_owned(),
            format: 1,
            iat: now(),
            jti: new_id(),
            kid: self.key.kid().to_owned(),
            purpose: KeyPurpose::StatusLists,
            tbs: b64::encode(&self.document()),
        }
    }

    fn signed(&self, request: &SigningRequest) -> Vec<u8> {
        self.client.sign_jws(&request.prepare(self.client.reference().jwk())).unwrap()
    }

    fn journal(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.home.dir().join("journal.jsonl")).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// A signer that is open, for as long as its directory is kept.
pub(crate) fn opened() -> (tempfile::TempDir, SignerState) {
    let site = Site::new();
    let state = SignerState::new(Arc::new(site.open())).with_clock(Arc::new(now));
    (site.dir, state)
}

fn new_id() -> String {
    use boyin::model::alg::Randomness as _;
    let mut id = [0; 16];
    SystemRandom.fill(&mut id).unwrap();
    b64::encode(&id)
}

fn list(key: &KeyRef, at: UnixTime) -> Vec<u8> {
    let list = StatusList::new(StatusBits::Two, 64);
    let claims = StatusListClaims { sub: "u".to_owned(), iat: at, exp: at.plus(60), ttl: 15, list };
    status_list(&claims, key).to_be_signed().to_vec()
}

/// The signature in an answer.
fn signature(answer: &[u8]) -> Vec<u8> {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
    assert_eq!(answer["format"], 1);
    b64::decode(answer["signature"].as_str().unwrap().as_bytes()).unwrap()
}

fn verifies(key: &SigningKeyOf, message: &[u8], answer: &[u8]) {
    let alg = key.reference.alg();
    let point = key.reference.point();
    let key = alg.key(boyin::model::alg::PublicKey(&point)).unwrap();
    key.verify(message, &signature(answer)).unwrap();
}

#[test]
fn a_client_gets_what_it_was_granted_and_the_journal_tells() {
    let site = Site::new();
    let service = site.open();
    for _ in 0..2 {
        verifies(&site.key, &site.document(), &service.answer(&site.signed(&site.request()), now()).unwrap());
    }
    let probe = SigningRequest { purpose: KeyPurpose::Probe, tbs: b64::encode(PROBE), ..site.request() };
    verifies(&site.key, PROBE, &service.answer(&site.signed(&probe), now()).unwrap());
    let lines = site.journal();
    assert_eq!(lines.len(), 2, "a probe is not journaled");
    let first: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (&first["number"], &first["name"], &first["outcome"]),
        (&1.into(), &"desk".into(), &"signing".into())
    );
    assert_eq!(first["kid"], site.key.kid());
    assert_eq!(first["dated"], now().seconds());
    assert_eq!(site.home.check_journal(now()).unwrap().0, 2);
    assert!(matches!(SignerService::open(&site.home, &passphrase(), now()), Err(SignerError::Running(_))));
    let wrong = boyin::Passphrase::new("another".to_owned());
    drop(service);
    assert!(SignerService::open(&site.home, &wrong, now()).is_err());
}

/// The request that passes, with one thing changed: nothing else than the check of that thing refuses it.
#[test]
fn each_check_refuses_what_passes_all_others() {
    use SignerRefusal as No;
    let site = Site::new();
    let service = site.open();
    let right = site.request();
    let ask = |request: SigningRequest| service.answer(&site.signed(&request), now());
    let fresh = || SigningRequest { jti: new_id(), ..right.clone() };
    let tbs = |message: &[u8]| SigningRequest { tbs: b64::encode(message), ..fresh() };
    ask(fresh()).unwrap();

    // Who asks.
    let stranger = client_key(Algorithm::Es256);
    let by_stranger =
        |named: &SigningKey| stranger.sign_jws(&fresh().prepare(named.reference().jwk())).unwrap();
    assert_eq!(service.answer(&by_stranger(&stranger), now()), Err(No::UnknownClient));
    assert_eq!(service.answer(&by_stranger(&site.client), now()), Err(No::BadSignature));
    let mut other_alg = site.client.reference().jwk().clone();
    other_alg.alg = "SM2-SM3".to_owned();
    let other_alg = site.client.sign_jws(&fresh().prepare(&other_alg)).unwrap();
    assert_eq!(service.answer(&other_alg, now()), Err(No::BadSignature));

    // What for, and when.
    assert_eq!(ask(SigningRequest { format: 2, ..fresh() }), Err(No::OtherFormat));
    assert_eq!(ask(SigningRequest { aud: new_id(), ..fresh() }), Err(No::OtherSigner));
    for (iat, outcome) in [
        (now().minus(FRESH_SECONDS), Ok(())),
        (now().plus(FRESH_SECONDS), Ok(())),
        (now().minus(FRESH_SECONDS + 1), Err(No::Stale)),
        (now().plus(FRESH_SECONDS + 1), Err(No::Stale)),
    ] {
        assert_eq!(ask(SigningRequest { iat, ..fresh() }).map(drop), outcome, "{iat}");
    }
    let once = fresh();
    ask(once.clone()).unwrap();
    assert_eq!(ask(once.clone()), Err(No::Replayed));
    let dated = SigningRequest { iat: now().plus(1), ..once };
    assert_eq!(ask(dated), Err(No::Replayed), "another request under the same ID");

    // Which key, and what.
    let other = SigningRequest {
        kid: site.other.kid().to_owned(),
        tbs: b64::encode(&list(&site.other.reference, now())),
        ..fresh()
    };
    assert_eq!(ask(other), Err(No::KeyNotAllowed));
    assert_eq!(ask(SigningRequest { kid: "none".to_owned(), ..fresh() }), Err(No::KeyNotAllowed));
    assert_eq!(ask(tbs(b"pay to the bearer")), Err(No::UnknownDocument));
    let differs = SigningRequest { purpose: KeyPurpose::Licenses, ..fresh() };
    assert_eq!(ask(differs), Err(No::PurposeDiffers));
    let seal = SigningRequest { purpose: KeyPurpose::Seals, ..tbs(b"\x30\x03\x02\x01\x01") };
    assert_eq!(ask(seal), Err(No::PurposeNotAllowed));
    assert_eq!(ask(tbs(&list(&site.other.reference, now()))), Err(No::NamesOtherKey));
    let alg = Header {
        alg: "ES256".into(),
        kid: site.key.kid().into(),
        typ: boyin::model::jws::TYP_STATUS_LIST.into(),
    };
    let payload = format!("{{\"iat\":{}}}", now().seconds());
    let other_alg = Unsigned::new(&alg, payload.as_bytes());
    assert_eq!(ask(tbs(other_alg.to_be_signed())), Err(No::NamesOtherKey));
    for (at, outcome) in [
        (now().minus(300), Ok(())),
        (now().plus(300), Ok(())),
        (now().minus(301), Err(No::DatedElsewhere)),
        (now().plus(301), Err(No::DatedElsewhere)),
    ] {
        assert_eq!(ask(tbs(&list(&site.key.reference, at))).map(drop), outcome, "{at}");
    }
    ask(fresh()).unwrap();
}

#[test]
fn what_is_no_request_is_refused_by_size_and_form() {
    use SignerRefusal as No;
    let site = Site::new();
    let service = site.open();
    let long = vec![b'x'; MAX_SIGNING_REQUEST_BYTES + 1];
    assert_eq!(service.answer(&long, now()), Err(No::TooLarge));
    let tbs = b64::encode(&vec![b'x'; MAX_TO_BE_SIGNED_BYTES + 2]);
    let much = site.signed(&SigningRequest { tbs, ..site.request() });
    assert!(much.len() < MAX_SIGNING_REQUEST_BYTES);
    assert_eq!(service.answer(&much, now()), Err(No::TooLarge));
    let license = Header {
        alg: "ES256".into(),
        kid: site.client.reference().jwk().kid.as_str().into(),
        typ: boyin::model::jws::TYP_LICENSE.into(),
    };
    let payload = boyin::model::json::canonical(&site.request());
    let other_typ = site.client.sign_jws(&Unsigned::new(&license, &payload)).unwrap();
    for other in [&b""[..], b"a.b", b"eyJhIjoxfQ.e30.e30", &other_typ] {
        assert_eq!(service.answer(other, now()), Err(No::Malformed));
    }
    let short = SigningRequest { jti: "short".to_owned(), ..site.request() };
    assert_eq!(service.answer(&site.signed(&short), now()), Err(No::Malformed));
    let not_base64 = SigningRequest { tbs: "***".to_owned(), ..site.request() };
    assert_eq!(service.answer(&site.signed(&not_base64), now()), Err(No::Malformed));
    std::fs::write(site.home.dir().join("clients.toml"), "client = 7").unwrap();
    assert_eq!(service.answer(&site.signed(&site.request()), now()), Err(No::ClientsUnreadable));
    assert!(site.journal().is_empty());
}

#[test]
fn limits_hold_across_restarts_and_are_counted_first() {
    let limits = KeyLimits { signatures: Some(3), ..KeyLimits::default() };
    let site = Site::with(Some(&limits), Some(2));
    let second = client_key(Algorithm::Sm2);
    let all = [KeyPurpose::StatusLists, KeyPurpose::Licenses];
    add(&site.home, "second", &second, vec![grant(&site.key, &all, None)]).unwrap();
    let ask = |service: &SignerService| service.answer(&site.signed(&site.request()), now()).map(drop);
    let ask_second = |service: &SignerService| {
        let request = second.sign_jws(&site.request().prepare(second.reference().jwk())).unwrap();
        service.answer(&request, now()).map(drop)
    };
    assert_eq!(ask(&site.open()), Ok(()));
    assert_eq!(ask(&site.open()), Ok(()), "the client's limit is not reached");
    let service = site.open();
    assert_eq!(ask(&service), Err(SignerRefusal::ClientUsedUp));
    assert_eq!(site.home.keys().unwrap()[0].uses, Some(2), "a refusal is not counted");
    // Removed and added again, it goes on where it was.
    site.home.remove_client("desk").unwrap();
    assert_eq!(ask(&service), Err(SignerRefusal::UnknownClient), "at once");
    add(&site.home, "desk", &site.client, vec![grant(&site.key, &all, Some(2))]).unwrap();
    assert_eq!(ask(&service), Err(SignerRefusal::ClientUsedUp));
    assert_eq!(ask_second(&service), Ok(()));
    assert_eq!(ask_second(&service), Err(SignerRefusal::UsedUp), "the key's own limit");
    assert_eq!(site.journal().len(), 3);
    // Without its count a key signs nothing.
    let count = site.home.dir().join("keys/signer.uses");
    std::fs::remove_file(&count).unwrap();
    assert_eq!(ask_second(&service), Err(SignerRefusal::NotCounted));
}

#[test]
fn the_limits_of_the_key_are_read_from_the_bytes() {
    use SignerRefusal as No;
    for (limits, outcome) in [
        (KeyLimits { purposes: vec![KeyPurpose::Licenses], ..KeyLimits::default() }, Err(No::OtherPurpose)),
        (KeyLimits { not_before: Some(now().plus(1)), ..KeyLimits::default() }, Err(No::OutOfTime)),
        (KeyLimits { not_after: Some(now()), ..KeyLimits::default() }, Err(No::OutOfTime)),
        (KeyLimits { not_after: Some(now().plus(1)), ..KeyLimits::default() }, Ok(())),
    ] {
        let site = Site::with(Some(&limits), None);
        assert_eq!(site.open().answer(&site.signed(&site.request()), now()).map(drop), outcome);
    }
}

#[test]
fn a_replay_is_known_after_a_restart_and_a_clock_that_goes_back_is_found_out() {
    let site = Site::new();
    let sent = site.signed(&site.request());
    site.open().answer(&sent, now()).unwrap();
    let service = site.open();
    assert_eq!(service.answer(&sent, now()), Err(SignerRefusal::Replayed));
    let late = now().plus(FRESH_SECONDS * 3);
    let next =
        SigningRequest { iat: late, tbs: b64::encode(&list(&site.key.reference, late)), ..site.request() };
    service.answer(&site.signed(&next), late).unwrap();
    // What was forgotten is not fresh before the clock is found out.
    for back in [0, 60, FRESH_SECONDS] {
        let refused = service.answer(&sent, late.minus(back)).unwrap_err();
        assert!(matches!(refused, SignerRefusal::Stale | SignerRefusal::Replayed), "{refused:?}");
    }
    let fresh = SigningRequest { iat: now(), ..site.request() };
    assert_eq!(service.answer(&site.signed(&fresh), now()), Err(SignerRefusal::ClockBehind));
    drop(service);
    assert_eq!(site.open().answer(&site.signed(&fresh), now()), Err(SignerRefusal::ClockBehind));
}

#[test]
fn a_journal_that_was_changed_is_not_gone_on_with() {
    let site = Site::new();
    for _ in 0..3 {
        site.open().answer(&site.signed(&site.request()), now()).unwrap();
    }
    let path = site.home.dir().join("journal.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = whole.split_inclusive('\n').collect();
    let opens = |text: &str| {
        std::fs::write(&path, text).unwrap();
        SignerService::open(&site.home, &passphrase(), now()).map(drop)
    };
    for (text, line) in [
        ([lines[0], lines[2]].concat(), 2),
        ([lines[1], lines[2]].concat(), 1),
        ([lines[0], lines[0], lines[1]].concat(), 2),
        (whole.replacen("desk", "dusk", 1), 2),
        (whole.replacen("\"at\"", " \"at\"", 1), 1),
    ] {
        let refused = opens(&text).unwrap_err();
        assert!(refused.to_string().contains(&format!("line {line}:")), "{refused}");
        assert!(site.home.check_journal(now()).is_err());
    }
    // A line that was being written when the process ended.
    opens(&format!("{whole}{{\"at\":17")).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
    site.open().answer(&site.signed(&site.request()), now()).unwrap();
    assert_eq!(site.home.check_journal(now()).unwrap().0, 4);
}

#[test]
fn nothing_is_signed_that_is_not_journaled() {
    let site = Site::new();
    let service = site.open();
    service.answer(&site.signed(&site.request()), now()).unwrap();
    // Somebody cut the journal under the running signer.
    let path = site.home.dir().join("journal.jsonl");
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(10).unwrap();
    assert_eq!(service.answer(&site.signed(&site.request()), now()), Err(SignerRefusal::NotJournaled));
}

#[test]
fn a_retired_key_signs_no_more_and_a_missing_one_says_so() {
    let site = Site::new();
    let service = site.open();
    let ask = || service.answer(&site.signed(&site.request()), now()).map(drop);
    ask().unwrap();
    let reference = site.home.dir().join("keys/signer.toml");
    let text = std::fs::read_to_string(&reference).unwrap();
    std::fs::remove_file(&reference).unwrap();
    assert_eq!(ask(), Err(SignerRefusal::KeyUnavailable));
    std::fs::write(&reference, text).unwrap();
    ask().unwrap();
    site.home.retire_key(site.key.kid(), now(), &passphrase()).unwrap();
    assert_eq!(ask(), Err(SignerRefusal::KeyRetired), "at once");
    drop(service);
    assert_eq!(
        site.open().answer(&site.signed(&site.request()), now()).map(drop),
        Err(SignerRefusal::KeyRetired)
    );
}

#[test]
fn clients_are_checked_when_they_are_added() {
    let site = Site::new();
    let fault = |name: &str, key: &SigningKey, grants| match add(&site.home, name, key, grants) {
        Err(SignerError::Client { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    let new = client_key(Algorithm::Sm2);
    let right = || vec![grant(&site.key, &[KeyPurpose::Licenses], None)];
    for name in ["", " x", "x\ny", &"x".repeat(65)] {
        assert_eq!(fault(name, &new, right()), ClientFault::Name);
    }
    assert_eq!(fault("desk", &new, right()), ClientFault::Twice);
    assert_eq!(fault("other", &site.client, right()), ClientFault::Twice);
    assert_eq!(fault("other", &new, vec![]), ClientFault::NoPurpose);
    assert_eq!(fault("other", &new, vec![grant(&site.key, &[], None)]), ClientFault::NoPurpose);
    let unknown =
        SignerGrant { kid: "none".to_owned(), purposes: vec![KeyPurpose::Licenses], signatures: None };
    assert_eq!(fault("other", &new, vec![unknown]), ClientFault::UnknownKey);
    let mut key = new.reference().jwk().clone();
    key.kid = "mine".to_owned();
    let misnamed = SignerClient { name: "other".to_owned(), key, grants: right() };
    assert!(matches!(
        site.home.add_client(misnamed),
        Err(SignerError::Client { fault: ClientFault::Key, .. })
    ));
    add(&site.home, "other", &new, right()).unwrap();
    assert!(site.home.remove_client("nobody").is_err());
    assert!(SignerHome::open(Path::new("/nonexistent")).is_err());
    assert!(SignerHome::create(site.dir.path(), &mut SystemRandom).is_err(), "not empty");
}

#[tokio::test]
async fn over_http_a_refusal_has_its_status_and_code() {
    let site = Site::new();
    let state = SignerState::new(Arc::new(site.open())).with_clock(Arc::new(now));
    let post = |body: Vec<u8>| {
        let request = Request::post(SIGNATURES_PATH).body(Body::from(body)).unwrap();
        let answered = signer_router(state.clone()).oneshot(request);
        async move {
            let (parts, body) = answered.await.unwrap().into_parts();
            (parts.status, body.collect().await.unwrap().to_bytes().to_vec())
        }
    };
    let sent = site.signed(&site.request());
    let (status, body) = post(sent.clone()).await;
    assert_eq!(status, StatusCode::OK);
    verifies(&site.key, &site.document(), &body);
    for (body, status, code) in [
        (sent, StatusCode::CONFLICT, "replayed"),
        (b"nothing".to_vec(), StatusCode::BAD_REQUEST, "malformed"),
        (vec![b'x'; MAX_SIGNING_REQUEST_BYTES + 1], StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
    ] {
        let (found, body) = post(body).await;
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((found, body["code"].as_str()), (status, Some(code)));
    }
    for (path, status) in [("/v1/health", 200), (SIGNATURES_PATH, 405), ("/v1/licenses/x", 404)] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(signer_router(state.clone()).oneshot(request).await.unwrap().status(), status);
    }
}
