//! Reads of one archive beside the engine's own get of the same values, in turns.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use boyin::archive::{
    Archive, DEFAULT_RECORD_KEY_MEMORY, MAX_PAGE, RocksStore, RootSecret, Store as _, Table,
};
use boyin::model::id::LicenseId;
use boyin_benches::office::{Filings, OF_HOLDER, holder};
use boyin_benches::{Cost, median};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rocksdb::{DB, ReadOptions};
use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;
use crate::engine;

/// Reads of one slice.
const SLICE: usize = 400;
/// Bytes of a sealed license besides what is sealed: kind, nonce, tag.
const SEALING: usize = 1 + NONCE_LEN + 16;
/// Holders' files of one slice.
const FILES: usize = 40;
/// Entries that are read at a time to fill the cache.
const WARMED: usize = 1_000;
/// Licenses that are read again and again.
const OFTEN: u64 = 1_000;
/// Bytes of memory for a key that is kept, so that nearly all find a place.
const KEY: u64 = 64;

/// Bytes for the keys of so many licenses: as it is without being set, or as much as they take.
fn record_key_memory(licenses: u64) -> u64 {
    DEFAULT_RECORD_KEY_MEMORY.max(licenses * KEY)
}

/// Which licenses are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// A thousand, over and over.
    Often,
    /// Any, each as likely as the others.
    Any,
}

/// Followers of one archive, and the engine beside them.
pub(crate) struct Readers {
    engine: DB,
    options: ReadOptions,
    seam: RocksStore,
    without_keys: Archive,
    archive: Archive,
    filings: Filings,
    licenses: u64,
    seed: u64,
}

/// Microseconds of processor time, of each round.
pub(crate) struct Costs {
    pub(crate) seam: Vec<f64>,
    pub(crate) without_keys: Vec<f64>,
    pub(crate) archive: Vec<f64>,
}

impl Costs {
    /// How many times the speed of the engine the archive has: the median of the rounds.
    pub(crate) fn of_engine(&self) -> f64 {
        median(self.seam.iter().zip(&self.archive).map(|(engine, own)| engine / own).collect())
    }
}

impl Readers {
    pub(crate) fn open(
        path: &Path,
        scratch: &Path,
        secret: &RootSecret,
        filings: &Filings,
        licenses: u64,
    ) -> Outcome<Self> {
        let follow = |name: &str| Archive::follow(path, &scratch.join(name), secret);
        Ok(Self {
            engine: engine::beside(path)?,
            options: ReadOptions::default(),
            seam: RocksStore::follow(path, &scratch.join("seam"))?,
            without_keys: follow("without keys")?.with_record_key_memory(0),
            archive: follow("archive")?.with_record_key_memory(record_key_memory(licenses)),
            filings: filings.clone(),
            licenses,
            seed: 1,
        })
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % below
    }

    fn ids(&mut self, spread: Spread) -> Vec<LicenseId> {
        let below = if spread == Spread::Often { OFTEN.min(self.licenses) } else { self.licenses };
        let numbers: Vec<_> = (0..SLICE).map(|_| self.draw(below)).collect();
        numbers.into_iter().map(|number| self.filings.id(number)).collect()
    }

    /// One license after another, by each candidate in turn; the first rounds only fill the caches. All use one cache of the
    /// engine.
    pub(crate) fn gets(&mut self, spread: Spread, rounds: usize) -> Outcome<Costs> {
        let mut costs = Costs { seam: Vec::new(), without_keys: Vec::new(), archive: Vec::new() };
        let warming = rounds.div_ceil(2);
        for round in 0..rounds + warming {
            let counts = round >= warming;
            let ids = self.ids(spread);
            let seam =
                slice(&ids, |id| Ok(self.seam.get(Table::License, id.as_str().as_bytes())?.is_some()))?;
            let ids = self.ids(spread);
            let without_keys = slice(&ids, |id| Ok(black_box(self.without_keys.get(id)?).is_some()))?;
            let ids = self.ids(spread);
            let archive = slice(&ids, |id| Ok(black_box(self.archive.get(id)?).is_some()))?;
            if counts {
                costs.seam.push(seam);
                costs.without_keys.push(without_keys);
                costs.archive.push(archive);
            }
        }
        Ok(costs)
    }

