//! Keys of records that were read lately: reading such a license again asks the store once and not twice.
//!
//! Destroying a record's key is what erases it, so a key must not outlive its destruction here: whoever destroys one, or
//! sees that it was destroyed, says so with [`forget`](RecordKeys::forget), and a key that was read from the store before
//! that is not kept after it.
//!
//! What is kept of a license is a keyed digest of its identifier and the key, in a place of 41 bytes. A key stands in the table
//! and in the hands of whoever asked, and nowhere in between. Two licenses with one digest get each other's key at worst, with
//! which nothing opens: the store is asked then.
//!
//! The table doubles when a key finds its set of eight places full, which is when a fifth to a quarter of all places is in use. At
//! the most that it may take it goes on filling, and a key whose set is full takes the place of another one: of as many
//! licenses as five eighths of the places, 98 in 100 are kept.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::mem::size_of;
use std::num::NonZeroU64;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use zeroize::Zeroize as _;

use crate::vault::{Secret, secret};

/// Bytes of memory for keys of records, unless [set](crate::Archive::with_record_key_memory) otherwise: 1.6 million places, in
/// which nearly all of a million licenses fit. It is taken as they are read.
pub const DEFAULT_RECORD_KEY_MEMORY: u64 = 64 << 20;

/// Parts that are locked each on its own.
const SHARDS: usize = 16;
/// Places in which a digest can stand: those of its set.
const WAYS: usize = 8;
/// Bytes of a set.
const SET: usize = size_of::<Set>();

/// Keys of records by the identifiers of their licenses. Each stands in one place in memory and is wiped when it makes room or is
/// forgotten.
pub(crate) struct RecordKeys {
    digests: RandomState,
    shards: Vec<Mutex<Shard>>,
    /// Most sets of a shard; 0: nothing is kept.
    most: usize,
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
    /// Bytes of memory that they take, with free places between them.
    pub bytes: u64,
}

/// A digest with its place.
#[derive(Clone, Copy)]
struct Spot {
    digest: NonZeroU64,
    shard: usize,
}

#[derive(Default)]
struct Shard {
    sets: Vec<Set>,
    keys: usize,
}

#[derive(Default)]
struct Set {
    digests: [Option<NonZeroU64>; WAYS],
    keys: [[u8; 32]; WAYS],
    /// A bit for each place: asked for since room was last looked for here.
    asked: u8,
}

impl RecordKeys {
    /// Keeps as many keys as fit into `bytes`; none with 0.
    pub(crate) fn new(bytes: u64) -> Self {
        let sets = usize::try_from(bytes).unwrap_or(usize::MAX) / SET;
        let shards = SHARDS.min(sets);
        Self {
            digests: RandomState::new(),
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            most: sets.checked_div(shards).unwrap_or(0),
            forgotten: RwLock::new(0),
        }
    }

    pub(crate) fn get(&self, license: &[u8]) -> Option<Secret> {
        let spot = self.spot(license)?;
        self.shard(spot).get(spot.digest).map(secret)
    }

