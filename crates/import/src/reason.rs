//! Why a row was rejected: stable codes, and sentences in both languages that say what to correct.

use std::fmt;

use boyin_model::catalog::{FieldFault, ValidityFault};
use boyin_model::collected::Grade;
use boyin_model::id::IdError;

use crate::date::DateFault;
use crate::limits::{MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROW_BYTES, MAX_ROW_LINES, MAX_TEXT_CHARS};
use crate::mapping::Target;

/// One thing to correct in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// Where.
    pub place: Place,
    /// What.
    pub reason: Reason,
}

/// Where in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The row as a whole.
    Row,
    /// The cell in this column, from 0.
    Column(usize),
    /// What the mapping makes of it.
    Target(Target),
}

/// What is wrong. Never carries what stands in the row: it may be personal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// More bytes than [`MAX_ROW_BYTES`].
    RowTooLong,
    /// More columns than [`MAX_COLUMNS`].
    TooManyColumns,
    /// Its cells run over more lines than [`MAX_ROW_LINES`].
    TooManyLines,
    /// A cell with more bytes than [`MAX_CELL_BYTES`].
    CellTooLong,
    /// Bytes that are no text in the encoding of the file.
    NotDecodable,
    /// More or fewer cells than the header.
    Columns {
        /// Cells of the row.
        found: usize,
        /// Cells of the header.
        expected: usize,
    },
    /// A line that is no JSON object.
    NotJsonObject,
    /// A member of a JSON object that occurs twice.
    MemberTwice,
    /// An array or object where one value belongs.
    Nested,
    /// A number with so many digits that the source cannot have kept them all.
    Imprecise,
    /// An error value of the spreadsheet.
    CellError,
    /// Required and empty.
    Missing,
    /// Empty, too long or with control characters.
    Text,
    /// A number that a spreadsheet turned into powers of ten.
    Mangled,
    /// Not a kind of holder number.
    HolderCodeType,
    /// Not an identifier of its kind.
    Identifier(IdError),
    /// Name and number stand in each other's place.
    Swapped,
    /// Such a holder cannot hold such a license.
    HolderKind,
    /// No date that can be relied on.
    Date(DateFault),
    /// The dates do not fit the license type or each other.
    Validity(ValidityFault),
    /// Issued after its last valid day.
    IssuedAfterEnd,
    /// Issued after the day of the import.
    IssuedInFuture,
    /// The value of a field does not fit the catalog.
    Field(FieldFault),
    /// Not a grade.
    Grade,
    /// A better grade than the evidence of the source carries.
    GradeAboveEvidence {
        /// The best grade that it carries.
        carries: Grade,
    },
    /// A row of a correction that names no row of the import that it corrects.
    CorrectedRow,
    /// The same row stands above.
    RowTwice {
        /// Its number.
        first: u64,
    },
    /// Another row with the same key stands above.
    KeyTwice {
        /// Its number.
        first: u64,
    },
}

