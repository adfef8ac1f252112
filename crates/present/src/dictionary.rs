//! The texts that the compact form writes as a number.

/// Version of the dictionary. Its entries never change: another list is another version.
pub const DICTIONARY: u8 = 1;

/// Entry *n* has the number *n* + 1.
#[rustfmt::skip]
pub(crate) const ENTRIES: [&str; 65] = [
    // Claims that are hidden for natural persons.
    "license_number", "holder_name", "holder_code",
    // Codes of license types, and their names in the same order.
    "11100000MB0143028R001", "11100000MB03271699001", "11100000000013127D001", "111000000000131433001",
    "11100000000013151X001", "11100000000013178M001", "11100000000019713D008", "11100000MB0143028R005",
    "11100000000014445H001", "11100000000013186G001",
    "营业执照", "不动产权证书", "居民身份证", "结婚证", "出生医学证明", "社会保障卡", "道路运输经营许可证", "食品经营许可证", "电子发票", "财政电子票据",
    // Names of their fields.
    "enterprise_type", "legal_representative", "registered_capital", "established_on", "address", "business_scope",
    "unit_number", "location", "ownership", "right_type", "use", "area", "sex", "ethnicity", "birth_date",
    "spouse_name", "spouse_citizen_id", "registered_on", "born_on", "birth_institution", "mother_name",
    "mother_citizen_id", "father_name", "bank", "insured_in", "vehicles", "premises", "main_business", "items",
    "seller", "seller_code", "amount", "tax", "item",
    // Their choices.
    "单独所有", "共同共有", "按份共有", "男", "女", "食品销售经营者", "餐饮服务经营者", "集中用餐单位食堂",
];

/// The number of a text.
pub(crate) fn number_of(text: &str) -> Option<u64> {
    let place = ENTRIES.iter().position(|entry| *entry == text)?;
    u64::try_from(place + 1).ok()
}

/// The text with a number.
pub(crate) fn entry(number: u64) -> Option<&'static str> {
    let place = usize::try_from(number).ok()?.checked_sub(1)?;
    ENTRIES.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_one_number() {
        for (place, text) in ENTRIES.iter().enumerate() {
            let number = u64::try_from(place + 1).unwrap();
            assert_eq!((number_of(text), entry(number)), (Some(number), Some(*text)), "{text}");
        }
        assert_eq!((number_of("样本"), entry(0), entry(66), entry(u64::MAX)), (None, None, None, None));
    }

    /// Version 1 for good: a code that was printed is read by every later release.
    #[test]
    fn the_entries_of_version_1_are_frozen() {
        let joined = ENTRIES.join("|");
        let sum =
            joined.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(1_099_511_628_211) ^ u64::from(byte));
        assert_eq!((DICTIONARY, ENTRIES.len(), joined.len(), sum), (1, 65, 920, 12_289_843_792_002_042_063));
    }
}
