//! The trust list: who may issue which license type in which division, with which keys, and which seals are in force,
//! from when until when.

mod change;
mod diff;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::b64;
use crate::id::{CreditCode, DivisionCode, LicenseTypeCode};
use crate::json::{self, Reader};
use crate::jws::JwsError;
use crate::register::{Period, SealId};
use crate::time::UnixTime;

pub use change::{CertificateRole, Change, ChangeError};
pub use diff::{Difference, Effect, What};
pub(crate) use diff::{Facts, compare, span};

/// The `format` that this crate reads and writes.
pub const TRUST_LIST_FORMAT: u32 = 1;

/// Most characters of the beginning of a status list's URI, which itself has at most 255.
pub const MAX_STATUS_PREFIX_CHARS: usize = 240;

/// The claims of a trust list (`docs/format.md` §7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustList {
    /// Name of the office that keeps the list.
    pub authority: String,
    /// Division that the list is for.
    pub division: DivisionCode,
    /// [`TRUST_LIST_FORMAT`].
    pub format: u32,
    /// Grows by one with each list.
    pub sequence: u64,
    /// When the list was made.
    pub issued_at: UnixTime,
    /// From then on the list is stale.
    pub next_update: UnixTime,
    /// Who may issue.
    pub issuers: Vec<Issuer>,
    /// The seals that are or were in use, by number; absent if there are none.
    #[serde(default, deserialize_with = "some", skip_serializing_if = "Vec::is_empty")]
    pub seals: Vec<TrustedSeal>,
    /// Anchors of the certificate chains of those who make seals and those who sign with them: DER, base64url; absent if
    /// there are none.
    #[serde(default, deserialize_with = "some", skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// Certificates of makers of seals (制章人) outside the register: DER, base64url; absent if there are none.
    #[serde(default, deserialize_with = "some", skip_serializing_if = "Vec::is_empty")]
    pub makers: Vec<String>,
    /// Anchors of timestamp authorities: DER, base64url; absent if there are none.
    #[serde(default, deserialize_with = "some", skip_serializing_if = "Vec::is_empty")]
    pub timestamp_authorities: Vec<String>,
    /// Algorithms whose end is set; absent if there are none.
    #[serde(default, deserialize_with = "some", skip_serializing_if = "Vec::is_empty")]
    pub algorithms: Vec<Sunset>,
}

/// The end of an algorithm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sunset {
    /// Name of the algorithm: [`AlgId::family`](crate::alg::AlgId::family).
    pub alg: String,
    /// First instant at which nothing is signed with it any more.
    pub sign_until: UnixTime,
    /// First instant at which no signature of it counts any more, whenever it was made; absent while they do.
    ///
    /// Needed once signatures can be forged: then the instant in a document says nothing either.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub verify_until: Option<UnixTime>,
}

impl Sunset {
    /// Whether a signature that names `signed_at` still counts `now`; the limit that was missed if not.
    ///
    /// # Errors
    /// The limit.
    pub fn allows(&self, signed_at: UnixTime, now: UnixTime) -> Result<(), UnixTime> {
        if signed_at >= self.sign_until {
            return Err(self.sign_until);
        }
        match self.verify_until {
            Some(limit) if now >= limit => Err(limit),
            Some(_) | None => Ok(()),
        }
    }
}

/// A seal of the register as verifiers have to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedSeal {
    /// Number of the seal.
    pub id: SealId,
    /// The office that owns it.
    pub issuer: CreditCode,
    /// Its bytes, each time it was made, oldest first.
    pub versions: Vec<SealVersion>,
    /// When it was in use, oldest first; a gap is a suspension.
    pub in_force: Vec<Period>,
}

/// One making of a seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealVersion {
    /// Digest of the seal's bytes: `sha-256:` and 64 lower-case hexadecimal digits.
    pub digest: String,
    /// When it was made.
    pub from: UnixTime,
    /// When it was made anew or recalled; absent while these are its bytes.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
}

