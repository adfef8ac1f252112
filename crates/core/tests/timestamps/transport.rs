use std::time::Duration;

use boyin::transport::{Http, Transport as _, TransportError};

use crate::{Server, nobody};

#[test]
fn a_body_goes_there_and_an_answer_comes_back() {
    let server = Server::new(|head, body| {
        let is_post = head.starts_with("POST /tsa HTTP/1.1\r\n");
        let typed = head.to_ascii_lowercase().contains("content-type: text/x-test\r\n");
        assert!(!is_post || typed, "{head}");
        ("200 OK", if is_post { body.to_vec() } else { b"got".to_vec() })
    });
    let http = Http::default();
    assert_eq!(http.post(&server.url, "text/x-test", b"sent", 4), Ok(b"sent".to_vec()));
    assert_eq!(http.post(&server.url, "text/x-test", b"sent!", 4), Err(TransportError::TooLarge));
    assert_eq!(http.get(&server.url, 4), Ok(b"got".to_vec()));
    assert_eq!(http.get(&server.url, 2), Err(TransportError::TooLarge));
}

#[test]
fn other_answers_than_200_are_none() {
    let there = Server::new(|_, _| ("200 OK", Vec::new()));
    let status = |line: &'static str| {
        let server = Server::new(move |_, _| (line, b"x".to_vec()));
        Http::default().post(&server.url, "a/b", b"", 100)
    };
    assert_eq!(status("500 Internal Server Error"), Err(TransportError::Status(500)));
    assert_eq!(status("404 Not Found"), Err(TransportError::Status(404)));
    assert_eq!(status("204 No Content"), Err(TransportError::Status(204)));
    // Where it points to is not asked.
    let line: &'static str = format!("302 Found\r\nLocation: {}", there.url).leak();
    assert_eq!(status(line), Err(TransportError::Redirected(302)));
    let line: &'static str = format!("307 Temporary Redirect\r\nLocation: {}", there.url).leak();
    assert_eq!(status(line), Err(TransportError::Redirected(307)));
    assert_eq!(there.requests(), 0);
}

#[test]
fn nobody_and_nothing_in_time_are_told_apart() {
    let http = Http::new(Duration::from_millis(300), Duration::from_millis(300));
    assert_eq!(http.get(&nobody(), 100), Err(TransportError::Unreachable));
    let slow = Server::new(|_, _| {
        std::thread::sleep(Duration::from_secs(2));
        ("200 OK", Vec::new())
    });
    assert_eq!(http.get(&slow.url, 100), Err(TransportError::TimedOut));
    for url in ["file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1", "http://", ""] {
        assert_eq!(http.get(url, 100), Err(TransportError::Address), "{url}");
    }
}
