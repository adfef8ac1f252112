use std::borrow::Cow;

use boyin_model::json::{self, Value, instant, object, text};
use boyin_model::seal::{Note, SealError};
use boyin_model::time::UnixTime;

use super::profile::Profile;
use super::reason::SealReason;
use crate::outcome::{Outcome, Verdict, field_value, instants_value};
use crate::timestamp::TimestampReason;

/// `format` of the report's JSON form.
const REPORT_FORMAT: i64 = 1;

/// The checks of a seal and of a seal signature. Their order is that of the [`Profile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SealCheck {
    /// The bytes have the structure of the standard.
    Format,
    /// The signature of the seal signature verifies.
    Signature,
    /// The signer's certificate: path, key usage, revocation.
    SignerCertificate,
    /// The seal lists the signer's certificate.
    SignerListed,
    /// The signing time lies within the signer's certificate and not in the future.
    SigningTime,
    /// The document is the one that was sealed.
    Document,
    /// The maker's signature of the seal verifies.
    MakerSignature,
    /// The maker's certificate: a maker's, path, key usage, validity, revocation.
    MakerCertificate,
    /// The time at which the seal was made is plausible.
    Making,
    /// The seal was valid when it was used.
    Validity,
    /// The timestamps, if there are any.
    Timestamp,
    /// The seal is in the trust list and was in use.
    Register,
}

impl SealCheck {
    /// All checks.
    pub const ALL: [Self; 12] = [
        Self::Format,
        Self::Signature,
        Self::SignerCertificate,
        Self::SignerListed,
        Self::SigningTime,
        Self::Document,
        Self::MakerSignature,
        Self::MakerCertificate,
        Self::Making,
        Self::Validity,
        Self::Timestamp,
        Self::Register,
    ];

    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.names().0
    }

    /// Chinese name.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Format => ("format", "数据格式"),
            Self::Signature => ("signature", "签章签名值"),
            Self::SignerCertificate => ("signer_certificate", "签章人证书"),
            Self::SignerListed => ("signer_listed", "签章人与印章匹配"),
            Self::SigningTime => ("signing_time", "签章时间"),
            Self::Document => ("document", "原文摘要"),
            Self::MakerSignature => ("maker_signature", "制章人签名"),
            Self::MakerCertificate => ("maker_certificate", "制章人证书"),
            Self::Making => ("making", "制章时间"),
            Self::Validity => ("validity", "印章有效期"),
            Self::Timestamp => ("timestamp", "时间戳"),
            Self::Register => ("register", "印章备案状态"),
        }
    }

    pub(super) fn place(self) -> usize {
        Self::ALL.iter().position(|known| *known == self).unwrap_or(0)
    }
}

/// What a check found.
pub type SealOutcome = Outcome<SealReason, SealDetail>;

/// Where exactly, or how far off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealDetail {
    /// A field of the structure.
    Field(SealError),
    /// An instant and the limit it missed.
    Instants {
        /// The instant in question.
        at: UnixTime,
        /// The limit.
        limit: UnixTime,
    },
    /// Why a timestamp is not valid, or not decided.
    Timestamp(TimestampReason),
}

/// Something worth knowing that does not change the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SealNote {
    /// A deviation from the standard.
    Deviation(Note),
    /// There is no timestamp.
    NoTimestamp,
    /// The signing time is what the signer says: no timestamp follows it within a day.
    SigningTimeUnproven,
    /// The signer's certificate has been revoked since it signed, as a timestamp proves.
    SignerRevokedSince,
    /// The signer's certificate has ended since it signed.
    SignerEndedSince,
    /// The maker's certificate has been revoked since it made the seal, as a timestamp or the register proves.
    MakerRevokedSince,
    /// The maker's certificate has ended since it made the seal.
    MakerEndedSince,
    /// There is no revocation list; the trust list names the seal.
    RevocationFromRegister,
    /// No trust list was asked whether the seal is in use.
    RegisterNotAsked,
    /// A certificate says nothing of what its key is for.
    NoKeyUsage,
    /// The digest in the list is one with Z before the certificate.
    ListDigestWithZ,
}

impl SealNote {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Deviation(note) => note.code(),
            Self::NoTimestamp => "no_timestamp",
            Self::SigningTimeUnproven => "signing_time_unproven",
            Self::SignerRevokedSince => "signer_revoked_since",
            Self::SignerEndedSince => "signer_ended_since",
            Self::MakerRevokedSince => "maker_revoked_since",
            Self::MakerEndedSince => "maker_ended_since",
            Self::RevocationFromRegister => "revocation_from_register",
            Self::RegisterNotAsked => "register_not_asked",
            Self::NoKeyUsage => "no_key_usage",
            Self::ListDigestWithZ => "list_digest_with_z",
        }
    }
}

/// The answer. Unknown is never `Passed`.
pub type SealVerdict = Verdict<SealReason>;