impl TrustedSeal {
    /// Whether the seal was in use at `at`. Says nothing about which bytes it had: that is [`Self::version_at`].
    #[must_use]
    pub fn in_force_at(&self, at: UnixTime) -> bool {
        self.in_force.iter().any(|period| period.contains(at))
    }

    /// The bytes that the seal had at `at`, if it was in use then.
    #[must_use]
    pub fn version_at(&self, at: UnixTime) -> Option<&SealVersion> {
        let version = self.versions.iter().find(|version| in_force(version.from, version.until, at))?;
        self.in_force_at(at).then_some(version)
    }
}

/// An issuer (证照颁发机构) in the trust list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Unified credit code.
    pub code: CreditCode,
    /// Name, as on its licenses.
    pub name: String,
    /// Division that the office belongs to.
    pub division: DivisionCode,
    /// Its keys, past and present.
    pub keys: Vec<IssuerKey>,
    /// What it may issue.
    pub entitlements: Vec<Entitlement>,
    /// Where its status lists are; absent if the list names none, and then nothing is asked of their URIs.
    #[serde(default, deserialize_with = "some", skip_serializing_if = "Vec::is_empty")]
    pub status_lists: Vec<StatusLists>,
}

impl Issuer {
    /// Whether a license that the issuer signed at `at` may point to the status list with this URI.
    #[must_use]
    pub fn names_status_list(&self, uri: &str, at: UnixTime) -> bool {
        let mut named = self.status_lists.iter();
        self.status_lists.is_empty() || named.any(|lists| lists.contain(uri) && lists.in_force(at))
    }
}

/// The status lists of an issuer: all those whose URI begins alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusLists {
    /// How their URIs begin; 1 to [`MAX_STATUS_PREFIX_CHARS`] characters, with the host whole.
    pub prefix: String,
    /// First instant at which licenses may point there.
    pub from: UnixTime,
    /// First instant at which they may no longer; absent while they may.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
}

impl StatusLists {
    /// Whether `text` can be a prefix: `https://` or `http://`, a host, a slash, and visible ASCII without `?` and `#`. Without
    /// the slash `https://host.example` would begin `https://host.example.elsewhere` too.
    #[must_use]
    pub fn is_prefix(text: &str) -> bool {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split_once('/')).map(|(host, _)| host);
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\'));
        host.is_some_and(|host| !host.is_empty()) && plain && text.len() <= MAX_STATUS_PREFIX_CHARS
    }

    /// Whether the URI is one of these: the prefix, then letters, digits, `-` and `_` only, so that nothing after it leads
    /// elsewhere.
    #[must_use]
    pub fn contain(&self, uri: &str) -> bool {
        let name = uri.strip_prefix(self.prefix.as_str()).unwrap_or_default();
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }

    /// Whether licenses of that instant may point there.
    #[must_use]
    pub fn in_force(&self, at: UnixTime) -> bool {
        in_force(self.from, self.until, at)
    }
}

/// A key of an issuer with the time in which it may sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerKey {
    /// `alg` of the suite.
    pub alg: String,
    /// Curve name.
    pub crv: String,
    /// Key ID.
    pub kid: String,
    /// Always `EC`.
    pub kty: String,
    /// base64url of the 32-byte x.
    pub x: String,
    /// base64url of the 32-byte y.
    pub y: String,
    /// First instant of use.
    pub from: UnixTime,
    /// First instant after use; absent while in use.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
}

impl IssuerKey {
    /// The key with its time of use.
    #[must_use]
    pub fn new(jwk: Jwk, from: UnixTime, until: Option<UnixTime>) -> Self {
        let Jwk { alg, crv, kid, kty, x, y } = jwk;
        Self { alg, crv, kid, kty, x, y, from, until }
    }

    /// The key alone.
    #[must_use]
    pub fn jwk(&self) -> Jwk {
        let Self { alg, crv, kid, kty, x, y, .. } = self.clone();
        Jwk { alg, crv, kid, kty, x, y }
    }
}