    /// To be asked before the store is.
    pub(crate) fn before(&self) -> Before {
        Before(*self.forgotten.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps a key that the store gave, unless anything was forgotten since.
    pub(crate) fn keep(&self, license: &[u8], key: &[u8; 32], asked: Before) {
        let Some(spot) = self.spot(license) else { return };
        // Held until it is kept: what is forgotten next must find it.
        let forgotten = self.forgotten.read().unwrap_or_else(PoisonError::into_inner);
        if *forgotten == asked.0 {
            self.shard(spot).put(spot.digest, key, self.most);
        }
    }

    /// The key of this license is destroyed.
    pub(crate) fn forget(&self, license: &[u8]) {
        let mut forgotten = self.forgotten.write().unwrap_or_else(PoisonError::into_inner);
        *forgotten = forgotten.wrapping_add(1);
        if let Some(spot) = self.spot(license) {
            self.shard(spot).take_out(spot.digest);
        }
    }

    /// Nobody knows which keys are destroyed.
    pub(crate) fn forget_all(&self) {
        let mut forgotten = self.forgotten.write().unwrap_or_else(PoisonError::into_inner);
        *forgotten = forgotten.wrapping_add(1);
        self.shards.iter().for_each(|shard| *lock(shard) = Shard::default());
    }

    pub(crate) fn in_use(&self) -> RecordKeyUse {
        let shards = self.shards.iter().map(|shard| {
            let shard = lock(shard);
            (shard.keys, shard.sets.len())
        });
        let (keys, sets) = shards.fold((0, 0), |(keys, sets), (more, others)| (keys + more, sets + others));
        RecordKeyUse { keys, bytes: u64::try_from(sets * SET).unwrap_or(u64::MAX) }
    }

    /// Where a license has its place; `None` if nothing is kept.
    fn spot(&self, license: &[u8]) -> Option<Spot> {
        let digest = self.digests.hash_one(license);
        let shard = usize::try_from(digest).unwrap_or(usize::MAX).checked_rem(self.shards.len())?;
        Some(Spot { digest: NonZeroU64::new(digest).unwrap_or(NonZeroU64::MIN), shard })
    }

    fn shard(&self, spot: Spot) -> MutexGuard<'_, Shard> {
        lock(&self.shards[spot.shard])
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn get(&mut self, digest: NonZeroU64) -> Option<&[u8; 32]> {
        let set = self.set(digest)?;
        let way = set.find(digest)?;
        set.asked |= 1 << way;
        Some(&set.keys[way])
    }

    fn put(&mut self, digest: NonZeroU64, key: &[u8; 32], most: usize) {
        if self.set(digest).is_none_or(|set| set.way_for(digest).is_none()) && self.sets.len() < most {
            self.grow((self.sets.len() * 2).clamp(1, most));
        }
        let Some(set) = self.set(digest) else { return };
        let (way, more) = match set.way_for(digest) {
            Some(way) => (way, usize::from(set.digests[way].is_none())),
            None => (set.make_room(digest), 0),
        };
        set.digests[way] = Some(digest);
        set.keys[way].copy_from_slice(key);
        self.keys += more;
    }

    fn take_out(&mut self, digest: NonZeroU64) {
        let Some(set) = self.set(digest) else { return };
        if let Some(way) = set.find(digest) {
            set.clear(way);
            self.keys -= 1;
        }
    }

    /// More sets; what stands in the old ones goes over as far as there is a place for it.
    fn grow(&mut self, sets: usize) {
        let more = (0..sets).map(|_| Set::default()).collect();
        let old = std::mem::replace(self, Self { sets: more, keys: 0 });
        for set in &old.sets {
            for (digest, key) in set.digests.iter().zip(&set.keys) {
                let Some(digest) = *digest else { continue };
                self.put(digest, key, 0);
            }
        }
    }

    /// Sets are as many as fit, not a power of two: the upper half of `digest × sets` names one of them.
    fn set(&mut self, digest: NonZeroU64) -> Option<&mut Set> {
        let sets = u128::try_from(self.sets.len()).ok()?;
        let place = (u128::from(digest.get()) * sets) >> u64::BITS;
        self.sets.get_mut(usize::try_from(place).ok()?)
    }
}

impl Set {
    fn find(&self, digest: NonZeroU64) -> Option<usize> {
        self.digests.iter().position(|known| *known == Some(digest))
    }

    /// Where it stands, or a place that is free.
    fn way_for(&self, digest: NonZeroU64) -> Option<usize> {
        self.find(digest).or_else(|| self.digests.iter().position(Option::is_none))
    }

    /// Clears a place that was not asked for lately: the first such one from where the digest points to.
    fn make_room(&mut self, digest: NonZeroU64) -> usize {
        if self.asked == u8::MAX {
            self.asked = 0;
        }
        let from = usize::try_from(digest.get() >> 8).unwrap_or(0) % WAYS;
        let ways = (from..WAYS).chain(0..from);
        let way = ways.into_iter().find(|way| self.asked & (1 << way) == 0).unwrap_or(from);
        self.clear(way);
        way
    }

    fn clear(&mut self, way: usize) {
        self.keys[way].zeroize();
        self.digests[way] = None;
        self.asked &= !(1 << way);
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        for (key, digest) in self.keys.iter_mut().zip(&self.digests) {
            if digest.is_some() {
                key.zeroize();
            }
        }
    }
}

impl fmt::Debug for RecordKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKeys(..)")
    }
}
