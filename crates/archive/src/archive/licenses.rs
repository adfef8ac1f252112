//! Licenses as they are stored, and the keys that open them.

use boyin_model::id::LicenseId;

use super::{Archive, malformed};
use crate::error::{ArchiveError, Damaged};
use crate::layout;
use crate::record::LicenseRecord;
use crate::store::Table;
use crate::vault::{HolderKey, Secret, Vault, secret};

/// A license and whose it is.
pub(super) type Found = Result<Option<(LicenseRecord, HolderKey)>, ArchiveError>;

impl Archive {
    /// A license and whose it is.
    pub(super) fn license(&self, id: &LicenseId) -> Found {
        self.license_with(id, |key| self.record_key(key))
    }

    /// As [`license`](Archive::license), with the key of the record as it is stored, whatever is kept of it.
    pub(super) fn license_as_stored(&self, id: &LicenseId) -> Found {
        self.license_with(id, |key| self.stored_record_key(key))
    }

    fn license_with(&self, id: &LicenseId, key_of: impl Fn(&[u8]) -> Result<Secret, ArchiveError>) -> Found {
        let key = id.as_str().as_bytes();
        let read = || -> Result<_, ArchiveError> {
            let sealed = self.store.get(Table::License, key)?;
            sealed.map(|sealed| self.open_license(id, sealed, || key_of(key))).transpose()
        };
        match read() {
            // It may have been erased after its value and before its key was read.
            Err(ArchiveError::Damaged(Damaged { table: Table::RecordKey })) => read(),
            // What was kept may be the key of another license, under the same digest.
            Err(ArchiveError::Damaged(Damaged { table: Table::License })) => {
                self.record_keys.forget(key);
                read()
            }
            found => found,
        }
    }

    /// Opens a license as it is stored.
    fn open_license(
        &self,
        id: &LicenseId,
        sealed: Vec<u8>,
        record_key: impl FnOnce() -> Result<Secret, ArchiveError>,
    ) -> Result<(LicenseRecord, HolderKey), ArchiveError> {
        let (table, key) = (Table::License, id.as_str().as_bytes());
        let value = if Vault::is_by_record_key(&sealed) {
            let own = record_key()?;
            Vault::open_record(&own, table, key, sealed).map_err(|_| Damaged { table })?
        } else {
            let value = self.unseal(table, key, &sealed)?;
            if !Vault::is_by_base(&sealed) {
                self.record_keys.forget(key);
                let (event, at) = layout::read_erased(&value).map_err(malformed(table))?;
                return Err(ArchiveError::Erased { event, at });
            }
            value.into()
        };
        Ok(layout::read_license(id.clone(), value).map_err(malformed(table))?)
    }

    /// Several licenses, each as [`license`](Archive::license) gives it.
    pub(super) fn licenses(&self, ids: &[LicenseId]) -> Result<Vec<Found>, ArchiveError> {
        let keys: Vec<_> = ids.iter().map(|id| id.as_str().as_bytes()).collect();
        let values = self.store.get_many(Table::License, &keys)?;
        let sealed = keys
            .iter()
            .zip(&values)
            .filter(|(_, value)| value.as_deref().is_some_and(Vault::is_by_record_key));
        let sealed: Vec<_> = sealed.map(|(key, _)| *key).collect();
        let mut own = self.record_keys_of(&sealed)?.into_iter();
        let opened = ids.iter().zip(values).map(|(id, value)| {
            let Some(value) = value else { return Ok(None) };
            if !Vault::is_by_record_key(&value) {
                return self.open_license(id, value, || self.record_key(id.as_str().as_bytes())).map(Some);
            }
            match own.next().flatten() {
                Some(own) => match self.open_license(id, value, || Ok(own)) {
                    Err(ArchiveError::Damaged(_)) => self.license(id),
                    opened => opened.map(Some),
                },
                None => self.license(id),
            }
        });
        Ok(opened.collect())
    }

    /// The key of a record that is there.
    fn record_key(&self, key: &[u8]) -> Result<Secret, ArchiveError> {
        if let Some(kept) = self.record_keys.get(key) {
            return Ok(kept);
        }
        let asked = self.record_keys.before();
        let own = self.stored_record_key(key)?;
        self.record_keys.keep(key, &own, asked);
        Ok(own)
    }

    fn stored_record_key(&self, key: &[u8]) -> Result<Secret, ArchiveError> {
        let table = Table::RecordKey;
        let sealed = self.store.get(table, key)?.ok_or(Damaged { table })?;
        Ok(self.open_record_key(key, &sealed)?)
    }

    fn open_record_key(&self, key: &[u8], sealed: &[u8]) -> Result<Secret, Damaged> {
        let table = Table::RecordKey;
        let value = self.unseal(table, key, sealed)?;
        layout::record_key_in(&value).map(secret).map_err(malformed(table))
    }

    /// The keys of several records; `None` for those that are not there.
    fn record_keys_of(&self, keys: &[&[u8]]) -> Result<Vec<Option<Secret>>, ArchiveError> {
        let mut own: Vec<_> = keys.iter().map(|key| self.record_keys.get(key)).collect();
        let missing: Vec<_> = keys.iter().zip(&own).filter(|(_, own)| own.is_none()).collect();
        let missing: Vec<_> = missing.into_iter().map(|(key, _)| *key).collect();
        let asked = self.record_keys.before();
        let mut stored = missing.iter().zip(self.store.get_many(Table::RecordKey, &missing)?);
        for place in own.iter_mut().filter(|own| own.is_none()) {
            let Some((key, Some(sealed))) = stored.next() else { continue };
            let found = self.open_record_key(key, &sealed)?;
            self.record_keys.keep(key, &found, asked);
            *place = Some(found);
        }
        Ok(own)
    }
}
