use std::borrow::Cow;
use std::sync::Arc;

use boyin_model::alg::VerifyAlg;
use boyin_model::credential::{LicenseClaims, Part};
use boyin_model::id::{CreditCode, HolderCode, LicenseId};
use boyin_model::json::{self, Value, instant, number, object, text};
use boyin_model::time::UnixTime;

use crate::outcome::{Outcome, Verdict};
use crate::policy::{Policy, Weight};
use crate::reason::{Reason, ReasonInfo};

/// `format` of the report's JSON form.
const REPORT_FORMAT: i64 = 1;

/// The checks, in the order that decides the verdict (`docs/format.md` §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The bytes are one credential in its one spelling.
    Format,
    /// Issuer and key are in the trust list, the key in force at issue.
    Issuer,
    /// The algorithm is that of the key.
    Algorithm,
    /// The signature verifies.
    Signature,
    /// Each disclosure belongs to the license.
    Disclosures,
    /// The claims are complete and agree with each other.
    Content,
    /// The trust list is fresh.
    TrustList,
    /// The issuer might issue this type in this division.
    Entitlement,
    /// The seal that the license names was one of the issuer, in use at issue.
    Seal,
    /// The license is in its time.
    Validity,
    /// The license is neither revoked nor suspended.
    Status,
}

impl Check {
    /// All checks in order.
    pub const ALL: [Self; 11] = [
        Self::Format,
        Self::Issuer,
        Self::Algorithm,
        Self::Signature,
        Self::Disclosures,
        Self::Content,
        Self::TrustList,
        Self::Entitlement,
        Self::Seal,
        Self::Validity,
        Self::Status,
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
            Self::Format => ("format", "文件格式"),
            Self::Issuer => ("issuer", "颁发机构与密钥"),
            Self::Algorithm => ("algorithm", "签名算法"),
            Self::Signature => ("signature", "数字签名"),
            Self::Disclosures => ("disclosures", "披露数据"),
            Self::Content => ("content", "内容与标识"),
            Self::TrustList => ("trust_list", "信任列表时效"),
            Self::Entitlement => ("entitlement", "颁发权限"),
            Self::Seal => ("seal", "电子印章"),
            Self::Validity => ("validity", "有效期"),
            Self::Status => ("status", "证照状态"),
        }
    }

    /// Whether a policy may let a verdict stand without it. Of the checks before, none may: unless they pass, it is not
    /// known whose words these are, and what they say.
    pub(crate) fn may_be_lowered(self) -> bool {
        self >= Self::TrustList
    }

    pub(crate) fn place(self) -> usize {
        Self::ALL.iter().position(|check| *check == self).unwrap_or(0)
    }
}

/// Where exactly, or how far off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// A place in the bytes.
    Place {
        /// The part.
        part: Part,
        /// Byte position in it.
        offset: usize,
    },
    /// A claim.
    Claim(&'static str),
    /// A disclosure, counted from 0.
    Disclosure(usize),
    /// The instant of verification and the limit it missed.
    Instants {
        /// Now.
        now: UnixTime,
        /// The limit.
        limit: UnixTime,
    },
    /// A status value.
    Value(u8),
}

/// Something worth knowing that does not change the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Read from another writer, not in the canonical spelling.
    NotCanonical,
    /// The trust list is stale; the policy accepts it for now.
    StaleTrustAccepted,
    /// The status list is stale; the policy accepts it for now.
    StaleStatusAccepted,
}

impl Note {
    fn code(self) -> &'static str {
        match self {
            Self::NotCanonical => "not_canonical",
            Self::StaleTrustAccepted => "stale_trust_accepted",
            Self::StaleStatusAccepted => "stale_status_accepted",
        }
    }
}

/// What the bytes claim to be, without anything personal. Claimed, not proven, unless the verdict is Passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// License identifier, if it is one.
    pub license_id: Option<LicenseId>,
    /// Issuer, if it is a credit code.
    pub issuer: Option<CreditCode>,
    /// Key ID, if it looks like one.
    pub key: Option<String>,
}

