//! The storage engine alone, beside the archive: the same files and the same batches, with the options that the engine has
//! written beside the archive.

use std::path::Path;
use std::time::{Duration, Instant};

use boyin::archive::{Archive, MemoryStore, RootSecret, Store, Table};
use boyin_benches::office::{Filings, act};
use rocksdb::{Cache, ColumnFamilyDescriptor, DB, Env, Options, WriteBatch, WriteOptions};

use crate::Outcome;

/// As the archive's own, unless it is set otherwise.
const CACHE_BYTES: usize = 256 << 20;

/// Options of a database and of its tables, as it was last opened.
fn options(archive: &Path) -> Outcome<(Options, Vec<ColumnFamilyDescriptor>)> {
    let cache = Cache::new_lru_cache(CACHE_BYTES);
    Ok(Options::load_latest(archive.join("db"), Env::new()?, false, cache)?)
}

/// The database of an archive, to be read beside it.
pub(crate) fn beside(archive: &Path) -> Outcome<DB> {
    let (mut options, tables) = options(archive)?;
    options.create_if_missing(false);
    Ok(DB::open_cf_descriptors_read_only(&options, archive.join("db"), tables, false)?)
}

/// What one act writes: table, bytes of the key, bytes of the value.
type Written = Vec<(Table, usize, usize)>;

/// What filing a license writes.
fn written(filings: &Filings) -> Outcome<Written> {
    let store = std::sync::Arc::new(MemoryStore::new());
    let secret = RootSecret::new([7; 32].into());
    let shared = std::sync::Arc::<MemoryStore>::clone(&store);
    let archive = Archive::create_in(shared, &secret, &act(filings.office()))?;
    let entries = |table| store.scan(table, &[], None, usize::MAX);
    // The first license: of everything that it writes there is one more entry than before.
    let mut before = Vec::new();
    for table in Table::ALL {
        before.push(entries(table)?);
    }
    archive.file(&act(filings.office()), &filings.filing(1))?;
    let mut written = Vec::new();
    for (table, before) in Table::ALL.into_iter().zip(before) {
        let new = entries(table)?.into_iter().filter(|entry| !before.contains(entry));
        written.extend(new.map(|(key, value)| (table, key.len(), value.len())));
    }
    Ok(written)
}

/// A database of its own that gets batches like those of the archive.
pub(crate) struct Batches {
    db: DB,
    written: Written,
    number: u64,
}

impl Batches {
    pub(crate) fn new(dir: &Path, archive: &Path, filings: &Filings) -> Outcome<Self> {
        let (mut options, tables) = options(archive)?;
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_wal_dir(dir);
        let db = DB::open_cf_descriptors(&options, dir, tables)?;
        Ok(Self { db, written: written(filings)?, number: 0 })
    }

    /// Bytes that an act writes, and in how many entries.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.written.iter().map(|(_, key, value)| key + value).sum(), self.written.len())
    }

    /// So many acts, `together` of them in each synced write, by one thread.
    pub(crate) fn write(&mut self, acts: usize, together: usize) -> Outcome<Duration> {
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        // Random, so that nothing can be compressed; the same for all, because it is only copied.
        let value = random(8192);
        let start = Instant::now();
        for _ in 0..acts / together {
            let mut batch = WriteBatch::default();
            for _ in 0..together {
                self.number += 1;
                for (table, key, bytes) in &self.written {
                    let family = self.db.cf_handle(table.name()).ok_or("no such table")?;
                    batch.put_cf(family, key_of(self.number, *key), &value[..*bytes]);
                }
            }
            self.db.write_opt(batch, &synced)?;
        }
        Ok(start.elapsed())
    }
}

/// Scattered as identifiers and digests are, of so many bytes.
fn key_of(number: u64, length: usize) -> Vec<u8> {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    scattered.iter().copied().chain(std::iter::repeat(b'0')).take(length).collect()
}

fn random(count: usize) -> Vec<u8> {
    use boyin::model::alg::Randomness as _;
    let mut bytes = vec![0; count];
    boyin::suite::SystemRandom.fill(&mut bytes).expect("the system has randomness");
    bytes
}
