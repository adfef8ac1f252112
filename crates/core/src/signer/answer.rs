//! What a signer does with a request: every check in its order, then count, journal, sign.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::sync::{Mutex, MutexGuard, PoisonError};

use boyin_issue::{SigningKey, SigningKeyError};
use boyin_model::alg::SignError;
use boyin_model::b64;
use boyin_model::json;
use boyin_model::purpose::{KeyPurpose, ToBeSigned};
use boyin_model::signing_request::{ReceivedRequest, SIGNING_REQUEST_FORMAT, SigningRequest};
use boyin_model::time::UnixTime;

use super::clients::verify_key;
use super::journal::{Journal, Line, Outcome};
use super::{
    DATED_SECONDS, FRESH_SECONDS, SignerClient, SignerError, SignerGrant, SignerHome, SignerRefusal,
};
use crate::chain::digest;
use crate::error::HomeError;
use crate::keyring::Passphrase;
use crate::keyring_limits::Meter;
use crate::remote::Answer;

/// A signer that answers requests. One process at a time has one for a directory.
#[derive(Debug)]
pub struct SignerService {
    home: SignerHome,
    passphrase: Passphrase,
    /// By their IDs, once used.
    keys: Mutex<HashMap<String, Opened>>,
    journal: Mutex<Journal>,
    /// Held as long as this lives.
    _alone: File,
}

/// A key with the name under which it is in the directory.
#[derive(Clone, Debug)]
struct Opened {
    name: String,
    key: SigningKey,
    meter: Option<Meter>,
}

/// A request that is the client's, for this signer, of now, and new.
struct Asked {
    client: SignerClient,
    request: SigningRequest,
    message: Vec<u8>,
}

