//! A filled-in form for each license type. Every person and every company is invented.

use std::collections::BTreeMap;

use boyin_issue::{Draft, DraftHolder};
use boyin_model::catalog::{FieldKind, FieldSpec, HolderKind, LicenseType, ValidityRange};
use boyin_model::credential::FieldValue;
use boyin_model::id::{CitizenId, CreditCode};
use boyin_model::time::Date;

/// Name of the person who holds the samples.
pub const PERSON: &str = "样本甲";
/// Name of the company that holds the samples.
pub const COMPANY: &str = "样本乙商贸有限公司";

/// The citizen ID with this sequence number, born on 1990-01-02 in 652701.
///
/// # Panics
/// Beyond 999.
#[must_use]
pub fn citizen(sequence: u16) -> CitizenId {
    CitizenId::compute(&format!("65270119900102{sequence:03}")).expect("three digits at most")
}

/// The credit code of an invented organization: `kind` is `11` for an office, `91` for a company.
///
/// # Panics
/// If `kind` or `division` are not of that form, or `number` has more than eight digits.
#[must_use]
pub fn credit_code(kind: &str, division: &str, number: u32) -> CreditCode {
    let number = format!("{number:08}");
    let check = CreditCode::organization_check(&number).expect("eight digits");
    CreditCode::compute(&format!("{kind}{division}{number}{check}")).expect("a code with a right inner check")
}

/// A form for the type that has no defect, issued and valid from `day`.
///
/// # Panics
/// If the type has no term; a catalog does not allow that.
#[must_use]
pub fn draft(license_type: &LicenseType, day: Date) -> Draft {
    let holder = match license_type.holder {
        HolderKind::NaturalPerson | HolderKind::Any => ("111", citizen(1).as_str().to_owned(), PERSON),
        HolderKind::Organization => ("001", credit_code("91", "652701", 21).as_str().to_owned(), COMPANY),
    };
    let fields = license_type.fields.iter().map(|spec| (spec.name.clone(), field(spec)));
    let (from, until) = term(license_type.validity[0], day);
    Draft {
        license_type: license_type.key.clone(),
        license_number: format!("样字第{}号", &license_type.code.as_str()[8..]),
        holder: DraftHolder { code_type: holder.0.into(), code: holder.1, name: holder.2.into() },
        division: "652701".into(),
        issue_date: day.to_string(),
        valid_from: from.map(|date| date.to_string()),
        valid_until: until.map(|date| date.to_string()),
        fields: fields.collect::<BTreeMap<_, _>>(),
    }
}

fn term(range: ValidityRange, day: Date) -> (Option<Date>, Option<Date>) {
    let until = match range {
        ValidityRange::Years(years) => day.plus_years(years).previous(),
        ValidityRange::Months(months) => day.plus_months(months).previous(),
        ValidityRange::Days(days) => day.plus_days(u32::from(days)).previous(),
        ValidityRange::Agreed => day.plus_years(3).previous(),
        ValidityRange::LongTerm => return (None, None),
    };
    (Some(day), Some(until))
}

fn field(spec: &FieldSpec) -> FieldValue {
    let text = match spec.kind {
        FieldKind::Text => format!("样本{}", spec.label),
        FieldKind::Date => "1990-01-02".to_owned(),
        FieldKind::Integer => return FieldValue::Integer(spec.min.unwrap_or(7)),
        FieldKind::Decimal => "88000.50".to_owned(),
        FieldKind::Choice => spec.choices.first().cloned().unwrap_or_default(),
        FieldKind::CitizenId => citizen(2).as_str().to_owned(),
        FieldKind::CreditCode => credit_code("91", "652701", 22).as_str().to_owned(),
    };
    FieldValue::Text(text)
}
