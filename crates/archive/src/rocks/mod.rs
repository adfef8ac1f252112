//! RocksDB behind the seam: one column family per table, one process that writes, any number that follow.

mod committer;
mod options;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rocksdb::{
    BottommostLevelCompaction, ColumnFamily, ColumnFamilyDescriptor, CompactOptions, DB, Direction,
    FlushOptions, IteratorMode, Options, ReadOptions,
};

use self::committer::Worker;
pub use self::options::{EngineMemory, EngineMemoryUse, engine_memory, set_engine_memory};
use self::options::{FILTERED_BY_PREFIX, Opener, database_options, table_options};
use crate::group_commit::GroupCommit;
use crate::store::{Batch, Cause, Committed, Durability, Entry, Store, StoreError, Table, prefix_end};

/// The database, below the directory of the archive.
const DATABASE: &str = "db";
/// Held locked while a process has the archive open for writing.
const LOCK: &str = "archive.lock";

/// How often a database in use is opened again, while files come and go.
const OPEN_ATTEMPTS: usize = 10;

/// The archive on disk, in RocksDB.
///
/// One handle writes ([`create`](RocksStore::create), [`open`](RocksStore::open)); others, in this or another process,
/// [`follow`](RocksStore::follow). Concurrent commits share one synced write (group commit): alone a commit costs one
/// sync of the disk, together they cost a fraction each.
pub struct RocksStore {
    // Dropped in this order: the committer ends, then the database closes, then the lock is released.
    committer: Option<GroupCommit>,
    db: RwLock<Arc<DB>>,
    /// Making them takes longer than looking at a bloom filter.
    reads: ReadOptions,
    followed: Option<Followed>,
    _lock: Option<File>,
}

/// What a follower needs to open the database anew.
struct Followed {
    path: PathBuf,
    scratch: PathBuf,
    /// The files that `db` began with.
    files: Mutex<BTreeSet<String>>,
}

impl Followed {
    /// The database and the files that it began with. Files that came while it was opened may have taken the place of a log
    /// that it had read in part: then it is opened once more.
    fn open(&self) -> Result<(DB, BTreeSet<String>), StoreError> {
        let mut attempts = 0;
        loop {
            let options = database_options(Opener::Reader);
            let tables = column_families(&options, &self.path)?;
            let db = DB::open_cf_descriptors_as_secondary(&options, &self.path, &self.scratch, tables);
            let db = db.map_err(engine)?;
            let files = live_files(&db)?;
            db.try_catch_up_with_primary().map_err(engine)?;
            attempts += 1;
            // After the last attempt the next look finds other files and opens it again.
            if attempts == OPEN_ATTEMPTS || live_files(&db)? == files {
                return Ok((db, files));
            }
        }
    }
}

impl RocksStore {
    /// Makes the directory and the database where they are missing, and opens them for writing.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another handle has it open, [`StoreError::Io`], [`StoreError::Full`],
    /// [`StoreError::Corrupt`].
    pub fn create(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        std::fs::create_dir_all(path).map_err(io)?;
        let store = Self::writer(path, durability, true)?;
        // The names of the new directories must survive power loss as well.
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
        for directory in [Some(path), parent].into_iter().flatten() {
            File::open(directory).and_then(|d| d.sync_all()).map_err(io)?;
        }
        Ok(store)
    }

