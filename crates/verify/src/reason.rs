/// Who can mend a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Who presents the license (持证人).
    Holder,
    /// Who issued it (颁发机构).
    Issuer,
    /// Who verifies it (核验方).
    Verifier,
    /// Who runs the platform (平台运维).
    Operator,
}

impl Owner {
    /// `holder`, `issuer`, `verifier` or `operator`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Issuer => "issuer",
            Self::Verifier => "verifier",
            Self::Operator => "operator",
        }
    }
}

/// What a reason means, for people and for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonInfo {
    /// Stable machine code.
    pub code: &'static str,
    /// Where the rule stands: a section of `docs/format.md`, or a standard.
    pub clause: &'static str,
    /// Who can mend it.
    pub owner: Owner,
    /// What is wrong, in Chinese.
    pub zh: &'static str,
    /// What is wrong, in English.
    pub en: &'static str,
    /// What to do, in Chinese.
    pub next_step_zh: &'static str,
    /// What to do, in English.
    pub next_step_en: &'static str,
}

/// A closed list of reasons with what each means: `Name("code", Failed or Open, "clause", Owner) { zh, en, next step zh, next
/// step en }`.
#[macro_export]
macro_rules! reasons {
    ($(#[$list_doc:meta])* pub enum $list:ident; $($(#[$doc:meta])* $name:ident(
        $code:literal, $weight:ident, $clause:literal, $owner:ident
    ) {
        $zh:literal, $en:literal, $next_zh:literal, $next_en:literal
    })*) => {
        $(#[$list_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $list { $($(#[$doc])* $name,)* }

        impl $list {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What the reason means.
            #[must_use]
            pub fn info(self) -> $crate::ReasonInfo {
                match self {
                    $(Self::$name => $crate::ReasonInfo {
                        code: $code,
                        clause: $clause,
                        owner: $crate::Owner::$owner,
                        zh: $zh,
                        en: $en,
                        next_step_zh: $next_zh,
                        next_step_en: $next_en,
                    },)*
                }
            }

            /// Whether it leaves the question open rather than answers it with no.
            #[must_use]
            pub fn is_indeterminate(self) -> bool {
                match self { $(Self::$name => $crate::reasons!(@open $weight),)* }
            }

            /// Stable machine code.
            #[must_use]
            pub fn code(self) -> &'static str {
                self.info().code
            }
        }

        impl $crate::AnyReason for $list {
            fn info(self) -> $crate::ReasonInfo {
                Self::info(self)
            }

            fn is_indeterminate(self) -> bool {
                Self::is_indeterminate(self)
            }
        }

        /// The English sentence.
        impl std::fmt::Display for $list {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.info().en)
            }
        }
    };
    (@open Failed) => { false };
    (@open Open) => { true };
}

