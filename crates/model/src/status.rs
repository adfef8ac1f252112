//! Status lists: one or a few bits for each license, compressed and signed (IETF Token Status List).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::b64;
use crate::json::{self, Reader};
use crate::jws::JwsError;
use crate::limits::MAX_STATUS_LIST_BYTES;
use crate::time::UnixTime;

/// Effort of the compressor, 0 (none) to 10.
const COMPRESSION_LEVEL: u8 = 6;

/// The status of a license. Values that this enum does not know are never valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LicenseStatus {
    /// In force.
    Valid,
    /// Withdrawn for good (吊销、注销、撤销).
    Revoked,
    /// Not in force for now; may be restored.
    Suspended,
    /// Another license took its place (换发): out of force for good, without blame.
    Superseded,
}

/// The code.
impl fmt::Display for LicenseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl LicenseStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Valid, Self::Revoked, Self::Suspended, Self::Superseded];

    /// The value in a list, 0 to 3: the draft's own values, and 3 of those that it leaves to applications.
    #[must_use]
    pub const fn value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Revoked => 1,
            Self::Suspended => 2,
            Self::Superseded => 3,
        }
    }

    /// The status with this value in a list.
    #[must_use]
    pub fn from_value(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.value() == value)
    }

    /// `valid`, `revoked`, `suspended` or `superseded`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::Superseded => "superseded",
        }
    }
}

/// Where the status of a credential stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReference {
    /// URI of the list, equal to the list's `sub`.
    pub uri: String,
    /// Index in the list.
    pub index: u32,
}

/// Width of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum StatusBits {
    /// Valid or revoked.
    One,
    /// Four values: what this project writes.
    Two,
    /// Sixteen values.
    Four,
    /// 256 values.
    Eight,
}

impl StatusBits {
    fn width(self) -> u8 {
        self.into()
    }
}

impl From<StatusBits> for u8 {
    fn from(bits: StatusBits) -> Self {
        match bits {
            StatusBits::One => 1,
            StatusBits::Two => 2,
            StatusBits::Four => 4,
            StatusBits::Eight => 8,
        }
    }
}

impl TryFrom<u8> for StatusBits {
    type Error = StatusListError;

    fn try_from(width: u8) -> Result<Self, StatusListError> {
        match width {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            4 => Ok(Self::Four),
            8 => Ok(Self::Eight),
            _ => Err(StatusListError::Bits),
        }
    }
}

/// A list of entries of 1, 2, 4 or 8 bits.
///
/// Entry `i` of `b` bits begins at bit `i·b mod 8` of byte `⌊i·b/8⌋`, least significant first.
///
/// ```
/// use boyin_model::status::{StatusBits, StatusList};
/// let mut list = StatusList::new(StatusBits::Two, 8);
/// list.set(5, 2)?;
/// assert_eq!((list.get(5), list.get(6), list.get(8)), (Some(2), Some(0), None));
/// # Ok::<(), boyin_model::status::StatusListError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    bits: StatusBits,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list of at least `entries` entries, all 0; the last byte is filled up.
    #[must_use]
    pub fn new(bits: StatusBits, entries: u32) -> Self {
        let per_byte = u32::from(8 / bits.width());
        let length = usize::try_from(entries.div_ceil(per_byte)).unwrap_or(usize::MAX);
        Self { bits, bytes: vec![0; length] }
    }

    /// Width of an entry.
    #[must_use]
    pub fn bits(&self) -> StatusBits {
        self.bits
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() * usize::from(8 / self.bits.width())
    }

    /// Bytes of memory that the entries take.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the list holds no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn place(&self, index: u32) -> (usize, u8) {
        let per_byte = u32::from(8 / self.bits.width());
        let byte = usize::try_from(index / per_byte).unwrap_or(usize::MAX);
        let shift = u8::try_from(index % per_byte).unwrap_or(0) * self.bits.width();
        (byte, shift)
    }

    fn mask(&self) -> u8 {
        u8::MAX >> (8 - self.bits.width())
    }

    /// The entry, or `None` beyond the list.
    #[must_use]
    pub fn get(&self, index: u32) -> Option<u8> {
        let (byte, shift) = self.place(index);
        self.bytes.get(byte).map(|b| (b >> shift) & self.mask())
    }

    /// Sets an entry.
    ///
    /// # Errors
    /// [`StatusListError::Index`] beyond the list, [`StatusListError::Value`] if the value does not fit.
    pub fn set(&mut self, index: u32, value: u8) -> Result<(), StatusListError> {
        let mask = self.mask();
        if value > mask {
            return Err(StatusListError::Value);
        }
        let (byte, shift) = self.place(index);
        let slot = self.bytes.get_mut(byte).ok_or(StatusListError::Index)?;
        *slot = (*slot & !(mask << shift)) | (value << shift);
        Ok(())
    }

    /// `lst`: base64url of the zlib stream.
    #[must_use]
    pub fn compress(&self) -> String {
        b64::encode(&miniz_oxide::deflate::compress_to_vec_zlib(&self.bytes, COMPRESSION_LEVEL))
    }

    /// Reads `lst`.
    ///
    /// # Errors
    /// [`StatusListError::Compression`] if it is not base64url of a zlib stream, or one that inflates beyond
    /// [`MAX_STATUS_LIST_BYTES`].
    pub fn inflate(bits: StatusBits, lst: &str) -> Result<Self, StatusListError> {
        let packed = b64::decode(lst.as_bytes()).map_err(|_| StatusListError::Compression)?;
        let bytes = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&packed, MAX_STATUS_LIST_BYTES)
            .map_err(|_| StatusListError::Compression)?;
        Ok(Self { bits, bytes })
    }
}