    /// Opens an existing database for writing.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none, and as [`create`](RocksStore::create).
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        present(path)?;
        Self::writer(path, durability, false)
    }

    /// Opens the database that another handle writes, for reading. `scratch` is a directory of this follower's own,
    /// where RocksDB keeps its log. What it shows is as new as the last [`catch_up`](Store::catch_up).
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Io`], [`StoreError::Corrupt`].
    pub fn follow(path: &Path, scratch: &Path) -> Result<Self, StoreError> {
        present(path)?;
        std::fs::create_dir_all(scratch).map_err(io)?;
        // The engine would show an older state, without a word, if a file were missing.
        drop(Self::snapshot(path)?);
        let (path, scratch) = (path.join(DATABASE), scratch.to_path_buf());
        let followed = Followed { path, scratch, files: Mutex::default() };
        let (db, files) = followed.open()?;
        *followed.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
        let reads = ReadOptions::default();
        Ok(Self {
            committer: None,
            db: RwLock::new(Arc::new(db)),
            reads,
            followed: Some(followed),
            _lock: None,
        })
    }

    /// Opens the database for reading as it is now. Another handle may write it: this one stands still. Every file must be
    /// there: the engine's own follower passes over those that are missing.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Io`], [`StoreError::Corrupt`].
    pub fn snapshot(path: &Path) -> Result<Self, StoreError> {
        present(path)?;
        let path = path.join(DATABASE);
        let options = database_options(Opener::Reader);
        let mut attempts = 0;
        loop {
            let before = file_names(&path)?;
            let opened = column_families(&options, &path).and_then(|tables| {
                DB::open_cf_descriptors_read_only(&options, &path, tables, false).map_err(engine)
            });
            attempts += 1;
            match opened {
                Ok(db) => {
                    let db = RwLock::new(Arc::new(db));
                    let reads = ReadOptions::default();
                    return Ok(Self { committer: None, db, reads, followed: None, _lock: None });
                }
                // The process that writes may have removed a file that was just looked for.
                Err(_) if attempts < OPEN_ATTEMPTS && file_names(&path)? != before => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Adds the tables of a newer format that are missing. Nobody else may have the database open for writing.
    pub(crate) fn add_tables(path: &Path, added: &[Table]) -> Result<(), StoreError> {
        let _lock = lock(&path.join(LOCK))?;
        let path = path.join(DATABASE);
        let options = database_options(Opener::Writer);
        let tables = column_families(&options, &path)?;
        let mut db = DB::open_cf_descriptors(&options, &path, tables).map_err(engine)?;
        for table in added {
            if db.cf_handle(table.name()).is_none() {
                db.create_cf(table.name(), &table_options(table.name())).map_err(engine)?;
            }
        }
        Ok(())
    }

    fn writer(path: &Path, durability: Durability, create: bool) -> Result<Self, StoreError> {
        let lock = lock(&path.join(LOCK))?;
        let path = path.join(DATABASE);
        let options = database_options(if create { Opener::Creator } else { Opener::Writer });
        let tables = if create && !path.join("CURRENT").exists() {
            Table::ALL
                .into_iter()
                .map(|t| ColumnFamilyDescriptor::new(t.name(), table_options(t.name())))
                .collect()
        } else {
            column_families(&options, &path)?
        };
        let db = Arc::new(DB::open_cf_descriptors(&options, &path, tables).map_err(engine)?);
        let committer = GroupCommit::start(Worker::new(Arc::clone(&db), durability)).map_err(io)?;
        let reads = ReadOptions::default();
        Ok(Self { committer: Some(committer), db: RwLock::new(db), reads, followed: None, _lock: Some(lock) })
    }

    /// The engine's follower takes in the log and the list of files, but goes on showing what it once read from the log,
    /// even if a file has a newer value: a log that was written and emptied between two looks never reaches it. It is
    /// opened anew whenever the files are others.
    fn look_again(&self, followed: &Followed) -> Result<(), StoreError> {
        let mut files = followed.files.lock().unwrap_or_else(PoisonError::into_inner);
        let db = self.db();
        db.try_catch_up_with_primary().map_err(engine)?;
        if live_files(&db)? == *files {
            return Ok(());
        }
        let (fresh, began_with) = followed.open()?;
        *files = began_with;
        *self.db.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(())
    }

    fn db(&self) -> Arc<DB> {
        Arc::clone(&self.db.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for RocksStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RocksStore").field("writes", &self.committer.is_some()).finish_non_exhaustive()
    }
}

impl Store for RocksStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db();
        db.get_cf_opt(family(&db, table)?, key, &self.reads).map_err(engine)
    }

    fn get_many(&self, table: Table, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let db = self.db();
        let keys = keys.iter().copied();
        let found = db.batched_multi_get_cf_opt(family(&db, table)?, keys, false, &self.reads);
        found.into_iter().map(|value| Ok(value.map_err(engine)?.map(|value| value.to_vec()))).collect()
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let start = match after {
            // The key with a zero byte appended is the next possible one.
            Some(after) if after >= prefix => [after, &[0]].concat(),
            Some(_) | None => prefix.to_vec(),
        };
        let mut options = ReadOptions::default();
        if let Some(end) = prefix_end(prefix) {
            options.set_iterate_upper_bound(end);
        }
        let (filtered, length) = FILTERED_BY_PREFIX;
        if table == filtered && prefix.len() >= length {
            options.set_prefix_same_as_start(true);
        } else {
            // Without it the engine may pass over keys that do not begin with the same bytes.
            options.set_total_order_seek(true);
        }
        let from = IteratorMode::From(&start, Direction::Forward);
        let db = self.db();
        let entries = db.iterator_cf_opt(family(&db, table)?, options, from).take(limit);
        let within = entries.take_while(|e| e.as_ref().map_or(true, |(key, _)| key.starts_with(prefix)));
        within.map(|e| e.map(|(key, value)| (key.into_vec(), value.into_vec())).map_err(engine)).collect()
    }

    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        match &self.committer {
            Some(committer) => committer.commit(batch),
            None => Err(StoreError::ReadOnly),
        }
    }

    fn scrub(&self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        if self.committer.is_none() {
            return Err(StoreError::ReadOnly);
        }
        let db = self.db();
        let family = family(&db, table)?;
        // The write-ahead log holds old values until every table that it served has been flushed.
        let tables = Table::ALL.into_iter().filter_map(|table| db.cf_handle(table.name()));
        let tables: Vec<_> = tables.collect();
        let mut flush = FlushOptions::default();
        flush.set_wait(true);
        db.flush_cfs_opt(&tables, &flush).map_err(engine)?;
        let mut options = CompactOptions::default();
        // Otherwise a file that has reached the last level is left as it is.
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        db.compact_range_cf_opt(family, Some(key), prefix_end(key), &options);
        Ok(())
    }

    fn len_estimate(&self, table: Table) -> Result<u64, StoreError> {
        let name = rocksdb::properties::ESTIMATE_NUM_KEYS;
        let db = self.db();
        let count = db.property_int_value_cf(family(&db, table)?, name).map_err(engine)?;
        Ok(count.unwrap_or(0))
    }

    /// The end of the next file: a damaged block spoils one file at most.
    fn beyond_damage(&self, table: Table, from: &[u8]) -> Option<Vec<u8>> {
        let files = self.db().live_files().ok()?.into_iter();
        let of_table = files.filter(|file| file.column_family_name == table.name());
        of_table.filter_map(|file| file.end_key).filter(|end| end.as_slice() > from).min()
    }

    fn catch_up(&self) -> Result<(), StoreError> {
        match &self.committer {
            Some(_) => Ok(()),
            None => self.followed.as_ref().map_or(Ok(()), |followed| self.look_again(followed)),
        }
    }
}