    /// The engine's own get through a handle of its own, with a cache of its own: not in turns with the others, because what it
    /// reads is not where they read it.
    pub(crate) fn engine(&mut self, spread: Spread, rounds: usize) -> Outcome<f64> {
        let mut costs = Vec::new();
        let warming = rounds.div_ceil(2);
        for round in 0..rounds + warming {
            let ids = self.ids(spread);
            let cost = slice(&ids, |id| {
                let table = self.engine.cf_handle(Table::License.name()).ok_or("no table")?;
                let found = self.engine.get_cf_opt(table, id.as_str().as_bytes(), &self.options)?;
                Ok(black_box(found).is_some())
            })?;
            if round >= warming {
                costs.push(cost);
            }
        }
        Ok(median(costs))
    }

    /// Reads every license once, so that its key is kept: what a process that runs for days has done.
    pub(crate) fn know_keys(&self) -> Outcome<()> {
        let mut cursor = None;
        loop {
            let page = self.archive.list(None, cursor.as_ref(), MAX_PAGE)?;
            cursor = page.next;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// Reads every block of the tables that reading licenses takes, so that they are in the cache as far as they fit.
    pub(crate) fn warm(&self) -> Outcome<()> {
        for table in [Table::License, Table::RecordKey, Table::ByHolder] {
            let mut after: Option<Vec<u8>> = None;
            loop {
                let page = self.seam.scan(table, &[], after.as_deref(), WARMED)?;
                let Some((key, _)) = page.last() else { break };
                after = Some(key.clone());
            }
        }
        Ok(())
    }

    /// AES-256-GCM over as many bytes as a license has, its key made ready each time: what no way of reading can leave out.
    pub(crate) fn cipher(&self, rounds: usize) -> Outcome<Cost> {
        let key = self.filings.id(0);
        let value = self.seam.get(Table::License, key.as_str().as_bytes())?.ok_or("it is on file")?;
        let mut bytes = vec![0; value.len() - SEALING];
        let mut costs = Vec::with_capacity(rounds);
        for round in 0..=rounds {
            let start = processor();
            for turn in 0..SLICE {
                let key = [u8::try_from(turn % 256)?; 32];
                let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| "a key of 32 bytes")?;
                let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
                let tag = LessSafeKey::new(key).seal_in_place_separate_tag(nonce, Aad::empty(), &mut bytes);
                let _ = black_box(tag.map_err(|_| "it is short")?);
            }
            if round > 0 {
                costs.push(micros(processor() - start, SLICE));
            }
        }
        Ok(Cost { rounds: costs })
    }

    /// Files of holders with thirty licenses, microseconds each.
    pub(crate) fn files(&mut self, rounds: usize) -> Outcome<Cost> {
        let mut costs = Vec::with_capacity(rounds);
        let limit = usize::try_from(OF_HOLDER)?;
        for round in 0..=rounds {
            let holders: Vec<_> = (0..FILES).map(|_| holder(self.draw(self.licenses / OF_HOLDER))).collect();
            let start = processor();
            for holder in &holders {
                let page = self.archive.list_by_holder(holder, None, limit)?;
                assert_eq!(page.items.len(), limit, "a whole file");
            }
            if round > 0 {
                costs.push(micros(processor() - start, FILES));
            }
        }
        Ok(Cost { rounds: costs })
    }

    /// Licenses on file, also those that were issued in earnest.
    pub(crate) fn on_file(&self) -> Outcome<u64> {
        Ok(self.archive.counts()?.licenses)
    }

    /// Bytes in files of each table.
    pub(crate) fn bytes(&self) -> Outcome<Vec<(Table, u64)>> {
        let files = self.engine.live_files()?;
        let of = |table: Table| {
            let files = files.iter().filter(|file| file.column_family_name == table.name());
            files.map(|file| u64::try_from(file.size).unwrap_or(0)).sum()
        };
        Ok(Table::ALL.into_iter().map(|table| (table, of(table))).collect())
    }
}

/// Microseconds for each of these licenses.
fn slice(ids: &[LicenseId], get: impl Fn(&LicenseId) -> Outcome<bool>) -> Outcome<f64> {
    let start = processor();
    for id in ids {
        assert!(get(id)?, "it is on file");
    }
    Ok(micros(processor() - start, ids.len()))
}

/// Time that this thread was on a processor.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = Duration::from_secs(time.tv_sec.try_into().expect("time passes"));
    seconds + Duration::from_nanos(time.tv_nsec.try_into().expect("below a second"))
}

fn micros(spent: Duration, count: usize) -> f64 {
    spent.as_secs_f64() * 1e6 / f64::from(u32::try_from(count).expect("a short slice"))
}
