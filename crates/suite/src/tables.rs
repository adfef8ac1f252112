//! Tables of public keys, within a bound of memory for the whole process.
//!
//! A key that verifies again and again is worth a table of its multiples, of 256 KiB by default. A table is built when its
//! key is prepared, or on the key's second use, as long as there is memory. When there is none, a key that is used often
//! takes the place of the one that has not been used for longest, but never of one that is in use as well: keys that
//! take turns must not drive each other out.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use boyin_curve::{Curve, PreparedKey, PublicKey, Window};

/// Bytes that all tables may use, unless [`set_table_memory`] says otherwise: a thousand keys of 256 KiB.
pub const DEFAULT_TABLE_MEMORY: usize = 256 << 20;

/// On which use a key gets a table if there is memory: it has paid for itself after a dozen more.
const WORTH_A_TABLE: u32 = 2;

/// On every which use without a table a key may take the memory of another.
const WORTH_A_CHANGE: u32 = 16;

/// What the tables of this process use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableMemory {
    /// Bytes that they may use.
    pub limit: usize,
    /// Bytes that they use.
    pub used: usize,
    /// How many there are.
    pub tables: usize,
}

/// Sets the bound for this process. Tables above a lower bound are dropped, the longest unused first.
///
/// Zero turns tables off: every verification then costs what one by an unknown key costs. The tables of the two
/// generators (2.6 MiB each) do not count.
pub fn set_table_memory(bytes: usize) {
    let mut registry = Registry::lock();
    registry.limit = bytes;
    registry.sweep();
    while registry.used() > bytes {
        registry.evict(u64::MAX);
    }
}

/// What the tables of this process use now.
#[must_use]
pub fn table_memory() -> TableMemory {
    let mut registry = Registry::lock();
    registry.sweep();
    TableMemory { limit: registry.limit, used: registry.used(), tables: registry.held.len() }
}

/// A public key that may have a table.
#[derive(Debug)]
pub(crate) struct Slot<C: Curve> {
    key: PublicKey<C>,
    state: Arc<State<C>>,
}

#[derive(Debug)]
struct State<C: Curve> {
    table: RwLock<Option<Arc<PreparedKey<C>>>>,
    usage: Usage,
    building: AtomicBool,
}

/// How often and when a key was used; time counts the uses without a table of all keys.
#[derive(Debug, Default)]
struct Usage {
    last: AtomicU64,
    without_table: AtomicU32,
    /// When `without_table` last began a new round.
    since: AtomicU64,
}

static NOW: AtomicU64 = AtomicU64::new(0);

impl<C: Curve> Slot<C> {
    pub(crate) fn new(key: PublicKey<C>) -> Self {
        let state =
            State { table: RwLock::default(), usage: Usage::default(), building: AtomicBool::new(false) };
        Self { key, state: Arc::new(state) }
    }

    pub(crate) fn key(&self) -> &PublicKey<C> {
        &self.key
    }

    /// The table for so many verifications, if there is one or it is worth building.
    pub(crate) fn table_for(&self, uses: usize) -> Option<Arc<PreparedKey<C>>> {
        let usage = &self.state.usage;
        if let Some(table) = self.state.table() {
            let now = NOW.load(Ordering::Relaxed);
            if usage.last.load(Ordering::Relaxed) != now {
                usage.last.store(now, Ordering::Relaxed);
            }
            return Some(table);
        }
        let now = NOW.fetch_add(1, Ordering::Relaxed) + 1;
        usage.last.store(now, Ordering::Relaxed);
        let uses = u32::try_from(uses).unwrap_or(u32::MAX).min(WORTH_A_CHANGE);
        let before = usage.without_table.fetch_add(uses, Ordering::Relaxed);
        let after = before.saturating_add(uses);
        if before == 0 {
            usage.since.store(now, Ordering::Relaxed);
        }
        let passed = |mark: u32| before < mark && after >= mark;
        let often = after >= WORTH_A_CHANGE;
        if !often && !passed(WORTH_A_TABLE) {
            return None;
        }
        let idle_since = if often { usage.since.load(Ordering::Relaxed) } else { 0 };
        let built = self.build(Window::DEFAULT, idle_since);
        if often {
            usage.without_table.store(WORTH_A_TABLE, Ordering::Relaxed);
            usage.since.store(now, Ordering::Relaxed);
        }
        built
    }

    /// Builds a table of at most so many bytes if there is memory for it.
    pub(crate) fn prepare(&self, budget_bytes: usize) {
        if let Some(window) = Window::within(budget_bytes)
            && self.state.table().is_none()
        {
            self.build(window, 0);
        }
    }

    /// Whoever comes while another thread builds goes on without a table.
    fn build(&self, window: Window, idle_since: u64) -> Option<Arc<PreparedKey<C>>> {
        if self.state.building.swap(true, Ordering::Acquire) {
            return None;
        }
        let built = self.reserve(window, idle_since).map(|()| {
            let table = Arc::new(self.key.prepare(window));
            let registry = Registry::lock();
            // Another key may have taken the memory meanwhile.
            if registry.held.iter().any(|held| held.state.as_ptr().addr() == Arc::as_ptr(&self.state).addr())
            {
                *self.state.table.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&table));
            }
            table
        });
        self.state.building.store(false, Ordering::Release);
        built
    }

    fn reserve(&self, window: Window, idle_since: u64) -> Option<()> {
        let bytes = window.table_bytes();
        let mut registry = Registry::lock();
        registry.sweep();
        (bytes <= registry.limit).then_some(())?;
        while registry.limit.saturating_sub(registry.used()) < bytes {
            registry.evict(idle_since).then_some(())?;
        }
        let state: Weak<State<C>> = Arc::downgrade(&self.state);
        registry.held.push(Held { bytes, state });
        Some(())
    }
}

impl<C: Curve> State<C> {
    fn table(&self) -> Option<Arc<PreparedKey<C>>> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A key of either curve, as the registry sees it.
trait Tenant: Send + Sync + std::fmt::Debug {
    fn last_use(&self) -> u64;
    fn drop_table(&self);
}

impl<C: Curve> Tenant for State<C> {
    fn last_use(&self) -> u64 {
        self.usage.last.load(Ordering::Relaxed)
    }

    fn drop_table(&self) {
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[derive(Debug)]
struct Held {
    bytes: usize,
    state: Weak<dyn Tenant>,
}

/// Who holds how much memory.
#[derive(Debug)]
struct Registry {
    limit: usize,
    held: Vec<Held>,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { limit: DEFAULT_TABLE_MEMORY, held: Vec::new() });

impl Registry {
    fn lock() -> MutexGuard<'static, Self> {
        REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn used(&self) -> usize {
        self.held.iter().map(|held| held.bytes).sum()
    }

    /// Forgets keys that no longer exist, as those of a trust list that was replaced.
    fn sweep(&mut self) {
        self.held.retain(|held| held.state.strong_count() > 0);
    }

    /// Drops the table that has not been used for longest if that was before `idle_since`; whether there was one.
    fn evict(&mut self, idle_since: u64) -> bool {
        let tenants = self.held.iter().enumerate();
        let tenants = tenants.filter_map(|(place, held)| Some((held.state.upgrade()?, place)));
        let idle = tenants.filter(|(state, _)| state.last_use() < idle_since);
        match idle.min_by_key(|(state, _)| state.last_use()) {
            Some((state, place)) => {
                state.drop_table();
                self.held.swap_remove(place);
                true
            }
            None => false,
        }
    }
}
