//! The archive: making and opening it. Acts are in `write.rs`, reads in `read.rs`.

mod read;
mod seals;
mod write;

pub use self::read::{MAX_EVENTS, MAX_PAGE, MAX_SLOTS};
pub use self::write::Unpublished;

use std::path::Path;
use std::sync::Arc;

use boyin_model::time::UnixTime;
use zeroize::Zeroizing;

use self::write::Deed;
use crate::act::{Act, EventKind};
use crate::error::{ArchiveError, Damaged, OpenError};
use crate::layout::{self, FORMAT_VERSION, FORMAT_WITH_SEALS, Malformed, TABLES_OF_SEALS};
use crate::rocks::RocksStore;
use crate::store::{Batch, Durability, Expect, Store, StoreError, Table};
use crate::vault::{RootSecret, Vault};

/// One person, one file; one enterprise, one file.
///
/// Every act is one synced batch of document, indexes, status slot, event and idempotency record: what was acknowledged
/// is there as a whole, and doing the same act again does nothing but give its outcome back. What is read is as it was
/// filed and *unverified*; only the verifier says whether a license is in force.
///
/// Calls block on the disk. They take `&self`, from any number of threads; writers that come together share a sync.
#[derive(Debug)]
pub struct Archive {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    created: UnixTime,
    /// As of opening.
    format: u32,
}

/// How much the archive holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Licenses on file.
    pub licenses: u64,
    /// Events in the log.
    pub events: u64,
}

impl Archive {
    /// Makes an archive in the directory `path`, which may be missing. `act` becomes its first event.
    ///
    /// # Errors
    /// [`OpenError::Exists`] if there is one, [`OpenError::Store`].
    pub fn create(path: &Path, secret: &RootSecret, act: &Act) -> Result<Self, OpenError> {
        Self::create_in(Arc::new(RocksStore::create(path, Durability::Synced)?), secret, act)
    }

    /// Opens an archive for reading and writing. One process can have it open so; others [`follow`](Archive::follow).
    /// An archive of an older format is brought to this one; from then on older releases refuse it.
    ///
    /// # Errors
    /// [`OpenError`]; [`StoreError::Locked`](crate::StoreError::Locked) in it if another process has the archive open.
    pub fn open(path: &Path, secret: &RootSecret) -> Result<Self, OpenError> {
        let mut store = RocksStore::open(path, Durability::Synced)?;
        if read_format(&store)?.is_some_and(|format| (1..FORMAT_WITH_SEALS).contains(&format)) {
            drop(store);
            RocksStore::add_tables(path, &TABLES_OF_SEALS)?;
            store = RocksStore::open(path, Durability::Synced)?;
        }
        Self::with_store(Arc::new(store), secret)
    }

    /// Opens an archive that another process writes, for reading. `scratch` is a directory of this follower's own.
    /// Reads show the archive as of opening or of the last [`catch_up`](Archive::catch_up); acts are
    /// [`StoreError::ReadOnly`](crate::StoreError::ReadOnly).
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn follow(path: &Path, scratch: &Path, secret: &RootSecret) -> Result<Self, OpenError> {
        Self::follow_in(Arc::new(RocksStore::follow(path, scratch)?), secret)
    }

    /// Makes an archive in an empty store.
    ///
    /// # Errors
    /// As [`create`](Archive::create); [`OpenError::Damaged`] if the store holds entries but no archive.
    pub fn create_in(store: Arc<dyn Store>, secret: &RootSecret, act: &Act) -> Result<Self, OpenError> {
        if store.get(Table::Meta, layout::META_FORMAT)?.is_some() {
            return Err(OpenError::Exists);
        }
        check_empty(store.as_ref())?;
        let archive =
            Self { store, vault: Arc::new(Vault::new(secret)), created: act.at(), format: FORMAT_VERSION };
        let created = act.at().seconds().to_be_bytes();
        let batch = Batch::new()
            .expect(Table::Meta, layout::META_FORMAT, Expect::Absent)
            .put(Table::Meta, layout::META_FORMAT, FORMAT_VERSION.to_be_bytes())
            .put(Table::Meta, layout::META_CHECK, archive.vault.key_check())
            .put(
                Table::Meta,
                layout::META_CREATED,
                archive.seal(Table::Meta, layout::META_CREATED, &created),
            );
        archive.commit(act, Deed::new(EventKind::ArchiveCreated, ""), batch)?;
        Ok(archive)
    }