/// What the bytes claim to be. Claimed, not proven, unless the verdict is Passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealSubject {
    /// Identifier of the seal.
    pub id: Option<String>,
    /// Whose it is ([`boyin_model::seal::SealInfo::kind`]); not in the JSON form.
    pub kind: Option<u32>,
    /// Number of the version of the structure.
    pub version: Option<u8>,
    /// The signing time.
    pub signed_at: Option<UnixTime>,
}

/// The result of the verification of a seal or a seal signature.
#[must_use]
#[derive(Clone, Debug)]
pub struct SealReport {
    pub(super) at: UnixTime,
    pub(super) profile: &'static Profile,
    pub(super) order: &'static [SealCheck],
    pub(super) outcomes: [SealOutcome; SealCheck::ALL.len()],
    pub(super) notes: Vec<SealNote>,
    pub(super) subject: SealSubject,
    /// `sha-256:<hex>` of the bytes.
    pub(super) document: Option<String>,
}

impl SealReport {
    /// The verdict: the first check, in the order of the profile, that failed; if none failed, the first that is open.
    ///
    /// A changed document is refused whether or not the path of the signer's certificate is known.
    #[must_use]
    pub fn verdict(&self) -> SealVerdict {
        let outcomes = self.order.iter().map(|check| &self.outcomes[check.place()]);
        SealVerdict::of_checks(outcomes, SealReason::Malformed)
    }

    /// Every check with what it found, in the order of the profile.
    pub fn checks(&self) -> impl Iterator<Item = (SealCheck, SealOutcome)> {
        self.order.iter().map(|check| (*check, self.outcome(*check)))
    }

    /// What one check found.
    #[must_use]
    pub fn outcome(&self, check: SealCheck) -> SealOutcome {
        self.outcomes[check.place()]
    }

    /// Things worth knowing.
    #[must_use]
    pub fn notes(&self) -> &[SealNote] {
        &self.notes
    }

    /// What the bytes claim to be.
    #[must_use]
    pub fn subject(&self) -> &SealSubject {
        &self.subject
    }

    /// The profile that was applied.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// The instant of the verification.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// The canonical JSON form (`docs/format.md` §11): same input, same bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(2048);
        json::write(&self.to_value(), &mut out);
        out
    }

    /// What [`Self::to_json`] writes, to stand within another report.
    #[must_use]
    pub fn to_value(&self) -> Value<'_> {
        let checks = self
            .checks()
            .map(|(check, outcome)| outcome.to_value(check.code(), |detail| detail_json(*detail)))
            .collect();
        let notes = self.notes.iter().map(|note| text(note.code())).collect();
        let mut members = vec![
            ("at", instant(self.at)),
            ("checks", Value::Array(checks)),
            ("format", Value::Int(REPORT_FORMAT)),
            ("notes", Value::Array(notes)),
            ("profile", text(self.profile.name)),
            ("verdict", text(self.verdict().code())),
        ];
        members.extend(self.document.as_deref().map(|name| ("document", Value::Text(name.into()))));
        if let Some(reason) = self.verdict().reason() {
            members.push(("reason", reason.info().to_value()));
        }
        let SealSubject { id, kind: _, version, signed_at } = &self.subject;
        let subject = [
            ("id", id.as_deref().map(|id| Value::Text(Cow::Borrowed(id)))),
            ("signed_at", signed_at.map(instant)),
            ("version", version.map(|version| Value::Int(version.into()))),
        ];
        let subject: Vec<_> = subject.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        if !subject.is_empty() {
            members.push(("seal", object(subject)));
        }
        object(members)
    }
}

fn detail_json(detail: SealDetail) -> Value<'static> {
    match detail {
        SealDetail::Field(error) => field_value(error.field, error.offset, &error.fault),
        SealDetail::Timestamp(reason) => object([("timestamp", text(reason.code()))]),
        SealDetail::Instants { at, limit } => instants_value(at, limit),
    }
}

#[cfg(test)]
mod tests {
    use super::super::profile::GBT38540_2020;
    use super::*;

    /// Should a check ever be skipped beside others that all passed, the report does not pass.
    #[test]
    fn a_skipped_check_alone_does_not_pass() {
        let order = GBT38540_2020.signature;
        let mut report = SealReport {
            at: UnixTime::MAX,
            profile: &GBT38540_2020,
            order,
            outcomes: [SealOutcome::Passed; SealCheck::ALL.len()],
            notes: Vec::new(),
            subject: SealSubject::default(),
            document: None,
        };
        assert_eq!(report.verdict(), SealVerdict::Passed);
        for check in order {
            report.outcomes[check.place()] = SealOutcome::Skipped;
            assert_eq!(report.verdict(), SealVerdict::Failed(SealReason::Malformed), "{check:?}");
            report.outcomes[check.place()] = SealOutcome::Passed;
        }
    }
}
