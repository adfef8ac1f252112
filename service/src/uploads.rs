//! Files that are sent to be verified. What a body is its first bytes say. Bodies of the usual size are read as those of every other call;
//! how many larger ones are held, and how many documents and pictures are opened at a time, is bounded.

use std::sync::Arc;

use axum::body::{Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use boyin_scan::{ScanError, code_in};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;
use crate::png;
use crate::router::MAX_BODY_BYTES;
use crate::state::blocking;

/// Bytes of a body with an OFD document in it: 64 MiB and some room, as for [`MAX_BODY_BYTES`].
pub const MAX_OFD_BODY_BYTES: usize = (64 << 20) + 64 * 1024;
/// Bodies above [`MAX_BODY_BYTES`] that are held at a time; further ones are answered with 503.
pub const MAX_LARGE_BODIES: usize = 4;
/// Documents and pictures that are opened at a time, each of which takes up to 192 MiB; further ones wait for their turn.
pub const MAX_OPENED_UPLOADS: usize = 4;
/// Seconds after which a body that found no place may find one: what takes longest is read and verified by then.
pub const BUSY_SECONDS: u64 = 10;
/// Pixels of a picture that is searched for a code: a screen of a telephone. The script makes photographs smaller than that.
pub const MAX_PICTURE_PIXELS: u64 = 4_000_000;

/// Modules of each side of the smallest code (GB/T 18284): a picture with fewer pixels has none.
const LEAST_SIDE: u32 = 21;
/// Content type of an OFD document.
const OFD_TYPE: &str = "application/ofd";
/// How a ZIP file with an entry begins: no license, no seal and no code does.
const FIRST_ENTRY: &[u8] = b"PK\x03\x04";

/// What somebody sent.
pub(crate) enum Upload {
    /// An OFD document, or what is said to be one.
    Ofd(OfdUpload),
    /// Anything else, at most [`MAX_BODY_BYTES`] of it.
    Other(Bytes),
}

/// An OFD document, and the place that it takes if it is a large one.
pub(crate) struct OfdUpload {
    bytes: Vec<u8>,
    _place: Option<OwnedSemaphorePermit>,
}

impl OfdUpload {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The places for what is sent.
#[derive(Clone)]
pub(crate) struct Uploads {
    large: Arc<Semaphore>,
    opened: Arc<Semaphore>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            large: Arc::new(Semaphore::new(MAX_LARGE_BODIES)),
            opened: Arc::new(Semaphore::new(MAX_OPENED_UPLOADS)),
        }
    }
}

impl Uploads {
    /// Reads a body. One that says that it is too large, or that finds no place, is refused before it is read.
    pub(crate) async fn read(&self, request: Request) -> Result<Upload, ApiError> {
        let is_said = is_said_ofd(request.headers());
        let mut body = request.into_body();
        let announced = body.size_hint().upper().unwrap_or_default();
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        if announced > MAX_OFD_BODY_BYTES {
            return Err(ApiError::TooLarge);
        }
        if announced > MAX_BODY_BYTES && self.large.available_permits() == 0 {
            return Err(ApiError::Busy(BUSY_SECONDS));
        }
        let (mut bytes, mut place): (Vec<u8>, _) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| ApiError::BadRequest("the body could not be read".to_owned()))?;
            let Ok(data) = frame.into_data() else { continue };
            bytes.extend_from_slice(&data);
            let is_ofd = is_said || bytes.starts_with(FIRST_ENTRY);
            let limit = if is_ofd { MAX_OFD_BODY_BYTES } else { MAX_BODY_BYTES };
            if bytes.len() > limit {
                return Err(ApiError::TooLarge);
            }
            // Taken now and not by a mere announcement: who keeps a place from others has to send that much.
            if bytes.len() > MAX_BODY_BYTES && place.is_none() {
                place = Some(self.place()?);
                bytes.reserve_exact(announced.saturating_sub(bytes.len()));
            }
        }
        if is_said || bytes.starts_with(FIRST_ENTRY) {
            return Ok(Upload::Ofd(OfdUpload { bytes, _place: place }));
        }
        Ok(Upload::Other(bytes.into()))
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.large).try_acquire_owned().map_err(|_| ApiError::Busy(BUSY_SECONDS))
    }

    /// The turn of a document or a picture to be opened.
    pub(crate) async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.opened).acquire_owned().await.expect("nobody closes the semaphore")
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
        let turn = self.turn().await;
        let read = blocking(move || {
            let read = code_in(&picture);
            drop(turn);
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

/// Whether the headers say that it is an OFD document.
fn is_said_ofd(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(OFD_TYPE)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http;

    use super::*;

    fn said(content_type: &str) -> bool {
        let request = http::Request::post("/").header(header::CONTENT_TYPE, content_type);
        is_said_ofd(request.body(()).unwrap().headers())
    }

    #[test]
    fn the_content_type_is_read_without_its_parameters() {
        assert!(said("application/ofd") && said("Application/OFD ; version=1.0"));
        assert!(!said("application/ofd2") && !said("application/octet-stream") && !said(""));
    }

    async fn read(uploads: &Uploads, content_type: &str, body: impl Into<Body>) -> Result<Upload, ApiError> {
        let request = http::Request::post("/").header(header::CONTENT_TYPE, content_type);
        uploads.read(request.body(body.into()).unwrap()).await
    }

    #[tokio::test]
    async fn the_first_bytes_say_what_it_is_and_how_large_it_may_be() {
        let uploads = Uploads::default();
        let of = |first: &[u8], size: usize| {
            let mut body = first.to_vec();
            body.resize(size, 0);
            body
        };
        let (small, large) = (MAX_BODY_BYTES, MAX_BODY_BYTES + 1);
        assert!(matches!(read(&uploads, "text/plain", of(FIRST_ENTRY, small)).await, Ok(Upload::Ofd(_))));
        assert!(matches!(read(&uploads, OFD_TYPE, of(b"no", 2)).await, Ok(Upload::Ofd(_))));
        assert!(matches!(read(&uploads, "", of(b"PK\x05\x06", small)).await, Ok(Upload::Other(_))));
        assert!(matches!(read(&uploads, "", of(b"ey", large)).await, Err(ApiError::TooLarge)));
        let largest = read(&uploads, "", of(FIRST_ENTRY, MAX_OFD_BODY_BYTES)).await;
        assert!(matches!(&largest, Ok(Upload::Ofd(sent)) if sent.bytes().len() == MAX_OFD_BODY_BYTES));
        let beyond = read(&uploads, "", of(FIRST_ENTRY, MAX_OFD_BODY_BYTES + 1)).await;
        assert!(matches!(beyond, Err(ApiError::TooLarge)));
    }

    #[tokio::test]
    async fn large_bodies_take_places_and_give_them_back() {
        let uploads = Uploads::default();
        let mut large = FIRST_ENTRY.to_vec();
        large.resize(MAX_BODY_BYTES + 1, 0);
        let mut held = Vec::new();
        for _ in 0..MAX_LARGE_BODIES {
            held.push(read(&uploads, "", large.clone()).await.unwrap_or_else(|error| panic!("{error:?}")));
        }
        assert!(matches!(read(&uploads, "", large.clone()).await, Err(ApiError::Busy(BUSY_SECONDS))));
        // A small one finds its way.
        assert!(matches!(read(&uploads, "", FIRST_ENTRY.to_vec()).await, Ok(Upload::Ofd(_))));
        held.pop();
        assert!(matches!(read(&uploads, "", large).await, Ok(Upload::Ofd(_))));
    }
}
