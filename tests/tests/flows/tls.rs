//! TLS of the service, with certificates that the `openssl` command makes: who is served, and what a client's certificate is good for.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boyin::access::{CertificateDigest, CertificateUse, Gate};
use boyin::issue::SigningKey;
use boyin::model::sharing::SharingScope;
use boyin::model::webhook::WebhookKind;
use boyin::suite::Algorithm;
use boyin::transport::{Transport, TransportError};
use boyin::webhook::Webhooks;
use boyin_service::{AppState, Tls, TlsError, TlsFiles, serve_tls};
use boyin_testkit::timestamp::openssl;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::clients::{Served, claims, client, form, gate, signed, words};
use crate::office::{Prefecture, market, now, passphrase};
use crate::signer::client_key;
use crate::webhooks::{URL, hosts, wish};

/// An end for a test that does not work.
const LONG: Duration = Duration::from_secs(20);
const ROOT: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const LEAF: &str = "basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\n";

/// Certificates and keys of two authorities, of a service under each, and of clients: `NAME.pem` and `NAME.key`.
struct Papers(tempfile::TempDir);

impl Papers {
    fn new() -> Option<Self> {
        if !openssl::is_there() {
            return None;
        }
        let papers = Self(tempfile::tempdir().unwrap());
        papers.write("root.ext", ROOT.as_bytes());
        papers.write("leaf.ext", LEAF.as_bytes());
        for root in ["root", "other"] {
            papers.request(root);
            papers.openssl(&format!(
                "x509 -req -in {root}.csr -signkey {root}.key -days 2 -extfile root.ext -out {root}.pem"
            ));
        }
        let below = [
            ("service", "root"),
            ("moved", "other"),
            ("one", "root"),
            ("two", "root"),
            ("stranger", "other"),
        ];
        for (serial, (name, root)) in (10..).zip(below) {
            papers.request(name);
            papers.openssl(&format!(
                "x509 -req -in {name}.csr -CA {root}.pem -CAkey {root}.key -set_serial {serial} -days 2 \
                 -extfile leaf.ext -out {name}.pem"
            ));
        }
        Some(papers)
    }

    fn request(&self, name: &str) {
        self.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
        self.openssl(&format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"));
    }

    fn openssl(&self, line: &str) {
        let mut command = Command::new("openssl");
        let output = command.args(line.split_whitespace()).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "openssl {line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Puts a file in the place of another one.
    fn put(&self, from: &str, to: &str) {
        std::fs::copy(self.path(from), self.path("new")).unwrap();
        std::fs::rename(self.path("new"), self.path(to)).unwrap();
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.path(&format!("{name}.pem"))).unwrap()
    }

    fn digest(&self, name: &str) -> CertificateDigest {
        CertificateDigest::of(&self.certificate(name))
    }

    /// What a service with this certificate reads; clients may present what `root` has signed.
    fn files(&self, name: &str) -> TlsFiles {
        TlsFiles {
            certificate: self.path(&format!("{name}.pem")),
            key: self.path(&format!("{name}.key")),
            client_ca: Some(self.path("root.pem")),
        }
    }

    /// A client that trusts this authority, and has this certificate.
    fn client_of(
        &self,
        root: &str,
        name: Option<&str>,
        version: &'static SupportedProtocolVersion,
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate(root)).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        Arc::new(match name {
            Some(name) => {
                let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key"))).unwrap();
                builder.with_client_auth_cert(vec![self.certificate(name)], key).unwrap()
            }
            None => builder.with_no_client_auth(),
        })
    }

    fn client(&self, name: Option<&str>) -> Arc<ClientConfig> {
        self.client_of("root", name, &TLS13)
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request over a connection of its own.
fn exchange(address: SocketAddr, client: Arc<ClientConfig>, request: &str) -> io::Result<Answer> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LONG))?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let session = ClientConnection::new(client, name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(session, stream);
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    // Clients here keep what they would need for that.
    assert_ne!(stream.conn.handshake_kind(), Some(HandshakeKind::Resumed), "no session is taken up again");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, head, body: answer[end + 4..].to_vec() })
}

/// A service that listens.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<io::Result<()>>,
}

