//! Memory of a connection that asks nothing. Each server that is measured is a process of its own, this program started again, and the
//! clients are in another one: what one server gave back cannot be used by the other.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use axum::body::Bytes;
use boyin::Home;
use boyin_benches::median;

use crate::client::{Connection, request};
use crate::{Outcome, bare, ours, runtime, start};

/// Begins the arguments of a process that serves and is measured.
pub(crate) const SERVE: &str = "--serve";
const BARE: &str = "bare";
const OURS: &str = "ours";
/// Connections that are opened first and stay open: memory that was given back before is taken up by them. The service takes 1,024.
const FIRST: u32 = 500;
/// Connections after them, whose memory is measured.
const NEXT: u32 = 500;
/// Servers of each kind, one after the other in turn; the median counts.
const RUNS: usize = 5;

/// A server in a process of its own, which ends with its standard input.
struct Server {
    process: Child,
}

impl Server {
    /// The server, and where it listens.
    fn start(kind: &str, home: &Path) -> Outcome<(Self, SocketAddr)> {
        let process = Command::new(std::env::current_exe()?)
            .args([SERVE, kind])
            .arg(home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut server = Self { process };
        let mut said = String::new();
        if let Some(out) = server.process.stdout.take() {
            BufReader::new(out).read_line(&mut said)?;
        }
        let address =
            said.trim().parse::<SocketAddr>().map_err(|_| format!("the server {kind} did not start"))?;
        Ok((server, address))
    }

    /// Its memory in KiB.
    fn resident(&self) -> Outcome<u32> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.ok_or("the system does not tell the memory of a process")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // What it ended with says nothing about what was measured.
        let _ = self.process.wait();
    }
}

/// So many connections more, each of which has asked once.
fn open(address: SocketAddr, request: &[u8], count: u32, all: &mut Vec<Connection>) -> io::Result<()> {
    for _ in 0..count {
        let mut connection = Connection::open(address)?;
        connection.ask(request)?;
        all.push(connection);
    }
    Ok(())
}

/// KiB for each connection of one server.
fn grown(kind: &str, home: &Path, request: &[u8]) -> Outcome<f64> {
    let (server, address) = Server::start(kind, home)?;
    let mut connections = Vec::new();
    open(address, request, FIRST, &mut connections)?;
    let before = server.resident()?;
    open(address, request, NEXT, &mut connections)?;
    let after = server.resident()?;
    drop(connections);
    Ok((f64::from(after) - f64::from(before)) / f64::from(NEXT))
}

/// KiB for each connection, at the bare server and at the service over this data directory.
pub(crate) fn measure(home: &Path) -> Outcome<[(&'static str, f64); 2]> {
    let requests = [request("GET", "/", "", b""), request("GET", "/v1/trust-list", "", b"")];
    let mut found = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for ((kind, request), found) in [BARE, OURS].into_iter().zip(&requests).zip(&mut found) {
            found.push(grown(kind, home, request)?);
        }
    }
    let [bare, ours] = found.map(median);
    Ok([("an idle connection, bare axum", bare), ("an idle connection, ours", ours)])
}

/// Serves until standard input ends, having written its address to standard output.
pub(crate) fn serve(mut arguments: impl Iterator<Item = String>) -> Outcome<()> {
    let (Some(kind), Some(home)) = (arguments.next(), arguments.next()) else {
        return Err("a kind of server and a data directory".into());
    };
    let runtime = runtime()?;
    let scratch = tempfile::Builder::new().prefix("http-load-idle").tempdir()?;
    let address = if kind == OURS {
        let state = ours(&Home::open(Path::new(&home))?, &scratch.path().join("follow"))?;
        start(&runtime, |listener| boyin_service::serve(state, listener, std::future::pending()))?
    } else {
        let bare = bare(Bytes::new());
        start(&runtime, |listener| async move { axum::serve(listener, bare).await })?
    };
    let mut out = io::stdout();
    writeln!(out, "{address}")?;
    out.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    runtime.shutdown_background();
    Ok(())
}
