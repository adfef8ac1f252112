//! Dates in the forms in which other systems write them.

use boyin_model::time::{Date, TimeError};
use serde::Deserialize;

/// A form of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateForm {
    /// `2024-01-31`
    Iso,
    /// `20240131`
    Compact,
    /// `2024/1/31`
    Slash,
    /// `2024年1月31日`
    Chinese,
    /// Days since the end of 1899 as Excel counts them, five digits: `45322`.
    ExcelSerial,
}

impl DateForm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Iso, Self::Compact, Self::Slash, Self::Chinese, Self::ExcelSerial];
}

/// Why a text is no date that can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFault {
    /// In none of the forms.
    Form,
    /// In a form that the mapping does not allow.
    NotAllowed,
    /// The year has two digits.
    TwoDigitYear,
    /// Day and month could change places.
    Ambiguous,
    /// The calendar has no such day.
    NoSuchDay,
}

/// Days from 0001-01-01 are counted by adding to this day: Excel's day 60 never was, so days after it are one too many.
const EXCEL_DAY_0: (u16, u8, u8) = (1899, 12, 30);
/// Of five digits: 1927-05-18 to 2173-10-13. Fewer digits would be days before anything was on file.
const EXCEL_DIGITS: usize = 5;

/// Reads a date in one of the forms `allowed`.
///
/// # Errors
/// [`DateFault`]; a form that is recognized but not allowed is [`DateFault::NotAllowed`].
pub fn read(text: &str, allowed: &[DateForm]) -> Result<Date, DateFault> {
    let (form, date) = recognize(text)?;
    if allowed.contains(&form) { Ok(date) } else { Err(DateFault::NotAllowed) }
}

fn recognize(text: &str) -> Result<(DateForm, Date), DateFault> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if digits(text) {
        return match text.len() {
            8 => Date::from_compact(text).map(|date| (DateForm::Compact, date)).map_err(calendar),
            EXCEL_DIGITS => excel(text).map(|date| (DateForm::ExcelSerial, date)),
            6 => Err(DateFault::TwoDigitYear),
            _ => Err(DateFault::Form),
        };
    }
    let chinese = text.strip_suffix('日').and_then(|rest| {
        let (year, rest) = rest.split_once('年')?;
        rest.split_once('月').map(|(month, day)| (DateForm::Chinese, [year, month, day]))
    });
    let parts = chinese.or_else(|| three(text, '-').map(|parts| (DateForm::Iso, parts)));
    let parts = parts.or_else(|| three(text, '/').map(|parts| (DateForm::Slash, parts)));
    let Some((form, [year, month, day])) = parts.filter(|(_, parts)| parts.iter().all(|part| digits(part)))
    else {
        return Err(DateFault::Form);
    };
    match (year.len(), month.len(), day.len()) {
        (1 | 2, 1 | 2, 4) => Err(DateFault::Ambiguous),
        (1 | 2, 1 | 2, 1 | 2) => Err(DateFault::TwoDigitYear),
        (4, 2, 2) => civil([year, month, day]).map(|date| (form, date)),
        (4, 1 | 2, 1 | 2) if form != DateForm::Iso => civil([year, month, day]).map(|date| (form, date)),
        _ => Err(DateFault::Form),
    }
}

fn three(text: &str, separator: char) -> Option<[&str; 3]> {
    let mut parts = text.split(separator);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

fn civil([year, month, day]: [&str; 3]) -> Result<Date, DateFault> {
    let year = year.parse().map_err(|_| DateFault::Form)?;
    let month = month.parse().map_err(|_| DateFault::Form)?;
    let day = day.parse().map_err(|_| DateFault::Form)?;
    Date::new(year, month, day).map_err(calendar)
}

fn calendar(error: TimeError) -> DateFault {
    match error {
        TimeError::NoSuchDay => DateFault::NoSuchDay,
        // The enum of the model may grow.
        TimeError::Form | TimeError::OutOfRange | _ => DateFault::Form,
    }
}

fn excel(text: &str) -> Result<Date, DateFault> {
    let serial: u32 = text.parse().map_err(|_| DateFault::Form)?;
    if text.starts_with('0') {
        return Err(DateFault::Form);
    }
    let (year, month, day) = EXCEL_DAY_0;
    let zero = Date::new(year, month, day).map_err(|_| DateFault::NoSuchDay)?;
    Ok(zero.plus_days(serial))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(text: &str) -> Result<String, DateFault> {
        read(text, &DateForm::ALL).map(|date| date.to_string())
    }

    #[test]
    fn one_day_in_five_forms() {
        for text in
            ["2024-01-31", "20240131", "2024/1/31", "2024/01/31", "2024年1月31日", "2024年01月31日", "45322"]
        {
            assert_eq!(any(text).as_deref(), Ok("2024-01-31"), "{text}");
        }
        assert_eq!(any("10000").as_deref(), Ok("1927-05-18"));
        assert_eq!(any("36526").as_deref(), Ok("2000-01-01"));
    }

    #[test]
    fn what_could_be_another_day_is_refused() {
        for text in ["24-01-31", "24/1/31", "24年1月31日", "240131"] {
            assert_eq!(any(text), Err(DateFault::TwoDigitYear), "{text}");
        }
        for text in ["01/02/2024", "1-2-2024", "31/12/2024"] {
            assert_eq!(any(text), Err(DateFault::Ambiguous), "{text}");
        }
        for text in ["2023-02-29", "20230229", "2023/2/29", "2023年2月30日", "2024-13-01", "2024/0/1"] {
            assert_eq!(any(text), Err(DateFault::NoSuchDay), "{text}");
        }
        for text in [
            "",
            "2024-1-31",
            "2024.01.31",
            "2024-01-31 00:00:00",
            "45322.5",
            "2024年1月",
            "00001",
            "１２",
            "2024/001/1",
            "--",
            "//",
        ] {
            assert_eq!(any(text), Err(DateFault::Form), "{text}");
        }
    }

    #[test]
    fn each_form_is_read_only_if_allowed() {
        let texts = ["2024-01-31", "20240131", "2024/1/31", "2024年1月31日", "45322"];
        for (form, text) in DateForm::ALL.into_iter().zip(texts) {
            assert!(read(text, &[form]).is_ok());
            let others: Vec<_> = DateForm::ALL.into_iter().filter(|other| *other != form).collect();
            assert_eq!(read(text, &others), Err(DateFault::NotAllowed), "{text}");
        }
    }
}
