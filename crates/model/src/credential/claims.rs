use std::borrow::Cow;
use std::collections::BTreeMap;

use super::disclosure::{RESERVED_NAMES, Revealed};
use super::metadata::{Hidden, METADATA, Term};
use crate::id::{CreditCode, DivisionCode, HolderCode, HolderCodeType, LicenseId, LicenseTypeCode};
use crate::json::{Object, Value};
use crate::limits::MAX_TEXT_CHARS;
use crate::register::SealId;
use crate::status::StatusReference;
use crate::time::{Date, UnixTime};

/// What stands before the credit code in `iss`.
pub const ISSUER_URN: &str = "urn:cn:uscc:";
/// What stands before the type code in `vct`.
pub const LICENSE_TYPE_URN: &str = "urn:cn:license-type:";

/// The value of a field of a license type.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// Text; dates and amounts are text too.
    Text(String),
    /// An integer.
    Integer(i64),
}

/// Shows the kind only: the value may be personal.
impl std::fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(..)"),
            Self::Integer(_) => f.write_str("Integer(..)"),
        }
    }
}

/// The claims of a license with their types, consistent with each other (`docs/format.md` §4.2 and §4.3).
///
/// Hidden claims that were not disclosed are `None`.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenseClaims {
    /// License identifier.
    pub license_id: LicenseId,
    /// Name of the license.
    pub license_name: String,
    /// Name of its type.
    pub license_type_name: String,
    /// Number on the paper.
    pub license_number: Option<String>,
    /// Issuer's name.
    pub issuer_name: String,
    /// Division in which the license was issued.
    pub division: DivisionCode,
    /// Date on the paper.
    pub issue_date: Date,
    /// First valid day.
    pub valid_from: Option<Date>,
    /// Last valid day; `None` is long-term.
    pub valid_until: Option<Date>,
    /// What kind of number identifies the holder.
    pub holder_code_type: HolderCodeType,
    /// The holder's name.
    pub holder_name: Option<String>,
    /// The holder's number.
    pub holder_code: Option<HolderCode>,
    /// When the claims were fixed.
    pub issued_at: UnixTime,
    /// The seal (GB/T 38540 esID) under which it was issued, if the issuer had one in use.
    pub seal: Option<SealId>,
    /// Where the status stands.
    pub status: StatusReference,
    /// Fields of the license type.
    pub fields: BTreeMap<String, FieldValue>,
}

/// Shows the identifier only: the rest may be personal.
impl std::fmt::Debug for LicenseClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LicenseClaims({}, ..)", self.license_id)
    }
}

/// A claim that is missing, wrong, or at odds with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("claim `{claim}` {fault}")]
pub struct ClaimError {
    /// Name of the claim, `(unknown)` for names that the format does not have, `fields` for fields.
    pub claim: &'static str,
    /// What is wrong.
    pub fault: ClaimFault,
}

/// See [`ClaimError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFault {
    /// Required and absent.
    #[error("is missing")]
    Missing,
    /// Of another type or form than required.
    #[error("is not of the required form")]
    Invalid,
    /// The format has no such claim.
    #[error("is not known to the format")]
    Unknown,
    /// Personal, but in the open.
    #[error("is personal and must be hidden")]
    NotHidden,
    /// The license identifier is not one of GB/T 36904, or its check character is wrong.
    #[error("is not a strict GB/T 36904 identifier")]
    BadIdentifier,
    /// Disagrees with the license identifier.
    #[error("disagrees with the license identifier")]
    IdentifierMismatch,
    /// The dates disagree with each other.
    #[error("disagrees with the other dates")]
    DatesInconsistent,
}

/// Every claim at the top level beside `_sd`, `_sd_alg` and `fields`, in ascending order.
const CLAIMS: [&str; 20] = [
    "division_code",
    "exp",
    "holder_code",
    "holder_code_type",
    "holder_name",
    "iat",
    "iss",
    "issue_date",
    "issuer_code",
    "issuer_name",
    "license_id",
    "license_name",
    "license_number",
    "license_type_name",
    "nbf",
    "seal_id",
    "status",
    "valid_from",
    "valid_until",
    "vct",
];

impl LicenseClaims {
    /// Gives the revealed claims their types and checks that they agree with each other.
    ///
    /// # Errors
    /// [`ClaimError`] for the first claim at fault.
    pub fn read(revealed: &Revealed<'_>) -> Result<Self, ClaimError> {
        Self::read_knowing(revealed, None)
    }

