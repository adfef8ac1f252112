use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::Request;
use boyin::model::time::UnixTime;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::util::MapRequest;

use crate::metrics::metrics_router;
use crate::router::{REQUEST_TIMEOUT_SECONDS, router};
use crate::state::AppState;
use crate::tls::{Peer, Tls};

/// Seconds between two looks at what was filed and published.
pub const REFRESH_SECONDS: u64 = 1;
/// Connections at a time; further ones wait until one ends.
pub const MAX_CONNECTIONS: usize = 1024;
/// Seconds in which the head of a request has to be there, from the beginning of the connection or the end of the answer before.
pub const HEAD_SECONDS: u64 = 15;
/// Seconds in which a connection has to have agreed on TLS, where that is spoken.
pub const HANDSHAKE_SECONDS: u64 = 10;
/// Bytes of the head of a request, and of what is read ahead of a body.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;
/// After a connection that could not be taken: the next one has a chance when others have ended.
const PAUSE: Duration = Duration::from_millis(100);

/// How long, and for how many, a listener waits.
#[derive(Clone, Copy)]
struct Patience {
    handshake: Duration,
    head: Duration,
    ending: Duration,
    connections: usize,
}

const PATIENCE: Patience = Patience {
    handshake: Duration::from_secs(HANDSHAKE_SECONDS),
    head: Duration::from_secs(HEAD_SECONDS),
    ending: Duration::from_secs(REQUEST_TIMEOUT_SECONDS),
    connections: MAX_CONNECTIONS,
};

/// The system's clock.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the service is one of the two places that read a clock")]
pub fn unix_now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_or(0, |duration| duration.as_secs());
    UnixTime::new(seconds).unwrap_or(UnixTime::MAX)
}

/// Serves until `shutdown` is done; then takes no new connection and finishes the requests that it has, for [`REQUEST_TIMEOUT_SECONDS`] at most.
///
/// # Errors
/// What the operating system says of the listener.
pub async fn serve(
    state: AppState,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let refresher = tokio::spawn(refresh(state.clone()));
    let served = serve_router(router(state), listener, shutdown).await;
    refresher.abort();
    served
}

/// Serves over TLS, and nothing to those who do not speak it; otherwise as [`serve`] does. Files that are replaced are taken in by the
/// connections that begin from then on; those that are there go on.
///
/// # Errors
/// What the operating system says of the listener.
pub async fn serve_tls(
    state: AppState,
    listener: TcpListener,
    tls: Tls,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let tls = Arc::new(tls);
    let refresher = tokio::spawn(refresh(state.clone()));
    let renewer = tokio::spawn(renew(Arc::clone(&tls)));
    let served = serve_within(router(state), listener, shutdown, PATIENCE, Some(tls)).await;
    renewer.abort();
    refresher.abort();
    served
}

/// Serves what Prometheus asks, for as long as it is polled.
///
/// # Errors
/// What the operating system says of the listener.
pub async fn serve_metrics(state: AppState, listener: TcpListener) -> std::io::Result<()> {
    serve_router(metrics_router(state), listener, std::future::pending()).await
}

/// Serves without TLS until `shutdown` is done, as [`serve`] does.
pub(crate) async fn serve_router(
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve_within(router, listener, shutdown, PATIENCE, None).await
}

async fn serve_within(
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    patience: Patience,
    tls: Option<Arc<Tls>>,
) -> std::io::Result<()> {
    let places = Arc::new(Semaphore::new(patience.connections));
    let (open, mut shutdown) = (GracefulShutdown::new(), std::pin::pin!(shutdown));
    // Dropped at the end: whoever has not agreed on TLS by then is not waited for.
    let (serving, ending) = watch::channel(());
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(patience.head).max_buf_size(MAX_HEAD_BYTES);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("nobody closes the semaphore");
            (accept(&listener).await, place)
        };
        let (stream, place) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        let (builder, router, watcher) = (builder.clone(), router.clone(), open.watcher());
        let (tls, mut ending) = (tls.clone(), ending.clone());
        tokio::spawn(async move {
            match tls {
                None => attend(&builder, router, watcher, stream, Peer::default()).await,
                Some(tls) => {
                    let agreed = tokio::select! {
                        agreed = tls.accept(stream, patience.handshake) => agreed,
                        _ = ending.changed() => Err(std::io::ErrorKind::ConnectionAborted.into()),
                    };
                    match agreed {
                        Ok((stream, peer)) => attend(&builder, router, watcher, stream, peer).await,
                        Err(error) => tracing::debug!(%error, "no TLS with a client"),
                    }
                }
            }
            drop(place);
        });
    }
    drop((listener, serving));
    // A client that stops reading must not keep the process from ending.
    let _ = tokio::time::timeout(patience.ending, open.shutdown()).await;
    Ok(())
}

