use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::FetchFault;

/// Characters of an address.
const MAX_ADDRESS_CHARS: usize = 2048;

/// A host that may be asked: `ca.example`, or `ca.example:8080`, or `[2001:db8::1]:8080`. Without a port only that of the
/// scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost(String);

/// The text names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write the name of a host, or its address, and a port if it is not that of the scheme: ca.example:8080, \
     [2001:db8::1]:8080"
)]
pub struct HostError;

impl FromStr for AllowedHost {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        plain(text).map(Self).ok_or(HostError)
    }
}

/// Whether the address is one of http or https at a host that may be asked.
pub(crate) fn allowed(address: &str, hosts: &[AllowedHost]) -> Result<(), FetchFault> {
    let (host, port) = authority(address).ok_or(FetchFault::Address)?;
    // The port of the scheme is none.
    let host = host.strip_suffix(port).unwrap_or(&host);
    if hosts.iter().any(|known| known.0 == host) { Ok(()) } else { Err(FetchFault::Host) }
}

/// Whether the address is one of http or https with a plain host.
pub(crate) fn is_plain_address(address: &str) -> bool {
    authority(address).is_some()
}

/// Whether the address is one of this machine, written as a number: what a name stands for others decide.
pub(crate) fn is_loopback(address: &str) -> bool {
    let Some((host, _)) = authority(address) else { return false };
    let with_port = host.parse::<SocketAddr>().map(|address| address.ip());
    let alone = || host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    with_port.or_else(|_| alone()).is_ok_and(|address| address.is_loopback())
}

/// Host and port in lower case, and how the port of the scheme is written. Names without escapes and user names only: two
/// readers of one address must not see two hosts.
fn authority(address: &str) -> Option<(String, &'static str)> {
    let clean =
        address.len() <= MAX_ADDRESS_CHARS && address.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    let (rest, port) = match (address.strip_prefix("http://"), address.strip_prefix("https://")) {
        (Some(rest), _) => (rest, ":80"),
        (None, Some(rest)) => (rest, ":443"),
        (None, None) => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = &rest[..end];
    clean.then(|| plain(host)).flatten().map(|host| (host, port))
}

/// A name of letters, digits, dots and hyphens, or an IPv6 address in brackets, and perhaps a port; in its one spelling.
fn plain(host: &str) -> Option<String> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            // The many spellings of one address are one host; a zone is none.
            (format!("[{}]", address.parse::<Ipv6Addr>().ok()?), port)
        }
        None => {
            let end = host.find(':').unwrap_or(host.len());
            let (name, port) = host.split_at(end);
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
            (!name.is_empty() && name.bytes().all(is_plain)).then(|| (name.to_ascii_lowercase(), port))?
        }
    };
    let number = port.strip_prefix(':').unwrap_or("1");
    let port_is_plain = number.parse::<u16>().is_ok_and(|number| number > 0)
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && (port.is_empty() || port.starts_with(':'));
    port_is_plain.then(|| format!("{name}{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_at_named_hosts_are_asked() {
        let hosts: Vec<AllowedHost> =
            ["ca.example", "CA.other:8080", "127.0.0.1:9", "[2001:DB8:0::1]", "[::1]:9"]
                .map(|host| host.parse().unwrap())
                .to_vec();
        for good in [
            "http://ca.example/a.crl",
            "https://CA.Example",
            "http://ca.example:80/a",
            "https://ca.example:443?x=1",
            "http://ca.other:8080/",
            "http://127.0.0.1:9/a",
            "http://[2001:db8::1]/a",
            "https://[2001:db8:0:0:0:0:0:1]:443/a",
            "http://[::1]:9/",
        ] {
            assert_eq!(allowed(good, &hosts), Ok(()), "{good}");
        }
        for other in [
            "http://ca.example.evil/a",
            "http://evil/ca.example",
            "http://evil?ca.example",
            "http://evil#ca.example",
            "http://ca.example:443/",
            "https://ca.example:80/",
            "http://ca.example:8080/",
            "http://ca.other/",
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://[2001:db8::2]/",
            "http://[2001:db8::1]:8080/",
        ] {
            assert_eq!(allowed(other, &hosts), Err(FetchFault::Host), "{other}");
        }
        for bad in [
            "ldap://ca.example/cn=x",
            "file:///ca.example",
            "ca.example",
            "http://ca.example@evil/",
            "http://evil\\@ca.example/",
            "http://ca.example%2f/",
            "http://[::1]a/",
            "http://[::1",
            "http://[fe80::1%25eth0]/",
            "http://[ca.example]/",
            "http://::1/",
            "http:///a",
            "http://ca.example:/",
            "http://ca.example:0/",
            "http://ca.example:+80/",
            "http://ca.example/a b",
            "http://ca.example/\r\nHost: evil",
            "HTTP://ca.example/",
            &format!("http://ca.example/{}", "a".repeat(2048)),
        ] {
            assert_eq!(allowed(bad, &hosts), Err(FetchFault::Address), "{bad}");
        }
        for bad in ["", "a b", "http://a", "a/b", "a:b", "a:99999", "*", "::1", "[::1", "[]", "[::1]9"] {
            assert_eq!(bad.parse::<AllowedHost>(), Err(HostError), "{bad}");
        }
    }
}
