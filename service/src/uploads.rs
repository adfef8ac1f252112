//! Files that are sent to be verified. What a body is its first bytes say. Bodies of the usual size are held in memory, for all of which there
//! is one room; larger ones go into a file. How many there are, how many documents and pictures are opened at a time, and how many wait for
//! that, is bounded; what goes beyond a bound is answered with 503.
//!
//! Work that was begun goes on after its request was given up, and gives its turn back when it ends. Limits bound it: for a document
//! those of containers ([`boyin_ofd::limits`]), for a picture [`MAX_PICTURE_PIXELS`].

mod body;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::sync::Arc;

use axum::body::{Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use boyin::model::time::UnixTime;
use boyin::{CheckedDocument, DocumentTrust, DocumentVerifier, Registry};
use boyin_ofd::limits::MAX_STREAMED_PACKAGE_BYTES;
use boyin_ofd::package::Seekable;
use boyin_scan::{ScanError, code_in};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::body::{Coming, Held};
use crate::error::ApiError;
use crate::png;
use crate::router::MAX_BODY_BYTES;
use crate::state::blocking;

/// Bytes of a body with an OFD document in it: 1 GiB and some room, so that the verifier says "too large" itself.
pub const MAX_OFD_BODY_BYTES: usize = MAX_STREAMED_PACKAGE_BYTES + 64 * 1024;
/// Bodies above [`MAX_BODY_BYTES`] that are taken at a time; further ones are answered with 503.
pub const MAX_LARGE_BODIES: usize = 4;
/// Bytes of all other bodies of these calls that are in memory at a time, the first [`MAX_FREE_BYTES`] of each aside; what finds no room is
/// answered with 503.
pub const MAX_HELD_BYTES: usize = 256 << 20;
/// Bytes of a body for which there is always room: a license with its disclosures, a code, most seals.
pub const MAX_FREE_BYTES: usize = 64 << 10;
/// Documents that are opened at a time, each of which takes up to 240 MiB ([`boyin_ofd::limits`]); further ones wait for their turn.
pub const MAX_OPENED_DOCUMENTS: usize = 4;
/// Pictures that are searched at a time, each of which takes up to 160 MiB: 128 that its chunks may inflate to, and its pixels. Further
/// ones wait for their turn, and not for documents.
pub const MAX_SEARCHED_PICTURES: usize = 2;
/// Documents in memory that wait for their turn, and as many pictures; further ones are answered with 503.
pub const MAX_WAITING_UPLOADS: usize = 32;
/// Seconds after which a body that found no place may find one.
pub const BUSY_SECONDS: u64 = 10;
/// Seconds for which the next bytes of a body are waited for.
pub const BODY_PATIENCE_SECONDS: u64 = 5;
/// Bytes each second that have to come of a body: a telephone where the network is bad. A slower one uses its patience up.
pub const LEAST_BODY_RATE: u32 = 16 << 10;
/// Bytes each second that have to come of a body above [`MAX_BODY_BYTES`]: a slower one could not be there in the time of a request.
pub const LEAST_LARGE_BODY_RATE: u32 = 256 << 10;
/// Pixels of a picture that is searched for a code: a screen of a telephone. The script makes photographs smaller than that.
pub const MAX_PICTURE_PIXELS: u64 = 4_000_000;

/// Bytes in which the room for bodies is counted.
const HELD_UNIT_BYTES: usize = 64 << 10;
/// Bytes of a large body that are held before they are written.
const WRITTEN_BYTES: usize = 1 << 20;
/// Modules of each side of the smallest code (GB/T 18284): a picture with fewer pixels has none.
const LEAST_SIDE: u32 = 21;
/// Content type of an OFD document.
const OFD_TYPE: &str = "application/ofd";
/// How a ZIP file with an entry begins: no license, no seal and no code does.
pub(crate) const FIRST_ENTRY: &[u8] = b"PK\x03\x04";

/// What somebody sent.
pub(crate) enum Upload {
    /// An OFD document, or what is said to be one.
    Ofd(OfdUpload),
    /// Anything else, at most [`MAX_BODY_BYTES`] of it.
    Other(Bytes),
}

/// An OFD document.
pub(crate) enum OfdUpload {
    /// In memory, with the place of one that is opened or waits for that.
    Small { bytes: Held, _place: OwnedSemaphorePermit },
    /// In a file without a name, which is gone when it is closed, with the place that it takes.
    Large { file: File, _place: OwnedSemaphorePermit },
}

impl OfdUpload {
    /// Within the bounds of documents that are read from a source, however it is held.
    pub(crate) fn check(&self, registry: &Registry, now: UnixTime) -> io::Result<CheckedDocument> {
        let (verifier, trust) = (DocumentVerifier::default(), DocumentTrust::Registry(registry));
        match self {
            Self::Small { bytes, .. } => verifier.check(bytes.as_slice(), trust, now),
            Self::Large { file, .. } => verifier.check(Seekable::new(file)?, trust, now),
        }
    }
}

/// Turns of one kind of work, and places for those who have one or wait for one.
#[derive(Clone)]
struct Turns {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Turns {
    fn new(turns: usize) -> Self {
        let places = Arc::new(Semaphore::new(turns + MAX_WAITING_UPLOADS));
        Self { places, turns: Arc::new(Semaphore::new(turns)) }
    }

    async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.turns).acquire_owned().await.expect("nobody closes the semaphore")
    }
}

