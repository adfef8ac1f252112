use boyin_model::hex;
use boyin_model::json::{self, Value, instant, object, text};
use boyin_model::time::UnixTime;
use boyin_model::timestamp::{Note, TimestampError};

use super::reason::TimestampReason;
use crate::outcome::{Outcome, Verdict, field_value, instants_value};

/// `format` of the report's JSON form.
const REPORT_FORMAT: i64 = 1;

/// The checks of a token, in the order that decides the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimestampCheck {
    /// The bytes are a token.
    Format,
    /// It is over what it is said to be over.
    Imprint,
    /// The signed attributes are those of the content.
    Attributes,
    /// The signed attributes name the certificate.
    CertificateBound,
    /// The signature verifies.
    Signature,
    /// Path to a timestamp authority, revocation.
    Chain,
    /// The certificate is one for timestamps alone.
    Usage,
    /// The policy is accepted.
    Policy,
    /// The time: within the certificate, not in the future, not before what was stamped.
    Time,
    /// It is exact enough.
    Accuracy,
    /// It answers the request.
    Nonce,
}

impl TimestampCheck {
    /// All checks, in their order.
    pub const ALL: [Self; 11] = [
        Self::Format,
        Self::Imprint,
        Self::Attributes,
        Self::CertificateBound,
        Self::Signature,
        Self::Chain,
        Self::Usage,
        Self::Policy,
        Self::Time,
        Self::Accuracy,
        Self::Nonce,
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
            Self::Imprint => ("imprint", "被盖时间戳数据的摘要"),
            Self::Attributes => ("attributes", "签名属性"),
            Self::CertificateBound => ("certificate_bound", "证书绑定"),
            Self::Signature => ("signature", "时间戳签名值"),
            Self::Chain => ("chain", "时间戳机构证书"),
            Self::Usage => ("usage", "证书用途"),
            Self::Policy => ("policy", "时间戳策略"),
            Self::Time => ("time", "时间"),
            Self::Accuracy => ("accuracy", "精度"),
            Self::Nonce => ("nonce", "随机数"),
        }
    }

    pub(super) fn place(self) -> usize {
        Self::ALL.iter().position(|known| *known == self).unwrap_or(0)
    }
}

/// What a check found.
pub type TimestampOutcome = Outcome<TimestampReason, TimestampDetail>;

/// Where exactly, or how far off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampDetail {
    /// A field of the structure.
    Field(TimestampError),
    /// An instant and the limit it missed.
    Instants {
        /// The instant in question.
        at: UnixTime,
        /// The limit.
        limit: UnixTime,
    },
}

/// Something worth knowing that does not change the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimestampNote {
    /// A deviation from the standards.
    Deviation(Note),
    /// The authority does not say how exact it is.
    NoAccuracy,
    /// The authority's certificate has ended since it stamped.
    AuthorityEndedSince,
    /// The authority's certificate, or one above it, was revoked since it stamped, for a reason that spares what it stamped
    /// before.
    AuthorityRevokedSince,
    /// No revocation list answers for the authority, and the policy asks for none.
    RevocationNotAsked,
}

impl TimestampNote {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Deviation(note) => note.code(),
            Self::NoAccuracy => "no_accuracy",
            Self::AuthorityEndedSince => "authority_ended_since",
            Self::AuthorityRevokedSince => "authority_revoked_since",
            Self::RevocationNotAsked => "revocation_not_asked",
        }
    }
}

/// The answer. Unknown is never `Passed`.
pub type TimestampVerdict = Verdict<TimestampReason>;

/// What the token claims. Claimed, not proven, unless the verdict is Passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimestampSubject {
    /// Its time, in whole seconds.
    pub time: Option<UnixTime>,
    /// The last instant that it can mean: its time, its fraction and its accuracy, rounded up.
    pub latest: Option<UnixTime>,
    /// Object identifier of its policy, dotted.
    pub policy: Option<String>,
    /// Content of its serial number.
    pub serial: Option<Vec<u8>>,
}

/// The result of the verification of a token.
#[must_use]
#[derive(Clone, Debug)]
pub struct TimestampReport {
    pub(super) at: UnixTime,
    pub(super) outcomes: [TimestampOutcome; TimestampCheck::ALL.len()],
    pub(super) notes: Vec<TimestampNote>,
    pub(super) subject: TimestampSubject,
    /// `sha-256:<hex>` of the bytes.
    pub(super) document: Option<String>,
}