/// The right to issue one license type in some divisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entitlement {
    /// The license type.
    pub license_type: LicenseTypeCode,
    /// Divisions; each includes those below it.
    pub divisions: Vec<DivisionCode>,
    /// First instant of the right.
    pub from: UnixTime,
    /// First instant after the right; absent while it lasts.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
}

/// An end that is there is an instant: `null` would be a second spelling of its absence.
pub(crate) fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<UnixTime>, D::Error> {
    UnixTime::deserialize(deserializer).map(Some)
}

/// A list that is there has entries: an empty one would be a second spelling of its absence.
fn some<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() { Err(serde::de::Error::invalid_length(0, &"at least one entry")) } else { Ok(list) }
}

/// Whether `at` lies in `from ≤ at < until`.
#[must_use]
pub fn in_force(from: UnixTime, until: Option<UnixTime>, at: UnixTime) -> bool {
    from <= at && until.is_none_or(|end| at < end)
}

/// A public key on a curve (RFC 7517, RFC 7518 §6.2), bound to one suite. Also the form of an anchor file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwk {
    /// `alg` of the suite.
    pub alg: String,
    /// Curve name.
    pub crv: String,
    /// Key ID: RFC 7638 thumbprint.
    pub kid: String,
    /// Always `EC`.
    pub kty: String,
    /// base64url of the 32-byte x.
    pub x: String,
    /// base64url of the 32-byte y.
    pub y: String,
}

impl Jwk {
    /// The key of an uncompressed point `04 ‖ X ‖ Y`, with its thumbprint as ID; `None` for other bytes or an algorithm
    /// without curve or JWS name.
    #[must_use]
    pub fn from_point(alg: &dyn crate::alg::VerifyAlg, point: &[u8]) -> Option<Self> {
        let (&[4], coordinates) = point.split_first_chunk()? else {
            return None;
        };
        if coordinates.len() != 64 {
            return None;
        }
        let (x, y) = coordinates.split_at(32);
        let id = alg.id();
        let mut key = Self {
            alg: id.jws?.to_owned(),
            crv: id.curve?.to_owned(),
            kid: String::new(),
            kty: "EC".to_owned(),
            x: b64::encode(x),
            y: b64::encode(y),
        };
        key.kid = key.thumbprint(alg);
        Some(key)
    }

    /// The key ID that this key must have: RFC 7638 thumbprint with the digest of its suite, base64url.
    #[must_use]
    pub fn thumbprint(&self, alg: &dyn crate::alg::VerifyAlg) -> String {
        let Self { crv, kty, x, y, .. } = self;
        let members = BTreeMap::from([("crv", crv), ("kty", kty), ("x", x), ("y", y)]);
        b64::encode(&alg.digest(&[&json::canonical(&members)]))
    }

    /// The point `04 ‖ X ‖ Y`; `None` if a coordinate is not 32 bytes in base64url or the key is not of type `EC`.
    #[must_use]
    pub fn point(&self) -> Option<[u8; 65]> {
        let coordinate = |text: &str| b64::decode(text.as_bytes()).ok().filter(|bytes| bytes.len() == 32);
        let (x, y) = (coordinate(&self.x)?, coordinate(&self.y)?);
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&x);
        point[33..].copy_from_slice(&y);
        (self.kty == "EC").then_some(point)
    }
}

impl TrustList {
    /// The canonical payload.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        json::canonical(self)
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`JwsError::Payload`] for JSON faults, [`JwsError::Claim`] for missing, unknown or invalid members or another
    /// `format`.
    pub fn read(payload: &[u8], reader: Reader) -> Result<Self, JwsError> {
        json::parse(payload, reader).map_err(JwsError::Payload)?;
        let list: Self = serde_json::from_slice(payload).map_err(|_| JwsError::Claim("issuers"))?;
        if list.format != TRUST_LIST_FORMAT {
            return Err(JwsError::Claim("format"));
        }
        Ok(list)
    }
}