impl SignerService {
    /// Opens the journal and every key that is not retired: one that cannot be opened is found before the signer runs.
    ///
    /// # Errors
    /// [`SignerError::Running`] if another process has the directory; [`SignerError::Journal`]; [`SignerError`].
    pub fn open(home: &SignerHome, passphrase: &Passphrase, now: UnixTime) -> Result<Self, SignerError> {
        let path = home.dir().join("lock");
        let alone = File::open(&path).map_err(|source| HomeError::File { path: path.clone(), source })?;
        match alone.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SignerError::Running(home.dir().to_owned())),
            Err(TryLockError::Error(source)) => return Err(HomeError::File { path, source }.into()),
        }
        home.clients()?;
        let service = Self {
            home: home.clone(),
            passphrase: passphrase.clone(),
            keys: Mutex::default(),
            journal: Mutex::new(Journal::open(&home.journal_path(), home.id(), now)?),
            _alone: alone,
        };
        for view in home.keys()?.iter().filter(|view| view.reference.retired_at.is_none()) {
            service.open_key(&view.reference.kid)?;
        }
        Ok(service)
    }

    /// Answers one request with the body of the answer.
    ///
    /// # Errors
    /// [`SignerRefusal`]: the first check that fails. Nothing was signed.
    pub fn answer(&self, body: &[u8], now: UnixTime) -> Result<Vec<u8>, SignerRefusal> {
        let asked = self.authenticate(body, now)?;
        let Asked { client, request, message } = &asked;
        let grant = client.grants.iter().find(|grant| grant.kid == request.kid);
        let grant = grant.ok_or(SignerRefusal::KeyNotAllowed)?;
        let document = ToBeSigned::read(message).ok_or(SignerRefusal::UnknownDocument)?;
        check_purpose(request, grant, &document)?;
        let opened = self.key(&request.kid)?;
        check_document(&document, &opened.key, now)?;
        if document.purpose != KeyPurpose::Probe {
            self.admit(&asked, grant, &document, opened.meter.as_ref(), now)?;
        }
        match opened.key.sign(message) {
            Ok(signature) => {
                let signature = b64::encode(&signature);
                Ok(json::canonical(&Answer { format: SIGNING_REQUEST_FORMAT, signature }))
            }
            Err(error) => {
                if document.purpose != KeyPurpose::Probe {
                    // The signature is counted already; that the line is missing changes nothing for the client.
                    let _ = self.journal().append(&line(&asked, &document, Outcome::Failed, now));
                }
                Err(match error {
                    SigningKeyError::Signer(SignError::Unavailable) => SignerRefusal::KeyUnavailable,
                    SigningKeyError::Signer(_) | SigningKeyError::SelfCheck | _ => SignerRefusal::KeyFailed,
                })
            }
        }
    }

    /// Whose request it is, and that it is for us, of now, and new.
    fn authenticate(&self, body: &[u8], now: UnixTime) -> Result<Asked, SignerRefusal> {
        let received = ReceivedRequest::open(body)?;
        let clients = self.home.clients().map_err(|_| SignerRefusal::ClientsUnreadable)?;
        let client = clients.into_iter().find(|client| client.key.kid == received.kid());
        let client = client.ok_or(SignerRefusal::UnknownClient)?;
        let key = verify_key(&client.key).map_err(|_| SignerRefusal::ClientsUnreadable)?;
        if client.key.alg != received.alg() {
            return Err(SignerRefusal::BadSignature);
        }
        key.verify(received.signing_input(), received.signature())
            .map_err(|_| SignerRefusal::BadSignature)?;
        let request = received.claims()?;
        if request.format != SIGNING_REQUEST_FORMAT {
            return Err(SignerRefusal::OtherFormat);
        }
        if request.aud != self.home.id() {
            return Err(SignerRefusal::OtherSigner);
        }
        let message = request.to_be_signed()?;
        let mut journal = self.journal();
        journal.check_clock(now)?;
        if !near(request.iat, now, FRESH_SECONDS) {
            return Err(SignerRefusal::Stale);
        }
        journal.remember(&client.key.kid, &request.jti, request.iat, now)?;
        drop(journal);
        Ok(Asked { client, request, message })
    }

    /// Counts the signature and writes it into the journal, if it may be made.
    fn admit(
        &self,
        asked: &Asked,
        grant: &SignerGrant,
        document: &ToBeSigned,
        meter: Option<&Meter>,
        now: UnixTime,
    ) -> Result<(), SignerRefusal> {
        let mut journal = self.journal();
        let had = journal.had(&asked.client.key.kid, &grant.kid);
        if grant.signatures.is_some_and(|most| most <= had) {
            return Err(SignerRefusal::ClientUsedUp);
        }
        if let Some(meter) = meter {
            meter.admit(document, &asked.message)?;
        }
        journal.append(&line(asked, document, Outcome::Signing, now))
    }

    /// The key of that ID. Whether it is retired is looked up each time.
    fn key(&self, kid: &str) -> Result<Opened, SignerRefusal> {
        let opened = self.open_key(kid).map_err(|error| match error {
            SignerError::Home(HomeError::Retired(_)) => SignerRefusal::KeyRetired,
            SignerError::Home(_)
            | SignerError::NotASigner(_)
            | SignerError::Running(_)
            | SignerError::Client { .. }
            | SignerError::Journal(_)
            | SignerError::UnknownKey(_)
            | SignerError::Randomness(_) => SignerRefusal::KeyUnavailable,
        })?;
        let reference = self.home.keyring().reference(&opened.name);
        match reference.map_err(|_| SignerRefusal::KeyUnavailable)?.retired_at {
            Some(_) => Err(SignerRefusal::KeyRetired),
            None => Ok(opened),
        }
    }

    fn open_key(&self, kid: &str) -> Result<Opened, SignerError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = keys.get(kid) {
            return Ok(opened.clone());
        }
        let (name, reference) = self.home.find_key(kid)?;
        let keyring = self.home.keyring();
        let meter = keyring.meter(&name, &reference);
        let key = keyring.open_unmetered(&name, &reference, &self.passphrase)?;
        let opened = Opened { name, key, meter };
        keys.insert(kid.to_owned(), opened.clone());
        Ok(opened)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_purpose(
    request: &SigningRequest,
    grant: &SignerGrant,
    document: &ToBeSigned,
) -> Result<(), SignerRefusal> {
    if request.purpose != document.purpose {
        return Err(SignerRefusal::PurposeDiffers);
    }
    if document.purpose != KeyPurpose::Probe && !grant.purposes.contains(&document.purpose) {
        return Err(SignerRefusal::PurposeNotAllowed);
    }
    Ok(())
}

fn check_document(document: &ToBeSigned, key: &SigningKey, now: UnixTime) -> Result<(), SignerRefusal> {
    let jwk = key.reference().jwk();
    if let Some((alg, kid)) = &document.key
        && (alg, kid) != (&jwk.alg, &jwk.kid)
    {
        return Err(SignerRefusal::NamesOtherKey);
    }
    match document.at {
        Some(at) if !near(at, now, DATED_SECONDS) => Err(SignerRefusal::DatedElsewhere),
        Some(_) | None => Ok(()),
    }
}

fn near(at: UnixTime, now: UnixTime, seconds: u64) -> bool {
    at <= now.plus(seconds) && now <= at.plus(seconds)
}

fn line(asked: &Asked, document: &ToBeSigned, outcome: Outcome, now: UnixTime) -> Line {
    let Asked { client, request, message } = asked;
    Line {
        at: now,
        client: client.key.kid.clone(),
        dated: document.at,
        digest: digest(message),
        iat: request.iat,
        jti: request.jti.clone(),
        kid: request.kid.clone(),
        name: client.name.clone(),
        outcome,
        purpose: document.purpose,
    }
}
