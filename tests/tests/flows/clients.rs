//! Clients: each check of an assertion has one that only it refuses, and access tokens end when they should.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use boyin::access::{
    ACCESS_TOKEN_SECONDS, AHEAD_SECONDS, AssertionRefusal, CertificateDigest, CertificateUse, Client,
    ClientError, ClientFault, ClientKey, ClientScope, Gate, MAX_CLIENT_KEY_DAYS, MAX_CLIENT_KEYS,
    MAX_SEEN_OF_CLIENT, TokenAsk, TokenRefusal,
};
use boyin::issue::SigningKey;
use boyin::model::b64;
use boyin::model::id::CreditCode;
use boyin::model::sharing::SharingScope;
use boyin::model::time::UnixTime;
use boyin::suite::{Algorithm, SystemRandom};
use boyin::{Home, Lookup, Order};
use boyin_service::{ASSERTIONS, AppState, MAX_TOKEN_BODY_BYTES, metrics_router, router};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::office::{Prefecture, market, now, order, police};
use crate::signer::client_key;

const DAY: u64 = 86_400;
const HOUR: u64 = 3600;

pub(crate) fn words(at: UnixTime) -> Order {
    Order { at, ..order(police(), "clients") }
}

/// A client of an agency with one key of a year.
pub(crate) fn client(id: &str, agency: CreditCode, sharing: &[SharingScope], key: &SigningKey) -> Client {
    Client {
        id: id.to_owned(),
        name: "受理系统".to_owned(),
        agency,
        scopes: ClientScope::ALL.to_vec(),
        sharing: sharing.to_vec(),
        certificates: Vec::new(),
        keys: vec![timed(key, now(), now().plus(365 * DAY))],
    }
}

fn timed(key: &SigningKey, from: UnixTime, until: UnixTime) -> ClientKey {
    ClientKey { from, until, key: key.reference().jwk().clone() }
}

/// A gate that has been open for a while.
pub(crate) fn gate(home: &Home) -> Gate {
    Gate::new(home, now().minus(HOUR), &mut SystemRandom).unwrap()
}

/// A JWS of these claims by the key, with another header if one is given.
pub(crate) fn signed(key: &SigningKey, header: Option<Value>, claims: &Value) -> Vec<u8> {
    let jwk = key.reference().jwk();
    let header = header.unwrap_or_else(|| json!({ "alg": jwk.alg, "kid": jwk.kid, "typ": "JWT" }));
    let part = |value: &Value| b64::encode(value.to_string().as_bytes());
    let input = format!("{}.{}", part(&header), part(claims));
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", b64::encode(&signature)).into_bytes()
}

pub(crate) fn claims(gate: &Gate, id: &str, at: UnixTime) -> Value {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    json!({
        "iss": id, "sub": id, "aud": gate.audience(), "iat": at.seconds(), "exp": at.seconds() + 300,
        "jti": NUMBER.fetch_add(1, Ordering::Relaxed).to_string(),
    })
}

/// An access token for everything that the client may ask.
pub(crate) fn token(gate: &Gate, id: &str, key: &SigningKey, at: UnixTime) -> String {
    gate.token(&signed(key, None, &claims(gate, id, at)), None, at).unwrap().token
}

struct Site {
    prefecture: Prefecture,
    gate: Gate,
    key: SigningKey,
    /// Of another client, under SM2.
    other: SigningKey,
}

impl Site {
    fn new() -> Self {
        let prefecture = Prefecture::new();
        let (key, other) = (client_key(Algorithm::Es256), client_key(Algorithm::Sm2));
        let kinds = [SharingScope::Departments];
        for (id, key) in [("market-1", &key), ("police-1", &other)] {
            let agency = if id == "market-1" { market() } else { police() };
            prefecture.home.add_client(client(id, agency, &kinds, key), &words(now())).unwrap();
        }
        let gate = gate(&prefecture.home);
        Self { prefecture, gate, key, other }
    }

    fn claims(&self) -> Value {
        claims(&self.gate, "market-1", now())
    }

    /// What is made of an assertion with other claims.
    fn refusal(&self, change: impl FnOnce(&mut Value)) -> AssertionRefusal {
        let mut claims = self.claims();
        change(&mut claims);
        self.refused(&signed(&self.key, None, &claims))
    }

