use boyin_model::id::{CreditCode, DivisionCode};
use boyin_model::trust::Jwk;
use boyin_suite::Algorithm;
use serde::{Deserialize, Serialize};

use crate::registry::status_list_id;

/// The `format` of a data directory that this release reads and writes.
pub const CONFIG_FORMAT: u32 = 1;

/// `boyin.toml`: what the whole prefecture shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// [`CONFIG_FORMAT`].
    pub format: u32,
    /// Name of the office that keeps the trust list.
    pub authority: String,
    /// Its unified credit code.
    pub authority_code: CreditCode,
    /// Division of the prefecture.
    pub division: DivisionCode,
    /// Where the service is reached; status list URIs begin with it. No slash at the end.
    pub public_url: String,
    /// Days for which a trust list is fresh.
    pub trust_list_days: u16,
    /// Hours for which a status list is fresh.
    pub status_list_hours: u16,
    /// Entries of a status list: a power of two, 64 to 2²⁰. When a list is about three quarters full, the next one begins.
    #[serde(default = "status_list_entries")]
    pub status_list_entries: u32,
}

/// Entries of a status list, unless the configuration is changed.
pub(crate) const fn status_list_entries() -> u32 {
    1 << 20
}

impl Config {
    /// URI of an office's status list of this number, from 1: where the service answers with it, and its `sub`.
    #[must_use]
    pub fn status_list_uri(&self, office: CreditCode, number: u32) -> String {
        format!("{}/v1/status-lists/{}", self.public_url, status_list_id(office, number))
    }
}

/// One entry of `offices.toml`: an issuer of the prefecture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Unified credit code.
    pub code: CreditCode,
    /// Name, as on its licenses.
    pub name: String,
    /// Division that the office belongs to.
    pub division: DivisionCode,
    /// Suite of its key.
    pub suite: SuiteName,
    /// Keys of the license types that it issues, as in the catalog.
    pub licenses: Vec<String>,
}

/// The suites by their names in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SuiteName {
    /// SM2 with SM3.
    #[serde(rename = "SM2-SM3")]
    Sm2Sm3,
    /// P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
}

impl SuiteName {
    /// That of a public key.
    pub(crate) fn of(key: &Jwk) -> Option<Self> {
        [Self::Sm2Sm3, Self::Es256]
            .into_iter()
            .find(|suite| Algorithm::from(*suite).verifier().id().jws == Some(key.alg.as_str()))
    }
}

impl From<SuiteName> for Algorithm {
    fn from(name: SuiteName) -> Self {
        match name {
            SuiteName::Sm2Sm3 => Self::Sm2,
            SuiteName::Es256 => Self::Es256,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offices {
    #[serde(default)]
    pub(crate) office: Vec<Office>,
}
