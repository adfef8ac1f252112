//! Clients: each check of an assertion has one that only it refuses, and access tokens end when they should.

mod assertions;
mod endpoint;
mod registry;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use boyin::access::{AssertionRefusal, Client, ClientKey, ClientScope, Gate};
use boyin::issue::SigningKey;
use boyin::model::b64;
use boyin::model::id::CreditCode;
use boyin::model::sharing::SharingScope;
use boyin::model::time::UnixTime;
use boyin::suite::{Algorithm, SystemRandom};
use boyin::{Home, Lookup, Order};
use boyin_service::{AppState, metrics_router, router};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::Barrier;
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

    /// What is answered to the same request that is sent several times at once.
    pub(crate) async fn at_once(&self, request: impl Fn() -> Request<Body>) -> Vec<Answer> {
        const TIMES: usize = 8;
        let begin = Arc::new(Barrier::new(TIMES));
        let send = |_| {
            let (router, begin, request) = (self.router(), Arc::clone(&begin), request());
            tokio::spawn(async move {
                begin.wait().await;
                let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
                let body = body.collect().await.unwrap().to_bytes().to_vec();
                Answer { status: parts.status, headers: parts.headers, body }
            })
        };
        let sent: Vec<_> = (0..TIMES).map(send).collect();
        let mut answers = Vec::with_capacity(TIMES);
        for one in sent {
            answers.push(one.await.unwrap());
        }
        answers
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
