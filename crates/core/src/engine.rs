//! Which engine is behind the archive of a data directory: RocksDB in the directory itself, or one that the program was
//! given and the configuration names.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use boyin_archive::{Archive, Durability, OpenError, RocksStore, RootSecret, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::error::HomeError;
use crate::home::Home;

/// `[store]` of `boyin.toml`: where the archive is, if it is not in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSetting {
    /// Name of the engine, such as `postgres`.
    pub engine: String,
    /// The database, in the engine's own form; without a password.
    pub address: String,
    /// The schema in it, if it is not the engine's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// File whose first line is the password; relative to the data directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Whether another machine may be reached without encryption.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trusted_network: bool,
}

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For writing; made where it is missing.
    Create,
    /// For writing.
    Write,
    /// For reading what another process writes.
    Follow,
    /// For reading what is there now.
    Snapshot,
}

/// An engine behind the archive's seam that another crate brings.
pub trait Engine: Send + Sync + fmt::Debug {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// Opens the store that a setting names. `home` is the data directory.
    ///
    /// # Errors
    /// [`StoreError`]; a setting that cannot be used is [`StoreError::Io`].
    fn open(&self, setting: &StoreSetting, home: &Path, access: Access)
    -> Result<Arc<dyn Store>, StoreError>;
}

/// Where the archive of a data directory is.
#[derive(Clone, Debug)]
pub(crate) enum ArchivePlace {
    /// RocksDB, in this directory.
    Directory(PathBuf),
    /// In another engine.
    Elsewhere { engine: Arc<dyn Engine>, setting: StoreSetting, home: PathBuf },
}

impl ArchivePlace {
    /// The place that a setting names.
    pub(crate) fn of(home: &Home, setting: Option<&StoreSetting>) -> Result<Self, HomeError> {
        let Some(setting) = setting else { return Ok(Self::Directory(home.dir().join("archive"))) };
        let engine = home.engines().iter().find(|engine| engine.name() == setting.engine);
        let engine = engine.ok_or_else(|| HomeError::NoEngine(setting.engine.clone()))?;
        let (setting, home) = (setting.clone(), home.dir().to_owned());
        Ok(Self::Elsewhere { engine: Arc::clone(engine), setting, home })
    }

    pub(crate) fn open(&self, secret: &RootSecret) -> Result<Archive, OpenError> {
        match self {
            Self::Directory(path) => Archive::open(path, secret),
            Self::Elsewhere { .. } => Archive::with_store(self.store(Access::Write)?, secret),
        }
    }

    pub(crate) fn follow(&self, scratch: &Path, secret: &RootSecret) -> Result<Archive, OpenError> {
        match self {
            Self::Directory(path) => Archive::follow(path, scratch, secret),
            Self::Elsewhere { .. } => Archive::follow_in(self.store(Access::Follow)?, secret),
        }
    }

    pub(crate) fn snapshot(&self, secret: &RootSecret) -> Result<Archive, OpenError> {
        match self {
            Self::Directory(path) => Archive::snapshot(path, secret),
            Self::Elsewhere { .. } => Archive::follow_in(self.store(Access::Snapshot)?, secret),
        }
    }

    /// The bare store for a copy into it, made where it is missing.
    pub(crate) fn target(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Directory(path) => Ok(Arc::new(RocksStore::create(path, Durability::Synced)?)),
            Self::Elsewhere { .. } => self.store(Access::Create),
        }
    }

    fn store(&self, access: Access) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Elsewhere { engine, setting, home } => engine.open(setting, home, access),
            Self::Directory(_) => Err(StoreError::Missing),
        }
    }
}
