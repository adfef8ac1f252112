//! Rejected rows in the form of their source, with columns that say what to correct. The file can be corrected and fed
//! again: the columns of the import are then passed over.

use std::io::{self, Write};

use boyin_model::b64;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};

use crate::encoding::Encoding;
use crate::mapping::{Format, Mapping, Target};
use crate::reason::{Defect, Place};
use crate::row::Row;
use crate::source::Header;

/// How the columns begin that the import adds. A mapping cannot name them.
pub const REJECT_PREFIX: &str = "reject_";
/// Number of the row in the file it comes from, or of a correction in the first one; codes of its reasons; the reasons in
/// words.
pub const REJECT_COLUMNS: [&str; 3] = ["reject_row", "reject_codes", "reject_reasons"];

/// When every workbook of rejected rows says that it was made.
const XLSX_MADE: (u16, u8, u8) = (2000, 1, 1);

/// Why rejected rows could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RejectsError {
    /// The writer failed.
    #[error("the rejected rows cannot be written: {0}")]
    Io(#[from] io::Error),
    /// They do not fit a workbook.
    #[error("the rejected rows cannot be written as a workbook: {0}")]
    Xlsx(#[source] Box<rust_xlsxwriter::XlsxError>),
}

impl RejectsError {
    /// Stable code for callers.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "rejects_io",
            Self::Xlsx(_) => "rejects_xlsx",
        }
    }
}

impl From<rust_xlsxwriter::XlsxError> for RejectsError {
    fn from(error: rust_xlsxwriter::XlsxError) -> Self {
        Self::Xlsx(Box::new(error))
    }
}

/// Writes rejected rows.
pub struct Rejects<W: Write> {
    form: Form<W>,
    columns: Vec<String>,
    /// Columns of the source that go into the file: not those that an earlier import added.
    kept: Vec<usize>,
    /// Of a correction: the column with the number of the row in the first file.
    first_number: Option<usize>,
    encoding: Encoding,
}

impl<W: Write> std::fmt::Debug for Rejects<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rejects(..)")
    }
}

enum Form<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Jsonl(W),
    Xlsx { sheet: Box<Worksheet>, next: u32, out: W },
}

impl<W: Write> Rejects<W> {
    /// Begins with the header of the source.
    ///
    /// # Errors
    /// [`RejectsError`].
    pub fn new(mut out: W, header: &Header, mapping: &Mapping) -> Result<Self, RejectsError> {
        let encoding = header.encoding.map(|decision| decision.encoding).unwrap_or_default();
        let kept = header.columns.iter().enumerate().filter(|(_, name)| !name.starts_with(REJECT_PREFIX));
        let kept: Vec<_> = kept.map(|(place, _)| place).collect();
        let form = match header.format {
            Format::Csv => {
                if header.encoding.is_some_and(|decision| decision.skip > 0) {
                    out.write_all(b"\xEF\xBB\xBF")?;
                }
                Form::Csv(Box::new(
                    csv::WriterBuilder::new()
                        .flexible(true)
                        .delimiter(header.delimiter.byte())
                        .from_writer(out),
                ))
            }
            Format::Jsonl => Form::Jsonl(out),
            Format::Xlsx => Form::Xlsx { sheet: Box::new(Worksheet::new()), next: 0, out },
        };
        let named = |name: &String| name == REJECT_COLUMNS[0];
        let first_number = mapping.corrects.and_then(|_| header.columns.iter().position(named));
        let mut rejects = Self { form, columns: header.columns.clone(), kept, first_number, encoding };
        let names = rejects.kept.iter().filter_map(|place| rejects.columns.get(*place));
        let names: Vec<_> = names.map(|name| encoding.encode(name).into_owned()).collect();
        rejects.put(&names, &REJECT_COLUMNS.map(str::to_owned))?;
        Ok(rejects)
    }

    /// Writes a row and what is wrong with it.
    ///
    /// # Errors
    /// [`RejectsError`].
    pub fn write(&mut self, row: &Row, defects: &[Defect]) -> Result<(), RejectsError> {
        let codes = joined(defects, |defect| defect.reason.code().to_owned(), ";");
        let reasons =
            joined(defects, |defect| format!("{}: {}", self.place(&defect.place), defect.reason), " | ");
        let told = [self.number(row).to_string(), codes, reasons];
        if let Form::Jsonl(out) = &mut self.form {
            return Ok(write_line(out, row, &told)?);
        }
        // A row with more or fewer cells than its header goes as it is: fed again as it stands, it is rejected again.
        let beyond = self.columns.len()..row.len();
        let cells = self.kept.iter().copied().chain(beyond).filter_map(|place| row.cell(place));
        let cells: Vec<_> = cells.map(<[u8]>::to_vec).collect();
        self.put(&cells, &told)
    }

