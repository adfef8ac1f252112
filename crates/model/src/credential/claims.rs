use std::collections::BTreeMap;

use super::disclosure::{RESERVED_NAMES, Revealed};
use super::metadata::{Hidden, METADATA, Term};
use crate::id::{CreditCode, DivisionCode, HolderCode, HolderCodeType, LicenseId, LicenseTypeCode};
use crate::json::{Object, Value};
use crate::limits::MAX_TEXT_CHARS;
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

const OTHER_CLAIMS: [&str; 6] = ["exp", "iat", "iss", "nbf", "status", "vct"];

impl LicenseClaims {
    /// Gives the revealed claims their types and checks that they agree with each other.
    ///
    /// # Errors
    /// [`ClaimError`] for the first claim at fault.
    pub fn read(revealed: &Revealed<'_>) -> Result<Self, ClaimError> {
        let read = ClaimReader(&revealed.claims);
        read.refuse_unknown()?;
        let id_text = read.text("license_id")?;
        let license_id =
            LicenseId::parse(id_text).map_err(|_| fault("license_id", ClaimFault::BadIdentifier))?;
        let holder_code_type = HolderCodeType::from_code(read.text("holder_code_type")?)
            .ok_or(fault("holder_code_type", ClaimFault::Invalid))?;
        let claims = Self {
            license_name: read.owned("license_name")?,
            license_type_name: read.owned("license_type_name")?,
            license_number: read.optional_text("license_number")?,
            issuer_name: read.owned("issuer_name")?,
            division: read.parsed("division_code", |text| DivisionCode::parse(text).ok())?,
            issue_date: read.parsed("issue_date", |text| text.parse().ok())?,
            valid_from: read.optional("valid_from", |text| text.parse().ok())?,
            valid_until: read.optional("valid_until", |text| text.parse().ok())?,
            holder_name: read.optional_text("holder_name")?,
            holder_code: read
                // The constructor normalizes what people type; in a signed document only the normal form stands.
                .optional("holder_code", |text| {
                    HolderCode::new(holder_code_type, text).ok().filter(|code| code.as_str() == text)
                })?,
            issued_at: read.instant("iat")?.ok_or(fault("iat", ClaimFault::Missing))?,
            status: read.status()?,
            fields: read_fields(revealed.fields.as_ref())?,
            holder_code_type,
            license_id,
        };
        claims.check_identifier(&read)?;
        claims.check_dates(&read)?;
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

    fn check_identifier(&self, read: &ClaimReader<'_>) -> Result<(), ClaimError> {
        let agrees = |claim: &'static str, prefix: &str, expected: &str| {
            let code = read.text(claim)?.strip_prefix(prefix).ok_or(fault(claim, ClaimFault::Invalid))?;
            if code == expected { Ok(()) } else { Err(fault(claim, ClaimFault::IdentifierMismatch)) }
        };
        agrees("vct", LICENSE_TYPE_URN, self.license_type().as_str())?;
        agrees("iss", ISSUER_URN, self.issuer().as_str())?;
        agrees("issuer_code", "", self.issuer().as_str())
    }

    fn check_dates(&self, read: &ClaimReader<'_>) -> Result<(), ClaimError> {
        let inconsistent = |claim| Err(fault(claim, ClaimFault::DatesInconsistent));
        if read.instant("nbf")? != self.valid_from.map(Date::begins) {
            return inconsistent("nbf");
        }
        if read.instant("exp")? != self.valid_until.map(Date::ends) {
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
    fn check_hiding(&self, disclosed: &[String]) -> Result<(), ClaimError> {
        let natural = self.holder_code_type.is_natural_person();
        let may_hide = |name: &str| {
            natural && Term::of_claim(name).is_some_and(|term| term.hidden == Hidden::ForNaturalPersons)
        };
        if let Some(name) = disclosed.iter().find(|name| !may_hide(name)) {
            let names = METADATA.iter().map(|term| term.claim).chain(OTHER_CLAIMS);
            let claim = names.into_iter().find(|claim| claim == name).unwrap_or("(unknown)");
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
            Value::Text(text) if text.chars().count() <= MAX_TEXT_CHARS => FieldValue::Text(text.to_string()),
            Value::Int(number) => FieldValue::Integer(*number),
            Value::Text(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(fault("fields", ClaimFault::Invalid));
            }
        };
        read.insert(name.to_owned(), value);
    }
    Ok(read)
}

struct ClaimReader<'r>(&'r Object<'r>);

impl<'r> ClaimReader<'r> {
    fn refuse_unknown(&self) -> Result<(), ClaimError> {
        let known = |name: &str| Term::of_claim(name).is_some() || OTHER_CLAIMS.contains(&name);
        let all_known = self.0.members().all(|(name, _)| known(name));
        if all_known { Ok(()) } else { Err(fault("(unknown)", ClaimFault::Unknown)) }
    }

    fn maybe_text(&self, claim: &'static str) -> Result<Option<&'r str>, ClaimError> {
        let Some(value) = self.0.get(claim) else {
            return Ok(None);
        };
        let text = value.as_text().filter(|text| !text.is_empty() && text.chars().count() <= MAX_TEXT_CHARS);
        text.map(Some).ok_or(fault(claim, ClaimFault::Invalid))
    }

    fn text(&self, claim: &'static str) -> Result<&'r str, ClaimError> {
        self.maybe_text(claim)?.ok_or(fault(claim, ClaimFault::Missing))
    }

    fn owned(&self, claim: &'static str) -> Result<String, ClaimError> {
        self.text(claim).map(str::to_owned)
    }

    fn optional_text(&self, claim: &'static str) -> Result<Option<String>, ClaimError> {
        Ok(self.maybe_text(claim)?.map(str::to_owned))
    }

    fn optional<T>(
        &self,
        claim: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ClaimError> {
        let Some(text) = self.maybe_text(claim)? else {
            return Ok(None);
        };
        parse(text).map(Some).ok_or(fault(claim, ClaimFault::Invalid))
    }

    fn parsed<T>(&self, claim: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, ClaimError> {
        self.optional(claim, parse)?.ok_or(fault(claim, ClaimFault::Missing))
    }

    fn instant(&self, claim: &'static str) -> Result<Option<UnixTime>, ClaimError> {
        let Some(value) = self.0.get(claim) else {
            return Ok(None);
        };
        let seconds = value.as_int().and_then(|number| u64::try_from(number).ok());
        seconds.and_then(UnixTime::new).map(Some).ok_or(fault(claim, ClaimFault::Invalid))
    }

    fn status(&self) -> Result<StatusReference, ClaimError> {
        let invalid = fault("status", ClaimFault::Invalid);
        let status = self.0.get("status").ok_or(fault("status", ClaimFault::Missing))?;
        let list = status.as_object().filter(|object| object.len() == 1).and_then(|o| o.get("status_list"));
        let list = list.and_then(Value::as_object).filter(|object| object.len() == 2).ok_or(invalid)?;
        let index = list.get("idx").and_then(Value::as_int).and_then(|number| u32::try_from(number).ok());
        let bounded = |uri: &&str| !uri.is_empty() && uri.chars().count() <= MAX_TEXT_CHARS;
        let uri = list.get("uri").and_then(Value::as_text).filter(bounded);
        match (index, uri) {
            (Some(index), Some(uri)) => Ok(StatusReference { uri: uri.to_owned(), index }),
            _ => Err(invalid),
        }
    }
}
