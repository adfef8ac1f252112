use super::{FieldKind, FieldSpec, HolderKind, LicenseType, Place, SpecFault, ValidityRange};
use crate::credential::{FieldValue, RESERVED_NAMES, Term, is_pinyin_of_documents};
use crate::id::{CitizenId, CreditCode, HolderCodeType};
use crate::limits::{MAX_SPEC_CHARS, MAX_TEXT_CHARS, MAX_TYPE_FIELDS};
use crate::time::Date;

/// Digits before the point of a decimal.
const MAX_DECIMAL_DIGITS: usize = 15;

/// Why the value of a field was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldFault {
    /// Text where an integer belongs, or the other way round.
    #[error("is of another kind than the catalog says")]
    Kind,
    /// Empty, too long, or with control characters.
    #[error("must be 1 to {max_chars} characters without control characters")]
    Text {
        /// The bound.
        max_chars: usize,
    },
    /// Not a real date written `YYYY-MM-DD`.
    #[error("must be a real date written YYYY-MM-DD")]
    Date,
    /// Beyond the bounds.
    #[error("is beyond the bounds of the catalog")]
    Range,
    /// Not a decimal number.
    #[error("must be a number with at most two decimal places, such as 88000.00")]
    Decimal,
    /// Not one of the choices.
    #[error("must be one of: {}", choices.join("、"))]
    Choice {
        /// The choices.
        choices: Vec<String>,
    },
    /// Not a citizen ID or credit code.
    #[error("{0}")]
    Identifier(crate::id::IdError),
}

/// Why the dates of a license do not fit its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidityFault {
    /// The last day comes before the first.
    #[error("the last day comes before the first")]
    Reversed,
    /// A last day without a first.
    #[error("a last day needs a first day")]
    NoFirstDay,
    /// The term is not one that the catalog allows.
    #[error("the term must be one of: {}", allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join("、"))]
    Term {
        /// The allowed terms.
        allowed: Vec<ValidityRange>,
    },
}

impl HolderKind {
    /// Whether a holder with such a number may hold it.
    #[must_use]
    pub fn admits(self, code_type: HolderCodeType) -> bool {
        match self {
            Self::NaturalPerson => code_type.is_natural_person(),
            Self::Organization => !code_type.is_natural_person(),
            Self::Any => true,
        }
    }
}

impl FieldSpec {
    /// Checks a value.
    ///
    /// # Errors
    /// [`FieldFault`].
    pub fn check(&self, value: &FieldValue) -> Result<(), FieldFault> {
        match (self.kind, value) {
            (FieldKind::Integer, FieldValue::Integer(number)) => {
                let low = self.min.is_none_or(|min| min <= *number);
                let high = self.max.is_none_or(|max| *number <= max);
                if low && high && number.unsigned_abs() < 1 << 53 { Ok(()) } else { Err(FieldFault::Range) }
            }
            (FieldKind::Integer, FieldValue::Text(_)) | (_, FieldValue::Integer(_)) => Err(FieldFault::Kind),
            (kind, FieldValue::Text(text)) => self.check_text(kind, text),
        }
    }

    fn check_text(&self, kind: FieldKind, text: &str) -> Result<(), FieldFault> {
        let max_chars = self.max_chars;
        let length = text.chars().count();
        let untidy = text.trim() != text || text.chars().any(char::is_control);
        if length == 0 || length > max_chars || untidy {
            return Err(FieldFault::Text { max_chars });
        }
        match kind {
            FieldKind::Text | FieldKind::Integer => Ok(()),
            FieldKind::Date => text.parse::<Date>().map(|_| ()).map_err(|_| FieldFault::Date),
            FieldKind::Decimal if is_decimal(text) => Ok(()),
            FieldKind::Decimal => Err(FieldFault::Decimal),
            FieldKind::Choice if self.choices.iter().any(|choice| choice == text) => Ok(()),
            FieldKind::Choice => Err(FieldFault::Choice { choices: self.choices.clone() }),
            FieldKind::CitizenId => CitizenId::parse(text).map(|_| ()).map_err(FieldFault::Identifier),
            FieldKind::CreditCode => CreditCode::parse(text).map(|_| ()).map_err(FieldFault::Identifier),
        }
    }
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let no_padding = whole == "0" || !whole.starts_with('0');
    digits(whole)
        && digits(fraction)
        && no_padding
        && whole.len() <= MAX_DECIMAL_DIGITS
        && fraction.len() <= 2
}

impl LicenseType {
    /// What keeps a field from standing in a document under its pinyin short name: the document has something else under it. No type
    /// is taken in with such a name; lists that were signed before that was asked are read with theirs.
    #[must_use]
    pub fn pinyin_clash(&self, field: &str) -> Option<SpecFault> {
        let spec = self.field(field)?;
        let mut earlier = self.fields.iter().take_while(|earlier| earlier.name != field);
        if earlier.any(|earlier| earlier.pinyin == spec.pinyin) {
            return Some(SpecFault::PinyinTwice);
        }
        is_pinyin_of_documents(&spec.pinyin).then_some(SpecFault::PinyinTaken)
    }

