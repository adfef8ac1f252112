//! What a decision is come to again with: catalogs, trust and status as they were used.

use std::sync::Arc;

use boyin_archive::ArchiveError;
use boyin_exempt::ItemCatalog;
use boyin_model::catalog::CatalogEntry;
use boyin_model::jws::Compact;
use boyin_model::limits::MAX_STATUS_TOKEN_BYTES;
use boyin_model::time::UnixTime;
use boyin_verify::{CLOCK_TOLERANCE_SECONDS, TrustSnapshot};
use serde::Deserialize;

use super::inputs::Inputs;
use crate::error::{HomeError, LookupError};
use crate::lookup::{Lookup, lists_of};
use crate::registry::Registry;

/// What replaying takes: catalogs, trust and status as of then.
pub(super) struct AsOf {
    /// The event of the decision.
    pub(super) event: u64,
    pub(super) items: ItemCatalog,
    /// With the status lists that were used. Where one of them is not kept (of two published in one second the later one is), with the
    /// list as of the instant, and with that of the second before.
    pub(super) registries: [Registry; 2],
}

/// As far as it is looked at of a status list.
#[derive(Deserialize)]
struct Made {
    iat: UnixTime,
}

/// When a status list says that it was made.
fn made_at(token: &[u8]) -> Option<UnixTime> {
    let payload = Compact::open(token, MAX_STATUS_TOKEN_BYTES).ok()?.payload;
    serde_json::from_slice::<Made>(&payload).ok().map(|made| made.iat)
}

impl Lookup {
    pub(super) fn as_of(&self, inputs: &Inputs, event: u64) -> Result<AsOf, LookupError> {
        let (_, licenses) = self.home.list_numbered::<CatalogEntry>(inputs.license_catalog)?;
        let items = self.home.kept_items(&inputs.item_catalog, &licenses.catalog())?;
        let (token, trust) = self.trust_of(inputs.trust_list)?;
        let trust = Arc::new(trust);
        let registry = |at: UnixTime| -> Result<Registry, LookupError> {
            let lists = lists_of(&self.home, |uri| self.list_used(inputs, uri, at))?;
            Ok(Registry::new(token.clone(), Arc::clone(&trust), lists))
        };
        let before = UnixTime::new(inputs.at.seconds().saturating_sub(1)).unwrap_or(inputs.at);
        Ok(AsOf { event, items, registries: [registry(inputs.at)?, registry(before)?] })
    }

    /// The status list that was used; the one as of `at` if none was, or it is not kept.
    fn list_used(&self, inputs: &Inputs, uri: &str, at: UnixTime) -> Result<Option<Vec<u8>>, ArchiveError> {
        let used = match inputs.status_lists.get(uri) {
            Some(made) => self.list_made_at(uri, *made)?,
            None => None,
        };
        used.map_or_else(|| self.archive.status_list_at(uri, at), |used| Ok(Some(used)))
    }

    /// The status list that was made at this instant. It is kept under that of its publication, which is the same, or a little earlier
    /// where several lists came in one second.
    fn list_made_at(&self, uri: &str, made: UnixTime) -> Result<Option<Vec<u8>>, ArchiveError> {
        for earlier in 0..=CLOCK_TOLERANCE_SECONDS {
            let Some(token) = self.archive.status_list_at(uri, made.minus(earlier))? else { break };
            match made_at(&token) {
                Some(found) if found == made => return Ok(Some(token)),
                Some(found) if found > made => {}
                Some(_) | None => break,
            }
        }
        Ok(None)
    }

    fn trust_of(&self, sequence: u64) -> Result<(Vec<u8>, TrustSnapshot), HomeError> {
        let (token, trust) = self.home.trust()?;
        if trust.list().sequence == sequence {
            Ok((token, trust))
        } else {
            self.home.trust_numbered(sequence)
        }
    }
}
