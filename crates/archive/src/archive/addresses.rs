//! Which licenses belong to which addresses: one license to several (一照多址), several to one (一址多照). The text is sealed under the
//! key of the license, so that it goes with it; the index knows a keyed digest.

use std::sync::PoisonError;

use boyin_model::address::Address;
use boyin_model::id::LicenseId;

use super::write::Deed;
use super::{Archive, malformed};
use crate::act::{Act, EventKind, Outcome, is_words};
use crate::archive::read::check_limit;
use crate::error::{ArchiveError, Damaged};
use crate::layout::{self, FORMAT_WITH_VERSIONS};
use crate::store::{Batch, Entry, Expect, Table};
use crate::vault::{Secret, Vault, secret};

const TABLE: Table = Table::LicenseAddress;

/// Most addresses of one license.
pub const MAX_ADDRESSES: usize = 100;
/// Most licenses of a page of those at one address.
pub const MAX_AT_ADDRESS: usize = 1000;

impl Archive {
    /// Enters an address of a license.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`], [`ArchiveError::NotHead`], [`ArchiveError::Reason`], [`ArchiveError::AddressThere`],
    /// [`ArchiveError::AddressTooMany`], [`ArchiveError::IdempotencyConflict`]; nothing has changed then.
    pub fn add_address(
        &self,
        act: &Act,
        id: &LicenseId,
        address: &Address,
        reason: &str,
    ) -> Result<Outcome, ArchiveError> {
        let deed = Deed::on_license(EventKind::AddressAdded, id, reason);
        // Each entry has a key of its own, so that no condition of a batch keeps the limit: of two acts at once both would be
        // below it, and a next version that is filed meanwhile would lack this one.
        let _alone = self.acts.write().unwrap_or_else(PoisonError::into_inner);
        self.perform_alone(act, &deed, |deed| {
            let (batch, entries) = self.addresses_to_change(id, reason, deed)?;
            let key = layout::license_address(id, &self.vault.address_key(address));
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(ArchiveError::AddressThere);
            }
            if entries.len() >= MAX_ADDRESSES {
                return Err(ArchiveError::AddressTooMany);
            }
            let record_key = self.record_key_of(id)?;
            Ok(self.put_address(batch, id, address, record_key.as_ref()))
        })
    }

    /// Takes an address of a license out.
    ///
    /// # Errors
    /// As [`add_address`](Archive::add_address); [`ArchiveError::AddressMissing`].
    pub fn remove_address(
        &self,
        act: &Act,
        id: &LicenseId,
        address: &Address,
        reason: &str,
    ) -> Result<Outcome, ArchiveError> {
        let deed = Deed::on_license(EventKind::AddressRemoved, id, reason);
        self.perform_with(act, &deed, |deed| {
            let (batch, entries) = self.addresses_to_change(id, reason, deed)?;
            let address = self.vault.address_key(address);
            let key = layout::license_address(id, &address);
            let known = entries.into_iter().find(|(known, _)| *known == key);
            let (_, sealed) = known.ok_or(ArchiveError::AddressMissing)?;
            Ok(batch
                .expect(TABLE, key.as_slice(), Expect::Exactly(sealed))
                .delete(TABLE, key)
                .delete(Table::LicenseByAddress, layout::license_by_address(&address, id)))
        })
    }

    /// The addresses of a license that is the head of its chain, and a batch that is done only if it still is.
    fn addresses_to_change(
        &self,
        id: &LicenseId,
        reason: &str,
        deed: &mut Deed,
    ) -> Result<(Batch, Vec<Entry>), ArchiveError> {
        if !is_words(reason) {
            return Err(ArchiveError::Reason);
        }
        let (_, holder) = self.license(id)?.ok_or(ArchiveError::NotFound)?;
        deed.holder = Some(holder);
        let is_head = self.expect_head(id)?;
        let batch = Batch::new().expect(Table::Version, layout::version(id), is_head);
        Ok((batch, self.address_entries(id)?))
    }

    /// Puts an address of a license that does not have it.
    fn put_address(
        &self,
        batch: Batch,
        id: &LicenseId,
        address: &Address,
        record_key: Option<&Secret>,
    ) -> Batch {
        let digest = self.vault.address_key(address);
        let key = layout::license_address(id, &digest);
        let text = address.as_str().as_bytes();
        let value = match record_key {
            Some(record) => self.vault.seal_record(record, TABLE, &key, text),
            None => self.seal(TABLE, &key, text),
        };
        batch.expect(TABLE, key.as_slice(), Expect::Absent).put(TABLE, key, value).put(
            Table::LicenseByAddress,
            layout::license_by_address(&digest, id),
            [],
        )
    }

    /// Gives the next version of a license the addresses of the one before.
    pub(super) fn copy_addresses(
        &self,
        mut batch: Batch,
        from: &LicenseId,
        to: &LicenseId,
        record_key: &Secret,
    ) -> Result<Batch, ArchiveError> {
        for (key, sealed) in self.address_entries(from)? {
            let address = self.address_in(from, &key, &sealed)?;
            batch = batch.expect(TABLE, key, Expect::Exactly(sealed));
            batch = self.put_address(batch, to, &address, Some(record_key));
        }
        Ok(batch)
    }

    /// Takes out what leads from a license to its addresses and back, and says whether any of it is protected by no record key.
    pub(super) fn forget_addresses(
        &self,
        mut batch: Batch,
        id: &LicenseId,
    ) -> Result<(Batch, bool), ArchiveError> {
        let mut unprotected = false;
        for (key, sealed) in self.address_entries(id)? {
            let digest = layout::address_at_end(&key).map_err(malformed(TABLE))?;
            batch = batch
                .delete(TABLE, key)
                .delete(Table::LicenseByAddress, layout::license_by_address(&digest, id));
            unprotected |= !Vault::is_by_record_key(&sealed);
        }
        Ok((batch, unprotected))
    }

    /// All of them: acts at once of an earlier release can have let in more than the limit.
    fn address_entries(&self, id: &LicenseId) -> Result<Vec<Entry>, ArchiveError> {
        let mut found: Vec<Entry> = Vec::new();
        if self.format < FORMAT_WITH_VERSIONS {
            return Ok(found);
        }
        loop {
            let after = found.last().map(|(key, _)| key.as_slice());
            let page = self.store.scan(TABLE, &layout::addresses_of(id), after, MAX_ADDRESSES)?;
            let last = page.len() < MAX_ADDRESSES;
            found.extend(page);
            if last {
                return Ok(found);
            }
        }
    }

    /// The key of a license's record, if it has one: not before it was sealed anew, if a format before 3 sealed it.
    fn record_key_of(&self, id: &LicenseId) -> Result<Option<Secret>, ArchiveError> {
        let table = Table::RecordKey;
        let value = self.read(table, &layout::license(id))?;
        let key = value.map(|value| layout::record_key_in(&value).map(secret)).transpose();
        Ok(key.map_err(malformed(table))?)
    }

    pub(super) fn address_in(
        &self,
        id: &LicenseId,
        key: &[u8],
        sealed: &[u8],
    ) -> Result<Address, ArchiveError> {
        let damaged = Damaged { table: TABLE };
        let text = if Vault::is_by_record_key(sealed) {
            let record = self.record_key_of(id)?.ok_or(damaged)?;
            Vault::open_record(&record, TABLE, key, sealed.to_vec()).map_err(|_| damaged)?
        } else {
            self.unseal(TABLE, key, sealed)?.into()
        };
        let text = std::str::from_utf8(&text).map_err(|_| damaged)?;
        let address = Address::parse(text).map_err(|_| damaged)?;
        // What is there is in its one spelling, and under its own key.
        let right = address.as_str() == text
            && layout::address_at_end(key).is_ok_and(|digest| digest == self.vault.address_key(&address));
        if right { Ok(address) } else { Err(damaged.into()) }
    }

    /// The addresses of a license, in no order that means anything: at most [`MAX_ADDRESSES`], unless an earlier release let in more
    /// at once.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn addresses(&self, id: &LicenseId) -> Result<Vec<Address>, ArchiveError> {
        let _shared = self.acts.read().unwrap_or_else(PoisonError::into_inner);
        let entries = self.address_entries(id)?;
        entries.iter().map(|(key, sealed)| self.address_in(id, key, sealed)).collect()
    }

    /// The licenses at an address, of every holder, by identifier, after the license `after`, `1..=`[`MAX_AT_ADDRESS`] at a time.
    ///
    /// # Errors
    /// [`ArchiveError::BadLimit`], [`ArchiveError::OldFormat`], [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn licenses_at(
        &self,
        address: &Address,
        after: Option<&LicenseId>,
        limit: usize,
    ) -> Result<Vec<LicenseId>, ArchiveError> {
        check_limit(limit, MAX_AT_ADDRESS)?;
        if self.format < FORMAT_WITH_VERSIONS {
            return Err(ArchiveError::OldFormat);
        }
        let table = Table::LicenseByAddress;
        let digest = self.vault.address_key(address);
        let after = after.map(|id| layout::license_by_address(&digest, id));
        let entries = self.store.scan(table, &digest, after.as_deref(), limit)?;
        let ids = entries.iter().map(|(key, _)| {
            let id = layout::license_of_address_key(key).map_err(malformed(table))?;
            let there = self.store.get(TABLE, &layout::license_address(&id, &digest))?.is_some();
            if there { Ok(id) } else { Err(Damaged { table }.into()) }
        });
        ids.collect()
    }
}