/// Proof that what was stamped existed at an instant.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedTimestamp {
    existed_at: UnixTime,
}

impl VerifiedTimestamp {
    /// When it existed at the latest: the accuracy is counted against it.
    #[must_use]
    pub fn existed_at(&self) -> UnixTime {
        self.existed_at
    }
}

impl TimestampReport {
    /// The verdict: the first check that failed; if none failed, the first that is open.
    #[must_use]
    pub fn verdict(&self) -> TimestampVerdict {
        TimestampVerdict::of_checks(&self.outcomes, TimestampReason::Malformed)
    }

    /// When what was stamped existed at the latest, if the token passed.
    #[must_use]
    pub fn existed_at(&self) -> Option<UnixTime> {
        self.subject.latest.filter(|_| self.verdict() == TimestampVerdict::Passed)
    }

    /// The proof.
    ///
    /// # Errors
    /// The report itself, unless the token passed.
    #[allow(clippy::result_large_err, reason = "the report is what the caller wants to show")]
    pub fn into_verified(self) -> Result<VerifiedTimestamp, Self> {
        match self.existed_at() {
            Some(existed_at) => Ok(VerifiedTimestamp { existed_at }),
            None => Err(self),
        }
    }

    /// Every check with what it found.
    pub fn checks(&self) -> impl Iterator<Item = (TimestampCheck, TimestampOutcome)> {
        TimestampCheck::ALL.into_iter().map(|check| (check, self.outcome(check)))
    }

    /// What one check found.
    #[must_use]
    pub fn outcome(&self, check: TimestampCheck) -> TimestampOutcome {
        self.outcomes[check.place()]
    }

    /// Things worth knowing.
    #[must_use]
    pub fn notes(&self) -> &[TimestampNote] {
        &self.notes
    }

    /// What the token claims.
    #[must_use]
    pub fn subject(&self) -> &TimestampSubject {
        &self.subject
    }

    /// The canonical JSON form (`docs/format.md` §12): same input, same bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
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
            ("verdict", text(self.verdict().code())),
        ];
        members.extend(self.document.as_deref().map(|name| ("document", Value::Text(name.into()))));
        if let Some(reason) = self.verdict().reason() {
            members.push(("reason", reason.info().to_value()));
        }
        let TimestampSubject { time, latest, policy, serial } = &self.subject;
        let serial = serial.as_deref().map(hex::encode);
        let subject = [
            ("latest", latest.map(instant)),
            ("policy", policy.as_deref().map(|policy| Value::Text(policy.into()))),
            ("serial", serial.map(|serial| Value::Text(serial.into()))),
            ("time", time.map(instant)),
        ];
        let subject: Vec<_> = subject.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        if !subject.is_empty() {
            members.push(("timestamp", object(subject)));
        }
        let mut out = Vec::with_capacity(2048);
        json::write(&object(members), &mut out);
        out
    }
}

fn detail_json(detail: TimestampDetail) -> Value<'static> {
    match detail {
        TimestampDetail::Field(error) => field_value(error.field, error.offset, &error.fault),
        TimestampDetail::Instants { at, limit } => instants_value(at, limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Should a check ever be skipped beside others that all passed, the report neither passes nor proves a time.
    #[test]
    fn a_skipped_check_alone_does_not_pass() {
        let at = UnixTime::MAX;
        let mut report = TimestampReport {
            at,
            outcomes: [TimestampOutcome::Passed; TimestampCheck::ALL.len()],
            notes: Vec::new(),
            subject: TimestampSubject { latest: Some(at), ..TimestampSubject::default() },
            document: None,
        };
        assert_eq!((report.verdict(), report.existed_at()), (TimestampVerdict::Passed, Some(at)));
        for check in TimestampCheck::ALL {
            report.outcomes[check.place()] = TimestampOutcome::Skipped;
            let failed = TimestampVerdict::Failed(TimestampReason::Malformed);
            assert_eq!((report.verdict(), report.existed_at()), (failed, None), "{check:?}");
            report.outcomes[check.place()] = TimestampOutcome::Passed;
        }
    }
}
