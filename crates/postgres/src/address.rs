//! Where the server is, and what must not be asked of it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::error::Fault;

/// The schema, unless another is named.
pub const DEFAULT_SCHEMA: &str = "boyin";

/// Longest name of a schema; servers cut off longer ones without a word.
const MAX_SCHEMA: usize = 63;
/// How long a server may take to answer a new connection, unless the address says.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what was sent may stay unacknowledged before the connection counts as lost, unless the address says.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Over which network a server may be reached. There is no TLS here, and what goes over the wire are sealed values, but
/// also keys of entries, identifiers among them, and the password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Only this machine: a Unix socket or a loopback address. The other end of a tunnel may listen there.
    #[default]
    ThisMachine,
    /// Any, in the clear: somebody else has seen to it that nobody listens or changes anything on the way.
    Trusted,
}

/// A database, and the schema in it that holds one archive.
#[derive(Clone)]
pub struct Address {
    config: Config,
    schema: Arc<str>,
}

/// Why an address cannot be used.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// Neither `host=… dbname=…` nor `postgresql://…`. What is wrong is not shown: it may hold a password.
    #[error("the address of the database is not of the form `host=/run/postgresql dbname=boyin user=boyin`")]
    Syntax,
    /// It holds a password, which would be in every copy of the configuration.
    #[error(
        "the address of the database holds a password: keep it in BOYIN_STORE_PASSWORD or in a file of its own"
    )]
    Password,
    /// No server.
    #[error("the address of the database names no host")]
    NoHost,
    /// No database: a default would depend on who runs the command.
    #[error("the address of the database names no dbname")]
    NoDatabase,
    /// No user, for the same reason.
    #[error("the address of the database names no user")]
    NoUser,
    /// Another machine.
    #[error(
        "{host} is not this machine, and the connection is not encrypted: use a tunnel that ends here, or say that the \
         network is trusted"
    )]
    NotThisMachine {
        /// Which.
        host: String,
    },
    /// The name of a schema.
    #[error(
        "the schema is named by 1 to 63 of a–z, 0–9 and _, the first one a letter; not by public or pg_…"
    )]
    Schema,
}

impl AddressError {
    /// Stable code for logs and callers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax => "store_address_syntax",
            Self::Password => "store_address_password",
            Self::NoHost => "store_address_host",
            Self::NoDatabase => "store_address_database",
            Self::NoUser => "store_address_user",
            Self::NotThisMachine { .. } => "store_address_not_this_machine",
            Self::Schema => "store_address_schema",
        }
    }
}

impl Address {
    /// Reads an address as `libpq` has them: `host=/run/postgresql dbname=boyin user=boyin`, or a URL.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str, network: Network) -> Result<Self, AddressError> {
        let mut config: Config = text.parse().map_err(|_: tokio_postgres::Error| AddressError::Syntax)?;
        if config.get_password().is_some() {
            return Err(AddressError::Password);
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(AddressError::NoHost);
        }
        if config.get_dbname().is_none() {
            return Err(AddressError::NoDatabase);
        }
        if config.get_user().is_none() {
            return Err(AddressError::NoUser);
        }
        if network == Network::ThisMachine
            && let Some(host) = elsewhere(&config)
        {
            return Err(AddressError::NotThisMachine { host });
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED);
        }
        config.application_name("boyin");
        Ok(Self { config, schema: Arc::from(DEFAULT_SCHEMA) })
    }

    /// The same database, with another schema.
    ///
    /// # Errors
    /// [`AddressError::Schema`].
    pub fn with_schema(mut self, schema: &str) -> Result<Self, AddressError> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let fits = (1..=MAX_SCHEMA).contains(&schema.len())
            && schema.chars().all(letters)
            && schema.starts_with(|c: char| c.is_ascii_lowercase());
        if !fits || schema == "public" || schema == "information_schema" || schema.starts_with("pg_") {
            return Err(AddressError::Schema);
        }
        self.schema = Arc::from(schema);
        Ok(self)
    }

    /// With the password of its user.
    #[must_use]
    pub fn with_password(mut self, password: impl AsRef<[u8]>) -> Self {
        self.config.password(password);
        self
    }

    /// The address, unless it leads to several servers: what a writer reads must be what it has written.
    pub(crate) fn of_a_writer(&self) -> Result<&Self, Fault> {
        match self.config.get_hosts().len().max(self.config.get_hostaddrs().len()) {
            0 | 1 => Ok(self),
            _ => Err(Fault::SeveralHosts),
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }
}

/// The first host that is not this machine.
fn elsewhere(config: &Config) -> Option<String> {
    // Where there are addresses, the connection goes to them and the names only tell who answers.
    if !config.get_hostaddrs().is_empty() {
        return config.get_hostaddrs().iter().find(|a| !a.is_loopback()).map(ToString::to_string);
    }
    config.get_hosts().iter().find_map(|host| match host {
        Host::Tcp(name) => {
            let here = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|a| a.is_loopback());
            (!here).then(|| name.clone())
        }
        #[cfg(unix)]
        Host::Unix(_) => None,
    })
}

/// Names no password.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("hosts", &self.config.get_hosts())
            .field("database", &self.config.get_dbname())
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}