    /// Of a correction, 0 if it names no row: fed again it is then rejected again.
    fn number(&self, row: &Row) -> u64 {
        let Some(column) = self.first_number else { return row.number() };
        row.text(column).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Writes what is left. The same rows give the same bytes.
    ///
    /// # Errors
    /// [`RejectsError`].
    pub fn finish(self) -> Result<(), RejectsError> {
        match self.form {
            Form::Csv(mut writer) => writer.flush()?,
            Form::Jsonl(mut out) => out.flush()?,
            Form::Xlsx { sheet, mut out, .. } => {
                let mut book = Workbook::new();
                // Otherwise the time of writing, and the same rows would give other bytes.
                let (year, month, day) = XLSX_MADE;
                let made = ExcelDateTime::from_ymd(year, month, day)?;
                book.set_properties(&DocProperties::new().set_creation_datetime(&made));
                book.push_worksheet(*sheet);
                out.write_all(&book.save_to_buffer()?)?;
                out.flush()?;
            }
        }
        Ok(())
    }

    fn put(&mut self, cells: &[Vec<u8>], told: &[String; 3]) -> Result<(), RejectsError> {
        match &mut self.form {
            Form::Csv(writer) => {
                let told = told.iter().map(|text| self.encoding.encode(text).into_owned());
                let record: Vec<_> = cells.iter().cloned().chain(told).collect();
                writer.write_record(record).map_err(io::Error::other)?;
            }
            Form::Jsonl(_) => {}
            Form::Xlsx { sheet, next, .. } => {
                let told = told.iter().map(|text| text.as_bytes());
                for (column, cell) in (0..).zip(cells.iter().map(Vec::as_slice).chain(told)) {
                    let text = std::str::from_utf8(cell).map_err(io::Error::other)?;
                    sheet.write_string(*next, column, text)?;
                }
                *next += 1;
            }
        }
        Ok(())
    }

    fn place(&self, place: &Place) -> String {
        match place {
            Place::Row => "整行 row".to_owned(),
            Place::Column(column) => self.columns.get(*column).cloned().unwrap_or_default(),
            Place::Target(target) => Target::to_string(target),
        }
    }
}

fn joined(defects: &[Defect], text: impl Fn(&Defect) -> String, between: &str) -> String {
    defects.iter().map(text).collect::<Vec<_>>().join(between)
}

/// An object keeps its line and gets three members at its end; any other line is kept as text beside them.
fn write_line(out: &mut impl Write, row: &Row, told: &[String; 3]) -> io::Result<()> {
    let [number, codes, reasons] = told;
    let codes = serde_json::to_string(codes)?;
    let reasons = serde_json::to_string(reasons)?;
    let members = format!("\"reject_row\":{number},\"reject_codes\":{codes},\"reject_reasons\":{reasons}}}");
    let is_object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&row.line).is_ok();
    if is_object {
        let line = before_members(&row.line).trim_ascii_end();
        out.write_all(line)?;
        if !line.ends_with(b"{") {
            out.write_all(b",")?;
        }
    } else {
        // Bytes that are no text have no place in JSON: they are kept in base64url, and none is lost.
        let (name, kept) = match std::str::from_utf8(&row.line) {
            Ok(text) => ("reject_line", serde_json::to_string(text)?),
            Err(_) => ("reject_line_base64url", serde_json::to_string(&b64::encode(&row.line))?),
        };
        write!(out, "{{\"{name}\":{kept},")?;
    }
    out.write_all(members.as_bytes())?;
    out.write_all(b"\n")
}

/// An object without its closing brace and without the three members of an earlier import at its end.
fn before_members(line: &[u8]) -> &[u8] {
    let first = b"\"reject_row\":";
    let open = line.strip_suffix(b"}").unwrap_or(line);
    let Some(place) = open.windows(first.len()).rposition(|window| window == first) else { return open };
    let (before, ours) = open.split_at(place);
    let members =
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&[b"{", ours, b"}"].concat());
    let only_ours = members.is_ok_and(|members| {
        members.len() == REJECT_COLUMNS.len() && REJECT_COLUMNS.iter().all(|name| members.contains_key(*name))
    });
    let before = before.trim_ascii_end();
    if only_ours { before.strip_suffix(b",").unwrap_or(before) } else { open }
}
