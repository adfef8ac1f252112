//! Processes that answer over HTTP, and waiting for them.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a condition may take to come true before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(50);

/// A process that listens on loopback; killed when dropped.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) address: String,
    /// Its standard error: a file, because a pipe that nobody empties would stop it.
    log: File,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts it and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start(command: Command) -> Self {
        Self::start_until(command, "").0
    }

    /// Starts it, waits for a line with these words, and gives what it has said by then; the address that it named last is where it listens.
    #[track_caller]
    pub(crate) fn start_until(mut command: Command, words: &str) -> (Self, String) {
        let mut log = tempfile::tempfile().unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log.try_clone().unwrap()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        loop {
            let Some(Ok(line)) = lines.next() else {
                child.wait().unwrap();
                panic!("it ended:\n{said}\n{}", whole(&mut log));
            };
            said.extend([line.as_str(), "\n"]);
            if line.contains(words) {
                break;
            }
        }
        let address = said.rsplit("://").next().unwrap().split([' ', ';', '/', '\n']).next().unwrap();
        (Self { child, address: address.to_owned(), log }, said)
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Vec<u8>) {
        ask(&self.address, "GET", path, b"")
    }

    /// What it has written to standard error.
    pub(crate) fn log(&mut self) -> String {
        whole(&mut self.log)
    }
}

fn whole(log: &mut File) -> String {
    let mut text = String::new();
    log.rewind().unwrap();
    log.read_to_string(&mut text).unwrap();
    text
}

/// One request, one answer: status and body.
pub(crate) fn ask(address: &str, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
    ask_with(address, method, path, &[], body)
}

/// The same with further headers, each `Name: value`.
pub(crate) fn ask_with(
    address: &str,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &[u8],
) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n"
    )
    .unwrap();
    for header in headers {
        write!(stream, "{header}\r\n").unwrap();
    }
    stream.write_all(b"\r\n").unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer[end + 4..].to_vec())
}

/// Looks again and again until there is something.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "still not so: {what}");
        std::thread::sleep(LOOK);
    }
}
