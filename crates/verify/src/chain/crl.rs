//! Revocation lists (RFC 5280 §5): the bytes as they came, and an index of serial numbers over them.

mod entry;
mod reason;
mod scope;

use std::ops::Range;
use std::sync::Mutex;

use boyin_model::alg::VerifyAlg;
use boyin_model::time::UnixTime;

use super::CertificateStore;
use super::algorithm::Algorithm;
use super::certificate::{Certificate, CertificateError, verifies};
use super::der::{Cursor, only, tag};
use super::extensions::{Point, points};
use super::name::Name;
use super::time::instant;
use entry::EntryParts;
pub(super) use entry::{Entry, extension};
pub use reason::RevocationReason;
use scope::Scope;

/// Bytes of a revocation list: about a million entries.
pub const MAX_CRL_BYTES: usize = 64 << 20;
/// Keys for which is remembered whether they signed a list.
const MAX_REMEMBERED: usize = 16;

/// A revocation list that was read, and not verified.
#[derive(Debug)]
pub(super) struct RevocationList {
    bytes: Vec<u8>,
    signed: Range<usize>,
    algorithm: Algorithm,
    signature: Vec<u8>,
    pub(super) issuer: Name,
    pub(super) this_update: UnixTime,
    pub(super) next_update: Option<UnixTime>,
    pub(super) authority_key: Option<Vec<u8>>,
    pub(super) number: Option<Vec<u8>>,
    /// Number of the list that this one changes: it is a delta.
    pub(super) base: Option<Vec<u8>>,
    pub(super) scope: Option<Scope>,
    /// Where deltas to it are to be had (RFC 5280 §5.2.6). They are told by their scope, not by this.
    pub(super) freshest: Vec<Point>,
    /// Something critical is not understood: the list answers nothing.
    pub(super) unusable: bool,
    /// Last eight bytes of the serial number, where the entry begins, whose certificate (in `issuers`); sorted by serial
    /// number.
    index: Vec<(u64, u32, u32)>,
    issuers: Vec<Name>,
    remembered: Mutex<Vec<(Vec<u8>, bool)>>,
}

