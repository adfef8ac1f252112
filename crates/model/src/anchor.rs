//! The hand-over of an anchor: the key that signs trust lists names its successor (`docs/format.md` §7.1).

use serde::{Deserialize, Serialize};

use crate::id::DivisionCode;
use crate::json::{self, Reader};
use crate::jws::JwsError;
use crate::time::UnixTime;
use crate::trust::Jwk;

/// `typ` of a hand-over.
pub const TYP_ANCHOR_HANDOVER: &str = "anchor-handover+jwt";
/// The `format` that this crate reads and writes.
pub const ANCHOR_HANDOVER_FORMAT: u32 = 1;
/// Bytes of one hand-over. It holds one key and a few words.
pub const MAX_HANDOVER_BYTES: usize = 8 << 10;
/// Hand-overs in one file. A key that lasts a year makes 64 of them a lifetime.
pub const MAX_HANDOVERS: usize = 64;

/// The claims of a hand-over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorHandover {
    /// Name of the office that keeps the trust list.
    pub authority: String,
    /// Division that the list is for.
    pub division: DivisionCode,
    /// [`ANCHOR_HANDOVER_FORMAT`].
    pub format: u32,
    /// First sequence of the trust lists that the successor signs; the lists before it are those of the signer.
    pub from_sequence: u64,
    /// When it was made.
    pub issued_at: UnixTime,
    /// The next anchor.
    pub successor: Jwk,
}

impl AnchorHandover {
    /// The canonical payload.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        json::canonical(self)
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`JwsError::Payload`] for JSON faults, [`JwsError::Claim`] for missing, unknown or invalid members or another
    /// `format`.
    pub fn read(payload: &[u8], reader: Reader) -> Result<Self, JwsError> {
        json::parse(payload, reader).map_err(JwsError::Payload)?;
        let handover: Self = serde_json::from_slice(payload).map_err(|_| JwsError::Claim("successor"))?;
        if handover.format != ANCHOR_HANDOVER_FORMAT {
            return Err(JwsError::Claim("format"));
        }
        Ok(handover)
    }
}
