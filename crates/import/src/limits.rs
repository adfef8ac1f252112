//! Bounds on what a source may ask for. Each is far above honest data and keeps memory bounded.

/// Bytes of a mapping file.
pub const MAX_MAPPING_BYTES: usize = 256 << 10;
/// Bytes of one row, decoded from its quotes. A row of the national catalog has some hundred.
pub const MAX_ROW_BYTES: usize = 1 << 20;
/// Columns of one row. Exports of real systems have up to 200.
pub const MAX_COLUMNS: usize = 1024;
/// Bytes of one cell. Excel allows 32,767 characters.
pub const MAX_CELL_BYTES: usize = 64 << 10;
/// Lines that the cells of one row run over. A quote that is never closed swallows the rows below it: it is found here.
pub const MAX_ROW_LINES: usize = 64;
/// Rows of one file: the numbers of all rows are remembered to find repeated ones, 40 bytes each.
pub const MAX_ROWS: u64 = 4_000_000;
/// Bytes at the beginning of a file that its encoding is detected by.
pub const DETECT_BYTES: usize = 1 << 20;
/// Bytes that the parts of an XLSX file may inflate to, all together.
pub const MAX_XLSX_BYTES: u64 = 4 << 30;
/// Bytes that the parts of an XLSX file other than sheets may inflate to: its reader holds the table of texts in memory.
pub const MAX_XLSX_SHARED_BYTES: u64 = 256 << 20;
/// Parts of an XLSX file.
pub const MAX_XLSX_PARTS: usize = 4096;
/// Characters of a name or number, as on a form.
pub const MAX_TEXT_CHARS: usize = 200;
