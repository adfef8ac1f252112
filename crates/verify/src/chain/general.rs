//! General names (RFC 5280 §4.2.1.6).

use super::der::{Cursor, Element, only, tag};
use super::name::Name;

/// One general name. Text is as it stands, checked where it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GeneralName {
    Email(Vec<u8>),
    Dns(Vec<u8>),
    Directory(Name),
    Uri(Vec<u8>),
    /// An address, or in a constraint an address and its mask.
    Ip(Vec<u8>),
    /// A form that is not compared: its tag's number.
    Other(u8),
}

impl GeneralName {
    /// The name, if it is that of an entry of a directory.
    pub(crate) fn directory(self) -> Option<Name> {
        match self {
            Self::Directory(name) => Some(name),
            Self::Email(_) | Self::Dns(_) | Self::Uri(_) | Self::Ip(_) | Self::Other(_) => None,
        }
    }

    /// `None` if the element is no general name.
    pub(crate) fn read(element: Element<'_>) -> Option<Self> {
        let content = element.content;
        Some(match element.tag {
            0x81 => Self::Email(ascii(content)?),
            0x82 => Self::Dns(ascii(content)?),
            0xa4 => {
                only(content, tag::SEQUENCE)?;
                Self::Directory(Name::read(content))
            }
            0x86 => Self::Uri(ascii(content)?),
            0x87 => Self::Ip(content.to_vec()),
            0xa0 => Self::Other(0),
            0xa3 => Self::Other(3),
            0xa5 => Self::Other(5),
            0x88 => Self::Other(8),
            _ => return None,
        })
    }

    /// All names of a row, at least one.
    pub(crate) fn read_all(mut items: Cursor<'_>) -> Option<Vec<Self>> {
        let mut names = Vec::new();
        while !items.is_empty() {
            names.push(Self::read(items.next()?)?);
        }
        (!names.is_empty()).then_some(names)
    }

    /// Number of its form in `GeneralName`.
    pub(crate) fn form(&self) -> u8 {
        match self {
            Self::Email(_) => 1,
            Self::Dns(_) => 2,
            Self::Directory(_) => 4,
            Self::Uri(_) => 6,
            Self::Ip(_) => 7,
            Self::Other(form) => *form,
        }
    }
}

fn ascii(bytes: &[u8]) -> Option<Vec<u8>> {
    bytes.is_ascii().then(|| bytes.to_vec())
}

/// Whether the text is a host name in its preferred form (RFC 1034 §3.5, underscores let pass), `*` as first label if
/// `wildcard`.
pub(crate) fn is_host(text: &[u8], wildcard: bool) -> bool {
    let text = if wildcard { text.strip_prefix(b"*.").unwrap_or(text) } else { text };
    let label = |label: &[u8]| {
        let letters = label.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-' || *c == b'_');
        (1..=63).contains(&label.len()) && letters && label[0] != b'-' && label[label.len() - 1] != b'-'
    };
    !text.is_empty() && text.len() <= 253 && text.split(|c| *c == b'.').all(label)
}

/// Local part and host of a mailbox.
pub(crate) fn mailbox(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().rposition(|c| *c == b'@')?;
    let (local, host) = (&text[..at], &text[at + 1..]);
    let plain = local.iter().all(|c| c.is_ascii_graphic() && !b"@()<>,;:\\\"[]".contains(c));
    (!local.is_empty() && plain && is_host(host, false)).then_some((local, host))
}

/// The host of a URI's authority; `None` if it has none, or an address.
pub(crate) fn host_of_uri(uri: &[u8]) -> Option<&[u8]> {
    let start = uri.windows(3).position(|part| part == b"://")? + 3;
    let authority = &uri[start..];
    let end = authority.iter().position(|c| b"/?#".contains(c)).unwrap_or(authority.len());
    let authority = &authority[..end];
    let host = authority.rsplit(|c| *c == b'@').next()?;
    let host = host.split(|c| *c == b':').next()?;
    let is_address = host.iter().all(|c| c.is_ascii_digit() || *c == b'.');
    (!is_address && is_host(host, false)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in ["a", "example.com", "xn--fiq.cn", "*.example.com", "a_b.c"] {
            assert!(is_host(good.as_bytes(), true), "{good}");
        }
        for bad in ["", ".", "a.", ".a", "a..b", "-a.b", "a-.b", "a b", "*", "*.", "a.*.b", "f*.b", "*.*.b"] {
            assert!(!is_host(bad.as_bytes(), true), "{bad}");
        }
        assert!(!is_host(b"*.a", false));
        let label = |letters: usize| "a".repeat(letters);
        assert!(is_host(label(63).as_bytes(), false) && !is_host(label(64).as_bytes(), false));
        let of_253 = "a.".repeat(126) + "a";
        assert!(is_host(of_253.as_bytes(), false) && !is_host(format!("a{of_253}").as_bytes(), false));
        assert_eq!(host_of_uri(b"http://u:p@host.a:80/x?y"), Some(&b"host.a"[..]));
        for none in ["mailto:a@b", "http://1.2.3.4/", "http://[::1]/", "http://", "x"] {
            assert_eq!(host_of_uri(none.as_bytes()), None, "{none}");
        }
        assert_eq!(mailbox(b"A@b.c"), Some((&b"A"[..], &b"b.c"[..])));
        for none in ["a", "@b", "a@", "a b@c", "a@b@c"] {
            assert_eq!(mailbox(none.as_bytes()), None, "{none}");
        }
    }
}
