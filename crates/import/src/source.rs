//! Sources as streams of rows: CSV, JSON lines, XLSX. Memory is bounded by the limits, whatever the file holds; of XLSX
//! the table of shared texts is held too.

mod csv;
mod jsonl;
mod xlsx;

use std::io::{self, Read, Seek};

use crate::encoding::{Decision, Undecided};
use crate::limits::{
    MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROWS, MAX_XLSX_BYTES, MAX_XLSX_PARTS, MAX_XLSX_SHARED_BYTES,
};
use crate::mapping::{Delimiter, Format, Mapping};
use crate::row::Row;

/// What is known of a source before its first row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Form of the file.
    pub format: Format,
    /// Names of the columns. Of JSON lines: the members that the mapping reads.
    pub columns: Vec<String>,
    /// The encoding of a text file and how it was found.
    pub encoding: Option<Decision>,
    /// What separates the cells of CSV.
    pub delimiter: Delimiter,
}

/// Takes what a source holds.
pub trait RowVisitor {
    /// Why it stops.
    type Error;

    /// Called once, before the first row.
    ///
    /// # Errors
    /// Whatever ends the reading.
    fn header(&mut self, header: &Header) -> Result<(), Self::Error>;

    /// Called for each row in the order of the file.
    ///
    /// # Errors
    /// Whatever ends the reading.
    fn row(&mut self, row: &Row) -> Result<(), Self::Error>;
}

/// Why a source was not read to its end.
#[derive(Debug)]
pub enum ReadError<E> {
    /// The source as a whole cannot be read.
    Source(SourceError),
    /// The visitor stopped.
    Visitor(E),
}

impl<E> From<SourceError> for ReadError<E> {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

/// Why a source as a whole cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The reader failed.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// No header.
    #[error("the file is empty: it has no header")]
    Empty,
    /// UTF-16.
    #[error("the file is UTF-16: save it as UTF-8 or GB18030")]
    Utf16,
    /// A byte order mark of UTF-8 in a file that is declared otherwise.
    #[error("the file begins with the byte order mark of UTF-8, but the mapping declares gb18030")]
    Contradicts,
    /// Right in neither encoding.
    #[error(
        "the beginning of the file is clearly neither UTF-8 nor GB18030: declare file.encoding in the mapping"
    )]
    Undecided,
    /// The header is no text.
    #[error("the header has bytes that are no text in the encoding of the file")]
    HeaderText,
    /// The header has too many columns.
    #[error("the header has more than {MAX_COLUMNS} columns")]
    HeaderColumns,
    /// The header has a name that is too long.
    #[error(
        "a name of the header has more than {MAX_CELL_BYTES} bytes, or the quotes of the header are never closed"
    )]
    HeaderLength,
    /// A column of the mapping is not in the header, or twice.
    #[error("column {column} of the mapping is {found} times in the header, which has {columns} columns")]
    Column {
        /// The name as the mapping has it.
        column: Box<str>,
        /// How often the header has it.
        found: usize,
        /// Columns of the header.
        columns: usize,
    },
    /// Too many rows.
    #[error("the file has more than {MAX_ROWS} rows: divide it")]
    TooManyRows,
    /// Not a workbook that can be read.
    #[error("this is no XLSX workbook that can be read: {0}")]
    Xlsx(#[source] Box<calamine::XlsxError>),
    /// Not a ZIP container, or a damaged one.
    #[error("this is no XLSX workbook: its container is damaged or protected by a password")]
    Container,
    /// It inflates to more than it may.
    #[error(
        "the workbook inflates to more than {MAX_XLSX_BYTES} bytes, or {MAX_XLSX_SHARED_BYTES} without its sheets, or \
         has more than {MAX_XLSX_PARTS} parts"
    )]
    XlsxSize,
    /// No such sheet.
    #[error("the workbook has no such sheet as file.sheet says")]
    NoSheet,
    /// Cells out of order.
    #[error("the cells of the sheet are not in order: save the workbook again with a spreadsheet program")]
    XlsxOrder,
}

impl SourceError {
    /// Stable code for callers.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "source_io",
            Self::Empty => "source_empty",
            Self::Utf16 => "source_utf16",
            Self::Contradicts => "source_encoding_contradicts",
            Self::Undecided => "source_encoding_undecided",
            Self::HeaderText => "source_header_text",
            Self::HeaderColumns => "source_header_columns",
            Self::HeaderLength => "source_header_length",
            Self::Column { .. } => "source_column",
            Self::TooManyRows => "source_too_many_rows",
            Self::Xlsx(_) => "source_xlsx",
            Self::Container => "source_container",
            Self::XlsxSize => "source_xlsx_size",
            Self::NoSheet => "source_no_sheet",
            Self::XlsxOrder => "source_xlsx_order",
        }
    }
}

impl From<Undecided> for SourceError {
    fn from(undecided: Undecided) -> Self {
        match undecided {
            Undecided::Utf16 => Self::Utf16,
            Undecided::Contradicts => Self::Contradicts,
            Undecided::Neither => Self::Undecided,
        }
    }
}

/// Reads a source from its first row to its last.
///
/// # Errors
/// [`ReadError`]. A row that cannot be read is no error: it is shown with its fault.
pub fn read<R: Read + Seek, V: RowVisitor>(
    input: R,
    mapping: &Mapping,
    visitor: &mut V,
) -> Result<(), ReadError<V::Error>> {
    match mapping.format {
        Format::Csv => csv::read(input, mapping, visitor),
        Format::Jsonl => jsonl::read(input, mapping, visitor),
        Format::Xlsx => xlsx::read(input, mapping, visitor),
    }
}

/// Counts the next row.
fn next_number(row: &Row) -> Result<u64, SourceError> {
    if row.number >= MAX_ROWS { Err(SourceError::TooManyRows) } else { Ok(row.number + 1) }
}