/// A policy with its digest.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) policy: Policy,
    pub(crate) digest: String,
}

impl Applied {
    pub(crate) fn new(policy: Policy, algs: &[&'static dyn VerifyAlg]) -> Arc<Self> {
        Arc::new(Self { digest: policy.digest(algs), policy })
    }
}

/// The result of a verification.
#[must_use]
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) at: UnixTime,
    pub(crate) policy: Arc<Applied>,
    pub(crate) checks: [Outcome; Check::ALL.len()],
    pub(crate) notes: Vec<Note>,
    /// Absent if the document is larger than a credential may be: it is not hashed.
    pub(crate) document: Option<String>,
    pub(crate) subject: Subject,
    pub(crate) trust_sequence: u64,
    pub(crate) trust_next_update: UnixTime,
    pub(crate) claims: Option<LicenseClaims>,
}

/// Proof that one license passed every check at one instant. Only [`Report::into_verified`] makes it.
#[must_use]
#[derive(Clone, Debug)]
pub struct Verified {
    report: Report,
    claims: LicenseClaims,
}

/// Whether a license is held by somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It names this holder.
    Yes,
    /// It names another holder.
    No,
    /// The holder's code is hidden and was not disclosed: nobody is shown to hold it.
    NotShown,
}

impl Verified {
    /// The claims, as far as they were disclosed.
    #[must_use]
    pub fn claims(&self) -> &LicenseClaims {
        &self.claims
    }

    /// Whether the license is held under this code.
    #[must_use]
    pub fn held_by(&self, holder: &HolderCode) -> Held {
        match &self.claims.holder_code {
            Some(code) if code == holder => Held::Yes,
            Some(_) => Held::No,
            None => Held::NotShown,
        }
    }

    /// Digest of the bytes that were verified, as in the report: `sha-256:<hex>`.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        self.report.document.as_deref()
    }

    /// The instant for which the proof holds.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.report.at
    }

    /// The report.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl Report {
    /// The verdict: the first check that is not passed, of those that count in full under the policy.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        for (outcome, weight) in self.checks.into_iter().zip(self.policy.policy.weights()) {
            match outcome {
                Outcome::Passed | Outcome::Skipped => {}
                Outcome::NotPassed(..) if *weight != Weight::Fail => {}
                Outcome::NotPassed(reason, _) => return Verdict::of_reason(reason),
            }
        }
        // A check is skipped only after one that was not passed; should that ever be broken, fail closed.
        if self.checks.contains(&Outcome::Skipped) {
            return Verdict::Failed(Reason::Malformed);
        }
        Verdict::Passed
    }

    /// Every check with what it found, in order.
    pub fn checks(&self) -> impl Iterator<Item = (Check, Outcome)> {
        Check::ALL.into_iter().zip(self.checks)
    }

    /// Things worth knowing.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What the bytes claim to be.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The instant of the verification.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// URI of the status list that the license points to, if its claims could be read.
    #[must_use]
    pub fn status_list(&self) -> Option<&str> {
        self.claims.as_ref().map(|claims| claims.status.uri.as_str())
    }

    /// The policy under which it was made.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy.policy
    }

    /// What is not passed and, under the policy, does not change the verdict: with [`Weight::Warn`] somebody has to be told.
    pub fn lowered(&self) -> impl Iterator<Item = (Check, Reason, Weight)> {
        self.checks().filter_map(|(check, outcome)| match (outcome, self.policy().weight(check)) {
            (Outcome::NotPassed(reason, _), weight) if weight != Weight::Fail => {
                Some((check, reason, weight))
            }
            _ => None,
        })
    }

    /// The proof, if every check passed: a verdict that a policy let stand proves nothing.
    ///
    /// # Errors
    /// The report itself, if one did not.
    pub fn into_verified(mut self) -> Result<Verified, Box<Self>> {
        let passed = self.checks.iter().all(|outcome| *outcome == Outcome::Passed);
        match self.claims.take_if(|_| passed) {
            Some(claims) => Ok(Verified { report: self, claims }),
            None => Err(Box::new(self)),
        }
    }

    /// The canonical JSON form (`docs/format.md` §9): same input, same bytes. Holds nothing personal.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(2048);
        json::write(&self.to_value(), &mut out);
        out
    }

    /// What [`Self::to_json`] writes, to stand within another report.
    #[must_use]
    pub fn to_value(&self) -> Value<'_> {
        let checks = self.checks();
        let checks =
            checks.map(|(check, outcome)| check_json(check, outcome, self.policy().weight(check))).collect();
        let notes = self.notes.iter().map(|note| Value::Text(note.code().into())).collect();
        let mut members = vec![
            ("at", instant(self.at)),
            ("checks", Value::Array(checks)),
            ("format", Value::Int(REPORT_FORMAT)),
            ("notes", Value::Array(notes)),
            ("policy", self.policy.to_json()),
            (
                "trust_list",
                object([
                    ("next_update", instant(self.trust_next_update)),
                    ("sequence", Value::Int(i64::try_from(self.trust_sequence).unwrap_or(i64::MAX))),
                ]),
            ),
            ("verdict", Value::Text(self.verdict().code().into())),
        ];
        members.extend(self.document.as_deref().map(|name| ("document", Value::Text(name.into()))));
        if let Some(reason) = self.verdict().reason() {
            members.push(("reason", reason.info().to_value()));
        }
        let license = self.subject.to_json();
        if license.as_object().is_some_and(|object| !object.is_empty()) {
            members.push(("license", license));
        }
        object(members)
    }
}