/// Why a status list was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusListError {
    /// The width is not 1, 2, 4 or 8.
    #[error("the width of an entry is 1, 2, 4 or 8 bits")]
    Bits,
    /// The index is beyond the list.
    #[error("the index is beyond the list")]
    Index,
    /// The value does not fit the width.
    #[error("the value does not fit the width")]
    Value,
    /// Not a zlib stream in base64url, or one that grows too large.
    #[error("not a zlib stream in base64url, or one that inflates beyond the limit")]
    Compression,
}

/// The claims of a status list token (`docs/format.md` §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusListClaims {
    /// The list's URI.
    pub sub: String,
    /// When it was made.
    pub iat: UnixTime,
    /// From then on it is stale.
    pub exp: UnixTime,
    /// Seconds after which a newer one should be fetched.
    pub ttl: u32,
    /// The entries.
    pub list: StatusList,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimsWire {
    exp: UnixTime,
    iat: UnixTime,
    status_list: ListWire,
    sub: String,
    ttl: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListWire {
    bits: StatusBits,
    lst: String,
}

impl StatusListClaims {
    /// The canonical payload.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        json::canonical(&ClaimsWire {
            exp: self.exp,
            iat: self.iat,
            status_list: ListWire { bits: self.list.bits, lst: self.list.compress() },
            sub: self.sub.clone(),
            ttl: self.ttl,
        })
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// As [`PackedStatusList::read`] and [`PackedStatusList::inflate`].
    pub fn read(payload: &[u8], reader: Reader) -> Result<Self, JwsError> {
        PackedStatusList::read(payload, reader)?.inflate()
    }
}

/// The claims of a status list token with the entries still compressed: they take no more room than their payload, whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedStatusList {
    /// The list's URI.
    pub sub: String,
    /// When it was made.
    pub iat: UnixTime,
    /// From then on it is stale.
    pub exp: UnixTime,
    /// Seconds after which a newer one should be fetched.
    pub ttl: u32,
    bits: StatusBits,
    lst: String,
}

impl PackedStatusList {
    /// Reads a payload. Whether the entries can be inflated is not asked.
    ///
    /// # Errors
    /// [`JwsError::Payload`] for JSON faults, [`JwsError::Claim`] for missing, unknown or invalid claims.
    pub fn read(payload: &[u8], reader: Reader) -> Result<Self, JwsError> {
        json::parse(payload, reader).map_err(JwsError::Payload)?;
        let wire: ClaimsWire = serde_json::from_slice(payload).map_err(|_| JwsError::Claim("status_list"))?;
        let ListWire { bits, lst } = wire.status_list;
        Ok(Self { sub: wire.sub, iat: wire.iat, exp: wire.exp, ttl: wire.ttl, bits, lst })
    }