    fn refused(&self, assertion: &[u8]) -> AssertionRefusal {
        self.gate.token(assertion, None, now()).unwrap_err()
    }

    fn header(&self, alg: &str) -> Value {
        json!({ "alg": alg, "kid": self.key.reference().jwk().kid, "typ": "JWT" })
    }
}

#[test]
fn a_signed_assertion_gives_a_token_under_either_suite() {
    let site = Site::new();
    for (id, key) in [("market-1", &site.key), ("police-1", &site.other)] {
        let granted =
            site.gate.token(&signed(key, None, &claims(&site.gate, id, now())), None, now()).unwrap();
        assert_eq!((granted.client.as_str(), granted.scopes.as_slice()), (id, &ClientScope::ALL[..]));
        let caller = site.gate.caller(&granted.token, None, now()).unwrap();
        assert_eq!((caller.client.id.as_str(), caller.scopes.as_slice()), (id, &ClientScope::ALL[..]));
    }
    let some =
        site.gate.token(&signed(&site.key, None, &site.claims()), Some("share:check share:check"), now());
    assert_eq!(some.unwrap().scopes, [ClientScope::Check]);
    assert_eq!(
        Gate::new(&site.prefecture.home, now(), &mut SystemRandom).unwrap().audience(),
        site.gate.audience()
    );
}

