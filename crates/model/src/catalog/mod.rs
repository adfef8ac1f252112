//! The catalog of license types (GB/T 36902): what may be issued, with which fields, to whom, for how long.
//!
//! A catalog is written in TOML, with a version; one is built in ([`Catalog::embedded`]). In force is what of it stands in a
//! signed list ([`CatalogList`]).

mod check;
mod list;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use check::{FieldFault, ValidityFault};
pub(crate) use check::{is_line, is_short_name};
pub use list::{CatalogChange, CatalogEntry, CatalogList, CatalogRefusal};

use crate::id::LicenseTypeCode;

/// Text of the built-in catalog.
pub const EMBEDDED: &str = include_str!("../../catalog/licenses.toml");

/// The license types that may be issued. Nothing outside a catalog is.
#[derive(Clone, Debug)]
pub struct Catalog {
    version: String,
    types: BTreeMap<LicenseTypeCode, LicenseType>,
}

/// One license type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenseType {
    /// License type code.
    pub code: LicenseTypeCode,
    /// Whether the code is in public use or a stand-in.
    pub code_source: CodeSource,
    /// Short key for commands and forms: lower-case ASCII, digits and hyphens.
    pub key: String,
    /// Chinese name, which is also the name of the license.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Name of the defining body (证照定义机构).
    pub defining_body: String,
    /// Who may hold it.
    pub holder: HolderKind,
    /// Allowed terms; at least one.
    pub validity: Vec<ValidityRange>,
    /// Whether a license that is expired can be renewed (延续); otherwise a new one is issued.
    #[serde(default, skip_serializing_if = "is_false")]
    pub renew_expired: bool,
    /// Whether a license stays as it is when its holder dies or is deregistered: it is settled otherwise, as property is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub outlives_holder: bool,
    /// The fields beyond the metadata.
    #[serde(default, rename = "field", skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldSpec>,
}

/// Where a license type code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeSource {
    /// In public use.
    Published,
    /// Right in form only.
    Provisional,
}

/// Who may hold a license (持证主体类别).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HolderKind {
    /// A natural person (自然人).
    NaturalPerson,
    /// A legal person or other organization (法人和其他组织).
    Organization,
    /// Both (混合).
    Any,
}

/// One allowed term (有效期限范围).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ValidityRange {
    /// `n年`
    Years(u16),
    /// `n月`
    Months(u16),
    /// `n天`
    Days(u16),
    /// `长期`: no last day.
    LongTerm,
    /// `约定`: any last day not before the first.
    Agreed,
}

/// A field of a license type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// Name in the credential: lower-case ASCII, digits and underscores.
    pub name: String,
    /// Chinese label.
    pub label: String,
    /// Pinyin short name, `KZ_…` (GB/T 36903 extension): upper-case ASCII, digits and underscores.
    pub pinyin: String,
    /// What its values are.
    pub kind: FieldKind,
    /// Whether it must be there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// Whether it is hidden behind a digest.
    #[serde(default, skip_serializing_if = "is_false")]
    pub personal: bool,
    /// Bound of a text, in characters.
    #[serde(default = "default_max_chars")]
    pub max_chars: usize,
    /// The values of a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Smallest integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Largest integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands the member over by reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Characters of a text field unless the catalog says otherwise.
fn default_max_chars() -> usize {
    200
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// Text without control characters.
    Text,
    /// `YYYY-MM-DD`.
    Date,
    /// An integer within `min..=max`.
    Integer,
    /// A decimal number in text, at most two places, no sign: `88000.00`.
    Decimal,
    /// One of `choices`.
    Choice,
    /// A citizen ID.
    CitizenId,
    /// A unified credit code.
    CreditCode,
}

impl FieldKind {
    /// The name in a catalog.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Date => "date",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Choice => "choice",
            Self::CitizenId => "citizen-id",
            Self::CreditCode => "credit-code",
        }
    }
}

/// Why a catalog was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// Not the TOML that a catalog is; the source says where.
    #[error("the catalog cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// Two license types share a code, a key or a Chinese name.
    #[error("license type {0} shares its code, key or name with another one")]
    Duplicate(LicenseTypeCode),
    /// A license type without a term, or with a field that contradicts itself.
    #[error("license type {code}, {place}: {fault}")]
    Inconsistent {
        /// The license type.
        code: LicenseTypeCode,
        /// `key`, `name`, `validity` or the index of the field.
        place: Place,
        /// What is wrong.
        fault: SpecFault,
    },
}

/// Where in a license type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The key.
    Key,
    /// A name: of the type, in either language, or of its defining body.
    Name,
    /// The terms.
    Validity,
    /// The field with this index, from 0.
    Field(usize),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key => f.write_str("key"),
            Self::Name => f.write_str("name"),
            Self::Validity => f.write_str("validity"),
            Self::Field(index) => write!(f, "field {}", index + 1),
        }
    }
}