impl Running {
    async fn start(state: AppState, files: TlsFiles) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve_tls(state, listener, Tls::open(files).unwrap(), async {
            let _ = stopped.await;
        }));
        Self { address, stop, server }
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }

    async fn send(&self, client: Arc<ClientConfig>, request: String) -> io::Result<Answer> {
        let address = self.address;
        tokio::task::spawn_blocking(move || exchange(address, client, &request)).await.unwrap()
    }

    async fn get(&self, client: Arc<ClientConfig>, path: &str) -> io::Result<u16> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        self.send(client, request).await.map(|answer| answer.status)
    }

    async fn post(&self, client: Arc<ClientConfig>, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        self.send(client, request).await.unwrap()
    }

    /// A new assertion, sent over a connection with this certificate.
    async fn token(&self, client: Arc<ClientConfig>, gate: &Gate, id: &str, key: &SigningKey) -> Answer {
        let body = form(&signed(key, None, &claims(gate, id, now())));
        self.post(client, "/v1/token", "Content-Type: application/x-www-form-urlencoded\r\n", &body).await
    }

    /// What is said to a call that lacks everything but the token: 400 if the token is taken.
    async fn call(&self, client: Arc<ClientConfig>, token: &str) -> u16 {
        let headers = format!("Authorization: Bearer {token}\r\n");
        let answer = self.post(client, "/v1/shared/licenses", &headers, "{}").await;
        let asks = answer.head.to_ascii_lowercase().contains("www-authenticate: bearer");
        assert_eq!(asks, answer.status == 401, "{}", answer.head);
        answer.status
    }

    /// The same of GB/T 36906: `head.status`.
    async fn operation(&self, client: Arc<ClientConfig>, token: &str, id: &str) -> String {
        let body = json!({ "accessId": id, "accessToken": token, "data": {} }).to_string();
        let answer = self.post(client, "/gbt36906/queryCertInfo", "", &body).await;
        answer.json()["head"]["status"].as_str().unwrap().to_owned()
    }
}

/// A service with one client.
struct Site {
    papers: Papers,
    prefecture: Prefecture,
    key: SigningKey,
}

const ID: &str = "market-1";

impl Site {
    fn new() -> Option<Self> {
        let papers = Papers::new()?;
        let (prefecture, key) = (Prefecture::new(), client_key(Algorithm::Es256));
        let of = client(ID, market(), &[SharingScope::Departments], &key);
        prefecture.home.add_client(of, &words(now())).unwrap();
        Some(Self { papers, prefecture, key })
    }

    /// Starts it, asking for certificates in this way.
    async fn start(&self, certificates: CertificateUse) -> (Running, Arc<Gate>) {
        let gate = Arc::new(gate(&self.prefecture.home).with_certificates(certificates));
        let state = Served::new(&self.prefecture).state.with_gate(Arc::clone(&gate));
        (Running::start(state, self.papers.files("service")).await, gate)
    }
}

fn token_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.head);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// What comes back to bytes that are no TLS, until the service ends the connection.
fn plain(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A reset is an end too; waiting is none.
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert!(!matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
    }
    answer
}

#[tokio::test]
async fn tls_is_spoken_and_nothing_else() {
    let Some(site) = Site::new() else { return };
    let (running, _) = site.start(CertificateUse::Optional).await;
    for version in [&TLS12, &TLS13] {
        let client = site.papers.client_of("root", None, version);
        assert_eq!(running.get(client, "/openapi.json").await.unwrap(), 200, "{version:?}");
    }
    // Browsers are to come back over nothing else, whatever they were answered.
    for (path, status) in [("/", 200), ("/none", 404), ("/v1/meter", 401)] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = running.send(site.papers.client(None), request).await.unwrap();
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.head.contains("\r\nstrict-transport-security: max-age=31536000"), "{}", answer.head);
    }
    let mistrusts = site.papers.client_of("other", None, &TLS13);
    assert!(running.get(mistrusts, "/openapi.json").await.is_err());
    let address = running.address;
    for bytes in [&b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"[..], &[0; 64], b"\x16\x03\x01\xff\xff"] {
        let answer = tokio::task::spawn_blocking(move || plain(address, bytes)).await.unwrap();
        assert!(!answer.windows(4).any(|four| four == b"HTTP"), "{answer:?}");
    }
    assert_eq!(running.get(site.papers.client(None), "/openapi.json").await.unwrap(), 200, "it goes on");
    running.end().await;
}

