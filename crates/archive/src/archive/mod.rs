//! The archive: making and opening it. Acts are in `write.rs`, reads in `read.rs`.

mod addresses;
mod check;
mod collect;
mod copy;
mod decisions;
mod delegations;
mod ends;
mod erase;
mod keys;
mod licenses;
mod log;
mod mass;
mod read;
mod reads;
mod seals;
mod upgrade;
mod versions;
mod write;

pub use self::addresses::{MAX_ADDRESSES, MAX_AT_ADDRESS};
pub use self::copy::{Copied, CopyError, CopyProgress, CopyStep};
pub use self::keys::Resealing;
pub use self::log::{LogHead, LogLine};
pub use self::read::{MAX_EVENTS, MAX_PAGE, MAX_SLOTS};
pub use self::reads::TakenReads;
pub use self::write::Unpublished;

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

use boyin_model::time::UnixTime;
use zeroize::Zeroizing;

use self::write::Deed;
use crate::act::{Act, EventKind};
use crate::chain::ChainStart;
use crate::error::{ArchiveError, Damaged, OpenError};
use crate::layout::{self, FORMAT_VERSION, FORMAT_WITH_KEYS, Malformed};
use crate::record_keys::{DEFAULT_RECORD_KEY_MEMORY, RecordKeyUse, RecordKeys};
use crate::rocks::RocksStore;
use crate::store::{Batch, Durability, Expect, Store, StoreError, Table};
use crate::vault::{BASE, FIRST_DATA_KEY, KeyId, RootSecret, Unopened, Vault, Wrapped};

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
    /// Where the links of the log begin.
    chain: ChainStart,
    /// Shared by acts from the sealing of their values until they are written; held alone by what must not meet one half
    /// done.
    acts: RwLock<()>,
    /// Keys of records that were read lately.
    record_keys: RecordKeys,
    /// The event up to which erasures are known to `record_keys`, if it follows.
    followed: Mutex<Option<u64>>,
    /// Held by one act on collected records at a time: what two of them would write depends on what the other one wrote.
    collecting: Mutex<()>,
}

