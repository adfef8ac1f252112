//! The links of the event log: each event holds the hash of the one before it.
//!
//! ```text
//! hash of event n = SHA-256("boyin event" ‖ 00 ‖ n (8) ‖ hash of event n − 1 (32) ‖ bytes of event n)
//! ```
//! The bytes are those before sealing, so that the hash outlives every data key, and whoever has the exported log can come to
//! it. Before event 1 the hash is 32 zero bytes.

use boyin_model::alg::Digest32;
use ring::digest::{Context, SHA256};

use crate::layout;
use crate::store::{Cause, StoreError, Table};
use crate::vault::Vault;

const DOMAIN: &[u8] = b"boyin event\0";

/// Where the links begin: events of formats 1 and 2 have none, and the first one after them holds the hash over them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChainStart {
    /// Number of the last event without a link; 0 if there is none.
    pub(crate) number: u64,
    /// Its hash; 32 zero bytes if there is none.
    pub(crate) hash: Digest32,
}

impl ChainStart {
    /// Of an archive whose every event has a link.
    pub(crate) const NEW: Self = Self { number: 0, hash: [0; 32] };

    /// The hash that event `number` has to hold, from the stored value of the event before it. Fails closed: nothing is
    /// appended to a log whose end cannot be read.
    pub(crate) fn hash_before(
        &self,
        vault: &Vault,
        number: u64,
        previous: Option<&[u8]>,
    ) -> Result<Digest32, StoreError> {
        if self.number.checked_add(1) == Some(number) {
            return Ok(self.hash);
        }
        let unreadable = || StoreError::Corrupt(Cause::new(UnreadableEnd));
        let before = number.checked_sub(1).ok_or_else(unreadable)?;
        let sealed = previous.ok_or_else(unreadable)?;
        let bytes = vault.open(Table::Event, &layout::event(before), sealed).map_err(|_| unreadable())?;
        let link = layout::previous_in(&bytes).map_err(|_| unreadable())?;
        Ok(hash(before, &link, &bytes))
    }
}

/// The last event cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the last event cannot be read")]
struct UnreadableEnd;

/// The hash of an event.
pub(crate) fn hash(number: u64, before: &Digest32, bytes: &[u8]) -> Digest32 {
    let mut context = Context::new(&SHA256);
    for part in [DOMAIN, &number.to_be_bytes(), before, bytes] {
        context.update(part);
    }
    *context.finish().as_ref().first_chunk().expect("SHA-256 gives 32 bytes")
}
