use boyin_archive::{DEFAULT_RECORD_KEY_MEMORY, EngineMemory};
use boyin_model::id::{CreditCode, DivisionCode};
use boyin_model::trust::{Jwk, StatusLists};
use boyin_suite::Algorithm;
use serde::{Deserialize, Serialize};

use crate::engine::StoreSetting;
use crate::registry::status_list_id;

/// The `format` of a data directory that this release reads and writes.
pub const CONFIG_FORMAT: u32 = 1;

const MIB: usize = 1 << 20;

/// Most days for which a trust list is fresh.
const MAX_TRUST_LIST_DAYS: u16 = 400;
/// Most hours for which a status list is fresh: a revocation must not wait longer than a week.
const MAX_STATUS_LIST_HOURS: u16 = 168;
/// Fewest entries of a status list: among fewer, an index would tell who is meant.
const MIN_STATUS_LIST_ENTRIES: u32 = 64;

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
    /// Hours for which a change of many licenses can be undone (撤回期限).
    #[serde(default = "undo_window_hours")]
    pub undo_window_hours: u16,
    /// Memory for the archive.
    #[serde(default, skip_serializing_if = "Memory::is_default")]
    pub memory: Memory,
    /// Where the archive is, if not in RocksDB in the directory itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreSetting>,
}

/// Memory for the archive in each process that opens it; `docs/operations.md` tells what takes how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Memory {
    /// MiB for what is read from files and what is written and in no file yet.
    pub cache_mib: u32,
    /// MiB of these for what is written and in no file yet: at least 4, at most half.
    pub unflushed_mib: u32,
    /// MiB for keys of licenses that were read lately; 0 keeps none.
    pub record_keys_mib: u32,
    /// Files of the archive that the desk keeps open, at least 64; all of them if it is not there.
    pub open_files: Option<u16>,
}

impl Default for Memory {
    fn default() -> Self {
        let EngineMemory { cache, unflushed, open_files } = EngineMemory::DEFAULT;
        let mib = |bytes: usize| u32::try_from(bytes / MIB).unwrap_or(u32::MAX);
        let record_keys_mib = u32::try_from(DEFAULT_RECORD_KEY_MEMORY >> 20).unwrap_or(u32::MAX);
        Self { cache_mib: mib(cache), unflushed_mib: mib(unflushed), record_keys_mib, open_files }
    }
}

impl Memory {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What the engine gets; `None` if that is not enough to run with.
    pub(crate) fn of_engine(&self) -> Option<EngineMemory> {
        let bytes = |mib: u32| usize::try_from(mib).ok()?.checked_mul(MIB);
        let (cache, unflushed) = (bytes(self.cache_mib)?, bytes(self.unflushed_mib)?);
        Some(EngineMemory { cache, unflushed, open_files: self.open_files }).filter(EngineMemory::is_enough)
    }

    /// Bytes for keys of licenses.
    pub(crate) fn of_record_keys(&self) -> u64 {
        u64::from(self.record_keys_mib) << 20
    }
}

/// Hours for which a change of many licenses can be undone, unless the configuration is changed: a mistake on a Friday is
/// found on a Monday.
pub const UNDO_WINDOW_HOURS: u16 = 72;

const fn undo_window_hours() -> u16 {
    UNDO_WINDOW_HOURS
}

/// Entries of a status list, unless the configuration is changed.
pub(crate) const fn status_list_entries() -> u32 {
    1 << 20
}

/// What no configuration may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFault {
    /// The address of the service cannot begin the URIs of status lists.
    #[error(
        "the public URL must be https:// or http://, a host and perhaps a path, without ? and # and without a slash at \
         the end, at most 200 characters"
    )]
    PublicUrl,
    /// A list would be stale at once, or fresh for too long.
    #[error("trust_list_days must be 1 to 400, status_list_hours 1 to 168")]
    Freshness,
    /// A status list would be too short to hide anybody in, or longer than is published.
    #[error("status_list_entries must be a power of two from 64 to 1048576")]
    StatusListEntries,
    /// The archive cannot run with so little memory.
    #[error(
        "[memory] unflushed_mib must be at least 4 and at most half of cache_mib, open_files at least 64"
    )]
    Memory,
}

impl Config {
    /// Asks whether every setting is within its bounds.
    pub(crate) fn check(&self) -> Result<(), ConfigFault> {
        let prefix = self.status_list_prefix(self.authority_code);
        if self.public_url.ends_with('/') || !StatusLists::is_prefix(&prefix) {
            return Err(ConfigFault::PublicUrl);
        }
        if !(1..=MAX_TRUST_LIST_DAYS).contains(&self.trust_list_days)
            || !(1..=MAX_STATUS_LIST_HOURS).contains(&self.status_list_hours)
        {
            return Err(ConfigFault::Freshness);
        }
        let entries = self.status_list_entries;
        if !entries.is_power_of_two() || !(MIN_STATUS_LIST_ENTRIES..=status_list_entries()).contains(&entries)
        {
            return Err(ConfigFault::StatusListEntries);
        }
        match self.memory.of_engine() {
            Some(_) => Ok(()),
            None => Err(ConfigFault::Memory),
        }
    }

    /// URI of an office's status list of this number, from 1: where the service answers with it, and its `sub`.
    #[must_use]
    pub fn status_list_uri(&self, office: CreditCode, number: u32) -> String {
        format!("{}/v1/status-lists/{}", self.public_url, status_list_id(office, number))
    }

    /// How the URIs of an office's status lists begin, as the trust list names them.
    #[must_use]
    pub fn status_list_prefix(&self, office: CreditCode) -> String {
        let mut uri = self.status_list_uri(office, 1);
        uri.truncate(uri.len() - 1);
        uri
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