/// The order of the group of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[test]
fn libraries_that_do_not_choose_the_smaller_s_are_let_in() {
    let site = Site::new();
    let assertion = String::from_utf8(signed(&site.key, None, &site.claims())).unwrap();
    let (input, signature) = assertion.rsplit_once('.').unwrap();
    let mut signature = b64::decode(signature.as_bytes()).unwrap();
    let mut borrow = 0;
    for place in (0..32).rev() {
        let difference = i16::from(ORDER[place]) - i16::from(signature[32 + place]) - borrow;
        borrow = i16::from(difference < 0);
        signature[32 + place] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let other = format!("{input}.{}", b64::encode(&signature));
    assert_ne!(other, assertion);
    site.gate.token(other.as_bytes(), None, now()).unwrap();
    // The same assertion, however it is signed.
    assert_eq!(site.refused(assertion.as_bytes()), AssertionRefusal::Replayed);
}

#[test]
fn an_assertion_is_used_once() {
    let site = Site::new();
    let claims = site.claims();
    let assertion = signed(&site.key, None, &claims);
    site.gate.token(&assertion, None, now()).unwrap();
    assert_eq!(site.refused(&assertion), AssertionRefusal::Replayed);
    let late = site.gate.token(&assertion, None, now().plus(299));
    assert_eq!(late.unwrap_err(), AssertionRefusal::Replayed);
    // Another one with the same ID, too.
    assert_eq!(site.refusal(|other| other["jti"] = claims["jti"].clone()), AssertionRefusal::Replayed);
    // The ID of another client is another one.
    let mut of_other = self::claims(&site.gate, "police-1", now());
    of_other["jti"] = claims["jti"].clone();
    site.gate.token(&signed(&site.other, None, &of_other), None, now()).unwrap();
}

#[test]
fn an_assertion_that_has_ended_is_refused() {
    let site = Site::new();
    let ended = |seconds| {
        site.refusal(|claims| {
            claims["iat"] = json!(now().seconds() - 300);
            claims["exp"] = json!(now().seconds() - seconds);
        })
    };
    assert_eq!((ended(0), ended(1)), (AssertionRefusal::Expired, AssertionRefusal::Expired));
}

#[test]
fn an_assertion_lasts_five_minutes_at_most() {
    let site = Site::new();
    let longer = site.refusal(|claims| claims["exp"] = json!(now().seconds() + 301));
    assert_eq!(longer, AssertionRefusal::LastsTooLong);
}

#[test]
fn an_assertion_for_somebody_else_is_refused() {
    let site = Site::new();
    for aud in ["http://127.0.0.1:8650", "http://127.0.0.1:8650/v1/token/", "https://elsewhere/v1/token"] {
        assert_eq!(
            site.refusal(|claims| claims["aud"] = json!(aud)),
            AssertionRefusal::OtherAudience,
            "{aud}"
        );
    }
    let several = site.refusal(|claims| claims["aud"] = json!([site.gate.audience(), "https://elsewhere"]));
    assert_eq!(several, AssertionRefusal::Malformed);
}

#[test]
fn another_key_under_the_name_of_the_clients_is_refused() {
    let site = Site::new();
    let stranger = client_key(Algorithm::Es256);
    let swapped = signed(&stranger, Some(site.header("ES256")), &site.claims());
    assert_eq!(site.refused(&swapped), AssertionRefusal::BadSignature);
    assert_eq!(site.refused(&signed(&stranger, None, &site.claims())), AssertionRefusal::UnknownKey);
    let mut changed = signed(&site.key, None, &site.claims());
    let place = changed.iter().position(|byte| *byte == b'.').unwrap() + 20;
    changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
    assert_eq!(site.refused(&changed), AssertionRefusal::BadSignature);
}

#[test]
fn the_key_of_another_client_is_refused() {
    let site = Site::new();
    assert_eq!(site.refused(&signed(&site.other, None, &site.claims())), AssertionRefusal::OtherClient);
    for member in ["iss", "sub"] {
        let mixed = site.refusal(|claims| claims[member] = json!("police-1"));
        assert_eq!(mixed, AssertionRefusal::OtherClient, "{member}");
    }
}

#[test]
fn another_algorithm_than_that_of_the_key_is_refused() {
    let site = Site::new();
    let sm2 = site.other.reference().jwk().alg.clone();
    // HS256: the public key as a shared secret; none: nothing at all.
    for alg in [sm2.as_str(), "HS256", "RS256", "ES384", "es256", "none", "None", ""] {
        let assertion = signed(&site.key, Some(site.header(alg)), &site.claims());
        assert_eq!(site.refused(&assertion), AssertionRefusal::OtherAlgorithm, "{alg}");
    }
    let assertion = signed(&site.key, Some(site.header("none")), &site.claims());
    let unsigned = [assertion.rsplitn(2, |byte| *byte == b'.').last().unwrap(), b"."].concat();
    assert_eq!(site.refused(&unsigned), AssertionRefusal::OtherAlgorithm);
    let nothing = signed(&site.key, Some(site.header("ES256")), &site.claims());
    let nothing = [nothing.rsplitn(2, |byte| *byte == b'.').last().unwrap(), b"."].concat();
    assert_eq!(site.refused(&nothing), AssertionRefusal::BadSignature);
}

#[test]
fn a_key_counts_in_its_time_only() {
    let site = Site::new();
    let at = |at: UnixTime| {
        site.gate.token(&signed(&site.key, None, &claims(&site.gate, "market-1", at)), None, at)
    };
    assert_eq!(at(now().minus(1)).unwrap_err(), AssertionRefusal::KeyOutOfTime);
    at(now().plus(365 * DAY - 1)).unwrap();
    assert_eq!(at(now().plus(365 * DAY)).unwrap_err(), AssertionRefusal::KeyOutOfTime);
}

#[test]
fn an_assertion_from_the_future_is_refused() {
    let site = Site::new();
    let ahead = |name: &'static str, seconds| {
        site.refusal(move |claims| {
            claims[name] = json!(now().seconds() + AHEAD_SECONDS + seconds);
            claims["exp"] = json!(now().seconds() + 200);
        })
    };
    assert_eq!(ahead("iat", 1), AssertionRefusal::FromFuture);
    assert_eq!(ahead("nbf", 1), AssertionRefusal::FromFuture);
    let mut near = site.claims();
    near["iat"] = json!(now().seconds() + AHEAD_SECONDS);
    site.gate.token(&signed(&site.key, None, &near), None, now()).unwrap();
}

#[test]
fn what_may_have_been_used_before_a_restart_is_refused_after_it() {
    let site = Site::new();
    // The last one that the process before can have taken, a moment before it ended.
    let mut claims = site.claims();
    claims["iat"] = json!(now().seconds() + AHEAD_SECONDS);
    let assertion = signed(&site.key, None, &claims);
    site.gate.token(&assertion, None, now()).unwrap();
    let restarted = Gate::new(&site.prefecture.home, now(), &mut SystemRandom).unwrap();
    for seconds in [0, 1, AHEAD_SECONDS, 200] {
        let again = restarted.token(&assertion, None, now().plus(seconds));
        assert_eq!(again.unwrap_err(), AssertionRefusal::BeforeStart, "{seconds}");
    }
    let fresh = now().plus(AHEAD_SECONDS + 1);
    token(&restarted, "market-1", &site.key, fresh);
}

