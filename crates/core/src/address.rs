//! Addresses of licenses at the desk: one license at several addresses (一照多址), several licenses at one (一址多照).

use boyin_archive::{ArchiveError, Outcome, ReadOf, Reader};
use boyin_model::address::Address;
use boyin_model::alg::VerifyAlg as _;
use boyin_model::id::LicenseId;
use boyin_model::time::UnixTime;
use boyin_suite::ES256;

use crate::desk::{Desk, Order, act};
use crate::error::{DeskError, LookupError};
use crate::lookup::{Lookup, read_of};

impl Desk {
    /// Enters an address of a license. The next version of the license will have it, too.
    ///
    /// # Errors
    /// [`DeskError::ForeignLicense`] if another office issued it; [`ArchiveError::NotHead`], [`ArchiveError::AddressThere`],
    /// [`ArchiveError::AddressTooMany`] within.
    pub fn add_address(
        &self,
        id: &LicenseId,
        address: &Address,
        reason: &str,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        let act = self.act_on_address("add", id, address, reason, order)?;
        Ok(self.archive.add_address(&act, id, address, reason)?)
    }

    /// Takes an address of a license out.
    ///
    /// # Errors
    /// As [`add_address`](Self::add_address); [`ArchiveError::AddressMissing`] within.
    pub fn remove_address(
        &self,
        id: &LicenseId,
        address: &Address,
        reason: &str,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        let act = self.act_on_address("remove", id, address, reason, order)?;
        Ok(self.archive.remove_address(&act, id, address, reason)?)
    }

    fn act_on_address(
        &self,
        what: &str,
        id: &LicenseId,
        address: &Address,
        reason: &str,
        order: &Order,
    ) -> Result<boyin_archive::Act, DeskError> {
        self.office(order.office)?;
        if id.issuer() != order.office {
            return Err(DeskError::ForeignLicense(id.issuer()));
        }
        let words = format!("{what} address\0{id}\0{}\0{reason}", address.as_str());
        act(order, ES256.digest(&[words.as_bytes()]))
    }
}

impl Lookup {
    /// The addresses of a license, for somebody who says what for; `None` if it is not on file.
    ///
    /// # Errors
    /// [`LookupError`]; [`LookupError::Spool`] if the read could not be recorded.
    pub fn addresses(
        &self,
        id: &LicenseId,
        reader: &Reader,
        now: UnixTime,
    ) -> Result<Option<Vec<Address>>, LookupError> {
        let Some((_, holder)) = self.archive.get_with_holder(id)? else { return Ok(None) };
        let addresses = self.archive.addresses(id)?;
        self.keep(&[read_of(reader, now, ReadOf::License(id.clone()), holder)])?;
        Ok(Some(addresses))
    }

    /// The licenses at an address, by identifier, after the license `after`, at most [`boyin_archive::MAX_AT_ADDRESS`]: a read of each
    /// of them.
    ///
    /// # Errors
    /// As [`addresses`](Self::addresses).
    pub fn licenses_at(
        &self,
        address: &Address,
        reader: &Reader,
        after: Option<&LicenseId>,
        limit: usize,
        now: UnixTime,
    ) -> Result<Vec<LicenseId>, LookupError> {
        let ids = self.archive.licenses_at(address, after, limit)?;
        let mut reads = Vec::with_capacity(ids.len());
        for id in &ids {
            match self.archive.get_with_holder(id) {
                Ok(Some((_, holder))) => {
                    reads.push(read_of(reader, now, ReadOf::License(id.clone()), holder));
                }
                // Erased since it was listed.
                Ok(None) | Err(ArchiveError::Erased { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.keep(&reads)?;
        Ok(ids)
    }
}
