//! URLs at which a client fetches a signed license, or its face, once (GB/T 36906 `downloadUrl`). They end with the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use boyin::access::{Client, ClientScope};
use boyin::model::alg::{Digest32, Randomness, RandomnessUnavailable, VerifyAlg as _};
use boyin::model::b64;
use boyin::model::time::UnixTime;
use boyin::suite::ES256;
use boyin::{FaceForm, FilePromise, Lookup, LookupError, ShareFault, SharedFile};

use crate::error::ApiError;
use crate::faces::Faces;
use crate::handlers::{named, typed};
use crate::shared::searched;
use crate::state::AppState;
use crate::tls::Peer;

/// Where they are, after the service's public URL.
pub(crate) const FILES_PATH: &str = "/v1/shared/files/";
/// Seconds for which a URL is good.
pub const FILE_URL_SECONDS: u64 = 600;
/// URLs that are open at a time.
pub const MAX_FILE_URLS: usize = 4096;
/// URLs of one client that are open at a time: four answers about a holder.
pub const MAX_FILE_URLS_OF_CLIENT: usize = 4 * boyin::MAX_SHARED_LICENSES;
/// Random bytes of a URL.
const TICKET_BYTES: usize = 32;
const DOMAIN: &[u8] = b"boyin file url\0";

/// What can be fetched, by the digests of what only the clients have. How many there may be does not depend on what was promised, `P`.
pub(crate) struct FileUrls<P = FilePromise> {
    places: Mutex<Places<P>>,
}

struct Places<P> {
    open: HashMap<Digest32, Open<P>>,
    /// How many more each client may open: of calls that are under way.
    reserved: HashMap<String, usize>,
}

struct Open<P> {
    promise: Arc<P>,
    client: String,
    until: UnixTime,
    /// Whether somebody is fetching it.
    in_use: bool,
}

/// Places for URLs that are to be opened. What is left of them is given back when this is dropped.
pub(crate) struct ReservedUrls<P = FilePromise> {
    urls: Arc<FileUrls<P>>,
    client: String,
    left: usize,
}

/// A URL that is nobody else's now.
pub(crate) struct TakenUrl<P = FilePromise> {
    key: Digest32,
    promise: Arc<P>,
}

fn key_of(ticket: &str) -> Digest32 {
    ES256.digest(&[DOMAIN, ticket.as_bytes()])
}

impl<P> Default for FileUrls<P> {
    fn default() -> Self {
        Self { places: Mutex::new(Places { open: HashMap::new(), reserved: HashMap::new() }) }
    }
}

impl<P> FileUrls<P> {
    fn places(&self) -> MutexGuard<'_, Places<P>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps places for `count` URLs of a client.
    ///
    /// # Errors
    /// [`ApiError::TooMany`] if the client, or all of them, have so many open.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        client: &str,
        count: usize,
        now: UnixTime,
    ) -> Result<ReservedUrls<P>, ApiError> {
        let mut places = self.places();
        places.open.retain(|_, open| now < open.until);
        let reserved: usize = places.reserved.values().sum();
        let of_client = places.open.values().filter(|open| open.client == client).count();
        let of_client = of_client + places.reserved.get(client).copied().unwrap_or_default();
        let all = places.open.len() + reserved;
        if of_client + count > MAX_FILE_URLS_OF_CLIENT || all + count > MAX_FILE_URLS {
            let ends = places.open.values().map(|open| open.until.seconds()).min();
            let wait = ends.map_or(FILE_URL_SECONDS, |end| end.saturating_sub(now.seconds()));
            return Err(ApiError::TooMany(wait.max(1)));
        }
        *places.reserved.entry(client.to_owned()).or_default() += count;
        drop(places);
        Ok(ReservedUrls { urls: Arc::clone(self), client: client.to_owned(), left: count })
    }

    /// Takes what a client may fetch, if it is open, its own, and nobody is fetching it.
    fn take(&self, ticket: &str, client: &str, now: UnixTime) -> Option<TakenUrl<P>> {
        let key = key_of(ticket);
        let mut places = self.places();
        let fit = |open: &&mut Open<P>| !open.in_use && open.client == client && now < open.until;
        let open = places.open.get_mut(&key).filter(fit)?;
        open.in_use = true;
        Some(TakenUrl { key, promise: Arc::clone(&open.promise) })
    }

    fn used_up(&self, taken: &TakenUrl<P>) {
        self.places().open.remove(&taken.key);
    }

    /// Of what nothing came and nobody was told.
    fn put_back(&self, taken: &TakenUrl<P>) {
        if let Some(open) = self.places().open.get_mut(&taken.key) {
            open.in_use = false;
        }
    }
}

