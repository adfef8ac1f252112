//! Loads the service over loopback beside a bare handler of axum, and prints a table for `docs/performance.md`.
//!
//! ```text
//! cargo run --release -p boyin-benches --example http-load -- [--connections N] [--seconds N] [--licenses N] [--write]
//! ```
//!
//! Services and clients are one process and share its cores: the rates are to be compared with each other, not with those of other
//! machines. Each call asks for one of many licenses at random. Memory is that of servers in processes of their own: their idle
//! connections take 1,000 file descriptors here, `ulimit -n 4096`. With `--write` the table in `docs/` is replaced.

mod client;
mod idle;
mod load;

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use boyin::suite::SystemRandom;
use boyin::{Desk, Home, Lookup, Receipt, Scope, SuiteName};
use boyin_benches::office;
use boyin_benches::page::{docs, machine, replace};
use boyin_service::AppState;
use boyin_testkit::prefecture::{Prefecture, now};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// As the command has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections that are kept busy, unless the caller says otherwise.
const CONNECTIONS: u32 = 32;
/// Seconds of each measurement, unless the caller says otherwise.
const SECONDS: u64 = 10;
/// Licenses on file, of one holder, unless the caller says otherwise.
const LICENSES: usize = 10_000;
/// More would take a long time to issue and gigabytes of requests.
const MAX_LICENSES: usize = 1_000_000;
/// Threads that issue them: acts that wait for the disk at the same time wait for one sync.
const ISSUING: usize = 32;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One call under load.
struct Case {
    name: &'static str,
    address: SocketAddr,
    /// What is asked, one of them at random each time.
    requests: Vec<Vec<u8>>,
}

/// What the caller said.
struct Options {
    connections: u32,
    seconds: u64,
    licenses: usize,
    write: bool,
}

fn options(mut arguments: impl Iterator<Item = String>) -> Outcome<Options> {
    let mut options =
        Options { connections: CONNECTIONS, seconds: SECONDS, licenses: LICENSES, write: false };
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().ok_or_else(|| format!("{argument} needs a number"));
        match argument.as_str() {
            "--connections" => options.connections = number()?.parse()?,
            "--seconds" => options.seconds = number()?.parse()?,
            "--licenses" => options.licenses = number()?.parse()?,
            "--write" => options.write = true,
            _ => return Err("--connections N, --seconds N, --licenses N or --write".into()),
        }
    }
    if options.connections == 0 || options.seconds == 0 || !(1..=MAX_LICENSES).contains(&options.licenses) {
        return Err("at least one connection and one second, and 1 to 1000000 licenses".into());
    }
    Ok(options)
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|first| first == idle::SERVE).is_some() {
        return idle::serve(arguments);
    }
    let Options { connections, seconds, licenses, write } = options(arguments)?;
    let dir = tempfile::Builder::new().prefix("http-load").tempdir()?;
    let runtime = runtime()?;
    let home = office::home(&dir.path().join("home"), SuiteName::Es256);
    let issued = issued(&home, licenses)?;
    let cases = cases(&home, dir.path(), &runtime, &issued)?;
    drop(issued);
    let lasting = Duration::from_secs(seconds);
    let mut page = format!(
        "\n{}\n\n{connections} connections, {seconds} s for each figure, {licenses} licenses.\n\n",
        machine()?
    );
    page.push_str(
        "| call | answers each second | p50 at half of that, ms | p99, ms |\n|---|---:|---:|---:|\n",
    );
    for Case { name, address, requests } in &cases {
        let most = load::most(*address, requests, connections, lasting)?;
        let mut took = load::paced(*address, requests, connections, most / 2.0, lasting)?;
        took.sort_unstable();
        let [half, late] = [50, 99].map(|percent| milliseconds(percentile(&took, percent)));
        writeln!(page, "| {name} | {most:.0} | {half:.2} | {late:.2} |")?;
    }
    page.push_str("\n| memory | KiB for each |\n|---|---:|\n");
    for (name, kib) in idle::measure(home.dir())? {
        writeln!(page, "| {name} | {kib:.1} |")?;
    }
    page.push('\n');
    std::io::stdout().write_all(page.as_bytes())?;
    if write {
        replace(&docs("performance.md"), "http-load", &page)?;
    }
    runtime.shutdown_background();
    Ok(())
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Issues so many licenses, by several threads.
fn issued(home: &Home, count: usize) -> Outcome<Vec<Receipt>> {
    let draft = Prefecture::new(boyin::suite::Algorithm::Es256).draft("identity-card");
    let desk = Desk::open(home, &office::passphrase(), now())?;
    desk.unlock()?;
    let issue = |thread: usize| -> Vec<Receipt> {
        (thread..count).step_by(ISSUING).map(|_| office::receipt(&desk, &draft, home)).collect()
    };
    let issue = &issue;
    let receipts: Vec<Vec<Receipt>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..ISSUING).map(|number| scope.spawn(move || issue(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    });
    Ok(receipts.into_iter().flatten().collect())
}

/// The service over a data directory.
fn ours(home: &Home, scratch: &Path) -> Outcome<AppState> {
    let lookup = Lookup::open(home, scratch, &office::passphrase())?;
    Ok(AppState::new(Arc::new(lookup), home.tokens()?).with_clock(Arc::new(now)))
}

/// Handlers that do nothing; what is posted is answered with this.
fn bare(answer: Bytes) -> Router {
    let echo = move |_: Bytes| {
        let answer = answer.clone();
        async move { answer }
    };
    Router::new().route("/", get(async || "ok").post(echo))
}

/// Starts the bare handlers and the service, and says what they are asked.
fn cases(home: &Home, dir: &Path, runtime: &Runtime, issued: &[Receipt]) -> Outcome<Vec<Case>> {
    let first = issued.first().ok_or("no license was issued")?;
    let token =
        home.grant_token("bench", home.offices()[0].code, &[Scope::LicenseRead], &mut SystemRandom)?;
    let lookup = Lookup::open(home, &dir.join("report"), &office::passphrase())?;
    let report = lookup.verify(&first.credential, now()).to_json();
    drop(lookup);
    let state = ours(home, &dir.join("follow"))?;
    let ours = start(runtime, |listener| boyin_service::serve(state, listener, std::future::pending()))?;
    // As many bytes in and out as a verification has, and nothing in between.
    let bare = bare(Bytes::from(report));
    let bare = start(runtime, |listener| async move { axum::serve(listener, bare).await })?;

    let get = |path: &str| vec![client::request("GET", path, "", b"")];
    let bearer = format!("Authorization: Bearer {}\r\n", token.reveal());
    let verified = issued.iter().map(|one| client::request("POST", "/v1/verify", "", &one.credential));
    let read = issued.iter().map(|one| {
        let path = format!("/v1/licenses/{}?purpose=bench", one.license_id);
        client::request("GET", &path, &bearer, b"")
    });
    Ok(vec![
        Case { name: "bare axum, GET", address: bare, requests: get("/") },
        Case {
            name: "bare axum, POST",
            address: bare,
            requests: vec![client::request("POST", "/", "", &first.credential)],
        },
        Case { name: "GET /v1/trust-list", address: ours, requests: get("/v1/trust-list") },
        Case { name: "POST /v1/verify", address: ours, requests: verified.collect() },
        Case {
            name: "GET /v1/licenses/{id}, each read synced to the disk",
            address: ours,
            requests: read.collect(),
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

/// Of times in ascending order.
fn percentile(took: &[Duration], percent: usize) -> Duration {
    let place = (took.len() * percent / 100).min(took.len().saturating_sub(1));
    took.get(place).copied().unwrap_or_default()
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
