use boyin_model::jws::JwsError;

/// Why no access token is given. In the order of the checks; until the signature is verified, and for claims that cannot be read,
/// callers are told only that the client is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssertionRefusal {
    /// It is no assertion.
    #[error("the assertion is no JWS with the header and the claims that are asked for")]
    Malformed,
    /// `clients.toml` cannot be read.
    #[error("the clients cannot be read: the operator's log says why")]
    ClientsUnreadable,
    /// No client has this key.
    #[error("no client has the key that the assertion names")]
    UnknownKey,
    /// The key is not yet good, or no longer.
    #[error("the key is not in its time: register the next one with `boyin client rotate`")]
    KeyOutOfTime,
    /// `alg` is not that of the key.
    #[error("the algorithm is not that of the key")]
    OtherAlgorithm,
    /// The signature does not match.
    #[error("the signature does not match")]
    BadSignature,
    /// `iss` or `sub` is somebody else than whose key it is.
    #[error("iss and sub have to be the client whose key signed")]
    OtherClient,
    /// It is made for another endpoint.
    #[error("aud has to be the address of this token endpoint, and nothing else")]
    OtherAudience,
    /// Its end is past.
    #[error("the assertion has ended")]
    Expired,
    /// It would last too long.
    #[error("the assertion lasts longer than 300 seconds")]
    LastsTooLong,
    /// It is made later than now.
    #[error("the assertion is made later than now: see the clock")]
    FromFuture,
    /// It may have been used before this process started.
    #[error("the service has just started and takes assertions that were made since: make a new one")]
    BeforeStart,
    /// The ID was used.
    #[error("the ID (jti) was used before")]
    Replayed,
    /// So many came that no other one is taken for so many seconds.
    #[error("too many assertions in a short time: again in {0} s")]
    TooMany(u64),
    /// The request names another client than the assertion.
    #[error("client_id has to be the client that the assertion is of")]
    OtherClientId,
    /// No certificate came with the connection.
    #[error("connect with a certificate: this service gives tokens over such connections only")]
    CertificateMissing,
    /// The connection has no certificate that the client is registered with.
    #[error("connect with the certificate that the client is registered with")]
    OtherCertificate,
    /// A scope that the client does not have.
    #[error("the client may not have this scope")]
    OtherScope,
    /// No token could be signed.
    #[error("the token could not be signed")]
    NotSigned,
}

impl AssertionRefusal {
    /// Stable machine code, for logs and tests.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::ClientsUnreadable => "clients_unreadable",
            Self::UnknownKey => "unknown_key",
            Self::KeyOutOfTime => "key_out_of_time",
            Self::OtherAlgorithm => "other_algorithm",
            Self::BadSignature => "bad_signature",
            Self::OtherClient => "other_client",
            Self::OtherAudience => "other_audience",
            Self::Expired => "expired",
            Self::LastsTooLong => "lasts_too_long",
            Self::FromFuture => "from_future",
            Self::BeforeStart => "before_start",
            Self::Replayed => "replayed",
            Self::TooMany(_) => "too_many",
            Self::OtherClientId => "other_client_id",
            Self::CertificateMissing => "certificate_missing",
            Self::OtherCertificate => "other_certificate",
            Self::OtherScope => "other_scope",
            Self::NotSigned => "not_signed",
        }
    }

    /// Whether it is known by then that the client sent it, so that it can be told what is wrong.
    #[must_use]
    pub const fn after_signature(self) -> bool {
        match self {
            Self::Malformed
            | Self::ClientsUnreadable
            | Self::UnknownKey
            | Self::KeyOutOfTime
            | Self::OtherAlgorithm
            | Self::BadSignature => false,
            Self::OtherClient
            | Self::OtherAudience
            | Self::Expired
            | Self::LastsTooLong
            | Self::FromFuture
            | Self::BeforeStart
            | Self::Replayed
            | Self::TooMany(_)
            | Self::OtherClientId
            | Self::CertificateMissing
            | Self::OtherCertificate
            | Self::OtherScope
            | Self::NotSigned => true,
        }
    }
}

impl From<JwsError> for AssertionRefusal {
    fn from(_: JwsError) -> Self {
        Self::Malformed
    }
}

/// Why an access token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRefusal {
    /// It is none, is signed by another key or was changed.
    #[error("no access token of this service")]
    NotOurs,
    /// Its end is past.
    #[error("the token has ended")]
    Expired,
    /// The client, or the key or certificate that it proved itself with, is there no longer.
    #[error("the client, its key or its certificate was withdrawn")]
    Withdrawn,
    /// It is bound to no certificate, and the service takes no such tokens.
    #[error("the token is bound to no certificate")]
    CertificateMissing,
    /// It is bound to another certificate than that of the connection.
    #[error("the token is bound to another certificate than that of the connection")]
    OtherCertificate,
    /// `clients.toml` cannot be read.
    #[error("the clients cannot be read")]
    ClientsUnreadable,
}

impl TokenRefusal {
    /// Stable machine code, for logs and tests.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotOurs => "not_ours",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::CertificateMissing => "certificate_missing",
            Self::OtherCertificate => "other_certificate",
            Self::ClientsUnreadable => "clients_unreadable",
        }
    }
}
