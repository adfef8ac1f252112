use std::io::Cursor;

use boyin_import::{
    Accepted, Checker, Defect, Header, Mapping, ReadError, Rejects, Row, RowVisitor, SourceError, read,
};
use boyin_model::catalog::Catalog;
use boyin_model::time::Date;

/// One license type with a field of each kind.
pub(crate) const CATALOG: &str = r#"
version = "test"

[[license_type]]
code = "11100000MB0143028R001"
code_source = "provisional"
key = "permit"
name = "测试许可证"
name_en = "Permit"
defining_body = "测试"
holder = "any"
validity = ["长期", "5年", "约定"]

[[license_type.field]]
name = "scope"
label = "范围"
pinyin = "KZ_FW"
kind = "text"
required = true
max_chars = 20

[[license_type.field]]
name = "seats"
label = "座位"
pinyin = "KZ_ZW"
kind = "integer"
min = 1
max = 500

[[license_type.field]]
name = "area"
label = "面积"
pinyin = "KZ_MJ"
kind = "decimal"

[[license_type.field]]
name = "level"
label = "级别"
pinyin = "KZ_JB"
kind = "choice"
choices = ["一级", "二级"]

[[license_type.field]]
name = "built_on"
label = "建成"
pinyin = "KZ_JC"
kind = "date"

[[license_type.field]]
name = "keeper"
label = "负责人"
pinyin = "KZ_FZR"
kind = "citizen-id"

[[license_type]]
code = "11100000MB0143028R002"
code_source = "provisional"
key = "personal"
name = "个人测试证"
name_en = "Personal permit"
defining_body = "测试"
holder = "natural-person"
validity = ["长期"]

[[license_type]]
code = "11100000MB0143028R003"
code_source = "provisional"
key = "short"
name = "短期测试证"
name_en = "Short permit"
defining_body = "测试"
holder = "any"
validity = ["1年"]
"#;

pub(crate) const MAPPING: &str = r#"
[source]
name = "测试存量库"
agency = "11652701DEMX00022R"
total = 3
key = ["序号"]

[file]
format = "csv"

[license]
type = "permit"

[grade]
grade = "B"
evidence = "window-check"
digest = "sha-256:0000000000000000000000000000000000000000000000000000000000000000"

[dates]
forms = ["iso", "compact", "slash", "chinese", "excel-serial"]

[columns]
license_number = "证号"
"holder.code_type" = "证件类型"
"holder.code" = "证件号码"
"holder.name" = "姓名"
issue_date = "发证日期"
valid_from = "起始"
valid_until = "截止"
grade = "等级"
"fields.scope" = "范围"
"fields.seats" = "座位"
"fields.area" = "面积"
"fields.level" = "级别"
"fields.built_on" = "建成"
"fields.keeper" = "负责人"
division = "区划"

[values."holder.code_type"]
"身份证" = "111"
"信用代码" = "001"

[values.valid_until]
"长期" = ""
"#;

pub(crate) const COLUMNS: [&str; 16] = [
    "序号",
    "证号",
    "证件类型",
    "证件号码",
    "姓名",
    "发证日期",
    "起始",
    "截止",
    "等级",
    "范围",
    "座位",
    "面积",
    "级别",
    "建成",
    "负责人",
    "区划",
];
/// A row without defect. The number is that of the citizen in GB 11643's own example.
pub(crate) const GOOD: [&str; 16] = [
    "1",
    "XK-1",
    "身份证",
    "11010519491231002X",
    "某甲",
    "2020-01-31",
    "2020-01-31",
    "2035-01-30",
    "",
    "餐饮",
    "12",
    "88.50",
    "一级",
    "2019/3/1",
    "11010519491231002x",
    "652701",
];

pub(crate) fn catalog() -> Catalog {
    CATALOG.parse().unwrap()
}

pub(crate) fn mapping() -> Mapping {
    Mapping::read(MAPPING, &catalog()).unwrap()
}

/// The mapping with one passage changed.
pub(crate) fn mapping_with(from: &str, to: &str) -> Mapping {
    assert!(MAPPING.contains(from), "{from}");
    Mapping::read(&MAPPING.replace(from, to), &catalog()).unwrap()
}

pub(crate) fn today() -> Date {
    Date::new(2026, 1, 1).unwrap()
}

/// A CSV file of these rows below the header.
pub(crate) fn csv(rows: &[[&str; 16]]) -> Vec<u8> {
    let lines = std::iter::once(&COLUMNS).chain(rows).map(|row| row.map(quoted).join(",") + "\n");
    lines.collect::<String>().into_bytes()
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// [`GOOD`] with these columns changed.
pub(crate) fn row<'r>(changes: &[(&str, &'r str)]) -> [&'r str; 16] {
    let mut row: [&'r str; 16] = GOOD;
    for (name, value) in changes {
        let place = COLUMNS.iter().position(|column| column == name).unwrap();
        row[place] = value;
    }
    row
}

/// What came of a file.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) accepted: Vec<Accepted>,
    pub(crate) rejected: Vec<(u64, Vec<Defect>)>,
    pub(crate) rejects: Vec<u8>,
    pub(crate) header: Option<Header>,
}

impl Outcome {
    /// Rows, and those of them that were accepted and rejected.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let (accepted, rejected) = (self.accepted.len(), self.rejected.len());
        (accepted + rejected, accepted, rejected)
    }

    /// The codes of each rejected row.
    pub(crate) fn codes(&self) -> Vec<Vec<&'static str>> {
        self.rejected
            .iter()
            .map(|(_, defects)| defects.iter().map(|defect| defect.reason.code()).collect())
            .collect()
    }
}

struct Run<'m> {
    mapping: &'m Mapping,
    checker: Option<Checker<'m>>,
    shared: std::rc::Rc<std::cell::RefCell<Vec<u8>>>,
    writer: Option<Rejects<Shared>>,
    outcome: Outcome,
}

#[derive(Clone)]
struct Shared(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl RowVisitor for Run<'_> {
    type Error = SourceError;

    fn header(&mut self, header: &Header) -> Result<(), SourceError> {
        self.checker = Some(Checker::new(self.mapping, header, today())?);
        self.writer = Some(Rejects::new(Shared(self.shared.clone()), header, self.mapping).unwrap());
        self.outcome.header = Some(header.clone());
        Ok(())
    }

    fn row(&mut self, row: &Row) -> Result<(), SourceError> {
        match self.checker.as_mut().unwrap().check(row) {
            Ok(accepted) => {
                self.outcome.accepted.push(accepted);
            }
            Err(defects) => {
                self.writer.as_mut().unwrap().write(row, &defects).unwrap();
                self.outcome.rejected.push((row.number(), defects));
            }
        }
        Ok(())
    }
}

pub(crate) fn run(file: &[u8], mapping: &Mapping) -> Result<Outcome, SourceError> {
    let shared = std::rc::Rc::default();
    let outcome = Outcome::default();
    let mut run = Run { mapping, checker: None, shared: std::rc::Rc::clone(&shared), writer: None, outcome };
    match read(Cursor::new(file), mapping, &mut run) {
        Ok(()) => {}
        Err(ReadError::Source(error) | ReadError::Visitor(error)) => return Err(error),
    }
    run.writer.unwrap().finish().unwrap();
    let mut outcome = run.outcome;
    outcome.rejects = shared.borrow().clone();
    Ok(outcome)
}