impl Applied {
    fn to_json(&self) -> Value<'_> {
        object([
            ("digest", Value::Text(Cow::Borrowed(&self.digest))),
            ("name", Value::Text(Cow::Borrowed(self.policy.name()))),
            ("version", Value::Int(i64::from(self.policy.version()))),
        ])
    }
}

impl Subject {
    fn to_json(&self) -> Value<'_> {
        let id = self.license_id.as_ref();
        let license_type = id.map(|id| Cow::Owned(id.license_type().as_str().to_owned()));
        let members = [
            ("issuer", self.issuer.map(|code| Cow::Owned(code.as_str().to_owned()))),
            ("key", self.key.as_deref().map(Cow::Borrowed)),
            ("license_id", id.map(|id| Cow::Borrowed(id.as_str()))),
            ("license_type", license_type),
        ];
        object(members.into_iter().filter_map(|(name, text)| Some((name, Value::Text(text?)))))
    }
}

fn check_json(check: Check, outcome: Outcome, weight: Weight) -> Value<'static> {
    let mut members = outcome.members(check.code(), |detail| detail_json(*detail));
    if weight != Weight::Fail {
        members.push(("weight", text(weight.code())));
    }
    object(members)
}

fn detail_json(detail: Detail) -> Value<'static> {
    match detail {
        Detail::Place { part, offset } => {
            object([("offset", number(offset)), ("part", Value::Text(part.to_string().into()))])
        }
        Detail::Claim(claim) => object([("claim", text(claim))]),
        Detail::Disclosure(index) => object([("disclosure", number(index))]),
        Detail::Instants { now, limit } => object([("limit", instant(limit)), ("now", instant(now))]),
        Detail::Value(value) => object([("value", Value::Int(i64::from(value)))]),
    }
}

impl ReasonInfo {
    /// The canonical JSON form, as it stands in every report.
    #[must_use]
    pub fn to_json(self) -> Vec<u8> {
        let mut out = Vec::new();
        json::write(&self.to_value(), &mut out);
        out
    }

    /// What [`Self::to_json`] writes, to stand within a report.
    #[must_use]
    pub fn to_value(self) -> Value<'static> {
        object([
            ("clause", text(self.clause)),
            ("code", text(self.code)),
            ("en", text(self.en)),
            ("next_step_en", text(self.next_step_en)),
            ("next_step_zh", text(self.next_step_zh)),
            ("owner", text(self.owner.code())),
            ("zh", text(self.zh)),
        ])
    }
}
