use std::io::Write;

use boyin::archive::LicenseRecord;
use boyin::model::credential::Envelope;
use boyin::model::id::CreditCode;
use boyin::model::json::{Reader, Value as Json};
use boyin::verify::{AnyReason, Report, Verdict};
use boyin::{Found, Home};
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};

/// Columns of a table when nobody sees it on a terminal: nothing is broken into lines.
const NO_TERMINAL_WIDTH: u16 = 400;

/// A table in the style of all tables here.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(NO_TERMINAL_WIDTH);
    }
    table.set_header(header.iter().copied());
    table
}

/// One JSON value on one line.
pub(crate) fn json_line(out: &mut dyn Write, value: &Value) -> std::io::Result<()> {
    writeln!(out, "{value}")
}

/// A text that nobody vouches for, for a terminal: what would move the cursor, is not seen or turns a line around is written as an
/// escape.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

/// Personal data on screens: shown in full only if asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// First and last characters at most.
    Masked,
    /// In the clear.
    Full,
}

impl Privacy {
    pub(crate) fn new(full: bool) -> Self {
        if full { Self::Full } else { Self::Masked }
    }

    /// A number of a person: the first three and the last two characters of a long one.
    pub(crate) fn number(self, text: &str) -> String {
        let count = text.chars().count();
        let keep = |place: usize| count > 8 && (place < 3 || place + 2 >= count);
        self.cover(text, keep)
    }

    /// The name of a person: the first character.
    pub(crate) fn name(self, text: &str) -> String {
        match self {
            Self::Full => text.to_owned(),
            // Three stars for every name: the length of a name tells Han from other names.
            Self::Masked => text.chars().take(1).chain("**".chars()).collect(),
        }
    }

    /// Any other personal value.
    pub(crate) fn value(self, text: &str) -> String {
        match self {
            Self::Full => text.to_owned(),
            Self::Masked => "***".to_owned(),
        }
    }

    fn cover(self, text: &str, keep: impl Fn(usize) -> bool) -> String {
        match self {
            Self::Full => text.to_owned(),
            Self::Masked => {
                text.chars().enumerate().map(|(place, c)| if keep(place) { c } else { '*' }).collect()
            }
        }
    }
}

/// The open claims that a list shows beside what is filed. Claimed by the bytes, not proven.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenClaims {
    pub(crate) issuer_name: Option<String>,
    pub(crate) issue_date: Option<String>,
    pub(crate) valid_from: Option<String>,
}

impl OpenClaims {
    pub(crate) fn of(credential: &[u8]) -> Self {
        let Ok(envelope) = Envelope::open(credential, Reader::Ours) else { return Self::default() };
        let Ok(credential) = envelope.read() else { return Self::default() };
        let text = |claim| credential.payload.get(claim).and_then(Json::as_text).map(str::to_owned);
        Self {
            issuer_name: text("issuer_name"),
            issue_date: text("issue_date"),
            valid_from: text("valid_from"),
        }
    }
}

/// `✓`, `✗` or `?`.
pub(crate) fn sign<R: AnyReason>(verdict: Verdict<R>) -> char {
    match verdict {
        Verdict::Passed => '✓',
        Verdict::Failed(_) => '✗',
        Verdict::Indeterminate(_) => '?',
    }
}

/// A verdict in a few words, for a cell.
pub(crate) fn verdict_cell(report: &Report) -> String {
    let verdict = report.verdict();
    let words = match verdict {
        Verdict::Passed => "有效 valid".to_owned(),
        Verdict::Failed(reason) | Verdict::Indeterminate(reason) => {
            format!("{} {}", reason.info().zh, reason.code())
        }
    };
    format!("{} {words}", sign(verdict))
}

/// Name of an office, or its code.
pub(crate) fn office_name(home: &Home, code: CreditCode) -> String {
    let office = home.offices().iter().find(|office| office.code == code);
    office.map_or_else(|| code.as_str().to_owned(), |office| office.name.clone())
}

