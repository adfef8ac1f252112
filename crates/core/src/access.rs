//! Agencies' systems as clients of the service: who they are, how they prove it, and what they are given for a short while.
//!
//! | part | what it is |
//! |---|---|
//! | [`Client`] | a system of an agency, with public keys that end, and what it may ask; in `clients.toml` |
//! | [`Gate`] | takes a signed assertion, gives an access token of ten minutes, and knows its own tokens again |
//! | [`CertificateDigest`] | the certificate that a client connects with: its tokens are good with that one only |
//! | [`Authorizations`] | codes by which a holder lets an agency see one license type, once, for one purpose |
//!
//! No secret is stored: clients keep their private keys, and the key that signs access tokens is made when a [`Gate`] is, and
//! ends with it (`docs/decisions/0015`).

mod authorization;
mod certificate;
mod clients;
mod gate;
mod refusal;

pub use self::authorization::{
    AUTHORIZATION_SECONDS, Authorization, AuthorizationCode, AuthorizationFault, Authorizations,
    MAX_AUTHORIZATIONS, MAX_AUTHORIZATIONS_OF_CLERK, MAX_AUTHORIZATIONS_OF_HOLDER, ReservedCode,
};
pub(crate) use self::authorization::{Asked, Used};
pub use self::certificate::{CertificateDigest, CertificateUse};
pub use self::clients::{
    Client, ClientError, ClientFault, ClientKey, ClientScope, Clients, MAX_CLIENT_CERTIFICATES,
    MAX_CLIENT_KEY_DAYS, MAX_CLIENT_KEYS, MAX_CLIENT_NAME_CHARS, MAX_CLIENTS,
};
pub use self::gate::{
    ACCESS_TOKEN_SECONDS, AHEAD_SECONDS, Caller, Gate, Granted, MAX_ACCESS_TOKEN_BYTES, MAX_SEEN_OF_CLIENT,
    TOKEN_PATH, TokenAsk,
};
pub use self::refusal::{AssertionRefusal, TokenRefusal};