impl Reason {
    /// Stable code, for reports and programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RowTooLong => "row_too_long",
            Self::TooManyColumns => "row_too_many_columns",
            Self::TooManyLines => "row_too_many_lines",
            Self::CellTooLong => "cell_too_long",
            Self::NotDecodable => "not_decodable",
            Self::Columns { .. } => "row_columns",
            Self::NotJsonObject => "json_object",
            Self::MemberTwice => "json_member_twice",
            Self::Nested => "json_nested",
            Self::Imprecise => "number_imprecise",
            Self::CellError => "cell_error",
            Self::Missing => "missing",
            Self::Text => "text",
            Self::Mangled => "number_mangled",
            Self::HolderCodeType => "holder_code_type",
            Self::Identifier(error) => error.code(),
            Self::Swapped => "holder_swapped",
            Self::HolderKind => "holder_kind",
            Self::Date(fault) => date_row(*fault).0,
            Self::Validity(fault) => validity_row(fault).0,
            Self::IssuedAfterEnd => "issued_after_end",
            Self::IssuedInFuture => "issued_in_future",
            Self::Field(fault) => field_row(fault).0,
            Self::Grade => "grade",
            Self::GradeAboveEvidence { .. } => "grade_above_evidence",
            Self::CorrectedRow => "corrected_row",
            Self::RowTwice { .. } => "row_twice",
            Self::KeyTwice { .. } => "key_twice",
        }
    }

    /// The sentence in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::RowTooLong => format!("整行超过 {MAX_ROW_BYTES} 字节，请在原文件中更正"),
            Self::TooManyColumns => format!("超过 {MAX_COLUMNS} 列"),
            Self::TooManyLines => format!("一行跨越超过 {MAX_ROW_LINES} 个换行，可能缺少右引号"),
            Self::CellTooLong => format!("单元格超过 {MAX_CELL_BYTES} 字节"),
            Self::NotDecodable => "含有不属于该文件编码的字节".to_owned(),
            Self::Columns { found, expected } => format!("有 {found} 列，表头为 {expected} 列"),
            Self::NotJsonObject => "该行不是 JSON 对象".to_owned(),
            Self::MemberTwice => "同一名称出现两次".to_owned(),
            Self::Nested => "应为单个值".to_owned(),
            Self::Imprecise => "数字位数过多，电子表格未能保存全部数位，请以文本填写".to_owned(),
            Self::CellError => "电子表格错误值".to_owned(),
            Self::Missing => "必填项为空".to_owned(),
            Self::Text => format!("应为 1 至 {MAX_TEXT_CHARS} 个字符且不含控制字符"),
            Self::Mangled => "号码被电子表格改成科学计数法，请以文本填写".to_owned(),
            Self::HolderCodeType => "不是 GB/T 36903 的持证主体代码类型".to_owned(),
            Self::Identifier(error) => {
                format!("第 {} 个字符处不符合编码规则（{}）", error.offset.saturating_add(1), error.code())
            }
            Self::Swapped => "姓名（名称）与号码填写颠倒".to_owned(),
            Self::HolderKind => "该类持证主体不能持有此证照".to_owned(),
            Self::Date(fault) => date_row(*fault).1.to_owned(),
            Self::Validity(fault) => validity_row(fault).1.to_owned(),
            Self::IssuedAfterEnd => "颁发日期晚于有效期截止日".to_owned(),
            Self::IssuedInFuture => "颁发日期晚于归集当日".to_owned(),
            Self::Field(fault) => field_row(fault).1.to_owned(),
            Self::Grade => "等级应为 A、B、C 或 D".to_owned(),
            Self::GradeAboveEvidence { carries } => format!("来源依据至多支持 {carries} 级"),
            Self::CorrectedRow => "应为被更正的归集任务中的行号".to_owned(),
            Self::RowTwice { first } => format!("与第 {first} 行完全相同"),
            Self::KeyTwice { first } => format!("与第 {first} 行主键相同而内容不同"),
        }
    }

    /// The sentence in English.
    #[must_use]
    pub fn en(&self) -> String {
        match self {
            Self::RowTooLong => {
                format!("the row has more than {MAX_ROW_BYTES} bytes: correct it in the first file")
            }
            Self::TooManyColumns => format!("the row has more than {MAX_COLUMNS} columns"),
            Self::TooManyLines => {
                format!("the row runs over more than {MAX_ROW_LINES} lines: a closing quote may be missing")
            }
            Self::CellTooLong => format!("the cell has more than {MAX_CELL_BYTES} bytes"),
            Self::NotDecodable => "it has bytes that are no text in the encoding of the file".to_owned(),
            Self::Columns { found, expected } => format!("{found} cells where the header has {expected}"),
            Self::NotJsonObject => "the line is no JSON object".to_owned(),
            Self::MemberTwice => "the name occurs twice".to_owned(),
            Self::Nested => "one value belongs here".to_owned(),
            Self::Imprecise => {
                "the number has more digits than a spreadsheet keeps: write it as text".to_owned()
            }
            Self::CellError => "the cell holds an error of the spreadsheet".to_owned(),
            Self::Missing => "must be filled in".to_owned(),
            Self::Text => format!("must be 1 to {MAX_TEXT_CHARS} characters without control characters"),
            Self::Mangled => {
                "a spreadsheet turned the number into powers of ten: write it as text".to_owned()
            }
            Self::HolderCodeType => "must be a holder code type of GB/T 36903, such as 111 or 001".to_owned(),
            Self::Identifier(error) => error.to_string(),
            Self::Swapped => "name and number stand in each other's place".to_owned(),
            Self::HolderKind => "a holder of this kind cannot hold this license type".to_owned(),
            Self::Date(fault) => date_row(*fault).2.to_owned(),
            Self::Validity(fault) => fault.to_string(),
            Self::IssuedAfterEnd => "issued after its last valid day".to_owned(),
            Self::IssuedInFuture => "issued after the day of the import".to_owned(),
            Self::Field(fault) => fault.to_string(),
            Self::Grade => "a grade is A, B, C or D".to_owned(),
            Self::GradeAboveEvidence { carries } => {
                format!("the evidence of the source carries grade {carries} at most")
            }
            Self::CorrectedRow => "must be the number of the row in the import that is corrected".to_owned(),
            Self::RowTwice { first } => format!("row {first} is the same"),
            Self::KeyTwice { first } => format!("row {first} has the same key and says something else"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.zh(), self.en())
    }
}

fn date_row(fault: DateFault) -> (&'static str, &'static str, &'static str) {
    match fault {
        DateFault::Form => ("date_form", "不是可识别的日期", "this is no date in a form that is known"),
        DateFault::NotAllowed => (
            "date_not_allowed",
            "映射文件不允许这种日期写法",
            "the mapping does not allow this form of dates",
        ),
        DateFault::TwoDigitYear => ("date_two_digit_year", "年份只有两位", "the year has two digits only"),
        DateFault::Ambiguous => ("date_ambiguous", "日、月顺序不明", "day and month could change places"),
        DateFault::NoSuchDay => ("date_no_such_day", "不存在的日期", "the calendar has no such day"),
    }
}

fn validity_row(fault: &ValidityFault) -> (&'static str, &'static str) {
    match fault {
        ValidityFault::Reversed => ("validity_reversed", "有效期截止日早于起始日"),
        ValidityFault::NoFirstDay => ("validity_no_first_day", "有截止日而无起始日"),
        ValidityFault::Term { .. } => ("validity_term", "有效期限不属于目录规定的期限"),
        // The enum of the model may grow.
        _ => ("validity", "有效期不符合目录"),
    }
}

fn field_row(fault: &FieldFault) -> (&'static str, &'static str) {
    match fault {
        FieldFault::Kind => ("field_kind", "值的类型与目录不符"),
        FieldFault::Text { .. } => ("field_text", "为空、过长或含控制字符"),
        FieldFault::Date => ("field_date", "不是真实日期"),
        FieldFault::Range => ("field_range", "超出目录规定的范围"),
        FieldFault::Decimal => ("field_decimal", "应为最多两位小数的数字"),
        FieldFault::Choice { .. } => ("field_choice", "不在目录规定的选项之内"),
        FieldFault::Identifier(error) => (error.code(), "不符合编码规则"),
        _ => ("field", "不符合目录"),
    }
}
