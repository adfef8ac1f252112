//! Files that are sent to be verified. What a body is its first bytes say. Bodies of the usual size are read as those of every other call;
//! larger ones go into a file, and how many there are, and how many documents and pictures are opened at a time, is bounded.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use boyin::model::time::UnixTime;
use boyin::{CheckedDocument, DocumentTrust, DocumentVerifier, Registry};
use boyin_ofd::limits::MAX_STREAMED_PACKAGE_BYTES;
use boyin_ofd::package::Seekable;
use boyin_scan::{ScanError, code_in};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;
use crate::png;
use crate::router::MAX_BODY_BYTES;
use crate::state::blocking;

/// Bytes of a body with an OFD document in it: 1 GiB and some room, so that the verifier says "too large" itself.
pub const MAX_OFD_BODY_BYTES: usize = MAX_STREAMED_PACKAGE_BYTES + 64 * 1024;
/// Bodies above [`MAX_BODY_BYTES`] that are taken at a time; further ones are answered with 503.
pub const MAX_LARGE_BODIES: usize = 4;
/// Documents and pictures that are opened at a time, each of which takes up to 112 MiB ([`boyin_ofd::limits`]); further ones wait for
/// their turn.
pub const MAX_OPENED_UPLOADS: usize = 4;
/// Seconds after which a body that found no place may find one.
pub const BUSY_SECONDS: u64 = 10;
/// Pixels of a picture that is searched for a code: a screen of a telephone. The script makes photographs smaller than that.
pub const MAX_PICTURE_PIXELS: u64 = 4_000_000;

/// Bytes of a large body that are held before they are written.
const WRITTEN_BYTES: usize = 1 << 20;
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

/// An OFD document.
pub(crate) enum OfdUpload {
    /// In memory.
    Small(Vec<u8>),
    /// In a file without a name, which is gone when it is closed, with the place that it takes.
    Large { file: File, _place: OwnedSemaphorePermit },
}

impl OfdUpload {
    /// Within the bounds of documents that are read from a source, however it is held.
    pub(crate) fn check(&self, registry: &Registry, now: UnixTime) -> io::Result<CheckedDocument> {
        let (verifier, trust) = (DocumentVerifier::default(), DocumentTrust::Registry(registry));
        match self {
            Self::Small(bytes) => verifier.check(bytes.as_slice(), trust, now),
            Self::Large { file, .. } => verifier.check(Seekable::new(file)?, trust, now),
        }
    }
}

