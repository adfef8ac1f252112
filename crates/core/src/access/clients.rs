use std::fs;
use std::path::PathBuf;

use boyin_archive::{ActError, Reader};
use boyin_model::alg::{BadKey, PublicKey, VerifyAlg, VerifyKey};
use boyin_model::id::CreditCode;
use boyin_model::json;
use boyin_model::sharing::SharingScope;
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};
use boyin_model::trust::Jwk;
use boyin_suite::{ES256, ES256_ANY_S, SM2_SM3, all_jws};
use serde::{Deserialize, Serialize};

use super::certificate::CertificateDigest;
use crate::desk::Order;
use crate::error::HomeError;
use crate::home::Home;
use crate::keyring::{append, read_text, replace};

/// Clients of one service: a few systems for each agency.
pub const MAX_CLIENTS: usize = 1024;
/// Keys of one client: the one in use, the next one, and what is still ending.
pub const MAX_CLIENT_KEYS: usize = 4;
/// Certificates of one client: the one in use and the next one.
pub const MAX_CLIENT_CERTIFICATES: usize = 2;
/// Days for which a key of a client may be good.
pub const MAX_CLIENT_KEY_DAYS: u64 = 400;
/// Characters of a client's ID and name.
pub const MAX_CLIENT_NAME_CHARS: usize = 64;

/// What a client may ask. What it is given then, the sharing list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ClientScope {
    /// One license by its identifier.
    #[serde(rename = "share:license")]
    License,
    /// The licenses of one type of one holder.
    #[serde(rename = "share:holder")]
    Holder,
    /// Whether what is written somewhere is right (核验).
    #[serde(rename = "share:check")]
    Check,
    /// With the fields, the signed license that discloses only them.
    #[serde(rename = "share:file")]
    File,
}

impl ClientScope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::License, Self::Holder, Self::Check, Self::File];

    /// The name in files, tokens and documents.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::License => "share:license",
            Self::Holder => "share:holder",
            Self::Check => "share:check",
            Self::File => "share:file",
        }
    }

    /// The scope with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// A public key of a client, and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientKey {
    /// First instant.
    pub from: UnixTime,
    /// First instant after.
    pub until: UnixTime,
    /// The key.
    pub key: Jwk,
}

impl ClientKey {
    /// Whether it is good at `at`.
    #[must_use]
    pub fn in_time(&self, at: UnixTime) -> bool {
        (self.from..self.until).contains(&at)
    }
}

/// A system of an agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its ID: lower-case letters, digits and `-`.
    pub id: String,
    /// For people: with the ID it stands in the log beside every read.
    pub name: String,
    /// The agency that it asks for, as the sharing list names it.
    pub agency: CreditCode,
    /// What it may ask.
    pub scopes: Vec<ClientScope>,
    /// Under which kinds of sharing; entries of the sharing list of another kind give it nothing.
    pub sharing: Vec<SharingScope>,
    /// The certificates that it connects with: without one of them it is given nothing. Any or none, if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertificateDigest>,
    /// Its keys.
    #[serde(rename = "key")]
    pub keys: Vec<ClientKey>,
}

impl Client {
    /// Who reads, as the event log says it.
    #[must_use]
    pub fn who(&self) -> String {
        format!("{} ({})", self.name, self.id)
    }

    /// Whether it may come over a connection with this certificate.
    pub(super) fn connects_with(&self, certificate: Option<CertificateDigest>) -> bool {
        self.certificates.is_empty() || certificate.is_some_and(|of| self.certificates.contains(&of))
    }
}

/// The clients of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    #[serde(default, rename = "client")]
    clients: Vec<Client>,
}

impl Clients {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Client] {
        &self.clients
    }

    /// The client of this ID.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// Whose key this is, and the key.
    pub(crate) fn by_key(&self, kid: &str) -> Option<(&Client, &ClientKey)> {
        let keys = self.clients.iter().flat_map(|client| client.keys.iter().map(move |key| (client, key)));
        keys.into_iter().find(|(_, key)| key.key.kid == kid)
    }
}

