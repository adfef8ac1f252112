use std::io::{self, Read, Seek};

use calamine::{DataRef, Reader as _, Xlsx};
use zip::ZipArchive;

use super::{Header, ReadError, RowVisitor, SourceError, next_number};
use crate::encoding::Encoding;
use crate::limits::{MAX_CELL_BYTES, MAX_COLUMNS, MAX_XLSX_BYTES, MAX_XLSX_PARTS, MAX_XLSX_SHARED_BYTES};
use crate::mapping::{Delimiter, Format, Mapping};
use crate::reason::Reason;
use crate::row::Row;

/// A spreadsheet keeps fifteen digits of a number; of longer ones the rest became zeros.
const EXACT: f64 = 1e15;
/// Days between the two epochs of Excel.
const DAYS_TO_1904: f64 = 1462.0;

pub(super) fn read<R: Read + Seek, V: RowVisitor>(
    mut input: R,
    mapping: &Mapping,
    visitor: &mut V,
) -> Result<(), ReadError<V::Error>> {
    check_sizes(&mut input)?;
    input.rewind().map_err(SourceError::from)?;
    let mut book = Xlsx::new(input).map_err(|error| SourceError::Xlsx(Box::new(error)))?;
    let names = book.sheet_names();
    let sheet = match &mapping.sheet {
        Some(wanted) => names.into_iter().find(|name| name == wanted),
        None => names.into_iter().next(),
    };
    let sheet = sheet.ok_or(SourceError::NoSheet)?;
    let since_1904 = book.has_1904_epoch();
    let cells = book.worksheet_cells_reader(&sheet).map_err(|error| SourceError::Xlsx(Box::new(error)))?;
    Sheet { cells, since_1904, header: None, visitor }.run()
}

/// Inflates every part once, counting: a small file can say that it is a large one, or hide that it is.
fn check_sizes<R: Read + Seek>(input: &mut R) -> Result<(), SourceError> {
    let mut container = ZipArchive::new(input).map_err(|_| SourceError::Container)?;
    if container.len() > MAX_XLSX_PARTS {
        return Err(SourceError::XlsxSize);
    }
    let (mut all, mut shared) = (0_u64, 0_u64);
    for place in 0..container.len() {
        let part = container.by_index(place).map_err(|_| SourceError::Container)?;
        let name = part.name().map_err(|_| SourceError::Container)?;
        let is_sheet = name.starts_with("xl/worksheets/");
        drop(name);
        let left =
            (MAX_XLSX_BYTES - all).min(if is_sheet { u64::MAX } else { MAX_XLSX_SHARED_BYTES - shared });
        let mut bounded = part.take(left.saturating_add(1));
        let size = io::copy(&mut bounded, &mut io::sink()).map_err(|_| SourceError::Container)?;
        if size > left {
            return Err(SourceError::XlsxSize);
        }
        all += size;
        shared += if is_sheet { 0 } else { size };
    }
    Ok(())
}

struct Sheet<'s, R: Read + Seek, V> {
    cells: calamine::XlsxCellReader<'s, R>,
    since_1904: bool,
    /// Columns of the header, once it was read.
    header: Option<usize>,
    visitor: &'s mut V,
}

impl<R: Read + Seek, V: RowVisitor> Sheet<'_, R, V> {
    fn run(mut self) -> Result<(), ReadError<V::Error>> {
        let mut row = Row::default();
        let mut at = None;
        loop {
            let cell = self.cells.next_cell().map_err(|error| SourceError::Xlsx(Box::new(error)))?;
            let Some(cell) = cell else { break };
            let (line, column) = cell.get_position();
            if matches!(cell.get_value(), DataRef::Empty) {
                continue;
            }
            if at.is_some_and(|at| line < at) {
                return Err(SourceError::XlsxOrder.into());
            }
            if at != Some(line) {
                if at.is_some() {
                    finish(&mut row, &mut self.header, self.visitor)?;
                }
                at = Some(line);
                let number = row.number;
                row.begin(number, Encoding::Utf8);
            }
            put(&mut row, usize::try_from(column).unwrap_or(usize::MAX), cell.get_value(), self.since_1904)?;
        }
        match at {
            Some(_) => finish(&mut row, &mut self.header, self.visitor),
            None => Err(SourceError::Empty.into()),
        }
    }
}

/// Cells come with their place; those between are empty.
fn put(row: &mut Row, column: usize, value: &DataRef<'_>, since_1904: bool) -> Result<(), SourceError> {
    if row.fault.is_some() {
        return Ok(());
    }
    if column >= MAX_COLUMNS {
        row.refuse(Reason::TooManyColumns);
        return Ok(());
    }
    if column < row.len() {
        return Err(SourceError::XlsxOrder);
    }
    while row.len() < column {
        row.push(&[]);
    }
    match text(value, since_1904) {
        Ok(text) if text.len() > MAX_CELL_BYTES => {
            row.push(&[]);
            row.cell_faults.push((column, Reason::CellTooLong));
        }
        Ok(text) => row.push(text.as_bytes()),
        Err(fault) => {
            row.push(&[]);
            row.cell_faults.push((column, fault));
        }
    }
    Ok(())
}

/// Dates stay the days that the sheet counts, in the system of 1900, so that all files write them alike.
fn text(value: &DataRef<'_>, since_1904: bool) -> Result<String, Reason> {
    let number = |number: f64| {
        if number.abs() < EXACT { Ok(number.to_string()) } else { Err(Reason::Imprecise) }
    };
    match value {
        DataRef::Empty => Ok(String::new()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Ok(text.clone()),
        DataRef::SharedString(text) => Ok((*text).to_owned()),
        DataRef::Int(integer) => Ok(integer.to_string()),
        DataRef::Float(float) => number(*float),
        DataRef::Bool(truth) => Ok(truth.to_string()),
        DataRef::DateTime(day) => number(day.as_f64() + if since_1904 { DAYS_TO_1904 } else { 0.0 }),
        DataRef::Error(_) => Err(Reason::CellError),
    }
}

fn finish<V: RowVisitor>(
    row: &mut Row,
    header: &mut Option<usize>,
    visitor: &mut V,
) -> Result<(), ReadError<V::Error>> {
    let Some(count) = *header else {
        if row.fault.is_some() {
            return Err(SourceError::HeaderColumns.into());
        }
        let name =
            |column| row.text(column).map_err(|_| SourceError::HeaderText).map(|text| text.trim().to_owned());
        let columns = (0..row.len()).map(name).collect::<Result<Vec<_>, _>>()?;
        *header = Some(columns.len());
        row.number = 0;
        let header = Header { format: Format::Xlsx, columns, encoding: None, delimiter: Delimiter::Comma };
        return visitor.header(&header).map_err(ReadError::Visitor);
    };
    // Empty cells at the end are not written to the file.
    while row.fault.is_none() && row.len() < count {
        row.push(&[]);
    }
    row.number = next_number(row)?;
    row.check_shape(count);
    visitor.row(row).map_err(ReadError::Visitor)
}
