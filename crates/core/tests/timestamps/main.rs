//! What is asked of others over HTTP, timestamps and revocation lists: the `openssl` command and the kit's own, behind a
//! server of a few lines.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod authorities;
mod lists;
mod queue;
mod transport;

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use boyin_testkit::http::request;

/// A server on a port of its own that answers each request by its body.
struct Server {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// Answers with status line, further header lines, and body.
    fn new(answer: impl Fn(&str, &[u8]) -> (&'static str, Vec<u8>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/tsa", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                // A client that went away is its own business.
                let _ = serve(stream.unwrap(), &answer);
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, answer: &impl Fn(&str, &[u8]) -> (&'static str, Vec<u8>)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (head, body) = request(&mut reader)?;
    let (status, content) = answer(&head, &body);
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
    let mut stream = reader.into_inner();
    stream.write_all(head.as_bytes())?;
    stream.write_all(&content)
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/tsa", listener.local_addr().unwrap())
}