/// `2025-03-01 – 2030-02-28`, or 长期.
fn validity(claims: &OpenClaims, record: &LicenseRecord) -> String {
    let until = record.valid_until.map_or_else(|| "长期".to_owned(), |date| date.to_string());
    match &claims.valid_from {
        Some(from) => format!("{from} – {until}"),
        None => until,
    }
}

/// Licenses as a table, with their identifiers below for the next command.
pub(crate) fn licenses(
    out: &mut dyn Write,
    home: &Home,
    found: &[Found],
    privacy: Privacy,
    with_holder: bool,
) -> std::io::Result<()> {
    let mut header = vec!["#", "证照 License", "编号 Number"];
    header.extend(with_holder.then_some("持证主体 Holder"));
    header.extend(["颁发机构 Issuer", "颁发日期 Issued", "有效期 Valid", "等级 Grade", "核验 Verdict"]);
    let mut table = table(&header);
    for (place, Found { record, report }) in found.iter().enumerate() {
        let claims = OpenClaims::of(&record.credential);
        let (number, holder) = shown(record, privacy);
        let issuer = claims.issuer_name.clone().unwrap_or_else(|| office_name(home, record.id.issuer()));
        let mut row = vec![(place + 1).to_string(), record.title.clone(), number];
        row.extend(with_holder.then_some(holder));
        row.extend([
            issuer,
            claims.issue_date.clone().unwrap_or_default(),
            validity(&claims, record),
            record.grade.letter().to_string(),
            verdict_cell(report),
        ]);
        table.add_row(row);
    }
    writeln!(out, "{table}")?;
    for (place, found) in found.iter().enumerate() {
        writeln!(out, "#{:<3} {}", place + 1, found.record.id)?;
    }
    Ok(())
}

/// Number and holder as this privacy allows; those of organizations are public.
fn shown(record: &LicenseRecord, privacy: Privacy) -> (String, String) {
    if record.holder_code_type.is_natural_person() {
        (privacy.number(&record.number), privacy.name(&record.holder_name))
    } else {
        (record.number.clone(), record.holder_name.clone())
    }
}

/// A license as JSON, with its report.
pub(crate) fn license_json(found: &Found, privacy: Privacy) -> Value {
    let Found { record, report } = found;
    let claims = OpenClaims::of(&record.credential);
    let (number, holder) = shown(record, privacy);
    let report: Value = serde_json::from_slice(&report.to_json()).unwrap_or_default();
    json!({
        "license_id": record.id.as_str(),
        "license_name": record.title,
        "license_number": number,
        "holder_code_type": record.holder_code_type.code(),
        "holder_name": holder,
        "issuer_code": record.id.issuer().as_str(),
        "issuer_name": claims.issuer_name,
        "issue_date": claims.issue_date,
        "valid_from": claims.valid_from,
        "valid_until": record.valid_until.map(|date| date.to_string()),
        "grade": record.grade.letter().to_string(),
        "filed_at": record.filed_at.seconds(),
        "report": report,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_is_escaped() {
        for (text, shown) in [
            ("入住登记 \"A\" 's", "入住登记 \"A\" 's"),
            ("a\n\u{1b}[2J\r", "a\\n\\u{1b}[2J\\r"),
            ("\u{9b}2J\u{202e}b\u{200b}", "\\u{9b}2J\\u{202e}b\\u{200b}"),
            ("\\u{1b}", "\\\\u{1b}"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn short_numbers_are_covered_whole() {
        assert_eq!(Privacy::Masked.number("12345678"), "********");
        assert_eq!(Privacy::Masked.number("65270119900102999X"), "652*************9X");
        assert_eq!(Privacy::Masked.number("新(2025)博乐市不动产权第0000001号"), "新(2******************1号");
        assert_eq!(Privacy::Full.number("12345678"), "12345678");
    }

    #[test]
    fn names_keep_their_first_character_only() {
        assert_eq!(Privacy::Masked.name("阿依古丽·买买提"), "阿**");
        assert_eq!(Privacy::Masked.name("李明"), "李**");
        assert_eq!(Privacy::Full.name("李明"), "李明");
    }
}