/// The places for what is sent.
#[derive(Clone)]
pub(crate) struct Uploads {
    large: Arc<Semaphore>,
    opened: Arc<Semaphore>,
    /// Bytes of a document.
    most: usize,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            large: Arc::new(Semaphore::new(MAX_LARGE_BODIES)),
            opened: Arc::new(Semaphore::new(MAX_OPENED_UPLOADS)),
            most: MAX_OFD_BODY_BYTES,
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
        if announced > self.most {
            return Err(ApiError::TooLarge);
        }
        if announced > MAX_BODY_BYTES && self.large.available_permits() == 0 {
            return Err(ApiError::Busy(BUSY_SECONDS));
        }
        let mut bytes: Vec<u8> = Vec::new();
        while let Some(data) = next(&mut body).await? {
            bytes.extend_from_slice(&data);
            if bytes.len() > MAX_BODY_BYTES {
                if !is_said && !bytes.starts_with(FIRST_ENTRY) {
                    return Err(ApiError::TooLarge);
                }
                return Ok(Upload::Ofd(self.large(body, bytes).await?));
            }
        }
        if is_said || bytes.starts_with(FIRST_ENTRY) {
            return Ok(Upload::Ofd(OfdUpload::Small(bytes)));
        }
        Ok(Upload::Other(bytes.into()))
    }

    /// Takes a place, now and not for a mere announcement: who keeps one from others has to send as much as was read `first`. Then the rest
    /// is read into a file in the system's folder for temporary files.
    async fn large(&self, mut body: Body, first: Vec<u8>) -> Result<OfdUpload, ApiError> {
        let place = self.place()?;
        let (mut file, mut length, mut waiting) = (None, first.len(), first);
        while let Some(data) = next(&mut body).await? {
            length += data.len();
            if length > self.most {
                return Err(ApiError::TooLarge);
            }
            waiting.extend_from_slice(&data);
            if waiting.len() >= WRITTEN_BYTES {
                file = Some(written(file, std::mem::take(&mut waiting)).await?);
            }
        }
        if length > self.most {
            return Err(ApiError::TooLarge);
        }
        Ok(OfdUpload::Large { file: written(file, waiting).await?, _place: place })
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

/// The next bytes of a body; `None` at its end.
async fn next(body: &mut Body) -> Result<Option<Bytes>, ApiError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::BadRequest("the body could not be read".to_owned()))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Writes more into a file, or into a new one, which has no name.
async fn written(file: Option<File>, bytes: Vec<u8>) -> Result<File, ApiError> {
    let written = blocking(move || {
        let mut file = match file {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        file.write_all(&bytes)?;
        Ok::<_, io::Error>(file)
    });
    written.await.map_err(|error| {
        tracing::error!(code = "upload", kind = %error.kind(), "a document could not be put aside");
        ApiError::Internal
    })
}

/// Whether the headers say that it is an OFD document.
fn is_said_ofd(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(OFD_TYPE)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::http;
    use hyper::body::{Frame, SizeHint};

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

    /// A body that gives these parts, and announces a length or none.
    struct Parts(Vec<Vec<u8>>, Option<u64>);

    impl hyper::body::Body for Parts {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            let part = (!self.0.is_empty()).then(|| self.0.remove(0));
            Poll::Ready(part.map(|part| Ok(Frame::data(part.into()))))
        }

        fn size_hint(&self) -> SizeHint {
            self.1.map_or_else(SizeHint::default, SizeHint::with_exact)
        }
    }

    async fn read(uploads: &Uploads, content_type: &str, body: impl Into<Body>) -> Result<Upload, ApiError> {
        let request = http::Request::post("/").header(header::CONTENT_TYPE, content_type);
        uploads.read(request.body(body.into()).unwrap()).await
    }

    fn of(first: &[u8], size: usize) -> Vec<u8> {
        let mut body = first.to_vec();
        body.resize(size, 7);
        body
    }

    const LARGE: usize = MAX_BODY_BYTES + 1;

    #[tokio::test]
    async fn the_first_bytes_say_what_it_is_and_how_large_it_may_be() {
        let uploads = Uploads { most: LARGE + 10, ..Uploads::default() };
        let small = read(&uploads, "text/plain", of(FIRST_ENTRY, MAX_BODY_BYTES)).await;
        assert!(matches!(small, Ok(Upload::Ofd(OfdUpload::Small(_)))));
        assert!(matches!(read(&uploads, OFD_TYPE, of(b"no", 2)).await, Ok(Upload::Ofd(_))));
        let other = read(&uploads, "", of(b"PK\x05\x06", MAX_BODY_BYTES)).await;
        assert!(matches!(other, Ok(Upload::Other(_))));
        assert!(matches!(read(&uploads, "", of(b"ey", LARGE)).await, Err(ApiError::TooLarge)));
        let largest = read(&uploads, "", of(FIRST_ENTRY, LARGE + 10)).await;
        assert!(matches!(largest, Ok(Upload::Ofd(OfdUpload::Large { .. }))));
        assert!(matches!(read(&uploads, "", of(FIRST_ENTRY, LARGE + 11)).await, Err(ApiError::TooLarge)));
    }

    #[tokio::test]
    async fn what_is_announced_is_refused_unread_and_what_is_not_is_counted() {
        let uploads = Uploads { most: LARGE + 10, ..Uploads::default() };
        let parts =
            |more: usize, announced| Body::new(Parts(vec![of(FIRST_ENTRY, LARGE), vec![7; more]], announced));
        assert!(matches!(read(&uploads, "", parts(10, None)).await, Ok(Upload::Ofd(_))));
        assert!(matches!(read(&uploads, "", parts(11, None)).await, Err(ApiError::TooLarge)));
        let announced = u64::try_from(MAX_OFD_BODY_BYTES).unwrap() + 1;
        let none = Body::new(Parts(Vec::new(), Some(announced)));
        assert!(matches!(read(&Uploads::default(), OFD_TYPE, none).await, Err(ApiError::TooLarge)));
    }

    #[tokio::test]
    async fn large_bodies_are_files_which_take_places_and_give_them_back() {
        let uploads = Uploads::default();
        let sent = [of(FIRST_ENTRY, LARGE), of(b"more", 2 * WRITTEN_BYTES), of(b"end", 5)];
        let large = || Body::new(Parts(sent.to_vec(), None));
        let mut held = Vec::new();
        for _ in 0..MAX_LARGE_BODIES {
            held.push(read(&uploads, "", large()).await.unwrap_or_else(|error| panic!("{error:?}")));
        }
        assert!(matches!(read(&uploads, "", large()).await, Err(ApiError::Busy(BUSY_SECONDS))));
        // A small one finds its way.
        assert!(matches!(read(&uploads, "", FIRST_ENTRY.to_vec()).await, Ok(Upload::Ofd(_))));
        let Some(Upload::Ofd(OfdUpload::Large { mut file, _place: place })) = held.pop() else {
            panic!("a large one")
        };
        let mut found = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut found).unwrap();
        assert!(found == sent.concat(), "{} bytes", found.len());
        drop(place);
        assert!(matches!(read(&uploads, "", large()).await, Ok(Upload::Ofd(_))));
    }
}
