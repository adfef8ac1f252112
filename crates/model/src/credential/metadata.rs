/// Whether a claim may be hidden behind a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Always in the open.
    Never,
    /// Always hidden when the holder is a natural person, always open otherwise.
    ForNaturalPersons,
}

/// One metadata item of GB/T 36903 with its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Name of the claim in a credential. Stable.
    pub claim: &'static str,
    /// Pinyin short name, as in the `CustomDatas` of OFD files.
    pub pinyin: &'static str,
    /// English short name.
    pub english: &'static str,
    /// Chinese name.
    pub chinese: &'static str,
    /// Whether every license has it.
    pub required: bool,
    /// Whether it may be hidden.
    pub hidden: Hidden,
}

const fn term(
    claim: &'static str,
    pinyin: &'static str,
    english: &'static str,
    chinese: &'static str,
    required: bool,
    hidden: Hidden,
) -> Term {
    Term { claim, pinyin, english, chinese, required, hidden }
}

/// The metadata of GB/T 36903 that a credential carries: the one place where its names are mapped.
#[rustfmt::skip]
pub const METADATA: [Term; 13] = [
    term("license_name", "ZZMC", "CertificateName", "证照名称", true, Hidden::Never),
    term("license_type_name", "ZZLXMC", "CertificateTypeName", "证照类型名称", true, Hidden::Never),
    term("license_number", "ZZBH", "CertificateNumber", "证照编号", true, Hidden::ForNaturalPersons),
    term("license_id", "ZZBS", "CertificateIdentifier", "证照标识", true, Hidden::Never),
    term("issuer_name", "ZZBFJG", "CertificateIssuingAuthorityName", "证照颁发机构", true, Hidden::Never),
    term("issuer_code", "ZZBFJGDM", "CertificateIssuingAuthorityCode", "证照颁发机构代码", true, Hidden::Never),
    term("issue_date", "ZZBFRQ", "CertificateIssuedDate", "证照颁发日期", true, Hidden::Never),
    term("division_code", "XZQHDM", "AreaCode", "行政区划代码", true, Hidden::Never),
    term("holder_name", "CZZT", "CertificateHolderName", "持证主体", true, Hidden::ForNaturalPersons),
    term("holder_code", "CZZTDM", "CertificateHolderCode", "持证主体代码", true, Hidden::ForNaturalPersons),
    term("holder_code_type", "CZZTDMLXDM", "CertificateHolderTypeCode", "持证主体代码类型代码", true, Hidden::Never),
    term("valid_from", "ZZYXQQSRQ", "CertificateEffectiveDate", "有效期起始日期", false, Hidden::Never),
    term("valid_until", "ZZYXQJZRQ", "CertificateExpiringDate", "有效期截止日期", false, Hidden::Never),
];

/// Pinyin short name under which documents have the code of the license type.
pub const TYPE_CODE_PINYIN: &str = "ZZLXDM";
/// Pinyin short name under which documents have the kind of the holder's number.
pub const HOLDER_KIND_PINYIN: &str = "CZZTDMLX";
/// What the pinyin short names begin with under which annotated copies (加注件) say what they are for and until when.
const COPY_PINYIN_PREFIX: &str = "JZJ";

/// Whether a document has something else than a field of the license under this pinyin short name.
pub(crate) fn is_pinyin_of_documents(name: &str) -> bool {
    name.starts_with(COPY_PINYIN_PREFIX)
        || [TYPE_CODE_PINYIN, HOLDER_KIND_PINYIN].contains(&name)
        || METADATA.iter().any(|term| term.pinyin == name)
}

impl Term {
    /// The term of a claim.
    #[must_use]
    pub fn of_claim(claim: &str) -> Option<&'static Self> {
        METADATA.iter().find(|term| term.claim == claim)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_name_stands_for_two_things() {
        for names in [
            METADATA.map(|term| term.claim),
            METADATA.map(|term| term.pinyin),
            METADATA.map(|term| term.english),
            METADATA.map(|term| term.chinese),
        ] {
            assert_eq!(HashSet::from(names).len(), METADATA.len());
        }
    }

    #[test]
    fn the_specification_has_the_same_table() {
        let text = include_str!("../../../../docs/format.md");
        for term in METADATA {
            let required = if term.required { "yes" } else { "no" };
            let hidden = match term.hidden {
                Hidden::Never => "no",
                Hidden::ForNaturalPersons => "for natural persons",
            };
            let Term { claim, pinyin, english, chinese, .. } = term;
            let row = format!("| `{claim}` | {pinyin} | {english} | {chinese} | {required} | {hidden} |");
            assert!(text.contains(&row), "docs/format.md lacks: {row}");
        }
    }
}
