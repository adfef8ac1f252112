//! How RocksDB is set, and how much memory it may take: one budget for all databases of a process.

use std::sync::{Mutex, OnceLock, PoisonError};

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, DBCompressionType, DBRecoveryMode, Options,
    SliceTransform, WriteBufferManager,
};

use crate::store::Table;

/// The log may be so many times as long as what is in no file yet. It is what is read again after a crash, and what a
/// follower holds in memory besides the cache.
const LOG_TIMES: u64 = 2;
/// Ten bits per key: one lookup in a hundred for an absent key reads a block in vain.
const BLOOM_BITS: f64 = 10.0;
/// Where records of one key are looked for, the filter holds the keys without the names of records (32 bytes): an import looks twice
/// for each row, and mostly in vain.
pub(super) const FILTERED_BY_PREFIX: (Table, usize) = (Table::CollectedByKey, 32);
/// Whoever asks for these has just read of them: a filter on the last level would be asked for nothing. Licenses and
/// status are not among them: whether an identifier and a slot are free is asked with each license that is filed.
const ASKED_FOR_WHAT_IS_THERE: [Table; 2] = [Table::RecordKey, Table::Event];
/// Their values are ciphertext, which does not compress, and they are read most.
const NOT_COMPRESSED: [Table; 4] = [Table::License, Table::RecordKey, Table::Status, Table::Event];
/// Keys of an index block that share what they begin with. Identifiers differ in their last dozen characters: an index
/// takes a fifth of what it would with 1.
const INDEX_KEYS_TOGETHER: i32 = 16;

/// Memory of the storage engine in this process, for all archives together that it has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineMemory {
    /// Bytes for what is read from files (blocks, indexes and filters) and for what is written and in no file yet.
    /// Entries in use are never thrown out, so that a moment of many reads at once can take some megabytes more.
    pub cache: usize,
    /// Bytes of these for what is written and in no file yet: from there on it is put into files. The log is kept below
    /// twice as much; a follower holds what is in it, besides the cache.
    pub unflushed: usize,
    /// Files of a database that a writer keeps open; `None` for all of them, which is what a follower does in any case.
    pub open_files: Option<u16>,
}

impl EngineMemory {
    /// Unless it is [set](set_engine_memory) otherwise: 256 MiB, of which 64 MiB for writes, and all files.
    pub const DEFAULT: Self = Self { cache: 256 << 20, unflushed: 64 << 20, open_files: None };
    /// Fewest bytes for what is written and in no file yet.
    pub const MIN_UNFLUSHED: usize = 4 << 20;
    /// Fewest files that a writer keeps open.
    pub const MIN_OPEN_FILES: u16 = 64;

    /// Whether these are settings to run with: at least [`MIN_UNFLUSHED`](Self::MIN_UNFLUSHED), twice as much for all, and
    /// [`MIN_OPEN_FILES`](Self::MIN_OPEN_FILES).
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.unflushed >= Self::MIN_UNFLUSHED
            && self.cache / 2 >= self.unflushed
            && self.open_files.is_none_or(|files| files >= Self::MIN_OPEN_FILES)
    }
}

impl Default for EngineMemory {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What the engine takes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineMemoryUse {
    /// Bytes in the cache, unflushed writes included.
    pub cache: usize,
    /// Bytes written and in no file yet.
    pub unflushed: usize,
}

struct Shared {
    settings: Mutex<EngineMemory>,
    cache: Cache,
    buffers: WriteBufferManager,
}

static SHARED: OnceLock<Shared> = OnceLock::new();

impl Shared {
    fn new(settings: EngineMemory) -> Self {
        let cache = Cache::new_hyper_clock_cache(settings.cache, 0);
        let buffers =
            WriteBufferManager::new_write_buffer_manager_with_cache(settings.unflushed, false, cache.clone());
        Self { settings: Mutex::new(settings), cache, buffers }
    }
}

fn shared() -> &'static Shared {
    SHARED.get_or_init(|| Shared::new(EngineMemory::DEFAULT))
}

/// Sets the memory of the engine in this process. Caches follow at once, the size of files and how many are open when an
/// archive is opened the next time. What [is not enough](EngineMemory::is_enough) is left as it was.
///
/// Set it before anything else of the engine is used: the parts of the cache, and how many entries each can ever hold, are those of
/// the size that it is made with.
pub fn set_engine_memory(memory: EngineMemory) {
    if !memory.is_enough() {
        return;
    }
    let shared = SHARED.get_or_init(|| Shared::new(memory));
    let mut settings = shared.settings.lock().unwrap_or_else(PoisonError::into_inner);
    shared.cache.clone().set_capacity(memory.cache);
    shared.buffers.set_buffer_size(memory.unflushed);
    *settings = memory;
}

/// What the engine takes now, in all archives of this process.
#[must_use]
pub fn engine_memory() -> EngineMemoryUse {
    let shared = shared();
    EngineMemoryUse { cache: shared.cache.get_usage(), unflushed: shared.buffers.get_usage() }
}

/// Who opens a database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    /// Makes it where it is missing.
    Creator,
    Writer,
    /// A follower needs every file open: the writer may remove it.
    Reader,
}

pub(super) fn database_options(opener: Opener) -> Options {
    let shared = shared();
    let settings = *shared.settings.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = Options::default();
    options.create_if_missing(opener == Opener::Creator);
    options.create_missing_column_families(opener == Opener::Creator);
    options.set_paranoid_checks(true);
    // A torn tail is what a crash leaves of a write that was never acknowledged. Damage before the tail is refused: the
    // default would silently drop every acknowledged act after it.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    let unflushed = u64::try_from(settings.unflushed).unwrap_or(u64::MAX);
    options.set_max_total_wal_size(unflushed.saturating_mul(LOG_TIMES));
    // A follower can put nothing into files: counted here, what it holds would make the writer do so at every write.
    if opener != Opener::Reader {
        options.set_write_buffer_manager(&shared.buffers);
    }
    let files = settings.open_files.filter(|_| opener != Opener::Reader);
    options.set_max_open_files(files.map_or(-1, i32::from));
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(4 << 20);
    options
}

pub(super) fn table_options(name: &str) -> Options {
    let shared = shared();
    let settings = *shared.settings.lock().unwrap_or_else(PoisonError::into_inner);
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(&shared.cache);
    blocks.set_bloom_filter(BLOOM_BITS, false);
    // Indexes and filters grow with the archive: in parts and in the cache they stay within its bounds.
    blocks.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    blocks.set_partition_filters(true);
    blocks.set_index_block_restart_interval(INDEX_KEYS_TOGETHER);
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
    blocks.set_pin_top_level_index_and_filter(true);
    let mut options = Options::default();
    options.set_block_based_table_factory(&blocks);
    let is_one_of = |tables: &[Table]| tables.iter().any(|table| table.name() == name);
    options.set_optimize_filters_for_hits(is_one_of(&ASKED_FOR_WHAT_IS_THERE));
    let plain = is_one_of(&NOT_COMPRESSED);
    options.set_compression_type(if plain { DBCompressionType::None } else { DBCompressionType::Lz4 });
    // The licenses take most of it; what the other tables hold meanwhile is far less.
    options.set_write_buffer_size(settings.unflushed / 2);
    let (table, length) = FILTERED_BY_PREFIX;
    if name == table.name() {
        options.set_prefix_extractor(SliceTransform::create_fixed_prefix(length));
    }
    options
}
