//! What the three standards ask for, as data.

use boyin_model::seal::{Seal, Version};

use super::report::SealCheck::{self, *};

/// The instant at which the maker's certificate has to be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakerTime {
    /// When the seal was used: at the signing time of a seal signature, and now for a seal alone.
    WhenUsed,
    /// When the seal was made; an end or a revocation since then is noted only.
    WhenMade,
}

/// The rules of one standard.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    /// Stable name.
    pub name: &'static str,
    /// The checks of a seal, in the order that decides the verdict.
    pub seal: &'static [SealCheck],
    /// The checks of a seal signature, in the order that decides the verdict.
    pub signature: &'static [SealCheck],
    /// When the maker's certificate has to be valid.
    pub maker_time: MakerTime,
}

/// All three ask the same of a seal, in this order (GM/T 0031-2014 §6.1.2); timestamp and register come after.
const SEAL: &[SealCheck] = &[Format, MakerSignature, MakerCertificate, Making, Validity, Timestamp, Register];

/// GM/T 0031-2025 §6.3 asks for the time of making before the maker's certificate.
const SEAL_2025: &[SealCheck] =
    &[Format, MakerSignature, Making, MakerCertificate, Validity, Timestamp, Register];

/// GB/T 38540 §7.3: the signer against the list, the seal, then the signer's certificate and the document.
const SIGNATURE: &[SealCheck] = &[
    Format,
    Signature,
    SignerListed,
    MakerSignature,
    MakerCertificate,
    Making,
    Validity,
    SignerCertificate,
    SigningTime,
    Document,
    Timestamp,
    Register,
];

/// GM/T 0031-2014.
///
/// Its order for a signature (§6.2.3): value, signer's certificate, times, document, seal. It asks for the list of the
/// seal only when sealing (§6.2.2); here that check comes last of those of the standard.
pub static GMT0031_2014: Profile = Profile {
    name: "gmt0031-2014",
    seal: SEAL,
    signature: &[
        Format,
        Signature,
        SignerCertificate,
        SigningTime,
        Document,
        MakerSignature,
        MakerCertificate,
        Making,
        Validity,
        SignerListed,
        Timestamp,
        Register,
    ],
    maker_time: MakerTime::WhenUsed,
};

/// GB/T 38540-2020: any fault of the maker's certificate ends the verification.
pub static GBT38540_2020: Profile =
    Profile { name: "gbt38540-2020", seal: SEAL, signature: SIGNATURE, maker_time: MakerTime::WhenUsed };

/// GM/T 0031-2025: the maker's certificate has to be valid when the seal was made.
pub static GMT0031_2025: Profile =
    Profile { name: "gmt0031-2025", seal: SEAL_2025, signature: SIGNATURE, maker_time: MakerTime::WhenMade };

impl Profile {
    /// The three profiles.
    #[must_use]
    pub fn all() -> [&'static Self; 3] {
        [&GMT0031_2014, &GBT38540_2020, &GMT0031_2025]
    }

    /// The profile of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().into_iter().find(|profile| profile.name == name)
    }

    /// The profile of the standard that a seal follows: for versions 4 and 5 what its maker signed says which.
    ///
    /// Anybody can add a timestamp to a seal of version 4, which then has the structure of version 5; that must not
    /// make the rules milder.
    #[must_use]
    pub fn of(seal: &Seal<'_>) -> &'static Self {
        match seal.version {
            Version::V1 => &GMT0031_2014,
            Version::V5 if seal.info.number == u32::from(Version::V5.number()) => &GMT0031_2025,
            Version::V4 | Version::V5 => &GBT38540_2020,
        }
    }
}