/// Why a client cannot be added, changed or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientFault {
    /// Its ID.
    #[error("write the ID in 1 to 64 lower-case letters, digits and `-`")]
    Id,
    /// Its name.
    #[error("write the name in 1 to 64 characters, without line breaks and spaces around it")]
    Name,
    /// There is one.
    #[error(
        "there is a client of this ID: remove it first, or give it another key with `boyin client rotate`"
    )]
    Twice,
    /// There is none.
    #[error("there is no client of this ID: see `boyin client list`")]
    Unknown,
    /// Its key.
    #[error("the key is no public key of ES256 or SM2-SM3")]
    Key,
    /// Somebody has it.
    #[error("a client has this key already: a key is for one client and used once")]
    KeyTwice,
    /// The time of the key.
    #[error("a key is good for 1 to 400 days")]
    KeyTime,
    /// Its certificates.
    #[error("name one certificate of the client, or two: the one in use and the next one")]
    Certificates,
    /// Nothing is granted.
    #[error("say at least one scope and at least one kind of sharing")]
    NoScope,
    /// Too many.
    #[error("there are 1024 clients at most, with 4 keys each")]
    TooMany,
}

/// Why the clients were not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Files.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// What was asked.
    #[error("client {id:?}: {fault}")]
    Client {
        /// The ID.
        id: String,
        /// What is wrong.
        fault: ClientFault,
    },
    /// Who or what for is missing.
    #[error(transparent)]
    Words(#[from] ActError),
}

/// The key of a JSON Web Key, ready to verify, if it is one of ours under its own ID. Of ES256 either `s` is taken: libraries of
/// others do not choose.
pub(crate) fn verify_key(key: &Jwk) -> Result<Box<dyn VerifyKey>, BadKey> {
    let alg = all_jws().into_iter().find(|alg| alg.id().jws == Some(key.alg.as_str())).ok_or(BadKey)?;
    let point = key.point().ok_or(BadKey)?;
    if Jwk::from_point(alg, &point).as_ref() != Some(key) {
        return Err(BadKey);
    }
    let verifier: &dyn VerifyAlg = if alg.id() == ES256.id() { &ES256_ANY_S } else { &SM2_SM3 };
    verifier.key(PublicKey(&point))
}

fn check_key(key: &ClientKey) -> Result<(), ClientFault> {
    verify_key(&key.key).map_err(|_| ClientFault::Key)?;
    let longest = key.from.plus(MAX_CLIENT_KEY_DAYS * SECONDS_PER_DAY);
    if key.from < key.until && key.until <= longest { Ok(()) } else { Err(ClientFault::KeyTime) }
}

fn check_certificates(certificates: &[CertificateDigest]) -> Result<(), ClientFault> {
    let twice = |(index, one): (usize, &CertificateDigest)| certificates[..index].contains(one);
    if certificates.len() > MAX_CLIENT_CERTIFICATES || certificates.iter().enumerate().any(twice) {
        return Err(ClientFault::Certificates);
    }
    Ok(())
}

impl Clients {
    fn add(&mut self, client: Client) -> Result<(), ClientFault> {
        let id_like = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=MAX_CLIENT_NAME_CHARS).contains(&client.id.len()) || !client.id.bytes().all(id_like) {
            return Err(ClientFault::Id);
        }
        let (name, length) = (client.name.as_str(), client.name.chars().count());
        if !(1..=MAX_CLIENT_NAME_CHARS).contains(&length)
            || name.trim() != name
            || name.chars().any(char::is_control)
        {
            return Err(ClientFault::Name);
        }
        if self.get(&client.id).is_some() {
            return Err(ClientFault::Twice);
        }
        if client.scopes.is_empty() || client.sharing.is_empty() {
            return Err(ClientFault::NoScope);
        }
        if self.clients.len() >= MAX_CLIENTS || !(1..=MAX_CLIENT_KEYS).contains(&client.keys.len()) {
            return Err(ClientFault::TooMany);
        }
        let mut kids: Vec<_> = client.keys.iter().map(|key| key.key.kid.as_str()).collect();
        kids.sort_unstable();
        if kids.windows(2).any(|pair| pair[0] == pair[1]) || kids.iter().any(|kid| self.by_key(kid).is_some())
        {
            return Err(ClientFault::KeyTwice);
        }
        client.keys.iter().try_for_each(check_key)?;
        check_certificates(&client.certificates)?;
        self.clients.push(client);
        Ok(())
    }

    /// Gives a client a further key; those that it has end at `old_until` at the latest. What has ended by `at` is dropped.
    fn rotate(
        &mut self,
        id: &str,
        key: ClientKey,
        old_until: UnixTime,
        at: UnixTime,
    ) -> Result<(), ClientFault> {
        check_key(&key)?;
        if self.by_key(&key.key.kid).is_some() {
            return Err(ClientFault::KeyTwice);
        }
        let found = self.clients.iter_mut().find(|client| client.id == id).ok_or(ClientFault::Unknown)?;
        for old in &mut found.keys {
            old.until = old.until.min(old_until);
        }
        found.keys.retain(|old| at < old.until);
        if found.keys.len() >= MAX_CLIENT_KEYS {
            return Err(ClientFault::TooMany);
        }
        found.keys.push(key);
        Ok(())
    }

    fn certify(&mut self, id: &str, certificates: Vec<CertificateDigest>) -> Result<(), ClientFault> {
        check_certificates(&certificates)?;
        let found = self.clients.iter_mut().find(|client| client.id == id).ok_or(ClientFault::Unknown)?;
        found.certificates = certificates;
        Ok(())
    }
}