#[test]
fn what_is_no_assertion_is_refused() {
    let site = Site::new();
    let right = signed(&site.key, None, &site.claims());
    let mut jwk = site.header("ES256");
    jwk["jwk"] = json!({ "kty": "EC" });
    let embedded = signed(&site.key, Some(jwk), &site.claims());
    for bytes in [
        &b""[..],
        b"a.b.c",
        &right[..right.len() / 2],
        &embedded,
        &[right.clone(), vec![b'A'; 4096]].concat(),
    ] {
        assert_eq!(site.refused(bytes), AssertionRefusal::Malformed);
    }
    for claim in ["iss", "sub", "aud", "exp", "iat", "jti"] {
        let missing = site.refusal(|claims| drop(claims.as_object_mut().unwrap().remove(claim)));
        assert_eq!(missing, AssertionRefusal::Malformed, "{claim}");
    }
}

#[test]
fn a_client_has_no_other_scopes_than_its_own() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let key = client_key(Algorithm::Es256);
    let narrow = Client {
        scopes: vec![ClientScope::Check],
        ..client("narrow", market(), &[SharingScope::Departments], &key)
    };
    home.add_client(narrow, &words(now())).unwrap();
    let ask = |scope| {
        site.gate.token(&signed(&key, None, &claims(&site.gate, "narrow", now())), Some(scope), now())
    };
    assert_eq!(ask("").unwrap().scopes, [ClientScope::Check]);
    for scope in ["share:license", "share:check share:holder", "license:read", "*", " "] {
        assert_eq!(ask(scope).unwrap_err(), AssertionRefusal::OtherScope, "{scope}");
    }
}

#[test]
fn one_client_cannot_fill_the_memory() {
    let site = Site::new();
    let ask = |at: UnixTime| {
        site.gate.token(&signed(&site.key, None, &claims(&site.gate, "market-1", at)), None, at)
    };
    for _ in 0..MAX_SEEN_OF_CLIENT {
        ask(now()).unwrap();
    }
    assert_eq!(ask(now()).unwrap_err(), AssertionRefusal::TooMany(300));
    token(&site.gate, "police-1", &site.other, now());
    ask(now().plus(300)).unwrap();
}

#[test]
fn a_token_ends_with_its_time_its_client_its_key_and_its_service() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let mine = token(&site.gate, "market-1", &site.key, now());
    let last = now().plus(ACCESS_TOKEN_SECONDS - 1);
    site.gate.caller(&mine, None, last).unwrap();
    let refused = |gate: &Gate, token: &str, at| gate.caller(token, None, at).unwrap_err();
    assert_eq!(refused(&site.gate, &mine, last.plus(1)), TokenRefusal::Expired);
    assert_eq!(refused(&site.gate, &mine, now().minus(1)), TokenRefusal::Expired);
    // Of another process of the same service, and signed by others: a client, for itself.
    assert_eq!(refused(&gate(home), &mine, now()), TokenRefusal::NotOurs);
    let (header, rest) = mine.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&b64::decode(header.as_bytes()).unwrap()).unwrap();
    let payload = rest.split_once('.').unwrap().0;
    let payload: Value = serde_json::from_slice(&b64::decode(payload.as_bytes()).unwrap()).unwrap();
    for (key, header) in [
        (&site.key, Some(header.clone())),
        (&site.key, None),
        (&site.key, Some(json!({ "alg": "none", "kid": header["kid"], "typ": "at+jwt" }))),
    ] {
        let forged = String::from_utf8(signed(key, header, &payload)).unwrap();
        assert_eq!(refused(&site.gate, &forged, now()), TokenRefusal::NotOurs);
    }
    for change in
        ["", ".", "a.b.c", &mine[1..], &mine[..mine.len() - 1], &format!("{mine}A"), &"A".repeat(4096)]
    {
        assert_eq!(refused(&site.gate, change, now()), TokenRefusal::NotOurs, "{change}");
    }
    // The life of a token is bounded by that of its key, and scopes that are taken away are gone at once.
    let second = client_key(Algorithm::Es256);
    let next = timed(&second, now(), now().plus(30 * DAY));
    home.rotate_client("market-1", next, now().plus(60), &words(now())).unwrap();
    site.gate.caller(&mine, None, now().plus(59)).unwrap();
    assert_eq!(refused(&site.gate, &mine, now().plus(60)), TokenRefusal::Withdrawn);
    let of_second = token(&site.gate, "market-1", &second, now());
    let path = home.dir().join("clients.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let narrower = text.replacen("\"share:license\", ", "", 1);
    assert_ne!(text, narrower);
    std::fs::write(&path, narrower).unwrap();
    assert!(!site.gate.caller(&of_second, None, now()).unwrap().scopes.contains(&ClientScope::License));
    home.remove_client("market-1", &words(now())).unwrap();
    assert_eq!(refused(&site.gate, &of_second, now()), TokenRefusal::Withdrawn);
    // Nor does the key open another client.
    home.add_client(client("market-2", market(), &[SharingScope::Levels], &second), &words(now())).unwrap();
    assert_eq!(refused(&site.gate, &of_second, now()), TokenRefusal::Withdrawn);
    std::fs::write(&path, "no toml").unwrap();
    assert_eq!(refused(&site.gate, &of_second, now()), TokenRefusal::ClientsUnreadable);
    let unread =
        site.gate.token(&signed(&site.other, None, &claims(&site.gate, "police-1", now())), None, now());
    assert_eq!(unread.unwrap_err(), AssertionRefusal::ClientsUnreadable);
}

