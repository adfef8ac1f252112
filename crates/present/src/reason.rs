use boyin_verify::{AnyReason, Owner, Reason, ReasonInfo};

/// Why what was shown does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentReason {
    /// Because of the license.
    License(Reason),
    /// Because of what makes the code a dynamic one.
    Dynamic(DynamicReason),
}

impl AnyReason for PresentReason {
    fn info(self) -> ReasonInfo {
        match self {
            Self::License(reason) => reason.info(),
            Self::Dynamic(reason) => reason.info(),
        }
    }

    fn is_indeterminate(self) -> bool {
        match self {
            Self::License(reason) => reason.is_indeterminate(),
            Self::Dynamic(reason) => reason.is_indeterminate(),
        }
    }
}

/// Why a dynamic code does not count though its license may be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DynamicReason {
    /// A dynamic code was demanded, and this one has no statement.
    Missing,
    /// Not a statement.
    Malformed,
    /// The trust list does not name the key.
    KeyUnknown,
    /// The key is one of another office than the issuer of the license.
    KeyForeign,
    /// The key was not in force when the code was made.
    KeyNotInForce,
    /// The algorithm is not that of the key, or has ended.
    Algorithm,
    /// The signature does not match.
    Signature,
    /// It is about another license, or about the same one with other fields shown.
    OtherLicense,
    /// Made later than now.
    FromFuture,
    /// Its minute is over.
    Expired,
    /// It was shown here before.
    Repeated,
    /// The memory of what was shown here is full.
    MemoryFull,
    /// There is no memory of what was shown here.
    NoMemory,
}

impl DynamicReason {
    /// Every reason, in the order in which they are asked.
    pub const ALL: [Self; 13] = [
        Self::Missing,
        Self::Malformed,
        Self::KeyUnknown,
        Self::Algorithm,
        Self::Signature,
        Self::KeyForeign,
        Self::KeyNotInForce,
        Self::OtherLicense,
        Self::FromFuture,
        Self::Expired,
        Self::NoMemory,
        Self::Repeated,
        Self::MemoryFull,
    ];

    /// Whether it leaves the question open.
    #[must_use]
    pub fn is_indeterminate(self) -> bool {
        matches!(self, Self::KeyUnknown | Self::NoMemory | Self::MemoryFull)
    }

    /// What it means.
    #[must_use]
    pub fn info(self) -> ReasonInfo {
        let anew = ("请持证人重新出示动态码", "Have the holder show a new code");
        let suspect = (
            "不予采信，请持证人重新出示，必要时报告平台运维",
            "Do not rely on it; have the holder show a new code, and report it if that fails too",
        );
        let (code, clause, owner, zh, en, (next_step_zh, next_step_en)) = match self {
            Self::Missing => (
                "dynamic_missing",
                "presentation 3",
                Owner::Holder,
                "要求出示动态码，而出示的是静态码",
                "A dynamic code was demanded, and this is a static one",
                ("请持证人出示动态码", "Have the holder show a dynamic code"),
            ),
            Self::Malformed => (
                "dynamic_malformed",
                "presentation 3",
                Owner::Holder,
                "动态亮证声明的格式不正确",
                "The statement of the dynamic code is malformed",
                anew,
            ),
            Self::KeyUnknown => (
                "dynamic_key_unknown",
                "format 7",
                Owner::Verifier,
                "信任列表中没有签发动态码的密钥",
                "The trust list does not name the key of the dynamic code",
                ("更新信任列表后重新核验", "Update the trust list and verify again"),
            ),
            Self::KeyForeign => (
                "dynamic_key_foreign",
                "presentation 3",
                Owner::Holder,
                "动态码不是该证照的颁发机构签发的",
                "The dynamic code is not by the office that issued the license",
                suspect,
            ),
            Self::KeyNotInForce => (
                "dynamic_key_not_in_force",
                "format 7",
                Owner::Issuer,
                "动态码生成时签发密钥不在有效期内",
                "The key was not in force when the dynamic code was made",
                anew,
            ),
            Self::Algorithm => (
                "dynamic_algorithm",
                "format 7",
                Owner::Issuer,
                "动态码的签名算法与密钥不符或已终止",
                "The algorithm of the dynamic code is not that of the key, or has ended",
                anew,
            ),
            Self::Signature => (
                "dynamic_signature",
                "format 2.1",
                Owner::Holder,
                "动态码的签名不匹配",
                "The signature of the dynamic code does not match",
                suspect,
            ),
            Self::OtherLicense => (
                "dynamic_of_another",
                "presentation 3",
                Owner::Holder,
                "动态码属于另一证照，或出示的字段已被更换",
                "The dynamic code is about another license, or about other fields of it",
                suspect,
            ),
            Self::FromFuture => (
                "dynamic_from_future",
                "presentation 3",
                Owner::Verifier,
                "动态码的生成时间晚于当前时间，请检查系统时钟",
                "The dynamic code was made later than now: check the clock",
                ("校准系统时钟后重新核验", "Set the clock and verify again"),
            ),
            Self::Expired => (
                "dynamic_expired",
                "presentation 3",
                Owner::Holder,
                "动态码已超过60秒",
                "The dynamic code is older than 60 seconds",
                anew,
            ),
            Self::NoMemory => (
                "dynamic_memory_missing",
                "presentation 3",
                Owner::Verifier,
                "核验方没有记录已出示的动态码，无法判断是否重复",
                "The verifier keeps no memory of codes that were shown, so a repetition would not be found",
                ("启用动态码记录后重新核验", "Keep a memory of codes and verify again"),
            ),
            Self::Repeated => (
                "dynamic_repeated",
                "presentation 3",
                Owner::Holder,
                "该动态码已经出示过",
                "The dynamic code was shown here before",
                anew,
            ),
            Self::MemoryFull => (
                "dynamic_memory_full",
                "presentation 3",
                Owner::Verifier,
                "动态码记录已满",
                "The memory of codes that were shown is full",
                ("数分钟后重新核验", "Verify again in some minutes"),
            ),
        };
        ReasonInfo { code, clause, owner, zh, en, next_step_zh, next_step_en }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_in_the_specification() {
        let text = include_str!("../../../docs/presentation.md");
        let codes = DynamicReason::ALL.map(|reason| reason.info().code);
        assert_eq!(HashSet::from(codes).len(), codes.len());
        for reason in DynamicReason::ALL {
            let open = if reason.is_indeterminate() { "?" } else { "" };
            let row = format!("| `{}`{open} |", reason.info().code);
            assert!(text.contains(&row), "docs/presentation.md lacks: {row}");
        }
    }
}
