use std::time::Duration;

use ureq::config::Config;
use ureq::http::Response;
use ureq::{Agent, Body, Error};

use super::{CONNECT_TIMEOUT, MAX_REDIRECTS, REQUEST_TIMEOUT, Transport, TransportError};

/// HTTP/1.1, over TLS for https. Proxies of the environment are not used.
#[derive(Clone, Debug)]
pub struct Http {
    agent: Agent,
}

impl Default for Http {
    fn default() -> Self {
        Self::new(CONNECT_TIMEOUT, REQUEST_TIMEOUT)
    }
}

impl Http {
    /// With other timeouts than [`CONNECT_TIMEOUT`] and [`REQUEST_TIMEOUT`].
    #[must_use]
    pub fn new(connect: Duration, request: Duration) -> Self {
        let config: Config = Agent::config_builder()
            .timeout_connect(Some(connect))
            .timeout_global(Some(request))
            .max_redirects(MAX_REDIRECTS)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent("boyin")
            .build();
        Self { agent: Agent::new_with_config(config) }
    }
}

impl Transport for Http {
    fn post(
        &self,
        url: &str,
        content_type: &str,
        body: &[u8],
        limit: usize,
    ) -> Result<Vec<u8>, TransportError> {
        let request = self.agent.post(address(url)?).header("Content-Type", content_type);
        answer(request.send(body), limit)
    }

    fn exchange(
        &self,
        url: &str,
        content_type: &str,
        body: &[u8],
        limit: usize,
    ) -> Result<(u16, Vec<u8>), TransportError> {
        let request = self.agent.post(address(url)?).header("Content-Type", content_type);
        let mut response = request.send(body).map_err(fault)?;
        match response.status().as_u16() {
            status @ 300..=399 => Err(TransportError::Redirected(status)),
            status => Ok((status, whole(&mut response, limit)?)),
        }
    }

    fn get(&self, url: &str, limit: usize) -> Result<Vec<u8>, TransportError> {
        answer(self.agent.get(address(url)?).call(), limit)
    }
}

fn address(url: &str) -> Result<&str, TransportError> {
    let is_http = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    if is_http { Ok(url) } else { Err(TransportError::Address) }
}

fn answer(response: Result<Response<Body>, Error>, limit: usize) -> Result<Vec<u8>, TransportError> {
    let mut response = response.map_err(fault)?;
    match response.status().as_u16() {
        200 => {}
        status @ 300..=399 => return Err(TransportError::Redirected(status)),
        status => return Err(TransportError::Status(status)),
    }
    whole(&mut response, limit)
}

fn whole(response: &mut Response<Body>, limit: usize) -> Result<Vec<u8>, TransportError> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    response.body_mut().with_config().limit(limit).read_to_vec().map_err(fault)
}

#[allow(
    clippy::needless_pass_by_value,
    clippy::wildcard_enum_match_arm,
    reason = "a list of other people's faults"
)]
fn fault(error: Error) -> TransportError {
    match error {
        Error::Timeout(_) => TransportError::TimedOut,
        Error::BodyExceedsLimit(_) => TransportError::TooLarge,
        Error::BadUri(_) | Error::Http(_) => TransportError::Address,
        Error::Tls(_) | Error::Rustls(_) => TransportError::Tls,
        Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => TransportError::TimedOut,
        _ => TransportError::Unreachable,
    }
}
