//! What is taken, for how long, and that it is given back.

use std::io::{Read as _, Seek as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep, timeout};

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
    assert!(matches!(small, Ok(Upload::Ofd(OfdUpload::Small { .. }))));
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

/// A body of which parts of these sizes come after these seconds.
struct Dripping {
    parts: Vec<(u64, usize)>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl hyper::body::Body for Dripping {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some((seconds, size)) = self.parts.first().copied() else { return Poll::Ready(None) };
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(Duration::from_secs(seconds))));
        ready!(waiting.as_mut().poll(context));
        self.waiting = None;
        self.parts.remove(0);
        Poll::Ready(Some(Ok(Frame::data(vec![7; size].into()))))
    }
}

fn dripping(parts: &[(u64, usize)]) -> Body {
    Body::new(Dripping { parts: parts.to_vec(), waiting: None })
}

/// Bytes that make up for so many seconds.
fn worth(seconds: u32, rate: u32) -> usize {
    usize::try_from(seconds * rate).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_or_trickles_is_given_up() {
    let uploads = Uploads::default();
    let four = worth(4, LEAST_BODY_RATE);
    for (parts, comes) in [
        // It stalls.
        (vec![(0, 9), (BODY_PATIENCE_SECONDS + 1, 9)], false),
        // However much came before.
        (vec![(0, 50 * four), (BODY_PATIENCE_SECONDS + 1, 9)], false),
        // It trickles, without a pause that would be too long by itself.
        (vec![(3, 9), (3, 9)], false),
        (vec![(4, four), (4, four), (4, four / 2), (4, four)], false),
        // It is slow, and comes.
        (vec![(4, four); 6], true),
        (vec![(4, 9), (0, 9)], true),
    ] {
        let read = read(&uploads, OFD_TYPE, dripping(&parts)).await;
        let came = match &read {
            Ok(Upload::Ofd(OfdUpload::Small { .. })) => true,
            Err(ApiError::TooSlow) => false,
            Ok(_) | Err(_) => panic!("{parts:?}"),
        };
        assert_eq!(came, comes, "{parts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_body_has_to_come_faster_and_gives_its_place_back() {
    let uploads = Uploads::default();
    let four = worth(4, LEAST_LARGE_BODY_RATE);
    // Of a smaller one that would be enough.
    assert!(worth(4, LEAST_BODY_RATE) < four / 4);
    for (size, comes) in [(four, true), (four / 4, false)] {
        let parts = [(0, LARGE), (4, size), (4, size), (4, size)];
        let read = read(&uploads, OFD_TYPE, dripping(&parts)).await;
        assert_eq!(matches!(read, Ok(Upload::Ofd(OfdUpload::Large { .. }))), comes);
        assert_eq!(matches!(read, Err(ApiError::TooSlow)), !comes);
        drop(read);
        assert_eq!(uploads.large.available_permits(), MAX_LARGE_BODIES);
    }
}

#[tokio::test]
async fn what_is_in_memory_has_one_room() {
    let uploads = Uploads { room: Arc::new(Semaphore::new(8)), ..Uploads::default() };
    let body = || of(b"ey", MAX_FREE_BYTES + 2 * HELD_UNIT_BYTES);
    let held = read(&uploads, "", body()).await.unwrap_or_else(|error| panic!("{error:?}"));
    let Upload::Other(bytes) = held else { panic!("no document") };
    assert!(bytes == body(), "{} bytes", bytes.len());
    assert!(matches!(read(&uploads, "", body()).await, Err(ApiError::Busy(BUSY_SECONDS))));
    // What is small finds its way.
    assert!(matches!(read(&uploads, "", of(b"ey", MAX_FREE_BYTES)).await, Ok(Upload::Other(_))));
    // A part of it keeps all of it.
    let part = bytes.slice(..1);
    drop(bytes);
    assert!(matches!(read(&uploads, "", body()).await, Err(ApiError::Busy(_))));
    drop(part);
    assert_eq!(uploads.room.available_permits(), 8);
    assert!(matches!(read(&uploads, "", body()).await, Ok(Upload::Other(_))));
}

#[tokio::test]
async fn the_room_is_counted_by_what_is_taken_and_given_back_when_a_body_goes_into_a_file() {
    let uploads = Uploads::default();
    let all = uploads.room.available_permits();
    let mut held = Held::default();
    // As it comes: no more is taken than a body may have.
    for _ in 0..MAX_BODY_BYTES / 8192 {
        held.add(&[7; 8192], &uploads.room).unwrap();
    }
    let taken = all - uploads.room.available_permits();
    assert_eq!(taken, (MAX_BODY_BYTES - MAX_FREE_BYTES).div_ceil(HELD_UNIT_BYTES));
    drop(held);
    assert_eq!(uploads.room.available_permits(), all);
    let large = read(&uploads, "", of(FIRST_ENTRY, LARGE)).await;
    assert!(matches!(large, Ok(Upload::Ofd(OfdUpload::Large { .. }))));
    assert_eq!(uploads.room.available_permits(), all);
}

#[tokio::test]
async fn documents_that_wait_are_bounded() {
    let uploads = Uploads::default();
    let mut held = Vec::new();
    for _ in 0..MAX_OPENED_DOCUMENTS + MAX_WAITING_UPLOADS {
        held.push(read(&uploads, OFD_TYPE, "no container").await.unwrap_or_else(|error| panic!("{error:?}")));
    }
    assert!(matches!(read(&uploads, OFD_TYPE, "no container").await, Err(ApiError::Busy(BUSY_SECONDS))));
    // Others are none of them.
    assert!(matches!(read(&uploads, "", "no container").await, Ok(Upload::Other(_))));
    drop(held.pop());
    assert!(matches!(read(&uploads, OFD_TYPE, "no container").await, Ok(Upload::Ofd(_))));
}

/// Of a picture that is large enough to be searched, and none: its head.
fn head_of_a_picture() -> Bytes {
    [&png::SIGNATURE[..], b"\0\0\0\rIHDR", &[0, 0, 0, 90, 0, 0, 0, 90, 8, 0, 0, 0, 0]].concat().into()
}

#[tokio::test(start_paused = true)]
async fn pictures_and_documents_do_not_wait_for_each_other() {
    let uploads = Uploads::default();
    let mut documents = Vec::new();
    for _ in 0..MAX_OPENED_DOCUMENTS {
        documents.push(uploads.turn().await);
    }
    let waited = timeout(Duration::from_secs(9), uploads.turn()).await;
    assert!(waited.is_err(), "one more than there are turns");
    let searched = timeout(Duration::from_secs(9), uploads.code_in(head_of_a_picture())).await;
    assert!(matches!(searched, Ok(Ok(None))));
    drop(documents);
    let mut pictures = Vec::new();
    for _ in 0..MAX_SEARCHED_PICTURES {
        pictures.push(uploads.pictures.turn().await);
    }
    assert!(timeout(Duration::from_secs(9), uploads.code_in(head_of_a_picture())).await.is_err());
    assert!(timeout(Duration::from_secs(9), uploads.turn()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn pictures_that_wait_are_bounded() {
    let uploads = Uploads::default();
    let mut turns = Vec::new();
    for _ in 0..MAX_SEARCHED_PICTURES {
        turns.push(uploads.pictures.turn().await);
    }
    let search = || {
        let uploads = uploads.clone();
        tokio::spawn(async move { uploads.code_in(head_of_a_picture()).await })
    };
    let waiting: Vec<_> = (0..MAX_SEARCHED_PICTURES + MAX_WAITING_UPLOADS).map(|_| search()).collect();
    sleep(Duration::from_secs(1)).await;
    assert!(matches!(search().await, Ok(Err(ApiError::Busy(BUSY_SECONDS)))));
    drop(turns);
    for searched in waiting {
        assert!(matches!(searched.await, Ok(Ok(None))));
    }
    assert!(matches!(search().await, Ok(Ok(None))));
}

/// Its work is not given up with it.
#[tokio::test]
async fn a_place_is_kept_until_the_writing_ends() {
    /// Bytes that are there when the test says so.
    struct Later(std::sync::mpsc::Receiver<()>);
    impl AsRef<[u8]> for Later {
        fn as_ref(&self) -> &[u8] {
            let _ = self.0.recv();
            b"bytes"
        }
    }
    let uploads = Uploads::default();
    let (tell, told) = std::sync::mpsc::channel();
    let place = taken(&uploads.large, 1).unwrap();
    let given_up = timeout(Duration::from_millis(50), written(None, place, Later(told))).await;
    assert!(given_up.is_err());
    assert_eq!(uploads.large.available_permits(), MAX_LARGE_BODIES - 1);
    tell.send(()).unwrap();
    let all = u32::try_from(MAX_LARGE_BODIES).unwrap();
    let back = timeout(Duration::from_secs(20), uploads.large.acquire_many(all)).await;
    assert!(matches!(back, Ok(Ok(_))));
}

#[test]
fn a_full_disk_is_no_fault_of_the_service() {
    for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
        assert!(matches!(not_put_aside(&kind.into()), ApiError::Busy(BUSY_SECONDS)));
    }
    assert!(matches!(not_put_aside(&ErrorKind::PermissionDenied.into()), ApiError::Internal));
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_document_that_finds_no_space_is_refused_and_its_place_is_free() {
    let uploads = Uploads::default();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let place = taken(&uploads.large, 1).unwrap();
    let refused = written(Some(full), place, vec![7; 9]).await;
    assert!(matches!(refused, Err(ApiError::Busy(BUSY_SECONDS))));
    assert_eq!(uploads.large.available_permits(), MAX_LARGE_BODIES);
}
