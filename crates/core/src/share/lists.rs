//! By which lists the service gives something: those that the log has.

use std::io::ErrorKind;
use std::sync::{Arc, PoisonError};

use boyin_model::catalog::{CatalogEntry, CatalogList, LicenseType};
use boyin_model::id::LicenseTypeCode;
use boyin_model::sharing::{SharingEntry, SharingList};
use boyin_model::time::UnixTime;
use boyin_model::trust::in_force;

use crate::error::{HomeError, LookupError};
use crate::in_force::{ListStamps, logged};
use crate::lists::{Counting, ListKind};
use crate::lookup::Lookup;

/// Seconds for which lists that were refused are not looked at again, while neither their files nor the log have changed.
const REFUSED_SECONDS: u64 = 10;

/// What a lookup knows of the lists.
#[derive(Debug, Default)]
pub(crate) struct SharedBy {
    lists: Option<Arc<SharingLists>>,
    refused: Option<Refused>,
}

/// The lists that count, for as long as their files stay the same.
#[derive(Debug)]
pub(super) struct SharingLists {
    stamps: ListStamps,
    from: UnixTime,
    /// When a later one comes into force that is published already.
    until: Option<UnixTime>,
    pub(super) sharing: SharingList,
    pub(super) catalog: CatalogList,
}

/// Lists that were refused, so that not every request has them verified again.
#[derive(Debug)]
struct Refused {
    stamps: ListStamps,
    /// The end of the log: what it did not have it may have later.
    last_event: u64,
    at: UnixTime,
    error: Arc<HomeError>,
}

impl Lookup {
    /// The lists that count at `at`: never older ones than the log has, and none that it does not have. The desk tells the log
    /// only what may follow the list before it.
    pub(super) fn sharing_lists(&self, at: UnixTime) -> Result<Arc<SharingLists>, LookupError> {
        let stamps = self.home().list_stamps();
        let mut known = self.shared_by.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lists) = &known.lists
            && lists.stamps == stamps
            && in_force(lists.from, lists.until, at)
        {
            return Ok(Arc::clone(lists));
        }
        let last_event = self.archive.last_event()?;
        if let Some(refused) = &known.refused
            && (&refused.stamps, refused.last_event) == (&stamps, last_event)
            && in_force(refused.at, Some(refused.at.plus(REFUSED_SECONDS)), at)
        {
            return Err(LookupError::Lists(Arc::clone(&refused.error)));
        }
        match self.read_lists(stamps, at) {
            Ok(lists) => {
                let lists = Arc::new(lists);
                *known = SharedBy { lists: Some(Arc::clone(&lists)), refused: None };
                Ok(lists)
            }
            Err(LookupError::Home(error)) if lasts(&error) => {
                let error = Arc::new(error);
                known.refused = Some(Refused { stamps, last_event, at, error: Arc::clone(&error) });
                Err(LookupError::Lists(error))
            }
            Err(error) => Err(error),
        }
    }

    /// The type with this code, an ended one too, as the catalog has it that counts at `at`.
    pub(crate) fn license_type_at(
        &self,
        code: LicenseTypeCode,
        at: UnixTime,
    ) -> Result<Option<LicenseType>, LookupError> {
        let catalog = self.counting::<CatalogEntry>(at)?;
        Ok(catalog.list.entry(code).map(|entry| entry.license_type.clone()))
    }

    fn read_lists(&self, stamps: ListStamps, at: UnixTime) -> Result<SharingLists, LookupError> {
        let sharing = self.counting::<SharingEntry>(at)?;
        let catalog = self.counting::<CatalogEntry>(at)?;
        Ok(SharingLists {
            stamps,
            from: sharing.list.valid_from.max(catalog.list.valid_from),
            until: [sharing.until, catalog.until].into_iter().flatten().min(),
            sharing: sharing.list,
            catalog: catalog.list,
        })
    }

    fn counting<E: ListKind>(&self, at: UnixTime) -> Result<Counting<E>, LookupError> {
        let (home, office) = (self.home(), self.home().config().authority_code);
        let path = || home.shelf::<E>().list();
        let newest = home.list::<E>()?;
        let found = newest.list.sequence;
        // The log knows what the directory no longer has.
        if logged::<E>(&self.archive, office, found + 1, &[])?.is_some() {
            return Err(HomeError::ListRollback { path: path(), found, kept: found + 1 }.into());
        }
        home.counting(newest, at, |sequence, token| -> Result<(), LookupError> {
            match logged::<E>(&self.archive, office, sequence, token)? {
                Some(true) => Ok(()),
                Some(false) => Err(HomeError::ListReplaced { path: path(), sequence }.into()),
                None => Err(HomeError::ListNotLogged { path: path(), sequence }.into()),
            }
        })
    }
}

/// Whether the same files are refused again: what the disk refuses it may give the next time.
fn lasts(error: &HomeError) -> bool {
    !matches!(error, HomeError::File { source, .. } if source.kind() != ErrorKind::NotFound)
}