/// What a gate says of a new assertion over a connection with this certificate.
fn over(
    site: &Site,
    gate: &Gate,
    certificate: Option<CertificateDigest>,
) -> Result<String, AssertionRefusal> {
    let assertion = signed(&site.key, None, &claims(gate, "market-1", now()));
    let ask = TokenAsk { assertion: &assertion, client_id: None, scope: None, certificate };
    gate.token_within(&ask, now(), |_| Ok(())).map(|granted| granted.token)
}

#[test]
fn a_token_is_good_with_the_certificate_that_it_was_given_over() {
    let site = Site::new();
    let [mine, other] = [b"mine ", b"other"].map(|der| CertificateDigest::of(der));
    let bound = over(&site, &site.gate, Some(mine)).unwrap();
    let free = over(&site, &site.gate, None).unwrap();
    let taken = |token: &str, certificate| site.gate.caller(token, certificate, now()).map(drop);
    assert_eq!(taken(&bound, Some(mine)), Ok(()));
    assert_eq!(taken(&bound, Some(other)), Err(TokenRefusal::OtherCertificate));
    assert_eq!(taken(&bound, None), Err(TokenRefusal::OtherCertificate));
    for any in [None, Some(mine), Some(other)] {
        assert_eq!(taken(&free, any), Ok(()));
    }
    // What it says is what RFC 8705 asks for.
    let payload = bound.split('.').nth(1).unwrap();
    let payload: Value = serde_json::from_slice(&b64::decode(payload.as_bytes()).unwrap()).unwrap();
    assert_eq!(payload["cnf"], json!({ "x5t#S256": mine.to_string() }));
}

#[test]
fn where_certificates_are_required_nothing_is_given_or_taken_without() {
    let site = Site::new();
    let mine = CertificateDigest::of(b"mine");
    let gate = gate(&site.prefecture.home).with_certificates(CertificateUse::Required);
    assert_eq!(over(&site, &gate, None), Err(AssertionRefusal::CertificateMissing));
    let bound = over(&site, &gate, Some(mine)).unwrap();
    gate.caller(&bound, Some(mine), now()).unwrap();
    assert_eq!(gate.caller(&bound, None, now()), Err(TokenRefusal::OtherCertificate));
    // One that the same gate gave before it asked for them.
    let free = over(&site, &site.gate, None).unwrap();
    let Site { prefecture: _prefecture, gate, .. } = site;
    let gate = gate.with_certificates(CertificateUse::Required);
    assert_eq!(gate.caller(&free, Some(mine), now()), Err(TokenRefusal::CertificateMissing));
    assert_eq!(gate.caller(&free, None, now()), Err(TokenRefusal::CertificateMissing));
}

