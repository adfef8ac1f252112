//! Every check has a row that only it refuses.

use crate::fixtures::{GOOD, csv, mapping, mapping_with, row, run};

#[test]
fn the_good_row_is_accepted_in_its_one_spelling() {
    let outcome = run(&csv(&[GOOD]), &mapping()).unwrap();
    assert_eq!(outcome.codes(), Vec::<Vec<&str>>::new());
    let license = &outcome.accepted[0].license;
    assert_eq!(outcome.accepted[0].key, ["1"]);
    let json = serde_json::to_string(license).unwrap();
    assert!(json.contains("\"holder\":\"111:11010519491231002X\""), "{json}");
    assert!(json.contains("\"built_on\":\"2019-03-01\"") && json.contains("\"seats\":12"), "{json}");
    assert!(json.contains("\"keeper\":\"11010519491231002X\""), "{json}");
    assert!(json.contains("\"valid_until\":\"2035-01-30\""), "{json}");
}

/// The row is refused for this one reason, so without that check it would be accepted.
#[track_caller]
fn only(code: &str, changes: &[(&str, &str)]) {
    let outcome = run(&csv(&[row(changes)]), &mapping()).unwrap();
    assert_eq!(outcome.codes(), [[code]], "{changes:?}");
}

#[test]
fn holders_have_their_check_characters() {
    only("id_check_character", &[("证件号码", "110105194912310021")]);
    only("id_check_character", &[("证件类型", "信用代码"), ("证件号码", "11652701DEMX00022A")]);
    only("id_legacy_form", &[("证件号码", "110105491231002")]);
    only("holder_code_type", &[("证件类型", "居住证")]);
    only("id_too_short", &[("证件号码", "1101")]);
}

#[test]
fn name_and_number_that_changed_places_are_seen() {
    only("holder_swapped", &[("证件号码", "某甲"), ("姓名", "11010519491231002X")]);
    only("holder_swapped", &[("证件类型", "001"), ("证件号码", "某店"), ("姓名", "11652701DEMX00022R")]);
}

#[test]
fn numbers_that_a_spreadsheet_mangled_are_seen() {
    only("number_mangled", &[("证件号码", "1.10105E+17")]);
    only("number_mangled", &[("证号", "6.5E+10")]);
    let fine = run(&csv(&[row(&[("证号", "E+1号")])]), &mapping()).unwrap();
    assert_eq!(fine.accepted.len(), 1);
}

#[test]
fn what_every_record_has_is_there() {
    for column in ["证号", "证件类型", "证件号码", "姓名", "发证日期", "区划", "范围", "序号"]
    {
        only("missing", &[(column, " \u{3000}")]);
    }
}

#[test]
fn texts_are_short_and_without_control_characters() {
    only("text", &[("姓名", "某\u{7}甲")]);
    only("text", &[("证号", &"1".repeat(201))]);
}