impl FileUrls<FilePromise> {
    /// Of which form the face is that a client may fetch; `None` if it is none.
    fn form(&self, ticket: &str, client: &str, now: UnixTime) -> Option<FaceForm> {
        let places = self.places();
        let open = places.open.get(&key_of(ticket))?;
        if open.client == client && now < open.until { open.promise.form() } else { None }
    }
}

impl<P> ReservedUrls<P> {
    /// Opens one. What comes back is all that there is of it.
    ///
    /// # Errors
    /// [`ApiError::Internal`] without randomness, or beyond what was reserved.
    pub(crate) fn open(
        &mut self,
        promise: P,
        until: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<String, ApiError> {
        self.left = self.left.checked_sub(1).ok_or(ApiError::Internal)?;
        let mut bytes = [0; TICKET_BYTES];
        let drawn: Result<(), RandomnessUnavailable> = random.fill(&mut bytes);
        let ticket = b64::encode(&bytes);
        let mut places = self.urls.places();
        places.give_back(&self.client, 1);
        drawn.map_err(|_| ApiError::Internal)?;
        let open = Open { promise: Arc::new(promise), client: self.client.clone(), until, in_use: false };
        places.open.insert(key_of(&ticket), open);
        Ok(ticket)
    }
}

impl<P> Drop for ReservedUrls<P> {
    fn drop(&mut self) {
        self.urls.places().give_back(&self.client, self.left);
    }
}

impl<P> Places<P> {
    fn give_back(&mut self, client: &str, count: usize) {
        if let Some(reserved) = self.reserved.get_mut(client) {
            *reserved = reserved.saturating_sub(count);
            if *reserved == 0 {
                self.reserved.remove(client);
            }
        }
    }
}

/// `GET /v1/shared/files/{ticket}`: what was promised to this client, once. What stands in the path is in no log and no metric: both have
/// the route.
pub(crate) async fn file(
    State(state): State<AppState>,
    headers: HeaderMap,
    peer: Peer,
    ticket: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let caller = state.client(&headers, peer, ClientScope::File).await?;
    let ticket = named(ticket)?;
    let (urls, client) = (Arc::clone(&state.file_urls), caller.client);
    let id = client.id.clone();
    let faces = state.faces.clone();
    // A signed license waits for no turn.
    let turn = match (&faces, urls.form(&ticket, &id, state.now())) {
        (Some(faces), Some(_)) => Some(faces.turn().await),
        (None, _) | (_, None) => None,
    };
    let shown = searched(
        &state,
        &id,
        move |lookup, now| {
            let Some(taken) = urls.take(&ticket, &client.id, now) else {
                return Ok(Err(ShareFault::NotFound));
            };
            let done = given(lookup, &taken.promise, &client, faces.as_ref(), now);
            drop(turn);
            if done.is_err() {
                urls.put_back(&taken);
            } else {
                urls.used_up(&taken);
            }
            done
        },
        |_| true,
    );
    let (content_type, file) = shown.await?;
    Ok(typed(content_type, file))
}

/// What was promised, with its content type.
fn given(
    lookup: &Lookup,
    promise: &FilePromise,
    client: &Client,
    faces: Option<&Faces>,
    now: UnixTime,
) -> Result<Result<(&'static str, Vec<u8>), ShareFault>, LookupError> {
    let Some(form) = promise.form() else {
        return Ok(lookup.share_promised(promise, client, now)?.and_then(|license| match license.file {
            SharedFile::Given(file) => Ok(("application/dc+sd-jwt", file)),
            // What is asked for alone is there, or nothing is.
            SharedFile::NotAsked | SharedFile::Withheld(_) | SharedFile::NotPassed => {
                Err(ShareFault::FileWithheld)
            }
        }));
    };
    let Some(faces) = faces else { return Ok(Err(ShareFault::FaceUndrawn)) };
    let content_type = match form {
        FaceForm::Png => "image/png",
        FaceForm::Pdf => "application/pdf",
    };
    let drawn = lookup.share_promised_face(promise, client, &faces.copy(form), now)?;
    Ok(drawn.map(|face| (content_type, face)))
}

#[cfg(test)]
mod tests {
    use boyin::suite::SystemRandom;

    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::new(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn places_have_a_bound_for_each_client_and_for_all() {
        let urls = Arc::<FileUrls<()>>::default();
        let reserve = |client: &str, count| urls.reserve(client, count, at(0));
        let half = reserve("a", MAX_FILE_URLS_OF_CLIENT - 1).ok().unwrap();
        let last = reserve("a", 1).ok().unwrap();
        assert!(matches!(reserve("a", 1), Err(ApiError::TooMany(FILE_URL_SECONDS))));
        let others: Vec<_> = (1..MAX_FILE_URLS / MAX_FILE_URLS_OF_CLIENT)
            .map(|number| reserve(&number.to_string(), MAX_FILE_URLS_OF_CLIENT).ok().unwrap())
            .collect();
        let rest = MAX_FILE_URLS % MAX_FILE_URLS_OF_CLIENT;
        assert!(reserve("b", rest + 1).is_err(), "of all");
        let filled = reserve("b", rest).ok().unwrap();
        assert!(reserve("c", 1).is_err());
        // What is not opened is given back.
        drop(last);
        drop(filled);
        let _freed = reserve("a", 1).ok().unwrap();
        drop((half, others));
        assert_eq!(urls.places().reserved.len(), 1);
    }

    /// Opens as many as a client may have, which end together.
    fn fill(urls: &Arc<FileUrls<()>>, client: &str) -> Vec<String> {
        let mut places = urls.reserve(client, MAX_FILE_URLS_OF_CLIENT, at(0)).ok().unwrap();
        let mut open = || places.open((), at(FILE_URL_SECONDS), &mut SystemRandom).ok().unwrap();
        (0..MAX_FILE_URLS_OF_CLIENT).map(|_| open()).collect()
    }

    #[test]
    fn what_is_open_has_its_place_until_it_is_fetched_or_ends() {
        let urls = Arc::<FileUrls<()>>::default();
        let fits = |client: &str, count, seconds| urls.reserve(client, count, at(seconds)).is_ok();
        let tickets = fill(&urls, "a");
        assert!(urls.places().reserved.is_empty(), "what is open is not reserved any more");
        assert!(matches!(urls.reserve("a", 1, at(10)), Err(ApiError::TooMany(590))));
        // While one is fetched nothing is decided yet.
        let taken = urls.take(&tickets[0], "a", at(10)).unwrap();
        assert!(!fits("a", 1, 10));
        urls.put_back(&taken);
        assert!(!fits("a", 1, 10), "nothing came of it");
        let taken = urls.take(&tickets[0], "a", at(10)).unwrap();
        urls.used_up(&taken);
        assert!(fits("a", 1, 10) && !fits("a", 2, 10), "the place of the one that was fetched");
        for number in 1..MAX_FILE_URLS / MAX_FILE_URLS_OF_CLIENT {
            fill(&urls, &number.to_string());
        }
        let rest = MAX_FILE_URLS % MAX_FILE_URLS_OF_CLIENT + 1;
        assert!(fits("b", rest, 10) && !fits("b", rest + 1, 10), "of all");
        assert!(!fits("a", MAX_FILE_URLS_OF_CLIENT, FILE_URL_SECONDS - 1));
        assert!(fits("a", MAX_FILE_URLS_OF_CLIENT, FILE_URL_SECONDS), "all of them have ended");
    }
}