/// The places for what is sent.
#[derive(Clone)]
pub(crate) struct Uploads {
    /// Bodies in files.
    large: Arc<Semaphore>,
    /// Units of [`HELD_UNIT_BYTES`] for all others.
    room: Arc<Semaphore>,
    documents: Turns,
    pictures: Turns,
    /// Bytes of a document.
    most: usize,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            large: Arc::new(Semaphore::new(MAX_LARGE_BODIES)),
            room: Arc::new(Semaphore::new(MAX_HELD_BYTES / HELD_UNIT_BYTES)),
            documents: Turns::new(MAX_OPENED_DOCUMENTS),
            pictures: Turns::new(MAX_SEARCHED_PICTURES),
            most: MAX_OFD_BODY_BYTES,
        }
    }
}

impl Uploads {
    /// Reads a body. One that says that it is too large, or that finds no place, is refused before it is read.
    pub(crate) async fn read(&self, request: Request) -> Result<Upload, ApiError> {
        let is_said = is_said_ofd(request.headers());
        let body = request.into_body();
        let announced = body.size_hint().upper().unwrap_or_default();
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        if announced > self.most {
            return Err(ApiError::TooLarge);
        }
        if announced > MAX_BODY_BYTES && self.large.available_permits() == 0 {
            return Err(ApiError::Busy(BUSY_SECONDS));
        }
        let (mut body, mut held) = (Coming::new(body), Held::default());
        while let Some(data) = body.next().await? {
            held.add(&data, &self.room)?;
            if held.len() > MAX_BODY_BYTES {
                if !is_said && !held.as_slice().starts_with(FIRST_ENTRY) {
                    return Err(ApiError::TooLarge);
                }
                return Ok(Upload::Ofd(self.large(body.large(), held).await?));
            }
        }
        if is_said || held.as_slice().starts_with(FIRST_ENTRY) {
            let place = taken(&self.documents.places, 1)?;
            return Ok(Upload::Ofd(OfdUpload::Small { bytes: held, _place: place }));
        }
        Ok(Upload::Other(Bytes::from_owner(held)))
    }

    /// Takes a place, now and not for a mere announcement: who keeps one from others has to send as much as was read `first`. Then that, and
    /// the rest, is read into a file in the system's folder for temporary files.
    async fn large(&self, mut body: Coming, first: Held) -> Result<OfdUpload, ApiError> {
        let place = taken(&self.large, 1)?;
        let mut length = first.len();
        if length > self.most {
            return Err(ApiError::TooLarge);
        }
        let (mut file, mut place) = written(None, place, first).await?;
        let mut waiting = Vec::new();
        while let Some(data) = body.next().await? {
            length += data.len();
            if length > self.most {
                return Err(ApiError::TooLarge);
            }
            waiting.extend_from_slice(&data);
            if waiting.len() >= WRITTEN_BYTES {
                (file, place) = written(Some(file), place, std::mem::take(&mut waiting)).await?;
            }
        }
        (file, place) = written(Some(file), place, waiting).await?;
        Ok(OfdUpload::Large { file, _place: place })
    }

    /// The turn of a document to be opened.
    pub(crate) async fn turn(&self) -> OwnedSemaphorePermit {
        self.documents.turn().await
    }

    /// All turns of documents and of pictures.
    pub(crate) async fn all_turns(&self) -> Vec<OwnedSemaphorePermit> {
        let mut held = Vec::new();
        for _ in 0..MAX_OPENED_DOCUMENTS {
            held.push(self.documents.turn().await);
        }
        for _ in 0..MAX_SEARCHED_PICTURES {
            held.push(self.pictures.turn().await);
        }
        held
    }

    /// The text of the QR code in a PNG, if there is one that can be read.
    pub(crate) async fn code_in(&self, picture: Bytes) -> Result<Option<String>, ApiError> {
        let Some([width, height]) = png::sides(&picture) else { return Ok(None) };
        if u64::from(width) * u64::from(height) > MAX_PICTURE_PIXELS {
            return Err(ApiError::TooLarge);
        }
        if width.min(height) < LEAST_SIDE {
            return Ok(None);
        }
        let place = taken(&self.pictures.places, 1)?;
        let turn = self.pictures.turn().await;
        let read = blocking(move || {
            let read = code_in(&picture);
            // Held until the work is done, also if nobody waits for it any more.
            drop((picture, turn, place));
            read
        });
        match read.await {
            Ok(text) => Ok(text),
            Err(ScanError::TooLarge) => Err(ApiError::TooLarge),
            // It is none that can be read.
            Err(_) => Ok(None),
        }
    }
}

/// So many of what is counted, now or not at all.
fn taken(counted: &Arc<Semaphore>, count: usize) -> Result<OwnedSemaphorePermit, ApiError> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    Arc::clone(counted).try_acquire_many_owned(count).map_err(|_| ApiError::Busy(BUSY_SECONDS))
}

/// Writes more into a file, or into a new one, which has no name. Its place is given back no sooner than nothing is written any more, also
/// if the request is given up meanwhile.
async fn written(
    file: Option<File>,
    place: OwnedSemaphorePermit,
    bytes: impl AsRef<[u8]> + Send + 'static,
) -> Result<(File, OwnedSemaphorePermit), ApiError> {
    let written = blocking(move || {
        let mut file = match file {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        file.write_all(bytes.as_ref())?;
        Ok::<_, io::Error>((file, place))
    });
    written.await.map_err(|error| not_put_aside(&error))
}

/// A disk without room has some again when other documents are gone; whatever else it is, is a fault.
fn not_put_aside(error: &io::Error) -> ApiError {
    let kind = error.kind();
    if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        tracing::error!(code = "upload_no_space", %kind, "no room for a document in the folder for temporary files");
        return ApiError::Busy(BUSY_SECONDS);
    }
    tracing::error!(code = "upload", %kind, "a document could not be put aside");
    ApiError::Internal
}

/// Whether the headers say that it is an OFD document.
fn is_said_ofd(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(OFD_TYPE)
}
