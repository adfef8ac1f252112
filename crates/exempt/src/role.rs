use std::fmt;

use boyin_model::catalog::HolderKind;
use serde::Deserialize;

/// What a holder is in a matter (办事角色). One holder for each role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The person for whom the matter is done (申请人).
    Applicant,
    /// The applicant's spouse (配偶).
    Spouse,
    /// The applicant's child (子女).
    Child,
    /// Who acts for the applicant or the enterprise (代理人、经办人).
    Agent,
    /// The enterprise or other organization for which the matter is done (企业).
    Enterprise,
    /// The enterprise's legal representative (法定代表人、负责人).
    LegalRepresentative,
    /// The other side of a contract, such as the seller (相对方).
    Counterparty,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Applicant,
        Self::Spouse,
        Self::Child,
        Self::Agent,
        Self::Enterprise,
        Self::LegalRepresentative,
        Self::Counterparty,
    ];

    /// Stable code, as in catalogs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// Chinese name.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        self.row().1
    }

    /// English name.
    #[must_use]
    pub const fn name_en(self) -> &'static str {
        self.row().2
    }

    /// The role with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Who can have it.
    #[must_use]
    pub const fn kind(self) -> HolderKind {
        match self {
            Self::Applicant | Self::Spouse | Self::Child | Self::Agent | Self::LegalRepresentative => {
                HolderKind::NaturalPerson
            }
            Self::Enterprise => HolderKind::Organization,
            Self::Counterparty => HolderKind::Any,
        }
    }

    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Applicant => ("applicant", "申请人", "applicant"),
            Self::Spouse => ("spouse", "配偶", "spouse"),
            Self::Child => ("child", "子女", "child"),
            Self::Agent => ("agent", "代理人（经办人）", "agent"),
            Self::Enterprise => ("enterprise", "企业", "enterprise"),
            Self::LegalRepresentative => {
                ("legal-representative", "法定代表人（负责人）", "legal representative")
            }
            Self::Counterparty => ("counterparty", "相对方", "counterparty"),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
