use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use boyin::model::time::UnixTime;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Interval, MissedTickBehavior};
use tower::util::MapRequest;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::metrics::metrics_router;
use crate::router::{REQUEST_TIMEOUT_SECONDS, router};
use crate::state::AppState;
use crate::tls::{Peer, Tls};
use crate::webhooks::tell;

mod paced;

use self::paced::Paced;

/// Seconds between two looks at what was filed and published.
pub const REFRESH_SECONDS: u64 = 1;
/// Connections at a time; further ones wait until one ends.
pub const MAX_CONNECTIONS: usize = 1024;
/// Seconds in which the head of a request has to be there, from the beginning of the connection or the end of the answer before.
pub const HEAD_SECONDS: u64 = 15;
/// Seconds in which a connection has to have agreed on TLS, where that is spoken.
pub const HANDSHAKE_SECONDS: u64 = 10;
/// Seconds for which a client may take nothing of an answer that is written to it. What it takes renews them.
pub const STALL_SECONDS: u64 = 30;
/// Bytes of the head of a request, and of what is read ahead of a body.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Where TLS is spoken, browsers come back over nothing else for a year (RFC 6797).
const TLS_FROM_NOW_ON: &str = "max-age=31536000";
/// After a connection that could not be taken: the next one has a chance when others have ended.
const PAUSE: Duration = Duration::from_millis(100);

/// How long, and for how many, a listener waits.
#[derive(Clone, Copy)]
struct Patience {
    handshake: Duration,
    head: Duration,
    stall: Duration,
    ending: Duration,
    connections: usize,
}

const PATIENCE: Patience = Patience {
    handshake: Duration::from_secs(HANDSHAKE_SECONDS),
    head: Duration::from_secs(HEAD_SECONDS),
    stall: Duration::from_secs(STALL_SECONDS),
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
    serve_state(state, listener, shutdown, None).await
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
    let renewer = tokio::spawn(renew(Arc::clone(&tls)));
    let served = serve_state(state, listener, shutdown, Some(tls)).await;
    renewer.abort();
    served
}

/// Serves, and does meanwhile what the service does by itself: it follows what is filed and published, and delivers notices.
async fn serve_state(
    state: AppState,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    tls: Option<Arc<Tls>>,
) -> std::io::Result<()> {
    let refresher = tokio::spawn(refresh(state.clone()));
    let (teller, webhooks) = (tokio::spawn(tell(state.clone())), state.webhooks.clone());
    let mut calls = router(state);
    if tls.is_some() {
        calls = calls.layer(SetResponseHeaderLayer::overriding(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(TLS_FROM_NOW_ON),
        ));
    }
    let served = serve_within(calls, listener, shutdown, PATIENCE, tls).await;
    refresher.abort();
    teller.abort();
    // What is on its way is waited for, at most its ten seconds.
    webhooks.iter().for_each(|webhooks| webhooks.stop());
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
        let (stream, tls, mut ending) = (Paced::new(stream, patience.stall), tls.clone(), ending.clone());
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

/// A tick every [`REFRESH_SECONDS`]; after one that was late the next one comes as much later.
pub(crate) fn ticks() -> Interval {
    let mut ticks = tokio::time::interval(Duration::from_secs(REFRESH_SECONDS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Follows the files of TLS.
async fn renew(tls: Arc<Tls>) {
    let mut ticks = ticks();
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
    let mut ticks = ticks();
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
mod tests;
