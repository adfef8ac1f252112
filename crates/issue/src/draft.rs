use std::collections::BTreeMap;
use std::fmt;

use boyin_model::catalog::{Catalog, FieldFault, FieldKind, LicenseType, ValidityFault};
use boyin_model::credential::{FieldValue, LicenseClaims};
use boyin_model::id::{CitizenId, CreditCode, DivisionCode, HolderCode, HolderCodeType, IdError};
use boyin_model::time::Date;
use serde::{Deserialize, Serialize};

/// Characters of a name or number on a form.
const MAX_FORM_TEXT: usize = 200;

/// A form as it was filled in: nothing in it is checked.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Key, code or Chinese name of the license type.
    pub license_type: String,
    /// Number on the paper.
    pub license_number: String,
    /// The holder.
    pub holder: DraftHolder,
    /// Division in which the license is issued.
    pub division: String,
    /// Date on the paper.
    pub issue_date: String,
    /// First valid day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last valid day; absent for long-term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// Fields of the license type.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldValue>,
}

/// The holder on a form.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftHolder {
    /// Holder code type, three digits.
    pub code_type: String,
    /// Number.
    pub code: String,
    /// Name.
    pub name: String,
}

/// Shows the license type only: the rest is personal.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft({}, ..)", self.license_type)
    }
}

/// Shows nothing.
impl fmt::Debug for DraftHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DraftHolder(..)")
    }
}

/// A license whose content was checked against the catalog; not yet numbered, not yet signed.
#[derive(Clone)]
pub struct License {
    pub(crate) license_type: LicenseType,
    pub(crate) license_number: String,
    pub(crate) holder: HolderCode,
    pub(crate) holder_name: String,
    pub(crate) issuer: CreditCode,
    pub(crate) issuer_name: String,
    pub(crate) division: DivisionCode,
    pub(crate) issue_date: Date,
    pub(crate) valid_from: Option<Date>,
    pub(crate) valid_until: Option<Date>,
    pub(crate) fields: BTreeMap<String, FieldValue>,
}

/// Shows the license type only: the rest is personal.
impl fmt::Debug for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "License({}, ..)", self.license_type.key)
    }
}

/// Where on the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormPlace {
    /// A line of the form.
    Line(&'static str),
    /// A field of the license type.
    Field(String),
}

impl fmt::Display for FormPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => f.write_str(line),
            Self::Field(name) => write!(f, "fields.{name}"),
        }
    }
}

/// One thing to correct on a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct Defect {
    /// Where.
    pub place: FormPlace,
    /// What.
    #[source]
    pub fault: DefectFault,
}

/// See [`Defect`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefectFault {
    /// The catalog has no such license type.
    #[error("the catalog has no such license type")]
    UnknownType,
    /// The catalog has no such field.
    #[error("this license type has no such field")]
    UnknownField,
    /// Required and absent.
    #[error("must be filled in")]
    Missing,
    /// Empty, too long, or with control characters.
    #[error("must be 1 to {MAX_FORM_TEXT} characters without control characters")]
    Text,
    /// Not a real date.
    #[error("must be a real date written YYYY-MM-DD")]
    Date,
    /// Not an identifier of its kind.
    #[error("{0}")]
    Identifier(IdError),
    /// Not a holder code type.
    #[error("must be a holder code type of GB/T 36903, such as 111 or 001")]
    HolderCodeType,
    /// Such a holder cannot hold this type.
    #[error("a holder of this kind cannot hold this license type")]
    HolderKind,
    /// The term does not fit.
    #[error("{0}")]
    Validity(ValidityFault),
    /// The value of a field does not fit.
    #[error("{0}")]
    Field(FieldFault),
}

impl Draft {
    /// The form of which a license was made; `None` if the license does not disclose everything.
    #[must_use]
    pub fn of(claims: &LicenseClaims) -> Option<Self> {
        let holder = claims.holder_code.as_ref()?;
        Some(Self {
            license_type: claims.license_id.license_type().as_str().to_owned(),
            license_number: claims.license_number.clone()?,
            holder: DraftHolder {
                code_type: claims.holder_code_type.code().to_owned(),
                code: holder.as_str().to_owned(),
                name: claims.holder_name.clone()?,
            },
            division: claims.division.as_str().to_owned(),
            issue_date: claims.issue_date.to_string(),
            valid_from: claims.valid_from.map(|day| day.to_string()),
            valid_until: claims.valid_until.map(|day| day.to_string()),
            fields: claims.fields.clone(),
        })
    }