fn family(db: &DB, table: Table) -> Result<&ColumnFamily, StoreError> {
    db.cf_handle(table.name()).ok_or_else(|| StoreError::Corrupt(Cause::new(MissingTable(table))))
}

/// A column family of the format is not in the database.
#[derive(Debug, thiserror::Error)]
#[error("table {0} is missing")]
struct MissingTable(Table);

fn present(path: &Path) -> Result<(), StoreError> {
    match path.join(DATABASE).join("CURRENT").try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(StoreError::Missing),
        Err(e) => Err(io(e)),
    }
}

fn live_files(db: &DB) -> Result<BTreeSet<String>, StoreError> {
    Ok(db.live_files().map_err(engine)?.into_iter().map(|file| file.name).collect())
}

fn file_names(path: &Path) -> Result<BTreeSet<OsString>, StoreError> {
    let entries = std::fs::read_dir(path).map_err(io)?;
    entries.map(|entry| Ok(entry.map_err(io)?.file_name())).collect()
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
        Err(TryLockError::Error(e)) => Err(io(e)),
    }
}

/// Every column family that is there, and ours. A newer format may have more of them: they are opened so that the
/// format version can be read and the refusal names it.
fn column_families(options: &Options, path: &Path) -> Result<Vec<ColumnFamilyDescriptor>, StoreError> {
    let names = DB::list_cf(options, path).map_err(engine)?;
    let described = names.into_iter().map(|name| {
        let options = table_options(&name);
        ColumnFamilyDescriptor::new(name, options)
    });
    Ok(described.collect())
}

fn io(error: std::io::Error) -> StoreError {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let full = matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge);
    let cause = Cause::new(error);
    if full { StoreError::Full(cause) } else { StoreError::Io(cause) }
}

/// RocksDB gives the operating system's cause in its message only.
fn engine(error: rocksdb::Error) -> StoreError {
    use rocksdb::ErrorKind::{
        Aborted, Busy, ColumnFamilyDropped, CompactionTooLarge, Corruption, Expired, IOError, Incomplete,
        InvalidArgument, MergeInProgress, NotFound, NotSupported, ShutdownInProgress, TimedOut, TryAgain,
        Unknown,
    };
    match error.kind() {
        IOError => {
            let message = error.as_ref();
            let is = |text: &str| message.contains(text);
            if is("No space left") || is("File too large") || is("quota exceeded") {
                StoreError::Full(Cause::new(error))
            } else if is("lock hold by current process") || is("While lock file") {
                StoreError::Locked
            } else {
                StoreError::Io(Cause::new(error))
            }
        }
        Corruption | InvalidArgument | NotFound | NotSupported | ColumnFamilyDropped => {
            StoreError::Corrupt(Cause::new(error))
        }
        Aborted | Busy | CompactionTooLarge | Expired | Incomplete | MergeInProgress | ShutdownInProgress
        | TimedOut | TryAgain | Unknown => StoreError::Io(Cause::new(error)),
    }
}
