use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use boyin_issue::SigningKey;
use boyin_model::alg::Randomness;
use boyin_model::assertion::{AssertionClaims, MAX_ASSERTION_SECONDS, ReceivedAssertion};
use boyin_model::b64;
use boyin_model::json;
use boyin_model::jws::{Compact, Header, Unsigned};
use boyin_model::time::UnixTime;
use boyin_suite::{Algorithm, KeyError, SoftwareKey, SystemRandom};
use serde::{Deserialize, Serialize};

use super::certificate::{CertificateDigest, CertificateUse, Confirmation};
use super::clients::{Client, ClientError, ClientScope, Clients, verify_key};
use super::refusal::{AssertionRefusal, TokenRefusal};
use crate::error::HomeError;
use crate::home::Home;
use crate::in_force::Stamp;

/// Where the token endpoint is, after the service's public URL.
pub const TOKEN_PATH: &str = "/v1/token";
/// Seconds for which an access token is good.
pub const ACCESS_TOKEN_SECONDS: u64 = 600;
/// Seconds by which a client's clock may be ahead of ours.
pub const AHEAD_SECONDS: u64 = 10;
/// Bytes of an access token.
pub const MAX_ACCESS_TOKEN_BYTES: usize = 2048;
/// Assertions of one client that are remembered at a time, until each has ended.
pub const MAX_SEEN_OF_CLIENT: usize = 256;
/// `typ` of an access token (RFC 9068).
const TYP_ACCESS_TOKEN: &str = "at+jwt";
/// Random bytes of a token's ID.
const TOKEN_ID_BYTES: usize = 16;

/// Gives access tokens to clients that prove who they are, and knows its own tokens again.
///
/// The key that signs them is made here and kept nowhere else. One gate serves one public URL: another one would neither
/// know its tokens nor what assertions it has seen.
pub struct Gate {
    home: Home,
    key: SigningKey,
    started: UnixTime,
    certificates: CertificateUse,
    known: Mutex<Option<(Stamp, Known)>>,
    seen: Mutex<Seen>,
}

/// The clients of a file, or why it holds none.
type Known = Result<Arc<Clients>, Arc<ClientError>>;

/// Assertions that were used: by client and ID, until when each has to be remembered.
#[derive(Default)]
struct Seen(HashMap<String, HashMap<String, UnixTime>>);

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate(..)")
    }
}

/// What a client sends for an access token.
#[derive(Clone, Copy)]
pub struct TokenAsk<'a> {
    /// The assertion.
    pub assertion: &'a [u8],
    /// The client that the request names beside it, if it does (RFC 7521 §4.2).
    pub client_id: Option<&'a str>,
    /// Scopes, separated by spaces; all of the client's, if absent or empty.
    pub scope: Option<&'a str>,
    /// The certificate that the client connected with, if it presented one that is good; the token is good with that one only.
    pub certificate: Option<CertificateDigest>,
}

/// Prints nothing: an assertion proves who sends it.
impl std::fmt::Debug for TokenAsk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenAsk(..)")
    }
}

/// An access token that was given.
#[derive(Clone)]
pub struct Granted {
    /// What the client sends from now on.
    pub token: String,
    /// What it is good for.
    pub scopes: Vec<ClientScope>,
    /// Whom it was given to.
    pub client: String,
}

/// Prints nothing: whoever has the token can read.
impl std::fmt::Debug for Granted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Granted(..)")
    }
}

/// Whose access token a request came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The client, as it is registered now.
    pub client: Client,
    /// What it may ask: of the token's scopes those that the client still has.
    pub scopes: Vec<ClientScope>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessClaims {
    aud: String,
    client_id: String,
    /// The key by which the client had proved itself: when it is withdrawn, so is the token.
    client_kid: String,
    /// The certificate that it is good with; any or none, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    exp: UnixTime,
    iat: UnixTime,
    iss: String,
    jti: String,
    scope: String,
    sub: String,
}