impl Home {
    pub(crate) fn clients_path(&self) -> PathBuf {
        self.dir().join("clients.toml")
    }

    /// The clients of the service.
    ///
    /// # Errors
    /// [`ClientError::Client`] if one of them is none: the file may have been written by hand; [`ClientError::Home`].
    pub fn clients(&self) -> Result<Clients, ClientError> {
        let path = self.clients_path();
        if !path.exists() {
            return Ok(Clients::default());
        }
        let read: Clients = toml::from_str(&read_text(&path)?)
            .map_err(|source| HomeError::Toml { path, source: Box::new(source) })?;
        let mut checked = Clients::default();
        for client in read.clients {
            let id = client.id.clone();
            checked.add(client).map_err(|fault| ClientError::Client { id, fault })?;
        }
        Ok(checked)
    }

    /// Adds a client. A running service knows it from its next request on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn add_client(&self, client: Client, order: &Order) -> Result<(), ClientError> {
        let id = client.id.clone();
        self.change_clients("add", &id, order, |clients| clients.add(client))
    }

    /// Gives a client a further key; the ones that it has end at `old_until` at the latest.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn rotate_client(
        &self,
        id: &str,
        key: ClientKey,
        old_until: UnixTime,
        order: &Order,
    ) -> Result<(), ClientError> {
        self.change_clients("rotate", id, order, |clients| clients.rotate(id, key, old_until, order.at))
    }

    /// Names the certificates that a client connects with, in place of those before; with none it may connect with any or
    /// without. Access tokens that were given over other connections are good for nothing from then on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn certify_client(
        &self,
        id: &str,
        certificates: Vec<CertificateDigest>,
        order: &Order,
    ) -> Result<(), ClientError> {
        self.change_clients("certify", id, order, |clients| clients.certify(id, certificates))
    }

    /// Removes a client. Its access tokens are good for nothing from then on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn remove_client(&self, id: &str, order: &Order) -> Result<(), ClientError> {
        self.change_clients("remove", id, order, |clients| {
            let before = clients.clients.len();
            clients.clients.retain(|client| client.id != id);
            if clients.clients.len() < before { Ok(()) } else { Err(ClientFault::Unknown) }
        })
    }

    /// What was done to clients, oldest first: one JSON object in each line; empty before the first.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn client_journal(&self) -> Result<String, HomeError> {
        let path = self.dir().join("clients.jsonl");
        if path.exists() { read_text(&path) } else { Ok(String::new()) }
    }

    fn change_clients(
        &self,
        deed: &str,
        id: &str,
        order: &Order,
        change: impl FnOnce(&mut Clients) -> Result<(), ClientFault>,
    ) -> Result<(), ClientError> {
        Reader::new(order.who.as_str(), order.office, order.purpose.as_str())?;
        let lock = self.dir().join("clients.lock");
        let fail = |source| HomeError::File { path: lock.clone(), source };
        let file =
            fs::OpenOptions::new().create(true).truncate(false).write(true).open(&lock).map_err(fail)?;
        // Of two changes at once one would be lost.
        file.lock().map_err(fail)?;
        let mut clients = self.clients()?;
        change(&mut clients).map_err(|fault| ClientError::Client { id: id.to_owned(), fault })?;
        let line = json::canonical(&serde_json::json!({
            "at": order.at.seconds(), "client": id, "deed": deed, "now": clients.get(id),
            "office": order.office.as_str(), "purpose": order.purpose, "who": order.who,
        }));
        // Before it: a client must not be there for an instant without a name beside it.
        append(&self.dir().join("clients.jsonl"), &line)?;
        let text = toml::to_string(&clients).expect("clients have a TOML form");
        Ok(replace(&self.clients_path(), text.as_bytes())?)
    }
}

#[cfg(test)]
mod tests;
