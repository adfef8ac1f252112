//! Writes a file of another system and its mapping, for imports of any size:
//! `cargo run --release -p boyin-cli --example make_stock -- 1000000 DIR` makes `DIR/stock.csv` and `DIR/stock.toml`.
//!
//! Every enterprise is invented: organization codes begin with DX and count up. Every 50th row has a fault that has to be found,
//! each in its turn. Every run gives the same rows.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use boyin::model::id::CreditCode;

/// One row in so many has a fault.
pub(crate) const FAULT_EVERY: u64 = 50;
/// The office of the demo that keeps this source.
pub(crate) const AGENCY: &str = "11652702DEMX000303";
pub(crate) const SOURCE: &str = "食品经营许可存量库";
pub(crate) const HEADER: &str = "档案号,许可证编号,统一社会信用代码,经营者名称,法定代表人,经营场所,主体业态,经营项目,发证日期,有效期起,有效期止\n";

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rows = arguments.next().and_then(|rows| rows.parse().ok());
    let (Some(rows), Some(dir)) = (rows, arguments.next()) else {
        return Err(io::Error::other("say how many rows, and the directory to write to"));
    };
    let dir = Path::new(&dir);
    std::fs::write(dir.join("stock.toml"), mapping(rows))?;
    let mut out = BufWriter::new(std::fs::File::create(dir.join("stock.csv"))?);
    out.write_all(HEADER.as_bytes())?;
    for number in 1..=rows {
        out.write_all(row(number).as_bytes())?;
    }
    out.flush()
}

/// The mapping of a source that says it has `total` records.
pub(crate) fn mapping(total: u64) -> String {
    format!(
        r#"[source]
name = "{SOURCE}"
agency = "{AGENCY}"
total = {total}
key = ["档案号"]

[file]
format = "csv"

[license]
type = "food-business-permit"

[grade]
grade = "B"
evidence = "window-check"
digest = "sha-256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

[dates]
forms = ["iso", "compact", "slash", "chinese", "excel-serial"]

[columns]
license_number = "许可证编号"
"holder.code" = "统一社会信用代码"
"holder.name" = "经营者名称"
issue_date = "发证日期"
valid_from = "有效期起"
valid_until = "有效期止"
"fields.legal_representative" = "法定代表人"
"fields.premises" = "经营场所"
"fields.main_business" = "主体业态"
"fields.items" = "经营项目"

[constants]
"holder.code_type" = "001"
division = "652702"
"#
    )
}

/// The row of this number, with a fault if it is one of those that have.
pub(crate) fn row(number: u64) -> String {
    let mut cells = sound(number);
    if number.is_multiple_of(FAULT_EVERY) {
        match (number / FAULT_EVERY) % 4 {
            0 => cells[2].replace_range(17.., if cells[2].ends_with('0') { "1" } else { "0" }),
            1 => cells.swap(2, 3),
            2 => cells[3].clear(),
            _ => cells[8] = "24.5.1".to_owned(),
        }
    }
    cells.join(",") + "\n"
}

/// A row without a fault.
pub(crate) fn sound(number: u64) -> [String; 11] {
    let organization = format!("DX{number:06}");
    let check = CreditCode::organization_check(&organization).expect("letters and digits of the alphabet");
    let code = CreditCode::compute(&format!("92652702{organization}{check}")).expect("both checks hold");
    let day = number % 28 + 1;
    [
        number.to_string(),
        format!("JY2652702{number:08}"),
        code.as_str().to_owned(),
        format!("阿拉山口市{number}号餐饮店"),
        "张三".to_owned(),
        format!("新疆博尔塔拉蒙古自治州阿拉山口市准噶尔路{}号", number % 997),
        "餐饮服务经营者".to_owned(),
        "热食类食品制售、冷食类食品制售".to_owned(),
        format!("2024-03-{day:02}"),
        format!("2024-03-{day:02}"),
        if day == 1 { "2029-02-28".to_owned() } else { format!("2029-03-{:02}", day - 1) },
    ]
}
