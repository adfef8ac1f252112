use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use boyin::model::time::UnixTime;
use tokio::net::TcpListener;

use crate::router::{REQUEST_TIMEOUT_SECONDS, router};
use crate::state::AppState;

/// Seconds between two looks at what was filed and published.
pub const REFRESH_SECONDS: u64 = 1;

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

/// Serves until `shutdown` is done, as [`serve`] does.
pub(crate) async fn serve_router(
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (told, ending) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async move {
        shutdown.await;
        let _ = told.send(());
    };
    let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown);
    // A client that stops reading must not keep the process from ending.
    let deadline = async {
        let _ = ending.await;
        tokio::time::sleep(Duration::from_secs(REQUEST_TIMEOUT_SECONDS)).await;
    };
    tokio::select! {
        served = serving => served,
        () = deadline => Ok(()),
    }
}

/// Follows the archive and the published lists. When that fails the last good state stays, and health tells its age.
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
