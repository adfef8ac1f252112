//! Slow clients, many of them, and framings that two servers would read in two ways.

use std::net::SocketAddr;

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::router::{guarded_for, headed};

const SHORT: Duration = Duration::from_millis(300);
/// Time for a test that works, and an end for one that does not.
const LONG: Duration = Duration::from_secs(20);
/// Bytes of an answer that fits in no buffer of a connection.
const LARGE: usize = 64 << 20;

async fn panics() -> String {
    crate::state::blocking(|| panic!("in a test, of somebody")).await
}

async fn start(connections: usize) -> (SocketAddr, tokio::sync::oneshot::Sender<()>) {
    start_with(connections, SHORT, None).await
}

async fn start_with(
    connections: usize,
    handshake: Duration,
    tls: Option<Arc<Tls>>,
) -> (SocketAddr, tokio::sync::oneshot::Sender<()>) {
    let calls = Router::new()
        .route("/a", get(async || "first"))
        .route("/b", post(async |body: axum::body::Bytes| format!("{} bytes", body.len())))
        .route("/large", get(async || vec![b'x'; LARGE]));
    // What a panic prints of where it was can take longer than a request may.
    let panicking = guarded_for(Router::new().route("/panic", get(panics)), 1024, LONG);
    let routes = headed(guarded_for(calls, 1024, SHORT).merge(panicking));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        let _ = stopped.await;
    };
    let patience = Patience { handshake, head: SHORT, stall: SHORT, ending: SHORT, connections };
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

/// What a slow client begins: a body of which there comes no more.
const BEGUN_BODY: &str = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc";

#[tokio::test]
async fn a_body_that_does_not_come_to_its_end_is_not_waited_for() {
    // One place: whoever keeps it keeps everybody else waiting.
    let (address, _stop) = start(1).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(BEGUN_BODY.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 504 ") && answer.contains("referrer-policy: no-referrer"),
        "{answer}"
    );
    // Nor do bytes buy time that come now and then.
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(BEGUN_BODY.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let begun = tokio::time::Instant::now();
    let drops = async {
        while begun.elapsed() < LONG && writing.write_all(b"d").await.is_ok() {
            tokio::time::sleep(SHORT / 6).await;
        }
    };
    let mut answer = [0; 13];
    let told = async {
        tokio::select! {
            read = reading.read_exact(&mut answer) => { read.unwrap(); }
            () = drops => panic!("no answer"),
        }
    };
    told.await;
    assert_eq!(&answer, b"HTTP/1.1 504 ");
    assert!(begun.elapsed() < LONG / 2);
    drop(stream);
    assert!(send(address, &format!("GET /a HTTP/1.1\r\n{CLOSE}")).await.ends_with("first"));
}

/// The answer does not wait for the body, and nor does the place.
#[tokio::test]
async fn an_answer_to_a_body_that_does_not_come_gives_the_place_back() {
    let (address, _stop) = start(1).await;
    for (method, path, status) in [("POST", "/none", "404"), ("DELETE", "/b", "405"), ("GET", "/a", "200")] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_loses_its_place() {
    let (address, _stop) = start(1).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut begun = [0; 12];
    slow.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200");
    let waited = tokio::time::Instant::now();
    assert!(send(address, &format!("GET /a HTTP/1.1\r\n{CLOSE}")).await.ends_with("first"));
    assert!(waited.elapsed() >= SHORT / 2, "it waited for the other one");
    assert!(rest(&mut slow).await.len() < LARGE, "the rest was given up");
}

#[tokio::test]
async fn others_go_on_beside_a_client_that_does_not_read() {
    let (address, _stop) = start(2).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    for _ in 0..8 {
        assert!(send(address, &format!("GET /a HTTP/1.1\r\n{CLOSE}")).await.ends_with("first"));
    }
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_all_of_it() {
    let (address, _stop) = start(8).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(format!("GET /large HTTP/1.1\r\n{CLOSE}").as_bytes()).await.unwrap();
    let begun = tokio::time::Instant::now();
    let (mut read, mut part) = (0, vec![0; 2 << 20]);
    loop {
        let found = tokio::time::timeout(LONG, slow.read(&mut part)).await.unwrap().unwrap();
        if found == 0 {
            break;
        }
        read += found;
        if begun.elapsed() < 3 * SHORT {
            tokio::time::sleep(SHORT / 6).await;
        }
    }
    assert!(read > LARGE && begun.elapsed() > 2 * SHORT, "{read} bytes");
}

#[tokio::test]
async fn a_panic_is_an_answer_like_every_other_fault_and_others_go_on() {
    let (address, _stop) = start(8).await;
    for _ in 0..3 {
        let answer = send(address, &format!("GET /panic HTTP/1.1\r\n{CLOSE}")).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 500 ") && head.contains("application/json"), "{head}");
        assert!(head.contains("referrer-policy: no-referrer"), "{head}");
        assert!(body.contains("\"code\":\"internal\"") && !body.contains("somebody"), "{body}");
        assert!(send(address, &format!("GET /a HTTP/1.1\r\n{CLOSE}")).await.ends_with("first"));
    }
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
    let two = send(address, &format!("{post}Content-Length: 3\r\n\r\nabcGET /a HTTP/1.1\r\n{CLOSE}")).await;
    assert!(two.contains("3 bytes") && two.ends_with("first"), "{two}");
}
