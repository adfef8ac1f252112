//! Status lists that lack a change, and since when. The change, the list that shows it and the end of its mark are three writes: a
//! follower that looks between them sees nothing wrong.

use std::collections::BTreeMap;

use boyin_archive::{Archive, ArchiveError};
use boyin_model::time::UnixTime;

use crate::registry::Published;

/// Seconds for which a list may lack a change before health says so. Signing and publishing it take less.
const PUBLISHING_SECONDS: u64 = 10;

/// By URI, the lists that lack a change.
#[derive(Debug, Default)]
pub(crate) struct Waiting(BTreeMap<String, Lacking>);

#[derive(Debug)]
struct Lacking {
    /// The list as published, which does not show it.
    token: Option<Vec<u8>>,
    /// When that was seen first; `None` if it was so already when the archive was opened.
    since: Option<UnixTime>,
}

impl Waiting {
    /// What lacks a change now. A list that was published since it was seen last lacks another one than then.
    ///
    /// # Errors
    /// [`ArchiveError::Store`].
    pub(crate) fn seen(
        &self,
        archive: &Archive,
        lists: &[Published],
        at: Option<UnixTime>,
    ) -> Result<Self, ArchiveError> {
        let mut seen = BTreeMap::new();
        for Published { uri, token, .. } in lists {
            if archive.unpublished(uri)?.is_some() {
                let before = self.0.get(uri).filter(|lacking| lacking.token == *token);
                let since = before.map_or(at, |lacking| lacking.since);
                seen.insert(uri.clone(), Lacking { token: token.clone(), since });
            }
        }
        Ok(Self(seen))
    }

    /// How many wait for too long.
    pub(crate) fn overdue(&self, now: UnixTime) -> usize {
        let on_its_way =
            |lacking: &Lacking| lacking.since.is_some_and(|since| now <= since.plus(PUBLISHING_SECONDS));
        self.0.values().filter(|lacking| !on_its_way(lacking)).count()
    }
}