#[test]
fn a_client_with_a_certificate_is_given_nothing_over_other_connections() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let [mine, next, other] = [b"mine ", b"next ", b"other"].map(|der| CertificateDigest::of(der));
    let before = over(&site, &site.gate, None).unwrap();
    home.certify_client("market-1", vec![mine, next], &words(now())).unwrap();
    for wrong in [None, Some(other)] {
        assert_eq!(over(&site, &site.gate, wrong), Err(AssertionRefusal::OtherCertificate));
    }
    let withdrawn = |token: &str, certificate| {
        site.gate.caller(token, certificate, now()).unwrap_err() == TokenRefusal::Withdrawn
    };
    assert!(withdrawn(&before, None) && withdrawn(&before, Some(mine)), "it is bound to none");
    let [of_mine, of_next] =
        [mine, next].map(|certificate| over(&site, &site.gate, Some(certificate)).unwrap());
    site.gate.caller(&of_mine, Some(mine), now()).unwrap();
    // Another certificate of the same client is another one still.
    assert_eq!(site.gate.caller(&of_mine, Some(next), now()), Err(TokenRefusal::OtherCertificate));
    home.certify_client("market-1", vec![next], &words(now())).unwrap();
    assert!(withdrawn(&of_mine, Some(mine)), "it was taken away");
    site.gate.caller(&of_next, Some(next), now()).unwrap();
    let fault = home.certify_client("nobody", vec![mine], &words(now()));
    assert!(matches!(fault, Err(ClientError::Client { fault: ClientFault::Unknown, .. })), "{fault:?}");
    let journal = home.client_journal().unwrap();
    assert_eq!(journal.lines().filter(|line| line.contains("\"deed\":\"certify\"")).count(), 2);
}

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

