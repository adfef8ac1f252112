use serde::{Deserialize, Serialize};

use super::{Entitlement, Issuer, IssuerKey, Jwk, StatusLists, Sunset, TrustList, present};
use crate::b64;
use crate::id::{CreditCode, DivisionCode, LicenseTypeCode};
use crate::limits::MAX_CERTIFICATE_BYTES;
use crate::time::UnixTime;

/// What a certificate in a trust list is trusted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateRole {
    /// Anchor of the chains of those who make seals and sign with them.
    Anchor,
    /// Makes seals outside the register.
    Maker,
    /// Anchor of a timestamp authority.
    TimestampAuthority,
}

/// One change of a trust list.
///
/// Nothing that was ever true is taken out: rights and keys end at an instant, and what was signed before stays as it is.
/// Only certificates leave the list, and then nothing under them counts any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Names an issuer, with its first key.
    AddIssuer {
        /// Unified credit code.
        code: CreditCode,
        /// Name, as on its licenses.
        name: String,
        /// Division that the office belongs to.
        division: DivisionCode,
        /// Its key.
        key: Jwk,
        /// First instant of the key.
        from: UnixTime,
    },
    /// Ends a key of an issuer.
    EndKey {
        /// The issuer.
        issuer: CreditCode,
        /// Key ID.
        kid: String,
        /// First instant after its use.
        at: UnixTime,
    },
    /// Gives a right.
    Entitle {
        /// Who.
        issuer: CreditCode,
        /// May issue what.
        license_type: LicenseTypeCode,
        /// For which divisions; each includes those below it.
        divisions: Vec<DivisionCode>,
        /// From when.
        from: UnixTime,
        /// Until when, if that is known.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        until: Option<UnixTime>,
    },
    /// Ends every right of an issuer to issue one type.
    EndEntitlement {
        /// Who.
        issuer: CreditCode,
        /// May no longer issue what.
        license_type: LicenseTypeCode,
        /// First instant after the right.
        at: UnixTime,
    },
    /// Names status lists of an issuer. With the first ones, licenses may point to no others.
    AddStatusLists {
        /// Whose.
        issuer: CreditCode,
        /// How their URIs begin.
        prefix: String,
        /// First instant at which licenses may point there.
        from: UnixTime,
    },
    /// Ends that licenses may point to status lists of an issuer.
    EndStatusLists {
        /// Whose.
        issuer: CreditCode,
        /// How their URIs begin.
        prefix: String,
        /// First instant at which licenses may no longer point there.
        at: UnixTime,
    },
    /// Trusts a certificate.
    AddCertificate {
        /// For what.
        role: CertificateRole,
        /// DER, base64url.
        certificate: String,
    },
    /// Trusts a certificate no longer.
    RemoveCertificate {
        /// For what it was trusted.
        role: CertificateRole,
        /// DER, base64url.
        certificate: String,
    },
    /// Sets the end of an algorithm, in place of an end that was set before.
    EndAlgorithm(Sunset),
}

/// Why a change cannot be made. The list is then unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The list names no such issuer.
    #[error("the list names no issuer of this code")]
    NoSuchIssuer,
    /// The list names the issuer already.
    #[error("the list names an issuer of this code already")]
    IssuerTwice,
    /// The name is blank.
    #[error("an issuer needs a name")]
    NoName,
    /// The issuer has no such key in use then.
    #[error("the issuer has no key of this ID that is in use at that instant")]
    NoSuchKey,
    /// There is no such right then.
    #[error("the issuer has no right to this type at that instant")]
    NoSuchRight,
    /// The right is there already, in one of the divisions, for some of the time.
    #[error("the issuer has this right already in one of the divisions for some of that time")]
    RightTwice,
    /// A right without division, or one that ends before it begins.
    #[error("a right needs a division, and an end later than its beginning")]
    EmptyRight,
    /// The text is no certificate.
    #[error("this is no certificate (DER, base64url)")]
    Certificate,
    /// The certificate is in the list already.
    #[error("the certificate is in the list already")]
    CertificateTwice,
    /// The list has no such certificate.
    #[error("the list has no such certificate")]
    NoSuchCertificate,
    /// The text cannot begin the URIs of status lists.
    #[error("URIs of status lists begin with https:// or http://, a host and a slash, and have no ? and #")]
    StatusPrefix,
    /// The first status lists of an issuer begin later than its first key: what it signed until then would count no more.
    #[error("the first status lists of an issuer must be named from the beginning of its first key, {0}")]
    FirstStatusLists(UnixTime),
    /// The issuer's lists with this beginning are named already for some of that time.
    #[error("the issuer's status lists with this beginning are named already")]
    StatusListsTwice,
    /// The issuer has no such status lists then.
    #[error("the issuer has no status lists with this beginning at that instant")]
    NoSuchStatusLists,
    /// Signatures would count for less long than they are made.
    #[error("signatures of an algorithm must count at least as long as they are made")]
    Sunset,
}

