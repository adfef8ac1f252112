//! Keys of records that were read lately: reading such a license again asks the store once and not twice.
//!
//! Destroying a record's key is what erases it, so a key must not outlive its destruction here: whoever destroys one, or
//! sees that it was destroyed, says so with [`forget`](RecordKeys::forget), and a key that was read from the store before
//! that is not kept after it.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::vault::Secret;

/// Bytes of memory for keys of records, unless [set](crate::Archive::with_record_key_memory) otherwise: about sixty thousand
/// licenses.
pub const DEFAULT_RECORD_KEY_MEMORY: u64 = 16 << 20;

/// What an entry takes besides the identifier of its license: the key with its count of references, the places in the
/// table, and what the allocator adds; rounded up.
const ENTRY: u64 = 192;
/// Bytes of an entry as they are expected: for the size of the table only.
const USUAL_ENTRY: u64 = ENTRY + 88;

type Keys = Cache<Box<[u8]>, Arc<Secret>, Weight>;

/// Bytes of an entry.
#[derive(Clone)]
struct Weight;

impl Weighter<Box<[u8]>, Arc<Secret>> for Weight {
    fn weight(&self, license: &Box<[u8]>, _: &Arc<Secret>) -> u64 {
        ENTRY + u64::try_from(license.len()).unwrap_or(u64::MAX - ENTRY)
    }
}

/// Keys of records by the identifiers of their licenses. Each stands in one place in memory and is wiped when the last
/// that uses it lets it go.
pub(crate) struct RecordKeys {
    /// `None`: nothing is kept.
    keys: Option<Keys>,
    /// How often something was forgotten.
    forgotten: RwLock<u64>,
}

/// An instant, before the store is asked for a key.
#[derive(Clone, Copy)]
pub(crate) struct Before(u64);

/// What is kept of the keys of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordKeyUse {
    /// Keys.
    pub keys: usize,
    /// Bytes of memory that they take, rounded up.
    pub bytes: u64,
}

impl RecordKeys {
    /// Keeps as many keys as fit into `bytes`; none with 0.
    pub(crate) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / USUAL_ENTRY).unwrap_or(usize::MAX);
        let mut options = OptionsBuilder::new();
        options.estimated_items_capacity(items).weight_capacity(bytes);
        let options = options.build().expect("both capacities are given");
        let keys = || {
            Cache::with_options(options, Weight, DefaultHashBuilder::default(), DefaultLifecycle::default())
        };
        Self { keys: (items > 0).then(keys), forgotten: RwLock::new(0) }
    }

    pub(crate) fn get(&self, license: &[u8]) -> Option<Arc<Secret>> {
        self.keys.as_ref()?.get(license)
    }

    /// To be asked before the store is.
    pub(crate) fn before(&self) -> Before {
        Before(*self.forgotten.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps a key that the store gave, unless anything was forgotten since.
    pub(crate) fn keep(&self, license: &[u8], key: &Arc<Secret>, asked: Before) {
        let Some(keys) = &self.keys else { return };
        // Held until it is kept: what is forgotten next must find it.
        let forgotten = self.forgotten.read().unwrap_or_else(PoisonError::into_inner);
        if *forgotten == asked.0 {
            keys.insert(license.into(), Arc::clone(key));
        }
    }

    /// The key of this license is destroyed.
    pub(crate) fn forget(&self, license: &[u8]) {
        self.forget_with(|keys| drop(keys.remove(license)));
    }

    /// Nobody knows which keys are destroyed.
    pub(crate) fn forget_all(&self) {
        self.forget_with(Keys::clear);
    }

    fn forget_with(&self, forget: impl FnOnce(&Keys)) {
        let mut forgotten = self.forgotten.write().unwrap_or_else(PoisonError::into_inner);
        *forgotten = forgotten.wrapping_add(1);
        if let Some(keys) = &self.keys {
            forget(keys);
        }
    }

    pub(crate) fn in_use(&self) -> RecordKeyUse {
        let of = |keys: &Keys| RecordKeyUse { keys: keys.len(), bytes: keys.weight() };
        self.keys.as_ref().map(of).unwrap_or_default()
    }
}

impl fmt::Debug for RecordKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKeys(..)")
    }
}
