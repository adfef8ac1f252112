//! Many signatures by keys of one curve.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use boyin_curve::{Curve, Job, PreparedKey, verify_bulk};
use boyin_model::alg::{BadSignature, BulkJob, Digest32, VerifyKey};

use crate::tables::Slot;

/// A key whose verification is the arithmetic of `boyin-curve`.
pub(crate) trait CurveKey: VerifyKey {
    type Curve: Curve;

    fn slot(&self) -> &Slot<Self::Curve>;

    /// `r ‖ s`, if the signature is written as the algorithm asks.
    fn raw(&self, signature: &[u8]) -> Result<[u8; 64], BadSignature>;

    /// Verifies without a table.
    fn verify_once(&self, message: &[u8], raw: &[u8; 64]) -> Result<(), BadSignature>;
}

/// A signature that is well written and whose key has a table.
struct Ready<'j, K: CurveKey> {
    place: usize,
    key: &'j K,
    table: Arc<PreparedKey<K::Curve>>,
    message: &'j [u8],
    raw: [u8; 64],
}

/// Verifies jobs of keys of type `K` in bulk, and every other job on its own. `digests` gives what was signed, for each
/// pair of key and message.
pub(crate) fn verify<K: CurveKey>(
    jobs: &[BulkJob<'_>],
    digests: impl FnOnce(&[(&K, &[u8])]) -> Vec<Digest32>,
) -> Vec<Result<(), BadSignature>> {
    let keys: Vec<_> = jobs.iter().map(|job| concrete::<K>(job.key)).collect();
    let tables = tables(&keys);
    let mut results = vec![Err(BadSignature); jobs.len()];
    let mut ready = Vec::with_capacity(jobs.len());
    for (place, (job, key)) in jobs.iter().zip(keys).enumerate() {
        let Some(key) = key else {
            results[place] = job.key.verify(job.message, job.signature);
            continue;
        };
        let Ok(raw) = key.raw(job.signature) else { continue };
        match tables.get(&identity(key)).and_then(Option::as_ref) {
            Some(table) => {
                ready.push(Ready { place, key, table: Arc::clone(table), message: job.message, raw });
            }
            None => results[place] = key.verify_once(job.message, &raw),
        }
    }
    let digests = digests(&ready.iter().map(|ready| (ready.key, ready.message)).collect::<Vec<_>>());
    let jobs = ready.iter().zip(&digests);
    let jobs: Vec<_> =
        jobs.map(|(ready, digest)| Job { key: &*ready.table, digest, signature: &ready.raw }).collect();
    for (ready, result) in ready.iter().zip(verify_bulk(&jobs)) {
        results[ready.place] = result.map_err(|_| BadSignature);
    }
    results
}

fn concrete<K: CurveKey>(key: &dyn VerifyKey) -> Option<&K> {
    let key: &dyn Any = key;
    key.downcast_ref()
}

/// The table of each key that has one or is worth one for as many signatures as there are.
fn tables<K: CurveKey>(keys: &[Option<&K>]) -> HashMap<usize, Option<Arc<PreparedKey<K::Curve>>>> {
    let mut uses = HashMap::new();
    for key in keys.iter().flatten() {
        uses.entry(identity(*key)).or_insert((*key, 0)).1 += 1;
    }
    uses.into_iter().map(|(identity, (key, uses))| (identity, key.slot().table_for(uses))).collect()
}

/// Where the key is: the same key is the same object, for a trust list holds each once.
fn identity<K>(key: &K) -> usize {
    std::ptr::from_ref(key).addr()
}
