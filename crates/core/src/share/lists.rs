//! By which lists the service gives something: those that the log has.

use std::sync::{Arc, PoisonError};

use boyin_model::catalog::{CatalogEntry, CatalogList};
use boyin_model::sharing::{SharingEntry, SharingList};
use boyin_model::time::UnixTime;

use crate::error::{HomeError, LookupError};
use crate::in_force::{Stamp, logged};
use crate::lists::{Held, ListKind};
use crate::lookup::Lookup;

/// The lists that count, for as long as their files stay the same.
#[derive(Debug)]
pub(crate) struct SharingLists {
    stamps: [Stamp; 2],
    from: UnixTime,
    /// When a later one comes into force that is published already.
    until: Option<UnixTime>,
    /// Numbers of the lists that were published last.
    newest: [u64; 2],
    pub(super) sharing: SharingList,
    pub(super) catalog: CatalogList,
}

impl Lookup {
    /// The lists that count at `at`: never older ones than were in use, and none that the log does not have. The desk tells the log
    /// only what may follow the list before it.
    pub(super) fn sharing_lists(&self, at: UnixTime) -> Result<Arc<SharingLists>, LookupError> {
        let home = self.home();
        let stamps = [home.shelf::<SharingEntry>().list(), home.shelf::<CatalogEntry>().list()]
            .map(|path| Stamp::of(&path));
        let mut known = self.shared_by.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lists) = known.as_ref() {
            let in_time = lists.from <= at && lists.until.is_none_or(|until| at < until);
            if lists.stamps == stamps && in_time {
                return Ok(Arc::clone(lists));
            }
        }
        let before = known.as_ref().map_or([0, 0], |lists| lists.newest);
        let (sharing, shared_until, newest_sharing) = self.counting::<SharingEntry>(at, before[0])?;
        let (catalog, catalog_until, newest_catalog) = self.counting::<CatalogEntry>(at, before[1])?;
        let lists = Arc::new(SharingLists {
            stamps,
            from: sharing.valid_from.max(catalog.valid_from),
            until: [shared_until, catalog_until].into_iter().flatten().min(),
            newest: [newest_sharing, newest_catalog],
            sharing,
            catalog,
        });
        *known = Some(Arc::clone(&lists));
        Ok(lists)
    }

    #[allow(clippy::type_complexity, reason = "named at its one caller")]
    fn counting<E: ListKind>(
        &self,
        at: UnixTime,
        before: u64,
    ) -> Result<(boyin_model::listing::SignedList<E>, Option<UnixTime>, u64), LookupError> {
        let (home, office) = (self.home(), self.home().config().authority_code);
        let path = || home.shelf::<E>().list();
        let Held { mut token, mut list, .. } = home.list::<E>()?;
        let newest = list.sequence;
        let kept =
            if logged::<E>(&self.archive, office, newest + 1, &[])?.is_some() { newest + 1 } else { before };
        if newest < kept {
            return Err(HomeError::ListRollback { path: path(), found: newest, kept }.into());
        }
        let mut until = None;
        loop {
            let sequence = list.sequence;
            match logged::<E>(&self.archive, office, sequence, &token)? {
                Some(true) => {}
                Some(false) => return Err(HomeError::ListReplaced { path: path(), sequence }.into()),
                None => return Err(HomeError::ListNotLogged { path: path(), sequence }.into()),
            }
            if list.valid_from <= at || list.sequence <= 1 {
                return Ok((list, until, newest));
            }
            until = Some(until.map_or(list.valid_from, |until: UnixTime| until.min(list.valid_from)));
            (token, list) = home.list_before(&list)?;
        }
    }
}
