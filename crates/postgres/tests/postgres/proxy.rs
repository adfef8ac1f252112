//! Stands between a store and its server, and cuts the line where it is told to.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use boyin_postgres::{Address, Network};

/// What happens to the next commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It goes through.
    Nothing,
    /// The server never hears of it.
    Request,
    /// The server does it; its answer is lost.
    Answer,
}

pub(crate) struct Proxy {
    port: u16,
    cut: Arc<AtomicU8>,
}

impl Proxy {
    pub(crate) fn start(server: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(AtomicU8::new(0));
        let (socket, order) = (server.join(".s.PGSQL.5432"), Arc::clone(&cut));
        // It lives as long as the test's process.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), UnixStream::connect(&socket).unwrap());
                let order = Arc::clone(&order);
                std::thread::spawn(move || relay(client, server, &order));
            }
        });
        Self { port, cut }
    }

    pub(crate) fn cut(&self, what: Cut) {
        let order = match what {
            Cut::Nothing => 0,
            Cut::Request => 1,
            Cut::Answer => 2,
        };
        self.cut.store(order, Ordering::SeqCst);
    }

    pub(crate) fn address(&self, schema: &str) -> Address {
        let text = format!("host=127.0.0.1 port={} dbname=postgres user=boyin", self.port);
        Address::parse(&text, Network::ThisMachine).unwrap().with_schema(schema).unwrap()
    }
}

fn relay(mut client: TcpStream, mut server: UnixStream, order: &AtomicU8) {
    let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || {
        // Ends when either side does.
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut bytes = vec![0; 1 << 16];
    while let Ok(read) = client.read(&mut bytes) {
        let sent = &bytes[..read];
        if read == 0 {
            break;
        }
        let cut = if sent.windows(7).any(|w| w == b"COMMIT\0") { order.swap(0, Ordering::SeqCst) } else { 0 };
        if cut > 0 {
            // Nothing more reaches the client.
            let _ = client.shutdown(Shutdown::Both);
        }
        if cut != 1 && server.write_all(sent).is_err() {
            break;
        }
        if cut == 2 {
            // The server is done with it before it learns that nobody waits.
            std::thread::sleep(Duration::from_millis(500));
        }
        if cut > 0 {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}
