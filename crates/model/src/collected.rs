//! Licenses collected from what other systems have on file (历史证照归集): what one says, and how far it can be relied on.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::credential::FieldValue;
use crate::id::{DivisionCode, HolderCode, HolderCodeType, LicenseTypeCode};
use crate::time::Date;

/// How much a stored license can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// Sealed by the issuer.
    A,
    /// Checked against the paper at a window.
    B,
    /// Uploaded by the holder.
    C,
    /// Declared by the holder.
    D,
}

impl Grade {
    /// From the best to the weakest, which is also the order of `Ord`.
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::D];

    /// The letter, also on disk.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
            Self::D => 'D',
        }
    }

    /// The grade of a letter.
    #[must_use]
    pub fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.letter() == letter)
    }

    /// Whether a license of this grade can free its holder from bringing the paper (免证办): only A and B can.
    #[must_use]
    pub const fn may_exempt(self) -> bool {
        match self {
            Self::A | Self::B => true,
            Self::C | Self::D => false,
        }
    }

    /// Whether this grade says more than `other`.
    #[must_use]
    pub fn is_above(self, other: Self) -> bool {
        self < other
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// What a grade rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The issuer handed the data over under its seal.
    IssuerSeal,
    /// A clerk held the data against the paper at a window.
    WindowCheck,
    /// The holder uploaded a picture of the paper.
    Upload,
    /// The holder said so.
    Declaration,
}

impl EvidenceKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::IssuerSeal, Self::WindowCheck, Self::Upload, Self::Declaration];

    /// The best grade that it permits.
    #[must_use]
    pub const fn permits(self) -> Grade {
        match self {
            Self::IssuerSeal => Grade::A,
            Self::WindowCheck => Grade::B,
            Self::Upload => Grade::C,
            Self::Declaration => Grade::D,
        }
    }

    /// Stable code, also on disk.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::IssuerSeal => "issuer-seal",
            Self::WindowCheck => "window-check",
            Self::Upload => "upload",
            Self::Declaration => "declaration",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Evidence of a grade: what it is, and the digest of the document that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// `sha-256:` and 64 hexadecimal digits of the document. Grades A and B need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Why evidence does not carry a grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceFault {
    /// The kind permits less.
    #[error("evidence of this kind permits grade {permits} at most")]
    Kind {
        /// The best grade that it permits.
        permits: Grade,
    },
    /// Grades A and B rest on a document.
    #[error("grades A and B need the digest of the document that shows the evidence")]
    NoDigest,
    /// Not a digest.
    #[error("a digest is written sha-256: and 64 hexadecimal digits in lower case")]
    Digest,
}

impl EvidenceFault {
    /// Stable code for callers.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Kind { .. } => "evidence_kind",
            Self::NoDigest => "evidence_no_digest",
            Self::Digest => "evidence_digest",
        }
    }
}

impl Evidence {
    /// Whether it carries `grade`.
    ///
    /// # Errors
    /// [`EvidenceFault`].
    pub fn carries(&self, grade: Grade) -> Result<(), EvidenceFault> {
        if grade.is_above(self.kind.permits()) {
            return Err(EvidenceFault::Kind { permits: self.kind.permits() });
        }
        match &self.digest {
            Some(digest) if is_digest(digest) => Ok(()),
            Some(_) => Err(EvidenceFault::Digest),
            None if grade.may_exempt() => Err(EvidenceFault::NoDigest),
            None => Ok(()),
        }
    }
}

fn is_digest(text: &str) -> bool {
    let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix("sha-256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(lower_hex))
}

/// What a collected license says, checked against the catalog: the content that two sources are compared by.
///
/// Serde writes the members in this order, absent ones left out; the holder as `111:<number>`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectedLicense {
    /// License type.
    pub license_type: LicenseTypeCode,
    /// Number on the paper.
    pub license_number: String,
    /// The holder.
    #[serde(with = "holder")]
    pub holder: HolderCode,
    /// The holder's name.
    pub holder_name: String,
    /// Division in which it was issued.
    pub division: DivisionCode,
    /// Date on the paper.
    pub issue_date: Date,
    /// First valid day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// Last valid day; `None` is long-term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// Fields of the license type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, FieldValue>,
}

/// Shows the license type only: the rest is personal.
impl fmt::Debug for CollectedLicense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CollectedLicense({}, ..)", self.license_type.as_str())
    }
}

mod holder {
    use super::{HolderCode, HolderCodeType};
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(holder: &HolderCode, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}:{}", holder.code_type().code(), holder.as_str()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HolderCode, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parts =
            text.split_once(':').and_then(|(kind, code)| Some((HolderCodeType::from_code(kind)?, code)));
        let (kind, code) = parts.ok_or_else(|| D::Error::custom("not a kind and a number"))?;
        HolderCode::new(kind, code).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_and_b_exempt_and_a_is_the_best() {
        let exempting: Vec<_> = Grade::ALL.into_iter().filter(|grade| grade.may_exempt()).collect();
        assert_eq!(exempting, [Grade::A, Grade::B]);
        assert!(Grade::A.is_above(Grade::B) && !Grade::B.is_above(Grade::B) && !Grade::D.is_above(Grade::C));
        assert_eq!(Grade::from_letter('E'), None);
    }

    #[test]
    fn evidence_carries_its_grade_and_no_better_one() {
        let digest = Some(format!("sha-256:{}", "0a".repeat(32)));
        for kind in EvidenceKind::ALL {
            assert_eq!(EvidenceKind::from_code(kind.code()), Some(kind));
            let evidence = Evidence { kind, digest: digest.clone() };
            for grade in Grade::ALL {
                assert_eq!(
                    evidence.carries(grade).is_ok(),
                    !grade.is_above(kind.permits()),
                    "{kind:?} {grade}"
                );
            }
        }
    }

    #[test]
    fn a_and_b_rest_on_a_document() {
        let with = |kind, digest: Option<&str>| Evidence { kind, digest: digest.map(str::to_owned) };
        assert_eq!(with(EvidenceKind::WindowCheck, None).carries(Grade::B), Err(EvidenceFault::NoDigest));
        assert_eq!(with(EvidenceKind::Upload, None).carries(Grade::C), Ok(()));
        for wrong in ["", "sha-256:00", &format!("sha-256:{}", "0A".repeat(32)), &"0".repeat(64)] {
            let evidence = with(EvidenceKind::IssuerSeal, Some(wrong));
            assert_eq!(evidence.carries(Grade::A), Err(EvidenceFault::Digest), "{wrong}");
        }
    }

    #[test]
    fn a_license_reads_back_and_prints_nothing_personal() {
        let text = r#"{"license_type":"11100000000013127D001","license_number":"1","holder":"111:11010519491231002X","holder_name":"某","division":"652701","issue_date":"2020-01-02","fields":{"sex":"女"}}"#;
        let read: CollectedLicense = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert_eq!(format!("{read:?}"), "CollectedLicense(11100000000013127D001, ..)");
        for (from, to) in [("111:1", "111:2"), ("111:", "222:"), ("111:1", "1111")] {
            assert!(serde_json::from_str::<CollectedLicense>(&text.replace(from, to)).is_err(), "{to}");
        }
    }
}
