//! What a license says, by name, as people read it.

use std::fmt;

use boyin_model::catalog::{FieldKind, FieldSpec, LicenseType};
use boyin_model::credential::{
    FieldValue, HOLDER_KIND_PINYIN, LicenseClaims, METADATA, TYPE_CODE_PINYIN, Term,
};
use boyin_model::time::{Date, UnixTime};

use crate::FaceError;
use crate::mark::Source;

/// What stands before the name of a field.
pub(crate) const FIELD: &str = "field.";
/// A row that stands for all fields that have no place of their own.
pub(crate) const FIELDS: &str = "fields";
/// The term of validity in one text.
pub(crate) const VALIDITY: &str = "validity";
/// Values that every face must show.
pub(crate) const REQUIRED: [&str; 8] = [
    "license_name",
    "license_number",
    "license_id",
    "issuer_name",
    "issue_date",
    "holder_name",
    "holder_code",
    VALIDITY,
];
/// All values but fields.
pub(crate) const NAMES: [&str; 11] = [
    "license_name",
    "license_number",
    "license_id",
    "issuer_name",
    "issue_date",
    "holder_name",
    "holder_code",
    VALIDITY,
    "issuer_code",
    "division_code",
    "license_type_code",
];

/// A license with everything disclosed, and its type.
#[derive(Clone, Copy)]
pub struct FaceInput<'l> {
    license_type: &'l LicenseType,
    claims: &'l LicenseClaims,
}

/// Shows the identifier only.
impl fmt::Debug for FaceInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceInput({}, ..)", self.claims.license_id)
    }
}

/// A value with its label.
pub(crate) struct Shown {
    pub(crate) label: String,
    pub(crate) text: String,
}

impl<'l> FaceInput<'l> {
    /// Takes the claims of a credential of which every hidden one was disclosed.
    ///
    /// # Errors
    /// [`FaceError::WrongType`], [`FaceError::NotDisclosed`], [`FaceError::UnknownField`], [`FaceError::ShortName`].
    pub fn new(license_type: &'l LicenseType, claims: &'l LicenseClaims) -> Result<Self, FaceError> {
        if claims.license_type() != license_type.code {
            return Err(FaceError::WrongType);
        }
        let hidden = [
            ("license_number", claims.license_number.is_none()),
            ("holder_name", claims.holder_name.is_none()),
            ("holder_code", claims.holder_code.is_none()),
        ];
        let hidden = hidden.into_iter().find(|(_, is_hidden)| *is_hidden).map(|(name, _)| name);
        let lacks = |field: &&FieldSpec| field.required && !claims.fields.contains_key(&field.name);
        let lacking = license_type.fields.iter().find(lacks).map(|field| field.name.as_str());
        if let Some(name) = hidden.or(lacking) {
            return Err(FaceError::NotDisclosed(name.to_owned()));
        }
        if let Some(name) = claims.fields.keys().find(|name| license_type.field(name).is_none()) {
            return Err(FaceError::UnknownField(name.clone()));
        }
        if let Some(name) = claims.fields.keys().find(|name| license_type.pinyin_clash(name).is_some()) {
            return Err(FaceError::ShortName(name.clone()));
        }
        Ok(Self { license_type, claims })
    }