impl TrustList {
    /// Makes one change.
    ///
    /// # Errors
    /// [`ChangeError`]; the list is then unchanged.
    pub fn apply(&mut self, change: &Change) -> Result<(), ChangeError> {
        match change {
            Change::AddIssuer { code, name, division, key, from } => {
                if self.issuers.iter().any(|issuer| issuer.code == *code) {
                    return Err(ChangeError::IssuerTwice);
                }
                if name.trim().is_empty() {
                    return Err(ChangeError::NoName);
                }
                let keys = vec![IssuerKey::new(key.clone(), *from, None)];
                let (name, division) = (name.clone(), *division);
                let (entitlements, status_lists) = (Vec::new(), Vec::new());
                self.issuers.push(Issuer { code: *code, name, division, keys, entitlements, status_lists });
            }
            Change::EndKey { issuer, kid, at } => {
                let mut keys = self.issuer_mut(*issuer)?.keys.iter_mut();
                let key = keys.find(|key| key.kid == *kid && lasts(key.from, key.until, *at));
                key.ok_or(ChangeError::NoSuchKey)?.until = Some(*at);
            }
            Change::Entitle { issuer, license_type, divisions, from, until } => {
                let (license_type, divisions) = (*license_type, divisions.clone());
                let right = Entitlement { license_type, divisions, from: *from, until: *until };
                entitle(self.issuer_mut(*issuer)?, right)?;
            }
            Change::EndEntitlement { issuer, license_type, at } => {
                let rights = self.issuer_mut(*issuer)?.entitlements.iter_mut();
                let ended: Vec<_> = rights
                    .filter(|right| right.license_type == *license_type)
                    .filter(|right| lasts(right.from, right.until, *at))
                    .map(|right| right.until = Some(*at))
                    .collect();
                return if ended.is_empty() { Err(ChangeError::NoSuchRight) } else { Ok(()) };
            }
            Change::AddStatusLists { issuer, prefix, from } => {
                let lists = StatusLists { prefix: prefix.clone(), from: *from, until: None };
                name_status_lists(self.issuer_mut(*issuer)?, lists)?;
            }
            Change::EndStatusLists { issuer, prefix, at } => {
                let mut lists = self.issuer_mut(*issuer)?.status_lists.iter_mut();
                let lists =
                    lists.find(|lists| lists.prefix == *prefix && lasts(lists.from, lists.until, *at));
                lists.ok_or(ChangeError::NoSuchStatusLists)?.until = Some(*at);
            }
            Change::AddCertificate { role, certificate } => {
                let list = self.certificates_mut(*role);
                if !is_certificate(certificate) {
                    return Err(ChangeError::Certificate);
                }
                if list.contains(certificate) {
                    return Err(ChangeError::CertificateTwice);
                }
                list.push(certificate.clone());
            }
            Change::RemoveCertificate { role, certificate } => {
                let list = self.certificates_mut(*role);
                let place = list.iter().position(|known| known == certificate);
                list.remove(place.ok_or(ChangeError::NoSuchCertificate)?);
            }
            Change::EndAlgorithm(end) => {
                if end.verify_until.is_some_and(|limit| limit < end.sign_until) {
                    return Err(ChangeError::Sunset);
                }
                self.algorithms.retain(|known| known.alg != end.alg);
                self.algorithms.push(end.clone());
            }
        }
        Ok(())
    }

    fn issuer_mut(&mut self, code: CreditCode) -> Result<&mut Issuer, ChangeError> {
        self.issuers.iter_mut().find(|issuer| issuer.code == code).ok_or(ChangeError::NoSuchIssuer)
    }

    fn certificates_mut(&mut self, role: CertificateRole) -> &mut Vec<String> {
        match role {
            CertificateRole::Anchor => &mut self.certificates,
            CertificateRole::Maker => &mut self.makers,
            CertificateRole::TimestampAuthority => &mut self.timestamp_authorities,
        }
    }
}

fn entitle(issuer: &mut Issuer, right: Entitlement) -> Result<(), ChangeError> {
    if right.divisions.is_empty() || right.until.is_some_and(|until| until <= right.from) {
        return Err(ChangeError::EmptyRight);
    }
    let overlaps = |known: &Entitlement| {
        known.license_type == right.license_type
            && known.until.is_none_or(|until| right.from < until)
            && right.until.is_none_or(|until| known.from < until)
            && known.divisions.iter().any(|known| right.divisions.iter().any(|new| known.contains(*new)))
    };
    if issuer.entitlements.iter().any(overlaps) {
        return Err(ChangeError::RightTwice);
    }
    issuer.entitlements.push(right);
    Ok(())
}

fn name_status_lists(issuer: &mut Issuer, new: StatusLists) -> Result<(), ChangeError> {
    if !StatusLists::is_prefix(&new.prefix) {
        return Err(ChangeError::StatusPrefix);
    }
    let overlaps =
        |known: &StatusLists| known.prefix == new.prefix && known.until.is_none_or(|until| new.from < until);
    if issuer.status_lists.iter().any(overlaps) {
        return Err(ChangeError::StatusListsTwice);
    }
    let first = issuer.keys.iter().map(|key| key.from).min();
    if let Some(first) = first.filter(|first| issuer.status_lists.is_empty() && new.from > *first) {
        return Err(ChangeError::FirstStatusLists(first));
    }
    issuer.status_lists.push(new);
    Ok(())
}

/// Whether what began at `from` is still to end after `at`.
fn lasts(from: UnixTime, until: Option<UnixTime>, at: UnixTime) -> bool {
    from <= at && until.is_none_or(|until| at < until)
}

/// One DER element that fills the text: what is in it is for those to say who read certificates.
fn is_certificate(text: &str) -> bool {
    let der = b64::decode(text.as_bytes()).unwrap_or_default();
    der.first() == Some(&0x30) && der.len() <= MAX_CERTIFICATE_BYTES
}
