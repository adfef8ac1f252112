//! The same rows in every form of file and every encoding.

use boyin_import::{Encoding, Grounds};

use crate::fixtures::{COLUMNS, GOOD, csv, mapping, mapping_with, row, run};

#[test]
fn one_file_in_each_encoding_says_the_same() {
    let rows = [GOOD, row(&[("序号", "2"), ("姓名", "䶮\u{20087}"), ("范围", "逗,号和\"引号\"")])];
    let text = String::from_utf8(csv(&rows)).unwrap();
    let plain = run(text.as_bytes(), &mapping()).unwrap();
    assert_eq!(plain.accepted.len(), 2);
    let marked = run(format!("\u{FEFF}{text}").as_bytes(), &mapping()).unwrap();
    assert_eq!(marked.header.unwrap().encoding.unwrap().grounds, Grounds::ByteOrderMark);
    let gb = Encoding::Gb18030.encode(&text).into_owned();
    let detected = run(&gb, &mapping()).unwrap();
    assert_eq!(detected.header.unwrap().encoding.unwrap().encoding, Encoding::Gb18030);
    let declared =
        run(&gb, &mapping_with("format = \"csv\"", "format = \"csv\"\nencoding = \"gb18030\"")).unwrap();
    let windows = run(text.replace('\n', "\r\n").as_bytes(), &mapping()).unwrap();
    for outcome in [marked.accepted, detected.accepted, declared.accepted, windows.accepted] {
        assert_eq!(outcome, plain.accepted);
    }
}

#[test]
fn quoted_newlines_are_part_of_a_cell() {
    let outcome = run(&csv(&[row(&[("姓名", "某\n甲")]), row(&[("序号", "2")])]), &mapping()).unwrap();
    assert_eq!(outcome.codes(), [["text"]]);
    assert_eq!(outcome.accepted[0].row, 2);
}

#[test]
fn files_that_cannot_be_read_as_a_whole_are_refused_clearly() {
    let codes = |file: &[u8]| run(file, &mapping()).err().map(|error| error.code());
    assert_eq!(codes(b""), Some("source_empty"));
    assert_eq!(codes(b"\xFF\xFEa\0"), Some("source_utf16"));
    assert_eq!(codes(b"\xFF\xFF\xFF\n\xFE\xFE\n"), Some("source_encoding_undecided"));
    assert_eq!(codes(",".repeat(1_000_000).as_bytes()), Some("source_header_columns"));
    assert_eq!(codes(format!("\"{}", "x".repeat(2 << 20)).as_bytes()), Some("source_header_length"));
    assert_eq!(codes("a,b\n1,2\n".as_bytes()), Some("source_column"));
    let twice = String::from_utf8(csv(&[GOOD])).unwrap().replacen("区划", "证号", 1);
    assert_eq!(codes(twice.as_bytes()), Some("source_column"));
    let declared = mapping_with("format = \"csv\"", "format = \"csv\"\nencoding = \"gb18030\"");
    assert_eq!(
        run("\u{FEFF}a".as_bytes(), &declared).err().map(|e| e.code()),
        Some("source_encoding_contradicts")
    );
    let xlsx = mapping_with("format = \"csv\"", "format = \"xlsx\"");
    assert_eq!(run(b"PK", &xlsx).err().map(|error| error.code()), Some("source_container"));
}

fn json_line(row: &[&str; 16]) -> String {
    let members = COLUMNS.iter().zip(row).map(|(name, value)| (name.to_string(), (*value).into()));
    serde_json::Value::Object(members.collect()).to_string()
}

#[test]
fn json_lines_say_the_same_and_are_checked_as_objects() {
    let jsonl = mapping_with("format = \"csv\"", "format = \"jsonl\"");
    let good = json_line(&GOOD);
    let outcome = run(format!("\u{FEFF}{good}\n\n").as_bytes(), &jsonl).unwrap();
    assert_eq!(outcome.accepted, run(&csv(&[GOOD]), &mapping()).unwrap().accepted);
    let numbers = good.replace("\"座位\":\"12\"", "\"座位\":12").replace("\"等级\":\"\"", "\"等级\":null");
    assert_eq!(run(numbers.as_bytes(), &jsonl).unwrap().accepted.len(), 1);
    let next = json_line(&row(&[("序号", "2")]));
    for (code, line) in [
        ("json_object", "[1]".to_owned()),
        ("json_object", good[..good.len() - 1].to_owned()),
        ("json_object", format!("{good} {good}")),
        ("json_member_twice", good.replacen('{', "{\"姓名\":\"某乙\",", 1)),
        ("json_nested", good.replace("\"某甲\"", "[\"某甲\"]")),
        ("number_imprecise", good.replace("\"12\"", "12345678901234567890123")),
        ("row_too_long", format!("{{\"x\":\"{}\"}}", "x".repeat(2 << 20))),
    ] {
        let outcome = run(format!("{line}\n{next}\n").as_bytes(), &jsonl).unwrap();
        assert_eq!(outcome.codes(), [[code]]);
        assert_eq!(outcome.accepted.len(), 1);
    }
    let outcome = run(&[good.as_bytes(), b"\n{\"\xFF\":1}"].concat(), &jsonl).unwrap();
    assert_eq!(outcome.codes(), [["not_decodable"]]);
}

/// A workbook of texts, but for the cells given as numbers.
pub(crate) fn xlsx(rows: &[[&str; 16]], numbers: &[(u32, &str, f64)]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (line, row) in (0..).zip(std::iter::once(&COLUMNS).chain(rows)) {
        for (column, cell) in (0..).zip(row) {
            sheet.write_string(line, column, *cell).unwrap();
        }
    }
    let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    for (line, name, number) in numbers {
        let column = COLUMNS.iter().position(|column| column == name).unwrap();
        let column = u16::try_from(column).unwrap();
        if name.contains("日期") {
            sheet.write_number_with_format(*line, column, *number, &date).unwrap();
        } else {
            sheet.write_number(*line, column, *number).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn workbooks_say_the_same_with_numbers_and_dates_of_their_own() {
    let mapping_of_sheets = mapping_with("format = \"csv\"", "format = \"xlsx\"");
    let file = xlsx(&[GOOD], &[(1, "发证日期", 43861.0), (1, "座位", 12.0), (1, "序号", 1.0)]);
    let outcome = run(&file, &mapping_of_sheets).unwrap();
    assert_eq!(outcome.codes(), Vec::<Vec<&str>>::new());
    assert_eq!(outcome.accepted, run(&csv(&[GOOD]), &mapping()).unwrap().accepted);
    let long = xlsx(&[GOOD], &[(1, "证件号码", 110_105_194_912_310_020.0)]);
    assert_eq!(run(&long, &mapping_of_sheets).unwrap().codes(), [["number_imprecise"]]);
    let timed = xlsx(&[GOOD], &[(1, "发证日期", 43861.25)]);
    assert_eq!(run(&timed, &mapping_of_sheets).unwrap().codes(), [["date_form"]]);
    let sheet = mapping_with("format = \"csv\"", "format = \"xlsx\"\nsheet = \"二\"");
    assert_eq!(run(&file, &sheet).err().map(|error| error.code()), Some("source_no_sheet"));
}

#[test]
fn a_workbook_that_inflates_without_end_is_refused() {
    use std::io::Write as _;
    let mut container = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    container.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..257 {
        container.write_all(&zeros).unwrap();
    }
    let bomb = container.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20);
    let mapping = mapping_with("format = \"csv\"", "format = \"xlsx\"");
    assert_eq!(run(&bomb, &mapping).err().map(|error| error.code()), Some("source_xlsx_size"));
}
