use std::borrow::Cow;
use std::fmt;

use crate::encoding::Encoding;
use crate::limits::{MAX_CELL_BYTES, MAX_ROW_LINES};
use crate::reason::Reason;

/// One row as it stands in its source. One value is used again for the next row.
#[derive(Clone, Default)]
pub struct Row {
    pub(crate) number: u64,
    pub(crate) encoding: Encoding,
    /// The cells one after the other: of CSV as they stand in the file, otherwise UTF-8.
    pub(crate) bytes: Vec<u8>,
    /// Where each cell ends in `bytes`.
    pub(crate) ends: Vec<usize>,
    /// Of JSON lines: the line.
    pub(crate) line: Vec<u8>,
    /// What keeps the row as a whole from being read.
    pub(crate) fault: Option<Reason>,
    /// What keeps single cells from being read.
    pub(crate) cell_faults: Vec<(usize, Reason)>,
}

/// Shows the number only: the rest may be personal.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Row {
    /// Its number, from 1; the header is not counted, and neither are empty rows.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many cells it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no cells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes that it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len() + self.line.len()
    }

    /// The bytes of the cell in column `column`, from 0.
    #[must_use]
    pub fn cell(&self, column: usize) -> Option<&[u8]> {
        let end = *self.ends.get(column)?;
        let start = column.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.bytes.get(start..end)
    }

    /// The text of a cell.
    ///
    /// # Errors
    /// [`Reason`] if it cannot be read.
    pub(crate) fn text(&self, column: usize) -> Result<Cow<'_, str>, Reason> {
        if let Some((_, fault)) = self.cell_faults.iter().find(|(place, _)| *place == column) {
            return Err(fault.clone());
        }
        let bytes = self.cell(column).unwrap_or_default();
        if bytes.len() > MAX_CELL_BYTES {
            return Err(Reason::CellTooLong);
        }
        self.encoding.decode(bytes).ok_or(Reason::NotDecodable)
    }

    pub(crate) fn begin(&mut self, number: u64, encoding: Encoding) {
        self.number = number;
        self.encoding = encoding;
        self.bytes.clear();
        self.ends.clear();
        self.line.clear();
        self.fault = None;
        self.cell_faults.clear();
    }

    pub(crate) fn push(&mut self, cell: &[u8]) {
        self.bytes.extend_from_slice(cell);
        self.ends.push(self.bytes.len());
    }

    /// A row that cannot be held keeps no cells.
    pub(crate) fn refuse(&mut self, fault: Reason) {
        self.bytes.clear();
        self.ends.clear();
        self.fault = Some(fault);
    }

    /// The header says how many cells there are: with more or fewer, a cell could stand for its neighbor.
    pub(crate) fn check_shape(&mut self, expected: usize) {
        if self.fault.is_some() {
            return;
        }
        let lines = self.bytes.iter().filter(|byte| **byte == b'\n').count();
        if lines > MAX_ROW_LINES {
            self.fault = Some(Reason::TooManyLines);
        } else if self.ends.len() != expected {
            self.fault = Some(Reason::Columns { found: self.ends.len(), expected });
        }
    }
}