/// A service under a clock that tests move.
pub(crate) struct Served {
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) lookup: Arc<Lookup>,
    pub(crate) state: AppState,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Served {
    pub(crate) fn new(prefecture: &Prefecture) -> Self {
        let clock = Arc::new(AtomicU64::new(now().seconds()));
        let (gate, lookup) = (Arc::new(gate(&prefecture.home)), Arc::new(prefecture.lookup()));
        let ticking = Arc::clone(&clock);
        let state = AppState::new(Arc::clone(&lookup), prefecture.home.tokens().unwrap())
            .with_gate(Arc::clone(&gate))
            .with_clock(Arc::new(move || UnixTime::new(ticking.load(Ordering::Relaxed)).unwrap()));
        Self { clock, gate, lookup, state }
    }

    pub(crate) fn router(&self) -> Router {
        router(self.state.clone())
    }

    /// The same service, started with these tokens.
    pub(crate) fn with_tokens(&self, tokens: boyin::Tokens) -> Self {
        let (clock, gate, lookup) =
            (Arc::clone(&self.clock), Arc::clone(&self.gate), Arc::clone(&self.lookup));
        Self { clock, gate, lookup, state: self.state.clone().with_tokens(tokens) }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = Request::post(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// What Prometheus is told.
    pub(crate) async fn metrics(&self) -> String {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let body = metrics_router(self.state.clone()).oneshot(request).await.unwrap().into_body();
        String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    async fn ask(&self, form: &str) -> Answer {
        let request =
            Request::post("/v1/token").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }
}

/// A request for an access token.
pub(crate) fn form(assertion: &[u8]) -> String {
    format!(
        "grant_type=client_credentials\
         &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
         &client_assertion={}",
        std::str::from_utf8(assertion).unwrap()
    )
}

#[tokio::test]
async fn the_token_endpoint_speaks_oauth() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    let assertion = || signed(&site.key, None, &claims(&served.gate, "market-1", now()));
    let good = served.ask(&form(&assertion())).await;
    assert_eq!(
        (good.status, &good.headers[header::CACHE_CONTROL]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    let body = good.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(body["scope"], "share:license share:holder share:check share:file");
    served.gate.caller(body["access_token"].as_str().unwrap(), None, now()).unwrap();
    let narrow =
        served.ask(&format!("{}&scope=share%3Acheck&client_id=market-1&more=1", form(&assertion()))).await;
    assert_eq!(narrow.json()["scope"], "share:check");
    let right = form(&assertion());
    for (form, status, error) in [
        (right.replace("client_credentials", "password"), 400, "unsupported_grant_type"),
        (right.replace("grant_type=client_credentials&", ""), 400, "invalid_request"),
        (right.replace("jwt-bearer", "saml2-bearer"), 400, "invalid_request"),
        (right.split("&client_assertion=").next().unwrap().to_owned(), 400, "invalid_request"),
        (format!("{right}&client_assertion=x"), 400, "invalid_request"),
        (format!("{right}&scope=share%3Aall"), 400, "invalid_scope"),
        (
            "client_id=market-1&client_secret=x&grant_type=client_credentials".to_owned(),
            400,
            "invalid_request",
        ),
    ] {
        let answer = served.ask(&form).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (status, &json!(error)), "{form}");
    }
    let large = served.ask(&format!("{right}{}", "x".repeat(MAX_TOKEN_BODY_BYTES))).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let json = Request::post("/v1/token").header(header::CONTENT_TYPE, "application/json");
    assert_eq!(served.send(json.body(Body::from("{}")).unwrap()).await.status, StatusCode::BAD_REQUEST);
}

/// What the request says beside the assertion is looked at once the assertion is used up: with another request it is not good again.
#[tokio::test]
async fn a_wrong_request_uses_the_assertion_up_and_gets_no_token() {
    let site = Site::new();
    let narrow = client_key(Algorithm::Es256);
    let of_check = Client {
        scopes: vec![ClientScope::Check],
        ..client("narrow", market(), &[SharingScope::Departments], &narrow)
    };
    site.prefecture.home.add_client(of_check, &words(now())).unwrap();
    let served = Served::new(&site.prefecture);
    for (wrong, status, error) in [
        ("client_id=police-1", StatusCode::UNAUTHORIZED, "invalid_client"),
        ("client_id=", StatusCode::UNAUTHORIZED, "invalid_client"),
        ("scope=share%3Aholder", StatusCode::BAD_REQUEST, "invalid_scope"),
    ] {
        let right = form(&signed(&narrow, None, &claims(&served.gate, "narrow", now())));
        let refused = served.ask(&format!("{right}&{wrong}")).await;
        assert_eq!((refused.status, &refused.json()["error"]), (status, &json!(error)), "{wrong}");
        assert!(refused.json().get("access_token").is_none());
        let again = served.ask(&format!("{right}&client_id=narrow&scope=share%3Acheck")).await;
        assert_eq!(again.status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert!(again.json()["error_description"].as_str().unwrap().contains("jti"), "{wrong}");
    }
    let counted = served.metrics().await;
    for line in [
        r#"boyin_tokens_total{code="other_client_id"} 2"#,
        r#"boyin_tokens_total{code="other_scope"} 1"#,
        r#"boyin_tokens_total{code="replayed"} 3"#,
    ] {
        assert!(counted.lines().any(|found| found == line), "{line} in:\n{counted}");
    }
    assert!(!counted.contains(r#"code="given""#), "no token was made");
}

#[tokio::test]
async fn strangers_learn_nothing_of_clients_and_clients_what_is_wrong() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    let stranger = client_key(Algorithm::Es256);
    let right = claims(&served.gate, "market-1", now());
    let answers = [
        served.ask(&form(&signed(&stranger, None, &right))).await,
        served.ask(&form(&signed(&stranger, Some(site.header("ES256")), &right))).await,
        served.ask(&form(&signed(&stranger, Some(site.header("none")), &right))).await,
        served.ask(&form(b"nonsense")).await,
    ];
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (StatusCode::UNAUTHORIZED, &answers[0].body));
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    served.ask(&form(&signed(&site.key, None, &right))).await;
    let replayed = served.ask(&form(&signed(&site.key, None, &right))).await;
    assert_eq!(replayed.status, StatusCode::UNAUTHORIZED);
    assert!(replayed.json()["error_description"].as_str().unwrap().contains("jti"));
}

#[tokio::test]
async fn tokens_are_not_given_without_end() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    let ask = |at: UnixTime| {
        let assertion = signed(&site.key, None, &claims(&served.gate, "market-1", at));
        let served = &served;
        async move { served.ask(&form(&assertion)).await }
    };
    for _ in 0..ASSERTIONS.burst {
        assert_eq!(ask(now()).await.status, StatusCode::OK);
    }
    let refused = ask(now()).await;
    assert_eq!(
        (refused.status, &refused.headers[header::RETRY_AFTER]),
        (StatusCode::TOO_MANY_REQUESTS, &"2".parse().unwrap())
    );
    assert_eq!(refused.json()["error"], "slow_down");
    served.wait(2);
    assert_eq!(ask(now().plus(2)).await.status, StatusCode::OK);
}