    /// As [`LicenseClaims::read`]; does not parse the license identifier again if it is `known`.
    ///
    /// # Errors
    /// As [`LicenseClaims::read`].
    pub fn read_knowing(revealed: &Revealed<'_>, known: Option<&LicenseId>) -> Result<Self, ClaimError> {
        #[rustfmt::skip]
        let [
            division_code, exp, holder_code, holder_code_type, holder_name, iat, iss, issue_date, issuer_code,
            issuer_name, license_id, license_name, license_number, license_type_name, nbf, seal_id, status, valid_from,
            valid_until, vct,
        ] = Claim::all(&revealed.claims)?;
        let id_text = license_id.text()?;
        let license_id = match known.filter(|id| id.as_str() == id_text) {
            Some(id) => id.clone(),
            None => LicenseId::parse(id_text).map_err(|_| license_id.fault(ClaimFault::BadIdentifier))?,
        };
        let holder_code_type = HolderCodeType::from_code(holder_code_type.text()?)
            .ok_or(holder_code_type.fault(ClaimFault::Invalid))?;
        let claims = Self {
            license_name: license_name.owned()?,
            license_type_name: license_type_name.owned()?,
            license_number: license_number.optional_text()?,
            issuer_name: issuer_name.owned()?,
            division: division_code.parsed(|text| DivisionCode::parse(text).ok())?,
            issue_date: issue_date.parsed(|text| text.parse().ok())?,
            valid_from: valid_from.optional(|text| text.parse().ok())?,
            valid_until: valid_until.optional(|text| text.parse().ok())?,
            holder_name: holder_name.optional_text()?,
            // The constructor normalizes what people type; in a signed document only the normal form stands.
            holder_code: holder_code.optional(|text| {
                HolderCode::new(holder_code_type, text).ok().filter(|code| code.as_str() == text)
            })?,
            issued_at: iat.instant()?.ok_or(iat.fault(ClaimFault::Missing))?,
            seal: seal_id.optional(|text| SealId::parse(text).ok())?,
            status: status.status()?,
            fields: read_fields(revealed.fields.as_ref())?,
            holder_code_type,
            license_id,
        };
        vct.agrees(LICENSE_TYPE_URN, claims.license_type().as_str())?;
        iss.agrees(ISSUER_URN, claims.issuer().as_str())?;
        issuer_code.agrees("", claims.issuer().as_str())?;
        claims.check_dates(nbf, exp)?;
        claims.check_hiding(&revealed.disclosed)?;
        Ok(claims)
    }

    /// The license type.
    #[must_use]
    pub fn license_type(&self) -> LicenseTypeCode {
        self.license_id.license_type()
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> CreditCode {
        self.license_id.issuer()
    }

    fn check_dates(&self, nbf: Claim<'_>, exp: Claim<'_>) -> Result<(), ClaimError> {
        let inconsistent = |claim| Err(fault(claim, ClaimFault::DatesInconsistent));
        if nbf.instant()? != self.valid_from.map(Date::begins) {
            return inconsistent("nbf");
        }
        if exp.instant()? != self.valid_until.map(Date::ends) {
            return inconsistent("exp");
        }
        match (self.valid_from, self.valid_until) {
            (Some(from), Some(until)) if until < from => inconsistent("valid_until"),
            (None, Some(_)) => inconsistent("valid_from"),
            (Some(_), Some(_)) | (Some(_) | None, None) => Ok(()),
        }
    }

    /// A personal claim in the open is the issuer's fault, but nobody may pass it on. The other way round, a claim that
    /// must be open and arrives in a disclosure could be left away: an end of validity, an instant of issue.
    fn check_hiding(&self, disclosed: &[Cow<'_, str>]) -> Result<(), ClaimError> {
        let natural = self.holder_code_type.is_natural_person();
        let may_hide = |name: &str| {
            natural && Term::of_claim(name).is_some_and(|term| term.hidden == Hidden::ForNaturalPersons)
        };
        if let Some(name) = disclosed.iter().find(|name| !may_hide(name)) {
            let claim = CLAIMS.into_iter().find(|claim| claim == name).unwrap_or("(unknown)");
            return Err(fault(claim, ClaimFault::Invalid));
        }
        let personal = METADATA.iter().filter(|term| term.hidden == Hidden::ForNaturalPersons);
        for Term { claim, .. } in personal {
            let present = match *claim {
                "license_number" => self.license_number.is_some(),
                "holder_name" => self.holder_name.is_some(),
                _ => self.holder_code.is_some(),
            };
            let hidden = disclosed.iter().any(|name| name == claim);
            if natural && present && !hidden {
                return Err(fault(claim, ClaimFault::NotHidden));
            }
            if !natural && !present {
                return Err(fault(claim, ClaimFault::Missing));
            }
        }
        Ok(())
    }
}

fn fault(claim: &'static str, fault: ClaimFault) -> ClaimError {
    ClaimError { claim, fault }
}

fn read_fields(fields: Option<&Object<'_>>) -> Result<BTreeMap<String, FieldValue>, ClaimError> {
    let fields = fields.ok_or(fault("fields", ClaimFault::Missing))?;
    let mut read = BTreeMap::new();
    for (name, value) in fields.members() {
        if RESERVED_NAMES.contains(&name) {
            return Err(fault("fields", ClaimFault::Invalid));
        }
        let value = match value {
            Value::Text(text) if is_short(text) => FieldValue::Text(text.to_string()),
            Value::Int(number) => FieldValue::Integer(*number),
            Value::Text(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(fault("fields", ClaimFault::Invalid));
            }
        };
        read.insert(name.to_owned(), value);
    }
    Ok(read)
}

/// A claim that may be there.
#[derive(Clone, Copy)]
struct Claim<'r> {
    name: &'static str,
    value: Option<&'r Value<'r>>,
}

impl<'r> Claim<'r> {
    /// The claims of an object, in the order of [`CLAIMS`].
    fn all(object: &'r Object<'r>) -> Result<[Self; CLAIMS.len()], ClaimError> {
        let mut claims = CLAIMS.map(|name| Self { name, value: None });
        // Both are in ascending order: a name that is not found in the rest is none of ours.
        let mut rest = claims.iter_mut();
        for (name, value) in object.members() {
            let claim = rest.find(|claim| claim.name == name);
            claim.ok_or(fault("(unknown)", ClaimFault::Unknown))?.value = Some(value);
        }
        Ok(claims)
    }

