//! Mappings that would collect something else than they say are refused.

use boyin_import::Mapping;

use crate::fixtures::{MAPPING, catalog};

#[track_caller]
fn refused(code: &str, from: &str, to: &str) {
    assert!(MAPPING.contains(from), "{from}");
    let error = Mapping::read(&MAPPING.replacen(from, to, 1), &catalog()).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
}

#[test]
fn each_fault_has_its_code() {
    refused("mapping_toml", "[source]", "[sauce]");
    refused("mapping_toml", "\"compact\"", "\"american\"");
    refused("mapping_toml", "11652701DEMX00022R", "11652701DEMX00022A");
    refused("mapping_name", "测试存量库", " ");
    refused("mapping_unknown_type", "\"permit\"", "\"pass\"");
    refused("mapping_unknown_target", "fields.scope", "fields.scoop");
    refused("mapping_unknown_target", "issue_date", "issued");
    refused("mapping_missing", "\"fields.scope\" = \"范围\"\n", "");
    refused("mapping_missing", "\"holder.name\" = \"姓名\"\n", "");
    refused(
        "mapping_twice",
        "[values.valid_until]",
        "[constants]\ndivision = \"652701\"\n[values.valid_until]",
    );
    refused("mapping_key", "[\"序号\"]", "[]");
    refused("mapping_key", "[\"序号\"]", "[\"序号\", \"序号\"]");
    refused("mapping_no_date_form", r#"["iso", "compact", "slash", "chinese", "excel-serial"]"#, "[]");
    refused("mapping_reserved", "= \"范围\"", "= \"reject_row\"");
    refused("mapping_setting", "format = \"csv\"", "format = \"jsonl\"\nencoding = \"utf-8\"");
    refused("mapping_setting", "format = \"csv\"", "format = \"csv\"\nsheet = \"1\"");
    let long = format!("{MAPPING}#{}", "x".repeat(300 << 10));
    assert_eq!(Mapping::read(&long, &catalog()).unwrap_err().code(), "mapping_too_long");
}

#[test]
fn a_grade_rests_on_evidence() {
    refused("evidence_kind", "grade = \"B\"", "grade = \"A\"");
    refused(
        "evidence_no_digest",
        "digest = \"sha-256:0000000000000000000000000000000000000000000000000000000000000000\"",
        "",
    );
    refused("evidence_digest", "digest = \"sha-256:00", "digest = \"sha-256:0");
}

/// The page shows a mapping: it is read with the built-in catalog, and rows in its columns are accepted.
#[test]
fn the_example_of_the_page_is_a_mapping() {
    let page = include_str!("../../../../docs/import.md");
    let example = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mapping = Mapping::read(example, &boyin_model::catalog::Catalog::embedded()).unwrap();
    assert_eq!(
        (mapping.stated_total, mapping.license_type.key.as_str()),
        (Some(1250), "food-business-permit")
    );
    let columns = mapping.column_names();
    assert!(columns.contains(&"档案号") && columns.contains(&"发证日期"), "{columns:?}");
}

/// Every reason that the tests provoke is told on the page.
#[test]
fn the_page_has_every_code() {
    let page = include_str!("../../../../docs/import.md");
    let sources = [include_str!("../../src/reason.rs")];
    let codes = sources.iter().flat_map(|source| source.split('"')).filter(|text| {
        text.contains('_') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    });
    let missing: Vec<_> = codes.filter(|code| !page.contains(&format!("`{code}`"))).collect();
    // Kinds of fault that the catalog checks give no row for: dates of fields are read before them.
    assert_eq!(missing, ["field_date"]);
}