    /// Inflates the entries, to at most [`MAX_STATUS_LIST_BYTES`]: for a list of which the signature was verified.
    ///
    /// # Errors
    /// [`JwsError::Claim`] if they cannot be inflated.
    pub fn inflate(self) -> Result<StatusListClaims, JwsError> {
        let list = StatusList::inflate(self.bits, &self.lst).map_err(|_| JwsError::Claim("lst"))?;
        Ok(StatusListClaims { sub: self.sub, iat: self.iat, exp: self.exp, ttl: self.ttl, list })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Section 4.1 of the draft: eight one-bit entries 1,0,0,1,1,1,0,1 and 1,1,0,0,0,1,0,1 give the bytes b9 a3.
    #[test]
    fn bit_order_is_that_of_the_draft() {
        let mut list = StatusList::new(StatusBits::One, 16);
        for (index, value) in (0..).zip([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]) {
            list.set(index, value).unwrap();
        }
        assert_eq!(list.bytes, [0xb9, 0xa3]);
        // `lst` as printed there: compressed by another zlib, so it is read, not reproduced.
        assert_eq!(StatusList::inflate(StatusBits::One, "eNrbuRgAAhcBXQ").unwrap(), list);
    }

    // The same section: two-bit entries 1,2,0,3,0,1,0,1,1,2,3,3 give c9 44 f9.
    #[test]
    fn two_bits() {
        let mut list = StatusList::new(StatusBits::Two, 12);
        for (index, value) in (0..).zip([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]) {
            list.set(index, value).unwrap();
        }
        assert_eq!(list.bytes, [0xc9, 0x44, 0xf9]);
        assert_eq!(StatusList::inflate(StatusBits::Two, "eNo76fITAAPfAgc").unwrap(), list);
    }

    #[test]
    fn bounds() {
        let mut list = StatusList::new(StatusBits::Two, 5);
        assert_eq!(list.len(), 8);
        assert_eq!(list.set(8, 1), Err(StatusListError::Index));
        assert_eq!(list.set(0, 4), Err(StatusListError::Value));
        assert_eq!(list.get(u32::MAX), None);
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; MAX_STATUS_LIST_BYTES + 1], 9);
        assert!(bomb.len() < 100_000);
        assert_eq!(
            StatusList::inflate(StatusBits::One, &b64::encode(&bomb)),
            Err(StatusListError::Compression)
        );
        assert!(StatusBits::try_from(3).is_err());
    }

    #[test]
    fn claims_round_trip_and_refuse_the_unknown() {
        let claims = StatusListClaims {
            sub: "https://x/1".into(),
            iat: UnixTime::new(10).unwrap(),
            exp: UnixTime::new(20).unwrap(),
            ttl: 5,
            list: StatusList::new(StatusBits::Two, 100),
        };
        let bytes = claims.write();
        assert_eq!(StatusListClaims::read(&bytes, Reader::Ours).unwrap(), claims);
        let packed = PackedStatusList::read(&bytes, Reader::Ours).unwrap();
        assert_eq!((packed.sub.as_str(), packed.iat, packed.exp), ("https://x/1", claims.iat, claims.exp));
        assert_eq!(packed.inflate().unwrap(), claims);
        let text = String::from_utf8(bytes).unwrap();
        // What cannot be inflated is not looked at before it is.
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; MAX_STATUS_LIST_BYTES + 1], 9);
        let bomb = text.replace(&claims.list.compress(), &b64::encode(&bomb));
        let packed = PackedStatusList::read(bomb.as_bytes(), Reader::Ours).unwrap();
        assert_eq!(packed.inflate(), Err(JwsError::Claim("lst")));
        let more = text.replace("\"ttl\":5", "\"ttl\":5,\"zone\":1");
        assert!(matches!(StatusListClaims::read(more.as_bytes(), Reader::Ours), Err(JwsError::Claim(_))));
        let twice = text.replace("\"ttl\":5", "\"ttl\":5,\"ttl\":5");
        assert!(matches!(StatusListClaims::read(twice.as_bytes(), Reader::Ours), Err(JwsError::Payload(_))));
    }
}