impl RevocationList {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > MAX_CRL_BYTES {
            return Err(CertificateError::TooLarge);
        }
        let mut list = Self::outer(bytes).ok_or(CertificateError::Malformed)?;
        list.bytes = bytes.to_vec();
        let range = list.body(bytes).ok_or(CertificateError::Malformed)?;
        list.entries(range).ok_or(CertificateError::Malformed)?;
        Ok(list)
    }

    fn outer(bytes: &[u8]) -> Option<Self> {
        let mut outer = only(bytes, tag::SEQUENCE)?;
        let tbs = outer.take(tag::SEQUENCE)?;
        let algorithm = outer.take(tag::SEQUENCE)?;
        let signature = outer.take(tag::BIT_STRING)?;
        outer.end()?;
        let start = bytes.len() - outer_length(bytes)?;
        let signature = signature.content.strip_prefix(&[0])?;
        Some(Self {
            bytes: Vec::new(),
            signed: start..start + tbs.raw.len(),
            algorithm: Algorithm::read(algorithm.raw)?,
            signature: signature.to_vec(),
            issuer: Name::read(&[0x30, 0]),
            this_update: UnixTime::MAX,
            next_update: None,
            authority_key: None,
            number: None,
            base: None,
            scope: None,
            freshest: Vec::new(),
            unusable: false,
            index: Vec::new(),
            issuers: Vec::new(),
            remembered: Mutex::default(),
        })
    }

    /// Everything but the entries; where those stand.
    fn body(&mut self, bytes: &[u8]) -> Option<Range<usize>> {
        let mut outer = only(bytes, tag::SEQUENCE)?;
        outer.take(tag::SEQUENCE)?;
        let named = outer.take(tag::SEQUENCE)?.raw;
        let mut tbs = only(&bytes[self.signed.clone()], tag::SEQUENCE)?;
        if let Some(version) = tbs.option(tag::INTEGER)? {
            (version.content == [1]).then_some(())?;
        }
        (tbs.take(tag::SEQUENCE)?.raw == named).then_some(())?;
        self.issuer = Name::read(tbs.take(tag::SEQUENCE)?.raw);
        self.this_update = instant(tbs.next()?)?;
        if matches!(tbs.peek(), Some(tag::UTC_TIME | tag::GENERALIZED_TIME)) {
            self.next_update = Some(instant(tbs.next()?)?);
        }
        let before = tbs.rest();
        let entries = tbs.option(tag::SEQUENCE)?.map_or(0, |entries| entries.content.len());
        let after = tbs.rest();
        if let Some(extensions) = tbs.option(tag::constructed(0))? {
            self.extensions(only(extensions.content, tag::SEQUENCE)?)?;
        }
        tbs.end()?;
        debug_assert!(before >= after + entries, "the entries stand between");
        let end = self.signed.end - after;
        Some(end - entries..end)
    }

    fn extensions(&mut self, mut items: Cursor<'_>) -> Option<()> {
        let mut seen: Vec<&[u8]> = Vec::new();
        while !items.is_empty() {
            let (oid, critical, value) = extension(&mut items)?;
            if seen.contains(&oid) {
                return None;
            }
            seen.push(oid);
            let number = || Cursor::new(value).take(tag::INTEGER).map(|number| unsigned(number.content));
            match oid {
                [0x55, 0x1d, 20] => self.number = Some(number()??),
                [0x55, 0x1d, 27] => self.base = Some(number()??),
                [0x55, 0x1d, 28] => self.scope = Some(Scope::read(value)?),
                [0x55, 0x1d, 35] => {
                    let id = only(value, tag::SEQUENCE)?.option(tag::context(0))?;
                    self.authority_key = id.map(|id| id.content.to_vec());
                }
                [0x55, 0x1d, 46] => self.freshest = points(value)?,
                _ => self.unusable |= critical,
            }
        }
        Some(())
    }

    fn entries(&mut self, range: Range<usize>) -> Option<()> {
        let mut cursor = Cursor::new(&self.bytes[range.clone()]);
        let indirect = self.scope.as_ref().is_some_and(|scope| scope.indirect);
        let mut index = Vec::new();
        let mut issuers = vec![self.issuer.clone()];
        while !cursor.is_empty() {
            let place = u32::try_from(range.end - cursor.rest()).ok()?;
            let parts = EntryParts::read(cursor.inside(tag::SEQUENCE)?)?;
            self.unusable |= parts.unknown || (parts.issuer.is_some() && !indirect);
            if let Some(issuer) = parts.issuer {
                issuers.push(issuer);
            }
            index.push((tail(parts.serial), place, u32::try_from(issuers.len() - 1).ok()?));
        }
        index.shrink_to_fit();
        let bytes = &self.bytes;
        index.sort_unstable_by(|left, right| {
            left.0.cmp(&right.0).then_with(|| serial_at(bytes, left.1).cmp(serial_at(bytes, right.1)))
        });
        self.index = index;
        self.issuers = issuers;
        Some(())
    }

    /// Entries of the certificate; those that came first come first, those that lift others last.
    pub(super) fn find(&self, serial: &[u8], issuer: &Name) -> Option<Entry> {
        let wanted = (tail(serial), serial);
        let place = |entry: &(u64, u32, u32)| (entry.0, serial_at(&self.bytes, entry.1));
        let start = self.index.partition_point(|entry| place(entry) < wanted);
        let same = self.index[start..].iter().take_while(|entry| place(entry) == wanted);
        let of_issuer = same.filter(|entry| {
            usize::try_from(entry.2)
                .ok()
                .and_then(|at| self.issuers.get(at))
                .is_some_and(|known| known == issuer)
        });
        let read = of_issuer.filter_map(|entry| {
            let mut cursor = Cursor::new(self.bytes.get(usize::try_from(entry.1).ok()?..)?);
            Some(EntryParts::read(cursor.inside(tag::SEQUENCE)?)?.entry)
        });
        read.min_by_key(|entry| (entry.reason == RevocationReason::RemoveFromCrl, entry.since))
    }

    /// Certificates that it names.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether `issuer` signed it, with an algorithm that had not ended.
    pub(super) fn signed_by(&self, issuer: &Certificate, store: &CertificateStore, now: UnixTime) -> bool {
        store.counts(issuer, &self.algorithm, self.this_update, now) && self.verifies(issuer, store.algs())
    }

    fn verifies(&self, issuer: &Certificate, algs: &[&'static dyn VerifyAlg]) -> bool {
        let known = |key: &[u8]| {
            let remembered = self.remembered.lock().ok()?;
            remembered.iter().find(|(known, _)| known == key).map(|(_, signed)| *signed)
        };
        if let Some(signed) = known(issuer.key_bits()) {
            return signed;
        }
        let part = &self.bytes[self.signed.clone()];
        let signed = verifies(part, &self.algorithm, &self.signature, issuer, algs);
        if let Ok(mut remembered) = self.remembered.lock() {
            remembered.insert(0, (issuer.key_bits().to_vec(), signed));
            remembered.truncate(MAX_REMEMBERED);
        }
        signed
    }

    pub(super) fn is_fresh(&self, now: UnixTime) -> bool {
        self.this_update <= now && self.next_update.is_some_and(|end| now <= end)
    }

    /// Whether it is of all certificates of its issuer, and changes no other list.
    pub(super) fn is_whole(&self) -> bool {
        self.base.is_none() && self.scope.is_none() && !self.unusable
    }

    /// Of the same issuer, and of the same certificates and reasons.
    pub(super) fn has_scope_of(&self, other: &Self) -> bool {
        let raw = |list: &Self| list.scope.as_ref().map(|scope| scope.raw.clone());
        self.issuer == other.issuer && raw(self) == raw(other)
    }

    /// By number, and by instant where there is none.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        match (&self.number, &other.number) {
            (Some(own), Some(other)) => compare(own, other).is_gt(),
            (None, _) | (_, None) => self.this_update > other.this_update,
        }
    }

    /// Whether this is a delta that brings `base` up to date.
    pub(super) fn is_delta_of(&self, base: &Self) -> bool {
        let (Some(from), Some(number)) = (&self.base, &base.number) else { return false };
        compare(from, number).is_le() && self.is_newer_than(base) && self.has_scope_of(base)
    }
}

/// Length of what stands in the outermost element.
fn outer_length(bytes: &[u8]) -> Option<usize> {
    only(bytes, tag::SEQUENCE).map(|inside| inside.rest())
}

/// Digits without those zeros that say nothing; `None` for a negative number.
fn unsigned(content: &[u8]) -> Option<Vec<u8>> {
    let first = content.first()?;
    let zeros = content.iter().take_while(|digit| **digit == 0).count();
    (first & 0x80 == 0).then(|| content[zeros..].to_vec())
}

fn compare(left: &[u8], right: &[u8]) -> std::cmp::Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn tail(serial: &[u8]) -> u64 {
    serial.iter().rev().take(8).rev().fold(0, |number, byte| number * 256 + u64::from(*byte))
}

/// The serial number of the entry that begins there.
fn serial_at(bytes: &[u8], place: u32) -> &[u8] {
    let start = usize::try_from(place).unwrap_or(usize::MAX);
    let serial =
        bytes.get(start..).and_then(|bytes| Cursor::new(bytes).inside(tag::SEQUENCE)?.take(tag::INTEGER));
    serial.map(|serial| serial.content).unwrap_or_default()
}
