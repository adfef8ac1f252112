//! Loads the service over loopback beside a bare handler of axum, and prints a table for `docs/performance.md`.
//!
//! ```text
//! cargo run --release -p boyin-benches --example http-load -- [--connections N] [--seconds N] [--write]
//! ```
//!
//! Services and clients are one process and share its cores: the rates are to be compared with each other, not with those of other
//! machines. 1,000 idle connections take 2,000 file descriptors: `ulimit -n 4096`. With `--write` the table in `docs/` is replaced.

mod client;
mod load;

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use boyin::suite::SystemRandom;
use boyin::{Desk, Lookup, Receipt, Scope, SuiteName};
use boyin_benches::office;
use boyin_benches::page::{docs, machine, replace};
use boyin_service::AppState;
use boyin_testkit::prefecture::{Prefecture, now};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use self::client::Connection;

/// As the command has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections that are kept busy, unless the caller says otherwise.
const CONNECTIONS: u32 = 32;
/// Seconds of each measurement, unless the caller says otherwise.
const SECONDS: u64 = 10;
/// Connections that ask nothing.
const IDLE: u64 = 1000;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One call under load.
struct Case {
    name: &'static str,
    address: SocketAddr,
    request: Vec<u8>,
}

fn main() -> Outcome<()> {
    let (mut connections, mut seconds, mut write) = (CONNECTIONS, SECONDS, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--connections" => {
                connections = arguments.next().ok_or("--connections needs a number")?.parse()?;
            }
            "--seconds" => seconds = arguments.next().ok_or("--seconds needs a number")?.parse()?,
            "--write" => write = true,
            _ => return Err("--connections N, --seconds N or --write".into()),
        }
    }
    if connections == 0 || seconds == 0 {
        return Err("at least one connection and one second".into());
    }
    let dir = tempfile::Builder::new().prefix("http-load").tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let cases = cases(dir.path(), &runtime)?;
    let lasting = Duration::from_secs(seconds);
    let mut page = format!("\n{}\n\n{connections} connections, {seconds} s for each figure.\n\n", machine()?);
    page.push_str(
        "| call | answers each second | p50 at half of that, ms | p99, ms |\n|---|---:|---:|---:|\n",
    );
    for Case { name, address, request } in &cases {
        let most = load::most(*address, request, connections, lasting)?;
        let mut took = load::paced(*address, request, connections, most / 2.0, lasting)?;
        took.sort_unstable();
        let [half, late] = [50, 99].map(|percent| milliseconds(percentile(&took, percent)));
        writeln!(page, "| {name} | {most:.0} | {half:.2} | {late:.2} |")?;
    }
    page.push_str("\n| memory | KiB for each |\n|---|---:|\n");
    for (name, case) in
        [("an idle connection, bare axum", &cases[0]), ("an idle connection, ours", &cases[2])]
    {
        writeln!(page, "| {name} | {:.1} |", idle(case)?)?;
    }
    page.push('\n');
    std::io::stdout().write_all(page.as_bytes())?;
    if write {
        replace(&docs("performance.md"), "http-load", &page)?;
    }
    runtime.shutdown_background();
    Ok(())
}

/// Starts the bare handlers and the service, and says what they are asked.
fn cases(dir: &std::path::Path, runtime: &Runtime) -> Outcome<Vec<Case>> {
    let home = office::home(&dir.join("home"), SuiteName::Es256);
    let draft = Prefecture::new(boyin::suite::Algorithm::Es256).draft("identity-card");
    let desk = Desk::open(&home, &office::passphrase(), now())?;
    let Receipt { license_id, credential, .. } = office::receipt(&desk, &draft, &home);
    drop(desk);
    let code = home.offices()[0].code;
    let token = home.grant_token("bench", code, &[Scope::LicenseRead], &mut SystemRandom)?;
    let lookup = Lookup::open(&home, &dir.join("follow"), &office::passphrase())?;
    let report = lookup.verify(&credential, now()).to_json();
    let state = AppState::new(Arc::new(lookup), home.tokens()?).with_clock(Arc::new(now));
    let ours = start(runtime, |listener| boyin_service::serve(state, listener, std::future::pending()))?;

    // As many bytes in and out as a verification has, and nothing in between.
    let answer = Bytes::from(report);
    let echo = move |_: Bytes| {
        let answer = answer.clone();
        async move { answer }
    };
    let bare = Router::new().route("/", get(async || "ok").post(echo));
    let bare = start(runtime, |listener| async move { axum::serve(listener, bare).await })?;

    let license = format!("/v1/licenses/{license_id}?purpose=bench");
    let bearer = format!("Authorization: Bearer {}\r\n", token.reveal());
    Ok(vec![
        Case { name: "bare axum, GET", address: bare, request: client::request("GET", "/", "", b"") },
        Case {
            name: "bare axum, POST",
            address: bare,
            request: client::request("POST", "/", "", &credential),
        },
        Case {
            name: "GET /v1/trust-list",
            address: ours,
            request: client::request("GET", "/v1/trust-list", "", b""),
        },
        Case {
            name: "POST /v1/verify",
            address: ours,
            request: client::request("POST", "/v1/verify", "", &credential),
        },
        Case {
            name: "GET /v1/licenses/{id}, each read synced to the disk",
            address: ours,
            request: client::request("GET", &license, &bearer, b""),
        },
    ])
}

/// Serves on a free port of loopback for as long as the process runs.
fn start<F>(runtime: &Runtime, serve: impl FnOnce(TcpListener) -> F) -> Outcome<SocketAddr>
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let _inside = runtime.enter();
    runtime.spawn(serve(TcpListener::from_std(listener)?));
    Ok(address)
}

/// KiB of this process for each connection that has asked once and is kept open.
fn idle(case: &Case) -> Outcome<f64> {
    let before = resident()?;
    let mut open = Vec::new();
    for _ in 0..IDLE {
        let mut connection = Connection::open(case.address)?;
        connection.ask(&case.request)?;
        open.push(connection);
    }
    let after = resident()?;
    drop(open);
    let grown = u32::try_from(after.saturating_sub(before))?;
    Ok(f64::from(grown) / f64::from(u32::try_from(IDLE)?))
}

/// Memory of this process in KiB.
fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("the system does not tell the memory of this process")?.parse()?)
}

/// Of times in ascending order.
fn percentile(took: &[Duration], percent: usize) -> Duration {
    let place = (took.len() * percent / 100).min(took.len().saturating_sub(1));
    took.get(place).copied().unwrap_or_default()
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