/// Data keys at a time: the current one, and those before it until everything is sealed anew.
const MAX_DATA_KEYS: usize = 100;

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
        if let Some(found) = read_format(&store)?.filter(|found| (1..FORMAT_VERSION).contains(found)) {
            drop(store);
            RocksStore::add_tables(path, &upgrade::tables_since(found))?;
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

    /// Opens an archive for reading as it is now, also one that another process writes: it stands still from then on.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn snapshot(path: &Path, secret: &RootSecret) -> Result<Self, OpenError> {
        Self::follow_in(Arc::new(RocksStore::snapshot(path)?), secret)
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
        let bare = Vault::new(secret, &Vault::base_of_old(secret), false);
        let base = bare.new_key()?;
        let vault = Vault::new(secret, &base, false);
        let data_key = vault.new_key()?;
        vault.add(FIRST_DATA_KEY, &data_key);
        let mut batch = Batch::new().expect(Table::Meta, layout::META_FORMAT, Expect::Absent);
        for (id, key) in [(BASE, base), (FIRST_DATA_KEY, data_key)] {
            let wrapped = vault.wrap(id, &Wrapped { key, reads_old_values: false })?;
            batch = batch.put(Table::DataKey, layout::data_key(id), wrapped);
        }
        let archive = Self {
            store,
            vault: Arc::new(vault),
            created: act.at(),
            format: FORMAT_VERSION,
            chain: ChainStart::NEW,
            acts: RwLock::new(()),
            record_keys: RecordKeys::new(DEFAULT_RECORD_KEY_MEMORY),
            followed: Mutex::default(),
            collecting: Mutex::new(()),
        };
        let created = act.at().seconds().to_be_bytes();
        let chain = layout::chain_value(&archive.chain);
        let batch = batch
            .put(Table::Meta, layout::META_FORMAT, FORMAT_VERSION.to_be_bytes())
            .put(Table::Meta, layout::META_CHECK, archive.vault.check())
            .put(Table::Meta, layout::META_CREATED, archive.seal(Table::Meta, layout::META_CREATED, &created))
            .put(Table::Meta, layout::META_CHAIN, archive.seal(Table::Meta, layout::META_CHAIN, &chain));
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
        let archive = Self::follow_in(store, secret)?;
        if archive.format < FORMAT_VERSION { archive.upgrade(secret) } else { Ok(archive) }
    }

    /// Opens the archive in a store for reading, as it is.
    ///
    /// # Errors
    /// As [`with_store`](Archive::with_store).
    pub fn follow_in(store: Arc<dyn Store>, secret: &RootSecret) -> Result<Self, OpenError> {
        let damaged = Damaged { table: Table::Meta };
        let Some(format) = read_format(store.as_ref())? else {
            check_empty(store.as_ref())?;
            return Err(OpenError::Empty);
        };
        if format > FORMAT_VERSION {
            return Err(OpenError::NewerFormat { found: format, supported: FORMAT_VERSION });
        }
        if format == 0 {
            return Err(damaged.into());
        }
        let check = store.get(Table::Meta, layout::META_CHECK)?.ok_or(damaged)?;
        if check != Vault::key_check(secret) {
            return Err(OpenError::WrongSecret);
        }
        let vault = if format < FORMAT_WITH_KEYS {
            Vault::new(secret, &Vault::base_of_old(secret), true)
        } else {
            read_keys(store.as_ref(), secret)?
        };
        let open = |key: &[u8]| -> Result<_, OpenError> {
            let sealed = store.get(Table::Meta, key)?.ok_or(damaged)?;
            Ok(vault.open(Table::Meta, key, &sealed).map_err(|_| damaged)?)
        };
        let created = layout::read_time(&open(layout::META_CREATED)?).map_err(|Malformed| damaged)?;
        let chain = if format < FORMAT_WITH_KEYS {
            // No event of this archive has a link yet.
            ChainStart { number: u64::MAX, ..ChainStart::NEW }
        } else {
            layout::read_chain(&open(layout::META_CHAIN)?).map_err(|Malformed| damaged)?
        };
        Ok(Self {
            store,
            vault: Arc::new(vault),
            created,
            format,
            chain,
            acts: RwLock::new(()),
            record_keys: RecordKeys::new(DEFAULT_RECORD_KEY_MEMORY),
            followed: Mutex::default(),
            collecting: Mutex::new(()),
        })
    }

    /// The same archive, which keeps the keys of records that were read lately in at most `bytes` of memory instead of
    /// [`DEFAULT_RECORD_KEY_MEMORY`]; none with 0. Such a license is read again without asking the store for its key. A key
    /// is wiped when it makes room for others and when its license is erased.
    #[must_use]
    pub fn with_record_key_memory(self, bytes: u64) -> Self {
        Self { record_keys: RecordKeys::new(bytes), ..self }
    }

    /// What is kept of the keys of records.
    #[must_use]
    pub fn record_keys(&self) -> RecordKeyUse {
        self.record_keys.in_use()
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

    /// Version of the disk format, as of opening.
    #[must_use]
    pub fn format(&self) -> u32 {
        self.format
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
    /// format, with tables that this handle does not have, or under another root secret.
    pub fn catch_up(&self) -> Result<(), ArchiveError> {
        let caught_up = self.store.catch_up();
        self.forget_erased();
        match caught_up {
            // The engine refuses a table that it did not open as it refuses damage; opening again tells them apart.
            Err(StoreError::Corrupt(_)) if self.format < FORMAT_VERSION => {
                return Err(ArchiveError::Upgraded);
            }
            other => other?,
        }
        let check = self.store.get(Table::Meta, layout::META_CHECK)?;
        if check.is_some_and(|check| check != self.vault.check()) {
            return Err(ArchiveError::Upgraded);
        }
        Ok(())
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
        let opened = match self.vault.open(table, key, sealed) {
            // Another process has made a new key current since this one looked.
            Err(Unopened::UnknownKey(id)) if self.learn(id) => self.vault.open(table, key, sealed),
            other => other,
        };
        opened.map_err(|_| Damaged { table })
    }

    /// Takes in a data key that was made elsewhere, if there is one of that id.
    fn learn(&self, id: KeyId) -> bool {
        let Ok(Some(bytes)) = self.store.get(Table::DataKey, &layout::data_key(id)) else { return false };
        let wrapped = self.vault.unwrap(id, &bytes);
        wrapped.inspect(|wrapped| self.vault.add(id, &wrapped.key)).is_some()
    }
}

/// The vault of an archive that has keys of its own.
fn read_keys(store: &dyn Store, secret: &RootSecret) -> Result<Vault, OpenError> {
    let damaged = Damaged { table: Table::DataKey };
    let base = store.get(Table::DataKey, &layout::data_key(BASE))?.ok_or(damaged)?;
    let base = Vault::unwrap_base(secret, &base).ok_or(damaged)?;
    let vault = Vault::new(secret, &base.key, base.reads_old_values);
    let entries = store.scan(Table::DataKey, &[], Some(&layout::data_key(BASE)), MAX_DATA_KEYS)?;
    for (key, bytes) in entries {
        let id = layout::id_of_data_key(&key).map_err(|Malformed| damaged)?;
        vault.add(id, &vault.unwrap(id, &bytes).ok_or(damaged)?.key);
    }
    if vault.current() == BASE { Err(damaged.into()) } else { Ok(vault) }
}

/// The format version, if there is one. A version that is not four bytes is read as 0, which no archive has.
fn read_format(store: &dyn Store) -> Result<Option<u32>, StoreError> {
    let format = store.get(Table::Meta, layout::META_FORMAT)?;
    Ok(format.map(|bytes| <[u8; 4]>::try_from(bytes).map_or(0, u32::from_be_bytes)))
}

/// Without a format version there must be nothing else.
fn check_empty(store: &dyn Store) -> Result<(), OpenError> {
    if store.get(Table::Meta, layout::META_COPY)?.is_some() {
        return Err(OpenError::HalfCopied);
    }
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