impl Gate {
    /// Makes a gate with a key of its own.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn new(home: &Home, started: UnixTime, random: &mut dyn Randomness) -> Result<Self, KeyError> {
        let key = SoftwareKey::generate(Algorithm::Es256, random)?;
        let key = SigningKey::new(Arc::new(key)).expect("a key that was made is one of its algorithm");
        Ok(Self {
            home: home.clone(),
            key,
            started,
            certificates: CertificateUse::default(),
            known: Mutex::default(),
            seen: Mutex::default(),
        })
    }

    /// The same gate, asking for certificates in this way.
    #[must_use]
    pub fn with_certificates(self, certificates: CertificateUse) -> Self {
        Self { certificates, ..self }
    }

    /// What the `aud` of an assertion has to be.
    #[must_use]
    pub fn audience(&self) -> String {
        format!("{}{TOKEN_PATH}", self.home.config().public_url)
    }

    /// The clients as they are registered now. A file that is none is not read again before it is another one.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn clients(&self) -> Result<Arc<Clients>, Arc<ClientError>> {
        let stamp = Stamp::of(&self.home.clients_path());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, clients)) = known.as_ref().filter(|(seen, _)| *seen == stamp) {
            return clients.clone();
        }
        let clients = self.home.clients().map(Arc::new).map_err(Arc::new);
        // What the disk refuses it may give the next time, with the file as it is.
        let refused = |error: &Arc<ClientError>| matches!(**error, ClientError::Home(HomeError::File { .. }));
        *known = Some((stamp, clients.clone())).filter(|(_, known)| !known.as_ref().is_err_and(refused));
        clients
    }

    /// Takes an assertion, over a connection without a certificate, and gives an access token for the scopes that are asked for, separated by spaces; for all of the
    /// client's without them.
    ///
    /// # Errors
    /// [`AssertionRefusal`]: the first check that fails.
    pub fn token(
        &self,
        assertion: &[u8],
        scope: Option<&str>,
        now: UnixTime,
    ) -> Result<Granted, AssertionRefusal> {
        let ask = TokenAsk { assertion, client_id: None, scope, certificate: None };
        self.token_within(&ask, now, |_| Ok(()))
    }

    /// [`token`](Self::token) for clients that may have so many of them only: `limit` is asked with the client's ID once the assertion
    /// is known to be good, before it is remembered, and says after how many seconds to come again if not now. What the request says
    /// beside the assertion is looked at afterwards: an assertion is used up by a wrong request too.
    ///
    /// # Errors
    /// [`AssertionRefusal`]: the first check that fails; [`AssertionRefusal::TooMany`] if `limit` says so.
    pub fn token_within(
        &self,
        ask: &TokenAsk<'_>,
        now: UnixTime,
        limit: impl FnOnce(&str) -> Result<(), u64>,
    ) -> Result<Granted, AssertionRefusal> {
        let received = ReceivedAssertion::open(ask.assertion)?;
        let clients = self.clients().map_err(|_| AssertionRefusal::ClientsUnreadable)?;
        let (client, key) = clients.by_key(received.kid()).ok_or(AssertionRefusal::UnknownKey)?;
        if !key.in_time(now) {
            return Err(AssertionRefusal::KeyOutOfTime);
        }
        // The key says which algorithm, never the message: `none` is nobody's.
        if key.key.alg != received.alg() {
            return Err(AssertionRefusal::OtherAlgorithm);
        }
        let verifier = verify_key(&key.key).map_err(|_| AssertionRefusal::ClientsUnreadable)?;
        verifier
            .verify(received.signing_input(), received.signature())
            .map_err(|_| AssertionRefusal::BadSignature)?;
        let claims = received.claims()?;
        self.check_claims(&claims, client, now)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.remember(&client.id, &claims, now, limit)?;
        drop(seen);
        if ask.client_id.is_some_and(|id| id != client.id) {
            return Err(AssertionRefusal::OtherClientId);
        }
        if self.certificates == CertificateUse::Required && ask.certificate.is_none() {
            return Err(AssertionRefusal::CertificateMissing);
        }
        if !client.connects_with(ask.certificate) {
            return Err(AssertionRefusal::OtherCertificate);
        }
        let scopes = scopes_of(client, ask.scope)?;
        let token = self.sign(client, &key.key.kid, &scopes, ask.certificate, now)?;
        Ok(Granted { token, scopes, client: client.id.clone() })
    }

    fn check_claims(
        &self,
        claims: &AssertionClaims,
        client: &Client,
        now: UnixTime,
    ) -> Result<(), AssertionRefusal> {
        if claims.iss != client.id || claims.sub != client.id {
            return Err(AssertionRefusal::OtherClient);
        }
        if claims.aud != self.audience() {
            return Err(AssertionRefusal::OtherAudience);
        }
        if claims.exp <= now {
            return Err(AssertionRefusal::Expired);
        }
        if claims.iat.plus(MAX_ASSERTION_SECONDS) < claims.exp {
            return Err(AssertionRefusal::LastsTooLong);
        }
        let latest = now.plus(AHEAD_SECONDS);
        if latest < claims.iat || claims.nbf.is_some_and(|nbf| latest < nbf) {
            return Err(AssertionRefusal::FromFuture);
        }
        // What was used before this process began was made by a clock that was at most so far ahead then.
        if claims.iat <= self.started.plus(AHEAD_SECONDS) {
            return Err(AssertionRefusal::BeforeStart);
        }
        Ok(())
    }

    fn sign(
        &self,
        client: &Client,
        kid: &str,
        scopes: &[ClientScope],
        certificate: Option<CertificateDigest>,
        now: UnixTime,
    ) -> Result<String, AssertionRefusal> {
        let mut id = [0; TOKEN_ID_BYTES];
        SystemRandom.fill(&mut id).map_err(|_| AssertionRefusal::NotSigned)?;
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.code()).collect();
        let url = &self.home.config().public_url;
        let claims = AccessClaims {
            aud: url.clone(),
            client_id: client.id.clone(),
            client_kid: kid.to_owned(),
            cnf: certificate.map(|certificate| Confirmation { certificate }),
            exp: now.plus(ACCESS_TOKEN_SECONDS),
            iat: now,
            iss: url.clone(),
            jti: b64::encode(&id),
            scope: scopes.join(" "),
            sub: client.id.clone(),
        };
        let unsigned = Unsigned::new(&self.header(), &json::canonical(&claims));
        let token = self.key.sign_jws(&unsigned).map_err(|_| AssertionRefusal::NotSigned)?;
        String::from_utf8(token).map_err(|_| AssertionRefusal::NotSigned)
    }

    fn header(&self) -> Header<'_> {
        let jwk = self.key.reference().jwk();
        Header { alg: jwk.alg.as_str().into(), kid: jwk.kid.as_str().into(), typ: TYP_ACCESS_TOKEN.into() }
    }

    /// Whose access token this is, over a connection with this certificate.
    ///
    /// # Errors
    /// [`TokenRefusal`]: the first check that fails.
    pub fn caller(
        &self,
        token: &str,
        certificate: Option<CertificateDigest>,
        now: UnixTime,
    ) -> Result<Caller, TokenRefusal> {
        let not_ours = |_| TokenRefusal::NotOurs;
        let compact = Compact::open(token.as_bytes(), MAX_ACCESS_TOKEN_BYTES).map_err(not_ours)?;
        // The key signs nothing else, and its algorithm is its own: the header has nothing to say.
        let verified = self.key.verify_key().verify(compact.signing_input, &compact.signature);
        verified.map_err(|_| TokenRefusal::NotOurs)?;
        let claims: AccessClaims =
            serde_json::from_slice(&compact.payload).map_err(|_| TokenRefusal::NotOurs)?;
        // Audience and issuer are ours: nobody else has the key, and we write no others.
        if !(claims.iat..claims.exp).contains(&now) {
            return Err(TokenRefusal::Expired);
        }
        let clients = self.clients().map_err(|_| TokenRefusal::ClientsUnreadable)?;
        let (client, key) = clients.by_key(&claims.client_kid).ok_or(TokenRefusal::Withdrawn)?;
        if client.id != claims.client_id || !key.in_time(now) {
            return Err(TokenRefusal::Withdrawn);
        }
        let bound = claims.cnf.map(|cnf| cnf.certificate);
        // Named or taken away since the token was given.
        if !client.connects_with(bound) {
            return Err(TokenRefusal::Withdrawn);
        }
        if self.certificates == CertificateUse::Required && bound.is_none() {
            return Err(TokenRefusal::CertificateMissing);
        }
        if bound.is_some() && bound != certificate {
            return Err(TokenRefusal::OtherCertificate);
        }
        let scopes = claims.scope.split(' ').filter_map(ClientScope::from_code);
        let scopes = scopes.filter(|scope| client.scopes.contains(scope)).collect();
        Ok(Caller { client: client.clone(), scopes })
    }
}