    /// Checks the form against the catalog.
    ///
    /// # Errors
    /// *All* defects, in the order of the form: a person is told once.
    pub fn check(
        &self,
        catalog: &Catalog,
        issuer: CreditCode,
        issuer_name: &str,
    ) -> Result<License, Vec<Defect>> {
        let mut defects = Defects(Vec::new());
        let license_type = catalog.find(&self.license_type);
        if license_type.is_none() {
            defects.add("license_type", DefectFault::UnknownType);
        }
        let license_number = defects.text("license_number", &self.license_number);
        let holder = self.check_holder(license_type, &mut defects);
        let holder_name = defects.text("holder.name", &self.holder.name);
        let division = DivisionCode::parse(&self.division)
            .map_err(|error| defects.add("division", DefectFault::Identifier(error)))
            .ok();
        let issue_date = defects.date("issue_date", Some(&self.issue_date));
        let valid_from = defects.date("valid_from", self.valid_from.as_ref());
        let valid_until = defects.date("valid_until", self.valid_until.as_ref());
        if let Some(license_type) = license_type {
            // A date that could not be read has been reported; its term cannot be judged.
            let unread = self.valid_from.is_some() != valid_from.is_some()
                || self.valid_until.is_some() != valid_until.is_some();
            if let Err(fault) = license_type.check_validity(valid_from, valid_until)
                && !unread
            {
                defects.add("valid_until", DefectFault::Validity(fault));
            }
            self.check_fields(license_type, &mut defects);
        }
        match (license_type, license_number, holder, holder_name, division, issue_date) {
            (
                Some(license_type),
                Some(number),
                Some(holder),
                Some(name),
                Some(division),
                Some(issue_date),
            ) if defects.0.is_empty() => Ok(License {
                license_type: license_type.clone(),
                license_number: number,
                holder,
                holder_name: name,
                issuer,
                issuer_name: issuer_name.to_owned(),
                division,
                issue_date,
                valid_from,
                valid_until,
                fields: self.fields_in_one_spelling(license_type),
            }),
            _ => Err(defects.0),
        }
    }

    fn check_holder(&self, license_type: Option<&LicenseType>, defects: &mut Defects) -> Option<HolderCode> {
        let Some(code_type) = HolderCodeType::from_code(&self.holder.code_type) else {
            defects.add("holder.code_type", DefectFault::HolderCodeType);
            return None;
        };
        if license_type.is_some_and(|t| !t.holder.admits(code_type)) {
            defects.add("holder.code_type", DefectFault::HolderKind);
        }
        HolderCode::new(code_type, &self.holder.code)
            .map_err(|error| defects.add("holder.code", DefectFault::Identifier(error)))
            .ok()
    }

    /// Citizen IDs arrive full-width or with a small x; they are issued in their one spelling.
    fn fields_in_one_spelling(&self, license_type: &LicenseType) -> BTreeMap<String, FieldValue> {
        let tidy = |name: &String, value: &FieldValue| match (license_type.field(name)?.kind, value) {
            (FieldKind::CitizenId, FieldValue::Text(text)) => {
                CitizenId::parse(text).ok().map(|id| FieldValue::Text(id.as_str().to_owned()))
            }
            (_, FieldValue::Text(_) | FieldValue::Integer(_)) => None,
        };
        let fields = self.fields.iter();
        fields
            .map(|(name, value)| (name.clone(), tidy(name, value).unwrap_or_else(|| value.clone())))
            .collect()
    }

    fn check_fields(&self, license_type: &LicenseType, defects: &mut Defects) {
        for spec in &license_type.fields {
            let fault = match self.fields.get(&spec.name) {
                None if spec.required => Some(DefectFault::Missing),
                None => None,
                Some(value) => spec.check(value).err().map(DefectFault::Field),
            };
            defects.0.extend(fault.map(|fault| Defect { place: FormPlace::Field(spec.name.clone()), fault }));
        }
        for name in self.fields.keys().filter(|name| license_type.field(name).is_none()) {
            let place = FormPlace::Field(name.clone());
            defects.0.push(Defect { place, fault: DefectFault::UnknownField });
        }
    }
}

struct Defects(Vec<Defect>);

impl Defects {
    fn add(&mut self, line: &'static str, fault: DefectFault) {
        self.0.push(Defect { place: FormPlace::Line(line), fault });
    }

    fn text(&mut self, line: &'static str, text: &str) -> Option<String> {
        let text = text.trim();
        let length = text.chars().count();
        if length == 0 || length > MAX_FORM_TEXT || text.chars().any(char::is_control) {
            self.add(line, DefectFault::Text);
            return None;
        }
        Some(text.to_owned())
    }

    fn date(&mut self, line: &'static str, text: Option<&String>) -> Option<Date> {
        let parsed = text?.parse();
        parsed.map_err(|_| self.add(line, DefectFault::Date)).ok()
    }
}

impl License {
    /// The license type.
    #[must_use]
    pub fn license_type(&self) -> &LicenseType {
        &self.license_type
    }

    /// The holder.
    #[must_use]
    pub fn holder(&self) -> &HolderCode {
        &self.holder
    }

    /// The holder's name.
    #[must_use]
    pub fn holder_name(&self) -> &str {
        &self.holder_name
    }

    /// Number on the paper.
    #[must_use]
    pub fn license_number(&self) -> &str {
        &self.license_number
    }

    /// Division in which the license is issued.
    #[must_use]
    pub fn division(&self) -> DivisionCode {
        self.division
    }

    /// Last valid day; `None` is long-term.
    #[must_use]
    pub fn valid_until(&self) -> Option<Date> {
        self.valid_until
    }
}
