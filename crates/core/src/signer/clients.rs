use std::path::Path;

use boyin_model::alg::{BadKey, PublicKey, VerifyKey};
use boyin_model::purpose::KeyPurpose;
use boyin_model::trust::Jwk;
use boyin_suite::all_jws;
use serde::{Deserialize, Serialize};

use crate::error::HomeError;
use crate::keyring::{read_text, replace};

/// Clients of one signer. An office has one or two.
pub const MAX_CLIENTS: usize = 256;
/// Grants of one client: one for each key.
pub const MAX_GRANTS: usize = 64;
/// Characters of a client's name.
pub const MAX_CLIENT_NAME_CHARS: usize = 64;

/// Who may have something signed, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerClient {
    /// For people: the journal and the log name it.
    pub name: String,
    /// The public key that verifies its requests.
    pub key: Jwk,
    /// One for each key that may sign for it.
    #[serde(default, rename = "grant")]
    pub grants: Vec<SignerGrant>,
}

/// What one key may sign for a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerGrant {
    /// The key.
    pub kid: String,
    /// Kinds of documents; none if empty.
    pub purposes: Vec<KeyPurpose>,
    /// Most signatures; not limited if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatures: Option<u64>,
}

/// Why a client cannot be added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientFault {
    /// Its name.
    #[error("write the name in 1 to 64 characters, without line breaks and spaces around it")]
    Name,
    /// There is one.
    #[error("there is a client of this name, or with this key: remove it first")]
    Twice,
    /// There is none.
    #[error("there is no client of this name")]
    Unknown,
    /// Its key.
    #[error("the key is no public key of ES256 or SM2-SM3, or its ID is another one's")]
    Key,
    /// Nothing is granted.
    #[error("say at least one kind of document")]
    NoPurpose,
    /// Too many.
    #[error("a signer has 256 clients at most, and a client 64 grants")]
    TooMany,
    /// No such key.
    #[error("the signer has no such key in use: see `boyin signer key list`")]
    UnknownKey,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "client")]
    clients: Vec<SignerClient>,
}

pub(crate) fn read(path: &Path) -> Result<Vec<SignerClient>, HomeError> {
    let file: File = toml::from_str(&read_text(path)?)
        .map_err(|source| HomeError::Toml { path: path.to_owned(), source: Box::new(source) })?;
    Ok(file.clients)
}

pub(crate) fn write(path: &Path, clients: Vec<SignerClient>) -> Result<(), HomeError> {
    let text = toml::to_string(&File { clients }).expect("clients have a TOML form");
    replace(path, text.as_bytes())
}

/// The key of a JSON Web Key, ready to verify, if it is one of ours under its own ID.
pub(crate) fn verify_key(key: &Jwk) -> Result<Box<dyn VerifyKey>, BadKey> {
    let alg = all_jws().into_iter().find(|alg| alg.id().jws == Some(key.alg.as_str())).ok_or(BadKey)?;
    let point = key.point().ok_or(BadKey)?;
    if Jwk::from_point(alg, &point).as_ref() != Some(key) {
        return Err(BadKey);
    }
    alg.key(PublicKey(&point))
}

/// Checks a client that is to be added to others.
pub(crate) fn check(client: &SignerClient, others: &[SignerClient]) -> Result<(), ClientFault> {
    let name = client.name.as_str();
    let length = name.chars().count();
    if !(1..=MAX_CLIENT_NAME_CHARS).contains(&length)
        || name.trim() != name
        || name.chars().any(char::is_control)
    {
        return Err(ClientFault::Name);
    }
    if others.iter().any(|other| other.name == client.name || other.key.kid == client.key.kid) {
        return Err(ClientFault::Twice);
    }
    verify_key(&client.key).map_err(|_| ClientFault::Key)?;
    if client.grants.is_empty() || client.grants.iter().any(|grant| grant.purposes.is_empty()) {
        return Err(ClientFault::NoPurpose);
    }
    if others.len() >= MAX_CLIENTS || client.grants.len() > MAX_GRANTS {
        return Err(ClientFault::TooMany);
    }
    Ok(())
}