impl Seen {
    /// Remembers an assertion. Whoever sends another one's assertion again takes nothing from what that one may have.
    fn remember(
        &mut self,
        client: &str,
        claims: &AssertionClaims,
        now: UnixTime,
        limit: impl FnOnce(&str) -> Result<(), u64>,
    ) -> Result<(), AssertionRefusal> {
        if !self.0.contains_key(client) {
            // Clients that were removed are among those that have nothing left.
            self.0.retain(|_, seen| {
                seen.retain(|_, until| now < *until);
                !seen.is_empty()
            });
        }
        if let Some(seen) = self.0.get_mut(client) {
            seen.retain(|_, until| now < *until);
            if seen.contains_key(&claims.jti) {
                return Err(AssertionRefusal::Replayed);
            }
            if seen.len() >= MAX_SEEN_OF_CLIENT {
                let next =
                    seen.values().min().map_or(0, |until| until.seconds().saturating_sub(now.seconds()));
                return Err(AssertionRefusal::TooMany(next));
            }
        }
        limit(client).map_err(AssertionRefusal::TooMany)?;
        self.0.entry(client.to_owned()).or_default().insert(claims.jti.clone(), claims.exp);
        Ok(())
    }
}

fn scopes_of(client: &Client, asked: Option<&str>) -> Result<Vec<ClientScope>, AssertionRefusal> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Ok(client.scopes.clone()) };
    let mut scopes = Vec::new();
    for code in asked.split(' ') {
        let scope = ClientScope::from_code(code).filter(|scope| client.scopes.contains(scope));
        let scope = scope.ok_or(AssertionRefusal::OtherScope)?;
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::new(1_000_000 + seconds).unwrap()
    }

    fn claims(id: &str, exp: UnixTime) -> AssertionClaims {
        AssertionClaims {
            aud: String::new(),
            exp,
            iat: at(0),
            iss: String::new(),
            jti: id.to_owned(),
            nbf: None,
            sub: String::new(),
        }
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let mut seen = Seen::default();
        for (client, id) in [("a", "1"), ("a", "2"), ("b", "1")] {
            seen.remember(client, &claims(id, at(10)), at(0), |_| Ok(())).unwrap();
        }
        let again = seen.remember("a", &claims("1", at(10)), at(9), |_| Ok(()));
        assert_eq!(again.unwrap_err(), AssertionRefusal::Replayed, "until it has ended");
        seen.remember("a", &claims("3", at(20)), at(10), |_| Ok(())).unwrap();
        assert_eq!(seen.0["a"].len(), 1, "of the client itself at once");
        seen.remember("c", &claims("1", at(20)), at(10), |_| Ok(())).unwrap();
        assert!(!seen.0.contains_key("b"), "of others when one comes");
        assert_eq!(seen.0.len(), 2);
    }

    #[test]
    fn the_limit_is_asked_first_and_not_for_what_was_used() {
        let mut seen = Seen::default();
        let refused = seen.remember("a", &claims("1", at(10)), at(0), |_| Err(7));
        assert_eq!(refused.unwrap_err(), AssertionRefusal::TooMany(7));
        assert!(seen.0.is_empty(), "what is refused is not remembered");
        seen.remember("a", &claims("1", at(10)), at(0), |_| Ok(())).unwrap();
        let again = seen.remember("a", &claims("1", at(10)), at(0), |_| panic!("nothing is taken"));
        assert_eq!(again.unwrap_err(), AssertionRefusal::Replayed);
    }
}