    fn fault(self, kind: ClaimFault) -> ClaimError {
        fault(self.name, kind)
    }

    fn maybe_text(self) -> Result<Option<&'r str>, ClaimError> {
        let Some(value) = self.value else {
            return Ok(None);
        };
        let text = value.as_text().filter(|text| !text.is_empty() && is_short(text));
        text.map(Some).ok_or(self.fault(ClaimFault::Invalid))
    }

    fn text(self) -> Result<&'r str, ClaimError> {
        self.maybe_text()?.ok_or(self.fault(ClaimFault::Missing))
    }

    fn owned(self) -> Result<String, ClaimError> {
        self.text().map(str::to_owned)
    }

    fn optional_text(self) -> Result<Option<String>, ClaimError> {
        Ok(self.maybe_text()?.map(str::to_owned))
    }

    fn optional<T>(self, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ClaimError> {
        let Some(text) = self.maybe_text()? else {
            return Ok(None);
        };
        parse(text).map(Some).ok_or(self.fault(ClaimFault::Invalid))
    }

    fn parsed<T>(self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, ClaimError> {
        self.optional(parse)?.ok_or(self.fault(ClaimFault::Missing))
    }

    /// Whether the text is `prefix` and then what the license identifier says.
    fn agrees(self, prefix: &str, expected: &str) -> Result<(), ClaimError> {
        let code = self.text()?.strip_prefix(prefix).ok_or(self.fault(ClaimFault::Invalid))?;
        if code == expected { Ok(()) } else { Err(self.fault(ClaimFault::IdentifierMismatch)) }
    }

    fn instant(self) -> Result<Option<UnixTime>, ClaimError> {
        let Some(value) = self.value else {
            return Ok(None);
        };
        let seconds = value.as_int().and_then(|number| u64::try_from(number).ok());
        seconds.and_then(UnixTime::new).map(Some).ok_or(self.fault(ClaimFault::Invalid))
    }

    fn status(self) -> Result<StatusReference, ClaimError> {
        let invalid = self.fault(ClaimFault::Invalid);
        let status = self.value.ok_or(self.fault(ClaimFault::Missing))?;
        let list = status.as_object().filter(|object| object.len() == 1).and_then(|o| o.get("status_list"));
        let list = list.and_then(Value::as_object).filter(|object| object.len() == 2).ok_or(invalid)?;
        let index = list.get("idx").and_then(Value::as_int).and_then(|number| u32::try_from(number).ok());
        let uri = list.get("uri").and_then(Value::as_text).filter(|uri| !uri.is_empty() && is_short(uri));
        match (index, uri) {
            (Some(index), Some(uri)) => Ok(StatusReference { uri: uri.to_owned(), index }),
            _ => Err(invalid),
        }
    }
}

fn is_short(text: &str) -> bool {
    // A character has at least one byte: most texts need not be counted.
    text.len() <= MAX_TEXT_CHARS || text.chars().count() <= MAX_TEXT_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_are_those_of_the_specification_in_order() {
        let mut claims: Vec<_> = METADATA.iter().map(|term| term.claim).collect();
        claims.extend(["exp", "iat", "iss", "nbf", "seal_id", "status", "vct"]);
        claims.sort_unstable();
        assert_eq!(claims, CLAIMS);
    }
}
