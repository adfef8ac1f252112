//! How a certificate, a list or an answer names the algorithm of its signature.

use boyin_model::alg::AlgId;

use super::der::{Cursor, only, tag};

/// id-RSASSA-PSS (RFC 4055 §3.1).
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
/// id-mgf1 (RFC 4055 §2.2).
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
/// SHA-256, SHA-384 and SHA-512, each with its length in bytes, which is that of the salt.
const PSS_DIGESTS: [(&[u8], u8); 3] = [
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1], 32),
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2], 48),
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3], 64),
];

/// The algorithm of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// The object identifier says all: the content of its DER.
    Whole(Vec<u8>),
    /// RSASSA-PSS with the digest of this object identifier, which is MGF1's too, and a salt of its length.
    Pss(&'static [u8]),
    /// RSASSA-PSS with other parameters: never accepted.
    OtherPss,
}

impl Algorithm {
    /// From an `AlgorithmIdentifier` (RFC 5280 §4.1.1.2), the whole of it.
    pub(super) fn read(identifier: &[u8]) -> Option<Self> {
        let mut items = only(identifier, tag::SEQUENCE)?;
        let oid = items.take(tag::OID)?.content;
        let parameters = if items.is_empty() { None } else { Some(items.next()?.raw) };
        Some(Self::of(oid, parameters))
    }

    /// From an object identifier (content) and the parameters beside it (an element).
    pub(super) fn of(oid: &[u8], parameters: Option<&[u8]>) -> Self {
        match parameters.and_then(pss_digest) {
            _ if oid != RSASSA_PSS => Self::Whole(oid.to_vec()),
            Some(digest) => Self::Pss(digest),
            None => Self::OtherPss,
        }
    }

    /// Whether it is the algorithm of that object.
    pub(super) fn is(&self, id: &AlgId) -> bool {
        let pss = id.pss.as_ref().map(|digest| digest.as_bytes());
        match self {
            Self::Whole(oid) => pss.is_none() && id.oid.is_some_and(|known| known.as_bytes() == oid),
            Self::Pss(digest) => pss == Some(digest),
            Self::OtherPss => false,
        }
    }
}

/// What an RSA key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RsaUse {
    /// rsaEncryption: PKCS#1 v1.5 and PSS.
    Any,
    /// id-RSASSA-PSS: PSS alone.
    Pss,
    /// id-RSASSA-PSS with parameters (RFC 4055 §3.3): PSS with this digest alone.
    PssWith(&'static [u8]),
}

impl RsaUse {
    /// Of a key named by this object identifier (content) and these parameters; `None` if it is none of RSA, or limited
    /// to what is not accepted.
    pub(super) fn of(oid: &[u8], parameters: Option<&[u8]>) -> Option<Self> {
        match parameters {
            _ if oid != RSASSA_PSS => None,
            None => Some(Self::Pss),
            Some(parameters) => pss_digest(parameters).map(Self::PssWith),
        }
    }

    pub(super) fn allows(self, id: &AlgId) -> bool {
        match self {
            Self::Any => true,
            Self::Pss => id.pss.is_some(),
            Self::PssWith(digest) => id.pss.is_some_and(|known| known.as_bytes() == digest),
        }
    }
}

/// The digest of `RSASSA-PSS-params` (RFC 4055 §3.1), if everything else is as it is accepted here: MGF1 with the same
/// digest, a salt of its length, the one trailer. What is left out is SHA-1 and 20 bytes.
fn pss_digest(parameters: &[u8]) -> Option<&'static [u8]> {
    let mut items = only(parameters, tag::SEQUENCE)?;
    let named = digest(items.take(tag::constructed(0))?.content)?;
    let mut mask = only(items.take(tag::constructed(1))?.content, tag::SEQUENCE)?;
    (mask.take(tag::OID)?.content == MGF1).then_some(())?;
    let masked = digest(mask.next()?.raw)?;
    mask.end()?;
    let salt = integer(items.take(tag::constructed(2))?.content)?;
    let trailer = match items.option(tag::constructed(3))? {
        Some(trailer) => integer(trailer.content)?,
        None => 1,
    };
    items.end()?;
    (named == masked && salt == named.1 && trailer == 1).then_some(named.0)
}

/// A digest's `AlgorithmIdentifier`, with parameters absent or NULL (RFC 4055 §2.1).
fn digest(identifier: &[u8]) -> Option<(&'static [u8], u8)> {
    let mut items = only(identifier, tag::SEQUENCE)?;
    let oid = items.take(tag::OID)?.content;
    if !items.is_empty() {
        (items.next()?.raw == [5, 0]).then_some(())?;
    }
    items.end()?;
    PSS_DIGESTS.into_iter().find(|(known, _)| *known == oid)
}

/// A number of one byte; what would be a negative one is beyond every salt and trailer.
fn integer(element: &[u8]) -> Option<u8> {
    let mut items = Cursor::new(element);
    let content = items.take(tag::INTEGER)?.content;
    items.end()?;
    match content {
        [number] => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_limited_to_pss_by_its_own_identifier_alone() {
        let rsa_encryption = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
        for parameters in [None, Some(&[5, 0][..])] {
            assert_eq!(RsaUse::of(&rsa_encryption, parameters), None, "{parameters:?}");
        }
        assert_eq!(RsaUse::of(RSASSA_PSS, None), Some(RsaUse::Pss));
    }
}