    /// Opens the archive in a store that can be written, and brings it to this format if it has an older one. The store
    /// must have all [tables](Table::ALL).
    ///
    /// # Errors
    /// [`OpenError::Empty`], [`OpenError::NewerFormat`], [`OpenError::WrongSecret`], [`OpenError::Damaged`],
    /// [`OpenError::Store`].
    pub fn with_store(store: Arc<dyn Store>, secret: &RootSecret) -> Result<Self, OpenError> {
        let mut archive = Self::follow_in(store, secret)?;
        if archive.format < FORMAT_VERSION {
            for table in TABLES_OF_SEALS {
                archive.store.scan(table, &[], None, 1)?;
            }
            let old = archive.format.to_be_bytes();
            let batch = Batch::new()
                .expect(Table::Meta, layout::META_FORMAT, Expect::Exactly(old.to_vec()))
                .put(Table::Meta, layout::META_FORMAT, FORMAT_VERSION.to_be_bytes());
            archive.store.commit(batch)?;
            archive.format = FORMAT_VERSION;
        }
        Ok(archive)
    }

    /// Opens the archive in a store for reading, as it is.
    ///
    /// # Errors
    /// As [`with_store`](Archive::with_store).
    pub fn follow_in(store: Arc<dyn Store>, secret: &RootSecret) -> Result<Self, OpenError> {
        let damaged = Damaged { table: Table::Meta };
        let Some(found) = read_format(store.as_ref())? else {
            check_empty(store.as_ref())?;
            return Err(OpenError::Empty);
        };
        if found > FORMAT_VERSION {
            return Err(OpenError::NewerFormat { found, supported: FORMAT_VERSION });
        }
        if found == 0 {
            return Err(damaged.into());
        }
        let vault = Vault::new(secret);
        let check = store.get(Table::Meta, layout::META_CHECK)?.ok_or(damaged)?;
        if check != vault.key_check() {
            return Err(OpenError::WrongSecret);
        }
        let created = store.get(Table::Meta, layout::META_CREATED)?.ok_or(damaged)?;
        let created = vault.open(Table::Meta, layout::META_CREATED, &created).map_err(|_| damaged)?;
        let created = layout::read_time(&created).map_err(|Malformed| damaged)?;
        Ok(Self { store, vault: Arc::new(vault), created, format: found })
    }

    /// When the archive was made.
    #[must_use]
    pub fn created(&self) -> UnixTime {
        self.created
    }

    /// How much the archive holds. Exact on a quiet archive, an estimate of the engine while it writes.
    ///
    /// # Errors
    /// [`ArchiveError::Store`].
    pub fn counts(&self) -> Result<Counts, ArchiveError> {
        Ok(Counts {
            licenses: self.store.len_estimate(Table::License)?,
            events: self.store.len_estimate(Table::Event)?,
        })
    }

    /// Health probe: writes and syncs one entry that means nothing.
    ///
    /// # Errors
    /// [`ArchiveError::Store`] if acts would fail now.
    pub fn writable(&self) -> Result<(), ArchiveError> {
        let batch = Batch::new().put(Table::Meta, layout::META_HEARTBEAT, [1]);
        self.store.commit(batch)?;
        Ok(())
    }

    /// Takes in what the writing process has written since. Does nothing unless this handle follows.
    ///
    /// # Errors
    /// [`ArchiveError::Store`]; [`ArchiveError::Upgraded`] if the writing process has brought the archive to a newer
    /// format, with tables that this handle does not have.
    pub fn catch_up(&self) -> Result<(), ArchiveError> {
        match self.store.catch_up() {
            // The engine refuses a table that it did not open as it refuses damage; opening again tells them apart.
            Err(StoreError::Corrupt(_)) if self.format < FORMAT_VERSION => Err(ArchiveError::Upgraded),
            other => Ok(other?),
        }
    }

    fn seal(&self, table: Table, key: &[u8], plaintext: &[u8]) -> Vec<u8> {
        self.vault.seal(table, key, plaintext)
    }

    /// Reads and unseals one value.
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, ArchiveError> {
        let sealed = self.store.get(table, key)?;
        Ok(sealed.map(|sealed| self.unseal(table, key, &sealed)).transpose()?)
    }

    fn unseal(&self, table: Table, key: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Damaged> {
        self.vault.open(table, key, sealed).map_err(|_| Damaged { table })
    }
}

/// The format version, if there is one. A version that is not four bytes is read as 0, which no archive has.
fn read_format(store: &dyn Store) -> Result<Option<u32>, StoreError> {
    let format = store.get(Table::Meta, layout::META_FORMAT)?;
    Ok(format.map(|bytes| <[u8; 4]>::try_from(bytes).map_or(0, u32::from_be_bytes)))
}

/// Without a format version there must be nothing else.
fn check_empty(store: &dyn Store) -> Result<(), OpenError> {
    for table in Table::ALL {
        if !store.scan(table, &[], None, 1)?.is_empty() {
            return Err(Damaged { table: Table::Meta }.into());
        }
    }
    Ok(())
}

/// For `map_err` on what a layout function read from `table`.
fn malformed(table: Table) -> impl Fn(Malformed) -> Damaged {
    move |Malformed| Damaged { table }
}
