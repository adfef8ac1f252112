//! Rejected rows are lost in no form: they come back as they were, can be corrected, and are then accepted.

use boyin_import::Encoding;

use crate::files::xlsx;
use crate::fixtures::{GOOD, csv, mapping, mapping_with, row, run};

const WRONG: &str = "110105194912310021";
const RIGHT: &str = "11010519491231002X";

/// Fed again as it stands the file is rejected again; corrected it is accepted, and the sum of both is the first file.
fn round_trip(file: &[u8], mapping: &boyin_import::Mapping, correct: impl Fn(&[u8]) -> Vec<u8>) {
    let first = run(file, mapping).unwrap();
    assert_eq!((first.tally.accepted, first.tally.rejected), (1, 2));
    let again = run(&first.rejects, mapping).unwrap();
    assert_eq!(again.codes(), first.codes());
    assert_eq!(run(&again.rejects, mapping).unwrap().codes(), first.codes());
    let mended = run(&correct(&again.rejects), mapping).unwrap();
    assert_eq!(mended.codes(), Vec::<Vec<&str>>::new());
    assert_eq!(first.tally.accepted + mended.tally.accepted, first.tally.rows);
}

fn rows() -> [[&'static str; 16]; 3] {
    let two = row(&[("序号", "2"), ("证件号码", WRONG), ("范围", "逗,号和\"引号\"")]);
    [GOOD, two, row(&[("序号", "3"), ("证件号码", WRONG), ("姓名", "某\u{20087}")])]
}

fn replace(text: &str) -> String {
    text.replace(WRONG, RIGHT)
}

#[test]
fn csv_in_both_encodings() {
    let file = csv(&rows());
    round_trip(&file, &mapping(), |rejects| replace(std::str::from_utf8(rejects).unwrap()).into_bytes());
    let marked = [b"\xEF\xBB\xBF", file.as_slice()].concat();
    round_trip(&marked, &mapping(), |rejects| {
        assert!(rejects.starts_with(b"\xEF\xBB\xBF"));
        replace(std::str::from_utf8(rejects).unwrap()).into_bytes()
    });
    let gb = Encoding::Gb18030.encode(std::str::from_utf8(&file).unwrap()).into_owned();
    round_trip(&gb, &mapping(), |rejects| {
        let text = Encoding::Gb18030.decode(rejects).unwrap();
        assert!(text.contains("reject_reasons") && text.contains("id_check_character"));
        Encoding::Gb18030.encode(&replace(&text)).into_owned()
    });
}

#[test]
fn json_lines() {
    let names = crate::fixtures::COLUMNS;
    let lines = rows().map(|row| {
        let members = names.iter().zip(row).map(|(name, value)| (name.to_string(), value.into()));
        serde_json::Value::Object(members.collect()).to_string()
    });
    let mapping = mapping_with("format = \"csv\"", "format = \"jsonl\"");
    round_trip(lines.join("\n").as_bytes(), &mapping, |rejects| {
        let text = std::str::from_utf8(rejects).unwrap();
        assert_eq!(text.matches("reject_row").count(), 2, "those of the round before are gone: {text}");
        replace(text).into_bytes()
    });
}

#[test]
fn workbooks() {
    let mapping = mapping_with("format = \"csv\"", "format = \"xlsx\"");
    round_trip(&xlsx(&rows(), &[]), &mapping, |rejects| {
        let mut two = rows();
        two[1][3] = RIGHT;
        two[2][3] = RIGHT;
        assert!(rejects.starts_with(b"PK"));
        xlsx(&two[1..], &[])
    });
}

#[test]
fn bytes_that_are_no_text_and_rows_of_another_shape_come_back_as_they_were() {
    let mut file = csv(&[GOOD]);
    file.extend_from_slice(b"a,\"b\xFF,\",c\n");
    let utf8 = mapping_with("format = \"csv\"", "format = \"csv\"\nencoding = \"utf-8\"");
    let outcome = run(&file, &utf8).unwrap();
    assert_eq!(outcome.codes(), [["row_columns"]]);
    assert!(outcome.rejects.windows(9).any(|part| part == b"a,\"b\xFF,\",c"), "{:?}", outcome.rejects);
    let jsonl = mapping_with("format = \"csv\"", "format = \"jsonl\"");
    let outcome = run(b"no json\n\xFF\xFF\n", &jsonl).unwrap();
    let text = String::from_utf8(outcome.rejects).unwrap();
    assert!(
        text.contains("\"reject_line\":\"no json\"") && text.contains("\"reject_line_base64url\":\"__8\""),
        "{text}"
    );
}

#[test]
fn reasons_name_no_value_of_the_row() {
    let outcome = run(&csv(&[row(&[("证件号码", WRONG), ("姓名", "")])]), &mapping()).unwrap();
    for (_, defects) in &outcome.rejected {
        for defect in defects {
            let words = format!("{} {:?}", defect.reason, defect);
            assert!(!words.contains("1101051949"), "{words}");
        }
    }
}

#[test]
fn members_of_the_source_that_look_like_ours_stay() {
    let jsonl = mapping_with("format = \"csv\"", "format = \"jsonl\"");
    for line in [r#"{"reject_row":1,"x":"kept"}"#, r#"{"x":{"reject_row":1,"y":"kept"}}"#, r#"{"x":"kept"}"#]
    {
        let outcome = run(line.as_bytes(), &jsonl).unwrap();
        let text = String::from_utf8(outcome.rejects).unwrap();
        assert!(text.starts_with(&line[..line.len() - 1]), "{text}");
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}