reasons! {
    /// Why a license did not pass. Closed; codes are stable.
    pub enum Reason;
    /// Beyond a size limit.
    TooLarge("too_large", Failed, "format 2.2", Holder) {
        "文件超过允许的大小", "The document is larger than allowed",
        "请提交原始电子证照文件", "Present the original license file" }
    /// Not a credential at all.
    Malformed("malformed", Failed, "format 4.5", Holder) {
        "文件不是电子证照或已损坏", "The document is not a license, or it is damaged",
        "请重新下载并提交完整的电子证照", "Download the license again and present the whole file" }
    /// Correct but not in its one spelling.
    NotCanonical("not_canonical", Failed, "format 1", Issuer) {
        "文件编码不规范，可能被改写", "The document is not in its canonical spelling; it may have been rewritten",
        "请提交未经转换的原文件", "Present the file as issued, without conversion" }
    /// A repeated member name.
    DuplicateMember("duplicate_member", Failed, "format 1", Issuer) {
        "同一数据项出现两次", "A claim occurs twice",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }
    /// Nested too deeply.
    TooDeep("too_deep", Failed, "format 2.2", Holder) {
        "文件结构嵌套过深", "The document is nested too deeply",
        "请提交原始电子证照文件", "Present the original license file" }
    /// A key-binding token, which is not supported.
    KeyBindingUnsupported("key_binding_unsupported", Failed, "format 4.5", Verifier) {
        "暂不支持带持有人密钥绑定的出示方式", "Presentations with key binding are not supported",
        "请持证人不带密钥绑定重新出示", "Ask the holder to present it without key binding" }
    /// A signed document of another type.
    WrongType("wrong_type", Failed, "format 4.1", Holder) {
        "这是另一类签名文件，不是电子证照", "This is a signed document of another type, not a license",
        "请提交电子证照", "Present a license" }

    /// The trust list does not name the issuer.
    IssuerUnknown("issuer_unknown", Open, "format 8", Verifier) {
        "信任列表中没有该颁发机构", "The trust list does not name the issuer",
        "更新信任列表后重新核验；仍未列入的不予采信", "Update the trust list and verify again; if it is still missing, do not rely on it" }
    /// The trust list does not name the key.
    KeyUnknown("key_unknown", Open, "format 8", Verifier) {
        "信任列表中没有该颁发机构的这把密钥", "The trust list does not name this key of the issuer",
        "更新信任列表后重新核验", "Update the trust list and verify again" }
    /// The key was not in force when the license was issued.
    KeyNotInForce("key_not_in_force", Failed, "format 7", Issuer) {
        "签发时该密钥不在有效使用期内", "The key was not in force when the license was issued",
        "由颁发机构重新签发", "The issuer has to issue the license again" }

    /// The header names an algorithm that is not allowed.
    AlgNotAllowed("alg_not_allowed", Failed, "format 2.1", Issuer) {
        "签名算法不被允许", "The signature algorithm is not allowed",
        "不予采信，由颁发机构用规定算法重新签发", "Do not rely on it; the issuer has to use an allowed algorithm" }
    /// The header names another algorithm than that of the key.
    AlgMismatch("alg_mismatch", Failed, "format 2.1", Issuer) {
        "声明的算法与密钥的算法不一致", "The algorithm named is not that of the key",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }
    /// The algorithm had come to its end when it was used, or has since been broken.
    AlgEnded("alg_ended", Failed, "format 7", Issuer) {
        "签名算法已停用", "The signature algorithm had come to its end",
        "由颁发机构用现行算法重新签发", "The issuer has to issue the license again with a current algorithm" }
    /// The signature does not match.
    SignatureMismatch("signature_mismatch", Failed, "format 8", Holder) {
        "签名不符：内容被改动或不是该机构签发", "The signature does not match: the content was changed or not issued by this office",
        "不予采信，请持证人重新获取原文件", "Do not rely on it; ask the holder for the original" }

    /// A disclosure that is none, or digests that are none.
    DisclosureMalformed("disclosure_malformed", Failed, "format 4.4", Holder) {
        "披露数据格式有误", "The disclosed data are malformed",
        "请重新出示", "Present the license again" }
    /// A disclosure without digest.
    DisclosureUnmatched("disclosure_unmatched", Failed, "format 4.4", Holder) {
        "披露的数据不属于该证照", "A disclosed item does not belong to this license",
        "不予采信，请重新出示", "Do not rely on it; present the license again" }
    /// A disclosure that occurs twice.
    DisclosureRepeated("disclosure_repeated", Failed, "format 4.5", Holder) {
        "同一数据项被重复披露", "An item is disclosed twice",
        "请重新出示", "Present the license again" }
    /// A disclosure of a claim that is there already.
    DisclosureCollides("disclosure_collides", Failed, "format 4.4", Issuer) {
        "披露的数据与已有数据项冲突", "A disclosed item collides with another claim",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }
    /// A digest that occurs twice.
    DigestRepeated("digest_repeated", Failed, "format 4.4", Issuer) {
        "证照中摘要重复", "A digest occurs twice",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }

    /// A required claim is missing.
    ClaimMissing("claim_missing", Failed, "GB/T 36903", Issuer) {
        "缺少必备数据项", "A required claim is missing",
        "由颁发机构重新签发", "The issuer has to issue the license again" }
    /// A claim of the wrong form.
    ClaimInvalid("claim_invalid", Failed, "GB/T 36903", Issuer) {
        "数据项格式有误", "A claim is not of the required form",
        "由颁发机构重新签发", "The issuer has to issue the license again" }
    /// A claim that the format does not have.
    ClaimUnknown("claim_unknown", Failed, "format 4.2", Issuer) {
        "含有规范以外的数据项", "The license holds a claim that the format does not have",
        "由颁发机构重新签发", "The issuer has to issue the license again" }
    /// A personal claim in the open.
    ClaimNotHidden("claim_not_hidden", Failed, "format 4.3", Issuer) {
        "个人信息未按要求隐藏", "A personal claim is not hidden",
        "由颁发机构重新签发", "The issuer has to issue the license again" }
    /// The identifier is not strict GB/T 36904.
    IdentifierInvalid("identifier_invalid", Failed, "GB/T 36904", Issuer) {
        "电子证照标识不合规", "The license identifier is not a strict GB/T 36904 identifier",
        "由颁发机构重新赋码签发", "The issuer has to issue the license again under a correct identifier" }
    /// The identifier disagrees with type or issuer.
    IdentifierMismatch("identifier_mismatch", Failed, "GB/T 36904", Issuer) {
        "电子证照标识与类型或颁发机构不一致", "The identifier disagrees with the type or the issuer",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }
    /// The dates disagree.
    DatesInconsistent("dates_inconsistent", Failed, "format 4.2", Issuer) {
        "有效期数据前后矛盾", "The dates of validity disagree with each other",
        "由颁发机构重新签发", "The issuer has to issue the license again" }

    /// The trust list is past its next update.
    TrustListStale("trust_list_stale", Open, "format 7", Operator) {
        "信任列表已过期", "The trust list is stale",
        "更新信任列表后重新核验", "Update the trust list and verify again" }
    /// The trust list was made after now.
    TrustListFromFuture("trust_list_from_future", Open, "format 7", Operator) {
        "信任列表的制作时间晚于当前时间，请检查系统时钟", "The trust list was made later than now: check the clock",
        "校准系统时钟后重新核验", "Set the clock and verify again" }
    /// The issuer may not issue this type.
    TypeNotEntitled("type_not_entitled", Failed, "format 7", Issuer) {
        "该机构无权颁发此类证照", "The issuer may not issue licenses of this type",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }
    /// The issuer may not issue in this division.
    DivisionNotEntitled("division_not_entitled", Failed, "format 7", Issuer) {
        "该机构无权在此行政区划颁发此类证照", "The issuer may not issue licenses of this type in this division",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }
    /// The right was not in force at issue.
    EntitlementNotInForce("entitlement_not_in_force", Failed, "format 7", Issuer) {
        "签发时该机构的颁发权限未生效或已终止", "The issuer's right was not in force when the license was issued",
        "由有权机构重新签发", "An entitled office has to issue the license" }


    /// The trust list does not name the seal.
    SealUnknown("seal_unknown", Open, "format 8", Verifier) {
        "信任列表中没有该证照所用的电子印章", "The trust list does not name the seal of the license",
        "更新信任列表后重新核验；仍未列入的不予采信", "Update the trust list and verify again; if it is still missing, do not rely on it" }
    /// The seal is one of another office.
    SealOfAnother("seal_of_another", Failed, "format 8", Issuer) {
        "证照所用的电子印章属于其他机构", "The seal of the license is one of another office",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }
    /// The seal was not in use when the license was issued.
    SealNotInForce("seal_not_in_use", Failed, "format 8", Issuer) {
        "签发时所用电子印章处于停用、收回、销毁或未启用状态", "The seal was not in use when the license was issued: suspended, recalled, destroyed, or not yet taken into use",
        "由颁发机构以在用印章重新签发", "The issuer has to issue it again under a seal in use" }
    /// Issued later than now.
    IssuedInFuture("issued_in_future", Failed, "format 8", Issuer) {
        "签发时间晚于当前时间", "The license was issued later than now",
        "核对系统时钟；时钟无误则不予采信", "Check the clock; if it is right, do not rely on the license" }
    /// Before the first valid day.
    NotYetValid("not_yet_valid", Failed, "format 8", Holder) {
        "证照尚未生效", "The license is not yet valid",
        "请在生效日之后办理", "Come back on or after the first valid day" }
    /// After the last valid day.
    Expired("expired", Failed, "format 8", Holder) {
        "证照已过有效期", "The license has expired",
        "请持证人到颁发机构换领", "The holder has to renew it at the issuer" }

    /// The license points to a status list that is none of its issuer's.
    StatusListNotNamed("status_list_not_named", Failed, "format 7", Issuer) {
        "证照所指的状态列表不在信任列表为其颁发机构登记的范围内", "The license points to a status list that the trust list does not name for its issuer",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }
    /// No status list at hand.
    StatusListUnavailable("status_list_unavailable", Open, "format 6", Operator) {
        "没有取得该证照的状态列表", "The status list of the license is not at hand",
        "取得状态列表后重新核验", "Fetch the status list and verify again" }
    /// The status list is past its time.
    StatusListStale("status_list_stale", Open, "format 6", Operator) {
        "状态列表已过期", "The status list is stale",
        "更新状态列表后重新核验", "Update the status list and verify again" }
    /// The status list was made after now.
    StatusListFromFuture("status_list_from_future", Open, "format 6", Operator) {
        "状态列表的制作时间晚于当前时间，请检查系统时钟", "The status list was made later than now: check the clock",
        "校准系统时钟后重新核验", "Set the clock and verify again" }
    /// The list is signed by another issuer, or with a key that the trust list no longer names.
    StatusListForeign("status_list_foreign", Open, "format 6", Operator) {
        "状态列表不是用信任列表所列的该证照颁发机构密钥签发的", "The status list is not signed with a key that the trust list names for the issuer of the license",
        "取得颁发机构的状态列表后重新核验", "Fetch the issuer's own status list and verify again" }
    /// The index is beyond the list.
    StatusOutOfRange("status_out_of_range", Open, "format 6", Operator) {
        "状态列表中没有该证照的位置", "The status list has no entry for this license",
        "更新状态列表后重新核验", "Update the status list and verify again" }
    /// A status value that is not defined.
    StatusValueUnknown("status_value_unknown", Open, "format 6", Operator) {
        "证照状态值含义不明", "The status value has no defined meaning",
        "向颁发机构核实状态", "Ask the issuer for the status" }
    /// Revoked.
    Revoked("revoked", Failed, "format 6", Holder) {
        "证照已被撤销、注销或吊销", "The license is revoked",
        "请持证人向颁发机构重新申领", "The holder has to apply for a new one at the issuer" }
    /// Another license took its place.
    Superseded("superseded", Failed, "format 6", Holder) {
        "证照已被换发的新证照取代", "Another license has taken its place",
        "请持证人出示换发后的证照", "The holder has to present the license that was issued in its place" }
    /// Suspended.
    Suspended("suspended", Failed, "format 6", Holder) {
        "证照已被暂停使用", "The license is suspended",
        "请持证人到颁发机构办理恢复", "The holder has to have it restored by the issuer" }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_in_the_specification() {
        let text = include_str!("../../../docs/format.md");
        let codes: HashSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let mark = if reason.is_indeterminate() { "?" } else { "" };
            let listed = format!("`{}`{mark}", reason.code());
            let other = format!("`{}`{}", reason.code(), if mark.is_empty() { "?" } else { " " });
            assert!(text.contains(&listed), "docs/format.md lacks {listed}");
            assert!(mark == "?" || !text.contains(&other), "docs/format.md has {other}");
        }
    }
}
