use std::fmt;

use boyin_model::json::{Value, instant, object, text};
use boyin_model::time::UnixTime;
use boyin_model::timestamp::{Note, TimestampError};

use super::reason::SignedDataReason;
use crate::outcome::{Outcome, Verdict, field_value, instants_value};

/// The checks, in the order in which they decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignedDataCheck {
    /// The bytes have the structure of the standard.
    Format,
    /// The signature verifies under the key of its certificate.
    Signature,
    /// The document is the one that was signed.
    Document,
    /// The certificate: path, key usage, revocation.
    Certificate,
    /// It was made within the validity of the certificate and not in the future.
    SigningTime,
}

impl SignedDataCheck {
    /// All checks.
    pub const ALL: [Self; 5] =
        [Self::Format, Self::Signature, Self::Document, Self::Certificate, Self::SigningTime];

    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Signature => "signature",
            Self::Document => "document",
            Self::Certificate => "certificate",
            Self::SigningTime => "signing_time",
        }
    }

    pub(super) fn place(self) -> usize {
        Self::ALL.iter().position(|known| *known == self).unwrap_or(0)
    }
}

/// What a check found.
pub type SignedDataOutcome = Outcome<SignedDataReason, SignedDataDetail>;

/// Where exactly, or how far off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedDataDetail {
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
pub enum SignedDataNote {
    /// A deviation from the standard.
    Deviation(Note),
    /// The signature is the 64 bytes `r ‖ s` and no SEQUENCE.
    RawSignature,
    /// The attribute names another type of content than the structure.
    OtherContentType,
    /// The certificate does not say what its key is for.
    NoKeyUsage,
    /// The signing time is what the signer says.
    SigningTimeUnproven,
    /// There is no signing time: the certificate was judged as of now.
    NoSigningTime,
    /// The certificate has ended since it signed.
    SignerEndedSince,
}

impl SignedDataNote {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Deviation(note) => note.code(),
            Self::RawSignature => "raw_signature",
            Self::OtherContentType => "other_content_type",
            Self::NoKeyUsage => "no_key_usage",
            Self::SigningTimeUnproven => "signing_time_unproven",
            Self::NoSigningTime => "no_signing_time",
            Self::SignerEndedSince => "signer_ended_since",
        }
    }
}

/// The answer. Unknown is never `Passed`.
pub type SignedDataVerdict = Verdict<SignedDataReason>;

/// The result of a verification.
#[must_use]
#[derive(Clone)]
pub struct SignedDataReport {
    pub(super) at: UnixTime,
    pub(super) outcomes: [SignedDataOutcome; SignedDataCheck::ALL.len()],
    pub(super) notes: Vec<SignedDataNote>,
    pub(super) signed_at: Option<UnixTime>,
    pub(super) signer: Option<Vec<u8>>,
    pub(super) certificate: Option<String>,
}

/// Without the certificate, which names somebody.
impl fmt::Debug for SignedDataReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedDataReport({:?}, {:?})", self.verdict(), self.outcomes)
    }
}

impl SignedDataReport {
    /// The first check that failed; if none did, the first that is open.
    #[must_use]
    pub fn verdict(&self) -> SignedDataVerdict {
        SignedDataVerdict::of_checks(&self.outcomes, SignedDataReason::Malformed)
    }

    /// Every check with what it found, in order.
    pub fn checks(&self) -> impl Iterator<Item = (SignedDataCheck, SignedDataOutcome)> {
        SignedDataCheck::ALL.into_iter().zip(self.outcomes)
    }

    /// What one check found.
    #[must_use]
    pub fn outcome(&self, check: SignedDataCheck) -> SignedDataOutcome {
        self.outcomes[check.place()]
    }

    /// Things worth knowing.
    #[must_use]
    pub fn notes(&self) -> &[SignedDataNote] {
        &self.notes
    }

    /// When it was made, as the signer says.
    #[must_use]
    pub fn signed_at(&self) -> Option<UnixTime> {
        self.signed_at
    }

    /// The certificate of who signed, DER, if it came with the signature. Whom it names is for the caller to ask: every
    /// certificate under a trusted one can pass. Not in the JSON form, for it names a person or an organization.
    #[must_use]
    pub fn signer(&self) -> Option<&[u8]> {
        self.signer.as_deref()
    }

    /// Digest of that certificate, as reports name it.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// The canonical form, to stand within another report.
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
            ("notes", Value::Array(notes)),
            ("verdict", text(self.verdict().code())),
        ];
        members.extend(self.verdict().reason().map(|reason| ("reason", reason.info().to_value())));
        members.extend(self.signed_at.map(|at| ("signed_at", instant(at))));
        members.extend(self.certificate().map(|name| ("certificate", Value::Text(name.into()))));
        object(members)
    }
}

fn detail_json(detail: SignedDataDetail) -> Value<'static> {
    match detail {
        SignedDataDetail::Field(error) => field_value(error.field, error.offset, &error.fault),
        SignedDataDetail::Instants { at, limit } => instants_value(at, limit),
    }
}
