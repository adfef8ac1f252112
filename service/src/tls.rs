//! TLS: certificate and key from files that may be replaced while the service runs, and what clients present.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use boyin::FileStamp;
use boyin::access::CertificateDigest;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The one protocol that is spoken within TLS.
const PROTOCOL: &[u8] = b"http/1.1";

/// Where the service finds what it needs for TLS. All files are PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Its certificate, then those of the authorities above it.
    pub certificate: PathBuf,
    /// The private key of the certificate: PKCS#8, SEC 1 or PKCS#1, without a passphrase.
    pub key: PathBuf,
    /// The authorities whose certificates clients may present; without it none is asked for.
    pub client_ca: Option<PathBuf>,
}

/// Why a service cannot speak TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read", .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// No certificates, or damaged ones.
    #[error("{} holds no certificates in PEM", .path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
    },
    /// No private key, or one under a passphrase.
    #[error("{} holds no private key in PEM, or one under a passphrase", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// A certificate of an authority that cannot be one.
    #[error("{} holds a certificate that cannot be an authority for clients", .path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// The authorities cannot be used together.
    #[error("the authorities for clients cannot be used")]
    Authorities(#[from] VerifierBuilderError),
    /// Certificate and key are of no use.
    #[error("certificate and key cannot be used, or do not belong together")]
    Pair(#[source] rustls::Error),
}

fn of_pem(error: pem::Error, path: &Path, other: impl FnOnce(PathBuf) -> TlsError) -> TlsError {
    let path = path.to_owned();
    if let pem::Error::Io(source) = error { TlsError::File { path, source } } else { other(path) }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let none = |path| TlsError::Certificates { path };
    let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = found.map_err(|error| of_pem(error, path, none))?;
    if found.is_empty() { Err(none(path.to_owned())) } else { Ok(found) }
}

/// Takes certificates of these authorities, and connections without one: what needs one says so itself.
fn client_verifier(
    path: &Path,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(path)? {
        let authority = roots.add(authority);
        authority.map_err(|source| TlsError::Authority { path: path.to_owned(), source })?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    Ok(verifier.allow_unauthenticated().build()?)
}

impl TlsFiles {
    fn stamps(&self) -> [FileStamp; 3] {
        // Without the last one the second stands for it.
        let authorities = self.client_ca.as_ref().unwrap_or(&self.key);
        [&self.certificate, &self.key, authorities].map(|path| FileStamp::of(path))
    }

    fn read(&self) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| of_pem(error, &self.key, |path| TlsError::Key { path }))?;
        // TLS 1.3 and 1.2.
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Pair)?;
        let builder = match &self.client_ca {
            Some(path) => builder.with_client_cert_verifier(client_verifier(path, provider)?),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(TlsError::Pair)?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        // A session that is taken up again would bring a certificate along that nobody verifies any more.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }
}

struct Known {
    stamps: [FileStamp; 3],
    config: Arc<ServerConfig>,
}

/// TLS of a service. Files that are replaced are taken in by new connections within [`REFRESH_SECONDS`](crate::REFRESH_SECONDS).
pub struct Tls {
    files: TlsFiles,
    known: Mutex<Known>,
}

/// Prints no key.
impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let stamps = files.stamps();
        let config = Arc::new(files.read()?);
        Ok(Self { files, known: Mutex::new(Known { stamps, config }) })
    }

    /// Takes in files that are others now. What cannot be used leaves those before in use: of two files one is always replaced first.
    pub(crate) fn renew(&self) {
        let stamps = self.files.stamps();
        if self.known().stamps == stamps {
            return;
        }
        let read = self.files.read();
        let mut known = self.known();
        match read {
            Ok(config) => {
                *known = Known { stamps, config: Arc::new(config) };
                tracing::info!("certificate and key of TLS were read again");
            }
            Err(error) => {
                // What the disk refuses it may give the next time, with the files as they are.
                if !matches!(error, TlsError::File { .. }) {
                    known.stamps = stamps;
                }
                tracing::error!(%error, "new files of TLS cannot be used; those before stay in use");
            }
        }
    }

    /// Agrees with a client, for so long at most.
    ///
    /// # Errors
    /// What keeps the two from speaking TLS: another protocol, a certificate of others, the end of the time.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        patience: Duration,
    ) -> io::Result<(TlsStream<S>, Peer)> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.known().config));
        let stream = tokio::time::timeout(patience, acceptor.accept(stream)).await??;
        let (_, session) = stream.get_ref();
        let presented = session.peer_certificates().and_then(|chain| chain.first());
        let peer = Peer(presented.map(|certificate| CertificateDigest::of(certificate)));
        Ok((stream, peer))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the connection of a request proves: the certificate that the client presented and that is one of its authorities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) Option<CertificateDigest>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // A request that came over no connection proves nothing.
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_default())
    }
}
