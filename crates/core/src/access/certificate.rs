use std::fmt;

use boyin_model::alg::{Digest32, VerifyAlg as _};
use boyin_model::b64::{self, NotBase64url};
use boyin_suite::ES256;
use serde::{Deserialize, Serialize};

/// The SHA-256 digest of a client's certificate in DER; in files and tokens as base64url without padding.
///
/// RFC 8705 §3.1 (`x5t#S256`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CertificateDigest(Digest32);

impl CertificateDigest {
    /// Of a certificate in DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        // SHA-256 is the digest of that suite.
        Self(ES256.digest(&[der]))
    }
}

impl fmt::Display for CertificateDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(&self.0))
    }
}

impl TryFrom<String> for CertificateDigest {
    type Error = NotBase64url;

    fn try_from(text: String) -> Result<Self, NotBase64url> {
        b64::decode_exact(text.as_bytes()).map(Self)
    }
}

impl From<CertificateDigest> for String {
    fn from(digest: CertificateDigest) -> Self {
        digest.to_string()
    }
}

/// Whether clients have to present a certificate when they connect. What else is asked of them stays the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CertificateUse {
    /// Whoever presents one is given tokens that are good with it only; the others are given what whoever bears them can use.
    #[default]
    Optional,
    /// Without one no token is given, and none is taken that is not bound to it.
    Required,
}

/// The certificate that a token is good with (RFC 8705 §3.1).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    #[serde(rename = "x5t#S256")]
    pub(super) certificate: CertificateDigest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_written_as_rfc_8705_has_it() {
        // SHA-256 of nothing at all.
        let digest = CertificateDigest::of(b"");
        assert_eq!(digest.to_string(), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
        let written = serde_json::to_value(Confirmation { certificate: digest }).unwrap();
        assert_eq!(written, serde_json::json!({ "x5t#S256": digest.to_string() }));
        assert_eq!(CertificateDigest::try_from(digest.to_string()), Ok(digest));
        let text = digest.to_string();
        for other in [String::new(), format!("{text}="), text.replace('-', "+"), text[1..].to_owned()] {
            assert!(CertificateDigest::try_from(other.clone()).is_err(), "{other}");
        }
    }
}