    /// Checks the first and last day against the allowed terms.
    ///
    /// The last day of a term may be the same day of a later year (as identity cards have it) or the day before (as
    /// permits have it): both are in use.
    ///
    /// # Errors
    /// [`ValidityFault`].
    pub fn check_validity(&self, from: Option<Date>, until: Option<Date>) -> Result<(), ValidityFault> {
        match (from, until) {
            (None, Some(_)) => return Err(ValidityFault::NoFirstDay),
            (Some(first), Some(last)) if last < first => return Err(ValidityFault::Reversed),
            (Some(_), Some(_)) | (Some(_) | None, None) => {}
        }
        let fits = |range: &ValidityRange| match (range, from, until) {
            (ValidityRange::LongTerm, _, None) => true,
            (ValidityRange::LongTerm, _, Some(_)) => false,
            (ValidityRange::Agreed, _, last) => last.is_some(),
            (term, Some(first), Some(last)) => {
                let same_day = match term {
                    ValidityRange::Years(n) => first.plus_years(*n),
                    ValidityRange::Months(n) => first.plus_months(*n),
                    ValidityRange::Days(n) => first.plus_days(u32::from(*n)),
                    ValidityRange::LongTerm | ValidityRange::Agreed => return false,
                };
                last == same_day || last == same_day.previous()
            }
            (ValidityRange::Years(_) | ValidityRange::Months(_) | ValidityRange::Days(_), _, _) => false,
        };
        if self.validity.iter().any(fits) {
            return Ok(());
        }
        Err(ValidityFault::Term { allowed: self.validity.clone() })
    }
}

/// Whether a text of a list can be shown on one line: not blank, no white space around it, within the bound.
pub(crate) fn is_line(text: &str) -> bool {
    let length = text.chars().count();
    (1..=MAX_SPEC_CHARS).contains(&length) && text.trim() == text && !text.chars().any(char::is_control)
}

/// Whether a text is a short name: a lower-case letter, then lower-case letters, digits and the separator.
pub(crate) fn is_short_name(name: &str, separator: char) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == separator;
    name.len() <= MAX_SPEC_CHARS
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(good)
}

/// Whether a text has the form of the short names of GB/T 36903: an upper-case letter, then upper-case letters, digits and `_`.
fn is_pinyin(name: &str) -> bool {
    let good = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(good)
}

pub(super) fn license_type(license_type: &LicenseType) -> Result<(), (Place, SpecFault)> {
    let LicenseType { key, name, name_en, defining_body, validity, fields, .. } = license_type;
    if !is_short_name(key, '-') {
        return Err((Place::Key, SpecFault::Name));
    }
    if ![name, name_en, defining_body].into_iter().all(|text| is_line(text)) {
        return Err((Place::Name, SpecFault::Text));
    }
    if validity.is_empty() {
        return Err((Place::Validity, SpecFault::NoTerm));
    }
    if validity.len() > MAX_TYPE_FIELDS || fields.len() > MAX_TYPE_FIELDS {
        return Err((Place::Validity, SpecFault::TooMany));
    }
    for (index, spec) in fields.iter().enumerate() {
        let refuse = |fault| Err((Place::Field(index), fault));
        if fields[..index].iter().any(|earlier| earlier.name == spec.name) {
            return refuse(SpecFault::NameTwice);
        }
        field(spec).or_else(refuse)?;
    }
    Ok(())
}

/// What is asked of a type that passes [`license_type`] only when it is taken in: a list that was signed before has to be readable,
/// or nobody could mend it.
pub(super) fn short_names(license_type: &LicenseType) -> Result<(), (Place, SpecFault)> {
    for (index, spec) in license_type.fields.iter().enumerate() {
        let malformed = (!is_pinyin(&spec.pinyin)).then_some(SpecFault::Pinyin);
        if let Some(fault) = malformed.or_else(|| license_type.pinyin_clash(&spec.name)) {
            return Err((Place::Field(index), fault));
        }
    }
    Ok(())
}

fn field(spec: &FieldSpec) -> Result<(), SpecFault> {
    // A field under the name of a claim of the metadata could be given in the claim's place.
    let reserved = RESERVED_NAMES.contains(&spec.name.as_str()) || Term::of_claim(&spec.name).is_some();
    if !is_short_name(&spec.name, '_') || reserved {
        return Err(SpecFault::Name);
    }
    if (spec.kind == FieldKind::Choice) == spec.choices.is_empty() {
        return Err(SpecFault::Choices);
    }
    if spec.choices.len() > MAX_TYPE_FIELDS {
        return Err(SpecFault::TooMany);
    }
    if ![&spec.label, &spec.pinyin].into_iter().chain(&spec.choices).all(|text| is_line(text)) {
        return Err(SpecFault::Text);
    }
    let whole = |bound: Option<i64>| bound.is_none_or(|bound| bound.unsigned_abs() < 1 << 53);
    if spec.max_chars > MAX_TEXT_CHARS || !whole(spec.min) || !whole(spec.max) {
        return Err(SpecFault::Bound);
    }
    Ok(())
}