/// Says that something was posted.
struct Told(Mutex<Sender<()>>);

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Told(..)")
    }
}

impl Transport for Told {
    fn post(&self, _: &str, _: &str, _: &[u8], _: usize) -> Result<Vec<u8>, TransportError> {
        unreachable!("every status is looked at")
    }

    fn exchange(&self, _: &str, _: &str, _: &[u8], _: usize) -> Result<(u16, Vec<u8>), TransportError> {
        let _ = self.0.lock().unwrap().send(());
        Ok((200, Vec::new()))
    }

    fn get(&self, _: &str, _: usize) -> Result<Vec<u8>, TransportError> {
        unreachable!("nothing is fetched")
    }
}

#[tokio::test]
async fn notices_are_delivered_beside_tls_too() {
    let Some(site) = Site::new() else { return };
    let home = &site.prefecture.home;
    home.set_webhook(ID, wish(URL, &[WebhookKind::TrustList]), &words(now())).unwrap();
    home.renew_trust_list(&passphrase(), &words(now().plus(1))).unwrap();
    let (sender, heard) = channel();
    let webhooks = Webhooks::new(Arc::new(Told(Mutex::new(sender))), hosts(&["agency.example"]));
    let served = Served::new(&site.prefecture);
    served.wait(1);
    let desk = Arc::new(site.prefecture.desk());
    let state = served.state.clone().with_desk(desk).with_webhooks(Arc::new(webhooks));
    let running = Running::start(state, site.papers.files("service")).await;
    tokio::task::spawn_blocking(move || heard.recv_timeout(LONG)).await.unwrap().unwrap();
    running.end().await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_opens_no_connection() {
    let Some(site) = Site::new() else { return };
    let (running, _) = site.start(CertificateUse::Optional).await;
    for version in [&TLS12, &TLS13] {
        let client = |name| site.papers.client_of("root", Some(name), version);
        assert!(running.get(client("stranger"), "/openapi.json").await.is_err());
        assert_eq!(running.get(client("one"), "/openapi.json").await.unwrap(), 200);
    }
    running.end().await;
}

#[tokio::test]
async fn a_token_is_good_over_connections_with_the_same_certificate_only() {
    let Some(site) = Site::new() else { return };
    let (running, gate) = site.start(CertificateUse::Optional).await;
    let [none, one, two] = [None, Some("one"), Some("two")].map(|name| site.papers.client(name));
    let bound = token_of(&running.token(Arc::clone(&one), &gate, ID, &site.key).await);
    let free = token_of(&running.token(Arc::clone(&none), &gate, ID, &site.key).await);
    for (token, client, status, head) in [
        (&bound, &one, 400, "12"),
        (&bound, &none, 401, "11"),
        (&bound, &two, 401, "11"),
        (&free, &none, 400, "12"),
        (&free, &two, 400, "12"),
    ] {
        assert_eq!(running.call(Arc::clone(client), token).await, status);
        assert_eq!(running.operation(Arc::clone(client), token, ID).await, head);
    }
    // A call of clerks: it is of the other kind, over whatever connection.
    let headers = format!("Authorization: Bearer {bound}\r\n");
    let clerks = running.post(Arc::clone(&two), "/v1/holders/licenses", &headers, "{}").await;
    assert_eq!(clerks.status, 403);
    // Registered with its certificate, the client is given nothing over other ones.
    let digest = site.papers.digest("two");
    site.prefecture.home.certify_client(ID, vec![digest], &words(now())).unwrap();
    for client in [&none, &one] {
        let refused = running.token(Arc::clone(client), &gate, ID, &site.key).await;
        assert_eq!((refused.status, &refused.json()["error"]), (401, &json!("invalid_client")));
        assert_eq!(running.call(Arc::clone(client), &bound).await, 401);
    }
    let of_two = token_of(&running.token(Arc::clone(&two), &gate, ID, &site.key).await);
    assert_eq!(running.call(two, &of_two).await, 400);
    running.end().await;
}

#[tokio::test]
async fn where_certificates_are_required_calls_of_clients_need_one_and_public_ones_do_not() {
    let Some(site) = Site::new() else { return };
    let (running, gate) = site.start(CertificateUse::Required).await;
    let [none, one] = [None, Some("one")].map(|name| site.papers.client(name));
    for path in ["/verify", "/window", "/openapi.json"] {
        assert_eq!(running.get(Arc::clone(&none), path).await.unwrap(), 200, "{path}");
    }
    assert_eq!(running.post(Arc::clone(&none), "/v1/verify", "", "no license").await.status, 200);
    let refused = running.token(Arc::clone(&none), &gate, ID, &site.key).await;
    assert_eq!((refused.status, &refused.json()["error"]), (401, &json!("invalid_client")));
    assert!(refused.json()["error_description"].as_str().unwrap().contains("certificate"));
    let bound = token_of(&running.token(Arc::clone(&one), &gate, ID, &site.key).await);
    assert_eq!(running.call(Arc::clone(&none), &bound).await, 401);
    assert_eq!(running.operation(none, &bound, ID).await, "11");
    assert_eq!(running.call(one, &bound).await, 400);
    running.end().await;
}

#[tokio::test]
async fn files_that_are_replaced_are_taken_in_and_useless_ones_are_not() {
    let Some(site) = Site::new() else { return };
    let papers = &site.papers;
    papers.put("service.pem", "serving.pem");
    papers.put("service.key", "serving.key");
    let state = Served::new(&site.prefecture).state;
    let running = Running::start(state, papers.files("serving")).await;
    let [before, after] = ["root", "other"].map(|root| papers.client_of(root, None, &TLS13));
    let served = async |client: &Arc<ClientConfig>| running.get(Arc::clone(client), "/openapi.json").await;
    // Longer than until the next look.
    let looked = || tokio::time::sleep(Duration::from_millis(2500));
    papers.put("moved.key", "serving.key");
    looked().await;
    assert_eq!(served(&before).await.unwrap(), 200, "the key is of another certificate");
    papers.write("serving.pem", b"nonsense");
    looked().await;
    assert_eq!(served(&before).await.unwrap(), 200);
    assert!(served(&after).await.is_err());
    papers.put("moved.pem", "serving.pem");
    let begun = std::time::Instant::now();
    while served(&after).await.is_err() {
        assert!(begun.elapsed() < LONG, "the new certificate is not taken in");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(served(&before).await.is_err());
    running.end().await;
}

#[test]
fn files_that_are_of_no_use_are_refused_at_the_start() {
    let Some(papers) = Papers::new() else { return };
    papers.write("empty.pem", b"");
    papers.write("cut.pem", &std::fs::read(papers.path("root.pem")).unwrap()[..200]);
    let error = |change: &dyn Fn(&mut TlsFiles)| {
        let mut files = papers.files("service");
        change(&mut files);
        Tls::open(files).unwrap_err()
    };
    Tls::open(papers.files("service")).unwrap();
    let certificate = |name: &'static str| error(&|files| files.certificate = papers.path(name));
    assert!(matches!(certificate("absent.pem"), TlsError::File { .. }));
    assert!(matches!(certificate("service.key"), TlsError::Certificates { .. }));
    assert!(matches!(certificate("empty.pem"), TlsError::Certificates { .. }));
    assert!(matches!(certificate("cut.pem"), TlsError::Certificates { .. }));
    assert!(matches!(certificate("one.pem"), TlsError::Pair(_)), "it is of another key");
    let key = |name: &'static str| error(&|files| files.key = papers.path(name));
    assert!(matches!(key("absent.key"), TlsError::File { .. }));
    assert!(matches!(key("service.pem"), TlsError::Key { .. }));
    let authority = |name: &'static str| error(&|files| files.client_ca = Some(papers.path(name)));
    assert!(matches!(authority("absent.pem"), TlsError::File { .. }));
    assert!(matches!(authority("empty.pem"), TlsError::Certificates { .. }));
}
