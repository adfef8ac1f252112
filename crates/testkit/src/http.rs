//! The side of HTTP that answers, as far as a test needs it.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::TcpStream;

/// Head and body of the request that comes, whose length is in `Content-Length`.
///
/// # Errors
/// The other side went away.
///
/// # Panics
/// If the length is no number.
pub fn request(reader: &mut BufReader<TcpStream>) -> io::Result<(String, Vec<u8>)> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}
