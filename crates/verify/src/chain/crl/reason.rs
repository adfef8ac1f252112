/// Why a certificate is revoked (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RevocationReason {
    /// The list gives no reason.
    #[default]
    NotGiven,
    /// The list says that it gives none, which is not the same: see RFC 3161 §4.
    Unspecified,
    /// The key is, or may be, in other hands.
    KeyCompromise,
    /// The authority's key is.
    CaCompromise,
    /// The subject has another name or office now.
    AffiliationChanged,
    /// There is another certificate.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// For the time being (暂停).
    CertificateHold,
    /// No longer on hold, or expired: only in delta lists.
    RemoveFromCrl,
    /// A right was taken away.
    PrivilegeWithdrawn,
    /// The attribute authority's key is in other hands.
    AaCompromise,
}

impl RevocationReason {
    pub(in crate::chain) fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => return None,
        })
    }

    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotGiven => "not_given",
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "key_compromise",
            Self::CaCompromise => "ca_compromise",
            Self::AffiliationChanged => "affiliation_changed",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessation_of_operation",
            Self::CertificateHold => "certificate_hold",
            Self::RemoveFromCrl => "remove_from_crl",
            Self::PrivilegeWithdrawn => "privilege_withdrawn",
            Self::AaCompromise => "aa_compromise",
        }
    }
    /// Whether only what was signed afterwards is spoiled: the key ended, and is in nobody else's hands (RFC 3161 §4).
    #[must_use]
    pub fn spares_the_past(self) -> bool {
        match self {
            Self::Unspecified | Self::AffiliationChanged | Self::Superseded | Self::CessationOfOperation => {
                true
            }
            Self::NotGiven
            | Self::KeyCompromise
            | Self::CaCompromise
            | Self::CertificateHold
            | Self::RemoveFromCrl
            | Self::PrivilegeWithdrawn
            | Self::AaCompromise => false,
        }
    }
}
