//! What an office tells a system of an agency by itself: that a license which the system read has another status, that a list is new.
//!
//! A notice is a JWS of type [`TYP_WEBHOOK`] by a key of an office. It names a license by its identifier and nobody by anything:
//! whoever wants to know more asks, and is answered as always. `docs/http-api.md`, section Webhooks.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::b64;
use crate::id::{CreditCode, LicenseId};
use crate::json::{self, Object, Reader, Value};
use crate::jws::{JwsError, bytes_claim, instant_claim, number_claim, text_claim};
use crate::status::LicenseStatus;
use crate::time::UnixTime;

/// `typ` of a notice.
pub const TYP_WEBHOOK: &str = "webhook-notice+jwt";
/// Bytes of a notice as a token; it has about 900, and 300 more with the longest address of a status list.
pub const MAX_WEBHOOK_BYTES: usize = 2048;
/// Seconds from its signing for which a notice is taken. Each attempt to deliver it signs it anew.
pub const WEBHOOK_SECONDS: u64 = 300;
/// Bytes of the ID of a notice.
pub const WEBHOOK_ID_BYTES: usize = 16;
/// Characters of the ID of a client.
const MAX_AUDIENCE_CHARS: usize = 64;

/// Tells a notice from every other one; the same at each attempt.
pub type WebhookId = [u8; WEBHOOK_ID_BYTES];

/// What a system may be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookKind {
    /// Another status of a license that it was given.
    Status,
    /// A new trust list.
    TrustList,
    /// A new list of license types.
    Catalog,
    /// A new sharing list.
    SharingList,
}

impl WebhookKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Status, Self::TrustList, Self::Catalog, Self::SharingList];

    /// The name in files, notices and documents.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::TrustList => "trust-list",
            Self::Catalog => "catalog",
            Self::SharingList => "sharing-list",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookChange {
    /// A license has another status.
    Status {
        /// The license.
        license_id: LicenseId,
        /// Its status from then on.
        status: LicenseStatus,
        /// URI of the signed status list that shows it; `None` if nothing of the license is on file any more.
        status_list: Option<String>,
    },
    /// There is a trust list of this number.
    TrustList(u64),
    /// There is a list of license types of this number.
    Catalog(u64),
    /// There is a sharing list of this number.
    SharingList(u64),
}

impl WebhookChange {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> WebhookKind {
        match self {
            Self::Status { .. } => WebhookKind::Status,
            Self::TrustList(_) => WebhookKind::TrustList,
            Self::Catalog(_) => WebhookKind::Catalog,
            Self::SharingList(_) => WebhookKind::SharingList,
        }
    }
}

/// The claims of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookNotice {
    /// `aud`: ID of the client that it is for.
    pub audience: String,
    /// `iss`: the office whose key signs.
    pub issuer: CreditCode,
    /// `iat`: when it was signed. It is taken for [`WEBHOOK_SECONDS`].
    pub issued_at: UnixTime,
    /// `jti`.
    pub id: WebhookId,
    /// `seq`: number among the notices for this client, from 1, without gaps.
    pub sequence: u64,
    /// `at`: when it happened.
    pub at: UnixTime,
    /// What happened.
    pub change: WebhookChange,
}

impl WebhookNotice {
    /// The canonical claims.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let text = |text: &str| Value::Text(Cow::Owned(text.to_owned()));
        let mut members = vec![
            ("at", number(self.at.seconds())),
            ("aud", text(&self.audience)),
            ("change", text(self.change.kind().code())),
            ("iat", number(self.issued_at.seconds())),
            ("iss", text(self.issuer.as_str())),
            ("jti", text(&b64::encode(&self.id))),
            ("seq", number(self.sequence)),
        ];
        match &self.change {
            WebhookChange::Status { license_id, status, status_list } => {
                members.push(("license_id", text(license_id.as_str())));
                members.push(("license_type", text(license_id.license_type().as_str())));
                members.push(("status", text(status.code())));
                members.extend(status_list.iter().map(|uri| ("status_list", text(uri))));
            }
            WebhookChange::TrustList(found)
            | WebhookChange::Catalog(found)
            | WebhookChange::SharingList(found) => members.push(("number", number(*found))),
        }
        let mut object = Object::default();
        for (name, value) in members {
            let fresh = object.insert(Cow::Borrowed(name), value);
            debug_assert!(fresh, "different names");
        }
        let mut out = Vec::with_capacity(512);
        json::write(&Value::Object(object), &mut out);
        out
    }

    /// Reads canonical claims: exactly those that [`write`](Self::write) writes.
    ///
    /// # Errors
    /// [`JwsError::Payload`], [`JwsError::Claim`] with the first claim at fault; `change` if there is one more or less than belongs to it.
    pub fn read(payload: &[u8]) -> Result<Self, JwsError> {
        let parsed = json::parse(payload, Reader::Ours).map_err(JwsError::Payload)?;
        let claims = parsed.value.as_object().ok_or(JwsError::Claim("change"))?;
        let notice = Self {
            audience: audience(claims)?,
            issuer: CreditCode::parse(text_claim(claims, "iss")?).map_err(|_| JwsError::Claim("iss"))?,
            issued_at: instant_claim(claims, "iat")?,
            id: bytes_claim(claims, "jti")?,
            sequence: count(claims, "seq")?,
            at: instant_claim(claims, "at")?,
            change: change(claims)?,
        };
        // Nothing stands there beside it, and nothing in another way.
        if notice.write() == payload { Ok(notice) } else { Err(JwsError::Claim("change")) }
    }
}