/// What is wrong with a license type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecFault {
    /// No term.
    #[error("at least one term is needed")]
    NoTerm,
    /// A key or name with other characters than lower-case ASCII, digits and separators, or a reserved name.
    #[error("a name is lower-case ASCII letters, digits and separators, and not `fields`")]
    Name,
    /// Two fields share a name.
    #[error("the name occurs twice")]
    NameTwice,
    /// A pinyin short name with other characters than upper-case ASCII, digits and underscores.
    #[error("a pinyin short name is an upper-case ASCII letter, then such letters, digits and `_`")]
    Pinyin,
    /// A pinyin short name under which documents have metadata, or annotated copies their purpose and end.
    #[error("the pinyin short name is one of the metadata, or begins with `JZJ` as those of copies")]
    PinyinTaken,
    /// Two fields share a pinyin short name.
    #[error("the pinyin short name occurs twice")]
    PinyinTwice,
    /// A choice without choices, or choices of something else.
    #[error("choices belong to kind \"choice\", and it needs some")]
    Choices,
    /// A blank text, or one beyond [`MAX_SPEC_CHARS`](crate::limits::MAX_SPEC_CHARS).
    #[error("a text is 1 to {max} characters without control characters", max = crate::limits::MAX_SPEC_CHARS)]
    Text,
    /// More fields, terms or choices than [`MAX_TYPE_FIELDS`](crate::limits::MAX_TYPE_FIELDS).
    #[error("at most {max} fields, terms and choices each", max = crate::limits::MAX_TYPE_FIELDS)]
    TooMany,
    /// A bound that no license can hold: a text longer than a claim, an integer beyond ±(2⁵³−1).
    #[error("the bound is beyond what a license can hold")]
    Bound,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: String,
    license_type: Vec<LicenseType>,
}

impl FromStr for Catalog {
    type Err = CatalogError;

    fn from_str(text: &str) -> Result<Self, CatalogError> {
        let wire: Wire = toml::from_str(text)?;
        let catalog = Self::new(wire.version, wire.license_type)?;
        for license_type in catalog.types() {
            check::short_names(license_type).map_err(|found| inconsistent(license_type.code, found))?;
        }
        Ok(catalog)
    }
}

fn inconsistent(code: LicenseTypeCode, (place, fault): (Place, SpecFault)) -> CatalogError {
    CatalogError::Inconsistent { code, place, fault }
}

impl Catalog {
    /// The catalog of these types. Their pinyin short names may be those of a list that was signed before these had rules.
    ///
    /// # Errors
    /// [`CatalogError::Duplicate`], [`CatalogError::Inconsistent`].
    pub fn new(
        version: String,
        license_types: impl IntoIterator<Item = LicenseType>,
    ) -> Result<Self, CatalogError> {
        let mut types: BTreeMap<LicenseTypeCode, LicenseType> = BTreeMap::new();
        for license_type in license_types {
            let code = license_type.code;
            check::license_type(&license_type).map_err(|found| inconsistent(code, found))?;
            let same = |other: &LicenseType| other.key == license_type.key || other.name == license_type.name;
            let taken = types.values().any(same);
            if types.insert(code, license_type).is_some() || taken {
                return Err(CatalogError::Duplicate(code));
            }
        }
        Ok(Self { version, types })
    }

    /// The built-in catalog.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn embedded() -> Self {
        EMBEDDED.parse().expect("the built-in catalog is read by a test")
    }

    /// Version of the catalog, as its file says.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The license type with this code.
    #[must_use]
    pub fn get(&self, code: LicenseTypeCode) -> Option<&LicenseType> {
        self.types.get(&code)
    }

    /// The license type with this short key, code or Chinese name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&LicenseType> {
        self.types.values().find(|t| t.key == name || t.name == name || t.code.as_str() == name)
    }

    /// All license types, by code.
    pub fn types(&self) -> impl Iterator<Item = &LicenseType> {
        self.types.values()
    }
}

impl LicenseType {
    /// The field with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl TryFrom<String> for ValidityRange {
    type Error = BadRange;

    fn try_from(text: String) -> Result<Self, BadRange> {
        match text.as_str() {
            "长期" => return Ok(Self::LongTerm),
            "约定" => return Ok(Self::Agreed),
            _ => {}
        }
        let unit = text.chars().last().ok_or(BadRange)?;
        let number = text.strip_suffix(unit).and_then(|digits| digits.parse().ok()).filter(|n| *n > 0);
        match (number, unit) {
            (Some(n), '年') => Ok(Self::Years(n)),
            (Some(n), '月') => Ok(Self::Months(n)),
            (Some(n), '天') => Ok(Self::Days(n)),
            _ => Err(BadRange),
        }
    }
}

impl From<ValidityRange> for String {
    fn from(range: ValidityRange) -> Self {
        range.to_string()
    }
}

impl std::fmt::Display for ValidityRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Years(n) => write!(f, "{n}年"),
            Self::Months(n) => write!(f, "{n}月"),
            Self::Days(n) => write!(f, "{n}天"),
            Self::LongTerm => f.write_str("长期"),
            Self::Agreed => f.write_str("约定"),
        }
    }
}

/// A term is `n年`, `n月`, `n天`, `长期` or `约定`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a term is n年, n月, n天, 长期 or 约定")]
pub struct BadRange;
