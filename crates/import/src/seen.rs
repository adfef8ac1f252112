use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest as _, Sha256};

use crate::reason::Reason;

/// Which keys stood in the rows above, and with what: 40 bytes for each, whatever the rows hold.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashMap<[u8; 16], (u64, [u8; 16])>);

impl Seen {
    /// Whether a row above had the same key. Remembers this one if not.
    pub(crate) fn repeats(&mut self, number: u64, mark: &Mark) -> Option<Reason> {
        match self.0.entry(mark.key) {
            Entry::Vacant(place) => {
                place.insert((number, mark.content));
                None
            }
            Entry::Occupied(found) => {
                let (first, before) = *found.get();
                Some(if before == mark.content {
                    Reason::RowTwice { first }
                } else {
                    Reason::KeyTwice { first }
                })
            }
        }
    }
}

/// What is remembered of a row.
#[derive(Debug)]
pub(crate) struct Mark {
    key: [u8; 16],
    content: [u8; 16],
}

impl Mark {
    pub(crate) fn new(key: &[String], content: &[u8]) -> Self {
        let content = digest(std::iter::once(content));
        Self { key: digest(key.iter().map(String::as_bytes)), content }
    }
}

/// 128 bits of SHA-256: two of four million rows share them by chance once in 2^84 files.
fn digest<'p>(parts: impl Iterator<Item = &'p [u8]>) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let whole: [u8; 32] = hash.finalize().into();
    *whole.first_chunk().expect("32 bytes are more than 16")
}
