//! Rejected rows are lost in no form: they come back as they were, can be corrected, and are then accepted.

use boyin_import::Encoding;

use crate::files::xlsx;
use crate::fixtures::{GOOD, csv, mapping, mapping_with, row, run};

const WRONG: &str = "110105194912310021";
const RIGHT: &str = "11010519491231002X";

/// Fed again as it stands the file is rejected again; corrected it is accepted, and the sum of both is the first file.
fn round_trip(file: &[u8], mapping: &boyin_import::Mapping, correct: impl Fn(&[u8]) -> Vec<u8>) {
    let first = run(file, mapping).unwrap();
    assert_eq!((first.accepted.len(), first.rejected.len()), (1, 2));
    let again = run(&first.rejects, mapping).unwrap();
    assert_eq!(again.codes(), first.codes());
    assert_eq!(run(&again.rejects, mapping).unwrap().codes(), first.codes());
    let mended = run(&correct(&again.rejects), mapping).unwrap();
    assert_eq!(mended.codes(), Vec::<Vec<&str>>::new());
    assert_eq!(first.accepted.len() + mended.accepted.len(), first.counts().0);
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

#[test]
fn a_correction_names_the_rows_of_the_first_file_round_after_round() {
    let first = run(&csv(&rows()), &mapping()).unwrap();
    let correcting = || mapping().correcting(3);
    let rejects = String::from_utf8(first.rejects).unwrap();
    // One of the two is corrected; the other one keeps its number, though it is the first row of the next file.
    let (before, last) = rejects.trim_end().rsplit_once('\n').unwrap();
    let half = format!("{before}\n{}\n", replace(last));
    let second = run(half.as_bytes(), &correcting()).unwrap();
    assert_eq!(second.accepted.iter().map(|row| (row.row, row.corrects)).collect::<Vec<_>>(), [(2, Some(3))]);
    let again = String::from_utf8(second.rejects).unwrap();
    assert!(again.contains(",2,id_check_character,"), "{again}");
    let third = run(replace(&again).as_bytes(), &correcting()).unwrap();
    assert_eq!(third.accepted.iter().map(|row| (row.row, row.corrects)).collect::<Vec<_>>(), [(1, Some(2))]);
    for wrong in ["0", "4", "x", ""] {
        let wrong =
            replace(&again).replace(",2,id_check_character,", &format!(",{wrong},id_check_character,"));
        assert_eq!(run(wrong.as_bytes(), &correcting()).unwrap().codes(), [["corrected_row"]], "{wrong}");
    }
    assert!(run(&csv(&rows()), &correcting()).is_err(), "a file without numbers corrects nothing");
    // Without correcting, the numbers are those of the file itself.
    assert_eq!(run(replace(&again).as_bytes(), &mapping()).unwrap().accepted[0].corrects, None);
}

#[test]
fn a_correction_in_json_lines_keeps_the_numbers_too() {
    let jsonl = || mapping_with("format = \"csv\"", "format = \"jsonl\"").correcting(9);
    let outcome =
        run(br#"{"x":"y","reject_row":7,"reject_codes":"a","reject_reasons":"b"}"#, &jsonl()).unwrap();
    let text = String::from_utf8(outcome.rejects).unwrap();
    assert!(
        text.starts_with(r#"{"x":"y","reject_row":7,"#) && text.matches("reject_row").count() == 1,
        "{text}"
    );
    let unnamed = run(br#"{"x":"y"}"#, &jsonl()).unwrap();
    assert!(unnamed.codes()[0].contains(&"corrected_row"));
    assert!(String::from_utf8(unnamed.rejects).unwrap().contains(r#""reject_row":0,"#));
}

#[test]
fn the_same_rejected_rows_are_the_same_workbook() {
    let mapping = mapping_with("format = \"csv\"", "format = \"xlsx\"");
    let first = run(&xlsx(&rows(), &[]), &mapping).unwrap().rejects;
    // A workbook says to the second when it was made, unless it is told.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(run(&xlsx(&rows(), &[]), &mapping).unwrap().rejects, first);
}
