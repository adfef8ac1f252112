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