    pub(crate) fn license_type(&self) -> &'l LicenseType {
        self.license_type
    }

    pub(crate) fn claims(&self) -> &'l LicenseClaims {
        self.claims
    }

    /// The fields of the license, in the order of the catalog.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'l FieldSpec, &'l FieldValue)> {
        let claims = self.claims;
        self.license_type.fields.iter().filter_map(|spec| Some((spec, claims.fields.get(&spec.name)?)))
    }

    /// The value with this name; none if the license lacks an optional field.
    ///
    /// # Errors
    /// [`FaceError::UnknownField`] if the type has no such field.
    pub(crate) fn value(&self, name: &str) -> Result<Option<Shown>, FaceError> {
        if let Some(field) = name.strip_prefix(FIELD) {
            let unknown = || FaceError::UnknownField(field.to_owned());
            let spec = self.license_type.field(field).ok_or_else(unknown)?;
            let shown = |value| Shown { label: spec.label.clone(), text: field_text(spec, value) };
            return Ok(self.claims.fields.get(field).map(shown));
        }
        let label = match name {
            VALIDITY => "有效期限",
            "license_type_code" => "证照类型代码",
            "holder_code" => self.claims.holder_code_type.name_zh(),
            _ => Term::of_claim(name).map_or("", |term| term.chinese),
        };
        Ok(self.claim(name).map(|text| Shown { label: label.to_owned(), text }))
    }

    fn claim(&self, name: &str) -> Option<String> {
        let claims = self.claims;
        Some(match name {
            VALIDITY => validity(claims.valid_from, claims.valid_until),
            "issue_date" => date(claims.issue_date),
            _ => return self.datum(name),
        })
    }

    /// The value as data: dates are written `YYYY-MM-DD`.
    fn datum(&self, name: &str) -> Option<String> {
        let claims = self.claims;
        match name {
            "license_name" => Some(claims.license_name.clone()),
            "license_type_name" => Some(claims.license_type_name.clone()),
            "license_type_code" => Some(claims.license_type().as_str().to_owned()),
            "license_number" => claims.license_number.clone(),
            "license_id" => Some(claims.license_id.as_str().to_owned()),
            "issuer_name" => Some(claims.issuer_name.clone()),
            "issuer_code" => Some(claims.issuer().as_str().to_owned()),
            "issue_date" => Some(claims.issue_date.to_string()),
            "division_code" => Some(claims.division.as_str().to_owned()),
            "holder_name" => claims.holder_name.clone(),
            "holder_code" => claims.holder_code.as_ref().map(|code| code.as_str().to_owned()),
            "holder_code_type" => Some(claims.holder_code_type.code().to_owned()),
            "valid_from" => claims.valid_from.map(|date| date.to_string()),
            "valid_until" => claims.valid_until.map(|date| date.to_string()),
            _ => None,
        }
    }

    /// The metadata of GB/T 36903 by pinyin short name: those of [`METADATA`], the code of the type, the name of the
    /// kind of the holder's number, and the fields that the catalog gives a short name.
    pub(crate) fn metadata(&self) -> Vec<(String, String)> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut pairs = Vec::new();
        for term in METADATA {
            if let Some(value) = self.datum(term.claim) {
                if term.claim == "holder_code_type" {
                    pairs.push(pair(HOLDER_KIND_PINYIN, self.claims.holder_code_type.name_zh()));
                }
                pairs.push(pair(term.pinyin, &value));
            }
            if term.claim == "license_type_name" {
                pairs.push(pair(TYPE_CODE_PINYIN, self.claims.license_type().as_str()));
            }
        }
        pairs.extend(self.fields().map(|(spec, value)| (spec.pinyin.clone(), plain(value))));
        pairs
    }

    /// What shows the metadata: pinyin short names, each with the source of the marks that would show it.
    pub(crate) fn shown(&self) -> Vec<(String, Source)> {
        let terms = METADATA.iter().map(|term| {
            let value =
                if matches!(term.claim, "valid_from" | "valid_until") { VALIDITY } else { term.claim };
            (term.pinyin.to_owned(), Source::Value(value.to_owned()))
        });
        let code = (TYPE_CODE_PINYIN.to_owned(), Source::Value("license_type_code".to_owned()));
        let fields = self
            .fields()
            .map(|(spec, _)| (spec.pinyin.clone(), Source::Value(format!("{FIELD}{}", spec.name))));
        terms.chain([code]).chain(fields).collect()
    }
}

fn plain(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Integer(number) => number.to_string(),
    }
}

fn field_text(spec: &FieldSpec, value: &FieldValue) -> String {
    let text = plain(value);
    if spec.kind == FieldKind::Date { text.parse().map_or(text, date) } else { text }
}

/// `2026年11月26日`, without leading zeros.
pub(crate) fn date(date: Date) -> String {
    let compact = date.compact();
    let (year, rest) = compact.split_at(4);
    let (month, day) = rest.split_at(2);
    format!("{year}年{}月{}日", month.trim_start_matches('0'), day.trim_start_matches('0'))
}

/// `2026年11月26日 09:30`, in China.
pub(crate) fn minute(instant: UnixTime) -> String {
    let written = instant.to_string();
    format!("{} {}", date(instant.date()), written.get(11..16).unwrap_or_default())
}

fn validity(from: Option<Date>, until: Option<Date>) -> String {
    match (from, until) {
        (Some(from), Some(until)) => format!("{}至{}", date(from), date(until)),
        (Some(from), None) => format!("{}至长期", date(from)),
        (None, Some(until)) => format!("至{}", date(until)),
        (None, None) => "长期".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{NAMES, REQUIRED, date, minute, validity};
    use boyin_model::time::UnixTime;

    #[test]
    fn dates_are_written_as_on_paper() {
        let (from, until) = ("2026-01-05".parse().unwrap(), "2036-12-31".parse().unwrap());
        assert_eq!(date(from), "2026年1月5日");
        assert_eq!(validity(Some(from), Some(until)), "2026年1月5日至2036年12月31日");
        assert_eq!(validity(Some(from), None), "2026年1月5日至长期");
        assert_eq!(validity(None, None), "长期");
        assert_eq!(minute(UnixTime::new(1_767_196_800 + 9 * 3600 + 300).unwrap()), "2026年1月1日 09:05");
    }

    #[test]
    fn what_is_required_is_known() {
        assert!(REQUIRED.iter().all(|name| NAMES.contains(name)));
    }
}