#[test]
fn dates_are_days_and_one_after_the_other() {
    only("date_form", &[("发证日期", "去年")]);
    only("date_no_such_day", &[("发证日期", "2021-02-29")]);
    only("date_two_digit_year", &[("发证日期", "21-02-28")]);
    only("date_ambiguous", &[("发证日期", "01/02/2020")]);
    only("validity_reversed", &[("起始", "2021-01-31"), ("截止", "2020-12-31")]);
    only("validity_no_first_day", &[("起始", "")]);
    only("issued_after_end", &[("起始", "2019-01-01"), ("截止", "2020-01-30")]);
    only("issued_in_future", &[("发证日期", "2026-01-02"), ("起始", "2026-01-02")]);
    let iso =
        mapping_with(r#"["iso", "compact", "slash", "chinese", "excel-serial"]"#, r#"["iso", "slash"]"#);
    let outcome = run(&csv(&[row(&[("发证日期", "20200131")])]), &iso).unwrap();
    assert_eq!(outcome.codes(), [["date_not_allowed"]]);
}

#[test]
fn the_catalog_says_who_holds_it_and_how_long() {
    let without_fields = |mapping: String| {
        let lines: Vec<_> = mapping.lines().filter(|line| !line.starts_with("\"fields.")).collect();
        lines.join("\n")
    };
    let of = |key: &str| {
        let text = crate::fixtures::MAPPING.replace("type = \"permit\"", &format!("type = \"{key}\""));
        boyin_import::Mapping::read(&without_fields(text), &crate::fixtures::catalog()).unwrap()
    };
    let enterprise = [("证件类型", "信用代码"), ("证件号码", "11652701DEMX00022R"), ("截止", "长期")];
    let outcome = run(&csv(&[row(&enterprise)]), &of("personal")).unwrap();
    assert_eq!(outcome.codes(), [["holder_kind"]]);
    let outcome = run(&csv(&[GOOD]), &of("short")).unwrap();
    assert_eq!(outcome.codes(), [["validity_term"]]);
}

#[test]
fn fields_are_what_the_catalog_says() {
    only("id_division", &[("区划", "000000")]);
    only("field_kind", &[("座位", "十二")]);
    only("field_range", &[("座位", "501")]);
    only("field_decimal", &[("面积", "88.505")]);
    only("field_choice", &[("级别", "三级")]);
    only("field_text", &[("范围", "餐饮餐饮餐饮餐饮餐饮餐饮餐饮餐饮餐饮餐饮餐")]);
    only("date_no_such_day", &[("建成", "2019/13/1")]);
    only("id_check_character", &[("负责人", "110105194912310021")]);
}

#[test]
fn no_row_is_graded_better_than_its_source() {
    only("grade", &[("等级", "甲")]);
    only("grade", &[("等级", "BB")]);
    only("grade_above_evidence", &[("等级", "A")]);
    let lower = run(&csv(&[row(&[("等级", "D")])]), &mapping()).unwrap();
    assert_eq!(lower.accepted[0].grade, boyin_model::collected::Grade::D);
}

#[test]
fn the_same_row_twice_and_the_same_key_twice() {
    let rows = [GOOD, row(&[("序号", "2")]), GOOD, row(&[("范围", "食品")])];
    let outcome = run(&csv(&rows), &mapping()).unwrap();
    assert_eq!(outcome.codes(), [["row_twice"], ["key_twice"]]);
    assert_eq!(outcome.rejected.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [3, 4]);
    assert!(outcome.rejected[0].1[0].reason.en().contains("row 1"));
}

#[test]
fn all_defects_of_a_row_are_told_at_once() {
    let many = [
        ("证件号码", "110105194912310021"),
        ("姓名", ""),
        ("发证日期", "x"),
        ("级别", "三级"),
        ("座位", "0"),
    ];
    let outcome = run(&csv(&[row(&many)]), &mapping()).unwrap();
    assert_eq!(
        outcome.codes(),
        [["missing", "id_check_character", "date_form", "field_range", "field_choice"]]
    );
}

#[test]
fn rows_that_cannot_be_read_are_rejected_and_the_next_one_is_not() {
    let good = csv(&[GOOD]);
    let text = String::from_utf8(good).unwrap();
    let (header, line) = text.split_once('\n').unwrap();
    let second = line.replacen("1,", "2,", 1);
    for (code, bad) in [
        ("row_columns", "1,2\n".to_owned().into_bytes()),
        ("row_columns", format!("{},more\n", line.trim_end()).into_bytes()),
        ("row_too_long", format!("\"{}\"\n", "x".repeat(2 << 20)).into_bytes()),
        ("row_too_many_columns", format!("{}\n", ",".repeat(1_000_000)).into_bytes()),
        ("row_too_many_lines", line.replace("餐饮", &format!("\"{}\"", "\n".repeat(65))).into_bytes()),
        (
            "not_decodable",
            line.as_bytes()
                .to_vec()
                .iter()
                .map(|b| if *b == b'1' { 0xFF } else { *b })
                .take(1)
                .chain(line.as_bytes()[1..].iter().copied())
                .collect(),
        ),
    ] {
        let file = [header.as_bytes(), b"\n", &bad, second.as_bytes()].concat();
        let utf8 = mapping_with("format = \"csv\"", "format = \"csv\"\nencoding = \"utf-8\"");
        let outcome = run(&file, &utf8).unwrap();
        assert_eq!(outcome.codes(), [[code]]);
        assert_eq!(outcome.accepted.len(), 1, "{code}");
    }
    only("cell_too_long", &[("范围", &"长".repeat(30_000))]);
}