/// Answers what comes over a connection, until it ends.
async fn attend(
    builder: &http1::Builder,
    router: Router,
    watcher: Watcher,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
) {
    let proven = move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    };
    let service = TowerToHyperService::new(MapRequest::new(router, proven));
    let connection = watcher.watch(builder.serve_connection(TokioIo::new(stream), service));
    // What goes wrong with a connection is between it and its client.
    if let Err(error) = connection.await {
        tracing::debug!(%error, "connection ended");
    }
}

/// The next connection. What keeps one from being taken (no more files may be opened, it has ended already) passes.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Follows the files of TLS.
async fn renew(tls: Arc<Tls>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(REFRESH_SECONDS));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let tls = Arc::clone(&tls);
        if tokio::task::spawn_blocking(move || tls.renew()).await.is_err() {
            tracing::error!("the files of TLS could not be followed; those before stay in use");
        }
    }
}

/// Follows the archive and the published lists. Where that fails in part, the rest is taken over; the last good lists stay in use, and
/// health says since when.
async fn refresh(state: AppState) {
    let mut ticks = tokio::time::interval(Duration::from_secs(REFRESH_SECONDS));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (lookup, desk, now) = (Arc::clone(&state.lookup), state.desk.clone(), state.now());
        let done = tokio::task::spawn_blocking(move || {
            if let Some(Err(error)) = desk.as_ref().map(|desk| desk.take_reads(now)) {
                tracing::error!(code = error.code(), "reads could not be taken into the log");
            }
            if let Some(Err(error)) = desk.as_ref().map(|desk| desk.log_lists(now)) {
                tracing::error!(code = error.code(), "the lists could not be taken into the log");
            }
            for (office, error) in desk.map(|desk| desk.renew_status_lists(now)).unwrap_or_default() {
                tracing::error!(code = error.code(), %office, "a status list could not be published");
            }
            lookup.refresh(now)
        });
        match done.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "refresh failed; the last good lists stay in use"),
            Err(_) => tracing::error!("refresh stopped unexpectedly; the last good lists stay in use"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);
    /// Time for a test that works, and an end for one that does not.
    const LONG: Duration = Duration::from_secs(20);

    async fn start(connections: usize) -> (SocketAddr, tokio::sync::oneshot::Sender<()>) {
        start_with(connections, SHORT, None).await
    }

    async fn start_with(
        connections: usize,
        handshake: Duration,
        tls: Option<Arc<Tls>>,
    ) -> (SocketAddr, tokio::sync::oneshot::Sender<()>) {
        let routes = Router::new()
            .route("/a", get(async || "first"))
            .route("/b", post(async |body: axum::body::Bytes| format!("{} bytes", body.len())))
            .layer(axum::middleware::from_fn(crate::router::framed_by_length));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        let patience = Patience { handshake, head: SHORT, ending: SHORT, connections };
        tokio::spawn(serve_within(routes, listener, shutdown, patience, tls));
        (address, stop)
    }

    /// All that comes back until the server ends the connection.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(LONG, stream.read_to_end(&mut bytes)).await;
        // A reset is an end too.
        let _ = read.expect("the server ends the connection");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    async fn send(address: SocketAddr, text: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }

    const CLOSE: &str = "Host: x\r\nConnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_head_that_does_not_come_to_its_end_is_not_waited_for() {
        let (address, _stop) = start(8).await;
        for begun in ["", "G", "GET /a HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begun.as_bytes()).await.unwrap();
            let answer = rest(&mut stream).await;
            assert!(!answer.contains("200 OK"), "{answer}");
        }
        // One byte now and then does not buy time.
        let mut stream = TcpStream::connect(address).await.unwrap();
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < LONG && stream.write_all(b"G").await.is_ok() {
            tokio::time::sleep(SHORT / 6).await;
        }
        assert!(begun.elapsed() < LONG);
        assert!(send(address, &format!("GET /a HTTP/1.1\r\n{CLOSE}")).await.ends_with("first"));
    }

    #[tokio::test]
    async fn a_connection_that_asks_no_more_is_ended() {
        let (address, _stop) = start(8).await;
        let answer = send(address, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(answer.ends_with("first"), "{answer}");
    }

    #[tokio::test]
    async fn connections_beyond_the_bound_wait_for_a_place() {
        let (address, _stop) = start(1).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET /a").await.unwrap();
        let begun = tokio::time::Instant::now();
        assert!(send(address, &format!("GET /a HTTP/1.1\r\n{CLOSE}")).await.ends_with("first"));
        assert!(begun.elapsed() >= SHORT / 2, "it waited for the other one");
    }

    #[tokio::test]
    async fn a_process_that_is_told_to_end_does_not_wait_for_the_slow() {
        let (address, stop) = start(8).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").await.unwrap();
        tokio::time::sleep(SHORT / 3).await;
        stop.send(()).unwrap();
        let refused = async {
            while TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(SHORT / 10).await;
            }
        };
        tokio::time::timeout(LONG, refused).await.unwrap();
    }

    /// TLS with a certificate that the `openssl` command makes.
    fn tls() -> Option<Arc<Tls>> {
        if !boyin_testkit::timestamp::openssl::is_there() {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let line = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -days 2 -keyout key -out certificate";
        let mut command = std::process::Command::new("openssl");
        let made = command.args(line.split(' ')).current_dir(dir.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let [certificate, key] = ["certificate", "key"].map(|name| dir.path().join(name));
        Some(Arc::new(Tls::open(crate::tls::TlsFiles { certificate, key, client_ca: None }).unwrap()))
    }

    /// The first bytes of a client that never comes to the end of its greeting.
    const BEGUN: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

    #[tokio::test]
    async fn a_client_that_does_not_agree_on_tls_is_not_waited_for_and_keeps_nobody_else_waiting() {
        let Some(tls) = tls() else { return };
        let (address, _stop) = start_with(8, SHORT, Some(Arc::clone(&tls))).await;
        for begun in [&b""[..], BEGUN] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begun).await.unwrap();
            assert!(!rest(&mut stream).await.contains("HTTP"));
        }
        // One place is taken by each for as long; then it is there for others.
        let (address, _stop) = start_with(1, SHORT, Some(Arc::clone(&tls))).await;
        let _first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        let begun = tokio::time::Instant::now();
        second.write_all(b"GET /a HTTP/1.1\r\n\r\n").await.unwrap();
        rest(&mut second).await;
        assert!(begun.elapsed() >= SHORT / 2, "it waited for the other one");
        // With places for both the second one is answered while the first one is waited for.
        let (address, _stop) = start_with(2, LONG, Some(tls)).await;
        let _first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        let begun = tokio::time::Instant::now();
        second.write_all(b"GET /a HTTP/1.1\r\n\r\n").await.unwrap();
        rest(&mut second).await;
        assert!(begun.elapsed() < LONG / 2, "it did not wait for the other one");
    }

    #[tokio::test]
    async fn a_process_that_is_told_to_end_does_not_wait_for_tls() {
        let Some(tls) = tls() else { return };
        let (address, stop) = start_with(8, LONG, Some(tls)).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(BEGUN).await.unwrap();
        tokio::time::sleep(SHORT / 3).await;
        stop.send(()).unwrap();
        let begun = tokio::time::Instant::now();
        rest(&mut slow).await;
        assert!(begun.elapsed() < LONG / 2);
    }

    /// Where a server in front and this one see another end of a request, what one of them takes for a body is the next request for
    /// the other.
    #[tokio::test]
    async fn no_framing_lets_a_second_request_through() {
        let (address, _stop) = start(64).await;
        let hidden = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
        let length = hidden.len();
        let post = "POST /b HTTP/1.1\r\nHost: x\r\n";
        for framing in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n".to_owned(),
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
            "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n".to_owned(),
            "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n".to_owned(),
            "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n".to_owned(),
            "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n".to_owned(),
            format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n"),
            format!("Content-Length: {length}, 0\r\n\r\n"),
            "Content-Length: +0\r\n\r\n".to_owned(),
            "Content-Length: -1\r\n\r\n".to_owned(),
            "Content-Length: 0x0\r\n\r\n".to_owned(),
            "Content-Length: 18446744073709551616\r\n\r\n".to_owned(),
            format!("Content-Length:\r\n {length}\r\n\r\n"),
            format!("Content-Length: {length}\r\n\r\n"),
        ] {
            let answer = send(address, &format!("{post}{framing}{hidden}")).await;
            assert!(!answer.contains("first"), "{framing:?}: {answer}");
            assert!(answer.matches("HTTP/1.1").count() <= 1, "{framing:?}: {answer}");
        }
        let large = format!("GET /a HTTP/1.1\r\nX-Large: {}\r\n{CLOSE}", "x".repeat(2 * MAX_HEAD_BYTES));
        assert!(!send(address, &large).await.contains("200 OK"));
        // What is framed as it should be goes on.
        let two =
            send(address, &format!("{post}Content-Length: 3\r\n\r\nabcGET /a HTTP/1.1\r\n{CLOSE}")).await;
        assert!(two.contains("3 bytes") && two.ends_with("first"), "{two}");
    }
}
