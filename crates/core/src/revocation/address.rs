use std::str::FromStr;

use super::FetchFault;

/// Characters of an address.
const MAX_ADDRESS_CHARS: usize = 2048;

/// A host that may be asked: `ca.example`, or `ca.example:8080`. Without a port only that of the scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost(String);

/// The text names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write the name of a host, or its IPv4 address, and a port if it is not that of the scheme: ca.example:8080"
)]
pub struct HostError;

impl FromStr for AllowedHost {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        if is_plain(text) { Ok(Self(text.to_ascii_lowercase())) } else { Err(HostError) }
    }
}

/// Whether the address is one of http or https at a host that may be asked.
pub(super) fn allowed(address: &str, hosts: &[AllowedHost]) -> Result<(), FetchFault> {
    let (host, port) = authority(address).ok_or(FetchFault::Address)?;
    // The port of the scheme is none.
    let host = host.strip_suffix(port).unwrap_or(&host);
    if hosts.iter().any(|known| known.0 == host) { Ok(()) } else { Err(FetchFault::Host) }
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
    (clean && is_plain(host)).then(|| (host.to_ascii_lowercase(), port))
}

/// A name of letters, digits, dots and hyphens, and perhaps a port.
fn is_plain(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "1"));
    let name_is_plain = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let port_is_plain =
        port.parse::<u16>().is_ok_and(|number| number > 0) && port.bytes().all(|byte| byte.is_ascii_digit());
    name_is_plain && port_is_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_at_named_hosts_are_asked() {
        let hosts: Vec<AllowedHost> =
            ["ca.example", "CA.other:8080", "127.0.0.1:9"].map(|host| host.parse().unwrap()).to_vec();
        for good in [
            "http://ca.example/a.crl",
            "https://CA.Example",
            "http://ca.example:80/a",
            "https://ca.example:443?x=1",
            "http://ca.other:8080/",
            "http://127.0.0.1:9/a",
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
            "http://[::1]/",
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
        for bad in ["", "a b", "http://a", "a/b", "a:b", "a:99999", "*"] {
            assert_eq!(bad.parse::<AllowedHost>(), Err(HostError), "{bad}");
        }
    }
}