fn change(claims: &Object<'_>) -> Result<WebhookChange, JwsError> {
    let kind = WebhookKind::from_code(text_claim(claims, "change")?).ok_or(JwsError::Claim("change"))?;
    Ok(match kind {
        WebhookKind::Status => {
            let code = text_claim(claims, "status")?;
            let status = LicenseStatus::ALL.into_iter().find(|status| status.code() == code);
            let id = LicenseId::parse(text_claim(claims, "license_id")?);
            WebhookChange::Status {
                license_id: id.map_err(|_| JwsError::Claim("license_id"))?,
                status: status.ok_or(JwsError::Claim("status"))?,
                status_list: claims.get("status_list").and_then(Value::as_text).map(str::to_owned),
            }
        }
        WebhookKind::TrustList => WebhookChange::TrustList(count(claims, "number")?),
        WebhookKind::Catalog => WebhookChange::Catalog(count(claims, "number")?),
        WebhookKind::SharingList => WebhookChange::SharingList(count(claims, "number")?),
    })
}

fn audience(claims: &Object<'_>) -> Result<String, JwsError> {
    let found = text_claim(claims, "aud")?;
    let good = (1..=MAX_AUDIENCE_CHARS).contains(&found.chars().count());
    if good && !found.chars().any(char::is_control) {
        Ok(found.to_owned())
    } else {
        Err(JwsError::Claim("aud"))
    }
}

/// A number from 1.
fn count(claims: &Object<'_>, name: &'static str) -> Result<u64, JwsError> {
    let found = number_claim(claims, name)?;
    if found > 0 { Ok(found) } else { Err(JwsError::Claim(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn license() -> LicenseId {
        let issuer = CreditCode::parse("11100000000013338W").unwrap();
        let license_type = crate::id::LicenseTypeCode::parse("11100000000013127D001").unwrap();
        LicenseId::new(license_type, issuer, "20260601ABCDEFGH", 1).unwrap()
    }

    fn notice(change: WebhookChange) -> WebhookNotice {
        WebhookNotice {
            audience: "market-1".to_owned(),
            issuer: CreditCode::parse("11100000000013338W").unwrap(),
            issued_at: UnixTime::new(1_782_878_460).unwrap(),
            id: [1; WEBHOOK_ID_BYTES],
            sequence: 7,
            at: UnixTime::new(1_782_878_400).unwrap(),
            change,
        }
    }

    fn revoked(status_list: Option<&str>) -> WebhookNotice {
        let status_list = status_list.map(str::to_owned);
        let status = LicenseStatus::Revoked;
        notice(WebhookChange::Status { license_id: license(), status, status_list })
    }

    #[test]
    fn claims_are_read_as_they_were_written() {
        let list = notice(WebhookChange::SharingList(3));
        assert_eq!(
            std::str::from_utf8(&list.write()).unwrap(),
            r#"{"at":1782878400,"aud":"market-1","change":"sharing-list","iat":1782878460,"iss":"11100000000013338W","jti":"AQEBAQEBAQEBAQEBAQEBAQ","number":3,"seq":7}"#
        );
        let changes = [WebhookChange::TrustList(1), WebhookChange::Catalog(2), WebhookChange::SharingList(3)];
        let lists = changes.map(notice);
        let of_status = [revoked(Some("https://licenses.example/v1/status-lists/x-1")), revoked(None)];
        for notice in lists.iter().chain(&of_status) {
            assert_eq!(&WebhookNotice::read(&notice.write()).unwrap(), notice);
        }
    }

    #[test]
    fn claims_of_another_form_are_refused() {
        let list = notice(WebhookChange::SharingList(3));
        let good = String::from_utf8(list.write()).unwrap();
        for (from, to, claim) in [
            ("1782878400", "-1", "at"),
            ("market-1", "", "aud"),
            ("market-1", "a\\nb", "aud"),
            ("sharing-list", "other", "change"),
            ("1782878460", "\"x\"", "iat"),
            ("11100000000013338W", "11100000000013338X", "iss"),
            ("\"AQ", "\"A", "jti"),
            ("\"number\":3", "\"number\":0", "number"),
            ("\"seq\":7", "\"seq\":0", "seq"),
            ("}", ",\"whose\":1}", "change"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert_eq!(WebhookNotice::read(bad.as_bytes()), Err(JwsError::Claim(claim)), "{bad}");
        }
        let longest = good.replacen("market-1", &"书".repeat(MAX_AUDIENCE_CHARS), 1);
        assert!(WebhookNotice::read(longest.as_bytes()).is_ok());
        let longer = good.replacen("market-1", &"书".repeat(MAX_AUDIENCE_CHARS + 1), 1);
        assert_eq!(WebhookNotice::read(longer.as_bytes()), Err(JwsError::Claim("aud")));
        let good = String::from_utf8(revoked(Some("https://x.example/1")).write()).unwrap();
        for (from, to, claim) in [
            ("\"revoked\"", "\"gone\"", "status"),
            ("\"license_id\":\"", "\"license_id\":\"x", "license_id"),
            ("\"license_type\":\"", "\"license_type\":\"x", "change"),
            ("\"https://x.example/1\"", "1", "change"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert_eq!(WebhookNotice::read(bad.as_bytes()), Err(JwsError::Claim(claim)), "{bad}");
        }
        assert!(matches!(WebhookNotice::read(b"{ }"), Err(JwsError::Payload(_))));
    }

    #[test]
    fn names_are_those_of_the_files() {
        for kind in WebhookKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
            assert_eq!(WebhookKind::from_code(kind.code()), Some(kind));
        }
    }
}
