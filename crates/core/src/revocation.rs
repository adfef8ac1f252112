//! Revocation lists from where certificates say that they are: fetched, verified, and kept; the last good one stays.
//!
//! Nobody is asked unless the caller names the hosts: an address in a certificate is the word of whoever made it.

mod address;
mod cache;

use std::path::Path;

use boyin_model::time::UnixTime;
use boyin_verify::chain::{CertificateStore, ListFault, MAX_CRL_BYTES, VerifiedList};

use crate::error::HomeError;
use crate::transport::{Transport, TransportError};
pub use address::{AllowedHost, HostError};
pub(crate) use address::{allowed, is_loopback, is_plain_address};
use cache::Cache;

/// Addresses that are asked for one question; a path has at most eight certificates, with one list each.
pub const MAX_LIST_ADDRESSES: usize = 16;
/// Seconds for which a fresh list that is kept is not asked for again.
pub const DEFAULT_REFETCH_SECONDS: u64 = 3600;

/// Why an address gave no list. What was kept stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchFault {
    /// Not an address of http or https with a plain host.
    #[error("this is no address of http or https with a plain host name")]
    Address,
    /// The host is none of those that may be asked.
    #[error("the host is not one that may be asked")]
    Host,
    /// Beyond [`MAX_LIST_ADDRESSES`].
    #[error("more addresses than are asked")]
    TooMany,
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer is no list that is kept.
    #[error(transparent)]
    List(#[from] ListFault),
}

impl FetchFault {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Host => "host_not_allowed",
            Self::TooMany => "too_many_addresses",
            Self::Transport(error) => error.code(),
            Self::List(fault) => fault.code(),
        }
    }
}

/// Asks for revocation lists and keeps the last good one of each address.
///
/// In its directory, for each address: `<SHA-256 of the address>.crl`, the list as it came, and `.toml` with the address
/// and when it was fetched. Both are replaced whole; the list first, so that one whose note is missing counts as older
/// than it is.
#[derive(Debug)]
pub struct ListFetcher<'t> {
    transport: &'t dyn Transport,
    hosts: &'t [AllowedHost],
    cache: Cache,
    refetch_seconds: u64,
}

/// What is known of the list of one address.
#[derive(Debug)]
pub struct FetchedList {
    /// The address.
    pub address: String,
    /// The last good list (DER), verified; `None` if there never was one, or it does not verify any more.
    pub list: Option<Vec<u8>>,
    /// When that was fetched; `None` if the note of it is lost.
    pub fetched_at: Option<UnixTime>,
    /// When the authority made it.
    pub this_update: Option<UnixTime>,
    /// Until when it is fresh.
    pub next_update: Option<UnixTime>,
    /// Where the last good list says that lists which change it are to be had.
    pub delta_addresses: Vec<String>,
    /// Whether it came just now.
    pub is_new: bool,
    /// Why none came just now, if one was asked for.
    pub fault: Option<FetchFault>,
}

impl FetchedList {
    /// Seconds since the last good list was fetched, or made, if the note of fetching is lost.
    #[must_use]
    pub fn age_seconds(&self, now: UnixTime) -> Option<u64> {
        let since = self.fetched_at.or(self.this_update)?;
        Some(now.seconds().saturating_sub(since.seconds()))
    }

    /// Whether the last good list is fresh.
    #[must_use]
    pub fn is_fresh(&self, now: UnixTime) -> bool {
        self.list.is_some() && self.next_update.is_some_and(|end| now <= end)
    }
}

