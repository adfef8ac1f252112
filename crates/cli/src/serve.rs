use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use boyin::access::Gate;
use boyin::suite::SystemRandom;
use boyin::{Desk, Font, Home, Passphrase};
use boyin_service::{AppState, Tls};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::Exit;
use crate::args::Serve;
use crate::context::{Reading, Session, now, open_desk, reading};
use crate::space;

/// `serve`
pub(crate) fn run(session: &Session, args: &Serve, out: &mut dyn Write) -> anyhow::Result<Exit> {
    // Who listens in on TLS hears nothing.
    check_listen(args.listen, args.allow_remote || args.tls.tls_certificate.is_some())?;
    args.metrics.map_or(Ok(()), |listen| check_listen(listen, args.allow_remote))?;
    let tls = args.tls.open()?;
    let tokens = session.home()?.tokens()?;
    let passphrase = session.passphrase()?;
    let home = session.home()?;
    // Opened before the address is taken: whoever reaches the service is answered.
    let desk = args.desk.then(|| desk(&home, &passphrase)).transpose()?;
    let Reading { lookup, scratch } = reading(&home, &passphrase)?;
    // A file of clients that cannot be read is found now, not at the first request.
    home.clients()?;
    home.webhooks()?;
    let gate = Gate::new(&home, now()?, &mut SystemRandom)?.with_certificates(args.tls.certificates());
    let metrics = args.metrics.map(bind).transpose()?;
    let listener = bind(args.listen)?;
    let address = listener.local_addr()?;
    let role = if desk.is_some() { "desk" } else { "read-only" };
    let scheme = if tls.is_some() { "https" } else { "http" };
    writeln!(out, "Serving on {scheme}://{address} ({role}); Ctrl-C ends it.")?;
    if let Some(metrics) = &metrics {
        writeln!(out, "Metrics on http://{}/metrics", metrics.local_addr()?)?;
    }
    let given = session.overrides.names();
    if !given.is_empty() {
        writeln!(out, "In place of settings of boyin.toml: {}", given.join(", "))?;
    }
    if tokens.grants().is_empty() {
        writeln!(out, "No access token yet: verification works, lookups need `boyin token new`.")?;
    }
    let font = Font::find_for_pages();
    if let Err(error) = &font {
        writeln!(out, "No face of a license is drawn: {error}")?;
    }
    let temporary = space::temporary(space::temporary_mib());
    if let Some(next_step) = temporary.next_step {
        writeln!(out, "! {}: large documents may be refused. Next: {next_step}", temporary.detail)?;
    }
    out.flush()?;
    let state = AppState::new(Arc::new(lookup), tokens).with_gate(Arc::new(gate));
    let state = font.into_iter().fold(state, AppState::with_font);
    let state = desk.into_iter().fold(state, AppState::with_desk);
    let state = match args.webhook_hosts.as_slice() {
        [] => state,
        hosts => state.with_webhooks(Arc::new(crate::client::webhook::webhooks(hosts.to_vec()))),
    };
    let metrics = metrics.map(|listener| (state.clone(), listener));
    run_until_told(listener, |listener, shutdown| serve_both(state, listener, tls, metrics, shutdown))?;
    drop(scratch);
    Ok(Exit::Done)
}

/// Opens every key now: a key that cannot be opened is found before the service runs, not when it is needed.
fn desk(home: &Home, passphrase: &Passphrase) -> anyhow::Result<Arc<Desk>> {
    let desk = open_desk(home, passphrase)?;
    desk.unlock()?;
    Ok(Arc::new(desk))
}

/// Refuses an address that other machines reach, unless it was asked for.
pub(crate) fn check_listen(listen: SocketAddr, allow_remote: bool) -> anyhow::Result<()> {
    if listen.ip().is_loopback() || allow_remote {
        return Ok(());
    }
    bail!(
        "{listen} can be reached from other machines and there is no TLS: listen on 127.0.0.1 behind a reverse \
         proxy, or say --allow-remote; boyin serve speaks TLS with --tls-certificate"
    )
}

/// Takes the address, or says what to do.
pub(crate) fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("{listen} cannot be used: choose another one with --listen"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves callers and, beside them, Prometheus.
async fn serve_both(
    state: AppState,
    listener: tokio::net::TcpListener,
    tls: Option<Tls>,
    metrics: Option<(AppState, TcpListener)>,
    shutdown: Shutdown,
) -> std::io::Result<()> {
    let beside = match metrics {
        Some((state, listener)) => {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            Some(tokio::spawn(boyin_service::serve_metrics(state, listener)))
        }
        None => None,
    };
    let served = match tls {
        Some(tls) => boyin_service::serve_tls(state, listener, tls, shutdown).await,
        None => boyin_service::serve(state, listener, shutdown).await,
    };
    if let Some(beside) = beside {
        beside.abort();
    }
    served
}

/// Serves until the process is told to end.
pub(crate) fn serve(state: AppState, listener: TcpListener) -> anyhow::Result<()> {
    run_until_told(listener, |listener, shutdown| boyin_service::serve(state, listener, shutdown))
}

/// Completes when the process is told to end.
pub(crate) type Shutdown = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts log and runtime, and serves until the process is told to end.
pub(crate) fn run_until_told<F: Future<Output = std::io::Result<()>>>(
    listener: TcpListener,
    serve: impl FnOnce(tokio::net::TcpListener, Shutdown) -> F,
) -> anyhow::Result<()> {
    start_log();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let shutdown = shutdown()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tracing::info!(address = %listener.local_addr()?, "serving");
        serve(listener, Box::pin(shutdown)).await?;
        tracing::info!("ended");
        Ok(())
    })
}

/// JSON lines on standard error; `BOYIN_LOG` chooses what, in the syntax of tracing's env filter.
fn start_log() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .with_env_var("BOYIN_LOG")
        .from_env_lossy();
    // A second start in one process keeps the first log.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

/// Completes at the first SIGINT or SIGTERM. The handlers are in place when this returns.
#[cfg(unix)]
fn shutdown() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes at Ctrl-C.
#[cfg(not(unix))]
fn shutdown() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_let_in_on_demand_only() {
        for inside in ["127.0.0.1:1", "[::1]:1", "127.8.9.1:1"] {
            assert!(check_listen(inside.parse().unwrap(), false).is_ok(), "{inside}");
        }
        for outside in ["0.0.0.0:1", "[::]:1", "192.168.1.1:1"] {
            assert!(check_listen(outside.parse().unwrap(), false).is_err(), "{outside}");
            assert!(check_listen(outside.parse().unwrap(), true).is_ok(), "{outside}");
        }
    }
}