impl<'t> ListFetcher<'t> {
    /// A fetcher that keeps lists in `dir`, which is made if it is not there, and asks these hosts only.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn open(
        dir: &Path,
        transport: &'t dyn Transport,
        hosts: &'t [AllowedHost],
    ) -> Result<Self, HomeError> {
        let cache = Cache::open(dir)?;
        Ok(Self { transport, hosts, cache, refetch_seconds: DEFAULT_REFETCH_SECONDS })
    }

    /// The same fetcher, which asks again for a list that is fresh after so many seconds; 0: each time.
    #[must_use]
    pub fn refetch_after(self, seconds: u64) -> Self {
        Self { refetch_seconds: seconds, ..self }
    }

    /// Looks to the list of each address: one that is kept, fresh and not old serves as it is; for any other one is asked.
    /// Then to the lists that change those, where they say that such are to be had (RFC 5280 §5.2.6).
    /// `store` holds the anchors and the authorities that may have signed the lists.
    ///
    /// # Errors
    /// [`HomeError::File`] if nothing can be kept. What the network does is in the answer.
    pub fn fetch(
        &self,
        addresses: &[String],
        store: &CertificateStore,
        now: UnixTime,
    ) -> Result<Vec<FetchedList>, HomeError> {
        let mut found = Vec::new();
        self.fetch_more(addresses, store, now, &mut found)?;
        // Those of the deltas themselves have none.
        let deltas: Vec<_> = found.iter().flat_map(|list| list.delta_addresses.clone()).collect();
        self.fetch_more(&deltas, store, now, &mut found)?;
        Ok(found)
    }

    fn fetch_more(
        &self,
        addresses: &[String],
        store: &CertificateStore,
        now: UnixTime,
        found: &mut Vec<FetchedList>,
    ) -> Result<(), HomeError> {
        for address in addresses {
            if found.iter().any(|known| known.address == *address) {
                continue;
            }
            let allowed = if found.len() < MAX_LIST_ADDRESSES {
                address::allowed(address, self.hosts)
            } else {
                Err(FetchFault::TooMany)
            };
            found.push(match allowed {
                Ok(()) => self.one(address, store, now)?,
                Err(fault) => nothing(address, Some(fault)),
            });
        }
        Ok(())
    }

    fn one(&self, address: &str, store: &CertificateStore, now: UnixTime) -> Result<FetchedList, HomeError> {
        let kept = self.kept(address, store, now)?;
        let young = kept.age_seconds(now).is_some_and(|age| age < self.refetch_seconds);
        // One that was fetched later than now tells nothing of its age.
        let plausible = kept.fetched_at.is_some_and(|at| at <= now);
        if kept.is_fresh(now) && young && plausible {
            return Ok(kept);
        }
        match self.transport.get(address, MAX_CRL_BYTES) {
            Ok(bytes) => self.take(address, bytes, store, now),
            Err(error) => Ok(FetchedList { fault: Some(error.into()), ..kept }),
        }
    }

    /// Lets a list that came take the place of the one that is kept, or says why not.
    fn take(
        &self,
        address: &str,
        bytes: Vec<u8>,
        store: &CertificateStore,
        now: UnixTime,
    ) -> Result<FetchedList, HomeError> {
        let verified = store.verify_list(&bytes, now);
        // Of two that fetch at once the slower one must not put an older list in the place of a newer one.
        let _one_at_a_time = self.cache.lock()?;
        let before = self.cache.list(address)?.and_then(|old| store.verify_list(&old, now).ok());
        let judged = verified.and_then(|new| match &before {
            Some(before) => new.may_replace(before).map(|()| new),
            None => Ok(new),
        });
        match judged {
            Ok(new) => {
                self.cache.put(address, &bytes, now)?;
                Ok(FetchedList { is_new: true, ..shown(address, bytes, &new, Some(now)) })
            }
            Err(fault) => Ok(FetchedList { fault: Some(fault.into()), ..self.kept(address, store, now)? }),
        }
    }

    /// What is kept of an address, verified anew: what comes back from disk is unverified again.
    fn kept(&self, address: &str, store: &CertificateStore, now: UnixTime) -> Result<FetchedList, HomeError> {
        let Some(bytes) = self.cache.list(address)? else { return Ok(nothing(address, None)) };
        Ok(match store.verify_list(&bytes, now) {
            Ok(list) => shown(address, bytes, &list, self.cache.fetched_at(address)?),
            Err(fault) => nothing(address, Some(fault.into())),
        })
    }
}

fn nothing(address: &str, fault: Option<FetchFault>) -> FetchedList {
    FetchedList {
        address: address.to_owned(),
        list: None,
        fetched_at: None,
        this_update: None,
        next_update: None,
        delta_addresses: Vec::new(),
        is_new: false,
        fault,
    }
}

fn shown(address: &str, bytes: Vec<u8>, list: &VerifiedList, fetched_at: Option<UnixTime>) -> FetchedList {
    FetchedList {
        list: Some(bytes),
        fetched_at,
        this_update: Some(list.this_update()),
        next_update: list.next_update(),
        delta_addresses: list.delta_addresses().into_iter().map(str::to_owned).collect(),
        ..nothing(address, None)
    }
}
